//! Bodies that go through a schema of the project, in this file or another: which fields it has, and how a handler takes
//! those alone that callers may set. One part a library: pydantic, marshmallow, zod.

mod marshmallow;
mod pydantic;
mod zod;

use crate::fix::draft::{Case, Draft};
use crate::ir::{Argument, Span};

/// More names are not written out one by one.
const MOST_NAMES: usize = 12;

/// Takes the fields that are not the caller's to set from what a schema lets through. `Err` where the schemas of the handler
/// let none of them through, `None` where it has no schema.
pub(super) fn of_schema(case: &Case<'_>) -> Option<Result<Draft, ()>> {
    if case.style_is_python() {
        return first_of(pydantic::of_dump(case), || marshmallow::of_load(case));
    }
    zod::of_parse(case)
}

pub(super) use pydantic::{is_shared, models};

fn first_of(
    one: Option<Result<Draft, ()>>,
    other: impl FnOnce() -> Option<Result<Draft, ()>>,
) -> Option<Result<Draft, ()>> {
    match one {
        Some(Ok(draft)) => Some(Ok(draft)),
        one => other().or(one),
    }
}

/// A field of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SchemaField {
    /// Its name in the code.
    name: String,
    /// Its name in the body.
    wire: String,
}

impl SchemaField {
    fn plain(name: &str) -> SchemaField {
        SchemaField { name: name.to_owned(), wire: name.to_owned() }
    }

    /// Returns whether the scan showed that callers must not set it.
    fn is_refused(&self, case: &Case<'_>) -> bool {
        case.facts.not_settable.iter().any(|field| *field == self.name || *field == self.wire)
    }
}

/// Returns the names of the fields that callers may set: those that the document names, where it names some. `None` where
/// none is left, or too many to write out.
fn settable<'f>(case: &Case<'_>, fields: &'f [SchemaField]) -> Option<Vec<&'f str>> {
    let own: Vec<&SchemaField> = fields.iter().filter(|field| !field.is_refused(case)).collect();
    let documented: Vec<&SchemaField> =
        own.iter().copied().filter(|field| case.facts.documented.contains(&field.wire)).collect();
    let kept = if documented.is_empty() { own } else { documented };
    let names: Vec<&str> = kept.into_iter().map(|field| field.name.as_str()).collect();
    (!names.is_empty() && names.len() <= MOST_NAMES).then_some(names)
}

/// Adds an argument to a call, behind those that it has.
fn add_argument(case: &Case<'_>, draft: &mut Draft, (call, arguments): (Span, &[Argument]), argument: &str) {
    let (at, text) = match arguments.last() {
        Some(last) => (last.span.end, format!(", {argument}")),
        None => (call.end.saturating_sub(1), argument.to_owned()),
    };
    draft.insert(&case.module.path, at, text);
}
