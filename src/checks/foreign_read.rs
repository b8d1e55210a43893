//! Reads of others' objects by a route that takes an id: what the checks of such routes share.

mod attempt;

use attempt::try_foreign_read;

use super::context::{CheckCx, PlanCx, pairs_of};
use super::meta::Need;
use super::rule::{CheckResult, ensure};
use crate::model::{Draft, Operation, Silence};
use crate::survey::Surveyed;

/// Plans the reads of others' objects by one operation.
pub(super) fn plan_foreign_read(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if !PlanCx::is_read(operation) || !PlanCx::names_objects(cx.api, operation) {
        return Need::NotApplicable;
    }
    // The attack twice, a missing object and an anonymous caller; two siblings, a bystander and two parents as two
    // callers for what is meant.
    Need::Requests(11 * pairs_of(cx.identities.len()))
}

/// Reads the objects of each peer as another one.
pub(super) async fn check_foreign_read(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let pairs = cx.pairs(surveyed);
    ensure(!pairs.is_empty(), || cx.no_pair(surveyed))?;
    let mut drafts: Vec<Draft> = Vec::new();
    let mut last = None;
    for pair in pairs {
        match try_foreign_read(cx, surveyed, &pair).await {
            Ok(draft) if cx.is_settled(&draft) => return Ok(vec![draft]),
            // Another pair may show what is missing here.
            Ok(draft) => drafts.push(draft),
            Err(silence @ Silence::Held(_)) if drafts.is_empty() => return Err(silence),
            Err(silence) => last = Some(silence),
        }
    }
    match last {
        Some(silence) if drafts.is_empty() => Err(silence),
        _ => Ok(drafts),
    }
}
