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
        format!("{indent}@{text}{}", case.style.newline),
    );
}
