//! `authn/missing`.

use super::siblings::{signed_in, weigh_sign_in_of};
use crate::checks::access::ReachedObject;
use crate::checks::context::{CheckCx, PlanCx, present_leaves};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, let_through, status_text};
use crate::model::{ANONYMOUS, AccessClaim, AccessVerb, Operation, Role, Security, Silence, clean_name};
use crate::probe::{Answer, AskCaller};
use crate::survey::{AnswerKind, Baseline, Leaf, Surveyed, leaves_of, link_word, resource_of_path};

check! {
    /// ## What it does
    /// Asks for what signed-in users are shown without any credential, and looks for values that belong to one of
    /// them.
    ///
    /// ## Why it matters
    /// A route that forgot its guard serves the whole internet.
    ///
    /// ## How it is confirmed
    /// The signed-in request is valid; the anonymous answer carries user-specific values of it, twice; another
    /// operation refuses anonymous callers, so that sign-in is in use; and the data is private: an object of one user
    /// that lists keep from others, an account's private fields, or something about the caller.
    ///
    /// ## When it stays silent
    /// When the document says that the operation is public, when anonymous callers are refused in any form, and when
    /// what they get is public content. A document that asks for sign-in where none is needed for public content is
    /// drift, not a hole (`inventory/drift`).
    ///
    /// ## References
    /// OWASP API2:2023, CWE-306
    Missing {
        id: "authn/missing",
        title: "Protected data answers without credentials",
        severity: Critical,
        level: Passive,
        owasp: ["API2:2023"],
        cwe: [306],
        remedy: "require-authentication",
        since: "0.1.0",
        plan: plan_requests,
        read: check_anonymous_read,
    }
}

fn plan_requests(_: &PlanCx<'_>, operation: &Operation) -> Need {
    if !PlanCx::is_read(operation) || matches!(operation.security, Security::Public | Security::Optional(_)) {
        return Need::NotApplicable;
    }
    Need::Requests(1)
}

async fn check_anonymous_read(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut rule = Rule::default();
    let baseline = rule.need("signed-in-served", signed_in(surveyed), |baseline| {
        format!("{} gets status {}", baseline.caller, status_text(&baseline.first))
    })?;
    if let Some(word) = link_word(&surveyed.operation.path) {
        return Err(Silence::undecided(format!("whoever has the `{word}` of the address may be meant to be shown it")));
    }
    let anonymous = surveyed.anonymous.clone().ok_or_else(|| Silence::not_tried("no anonymous caller asked here"))?;
    let shown = rule.need("anonymous-gets-it", shown_to_anyone(surveyed, baseline, &anonymous), |shown| {
        let paths: Vec<String> = shown.iter().take(4).map(|leaf| clean_name(&leaf.path, 60)).collect();
        format!("{} of the same values, at {}", shown.len(), paths.join(", "))
    })?;
    // Public content behind a document that asks for sign-in is drift, and inventory/drift says so.
    rule.claim_access(build_access_claim(surveyed, baseline, &shown));
    weigh_sign_in_of(cx, &surveyed.operation, &mut rule);
    let again = cx.send(&baseline.ask_as(AskCaller::Anonymous).again(1)).await?;
    let repeated = again.response().is_some_and(|response| present_leaves(&shown, response).len() == shown.len());
    rule.weigh("repeated", repeated, "the same request again gave the same values");

    rule.show(Role::Attack, &anonymous).show(Role::Baseline, &baseline.first);
    rule.found(Violation::of(
        surveyed,
        "operation",
        surveyed.operation.path.clone(),
        format!("an anonymous caller got what {} is shown", baseline.caller),
    ))
}

/// Returns the telling leaves of the signed-in answer that the anonymous one has too.
fn shown_to_anyone(surveyed: &Surveyed, baseline: &Baseline, anonymous: &Answer) -> Result<Vec<Leaf>, Silence> {
    let reading = surveyed.anonymous_reading().unwrap_or(AnswerKind::Data);
    let_through(reading, anonymous, &baseline.first, "anonymous")?;
    let own = baseline.first.response().map(leaves_of).unwrap_or_default();
    let wanted: Vec<Leaf> =
        own.into_iter().filter(|leaf| leaf.is_telling() && !surveyed.volatile.contains(&leaf.path)).collect();
    let shown = anonymous.response().map(|given| present_leaves(&wanted, given)).unwrap_or_default();
    if shown.is_empty() {
        let because = "the anonymous answer has nothing of what the signed-in caller is shown";
        return Err(defence_held(anonymous, &baseline.first, because));
    }
    Ok(shown.into_iter().cloned().collect())
}

/// Returns the claim that it was wrong to show it to a caller without a credential.
fn build_access_claim(surveyed: &Surveyed, baseline: &Baseline, shown: &[Leaf]) -> AccessClaim {
    let path = &surveyed.operation.path;
    // A list, and what is about the caller itself, is no one object.
    let none = || (resource_of_path(path).unwrap_or_else(|| path.clone()), String::new());
    let key = baseline.object.clone().unwrap_or_else(none);
    let verb = if baseline.object.is_some() { AccessVerb::Read } else { AccessVerb::List };
    let (operation, owner) = (&surveyed.operation.id, &baseline.caller);
    ReachedObject { operation, verb, key: &key, owner, caller: ANONYMOUS }.claim(&shown.iter().collect::<Vec<_>>())
}
