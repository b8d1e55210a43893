//! What stands below the findings: what was not tested and why, what was written, notes, and what to do next.

use super::page::{TextPage, Tone};
use crate::model::Face;
use crate::report::summary::{Outcomes, by_check, count_reasons, tally_outcomes};
use crate::report::wire::{CoverageOutcome, Finding, Report};
use crate::report::words::{next_step, short_id};
use crate::report::written::Write;

const MAX_CHECKS: usize = 10;
const MAX_REASONS: usize = 4;
const MAX_ROWS: usize = 4;
const MAX_POLICIES: usize = 6;
const MAX_QUESTIONS: usize = 3;

/// Who may reach what, a line for each kind of object; those that a route breaks come first.
pub(super) fn render_policy(page: &mut TextPage, report: &Report) {
    if report.policy.is_empty() {
        return;
    }
    page.heading("Who may reach what, as the other routes show");
    let mut rows: Vec<_> = report.policy.iter().collect();
    rows.sort_by_key(|row| row.broken_by.is_empty());
    let most = page.cap(MAX_POLICIES);

    for row in rows.iter().take(most) {
        let grounds = row.rests_on.first().map(|ground| format!(", {ground}")).unwrap_or_default();
        let more = row.rests_on.len().saturating_sub(1);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let broken =
            if row.broken_by.is_empty() { String::new() } else { format!("; broken by {}", row.broken_by.join(", ")) };
        let lead = format!("{}: {}", row.about(), row.policy);
        page.wrapped(2, (Tone::Strong, ""), (Tone::Plain, &format!("{lead}{grounds}{more}{broken}")));
    }

    page.more(2, rows.len().saturating_sub(most), "kinds of objects");
}

/// What a person could answer, each with the lines that answer it.
pub(super) fn render_questions(page: &mut TextPage, report: &Report) {
    if report.questions.is_empty() {
        return;
    }
    page.heading("Questions that only you can answer (the lines go into routewarden.toml)");
    let most = page.cap(MAX_QUESTIONS);

    for question in report.questions.iter().take(most) {
        page.wrapped(2, (Tone::Doubt, "? "), (Tone::Plain, &question.question));
        for line in question.answer_with.lines() {
            // Whole, since it is copied into the configuration.
            page.whole_line(4, "", line);
        }
    }

    page.more(2, report.questions.len().saturating_sub(most), "questions");
}

/// How far the scan came, and what holds the rest back.
pub(super) fn render_reach(page: &mut TextPage, report: &Report) {
    let Some(reach) = &report.reach else { return };
    page.heading("How far the scan came");
    page.wrapped(2, (Tone::Plain, ""), (Tone::Strong, &reach.sentence()));

    for group in &reach.held_back {
        page.wrapped(2, (Tone::Doubt, "· "), (Tone::Plain, &group.sentence()));
    }
    let scan = short_id(&report.scan);
    page.line(2, &[(Tone::Dim, &format!("each operation: routewarden coverage {scan}"))]);
}

pub(super) fn render_coverage(page: &mut TextPage, report: &Report) {
    if report.coverage.is_empty() {
        return;
    }
    page.heading("What was tested");
    page.line(2, &[(Tone::Strong, &tally_outcomes(&report.coverage).sentence())]);
    let checks = by_check(&report.coverage);
    let verbose = page.options.verbose;
    // Checks that need no numbers share a line, so that those with open verdicts stand out.
    let (plain, rows): (Vec<_>, Vec<_>) = checks.into_iter().partition(|(_, outcomes)| !verbose && is_plain(outcomes));
    let most = page.cap(MAX_CHECKS);
    let width = rows.iter().take(most).map(|(check, _)| check.chars().count()).max().unwrap_or(0);

    for (check, outcomes) in rows.iter().take(most) {
        check_row(page, &format!("{check:<width$}  "), outcomes);
    }
    page.more(2, rows.len().saturating_sub(most), "checks");
    render_folded_checks(page, "held wherever tried", plain.iter().filter(|(_, outcomes)| outcomes.held > 0));
    render_folded_checks(page, "without a verdict", plain.iter().filter(|(_, outcomes)| outcomes.held == 0));
    render_reasons(page, report, CoverageOutcome::Undecided, "undecided");

    render_reasons(page, report, CoverageOutcome::NotTried, "not tried");
}

/// Nothing broken, and nothing that needs numbers to be told.
fn is_plain(outcomes: &Outcomes) -> bool {
    outcomes.broken == 0 && (outcomes.held == 0 || outcomes.open() == 0)
}

fn check_row(page: &mut TextPage, check: &str, outcomes: &Outcomes) {
    let piece = |n: usize, word: &str| if n == 0 { String::new() } else { format!("{n} {word}  ") };
    page.line(
        2,
        &[
            (Tone::Plain, check),
            (Tone::Bad, &piece(outcomes.broken, "broken")),
            (Tone::Good, &piece(outcomes.held, "held")),
            (Tone::Doubt, &piece(outcomes.undecided, "undecided")),
            (Tone::Dim, &piece(outcomes.not_tried, "not tried")),
        ],
    );
}

fn render_folded_checks<'a>(page: &mut TextPage, what: &str, checks: impl Iterator<Item = &'a (&'a str, Outcomes)>) {
    let names: Vec<&str> = checks.map(|(check, _)| *check).collect();
    if !names.is_empty() {
        let lead = format!(
            "{} {what}: ",
            if names.len() == 1 { "1 check".to_owned() } else { format!("{} checks", names.len()) }
        );
        page.line(2, &[(Tone::Plain, &lead), (Tone::Dim, &names.join(", "))]);
    }
}

fn render_reasons(page: &mut TextPage, report: &Report, outcome: CoverageOutcome, word: &str) {
    let reasons = count_reasons(&report.coverage, outcome);
    let most = page.cap(MAX_REASONS);

    for (reason, count) in reasons.iter().take(most) {
        page.wrapped(2, (Tone::Dim, &format!("{count:>4} {word}: ")), (Tone::Plain, reason));
    }
    page.more(7, reasons.len().saturating_sub(most), "reasons");
}

pub(super) fn render_writes(page: &mut TextPage, report: &Report) {
    let (kept, sent): (Vec<_>, Vec<_>) = report.writes.iter().partition(|write| write.is_kept());
    let left = sent.iter().filter(|write| write.is_left()).count();

    if !sent.is_empty() {
        page.heading(&format!("Written to the target: {} ({left} not undone)", sent.len()));
    }
    if left > 0 {
        page.wrapped(2, (Tone::Doubt, ""), (Tone::Plain, &by_hand(report)));
    }
    let verbose = page.options.verbose;
    let listed: Vec<_> = sent.into_iter().filter(|write| verbose || write.is_left()).collect();
    render_write_rows(page, &listed, "writes");

    if !kept.is_empty() {
        page.heading(&format!("Kept by the application: {}", kept.len()));
        render_write_rows(page, &kept, "rows");
    }
}

fn render_write_rows(page: &mut TextPage, listed: &[&Write], what: &str) {
    let most = page.cap(MAX_ROWS);
    for write in listed.iter().take(most) {
        let because = write.because.as_ref().map(|because| format!(": {because}")).unwrap_or_default();
        let tone = if write.is_left() { Tone::Doubt } else { Tone::Good };
        let state = format!("{}{because}", write.outcome.as_str());
        let what = format!("{} by {}: {}  ", write.operation, write.identity, write.object);
        page.line(2, &[(Tone::Plain, &what), (tone, &state)]);
    }

    page.more(2, listed.len().saturating_sub(most), what);
}

/// Says what remains and how it is removed by hand.
fn by_hand(report: &Report) -> String {
    let left: Vec<_> = report.writes.iter().filter(|write| write.is_left()).collect();
    let named = left.iter().take(MAX_ROWS).map(|write| match &write.address {
        Some(address) => address.clone(),
        None => format!("{} of {}", write.object, write.operation),
    });
    let named = named.collect::<Vec<_>>().join(", ");
    let more = left.len().saturating_sub(MAX_ROWS);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };

    format!("left: {named}{more} (by hand: DELETE it as an administrator, or remove its row)")
}

pub(super) fn render_document_issues(page: &mut TextPage, report: &Report) {
    if report.document_issues.is_empty() {
        return;
    }
    page.heading(&format!("Parts of the document that could not be used: {}", report.document_issues.len()));
    let most = page.cap(MAX_ROWS);

    for issue in report.document_issues.iter().take(most) {
        let line = issue.line.map(|line| format!("line {line}, ")).unwrap_or_default();
        page.line(2, &[(Tone::Dim, &format!("{line}{}: ", issue.at)), (Tone::Plain, &issue.message)]);
    }
    page.more(2, report.document_issues.len().saturating_sub(most), "issues");
}

pub(super) fn render_notes(page: &mut TextPage, report: &Report) {
    if report.notes.is_empty() {
        return;
    }
    page.heading("Notes");
    let most = page.cap(MAX_ROWS);

    for note in report.notes.iter().take(most) {
        page.wrapped(2, (Tone::Dim, "· "), (Tone::Plain, note));
    }
    page.more(2, report.notes.len().saturating_sub(most), "notes");
}

pub(super) fn render_next_steps(page: &mut TextPage, report: &Report, worst: Option<&Finding>) {
    if report.next_steps.is_empty() && worst.is_none() {
        return;
    }
    page.heading("What to do next");

    if let Some(finding) = worst {
        page.whole_line(2, "the whole proof  ", &format!("routewarden explain {}", finding.id));
        page.whole_line(2, "a repair         ", &format!("routewarden fix {}", finding.id));
        page.whole_line(2, "then see         ", &format!("routewarden recheck {}", finding.id));
    }
    let most = page.cap(MAX_ROWS);

    for step in report.next_steps.iter().take(most) {
        page.wrapped(2, (Tone::Strong, "→ "), (Tone::Plain, &next_step(step, Face::CommandLine)));
    }
    page.more(2, report.next_steps.len().saturating_sub(most), "steps");
}
