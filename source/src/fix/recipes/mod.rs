//! One file a remedy: how it is brought into a handler.

mod list;
mod objects;
mod ownership;

use super::draft::{Case, Draft};
use super::proposal::{Refusal, RefusalReason};
use super::request::Remedy;

/// Makes the change of a remedy.
pub(super) fn draft(case: &Case<'_>) -> Result<Draft, Refusal> {
    match case.remedy {
        Remedy::ObjectOwnership => ownership::draft(case),
        Remedy::ScopedList => list::draft(case),
        _ => Err(Refusal::new(RefusalReason::NotSupported, "there is no recipe yet", "change it by hand")),
    }
}
