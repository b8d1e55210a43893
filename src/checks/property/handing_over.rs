//! Owner fields: an object is handed to another caller of the scan's own by a field that the document does not declare.

use serde_json::{Map, Value};

use super::assigning::{Assignment, Recipient};
use super::candidates::{field_list, short, site};
use crate::act::{Acting, Created, declared};
use crate::checks::acting::ActCx;
use crate::checks::own_account::Mirrored;
use crate::checks::rights::{Right, agrees, right_of};
use crate::checks::rule::{Finding, Rule, ensure, status};
use crate::model::{Draft, Role, Severity, Silence, clean_name};
use crate::survey::words;

/// An owner field of a caller's object, and what stands there for another caller of the scan.
struct Deed {
    field: String,
    own: Value,
    other: Value,
    heir: String,
}

/// Hands an object over.
///
/// # Errors
/// Where there is nothing to hand over, or it had no effect.
pub(super) async fn hand_over(
    cx: &ActCx<'_>,
    acting: &Acting,
    recipient: &Recipient<'_>,
    before: &Mirrored,
) -> Result<Draft, Silence> {
    let none = || Silence::not_applicable("it shows no owner that callers must not send");
    let deed = deed(cx, acting, recipient, before).ok_or_else(none)?;
    let (first, seen) = hand_over_one(cx, acting, recipient, before, &deed).await?;
    // What was changed belongs to another caller now: a second one has to be made.
    let second = match recipient {
        Recipient::Object(created) => {
            let other = cx.fresh(created).await?;
            let other = other.ok_or_else(|| Silence::undecided("no second object could be made to repeat it"))?;
            cx.maker.forget(&other);
            Some(Recipient::Object(Box::new(other)))
        }
        _ => None,
    };
    let again = hand_over_one(cx, acting, second.as_ref().unwrap_or(recipient), before, &deed).await;

    let (field, caller) = (clean_name(&deed.field, 60), recipient.caller());
    let mut rule = Rule::default();
    let listed = field_list([&deed.field].into_iter());
    rule.need("not-the-callers-to-set", Ok(&deed), |_| {
        format!("the document does not let callers send {listed} to {}", acting.operation.id)
    })?;
    rule.need("was-otherwise", Ok(&deed), |deed| format!("without it, `{field}` is {}", short(&deed.own)))?;
    rule.need("shows-elsewhere", Ok(&seen), |seen| {
        format!("a read by {} shows `{field}` as {}", seen.by, short(&deed.other))
    })?;
    let kept = first.keeps_anything();
    let back = if kept { "a field of no meaning came back too" } else { "a field of no meaning does not come back" };
    rule.weigh("keeps-not-just-anything", !kept, back);
    rule.weigh("repeated", again.is_ok(), "a second object went the same way");
    rule.show_all(Role::Attack, &first.answer).show_all(Role::Baseline, before.answers());
    rule.show_all(Role::Readback, seen.view.answers());
    let (heir, status) = (&deed.heir, first.answer.as_ref().map_or_else(|| "none".to_owned(), |answer| status(answer)));
    let claim = format!("{caller} made {heir} the owner of its object by `{field}` (status {status})");
    cx.note(acting, caller, caller, true, claim.clone());
    let finding = Finding {
        site: site(&[&deed.field]),
        cause: acting.operation.path.clone(),
        claim,
        severity: Some(Severity::Critical),
        surveyed: acting,
    };
    Ok(if kept { rule.observation(finding) } else { rule.draft(finding) })
}

/// Returns the owner field that may be tried, with the value that another caller's object of the same kind has in it.
fn deed(cx: &ActCx<'_>, acting: &Acting, recipient: &Recipient<'_>, before: &Mirrored) -> Option<Deed> {
    let names = declared(cx.maker.api, acting)?;
    let (Recipient::New(own) | Recipient::Object(own)) = recipient else { return None };
    let made = cx.maker.made();
    let others = || made.iter().filter(|other| other.producer == own.producer && other.caller != own.caller);
    before.fields().into_iter().find_map(|(field, own)| {
        let is_owner = right_of(&field, &own) == Some(Right::Ownership);
        if !is_owner || names.contains(&words(&field).join("")) {
            return None;
        }
        others().find_map(|other| {
            let value = other.object.fields.get(&field)?;
            (!agrees(value, &own) && !value.is_null()).then(|| Deed {
                field: field.clone(),
                own: own.clone(),
                other: value.clone(),
                heir: other.caller.clone(),
            })
        })
    })
}

/// What a caller sees of the object that was handed over.
struct Handed {
    by: String,
    view: Mirrored,
}

/// Makes or changes one object with the other's value in its owner field: where it took effect, with the caller that
/// sees it. It is removed at once by its new owner, since its maker may no longer be able to.
async fn hand_over_one(
    cx: &ActCx<'_>,
    acting: &Acting,
    recipient: &Recipient<'_>,
    before: &Mirrored,
    deed: &Deed,
) -> Result<(Assignment, Handed), Silence> {
    let no_effect = || Silence::undecided(format!("`{}` stayed as it was", clean_name(&deed.field, 60)));
    let fields: Map<String, Value> = [(deed.field.clone(), deed.other.clone())].into_iter().collect();
    let sent = recipient.attempt(cx, acting, before, &fields, true).await?;
    ensure(sent.refused.is_none() && !sent.echo, no_effect)?;
    let created: Created = sent.created.clone().ok_or_else(no_effect)?;
    let own = sent.seen.clone().filter(|view| view.shows(&deed.field, &deed.other));
    let handed = match own {
        Some(view) => Handed { by: recipient.caller().to_owned(), view },
        None => {
            let view = cx.view(&deed.heir, &created).await?.and_then(Mirrored::of);
            let taken = view.filter(|view| view.shows(&deed.field, &deed.other));
            Handed { by: deed.heir.clone(), view: taken.ok_or_else(no_effect)? }
        }
    };
    cx.remove_as(&deed.heir, &created).await?;
    Ok((sent, handed))
}
