//! Sends permitted requests within budget and pace, and records what came of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::ask::{Answer, Ask, Caller, Response, Seen};
use super::ledger::Ledger;
use super::pace::Pace;
use super::record::{self, Raw};
use super::resolve::Pinned;
use super::session::{Carrier, Session, Sessions};
use crate::detect::Redactor;
use crate::model::{Credential, Identity, Permit, Scope, ScopeError, Secret};

/// The caps of a scan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Most requests.
    pub max_requests: u64,
    /// Requests under way at one time.
    pub concurrency: usize,
    /// Requests a second; no limit without it.
    pub rate: Option<f64>,
    /// For one answer, from sending to its last byte.
    pub timeout: Duration,
    /// Most bytes read of one body, decompressed.
    pub max_body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_requests: 5_000,
            concurrency: 8,
            rate: None,
            timeout: Duration::from_secs(10),
            max_body_bytes: 2 << 20,
        }
    }
}

/// Why a request was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SendError {
    /// Out of scope.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The budget is spent.
    #[error("the budget of {0} requests is spent; raise max_requests")]
    Budget(u64),
    /// The scan was stopped.
    #[error("the scan was stopped")]
    Cancelled,
    /// The request cannot be made.
    #[error("{0}")]
    Unbuildable(String),
    /// Nobody answered a fetch.
    #[error("{0}")]
    NoAnswer(String),
}

/// One target, its sessions, and everything asked of it.
#[derive(Debug)]
pub struct Probe {
    scope: Scope,
    base_url: Url,
    limits: Limits,
    redactor: Redactor,
    sessions: Sessions,
    identities: Vec<Identity>,
    pace: Pace,
    ledger: Ledger,
    cancel: CancellationToken,
    next_exchange: AtomicU64,
    /// One client with its own cookie jar per identity; the bare one, without a jar, for everybody else.
    clients: HashMap<String, reqwest::Client>,
    bare: reqwest::Client,
    /// One sign-in at a time per scan; held across the sign-in, hence tokio's.
    renewing: tokio::sync::Mutex<()>,
    /// Per identity, a request that only a live session is served.
    proven: Mutex<HashMap<String, Url>>,
    notes: Mutex<Vec<String>>,
}

/// A document fetched before there is a scan.
#[derive(Debug)]
pub struct Fetched {
    /// Status code.
    pub status: u16,
    /// The text.
    pub text: String,
    /// It was longer than the cap.
    pub truncated: bool,
}

impl Probe {
    /// A probe for one target. Sends nothing.
    ///
    /// # Errors
    /// [`SendError::Unbuildable`] when the TLS set-up of this machine cannot be read.
    pub fn new(
        scope: Scope,
        base_url: Url,
        identities: Vec<Identity>,
        limits: Limits,
        redactor: Redactor,
        cancel: CancellationToken,
    ) -> Result<Self, SendError> {
        let pinned = Pinned::new(scope.clone());
        let plain = base_url.scheme() == "http";
        let mut clients = HashMap::new();
        for identity in &identities {
            clients.insert(identity.name.clone(), client(&pinned, limits, true, plain)?);
        }
        Ok(Self {
            bare: client(&pinned, limits, false, plain)?,
            pace: Pace::new(limits.max_requests, limits.concurrency, limits.rate),
            scope,
            base_url,
            limits,
            redactor,
            sessions: Sessions::default(),
            identities,
            ledger: Ledger::default(),
            cancel,
            next_exchange: AtomicU64::new(1),
            clients,
            renewing: tokio::sync::Mutex::new(()),
            proven: Mutex::default(),
            notes: Mutex::default(),
        })
    }

    /// Where requests go.
    pub fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// The identities of the scan.
    pub fn identities(&self) -> &[Identity] {
        &self.identities
    }

    /// The sessions of the scan.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// What makes texts safe to keep.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Requests sent so far.
    pub fn sent(&self) -> u64 {
        self.pace.sent()
    }

    /// Whether the scan was stopped.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// What the user should know of how the requests went.
    pub fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Names a request that only a live session of this identity is served; it tells an expired session from a refusal.
    pub fn set_proven(&self, identity: &str, url: Url) {
        self.proven.lock().unwrap_or_else(PoisonError::into_inner).entry(identity.to_owned()).or_insert(url);
    }

    /// Sends, or takes the answer from the ledger when the same was asked before. A 401 to an identity whose session
    /// turns out to have expired is answered by signing in again and asking once more.
    ///
    /// # Errors
    /// [`SendError`]; a target that does not answer is an [`Answer`], not an error.
    pub async fn send(&self, ask: &Ask) -> Result<Arc<Answer>, SendError> {
        self.ledger.answer(ask, self.send_fresh(ask)).await
    }

    async fn send_fresh(&self, ask: &Ask) -> Result<Arc<Answer>, SendError> {
        if let Caller::Identity(name) = &ask.caller {
            self.renew_if_stale(name).await;
        }
        let session = self.session_for(&ask.caller);
        let answer = self.transmit(ask, session.as_ref(), None).await?;
        if let (Caller::Identity(name), Some(401), Some(session)) = (&ask.caller, answer.status(), &session)
            && self.renew_if_expired(name, session.generation, &ask.url).await
        {
            return self.transmit(ask, self.session_for(&ask.caller).as_ref(), None).await;
        }
        Ok(answer)
    }

    /// Sends without a credential, with the cookie jar of this identity: for signing in.
    pub(super) async fn send_unsigned_as(&self, identity: &str, ask: &Ask) -> Result<Arc<Answer>, SendError> {
        self.transmit(ask, None, Some(identity)).await
    }

    fn session_for(&self, caller: &Caller) -> Option<Session> {
        let with = |name: &str, token: Secret| {
            self.sessions.get(name).map(|session| Session { token, by_jar: false, ..session })
        };
        match caller {
            Caller::Anonymous | Caller::Cookies(_) => None,
            Caller::Identity(name) => self.sessions.get(name),
            Caller::Garbage(name) => self.sessions.garbage(name).and_then(|token| with(name, token)),
            Caller::Forged { identity, token, .. } => with(identity, token.clone()),
        }
    }

    /// Signs in again when the token says of itself that it has expired.
    async fn renew_if_stale(&self, name: &str) {
        let Some(session) = self.sessions.get(name) else { return };
        let expires = session.jwt().and_then(|jwt| jwt.payload.get("exp").and_then(serde_json::Value::as_i64));
        let now = jiff::Timestamp::now().as_second();
        if session.login.is_some() && expires.is_some_and(|at| at <= now + 1) {
            self.renew(name, session.generation).await;
        }
    }

    /// Asks what only a live session is served; if that is refused too, signs in again. True when there is a new session.
    async fn renew_if_expired(&self, name: &str, generation: u32, url: &Url) -> bool {
        let proven = self.proven.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        let Some(proven) = proven.filter(|proven| proven != url || generation > 0) else { return false };
        let check = Ask::get(Caller::Identity(name.to_owned()), proven);
        let Ok(answer) = self.transmit(&check, self.sessions.get(name).as_ref(), None).await else { return false };
        if answer.status() != Some(401) {
            // The session lives: the refusal was meant.
            return false;
        }
        self.renew(name, generation).await
    }

    async fn renew(&self, name: &str, generation: u32) -> bool {
        let _one_at_a_time = self.renewing.lock().await;
        if self.sessions.get(name).is_some_and(|session| session.generation > generation) {
            return true;
        }
        let Some(identity) = self.identities.iter().find(|identity| identity.name == name) else { return false };
        if !matches!(identity.credential, Credential::Login(_)) {
            self.note(format!("the token of {name} stopped working during the scan; results after that are missing"));
            return false;
        }
        match self.sign_in(identity).await {
            Ok(()) => {
                self.note(format!("the session of {name} expired during the scan and was renewed"));
                true
            }
            Err(error) => {
                self.note(format!("the session of {name} expired and could not be renewed: {error}"));
                false
            }
        }
    }

    fn note(&self, text: String) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&text) && notes.len() < 50 {
            notes.push(text);
        }
    }

    /// One request on the wire, again after 429 or 503 as the target wishes.
    async fn transmit(
        &self,
        ask: &Ask,
        session: Option<&Session>,
        jar: Option<&str>,
    ) -> Result<Arc<Answer>, SendError> {
        let mut attempt = 0_u32;
        loop {
            let permit = self.scope.permit(ask.url.clone())?;
            let answer = {
                let _place = tokio::select! {
                    () = self.cancel.cancelled() => return Err(SendError::Cancelled),
                    place = self.pace.place() => place.map_err(|_| SendError::Budget(self.limits.max_requests))?,
                };
                tokio::select! {
                    () = self.cancel.cancelled() => return Err(SendError::Cancelled),
                    answer = self.exchange(permit, ask, session, jar) => answer?,
                }
            };
            let wait = answer.response().and_then(|response| wished_pause(response, attempt));
            match wait {
                Some(wait) if attempt < 2 => {
                    self.note(format!("the target asked to slow down (status {})", answer.status().unwrap_or(0)));
                    self.pace.pause(wait);
                    attempt += 1;
                }
                _ => return Ok(Arc::new(answer)),
            }
        }
    }

    async fn exchange(
        &self,
        permit: Permit,
        ask: &Ask,
        session: Option<&Session>,
        jar: Option<&str>,
    ) -> Result<Answer, SendError> {
        let owner = match &ask.caller {
            Caller::Identity(name) | Caller::Cookies(name) => Some(name.as_str()),
            _ => jar,
        };
        let client = owner.and_then(|name| self.clients.get(name)).unwrap_or(&self.bare);
        let request = signed(client, permit, ask, session)?;
        let started = Instant::now();
        let outcome = tokio::time::timeout(self.limits.timeout, receive(request, self.limits.max_body_bytes)).await;
        let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (seen, fault, body_bytes) = match outcome {
            Err(_) => (Seen::Timeout, None, 0),
            Ok(Ok((response, bytes))) => {
                self.learn_cookies(&response, owner);
                (Seen::Response(response), None, bytes)
            }
            Ok(Err(error)) => {
                let text = chain(&error);
                // A name that leads out of scope is a refusal of ours, not silence of the target's.
                if let Some(scope) = scope_fault(&error) {
                    return Err(SendError::Scope(scope));
                }
                (if error.is_connect() { Seen::Unreachable } else { Seen::Broken }, Some(text), 0)
            }
        };
        if let Seen::Response(response) = &seen
            && response.truncated
        {
            self.note(format!("answers longer than {} bytes were cut", self.limits.max_body_bytes));
        }
        let id = self.next_exchange.fetch_add(1, Ordering::Relaxed);
        let raw = Raw { id, ask, session, seen: &seen, fault, body_bytes, elapsed_ms };
        Ok(Answer { exchange: Arc::new(record::exchange(&self.redactor, &raw)), seen })
    }

    /// Cookies are credentials until shown otherwise.
    fn learn_cookies(&self, response: &Response, owner: Option<&str>) {
        for (name, value) in &response.headers {
            if name == "set-cookie"
                && let Some((_, value)) = value.split(';').next().and_then(|pair| pair.split_once('='))
                && value.len() >= 8
            {
                self.redactor.learn(&format!("cookie of {}", owner.unwrap_or("anonymous")), &Secret::new(value.trim()));
            }
        }
    }

    /// Fetches one text, such as the document, within scope and budget and without any credential.
    ///
    /// # Errors
    /// [`SendError`], or a sentence on why there was no answer.
    pub async fn fetch(&self, url: &Url) -> Result<Fetched, SendError> {
        let permit = self.scope.permit(url.clone())?;
        let _place = self.pace.place().await.map_err(|_| SendError::Budget(self.limits.max_requests))?;
        let request = self.bare.get(permit.url().clone()).header("accept", "application/json, application/yaml, */*");
        // Documents may be far longer than answers: the largest public one has 13 MB.
        let received = tokio::time::timeout(self.limits.timeout, receive(request, 64 << 20));
        match received.await {
            Ok(Ok((response, _))) => {
                Ok(Fetched { status: response.status, text: response.text, truncated: response.truncated })
            }
            Ok(Err(error)) => match scope_fault(&error) {
                Some(scope) => Err(SendError::Scope(scope)),
                None => Err(SendError::NoAnswer(format!("{url} did not answer: {}", chain(&error)))),
            },
            Err(_) => {
                Err(SendError::NoAnswer(format!("{url} did not answer within {} s", self.limits.timeout.as_secs())))
            }
        }
    }
}

fn client(pinned: &Pinned, limits: Limits, jar: bool, plain: bool) -> Result<reqwest::Client, SendError> {
    // Another part of the process may have installed it already; both are the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
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
    builder.build().map_err(|error| SendError::Unbuildable(format!("no HTTP client: {}", chain(&error))))
}

fn signed(
    client: &reqwest::Client,
    permit: Permit,
    ask: &Ask,
    session: Option<&Session>,
) -> Result<reqwest::RequestBuilder, SendError> {
    let mut url = permit.url().clone();
    if let Some(Session { carrier: Carrier::Query(name), token, .. }) = session {
        url.query_pairs_mut().append_pair(name, token.expose());
    }
    let method = reqwest::Method::from_bytes(ask.method.as_str().as_bytes())
        .map_err(|error| SendError::Unbuildable(error.to_string()))?;
    let mut request = client.request(method, url);
    for (name, value) in &ask.headers {
        request = request.header(name, value);
    }
    if !ask.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept")) {
        request = request.header("accept", "application/json, */*;q=0.8");
    }
    match session {
        Some(Session { carrier: Carrier::Header { name, prefix, suffix }, token, .. }) => {
            request = request.header(name, format!("{prefix}{}{suffix}", token.expose()));
        }
        Some(Session { carrier: Carrier::Cookie(name), token, by_jar: false, .. }) => {
            request = request.header("cookie", format!("{name}={}", token.expose()));
        }
        _ => {}
    }
    if let Some((media_type, bytes)) = &ask.body {
        request = request.header("content-type", media_type).body(bytes.clone());
    }
    Ok(request)
}

async fn receive(request: reqwest::RequestBuilder, max_body_bytes: usize) -> Result<(Response, u64), reqwest::Error> {
    let mut response = request.send().await?;
    let status = response.status().as_u16();
    let headers: Vec<(String, String)> = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let mut bytes = Vec::new();
    let mut truncated = false;
    while let Some(chunk) = response.chunk().await? {
        let room = max_body_bytes.saturating_sub(bytes.len());
        bytes.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
        if chunk.len() > room {
            truncated = true;
            break;
        }
    }
    let json = if truncated { None } else { serde_json::from_slice(&bytes).ok() };
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok((Response { status, headers, text, json, truncated }, length))
}

/// How long the target wants to be left alone: `Retry-After` in seconds (RFC 9110 §10.2.3), or a little.
fn wished_pause(response: &Response, attempt: u32) -> Option<Duration> {
    if !matches!(response.status, 429 | 503) {
        return None;
    }
    let wish = response.header("retry-after").and_then(|value| value.trim().parse::<u64>().ok());
    Some(wish.map_or(Duration::from_millis(300 << attempt.min(4)), Duration::from_secs))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        source = inner.source();
    }
    text
}

fn scope_fault(error: &reqwest::Error) -> Option<ScopeError> {
    let mut source: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(scope) = inner.downcast_ref::<ScopeError>() {
            return Some(scope.clone());
        }
        source = inner.source();
    }
    None
}
