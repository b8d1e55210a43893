//! Fields that say what an account may do, and which of their values are an ordinary user's.

use serde_json::{Value, json};
use thiserror::Error;

use super::bodies::Body;
use super::fields::{self, Field};
use super::further::inner_object;
use super::kinds::Acting;
use crate::model::{Api, JsonType, OperationId, clean_name};
use crate::survey::{role_word, split_words};

/// Words of fields that give power over more than what is one's own.
pub const POWER_WORDS: &[&str] = &[
    "role",
    "roles",
    "admin",
    "administrator",
    "superuser",
    "superadmin",
    "sysadmin",
    "staff",
    "moderator",
    "permission",
    "permissions",
    "privilege",
    "privileges",
    "privileged",
    "authority",
    "authorities",
    "scopes",
    "entitlement",
    "entitlements",
];

/// Roles of ordinary users, the least that may be asked for first.
const LEAST: &[&str] =
    &["user", "member", "customer", "client", "viewer", "reader", "basic", "student", "guest", "patient"];

/// Whether a field says what an account may do.
pub(super) fn names_privilege(name: &str) -> bool {
    split_words(name).iter().any(|word| {
        POWER_WORDS.contains(&word.as_str()) || matches!(word.as_str(), "scope" | "group" | "groups" | "rank")
    })
}

/// Whether a field may make an account more than an ordinary user's: it names rights, or a level or type of accounts.
pub fn may_raise(name: &str) -> bool {
    let is_class = |word: &String| matches!(word.as_str(), "level" | "tier" | "type" | "kind");
    names_privilege(name) || split_words(name).last().is_some_and(is_class)
}

/// Whether a role is one of those that ordinary users have: `user`, `ROLE_USER`.
pub(super) fn is_least_role(text: &str) -> bool {
    let mut parts = split_words(text);
    parts.retain(|word| word != "role");
    LEAST.contains(&parts.join("").as_str())
}

/// Whether a value of such a field gives nothing that ordinary users have not.
fn is_least(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => !flag,
        Value::String(text) => is_least_role(text),
        Value::Array(items) => items.iter().all(is_least),
        Value::Null => true,
        // A number may be a rank or a group of any power.
        Value::Number(_) | Value::Object(_) => false,
    }
}

/// Whether a text names a higher role.
pub(super) fn names_higher_role(text: &str) -> bool {
    // In a longer text, which is prose, the word means no role.
    text.len() <= 40 && role_word(text).is_some()
}

/// Whether a value names a higher role, whatever its field is called: `account_type: "admin"`, `kinds: ["ROLE_ADMIN"]`.
fn holds_higher_role(value: &Value) -> bool {
    match value {
        Value::String(text) => names_higher_role(text),
        Value::Array(items) => items.iter().any(holds_higher_role),
        _ => false,
    }
}

/// Returns the least value that the document lists for a field; `None` where it lists none that is known to be ordinary.
pub(super) fn least_value(api: &Api, field: &Field) -> Option<Value> {
    let schema = fields::resolve_schema(api, field.schema)?;
    let is_list = schema.items.is_some() || schema.types.contains(&JsonType::Array);
    let listed = match schema.items.filter(|_| is_list) {
        Some(items) => fields::resolve_schema(api, items)?.enumeration.as_slice(),
        None => schema.enumeration.as_slice(),
    };
    let of_word = |word: &str| {
        listed.iter().find(|value| {
            value
                .as_str()
                .is_some_and(|text| is_least_role(text) && split_words(text).last().is_some_and(|last| last == word))
        })
    };

    let least = LEAST.iter().find_map(|word| of_word(word))?.clone();
    Some(if is_list { json!([least]) } else { least })
}

/// A sign-up wants a role, and none of those that may be chosen is known to be an ordinary user's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{operation} wants a `{field}`, and which one is an ordinary user's is not known")]
pub(super) struct RoleUnknown {
    operation: OperationId,
    field: String,
}

/// Leaves out of a body that makes an account whatever would make it more than an ordinary user's; what must be there gets
/// the least value that the document lists.
///
/// # Errors
/// When a role must be chosen and none of those that may be is known to be an ordinary user's.
pub(super) fn as_ordinary_user(api: &Api, acting: &Acting, body: &mut Body) -> Result<(), RoleUnknown> {
    let (_, declared) = acting.inner_fields(api);
    let Some(members) = inner_object(&mut body.value) else { return Ok(()) };
    let raises =
        |(name, value): &(&String, &Value)| names_privilege(name) && !is_least(value) || holds_higher_role(value);
    let raised: Vec<String> = members.iter().filter(raises).map(|(name, _)| name.clone()).collect();

    for name in raised {
        let field = declared.iter().find(|field| field.name == name);
        match field.filter(|field| field.required).map(|field| least_value(api, field)) {
            Some(Some(least)) => _ = members.insert(name, least),
            Some(None) => {
                return Err(RoleUnknown { operation: acting.operation.id.clone(), field: clean_name(&name, 40) });
            }
            // An optional field is left out, and the server gives what ordinary users get.
            None => _ = members.shift_remove(&name),
        }
    }

    Ok(())
}
