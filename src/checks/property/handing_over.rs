//! Owner fields: an object is handed to another caller of the scan's own by a field that the document does not declare.

use serde_json::{Map, Value};

use super::assigning::{Subject, Trial};
use super::mass_assignment::{short, site, status_of};
use crate::act::{Acting, Created, declared};
use crate::checks::acting::ActCx;
use crate::checks::own_account::Mirrored;
use crate::checks::proof::{Finding, Proof};
use crate::checks::rights::{Right, agrees, right_of};
use crate::model::{Role, Severity, Verdict, clean_name};
use crate::probe::SendError;
use crate::survey::words;

/// An owner field of a caller's object, and what stands there for another caller of the scan.
struct Deed {
    field: String,
    own: Value,
    other: Value,
    heir: String,
}

/// Tries to hand an object over; `None` where there is nothing to try, or it had no effect.
pub(super) async fn hand_over(
    cx: &ActCx<'_>,
    acting: &Acting,
    subject: &Subject<'_>,
    before: &Mirrored,
) -> Result<Option<Verdict>, SendError> {
    let Some(deed) = deed(cx, acting, subject, before) else { return Ok(None) };
    let fields: Map<String, Value> = [(deed.field.clone(), deed.other.clone())].into_iter().collect();
    let Some((first, seen)) = once(cx, acting, subject, before, &fields, &deed).await? else { return Ok(None) };
    // What was changed belongs to somebody else now: a second one has to be made.
    let second = match subject {
        Subject::Object { created } => {
            let Some(other) = cx.fresh(created).await? else { return Ok(None) };
            cx.maker.forget(&other);
            Subject::Object { created: Box::new(other) }
        }
        _ => Subject::New { caller: subject.caller().to_owned(), producer: producer_of(cx, acting) },
    };
    let again = once(cx, acting, &second, before, &fields, &deed).await?;
    let mut proof = Proof::default();
    let field = clean_name(&deed.field, 60);
    proof.clause(
        "not-the-callers-to-set",
        true,
        format!("the document does not let callers send `{field}` to {}", acting.operation.id),
    );
    proof.clause("was-otherwise", true, format!("without it, `{field}` is {}", short(&deed.own)));
    proof.clause("shows-elsewhere", true, format!("a read by {} shows `{field}` as {}", seen.by, short(&deed.other)));
    let kept = first.keeps_anything() || seen.view.contains(first.nonce.as_deref().unwrap_or("\u{0}"));
    proof.clause(
        "keeps-not-just-anything",
        !kept,
        if kept { "a field of no meaning came back too" } else { "a field of no meaning does not come back" },
    );
    proof.clause("repeated", again.is_some(), "a second object went the same way");
    if let Some(answer) = &first.answer {
        proof.show(Role::Attack, answer);
    }
    for answer in before.answers() {
        proof.show(Role::Baseline, answer);
    }
    for answer in seen.view.answers() {
        proof.show(Role::Readback, answer);
    }
    let claim = format!(
        "{} made {} the owner of its object by `{field}` (status {})",
        subject.caller(),
        deed.heir,
        status_of(first.answer.as_ref())
    );
    cx.note(acting, subject.caller(), subject.caller(), true, claim.clone());
    let finding = Finding {
        site: site(&[&deed.field]),
        cause: acting.operation.path.clone(),
        claim,
        severity: Some(Severity::Critical),
        surveyed: acting,
    };
    Ok(Some(if kept { proof.fact(finding) } else { proof.broken(finding) }))
}

/// The owner field that may be tried, with the value that another caller's object of the same kind has in it.
fn deed(cx: &ActCx<'_>, acting: &Acting, subject: &Subject<'_>, before: &Mirrored) -> Option<Deed> {
    let names = declared(cx.maker.api, acting)?;
    let producer = match subject {
        Subject::New { producer, .. } => *producer,
        Subject::Object { created } => created.producer,
        _ => return None,
    };
    let made = cx.maker.made();
    let others = || made.iter().filter(|other| other.producer == producer && other.caller != subject.caller());
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

fn producer_of(cx: &ActCx<'_>, acting: &Acting) -> usize {
    cx.maker.acting.iter().position(|other| other.operation.id == acting.operation.id).unwrap_or(usize::MAX)
}

/// What a caller sees of the object that was handed over.
struct Handed {
    by: String,
    view: Mirrored,
}

/// One object with the other's value in its owner field: where it took effect, who sees that. It is removed at once by
/// its new owner, since its maker may no longer be able to.
async fn once(
    cx: &ActCx<'_>,
    acting: &Acting,
    subject: &Subject<'_>,
    before: &Mirrored,
    fields: &Map<String, Value>,
    deed: &Deed,
) -> Result<Option<(Trial, Handed)>, SendError> {
    let trial = subject.attempt(cx, acting, before, fields, true).await?;
    let Some(created) = trial.created.clone().filter(|_| trial.refused.is_none() && !trial.echo) else {
        return Ok(None);
    };
    let own = trial.seen.clone().filter(|view| view.shows(&deed.field, &deed.other));
    let handed = match own {
        Some(view) => Some(Handed { by: subject.caller().to_owned(), view }),
        None => seen_by_heir(cx, &created, deed).await?,
    };
    if handed.is_some() {
        cx.remove_as(&deed.heir, &created).await?;
    }
    Ok(handed.map(|handed| (trial, handed)))
}

async fn seen_by_heir(cx: &ActCx<'_>, created: &Created, deed: &Deed) -> Result<Option<Handed>, SendError> {
    let view = cx.view(&deed.heir, created).await?.and_then(Mirrored::of);
    let taken = view.filter(|view| view.shows(&deed.field, &deed.other));
    Ok(taken.map(|view| Handed { by: deed.heir.clone(), view }))
}
