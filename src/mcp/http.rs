//! Streamable HTTP on loopback, behind a bearer token or those of an authorization server; and the HTTP+SSE transport of
//! 2024, where it is asked for.

mod connections;
mod gate;
mod keys;
mod legacy_sse;
mod oauth;
mod requests;
mod scopes;
mod sessions;
mod tenants;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::connections::Serving;
pub use self::gate::TOKEN_VARIABLE;
use self::gate::{Admission, RequestGate};
pub use self::keys::{KeySource, KeyTimes};
pub use self::oauth::OAuthOptions;
use self::oauth::TokenVerifier;
use self::tenants::{Tenant, TenantSettings, Tenants};
use super::error::McpError;
use super::server::ServerOptions;
use super::stdio::asked_to_stop;
use crate::app::App;
use crate::model::Secret;

/// A shorter token could be guessed.
pub(super) const MIN_TOKEN_CHARS: usize = 16;
/// How long the headers of a request may take to arrive, and its body.
pub const REQUEST_WITHIN: Duration = Duration::from_secs(30);
/// How long open streams get to end when the server stops.
const GRACE: Duration = Duration::from_secs(2);

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
    /// Whether the transport of 2024 is served as well.
    pub legacy_sse: bool,
    /// The authorization server whose tokens are taken in place of the one token.
    pub oauth: Option<OAuthOptions>,
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
            legacy_sse: false,
            oauth: None,
        }
    }
}

/// A server that listens.
#[derive(Debug, Clone)]
pub struct Listening {
    /// What clients connect to: `http://127.0.0.1:8899/mcp`.
    pub url: String,
    /// What clients of the transport of 2024 connect to: `http://127.0.0.1:8899/sse`.
    pub sse_url: Option<String>,
    /// The token that was made because none was given; show it to the user once, on standard error.
    pub generated_token: Option<Secret>,
}

/// Serves any number of clients until the process is asked to stop; then stops and stores what runs. `ready` is told
/// the address once connections are accepted.
///
/// # Errors
/// [`McpError::NotLoopback`], [`McpError::ShortToken`], [`McpError::Keys`] and [`McpError::Bind`] before anything is served.
pub async fn serve_http(app: App, options: HttpOptions, ready: impl FnOnce(&Listening)) -> Result<(), McpError> {
    let HttpOptions { address, token, server, stop, request_within, legacy_sse, oauth } = options;
    // Behind the token lie scans with the user's credentials; without TLS, a network could read the token.
    if !address.ip().is_loopback() {
        return Err(McpError::NotLoopback(address));
    }
    let given = token.map(check_token).transpose()?;
    let bind = |source| McpError::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(bind)?;
    let base = format!("http://{}", listener.local_addr().map_err(bind)?);
    let (url, sse_url) = (format!("{base}/mcp"), legacy_sse.then(|| format!("{base}{}", legacy_sse::STREAM_PATH)));
    let host = oauth.as_ref().and_then(|oauth| public_host(oauth.resource.as_deref()?));
    let settings = TenantSettings { app: app.clone(), options: server, stop: stop.clone(), legacy_sse, host };
    let (admission, generated_token) = match oauth {
        Some(oauth) => {
            let verifier = TokenVerifier::new(oauth, &url).await?;
            (Admission::Issued(Box::new(verifier), Box::new(Tenants::new(settings))), None)
        }
        None => {
            let made = given.is_none().then(random_token);
            let token = given.or_else(|| made.clone()).unwrap_or_else(random_token);
            (Admission::Token(token, Box::new(Tenant::new(&settings, app, None))), made)
        }
    };

    let gate = RequestGate { admission: Arc::new(admission), request_within };
    let admission = Arc::clone(&gate.admission);
    let router = Router::new().fallback(move |request: Request| gate.clone().serve(request));
    // After the bind: a client that is started by this line must find the port open.
    ready(&Listening { url, sse_url, generated_token });
    let served = serve_until_stopped(Serving { listener, router, request_within }, stop).await;
    // In every case: scans that run must undo what they wrote before the process ends.
    admission.end().await;

    served
}

fn check_token(token: Secret) -> Result<Secret, McpError> {
    let length = token.expose().len();
    if length < MIN_TOKEN_CHARS { Err(McpError::ShortToken(length)) } else { Ok(token) }
}

/// The name that requests carry behind a proxy.
fn public_host(resource: &str) -> Option<String> {
    resource.parse::<Uri>().ok()?.host().map(str::to_owned)
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

fn random_token() -> Secret {
    let bytes: [u8; 32] = rand::random();
    Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}
