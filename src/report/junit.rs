//! The report as JUnit XML: a suite per family of checks, a case per operation and check.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::cleaned::cleaned;
use super::summary::{Sorted, warning};
use super::wire::{CoverageOutcome, CoverageRow, Finding, OperationRef, Report, Status};
use super::words::operation;
use crate::model::Confidence;

/// The report as JUnit XML. A confirmed finding that nothing suppresses is a failure; a suspected or suppressed one, and
/// whatever got no verdict, is skipped with the reason; a scan that may not be trusted is an error.
pub fn render(report: &Report) -> String {
    let report = cleaned(report);
    let mut suites: BTreeMap<String, TestSuite> = BTreeMap::new();
    for row in &report.coverage {
        add(&mut suites, &row.check, case(&row.operation, &row.check, row_status(&report, row)));
    }
    for finding in &Sorted::new(&report.findings).open {
        // A finding of a check that keeps no coverage row must not get lost.
        for place in std::iter::once(&finding.operation).chain(&finding.also) {
            if !report.coverage.iter().any(|row| row.check == finding.check && row.operation == *place) {
                add(&mut suites, &finding.check, case(place, &finding.check, finding_status(finding)));
            }
        }
    }
    let mut junit = Junit::new("routewarden");
    junit.set_time(Duration::from_millis(report.scan.duration_ms));
    junit.add_test_suites(setup_suite(&report));
    junit.add_test_suites(suites.into_values());
    // Writing to memory fails only for text that is no XML, and that was taken out.
    junit.to_string().unwrap_or_else(|_| "<testsuites/>\n".to_owned())
}

fn add(suites: &mut BTreeMap<String, TestSuite>, check: &str, case: TestCase) {
    let family = check.split('/').next().unwrap_or(check);
    suites.entry(family.to_owned()).or_insert_with(|| TestSuite::new(xml(family))).add_test_case(case);
}

fn case(place: &OperationRef, check: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(xml(&format!("{} {check}", operation(place))), status);
    case.set_classname(xml(check));
    case
}

fn row_status(report: &Report, row: &CoverageRow) -> TestCaseStatus {
    match row.outcome {
        CoverageOutcome::Held => TestCaseStatus::success(),
        CoverageOutcome::Undecided => skipped(&format!("undecided: {}", row.because)),
        CoverageOutcome::NotTried => skipped(&format!("not tried: {}", row.because)),
        CoverageOutcome::NotApplicable => skipped(&format!("not applicable: {}", row.because)),
        CoverageOutcome::Broken => {
            let about = |finding: &&Finding| {
                finding.check == row.check
                    && (finding.operation == row.operation || finding.also.contains(&row.operation))
            };
            let worst = report
                .findings
                .iter()
                .filter(about)
                .max_by_key(|finding| (finding.suppressed.is_none(), finding.confidence, finding.severity));
            worst.map_or_else(|| skipped(&format!("broken: {}", row.because)), finding_status)
        }
    }
}

fn finding_status(finding: &Finding) -> TestCaseStatus {
    if let Some(reason) = &finding.suppressed {
        return skipped(&format!("suppressed: {reason}"));
    }
    match finding.confidence {
        Confidence::Confirmed => failure(finding),
        Confidence::Suspected => skipped(&format!("suspected: {}", finding.claim)),
        Confidence::Observation => TestCaseStatus::success(),
    }
}

fn failure(finding: &Finding) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(xml(finding.severity.as_str()));
    status.set_message(xml(&format!("{}: {}", finding.title, finding.claim)));
    let clauses: Vec<String> =
        finding.clauses.iter().map(|clause| format!("{}: {}", clause.name, clause.because)).collect();
    let text =
        format!("{}\n{}\n{}\nroutewarden explain {}", finding.claim, clauses.join("\n"), finding.replay, finding.id);
    status.set_description(xml(&text));
    status
}

fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(xml(reason));
    status
}

/// A case that says how the scan itself went, where that is not simply well.
fn setup_suite(report: &Report) -> Option<TestSuite> {
    let (headline, text) = warning(report)?;
    let status = if report.scan.status == Status::Untrusted {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(xml(&format!("{headline}: {text}")));
        status
    } else {
        skipped(&format!("{headline}: {text}"))
    };
    let mut suite = TestSuite::new("scan");
    suite.add_test_case(TestCase::new("the scan was carried out", status));
    Some(suite)
}

/// Takes out what XML 1.0 cannot hold and cleaning has left.
fn xml(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "")
}
