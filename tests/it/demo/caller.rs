//! A plain HTTP caller and hand-made tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::HeaderMap;
use routewarden::demo::{self, Demo, DemoOptions};
use serde_json::{Value, json};

/// A running demo and a client for it.
pub(super) struct Caller {
    pub(super) demo: Demo,
    http: reqwest::Client,
}

/// What came back.
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Seen {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

impl Caller {
    pub(super) async fn weak() -> Self {
        Self::start(false).await
    }

    pub(super) async fn repaired() -> Self {
        Self::start(true).await
    }

    async fn start(repaired: bool) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let demo = demo::start(DemoOptions { repaired, port: 0 }).await.unwrap();
        Self { demo, http: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    /// Asks with these headers.
    pub(super) async fn with(&self, path: &str, headers: &[(&str, &str)]) -> Seen {
        let mut request = self.http.get(format!("{}{path}", self.demo.base_url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        seen(request).await
    }

    /// Asks with this bearer token.
    pub(super) async fn bearing(&self, token: &str, path: &str) -> Seen {
        self.with(path, &[("authorization", &format!("Bearer {token}"))]).await
    }

    /// Asks as one of the accounts.
    pub(super) async fn get(&self, who: &str, path: &str) -> Seen {
        self.bearing(self.demo.token(who).unwrap(), path).await
    }

    /// Asks without a credential.
    pub(super) async fn anonymous(&self, path: &str) -> Seen {
        self.with(path, &[]).await
    }

    pub(super) async fn login(&self, username: &str, password: &str) -> Seen {
        let body = json!({"username": username, "password": password});
        seen(self.http.post(format!("{}/login", self.demo.base_url)).json(&body)).await
    }
}

async fn seen(request: reqwest::RequestBuilder) -> Seen {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Seen { status, headers, text: response.text().await.unwrap() }
}

/// A token for alice with these changes to its header and claims, signed with `key` unless that is empty.
pub(super) fn forged(algorithm: &str, expires: i64, key: &[u8]) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(json!({"alg": algorithm, "typ": "JWT"}));
    let claims = part(json!({"iss": "ledgerly", "sub": "alice", "uid": 4101, "role": "user", "exp": expires}));
    let body = format!("{head}.{claims}");
    if key.is_empty() {
        return format!("{body}.");
    }
    let mut mac = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(key).unwrap();
    mac.update(body.as_bytes());
    format!("{body}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// An expiry that no test outlives.
pub(super) const FAR: i64 = 4_102_444_800;
