//! Why a document as a whole cannot be used.

use thiserror::Error;

/// A document that gives no API at all. What is wrong in parts of a document is a
/// [`DocumentIssue`](crate::model::DocumentIssue) instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpecError {
    /// The file cannot be read.
    #[error("{name} cannot be read: {reason}")]
    Unreadable {
        /// Path as given.
        name: String,
        /// The system's words.
        reason: String,
    },
    /// More bytes than a document may have.
    #[error("{name} has {bytes} bytes; documents of up to {limit} bytes are read")]
    TooLarge {
        /// Path or URL.
        name: String,
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// More values than a document may have, aliases counted as often as they are used.
    #[error("{name} holds more than {limit} values once its aliases are expanded; it is not read")]
    TooManyValues {
        /// Path or URL.
        name: String,
        /// The limit.
        limit: usize,
    },
    /// More memory than a document may take once it is read.
    #[error("{name} would take more than {limit} MiB of memory; it is not read: {help}")]
    TooCostly {
        /// Path or URL.
        name: String,
        /// The limit in MiB.
        limit: usize,
        /// What helps.
        help: &'static str,
    },
    /// Neither JSON nor YAML.
    #[error("{name} is not valid {format}: {reason} (line {line})")]
    Syntax {
        /// Path or URL.
        name: String,
        /// `JSON` or `YAML`.
        format: &'static str,
        /// 1-based; 0 where unknown.
        line: usize,
        /// The parser's words.
        reason: String,
    },
    /// Well-formed, but no document of an API.
    #[error("{name} is no OpenAPI document: {reason}; give the address or file of the OpenAPI or Swagger document")]
    NotADocument {
        /// Path or URL.
        name: String,
        /// What it is instead.
        reason: String,
    },
    /// Well-formed, but no Overlay.
    #[error("{name} is no OpenAPI Overlay: {reason}")]
    NotAnOverlay {
        /// Path as given.
        name: String,
        /// What it is instead.
        reason: String,
    },
    /// A version that is not read.
    #[error("{name} is written in {version}; Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2 are supported")]
    UnsupportedVersion {
        /// Path or URL.
        name: String,
        /// `OpenAPI 4.0`
        version: String,
    },
}
