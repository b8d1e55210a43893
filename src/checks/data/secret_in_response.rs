//! `data/secret-in-response`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::foreign_token;
use super::stack_trace::errors;
use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, unsent};
use crate::detect::material::{self, Coding, Hidden, UNKNOWN_TOKEN};
use crate::detect::secrets::{Certainty, describe, fingerprint, scan};
use crate::model::{ANONYMOUS, Clause, Draft, Operation, Outcome, Role, Severity, Verdict, clean, clean_name};
use crate::probe::{Answer, Ask, SendError};
use crate::survey::{Surveyed, words};

check! {
    /// ## What it does
    /// Looks in every answer that the scan got, errors among them, for keys of other services, private keys, connection
    /// strings and passwords in addresses: by the vendors' documented forms and check digits, and by rules of your own
    /// (`[detect] rules`). Also in JSON within strings, in streams, below escapes and in base64; and for signed or
    /// encrypted tokens of somebody else (RFC 7519), on routes that do not hand out tokens.
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
    /// of sign-in, sign-up and token routes; for the caller's own tokens, ID tokens, unsigned ones and those that are
    /// over. A token whose subject is no known user stays suspected. Where keys are managed, the caller's keys are an observation. Passwords and
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
    at: Hidden,
    /// As it stands in the answer; empty when it stands there in pieces.
    written: String,
    /// Empty without a key.
    fingerprint: String,
    /// A credential that the scan itself sends.
    own: bool,
}

/// What an answer was found to carry.
#[derive(Default)]
struct Leaks {
    all: Vec<Leak>,
    /// The bounds that kept the rest from being looked at.
    caps: Vec<&'static str>,
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Verdict, SendError> {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    let (mut looked, mut caps) = (false, BTreeSet::new());
    for (answer, repeat, caller) in answers(surveyed) {
        if answer.response().is_none() {
            continue;
        }
        looked = true;
        let Leaks { all: leaks, caps: bounds } = leaks(cx, surveyed, &answer, &caller);
        caps.extend(bounds);
        let mut new: BTreeMap<String, &Leak> = BTreeMap::new();
        for leak in leaks.iter().filter(|leak| !drafts.contains_key(&leak.key())) {
            new.entry(leak.key()).or_insert(leak);
        }
        if new.is_empty() {
            continue;
        }
        let again = match &repeat {
            Some(ask) => {
                let again = cx.send(ask).await?;
                let carried = self::leaks(cx, surveyed, &again, &caller).all;
                Some((again, carried))
            }
            None => None,
        };
        let anonymous = surveyed.anonymous.as_deref().filter(|_| caller != ANONYMOUS);
        let anonymous = anonymous.map(|answer| (answer, self::leaks(cx, surveyed, answer, ANONYMOUS).all));
        let shown = Shown { answer: &answer, leaks: &leaks, again, anonymous, caller: &caller };
        for (key, leak) in new {
            drafts.insert(key, proven(cx, surveyed, leak, &shown));
        }
    }
    if !looked {
        return Ok(inconclusive("no answer to look at", None));
    }
    let caps = caps.into_iter().collect::<Vec<_>>().join("; ");
    if drafts.is_empty() && !caps.is_empty() {
        return Ok(inconclusive(format!("no secret in what was looked at, and not all of it was: {caps}"), None));
    }
    if !caps.is_empty() {
        let because = format!("not all of the answers was looked at, there may be more: {caps}");
        let clause = Clause { name: "more-may-be-there", holds: Some(true), because };
        drafts.values_mut().for_each(|draft| draft.clauses.push(clause.clone()));
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
fn leaks(cx: &CheckCx<'_>, surveyed: &Surveyed, answer: &Answer, caller: &str) -> Leaks {
    let Some(response) = answer.response() else { return Leaks::default() };
    let rules = &cx.shared.secrets;
    let mut material = material::find(response.header("content-type"), &response.text);
    material.hidden.extend(rules.user.scan(&response.text).into_iter().filter_map(|found| {
        let value = response.text.get(found.range.clone())?;
        Some(Hidden::plain(found, value))
    }));
    if response.truncated {
        material.caps.push("the body is longer than is read");
    }
    let issues_tokens = is_named(surveyed, &TOKEN_ROUTES);
    let meant = |hidden: &Hidden| {
        // Fields that only their names say to be secret are another check's; and what signs somebody in or renews a
        // session answers with a token: that is what it is for.
        !is_by_form(&hidden.rule)
            || issues_tokens && is_token(&hidden.rule)
            || hidden.token.is_some() && !foreign_token::is_of_interest(cx, hidden, caller)
    };
    let leak = |hidden: Hidden| {
        let value = hidden.value.expose();
        let written = hidden.range.clone().and_then(|range| response.text.get(range)).unwrap_or_default().to_owned();
        Leak {
            fingerprint: rules.key.as_ref().map(|key| fingerprint(key, &hidden.rule, value)).unwrap_or_default(),
            own: is_own(cx, value),
            written,
            at: hidden,
        }
    };
    // The callers' own tokens are no news to them.
    let news = |leak: &Leak| leak.at.token.is_none() || !leak.own;
    let all = material.hidden.into_iter().filter(|hidden| !meant(hidden)).map(leak).filter(news).collect();
    Leaks { all, caps: material.caps }
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
    ["access-token", "refresh-token", "session", "authorization-header", UNKNOWN_TOKEN]
        .iter()
        .any(|kind| rule.contains(kind))
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
        format!("{} {}", self.at.rule, place(&self.at.path))
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
    leaks: &'a [Leak],
    /// The answer to the same once more, with what that carries.
    again: Option<(Arc<Answer>, Vec<Leak>)>,
    /// What strangers are answered, where the caller is none.
    anonymous: Option<(&'a Answer, Vec<Leak>)>,
    caller: &'a str,
}

fn proven(cx: &CheckCx<'_>, surveyed: &Surveyed, leak: &Leak, shown: &Shown<'_>) -> Draft {
    let rule = &leak.at.rule;
    let what = match describe(rule) {
        Some(what) => what.to_owned(),
        None if leak.at.token.is_some() => "a token of somebody or something else".to_owned(),
        None => format!("what your rule `{}` finds", clean_name(rule, 60)),
    };
    let place = clean_name(&place(&leak.at.path), 80);
    let place = if place.is_empty() { "the body".to_owned() } else { format!("`{place}`") };
    let mut proof = Proof::default();
    proof.clause("secret-is-there", true, format!("{place} in the answer to {} is {what}", shown.caller));
    proof.clause("form-is-the-vendors", true, facts(leak));
    match &shown.again {
        Some((again, others)) => {
            let same = others.iter().any(|other| other.key() == leak.key());
            proof.clause("repeated", same, "the same request again carries it too");
            show(&mut proof, Role::Control, again, others);
        }
        None => {
            proof.open("repeated", "asked once only");
        }
    }
    show(&mut proof, Role::Attack, shown.answer, shown.leaks);
    if leak.at.token.is_some() {
        foreign_token::weigh(cx, &leak.at, shown.caller, &mut proof);
    }
    if let Some((anonymous, carried)) = &shown.anonymous {
        show(&mut proof, Role::Control, anonymous, carried);
    }
    if leak.at.confidence == Certainty::Medium {
        proof.open("is-no-public-value", "values of this form are public by design at times");
    }
    let mut draft = proof.draft(Finding {
        site: format!("response:{}", clean_name(&leak.key(), 100)),
        cause: format!("{rule} {}", leak.fingerprint),
        claim: format!("the answer carries {what}"),
        severity: (leak.at.confidence == Certainty::Medium).then_some(Severity::Low),
        surveyed,
    });
    // Where callers manage their keys, showing them may be the purpose; their own credential is known to them.
    draft.observation = leak.own || is_named(surveyed, &KEY_ROUTES);
    draft
}

/// Shows an exchange without the secrets that the redactor cannot read, as they are coded.
fn show(proof: &mut Proof, role: Role, answer: &Answer, leaks: &[Leak]) {
    let coded: Vec<String> =
        leaks.iter().filter(|leak| leak.at.coding != Coding::Plain).map(|leak| leak.written.clone()).collect();
    // The record may be cut within it, or have lost a part of it to the redactor.
    let body = match &answer.exchange.outcome {
        Outcome::Response(recorded) => recorded.body.as_str(),
        _ => "",
    };
    if coded.iter().any(|written| written.is_empty() || !body.contains(written.as_str())) {
        proof.withhold(role, answer);
        return;
    }
    if coded.is_empty() {
        proof.show(role, answer);
    } else {
        proof.show_without(role, answer, &coded, "[redacted:secret]");
    }
}

/// What may be said of a secret without telling it.
fn facts(leak: &Leak) -> String {
    let length = leak.at.value.expose().chars().count();
    let mut facts = format!("rule {}, {length} characters", clean_name(&leak.at.rule, 60));
    if let Some(prefix) = &leak.at.prefix {
        facts.push_str(&format!(", begins with the public `{}`", clean(prefix, 24)));
    }
    facts.push_str(match leak.at.coding {
        Coding::Plain | Coding::Json => "",
        Coding::Escaped => ", with escapes",
        Coding::Base64 => ", in base64",
        Coding::Pieces => ", in pieces over a stream",
    });
    if let Some(token) = &leak.at.token {
        facts.push_str(&foreign_token::facts(token));
    }
    if !leak.fingerprint.is_empty() {
        facts.push_str(&format!(", fingerprint {}", leak.fingerprint));
    }
    facts
}
