//! What objects say of their own removal: many applications keep a row, and mark or hide it.

use serde_json::{Map, Value};

/// Flags that say it, and moments of it, without `_` and `-`.
const FLAGS: &str = "deleted isdeleted removed isremoved archived isarchived trashed istrashed tombstone voided";
const MOMENTS: &str = "deletedat removedat archivedat deletedon trashedat";
/// What a status says of what was removed.
const STATES: &str = "deleted removed archived trashed inactive cancelled canceled void voided withdrawn revoked";

/// Returns true for an object that says of itself that it was removed.
pub fn is_tombstone(fields: &Map<String, Value>) -> bool {
    removal_sign(fields).is_some()
}

/// Returns the field by which an object says that it was removed.
pub(super) fn removal_sign(fields: &Map<String, Value>) -> Option<&str> {
    let says = |name: &str, value: &Value| {
        let name = plain_name(name);
        match value {
            Value::Bool(flag) => *flag && has_word(FLAGS, &name),
            Value::String(text) => {
                let is_state = matches!(name.as_str(), "status" | "state" | "lifecycle");
                is_state && has_word(STATES, &text.to_ascii_lowercase()) || has_word(MOMENTS, &name) && !text.is_empty()
            }

            Value::Number(_) => matches!(name.as_str(), "deletedat" | "removedat"),
            _ => false,
        }
    };

    fields.iter().find(|(name, value)| says(name, value)).map(|(name, _)| name.as_str())
}

/// Returns true for the name of a field in which an object would say that it was removed.
pub(super) fn may_say_removed(name: &str) -> bool {
    let name = plain_name(name);
    has_word(FLAGS, &name) || has_word(MOMENTS, &name)
}

fn plain_name(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '-'], "")
}

fn has_word(words: &str, word: &str) -> bool {
    words.split(' ').any(|it| it == word)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{may_say_removed, removal_sign};

    fn sign(object: &Value) -> Option<&str> {
        object.as_object().and_then(removal_sign)
    }

    #[test]
    fn objects_say_that_they_were_removed() {
        for (object, field) in [
            (json!({"id": 1, "archived": true}), Some("archived")),
            (json!({"id": 1, "is_deleted": true}), Some("is_deleted")),
            (json!({"id": 1, "deletedAt": "2026-11-30T07:44:49Z"}), Some("deletedAt")),
            (json!({"id": 1, "deleted_at": 1_796_024_689}), Some("deleted_at")),
            (json!({"id": 1, "status": "void"}), Some("status")),
            (json!({"id": 1, "archived": false, "deleted_at": null, "status": "open"}), None),
            (json!({"id": 1, "deleted_at": "", "status_text": "deleted"}), None),
        ] {
            assert_eq!(sign(&object), field, "{object}");
        }
    }

    #[test]
    fn fields_are_known_by_name_before_they_say_it() {
        for (name, may) in
            [("archived", true), ("deleted_at", true), ("isDeleted", true), ("status", false), ("undeleted", false)]
        {
            assert_eq!(may_say_removed(name), may, "{name}");
        }
    }
}
