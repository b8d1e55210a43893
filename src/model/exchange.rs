//! What was sent and what came back, already redacted: safe to store and to show.

use serde::{Deserialize, Serialize};

/// The number of an exchange within its scan, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExchangeId(pub u64);

/// One request and its outcome. Every text in it has passed the redactor when it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// Its number.
    pub id: ExchangeId,
    /// Who asked.
    pub identity: String,
    /// What was sent.
    pub request: RecordedRequest,
    /// What came back.
    pub outcome: Outcome,
    /// Milliseconds from sending to the last byte read.
    pub elapsed_ms: u64,
    /// A `curl` line that sends the same; secrets are named environment variables.
    pub replay: String,
}

/// A request as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRequest {
    /// Method in capitals.
    pub method: String,
    /// The whole address, secrets in it replaced.
    pub url: String,
    /// Header names and redacted values.
    pub headers: Vec<(String, String)>,
    /// Redacted body, capped.
    pub body: Option<String>,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A response.
    Response(RecordedResponse),
    /// No answer within the time limit.
    Timeout,
    /// Nobody listens there, or the name does not resolve.
    Unreachable(String),
    /// The connection broke, or the answer was no HTTP.
    Broken(String),
}

/// A response as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedResponse {
    /// Status code.
    pub status: u16,
    /// Header names and redacted values.
    pub headers: Vec<(String, String)>,
    /// Redacted body, capped for keeping.
    pub body: String,
    /// Bytes of the body as read, decompressed.
    pub body_bytes: u64,
    /// The read stopped at the cap.
    pub truncated: bool,
}
