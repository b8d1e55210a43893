//! Which fields a caller must not set: what an object shows and its document does not let callers send.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::act::{Acting, declared, shape};
use crate::checks::acting::ActCx;
use crate::checks::authz::marks::{marked, roles_of};
use crate::checks::rights::{Right, other_value, right_of};
use crate::model::{Method, clean, clean_name};
use crate::survey::words;

/// Most fields that are sent in one body.
const MAX_FIELDS: usize = 8;

/// One field that may be tried.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub(super) name: String,
    pub(super) right: Right,
    /// What it is without the caller's doing; `None` where nothing shows it.
    pub(super) present: Option<Value>,
}

/// Fields of a user's rights that are tried though no answer shows them.
fn usual() -> [(&'static str, Right, Value); 9] {
    [
        ("role", Right::Role, json!("admin")),
        ("is_admin", Right::Role, json!(true)),
        ("isAdmin", Right::Role, json!(true)),
        ("admin", Right::Role, json!(true)),
        ("verified", Right::Approval, json!(true)),
        ("email_verified", Right::Approval, json!(true)),
        ("approved", Right::Approval, json!(true)),
        ("balance", Right::Money, json!(37)),
        ("credits", Right::Money, json!(37)),
    ]
}

/// The fields of an object, or of an account, that its document does not let callers send to this operation.
pub(super) fn candidates(
    cx: &ActCx<'_>,
    acting: &Acting,
    shown: &Map<String, Value>,
    is_account: bool,
) -> Vec<Candidate> {
    let document = declared(cx.maker.api, acting);
    let is_silent = document.is_none();
    let names = document.unwrap_or_default();
    let elsewhere = set_elsewhere(cx, acting, is_account);
    let one_word = |name: &str| words(name).join("");
    let may_try = |name: &str, right: Right| {
        let name = one_word(name);
        let allowed = !right.is_power() && elsewhere.contains(&name);
        !names.contains(&name) && !allowed && (is_account || right.is_power() || !is_silent)
    };
    let mut found: Vec<Candidate> = Vec::new();
    for (name, value) in shown {
        let Some(right) = right_of(name, value).filter(|right| may_try(name, *right)) else { continue };
        if right == Right::Ownership {
            continue;
        }
        // What an object is subscribed to may be its user's to choose: only an account's plan is its seller's.
        if right == Right::Quota && !is_account && value.is_string() {
            continue;
        }
        found.push(Candidate { name: name.clone(), right, present: Some(value.clone()) });
    }
    if is_account {
        let known: BTreeSet<String> = shown.keys().map(|name| one_word(name)).collect();
        for (name, right, _) in usual() {
            if !known.contains(&one_word(name)) && may_try(name, right) {
                found.push(Candidate { name: name.to_owned(), right, present: None });
            }
        }
    }
    found.sort_by_key(|candidate| (candidate.present.is_none(), candidate.right));
    found.truncate(MAX_FIELDS);
    found
}

/// The fields, as one word each, that other operations on the same kind of object let every caller set.
fn set_elsewhere(cx: &ActCx<'_>, acting: &Acting, is_account: bool) -> BTreeSet<String> {
    let roles = roles_of(cx.check);
    let same = |other: &&Acting| {
        let alike = other.resource.is_some() && other.resource == acting.resource
            || is_account && (cx.changes_account(other) || other.kind == crate::act::Kind::SignUp);
        other.operation.id != acting.operation.id && alike && marked(&other.operation, &roles).is_none()
    };
    let mut names: BTreeSet<String> =
        cx.maker.acting.iter().filter(same).filter_map(|other| declared(cx.maker.api, other)).flatten().collect();
    // `PUT /tasks/{id}/status` sets what it is named after.
    names.extend(verbs(cx, acting));
    names
}

/// The last segments of what callers may do with one such object: `/orders/{id}/cancel`.
fn verbs(cx: &ActCx<'_>, acting: &Acting) -> Vec<String> {
    let roles = roles_of(cx.check);
    let path = shape(&acting.operation.path);
    let item = if path.ends_with("/{}") { path } else { format!("{path}/{{}}") };
    let below = format!("{item}/");
    let others = cx.maker.acting.iter().filter(|other| {
        matches!(other.operation.method, Method::Post | Method::Put | Method::Patch)
            && marked(&other.operation, &roles).is_none()
    });
    others
        .filter_map(|other| shape(&other.operation.path).strip_prefix(&below).map(|rest| words(rest).join("")))
        .collect()
}

/// Whether callers are offered another way to a value: `cancelled` by `/cancel`.
fn is_offered(verbs: &[String], value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default().to_ascii_lowercase();
    verbs.iter().any(|verb| verb.len() >= 3 && text.starts_with(verb.trim_end_matches(['e', 'y'])))
}

/// A first value for each field.
pub(super) fn first_values(cx: &ActCx<'_>, acting: &Acting, candidates: &[Candidate]) -> Map<String, Value> {
    let verbs = verbs(cx, acting);
    let higher = roles_of(cx.check);
    let mut values = Map::new();
    for candidate in candidates {
        let mut used: Vec<Value> = Vec::new();
        let value = match &candidate.present {
            None => usual().into_iter().find(|(name, ..)| *name == candidate.name).map(|(_, _, value)| value),
            Some(present) => loop {
                let next = other_value(cx.maker.api, &candidate.name, candidate.right, present, &higher, &used);
                match next {
                    Some(value) if is_offered(&verbs, &value) && used.len() < 12 => used.push(value),
                    other => break other.filter(|value| !is_offered(&verbs, value)),
                }
            },
        };
        if let Some(value) = value {
            values.insert(candidate.name.clone(), value);
        }
    }
    values
}

/// A second value for a field: what it was where it is put back; another one where there is one; else the first again.
pub(super) fn second_value(cx: &ActCx<'_>, candidate: &Candidate, first: &Value, again: Again) -> Value {
    let before = candidate.present.clone().filter(|value| !value.is_null());
    let fallback = match first {
        Value::Bool(flag) => json!(!flag),
        Value::String(_) if candidate.right == Right::Role => json!("user"),
        Value::Number(_) => json!(0),
        other => other.clone(),
    };
    let other = || {
        let present = candidate.present.as_ref()?;
        let higher = roles_of(cx.check);
        // Only numbers have a further value that is as good as the first.
        let numeric = candidate.right == Right::Money || candidate.right == Right::Quota;
        let used = std::slice::from_ref(first);
        numeric.then(|| other_value(cx.maker.api, &candidate.name, candidate.right, present, &higher, used)).flatten()
    };
    match again {
        Again::PutBack => before.unwrap_or(fallback),
        Again::SameObject => other().or(before).unwrap_or(fallback),
        Again::OtherObject => other().unwrap_or_else(|| first.clone()),
    }
}

/// On what a trial is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// On the same one, which gets its own value back.
    PutBack,
    /// On the same one, with a further value.
    SameObject,
    /// On another one.
    OtherObject,
}

impl Again {
    /// Returns it in words.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::PutBack => "putting the old value back by the same operation",
            Self::SameObject => "another value",
            Self::OtherObject => "another one of the kind",
        }
    }
}

/// Returns the place of fields in a body: `body:/role, body:/plan`.
pub(super) fn site(fields: &[&String]) -> String {
    fields.iter().map(|name| format!("body:/{}", clean_name(name, 60))).collect::<Vec<_>>().join(", ")
}

/// Returns fields by name, for sentences.
pub(super) fn field_list<'n>(fields: impl Iterator<Item = &'n String>) -> String {
    fields.map(|name| format!("`{}`", clean_name(name, 60))).collect::<Vec<_>>().join(", ")
}

/// Returns a value for sentences.
pub(super) fn short(value: &Value) -> String {
    clean(&value.to_string(), 60)
}
