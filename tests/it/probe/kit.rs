//! Servers that answer byte by byte as a test wants it, and probes for them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use routewarden::detect::Redactor;
use routewarden::model::{Consent, Credential, Identity, LoginRecipe, Scope, Secret, TokenSource};
use routewarden::probe::{Limits, Probe};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;

/// One request as it came over the wire.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET /path?query`
    pub line: String,
    /// Lower-case name and value.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn target(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    pub fn bearer(&self) -> &str {
        self.header("authorization").strip_prefix("Bearer ").unwrap_or_default()
    }
}

/// What a server does with a request.
pub enum Reply {
    /// Sends these bytes and closes.
    Bytes(Vec<u8>),
    /// Sends the head, and then this piece until the other side has enough.
    Endless(Vec<u8>, Vec<u8>),
    /// Sends these bytes and keeps the connection open without a word.
    Stall(Vec<u8>),
    /// Sends these bytes and resets the connection.
    Reset(Vec<u8>),
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

/// A running server; it ends when dropped.
pub struct Server {
    pub base: String,
    pub seen: Arc<Mutex<Vec<Request>>>,
    _serving: JoinSet<()>,
}

impl Server {
    pub async fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, handler): (_, Arc<Handler>) = (Arc::clone(&seen), Arc::new(handler));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                connections.spawn(serve(stream, Arc::clone(&log), Arc::clone(&handler)));
            }
        });
        Self { base, seen, _serving: serving }
    }

    /// A server that should not be asked anything.
    pub async fn trap() -> Self {
        Self::start(|_| answer(200, &json!({"trap": true}))).await
    }

    pub fn lines(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|request| request.line.clone()).collect()
    }

    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.base)).unwrap()
    }
}

async fn serve(mut stream: TcpStream, log: Arc<Mutex<Vec<Request>>>, handler: Arc<Handler>) -> Option<()> {
    let request = read(&mut stream).await?;
    log.lock().unwrap().push(request.clone());
    match handler(&request) {
        Reply::Bytes(bytes) => {
            stream.write_all(&bytes).await.ok()?;
            stream.shutdown().await.ok()?;
            // The other side may still be sending; closing at once would reset what it has not read yet.
            let mut rest = [0; 1024];
            while stream.read(&mut rest).await.is_ok_and(|n| n > 0) {}
        }
        Reply::Endless(head, piece) => {
            stream.write_all(&head).await.ok()?;
            while stream.write_all(&piece).await.is_ok() {}
        }
        Reply::Stall(bytes) => {
            stream.write_all(&bytes).await.ok()?;
            std::future::pending::<()>().await;
        }
        Reply::Reset(bytes) => {
            stream.write_all(&bytes).await.ok()?;
            stream.set_zero_linger().ok()?;
        }
    }
    Some(())
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        let mut piece = [0; 8192];
        let n = stream.read(&mut piece).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&piece[..n]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, text)| text.parse().ok());
    while bytes.len() < end + length.unwrap_or(0_usize) {
        let mut piece = [0; 8192];
        let n = stream.read(&mut piece).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&piece[..n]);
    }
    Some(Request { line, headers, body: String::from_utf8_lossy(&bytes[end..]).into_owned() })
}

/// A head with these header lines, without the empty line.
pub fn head(status: &str, headers: &[&str]) -> String {
    let mut text = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    text
}

/// A whole answer.
pub fn whole(status: &str, headers: &[&str], body: &[u8]) -> Reply {
    let mut bytes = format!("{}Content-Length: {}\r\n\r\n", head(status, headers), body.len()).into_bytes();
    bytes.extend_from_slice(body);
    Reply::Bytes(bytes)
}

/// A whole answer in JSON.
pub fn answer(status: u16, body: &Value) -> Reply {
    whole(&format!("{status} X"), &["Content-Type: application/json"], body.to_string().as_bytes())
}

pub fn redirect(status: u16, to: &str) -> Reply {
    whole(&format!("{status} X"), &[&format!("Location: {to}")], b"")
}

pub fn identity(name: &str, credential: Credential) -> Identity {
    Identity {
        name: name.to_owned(),
        role: "user".to_owned(),
        rank: 10,
        credential,
        owns: BTreeMap::new(),
        consent: Consent::default(),
    }
}

pub fn bearer(name: &str, token: &str) -> Identity {
    identity(name, Credential::Bearer(Secret::new(token)))
}

/// Signs in by `POST /login` with the password `hunter2hunter2`.
pub fn recipe(token: TokenSource) -> LoginRecipe {
    LoginRecipe {
        operation: "POST /login".to_owned(),
        body: json!({"username": "alice", "password": "{secret:PW}"}),
        secrets: BTreeMap::from([("PW".to_owned(), Secret::new("hunter2hunter2"))]),
        content_type: "application/json".to_owned(),
        token,
        send: "Authorization: Bearer {token}".to_owned(),
    }
}

pub fn pointer(path: &str) -> TokenSource {
    TokenSource::Pointer(path.to_owned())
}

pub fn quick() -> Limits {
    Limits { timeout: Duration::from_millis(400), ..Limits::default() }
}

pub fn probe(base: &str, identities: Vec<Identity>, limits: Limits) -> Probe {
    probe_in(Scope::default(), base, identities, limits)
}

pub fn probe_in(scope: Scope, base: &str, identities: Vec<Identity>, limits: Limits) -> Probe {
    let base = Url::parse(base).unwrap();
    Probe::new(scope, base, identities, limits, Redactor::new()).unwrap()
}

/// A document with these reading operations; names in braces are string parameters in the path.
pub fn document(paths: &[&str]) -> Value {
    let mut all = serde_json::Map::new();
    for path in paths {
        let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters: Vec<Value> = names
            .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
            .collect();
        let operation = json!({"parameters": parameters, "responses": {"200": {"description": "OK"}}});
        all.insert((*path).to_owned(), json!({"get": operation}));
    }
    json!({
        "openapi": "3.1.0", "info": {"title": "Raw", "version": "1"}, "paths": all, "security": [{"main": []}],
        "components": {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}},
    })
}
