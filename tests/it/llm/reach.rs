//! A model whose tools read for one caller what the API keeps for another, the repaired one, and what looks like it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use routewarden::model::{Confidence, Severity};
use routewarden::report::{CoverageOutcome, Report};
use serde_json::{Value, json};

use super::bots::{Bot, people, scan, serve_router};

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    /// The tool reads any note, and the model tells it.
    Weak,
    /// So does this one, and shows the tool's result only.
    WeakInTool,
    /// The tool looks whose it is.
    Repaired,
    /// The notes are everybody's by the API too.
    Shared,
    /// Everybody is listed all notes by the API, and opens no more than one's own.
    Listed,
    /// The model makes notes up.
    Invents,
    /// The model tells back what it was asked.
    Echoes,
    /// The model tells how many notes there are, of everybody.
    Counts,
}

#[derive(Clone)]
struct App {
    kind: Kind,
    people: HashMap<String, String>,
    notes: Arc<Mutex<Vec<Value>>>,
}

impl App {
    fn who(&self, headers: &HeaderMap) -> Result<String, Box<Response>> {
        let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let name = self.people.get(token.strip_prefix("Bearer ").unwrap_or_default()).cloned();
        name.ok_or_else(|| Box::new((StatusCode::UNAUTHORIZED, Json(json!({"error": "sign in"}))).into_response()))
    }

    fn note(&self, id: &str) -> Option<Value> {
        self.notes.lock().unwrap().iter().find(|note| note["id"] == id).cloned()
    }
}

async fn create(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let who = match app.who(&headers) {
        Ok(who) => who,
        Err(refused) => return *refused,
    };
    let note = json!({"id": format!("n-{:012x}", rand::random::<u64>() >> 16), "owner": who, "text": body["text"], "title": body["title"]});
    app.notes.lock().unwrap().push(note.clone());
    (StatusCode::CREATED, Json(note)).into_response()
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Response {
    let who = match app.who(&headers) {
        Ok(who) => who,
        Err(refused) => return *refused,
    };
    let notes = app.notes.lock().unwrap();
    let shown = |note: &&Value| note["owner"] == who || app.kind == Kind::Listed;
    Json(notes.iter().filter(shown).cloned().collect::<Vec<_>>()).into_response()
}

async fn one(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let who = match app.who(&headers) {
        Ok(who) => who,
        Err(refused) => return *refused,
    };
    match app.note(&id).filter(|note| note["owner"] == who || app.kind == Kind::Shared) {
        Some(note) => Json(note).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({"error": "no such note"}))).into_response(),
    }
}

async fn remove(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let who = match app.who(&headers) {
        Ok(who) => who,
        Err(refused) => return *refused,
    };
    app.notes.lock().unwrap().retain(|note| note["id"] != *id || note["owner"] != who);
    StatusCode::NO_CONTENT.into_response()
}

async fn ask(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let who = match app.who(&headers) {
        Ok(who) => who,
        Err(refused) => return *refused,
    };
    let question = body["question"].as_str().unwrap_or_default();
    let named =
        question.split(|letter: char| !letter.is_alphanumeric() && letter != '-').find(|word| word.starts_with("n-"));
    let Some(id) = named else { return Json(json!({"answer": "I can look up notes for you."})).into_response() };
    let sees = |note: &Value| app.kind != Kind::Repaired || note["owner"] == who;
    let found = app.note(id).filter(sees);
    let answer = match (app.kind, found) {
        (Kind::Invents, _) => {
            json!({"answer": format!("Note {id}: buy {} apples for 2026-11-26.", rand::random::<u8>())})
        }
        (Kind::Echoes, _) => json!({"answer": format!("You said: {question}")}),
        (Kind::Counts, _) => {
            json!({"answer": format!("There are {} notes; the last is of alice.", app.notes.lock().unwrap().len())})
        }
        (Kind::WeakInTool, Some(note)) => {
            json!({"answer": "I found it.", "tool_results": [{"tool": "read_note", "output": note}]})
        }
        (_, Some(note)) => json!({"answer": format!("Here it is: {} - {}", note["title"], note["text"])}),
        (_, None) => json!({"answer": format!("There is no note {id}.")}),
    };
    Json(answer).into_response()
}

fn document() -> Value {
    let text = json!({"type": "string"});
    let note = json!({"type": "object", "properties": {"id": text, "owner": text, "title": text, "text": text}});
    let body = |properties: Value, required: Value| json!({"required": true, "content": {"application/json": {"schema": {"type": "object", "properties": properties, "required": required}}}});
    let ok = |schema: Value| json!({"description": "ok", "content": {"application/json": {"schema": schema}}});
    json!({
        "openapi": "3.1.0", "info": {"title": "Notes", "version": "1"}, "security": [{"main": []}],
        "components": {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}},
        "paths": {
            "/notes": {
                "post": {"requestBody": body(json!({"title": text, "text": text}), json!(["title", "text"])), "responses": {"201": ok(note.clone())}},
                "get": {"responses": {"200": ok(json!({"type": "array", "items": note.clone()}))}}},
            "/notes/{id}": {"parameters": [{"name": "id", "in": "path", "required": true, "schema": text}],
                "get": {"responses": {"200": ok(note)}}, "delete": {"responses": {"204": {"description": "gone"}}}},
            "/assistant": {"post": {"summary": "Ask the assistant about your notes", "requestBody": body(json!({"question": text}), json!(["question"])),
                "responses": {"200": ok(json!({"type": "object", "properties": {"answer": text}}))}}}},
    })
}

async fn app(kind: Kind) -> Bot {
    let (people, env) = people();
    let router = Router::new()
        .route("/notes", post(create).get(list))
        .route("/notes/{id}", get(one).delete(remove))
        .route("/assistant", post(ask))
        .with_state(App { kind, people, notes: Arc::default() });
    serve_router(router, document(), env).await
}

fn abuse(report: &Report) -> Option<(Confidence, Severity)> {
    report.findings.iter().find(|finding| finding.check == "llm/tool-abuse").map(|it| (it.confidence, it.severity))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tool_that_reads_what_the_api_keeps_from_the_caller_is_confirmed() {
    for kind in [Kind::Weak, Kind::WeakInTool] {
        for mode in ["active", "intrusive"] {
            let bot = app(kind).await;
            let report = scan(&bot, mode, "", &[]).await;
            let row: Vec<_> = report.coverage.iter().filter(|row| row.check == "llm/tool-abuse").collect();
            assert_eq!(abuse(&report), Some((Confidence::Confirmed, Severity::Critical)), "{kind:?} {mode}: {row:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tools_with_the_callers_rights_and_what_looks_otherwise_are_silent() {
    for kind in [Kind::Repaired, Kind::Shared, Kind::Listed, Kind::Invents, Kind::Echoes, Kind::Counts] {
        let bot = app(kind).await;
        let report = scan(&bot, "intrusive", "", &[]).await;
        assert_eq!(abuse(&report), None, "{kind:?}");
        let row = report.coverage.iter().find(|row| row.check == "llm/tool-abuse").unwrap();
        // Without an object that the API keeps from anybody, that part was not tested.
        let open = matches!(kind, Kind::Shared | Kind::Listed);
        let outcome = if open { CoverageOutcome::Undecided } else { CoverageOutcome::Held };
        assert_eq!(row.outcome, outcome, "{kind:?}: {}", row.because);
        let told = if open { "no tool was called" } else { "keeps from them" };
        assert!(row.because.contains(told), "{kind:?}: {}", row.because);
    }
}
