//! Keys of an authorization server that are fetched from an address: kept, renewed, and never from where anyone could put
//! others.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use routewarden::mcp::{KeySource, KeyTimes, OAuthOptions};
use serde_json::json;

use super::oauth::{assert_no_start, claims, key_set, refuse_attacks, sign_as, start_with, take_keys};

/// An issuer's address on loopback.
#[derive(Clone, Default)]
struct Issuer {
    status: Arc<Mutex<u16>>,
    text: Arc<Mutex<String>>,
    asked: Arc<Mutex<usize>>,
}

impl Issuer {
    /// Starts one with this answer, and gives where it is.
    async fn start(status: u16, text: String) -> (Self, String) {
        let issuer = Self::default();
        issuer.answer(status, text);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/jwks", listener.local_addr().unwrap());
        let routes = Router::new().fallback(serve_keys).with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (issuer, address)
    }

    fn answer(&self, status: u16, text: String) {
        *self.status.lock().unwrap() = status;
        *self.text.lock().unwrap() = text;
    }

    fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }
}

async fn serve_keys(State(issuer): State<Issuer>, uri: axum::http::Uri) -> Response {
    *issuer.asked.lock().unwrap() += 1;
    let status = axum::http::StatusCode::from_u16(*issuer.status.lock().unwrap()).unwrap();
    if status.is_redirection() && uri.path() == "/jwks" {
        return (status, [("location", "/moved")]).into_response();
    }
    if status == 504 {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    let status = if status.is_redirection() { axum::http::StatusCode::OK } else { status };
    (status, [("content-type", "application/json")], issuer.text.lock().unwrap().clone()).into_response()
}

fn keys_at(address: &str, times: KeyTimes) -> OAuthOptions {
    OAuthOptions { key_times: times, ..take_keys(KeySource::Address(address.to_owned())) }
}

/// Keys are old at once, and may be looked at again at once.
fn always_anew() -> KeyTimes {
    KeyTimes { fresh: Duration::ZERO, again: Duration::ZERO, ..KeyTimes::default() }
}

#[tokio::test]
async fn tokens_are_judged_by_keys_that_are_fetched() {
    let (issuer, address) = Issuer::start(200, key_set("one")).await;
    refuse_attacks(start_with(|_| keys_at(&address, KeyTimes::default())).await).await;
    assert_eq!(issuer.asked(), 1, "keys are kept, and one that is not known is not looked for at once again");
}

#[tokio::test]
async fn keys_of_kinds_that_are_not_known_do_not_hide_the_others() {
    let mut set: serde_json::Value = serde_json::from_str(&key_set("one")).unwrap();
    let keys = set["keys"].as_array_mut().unwrap();
    keys.insert(0, json!({"kty": "AKP", "alg": "ML-DSA-44", "kid": "later", "pub": "AA"}));
    keys.push(json!({"kty": "RSA", "use": "enc", "alg": "RSA-OAEP-512", "kid": "two", "n": "AQAB", "e": "AQAB"}));
    keys.push(json!("no key"));
    let (_issuer, address) = Issuer::start(200, set.to_string()).await;
    let server = start_with(|_| keys_at(&address, KeyTimes::default())).await;
    for (name, expected) in [("one", 200), ("two", 401), ("later", 401)] {
        let token = sign_as(name, &claims("alice", ""));
        assert_eq!(server.request(&token, "tools/list", json!({})).await.0, expected, "{name}");
    }
    server.running.end().await;
}

#[tokio::test]
async fn a_key_that_is_new_is_found_and_one_that_was_withdrawn_is_dropped() {
    let (issuer, address) = Issuer::start(200, key_set("one")).await;
    let server = start_with(|_| keys_at(&address, always_anew())).await;
    let (old, new) = (sign_as("one", &claims("alice", "")), sign_as("two", &claims("alice", "")));
    let asks = async |token: &str| server.request(token, "tools/list", json!({})).await.0;
    assert_eq!((asks(&old).await, asks(&new).await), (200, 401));
    issuer.answer(200, key_set("two"));
    assert_eq!((asks(&new).await, asks(&old).await), (200, 401));

    // An issuer that cannot be asked for a moment signs nobody out; what it says then is no set of keys.
    for (status, text) in [(503, key_set("one")), (200, "<html>".to_owned()), (302, key_set("one"))] {
        issuer.answer(status, text);
        assert_eq!((asks(&new).await, asks(&old).await), (200, 401), "{status}");
    }
    server.running.end().await;
}

#[tokio::test]
async fn keys_that_are_too_old_are_not_used() {
    let (issuer, address) = Issuer::start(200, key_set("one")).await;
    let times = KeyTimes { usable: Duration::ZERO, ..always_anew() };
    let server = start_with(|_| keys_at(&address, times)).await;
    issuer.answer(503, String::new());
    assert_eq!(server.request(&sign_as("one", &claims("alice", "")), "tools/list", json!({})).await.0, 401);
    server.running.end().await;
}

#[tokio::test]
async fn keys_come_from_their_own_address_whole_and_in_time() {
    let long = format!("{}{}", key_set("one"), " ".repeat(1024 * 1024));
    for (status, text, because) in [
        (302, key_set("one"), "redirects are not followed"),
        (404, key_set("one"), "status 404"),
        (200, long, "longer than 1048576 bytes"),
        (200, "{\"keys\": []}".to_owned(), "no keys"),
        (504, key_set("one"), "within 300 ms"),
    ] {
        let (_issuer, address) = Issuer::start(status, text).await;
        let times = KeyTimes { answer: Duration::from_millis(300), ..KeyTimes::default() };
        assert_no_start(keys_at(&address, times), because).await;
    }
    for (address, because) in [
        ("http://issuer.example/jwks", "neither https nor on this machine"),
        ("http://127.0.0.1.issuer.example/jwks", "neither https nor on this machine"),
        ("https://user:word@issuer.example/jwks", "user name or password"),
        ("file:///etc/keys.json", "only http and https"),
        ("http://127.0.0.1:1/jwks", "there is no answer"),
    ] {
        assert_no_start(keys_at(address, KeyTimes::default()), because).await;
    }
}
