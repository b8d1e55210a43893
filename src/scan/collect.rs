//! Merges drafts with one cause into one finding, and verdicts into coverage and next steps: at the end, and now and then
//! before it.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::run::ScanInput;
use super::settle::settle_claims;
use super::so_far::{Board, SoFar};
use super::steps::{Done, Steps};
use super::{convert, finding_fingerprint, operation_ref, rebuild};
use crate::act::Maker;
use crate::checks::{Check, CheckCx, find_check};
use crate::model::{
    CheckId, Confidence, Draft, Exchange, OperationId, Outcome, Severity, Silence, Step, Verdict, clean_text,
};
use crate::report::{CoverageOutcome, CoverageRow, ExchangeBrief, Finding, HeldProofInfo, NextStep};

/// Nothing is told more often.
const PERIOD: Duration = Duration::from_secs(1);
/// Nothing is told before: checks that are over so soon are not slowed down at all.
const FIRST: Duration = Duration::from_millis(200);
/// Putting it together may take one part in so many of the scan's time.
const SHARE: u32 = 50;

/// What the verdicts come to.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) findings: Vec<Finding>,
    pub(super) coverage: Vec<CoverageRow>,
    pub(super) next_steps: Vec<NextStep>,
}

impl Collected {
    /// Adds a finding that no check came to.
    pub(super) fn add(&mut self, finding: Finding, row: CoverageRow) {
        self.findings.push(finding);
        sort_findings(&mut self.findings);
        self.coverage.push(row);
    }
}

/// The worst and surest first, then by place.
fn sort_findings(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let weight = |finding: &Finding| (finding.severity, finding.confidence);
        let place =
            |finding: &Finding| (finding.operation.path.clone(), finding.operation.method, finding.check.clone());
        weight(b).cmp(&weight(a)).then_with(|| place(a).cmp(&place(b)))
    });
}

/// What is looked at to tell it.
pub(super) struct SeenSoFar<'a> {
    pub(super) input: &'a ScanInput<'a>,
    pub(super) cx: &'a CheckCx<'a>,
    pub(super) maker: &'a Maker<'a>,
    pub(super) board: &'a Board,
}

/// Tells what there is whenever something is new, until it is dropped.
pub(super) async fn tell_so_far(seen: SeenSoFar<'_>) -> Infallible {
    let Some(told) = seen.input.so_far else { return pending().await };
    let mut pause = FIRST;

    loop {
        tokio::time::sleep(pause).await;
        seen.board.changed.notified().await;
        let began = Instant::now();
        told.send_replace(Arc::new(collect_so_far(&seen)));
        pause = PERIOD.max(began.elapsed() * SHARE);
    }
}

fn collect_so_far(seen: &SeenSoFar<'_>) -> SoFar {
    let mut verdicts = seen.board.verdicts();
    // A claim that what was seen until now settles as meant is no finding, and must not be shown as one meanwhile.
    settle_claims(&seen.cx.access.model(), &mut verdicts);
    let done = Done::new(seen.input, seen.cx.survey, seen.maker);
    let Collected { findings, coverage, .. } = collect_verdicts(seen.input, &verdicts, &done);
    SoFar {
        rebuild: rebuild::collect_rebuild(seen.input, seen.maker, &findings),
        identities: convert::identity_infos(seen.cx.survey),
        findings,
        coverage,
    }
}

/// Collects all verdicts in document order.
pub(super) fn collect_verdicts(
    input: &ScanInput<'_>,
    verdicts: &BTreeMap<(OperationId, CheckId), Verdict>,
    done: &Done<'_>,
) -> Collected {
    let mut causes: BTreeMap<(&'static str, String), Vec<&Draft>> = BTreeMap::new();
    let mut coverage = Vec::new();
    let mut steps = Steps::default();

    for operation in &input.api.operations {
        let id = &operation.id;
        for check in input.checks.iter().map(|check| check.meta().id) {
            let Some(verdict) = verdicts.get(&(id.clone(), CheckId::from(check))) else { continue };
            let step = next_step(input, id, verdict, done);

            if let Some(step) = &step {
                steps.add(step.clone(), id);
            }
            if let Verdict::Broken(drafts) = verdict {
                // One cause may show on many operations, and is mended once: it is one finding.
                for draft in drafts {
                    causes.entry((check, draft.cause.clone())).or_default().push(draft);
                }
            }
            coverage.push(CoverageRow { step, ..coverage_row(input, id, check, verdict) });
        }
    }

    let mut findings: Vec<Finding> =
        causes.into_iter().filter_map(|((check, cause), drafts)| build_finding(input, check, &cause, drafts)).collect();
    sort_findings(&mut findings);
    Collected { findings, coverage, next_steps: steps.most_useful() }
}

/// What would open a pair of check and operation, where something is left to do.
fn next_step(input: &ScanInput<'_>, operation: &OperationId, verdict: &Verdict, done: &Done<'_>) -> Option<Step> {
    let help = verdict.silence().and_then(Silence::help)?;
    let step = done.remaining(Step::of(help), operation)?;

    // A step names parameters and quotes answers of the target.
    Some(Step::of(&input.probe.redactor().line(&step.to_string(), 400)))
}

/// One row of the coverage: what a check came to, and what it rests on.
fn coverage_row(input: &ScanInput<'_>, operation: &OperationId, check: &str, verdict: &Verdict) -> CoverageRow {
    let redact = |text: &str| input.probe.redactor().line(text, 300);
    let claim = verdict.drafts().first().map(|draft| draft.claim.as_str());
    let silence = verdict.silence();
    CoverageRow {
        operation: operation_ref(operation),
        check: check.to_owned(),
        outcome: coverage_outcome(verdict),
        because: match claim {
            Some(claim) if is_note(verdict) => redact(&format!("noted without a claim of harm: {claim}")),
            Some(claim) => redact(claim),
            None => redact(silence.map(Silence::because).unwrap_or_default()),
        },
        step: None,
        see: match silence {
            Some(Silence::SeeOther { check, .. }) => Some((*check).to_owned()),
            _ => None,
        },
        proof: match silence {
            Some(Silence::Held(proof)) => {
                Some(HeldProofInfo { attack: brief_exchange(proof.attack()), control: brief_exchange(proof.control()) })
            }
            _ => None,
        },
    }
}

fn coverage_outcome(verdict: &Verdict) -> CoverageOutcome {
    match verdict {
        // What is meant to be so, by the user's word, is nothing to test.
        Verdict::Broken(drafts) if drafts.iter().any(is_stated) && is_note(verdict) => CoverageOutcome::NotApplicable,
        Verdict::Broken(_) if is_note(verdict) => CoverageOutcome::Undecided,
        Verdict::Broken(_) => CoverageOutcome::Broken,
        Verdict::Silent(Silence::Held(_)) => CoverageOutcome::Held,
        Verdict::Silent(Silence::Undecided(_)) => CoverageOutcome::Undecided,
        Verdict::Silent(Silence::NotTried(_)) => CoverageOutcome::NotTried,
        // Public content, and what another check reports, are no gaps in what was tested.
        Verdict::Silent(Silence::NotApplicable(_) | Silence::Open(_) | Silence::SeeOther { .. }) => {
            CoverageOutcome::NotApplicable
        }
    }
}

/// Returns true where all that a check has to say is a fact: that shows no rule broken and none held.
fn is_note(verdict: &Verdict) -> bool {
    let drafts = verdict.drafts();
    !drafts.is_empty() && drafts.iter().all(|draft| draft.confidence() == Confidence::Observation)
}

/// Returns true for what the access model made a note, since it is stated to be meant.
fn is_stated(draft: &Draft) -> bool {
    draft.access.is_some()
}

fn brief_exchange(exchange: &Exchange) -> ExchangeBrief {
    let status = match &exchange.outcome {
        Outcome::Response(response) => Some(response.status),
        _ => None,
    };
    ExchangeBrief {
        identity: exchange.identity.clone(),
        method: exchange.request.method.clone(),
        url: clean_text(&exchange.request.url, 300),
        status,
    }
}

/// The surest draft stands for all of one cause; the operations of the others are listed with it.
fn build_finding(input: &ScanInput<'_>, check: &'static str, cause: &str, drafts: Vec<&Draft>) -> Option<Finding> {
    let check: &'static dyn Check = find_check(check)?;
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
    let id = finding_fingerprint(&input.api.title, check.meta().id, cause);
    Some(convert::finding_from_draft(input, check.meta(), id, best, &also))
}

/// Observations have no harm of their own: they are never worse than info.
pub(super) fn effective_severity(meta: &crate::checks::Meta, draft: &Draft) -> Severity {
    match draft.confidence() {
        Confidence::Observation => Severity::Info,
        _ => draft.severity.unwrap_or(meta.severity),
    }
}
