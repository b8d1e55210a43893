//! The answer of `check_route_ownership`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fit::{cut_line, fit_answer, operation_line};
use super::policy::policy_lines;
use crate::app::{Caller, Matrix, MatrixRow, RouteVerdict};
use crate::mcp::wire::{OwnershipAnswer, RouteRow};
use crate::model::Face;
use crate::report::{NextStep, PolicyRow, next_step};

/// How much may be said.
struct OwnershipRoom {
    routes: usize,
    reason: usize,
    name: usize,
    /// Whether each cell says how it is known.
    reasons_of_cells: bool,
    lines: usize,
}

const ROOMS: [OwnershipRoom; 9] = [
    OwnershipRoom { routes: 400, reason: 240, name: 160, reasons_of_cells: true, lines: 20 },
    OwnershipRoom { routes: 400, reason: 160, name: 120, reasons_of_cells: false, lines: 20 },
    OwnershipRoom { routes: 400, reason: 60, name: 90, reasons_of_cells: false, lines: 10 },
    OwnershipRoom { routes: 40, reason: 80, name: 80, reasons_of_cells: false, lines: 10 },
    OwnershipRoom { routes: 30, reason: 60, name: 80, reasons_of_cells: false, lines: 8 },
    OwnershipRoom { routes: 20, reason: 60, name: 70, reasons_of_cells: false, lines: 6 },
    OwnershipRoom { routes: 10, reason: 60, name: 60, reasons_of_cells: false, lines: 4 },
    OwnershipRoom { routes: 4, reason: 60, name: 60, reasons_of_cells: false, lines: 3 },
    OwnershipRoom { routes: 1, reason: 40, name: 40, reasons_of_cells: false, lines: 1 },
];

/// Columns of one route; the matrix has four, and a hostile report no more.
const MAX_CELLS: usize = 8;

/// Which part of the routes is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RoutePage {
    /// How many routes, the worst first, were on earlier pages.
    start: usize,
}

impl RoutePage {
    /// Reads a cursor; `None` when it is not one of this server's.
    pub fn read(cursor: Option<&str>) -> Option<Self> {
        let Some(cursor) = cursor else { return Some(Self::default()) };
        cursor.strip_prefix('r').and_then(|digits| digits.parse().ok()).map(|start| Self { start })
    }
}

/// What a matrix is told as, within the cap. When not all routes fit, those that matter most come first.
pub fn ownership_answer(matrix: &Matrix, page: RoutePage) -> Value {
    fit_answer(&ROOMS, |room| build_answer(matrix, page, room))
}

fn build_answer(matrix: &Matrix, page: RoutePage, room: &OwnershipRoom) -> OwnershipAnswer {
    let mut kept: Vec<usize> = (0..matrix.routes.len()).collect();
    // The worst verdicts get the room; what is shown then stands in the order of the document again.
    kept.sort_by_key(|at| matrix.routes.get(*at).map(|row| verdict_rank(row.verdict)));
    // A model may page on behind the last page: that is an empty page, and no fault.
    kept = kept.split_off(page.start.min(kept.len()));
    kept.truncate(room.routes);
    // Counted from what is shown: a page that was cut to fit must not skip the routes after the cut.
    let end = page.start.saturating_add(kept.len());
    kept.sort_unstable();
    let mut counts = BTreeMap::new();

    // All routes count, also those that find no room below.
    for row in &matrix.routes {
        *counts.entry(verdict_name(row.verdict).to_owned()).or_default() += 1;
    }
    // Who asks for one route wants to know of no other kind of object.
    let only = only_route(matrix);
    // Later pages repeat no summary: every byte of an answer stays in the model's context.
    let is_first = page.start == 0;
    let lines = if is_first { room.lines } else { 0 };
    OwnershipAnswer {
        scan_id: cut_line(&matrix.scan_id, 64),
        untrusted_because: matrix.untrusted_because(Face::Tools).map(|why| cut_line(&why, room.reason * 3)),
        policy: policy_lines(policies_of(matrix, only), lines, room.reason),
        callers: matrix.callers.iter().take(if is_first { MAX_CELLS } else { 0 }).map(shorten_caller).collect(),
        counts,
        routes: kept.iter().filter_map(|at| matrix.routes.get(*at)).map(|row| build_route_row(row, room)).collect(),
        next_cursor: (end < matrix.routes.len()).then(|| format!("r{end}")),
        findings: matrix.findings.iter().take(lines).map(|id| cut_line(id, 40)).collect(),
        next_steps: steps_for(matrix, only)
            .take(lines.min(5))
            .map(|step| cut_line(&next_step(step, Face::Tools), room.reason * 3))
            .collect(),
        left_out: left_out(matrix, is_first, room, end),
    }
}

fn only_route(matrix: &Matrix) -> Option<&MatrixRow> {
    if let [one] = matrix.routes.as_slice() { Some(one) } else { None }
}

/// The policies of the one route that was asked about, or all.
fn policies_of<'a>(matrix: &'a Matrix, only: Option<&'a MatrixRow>) -> impl Iterator<Item = &'a PolicyRow> {
    matrix.policy.iter().filter(move |row| only.is_none_or(|only| only.resource.as_ref() == Some(&row.resource)))
}

/// What would make more of the one route known that was asked about, or of all. Steps name the first of their operations alone.
fn steps_for<'a>(matrix: &'a Matrix, only: Option<&'a MatrixRow>) -> impl Iterator<Item = &'a NextStep> {
    let names_all = |step: &NextStep| u64::try_from(step.on.len()).is_ok_and(|named| named >= step.operations);
    let is_for = move |step: &&NextStep| only.is_none_or(|only| !names_all(step) || step.on.contains(&only.operation));
    matrix.next_steps.iter().filter(is_for)
}

fn shorten_caller(from: &Caller) -> Caller {
    Caller {
        column: cut_line(&from.column, 16),
        identity: cut_line(&from.identity, 40),
        role: cut_line(&from.role, 40),
    }
}

fn build_route_row(row: &MatrixRow, room: &OwnershipRoom) -> RouteRow {
    // Where room is short, what the running API showed goes before what the source says.
    let source = row.source.as_ref().filter(|_| room.reason >= 80);
    let cells = || row.cells.iter().take(MAX_CELLS);
    RouteRow {
        source: source.map(|source| cut_line(&source.in_words(), room.reason + 80)),
        route: operation_line(&row.operation, room.name),
        resource: row.resource.as_ref().map(|resource| cut_line(resource, 60)),
        verdict: row.verdict,
        reason: cut_line(&row.reason, room.reason),
        cells: cells().map(|cell| (cut_line(&cell.column, 16), cell.access)).collect(),
        because: cells()
            .filter(|cell| room.reasons_of_cells && !cell.because.is_empty())
            .map(|cell| (cut_line(&cell.column, 16), cut_line(&cell.because, room.reason)))
            .collect(),
    }
}

fn left_out(matrix: &Matrix, is_first: bool, room: &OwnershipRoom, end: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let more = matrix.routes.len().saturating_sub(end);
    if more > 0 {
        lines
            .push(format!("{more} more routes, the harmless ones last: call with scan_id and cursor, or with `route`"));
    }

    if !room.reasons_of_cells && matrix.routes.iter().any(|row| !row.cells.is_empty()) {
        lines.push("how each cell is known: ask with `route`".to_owned());
    }
    if !is_first {
        lines.push("callers, policies, findings: on the first page".to_owned());
        return lines;
    }
    if !matrix.questions.is_empty() {
        lines.push(format!("{} questions for the user: scan_api with scan_id", matrix.questions.len()));
    }
    let policies = policies_of(matrix, only_route(matrix)).count();
    if policies > room.lines {
        lines.push(format!("{} more policies: scan_api with scan_id", policies - room.lines));
    }
    if matrix.findings.len() > room.lines {
        lines.push(format!("{} more findings: scan_api with scan_id", matrix.findings.len() - room.lines));
    }
    lines
}

/// What a reader must see first.
fn verdict_rank(verdict: RouteVerdict) -> u8 {
    match verdict {
        RouteVerdict::Broken => 0,
        RouteVerdict::Suspected => 1,
        RouteVerdict::Unknown => 2,
        RouteVerdict::Public => 3,
        RouteVerdict::NotOwned => 4,
        RouteVerdict::Enforced => 5,
    }
}

fn verdict_name(verdict: RouteVerdict) -> &'static str {
    match verdict {
        RouteVerdict::Broken => "broken",
        RouteVerdict::Suspected => "suspected",
        RouteVerdict::Unknown => "unknown",
        RouteVerdict::Public => "public",
        RouteVerdict::NotOwned => "not_owned",
        RouteVerdict::Enforced => "enforced",
    }
}
