//! What every format for people says in few words: findings sorted by kind, counts, and coverage per check.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::wire::{CoverageOutcome, CoverageRow, Finding, FindingStatus, Report, Status, Withheld};
use super::words::untrusted_reason;
use crate::model::{Confidence, Face, Severity};

/// The most severe first, as all formats list them.
pub(super) const SEVERITIES: [Severity; 5] =
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

/// The findings of a report by kind, each worst first.
pub(super) struct Sorted<'a> {
    /// What needs a repair.
    pub(super) open: Vec<&'a Finding>,
    /// Observations, and findings that do no harm by themselves.
    pub(super) facts: Vec<&'a Finding>,
    /// Covered by a suppression.
    pub(super) suppressed: Vec<&'a Finding>,
    /// No longer there.
    pub(super) fixed: Vec<&'a Finding>,
}

impl<'a> Sorted<'a> {
    pub(super) fn new(findings: &'a [Finding]) -> Self {
        let mut sorted = Self { open: Vec::new(), facts: Vec::new(), suppressed: Vec::new(), fixed: Vec::new() };
        for finding in worst_first(findings) {
            // In this order: what is fixed needs no suppression, and a suppression covers facts as well.
            let kind = if finding.status == FindingStatus::Fixed {
                &mut sorted.fixed
            } else if finding.suppressed.is_some() {
                &mut sorted.suppressed
            } else if finding.confidence == Confidence::Observation || finding.severity == Severity::Info {
                &mut sorted.facts
            } else {
                &mut sorted.open
            };
            kind.push(finding);
        }

        sorted
    }

    /// `2 critical`, `1 high suspected`, ... worst first; then what does not count.
    pub(super) fn counts(&self) -> Vec<(Option<Severity>, String)> {
        let mut counts = Vec::new();
        for severity in SEVERITIES {
            for (confidence, word) in [(Confidence::Confirmed, ""), (Confidence::Suspected, " suspected")] {
                let same = |finding: &&&Finding| finding.severity == severity && finding.confidence == confidence;
                let n = self.open.iter().filter(same).count();

                if n > 0 {
                    counts.push((Some(severity), format!("{n} {severity}{word}")));
                }
            }
        }

        for (n, word) in
            [(self.facts.len(), "noted"), (self.suppressed.len(), "suppressed"), (self.fixed.len(), "fixed")]
        {
            if n > 0 {
                counts.push((None, format!("{n} {word}")));
            }
        }
        counts
    }
}

/// Findings by severity, then confidence, then path, method, check and id.
pub(super) fn worst_first(findings: &[Finding]) -> Vec<&Finding> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| {
        // Down to the id, so that two renderings of one report are the same byte for byte.
        let operation = &finding.operation;
        (
            Reverse((finding.severity, finding.confidence)),
            (&operation.path, operation.method.as_str(), &finding.check, &finding.id),
        )
    });

    sorted
}

/// How often which outcome was come to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Outcomes {
    /// See [`CoverageOutcome::Broken`].
    pub broken: usize,
    /// See [`CoverageOutcome::Held`].
    pub held: usize,
    /// See [`CoverageOutcome::Undecided`].
    pub undecided: usize,
    /// See [`CoverageOutcome::NotTried`].
    pub not_tried: usize,
    /// See [`CoverageOutcome::NotApplicable`].
    pub not_applicable: usize,
}

/// Counts pairs of check and operation by what came of them.
pub fn tally_outcomes(coverage: &[CoverageRow]) -> Outcomes {
    let mut outcomes = Outcomes::default();
    coverage.iter().for_each(|row| outcomes.add(row.outcome));
    outcomes
}

impl Outcomes {
    /// Returns how often a rule was put to the test: broken or held.
    pub fn tested(&self) -> usize {
        self.broken + self.held
    }

    /// Returns the counts in one line: `4 broken, 9 held, 2 undecided, 5 not tried, 12 not applicable`.
    pub(super) fn sentence(&self) -> String {
        let counts = [
            (self.broken, "broken"),
            (self.held, "held"),
            (self.undecided, "undecided"),
            (self.not_tried, "not tried"),
            (self.not_applicable, "not applicable"),
        ];
        counts.map(|(count, word)| format!("{count} {word}")).join(", ")
    }

    pub(super) fn add(&mut self, outcome: CoverageOutcome) {
        let count = match outcome {
            CoverageOutcome::Broken => &mut self.broken,
            CoverageOutcome::Held => &mut self.held,
            CoverageOutcome::Undecided => &mut self.undecided,
            CoverageOutcome::NotTried => &mut self.not_tried,
            CoverageOutcome::NotApplicable => &mut self.not_applicable,
        };
        *count += 1;
    }

    /// Returns how often a verdict is still owed.
    pub(super) fn open(&self) -> usize {
        self.undecided + self.not_tried
    }
}

/// Checks by what they broke, then by what they could not tell, then by id.
pub(super) fn by_check(coverage: &[CoverageRow]) -> Vec<(&str, Outcomes)> {
    let mut checks: BTreeMap<&str, Outcomes> = BTreeMap::new();
    for row in coverage {
        checks.entry(&row.check).or_default().add(row.outcome);
    }
    let mut checks: Vec<_> = checks.into_iter().collect();
    // The sort is stable: among equals the order by id stays.
    checks.sort_by_key(|(_, outcomes)| Reverse((outcomes.broken, outcomes.tested() > 0, outcomes.undecided)));
    checks
}

/// Why there is no verdict, with how often, most frequent first.
pub(super) fn count_reasons(coverage: &[CoverageRow], outcome: CoverageOutcome) -> Vec<(&str, usize)> {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for row in coverage.iter().filter(|row| row.outcome == outcome) {
        *reasons.entry(&row.because).or_default() += 1;
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| Reverse(*count));
    reasons
}

/// Returns `grade B`, or why there is none in one word.
pub(super) fn format_grade(report: &Report) -> String {
    match &report.score.grade {
        Some(grade) => format!("grade {grade}"),
        None if report.score.withheld == Some(Withheld::Incomplete) => "incomplete".to_owned(),
        None => "no grade".to_owned(),
    }
}

/// `52/100`, or a dash.
pub(super) fn format_points(report: &Report) -> String {
    report.score.value.map_or_else(|| "–".to_owned(), |value| format!("{value}/100"))
}

/// Whole percent, rounded down: 99.9 % is not all.
pub(super) fn format_percent(share: f64) -> String {
    // 0.29 * 100 is a little less than 29: without the addend a whole percent would be lost.
    format!("{} %", (share.clamp(0.0, 1.0) * 100.0 + 1e-9).floor())
}

/// What the reader must know before anything else; `None` for a complete scan.
pub(super) fn scan_warning(report: &Report) -> Option<(&'static str, String)> {
    let because = untrusted_reason(&report.scan, Face::CommandLine);
    match report.scan.status {
        Status::Complete => None,
        Status::Planned => Some(("Dry run", "nothing was sent; this is what a scan would do".to_owned())),
        Status::Running => Some(("Still running", "this is what is known so far".to_owned())),
        Status::Interrupted => {
            Some(("Interrupted", because.unwrap_or_else(|| "this is what was found until then".to_owned())))
        }
        alarm => {
            let headline = match alarm {
                Status::Harm => "THE SCAN DID HARM",
                Status::TargetDied => "THE TARGET DIED",
                Status::Budget => "INCOMPLETE",
                _ => "NOTHING MAY BE CONCLUDED",
            };

            Some((headline, because.unwrap_or_else(|| alarm.alarm().to_owned())))
        }
    }
}
