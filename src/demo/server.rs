//! Starts and stops the demo, and says how to scan it.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::auth;
use super::planted::{APP_WIDE, PLANTED};
use super::routes;
use super::state::DemoApp;

/// How long open connections may finish after [`Demo::stop`].
const STOP_DEADLINE: Duration = Duration::from_secs(2);

/// Which demo to start, and where.
#[derive(Debug, Clone, Copy, Default)]
pub struct DemoOptions {
    /// The repaired twin in place of the weak version.
    pub repaired: bool,
    /// The loopback port; 0 picks a free one.
    pub port: u16,
}

/// A ready-made bearer token of one account.
#[derive(Clone)]
pub struct DemoToken {
    /// The name of the account, which is the identity's name in [`Demo::config_toml`] too.
    pub username: String,
    /// The signed token, without `Bearer`.
    pub token: String,
}

impl fmt::Debug for DemoToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoToken").field("username", &self.username).finish_non_exhaustive()
    }
}

/// A running demo; it stops when dropped.
pub struct Demo {
    /// Where it listens, without a trailing slash.
    pub base_url: String,
    /// A fresh token for each of alice, bob and root, in this order.
    pub tokens: Vec<DemoToken>,
    app: Arc<DemoApp>,
    /// Dropping it asks the server to end.
    stop: Option<oneshot::Sender<()>>,
    /// The one task that serves; aborted with the demo.
    serving: JoinSet<()>,
}

/// Starts the demo on 127.0.0.1.
///
/// # Errors
/// When the port cannot be bound.
pub async fn start(options: DemoOptions) -> std::io::Result<Demo> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, options.port))).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let app = Arc::new(DemoApp::seeded(options.repaired, &base_url)?);
    let router = routes::router(Arc::clone(&app));
    let (stop, stopped) = oneshot::channel::<()>();
    let mut serving = JoinSet::new();

    // Owned by the handle; ends when the sender is dropped or the set is.
    serving.spawn(async move {
        let until = async {
            // An error means that the sender was dropped, which ends the server just the same.
            stopped.await.ok();
        };
        // Accept errors are retried inside; there is nobody left to tell at the end.
        axum::serve(listener, router).with_graceful_shutdown(until).await.ok();
    });

    let tokens = app
        .accounts
        .iter()
        .map(|account| DemoToken { username: account.username.clone(), token: auth::token_for(&app, account) })
        .collect();
    Ok(Demo { base_url, tokens, app, stop: Some(stop), serving })
}

impl Demo {
    /// The planted weaknesses of the weak version: check id and operation.
    pub fn planted() -> &'static [(&'static str, &'static str)] {
        PLANTED
    }

    /// The checks of [`Demo::planted`] whose weakness belongs to the whole API: any operation is right.
    pub fn app_wide() -> &'static [&'static str] {
        APP_WIDE
    }

    /// The bearer token of an account, if there is such an account.
    pub fn token(&self, username: &str) -> Option<&str> {
        self.tokens.iter().find(|token| token.username == username).map(|token| token.token.as_str())
    }

    /// A `routewarden.toml` for this demo. The passwords stand in the environment, see [`Demo::secrets`].
    pub fn config_toml(&self) -> String {
        let base = &self.base_url;
        let mut text = format!(
            "[target]\nopenapi  = \"{base}/openapi.json\"\nbase_url = \"{base}\"\nallow    = [\"{base}\"]\n\n[scan]\nmode = \"passive\"\n"
        );

        for account in &self.app.accounts {
            let (name, role, env) = (&account.username, &account.role, env_name(&account.username));
            text.push_str(&format!(
                "\n[identities.{name}]\nrole = \"{role}\"\n\n[identities.{name}.login]\noperation = \"POST /login\"\n\
                 body      = {{ username = \"{name}\", password = {{ env = \"{env}\" }} }}\ntoken     = \"/access_token\"\n"
            ));
        }

        text
    }

    /// The environment that [`Demo::config_toml`] reads: name and value.
    pub fn secrets(&self) -> Vec<(String, String)> {
        self.app.accounts.iter().map(|account| (env_name(&account.username), account.password.clone())).collect()
    }

    /// How often `GET /maintenance/reset`, which changes state, has been called.
    pub fn resets(&self) -> u64 {
        self.app.resets.load(Ordering::Relaxed)
    }

    /// How often `GET /invoices/{invoice_id}/send`, which would send mail, has been called.
    pub fn sent(&self) -> u64 {
        self.app.sent.load(Ordering::Relaxed)
    }

    /// Ends the demo and waits until its open requests are answered, two seconds at most.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        // Past the deadline the set is dropped, which ends the task.
        tokio::time::timeout(STOP_DEADLINE, self.serving.join_next()).await.ok();
    }
}

fn env_name(username: &str) -> String {
    format!("DEMO_{}_PASSWORD", username.to_uppercase())
}
