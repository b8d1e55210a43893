//! What can go wrong in a use case, in words for the person who asked.

use thiserror::Error;

/// A use case that could not be carried out. The command line exits with 2 for [`AppError::Usage`] and 3 for
/// [`AppError::Untrusted`]; a tool answers with the text.
#[derive(Debug, Clone, Error)]
pub enum AppError {
    /// The request, the configuration or the document is wrong; the text says what to change.
    #[error("{0}")]
    Usage(String),
    /// Nothing may be concluded: target unreachable, sign-in failed.
    #[error("{0}")]
    Untrusted(String),
    /// No such scan or finding.
    #[error("{0}")]
    Unknown(String),
    /// Stopped by the caller.
    #[error("cancelled; what was found until then is stored")]
    Cancelled,
    /// A fault of this program or of the disk below it.
    #[error("{0}")]
    Internal(String),
}
