//! Streamable HTTP on loopback, behind a bearer token. The old HTTP+SSE transport is not served.

mod connections;
mod requests;
mod sessions;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::connections::Serving;
use self::requests::{MAX_REQUEST_BYTES, WholeRequest};
use self::sessions::{HttpSessions, SESSION_HEADER};
use super::error::McpError;
use super::server::{McpServer, ServerOptions};
use super::stdio::asked_to_stop;
use crate::app::App;
use crate::model::Secret;

/// The environment variable that the bearer token is taken from.
pub const TOKEN_VARIABLE: &str = "ROUTEWARDEN_HTTP_TOKEN";
/// A shorter token could be guessed.
pub(super) const MIN_TOKEN_CHARS: usize = 16;
/// How long the headers of a request may take to arrive, and its body.
pub const REQUEST_WITHIN: Duration = Duration::from_secs(30);
/// How long open streams get to end when the server stops.
const GRACE: Duration = Duration::from_secs(2);
/// Browsers on this machine may use the server when they hold the token; pages from elsewhere may not.
const ORIGINS: [&str; 3] = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];

/// Where and how to serve.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// What clients must send as `Authorization: Bearer ...`; a random one is made without it.
    pub token: Option<Secret>,
    /// What is the same on every transport.
    pub server: ServerOptions,
    /// Stops the server, besides Ctrl-C and SIGTERM.
    pub stop: CancellationToken,
    /// How long the headers of a request may take to arrive, and its body.
    pub request_within: Duration,
}

impl HttpOptions {
    /// Takes token and limits from the environment.
    pub fn from_environment(address: SocketAddr) -> Self {
        let token = std::env::var(TOKEN_VARIABLE).ok().filter(|value| !value.is_empty()).map(Secret::new);
        Self {
            address,
            token,
            server: ServerOptions::from_environment(),
            stop: CancellationToken::new(),
            request_within: REQUEST_WITHIN,
        }
    }
}

/// A server that listens.
#[derive(Debug, Clone)]
pub struct Listening {
    /// What clients connect to: `http://127.0.0.1:8899/mcp`.
    pub url: String,
    /// The token that was made because none was given; show it to the user once, on standard error.
    pub generated_token: Option<Secret>,
}

/// Serves any number of clients until the process is asked to stop; then stops and stores what runs. `ready` is told
/// the address once connections are accepted.
///
/// # Errors
/// [`McpError::NotLoopback`], [`McpError::ShortToken`] and [`McpError::Bind`] before anything is served.
pub async fn serve_http(app: App, options: HttpOptions, ready: impl FnOnce(&Listening)) -> Result<(), McpError> {
    let HttpOptions { address, token, server, stop, request_within } = options;
    // Behind the token lie scans with the user's credentials; without TLS, a network could read the token.
    if !address.ip().is_loopback() {
        return Err(McpError::NotLoopback(address));
    }
    let (token, generated_token) = match token {
        Some(token) if token.expose().len() < MIN_TOKEN_CHARS => {
            return Err(McpError::ShortToken(token.expose().len()));
        }
        Some(token) => (token, None),
        None => {
            let token = random_token();
            (token.clone(), Some(token))
        }
    };

    let bind = |source| McpError::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(bind)?;
    let url = format!("http://{}/mcp", listener.local_addr().map_err(bind)?);
    let server = McpServer::new(app, server, stop.clone());
    let guard = RequestGuard { token, sessions: HttpSessions::new(), request_within };
    let router = build_router(server.clone(), guard, &stop);
    // After the bind: a client that is started by this line must find the port open.
    ready(&Listening { url, generated_token });
    let served = serve_until_stopped(Serving { listener, router, request_within }, stop).await;
    // In every case: scans that run must undo what they wrote before the process ends.
    server.end().await;

    served
}

async fn serve_until_stopped(serving: Serving, stop: CancellationToken) -> Result<(), McpError> {
    let asked = {
        let stop = stop.clone();
        async move {
            tokio::select! {
                () = asked_to_stop() => stop.cancel(),
                () = stop.cancelled() => {}
            }
            // Streams that a client keeps open would hold up a graceful end for ever.
            tokio::time::sleep(GRACE).await;
        }
    };

    tokio::select! {
        served = serving.serve_connections(stop) => {
            served.map_err(|error| McpError::Connection(error.to_string()))
        }
        () = asked => Ok(()),
    }
}

/// What every request passes before the protocol reads it.
#[derive(Clone)]
struct RequestGuard {
    token: Secret,
    sessions: HttpSessions,
    request_within: Duration,
}

impl RequestGuard {
    async fn serve(self, request: Request, next: Next) -> Response {
        // Before the body is read: a stranger on this machine must not cost memory or time.
        if !carries_token(&request, &self.token) {
            return unauthorized_response();
        }
        let request = match WholeRequest::read(request, self.request_within).await {
            Ok(request) => request,
            Err(refused) => return *refused,
        };
        if let Err(refused) = self.sessions.admit(&request).await {
            return *refused;
        }

        let ended = request.header(SESSION_HEADER).filter(|_| request.method() == Method::DELETE).map(str::to_owned);
        let mut response = next.run(request.into_request()).await;

        // The session is gone when this is answered; clients take 202 for "not done yet", and warn.
        if let Some(session) = ended.filter(|_| response.status() == StatusCode::ACCEPTED) {
            self.sessions.forget(&session);
            *response.status_mut() = StatusCode::NO_CONTENT;
        }
        response
    }
}

fn build_router(server: McpServer, guard: RequestGuard, stop: &CancellationToken) -> Router {
    let config = StreamableHttpServerConfig::default()
        // A page in the user's browser reaches loopback too, by DNS rebinding with a name of its own.
        .enforce_origin_validation()
        .with_allowed_origins(ORIGINS)
        .with_max_request_body_bytes(MAX_REQUEST_BYTES)
        .with_cancellation_token(stop.child_token());
    let manager = Arc::clone(&guard.sessions.manager);
    let service: StreamableHttpService<McpServer, LocalSessionManager> =
        StreamableHttpService::new(move || Ok(server.for_session()), manager, config);
    let guarded = from_fn(move |request: Request, next: Next| guard.clone().serve(request, next));

    Router::new().nest_service("/mcp", service).layer(guarded)
}

fn carries_token(request: &Request, token: &Secret) -> bool {
    let given = request.headers().get(header::AUTHORIZATION).map(|value| value.as_bytes()).unwrap_or_default();
    let (scheme, value) = given.split_at_checked(7).unwrap_or_default();
    // The comparison takes as long wherever a wrong token differs, so that none is found byte by byte.
    scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(value.ct_eq(token.expose().as_bytes()))
}

fn unauthorized_response() -> Response {
    let help = format!(
        "send the server's token as Authorization: Bearer ...; it was printed at start, or is in {TOKEN_VARIABLE}\n"
    );
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer realm=\"routewarden\"")], help).into_response()
}

fn random_token() -> Secret {
    let bytes: [u8; 32] = rand::random();
    Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}
