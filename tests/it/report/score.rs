//! The score of a scan.

use routewarden::model::{Again, Confidence, Method, Mode, Severity, Step};
use routewarden::report::{
    CoverageOutcome, CoverageRow, ExchangeBrief, Finding, FindingStatus, HeldProofInfo, Withheld, compute_score,
};

use super::support::{finding, row};

fn weakness(check: &str, severity: Severity, confidence: Confidence) -> Finding {
    Finding { confidence, ..finding("rw-1", check, severity) }
}

fn confirmed(check: &str, severity: Severity) -> Finding {
    weakness(check, severity, Confidence::Confirmed)
}

/// Ten operations of which so many were tested, with two callers.
fn tested(count: usize) -> Vec<CoverageRow> {
    (0..10).map(|n| tried("authz/bola-read", n, n < count)).collect()
}

fn tried(check: &str, n: usize, is_held: bool) -> CoverageRow {
    let outcome = if is_held { CoverageOutcome::Held } else { CoverageOutcome::Undecided };
    let proof = is_held.then(|| HeldProofInfo { attack: brief("bob"), control: brief("alice") });
    CoverageRow { proof, ..row(Method::Get, &format!("/{n}"), check, outcome, "") }
}

fn brief(identity: &str) -> ExchangeBrief {
    ExchangeBrief { identity: identity.to_owned(), method: "GET".into(), url: "/x".into(), status: Some(200) }
}

fn graded(findings: &[Finding]) -> (u32, String) {
    let score = compute_score(findings, &tested(10));
    (score.value.unwrap(), score.grade.unwrap())
}

#[test]
fn each_severity_costs_what_the_method_says() {
    use Severity::{Critical, High, Info, Low, Medium};
    let cost = |severity, confidence| graded(&[weakness("data/x", severity, confidence)]).0;
    let confirmed = [Critical, High, Medium, Low, Info].map(|severity| cost(severity, Confidence::Confirmed));
    assert_eq!(confirmed, [60, 80, 92, 97, 100]);
    // 8, 4, 1.6, 0.6 and 0 points, rounded.
    let suspected = [Critical, High, Medium, Low, Info].map(|severity| cost(severity, Confidence::Suspected));
    assert_eq!(suspected, [92, 96, 98, 99, 100]);
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
    assert_eq!(graded(&[weakness("token/alg-none", Severity::Critical, Confidence::Suspected)]), (92, "A".to_owned()));
}

#[test]
fn anonymous_access_is_f_whatever_the_value() {
    for check in ["authn/missing", "authn/missing-write"] {
        assert_eq!(graded(&[confirmed(check, Severity::High)]), (80, "F".to_owned()));
        assert_eq!(graded(&[weakness(check, Severity::High, Confidence::Suspected)]), (96, "A".to_owned()));
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
fn suspected_findings_never_take_a_grade_below_b() {
    use Confidence::Suspected;
    let many: Vec<Finding> =
        (0..40).map(|n| weakness(&format!("family{}/x", n % 4), Severity::Critical, Suspected)).collect();
    assert_eq!(graded(&many), (75, "B".to_owned()));
    // Beside confirmed ones that cost more already, they cost nothing.
    let with_high: Vec<Finding> =
        many.into_iter().chain([confirmed("data/x", Severity::High), confirmed("config/x", Severity::High)]).collect();
    assert_eq!(graded(&with_high), (60, "C".to_owned()));
}

#[test]
fn half_of_each_family_must_be_tested() {
    let low = compute_score(&[confirmed("data/x", Severity::High)], &tested(4));
    assert_eq!((low.value, low.grade, low.coverage), (Some(80), None, 0.4));
    let because = low.withheld_because.unwrap();
    assert_eq!(because, "incomplete: authz was tested with two callers on 4 of 10 operations, and a grade needs half");
    assert_eq!(low.withheld, Some(Withheld::Incomplete));
    let enough = compute_score(&[], &tested(5));
    assert_eq!((enough.grade.as_deref(), enough.withheld), (Some("A"), None));
    // Another family does not make up for it, nor does what it does not apply to.
    let mut rows = tested(10);
    rows.extend((0..10).map(|n| tried("token/alg-none", n, n < 4)));
    assert!(compute_score(&[], &rows).withheld_because.unwrap().starts_with("incomplete: token was tested on 4 of 10"));
    for row in rows.iter_mut().filter(|row| row.outcome == CoverageOutcome::Undecided) {
        row.outcome = CoverageOutcome::NotApplicable;
    }
    assert_eq!(compute_score(&[], &rows).grade.as_deref(), Some("A"));
}

#[test]
fn what_takes_two_callers_counts_only_with_two() {
    let alone = |row: CoverageRow| CoverageRow {
        proof: row.proof.map(|proof| HeldProofInfo { control: proof.attack.clone(), ..proof }),
        ..row
    };
    let rows: Vec<CoverageRow> = tested(10).into_iter().map(alone).collect();
    let withheld = compute_score(&[], &rows).withheld_because.unwrap();
    assert!(withheld.starts_with("incomplete: authz was tested with two callers on 0 of 10"), "{withheld}");
    // A weakness that two callers prove counts.
    let broken: Vec<CoverageRow> =
        (0..2).map(|n| row(Method::Get, &format!("/{n}"), "authz/bola-read", CoverageOutcome::Broken, "")).collect();
    let mut proof = confirmed("authz/bola-read", Severity::Low);
    (proof.operation.path, proof.also) = ("/0".into(), vec![broken[1].operation.clone()]);
    assert_eq!(compute_score(&[proof], &broken).grade.as_deref(), Some("A"));
}

#[test]
fn the_step_that_opens_most_of_the_weakest_family_is_named() {
    let mut rows = tested(2);
    for (n, row) in rows.iter_mut().enumerate().skip(2) {
        let again = Again::with_accounts(Some(Mode::Active));
        row.step = Some(if n == 2 { Step::HigherRole } else { Step::Scan(again) });
    }
    let withheld = compute_score(&[], &rows).withheld_because.unwrap();
    assert!(
        withheld.ends_with("; what helps most: scan with `--mode active --auto-accounts` (7 operations)"),
        "{withheld}"
    );
}

#[test]
fn coverage_counts_operations_to_which_something_applies() {
    let mut rows = tested(3);
    rows.extend(tested(3));
    assert_eq!(compute_score(&[], &rows).coverage, 0.3);
    rows.push(row(Method::Get, "/health", "authz/bola-read", CoverageOutcome::NotApplicable, ""));
    assert_eq!(compute_score(&[], &rows).coverage, 0.3);
}

#[test]
fn where_nothing_could_be_found_there_is_no_score() {
    for (rows, because) in [
        (Vec::new(), "incomplete: no check applies to any operation"),
        (tested(0), "incomplete: nothing was tested on any of 10 operations"),
    ] {
        let nothing = compute_score(&[], &rows);
        assert_eq!((nothing.value, nothing.grade, nothing.coverage), (None, None, 0.0));
        assert_eq!(nothing.withheld_because.unwrap(), because);
    }
}
