//! Streamable HTTP on loopback, behind a bearer token. The old HTTP+SSE transport is not served.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::error::McpError;
use super::server::{Options, Server};
use super::stdio::asked_to_stop;
use crate::app::App;
use crate::model::Secret;

/// The environment variable that the bearer token is taken from.
pub const TOKEN_VARIABLE: &str = "ROUTEWARDEN_HTTP_TOKEN";
/// A shorter token could be guessed.
pub(super) const MIN_TOKEN_CHARS: usize = 16;
/// The largest request that is read; arguments are small.
const MAX_REQUEST_BYTES: usize = 1024 * 1024;
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
    pub server: Options,
    /// Stops the server, besides Ctrl-C and SIGTERM.
    pub stop: CancellationToken,
}

impl HttpOptions {
    /// Takes token and limits from the environment.
    pub fn from_environment(address: SocketAddr) -> Self {
        let token = std::env::var(TOKEN_VARIABLE).ok().filter(|value| !value.is_empty()).map(Secret::new);
        Self { address, token, server: Options::from_environment(), stop: CancellationToken::new() }
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
    let HttpOptions { address, token, server, stop } = options;
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
    let server = Server::new(app, server, stop.clone());
    let router = router(server.clone(), token, &stop);
    ready(&Listening { url, generated_token });
    let served = run(listener, router, stop).await;
    server.end().await;
    served
}

async fn run(listener: TcpListener, router: Router, stop: CancellationToken) -> Result<(), McpError> {
    let asked = {
        let stop = stop.clone();
        async move {
            tokio::select! {
                () = asked_to_stop() => stop.cancel(),
                () = stop.cancelled() => {}
            }
        }
    };
    // Streams that a client keeps open would hold up a graceful end for ever.
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(asked) => {
            served.map_err(|error| McpError::Connection(error.to_string()))
        }
        () = overdue => Ok(()),
    }
}

fn router(server: Server, token: Secret, stop: &CancellationToken) -> Router {
    let config = StreamableHttpServerConfig::default()
        .enforce_origin_validation()
        .with_allowed_origins(ORIGINS)
        .with_max_request_body_bytes(MAX_REQUEST_BYTES)
        .with_cancellation_token(stop.child_token());
    let service: StreamableHttpService<Server, LocalSessionManager> =
        StreamableHttpService::new(move || Ok(server.clone()), Arc::default(), config);
    Router::new().nest_service("/mcp", service).layer(from_fn(move |request: Request, next: Next| {
        let allowed = carries(&request, &token);
        async move { if allowed { next.run(request).await } else { unauthorized() } }
    }))
}

fn carries(request: &Request, token: &Secret) -> bool {
    let given = request.headers().get(header::AUTHORIZATION).map(|value| value.as_bytes()).unwrap_or_default();
    let (scheme, value) = given.split_at_checked(7).unwrap_or_default();
    scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(value.ct_eq(token.expose().as_bytes()))
}

fn unauthorized() -> Response {
    let help = format!(
        "send the server's token as Authorization: Bearer ...; it was printed at start, or is in {TOKEN_VARIABLE}\n"
    );
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer realm=\"routewarden\"")], help).into_response()
}

fn random_token() -> Secret {
    let bytes: [u8; 32] = rand::random();
    Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}
