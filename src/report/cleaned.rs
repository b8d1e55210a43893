//! A copy of a report without invisible characters. The engine has cleaned its texts; formats that are opened in other
//! programs do it again, because a report may also come from a file.

use serde_json::{Map, Value};

use super::wire::Report;
use crate::model::clean_text;

/// Longer than any text that the engine keeps; only a forged report meets it.
const MAX_TEXT_CHARS: usize = 100_000;

/// The report with every text cleaned, header names included; bodies and notes keep their line breaks.
pub(super) fn clean_report(report: &Report) -> Report {
    let mut copy = report.clone();
    if !copy.score.coverage.is_finite() {
        // JSON knows no such numbers, and the way through it would fail.
        copy.score.coverage = 0.0;
    }
    // By way of JSON no text is forgotten, whatever fields a later version adds.
    let value = serde_json::to_value(&copy).map(clean_value);
    value.and_then(serde_json::from_value).unwrap_or(copy)
}

/// Recursion is as deep as the report's own type, which holds no value of free shape.
fn clean_value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(clean_lines(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(clean_value).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, item)| (clean_text(&key, MAX_TEXT_CHARS), clean_value(item)))
                .collect::<Map<_, _>>(),
        ),
        other => other,
    }
}

fn clean_lines(text: &str) -> String {
    text.split('\n').map(|line| clean_text(line.trim_end_matches('\r'), MAX_TEXT_CHARS)).collect::<Vec<_>>().join("\n")
}
