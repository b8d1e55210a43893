//! The HTTP+SSE transport of 2024, for clients that know no other: a stream of events for each client, and an address that
//! takes its messages. Served where the user asks for it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::{Stream, stream};
use rmcp::ServiceExt as _;
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, duplex};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::requests::{MAX_REQUEST_BYTES, refusal_response};
use crate::mcp::server::McpServer;

/// The address of the stream.
pub(super) const STREAM_PATH: &str = "/sse";
/// The address of messages.
const MESSAGES_PATH: &str = "/messages";
/// Most streams at a time.
const MOST_STREAMS: usize = 64;
/// What is on its way in one direction; a longer message waits until its beginning was read.
const PIPE_BYTES: usize = 64 * 1024;
/// How long a message may wait for a server that is busy.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// Proxies close streams in which nothing is sent.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// JSON-RPC 2.0, section 5.1: for the server to define.
const NO_STREAM: i64 = -32000;

/// The streams that are open.
#[derive(Clone)]
struct SseStreams {
    server: McpServer,
    stop: CancellationToken,
    /// What takes a stream's messages, by its name. Held only to add, read or remove.
    inputs: Arc<Mutex<HashMap<String, StreamInput>>>,
}

type StreamInput = Arc<tokio::sync::Mutex<DuplexStream>>;

/// The routes of the transport.
pub(super) fn build_routes(server: McpServer, stop: CancellationToken) -> Router {
    let streams = SseStreams { server, stop, inputs: Arc::default() };
    Router::new().route(STREAM_PATH, get(open_stream)).route(MESSAGES_PATH, post(take_message)).with_state(streams)
}

async fn open_stream(State(streams): State<SseStreams>, headers: HeaderMap) -> Response {
    if let Err(refused) = refuse_foreign(&headers) {
        return *refused;
    }
    // Whoever knows the name may speak in the stream's stead, so it cannot be guessed.
    let name = format!("{:032x}", rand::random::<u128>());
    let (input, requests) = duplex(PIPE_BYTES);
    let (answers, output) = duplex(PIPE_BYTES);
    if !streams.add(&name, input) {
        let because = format!("{MOST_STREAMS} streams are open; close one, or use Streamable HTTP at /mcp");
        return *refusal_response(StatusCode::SERVICE_UNAVAILABLE, NO_STREAM, &because);
    }

    let ended = streams.stop.child_token();
    let guard = StreamGuard { name: name.clone(), streams: streams.clone(), _ended: ended.clone().drop_guard() };
    let server = streams.server.for_session();
    tokio::spawn(async move {
        match server.serve_with_ct((requests, answers), ended).await {
            Ok(running) => drop(running.waiting().await),
            Err(error) => tracing::debug!("a client of HTTP+SSE left before it began: {error}"),
        }
    });
    let place = Event::default().event("endpoint").data(format!("{MESSAGES_PATH}?sessionId={name}"));
    let lines = BufReader::new(output).lines();
    let events = stream_events(place, OpenStream { lines, _guard: guard });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

/// What a stream holds while its client listens.
struct OpenStream {
    lines: Lines<BufReader<DuplexStream>>,
    _guard: StreamGuard,
}

fn stream_events(place: Event, open: OpenStream) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold((Some(place), open), async |(place, mut open)| {
        if let Some(place) = place {
            return Some((Ok(place), (None, open)));
        }

        // One line is one message: JSON on one line has no line break in it.
        let line = open.lines.next_line().await.ok().flatten()?;
        Some((Ok(Event::default().event("message").data(line)), (None, open)))
    })
}

/// Ends a stream's session when its client leaves.
struct StreamGuard {
    name: String,
    streams: SseStreams,
    _ended: DropGuard,
}

impl Drop for StreamGuard {
    fn drop(&mut self) {
        self.streams.locked(|inputs| inputs.remove(&self.name));
    }
}

impl SseStreams {
    /// Adds a stream; false where there are too many.
    fn add(&self, name: &str, input: DuplexStream) -> bool {
        self.locked(|inputs| {
            let has_room = inputs.len() < MOST_STREAMS;
            if has_room {
                inputs.insert(name.to_owned(), Arc::new(tokio::sync::Mutex::new(input)));
            }

            has_room
        })
    }

    fn locked<T>(&self, then: impl FnOnce(&mut HashMap<String, StreamInput>) -> T) -> T {
        then(&mut self.inputs.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Deserialize)]
struct MessageOf {
    #[serde(rename = "sessionId")]
    session: String,
}

async fn take_message(
    State(streams): State<SseStreams>,
    Query(of): Query<MessageOf>,
    request: Request,
) -> Result<StatusCode, Response> {
    refuse_foreign(request.headers()).map_err(|refused| *refused)?;
    let refused = |status, because: &str| *refusal_response(status, NO_STREAM, because);
    let gone = || refused(StatusCode::NOT_FOUND, "there is no such stream; open one with GET /sse");
    let input = streams.locked(|inputs| inputs.get(&of.session).cloned()).ok_or_else(gone)?;
    let body = to_bytes(request.into_body(), MAX_REQUEST_BYTES).await;
    let body = body.map_err(|_| refused(StatusCode::PAYLOAD_TOO_LARGE, "the message is too large"))?;
    // A client may send JSON on many lines, and a line is a message here.
    let message: Value =
        serde_json::from_slice(&body).map_err(|_| refused(StatusCode::BAD_REQUEST, "the message is no JSON"))?;

    let line = format!("{message}\n");
    let write = async { input.lock().await.write_all(line.as_bytes()).await };
    match tokio::time::timeout(TAKEN_WITHIN, write).await {
        Ok(Ok(())) => Ok(StatusCode::ACCEPTED),
        Ok(Err(_)) => Err(gone()),
        Err(_) => Err(refused(StatusCode::SERVICE_UNAVAILABLE, "the server is busy with this client's messages")),
    }
}

/// Refuses what a page of somebody else's sends by way of the user's browser: names that are not this machine's.
fn refuse_foreign(headers: &HeaderMap) -> Result<(), Box<Response>> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST).unwrap_or_default().parse::<Uri>().ok();
    let origin = text(header::ORIGIN).map(str::parse::<Uri>);
    // Read as an address: a test for the beginning would admit `http://localhost.evil.example`.
    let is_own = match origin {
        None => true,
        Some(origin) => origin.is_ok_and(|origin| origin.scheme_str() == Some("http") && is_this_machine(&origin)),
    };
    if is_own && host.is_some_and(|host| is_this_machine(&host)) {
        return Ok(());
    }
    Err(refusal_response(
        StatusCode::FORBIDDEN,
        NO_STREAM,
        "the server is for this machine alone: Host or Origin names another",
    ))
}

fn is_this_machine(address: &Uri) -> bool {
    matches!(address.host(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_foreign(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap_or_else(|_| header::HeaderValue::from_static("?")));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap_or_else(|_| header::HeaderValue::from_static("?")));
        }

        refuse_foreign(&headers).is_err()
    }

    #[test]
    fn this_machine_may_speak_by_each_of_its_names() {
        for host in ["localhost:8899", "127.0.0.1:8899", "[::1]:8899", "127.0.0.1"] {
            assert!(!is_foreign(host, None), "{host}");
            assert!(!is_foreign(host, Some("http://localhost:3000")), "{host}");
        }
    }

    #[test]
    fn names_of_others_may_not() {
        for host in ["evil.example", "localhost.evil.example:8899", "127.0.0.1.evil.example", "", "a b"] {
            assert!(is_foreign(host, None), "{host}");
        }

        for origin in [
            "http://evil.example",
            "http://localhost.evil.example",
            "null",
            "https://127.0.0.1",
            "http://127.0.0.1@evil.example",
        ] {
            assert!(is_foreign("127.0.0.1:8899", Some(origin)), "{origin}");
        }
    }
}
