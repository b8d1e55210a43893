//! Fits an answer into its bytes: built with less and less room until it does.

use serde::Serialize;
use serde_json::Value;

use crate::mcp::exit::BUILD_BYTES;
use crate::model::clean_lines;
use crate::model::clean_text;
use crate::report::{CodeRef, OperationRef, SpecRef};

/// The first answer that fits, going through the rooms in order; the last one when none does, so the last room must be
/// small enough whatever the input.
pub(super) fn fit_answer<R, T: Serialize>(rooms: &[R], build: impl Fn(&R) -> T) -> Value {
    let mut value = Value::Null;
    for room in rooms {
        value = serde_json::to_value(build(room)).unwrap_or_default();
        // Measured as JSON: quotes and escapes cost a model's context as much as words do.
        if value.to_string().len() <= BUILD_BYTES {
            break;
        }
    }

    value
}

/// One line of at most `max` characters.
pub(super) fn cut_line(text: &str, max: usize) -> String {
    clean_text(text, max)
}

/// Up to `max` characters with their line breaks; the second value says whether something was cut.
pub(super) fn cut_block(text: &str, max: usize) -> (String, bool) {
    let harmless = clean_lines(text);
    match harmless.char_indices().nth(max) {
        Some((at, _)) => (format!("{}…", harmless.get(..at).unwrap_or_default()), true),
        None => (harmless, false),
    }
}

/// `GET /invoices/{invoice_id}`
pub(super) fn operation_line(operation: &OperationRef, max: usize) -> String {
    cut_line(&format!("{} {}", operation.method, operation.path), max)
}

/// `app.py:88 get_invoice`
pub(super) fn code_line(code: &CodeRef, max: usize) -> String {
    cut_line(&format!("{}:{} {}", path_tail(&code.file, max), code.line, cut_line(&code.function, 80)), max + 100)
}

/// `openapi.yaml:41`
pub(super) fn spec_line(spec: &SpecRef, max: usize) -> String {
    let file = path_tail(&spec.file, max);
    spec.line.map_or_else(|| file.clone(), |number| format!("{file}:{number}"))
}

/// The end of a path tells more than its beginning.
fn path_tail(path: &str, max: usize) -> String {
    let path = clean_text(path, path.len());
    let count = path.chars().count();
    if count <= max { path } else { format!("…{}", path.chars().skip(count - max).collect::<String>()) }
}

/// A length as the answers count.
pub(super) fn length_as_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
