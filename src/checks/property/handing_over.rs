//! What it proves that an object was handed over by its owner field: the part of `property/mass-assignment` that is about
//! owners.

use super::{short_value, site_of_fields};
use crate::checks::rule::{Rule, Violation, status_text};
use crate::model::{Draft, Role, Severity, Silence, clean_name};
use crate::trial::{FieldTrial, is_same_value, list_fields};

/// Hands an object over, twice.
///
/// # Errors
/// Where there is nothing to hand over, or it had no effect.
pub(super) async fn hand_over(trial: &FieldTrial<'_>) -> Result<Draft, Silence> {
    let none = || Silence::not_applicable("it shows no owner that callers must not send");
    let deed = trial.owner_deed().ok_or_else(none)?;
    let (field, acting) = (clean_name(&deed.field, 60), trial.setter.acting);
    let mut rule = Rule::default();
    let listed = list_fields([&deed.field].into_iter());
    let because = format!("the document does not let callers send {listed} to {}", acting.operation.id);
    rule.weigh("not-the-callers-to-set", trial.is_withheld(&deed.field), because);
    let was = format!("without it, `{field}` is {}", short_value(&deed.own));
    rule.weigh("was-otherwise", !is_same_value(&deed.own, &deed.other), was);
    let handed = rule.need("shows-elsewhere", trial.hand_over(&deed).await, |handed| {
        format!("a read by {} shows `{field}` as {}", handed.by, short_value(&deed.other))
    })?;
    let again = trial.hand_over_again(&deed).await;
    let kept = handed.sent.keeps_anything();
    let back = if kept { "a field of no meaning came back too" } else { "a field of no meaning does not come back" };
    rule.weigh("keeps-not-just-anything", !kept, back);
    rule.weigh("repeated", again.is_ok(), "a second object went the same way");
    rule.show_all(Role::Attack, &handed.sent.answer).show_all(Role::Baseline, trial.before.answers());
    rule.show_all(Role::Readback, handed.view.answers());

    let status = handed.sent.answer.as_ref().map_or_else(|| "none".to_owned(), |answer| status_text(answer));
    let (caller, heir) = (trial.recipient.caller(), &deed.heir);
    let claim = format!("{caller} made {heir} the owner of its object by `{field}` (status {status})");
    trial.note(true, claim.clone());
    let finding = Violation {
        site: site_of_fields(&[&deed.field]),
        cause: acting.operation.path.clone(),
        claim,
        severity: Some(Severity::Critical),
        surveyed: acting,
    };
    Ok(if kept { rule.observation(finding) } else { rule.draft(finding) })
}
