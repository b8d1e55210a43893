//! The score: what the findings cost, and whether enough was tested to give a grade at all.

use std::collections::{BTreeMap, BTreeSet};

use super::operation_ref::OperationRef;
use super::wire::{CoverageOutcome, CoverageRow, Finding, FindingStatus, Score, Withheld};
use crate::model::{Confidence, Face, Severity, Step};

/// The most one family of checks may cost, in tenths of a point: half the score, so that one cause that many checks of a
/// family notice does not hide how the others did, and two broken families still come to nothing.
const FAMILY_CAP_TENTHS: u32 = 500;
/// Suspected findings alone take no value below this: the least for a B.
const LEAST_FOR_B: u32 = 75;
/// The family whose rules are about two callers: an operation counts as tested where two took part.
const OF_TWO_CALLERS: &str = "authz";

/// Scores a scan. Suppressed and fixed findings, observations and facts cost nothing.
pub fn compute_score(findings: &[Finding], coverage: &[CoverageRow]) -> Score {
    let counted: Vec<&Finding> = findings.iter().filter(|finding| is_counted(finding)).collect();
    let value = score_value(&counted);
    let all = Tested::of(coverage.iter(), &|row| row.outcome.is_tested());
    let shortfall = find_shortfall(findings, coverage);
    Score {
        // Where nothing was tested, 100 would be praise for nothing.
        value: (all.tested > 0).then_some(value),
        grade: shortfall.is_none().then(|| grade_letter(value, &counted).to_string()),
        coverage: rounded_share(all.tested, all.applicable),
        withheld: shortfall.as_ref().map(|_| Withheld::Incomplete),
        withheld_because: shortfall.map(|shortfall| shortfall.words(Face::CommandLine)),
    }
}

fn is_counted(finding: &Finding) -> bool {
    finding.suppressed.is_none()
        && finding.status != FindingStatus::Fixed
        && finding.confidence != Confidence::Observation
}

fn score_value(findings: &[&Finding]) -> u32 {
    let confirmed: Vec<&Finding> =
        findings.iter().copied().filter(|finding| finding.confidence == Confidence::Confirmed).collect();
    points_left(findings).max(points_left(&confirmed).min(LEAST_FOR_B))
}

fn points_left(findings: &[&Finding]) -> u32 {
    let mut families: BTreeMap<&str, u32> = BTreeMap::new();
    for finding in findings {
        let cost = families.entry(check_family(&finding.check)).or_default();
        *cost = cost.saturating_add(cost_tenths(finding)).min(FAMILY_CAP_TENTHS);
    }
    let lost = families.values().fold(0_u32, |sum, cost| sum.saturating_add(*cost));
    (1000_u32.saturating_sub(lost) + 5) / 10
}

fn check_family(check: &str) -> &str {
    check.split('/').next().unwrap_or_default()
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
            Confidence::Suspected => 2,
            Confidence::Observation => 0,
        }
}

/// The letter. Only confirmed findings cap it, and the value is held up against suspected ones already.
fn grade_letter(value: u32, findings: &[&Finding]) -> char {
    let by_value = match value {
        90.. => 'A',
        LEAST_FOR_B.. => 'B',
        60.. => 'C',
        40.. => 'D',
        _ => 'F',
    };

    let confirmed = || findings.iter().filter(|finding| finding.confidence == Confidence::Confirmed);
    // What needs no credential is open to all callers at once: nothing makes up for it.
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

/// How many operations some rows are about.
struct Tested<'a> {
    /// To which a check applies.
    applicable: usize,
    /// On which one came to broken or held.
    tested: usize,
    /// Operations of the first kind that are not of the second.
    open: BTreeSet<&'a OperationRef>,
}

impl<'a> Tested<'a> {
    fn of(rows: impl Iterator<Item = &'a CoverageRow>, is_enough: &dyn Fn(&CoverageRow) -> bool) -> Self {
        let (mut applicable, mut tested) = (BTreeSet::new(), BTreeSet::new());
        for row in rows.filter(|row| row.outcome != CoverageOutcome::NotApplicable) {
            applicable.insert(&row.operation);
            if is_enough(row) {
                tested.insert(&row.operation);
            }
        }

        let open = applicable.difference(&tested).copied().collect();
        Self { applicable: applicable.len(), tested: tested.len(), open }
    }
}

/// Why there is no letter: the family that was tested least, and the step that opens most of it.
#[derive(Debug)]
pub struct Shortfall {
    /// `None` where nothing was tested at all.
    family: Option<String>,
    tested: usize,
    applicable: usize,
    step: Option<(Step, usize)>,
}

impl Shortfall {
    /// Returns it in the words of a face.
    pub fn words(&self, face: Face) -> String {
        let (tested, applicable) = (self.tested, self.applicable);
        let what = match &self.family {
            _ if applicable == 0 => "no check applies to any operation".to_owned(),
            None => format!("nothing was tested on any of {applicable} operations"),
            Some(family) if family == OF_TWO_CALLERS => {
                format!(
                    "{family} was tested with two callers on {tested} of {applicable} operations, and a grade needs half"
                )
            }
            Some(family) => {
                format!("{family} was tested on {tested} of {applicable} operations, and a grade needs half")
            }
        };

        match &self.step {
            Some((step, 1)) => format!("incomplete: {what}; what helps most: {} (1 operation)", step.words(face)),
            Some((step, opens)) => {
                format!("incomplete: {what}; what helps most: {} ({opens} operations)", step.words(face))
            }
            None => format!("incomplete: {what}"),
        }
    }
}

/// Returns why there is no letter; `None` where each family that applies was tested on half of its operations.
pub fn find_shortfall(findings: &[Finding], coverage: &[CoverageRow]) -> Option<Shortfall> {
    let noted = noted_places(findings);
    let is_noted = |row: &CoverageRow| noted.contains(&(row.check.as_str(), &row.operation));
    let all = Tested::of(coverage.iter(), &|row| row.outcome.is_tested() || is_noted(row));
    if all.tested == 0 {
        let step = best_step(coverage.iter(), &all.open);
        return Some(Shortfall { family: None, tested: 0, applicable: all.applicable, step });
    }
    let mut families: BTreeMap<&str, Vec<&CoverageRow>> = BTreeMap::new();

    for row in coverage {
        families.entry(check_family(&row.check)).or_default().push(row);
    }
    let shown_by_two = shown_by_two(findings);
    // One caller alone shows that it gets its own objects; that it is kept from others takes two.
    let is_of_two = |row: &CoverageRow| match &row.proof {
        Some(proof) => proof.attack.identity != proof.control.identity,
        None => shown_by_two.contains(&(row.check.as_str(), &row.operation)),
    };
    let weakest = families
        .into_iter()
        .map(|(name, rows)| {
            let concluded = |row: &CoverageRow| {
                let is_verdict = row.outcome.is_tested() && (name != OF_TWO_CALLERS || is_of_two(row));
                is_verdict || is_noted(row)
            };
            let tested = Tested::of(rows.iter().copied(), &concluded);
            (name, rows, tested)
        })
        .filter(|(_, _, tested)| tested.tested * 2 < tested.applicable)
        // Of equal shares the family with most left to test: a step opens most there.
        .min_by_key(|(_, _, tested)| {
            (tested.tested * 10_000 / tested.applicable.max(1), usize::MAX - tested.open.len())
        })?;
    let (name, rows, tested) = weakest;
    let step = best_step(rows.into_iter(), &tested.open);
    Some(Shortfall { family: Some(name.to_owned()), tested: tested.tested, applicable: tested.applicable, step })
}

/// Checks and operations of which something was noted that claims no harm: the check came to its end there.
fn noted_places(findings: &[Finding]) -> BTreeSet<(&str, &OperationRef)> {
    let notes = findings.iter().filter(|finding| finding.confidence == Confidence::Observation);
    notes
        .flat_map(|finding| {
            std::iter::once(&finding.operation).chain(&finding.also).map(|place| (finding.check.as_str(), place))
        })
        .collect()
}

/// Checks and operations with a finding in whose proof two callers take part.
fn shown_by_two(findings: &[Finding]) -> BTreeSet<(&str, &OperationRef)> {
    let of_two = |finding: &&Finding| {
        finding.exchanges.iter().map(|exchange| &exchange.identity).collect::<BTreeSet<_>>().len() >= 2
    };
    findings
        .iter()
        .filter(of_two)
        .flat_map(|finding| {
            std::iter::once(&finding.operation).chain(&finding.also).map(|place| (finding.check.as_str(), place))
        })
        .collect()
}

/// The step that opens most of these operations, with how many.
fn best_step<'a>(rows: impl Iterator<Item = &'a CoverageRow>, open: &BTreeSet<&OperationRef>) -> Option<(Step, usize)> {
    let mut steps: Vec<(Step, BTreeSet<&OperationRef>)> = Vec::new();
    for row in rows.filter(|row| open.contains(&row.operation)) {
        let Some(step) = row.step.as_ref().filter(|step| step.may_be_recommended()) else { continue };
        match steps.iter_mut().find(|(known, _)| known.is_same_as(step)) {
            Some((known, on)) => {
                *known = known.clone().merged(step.clone());
                on.insert(&row.operation);
            }
            None => steps.push((step.clone(), BTreeSet::from([&row.operation]))),
        }
    }

    // `max_by_key` takes the last of equal ones, which is the first in the order of the rows.
    let most = steps.into_iter().rev().max_by_key(|(_, on)| on.len());
    most.map(|(step, on)| (step, on.len()))
}

/// Rounded down to four places, so that it never shows as enough where it was not.
fn rounded_share(part: usize, whole: usize) -> f64 {
    let per_ten_thousand = part.saturating_mul(10_000).checked_div(whole).unwrap_or(0);
    f64::from(u32::try_from(per_ten_thousand).unwrap_or(10_000)) / 10_000.0
}
