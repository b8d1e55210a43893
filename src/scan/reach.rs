//! How far the scan came with each operation, read off what was seen and what the checks came to.

use std::collections::BTreeMap;

use super::operation_ref;
use crate::access::{AccessOutcome, Fact, Relation};
use crate::model::{Api, Operation, OperationId, Step};
use crate::report::{CoverageOutcome, CoverageRow, Reach, ReachRow, Reached, reason_alone};
use crate::survey::Survey;
use crate::trial::ObservedAccess;

const NOTHING_TO_JUDGE: &str = "nothing in it is known to belong to one caller or role";

/// What the scan saw of its callers.
pub(super) struct SeenAccess<'a> {
    /// What was learnt before the checks.
    pub(super) survey: &'a Survey,
    /// Who got which object.
    pub(super) facts: &'a [Fact],
    /// Who wrote to what.
    pub(super) accesses: &'a [ObservedAccess],
    /// The chosen operations.
    pub(super) selected: &'a (dyn Fn(&Operation) -> bool + Sync),
}

/// Returns how far the scan came.
pub(super) fn measure_reach(api: &Api, seen: &SeenAccess<'_>, coverage: &[CoverageRow]) -> Reach {
    let furthest = furthest_reached(seen);
    let mut judged: BTreeMap<OperationId, Vec<&CoverageRow>> = BTreeMap::new();

    for row in coverage.iter().filter(|row| check_family(row) != Family::Other) {
        judged.entry(row.operation.id()).or_default().push(row);
    }
    let selected = api.operations.iter().filter(|operation| (seen.selected)(operation));
    let rows = selected.map(|operation| {
        let rows = judged.get(&operation.id).map(Vec::as_slice).unwrap_or_default();
        let reached = furthest.get(&operation.id).copied().unwrap_or(Reached::Declared).max(by_verdicts(rows));
        let (because, step) = match reached {
            Reached::Decided => (None, None),
            _ => held_back(rows),
        };
        ReachRow { operation: operation_ref(&operation.id), reached, because, step }
    });

    Reach::of(rows.collect())
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Whose object, function or property.
    Access,
    /// Whether anybody has to sign in.
    SignIn,
    Other,
}

fn check_family(row: &CoverageRow) -> Family {
    match row.check.split_once('/') {
        Some(("authz", _) | ("graphql", "field-authorization")) => Family::Access,
        Some(("authn", _)) => Family::SignIn,
        _ => Family::Other,
    }
}

/// The furthest that each operation came by what was asked and answered.
fn furthest_reached(seen: &SeenAccess<'_>) -> BTreeMap<OperationId, Reached> {
    let mut furthest: BTreeMap<OperationId, Reached> = BTreeMap::new();
    let mut keep = |operation: &OperationId, reached: Reached| {
        let known = furthest.entry(operation.clone()).or_insert(reached);
        *known = reached.max(*known);
    };
    for surveyed in &seen.survey.operations {
        if surveyed.valid().next().is_some() {
            keep(&surveyed.operation.id, Reached::Answered);
        } else if !surveyed.by.is_empty() || surveyed.anonymous.is_some() {
            keep(&surveyed.operation.id, Reached::Asked);
        }
    }

    for fact in seen.facts {
        keep(&fact.operation, by_fact(fact));
    }
    for access in seen.accesses {
        keep(&access.operation, by_write(access));
    }
    furthest
}

fn by_fact(fact: &Fact) -> Reached {
    match (fact.relation, &fact.outcome) {
        (Relation::Owner, AccessOutcome::Served) => Reached::Owned,
        (Relation::Owner, _) | (_, AccessOutcome::Unclear(_)) => Reached::Asked,
        // A request of another caller is an attack that was carried out, whatever came of it.
        _ => Reached::Attacked,
    }
}

fn by_write(access: &ObservedAccess) -> Reached {
    match (access.effect, access.owner.is_empty()) {
        (_, false) if access.caller != access.owner => Reached::Attacked,
        (true, false) => Reached::Owned,
        (true, true) => Reached::Answered,
        (false, _) => Reached::Asked,
    }
}

/// How far an operation came by what the checks say of it. That strangers are refused decides it where no question of whose
/// object, function or property is open.
fn by_verdicts(rows: &[&CoverageRow]) -> Reached {
    let is_tested = |row: &&&CoverageRow| matches!(row.outcome, CoverageOutcome::Broken | CoverageOutcome::Held);
    let of_access = |row: &&&CoverageRow| check_family(row) == Family::Access;
    let is_decided = rows.iter().filter(is_tested).any(|row| of_access(&row));

    match rows.iter().any(|row| is_tested(&row)) {
        _ if is_decided => Reached::Decided,
        true if !rows.iter().filter(of_access).any(|row| is_open(row)) => Reached::Decided,
        true => Reached::Answered,
        false => Reached::Declared,
    }
}

fn is_open(row: &CoverageRow) -> bool {
    matches!(row.outcome, CoverageOutcome::Undecided | CoverageOutcome::NotTried)
}

/// Returns why an operation came no further, and what would take it further: by the first question of access that is open,
/// or by another where that has no remedy.
fn held_back(rows: &[&CoverageRow]) -> (Option<String>, Option<Step>) {
    let mut open: Vec<&&CoverageRow> = rows.iter().filter(|row| is_open(row)).collect();
    open.sort_by_key(|row| check_family(row) != Family::Access);
    let Some(first) = open.first() else { return (Some(NOTHING_TO_JUDGE.to_owned()), None) };
    let is_of_use = |row: &&&&CoverageRow| {
        row.step.as_ref().is_some_and(|step| !matches!(step, Step::Scan(_)) && step.may_be_recommended())
    };
    let chosen = if first.step.is_some() { first } else { open.iter().find(is_of_use).unwrap_or(first) };

    // The stage that it came to says so already.
    (Some(reason_alone(&chosen.because).to_owned()), chosen.step.clone())
}
