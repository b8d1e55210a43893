//! What the formats need to know of a check; handed in, because the report knows no checks.

use crate::model::Severity;

/// One check as formats with a list of rules describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleHelp {
    /// Check id.
    pub id: String,
    /// The weakness as a fact.
    pub title: String,
    /// Usual severity.
    pub severity: Severity,
    /// The manual page, Markdown.
    pub help_markdown: String,
    /// OWASP entries: `API1:2023`.
    pub owasp: Vec<String>,
    /// CWE numbers.
    pub cwe: Vec<u32>,
}
