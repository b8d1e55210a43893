//! Two scans compared.

use routewarden::model::{Method, Severity};
use routewarden::report::diff::render_text;
use routewarden::report::{CoverageOutcome, Finding, Report, TextOptions, diff::compare_reports};

use super::support::{finding, operation, row, sample_report};

fn on(path: &str, id: &str) -> Finding {
    let mut finding = finding(id, "authz/bola-read", Severity::High);
    finding.operation = operation(Method::Get, path);
    finding
}

fn report(findings: Vec<Finding>, outcomes: &[(&str, CoverageOutcome)]) -> Report {
    let mut report = sample_report();
    report.findings = findings;
    report.coverage =
        outcomes.iter().map(|(path, outcome)| row(Method::Get, path, "authz/bola-read", *outcome, "")).collect();
    report
}

#[test]
fn a_finding_that_is_gone_is_fixed_only_where_the_rule_was_seen_to_hold() {
    use CoverageOutcome::{Held, Undecided};
    let earlier = report(vec![on("/a", "rw-a"), on("/b", "rw-b"), on("/c", "rw-c"), on("/d", "rw-d")], &[]);
    let later = report(vec![on("/a", "rw-a"), on("/e", "rw-e")], &[("/b", Held), ("/c", Undecided)]);
    let diff = compare_reports(&earlier, &later);
    insta::assert_snapshot!(render_text(&diff, TextOptions::default()), @"
    1 new   1 fixed   1 still there   2 not tested again

    New
    + high  rw-e  GET /e  Object of another user can be read

    Fixed
    - high  rw-b  GET /b  Object of another user can be read

    Not tested again, so not known to be fixed
    ? high  rw-c  GET /c  Object of another user can be read
    ? high  rw-d  GET /d  Object of another user can be read

    Still there
    = high  rw-a  GET /a  Object of another user can be read
    ");
}

#[test]
fn a_report_does_not_differ_from_itself() {
    let diff = compare_reports(&sample_report(), &sample_report());
    assert_eq!((diff.new.len(), diff.fixed.len(), diff.untested.len()), (0, 0, 0));
    assert_eq!(diff.still.len(), sample_report().findings.len());
}
