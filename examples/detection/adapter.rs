//! The detector under measurement. No other file of this example names it.

use std::ops::Range;

use routewarden::detect::exposure::{is_placeholder, sensitive_value};
use routewarden::detect::jwt;
use serde_json::Value;

/// What the detector found, without the value.
pub struct Hit {
    /// Name of the rule.
    pub rule: String,
    /// Bytes of the text.
    pub range: Range<usize>,
}

/// Scans a text as it came, once.
pub fn scan(text: &str) -> Vec<Hit> {
    let tokens = jwt::find(text);
    let mut hits: Vec<Hit> = tokens.into_iter().map(|range| Hit { rule: "jwt".to_owned(), range }).collect();
    if let Ok(value) = serde_json::from_str(text) {
        walk(text, "", &value, &mut hits);
    }
    hits
}

/// Fields of JSON with a sensitive value; their place is where the value stands first in the text.
fn walk(text: &str, name: &str, value: &Value, hits: &mut Vec<Hit>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| walk(text, name, value, hits)),
        Value::Array(items) => items.iter().for_each(|value| walk(text, name, value, hits)),
        Value::String(string) => {
            let Some(exposed) = sensitive_value(name, value).filter(|_| !is_placeholder(string)) else { return };
            let written = value.to_string();
            if let Some(at) = text.find(&written) {
                hits.push(Hit { rule: exposed.kind.to_owned(), range: at + 1..at + written.len() - 1 });
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
