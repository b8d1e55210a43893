//! Holds the findings of a report against the labels of an API.

use routewarden::model::{Confidence, Severity};
use routewarden::report::{Finding, Report};

use crate::case::{Case, Label};

/// What a scan made of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Confirmed,
    Suspected,
    Silent,
}

/// A case with what came of it.
pub struct Graded {
    pub api: String,
    pub check: &'static str,
    pub operations: &'static str,
    pub is_weak: bool,
    pub why: &'static str,
    pub outcome: Outcome,
    /// For a wrong outcome: the report's reason, or the clauses that do not hold.
    pub reason: String,
    /// What the common rules say, where there is a request to judge.
    pub rules: Option<[bool; 3]>,
}

impl Graded {
    pub fn is_wrong(&self) -> bool {
        let right = if self.is_weak { Outcome::Confirmed } else { Outcome::Silent };
        self.outcome != right
    }
}

/// A finding that no label speaks of.
pub struct Stray {
    pub check: String,
    pub operation: String,
    pub outcome: Outcome,
    pub claim: String,
}

/// Everything that came of one scan.
#[derive(Default)]
pub struct Grades {
    /// In the order of the cases.
    pub cases: Vec<Graded>,
    pub strays: Vec<Stray>,
    /// Findings of families that the bench has no labels for.
    pub outside: Vec<String>,
}

/// Families whose subject these APIs make no claim about: they set no limits.
const OUTSIDE: [&str; 1] = ["limits/"];
/// Checks whose finding is a fact of severity info, however it is told.
const FACTS: [&str; 8] = [
    "authz/predictable-id",
    "property/undocumented-field",
    "config/version-disclosure",
    "inventory/document-exposed",
    "limits/no-rate-limit",
    "graphql/introspection",
    "graphql/batching",
    "graphql/depth",
];
/// Checks that may rightly see the same weakness: the label's check, and another that speaks of its consequence.
const RELATED: [(&str, &str); 18] = [
    ("authn/missing", "authn/inconsistent"),
    ("authn/missing", "authz/bola-read"),
    ("authn/missing", "authz/bola-list"),
    ("authn/missing", "data/personal-data"),
    ("authn/missing-write", "authn/inconsistent"),
    ("authn/missing-write", "authz/bola-write"),
    ("authz/bola-body", "property/mass-assignment"),
    ("authz/bola-body", "authz/bola-read"),
    ("authz/bola-body", "authz/bola-list"),
    ("authz/bola-body", "data/personal-data"),
    ("authz/role-escalation", "property/mass-assignment"),
    ("authz/bola-read", "data/personal-data"),
    ("authz/bola-list", "data/personal-data"),
    ("property/undocumented-field", "property/excessive-exposure"),
    ("property/excessive-exposure", "property/undocumented-field"),
    ("property/undocumented-field", "data/personal-data"),
    ("property/excessive-exposure", "data/secret-in-response"),
    ("property/excessive-exposure", "authz/bola-read"),
];

pub fn grade(api: &str, cases: &[Case], on: &[&'static str], report: &Report) -> Grades {
    let is_weak = |case: &Case| matches!(case.label, Label::Weak(switch) if on.contains(&switch));
    let (weak, sound): (Vec<&Case>, Vec<&Case>) = cases.iter().partition(|case| is_weak(case));
    let graded = cases.iter().map(|case| graded(api, case, is_weak(case), &weak, report)).collect();
    let mut grades = Grades { cases: graded, ..Grades::default() };
    for finding in report.findings.iter().filter(|finding| outcome(finding, false) != Outcome::Silent) {
        let shown = operations(finding);
        let is_here = |case: &Case| shown.iter().any(|operation| case.covers(operation));
        let is_weak = weak.iter().any(|case| is_here(case) && may_speak(case, finding));
        // What is said of a sound case is counted there.
        if is_weak || sound.iter().any(|case| is_here(case) && case.check == finding.check) {
            continue;
        }
        let operation = shown.first().cloned().unwrap_or_default();
        if OUTSIDE.iter().any(|family| finding.check.starts_with(family)) {
            grades.outside.push(format!("{} {operation}", finding.check));
            continue;
        }
        let (check, claim) = (finding.check.clone(), finding.claim.clone());
        grades.strays.push(Stray { check, operation, outcome: outcome(finding, false), claim });
    }
    grades
}

fn graded(api: &str, case: &Case, is_weak: bool, weak: &[&Case], report: &Report) -> Graded {
    let speaking = report.findings.iter().filter(|finding| finding.check == case.check);
    let about: Vec<&Finding> = speaking.filter(|finding| speaks_of(finding, case, is_weak, weak)).collect();
    let best = about.iter().map(|finding| outcome(finding, is_weak)).max_by_key(|outcome| rank(*outcome));
    let mut graded = Graded {
        api: api.to_owned(),
        check: case.check,
        operations: case.operations,
        is_weak,
        why: case.why,
        outcome: best.unwrap_or(Outcome::Silent),
        reason: String::new(),
        rules: None,
    };
    if graded.is_wrong() {
        graded.reason = reason(case, &about, report);
    }
    graded
}

/// Whether a finding is about the weakness of a case, by this check or by one that sees its consequence.
fn may_speak(case: &Case, finding: &Finding) -> bool {
    case.check == finding.check || RELATED.contains(&(case.check, finding.check.as_str()))
}

/// Whether a finding is about a case. For a sound case an operation that a weak label covers too does not count.
fn speaks_of(finding: &Finding, case: &Case, is_weak: bool, weak: &[&Case]) -> bool {
    let excused = |operation: &str| weak.iter().any(|weak| weak.check == case.check && weak.covers(operation));
    operations(finding).iter().any(|operation| case.covers(operation) && (is_weak || !excused(operation)))
}

fn operations(finding: &Finding) -> Vec<String> {
    let all = std::iter::once(&finding.operation).chain(&finding.also);
    all.map(|operation| format!("{} {}", operation.method, operation.path)).collect()
}

/// How a finding counts: as found for a weak case, as an alarm for a sound one. Notes and severity info alarm nobody.
fn outcome(finding: &Finding, is_weak: bool) -> Outcome {
    if is_weak && FACTS.contains(&finding.check.as_str()) {
        return Outcome::Confirmed;
    }
    match finding.confidence {
        _ if !is_weak && finding.severity < Severity::Low => Outcome::Silent,
        Confidence::Confirmed => Outcome::Confirmed,
        Confidence::Suspected => Outcome::Suspected,
        Confidence::Observation => Outcome::Silent,
    }
}

fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Confirmed => 2,
        Outcome::Suspected => 1,
        Outcome::Silent => 0,
    }
}

fn reason(case: &Case, about: &[&Finding], report: &Report) -> String {
    let clauses = about.iter().flat_map(|finding| &finding.clauses).filter(|clause| clause.holds != Some(true));
    let mut reasons: Vec<String> = clauses.map(|clause| format!("{}: {}", clause.name, clause.because)).collect();
    let claims = about.iter().map(|finding| format!("{} ({})", finding.claim, finding.confidence.as_str()));
    reasons.extend(claims);
    if reasons.is_empty() {
        let rows = report.coverage.iter().filter(|row| {
            row.check == case.check && case.covers(&format!("{} {}", row.operation.method, row.operation.path))
        });
        reasons = rows.map(|row| format!("{:?}: {}", row.outcome, row.because)).collect();
        reasons.sort();
        reasons.dedup();
        reasons.truncate(4);
    }
    if reasons.is_empty() { "the report does not speak of it".to_owned() } else { reasons.join("; ") }
}
