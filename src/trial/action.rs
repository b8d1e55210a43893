//! What an action has changed of an object, as its owner sees it.

use serde_json::Value;

use super::look::ObjectView;
use crate::survey::split_words;

/// Words of fields that change by themselves, or with every write.
const MOVING: &str =
    "updated modified changed accessed seen viewed views hits version revision etag now age elapsed remaining";
/// Words of fields that hold a time.
const TIMES: &str = "at on time timestamp date";

/// Returns the field that an action has changed, where one has.
pub(crate) fn compare_states(before: &ObjectView, now: &ObjectView) -> Option<String> {
    let (was, is) = (before.object.as_ref()?, now.object.as_ref()?);
    let changed = |(name, old): &(&String, &Value)| {
        let new = is.get(*name).unwrap_or(&Value::Null);
        is_told(new) && is_told(old) && new != *old && !moves_by_itself(name, old)
    };
    let added = || is.iter().find(|(name, new)| !was.contains_key(*name) && is_set(new) && !is_moving(name));

    was.iter().find(changed).map(|(name, _)| name.clone()).or_else(|| added().map(|(name, _)| name.clone()))
}

/// Returns whether a value is plain, or a list of plain ones such as labels.
fn is_told(value: &Value) -> bool {
    let is_plain = |value: &Value| !value.is_array() && !value.is_object();
    is_plain(value) || value.as_array().is_some_and(|items| items.iter().all(is_plain))
}

/// A time that was set is told anew at each write; one that was not (`approved_at`) is what an action leaves.
fn moves_by_itself(name: &str, old: &Value) -> bool {
    let is_time = split_words(name).iter().any(|word| is_among(TIMES, word));
    is_moving(name) || is_time && is_set(old)
}

fn is_moving(name: &str) -> bool {
    split_words(name).iter().any(|word| is_among(MOVING, word))
}

fn is_set(value: &Value) -> bool {
    value.is_string() || value.is_number() || value.as_bool() == Some(true)
}

fn is_among(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known == word)
}
