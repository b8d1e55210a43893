//! A server that answers everything with 200 and keeps what it was sent.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;

/// A decoy on a free port of loopback.
pub struct Decoy {
    pub base_url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Decoy {
    /// Starts one that serves `{}` everywhere.
    pub async fn start() -> Self {
        Self::serving(|_| "{}".to_owned()).await
    }

    /// Starts one that serves this text at `/openapi.json`; it is given its own address.
    pub async fn serving(document: impl FnOnce(&str) -> String) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let document = document(&base_url);
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let app = Router::new()
            .route("/openapi.json", axum::routing::get(async move || document))
            .fallback(keep)
            .with_state(Arc::clone(&seen));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base_url, seen }
    }

    /// The port.
    pub fn port(&self) -> &str {
        self.base_url.rsplit(':').next().unwrap()
    }

    /// How many requests came, but for those of the document.
    pub fn hits(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// Whether any header of any request had this text.
    pub fn saw(&self, text: &str) -> bool {
        self.seen.lock().unwrap().iter().any(|headers| headers.contains(text))
    }
}

async fn keep(State(seen): State<Arc<Mutex<Vec<String>>>>, headers: HeaderMap) -> impl IntoResponse {
    seen.lock().unwrap().push(format!("{headers:?}"));
    ([("content-type", "application/json")], "{\"id\":1,\"name\":\"x\"}")
}
