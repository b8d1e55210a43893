//! Merges drafts with one cause into one finding, and verdicts into coverage and next steps.

use std::collections::{BTreeMap, BTreeSet};

use super::run::ScanInput;
use super::{convert, fingerprint, operation_ref};
use crate::checks::{Check, find};
use crate::model::{CheckId, Confidence, Draft, Exchange, OperationId, Outcome, Severity, Silence, Verdict, clean};
use crate::report::{CoverageOutcome, CoverageRow, ExchangeBrief, Finding, HeldProofInfo, NextStep};

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
            let step = verdict.silence().and_then(Silence::help).map(str::to_owned);
            if let Some(step) = &step {
                helps.entry(step.clone()).or_default().insert(id);
            }
            if let Verdict::Broken(drafts) = verdict {
                for draft in drafts {
                    causes.entry((check, draft.cause.clone())).or_default().push(draft);
                }
            }
            coverage.push(row(input, id, check, verdict));
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

/// One row of the coverage: what a check came to, and what it rests on.
fn row(input: &ScanInput<'_>, operation: &OperationId, check: &str, verdict: &Verdict) -> CoverageRow {
    let redact = |text: &str| input.probe.redactor().text(&clean(text, 300));
    let claim = verdict.drafts().first().map(|draft| draft.claim.as_str());
    let silence = verdict.silence();
    CoverageRow {
        operation: operation_ref(operation),
        check: check.to_owned(),
        outcome: outcome(verdict),
        because: redact(claim.or(silence.map(Silence::because)).unwrap_or_default()),
        step: silence.and_then(Silence::help).map(redact),
        see: match silence {
            Some(Silence::SeeOther { check, .. }) => Some((*check).to_owned()),
            _ => None,
        },
        proof: match silence {
            Some(Silence::Held(proof)) => {
                Some(HeldProofInfo { attack: brief(proof.attack()), control: brief(proof.control()) })
            }
            _ => None,
        },
    }
}

fn outcome(verdict: &Verdict) -> CoverageOutcome {
    match verdict {
        Verdict::Broken(_) => CoverageOutcome::Broken,
        Verdict::Silent(Silence::Held(_)) => CoverageOutcome::Held,
        Verdict::Silent(Silence::Undecided(_)) => CoverageOutcome::Undecided,
        Verdict::Silent(Silence::NotTried(_)) => CoverageOutcome::NotTried,
        Verdict::Silent(Silence::NotApplicable(_) | Silence::SeeOther { .. }) => CoverageOutcome::NotApplicable,
    }
}

fn brief(exchange: &Exchange) -> ExchangeBrief {
    let status = match &exchange.outcome {
        Outcome::Response(response) => Some(response.status),
        _ => None,
    };
    ExchangeBrief {
        identity: exchange.identity.clone(),
        method: exchange.request.method.clone(),
        url: clean(&exchange.request.url, 300),
        status,
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
