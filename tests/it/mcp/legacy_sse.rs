//! The transport of 2024: a stream of events, and an address for messages.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;

use super::http::{Running, TOKEN, options, start_of};
use super::support::LEGACY;
use crate::durable::kit::SlowShop;
use routewarden::mcp::HttpOptions;
use tokio_util::sync::CancellationToken;

/// A client that listens.
struct Listener {
    lines: Lines<BufReader<TcpStream>>,
    place: String,
}

async fn serve(app: routewarden::app::App) -> Running {
    let stop = CancellationToken::new();
    start_of(app, HttpOptions { legacy_sse: true, ..options(Some(TOKEN), &stop) }, stop).await
}

impl Listener {
    async fn open(running: &Running) -> Self {
        let mut stream = TcpStream::connect(&running.authority).await.unwrap();
        let request = format!(
            "GET /sse HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\nAuthorization: Bearer {TOKEN}\r\n\r\n",
            running.authority
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut client = Self { lines: BufReader::new(stream).lines(), place: String::new() };
        let first = client.event().await;
        assert!(first.starts_with("/messages?sessionId="), "{first}");
        client.place = first;
        client
    }

    /// The data of the next event.
    async fn event(&mut self) -> String {
        let next = async {
            loop {
                let line = self.lines.next_line().await.unwrap().expect("the stream is open");
                if let Some(data) = line.strip_prefix("data: ") {
                    return data.to_owned();
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), next).await.expect("an event")
    }

    async fn say(&self, running: &Running, message: &Value) -> (u16, String) {
        // On many lines: a message is what was sent, and not a line of it.
        let body = serde_json::to_string_pretty(message).unwrap();
        post(running, &self.place, &running.authority, &body).await
    }
}

async fn post(running: &Running, place: &str, host: &str, body: &str) -> (u16, String) {
    let answer = running
        .send(&format!(
            "POST {place} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ))
        .await;
    (answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default(), answer)
}

fn hello() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}})
}

#[tokio::test]
async fn a_client_of_the_old_transport_is_served_on_its_stream() {
    let folder = tempfile::tempdir().unwrap();
    let running = serve(super::support::app(folder.path())).await;
    assert!(running.listening.sse_url.as_ref().unwrap().ends_with("/sse"));
    let mut client = Listener::open(&running).await;
    assert_eq!(client.say(&running, &hello()).await.0, 202);
    let answer: Value = serde_json::from_str(&client.event().await).unwrap();
    assert_eq!(answer["result"]["serverInfo"]["name"], "routewarden", "{answer}");
    client.say(&running, &json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    client.say(&running, &json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})).await;
    let answer: Value = serde_json::from_str(&client.event().await).unwrap();
    assert_eq!(answer["result"]["tools"].as_array().map(Vec::len), Some(4), "{answer}");
    // Streamable HTTP is served beside it.
    let bearer = format!("Bearer {TOKEN}");
    assert_eq!(running.ask(&running.authority, LEGACY, &[("Authorization", &bearer)]).await.0, 200);
    drop(client);
    running.end().await;
}

#[tokio::test]
async fn strangers_foreign_names_and_unknown_streams_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let running = serve(super::support::app(folder.path())).await;
    let get = |host: &str, more: &str| format!("GET /sse HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n");
    let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
    assert!(running.send(&get(&running.authority, "")).await.starts_with("HTTP/1.1 401"));
    assert!(running.send(&get("localhost.evil.example", &bearer)).await.starts_with("HTTP/1.1 403"));
    for origin in ["http://evil.example", "http://localhost.evil.example", "null"] {
        let more = format!("{bearer}Origin: {origin}\r\n");
        assert!(running.send(&get(&running.authority, &more)).await.starts_with("HTTP/1.1 403"), "{origin}");
    }
    let client = Listener::open(&running).await;
    let (status, answer) = post(&running, "/messages?sessionId=0", &running.authority, &hello().to_string()).await;
    assert_eq!(status, 404, "{answer}");
    assert_eq!(post(&running, &client.place, "evil.example", &hello().to_string()).await.0, 403);
    assert_eq!(post(&running, &client.place, &running.authority, "{\"jsonrpc\":").await.0, 400);
    running.end().await;
}

#[tokio::test]
async fn the_old_transport_is_not_served_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let stop = CancellationToken::new();
    let running = start_of(super::support::app(folder.path()), options(Some(TOKEN), &stop), stop).await;
    let request = format!(
        "GET /sse HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\r\n",
        running.authority
    );
    assert!(running.send(&request).await.starts_with("HTTP/1.1 404"));
    running.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_its_stream_stops_its_scan() {
    let shop = SlowShop::start(Duration::from_millis(100)).await;
    let bench = shop.bench();
    let running = serve(bench.app.clone()).await;
    let mut client = Listener::open(&running).await;
    client.say(&running, &hello()).await;
    client.event().await;
    client.say(&running, &json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    let call =
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "scan_api", "arguments": {}}});
    client.say(&running, &call).await;
    let has = async |status: &str| {
        for _ in 0..250 {
            let rows = bench.app.history(5).await.unwrap();
            if rows.first().is_some_and(|row| row.status == status) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        false
    };
    assert!(has("running").await);
    drop(client);
    assert!(has("interrupted").await);
    running.end().await;
}
