//! `property/excessive-exposure`.

use super::cause_of;
use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, nothing_found};
use crate::model::{ANONYMOUS, Draft, Operation, Role, Severity, Silence, clean_name};
use crate::survey::{Baseline, ExposedField, Surveyed, exposed_fields, leaves_of};

check! {
    /// ## What it does
    /// Looks in every answer for fields that no caller should get: passwords, password hashes, private keys, secrets, card
    /// numbers. A field counts only when its name and its value both say so.
    ///
    /// ## Why it matters
    /// Handlers that serialise whole rows hand out what the screen never shows.
    ///
    /// ## How it is confirmed
    /// The field is in the answer, twice; its name and its value say what it is. Keys and tokens that the document
    /// declares for this answer are taken as meant. A password's hash that its owner alone is shown is of medium severity.
    ///
    /// ## When it stays silent
    /// For masked or empty values (`******`, null), for counts, flags and times, for a user's own e-mail, for declared
    /// API keys, and for what its reader is to have: its own credential, the secret with which it enrols an
    /// authenticator, a token that each answer makes anew.
    ///
    /// ## References
    /// OWASP API3:2023, CWE-213
    ExcessiveExposure {
        id: "property/excessive-exposure",
        title: "An answer carries fields nobody should get",
        severity: High,
        level: Passive,
        owasp: ["API3:2023"],
        cwe: [213],
        remedy: "response-schema",
        since: "0.1.0",
        plan: plan_requests,
        read: check_exposed_fields,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let callers = u32::try_from(cx.identities.len().max(1)).unwrap_or(u32::MAX);
    if PlanCx::is_read(operation) { Need::Requests(callers) } else { Need::NotApplicable }
}

async fn check_exposed_fields(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let served = |baseline: &&Baseline| baseline.first.response().is_some_and(|response| response.json.is_some());
    let looked = surveyed.valid().find(served);
    let looked = looked.ok_or_else(|| Silence::undecided("no JSON answer to look at"))?;
    let mut drafts = Vec::new();
    for field in exposed_fields(cx.survey, cx.probe, surveyed).into_values() {
        drafts.extend(prove_exposure(cx, surveyed, &field).await?);
    }
    if drafts.is_empty() {
        return Err(nothing_found(&looked.first, "no field is sensitive by name and value"));
    }
    Ok(drafts)
}

/// Asks again: what is stored is there again, and what is made for each answer anew was given to its reader alone.
async fn prove_exposure(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    field: &ExposedField<'_>,
) -> Result<Option<Draft>, Silence> {
    let ExposedField { baseline, leaf, exposed, is_own } = field;
    let again = cx.send(&baseline.ask().again(1)).await?;
    let given = again.response().map(leaves_of).unwrap_or_default();
    let repeat = given.iter().find(|other| other.at == leaf.at);
    let is_stored = repeat.is_some_and(|repeat| repeat.text == leaf.text);
    let is_judged = again.status().is_some_and(|status| status != 429 && status < 500);
    if *is_own && matches!(exposed.kind, "token" | "secret") && is_judged && !is_stored {
        return Ok(None);
    }
    let (path, why) = (clean_name(&leaf.path, 80), &exposed.why);
    let there = baseline.first.response().is_some_and(|given| leaves_of(given).iter().any(|other| other.at == leaf.at));
    let mut rule = Rule::default();
    rule.weigh("field-is-there", there, format!("`{path}` in the answer to {}", baseline.caller));
    let agree = format!("the name says {}, and the value is {why}", exposed.kind);
    rule.weigh("name-and-value-agree", leaf.exposes().as_ref() == Some(exposed), agree);
    rule.weigh("repeated", repeat.is_some(), "the same request again carries it too");
    rule.show(Role::Attack, &baseline.first).show(Role::Control, &again);
    rule.show_all(Role::Control, surveyed.anonymous.iter().filter(|_| baseline.caller != ANONYMOUS));
    Ok(Some(rule.draft(Violation {
        site: format!("response:{path}"),
        cause: cause_of(surveyed, leaf),
        claim: format!("the answer carries `{}`: {why}", clean_name(&leaf.key, 60)),
        severity: exposure_severity(cx, field),
        surveyed,
    })))
}

/// How bad it is depends on whose it is: the hash of one's own password, or what an administrator is shown of others,
/// helps an intruder least.
fn exposure_severity(cx: &CheckCx<'_>, field: &ExposedField<'_>) -> Option<Severity> {
    let ranks = || cx.survey.people.all.iter().map(|person| person.rank);
    let rank = cx.survey.people.get(&field.baseline.caller).map(|person| person.rank);
    let is_above = rank.is_some() && rank > ranks().min();
    let is_less = match field.exposed.kind {
        "token" => true,
        "password-hash" => field.is_own || is_above,
        _ => false,
    };
    is_less.then_some(Severity::Medium)
}
