//! What a scan wrote to its target, and what came of undoing it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::UndoOutcome;

/// Something that this scan wrote to the target, or that the application kept by itself beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Write {
    /// Method and path template.
    pub operation: String,
    /// Who wrote.
    pub identity: String,
    /// Id of the object.
    pub object: String,
    /// An address of its own, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What came of undoing it.
    #[serde(default)]
    pub outcome: UndoOutcome,
    /// Why it is left, where it is, or why a hidden row may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

impl Write {
    /// Returns true for what is shown to be gone.
    pub fn is_undone(&self) -> bool {
        self.outcome == UndoOutcome::Undone
    }

    /// Returns true for what was removed as far as the API shows, while the application may keep a hidden row.
    pub fn is_hidden(&self) -> bool {
        self.outcome == UndoOutcome::Hidden
    }

    /// Returns true for what the scan did not send: the application keeps it by itself.
    pub fn is_kept(&self) -> bool {
        self.outcome == UndoOutcome::Kept
    }

    /// Returns true for what the scan made and that is there, or not known to be gone.
    pub fn is_left(&self) -> bool {
        !self.outcome.is_removed() && !self.is_kept()
    }
}
