//! Where the values of a template stand in it: `{name}` of Python, `${name}` of JavaScript.

use std::ops::Range;

use crate::ir::Span;

/// Returns where the placeholder of a part begins and ends in the file, with its brackets and its format.
pub(super) fn find_hole(text: &str, literal: Span, part: Span) -> Option<Range<usize>> {
    let before = text.get(literal.start..part.start)?;
    let open = literal.start + before.rfind('{')?;
    let start = if text.get(literal.start..open)?.ends_with('$') { open - 1 } else { open };
    let after = text.get(part.end..literal.end)?;
    let mut depth = 0usize;

    for (at, letter) in after.char_indices() {
        match letter {
            // A format may have placeholders of its own: `{name:>{width}}`.
            '{' => depth += 1,
            '}' if depth == 0 => return Some(start..part.end + at + 1),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}
