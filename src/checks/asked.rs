//! What a POST that only reads has shown of another user's by what its body names.

use super::access::ReachedObject;
use super::acting::ActCx;
use super::rule::{CheckResult, Rule, Violation, join_trials, status_text};
use crate::act::Acting;
use crate::model::{AccessVerb, OperationId, Role, Silence, clean_name};
use crate::trial::{Asked, AskedShown, Shown, asked_fields, refusal_sign};

/// Tries the fields of a reading POST that name a user or an object.
pub(super) async fn judge_asked(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    let mut last = None;
    for case in cx.asked(acting)? {
        match case.run().await.and_then(|asked| prove_asked(cx, &case, &asked)) {
            Ok(drafts) => return Ok(drafts),
            Err(silence) => last = Some(silence),
        }
    }
    Err(last.unwrap_or_else(|| Silence::not_applicable("no field of its body names a user or an object")))
}

fn prove_asked(cx: &ActCx<'_>, case: &Asked<'_>, asked: &AskedShown) -> CheckResult {
    let (intruder, owner, shown) = (&case.intruder.name, &case.owner.name, &asked.shown);
    let name = clean_name(&case.field.name, 60);
    let mut rule = Rule::default();
    let because = format!("{} values of {owner}'s, by `{name}`", shown.leaves.len());
    rule.weigh("carries-owner-values", !shown.is_absent_from(&shown.attack), because);
    let own = format!("{intruder}'s own answer (status {}) has none of them", status_text(&asked.innocent));
    rule.weigh("own-answer-lacks-them", shown.is_absent_from(&asked.innocent), own);
    let sign = refusal_sign(&asked.nobody);
    let said = sign.unwrap_or_else(|| format!("status {}", status_text(&asked.nobody)));
    let nobody = format!("without credentials: {said}");
    rule.weigh("anonymous-lacks-them", shown.is_absent_from(&asked.nobody), nobody);
    rule.weigh_nothing("nobodys-name-lacks-them", shown, "an id that nothing has");
    rule.weigh_shown_again(shown);
    claim_shown(cx, case, shown, &mut rule)?;
    rule.show(Role::Baseline, &asked.rightful).show_all(Role::Control, [&asked.innocent, &asked.nobody]);
    rule.found(Violation {
        site: format!("body:/{name}"),
        cause: case.acting.operation.path.clone(),
        claim: format!("{intruder} was shown what is {owner}'s, naming it in `{name}`"),
        severity: None,
        surveyed: case.acting,
    })
}

/// Claims the object that was shown: whether it is meant for its owner alone is for all facts about it to say.
fn claim_shown(cx: &ActCx<'_>, case: &Asked<'_>, shown: &Shown, rule: &mut Rule) -> Result<(), Silence> {
    let (owner, caller) = (case.owner.name.as_str(), case.intruder.name.as_str());
    let found = shown.known_objects(cx.check.survey, owner);
    let key = found.first().ok_or_else(|| {
        Silence::undecided(format!(
            "no object of {owner} is known in the answer, and a filter over what is public looks the same"
        ))
    })?;
    // The field is what is judged: without it the route's own answers are evidence like any other.
    let operation = OperationId(format!("{}?{}", case.acting.operation.id, case.field.name));
    rule.claim_access(
        ReachedObject { operation: &operation, verb: AccessVerb::Read, key, owner, caller }.claim(&shown.leaves),
    );
    Ok(())
}

/// Tries what is shown of what the body names, where nothing happens to it: `POST /documents/batch` may only read.
pub(super) async fn judge_shown_instead(cx: &ActCx<'_>, acting: &Acting, changed: CheckResult) -> CheckResult {
    match changed {
        Err(why @ Silence::Undecided(_)) if !asked_fields(cx.maker.api, acting).is_empty() => {
            join_trials(Err(why), judge_asked(cx, acting).await)
        }
        changed => changed,
    }
}
