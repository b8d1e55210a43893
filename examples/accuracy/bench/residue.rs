//! What a scan did to the data of an API: seed rows that differ, and rows that nobody told of.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use routewarden::report::Report;
use serde_json::Value;

use crate::kit::{key_of, text};

type Tables = BTreeMap<&'static str, Vec<Value>>;

/// What is left after a scan.
#[derive(Default, Debug, PartialEq, Eq)]
pub struct Residue {
    /// Seed rows that are not as they were, byte for byte.
    pub changed: Vec<String>,
    /// Rows of the scan that are still there and that its report does not list as such.
    pub unlisted: Vec<String>,
    /// Rows of the scan that are still there, as its report says.
    pub listed: usize,
}

pub fn residue(before: &Tables, after: &Tables, report: &Report) -> Residue {
    let told: BTreeSet<&str> =
        report.writes.iter().filter(|write| !write.is_undone()).map(|write| write.object.as_str()).collect();
    compare(before, after, &told)
}

fn compare(before: &Tables, after: &Tables, told: &BTreeSet<&str>) -> Residue {
    let mut found = Residue::default();
    let rows = |tables: &Tables, table: &str| tables.get(table).cloned().unwrap_or_default();
    for (table, seeds) in before {
        let left: BTreeSet<String> = rows(after, table).iter().map(Value::to_string).collect();
        let changed = seeds.iter().filter(|seed| !left.contains(&seed.to_string()));
        found.changed.extend(changed.map(|seed| format!("{table} {}", key_of(seed))));
    }
    for (table, left) in after {
        let seeds: BTreeSet<String> = rows(before, table).iter().map(key_of).collect();
        // A tombstone is what a soft delete leaves, and counts as gone.
        let new = left.iter().filter(|row| !seeds.contains(&key_of(row)) && row["deleted"] != Value::Bool(true));
        for row in new {
            if is_told(row, told) {
                found.listed += 1;
            } else {
                found.unlisted.push(format!("{table} {}", key_of(row)));
            }
        }
    }
    found
}

/// Whether the report names a row: by its key, by another value of it, or by its key unwrapped.
fn is_told(row: &Value, told: &BTreeSet<&str>) -> bool {
    let values = row.as_object().into_iter().flat_map(|row| row.values());
    let unwrapped = STANDARD.decode(key_of(row)).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    values.map(text).chain(unwrapped).any(|value| told.contains(value.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_changed_seed_and_an_untold_row_are_seen() {
        let before = Tables::from([("notes", vec![json!({"id": 1, "text": "a"}), json!({"id": 2, "text": "b"})])]);
        let after = Tables::from([(
            "notes",
            vec![
                json!({"id": 1, "text": "x"}),
                json!({"id": 2, "text": "b"}),
                json!({"id": 3}),
                json!({"id": 4}),
                json!({"id": 5, "deleted": true}),
            ],
        )]);
        let found = compare(&before, &after, &BTreeSet::from(["3"]));
        let expected = Residue { changed: vec!["notes 1".to_owned()], unlisted: vec!["notes 4".to_owned()], listed: 1 };
        assert_eq!(found, expected);
    }
}
