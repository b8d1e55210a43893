//! Two scans of one target compared. Knows only what the reports say: a finding that is gone counts as fixed where the
//! later scan looked and the control held, and as untested where it did not look.

use std::collections::BTreeSet;

use serde::Serialize;

use super::summary::worst_first;
use super::text::TextOptions;
use super::text::page::{TextPage, Tone};
use super::wire::{CoverageOutcome, Finding, FindingStatus, Report};
use super::words::format_operation;

/// What changed from one scan to a later one; each list worst first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportDiff {
    /// Only in the later scan.
    pub new: Vec<Finding>,
    /// Only in the earlier scan, and the later one saw the rule held.
    pub fixed: Vec<Finding>,
    /// In both, as the later scan has it.
    pub still: Vec<Finding>,
    /// Only in the earlier scan, and the later one came to no verdict there.
    pub untested: Vec<Finding>,
}

/// Compares an earlier report with a later one.
pub fn compare_reports(earlier: &Report, later: &Report) -> ReportDiff {
    let ids =
        |report: &Report| -> BTreeSet<String> { open_findings(report).map(|finding| finding.id.clone()).collect() };
    let (before, after) = (ids(earlier), ids(later));
    let (still, new) = open_findings(later).cloned().partition(|finding| before.contains(&finding.id));
    let (fixed, untested) = open_findings(earlier)
        .filter(|finding| !after.contains(&finding.id))
        .cloned()
        .partition(|finding| is_tested_again(later, finding));
    ReportDiff { new, fixed, still, untested }
}

/// The comparison for a terminal.
pub fn render_text(diff: &ReportDiff, options: TextOptions) -> String {
    let mut page = TextPage::new(options);
    let counts = [
        (Tone::Bad, diff.new.len(), "new"),
        (Tone::Good, diff.fixed.len(), "fixed"),
        (Tone::Plain, diff.still.len(), "still there"),
        (Tone::Doubt, diff.untested.len(), "not tested again"),
    ];
    let texts = counts.map(|(tone, n, word)| (tone, format!("{n} {word}   ")));
    page.line(0, &texts.each_ref().map(|(tone, text)| (*tone, text.as_str())));
    render_section(&mut page, "New", (Tone::Bad, "+ "), &diff.new);
    render_section(&mut page, "Fixed", (Tone::Good, "- "), &diff.fixed);
    render_section(&mut page, "Not tested again, so not known to be fixed", (Tone::Doubt, "? "), &diff.untested);
    render_section(&mut page, "Still there", (Tone::Plain, "= "), &diff.still);

    page.finish()
}

fn open_findings(report: &Report) -> impl Iterator<Item = &Finding> {
    worst_first(&report.findings).into_iter().filter(|finding| finding.status != FindingStatus::Fixed)
}

fn is_tested_again(report: &Report, finding: &Finding) -> bool {
    let same = |row: &&super::wire::CoverageRow| row.check == finding.check && row.operation == finding.operation;
    let mut rows = report.coverage.iter().filter(same).peekable();

    // Two sites of one operation may differ: broken by another finding says that the check ran here as well.
    rows.peek().is_some() && rows.all(|row| matches!(row.outcome, CoverageOutcome::Held | CoverageOutcome::Broken))
}

fn render_section(page: &mut TextPage, heading: &str, mark: (Tone, &str), findings: &[Finding]) {
    if findings.is_empty() {
        return;
    }
    page.heading(heading);

    for finding in findings {
        page.line(
            0,
            &[
                mark,
                (Tone::Severity(finding.severity), finding.severity.as_str()),
                (Tone::Dim, &format!("  {}  ", finding.id)),
                (Tone::Plain, &format!("{}  ", format_operation(&finding.operation))),
                (Tone::Plain, &finding.title),
            ],
        );
    }
}
