//! Who may speak to the HTTP server.

use std::net::SocketAddr;
use std::time::Duration;

use routewarden::app::App;
use routewarden::mcp::{HttpOptions, Listening, McpError, REQUEST_WITHIN, ServerOptions, serve_http};
use routewarden::model::Secret;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::support::{LEGACY, MODERN, app};

pub(super) const TOKEN: &str = "0123456789abcdef0123456789abcdef";

pub(super) struct Running {
    pub(super) authority: String,
    stop: CancellationToken,
    server: JoinHandle<Result<(), McpError>>,
    pub(super) listening: Listening,
    /// Keeps the server's folder.
    _folder: Option<tempfile::TempDir>,
}

pub(super) fn options(token: Option<&str>, stop: &CancellationToken) -> HttpOptions {
    HttpOptions {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        token: token.map(Secret::new),
        server: ServerOptions::default(),
        stop: stop.clone(),
        request_within: REQUEST_WITHIN,
        legacy_sse: false,
        oauth: None,
    }
}

async fn start(token: Option<&str>) -> Running {
    start_with(token, REQUEST_WITHIN).await
}

async fn start_with(token: Option<&str>, request_within: Duration) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let stop = CancellationToken::new();
    let options = HttpOptions { request_within, ..options(token, &stop) };
    let running = start_of(app(folder.path()), options, stop).await;
    Running { _folder: Some(folder), ..running }
}

/// Serves these use cases with these options.
pub(super) async fn start_of(app: App, options: HttpOptions, stop: CancellationToken) -> Running {
    let (tell, told) = oneshot::channel();
    let server = tokio::spawn(serve_http(app, options, move |listening| drop(tell.send(listening.clone()))));
    let listening = told.await.unwrap();
    let authority = listening.url.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
    Running { authority, stop, server, listening, _folder: None }
}

impl Running {
    /// Sends `tools/list` of the given era with these headers, and gives status and whole answer.
    pub(super) async fn ask(&self, host: &str, version: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let params = json!({"_meta": {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
        }});
        let modern = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params});
        let legacy = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}});
        let (body, extra) = if version == MODERN {
            (modern, format!("MCP-Protocol-Version: {MODERN}\r\nMcp-Method: tools/list\r\n"))
        } else {
            (legacy, String::new())
        };
        self.post(host, &body.to_string(), &extra, headers).await
    }

    /// Sends bytes, and gives all that is answered until the server closes the connection.
    pub(super) async fn send(&self, bytes: &str) -> String {
        let mut stream = TcpStream::connect(&self.authority).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A server that refuses may close before it has read everything.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(super) async fn post(&self, host: &str, body: &str, extra: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
             Content-Length: {}\r\nConnection: close\r\n{extra}{lines}\r\n{body}",
            body.len()
        );
        let answer = self.send(&request).await;
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
        (status, answer)
    }

    pub(super) async fn end(self) {
        self.stop.cancel();
        self.server.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn both_eras_are_served_to_who_has_the_token() {
    let running = start(Some(TOKEN)).await;
    let bearer = format!("Bearer {TOKEN}");
    for (version, expected) in [(MODERN, "check_route_ownership"), (LEGACY, "serverInfo")] {
        let (status, answer) = running.ask(&running.authority, version, &[("Authorization", &bearer)]).await;
        assert_eq!(status, 200, "{answer}");
        assert!(answer.contains(expected), "{answer}");
    }
    running.end().await;
}

#[tokio::test]
async fn nobody_else_is_served() {
    let running = start(Some(TOKEN)).await;
    let short = format!("Bearer {}", &TOKEN[1..]);
    let long = format!("Bearer {TOKEN}0");
    let basic = format!("Basic {TOKEN}");
    for header in [None, Some("Bearer "), Some("Bearer"), Some("Bearer wrong"), Some(&short), Some(&long), Some(&basic)]
    {
        let headers: Vec<(&str, &str)> = header.iter().map(|value| ("Authorization", *value)).collect();
        let (status, answer) = running.ask(&running.authority, MODERN, &headers).await;
        assert_eq!(status, 401, "{header:?} {answer}");
        assert!(answer.to_ascii_lowercase().contains("www-authenticate: bearer"), "{answer}");
        assert!(!answer.contains(TOKEN) && !answer.contains("scan_api"));
    }
    running.end().await;
}

#[tokio::test]
async fn foreign_hosts_and_origins_are_refused() {
    let running = start(Some(TOKEN)).await;
    let bearer = format!("Bearer {TOKEN}");
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example"] {
        assert_eq!(running.ask(host, MODERN, &[("Authorization", &bearer)]).await.0, 403, "{host}");
    }
    for origin in ["http://evil.example", "http://localhost.evil.example", "null", "https://127.0.0.1.evil.example"] {
        let headers = [("Authorization", bearer.as_str()), ("Origin", origin)];
        assert_eq!(running.ask(&running.authority, MODERN, &headers).await.0, 403, "{origin}");
    }
    let headers = [("Authorization", bearer.as_str()), ("Origin", "http://localhost:5173")];
    assert_eq!(running.ask(&running.authority, MODERN, &headers).await.0, 200);
    running.end().await;
}

#[tokio::test]
async fn a_request_without_end_is_refused() {
    let running = start(Some(TOKEN)).await;
    let bearer = format!("Bearer {TOKEN}");
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"x": "y".repeat(1 << 20)}});
    let (status, _) = running.post(&running.authority, &body.to_string(), "", &[("Authorization", &bearer)]).await;
    assert_eq!(status, 413);
    running.end().await;
}

#[tokio::test]
async fn a_server_without_a_token_makes_one() {
    let running = start(None).await;
    let made = running.listening.generated_token.clone().unwrap();
    assert_eq!(made.expose().len(), 64);
    assert_eq!(running.ask(&running.authority, MODERN, &[]).await.0, 401);
    let bearer = format!("Bearer {}", made.expose());
    assert_eq!(running.ask(&running.authority, MODERN, &[("Authorization", &bearer)]).await.0, 200);
    running.end().await;
}

#[tokio::test]
async fn addresses_beyond_loopback_and_guessable_tokens_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let stop = CancellationToken::new();
    let open = HttpOptions { address: SocketAddr::from(([0, 0, 0, 0], 0)), ..options(Some(TOKEN), &stop) };
    let error = serve_http(app(folder.path()), open, |_| panic!("served")).await.unwrap_err();
    assert!(matches!(error, McpError::NotLoopback(_)) && error.to_string().contains("127.0.0.1"), "{error}");
    let error =
        serve_http(app(folder.path()), options(Some("hunter2"), &stop), |_| panic!("served")).await.unwrap_err();
    assert!(matches!(error, McpError::ShortToken(7)) && !error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_tool_call_over_http_answers_with_a_fault_for_wrong_arguments() {
    let running = start(Some(TOKEN)).await;
    let bearer = format!("Bearer {TOKEN}");
    let body: Value = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "scan_api", "arguments": {"modus": "active"},
        "_meta": {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}}});
    let extra = format!("MCP-Protocol-Version: {MODERN}\r\nMcp-Method: tools/call\r\nMcp-Name: scan_api\r\n");
    let (status, answer) =
        running.post(&running.authority, &body.to_string(), &extra, &[("Authorization", &bearer)]).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("there is no argument `modus`") && answer.contains("`mode`"), "{answer}");
    running.end().await;
}

#[tokio::test]
async fn what_is_no_message_is_answered_in_the_terms_of_the_protocol() {
    let running = start(Some(TOKEN)).await;
    let bearer = format!("Bearer {TOKEN}");
    for (body, code) in [("{\"jsonrpc\":", -32700), ("{}", -32600), ("[1]", -32600), ("\"tools/list\"", -32600)] {
        let (status, answer) = running.post(&running.authority, body, "", &[("Authorization", &bearer)]).await;
        assert_eq!(status, 400, "{body} {answer}");
        assert!(answer.contains(&format!("\"code\":{code}")), "{body} {answer}");
    }
    running.end().await;
}

#[tokio::test]
async fn sessions_have_a_cap_and_give_their_place_back() {
    const MOST: usize = 256;
    let running = start(Some(TOKEN)).await;
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("Authorization", bearer.as_str())];
    let mut session = String::new();
    for _ in 0..MOST {
        let (status, answer) = running.ask(&running.authority, LEGACY, &headers).await;
        assert_eq!(status, 200, "{answer}");
        let line = answer.lines().find(|line| line.to_ascii_lowercase().starts_with("mcp-session-id:")).unwrap();
        session = line.split_once(':').unwrap().1.trim().to_owned();
    }
    let (status, answer) = running.ask(&running.authority, LEGACY, &headers).await;
    assert_eq!(status, 503, "{answer}");
    assert!(answer.contains("256 sessions are open"), "{answer}");

    let delete = format!(
        "DELETE /mcp HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: {bearer}\r\nMcp-Session-Id: {session}\r\n\r\n",
        running.authority
    );
    assert!(running.send(&delete).await.starts_with("HTTP/1.1 204"));
    assert_eq!(running.ask(&running.authority, LEGACY, &headers).await.0, 200);
    running.end().await;
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_request_is_not_waited_for() {
    let running = start_with(Some(TOKEN), Duration::from_millis(200)).await;
    let half = format!("POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {TOKEN}\r\n", running.authority);
    let without_body = format!("{half}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{{");
    for (sent, expected) in [("", ""), (half.as_str(), ""), (without_body.as_str(), "HTTP/1.1 408")] {
        let answer = tokio::time::timeout(Duration::from_secs(10), running.send(sent)).await;
        assert!(answer.as_ref().is_ok_and(|answer| answer.starts_with(expected)), "{sent:?} {answer:?}");
    }
    running.end().await;
}
