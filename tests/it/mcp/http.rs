//! Who may speak to the HTTP server.

use std::net::SocketAddr;

use routewarden::mcp::{HttpOptions, Listening, McpError, Options, serve_http};
use routewarden::model::Secret;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::support::{LEGACY, MODERN, app};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

struct Running {
    authority: String,
    stop: CancellationToken,
    server: JoinHandle<Result<(), McpError>>,
    listening: Listening,
    _folder: tempfile::TempDir,
}

fn options(token: Option<&str>, stop: &CancellationToken) -> HttpOptions {
    HttpOptions {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        token: token.map(Secret::new),
        server: Options::default(),
        stop: stop.clone(),
    }
}

async fn start(token: Option<&str>) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let stop = CancellationToken::new();
    let (tell, told) = oneshot::channel();
    let (app, options) = (app(folder.path()), options(token, &stop));
    let server = tokio::spawn(serve_http(app, options, move |listening| drop(tell.send(listening.clone()))));
    let listening = told.await.unwrap();
    let authority = listening.url.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
    Running { authority, stop, server, listening, _folder: folder }
}

impl Running {
    /// Sends `tools/list` of the given era with these headers, and gives status and whole answer.
    async fn ask(&self, host: &str, version: &str, headers: &[(&str, &str)]) -> (u16, String) {
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

    async fn post(&self, host: &str, body: &str, extra: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
             Content-Length: {}\r\nConnection: close\r\n{extra}{lines}\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(&self.authority).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A server that refuses may close before it has read everything.
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
        (status, answer)
    }

    async fn end(self) {
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
