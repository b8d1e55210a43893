//! Bytes on the wire: the HTTP client, a request with its credential, and an answer read up to its cap.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::announced::{SHORT, retry_after};
use super::ask::{Ask, Response};
use super::client::{Limits, SendError};
use super::resolve::Pinned;
use super::session::{Session, TokenCarrier, cookie_line};
use crate::model::{Permit, ScopeError, json_within};

pub(super) fn build_client(
    pinned: &Pinned,
    limits: Limits,
    jar: bool,
    plain: bool,
) -> Result<reqwest::Client, SendError> {
    // Another part of the process may have installed it already; both are the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A redirect may lead out of scope, and a proxy would resolve the name past the pinned addresses.
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("routewarden/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .dns_resolver(pinned.clone())
        .connect_timeout(limits.timeout)
        .pool_max_idle_per_host(limits.concurrency)
        .cookie_store(jar);
    if plain {
        // Reading the machine's certificates takes longer than a scan of a small API; plain HTTP needs none.
        let none = rustls::ClientConfig::builder()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        builder = builder.tls_backend_preconfigured(none);
    }

    builder.build().map_err(|error| SendError::Unbuildable(format!("no HTTP client: {}", error_chain(&error))))
}

pub(super) fn signed_request(
    client: &reqwest::Client,
    permit: Permit,
    ask: &Ask,
    session: Option<&Session>,
) -> Result<reqwest::RequestBuilder, SendError> {
    let mut url = permit.url().clone();
    // Added at the last moment, so that the address of the record stays without the token.
    if let Some(Session { carrier: TokenCarrier::Query(name), token, .. }) = session {
        url.query_pairs_mut().append_pair(name, token.expose());
    }
    let method = reqwest::Method::from_bytes(ask.method.as_str().as_bytes())
        .map_err(|error| SendError::Unbuildable(error.to_string()))?;
    let mut request = client.request(method, url);

    let (cookies, headers): (Vec<_>, Vec<_>) =
        ask.headers.iter().partition(|(name, _)| name.eq_ignore_ascii_case("cookie"));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    if !ask.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept")) {
        request = request.header("accept", "application/json, */*;q=0.8");
    }
    match session {
        Some(Session { carrier: TokenCarrier::Header { name, prefix, suffix }, token, .. }) => {
            request = request.header(name, format!("{prefix}{}{suffix}", token.expose()));
        }
        // Where the jar has the cookie, it sends it by itself.
        // Cookies go in one line (RFC 6265 §5.4).
        Some(Session { carrier: TokenCarrier::Cookie(name), token, by_jar: false, .. }) => {
            let own = cookie_line(name, token.expose());
            let further = cookies.iter().map(|(_, value)| value.as_str());
            request =
                request.header("cookie", std::iter::once(own.as_str()).chain(further).collect::<Vec<_>>().join("; "));
        }
        _ => {
            for (name, value) in cookies {
                request = request.header(name, value);
            }
        }
    }

    if let Some((media_type, bytes)) = &ask.body {
        request = request.header("content-type", media_type).body(bytes.clone());
    }
    Ok(request)
}

/// Most bytes of headers that are kept of one answer; servers keep to a quarter of that.
const MAX_HEADER_BYTES: usize = 64 << 10;

/// How much is read of one answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caps {
    /// Most bytes of the body, decompressed.
    pub(super) body: usize,
    /// Most bytes of memory that its JSON may take; 0 where nobody asks for it.
    pub(super) json: usize,
}

/// An answer, and what there is to say of its size.
pub(super) struct Received {
    pub(super) response: Response,
    /// Bytes of the body that were read.
    pub(super) body_bytes: u64,
    /// What its JSON takes, by estimate.
    pub(super) json_bytes: usize,
    /// It is JSON with more values than are read of one answer.
    pub(super) is_too_much: bool,
}

/// When the last bytes of an answer came: one that is late and still comes is slow, and its target alive.
#[derive(Debug, Default)]
pub(super) struct WireFlow(Mutex<Option<Instant>>);

impl WireFlow {
    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Returns whether bytes came within this time.
    pub(super) fn is_recent(&self, within: Duration) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|last| last.elapsed() < within)
    }
}

/// Reads an answer up to its caps, or up to a moment: then it is cut, and no fault. `None` where nothing came until then.
pub(super) async fn receive_answer(
    request: reqwest::RequestBuilder,
    caps: Caps,
    until: Option<tokio::time::Instant>,
    flow: &WireFlow,
) -> Result<Option<Received>, reqwest::Error> {
    let mut response = match until {
        None => request.send().await?,
        Some(until) => match tokio::time::timeout_at(until, request.send()).await {
            Ok(response) => response?,
            Err(_) => return Ok(None),
        },
    };

    flow.note();
    let status = response.status().as_u16();
    let headers = headers_of(&response);
    let mut bytes = Vec::new();
    let mut truncated = false;

    loop {
        let chunk = match until {
            None => response.chunk().await?,
            Some(until) => match tokio::time::timeout_at(until, response.chunk()).await {
                Ok(chunk) => chunk?,
                Err(_) => {
                    truncated = true;
                    break;
                }
            },
        };

        let Some(chunk) = chunk else { break };
        flow.note();
        let room = caps.body.saturating_sub(bytes.len());
        bytes.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());

        // Nothing beyond the cap is waited for, so that an answer without end ends here.
        if chunk.len() > room {
            truncated = true;
            break;
        }
    }

    let wants_json = caps.json > 0 && !truncated;
    let parsed = if wants_json { json_within(&bytes, caps.json) } else { Ok(None) };
    let is_too_much = parsed.is_err();
    let (json, json_bytes) = parsed.ok().flatten().map_or((None, 0), |(json, bytes)| (Some(json), bytes));
    let body_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    bytes.shrink_to_fit();
    let text = String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());

    // Nothing is concluded from what is missing of it.
    let truncated = truncated || is_too_much;
    let response = Response { status, headers, text, json, truncated };
    Ok(Some(Received { response, body_bytes, json_bytes, is_too_much }))
}

fn headers_of(response: &reqwest::Response) -> Vec<(String, String)> {
    let mut room = MAX_HEADER_BYTES;
    let mut kept = Vec::new();

    for (name, value) in response.headers() {
        let length = name.as_str().len() + value.len();
        if length > room {
            break;
        }
        room -= length;
        kept.push((name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    }

    kept
}

/// How long the target wants to be left alone: `Retry-After` (RFC 9110 §10.2.3), or a little.
pub(super) fn wished_pause(response: &Response, attempt: u32) -> Option<Duration> {
    let wish = retry_after(response, jiff::Timestamp::now());
    // A 503 alone says that something does not work; a route may answer so by itself for good.
    if response.status != 429 && !(response.status == 503 && response.header("retry-after").is_some()) {
        return None;
    }
    // A target that names no time is left alone a little longer with each attempt.
    Some(wish.unwrap_or(Duration::from_millis(300 << attempt.min(4))))
}

/// Returns the pause after which the same is sent again, where that is worth waiting for. Once only the undoing is left, a
/// session that takes longer to be had is left to a later one.
pub(super) fn pause_before_next(response: &Response, attempt: u32, signs_in_to_undo: bool) -> Option<Duration> {
    let longest = if signs_in_to_undo { Duration::from_secs(5) } else { SHORT };
    wished_pause(response, attempt).filter(|wait| *wait <= longest)
}

pub(super) fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();

    while let Some(inner) = source {
        let inner_text = inner.to_string();
        // Outer errors often quote the inner ones.
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        source = inner.source();
    }

    text
}

pub(super) fn scope_fault(error: &reqwest::Error) -> Option<ScopeError> {
    let mut source: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(scope) = inner.downcast_ref::<ScopeError>() {
            return Some(scope.clone());
        }
        source = inner.source();
    }

    None
}
