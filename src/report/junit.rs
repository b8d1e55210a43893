//! The report as JUnit XML: a suite per family of checks, a case per operation and check.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::cleaned::clean_report;
use super::format::in_memory;
use super::operation_ref::OperationRef;
use super::summary::{Sorted, scan_warning};
use super::wire::{CoverageOutcome, CoverageRow, Finding, FindingStatus, Report};
use super::words::{describe_harm, format_operation};
use crate::model::Confidence;

/// A check at an operation.
type CaseKey<'a> = (&'a str, &'a str, &'static str);

/// Writes the report as JUnit XML. A confirmed finding that nothing suppresses is a failure; a suspected or suppressed
/// one, and whatever got no verdict, is skipped with the reason; a scan that may not be trusted is an error.
///
/// # Errors
/// When the writer takes no more.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let report = clean_report(report);
    let mut suites: BTreeMap<String, TestSuite> = BTreeMap::new();
    let worst = worst_by_place(&report.findings);
    let mut seen: HashSet<CaseKey<'_>> = HashSet::new();

    for row in &report.coverage {
        let place = case_key(&row.check, &row.operation);
        add_case(
            &mut suites,
            &row.check,
            build_case(&row.operation, &row.check, row_status(worst.get(&place).copied(), row)),
        );
        seen.insert(place);
    }

    for finding in &Sorted::new(&report.findings).open {
        // A finding of a check that keeps no coverage row must not get lost.
        for operation in std::iter::once(&finding.operation).chain(&finding.also) {
            if !seen.contains(&case_key(&finding.check, operation)) {
                add_case(&mut suites, &finding.check, build_case(operation, &finding.check, finding_status(finding)));
            }
        }
    }

    let mut junit = Junit::new("routewarden");
    junit.set_time(Duration::from_millis(report.scan.duration_ms));
    junit.add_test_suites(setup_suite(&report));

    for (family, mut suite) in suites {
        let rows = report.coverage.iter().filter(|row| row.check.split('/').next() == Some(family.as_str()));
        count_outcomes(&mut suite, rows);
        junit.add_test_suite(suite);
    }
    junit.serialize(out).map_err(io::Error::other)
}

/// The XML as one text; empty, and so no result to any reader, where it cannot be written.
pub fn render(report: &Report) -> String {
    in_memory(|out| write(report, out))
}

fn case_key<'a>(check: &'a str, operation: &'a OperationRef) -> CaseKey<'a> {
    (check, &operation.path, operation.method.as_str())
}

/// The worst finding of each check at each operation; of equal ones the last.
fn worst_by_place(findings: &[Finding]) -> HashMap<CaseKey<'_>, &Finding> {
    // A suppressed finding must not hide one that counts at the same place.
    let weight = |finding: &Finding| (finding.suppressed.is_none(), finding.confidence, finding.severity);
    let mut worst: HashMap<CaseKey<'_>, &Finding> = HashMap::new();

    // What an earlier scan found and this one did not is no result of this one.
    for finding in findings.iter().filter(|finding| finding.status != FindingStatus::Fixed) {
        for operation in std::iter::once(&finding.operation).chain(&finding.also) {
            let kept = worst.entry(case_key(&finding.check, operation)).or_insert(finding);
            if weight(finding) >= weight(kept) {
                *kept = finding;
            }
        }
    }

    worst
}

/// JUnit knows success and skipped alone, so the outcomes stand as properties of the suite.
fn count_outcomes<'a>(suite: &mut TestSuite, rows: impl Iterator<Item = &'a CoverageRow>) {
    let mut counts: BTreeMap<CoverageOutcome, usize> = CoverageOutcome::ALL.map(|outcome| (outcome, 0)).into();
    for row in rows {
        *counts.entry(row.outcome).or_default() += 1;
    }
    for (outcome, count) in counts {
        suite.add_property((outcome.as_str(), count.to_string().as_str()));
    }
}

fn add_case(suites: &mut BTreeMap<String, TestSuite>, check: &str, case: TestCase) {
    let family = check.split('/').next().unwrap_or(check);
    suites.entry(family.to_owned()).or_insert_with(|| TestSuite::new(clean_xml(family))).add_test_case(case);
}

fn build_case(place: &OperationRef, check: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(clean_xml(&format!("{} {check}", format_operation(place))), status);
    case.set_classname(clean_xml(check));
    case
}

fn row_status(worst: Option<&Finding>, row: &CoverageRow) -> TestCaseStatus {
    match row.outcome {
        CoverageOutcome::Held => TestCaseStatus::success(),
        CoverageOutcome::Undecided => skipped_status(&format!("undecided: {}", row.because)),
        CoverageOutcome::NotTried => skipped_status(&format!("not tried: {}", row.because)),
        CoverageOutcome::NotApplicable => skipped_status(&format!("not applicable: {}", row.because)),
        CoverageOutcome::Broken => {
            worst.map_or_else(|| skipped_status(&format!("broken: {}", row.because)), finding_status)
        }
    }
}

fn finding_status(finding: &Finding) -> TestCaseStatus {
    if let Some(reason) = &finding.suppressed {
        return skipped_status(&format!("suppressed: {reason}"));
    }
    match finding.confidence {
        Confidence::Confirmed => failure_status(finding),
        // A build fails on what is proved alone.
        Confidence::Suspected => skipped_status(&format!("suspected: {}", finding.claim)),
        Confidence::Observation => TestCaseStatus::success(),
    }
}

fn failure_status(finding: &Finding) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(clean_xml(finding.severity.as_str()));
    status.set_message(clean_xml(&format!("{}: {}", finding.title, finding.claim)));
    let clauses: Vec<String> =
        finding.clauses.iter().map(|clause| format!("{}: {}", clause.name, clause.because)).collect();
    let text =
        format!("{}\n{}\n{}\nroutewarden explain {}", finding.claim, clauses.join("\n"), finding.replay, finding.id);
    status.set_description(clean_xml(&text));

    status
}

fn skipped_status(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(clean_xml(reason));
    status
}

/// A case that says how the scan itself went, where that is not simply well.
fn setup_suite(report: &Report) -> Option<TestSuite> {
    let (headline, text) = scan_warning(report)?;
    // An error and no failure: the scan could not judge, whatever the cases below show.
    let status = if report.scan.status.is_alarm() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(clean_xml(&format!("{headline}: {text}")));
        let lines: Vec<String> = report.harm.iter().map(describe_harm).collect();

        if !lines.is_empty() {
            status.set_description(clean_xml(&lines.join("\n")));
        }
        status
    } else {
        skipped_status(&format!("{headline}: {text}"))
    };
    let mut suite = TestSuite::new("scan");
    suite.add_test_case(TestCase::new("the scan was carried out", status));
    Some(suite)
}

/// Takes out what XML 1.0 cannot hold and cleaning has left.
fn clean_xml(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "")
}
