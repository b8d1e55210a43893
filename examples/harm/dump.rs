//! Holds the state of an API after a scan against the state before it, and both against what the report says of its writes.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::kit::{key_of, text};

pub type Tables = BTreeMap<&'static str, Vec<Value>>;

/// Shortest word that names a row by standing in one of its texts; a shorter one names it by its key alone.
const LEAST_NAME: usize = 8;

/// What the rows say of a scan.
#[derive(Default, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Rows that the scan did not make and that are not as they were, byte for byte.
    pub changed: Vec<String>,
    /// Rows that it made, that are still there, and that its report does not list with a reason.
    pub left: Vec<String>,
    /// Rows that it made and that are still there, as its report says.
    pub listed: usize,
    /// Writes that the report calls undone while their row is there.
    pub false_undone: Vec<String>,
}

/// One entry of the report's `writes`, as far as the bench reads it.
#[derive(Debug)]
pub struct Told {
    object: String,
    is_undone: bool,
    has_reason: bool,
}

/// The report's `writes`, read from its JSON, so that the bench outlives changes of its types.
pub fn told(report: &Value) -> Vec<Told> {
    let writes = report["writes"].as_array().into_iter().flatten();
    let read = |write: &Value| Told {
        object: text(&write["object"]),
        is_undone: write["undone"] == Value::Bool(true) || write["outcome"] == "undone",
        has_reason: write["because"].as_str().is_some_and(|because| !because.is_empty()),
    };
    writes.map(read).collect()
}

/// Compares; `server_written` names tables and columns that the server writes by itself.
pub fn compare(before: &Tables, after: &Tables, server_written: &[&str], told: &[Told]) -> Rows {
    let mut found = Rows::default();
    let tables: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    for table in tables.into_iter().filter(|table| !server_written.contains(table)) {
        let rows = |all: &Tables| -> Vec<Value> {
            all.get(table).into_iter().flatten().map(|row| masked(table, row, server_written)).collect()
        };
        let (seeds, left) = (rows(before), rows(after));
        for seed in &seeds {
            found.changed.extend(difference(table, seed, left.iter().find(|row| key_of(row) == key_of(seed))));
        }
        let keys: BTreeSet<String> = seeds.iter().map(key_of).collect();
        for row in left.iter().filter(|row| !keys.contains(&key_of(row)) && row["deleted"] != Value::Bool(true)) {
            found.judge(table, row, told);
        }
    }
    found
}

impl Rows {
    fn judge(&mut self, table: &str, row: &Value, told: &[Told]) {
        let naming: Vec<&Told> = told.iter().filter(|write| names(row, &write.object)).collect();
        let shown = format!("{table} {}", key_of(row));
        if naming.iter().any(|write| !write.is_undone && write.has_reason) {
            self.listed += 1;
        } else if naming.iter().any(|write| write.is_undone) {
            self.false_undone.push(shown);
        } else {
            self.left.push(shown);
        }
    }
}

fn masked(table: &str, row: &Value, server_written: &[&str]) -> Value {
    let columns: Vec<&str> = server_written
        .iter()
        .filter_map(|name| name.split_once('.').filter(|(of, _)| *of == table))
        .map(|it| it.1)
        .collect();
    crate::kit::without(row, &columns)
}

/// What became of a row, if it is not as it was.
fn difference(table: &str, seed: &Value, now: Option<&Value>) -> Option<String> {
    let key = key_of(seed);
    let Some(now) = now else { return Some(format!("{table} {key} is gone")) };
    // As text: the order of fields is a change too.
    let text_of = |row: &Value| row.to_string();
    if text_of(now) == text_of(seed) {
        return None;
    }
    let names: BTreeSet<&String> =
        [seed, now].into_iter().filter_map(Value::as_object).flat_map(|row| row.keys()).collect();
    let differing: Vec<&str> =
        names.into_iter().filter(|name| seed[name.as_str()] != now[name.as_str()]).map(String::as_str).collect();
    Some(format!("{table} {key}: {}", differing.join(", ")))
}

/// Whether a word of the report names a row: its key, its key unwrapped, or a longer word in one of its texts.
fn names(row: &Value, word: &str) -> bool {
    let key = key_of(row);
    let unwrapped = STANDARD.decode(&key).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let values = || row.as_object().into_iter().flat_map(|row| row.values()).filter_map(Value::as_str);
    let in_text = word.len() >= LEAST_NAME && values().any(|value| value.contains(word));
    !word.is_empty() && (key == word || unwrapped.is_some_and(|key| key == word) || in_text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tables(rows: &[Value]) -> Tables {
        Tables::from([("notes", rows.to_vec())])
    }

    #[test]
    fn a_changed_seed_is_told_with_its_field() {
        let before =
            tables(&[json!({"id": 1, "text": "a"}), json!({"id": 2, "text": "b"}), json!({"id": 3, "views": 1})]);
        let after = tables(&[json!({"id": 1, "text": "x"}), json!({"id": 3, "views": 2})]);
        let found = compare(&before, &after, &["notes.views"], &[]);
        assert_eq!(found.changed, ["notes 1: text", "notes 2 is gone"]);
    }

    #[test]
    fn rows_left_are_listed_untold_or_falsely_undone() {
        let report = json!({"writes": [
            {"object": "5", "undone": false, "because": "nothing removes it"},
            {"object": "6", "undone": true},
            {"object": "7", "undone": false},
            {"object": "rwabcdefghij", "undone": false, "because": "its id is not known"},
        ]});
        let rows = [5, 6, 7, 8].map(|id| json!({"id": id, "text": ""}));
        let mut after = tables(&rows);
        let more = [json!({"id": 9, "text": "rwabcdefghij"}), json!({"id": 10, "deleted": true})];
        after.entry("notes").or_default().extend(more);
        let found = compare(&Tables::new(), &after, &[], &told(&report));
        assert_eq!(found.left, ["notes 7", "notes 8"]);
        assert_eq!(found.false_undone, ["notes 6"]);
        assert_eq!(found.listed, 2);
    }

    #[test]
    fn tables_of_the_server_are_its_own() {
        let after = Tables::from([("audit", vec![json!({"id": 0})])]);
        assert_eq!(compare(&Tables::new(), &after, &["audit"], &[]), Rows::default());
    }
}
