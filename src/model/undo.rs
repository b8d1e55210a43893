//! What came of undoing something that a scan made.

use serde::{Deserialize, Serialize};

/// What came of undoing something that a scan made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UndoOutcome {
    /// What removes it was sent, and an address that had shown it shows it no more.
    Undone,
    /// Its removal was taken and nothing shows it any more; something speaks for a row that the application keeps all the
    /// same, marked or hidden.
    Hidden,
    /// It is there, or was never removed.
    Remains,
    /// Neither can be shown.
    #[default]
    Unknown,
    /// It came during the scan, which did not send it: the application keeps it by itself.
    Kept,
}

impl UndoOutcome {
    /// Returns true for what was removed as far as the API shows.
    pub fn is_removed(self) -> bool {
        matches!(self, Self::Undone | Self::Hidden)
    }

    /// Returns the word of the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Undone => "undone",
            Self::Hidden => "hidden",
            Self::Remains => "remains",
            Self::Unknown => "unknown",
            Self::Kept => "kept",
        }
    }
}
