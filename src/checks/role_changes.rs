//! How an API changes roles: fields and functions for them, and values that stand for a higher role and a lower one.

use serde_json::{Map, Value, json};

use super::acting::ActCx;
use super::rights::{Right, RightField, is_higher, other_value, right_of};
use crate::act::{ActKind, Acting, declared_names};
use crate::survey::{is_me_word, split_words};
use crate::trial::Mirrored;

/// Declared fields that say who may do what.
pub(super) fn role_fields(api: &crate::model::Api, acting: &Acting) -> Vec<String> {
    let is_role = |name: &String| right_of(name, &Value::Null) == Some(Right::Role);
    declared_names(api, acting).0.into_iter().filter(is_role).collect()
}

/// `PUT /users/{id}/role`, `POST /me/roles`, `POST /users/{id}/promote`.
pub(super) fn is_role_function(acting: &Acting) -> bool {
    let path = acting.operation.path.trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    let named = split_words(last)
        .iter()
        .any(|word| matches!(word.as_str(), "role" | "roles" | "promote" | "permissions" | "privileges"));
    named && !last.starts_with('{') && acting.kind != ActKind::Delete
}

/// A function below one user, or below the caller's own account.
pub(super) fn is_on_accounts(cx: &ActCx<'_>, acting: &Acting) -> bool {
    match acting.slots.as_slice() {
        [slot] => slot.resources.iter().any(|resource| cx.is_people(resource)),
        [] => acting.operation.path.split('/').any(|part| !part.is_empty() && is_me_word(part)),
        _ => false,
    }
}

/// The role fields with a higher value each.
pub(super) fn raised_role_fields(cx: &ActCx<'_>, acting: &Acting, ordinary: &Mirrored) -> Map<String, Value> {
    let mut fields = role_fields(cx.maker.api, acting);
    if fields.is_empty() && is_role_function(acting) && acting.content.is_some() {
        fields.push("role".to_owned());
    }
    let higher = cx.survey.people.higher_roles();
    let mut wish = Map::new();
    for name in fields {
        let shown = ordinary.value(&name).map(|(value, _)| value.clone());
        let present = shown.unwrap_or_else(|| if is_flag(&name) { json!(false) } else { json!("user") });
        let field = RightField { name: &name, right: Right::Role, present: &present };
        if let Some(value) = other_value(cx.maker.api, field, &higher, &[])
            && is_raised(&value, &higher)
        {
            wish.insert(name, value);
        }
    }
    wish
}

fn is_flag(name: &str) -> bool {
    !split_words(name).iter().any(|word| matches!(word.as_str(), "role" | "roles" | "type" | "level" | "permissions"))
}

/// Whether a value is that of a higher role.
pub(super) fn is_raised(value: &Value, higher: &[String]) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_i64() == Some(1),
        Value::String(text) => is_higher(text) || higher.contains(&text.to_lowercase()),
        Value::Array(items) => items.iter().any(|item| is_raised(item, higher)),
        _ => false,
    }
}

/// What a role field is set back to: what it was, or else the least that there is.
pub(super) fn plain_role(before: &Mirrored, name: &str, raised: &Value) -> Value {
    let was = before.value(name).map(|(value, _)| value.clone()).filter(|value| !value.is_null());
    was.unwrap_or_else(|| match raised {
        Value::Bool(_) => json!(false),
        Value::Array(_) => json!(["user"]),
        _ => json!("user"),
    })
}
