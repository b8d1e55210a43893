//! Requests before the protocol reads them: they arrive whole, in time, and are JSON-RPC messages.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::json;

/// The largest request that is read; arguments are small.
pub(super) const MAX_REQUEST_BYTES: usize = 1024 * 1024;
/// JSON-RPC 2.0, section 5.1.
const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;

/// A request that was read to its end.
pub(super) struct WholeRequest {
    parts: Parts,
    body: Bytes,
    /// The method that the message of a POST calls; `None` for answers.
    pub(super) called: Option<String>,
}

impl WholeRequest {
    /// Reads a request, or returns the answer that says what is wrong with it.
    pub(super) async fn read(request: Request, within: Duration) -> Result<Self, Box<Response>> {
        let (parts, body) = request.into_parts();
        // GET opens a stream and DELETE ends a session; neither has a body to wait for.
        if parts.method != Method::POST {
            return Ok(Self { parts, body: Bytes::new(), called: None });
        }

        let read = tokio::time::timeout(within, to_bytes(body, MAX_REQUEST_BYTES)).await;
        let body = match read {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => {
                let because = format!("the request is larger than {MAX_REQUEST_BYTES} bytes, or was cut off");
                return Err(refusal_response(StatusCode::PAYLOAD_TOO_LARGE, INVALID_REQUEST, &because));
            }
            Err(_) => {
                let because = format!("the body did not arrive within {} s", within.as_secs());
                return Err(refusal_response(StatusCode::REQUEST_TIMEOUT, INVALID_REQUEST, &because));
            }
        };

        let called = read_envelope(&body)?.method;
        Ok(Self { parts, body, called })
    }

    /// Returns a header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    pub(super) fn method(&self) -> &Method {
        &self.parts.method
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns the request for the protocol.
    pub(super) fn into_request(self) -> Request {
        Request::from_parts(self.parts, Body::from(self.body))
    }
}

/// What tells a message of JSON-RPC from other JSON; the rest is for the protocol to read.
#[derive(Deserialize)]
struct Envelope {
    jsonrpc: Option<String>,
    method: Option<String>,
    #[serde(default, deserialize_with = "is_there")]
    result: bool,
    #[serde(default, deserialize_with = "is_there")]
    error: bool,
}

/// Returns true for whatever a member holds, null too.
fn is_there<'de, D: Deserializer<'de>>(member: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(member).map(|_| true)
}

fn read_envelope(body: &[u8]) -> Result<Envelope, Box<Response>> {
    let because =
        "the body is no JSON-RPC 2.0 message: it needs \"jsonrpc\": \"2.0\" and a method, a result or an error";
    let invalid = || refusal_response(StatusCode::BAD_REQUEST, INVALID_REQUEST, because);
    let envelope: Envelope = serde_json::from_slice(body).map_err(|error| match error.classify() {
        // The body is JSON and no message: JSON-RPC has a code of its own for each.
        Category::Data => invalid(),
        Category::Syntax | Category::Eof | Category::Io => {
            refusal_response(StatusCode::BAD_REQUEST, PARSE_ERROR, &format!("the body is no JSON: {error}"))
        }
    })?;

    let says_something = envelope.method.is_some() || envelope.result || envelope.error;
    if envelope.jsonrpc.as_deref() == Some("2.0") && says_something { Ok(envelope) } else { Err(invalid()) }
}

/// Returns an answer that a client of the protocol can read.
pub(super) fn refusal_response(status: StatusCode, code: i64, because: &str) -> Box<Response> {
    let body = json!({"jsonrpc": "2.0", "id": null, "error": {"code": code, "message": because}});
    Box::new((status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response())
}
