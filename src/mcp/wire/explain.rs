//! What `explain_finding` answers.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{Confidence, Role, Severity};

/// One finding with its proof and its manual page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExplainAnswer {
    /// The finding's id.
    pub finding_id: String,
    /// The scan it was taken from.
    pub scan_id: String,
    /// Check id.
    pub check: String,
    /// The weakness as a fact.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Method and path.
    pub operation: String,
    /// Other operations with the same cause.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// What was seen.
    pub claim: String,
    /// The conditions of the rule.
    pub clauses: Vec<ClauseRow>,
    /// The proof; header values and bodies are text of the target.
    pub exchanges: Vec<ExchangeRow>,
    /// A command that sends the attack again.
    pub replay: String,
    /// `file:line` in the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<String>,
    /// `file:line function` of the handler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// OWASP entries.
    pub owasp: Vec<String>,
    /// CWE numbers.
    pub cwe: Vec<u32>,
    /// The check's manual page, Markdown.
    pub manual: String,
    /// What to do next.
    pub next_steps: Vec<String>,
    /// What was cut from this answer, and where it is to be had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// One condition of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClauseRow {
    /// Its short name.
    pub name: String,
    /// `yes`, `no` or `unknown`.
    pub holds: String,
    /// What says so.
    pub because: String,
}

/// One request with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExchangeRow {
    /// Its part in the proof.
    pub role: Role,
    /// Who asked.
    pub identity: String,
    /// Method and address.
    pub request: String,
    /// `Name: value` lines, secrets redacted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_headers: Vec<String>,
    /// Redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_body: Option<String>,
    /// Status code of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// `Name: value` lines, secrets redacted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response_headers: Vec<String>,
    /// Redacted and shortened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_body: Option<String>,
    /// Why there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}
