//! The answer of `scan_api`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

use super::fit::{code_line, cut_line, fit_answer, length_as_u64, operation_line, spec_line};
use super::policy::{policy_lines, question_lines};
use super::rows::{RowFindings, count_findings, list_open, merge_rows};
use crate::app::{Finished, KeptSoFar, Progress};
use crate::mcp::wire::{
    Counts, CoverageSummary, FindingRow, Issues, PlanSummary, PlannedReason, PlannedRow, Reason, RecheckAnswer,
    ScanAnswer, ScoreRow, Writes,
};
use crate::model::{Face, ScanId};
use crate::report::{
    CoverageOutcome, Finding, FindingStatus, PlanGroup, PolicyRow, Report, Status, Withheld, asked_groups,
    find_shortfall, next_step, skipped_groups, untrusted_reason,
};

/// The most findings of one page.
pub const PAGE: usize = 15;
/// The longest sentence on how far a scan came, in characters.
const MAX_FUNNEL: usize = 240;
/// Most reasons of one outcome.
const MOST_REASONS: usize = 3;
/// Most reasons why operations were held back.
const MOST_HELD_BACK: usize = 3;

/// Which part of the findings is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The first page, with the summary of everything else.
    First,
    /// The findings from this one on, and nothing else.
    From(usize),
}

/// A cursor that is not one of this server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "the argument `cursor` is not one that scan_api gave; pass next_cursor as it is, or leave it out for the first page."
)]
pub struct CursorRefused;

impl Page {
    /// Reads a cursor.
    ///
    /// # Errors
    /// When the cursor is not one of this server's.
    pub fn read(cursor: Option<&str>) -> Result<Self, CursorRefused> {
        let Some(cursor) = cursor else { return Ok(Self::First) };
        let at = cursor.strip_prefix('f').and_then(|digits| digits.parse().ok());
        at.map(Self::From).ok_or(CursorRefused)
    }

    fn start(self) -> usize {
        match self {
            Self::First => 0,
            Self::From(at) => at,
        }
    }
}

/// How much may be said.
struct ScanRoom {
    findings: usize,
    claim: usize,
    name: usize,
    reasons: usize,
    rows: usize,
    lines: usize,
}

const ROOMS: [ScanRoom; 7] = [
    ScanRoom { findings: PAGE, claim: 200, name: 160, reasons: 5, rows: 40, lines: 5 },
    ScanRoom { findings: PAGE, claim: 140, name: 120, reasons: 5, rows: 20, lines: 5 },
    ScanRoom { findings: PAGE, claim: 100, name: 90, reasons: 3, rows: 12, lines: 4 },
    ScanRoom { findings: 10, claim: 100, name: 80, reasons: 2, rows: 10, lines: 3 },
    ScanRoom { findings: 6, claim: 80, name: 70, reasons: 2, rows: 6, lines: 3 },
    ScanRoom { findings: 3, claim: 60, name: 60, reasons: 1, rows: 3, lines: 2 },
    ScanRoom { findings: 1, claim: 40, name: 40, reasons: 1, rows: 1, lines: 1 },
];

/// While the scan runs.
const ROOMS_SO_FAR: [ScanRoom; 2] = [
    ScanRoom { findings: 5, claim: 120, name: 120, reasons: 0, rows: 0, lines: 0 },
    ScanRoom { findings: 1, claim: 40, name: 40, reasons: 0, rows: 0, lines: 0 },
];

/// What a finished scan is told as, within the cap.
pub fn scan_answer(finished: &Finished, page: Page) -> Value {
    fit_answer(&ROOMS, |room| build_answer(finished, page, room))
}

/// What a scan is told as while it runs.
pub fn running_answer(id: &ScanId, progress: &Progress) -> Value {
    let mut answer = blank_answer(id.as_str(), Status::Running);
    answer.phase = Some(progress.phase.to_owned());
    answer.requests = progress.requests;
    answer.findings_total = progress.findings;
    answer.next_steps =
        vec![format!("call scan_api with scan_id {id}: it waits for the end and answers with the findings")];
    serde_json::to_value(answer).unwrap_or_default()
}

/// What a scan that still runs is told as by what it found so far: shorter than at its end, since it is asked for again and
/// again.
pub fn so_far_answer(kept: KeptSoFar, page: Page) -> Value {
    let finished = Finished { report: kept.report, recheck: Vec::new() };
    let rooms: &[ScanRoom] = if page == Page::First { &ROOMS_SO_FAR } else { &ROOMS };

    fit_answer(rooms, |room| {
        let mut answer = build_answer(&finished, page, room);
        if page == Page::First {
            answer.phase = kept.phase.as_ref().map(|phase| cut_line(phase, room.name));
            shorten_so_far(&mut answer);
        }
        answer
    })
}

/// Leaves out what is settled at the end alone.
fn shorten_so_far(answer: &mut ScanAnswer) {
    answer.score = None;
    answer.reach = None;
    answer.document_issues = None;
    answer.notes.clear();
    answer.next_steps = vec![format!(
        "call scan_api with scan_id {}: it waits for the end; with cursor it pages the findings so far",
        answer.scan_id
    )];
    answer.left_out.clear();
}

fn blank_answer(id: &str, status: Status) -> ScanAnswer {
    let id = cut_line(id, 64);
    ScanAnswer {
        report_uri: format!("routewarden://scans/{id}/report.md"),
        scan_id: id,
        status,
        untrusted_because: None,
        base_url: None,
        mode: None,
        phase: None,
        requests: 0,
        score: None,
        findings_total: 0,
        findings_new: None,
        counts: Counts::new(),
        findings: Vec::new(),
        next_cursor: None,
        recheck: Vec::new(),
        plan: None,
        reach: None,
        coverage: Vec::new(),
        document_issues: None,
        policy: Vec::new(),
        questions: Vec::new(),
        writes: None,
        notes: Vec::new(),
        next_steps: Vec::new(),
        left_out: Vec::new(),
    }
}

fn build_answer(finished: &Finished, page: Page, room: &ScanRoom) -> ScanAnswer {
    let report = &finished.report;
    let open = list_open(report);
    let rows = merge_rows(&open);
    // A model may page on behind the last page: that is an empty page, and no fault.
    let start = page.start().min(rows.len());
    let end = start.saturating_add(room.findings).min(rows.len());
    let shown = rows.get(start..end).unwrap_or_default();
    let mut answer = blank_answer(&report.scan.id, report.scan.status);
    answer.requests = report.scan.requests;
    answer.findings_total = length_as_u64(open.len());
    let new = open.iter().filter(|finding| finding.status == FindingStatus::New).count();
    answer.findings_new = Some(length_as_u64(new));
    let differ = new > 0 && new < open.len();
    answer.findings = shown.iter().map(|row| build_finding_row(row, room, differ)).collect();
    // Counted from what is shown: a page that was cut to fit must not skip the findings after the cut.
    answer.next_cursor = (end < rows.len()).then(|| format!("f{end}"));
    answer.untrusted_because = untrusted_reason(&report.scan, Face::Tools).map(|why| cut_line(&why, room.claim * 3));

    // Later pages repeat no summary: every byte of an answer stays in the model's context.
    if page == Page::First {
        add_summary(&mut answer, finished, room, &open);
    }
    let rest = rows.get(end..).unwrap_or_default();
    answer.left_out = left_out(report, page, room, (shown, rest));
    answer
}

fn build_finding_row(row: &RowFindings<'_>, room: &ScanRoom, statuses_differ: bool) -> FindingRow {
    let finding = row.first;
    FindingRow {
        id: cut_line(&finding.id, 40),
        check: cut_line(&finding.check, 60),
        severity: finding.severity,
        confidence: finding.confidence,
        operation: operation_line(&finding.operation, room.name),
        also: length_as_u64(finding.also.len()),
        merged: row.more,
        claim: cut_line(&finding.claim, room.claim),
        code: finding.code.as_ref().map(|at| code_line(at, room.name)),
        // A document without a line is the same for all, and tells nothing of this one.
        spec: finding.spec.as_ref().filter(|at| at.line.is_some()).map(|at| spec_line(at, room.name)),
        status: statuses_differ.then_some(finding.status),
    }
}

fn add_summary(answer: &mut ScanAnswer, finished: &Finished, room: &ScanRoom, open: &[&Finding]) {
    let report = &finished.report;
    answer.base_url = Some(cut_line(&report.scan.base_url, room.name));
    answer.mode = Some(report.scan.mode);
    answer.score = Some(ScoreRow {
        value: report.score.value,
        grade: report.score.grade.as_deref().map(|grade| cut_line(grade, 4)),
        coverage: (report.score.coverage * 1000.0).round() / 1000.0,
        withheld_because: withheld_reason(report).map(|why| cut_line(&why, room.claim * 3)),
    });

    for finding in open {
        *answer.counts.entry(finding.severity).or_default().entry(finding.confidence).or_default() += 1;
    }
    answer.recheck = finished
        .recheck
        .iter()
        .take(room.rows)
        .map(|row| RecheckAnswer {
            finding_id: cut_line(&row.finding_id, 40),
            outcome: row.outcome,
            because: cut_line(&row.because, room.claim),
        })
        .collect();
    answer.plan = (report.scan.status == Status::Planned).then(|| summarise_plan(report, room));
    answer.reach = summarise_reach(report, room);
    answer.coverage = summarise_coverage(report, room);
    answer.document_issues = (!report.document_issues.is_empty()).then(|| Issues {
        count: length_as_u64(report.document_issues.len()),
        first: report
            .document_issues
            .iter()
            .take(room.lines.min(3))
            .map(|issue| {
                let at = issue.line.map_or_else(|| issue.at.clone(), |number| format!("line {number}, {}", issue.at));
                format!("{}: {}", cut_line(&at, room.name), cut_line(&issue.message, room.claim))
            })
            .collect(),
    });

    // Those that a route breaks; check_route_ownership tells all of them.
    answer.policy = policy_lines(broken_policies(report), room.lines, room.claim.min(120));
    answer.questions = question_lines(&report.questions, room.lines, room.claim.min(120));
    // Writes that the scan kept from sending changed nothing at the target.
    let sent = || report.writes.iter().filter(|write| !write.is_kept());
    answer.writes = sent().next().is_some().then(|| Writes {
        count: length_as_u64(sent().count()),
        not_undone: length_as_u64(sent().filter(|write| write.is_left()).count()),
    });
    answer.notes = report.notes.iter().take(room.lines).map(|note| cut_line(note, room.claim)).collect();
    answer.next_steps = next_steps(report, room, open);
}

/// Why there is no grade, in the words of the tools.
fn withheld_reason(report: &Report) -> Option<String> {
    let because = report.score.withheld_because.clone()?;
    if report.scan.status.is_alarm() {
        return untrusted_reason(&report.scan, Face::Tools).or(Some(because));
    }
    let is_shortfall = report.score.withheld == Some(Withheld::Incomplete);
    let shortfall = is_shortfall.then(|| find_shortfall(&report.findings, &report.coverage)).flatten();
    Some(shortfall.map_or(because, |shortfall| shortfall.words(Face::Tools)))
}

fn summarise_plan(report: &Report, room: &ScanRoom) -> PlanSummary {
    let asked = |row: &&crate::report::PlanRow| row.skipped_because.is_none();
    let mut rows: Vec<_> = report.plan.iter().filter(asked).collect();
    let (why, why_not) = (asked_groups(&report.plan), skipped_groups(&report.plan));
    let (most, most_not) = (room.reasons, room.reasons * 2);
    // Only some rows fit: the costliest are those to weigh before a scan.
    rows.sort_by_key(|row| Reverse(row.max_requests));
    PlanSummary {
        operations: length_as_u64(report.plan.iter().filter(asked).count()),
        skipped: length_as_u64(report.plan.iter().filter(|row| !asked(row)).count()),
        max_requests: report.plan.iter().fold(0, |sum, row| sum.saturating_add(row.max_requests)),
        rows: rows
            .into_iter()
            .take(room.rows)
            .map(|row| PlannedRow {
                operation: operation_line(&row.operation, room.name),
                checks: length_as_u64(row.checks.len()),
                max_requests: row.max_requests,
            })
            .collect(),
        asked_because: why.iter().take(most).map(|group| plan_reason(group, room)).collect(),
        skipped_because: why_not.iter().take(most_not).map(|group| plan_reason(group, room)).collect(),
    }
}

fn plan_reason(group: &PlanGroup<'_>, room: &ScanRoom) -> PlannedReason {
    PlannedReason {
        because: cut_line(group.because, room.claim),
        count: length_as_u64(group.operations.len()),
        operations: group.operations.iter().take(2).map(|each| operation_line(each, room.name)).collect(),
    }
}

/// The funnel, and what holds most operations back. What is to be done about it is among the next steps.
fn summarise_reach(report: &Report, room: &ScanRoom) -> Option<String> {
    let reach = report.reach.as_ref()?;
    let held_back = reach.held_back.iter().take(room.lines.min(MOST_HELD_BACK));
    let held_back = held_back.map(|group| cut_line(&group.sentence(), room.claim));
    let lines: Vec<String> = std::iter::once(cut_line(&reach.sentence(), MAX_FUNNEL)).chain(held_back).collect();

    Some(lines.join("; "))
}

fn summarise_coverage(report: &Report, room: &ScanRoom) -> Vec<CoverageSummary> {
    let mut outcomes: BTreeMap<CoverageOutcome, BTreeMap<&str, u64>> = BTreeMap::new();
    for row in &report.coverage {
        *outcomes.entry(row.outcome).or_default().entry(&row.because).or_default() += 1;
    }
    outcomes
        .into_iter()
        .map(|(outcome, reasons)| {
            let mut ordered: Vec<(&str, u64)> = reasons.into_iter().collect();
            // The reason itself breaks ties, so that the same report gives the same answer.
            ordered.sort_by_key(|(because, times)| (Reverse(*times), *because));
            CoverageSummary {
                outcome,
                count: ordered.iter().map(|(_, times)| times).sum(),
                reasons: ordered
                    .into_iter()
                    .take(if tells_why(outcome) { room.reasons.min(MOST_REASONS) } else { 0 })
                    .map(|(because, count)| Reason { because: cut_line(because, room.claim.min(120)), count })
                    .collect(),
            }
        })
        .collect()
}

/// The policies that some route breaks.
fn broken_policies(report: &Report) -> impl Iterator<Item = &PolicyRow> {
    report.policy.iter().filter(|row| !row.broken_by.is_empty())
}

/// Whether the reasons of an outcome are of use to a reader who looks for gaps: why something is broken its finding says, and
/// why something holds the report.
fn tells_why(outcome: CoverageOutcome) -> bool {
    !matches!(outcome, CoverageOutcome::Broken | CoverageOutcome::Held | CoverageOutcome::NotApplicable)
}

fn next_steps(report: &Report, room: &ScanRoom, open: &[&Finding]) -> Vec<String> {
    let worst = open.first().map(|finding| {
        let id = cut_line(&finding.id, 40);
        // One call for all of them: a patch for each alone would not fit the others.
        let ids = if open.len() > 1 { "finding_ids of all confirmed ones" } else { "its id" };
        format!("explain_finding with finding_id {id} for the proof; suggest_fix with {ids} for one diff")
    });

    let planned = (report.scan.status == Status::Planned)
        .then(|| "call scan_api with the same arguments without dry_run to carry the plan out".to_owned());
    let opening = report.next_steps.iter().map(|step| cut_line(&next_step(step, Face::Tools), room.claim * 3));
    worst.into_iter().chain(planned).chain(opening).take(room.lines).collect()
}

fn left_out(
    report: &Report,
    page: Page,
    room: &ScanRoom,
    (shown, rest): (&[RowFindings<'_>], &[RowFindings<'_>]),
) -> Vec<String> {
    let mut lines = Vec::new();
    let more = count_findings(rest);
    if more > 0 {
        lines.push(format!("{more} more findings: call scan_api with scan_id and cursor"));
    }
    if shown.iter().any(|row| row.more > 0) {
        lines.push("observations of one check are one row, `merged` counts the others: each in the report".to_owned());
    }

    if shown.iter().any(|row| row.first.claim.chars().count() > room.claim) {
        lines.push(format!("claims beyond {} characters: explain_finding has them whole", room.claim));
    }
    if page != Page::First {
        lines.push("summary, coverage and document issues: on the first page".to_owned());
        return lines;
    }
    // Suppressed findings are named by number alone: a model would set about repairing what was accepted.
    let uncounted = report.findings.len().saturating_sub(list_open(report).len());

    if uncounted > 0 {
        lines.push(format!("{uncounted} findings that are suppressed or gone: in the report"));
    }
    let issues = report.document_issues.len().saturating_sub(room.lines.min(3));

    if issues > 0 {
        lines.push(format!("{issues} more document issues: in the report"));
    }
    for (length, what, room) in [
        (report.plan.len(), "operations of the plan", room.rows),
        (report.notes.len(), "notes", room.lines),
        (report.policy.len(), "policies", broken_policies(report).take(room.lines).count()),
        (report.questions.len(), "questions", room.lines),
    ] {
        if length > room {
            lines.push(format!("{} more {what}: in the report", length - room));
        }
    }
    if !report.coverage.is_empty() {
        lines.push("coverage row by row: in the report (report_uri)".to_owned());
    }

    lines
}
