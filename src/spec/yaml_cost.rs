//! Counts what a YAML text would cost before it is read: its reader keeps every event of a document, whatever they mean,
//! at two hundred bytes and more each.

use saphyr_parser::Parser;

use super::error::SpecError;

/// The most events of a document in YAML: as many values as a document of 20 MB has.
const MAX_EVENTS: usize = 1_000_000;
/// What the reader takes for one event, in bytes.
const EVENT_BYTES: usize = 256;

/// Refuses a text that would take too much memory.
///
/// # Errors
/// [`SpecError::TooCostly`].
pub(super) fn refuse_costly(name: &str, text: &str) -> Result<(), SpecError> {
    if !has_more_events(text, MAX_EVENTS) {
        return Ok(());
    }
    let limit = MAX_EVENTS * EVENT_BYTES / (1024 * 1024);
    Err(SpecError::TooCostly { name: name.to_owned(), limit, help: "give it as JSON, which takes a part of that" })
}

/// Whether a text has more events than this. Builds nothing; an error in the text ends the count.
pub(super) fn has_more_events(text: &str, most: usize) -> bool {
    // The bound comes first, since it settles most texts without a parser.
    most_events(text) > most && Parser::new_from_str(text).take_while(Result::is_ok).nth(most).is_some()
}

/// An upper bound of the events, from the marks that part them: each begins one, ends one, or leaves an empty one out.
fn most_events(text: &str) -> usize {
    let marks =
        text.bytes().filter(|byte| matches!(byte, b',' | b':' | b'[' | b']' | b'{' | b'}' | b'-' | b'?' | b'\n'));
    marks.count().saturating_mul(3).saturating_add(8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_and_words_with_marks_are_not() {
        let list = format!("a: [{}]", vec!["0"; 1000].join(","));
        assert!(has_more_events(&list, 1000));
        assert!(!has_more_events(&list, 1100));
        let prose = format!("a: \"{}\"", "one, two - three: [four] ".repeat(1000));
        assert!(!has_more_events(&prose, 100));
        let lines = "- {}\n".repeat(500);

        assert!(has_more_events(&lines, 1000) && !has_more_events(&lines, 1010));
    }

    #[test]
    fn the_bound_is_never_below_the_count() {
        for text in [
            "",
            "a",
            "a:",
            "- - - a",
            "? a\n: b",
            "[,]",
            "{a, b, c}",
            "&x a: *x",
            "a: [b: c, d: e]",
            "--- a\n...\n--- b",
            "'a': \"b\"",
            "- [[[]]]",
        ] {
            let count = Parser::new_from_str(text).take_while(Result::is_ok).count();
            assert!(most_events(text) >= count, "{text}: {} < {count}", most_events(text));
        }
    }

    #[test]
    fn a_text_of_too_many_events_is_refused() {
        let text = format!("a: [{}]", vec!["0"; MAX_EVENTS + 1].join(","));
        let error = refuse_costly("big.yaml", &text).map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err("big.yaml would take more than 244 MiB of memory; it is not read: give it as JSON, which takes a part of that"
                .to_owned())
        );
    }
}
