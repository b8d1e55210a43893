//! The score of a scan.

use routewarden::model::{Confidence, Method, Severity};
use routewarden::report::{CoverageOutcome, CoverageRow, Finding, FindingStatus, score};

use super::support::{finding, row};

fn weakness(check: &str, severity: Severity, confidence: Confidence) -> Finding {
    Finding { confidence, ..finding("rw-1", check, severity) }
}

fn confirmed(check: &str, severity: Severity) -> Finding {
    weakness(check, severity, Confidence::Confirmed)
}

/// So many of ten operations with a verdict.
fn tested(count: usize) -> Vec<CoverageRow> {
    (0..10)
        .map(|n| {
            let outcome = if n < count { CoverageOutcome::Held } else { CoverageOutcome::Undecided };
            row(Method::Get, &format!("/{n}"), "authz/bola-read", outcome, "")
        })
        .collect()
}

fn graded(findings: &[Finding]) -> (u32, String) {
    let score = score(findings, &tested(10), 10);
    (score.value.unwrap(), score.grade.unwrap())
}

#[test]
fn each_severity_costs_what_the_method_says() {
    use Severity::{Critical, High, Info, Low, Medium};
    let cost = |severity, confidence| graded(&[weakness("data/x", severity, confidence)]).0;
    let confirmed = [Critical, High, Medium, Low, Info].map(|severity| cost(severity, Confidence::Confirmed));
    assert_eq!(confirmed, [60, 80, 92, 97, 100]);
    // 16, 8, 3.2, 1.2 and 0 points, rounded.
    let suspected = [Critical, High, Medium, Low, Info].map(|severity| cost(severity, Confidence::Suspected));
    assert_eq!(suspected, [84, 92, 97, 99, 100]);
    assert_eq!(cost(Critical, Confidence::Observation), 100);
}

#[test]
fn one_family_costs_half_the_score_at_most() {
    let findings = vec![confirmed("config/cors", Severity::High); 9];
    assert_eq!(graded(&findings), (50, "D".to_owned()));
    let two: Vec<Finding> = findings.into_iter().chain(vec![confirmed("data/x", Severity::High); 9]).collect();
    assert_eq!(graded(&two), (0, "F".to_owned()));
}

#[test]
fn grades_follow_the_value() {
    let grades = [0, 3, 4, 8, 9].map(|count| {
        let findings: Vec<Finding> = (0..count).map(|n| confirmed(&format!("family{n}/x"), Severity::Low)).collect();
        graded(&findings)
    });
    let expected = [(100, "A"), (91, "A"), (88, "B"), (76, "B"), (73, "C")];
    assert_eq!(grades, expected.map(|(value, grade)| (value, grade.to_owned())));
}

#[test]
fn a_confirmed_critical_is_d_at_best() {
    assert_eq!(graded(&[confirmed("token/alg-none", Severity::Critical)]), (60, "D".to_owned()));
    assert_eq!(graded(&[weakness("token/alg-none", Severity::Critical, Confidence::Suspected)]), (84, "B".to_owned()));
}

#[test]
fn anonymous_access_is_f_whatever_the_value() {
    for check in ["authn/missing", "authn/missing-write"] {
        assert_eq!(graded(&[confirmed(check, Severity::High)]), (80, "F".to_owned()));
        assert_eq!(graded(&[weakness(check, Severity::High, Confidence::Suspected)]), (92, "A".to_owned()));
    }
}

#[test]
fn suppressed_and_fixed_findings_do_not_count() {
    let mut suppressed = confirmed("authn/missing", Severity::Critical);
    suppressed.suppressed = Some("public".to_owned());
    let mut fixed = confirmed("authn/missing", Severity::Critical);
    fixed.status = FindingStatus::Fixed;
    assert_eq!(graded(&[suppressed, fixed]), (100, "A".to_owned()));
}

#[test]
fn too_little_coverage_withholds_the_grade_and_keeps_the_value() {
    let low = score(&[confirmed("data/x", Severity::High)], &tested(2), 10);
    assert_eq!((low.value, low.grade, low.coverage), (Some(80), None, 0.2));
    let because = low.withheld_because.unwrap();
    assert!(because.contains("2 of 10 operations"), "{because}");
    assert_eq!(score(&[], &tested(3), 10).grade.as_deref(), Some("A"));
}

#[test]
fn operations_count_once_and_nothing_tested_is_no_fault() {
    let mut rows = tested(3);
    rows.extend(tested(3));
    assert_eq!(score(&[], &rows, 10).coverage, 0.3);
    let nothing = score(&[], &[], 0);
    assert_eq!((nothing.grade, nothing.coverage), (None, 0.0));
}
