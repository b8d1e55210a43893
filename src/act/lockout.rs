//! Callers that cannot act at the end of a scan, and whether they may be able to later.

use std::time::Duration;

/// Why a caller cannot act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShutOut {
    /// In words.
    pub because: String,
    /// It may be able to later.
    pub waits: bool,
    /// The target asks to wait so long before it is asked again.
    pub again_in: Option<Duration>,
}

impl ShutOut {
    /// Returns that a caller cannot act, and cannot later either.
    pub fn for_good(because: String) -> Self {
        Self { because, waits: false, again_in: None }
    }

    /// Returns that a caller cannot act now.
    pub fn for_now(because: String) -> Self {
        Self { because, waits: true, again_in: None }
    }
}
