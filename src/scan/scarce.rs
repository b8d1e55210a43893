//! The order of checks on operations that may not be asked as often as one likes: one at a time, what would be worst
//! first, so that the requests that are left go where they matter most.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use futures_util::future::BoxFuture;

use super::run::CheckJob;
use crate::checks::Check;
use crate::model::{CheckId, OperationId, Verdict};
use crate::probe::Probe;
use crate::survey::Surveyed;

/// A check with the operation that it looks at.
type CheckedOperation<'s> = (&'static dyn Check, &'s Surveyed);

/// Parts the work into rows that may run side by side; within a row one follows the other.
pub(super) fn split_into_rows<'s>(work: Vec<CheckedOperation<'s>>, probe: &Probe) -> Vec<Vec<CheckedOperation<'s>>> {
    let mut rows: Vec<Vec<CheckedOperation<'s>>> = Vec::new();
    let mut scarce: BTreeMap<&OperationId, Vec<CheckedOperation<'s>>> = BTreeMap::new();

    for (check, surveyed) in work {
        let id = &surveyed.operation.id;
        if probe.is_scarce(id) {
            scarce.entry(id).or_default().push((check, surveyed));
        } else {
            rows.push(vec![(check, surveyed)]);
        }
    }

    for mut row in scarce.into_values() {
        row.sort_by_key(|(check, _)| Reverse(check.meta().severity));
        rows.push(row);
    }
    rows
}

/// Carries the jobs of a row out, one after the other.
pub(super) fn one_by_one(row: Vec<CheckJob<'_>>) -> BoxFuture<'_, Vec<((OperationId, CheckId), Verdict)>> {
    Box::pin(async move {
        let mut done = Vec::with_capacity(row.len());
        for job in row {
            done.push(job.await);
        }
        done
    })
}
