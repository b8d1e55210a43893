//! `data/secret-in-response`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::stack_trace::errors;
use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, unsent};
use crate::detect::secrets::{Certainty, Found, FoundAt, describe, fingerprint, scan, scan_json};
use crate::model::{ANONYMOUS, Draft, Operation, Role, Severity, Verdict, clean, clean_name};
use crate::probe::{Answer, Ask, SendError};
use crate::survey::{Surveyed, words};

check! {
    /// ## What it does
    /// Looks in every answer that the scan got, errors among them, for keys of other services, private keys, connection
    /// strings and passwords in addresses: by the vendors' documented forms and check digits, and by rules of your own
    /// (`[detect] rules`).
    ///
    /// ## Why it matters
    /// Whoever reads the answer can act at the other service as the API does, long after the leak is closed.
    ///
    /// ## How it is confirmed
    /// The value has the form of one vendor's secrets, check digits hold where there are any, and the same request again
    /// carries the same value. The value itself is in no report: only its kind, place, length and a keyed fingerprint.
    ///
    /// ## When it stays silent
    /// For samples of documentation, masked and publishable keys, certificates, hashes and ids; for tokens in the answers
    /// of sign-in, sign-up and token routes. Where keys are managed, the caller's keys are an observation. Passwords and
    /// hashes in fields of those names are `property/excessive-exposure`'s.
    ///
    /// ## References
    /// OWASP API3:2023, CWE-200, CWE-522
    SecretInResponse {
        id: "data/secret-in-response",
        title: "An answer carries a secret of another service",
        severity: High,
        level: Passive,
        owasp: ["API3:2023"],
        cwe: [200, 522],
        remedy: "response-schema",
        since: "0.1.0",
    }
}

impl Check for SecretInResponse {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        // Each caller's answer, its missing object and the two strangers' are asked for once more at most.
        let callers = u32::try_from(cx.identities.len().max(1)).unwrap_or(u32::MAX);
        let most = callers.saturating_mul(2).saturating_add(2);
        if PlanCx::is_read(operation) { Need::Requests(most) } else { Need::NotApplicable }
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        Box::pin(async move { run(cx, surveyed).await.unwrap_or_else(|error| unsent(&error)) })
    }
}

/// Whether a value is a secret by its own form, whatever it stands under.
pub(crate) fn is_secret_by_form(text: &str) -> bool {
    scan(text).iter().any(|found| is_by_form(&found.rule))
}

/// Fields that only their names say to be secret are `property/excessive-exposure`'s.
fn is_by_form(rule: &str) -> bool {
    !rule.starts_with("field-") && rule != "password-hash"
}

/// A secret with what may be said of it.
struct Leak {
    at: FoundAt,
    /// Its characters.
    length: usize,
    /// Empty without a key.
    fingerprint: String,
    /// A credential that the scan itself sends.
    own: bool,
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Verdict, SendError> {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    let mut looked = false;
    for (answer, repeat, caller) in answers(surveyed) {
        if answer.response().is_none() {
            continue;
        }
        looked = true;
        let leaks = leaks(cx, surveyed, &answer);
        let new: Vec<&Leak> = leaks.iter().filter(|leak| !drafts.contains_key(&leak.key())).collect();
        if new.is_empty() {
            continue;
        }
        let again = match &repeat {
            Some(ask) => Some(cx.send(ask).await?),
            None => None,
        };
        for leak in new {
            drafts.insert(
                leak.key(),
                proven(cx, surveyed, leak, &Shown { answer: &answer, again: &again, caller: &caller }),
            );
        }
    }
    if !looked {
        return Ok(inconclusive("no answer to look at", None));
    }
    if drafts.is_empty() {
        return Ok(held("no answer carries a secret of a known form"));
    }
    Ok(Verdict::Broken(drafts.into_values().collect()))
}

/// Everything that was answered, the request that repeats it, and who asked.
fn answers(surveyed: &Surveyed) -> Vec<(Arc<Answer>, Option<Ask>, String)> {
    let mut all = Vec::new();
    for baseline in surveyed.valid() {
        let again = CheckCx::as_caller(baseline, CheckCx::caller(&baseline.caller)).again(1);
        all.push((Arc::clone(&baseline.first), Some(again), baseline.caller.clone()));
    }
    all.extend(
        errors(surveyed).into_iter().map(|(answer, ask)| (answer, ask, "a stranger, or about nothing".to_owned())),
    );
    all
}

/// The secrets of an answer that are not meant to be in it.
fn leaks(cx: &CheckCx<'_>, surveyed: &Surveyed, answer: &Answer) -> Vec<Leak> {
    let Some(response) = answer.response() else { return Vec::new() };
    let rules = &cx.shared.secrets;
    let mut found: Vec<(FoundAt, String)> = Vec::new();
    let mut add = |at: FoundAt, text: &str| {
        let value = text.get(at.found.range.clone()).unwrap_or_default().to_owned();
        found.push((at, value));
    };
    let whole = |found: Found| FoundAt { pointer: String::new(), found };
    match &response.json {
        Some(json) => {
            for at in scan_json(json) {
                let text = json.pointer(&at.pointer).and_then(serde_json::Value::as_str).unwrap_or_default();
                add(at, text);
            }
        }
        None => scan(&response.text).into_iter().for_each(|found| add(whole(found), &response.text)),
    }
    rules.user.scan(&response.text).into_iter().for_each(|found| add(whole(found), &response.text));
    let issues_tokens = is_named(surveyed, &TOKEN_ROUTES);
    found
        .into_iter()
        .filter(|(at, _)| is_by_form(&at.found.rule))
        // What signs somebody in or renews a session answers with a token: that is what it is for.
        .filter(|(at, _)| !(issues_tokens && is_token(&at.found.rule)))
        .map(|(at, value)| Leak {
            length: value.chars().count(),
            fingerprint: rules.key.as_ref().map(|key| fingerprint(key, &at.found.rule, &value)).unwrap_or_default(),
            own: is_own(cx, &value),
            at,
        })
        .collect()
}

/// Parts of paths of routes that answer with tokens by design.
const TOKEN_ROUTES: [&str; 13] = [
    "login",
    "signin",
    "signup",
    "register",
    "registration",
    "token",
    "tokens",
    "refresh",
    "oauth",
    "oauth2",
    "session",
    "sessions",
    "auth",
];
/// Parts of paths of routes on which callers manage keys of their own.
const KEY_ROUTES: [&str; 6] = ["key", "keys", "apikey", "apikeys", "webhooks", "webhook"];

fn is_named(surveyed: &Surveyed, names: &[&str]) -> bool {
    let segments = surveyed.operation.path.split('/').filter(|segment| !segment.starts_with('{'));
    segments.flat_map(words).any(|word| names.contains(&word.as_str()))
}

/// Kinds that a sign-in may answer with; a vendor's key or a private key is none.
fn is_token(rule: &str) -> bool {
    ["access-token", "refresh-token", "session", "authorization-header"].iter().any(|kind| rule.contains(kind))
}

/// Whether a value is a credential that the scan was given: the redactor knows those by name.
fn is_own(cx: &CheckCx<'_>, value: &str) -> bool {
    let shown = cx.probe.redactor().text(value);
    let unknown = [
        "[redacted:jwt]",
        "[redacted:credential]",
        "[redacted:private-key]",
        "[redacted:password]",
        "[redacted:secret]",
    ];
    shown.starts_with("[redacted:") && !unknown.iter().any(|kind| shown.contains(kind))
}

impl Leak {
    /// The same secret in the same place is one finding, in lists too.
    fn key(&self) -> String {
        format!("{} {}", self.at.found.rule, place(&self.at.pointer))
    }
}

/// A pointer with the positions in lists left out.
fn place(pointer: &str) -> String {
    let star = |part: &str| {
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            "*".to_owned()
        } else {
            part.to_owned()
        }
    };
    pointer.split('/').map(star).collect::<Vec<_>>().join("/")
}

struct Shown<'a> {
    answer: &'a Answer,
    again: &'a Option<Arc<Answer>>,
    caller: &'a str,
}

fn proven(cx: &CheckCx<'_>, surveyed: &Surveyed, leak: &Leak, shown: &Shown<'_>) -> Draft {
    let rule = &leak.at.found.rule;
    let what = describe(rule).map_or_else(|| format!("what your rule `{}` finds", clean_name(rule, 60)), str::to_owned);
    let place = clean_name(&place(&leak.at.pointer), 80);
    let place = if place.is_empty() { "the body".to_owned() } else { format!("`{place}`") };
    let mut proof = Proof::default();
    proof.clause("secret-is-there", true, format!("{place} in the answer to {} is {what}", shown.caller));
    proof.clause("form-is-the-vendors", true, facts(leak));
    match shown.again {
        Some(again) => {
            let same = leaks(cx, surveyed, again).iter().any(|other| other.key() == leak.key());
            proof.clause("repeated", same, "the same request again carries it too").show(Role::Control, again)
        }
        None => proof.open("repeated", "asked once only"),
    };
    proof.show(Role::Attack, shown.answer);
    if let Some(anonymous) = surveyed.anonymous.as_ref().filter(|_| shown.caller != ANONYMOUS) {
        proof.show(Role::Control, anonymous);
    }
    if leak.at.found.confidence == Certainty::Medium {
        proof.open("is-no-public-value", "values of this form are public by design at times");
    }
    let mut draft = proof.draft(Finding {
        site: format!("response:{}", clean_name(&leak.key(), 100)),
        cause: format!("{rule} {}", leak.fingerprint),
        claim: format!("the answer carries {what}"),
        severity: (leak.at.found.confidence == Certainty::Medium).then_some(Severity::Low),
        surveyed,
    });
    // Where callers manage their keys, showing them may be the purpose; their own credential is known to them.
    draft.observation = leak.own || is_named(surveyed, &KEY_ROUTES);
    draft
}

/// What may be said of a secret without telling it.
fn facts(leak: &Leak) -> String {
    let mut facts = format!("rule {}, {} characters", clean_name(&leak.at.found.rule, 60), leak.length);
    if let Some(prefix) = &leak.at.found.prefix {
        facts.push_str(&format!(", begins with the public `{}`", clean(prefix, 24)));
    }
    if !leak.fingerprint.is_empty() {
        facts.push_str(&format!(", fingerprint {}", leak.fingerprint));
    }
    facts
}
