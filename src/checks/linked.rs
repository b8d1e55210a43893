//! What a write to another user's object has shown where it ties something to the object or unties it; shared by the checks
//! of changes and of removals.

use super::acting::ActCx;
use super::proving::{claim_on, judge_attack};
use super::rule::{CheckResult, Rule, Violation, status_text};
use crate::act::Acting;
use crate::model::{AccessClaim, AccessVerb, Role, Severity, clean_name};
use crate::survey::Slot;
use crate::trial::{Aim, LinkAction, Linked, Linking, refusal_sign};

/// Tries an operation on an object of another user's, or on what is tied to one, and returns its finding.
pub(super) async fn judge_foreign<'a>(cx: &'a ActCx<'a>, acting: &'a Acting, aim: Aim<'a>) -> CheckResult {
    match cx.linking(acting)? {
        Some(trial) => judge_linking(cx, acting, &trial).await,
        None => judge_attack(cx.foreign_trial(acting, aim)?).await,
    }
}

async fn judge_linking(cx: &ActCx<'_>, acting: &Acting, trial: &Linking<'_>) -> CheckResult {
    let mut rule = Rule::default();
    let (intruder, owner) = (&trial.intruder.name, &trial.owner.name);
    let linked = &rule.need("owner-sees-the-change", trial.run().await, |linked| {
        format!("{owner}'s list shows it (status {})", status_text(&linked.seen))
    })?;
    match &linked.refused {
        Some(refused) => rule.rest_on_true_parent(intruder, refused),
        None => {
            trial.ask_peer().await?;
            rule.claim_access(claim_of(acting, trial));
        }
    }
    let sign = refusal_sign(&linked.nobody);
    let said = sign.clone().unwrap_or_else(|| format!("status {}", status_text(&linked.nobody)));
    rule.weigh("anonymous-cannot", sign.is_some().then_some(true), said);
    rule.weigh("repeated", linked.repeated, "the same showed once more");
    rule.show(Role::Attack, &linked.attack).show(Role::Readback, &linked.seen);
    rule.show(Role::Baseline, &linked.control).show(Role::Control, &linked.nobody);
    let claim = format_link_claim(trial, linked);
    cx.note(acting, intruder, owner, true, claim.clone());
    rule.found(Violation {
        site: acting.slots.iter().rev().nth(1).map(Slot::site).unwrap_or_default(),
        cause: acting.operation.path.clone(),
        claim,
        severity: Some(Severity::High),
        surveyed: acting,
    })
}

fn claim_of(acting: &Acting, trial: &Linking<'_>) -> AccessClaim {
    // That one may add to an object is another matter than that one may change it.
    let verb = if trial.deed == LinkAction::Tie { AccessVerb::Create } else { AccessVerb::Change };
    claim_on(acting, verb, &trial.host, &trial.intruder.name)
}

fn format_link_claim(trial: &Linking<'_>, linked: &Linked) -> String {
    let (deed, to) = if trial.deed == LinkAction::Tie { ("tied", "to") } else { ("untied", "from") };
    let named = |resource: &str, id: &str| format!("{} {}", clean_name(resource, 40), clean_name(id, 60));
    let moved = trial.moved();
    let (moved, host) = (named(&moved.object.resource, &moved.id), named(&trial.host.object.resource, &trial.host.id));
    let below = linked
        .own_parents
        .as_ref()
        .map_or_else(String::new, |parents| format!(", by a path below {parents} of its own"));
    format!("{} {deed} {moved} {to} {host}, which {} made{below}", trial.intruder.name, trial.owner.name)
}
