//! Principals apart: each has a server with a history, sessions and scans of its own, so that the scan of another one is
//! not there at all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::CancellationToken;

use super::legacy_sse;
use super::oauth::Principal;
use super::requests::MAX_REQUEST_BYTES;
use super::sessions::HttpSessions;
use crate::app::App;
use crate::mcp::server::{McpServer, ServerOptions};
use crate::model::Mode;

/// Most principals at a time, each in two roles at most.
const MOST_TENANTS: usize = 64;
/// Browsers on this machine may use the server when they hold the token; pages from elsewhere may not.
const ORIGINS: [&str; 3] = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];

/// What all tenants are served with.
#[derive(Debug, Clone)]
pub(super) struct TenantSettings {
    pub(super) app: App,
    pub(super) options: ServerOptions,
    pub(super) stop: CancellationToken,
    pub(super) legacy_sse: bool,
    /// The public name of the server behind a proxy.
    pub(super) host: Option<String>,
}

/// The server of one principal, or of all who hold the one token.
#[derive(Clone)]
pub(super) struct Tenant {
    app: App,
    server: McpServer,
    pub(super) sessions: HttpSessions,
    pub(super) routes: Router,
}

impl Tenant {
    pub(super) fn new(settings: &TenantSettings, app: App, granted: Option<Mode>) -> Self {
        let options = ServerOptions { granted, ..settings.options.clone() };
        let server = McpServer::new(app.clone(), options, settings.stop.clone());
        let sessions = HttpSessions::new();
        let mut routes = build_routes(server.clone(), &sessions, settings);
        if settings.legacy_sse {
            routes = routes.merge(legacy_sse::build_routes(server.clone(), settings.stop.child_token()));
        }

        Self { app, server, sessions, routes }
    }

    /// Stops everything that runs, and stores it.
    pub(super) async fn end(&self) {
        self.server.end().await;
    }
}

fn build_routes(server: McpServer, sessions: &HttpSessions, settings: &TenantSettings) -> Router {
    let mut config = StreamableHttpServerConfig::default()
        // A page in the user's browser reaches loopback too, by DNS rebinding with a name of its own.
        .enforce_origin_validation()
        .with_allowed_origins(ORIGINS)
        .with_max_request_body_bytes(MAX_REQUEST_BYTES)
        .with_cancellation_token(settings.stop.child_token());
    // This machine's own names are allowed already.
    config.allowed_hosts.extend(settings.host.clone());
    let manager = Arc::clone(&sessions.manager);
    let service: StreamableHttpService<McpServer, LocalSessionManager> =
        StreamableHttpService::new(move || Ok(server.for_session()), manager, config);
    Router::new().nest_service("/mcp", service)
}

/// All tenants that have been there.
pub(super) struct Tenants {
    settings: TenantSettings,
    /// Held only to look up or add.
    known: Mutex<HashMap<(String, Mode), Tenant>>,
}

impl Tenants {
    pub(super) fn new(settings: TenantSettings) -> Self {
        Self { settings, known: Mutex::default() }
    }

    /// The server of a principal; `None` where there are too many, or its history cannot be kept.
    pub(super) fn of(&self, principal: &Principal) -> Option<Tenant> {
        let key = (principal.name.clone(), principal.scopes.most_mode());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tenant) = known.get(&key) {
            return Some(tenant.clone());
        }

        if known.len() >= MOST_TENANTS {
            return None;
        }

        // Two tokens of one principal are of one user, who finds all scans with each.
        let same = known.iter().find(|((name, _), _)| *name == principal.name).map(|(_, tenant)| tenant.app.clone());
        let app = match same {
            Some(app) => app,
            None => self.settings.app.with_own_history(&principal.name).ok()?,
        };

        let tenant = Tenant::new(&self.settings, app, Some(key.1));
        known.insert(key, tenant.clone());
        Some(tenant)
    }

    /// Stops everything that runs, and stores it.
    pub(super) async fn end(&self) {
        let tenants: Vec<Tenant> =
            self.known.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for tenant in tenants {
            tenant.end().await;
        }
    }
}
