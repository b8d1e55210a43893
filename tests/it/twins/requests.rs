//! Plain requests for the twins' own tests.

use std::sync::LazyLock;

use serde_json::Value;

use super::Twin;
use super::kit::opaque;

/// What came back.
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) text: String,
}

impl Seen {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(super) fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }
}

/// One client for all tests, since making one is slow. It keeps no connection, because each test has a runtime of its own.
static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
    client.redirect(reqwest::redirect::Policy::none()).build().unwrap()
});

/// Asks with these headers; redirects are not followed.
pub(super) async fn with(twin: &Twin, path: &str, headers: &[(&str, &str)]) -> Seen {
    let mut request = CLIENT.get(format!("{}{path}", twin.base_url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Seen { status, headers, text: response.text().await.unwrap() }
}

/// Asks with the secret of a person, or any other text, sent as the twin's scheme sends it.
pub(super) async fn presenting(twin: &Twin, secret: &str, path: &str) -> Seen {
    let scheme = &twin.document["components"]["securitySchemes"]["main"];
    let name = scheme["name"].as_str().unwrap_or_default();
    match (scheme["type"].as_str().unwrap_or("http"), scheme["in"].as_str().unwrap_or_default(), name) {
        ("http", ..) => with(twin, path, &[("authorization", &format!("Bearer {secret}"))]).await,
        (_, "cookie", name) => with(twin, path, &[("cookie", &format!("{name}={secret}"))]).await,
        (_, _, "Authorization") => with(twin, path, &[("authorization", &format!("Token {secret}"))]).await,
        (_, _, name) => with(twin, path, &[(name, secret)]).await,
    }
}

/// Asks as a person with an opaque secret.
pub(super) async fn get(twin: &Twin, who: &str, path: &str) -> Seen {
    presenting(twin, &opaque(who), path).await
}

/// Asks without a credential.
pub(super) async fn anonymous(twin: &Twin, path: &str) -> Seen {
    with(twin, path, &[]).await
}
