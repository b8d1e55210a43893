//! The one way out: text of the target is made harmless, and known secrets are looked for once more.

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::Value;

use crate::app::{App, Syntax};
use crate::model::{clean_lines, clean_name, clean_text};

/// The most bytes of JSON in one answer.
pub const MAX_ANSWER_BYTES: usize = 12 * 1024;
/// What an answer is built to; the difference is for what the tripwire puts in place of a secret.
pub const BUILD_BYTES: usize = MAX_ANSWER_BYTES - 256;
/// The most characters of an error.
const MAX_ERROR_CHARS: usize = 3000;
/// The most characters of a name.
const MAX_NAME_CHARS: usize = 300;
/// Answers nest this deep at most; anything deeper is replaced.
const MAX_DEPTH: usize = 24;
/// Stands for every field of a whole document; no field has such a name.
const DOCUMENT: &str = "\0document";

/// Fields whose line breaks and tabs mean something.
const MULTILINE: [&str; 8] =
    ["manual", "guidance", "code", "diff", "verify", "request_body", "response_body", "answer_with"];
/// Fields that hold a name of the target and nothing else.
const NAMES: [&str; 5] = ["operation", "also", "route", "identity", "column"];

/// Makes every string of an answer harmless to read: invisible characters, escape sequences and, outside code and
/// bodies, line breaks are dropped; names lose what does not belong in a name.
pub fn harmless_answer(answer: Value) -> Value {
    harmless_field("", answer, 0)
}

/// The same for a whole document, whose renderer knows which line breaks it wants: only what cannot be seen is dropped.
pub fn harmless_document(text: &str, is_json: bool) -> Option<String> {
    if !is_json {
        return Some(clean_lines(text));
    }
    let value = serde_json::from_str(text).ok()?;
    Some(harmless_field(DOCUMENT, value, 0).to_string())
}

fn harmless_field(field: &str, value: Value, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        // A target's answer may nest without an end, and this function calls itself.
        return Value::String("[too deep]".to_owned());
    }
    match value {
        Value::String(text) if field == DOCUMENT || MULTILINE.contains(&field) => Value::String(clean_lines(&text)),
        Value::String(text) if NAMES.contains(&field) => Value::String(clean_name(&text, MAX_NAME_CHARS)),
        Value::String(text) => Value::String(clean_text(&text, text.len())),
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| harmless_field(field, item, depth + 1)).collect())
        }
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| {
                    let value = harmless_field(if field == DOCUMENT { DOCUMENT } else { &key }, value, depth + 1);
                    (clean_name(&key, MAX_NAME_CHARS), value)
                })
                .collect(),
        ),
        other => other,
    }
}

/// The answer of a tool: structured, and the same JSON as text, because hosts show a model one or the other.
pub fn tool_result(app: &App, value: Value) -> CallToolResult {
    // Cleaned before the tripwire looks: an invisible character within a secret would hide it from the search.
    let value = harmless_answer(value);
    let (text, replaced) = app.tripwire(Syntax::Json, &value.to_string());

    if !replaced {
        return CallToolResult::structured(value);
    }
    tracing::warn!("a secret was about to leave in an answer; it was replaced");

    match serde_json::from_str(&text) {
        Ok(value) => CallToolResult::structured(value),
        // What is no JSON any more cannot be sent as structured content; half of it might still hold the secret.
        Err(_) => fault_result(app, "the answer held a secret and was withheld; run the command line's report instead"),
    }
}

/// A fault that the model can act on. Hosts show it the text alone.
pub fn fault_result(app: &App, message: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(message_text(app, message))])
}

/// The text of a fault, made harmless.
pub fn message_text(app: &App, message: &str) -> String {
    // An error may quote a whole document or page of the target.
    let cut: String = message.chars().take(MAX_ERROR_CHARS).collect();
    app.tripwire(Syntax::Text, &clean_lines(&cut)).0
}
