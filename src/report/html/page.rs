//! Fills the template. The template escapes every text; the only markup that is let through is the style sheet.

use std::io::{self, Write};

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::model::Face;
use crate::report::cleaned::clean_report;
use crate::report::format::in_memory;
use crate::report::operation_ref::OperationRef;
use crate::report::summary::{
    Outcomes, SEVERITIES, Sorted, by_check, count_reasons, format_grade, format_percent, format_points, scan_warning,
    tally_outcomes,
};
use crate::report::wire::{ClauseInfo, CoverageOutcome, ExchangeInfo, Finding, NextStep, Report, Status};
use crate::report::words;

const STYLE: &str = include_str!("../../../templates/report.css");

#[derive(Template)]
#[template(path = "report.html")]
struct HtmlPage<'a> {
    style: &'static str,
    policy: String,
    report: &'a Report,
    sorted: Sorted<'a>,
    severities: [&'static str; 5],
    notice: Option<(&'static str, String)>,
    checks: Vec<(&'a str, Outcomes)>,
    reasons: Vec<(&'static str, &'a str, usize)>,
}

/// Writes the report as a page for a browser, light or dark as the reader prefers.
///
/// # Errors
/// When the writer takes no more.
pub fn write(report: &Report, mut out: &mut dyn Write) -> io::Result<()> {
    let report = &clean_report(report);
    let why =
        |outcome, word| count_reasons(&report.coverage, outcome).into_iter().map(move |(text, n)| (word, text, n));
    let page = HtmlPage {
        style: STYLE,
        // Even a text that got past the escaping could neither run nor load anything.
        policy: format!(
            "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
            STANDARD.encode(Sha256::digest(STYLE))
        ),
        report,
        sorted: Sorted::new(&report.findings),
        severities: SEVERITIES.map(crate::model::Severity::as_str),
        notice: scan_warning(report),
        checks: by_check(&report.coverage),
        reasons: why(CoverageOutcome::Undecided, "undecided")
            .chain(why(CoverageOutcome::NotTried, "not tried"))
            .collect(),
    };

    page.write_into(&mut out)
}

/// The page as one text; empty, and so no clean report, where it cannot be written.
pub fn render(report: &Report) -> String {
    in_memory(|out| write(report, out))
}

/// What the template asks for.
impl HtmlPage<'_> {
    fn planned(&self) -> bool {
        self.report.scan.status == Status::Planned
    }

    fn untrusted(&self) -> bool {
        self.report.scan.status.is_alarm()
    }

    fn harm(&self) -> Vec<String> {
        self.report.harm.iter().map(words::describe_harm).collect()
    }

    fn clean_result(&self) -> bool {
        self.report.scan.status == Status::Complete && self.sorted.open.is_empty()
    }

    fn grade(&self) -> &str {
        self.report.score.grade.as_deref().unwrap_or("–")
    }

    /// A class only for the letters that there are.
    fn grade_class(&self) -> &'static str {
        match self.report.score.grade.as_deref() {
            Some("A" | "B") => "good",
            Some("C" | "D") => "fair",
            Some(_) => "bad",
            None => "none",
        }
    }

    fn grade_words(&self) -> String {
        format_grade(self.report)
    }

    fn outcomes(&self) -> String {
        tally_outcomes(&self.report.coverage).sentence()
    }

    fn step(&self, step: &NextStep) -> String {
        words::next_step(step, Face::CommandLine)
    }

    fn points(&self) -> String {
        format_points(self.report)
    }

    fn tested(&self) -> String {
        format_percent(self.report.score.coverage)
    }

    fn took(&self) -> String {
        words::format_duration(self.report.scan.duration_ms)
    }

    fn who(&self) -> String {
        words::format_identities(self.report)
    }

    fn counts(&self) -> String {
        self.sorted.counts().into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(" · ")
    }

    fn references(&self, finding: &Finding) -> String {
        words::finding_references(finding).join(" · ")
    }

    fn places(&self, finding: &Finding) -> String {
        words::source_places(finding).join(" · ")
    }

    fn role(&self, exchange: &ExchangeInfo) -> &'static str {
        words::role_name(exchange.role)
    }

    fn operation(&self, operation: &OperationRef) -> String {
        words::format_operation(operation)
    }

    fn mark(&self, clause: &ClauseInfo) -> &'static str {
        words::clause_mark(clause.holds)
    }

    fn answer(&self, exchange: &ExchangeInfo) -> String {
        words::answer_status(exchange)
    }
}
