//! Which write most likely did a harm: the one that carried what stands there now, or named what it happened to; else the
//! nearest.

use std::cmp::Reverse;

use url::Url;

use crate::model::OperationId;
use crate::probe::{Carried, JournalEntry, WriteKind};
use crate::survey::resource_of_path;

/// Shorter values stand in many bodies by chance.
const TELLING: usize = 4;
/// Points for a telling value in the field of the same name; in whatever place; for a name or value that many writes have;
/// for the row itself.
const SAME_FIELD: u8 = 6;
const SAME_VALUE: u8 = 5;
const SAME_ROW: u8 = 3;
const USUAL: u8 = 1;

/// What is not as it was, as far as a write may name it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changed {
    /// Ids of the rows.
    pub(super) rows: Vec<String>,
    /// The field.
    pub(super) field: Option<String>,
    /// What stands in it now.
    pub(super) value: Option<String>,
}

/// What was fine, and is not any more.
pub(super) struct Harmed<'a> {
    /// The read that shows it.
    pub(super) operation: &'a OperationId,
    /// Its address.
    pub(super) address: &'a Url,
    /// What of its answer.
    pub(super) about: &'a Changed,
}

/// Returns the write that most likely did it, of those from a number on.
pub(super) fn most_likely_write<'e>(
    entries: &'e [JournalEntry],
    harmed: &Harmed<'_>,
    from: usize,
) -> Option<&'e JournalEntry> {
    let since = entries.iter().filter(|entry| entry.n >= from);
    since.min_by_key(|entry| {
        let carried = entry.carried.as_ref().map_or(0, |carried| harmed.points(carried));
        let changes = entry.note.kind == WriteKind::Touches;
        let is_near = harmed.is_near(&entry.note.operation);
        // What a write carried is evidence; that it is near, changes something or came late only makes it likely.
        (Reverse(carried), Reverse(is_near && changes), Reverse(is_near), Reverse(changes), Reverse(entry.n))
    })
}

impl Harmed<'_> {
    /// Returns how much of the harm stands in what a write carried.
    fn points(&self, carried: &Carried) -> u8 {
        let Changed { rows, field, value } = self.about;
        let own_row = self.address.path_segments().into_iter().flatten().filter(|part| is_id(part));
        let is_row = rows.iter().any(|row| carried.names(row)) || own_row.into_iter().any(|part| carried.names(part));
        let field = field.as_deref().unwrap_or_default();
        let of_value = |value: &String| match (is_telling(value), carried.sets(field, value)) {
            (true, true) => SAME_FIELD,
            (true, false) if carried.names(value) => SAME_VALUE,
            (false, true) => USUAL + 1,
            _ if carried.sets_field(field) => USUAL,
            _ => 0,
        };

        let points = value.as_ref().map_or(0, of_value);
        points + if is_row { SAME_ROW } else { 0 }
    }

    fn is_near(&self, operation: &str) -> bool {
        let path = |operation: &str| operation.split_once(' ').map_or(String::new(), |(_, path)| path.to_owned());
        let first_part = |path: &str| path.split('/').find(|part| !part.is_empty()).map(str::to_owned);
        let (own, other) = (path(self.operation.as_str()), path(operation));
        resource_of_path(&other) == resource_of_path(&own) || first_part(&other) == first_part(&own)
    }
}

/// Returns true for values that hardly stand in a body by chance.
fn is_telling(value: &str) -> bool {
    value.len() >= TELLING && !matches!(value, "true" | "false" | "null" | "none")
}

/// Returns true for parts of an address that are an id, not a word of its path.
fn is_id(part: &str) -> bool {
    part.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::{Changed, Harmed, most_likely_write};
    use crate::model::OperationId;
    use crate::probe::{Carried, JournalEntry, WriteKind, WriteNote};

    type Found<T> = Result<T, url::ParseError>;

    fn write(n: usize, operation: &str, (path, body): (&str, &Value), kind: WriteKind) -> Found<JournalEntry> {
        let url = url::Url::parse(&format!("http://127.0.0.1{path}"))?;
        let body = ("application/json".to_owned(), body.to_string().into_bytes());
        let mut entry = JournalEntry::new(n, WriteNote::bare(operation, "alice", kind));
        entry.carried = Some(Arc::new(Carried::of(&url, Some(&body))));

        Ok(entry)
    }

    fn blamed(
        entries: &[JournalEntry],
        operation: &str,
        (rows, field, value): (&[&str], &str, &str),
    ) -> Found<Option<usize>> {
        let about = Changed {
            rows: rows.iter().map(|row| (*row).to_owned()).collect(),
            field: Some(field.to_owned()).filter(|field| !field.is_empty()),
            value: Some(value.to_owned()).filter(|value| !value.is_empty()),
        };
        let (operation, address) = (OperationId::from(operation), url::Url::parse("http://127.0.0.1/x")?);
        Ok(most_likely_write(entries, &Harmed { operation: &operation, address: &address, about: &about }, 0)
            .map(|entry| entry.n))
    }

    #[test]
    fn the_write_that_carried_the_new_value_did_it() -> Found<()> {
        use WriteKind::{Creates, Touches};
        let entries = [
            write(0, "POST /people/{id}/visits", ("/people/p1/visits", &json!({"date": "2026-12-31"})), Creates)?,
            write(1, "POST /visits", ("/visits", &json!({"date": "2026-12-31"})), Creates)?,
            write(2, "PUT /tasks/{id}", ("/tasks/t9", &json!({"title": "rw1", "open": true})), Touches)?,
            write(3, "POST /tasks", ("/tasks", &json!({"title": "rw2", "open": true})), Creates)?,
        ];
        let read = "GET /tasks/{id}/full";
        assert_eq!(blamed(&entries, read, (&["p1"], "last_presence", "2026-12-31"))?, Some(0));
        assert_eq!(blamed(&entries, read, (&[], "last_presence", "2026-12-31"))?, Some(1));

        // Field and value beside the value alone; a flag says little, and the row it stands in more.
        assert_eq!(blamed(&entries, read, (&[], "title", "rw1"))?, Some(2));
        assert_eq!(blamed(&entries, read, (&["t9"], "open", "true"))?, Some(2));
        assert_eq!(blamed(&entries, read, (&["t9"], "", ""))?, Some(2));
        assert_eq!(blamed(&entries, "GET /people", (&["p1"], "open", "false"))?, Some(0));

        Ok(())
    }

    #[test]
    fn without_such_a_write_the_nearest_did_it() -> Found<()> {
        use WriteKind::{Creates, Touches};
        let none = json!({});
        let entries = [
            write(0, "PUT /notes/{id}", ("/notes/n1", &none), Touches)?,
            write(1, "POST /notes", ("/notes", &none), Creates)?,
            write(2, "PUT /people/{id}", ("/people/p7", &none), Touches)?,
        ];
        assert_eq!(blamed(&entries, "GET /notes", (&["n5"], "", ""))?, Some(0));
        assert_eq!(blamed(&entries[1..], "GET /notes", (&["n5"], "", ""))?, Some(1));
        assert_eq!(blamed(&entries, "GET /rooms", (&[], "", ""))?, Some(2));
        assert_eq!(blamed(&[], "GET /rooms", (&[], "", ""))?, None);

        Ok(())
    }
}
