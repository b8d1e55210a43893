//! Rows of the matrix for operations that change state: from what the checks saw callers do.

use super::matrix::{broken_or_suspected, row_without_policy};
use super::prepare::Prepared;
use crate::model::{Confidence, Mode, Operation, Silence, Verdict};
use crate::report::{Access, Cell, MatrixRow, RouteVerdict};
use crate::scan::ScanOutcome;

/// The checks that speak of who may change what.
const CHECKS: [&str; 2] = ["authz/bola-write", "authz/bola-delete"];

/// One row. `columns` are the letters with the callers that they stand for.
pub(super) fn build_row(
    prepared: &Prepared,
    outcome: &ScanOutcome,
    operation: &Operation,
    columns: &[(&'static str, &str)],
) -> MatrixRow {
    let cells = columns.iter().map(|(letter, name)| build_cell(outcome, operation, letter, name)).collect();
    row_without_policy(operation, judge_operation(prepared, outcome, operation), cells)
}

fn build_cell(outcome: &ScanOutcome, operation: &Operation, letter: &str, name: &str) -> Cell {
    let tried: Vec<_> =
        outcome.accesses.iter().filter(|access| access.operation == operation.id && access.caller == name).collect();
    // What somebody could do to another's object says more than what it could do to its own.
    let other = tried.iter().find(|access| access.effect && access.owner != name);
    let own = tried.iter().find(|access| access.effect && access.owner == name);

    // That one may not set a field of one's own is no refusal of the whole.
    let refused = tried.iter().find(|access| !access.effect && access.owner != name);
    let (access, because) = match (other, own, refused) {
        // What had no owner is no other caller's object, whatever was done to it.
        (Some(other), ..) if other.owner.is_empty() => (Access::Served, other.because.clone()),
        (Some(other), ..) => (Access::Others, other.because.clone()),
        (None, Some(own), Some(refused)) => (Access::Own, format!("{}; another's: {}", own.because, refused.because)),
        (None, Some(own), _) => (Access::Own, own.because.clone()),
        (None, None, Some(refused)) => (Access::Refused, refused.because.clone()),
        (None, None, None) => (Access::Unknown, "not tried".to_owned()),
    };

    Cell { column: letter.to_owned(), access, because }
}

fn judge_operation(prepared: &Prepared, outcome: &ScanOutcome, operation: &Operation) -> (RouteVerdict, String) {
    if prepared.is_excluded(operation) {
        return (RouteVerdict::Unknown, "excluded by the configuration".to_owned());
    }
    if prepared.mode < Mode::Active {
        return (
            RouteVerdict::Unknown,
            "changes state, and is not asked in passive mode (active mode asks it)".to_owned(),
        );
    }

    let of = |check: &str| outcome.verdicts.get(&(operation.id.clone(), check.into()));
    let known: Vec<&Verdict> = CHECKS.iter().filter_map(|check| of(check)).collect();
    let drafts = known.iter().flat_map(|verdict| verdict.drafts());
    let claims = drafts.filter(|draft| draft.confidence() > Confidence::Observation);

    if let Some(draft) = claims.max_by_key(|draft| draft.confidence()) {
        return (broken_or_suspected(draft), draft.claim.clone());
    }
    let held = known.iter().find_map(|verdict| match verdict.silence() {
        Some(Silence::Held(proof)) => Some(proof.because().to_owned()),
        _ => None,
    });
    let open = known.iter().find_map(|verdict| match verdict.silence() {
        Some(Silence::NotTried(obstacle) | Silence::Undecided(obstacle)) => Some(obstacle.because.clone()),
        _ => None,
    });
    match (held, open) {
        (Some(because), _) => (RouteVerdict::Enforced, because),
        (None, Some(because)) => (RouteVerdict::Unknown, because),
        (None, None) => {
            (RouteVerdict::NotOwned, "its address names no object, and no other check of it applies".to_owned())
        }
    }
}
