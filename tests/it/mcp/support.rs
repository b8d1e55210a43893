//! A raw client: lines in, lines out, so that what is tested is the wire and not another library.

use std::path::{Path, PathBuf};

use routewarden::app::App;
use routewarden::mcp::{McpError, ServerOptions, serve_pipes};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf, split};
use tokio::task::JoinHandle;

/// The versions of both eras.
pub const LEGACY: &str = "2025-11-25";
pub const MODERN: &str = "2026-07-28";

pub fn tools_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tools")
}

pub fn app(folder: &Path) -> App {
    App::new(folder.to_owned(), Some(folder.join("data")))
}

/// A client of a server in the same process.
pub struct Client {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    input: WriteHalf<DuplexStream>,
    server: JoinHandle<Result<(), McpError>>,
    version: &'static str,
    capabilities: Value,
    next_id: u64,
    /// Keeps the server's folder.
    _folder: Option<tempfile::TempDir>,
}

impl Client {
    /// A client that has said nothing yet.
    pub fn silent(version: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let client = Self::over(app(folder.path()), version, json!({}));
        Self { _folder: Some(folder), ..client }
    }

    /// A client of these use cases that can do this, and has said nothing yet.
    pub fn over(app: App, version: &'static str, capabilities: Value) -> Self {
        Self::over_with(app, ServerOptions::default(), version, capabilities)
    }

    /// A client of a server with these options, which has said nothing yet.
    pub fn with_options(app: App, options: ServerOptions, version: &'static str) -> Self {
        Self::over_with(app, options, version, json!({}))
    }

    /// The same, of a client that can do this.
    pub fn over_with(app: App, options: ServerOptions, version: &'static str, capabilities: Value) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let (reader, writer) = split(theirs);
        let server = tokio::spawn(serve_pipes(app, options, reader, writer));
        let (output, input) = split(ours);
        let lines = BufReader::new(output).lines();
        Self { lines, input, server, version, capabilities, next_id: 0, _folder: None }
    }

    /// A client that is ready for calls.
    pub async fn ready(version: &'static str) -> Self {
        Self::silent(version).greeted().await
    }

    /// The same client after the handshake of its era.
    pub async fn greeted(self) -> Self {
        let mut client = self;
        if client.version == LEGACY {
            let params = json!({
                "protocolVersion": LEGACY, "capabilities": client.capabilities,
                "clientInfo": {"name": "t", "version": "0"},
            });
            let answer = client.request("initialize", params).await;
            assert_eq!(answer["result"]["protocolVersion"], LEGACY);
            client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        }
        client
    }

    pub async fn send(&mut self, message: &Value) {
        self.send_line(&message.to_string()).await;
    }

    pub async fn send_line(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// Sends a request and gives the answer to it; every line in between must be JSON-RPC.
    pub async fn request(&mut self, method: &str, mut params: Value) -> Value {
        self.next_id += 1;
        if self.version == MODERN {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientCapabilities": self.capabilities,
                "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "0"},
            });
        }
        self.send(&json!({"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params})).await;
        loop {
            let message = self.next().await.expect("an answer");
            if message["id"] == self.next_id {
                return message;
            }
        }
    }

    pub async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.request("tools/call", json!({"name": tool, "arguments": arguments})).await
    }

    /// Calls a tool whose user is asked on the way, and gives this answer in the way of the client's era. Returns the
    /// question, if there was one, and the result.
    pub async fn call_and_answer(&mut self, tool: &str, arguments: Value, answer: Value) -> (Option<String>, Value) {
        if self.version == MODERN {
            let first = self.call(tool, arguments.clone()).await;
            if first["result"]["resultType"] != "input_required" {
                return (None, first);
            }
            let (key, question) = first["result"]["inputRequests"].as_object().unwrap().iter().next().unwrap();
            let asked = question["params"]["message"].as_str().unwrap().to_owned();
            let again = json!({"name": tool, "arguments": arguments, "inputResponses": {key.as_str(): answer}});
            return (Some(asked), self.request("tools/call", again).await);
        }
        self.next_id += 1;
        let id = self.next_id;
        let params = json!({"name": tool, "arguments": arguments});
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})).await;
        let mut asked = None;
        loop {
            let message = self.next().await.expect("an answer");
            if message["method"] == "elicitation/create" {
                asked = Some(message["params"]["message"].as_str().unwrap().to_owned());
                self.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": answer})).await;
            } else if message["id"] == id {
                return (asked, message);
            }
        }
    }

    /// The next message; `None` at the end of output.
    pub async fn next(&mut self) -> Option<Value> {
        let line = self.lines.next_line().await.unwrap()?;
        let message: Value = serde_json::from_str(&line).expect("only JSON on the wire");
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        Some(message)
    }

    /// Leaves, and waits for the server to end.
    pub async fn leave(self) -> Result<(), McpError> {
        drop((self.input, self.lines));
        self.server.await.unwrap()
    }
}
