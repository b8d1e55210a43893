//! What the making of something that refers to another user's object has shown, as clauses and evidence of a rule.

use super::acting::ActCx;
use super::proving::claim_on;
use super::rule::{CheckResult, Rule, Violation, status_text};
use crate::act::Acting;
use crate::model::{AccessVerb, Role, Severity, Silence, clean_name};
use crate::survey::{is_between_people, is_handed_in};
use crate::trial::refusal_sign;

/// Tries a creating operation with a reference to another user's object, and returns its finding.
pub(super) async fn judge_reference(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    let trial = cx.referring(acting)?;
    let mut rule = Rule::default();
    let (intruder, owner, field) = (&trial.intruder.name, &trial.owner.name, trial.shown_field());
    let referred = trial.run().await?;
    let kind = clean_name(&referred.object.object.resource, 40);
    if is_between_people(&kind) || is_handed_in(&kind) {
        return Err(Silence::undecided(format!("a {kind} may be meant to refer to what its maker cannot read")));
    }
    let because = match &referred.seen {
        Some(seen) if referred.owner_sees => {
            format!("{owner}, who asked for nothing, is shown it (status {})", status_text(&seen.answer))
        }
        Some(seen) => {
            format!("a read of it names {owner}'s object in `{field}` (status {})", status_text(&seen.answer))
        }
        None => "no other route shows what it refers to".to_owned(),
    };
    let shows = referred.seen.is_some() || referred.discloses;
    let because =
        if referred.discloses { format!("{intruder} is shown what stands in {owner}'s object") } else { because };
    rule.weigh("refers-to-others-object", shows.then_some(true), because);
    let said = format!("an id that nothing has is refused (status {})", status_text(&referred.missing));
    let is_refused = refusal_sign(&referred.missing).is_some();
    rule.weigh("reference-is-checked", is_refused.then_some(true), said);
    let (nobody, because) = &referred.nobody;
    let sign = nobody.as_deref().and_then(refusal_sign);
    rule.weigh("anonymous-cannot", sign.is_some().then_some(true), sign.unwrap_or_else(|| because.clone()));
    rule.weigh("repeated", referred.repeated, "a second one was made so too");
    trial.ask_peer().await?;
    // Who is shown the object reads it; who only ties something to it may be meant to.
    let verb = if referred.discloses { AccessVerb::Read } else { AccessVerb::Create };
    rule.claim_access(claim_on(acting, verb, &trial.target, intruder));
    rule.show(Role::Attack, &referred.object.answer)
        .show_all(Role::Readback, referred.seen.iter().map(|it| &it.answer));
    rule.show(Role::Baseline, &trial.control.answer)
        .show(Role::Control, &referred.missing)
        .show_all(Role::Control, nobody);
    let shown = if referred.discloses { ", and is shown it" } else { "" };
    let claim = format!("{intruder} made a {kind} that refers to {}, by `{field}`{shown}", trial.place());
    cx.note(acting, intruder, owner, true, claim.clone());
    rule.found(Violation {
        site: format!("body:/{field}"),
        cause: acting.operation.path.clone(),
        claim,
        severity: Some(Severity::High),
        surveyed: acting,
    })
}
