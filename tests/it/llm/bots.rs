//! Servers with a fake model behind them, in every wire format: what the model is told, and what it says, is a function.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use routewarden::app::ScanRequest;
use routewarden::llm::WireFormat;
use routewarden::report::Report;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::formats::{Body, pieces, whole};
use crate::engine::harness::Bench;

/// One call, as the server sees it.
pub struct Call<'a> {
    /// The caller's name; `None` for strangers.
    pub who: Option<&'a str>,
    /// The caller's bearer token.
    pub token: &'a str,
    /// Everything that the request says, as text.
    pub said: String,
    /// How many calls came before it.
    pub n: usize,
    /// What this server was told so far, by anybody.
    pub heard: Vec<String>,
}

/// What a bot does with a call.
pub enum Reply {
    /// Says this.
    Says(String),
    /// Answers with this status and body.
    Raw(u16, &'static str, String),
    /// Answers with this content type, a header and a body.
    Headed(&'static str, (&'static str, &'static str), String),
    /// Says this after so long.
    Late(std::time::Duration, String),
}

type Mind = Arc<dyn Fn(&Call<'_>) -> Reply + Send + Sync>;

#[derive(Clone)]
struct Server {
    shape: WireFormat,
    streams: bool,
    open: bool,
    people: HashMap<String, String>,
    mind: Mind,
    heard: Arc<Mutex<Vec<String>>>,
    events: Arc<Mutex<HashMap<String, Body>>>,
}

/// A running bot.
pub struct Bot {
    pub base_url: String,
    pub document: Value,
    pub env: Vec<(String, String)>,
    pub hits: Arc<Mutex<Vec<String>>>,
    _serving: JoinSet<()>,
}

/// Where each format is served.
pub fn path(shape: WireFormat, streams: bool) -> &'static str {
    match shape {
        WireFormat::OpenAiChat => "/v1/chat/completions",
        WireFormat::OpenAiResponses => "/v1/responses",
        WireFormat::Anthropic => "/v1/messages",
        WireFormat::OllamaChat => "/api/chat",
        WireFormat::OllamaGenerate => "/api/generate",
        WireFormat::Gemini if streams => "/v1beta/models/m-1:streamGenerateContent",
        WireFormat::Gemini => "/v1beta/models/m-1:generateContent",
        WireFormat::Bedrock => "/model/m-1/converse",
        WireFormat::LangServe if streams => "/bot/stream",
        WireFormat::LangServe => "/bot/invoke",
        WireFormat::LangServeBatch => "/bot/batch",
        WireFormat::AiSdkData => "/api/completion",
        WireFormat::AiSdkUi => "/api/ui-chat",
        WireFormat::Gradio => "/gradio_api/call/predict",
        WireFormat::Tgi if streams => "/generate_stream",
        WireFormat::Tgi => "/generate",
        WireFormat::Generic => "/ask",
    }
}

fn fields(shape: WireFormat) -> (Value, Value) {
    let text = json!({"type": "string"});
    let list = |items: Value| json!({"type": "array", "items": items});
    let turn = json!({"type": "object", "properties": {"role": text, "content": text}});
    let part = json!({"type": "object", "properties": {"text": text}});
    let parts = json!({"type": "object", "properties": {"role": text, "parts": list(part.clone())}});
    match shape {
        WireFormat::OpenAiChat | WireFormat::OllamaChat => {
            (json!({"model": text, "messages": list(turn)}), json!(["model", "messages"]))
        }
        WireFormat::OpenAiResponses => (json!({"model": text, "input": text}), json!(["model", "input"])),
        WireFormat::Anthropic => {
            (json!({"model": text, "max_tokens": {"type": "integer"}, "messages": list(turn)}), json!(["model"]))
        }
        WireFormat::OllamaGenerate => (json!({"model": text, "prompt": text}), json!(["model", "prompt"])),
        WireFormat::Gemini => (json!({"contents": list(parts)}), json!(["contents"])),
        WireFormat::Bedrock => (
            json!({"messages": list(json!({"type": "object", "properties": {"role": text, "content": list(part)}}))}),
            json!(["messages"]),
        ),
        WireFormat::LangServe => (json!({"input": text, "config": {"type": "object"}}), json!(["input"])),
        WireFormat::LangServeBatch => (json!({"inputs": list(text), "config": {"type": "object"}}), json!(["inputs"])),
        WireFormat::AiSdkData => (json!({"messages": list(turn)}), json!(["messages"])),
        WireFormat::AiSdkUi => (json!({"id": text, "messages": list(parts)}), json!(["messages"])),
        WireFormat::Gradio => (json!({"data": list(text)}), json!(["data"])),
        WireFormat::Tgi => (json!({"inputs": text, "parameters": {"type": "object"}}), json!(["inputs"])),
        WireFormat::Generic => (
            json!({"question": text, "session_id": text, "mood": {"type": "string", "enum": ["calm"]}}),
            json!(["question", "session_id", "mood"]),
        ),
    }
}

fn document(shape: WireFormat, streams: bool) -> Value {
    let (properties, required) = fields(shape);
    let kind = if streams { "text/event-stream" } else { "application/json" };
    let answer = if shape == WireFormat::Generic {
        json!({"type": "object", "properties": {"reply": {"type": "string"}}})
    } else {
        json!({})
    };
    json!({
        "openapi": "3.1.0", "info": {"title": format!("{shape:?}"), "version": "1"}, "security": [{"main": []}],
        "components": {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}},
        "paths": {path(shape, streams): {"post": {
            "summary": "Chat with the assistant",
            "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "properties": properties, "required": required}}}},
            "responses": {"200": {"description": "ok", "content": {kind: {"schema": answer}}}}}}},
    })
}

/// Tokens of alice and bob, made at run time, by token and as variables.
pub fn people() -> (HashMap<String, String>, Vec<(String, String)>) {
    let mut people = HashMap::new();
    let mut env = Vec::new();
    for name in ["alice", "bob"] {
        // 36 random characters.
        let token = format!("{:018x}{:018x}", rand::random::<u64>(), rand::random::<u64>());
        people.insert(token.clone(), name.to_owned());
        env.push((format!("BOT_{}", name.to_uppercase()), token));
    }
    (people, env)
}

/// Serves any application.
pub async fn serve_router(router: Router, document: Value, env: Vec<(String, String)>) -> Bot {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let hits = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&hits);
    let router = router.layer(middleware::from_fn(move |request: Request, next: Next| {
        log.lock().unwrap().push(format!("{} {}", request.method(), request.uri().path()));
        next.run(request)
    }));
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        axum::serve(listener, router).await.unwrap();
    });
    Bot { base_url, document, env, hits, _serving: serving }
}

/// Serves a bot for alice and bob.
pub async fn serve(
    shape: WireFormat,
    streams: bool,
    open: bool,
    mind: impl Fn(&Call<'_>) -> Reply + Send + Sync + 'static,
) -> Bot {
    let (people, env) = people();
    let server =
        Server { shape, streams, open, people, mind: Arc::new(mind), heard: Arc::default(), events: Arc::default() };
    let place = path(shape, streams);
    let mut router = Router::new().route(place, post(answer));
    if shape == WireFormat::Gradio {
        router = router.route(&format!("{place}/{{event}}"), get(event));
    }
    serve_router(router.with_state(server), document(shape, streams), env).await
}

async fn answer(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> Response {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = token.strip_prefix("Bearer ").unwrap_or_default();
    let who = server.people.get(token).map(String::as_str);
    if who.is_none() && !server.open {
        return (StatusCode::UNAUTHORIZED, axum::Json(json!({"error": "sign in first"}))).into_response();
    }
    let Ok(value) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    let mut said = Vec::new();
    strings(&value, &mut said);
    let said = said.join("\n");
    let (n, heard) = {
        let mut heard = server.heard.lock().unwrap();
        heard.push(said.clone());
        (heard.len(), heard.clone())
    };
    let reply = (server.mind)(&Call { who, token, said, n, heard });
    let made = match reply {
        Reply::Raw(status, kind, body) => {
            return (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, kind)], body).into_response();
        }
        Reply::Headed(kind, (name, value), body) => {
            return ([(header::CONTENT_TYPE.as_str(), kind), (name, value)], body).into_response();
        }
        Reply::Late(wait, text) => {
            tokio::time::sleep(wait).await;
            whole(server.shape, &text)
        }
        Reply::Says(text) if server.streams => {
            let letters: Vec<String> = text.chars().map(String::from).collect();
            pieces(server.shape, &letters.iter().map(String::as_str).collect::<Vec<_>>())
        }
        Reply::Says(text) => whole(server.shape, &text),
    };
    if server.shape == WireFormat::Gradio {
        let id = format!("{:016x}", rand::random::<u64>());
        server.events.lock().unwrap().insert(id.clone(), made);
        return axum::Json(json!({"event_id": id})).into_response();
    }
    ([(header::CONTENT_TYPE, made.0)], made.1).into_response()
}

async fn event(State(server): State<Server>, Path(id): Path<String>) -> Response {
    let made = server.events.lock().unwrap().remove(&id);
    made.map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |(kind, body)| ([(header::CONTENT_TYPE, kind)], body).into_response(),
    )
}

fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| strings(field, found)),
        _ => {}
    }
}

/// Scans a bot with these lines beside the identities; all checks of models, unless `checks` names others.
pub async fn scan(bot: &Bot, mode: &str, more: &str, files: &[(&str, &str)]) -> Report {
    scan_for("llm", bot, mode, more, files).await
}

/// The same with the checks of a name alone.
pub async fn scan_for(checks: &str, bot: &Bot, mode: &str, more: &str, files: &[(&str, &str)]) -> Report {
    let config = format!(
        "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n\n[scan]\nmode = \"{mode}\"\n\n[identities.alice]\nbearer = {{ env = \"BOT_ALICE\" }}\n\n[identities.bob]\nbearer = {{ env = \"BOT_BOB\" }}\n\n{more}\n",
        bot.base_url
    );
    let bench = Bench::new(&config, Some(&bot.document), &bot.env);
    for (name, text) in files {
        std::fs::write(bench.folder.path().join(name), text).unwrap();
    }
    let mut request = ScanRequest::default();
    request.overrides.checks = vec![checks.to_owned()];
    bench.finished(request).await.report.clone()
}
