//! The report as JUnit XML.

use quick_junit::{NonSuccessKind, Report as Junit, TestCaseStatus};
use routewarden::model::{Confidence, Method, Severity};
use routewarden::report::junit::render;
use routewarden::report::{CoverageOutcome, FindingStatus, Report};

use super::support::{finding, hostile_report, row, sample_report, untrusted_report};

/// `suite / case: outcome`
fn outcomes(report: &Report) -> Vec<String> {
    let xml = render(report);
    let junit = Junit::deserialize_from_str(&xml).unwrap();
    junit
        .test_suites
        .iter()
        .flat_map(|suite| {
            suite.test_cases.iter().map(|case| {
                let outcome = match &case.status {
                    TestCaseStatus::Success { .. } => "passed".to_owned(),
                    TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, message, .. } => {
                        format!("failed, {}", message.as_ref().unwrap().as_str())
                    }
                    TestCaseStatus::NonSuccess { message, .. } => {
                        format!("error, {}", message.as_ref().unwrap().as_str())
                    }
                    TestCaseStatus::Skipped { message, .. } => {
                        format!("skipped, {}", message.as_ref().unwrap().as_str())
                    }
                };
                format!("{} / {}: {outcome}", suite.name.as_str(), case.name.as_str())
            })
        })
        .collect()
}

#[test]
fn each_operation_and_check_is_a_case() {
    insta::assert_snapshot!(outcomes(&sample_report()).join("\n"), @"
    authn / POST /invoices authn/missing-write: skipped, not tried: needs mode active
    authn / GET /notes/{note_id} authn/missing: passed
    authz / GET /admin/users authz/function-read: skipped, suspected: bob (user) got the list of users
    authz / GET /carts/{cart_id} authz/bola-read: failed, Object of another user can be read: bob read invoice 17, which alice owns
    authz / GET /invoices/{invoice_id} authz/bola-read: failed, Object of another user can be read: bob read invoice 17, which alice owns
    authz / GET /notes/{note_id} authz/bola-read: passed
    authz / GET /orders/{order_id} authz/bola-read: failed, Object of another user can be read: bob read invoice 17, which alice owns
    authz / GET /files/{file_id} authz/bola-read: skipped, undecided: no object of another identity is known
    authz / GET /tags/{tag_id} authz/bola-read: skipped, undecided: no object of another identity is known
    ");
}

#[test]
fn a_finding_without_a_coverage_row_is_a_failure_too() {
    let mut report = sample_report();
    report.coverage.clear();
    report.findings = vec![finding("rw-1", "config/cors", Severity::Low)];
    let cases = outcomes(&report);
    assert!(
        cases.len() == 1 && cases[0].starts_with("config / GET /invoices/{invoice_id} config/cors: failed"),
        "{cases:?}"
    );
}

#[test]
fn a_suppressed_finding_fails_nothing() {
    let mut report = sample_report();
    report.findings.retain(|finding| finding.suppressed.is_some());
    report.coverage = vec![row(Method::Get, "/invoices/{invoice_id}", "config/cors", CoverageOutcome::Broken, "open")];
    assert_eq!(
        outcomes(&report),
        ["config / GET /invoices/{invoice_id} config/cors: skipped, suppressed: public by design, until 2027-06-30"]
    );
}

#[test]
fn an_untrusted_scan_is_an_error() {
    let cases = outcomes(&untrusted_report());
    assert_eq!(
        cases,
        [
            "scan / the scan was carried out: error, NOTHING MAY BE CONCLUDED: bob could not sign in: POST /login answered 401; add a second identity of the same role to routewarden.toml"
        ]
    );
}

#[test]
fn outcomes_are_counted_apart_as_properties() {
    let xml = render(&sample_report());
    for count in ["\"broken\" value=\"4\"", "\"undecided\" value=\"2\"", "\"not_tried\" value=\"1\""] {
        assert!(xml.contains(count), "{count}: {xml}");
    }
}

#[test]
fn hostile_text_stays_text() {
    let cases = outcomes(&hostile_report());
    assert_eq!(cases.len(), sample_report().coverage.len());
    assert!(cases.iter().any(|case| case.contains("]]>")), "{cases:?}");
}

#[test]
fn a_fixed_finding_fails_nothing() {
    let mut fixed = finding("rw-1", "config/cors", Severity::High);
    fixed.status = FindingStatus::Fixed;
    let mut other = finding("rw-2", "config/cors", Severity::Low);
    other.confidence = Confidence::Suspected;
    let mut report = sample_report();
    report.coverage = vec![row(Method::Get, "/invoices/{invoice_id}", "config/cors", CoverageOutcome::Broken, "open")];
    report.findings = vec![fixed.clone(), other];
    assert_eq!(
        outcomes(&report),
        ["config / GET /invoices/{invoice_id} config/cors: skipped, suspected: bob read invoice 17, which alice owns"]
    );
    report.coverage.clear();
    report.findings = vec![fixed];
    assert_eq!(outcomes(&report), [] as [&str; 0]);
}
