//! What one action does to the values that it means: merge, append, replace, remove.

use serde_json::Value;
use thiserror::Error;

use crate::spec::lowering::describe_kind;
use crate::spec::reference::unescape_token;

/// The deepest that a document may become: everything that walks it calls itself for each level.
const MAX_DEPTH: usize = 128;

/// Why a value of a document is not changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum ChangeRefused {
    #[error("the document would be more than {limit} levels deep", limit = MAX_DEPTH)]
    TooDeep,
    /// The kind of the update.
    #[error("an object is updated with an object, not with {0}")]
    ObjectWith(&'static str),
    #[error("{target} cannot be updated with {update}; mean the object around it")]
    PlainWith { target: &'static str, update: &'static str },
    #[error("the whole document cannot be removed")]
    WholeDocument,
}

/// Merges a value into the one at a pointer.
///
/// # Errors
/// Why that cannot be; nothing is changed then.
pub(super) fn merge_at_pointer(root: &mut Value, pointer: &str, update: &Value) -> Result<(), ChangeRefused> {
    if pointer.matches('/').count() + value_depth(update) > MAX_DEPTH {
        return Err(ChangeRefused::TooDeep);
    }
    let Some(target) = root.pointer_mut(pointer) else { return Ok(()) };

    match (&mut *target, update) {
        (Value::Object(_), Value::Object(_)) => merge_values(target, update),
        (Value::Object(_), other) => return Err(ChangeRefused::ObjectWith(describe_kind(other))),
        (Value::Array(items), Value::Array(more)) => items.extend(more.iter().cloned()),
        (Value::Array(items), entry) => items.push(entry.clone()),
        (plain, Value::Object(_) | Value::Array(_)) => {
            return Err(ChangeRefused::PlainWith { target: describe_kind(plain), update: describe_kind(update) });
        }
        (plain, other) => *plain = other.clone(),
    }

    Ok(())
}

/// Objects are merged member by member, lists are joined, anything else is replaced.
fn merge_values(target: &mut Value, update: &Value) {
    match (target, update) {
        (Value::Object(members), Value::Object(more)) => {
            for (key, value) in more {
                match members.get_mut(key) {
                    Some(known) => merge_values(known, value),
                    None => {
                        members.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(items), Value::Array(more)) => items.extend(more.iter().cloned()),
        (target, other) => *target = other.clone(),
    }
}

/// Removes values by their pointers. Deeper ones first, and later items of a list before earlier ones, so that every
/// pointer still means its value when its turn comes.
///
/// # Errors
/// When the whole document is meant; nothing is removed then.
pub(super) fn remove_at_pointers(root: &mut Value, pointers: &[String]) -> Result<(), ChangeRefused> {
    let mut ways: Vec<(&str, String)> = Vec::new();
    for pointer in pointers {
        let Some((parent, key)) = pointer.rsplit_once('/') else {
            return Err(ChangeRefused::WholeDocument);
        };
        ways.push((parent, unescape_token(key)));
    }

    let index = |key: &str| key.parse::<usize>().unwrap_or_default();
    ways.sort_by_key(|(parent, key)| std::cmp::Reverse((parent.matches('/').count(), index(key))));

    for (parent, key) in ways {
        match root.pointer_mut(parent) {
            Some(Value::Object(members)) => {
                members.shift_remove(&key);
            }
            Some(Value::Array(items)) => {
                if let Some(at) = key.parse::<usize>().ok().filter(|at| *at < items.len()) {
                    items.remove(at);
                }
            }
            _ => {}
        }
    }

    Ok(())
}

/// Counts a value and everything below it.
pub(super) fn count_values(value: &Value) -> usize {
    let (mut open, mut count) = (vec![value], 0_usize);
    while let Some(value) = open.pop() {
        // A long text costs as much as several values.
        count += 1 + value.as_str().map_or(0, |text| text.len() / 64);

        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => open.extend(members.values()),
            _ => {}
        }
    }

    count
}

fn value_depth(value: &Value) -> usize {
    let (mut open, mut deepest) = (vec![(value, 0_usize)], 0);
    while let Some((value, at)) = open.pop() {
        deepest = deepest.max(at);
        match value {
            Value::Array(items) => open.extend(items.iter().map(|item| (item, at + 1))),
            Value::Object(members) => open.extend(members.values().map(|member| (member, at + 1))),
            _ => {}
        }
    }

    deepest
}
