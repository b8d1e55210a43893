//! From observations to a verdict: clauses that hold or do not, and the confidence that follows from them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::access::AccessClaim;
use super::exchange::Exchange;
use super::ids::OperationId;
use super::severity::Severity;

/// How sure a finding is. Ordered: `Confirmed` is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A fact without a claim of harm.
    Observation,
    /// Some clause of the rule is missing; the finding says which.
    Suspected,
    /// Every clause holds, controls included, and the attack gave the same twice.
    Confirmed,
}

impl Confidence {
    /// The lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observation => "observation",
            Self::Suspected => "suspected",
            Self::Confirmed => "confirmed",
        }
    }
}

/// One condition of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Short name: `intruder-sees-marker`.
    pub name: &'static str,
    /// Whether it holds; `None` when it could not be told.
    pub holds: Option<bool>,
    /// What was seen that says so.
    pub because: String,
}

/// What an exchange shows within a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The request that should have been refused.
    Attack,
    /// The rightful request.
    Baseline,
    /// A request whose answer rules out an innocent explanation.
    Control,
    /// The owner looking at the result.
    Readback,
}

impl Role {
    /// Returns the name as reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attack => "attack",
            Self::Baseline => "baseline",
            Self::Control => "control",
            Self::Readback => "readback",
        }
    }
}

/// An exchange with its part in the proof.
#[derive(Debug, Clone)]
pub struct EvidenceItem {
    /// Its part.
    pub role: Role,
    /// The exchange.
    pub exchange: Arc<Exchange>,
}

/// A finding before its causes are merged.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The operation it shows on.
    pub operation: OperationId,
    /// Where in the request or answer: `path:invoice_id`, `header:Authorization`, `body:/password`.
    pub site: String,
    /// Findings of one check with the same cause are one finding.
    pub cause: String,
    /// The weakness as one sentence about what was seen.
    pub claim: String,
    /// Overrides the check's usual severity.
    pub severity: Option<Severity>,
    /// The conditions of the rule.
    pub clauses: Vec<Clause>,
    /// The exchanges that show them.
    pub exchanges: Vec<EvidenceItem>,
    /// A fact without a claim of harm.
    pub observation: bool,
    /// Whose object was reached by whom, where that decides whether it is a weakness: judged from all facts of the scan.
    pub access: Option<AccessClaim>,
}

impl Draft {
    /// Computed from the clauses, never chosen: confirmed when all hold and there are an attack and a control.
    pub fn confidence(&self) -> Confidence {
        if self.observation {
            return Confidence::Observation;
        }
        // `all` holds for no clause at all, and a rule without clauses proves nothing.
        let complete = !self.clauses.is_empty() && self.clauses.iter().all(|clause| clause.holds == Some(true));
        let shown = |role| self.exchanges.iter().any(|item| item.role == role);

        // Without a rightful request beside it, the answer to the attack may be what any request gets.
        if complete && shown(Role::Attack) && (shown(Role::Control) || shown(Role::Baseline)) {
            Confidence::Confirmed
        } else {
            Confidence::Suspected
        }
    }
}
