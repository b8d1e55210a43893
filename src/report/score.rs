//! The score: what the findings cost, and whether enough was tested to give a grade at all.

use std::collections::{BTreeMap, BTreeSet};

use super::wire::{CoverageOutcome, CoverageRow, Finding, FindingStatus, Score};
use crate::model::{Confidence, Severity};

/// The most one family of checks may cost, in tenths of a point: half the score, so that one cause that many checks of a
/// family notice does not hide how the others did, and two broken families still come to nothing.
const FAMILY_CAP_TENTHS: u32 = 500;

/// Below this share of operations there is no grade, in percent.
const MIN_COVERAGE_PERCENT: usize = 30;

/// Scores a scan of so many operations. Suppressed and fixed findings, observations and facts cost nothing.
pub fn score(findings: &[Finding], coverage: &[CoverageRow], operations: usize) -> Score {
    let counted: Vec<&Finding> = findings.iter().filter(|finding| counts(finding)).collect();
    let value = value(&counted);
    let tested = tested(coverage).min(operations);
    let withheld_because = withheld(tested, operations);
    Score {
        value: Some(value),
        grade: withheld_because.is_none().then(|| grade(value, &counted).to_string()),
        coverage: share(tested, operations),
        withheld_because,
    }
}

fn counts(finding: &Finding) -> bool {
    finding.suppressed.is_none()
        && finding.status != FindingStatus::Fixed
        && finding.confidence != Confidence::Observation
}

fn value(findings: &[&Finding]) -> u32 {
    let mut families: BTreeMap<&str, u32> = BTreeMap::new();
    for finding in findings {
        let family = finding.check.split('/').next().unwrap_or_default();
        let cost = families.entry(family).or_default();
        *cost = cost.saturating_add(cost_tenths(finding)).min(FAMILY_CAP_TENTHS);
    }
    let lost = families.values().fold(0_u32, |sum, cost| sum.saturating_add(*cost));
    (1000_u32.saturating_sub(lost) + 5) / 10
}

fn cost_tenths(finding: &Finding) -> u32 {
    let points = match finding.severity {
        Severity::Critical => 40,
        Severity::High => 20,
        Severity::Medium => 8,
        Severity::Low => 3,
        Severity::Info => 0,
    };
    points
        * match finding.confidence {
            Confidence::Confirmed => 10,
            Confidence::Suspected => 4,
            Confidence::Observation => 0,
        }
}

fn grade(value: u32, findings: &[&Finding]) -> char {
    let by_value = match value {
        90.. => 'A',
        75.. => 'B',
        60.. => 'C',
        40.. => 'D',
        _ => 'F',
    };
    let confirmed = || findings.iter().filter(|finding| finding.confidence == Confidence::Confirmed);
    if confirmed().any(|finding| is_open_to_anyone(&finding.check)) {
        'F'
    } else if confirmed().any(|finding| finding.severity == Severity::Critical) {
        // Letters grow with badness: this is D, or F where the value already is.
        by_value.max('D')
    } else {
        by_value
    }
}

/// Whether the check proves that anonymous callers get at somebody's data or can write.
fn is_open_to_anyone(check: &str) -> bool {
    matches!(check, "authn/missing" | "authn/missing-write")
}

fn tested(coverage: &[CoverageRow]) -> usize {
    let decided = |row: &&CoverageRow| matches!(row.outcome, CoverageOutcome::Broken | CoverageOutcome::Held);
    coverage.iter().filter(decided).map(|row| &row.operation).collect::<BTreeSet<_>>().len()
}

fn withheld(tested: usize, operations: usize) -> Option<String> {
    if operations == 0 {
        return Some("there was no operation to test".to_owned());
    }
    let enough = tested.saturating_mul(100) >= operations.saturating_mul(MIN_COVERAGE_PERCENT);
    (!enough).then(|| {
        format!(
            "a check reached a verdict on {tested} of {operations} operations; a grade needs {MIN_COVERAGE_PERCENT} %"
        )
    })
}

/// Rounded down to four places, so that it never shows as enough where it was not.
fn share(part: usize, whole: usize) -> f64 {
    let per_ten_thousand = part.saturating_mul(10_000).checked_div(whole).unwrap_or(0);
    f64::from(u32::try_from(per_ten_thousand).unwrap_or(10_000)) / 10_000.0
}
