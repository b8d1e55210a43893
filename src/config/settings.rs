//! What a configuration says, after everything in it was checked.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;

use crate::detect::secrets::UserRules;
use crate::model::{Identity, Mode, Origin, Secret, StatedIntent};
use crate::vocabulary::ConceptWords;

/// A whole configuration file.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The file it was read from.
    pub path: PathBuf,
    /// `[target]`
    pub target: Target,
    /// `[scan]`
    pub scan: ScanSettings,
    /// `[identities.*]`, in the order of the file.
    pub identities: Vec<Identity>,
    /// `[intent]`, in the order of the file; operations are as written.
    pub intent: Vec<StatedIntent>,
    /// `[llm]`
    pub llm: Llm,
    /// `[detect]`
    pub detect: Detect,
    /// `[vocabulary]`
    pub vocabulary: ConceptWords,
    /// `[[suppress]]`
    pub suppress: Vec<Suppression>,
    /// What is allowed but worth a word.
    pub warnings: Vec<String>,
}

/// What is scanned.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// A URL, or a path that was resolved against the file's folder.
    pub openapi: Option<String>,
    /// An Overlay over the document, resolved against the file's folder.
    pub overlay: Option<PathBuf>,
    /// The path of its GraphQL endpoint below the base URL.
    pub graphql: Option<String>,
    /// The schema of that endpoint, resolved against the file's folder: where it does not answer introspection.
    pub graphql_schema: Option<PathBuf>,
    /// Where the API answers; otherwise where the document came from, or the first server of a file.
    pub base_url: Option<String>,
    /// The API's source tree.
    pub source: Option<PathBuf>,
    /// Origins that requests may go to besides loopback.
    pub allow: Vec<Origin>,
}

/// How it is scanned. `None` means that the default, or the command line, decides.
#[derive(Debug, Clone, Default)]
pub struct ScanSettings {
    /// How much the scan may do.
    pub mode: Option<Mode>,
    /// Sign up two throw-away accounts.
    pub auto_accounts: Option<bool>,
    /// Operation patterns that are never asked; see [`super::operation_matches`].
    pub exclude: Vec<String>,
    /// Operation patterns that only read, by the user's word, whatever the document makes of them.
    pub include: Vec<String>,
    /// Requests in one scan.
    pub max_requests: Option<u64>,
    /// Seconds for the whole scan; 0 for no limit.
    pub max_seconds: Option<u64>,
    /// Requests a second.
    pub rate: Option<f64>,
    /// Requests at the same time.
    pub concurrency: Option<usize>,
    /// For one request.
    pub timeout: Option<Duration>,
}

/// What the document does not tell about LLM-facing operations.
#[derive(Debug, Clone, Default)]
pub struct Llm {
    /// Operations that a model stands behind.
    pub endpoints: Vec<LlmEndpoint>,
    /// The system prompt, which makes a leak provable; it is kept like a secret.
    pub system_prompt: Option<Secret>,
    /// Calls to models in one scan.
    pub max_calls: Option<u64>,
    /// For one call of a model.
    pub timeout: Option<Duration>,
}

/// What secrets are looked for beside the usual ones.
#[derive(Debug, Clone, Default)]
pub struct Detect {
    /// The usable rules of the file that `rules` names, in gitleaks' format.
    pub rules: Arc<UserRules>,
}

/// One operation that a model stands behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LlmEndpoint {
    /// `POST /chat`
    pub operation: String,
    /// JSON pointer to the prompt in the request.
    pub prompt: String,
    /// JSON pointer to the answer in the response.
    pub answer: String,
}

/// A finding that the user does not want to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// `rw-…`
    pub finding: Option<String>,
    /// A check's id, or a family.
    pub check: Option<String>,
    /// An operation pattern; with `check` or alone.
    pub operation: Option<String>,
    /// Why; never empty.
    pub reason: String,
    /// The last day on which it holds.
    pub expires: Option<Date>,
}

impl Suppression {
    /// Whether its last day has passed.
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }
}
