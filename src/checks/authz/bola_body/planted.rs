//! Making an object for another user: an owner field of the body that is believed.

use serde_json::{Value, json};

use crate::act::{Acting, Created, resolve_schema};
use crate::checks::acting::ActCx;
use crate::checks::rule::{CheckResult, Rule, Violation, status_text};
use crate::model::{Confidence, Draft, JsonType, Role, Silence, clean_name};
use crate::survey::{is_between_people, is_owner_name, is_strong_owner_name, names_counterpart, scalar_text};
use crate::trial::{ObjectView, Planted, Planting, refusal_sign};

/// Most fields that are tried on one operation.
const MAX_FIELDS: usize = 2;

/// A field that may say whose an object is.
struct OwnerField {
    name: String,
    declared: bool,
    strong: bool,
    /// A value of its kind.
    like: Option<Value>,
}

/// Tries the owner fields of one creating operation.
pub(super) async fn check_owner_fields(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    let index = cx.index_of(acting);
    let index = index.ok_or_else(|| Silence::not_tried("the operation is not among those that write"))?;
    let (pairs, made) = (cx.pairs(), cx.maker.made());
    let own = |name: &str| made.iter().find(|created| created.producer == index && created.caller == name);
    let found = pairs.iter().find_map(|(intruder, owner)| Some((*intruder, *owner, own(&intruder.name)?)));
    let (intruder, owner, control) = found.ok_or_else(|| cx.no_target(acting, !pairs.is_empty()))?;
    let mut suspected = None;
    let mut last = Silence::not_applicable("neither what it takes nor what it shows names an owner");
    for field in owner_fields(cx, acting, control) {
        let trial = Planting { lab: cx, acting, intruder, owner, field: &field.name, like: field.like.as_ref() };
        match judge_planting(&trial, control).await {
            Ok(draft) if draft.confidence() == Confidence::Confirmed => return Ok(vec![draft]),
            Ok(draft) => suspected = suspected.or(Some(vec![draft])),
            Err(silence) => last = silence,
        }
    }
    suspected.ok_or(last)
}

/// Returns declared owner fields first, then those that the object shows and the document does not take.
fn owner_fields(cx: &ActCx<'_>, acting: &Acting, control: &Created) -> Vec<OwnerField> {
    let api = cx.maker.api;
    let names_owner = |name: &str| is_owner_name(name) && !names_counterpart(name);
    let mut found: Vec<OwnerField> = Vec::new();
    for field in acting.fields(api).into_iter().filter(|field| names_owner(&field.name)) {
        let Some(plain) = resolve_schema(api, field.schema).filter(|schema| !schema.read_only) else { continue };
        let shown = control.object.fields.get(&field.name).filter(|value| scalar_text(value).is_some());
        let number = plain.types.iter().any(|kind| matches!(kind, JsonType::Integer | JsonType::Number));
        let like = shown.cloned().or_else(|| number.then(|| json!(1)));
        let strong = is_strong_owner_name(&field.name);
        found.push(OwnerField { name: field.name, declared: true, strong, like });
    }
    let shown = control.object.fields.iter().filter(|(name, _)| names_owner(name) && !name.contains('/'));
    for (name, value) in shown.filter(|(_, value)| scalar_text(value).is_some()) {
        if !found.iter().any(|known| known.name == *name) {
            let strong = is_strong_owner_name(name);
            found.push(OwnerField { name: name.clone(), declared: false, strong, like: Some(value.clone()) });
        }
    }
    found.sort_by_key(|field| (!field.strong, !field.declared));
    found.truncate(MAX_FIELDS);
    found
}

/// Returns the finding of an object that became the other user's.
async fn judge_planting(trial: &Planting<'_>, control: &Created) -> Result<Draft, Silence> {
    let (intruder, owner, field) = (&trial.intruder.name, &trial.owner.name, clean_name(trial.field, 60));
    let mut rule = Rule::default();
    let planted = &rule.need("owner-is-another", trial.run(control).await, |planted| match &planted.after.owner {
        Some(seen) if planted.moved => {
            format!("{owner}, who asked for nothing, is shown it (status {})", status_text(&seen.answer))
        }
        _ => format!("an independent view of it names {owner} in `{field}`"),
    })?;
    let own = match planted.flipped {
        true => format!("otherwise `{field}` names {intruder}, who made it"),
        false => format!("otherwise {owner} is not shown what {intruder} made"),
    };
    rule.weigh("own-without-the-field", planted.flipped || planted.moved, own);
    let doubt = reason_to_doubt(trial, planted);
    let is_owner = format!("`{field}` names the one who has the object");
    rule.weigh("field-says-whose-it-is", doubt.is_none().then_some(true), doubt.unwrap_or(is_owner));
    let (nobody, because) = &planted.nobody;
    let sign = nobody.as_deref().and_then(refusal_sign);
    rule.weigh("anonymous-cannot", sign.is_some().then_some(true), sign.unwrap_or_else(|| because.clone()));
    rule.weigh("repeated", planted.repeated, "a second object went the same way");
    rule.show(Role::Attack, &planted.object.answer).show(Role::Control, &planted.control.answer);
    rule.show_all(Role::Control, nobody).show_all(Role::Readback, planted.after.all().map(|seen| &seen.answer));
    let resource = clean_name(&planted.object.object.resource, 40);
    let claim = format!("{intruder} made a {resource} that is {owner}'s, by `{field}` in the body");
    trial.lab.note(trial.acting, intruder, owner, true, claim.clone());
    let path = trial.acting.operation.path.as_str();
    Ok(rule.draft(Violation::of(trial.acting, format!("body:/{field}"), path, claim)))
}

/// Returns why the field may be meant to name another user.
fn reason_to_doubt(trial: &Planting<'_>, planted: &Planted) -> Option<String> {
    let field = clean_name(trial.field, 60);
    if !is_strong_owner_name(trial.field) {
        return Some(format!("`{field}` says who made it, which public objects have too"));
    }
    if planted.after.awaits_consent() {
        return Some(format!("{} may be asked for its consent first", trial.owner.name));
    }
    // The server itself put its caller there; or the object left its maker for the other user.
    let put_by_server = planted.flipped && !planted.must_be_sent;
    let resource = &planted.object.object.resource;
    let left = planted.moved && planted.after.intruder.as_ref().is_some_and(ObjectView::is_gone);
    let is_meant = !put_by_server && (!left || is_between_people(resource));
    is_meant.then(|| format!("`{field}` may be meant to name whom the {} is for", clean_name(resource, 40)))
}
