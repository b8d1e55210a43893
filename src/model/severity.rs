//! How bad a weakness is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad a weakness is, from a mere fact to a way in for anyone. Ordered: `Critical` is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; no harm by itself.
    Info,
    /// Helps an attacker a little.
    Low,
    /// A weakness to plan a repair for.
    Medium,
    /// A weakness to repair now.
    High,
    /// Other people's data or functions are open.
    Critical,
}

impl Severity {
    /// The lower-case name, as reports and options spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
