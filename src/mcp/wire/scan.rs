//! What `scan_api` answers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::app::RecheckOutcome;
use crate::model::{Confidence, Mode, Severity};
use crate::report::{CoverageOutcome, FindingStatus, Status};

/// Findings by severity, then by confidence; combinations that do not occur are absent.
pub type Counts = BTreeMap<Severity, BTreeMap<Confidence, u64>>;

/// The state of a scan in the fewest words that let a model decide what to do next.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ScanAnswer {
    /// The handle of the scan.
    pub scan_id: String,
    /// How far it is.
    pub status: Status,
    /// Why nothing may be concluded, with what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untrusted_because: Option<String>,
    /// Where requests went; absent while the scan runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// How much the scan was allowed to do; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// What it is at, while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Requests sent.
    pub requests: u64,
    /// Absent while the scan runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<ScoreRow>,
    /// Findings that count: neither suppressed nor fixed.
    pub findings_total: u64,
    /// How many of them no earlier scan had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings_new: Option<u64>,
    /// The same by severity and confidence.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, BTreeMap<String, u64>>")]
    pub counts: Counts,
    /// This page of the findings, worst first.
    pub findings: Vec<FindingRow>,
    /// Where the next page starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// What a recheck came to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recheck: Vec<RecheckAnswer>,
    /// What a dry run would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanSummary>,
    /// How far the scan came, and on lines of their own what holds most operations back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reach: Option<String>,
    /// Pairs of check and operation by outcome.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub coverage: Vec<CoverageSummary>,
    /// What of the document could not be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_issues: Option<Issues>,
    /// Who may reach which kind of object, as the routes that keep to it show.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policy: Vec<PolicyLine>,
    /// What only the user can answer; to be put to them once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<QuestionLine>,
    /// What the scan wrote to the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes: Option<Writes>,
    /// Caps that bit and whatever else the reader should know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next_steps: Vec<String>,
    /// The whole report, in Markdown, as a resource.
    pub report_uri: String,
    /// What was cut from this answer, and where it is to be had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// The score.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ScoreRow {
    /// 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<u32>,
    /// A to F.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// Of the operations to which some check applies, the part that was tested (broken or held), 0 to 1.
    pub coverage: f64,
    /// Why there is no grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withheld_because: Option<String>,
}

/// One finding in a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FindingRow {
    /// Its id, for the other tools.
    pub id: String,
    /// Check id.
    pub check: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Method and path.
    pub operation: String,
    /// How many more operations have the same cause.
    #[serde(skip_serializing_if = "is_zero")]
    pub also: u64,
    /// How many more observations of the same check this row stands for.
    #[serde(skip_serializing_if = "is_zero")]
    pub merged: u64,
    /// What was seen.
    pub claim: String,
    /// `file:line function` of the handler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// `file:line` in the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<String>,
    /// Against earlier scans.
    /// Left out where all findings have the same: `findings_new` says which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<FindingStatus>,
}

/// What a recheck came to for one finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "RecheckRow")]
pub struct RecheckAnswer {
    /// The finding.
    pub finding_id: String,
    /// What came of it.
    pub outcome: RecheckOutcome,
    /// What was seen.
    pub because: String,
}

/// What a dry run would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanSummary {
    /// Operations that would be asked.
    pub operations: u64,
    /// Operations that would be passed over.
    pub skipped: u64,
    /// The most requests in all.
    pub max_requests: u64,
    /// The costliest operations first.
    pub rows: Vec<PlannedRow>,
    /// Why operations would be asked, the commonest reason first.
    pub asked_because: Vec<PlannedReason>,
    /// Why operations would not be asked, the commonest reason first.
    pub skipped_because: Vec<PlannedReason>,
}

/// A reason of a dry run, with the first operations that share it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlannedReason {
    /// Why.
    pub because: String,
    /// How many operations share it.
    pub count: u64,
    /// The first of them.
    pub operations: Vec<String>,
}

/// What a dry run would do with one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlannedRow {
    /// Method and path.
    pub operation: String,
    /// Checks that apply.
    pub checks: u64,
    /// The most requests.
    pub max_requests: u64,
}

/// One outcome of the coverage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CoverageSummary {
    /// The outcome.
    pub outcome: CoverageOutcome,
    /// Pairs of check and operation.
    pub count: u64,
    /// The most frequent reasons.
    pub reasons: Vec<Reason>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reason {
    /// Why.
    pub because: String,
    /// How often.
    pub count: u64,
}

/// Who may reach one kind of object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PolicyLine {
    /// The kind; `user (email, phone)` where it is about some of its fields alone.
    pub resource: String,
    /// `public`, `signed-in`, `group`, `owner` or `role:NAME`.
    pub policy: String,
    /// What it rests on.
    pub rests_on: Vec<String>,
    /// The routes that break it.
    pub broken_by: Vec<String>,
}

/// What only the user can answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QuestionLine {
    /// The route or kind of object.
    pub about: String,
    /// One sentence.
    pub question: String,
    /// The lines of routewarden.toml that answer it.
    pub answer_with: String,
}

/// What of the document could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Issues {
    /// How many.
    pub count: u64,
    /// The first ones.
    pub first: Vec<String>,
}

/// What the scan wrote to the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Writes {
    /// How many.
    pub count: u64,
    /// How many could not be undone.
    pub not_undone: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}
