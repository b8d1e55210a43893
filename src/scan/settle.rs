//! After the checks: claims of access are judged together from all facts, and each verdict is what its rulings make it.

use std::collections::BTreeMap;

use crate::access::{AccessModel, Ruling, Settled, judge_claims, question_for_claim};
use crate::model::{
    ANONYMOUS, AccessClaim, CheckId, Clause, Confidence, Draft, EvidenceItem, OperationId, Role, Silence, Verdict,
};
use crate::survey::link_word;

/// Verdicts by operation and check.
pub(super) type Verdicts = BTreeMap<(OperationId, CheckId), Verdict>;

/// What settling came to: the claims in order, and their rulings.
pub(super) struct Judgement {
    pub(super) claims: Vec<AccessClaim>,
    pub(super) settled: Settled,
}

/// Judges the claims of all verdicts, and rewrites the verdicts by it.
pub(super) fn settle_claims(model: &AccessModel<'_>, verdicts: &mut Verdicts) -> Judgement {
    let claims: Vec<AccessClaim> =
        verdicts.values().flat_map(Verdict::drafts).filter_map(|draft| draft.access.clone()).collect();
    let settled = judge_claims(model, &claims);
    // Rulings come in the order of the claims, and claims in that of the verdicts: both are walked side by side.
    let mut rulings = settled.rulings.iter();
    let mut open: Vec<(OperationId, Draft)> = Vec::new();

    for ((operation, _), verdict) in verdicts.iter_mut() {
        let Verdict::Broken(drafts) = verdict else { continue };
        let mut judged = Vec::new();

        for draft in std::mem::take(drafts) {
            let Some(claim) = draft.access.clone() else {
                judged.push(Ok(draft));
                continue;
            };
            match rule_on(draft, &claim, rulings.next()) {
                // What callers without a credential are shown is one weakness, whoever else is shown it.
                Ok(draft) if claim.open => {
                    open.push((operation.clone(), draft));
                    let because = "callers without a credential get it too".to_owned();
                    judged.push(Err(Silence::SeeOther { check: MISSING, because }));
                }
                ruled => judged.push(ruled),
            }
        }
        *verdict = best_of(judged);
    }

    for (operation, draft) in open {
        report_open(verdicts, operation, draft);
    }
    Judgement { claims, settled }
}

/// Lets the check of missing authentication report what the access model found to be open to callers without a
/// credential, unless it reports the route already.
fn report_open(verdicts: &mut Verdicts, operation: OperationId, draft: Draft) {
    let operation_path = operation.as_str().to_owned();
    let verdict = verdicts.entry((operation, CheckId::from(MISSING)));
    let verdict = verdict.or_insert_with(|| Verdict::Broken(Vec::new()));

    let path = operation_path.split(' ').next_back().unwrap_or_default();
    if verdict.drafts().is_empty() && link_word(path).is_none() {
        let claim = format!("callers without a credential are served too: {}", draft.claim);
        // The severity of the check that found it is dropped, so that the one that reports it gives its own.
        *verdict = Verdict::Broken(vec![Draft { claim, severity: None, ..draft }]);
    }
}

/// The check that reports what callers without a credential get.
const MISSING: &str = "authn/missing";

/// What a ruling makes of a draft.
fn rule_on(mut draft: Draft, claim: &AccessClaim, ruling: Option<&Ruling>) -> Result<Draft, Silence> {
    let Some(ruling) = ruling else { return Ok(draft) };
    let is_stranger = claim.caller == ANONYMOUS;
    let (name, shared) = match claim.verb.is_read() {
        true if is_stranger => ("data-is-private", "public content"),
        false if is_stranger => ("not-meant-for-strangers", "public"),
        _ => ("meant-for-owner", "shared"),
    };
    match ruling {
        Ruling::Broken { confirmed, because, control } => {
            let holds = Some(true).filter(|_| *confirmed);
            let because = if *confirmed { because.clone() } else { format!("{because}; {}", how_to_settle(claim)) };
            draft.clauses.push(Clause { name, holds, because });
            draft.exchanges.extend(control.clone().map(|exchange| EvidenceItem { role: Role::Control, exchange }));
            Ok(draft)
        }
        Ruling::Stated(because) => {
            draft.clauses.push(Clause { name, holds: Some(false), because: because.clone() });
            Ok(Draft { observation: true, ..draft })
        }
        Ruling::Open(because) => Err(Silence::open(format!("{shared}: {because}"))),
        Ruling::Undecided(because) | Ruling::Contested(because) => {
            Err(Silence::undecided(because.clone()).with_help(question_for_claim(claim).question))
        }
    }
}

fn how_to_settle(claim: &AccessClaim) -> String {
    format!("to settle it, answer: {}", question_for_claim(claim).question)
}

/// The surest of the drafts where there is one; else the silence that owes most.
fn best_of(judged: Vec<Result<Draft, Silence>>) -> Verdict {
    let mut drafts = Vec::new();
    let mut silence = None;

    for judgement in judged {
        match judgement {
            Ok(draft) => drafts.push(draft),
            // An open question comes before other reasons to be silent: it is the one that the user can answer.
            Err(found) if matches!(found, Silence::Undecided(_)) => silence = Some(found),
            Err(found) => silence = silence.or(Some(found)),
        }
    }

    let confirmed = |draft: &Draft| draft.confidence() == Confidence::Confirmed;
    // A confirmed draft makes mere suspicions of the same check superfluous.
    if drafts.iter().any(|draft| draft.access.is_some() && confirmed(draft)) {
        drafts.retain(|draft| draft.access.is_none() || confirmed(draft));
    }
    // Several pairs show one weakness.
    let mut has_claim = false;
    drafts.retain(|draft| draft.access.is_none() || !std::mem::replace(&mut has_claim, true));

    match silence {
        Some(silence) if drafts.is_empty() => Verdict::Silent(silence),
        _ => Verdict::Broken(drafts),
    }
}
