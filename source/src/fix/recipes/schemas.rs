//! Bodies that go through a schema of the project, in this file or another: which fields it has, and how a handler takes
//! those alone that callers may set. One part a library: pydantic, marshmallow, zod.

mod field;
mod marshmallow;
mod pydantic;
mod zod;

use crate::fix::draft::{Case, FixDraft};
use crate::project::ClassRef;

/// Takes the fields that are not the caller's to set from what a schema lets through. `Err` where the schemas of the handler
/// let none of them through, `None` where it has no schema.
pub(super) fn of_schema(case: &Case<'_>) -> Option<Result<FixDraft, ()>> {
    if case.style_is_python() {
        return first_of(pydantic::of_dump(case), || marshmallow::of_load(case));
    }
    zod::of_parse(case)
}

/// Returns the classes that a body is read into, as the parameters of the handler declare them.
pub(super) fn body_models(case: &Case<'_>) -> Vec<ClassRef> {
    pydantic::body_models(case)
}

/// Returns whether another route reads its body into the same class.
pub(super) fn is_shared(case: &Case<'_>, class: &ClassRef) -> bool {
    pydantic::is_shared(case, class)
}

fn first_of(
    one: Option<Result<FixDraft, ()>>,
    other: impl FnOnce() -> Option<Result<FixDraft, ()>>,
) -> Option<Result<FixDraft, ()>> {
    match one {
        Some(Ok(draft)) => Some(Ok(draft)),
        // A library whose schemas are sound does not end the search: the handler may use the other one too.
        one => other().or(one),
    }
}
