//! The detector under measurement. No other file of this example names it.

use std::ops::Range;

use routewarden::detect::secrets::{Found, scan as secrets_in, scan_json};
use routewarden::detect::{decode, unknown_token};
use serde_json::Value;

/// What the detector found, without the value.
pub struct Hit {
    /// Name of the rule.
    pub rule: String,
    /// Bytes of the text.
    pub range: Range<usize>,
}

/// Scans a text as it came, and then what it holds once it is decoded.
pub fn scan(text: &str) -> Vec<Hit> {
    let mut hits = raw(text);
    if let Ok(json) = serde_json::from_str::<Value>(text) {
        fields(text, &json, &mut hits);
    }
    for channel in decode::channels(None, text).channels {
        for hit in raw(&channel.text) {
            let value = channel.text.get(hit.range).unwrap_or_default();
            hits.extend(place(text, value).map(|range| Hit { rule: hit.rule, range }));
        }
        // JSON within a string or an event has names of its own.
        if channel.text.starts_with(['{', '['])
            && let Ok(json) = serde_json::from_str::<Value>(&channel.text)
        {
            fields(text, &json, &mut hits);
        }
    }
    hits
}

fn raw(text: &str) -> Vec<Hit> {
    let tokens =
        unknown_token::find(text).into_iter().map(|token| Hit { rule: "token".to_owned(), range: token.range });
    secrets_in(text).into_iter().map(|Found { rule, range, .. }| Hit { rule, range }).chain(tokens).collect()
}

fn fields(text: &str, json: &Value, hits: &mut Vec<Hit>) {
    for at in scan_json(json) {
        let whole = json.pointer(&at.pointer).and_then(Value::as_str).unwrap_or_default();
        let value = whole.get(at.found.range).unwrap_or_default();
        hits.extend(place(text, value).map(|range| Hit { rule: at.found.rule, range }));
    }
}

/// Where a decoded value stands in the text: as it is, as JSON writes it once or twice, or with its slashes escaped.
fn place(text: &str, value: &str) -> Option<Range<usize>> {
    let escape = |text: &str| Value::from(text).to_string().trim_matches('"').to_owned();
    let once = escape(value);
    let twice = escape(&once);
    let slashes = once.replace('/', "\\/");
    [value, &once, &twice, &slashes].into_iter().filter(|form| !form.is_empty()).find_map(|form| {
        let at = text.find(form)?;
        Some(at..at + form.len())
    })
}
