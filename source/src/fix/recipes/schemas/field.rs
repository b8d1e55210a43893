//! Fields of schemas, and which of them callers may set.

use crate::fix::draft::{Case, FixDraft};
use crate::ir::{Argument, Span};

/// More names are not written out one by one.
const MOST_NAMES: usize = 12;

/// A field of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SchemaField {
    /// Its name in the code.
    pub name: String,
    /// Its name in the body.
    pub wire: String,
}

impl SchemaField {
    /// Makes one that bodies call as the code does.
    pub(super) fn plain(name: &str) -> SchemaField {
        SchemaField { name: name.to_owned(), wire: name.to_owned() }
    }

    /// Returns whether the scan showed that callers must not set it.
    pub(super) fn is_refused(&self, case: &Case<'_>) -> bool {
        case.facts.not_settable.iter().any(|field| *field == self.name || *field == self.wire)
    }
}

/// Returns the names of the fields that callers may set: those that the document names, where it names some. `None` where
/// none is left, or too many to write out.
pub(super) fn settable_names<'f>(case: &Case<'_>, fields: &'f [SchemaField]) -> Option<Vec<&'f str>> {
    let own: Vec<&SchemaField> = fields.iter().filter(|field| !field.is_refused(case)).collect();
    let documented: Vec<&SchemaField> =
        own.iter().copied().filter(|field| case.facts.documented.contains(&field.wire)).collect();
    // The document is what clients rely on; without it, all fields of the schema but the refused ones.
    let kept = if documented.is_empty() { own } else { documented };
    let names: Vec<&str> = kept.into_iter().map(|field| field.name.as_str()).collect();

    (!names.is_empty() && names.len() <= MOST_NAMES).then_some(names)
}

/// Adds an argument to a call, behind those that it has.
pub(super) fn add_argument(
    case: &Case<'_>,
    draft: &mut FixDraft,
    (call, arguments): (Span, &[Argument]),
    argument: &str,
) {
    let (at, text) = match arguments.last() {
        Some(last) => (last.span.end, format!(", {argument}")),
        None => (call.end.saturating_sub(1), argument.to_owned()),
    };
    draft.insert(&case.module.path, at, text);
}
