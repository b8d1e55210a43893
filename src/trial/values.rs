//! When two values are the same to an API, and fields in words.

use serde_json::{Map, Value};

use crate::model::clean_name;
use crate::survey::scalar_text;

/// Whether two values are the same to a reader: `1` and `1.0`, `Admin` and `admin`, but not `"true"` and `true`.
pub fn is_same_value(one: &Value, other: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse::<f64>().ok(),
        _ => None,
    };
    // Some servers answer a number as text, so that `"12.50"` and 12.5 are one value.
    match (number(one), number(other)) {
        (Some(one), Some(other)) => (one - other).abs() < 1e-9,
        (None, None) => match (one, other) {
            (Value::String(one), Value::String(other)) => one.eq_ignore_ascii_case(other),
            _ => one == other,
        },
        _ => match (one, other) {
            // SQLite and its like keep flags as numbers.
            (Value::Bool(flag), Value::Number(number)) | (Value::Number(number), Value::Bool(flag)) => {
                number.as_i64() == Some(i64::from(*flag))
            }
            _ => false,
        },
    }
}

/// Whether a field of an object, or of one within it, has this value.
pub(super) fn has_value(object: &Map<String, Value>, field: &str, value: &Value, depth: u8) -> bool {
    let same = |seen: &Value| match (scalar_text(seen), scalar_text(value)) {
        (Some(seen), Some(wanted)) => seen == wanted,
        _ => seen == value,
    };
    // A view may nest the attributes of an object a few levels deep, as JSON:API does.
    object.get(field).is_some_and(same)
        || depth < 3
            && object.values().filter_map(Value::as_object).any(|inner| has_value(inner, field, value, depth + 1))
}

/// Returns a value in the JSON type that the sample of its place has: validators refuse an id of the other type.
pub(super) fn value_like(value: &Value, sample: Option<&Value>) -> Value {
    match sample {
        Some(Value::String(_)) => scalar_text(value).map_or_else(|| value.clone(), Value::String),
        _ => value.clone(),
    }
}

/// Returns a list of another's value behind one's own: some servers look at the first of a list alone.
pub(super) fn list_behind(own: Option<&Value>, theirs: &Value, sample: Option<&Value>) -> Value {
    let sample = sample.and_then(|sample| sample.get(0));
    Value::Array(own.into_iter().chain([theirs]).map(|value| value_like(value, sample)).collect())
}

/// Returns fields by name, for sentences.
pub(crate) fn list_fields<'n>(fields: impl Iterator<Item = &'n String>) -> String {
    fields.map(|name| format!("`{}`", clean_name(name, 60))).collect::<Vec<_>>().join(", ")
}
