//! Collects the clauses and exchanges of a proof.

use std::sync::Arc;

use crate::act::Acting;
use crate::model::{Clause, Draft, EvidenceItem, Inconclusive, OperationId, Outcome, Role, Severity, Verdict};
use crate::probe::{Answer, SendError};
use crate::survey::Surveyed;

/// A proof in the making.
#[derive(Debug, Default)]
pub(crate) struct Proof {
    clauses: Vec<Clause>,
    exchanges: Vec<EvidenceItem>,
}

/// What a proof is of.
#[derive(Debug)]
pub(crate) struct Finding<'a> {
    pub(crate) site: String,
    pub(crate) cause: String,
    pub(crate) claim: String,
    pub(crate) severity: Option<Severity>,
    pub(crate) surveyed: &'a dyn Concerns,
}

/// What a finding can be about.
pub(crate) trait Concerns: std::fmt::Debug {
    /// The operation.
    fn operation(&self) -> &OperationId;
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

impl Proof {
    /// Adds a condition that was looked at.
    pub(crate) fn clause(&mut self, name: &'static str, holds: bool, because: impl Into<String>) -> &mut Self {
        self.clauses.push(Clause { name, holds: Some(holds), because: because.into() });
        self
    }

    /// Adds a condition that could not be told.
    pub(crate) fn open(&mut self, name: &'static str, because: impl Into<String>) -> &mut Self {
        self.clauses.push(Clause { name, holds: None, because: because.into() });
        self
    }

    /// Adds an exchange.
    pub(crate) fn show(&mut self, role: Role, answer: &Answer) -> &mut Self {
        let known = self.exchanges.iter().any(|item| item.exchange.id == answer.exchange.id && item.role == role);
        if !known {
            self.exchanges.push(EvidenceItem { role, exchange: Arc::clone(&answer.exchange) });
        }
        self
    }

    /// Adds an exchange without the answer's body, which repeats what must not be shown a second time.
    pub(crate) fn withhold(&mut self, role: Role, answer: &Answer) -> &mut Self {
        let mut exchange = (*answer.exchange).clone();
        if let Outcome::Response(response) = &mut exchange.outcome {
            response.body = format!("[{} bytes are not shown: a model may repeat what is secret]", response.body_bytes);
        }
        if !self.exchanges.iter().any(|item| item.exchange.id == exchange.id && item.role == role) {
            self.exchanges.push(EvidenceItem { role, exchange: Arc::new(exchange) });
        }
        self
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
        if !self.exchanges.iter().any(|item| item.exchange.id == exchange.id && item.role == role) {
            self.exchanges.push(EvidenceItem { role, exchange: Arc::new(exchange) });
        }
        self
    }

    /// The finding that this proves.
    pub(crate) fn draft(mut self, finding: Finding<'_>) -> Draft {
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
        }
    }

    /// The verdict that it is broken.
    pub(crate) fn broken(self, finding: Finding<'_>) -> Verdict {
        Verdict::Broken(vec![self.draft(finding)])
    }

    /// The same as a mere fact.
    pub(crate) fn observed(self, finding: Finding<'_>) -> Verdict {
        Verdict::Broken(vec![self.observation(finding)])
    }

    /// A mere fact, where there may be several.
    pub(crate) fn observation(self, finding: Finding<'_>) -> Draft {
        Draft { observation: true, ..self.draft(finding) }
    }
}

/// The status of an answer for sentences; `none` where there was no answer.
pub(crate) fn status(answer: &Answer) -> String {
    answer.status().map_or_else(|| "none".to_owned(), |status| status.to_string())
}

/// The rule holds.
pub(crate) fn held(because: impl Into<String>) -> Verdict {
    Verdict::Held(because.into())
}

/// How the reasons begin for which a rule holds though no attack was refused: the question does not arise.
const MOOT: &[&str] =
    &["public", "shared", "any signature", "any token", "the route does not ask", "anonymous callers are"];

/// Whether a rule was said to hold because its question does not arise, and not because an attack failed.
pub fn is_moot(because: &str) -> bool {
    MOOT.iter().any(|start| because.starts_with(start)) || because.contains(": see ")
}

/// Nothing can be said.
pub(crate) fn inconclusive(because: impl Into<String>, help: Option<&str>) -> Verdict {
    Verdict::Inconclusive(Inconclusive { because: because.into(), help: help.map(str::to_owned) })
}

/// Not tried, and what would change that.
pub(crate) fn skipped(because: impl Into<String>, help: Option<&str>) -> Verdict {
    Verdict::Skipped(Inconclusive { because: because.into(), help: help.map(str::to_owned) })
}

/// A request could not be sent: no verdict.
pub(crate) fn unsent(error: &SendError) -> Verdict {
    inconclusive(error.to_string(), None)
}
