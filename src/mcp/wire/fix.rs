//! What `suggest_fix` answers.

use schemars::JsonSchema;
use serde::Serialize;

/// What to change. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FixAnswer {
    /// The finding, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding_id: Option<String>,
    /// Check id.
    pub check: String,
    /// The remedy's id.
    pub remedy: String,
    /// The remedy in one sentence.
    pub title: String,
    /// What the code is for.
    pub framework: String,
    /// How that is known.
    pub framework_because: String,
    /// A unified diff; absent where no handler is found, or no way to change it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// What became of each route of each finding: `patched` or `advice`, the place, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// Regression tests: file, how to run it, text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<String>,
    /// Code in the framework's idiom.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// The target's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// What to do and why, Markdown; left out where the diff does it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub guidance: String,
    /// What must be adapted before use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs_review: Vec<String>,
    /// How to see that it worked.
    pub verify: String,
    /// What was cut from this answer, and how to get it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}
