//! What the making of something below another user's object has shown, as clauses and evidence of a rule.

use super::acting::ActCx;
use super::proving::claim_on;
use super::rule::{CheckResult, Rule, Violation, status_text};
use crate::act::Acting;
use crate::model::{AccessVerb, Role, Severity, Silence, clean_name};
use crate::survey::{Slot, is_between_people, is_handed_in};
use crate::trial::{Added, Adding, refusal_sign};

/// Tries a creating operation below another user's object, and returns its finding.
pub(super) async fn judge_addition(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    let trial = cx.adding(acting)?;
    let mut rule = Rule::default();
    let owner = &trial.owner.name;
    let added = &rule.need("owner-sees-what-was-made", trial.run().await, |added| {
        format!("{owner} is shown it there (status {})", status_text(&added.seen.answer))
    })?;
    rest_on_place(&mut rule, acting, (&trial, added)).await?;
    let (nobody, because) = &added.nobody;
    let sign = nobody.as_deref().and_then(refusal_sign);
    rule.weigh("anonymous-cannot", sign.is_some().then_some(true), sign.unwrap_or_else(|| because.clone()));
    rule.weigh("repeated", added.repeated, "a second one was made there too");
    rule.show(Role::Attack, &added.object.answer).show(Role::Readback, &added.seen.answer);
    rule.show(Role::Baseline, &trial.control.answer).show_all(Role::Control, nobody);
    let claim = format_addition_claim(&trial, added);
    cx.note(acting, &trial.intruder.name, owner, true, claim.clone());
    rule.found(Violation {
        site: acting.slots.last().map(Slot::site).unwrap_or_default(),
        cause: acting.operation.path.clone(),
        claim,
        severity: Some(Severity::High),
        surveyed: acting,
    })
}

/// Adds why nothing should be made there by the intruder: the operation refuses it by the object's own path; or else other
/// routes keep the object from it, and it is nothing that others are meant to hand in.
async fn rest_on_place(rule: &mut Rule, acting: &Acting, (trial, added): (&Adding<'_>, &Added)) -> Result<(), Silence> {
    let intruder = &trial.intruder.name;
    if let Some(refused) = &added.refused {
        rule.rest_on_true_parent(intruder, refused);
        return Ok(());
    }
    let kind = &added.object.object.resource;
    if is_between_people(kind) || is_handed_in(kind) {
        let kind = clean_name(kind, 40);
        return Err(Silence::undecided(format!("others may be meant to add a {kind} to what they cannot read")));
    }
    trial.ask_peer().await?;
    rule.claim_access(claim_on(acting, AccessVerb::Create, &trial.parent, intruder));
    Ok(())
}

fn format_addition_claim(trial: &Adding<'_>, added: &Added) -> String {
    let kind = clean_name(&added.object.object.resource, 40);
    let below = added
        .own_parents
        .as_ref()
        .map_or_else(String::new, |parents| format!(", by a path below {parents} of its own"));
    format!("{} made a {kind} below {}{below}", trial.intruder.name, trial.place())
}
