//! From a report to an exit code.

use routewarden::app::{AppError, RecheckOutcome, RecheckRow};
use routewarden::cli::{Bar, Confident, Exit, Threshold, recheck_exit};
use routewarden::model::{Confidence, Severity};
use routewarden::report::{FindingStatus, Report, Status};
use serde_json::json;

/// A complete report with one finding: high, confirmed.
fn report() -> Report {
    serde_json::from_value(json!({
        "schema_version": 1,
        "tool": {"name": "routewarden", "version": "0.1.0"},
        "scan": {"id": "s", "started_at": "2026-01-01T00:00:00Z", "duration_ms": 1, "mode": "passive",
                 "base_url": "http://127.0.0.1:1", "document": "openapi.yaml", "identities": [], "requests": 1,
                 "status": "complete"},
        "score": {"value": null, "grade": null, "coverage": 0.0, "withheld_because": null},
        "findings": [{"id": "rw-1", "check": "authz/bola-read", "title": "t", "severity": "high",
                      "confidence": "confirmed", "operation": {"method": "GET", "path": "/x"}, "also": [],
                      "site": "path:id", "owasp": [], "cwe": [], "claim": "c", "clauses": [], "exchanges": [],
                      "replay": "", "remedy": "r", "first_seen": "2026-01-01T00:00:00Z", "status": "new"}],
        "coverage": [], "document_issues": [], "writes": []
    }))
    .unwrap()
}

fn bar() -> Bar {
    Bar { fail_on: Threshold::High, min_confidence: Confident::Confirmed, known: Default::default() }
}

fn with(change: impl FnOnce(&mut Report)) -> Exit {
    let mut report = report();
    change(&mut report);
    Exit::of_report(&report, &bar())
}

#[test]
fn a_scan_that_is_no_whole_one_is_never_clean() {
    for (name, status) in [
        ("budget", Status::Budget),
        ("target-died", Status::TargetDied),
        ("harm", Status::Harm),
        ("untrusted", Status::Untrusted),
    ] {
        assert_eq!(serde_json::to_value(status).unwrap(), name);
        assert_eq!(with(|report| report.scan.status = status), Exit::Untrusted, "{name}");
        assert_eq!(recheck_exit(status, &[]), Exit::Untrusted, "{name}");
    }
}

#[test]
fn codes_are_those_of_the_contract() {
    let codes = [Exit::Clean, Exit::Found, Exit::Usage, Exit::Untrusted, Exit::Interrupted].map(Exit::code);
    assert_eq!(codes, [0, 1, 2, 3, 130]);
}

#[test]
fn a_finding_at_the_bar_fails() {
    assert_eq!(with(|_| {}), Exit::Found);
    assert_eq!(with(|report| report.findings[0].severity = Severity::Critical), Exit::Found);
    assert_eq!(with(|report| report.findings[0].status = FindingStatus::Known), Exit::Found);
}

#[test]
fn a_finding_below_the_bar_does_not_fail() {
    assert_eq!(with(|report| report.findings.clear()), Exit::Clean);
    assert_eq!(with(|report| report.findings[0].severity = Severity::Medium), Exit::Clean);
    assert_eq!(with(|report| report.findings[0].confidence = Confidence::Suspected), Exit::Clean);
    assert_eq!(with(|report| report.findings[0].suppressed = Some("by design".into())), Exit::Clean);
    assert_eq!(with(|report| report.findings[0].status = FindingStatus::Fixed), Exit::Clean);
}

#[test]
fn the_bar_moves() {
    let mut report = report();
    report.findings[0].severity = Severity::Low;
    report.findings[0].confidence = Confidence::Suspected;
    let exit = |fail_on, min_confidence| Exit::of_report(&report, &Bar { fail_on, min_confidence, ..bar() });
    assert_eq!(exit(Threshold::Low, Confident::Suspected), Exit::Found);
    assert_eq!(exit(Threshold::Info, Confident::Suspected), Exit::Found);
    assert_eq!(exit(Threshold::Low, Confident::Confirmed), Exit::Clean);
    assert_eq!(exit(Threshold::Medium, Confident::Suspected), Exit::Clean);
    assert_eq!(exit(Threshold::Never, Confident::Suspected), Exit::Clean);
}

#[test]
fn a_known_finding_does_not_fail() {
    let known = Bar { known: ["rw-1".to_owned()].into(), ..bar() };
    assert_eq!(Exit::of_report(&report(), &known), Exit::Clean);
    let other = Bar { known: ["rw-2".to_owned()].into(), ..bar() };
    assert_eq!(Exit::of_report(&report(), &other), Exit::Found);
}

#[test]
fn what_cannot_be_trusted_is_never_clean() {
    for (status, exit) in [
        (Status::Untrusted, Exit::Untrusted),
        (Status::Running, Exit::Untrusted),
        (Status::Interrupted, Exit::Interrupted),
        (Status::Planned, Exit::Clean),
    ] {
        assert_eq!(with(|report| report.scan.status = status), exit, "{status:?}");
        let bare = |report: &mut Report| (report.scan.status, report.findings) = (status, Vec::new());
        assert_eq!(with(bare), exit, "{status:?} without findings");
    }
}

#[test]
fn faults_have_codes() {
    let code = |error: AppError| Exit::of_error(&error.into());
    assert_eq!(code(AppError::Usage("x".into())), Exit::Usage);
    assert_eq!(code(AppError::Unknown("x".into())), Exit::Usage);
    assert_eq!(code(AppError::Untrusted("x".into())), Exit::Untrusted);
    assert_eq!(code(AppError::Internal("x".into())), Exit::Untrusted);
    assert_eq!(code(AppError::Cancelled), Exit::Interrupted);
    assert_eq!(Exit::of_error(&anyhow::anyhow!("no such folder")), Exit::Usage);
}

#[test]
fn a_recheck_is_clean_only_when_all_is_repaired() {
    use RecheckOutcome::{Broken, Fixed, Inconclusive, StillVulnerable};
    let exit = |outcomes: &[RecheckOutcome]| {
        let row = |outcome: &RecheckOutcome| RecheckRow {
            finding_id: "rw-1".into(),
            outcome: *outcome,
            because: String::new(),
        };
        recheck_exit(Status::Complete, &outcomes.iter().map(row).collect::<Vec<_>>())
    };
    assert_eq!(exit(&[Fixed, Fixed]), Exit::Clean);
    assert_eq!(exit(&[Fixed, StillVulnerable, Inconclusive]), Exit::Found);
    assert_eq!(exit(&[Fixed, Broken]), Exit::Found);
    assert_eq!(exit(&[Fixed, Inconclusive]), Exit::Untrusted);
    assert_eq!(exit(&[]), Exit::Untrusted);
    assert_eq!(recheck_exit(Status::Untrusted, &[]), Exit::Untrusted);
    assert_eq!(recheck_exit(Status::Interrupted, &[]), Exit::Interrupted);
}
