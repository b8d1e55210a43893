//! Sessions of the older era of the protocol: how many there are, and which one makes room for another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::Response;
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

use super::requests::{WholeRequest, refusal_response};

/// The header that names a session.
pub(super) const SESSION_HEADER: &str = "mcp-session-id";
/// Most sessions at a time; each holds some tens of kilobytes.
const MOST_SESSIONS: usize = 256;
/// A session in which nothing was asked for so long makes room for another when there are too many.
const IDLE: Duration = Duration::from_secs(15 * 60);
/// A session ends by itself after this time without a message: conversations pause for lunch, and over night.
const ENDS_AFTER: Duration = Duration::from_secs(12 * 60 * 60);
/// JSON-RPC 2.0, section 5.1: for the server to define.
const TOO_MANY: i64 = -32000;

/// The sessions, and when something was last asked in each.
#[derive(Clone)]
pub(super) struct HttpSessions {
    pub(super) manager: Arc<LocalSessionManager>,
    /// Held only to add, read or remove.
    last_asked: Arc<Mutex<HashMap<String, Instant>>>,
}

impl HttpSessions {
    pub(super) fn new() -> Self {
        let mut manager = LocalSessionManager::default();
        manager.session_config.keep_alive = Some(ENDS_AFTER);
        Self { manager: Arc::new(manager), last_asked: Arc::default() }
    }

    /// Notes that a session was used, and makes room where the request opens one.
    pub(super) async fn admit(&self, request: &WholeRequest) -> Result<(), Box<Response>> {
        if let Some(session) = request.header(SESSION_HEADER) {
            // A name that was never given out must not fill the table.
            if self.manager.sessions.read().await.contains_key(session) {
                self.locked(|asked| asked.insert(session.to_owned(), Instant::now()));
            }
            return Ok(());
        }

        // Only `initialize` opens a session; anything else without one is for the protocol to refuse.
        if request.called.as_deref() != Some("initialize") || self.manager.sessions.read().await.len() < MOST_SESSIONS {
            return Ok(());
        }
        if self.close_idle().await {
            return Ok(());
        }
        let because = format!(
            "{MOST_SESSIONS} sessions are open, and something was asked in each within the last {} minutes: end one \
             (DELETE with its {SESSION_HEADER}), or start a server of your own on another port",
            IDLE.as_secs() / 60
        );
        Err(refusal_response(StatusCode::SERVICE_UNAVAILABLE, TOO_MANY, &because))
    }

    /// Forgets a session that its client has ended.
    pub(super) fn forget(&self, session: &str) {
        self.locked(|asked| asked.remove(session));
    }

    /// Closes the session that was idle for longest, where that is long enough.
    async fn close_idle(&self) -> bool {
        let open: Vec<_> = self.manager.sessions.read().await.keys().cloned().collect();
        let longest = self.locked(|asked| {
            // Sessions also end by themselves, and their times would stay for ever.
            asked.retain(|known, _| open.iter().any(|session| session.as_ref() == known));
            let now = Instant::now();

            // One that is not known yet was opened this very moment.
            let last = open.iter().map(|session| (*asked.entry(session.to_string()).or_insert(now), session));
            let (since, session) = last.min_by_key(|(since, _)| *since)?;
            (now.duration_since(since) >= IDLE).then(|| session.clone())
        });

        let Some(longest) = longest else { return false };
        // The worker of a session may have ended already; its place is free either way.
        let _ = self.manager.close_session(&longest).await;
        true
    }

    fn locked<T>(&self, then: impl FnOnce(&mut HashMap<String, Instant>) -> T) -> T {
        then(&mut self.last_asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
