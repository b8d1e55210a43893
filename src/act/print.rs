//! Knows what the scan made: by the marks that it wrote, or by digests of what the object was seen to be.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::kinds::is_password;
use super::tombstones::may_say_removed;
use crate::probe::{Journal, JournalEntry};
use crate::survey::{BARE_IDS, ends_in_id, resource_of_name, scalar_text, split_words};

/// Most fields of one object that are kept.
const MAX_FIELDS: usize = 40;
/// Points from which equal fields show that it is the same object: a text, a moment, or several small values.
const ENOUGH: u32 = 4;

/// Returns digests of the fields that an object keeps as they are, and of the moments of its last change.
pub(super) fn print_of(fields: &Map<String, Value>) -> BTreeMap<String, String> {
    let is_kept = |name: &str, value: &Value| {
        // What would say that it was removed is kept while it says nothing: its name shows that rows are hidden.
        may_say_removed(name) && !value.is_object() && !value.is_array()
            || is_scalar(value) && (is_lasting(name) || is_moment(name, value))
    };
    let lasting = fields.iter().filter(|(name, value)| is_kept(name, value));
    lasting.take(MAX_FIELDS).map(|(name, value)| (name.clone(), value_digest(value))).collect()
}

/// Returns a digest of a value; equal numbers and texts have one.
fn value_digest(value: &Value) -> String {
    let text = scalar_text(value).unwrap_or_else(|| value.to_string());
    // A short digest is enough to compare, and keeps the values themselves out of the journal.
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array() && !value.is_null()
}

/// Leaves out secrets, and what servers change by themselves.
fn is_lasting(name: &str) -> bool {
    let changes = |word: &String| {
        matches!(
            word.as_str(),
            "updated"
                | "modified"
                | "changed"
                | "accessed"
                | "seen"
                | "last"
                | "views"
                | "count"
                | "version"
                | "revision"
                | "etag"
                | "status"
                | "state"
                | "token"
                | "secret"
                | "key"
                | "signature"
                | "expires"
                | "expiry"
        )
    };

    !is_password(name) && !may_say_removed(name) && !split_words(name).iter().any(changes)
}

/// Returns true for the moment of the last change, where it is finer than a second: no other row has the same one.
fn is_moment(name: &str, value: &Value) -> bool {
    let changed = split_words(name).iter().any(|word| matches!(word.as_str(), "updated" | "modified" | "changed"));
    changed
        && match value {
            // Milliseconds since 1970 have thirteen digits; seconds have ten, and many rows share one.
            Value::Number(number) => number.as_f64().is_some_and(|number| number >= 1e11),
            Value::String(text) => {
                text.len() >= 20 && text.contains('.') && text.starts_with(|c: char| c.is_ascii_digit())
            }
            _ => false,
        }
}

/// Returns true for an object in a text of which one of the scan's marks stands, whichever write put it there.
pub fn is_marked(fields: &Map<String, Value>, journal: &Journal) -> bool {
    fields.values().filter_map(Value::as_str).any(|text| journal.is_marked(text))
}

/// Returns true for an object that is, field by field, what was made, or what the scan has changed it into. Small values
/// alone show nothing: another row may have them too.
pub(super) fn shows_print(fields: &Map<String, Value>, entry: &JournalEntry, journal: &Journal) -> bool {
    score_likeness(fields, entry, journal).is_some_and(|points| points >= ENOUGH)
}

/// Returns how much an object is like what was made; `None` where a field contradicts that.
fn score_likeness(fields: &Map<String, Value>, entry: &JournalEntry, journal: &Journal) -> Option<u32> {
    let mut points = 0;
    for (name, known) in &entry.print {
        let Some(value) = fields.get(name).filter(|value| is_scalar(value)) else { continue };
        let now = value_digest(value);

        // What the scan itself has written since then is no contradiction.
        if !known.contains(&now) && !journal.has_written(name, &now) {
            // Another moment only says that it was changed since.
            if !is_lasting(name) {
                continue;
            }
            return None;
        }

        points += match_weight(name, value);
    }

    Some(points)
}

/// How much an equal value says; an id in itself is what another row could have after a reset, unless it is random.
fn match_weight(name: &str, value: &Value) -> u32 {
    let is_id = BARE_IDS.iter().take(6).any(|id| *id == name);
    match value {
        Value::String(text) if is_random(text) => ENOUGH,
        _ if is_id => 0,
        Value::String(text) if text.len() >= 6 => ENOUGH,
        Value::String(_) => 2,
        // Small numbers repeat from row to row.
        Value::Number(number) if number.as_f64().is_some_and(|number| number.abs() >= 100_000.0) => ENOUGH,
        _ => 1,
    }
}

/// Returns true for texts that no counter gives and no person writes: long, of letters and digits, or of letters whose
/// case keeps changing.
pub(super) fn is_random(text: &str) -> bool {
    let has = |test: fn(&u8) -> bool| text.bytes().any(|byte| test(&byte));
    let has_both = has(u8::is_ascii_alphabetic) && has(u8::is_ascii_digit);
    text.len() >= 8 && (has_both || changes_case(text))
}

/// Returns true for letters whose case changes oftener than in words that are written together: `PzLZjHFq`, not `firstOrder`.
fn changes_case(text: &str) -> bool {
    let letters: Vec<bool> =
        text.bytes().filter(u8::is_ascii_alphabetic).map(|letter| letter.is_ascii_uppercase()).collect();
    let changes = letters.windows(2).filter(|pair| pair.first() != pair.last()).count();
    letters.len() >= 6 && changes * 3 >= letters.len()
}

/// Returns true for an object that has one of these ids under a name that says so.
pub(super) fn has_id(fields: &Map<String, Value>, ids: &[String], resource: &str) -> bool {
    fields.iter().any(|(name, value)| {
        let Some(text) = scalar_text(value).filter(|text| ids.contains(text)) else { return false };
        // An id of letters and digits is nobody else's under any name; the `userId` 5 of an address says nothing of the
        // address 5.
        is_random(&text)
            || BARE_IDS.contains(&name.as_str())
            || ends_in_id(name) && resource_of_name(name).is_none_or(|named| named == resource)
    })
}

/// Returns true for an object that has an id of its own.
pub(super) fn has_own_id(fields: &Map<String, Value>) -> bool {
    BARE_IDS.iter().take(6).any(|name| fields.get(*name).and_then(scalar_text).is_some())
}

/// Returns true for an object that is what a write of the journal made: it has one of its ids, or none at all, and shows
/// a mark of the scan or what was made.
pub fn is_made_by(fields: &Map<String, Value>, entry: &JournalEntry, journal: &Journal, resource: &str) -> bool {
    let named = has_id(fields, &entry.ids, resource);
    let known = is_marked(fields, journal) || named && shows_print(fields, entry, journal);
    // The marker of this very entry is proof also under another id, which an update may have given.
    known && (named || !has_own_id(fields)) || super::identify::contains_marker(fields, &entry.note.marker)
}

/// Returns true for an object that is what a write made, or at least has its id, contradicts nothing that is known of it
/// and agrees in more than the id: enough to look at it as its owner, and not to remove it.
pub fn is_like_made_by(fields: &Map<String, Value>, entry: &JournalEntry, journal: &Journal, resource: &str) -> bool {
    is_made_by(fields, entry, journal, resource) || is_like(fields, entry, journal, resource)
}

/// Returns true for an object that has one of the thing's ids, contradicts nothing that is known of it, and agrees in more
/// than the id.
pub(super) fn is_like(fields: &Map<String, Value>, entry: &JournalEntry, journal: &Journal, resource: &str) -> bool {
    has_id(fields, &entry.ids, resource) && score_likeness(fields, entry, journal).is_some_and(|points| points > 0)
}

/// Returns digests of what a body writes, by field, for what it changes.
pub fn digests_of(body: &Value) -> BTreeMap<String, String> {
    let mut body = body.clone();
    super::further::inner_object(&mut body).map(|members| print_of(members)).unwrap_or_default()
}

/// Returns the marks of the scan in a body: texts of the form that `marker` gives.
pub fn marks_in(body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![body];

    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => open.extend(fields.values()),
            Value::String(text) => found.extend(marks_in_text(text)),
            _ => {}
        }
    }

    found.sort();
    found.dedup();
    found.truncate(8);
    found
}

fn marks_in_text(text: &str) -> impl Iterator<Item = String> {
    let is_mark = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    // A marker may stand inside a longer text, such as an address or a title.
    let starts = text.match_indices("rw").map(|(at, _)| at);
    starts.filter_map(|at| text.get(at..at + super::bodies::MARKER_LENGTH)).filter(is_mark).map(str::to_owned)
}
