//! What the four use cases take and give: the requests of both faces, and the answers that both render.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Confidence, Face, FindingId, Mode, Role, ScanId, Severity, Step, UndoOutcome};
pub use crate::report::{Access, Caller, Cell, MatrixRow, RouteVerdict};
use crate::report::{ClauseInfo, CodeRef, ExchangeInfo, NextStep, OperationRef, PolicyRow, Question, SpecRef};

/// What to scan, and what differs from the configuration file.
#[derive(Debug, Clone, Default)]
pub struct ScanRequest {
    /// OpenAPI document (path or URL) or base URL; without it the configuration names the document, or the current folder is searched.
    pub target: Option<String>,
    /// The configuration file; without it `routewarden.toml` in the current folder is used when there is one.
    pub config: Option<PathBuf>,
    /// What differs from the configuration.
    pub overrides: Overrides,
    /// Plan only; nothing is sent.
    pub dry_run: bool,
    /// Only run the proofs of these findings again.
    pub recheck: Vec<FindingId>,
    /// The stored scan that `recheck` takes its findings from; the latest one without it.
    pub recheck_scan: Option<ScanId>,
}

/// Options that come before the configuration file. `None` and empty mean "as configured".
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Where requests go.
    pub base_url: Option<String>,
    /// Origins beyond loopback.
    pub allow: Vec<String>,
    /// How much the scan may do.
    pub mode: Option<Mode>,
    /// Check ids or families.
    pub checks: Vec<String>,
    /// `GET /x`; `*` stands for any run of characters.
    pub operations: Vec<String>,
    /// Operations that are never asked, besides those of the configuration.
    pub exclude: Vec<String>,
    /// Operations that only read by the user's word, besides those of the configuration.
    pub include: Vec<String>,
    /// Names of configured identities to use; empty means all.
    pub identities: Vec<String>,
    /// Source tree.
    pub source: Option<PathBuf>,
    /// No source is read, whatever is named: nothing of it is needed.
    pub without_source: bool,
    /// What earlier scans left is named and not removed: nothing may be written.
    pub without_undo: bool,
    /// An Overlay over the document.
    pub overlay: Option<PathBuf>,
    /// Make throw-away accounts.
    pub auto_accounts: Option<bool>,
    /// Most requests to send.
    pub max_requests: Option<u64>,
    /// Seconds for the whole scan; 0 for no limit.
    pub max_seconds: Option<u64>,
    /// The same where neither this request nor the configuration says it.
    pub usual_max_seconds: Option<u64>,
    /// Requests a second.
    pub rate: Option<f64>,
    /// Requests at one time.
    pub concurrency: Option<usize>,
    /// Seconds to wait for one answer.
    pub timeout_seconds: Option<f64>,
    /// Further prompts for models behind the API.
    pub llm_prompts: Vec<String>,
    /// A report (JSON) whose findings are known; they do not count as new.
    pub baseline: Option<PathBuf>,
}

/// How far a scan is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// `starting`, `signing in`, `making objects`, `survey`, `checks`, `waiting for a model`, `undoing`.
    pub phase: &'static str,
    /// Steps done; never falls.
    pub done: u64,
    /// Steps in all as far as known; never falls.
    pub total: u64,
    /// Requests sent so far.
    pub requests: u64,
    /// Findings so far.
    pub findings: u64,
}

/// What a recheck came to for one finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecheckOutcome {
    /// The proof gives the same as before.
    StillVulnerable,
    /// The attack is refused and the owner is still served.
    Fixed,
    /// The owner is refused too: the change broke the route.
    Broken,
    /// The attack is refused, and the same route now shows another weakness.
    NewWeakness,
    /// Neither could be told.
    Inconclusive,
}

/// What a recheck came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecheckRow {
    /// The finding.
    pub finding_id: String,
    /// What came of it.
    pub outcome: RecheckOutcome,
    /// What was seen.
    pub because: String,
}

/// A finding's proof, sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Replay {
    /// The finding.
    pub finding_id: String,
    /// What the proof showed then.
    pub claim: String,
    /// The exchanges in the order of the proof.
    pub exchanges: Vec<ReplayedExchange>,
}

/// One exchange of a proof, then and now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReplayedExchange {
    /// Its part in the proof.
    pub role: Role,
    /// As whom.
    pub identity: String,
    /// Method and address.
    pub request: String,
    /// The status then.
    pub status_then: Option<u16>,
    /// The status now.
    pub status_now: Option<u16>,
    /// The answer now, redacted and cut.
    pub body_now: String,
    /// Why it was not sent, or not answered.
    pub not_sent: Option<String>,
}

/// A finding with everything that explains it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Explanation {
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
    /// Where it shows.
    pub operation: OperationRef,
    /// Where else it shows.
    pub also: Vec<OperationRef>,
    /// What was seen.
    pub claim: String,
    /// The conditions of the rule.
    pub clauses: Vec<ClauseInfo>,
    /// The proof.
    pub exchanges: Vec<ExchangeInfo>,
    /// A command that sends the attack again.
    pub replay: String,
    /// Where the document declares the operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<SpecRef>,
    /// Where the handler stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeRef>,
    /// The check's manual page, Markdown.
    pub manual: String,
    /// OWASP entries.
    pub owasp: Vec<String>,
    /// CWE numbers.
    pub cwe: Vec<u32>,
    /// What to do next.
    pub next_steps: Vec<String>,
}

/// What became of what an earlier scan left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Recovered {
    /// The scan that left it.
    pub scan_id: String,
    /// Its target.
    pub base_url: String,
    /// What it had made.
    pub rows: Vec<RecoveredRow>,
    /// Why the undoing is not done, where that is so.
    pub fault: Option<String>,
}

/// One thing that an earlier scan had made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecoveredRow {
    /// Method and path template.
    pub operation: String,
    /// As whom.
    pub identity: String,
    /// Its id, or the text that it is known by.
    pub object: String,
    /// An address of its own, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What came of undoing it.
    pub outcome: UndoOutcome,
    /// Why it is left, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

impl Recovered {
    /// What came of it, in one sentence.
    pub fn sentence(&self) -> String {
        // Without rows the undoing never began: a count would claim that there was nothing to remove.
        if let (true, Some(fault)) = (self.rows.is_empty(), &self.fault) {
            return format!("an earlier scan ({}) left objects behind that are not removed yet: {fault}", self.scan_id);
        }
        let gone = self.rows.iter().filter(|row| row.outcome.is_removed()).count();
        let why = |row: &RecoveredRow| row.because.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        let left: Vec<String> = self
            .rows
            .iter()
            .filter(|row| !row.outcome.is_removed())
            .map(|row| format!("{} {}{}", row.operation, row.object, why(row)))
            .collect();
        let left = if left.is_empty() { String::new() } else { format!("; left: {}", left.join(", ")) };
        let fault = self.fault.as_ref().map(|fault| format!("; {fault}")).unwrap_or_default();
        format!(
            "an earlier scan ({}) ended before it could clean up: {gone} of {} objects that it had made are removed now{left}{fault}",
            self.scan_id,
            self.rows.len()
        )
    }
}

/// Who is asked about in the ownership matrix.
#[derive(Debug, Clone, Default)]
pub struct OwnershipRequest {
    /// `GET /invoices/{invoice_id}` or a path alone; all routes without it.
    pub route: Option<String>,
    /// As in [`ScanRequest`].
    pub target: Option<String>,
    /// As in [`ScanRequest`].
    pub config: Option<PathBuf>,
    /// As in [`ScanRequest`].
    pub overrides: Overrides,
    /// The stored scan that answers, without a request; a new one without it.
    pub scan: Option<ScanId>,
}

/// Route by caller: who gets what.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Matrix {
    /// The stored scan behind it.
    pub scan_id: String,
    /// Why nothing may be concluded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untrusted_because: Option<String>,
    /// What to do about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub untrusted_step: Option<Step>,
    /// What the columns mean.
    pub callers: Vec<Caller>,
    /// Who may reach which kind of object, what that rests on, and the routes that break it.
    pub policy: Vec<PolicyRow>,
    /// What only a person can answer.
    pub questions: Vec<Question>,
    /// One row per route, in document order.
    pub routes: Vec<MatrixRow>,
    /// Findings that the matrix rests on.
    pub findings: Vec<String>,
    /// What would make more cells known.
    pub next_steps: Vec<NextStep>,
}

impl Matrix {
    /// Returns why nothing may be concluded and what to do about it, in the words of a face.
    pub fn untrusted_because(&self, face: Face) -> Option<String> {
        let because = self.untrusted_because.as_ref()?;
        Some(match &self.untrusted_step {
            Some(step) => format!("{because}; {}", step.words(face)),
            None => because.clone(),
        })
    }
}

/// For what a fix is wanted.
#[derive(Debug, Clone, Default)]
pub struct FixRequest {
    /// A finding; or else `check`.
    pub finding_id: Option<FindingId>,
    /// Further findings that are repaired together with it.
    pub finding_ids: Vec<FindingId>,
    /// Also give a regression test for each finding.
    pub with_test: bool,
    /// The scan it is taken from.
    pub scan_id: Option<ScanId>,
    /// A route, for wording.
    pub route: Option<String>,
    /// A check id, where there is no finding.
    pub check: Option<String>,
    /// Source tree, to recognise the framework.
    pub source: Option<PathBuf>,
    /// A name that `Framework::parse` reads: `flask`, `nestjs`, `spring boot`.
    pub framework: Option<String>,
}

/// What to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fix {
    /// The finding, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding_id: Option<String>,
    /// The check.
    pub check: String,
    /// The remedy's id.
    pub remedy: String,
    /// The remedy in one sentence.
    pub title: String,
    /// The framework that the code is for.
    pub framework: String,
    /// How the framework is known: named by the user, recognised by a file, or not at all.
    pub framework_because: String,
    /// The operation that it is about: method and path, the target's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// What was found there, with names of the target in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// What to do and why, Markdown; no word of the target is in it.
    pub guidance: String,
    /// Code in the framework's idiom.
    pub code: String,
    /// A unified diff of the user's files; absent where no handler is found, or no way to change it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// What became of each route of each finding.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<FixStep>,
    /// Packages that the change needs and the project does not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<String>,
    /// Regression tests: they fail before the change and pass after it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<FixTest>,
    /// What must be adapted before use.
    pub needs_review: Vec<String>,
    /// How to see that it worked.
    pub verify: String,
}

/// What a repair came to for one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FixOutcome {
    /// The diff mends it.
    Patched,
    /// There is no patch, only advice.
    Advice,
}

/// What became of one route of one finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FixStep {
    /// The finding.
    pub finding_id: String,
    /// Its check.
    pub check: String,
    /// `GET /invoices/{invoice_id}`
    pub route: String,
    /// `app.py:88`, where the handler is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What became of it.
    pub outcome: FixOutcome,
    /// What the change does and whose way it follows, or why there is none.
    pub because: String,
}

/// A regression test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FixTest {
    /// The finding that it holds.
    pub finding_id: String,
    /// Where it belongs, from the root of the source.
    pub path: String,
    /// Its text.
    pub text: String,
    /// How it is run.
    pub run: String,
}

/// One check of the catalogue with its manual page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckPage {
    /// Check id.
    pub id: String,
    /// The weakness as a fact.
    pub title: String,
    /// Usual severity.
    pub severity: Severity,
    /// The least mode in which it sends anything of its own.
    pub level: Mode,
    /// OWASP entries.
    pub owasp: Vec<String>,
    /// CWE numbers.
    pub cwe: Vec<u32>,
    /// Which remedy applies.
    pub remedy: String,
    /// The version that brought it.
    pub since: String,
    /// The manual page, Markdown.
    pub manual: String,
}

/// One stored scan in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryRow {
    /// Its id.
    pub scan_id: String,
    /// RFC 3339.
    pub started_at: String,
    /// Where requests went.
    pub base_url: String,
    /// The document.
    pub document: String,
    /// How it ended, or `running`, as in a report's `status`.
    pub status: String,
    /// Grade, where one was given.
    pub grade: Option<String>,
    /// Findings in all.
    pub findings: u64,
    /// Confirmed findings of high or critical severity.
    pub severe: u64,
    /// How much it may do; unknown of scans of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Requests that it sent.
    #[serde(default)]
    pub requests: u64,
    /// The process that it runs in, while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<u32>,
    /// What it is at, while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
}
