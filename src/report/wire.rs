//! The report of a scan as it is printed, stored and handed on: the JSON of the contract. Every text of the target in
//! it has been redacted and cleaned before it got here.

use std::collections::BTreeMap;

use super::policy_rows::{PolicyRow, Question};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation_ref::OperationRef;
use super::ownership::Ownership;
use super::reach::Reach;
use super::rebuild::Rebuild;
use super::written::Write;
use crate::model::{Confidence, HandlerPlace, Mode, Role, Severity, Step, clean_text};

/// The version of this format; a reader refuses a greater one and ignores fields it does not know.
pub const SCHEMA_VERSION: u32 = 2;

/// What one scan found, and what it did not look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Who wrote it.
    pub tool: Tool,
    /// The scan itself.
    pub scan: ScanInfo,
    /// What was fine before the scan and is not any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub harm: Vec<HarmRow>,
    /// The learnt policy of each kind of object.
    #[serde(default)]
    pub policy: Vec<PolicyRow>,
    /// What a person could answer to settle what the facts leave open.
    #[serde(default)]
    pub questions: Vec<Question>,
    /// Who gets what, route by route; absent where nothing was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownership: Option<Ownership>,
    /// The score, with its coverage.
    pub score: Score,
    /// Findings, worst first, then by path, method and check.
    pub findings: Vec<Finding>,
    /// One row per operation and check.
    pub coverage: Vec<CoverageRow>,
    /// How far the scan came with each operation; absent where nothing was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
    /// What of the document could not be used.
    pub document_issues: Vec<Issue>,
    /// What this scan wrote to the target.
    pub writes: Vec<Write>,
    /// What this scan would do; filled by a dry run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<PlanRow>,
    /// The few things that would make more operations testable, most useful first.
    #[serde(default)]
    pub next_steps: Vec<NextStep>,
    /// How the scan came by its own accounts and objects: what a repair and its regression test need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuild: Option<Rebuild>,
    /// Caps that bit, sessions that were renewed, names left out: whatever the reader should know.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A read that was fine before the scan wrote anything and is not any more, after it undid what it wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HarmRow {
    /// The read.
    pub operation: OperationRef,
    /// As whom it was asked.
    pub identity: String,
    /// What it was like.
    pub before: String,
    /// What it is like now, twice.
    pub now: String,
    /// The write that most likely did it: its operation, and who sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likely: Option<String>,
}

/// The program that wrote a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `routewarden`
    pub name: String,
    /// Its version.
    pub version: String,
}

/// How a scan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A dry run: nothing was sent.
    Planned,
    /// Still going; the report is what is known so far.
    Running,
    /// Everything that was planned was done.
    Complete,
    /// Stopped by the user, or ended with its process; the report is what was found until then.
    Interrupted,
    /// Its time or its requests were spent before everything that was planned was done.
    Budget,
    /// The target stopped answering in the middle; the report is what was found until then.
    #[serde(rename = "target-died")]
    TargetDied,
    /// Something that was fine before the scan is not any more; `harm` says what.
    Harm,
    /// The set-up could not be trusted, so nothing may be concluded; `untrusted_because` says why.
    Untrusted,
}

impl Status {
    /// Returns whether the report must not be taken for the result of a whole, sound scan.
    pub fn is_alarm(self) -> bool {
        matches!(self, Self::Untrusted | Self::Budget | Self::TargetDied | Self::Harm)
    }

    /// Returns what that means, for the sentence that gives the reason.
    pub fn alarm(self) -> &'static str {
        match self {
            Self::Harm => "the scan did harm",
            Self::TargetDied => "the target died, so nothing is concluded from what was not asked",
            Self::Budget => "the scan is incomplete, so nothing is concluded from what was not asked",
            _ => "the set-up could not be trusted, so nothing is concluded",
        }
    }
}

/// The scan behind a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScanInfo {
    /// Its id.
    pub id: String,
    /// RFC 3339.
    pub started_at: String,
    /// Milliseconds.
    pub duration_ms: u64,
    /// How much it was allowed to do.
    pub mode: Mode,
    /// Where requests went.
    pub base_url: String,
    /// The document.
    pub document: String,
    /// The configuration file, absolute, where there was one; a later recheck uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// The source tree, absolute, where there was one; explanations and repairs look there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The scan whose findings this one checked again, and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recheck_of: Option<String>,
    /// Who the scan acted as.
    pub identities: Vec<IdentityInfo>,
    /// Requests sent.
    pub requests: u64,
    /// How it ended.
    pub status: Status,
    /// Why nothing may be concluded, or why the scan is no whole one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untrusted_because: Option<String>,
    /// What to do about that, where the reason does not say it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub untrusted_step: Option<Step>,
}

/// One identity of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IdentityInfo {
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: String,
    /// Whether some operation answered it that refuses strangers.
    pub signed_in: bool,
}

/// How the API did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// 0 to 100; absent where nothing could have been found.
    pub value: Option<u32>,
    /// A to F; absent where too little was tested.
    pub grade: Option<String>,
    /// Of the operations to which some check applies, the part on which one came to broken or held, 0 to 1.
    pub coverage: f64,
    /// What kind of reason there is for giving no grade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Withheld>,
    /// Why there is no grade.
    pub withheld_because: Option<String>,
}

/// What kind of reason there is for giving no grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// More would have to be tested for one.
    Incomplete,
    /// The scan did not run to its end, or its set-up could not be trusted.
    NoTrust,
    /// Nothing was sent.
    DryRun,
    /// Only a few operations were looked at again.
    Recheck,
}

/// Whether a finding was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FindingStatus {
    /// Not in the scan before.
    New,
    /// In an earlier scan of the same target too.
    Known,
    /// No longer there.
    Fixed,
}

/// One weakness with its proof.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable id.
    pub id: String,
    /// Check id.
    pub check: String,
    /// The weakness as a fact.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// The first operation it shows on.
    pub operation: OperationRef,
    /// Other operations with the same cause.
    pub also: Vec<OperationRef>,
    /// Where in the request or answer.
    pub site: String,
    /// OWASP API Security Top 10 2023 entries: `API1:2023`.
    pub owasp: Vec<String>,
    /// CWE numbers.
    pub cwe: Vec<u32>,
    /// What was seen, in one sentence.
    pub claim: String,
    /// The conditions of the rule, each with what says so.
    pub clauses: Vec<ClauseInfo>,
    /// The requests and answers that prove it.
    pub exchanges: Vec<ExchangeInfo>,
    /// A command that sends the attack again; secrets are environment variables.
    pub replay: String,
    /// Where the document declares the operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<SpecRef>,
    /// Where the handler stands in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeRef>,
    /// Which remedy applies.
    pub remedy: String,
    /// RFC 3339, of the first scan that saw it.
    pub first_seen: String,
    /// Against earlier scans of the same target.
    pub status: FindingStatus,
    /// The suppression that covers it, if any; suppressed findings do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<String>,
}

/// One condition of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClauseInfo {
    /// Its short name.
    pub name: String,
    /// Whether it holds; `null` when it could not be told.
    pub holds: Option<bool>,
    /// What says so.
    pub because: String,
}

/// One request with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExchangeInfo {
    /// Its part in the proof.
    pub role: Role,
    /// Who asked.
    pub identity: String,
    /// What was sent.
    pub request: RequestInfo,
    /// What came back; `null` when nothing did.
    pub response: Option<ResponseInfo>,
    /// Why nothing came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// A request as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequestInfo {
    /// Method.
    pub method: String,
    /// Address.
    pub url: String,
    /// Header names and redacted values.
    pub headers: BTreeMap<String, String>,
    /// Redacted body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// A response as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResponseInfo {
    /// Status code.
    pub status: u16,
    /// Header names and redacted values.
    pub headers: BTreeMap<String, String>,
    /// Redacted body, capped.
    pub body: String,
    /// Whether the body was longer than what was read.
    pub truncated: bool,
}

/// A place in the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SpecRef {
    /// File or URL.
    pub file: String,
    /// 1-based line.
    pub line: Option<u32>,
}

/// A place in the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CodeRef {
    /// File below the source folder.
    pub file: String,
    /// 1-based line.
    pub line: u32,
    /// Function name.
    pub function: String,
}

impl From<&HandlerPlace> for CodeRef {
    fn from(place: &HandlerPlace) -> Self {
        Self { file: clean_text(&place.file, 500), line: place.line, function: clean_text(&place.function, 200) }
    }
}

/// What a check came to on an operation. Only `broken` and `held` count as tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CoverageOutcome {
    /// The rule is broken.
    Broken,
    /// The attack was sent and came to nothing while the rightful caller was served.
    Held,
    /// Tried; no verdict is possible.
    #[serde(alias = "inconclusive")]
    Undecided,
    /// Not tried; `step` says what would open it.
    #[serde(alias = "skipped")]
    NotTried,
    /// The rule has no subject here.
    NotApplicable,
}

impl CoverageOutcome {
    /// Every outcome, in the order of all formats.
    pub const ALL: [Self; 5] = [Self::Broken, Self::Held, Self::Undecided, Self::NotTried, Self::NotApplicable];

    /// Returns its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Held => "held",
            Self::Undecided => "undecided",
            Self::NotTried => "not_tried",
            Self::NotApplicable => "not_applicable",
        }
    }

    /// Returns whether the rule was put to the test.
    pub fn is_tested(self) -> bool {
        matches!(self, Self::Broken | Self::Held)
    }
}

/// What one check came to on one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CoverageRow {
    /// The operation.
    pub operation: OperationRef,
    /// Check id.
    pub check: String,
    /// What came of it.
    pub outcome: CoverageOutcome,
    /// Why.
    pub because: String,
    /// What would open it, where something would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub step: Option<Step>,
    /// The check that reports the cause instead of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub see: Option<String>,
    /// The two exchanges that "held" rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<HeldProofInfo>,
}

/// The exchanges that "held" rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldProofInfo {
    /// The attack that came to nothing.
    pub attack: ExchangeBrief,
    /// The rightful request that was served.
    pub control: ExchangeBrief,
}

/// An exchange in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExchangeBrief {
    /// Who asked.
    pub identity: String,
    /// Method.
    pub method: String,
    /// Address.
    pub url: String,
    /// Status code; absent where there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// A part of the document that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Issue {
    /// JSON pointer as a URI fragment.
    pub at: String,
    /// 1-based line.
    pub line: Option<u32>,
    /// What is wrong.
    pub message: String,
}

/// What a scan would do with one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanRow {
    /// The operation.
    pub operation: OperationRef,
    /// Ids of the checks that apply.
    pub checks: Vec<String>,
    /// The most requests it may cost, baselines included.
    pub max_requests: u64,
    /// Why it will not be asked, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped_because: Option<String>,
    /// What it is taken for and by which sign, where it will be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_because: Option<String>,
}

/// One thing that would make more testable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NextStep {
    /// What to do.
    #[schemars(with = "String")]
    pub action: Step,
    /// How many operations it would open.
    pub operations: u64,
    /// The first of them.
    #[serde(default)]
    pub on: Vec<OperationRef>,
}
