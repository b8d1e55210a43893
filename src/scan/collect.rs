//! Merges drafts with one cause into one finding, and verdicts into coverage and next steps.

use std::collections::{BTreeMap, BTreeSet};

use super::run::ScanInput;
use super::{convert, fingerprint, operation_ref};
use crate::checks::{Check, find};
use crate::model::{CheckId, Confidence, Draft, OperationId, Severity, Verdict, clean};
use crate::report::{CoverageOutcome, CoverageRow, Finding, NextStep};

/// Most next steps that are told.
const MAX_STEPS: usize = 6;

/// What the verdicts come to.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) findings: Vec<Finding>,
    pub(super) coverage: Vec<CoverageRow>,
    pub(super) next_steps: Vec<NextStep>,
}

/// Collects all verdicts in document order.
pub(super) fn collect(input: &ScanInput<'_>, verdicts: &BTreeMap<(OperationId, CheckId), Verdict>) -> Collected {
    let mut causes: BTreeMap<(&'static str, String), Vec<&Draft>> = BTreeMap::new();
    let mut coverage = Vec::new();
    let mut helps: BTreeMap<String, BTreeSet<&OperationId>> = BTreeMap::new();
    for operation in &input.api.operations {
        let id = &operation.id;
        for check in input.checks.iter().map(|check| check.meta().id) {
            let Some(verdict) = verdicts.get(&(id.clone(), CheckId::from(check))) else { continue };
            let (outcome, because, help) = outcome(verdict);
            if let Some(help) = help {
                helps.entry(help).or_default().insert(id);
            }
            if let Verdict::Broken(drafts) = verdict {
                for draft in drafts {
                    causes.entry((check, draft.cause.clone())).or_default().push(draft);
                }
            }
            let because = input.probe.redactor().text(&clean(&because, 300));
            coverage.push(CoverageRow { operation: operation_ref(id), check: check.to_owned(), outcome, because });
        }
    }
    let mut findings: Vec<Finding> =
        causes.into_iter().filter_map(|((check, cause), drafts)| finding(input, check, &cause, drafts)).collect();
    findings.sort_by(|a, b| {
        let weight = |finding: &Finding| (finding.severity, finding.confidence);
        let place =
            |finding: &Finding| (finding.operation.path.clone(), finding.operation.method, finding.check.clone());
        weight(b).cmp(&weight(a)).then_with(|| place(a).cmp(&place(b)))
    });
    Collected { findings, coverage, next_steps: steps(helps) }
}

fn outcome(verdict: &Verdict) -> (CoverageOutcome, String, Option<String>) {
    match verdict {
        Verdict::Held(because) => (CoverageOutcome::Held, because.clone(), None),
        Verdict::Broken(drafts) => {
            let claim = drafts.first().map(|draft| draft.claim.clone()).unwrap_or_default();
            (CoverageOutcome::Broken, claim, None)
        }
        Verdict::Inconclusive(why) => (CoverageOutcome::Inconclusive, why.because.clone(), why.help.clone()),
        Verdict::Skipped(why) => (CoverageOutcome::Skipped, why.because.clone(), why.help.clone()),
    }
}

/// The surest draft stands for all of one cause; the operations of the others are listed with it.
fn finding(input: &ScanInput<'_>, check: &'static str, cause: &str, drafts: Vec<&Draft>) -> Option<Finding> {
    let check: &'static dyn Check = find(check)?;
    let mut best = *drafts.first()?;
    for draft in &drafts {
        // The first of the surest, in document order, so that it is the same one in every scan.
        if draft.confidence() > best.confidence() {
            best = draft;
        }
    }
    let mut seen = BTreeSet::from([best.operation.clone()]);
    let also: Vec<&OperationId> =
        drafts.iter().map(|draft| &draft.operation).filter(|id| seen.insert((*id).clone())).collect();
    let id = fingerprint(&input.api.title, check.meta().id, cause);
    Some(convert::finding(input, check.meta(), id, best, &also))
}

fn steps(helps: BTreeMap<String, BTreeSet<&OperationId>>) -> Vec<NextStep> {
    let mut steps: Vec<NextStep> =
        helps.into_iter().map(|(action, ids)| NextStep { action, operations: ids.len() as u64 }).collect();
    steps.sort_by(|a, b| b.operations.cmp(&a.operations).then_with(|| a.action.cmp(&b.action)));
    steps.truncate(MAX_STEPS);
    steps
}

/// Observations have no harm of their own: they are never worse than info.
pub(super) fn severity(meta: &crate::checks::Meta, draft: &Draft) -> Severity {
    match draft.confidence() {
        Confidence::Observation => Severity::Info,
        _ => draft.severity.unwrap_or(meta.severity),
    }
}
