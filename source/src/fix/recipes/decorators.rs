//! Decorators that a change puts on a handler.

use crate::fix::draft::{Case, FixDraft};
use crate::fix::style::{indent_at, line_start};

/// Puts a line directly above the function: what runs last before it.
pub(super) fn put_decorator(case: &Case<'_>, draft: &mut FixDraft, text: &str) {
    let start = case.function().span.start;
    let indent = indent_at(&case.module.text, start).to_owned();
    draft.insert(
        &case.module.path,
        line_start(&case.module.text, start),
        // Annotations of Java are read with their sign, decorators of other languages without it.
        format!("{indent}@{}{}", text.trim_start_matches('@'), case.style.newline),
    );
}
