//! `data/secret-in-response`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure};
use crate::detect::material::Coding;
use crate::detect::secrets::Certainty;
use crate::model::{ANONYMOUS, Draft, Operation, Outcome, Role, Severity, Silence, clean_name};
use crate::probe::{Answer, SendError};
use crate::survey::{GivenAnswer, LeakSearch, Leaked, Leaks, Surveyed, is_key_route, owner_of_token};

check! {
    /// ## What it does
    /// Looks in every answer that the scan got, errors among them, for keys of other services, private keys, connection
    /// strings and passwords in addresses: by the vendors' documented forms and check digits, and by rules of your own
    /// (`[detect] rules`). Also in JSON within strings, in streams, below escapes and in base64; and for signed or
    /// encrypted tokens of another issuer (RFC 7519), on routes that do not hand out tokens.
    ///
    /// ## Why it matters
    /// A reader of the answer can act at the other service as the API does, long after the leak is closed.
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
        plan: plan_requests,
        read: check_leaked_secrets,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    // Each caller's answer, its missing object and the two strangers' are asked for once more at most.
    let callers = u32::try_from(cx.identities.len().max(1)).unwrap_or(u32::MAX);
    let most = callers.saturating_mul(2).saturating_add(2);
    if PlanCx::is_read(operation) { Need::Requests(most) } else { Need::NotApplicable }
}

/// Who got an answer other than the valid ones.
const OTHERS: &str = "a stranger, or about nothing";

async fn check_leaked_secrets(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let CheckCx { probe, shared, survey, .. } = *cx;
    let search = LeakSearch { rules: &shared.secrets, budget: &shared.search, people: &survey.people, probe, surveyed };
    let given = surveyed.given().into_iter().filter(|given| given.answer.response().is_some());
    let searched: Vec<(GivenAnswer, Leaks)> = given
        .map(|given| {
            let leaks = search.find(&given.answer, caller_of(&given));
            (given, leaks)
        })
        .collect();
    let caps: BTreeSet<&str> = searched.iter().flat_map(|(_, leaks)| leaks.caps.iter().copied()).collect();
    let caps = caps.into_iter().collect::<Vec<_>>().join("; ");
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    for (given, leaks) in &searched {
        let mut new: BTreeMap<String, &Leaked> = BTreeMap::new();
        for leak in leaks.all.iter().filter(|leak| !drafts.contains_key(&leak.key())) {
            new.entry(leak.key()).or_insert(leak);
        }
        if new.is_empty() {
            continue;
        }
        let shown = look_again(cx, &search, given, &leaks.all).await?;
        drafts.extend(new.into_iter().map(|(key, leak)| (key, prove_leak(cx, surveyed, leak, &shown, &caps))));
    }
    if !drafts.is_empty() {
        return Ok(drafts.into_values().collect());
    }
    ensure(caps.is_empty(), || {
        Silence::undecided(format!("no secret in what was looked at, and not all of it was: {caps}"))
    })?;
    let (first, _) = searched.first().ok_or_else(|| Silence::undecided("no answer to look at"))?;
    let served = surveyed.valid().next().map_or(&first.answer, |baseline| &baseline.first);
    Err(defence_held(&first.answer, served, "no answer carries a secret of a known form"))
}

fn caller_of(given: &GivenAnswer) -> &str {
    given.to.as_deref().unwrap_or(OTHERS)
}

/// An answer with the secrets in it, and what the like were answered.
struct ShownSecret<'a> {
    given: &'a GivenAnswer,
    leaks: &'a [Leaked],
    /// The answer to the same once more.
    again: Option<(Arc<Answer>, Leaks)>,
    /// What strangers are answered, where the caller is none.
    anonymous: Option<(Arc<Answer>, Leaks)>,
}

/// Sends the request of a telling answer once more, and looks at what strangers are answered.
async fn look_again<'a>(
    cx: &CheckCx<'_>,
    search: &LeakSearch<'_>,
    given: &'a GivenAnswer,
    leaks: &'a [Leaked],
) -> Result<ShownSecret<'a>, SendError> {
    let carried = |answer: Arc<Answer>, caller: &str| {
        let leaks = search.find(&answer, caller);
        (answer, leaks)
    };
    let again = match &given.repeat {
        Some(ask) => Some(carried(cx.send(ask).await?, caller_of(given))),
        None => None,
    };
    let anonymous = search.surveyed.anonymous.clone().filter(|_| caller_of(given) != ANONYMOUS);
    Ok(ShownSecret { given, leaks, again, anonymous: anonymous.map(|answer| carried(answer, ANONYMOUS)) })
}

fn prove_leak(cx: &CheckCx<'_>, surveyed: &Surveyed, leak: &Leaked, shown: &ShownSecret<'_>, caps: &str) -> Draft {
    let (what, caller) = (leak.what(), caller_of(shown.given));
    let is_there = |leaks: &[Leaked]| leaks.iter().any(|other| other.key() == leak.key());
    let mut rule = Rule::default();
    let there = format!("{} in the answer to {caller} is {what}", leak.place());
    rule.weigh("secret-is-there", is_there(shown.leaks), there);
    let same_form = shown.leaks.iter().any(|other| other.at.rule == leak.at.rule);
    rule.weigh("form-is-the-vendors", same_form, leak.facts());
    let because = if shown.again.is_some() { "the same request again carries it too" } else { "asked once only" };
    rule.weigh("repeated", shown.again.as_ref().map(|(_, leaks)| is_there(&leaks.all)), because);
    show_exchange(&mut rule, Role::Attack, &shown.given.answer, shown.leaks);
    if leak.at.token.is_some() {
        weigh_owner(cx, leak, caller, &mut rule);
    }
    for (answer, leaks) in [&shown.again, &shown.anonymous].into_iter().flatten() {
        show_exchange(&mut rule, Role::Control, answer, &leaks.all);
    }
    let may_be_public = leak.at.confidence == Certainty::Medium;
    if may_be_public {
        rule.weigh("is-no-public-value", None, "values of this form are public by design at times");
    }
    if !caps.is_empty() {
        let because = format!("not all of the answers was looked at, there may be more: {caps}");
        rule.weigh("more-may-be-there", !caps.is_empty(), because);
    }
    let mut draft = rule.draft(Violation {
        site: format!("response:{}", clean_name(&leak.key(), 100)),
        cause: format!("{} {}", leak.at.rule, leak.fingerprint),
        claim: format!("the answer carries {what}"),
        severity: may_be_public.then_some(Severity::Low),
        surveyed,
    });
    // Where callers manage their keys, showing them may be the purpose; their own credential is known to them.
    draft.observation = leak.own || is_key_route(surveyed);
    draft
}

/// Adds what decides whether a token is another user's.
fn weigh_owner(cx: &CheckCx<'_>, leak: &Leaked, caller: &str, rule: &mut Rule) {
    let owner = owner_of_token(&cx.survey.people, &leak.at).filter(|owner| owner.name != caller);
    let because = match owner {
        Some(owner) => format!("its claims name {}, who did not ask", owner.name),
        None => "its form does not say what it opens, nor for whom".to_owned(),
    };
    rule.weigh("is-another-users", owner.map(|_| true), because);
}

/// Shows an exchange without the secrets that the redactor cannot read, as they are coded.
fn show_exchange(rule: &mut Rule, role: Role, answer: &Answer, leaks: &[Leaked]) {
    let coded: Vec<String> =
        leaks.iter().filter(|leak| leak.at.coding != Coding::Plain).map(|leak| leak.written.clone()).collect();
    // The record may be cut within it, or have lost a part of it to the redactor.
    let body = match &answer.exchange.outcome {
        Outcome::Response(recorded) => recorded.body.as_str(),
        _ => "",
    };
    if coded.iter().any(|written| written.is_empty() || !body.contains(written.as_str())) {
        rule.withhold(role, answer);
    } else if coded.is_empty() {
        rule.show(role, answer);
    } else {
        rule.show_without(role, answer, &coded, "[redacted:secret]");
    }
}
