//! The rule core: a condition is looked at once, and is then a clause of the proof or ends the check with a silence.

use std::sync::Arc;

use crate::act::Acting;
pub(crate) use crate::model::ensure;
use crate::model::{
    AccessClaim, Clause, Draft, EvidenceItem, Exchange, Operation, OperationId, Outcome, Role, Severity, Silence,
};
use crate::probe::{Answer, SendError};
use crate::survey::{AnswerKind, Surveyed};

/// What a check came to: drafts of a weakness, or the silence that ended it.
pub(crate) type CheckResult = Result<Vec<Draft>, Silence>;

/// The conditions of a rule as they were looked at, with the exchanges that show them.
#[derive(Debug, Default)]
pub(crate) struct Rule {
    clauses: Vec<Clause>,
    exchanges: Vec<EvidenceItem>,
    claim: Option<AccessClaim>,
}

/// What a rule found to be broken.
#[derive(Debug)]
pub(crate) struct Violation<'a> {
    pub(crate) site: String,
    pub(crate) cause: String,
    pub(crate) claim: String,
    pub(crate) severity: Option<Severity>,
    pub(crate) surveyed: &'a dyn Concerns,
}

impl<'a> Violation<'a> {
    /// Returns a finding of the check's usual severity.
    pub(crate) fn of(
        surveyed: &'a dyn Concerns,
        site: impl Into<String>,
        cause: impl Into<String>,
        claim: impl Into<String>,
    ) -> Self {
        Self { site: site.into(), cause: cause.into(), claim: claim.into(), severity: None, surveyed }
    }
}

/// What a finding can be about.
pub(crate) trait Concerns: std::fmt::Debug {
    /// Returns the operation.
    fn operation(&self) -> &OperationId;
}

impl Concerns for Operation {
    fn operation(&self) -> &OperationId {
        &self.id
    }
}

impl Concerns for Surveyed {
    fn operation(&self) -> &OperationId {
        &self.operation.id
    }
}

impl Concerns for Acting {
    fn operation(&self) -> &OperationId {
        &self.operation.id
    }
}

impl Rule {
    /// Looks at a condition that the rule cannot do without: it becomes a clause where it holds, and ends the check with
    /// its silence where it does not. The clause is worded from what was found.
    pub(crate) fn need<T>(
        &mut self,
        name: &'static str,
        found: Result<T, Silence>,
        because: impl FnOnce(&T) -> String,
    ) -> Result<T, Silence> {
        let found = found?;
        self.clauses.push(Clause { name, holds: Some(true), because: because(&found) });
        Ok(found)
    }

    /// Adds a condition that may be missing: then the finding is suspected at most. `None` where it could not be judged.
    pub(crate) fn weigh(
        &mut self,
        name: &'static str,
        holds: impl Into<Option<bool>>,
        because: impl Into<String>,
    ) -> &mut Self {
        self.clauses.push(Clause { name, holds: holds.into(), because: because.into() });
        self
    }

    /// States whose object was reached: whether that was wrong is judged from all facts, when all checks are through.
    pub(crate) fn claim_access(&mut self, claim: AccessClaim) -> &mut Self {
        self.claim = Some(claim);
        self
    }

    /// Adds an exchange.
    pub(crate) fn show(&mut self, role: Role, answer: &Answer) -> &mut Self {
        self.push(role, Arc::clone(&answer.exchange))
    }

    /// Adds several exchanges of one part in the proof.
    pub(crate) fn show_all<'e>(&mut self, role: Role, answers: impl IntoIterator<Item = &'e Arc<Answer>>) -> &mut Self {
        for answer in answers {
            self.show(role, answer);
        }
        self
    }

    /// Adds an exchange without the answer's body, which repeats what must not be shown a second time.
    pub(crate) fn withhold(&mut self, role: Role, answer: &Answer) -> &mut Self {
        let mut exchange = (*answer.exchange).clone();
        if let Outcome::Response(response) = &mut exchange.outcome {
            response.body = format!("[{} bytes are not shown: a model may repeat what is secret]", response.body_bytes);
        }
        self.push(role, Arc::new(exchange))
    }

    /// Adds an exchange in which these texts of the answer's body are replaced: what the redactor does not know as
    /// sensitive, and the finding does.
    pub(crate) fn show_without(&mut self, role: Role, answer: &Answer, texts: &[String], label: &str) -> &mut Self {
        let mut exchange = (*answer.exchange).clone();
        if let Outcome::Response(response) = &mut exchange.outcome {
            for text in texts.iter().filter(|text| !text.is_empty()) {
                response.body = response.body.replace(text.as_str(), label);
            }
        }
        self.push(role, Arc::new(exchange))
    }

    /// Adds an exchange that is recorded already.
    pub(crate) fn show_exchange(&mut self, role: Role, exchange: &Arc<Exchange>) -> &mut Self {
        self.push(role, Arc::clone(exchange))
    }

    fn push(&mut self, role: Role, exchange: Arc<Exchange>) -> &mut Self {
        if !self.exchanges.iter().any(|item| item.exchange.id == exchange.id && item.role == role) {
            self.exchanges.push(EvidenceItem { role, exchange });
        }
        self
    }

    /// Returns the draft of the finding that this proves.
    pub(crate) fn draft(mut self, finding: Violation<'_>) -> Draft {
        // The attack first: it is what a reader looks for.
        self.exchanges.sort_by_key(|item| item.role);
        Draft {
            operation: finding.surveyed.operation().clone(),
            site: finding.site,
            cause: finding.cause,
            claim: finding.claim,
            severity: finding.severity,
            clauses: self.clauses,
            exchanges: self.exchanges,
            observation: false,
            access: self.claim,
        }
    }

    /// Returns that the rule is broken.
    pub(crate) fn found(self, finding: Violation<'_>) -> CheckResult {
        Ok(vec![self.draft(finding)])
    }

    /// Returns the draft of a fact without a claim of harm.
    pub(crate) fn observation(self, finding: Violation<'_>) -> Draft {
        Draft { observation: true, ..self.draft(finding) }
    }

    /// Returns one fact without a claim of harm.
    pub(crate) fn observed(self, finding: Violation<'_>) -> CheckResult {
        Ok(vec![self.observation(finding)])
    }
}

/// Passes where an attack was let through. A refusal is `Held` with the control that was served beside it; an answer
/// that says nothing is undecided.
pub(crate) fn let_through(reading: AnswerKind, attack: &Answer, control: &Answer, who: &str) -> Result<(), Silence> {
    match reading {
        AnswerKind::Data => Ok(()),
        AnswerKind::Refused(because) => Err(defence_held(attack, control, format!("{who} is refused: {because}"))),
        AnswerKind::NoData(because) => Err(Silence::undecided(because)),
    }
}

/// Returns `Held` for an attack that came to nothing while the control was served.
pub(crate) fn defence_held(attack: &Answer, control: &Answer, because: impl Into<String>) -> Silence {
    Silence::held(&attack.exchange, &control.exchange, because)
}

/// Returns `Held` for an attack that any answer withstands, such as a burst that is told to slow down.
pub(crate) fn attack_withstood(attack: &Answer, control: &Answer, because: impl Into<String>) -> Silence {
    Silence::withstood(&attack.exchange, &control.exchange, because)
}

/// Returns `Held` for an answer that was searched in vain.
pub(crate) fn nothing_found(answer: &Answer, because: impl Into<String>) -> Silence {
    Silence::searched(&answer.exchange, because)
}

/// Returns that another check reports the cause.
pub(crate) fn see_other(check: &'static str, because: impl Into<String>) -> Silence {
    Silence::SeeOther { check, because: because.into() }
}

/// Returns the status of an answer for sentences; `none` where there was no answer.
pub(crate) fn status_text(answer: &Answer) -> String {
    answer.status().map_or_else(|| "none".to_owned(), |status| status.to_string())
}

impl From<SendError> for Silence {
    fn from(error: SendError) -> Self {
        match error {
            // The request was never made.
            SendError::Died | SendError::Time(_) | SendError::Rationed(_) => Self::not_tried(error.to_string()),
            SendError::NotOwn(because) => Self::not_tried(because.to_string()).with_help(
                "let the scan make such an object itself, or mark an account that may be written to freely with \
                 `disposable = true` in routewarden.toml",
            ),
            error => Self::undecided(error.to_string()),
        }
    }
}

/// Returns what two trials of one operation come to: all that they found; else it is held only where each that applies is.
pub(crate) fn join_trials(one: CheckResult, other: CheckResult) -> CheckResult {
    match (one, other) {
        (Ok(mut drafts), Ok(more)) => {
            drafts.extend(more);
            Ok(drafts)
        }
        (Ok(drafts), Err(_)) | (Err(_), Ok(drafts)) => Ok(drafts),
        (Err(one), Err(Silence::NotApplicable(_))) => Err(one),
        (Err(Silence::NotApplicable(_) | Silence::Held(_)), Err(other)) => Err(other),
        (Err(one), Err(_)) => Err(one),
    }
}
