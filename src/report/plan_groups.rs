//! The reasons of a dry run, each with the operations that share it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::operation_ref::OperationRef;
use super::wire::PlanRow;
use super::words::reason_alone;

/// One reason and the operations that it holds for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanGroup<'a> {
    /// Why they are asked, or are not.
    pub because: &'a str,
    /// The operations, in document order.
    pub operations: Vec<&'a OperationRef>,
}

/// Returns why operations will be asked, the commonest reason first.
pub fn asked_groups(plan: &[PlanRow]) -> Vec<PlanGroup<'_>> {
    let asked = plan.iter().filter(|row| row.skipped_because.is_none());
    group_by_reason(asked.filter_map(|row| Some((row.asked_because.as_deref()?, &row.operation))))
}

/// Returns why operations will not be asked, the commonest reason first.
pub fn skipped_groups(plan: &[PlanRow]) -> Vec<PlanGroup<'_>> {
    group_by_reason(plan.iter().filter_map(|row| Some((reason_alone(row.skipped_because.as_deref()?), &row.operation))))
}

fn group_by_reason<'a>(rows: impl Iterator<Item = (&'a str, &'a OperationRef)>) -> Vec<PlanGroup<'a>> {
    let mut groups: BTreeMap<&str, Vec<&OperationRef>> = BTreeMap::new();
    for (because, operation) in rows {
        groups.entry(because).or_default().push(operation);
    }
    let mut groups: Vec<PlanGroup<'_>> =
        groups.into_iter().map(|(because, operations)| PlanGroup { because, operations }).collect();
    groups.sort_by_key(|group| (Reverse(group.operations.len()), group.because));
    groups
}
