//! From text to one JSON value: size, encoding, JSON or YAML. Knows nothing of what the value means.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::de::DeserializeSeed;
use serde_json::Value;

use super::error::SpecError;
use super::yaml_cost;
use crate::model::{Budget, Tree};

/// The most bytes one document may have.
pub(super) const MAX_BYTES: u64 = 128 * 1024 * 1024;

/// The most values one document may hold: more than twice what the largest known document (47 MB) has.
pub(super) const MAX_VALUES: usize = 4_000_000;
/// The most bytes of memory that the values of one document may take.
const MAX_TREE_BYTES: usize = 320 * 1024 * 1024;

/// The most brackets that may be open at once in YAML; text in a document may hold some that are no structure.
const MAX_BRACKETS: usize = 1000;

/// Which of the two notations a text turned out to be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Whether a text has `openapi` or `swagger` as a key of its outermost mapping. Looks, does not parse: a text that
/// says yes may still fail to load.
pub fn looks_like_document(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') && top_level_keys_of_json(text) {
        return true;
    }
    text.lines().any(|line| {
        // Without a colon there is no key: the dash is nothing that may follow one.
        let (key, rest) = line.split_once(':').unwrap_or((line, "-"));
        let key = key.trim_end();
        let key = key.strip_prefix(['"', '\'']).and_then(|key| key.strip_suffix(['"', '\''])).unwrap_or(key);
        matches!(key, "openapi" | "swagger") && (rest.is_empty() || rest.starts_with([' ', '\t', '"', '\'']))
    })
}

/// Looks for the key at depth one, skipping texts.
fn top_level_keys_of_json(text: &str) -> bool {
    let (mut depth, mut start, mut escaped) = (0_u32, None::<usize>, false);
    for (at, byte) in text.bytes().enumerate() {
        match (start, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(from), b'"') => {
                start = None;
                let word = text.get(from..at).unwrap_or_default();
                let is_key = text.get(at + 1..).is_some_and(|rest| rest.trim_start().starts_with(':'));

                if depth == 1 && matches!(word, "openapi" | "swagger") && is_key {
                    return true;
                }
            }
            (Some(_), _) => {}
            (None, b'"') => start = Some(at + 1),
            (None, b'{' | b'[') => depth = depth.saturating_add(1),
            (None, b'}' | b']') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
    }

    false
}

/// Reads a file of at most `limit` bytes as text.
pub(super) fn read_text(path: &Path, limit: u64) -> Result<String, SpecError> {
    let name = path.display().to_string();
    let unreadable = |reason: String| SpecError::Unreadable { name: name.clone(), reason };

    // Looked at before it is opened: opening a pipe that has no writer waits without end.
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;

    if !metadata.is_file() {
        return Err(unreadable("not a file".to_owned()));
    }
    let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let mut bytes = Vec::new();
    // One byte beyond the limit shows that there is more: the file may have grown since its size was looked at.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;

    if bytes.len() as u64 > limit {
        return Err(SpecError::TooLarge { name, bytes: metadata.len(), limit });
    }
    String::from_utf8(bytes).map_err(|_| unreadable("not UTF-8 text".to_owned()))
}

/// Reads JSON or YAML. A text that starts like JSON and is neither is reported as JSON.
pub(super) fn parse_document(name: &str, text: &str) -> Result<(Value, Notation), SpecError> {
    if text.len() as u64 > MAX_BYTES {
        return Err(SpecError::TooLarge { name: name.to_owned(), bytes: text.len() as u64, limit: MAX_BYTES });
    }
    let text = text.trim_start_matches('\u{feff}');
    let like_json = text.trim_start().starts_with(['{', '[']);

    if !like_json {
        return Ok((parse_yaml(name, text)?, Notation::Yaml));
    }
    match parse_json(name, text) {
        Ok(value) => Ok((value, Notation::Json)),
        Err(error @ (SpecError::TooManyValues { .. } | SpecError::TooCostly { .. })) => Err(error),
        Err(error @ SpecError::Syntax { .. }) if is_too_deep(text) => Err(error),
        // YAML in flow style starts like JSON, and so does JSON with comments.
        Err(error) => parse_yaml(name, text).map(|value| (value, Notation::Yaml)).map_err(|_| error),
    }
}

fn parse_json(name: &str, text: &str) -> Result<Value, SpecError> {
    let mut budget = Budget::new(MAX_VALUES, MAX_TREE_BYTES);
    let mut reader = serde_json::Deserializer::from_str(text);
    let outcome = Tree(&mut budget).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    outcome.map_err(|error| match budget.is_spent() {
        true => too_much(name, &budget),
        false => syntax_error(name, "JSON", error.line(), error.to_string()),
    })
}

fn parse_yaml(name: &str, text: &str) -> Result<Value, SpecError> {
    // Many addresses answer with a page in the place of the document.
    if text.trim_start().starts_with('<') {
        let reason = "it is an HTML or XML page".to_owned();
        return Err(SpecError::NotADocument { name: name.to_owned(), reason });
    }
    if is_too_deep(text) {
        return Err(syntax_error(name, "YAML", 0, format!("more than {MAX_BRACKETS} brackets are open at once")));
    }
    yaml_cost::refuse_costly(name, text)?;
    let mut budget = Budget::new(MAX_VALUES, MAX_TREE_BYTES);
    let Some(document) = yaml_serde::Deserializer::from_str(text).next() else {
        return Err(SpecError::NotADocument { name: name.to_owned(), reason: "it is empty".to_owned() });
    };
    Tree(&mut budget).deserialize(document).map_err(|error| match budget.is_spent() {
        true => too_much(name, &budget),
        false => syntax_error(name, "YAML", error.location().map_or(0, |at| at.line()), error.to_string()),
    })
}

/// Whether so many brackets are open at once that YAML is not tried: its reader takes time by the square of that.
fn is_too_deep(text: &str) -> bool {
    let mut open = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open > MAX_BRACKETS
    })
}

/// Why the values of a document were too much.
fn too_much(name: &str, budget: &Budget) -> SpecError {
    if budget.used() < MAX_TREE_BYTES {
        return SpecError::TooManyValues { name: name.to_owned(), limit: MAX_VALUES };
    }
    let limit = MAX_TREE_BYTES / (1024 * 1024);
    SpecError::TooCostly { name: name.to_owned(), limit, help: "leave out what is not scanned" }
}

fn syntax_error(name: &str, format: &'static str, line: usize, reason: String) -> SpecError {
    // Both parsers repeat the position in their words.
    let reason = reason.split(" at line ").next().unwrap_or_default().chars().take(300).collect();
    SpecError::Syntax { name: name.to_owned(), format, line, reason }
}
