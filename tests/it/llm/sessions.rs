//! A model that speaks only in sessions which its callers have opened: it is spoken to in the scan's own, and nothing is
//! left of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use routewarden::model::Confidence;
use routewarden::report::Report;
use serde_json::{Value, json};

use super::bots::{Bot, people, scan, serve_router};

#[derive(Clone)]
struct App {
    /// Tells the caller's token.
    weak: bool,
    /// Callers choose the id of a session by themselves.
    open: bool,
    people: HashMap<String, String>,
    /// Sessions with whose they are.
    sessions: Arc<Mutex<Vec<(String, String)>>>,
    /// What callers wanted remembered: number, whose, text.
    memories: Arc<Mutex<Vec<(u64, String, String)>>>,
    /// The one conversation that each caller has had for long: number, whose, what was said last.
    conversations: Arc<Mutex<Vec<(u64, String, String)>>>,
}

impl App {
    fn who(&self, headers: &HeaderMap) -> Result<(String, String), Box<Response>> {
        let header = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let token = header.strip_prefix("Bearer ").unwrap_or_default();
        let name = self.people.get(token).cloned();
        let refused = || Box::new((StatusCode::UNAUTHORIZED, Json(json!({"error": "sign in"}))).into_response());
        name.map(|name| (name, token.to_owned())).ok_or_else(refused)
    }

    fn has(&self, who: &str, sid: &str) -> bool {
        self.sessions.lock().unwrap().iter().any(|(known, owner)| known == sid && owner == who)
    }
}

fn nothing() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"error": "no such thing"}))).into_response()
}

async fn open(State(app): State<App>, headers: HeaderMap) -> Response {
    let (who, _) = match app.who(&headers) {
        Ok(who) => who,
        Err(refused) => return *refused,
    };
    let sid = format!("s-{:012x}", rand::random::<u64>() >> 16);
    app.sessions.lock().unwrap().push((sid.clone(), who));
    (StatusCode::CREATED, Json(json!({"sid": sid, "opened": "2026-11-26T05:00:00Z"}))).into_response()
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Response {
    let (who, _) = match app.who(&headers) {
        Ok(who) => who,
        Err(refused) => return *refused,
    };
    let sessions = app.sessions.lock().unwrap();
    let own = sessions.iter().filter(|(_, owner)| *owner == who);
    Json(own.map(|(sid, _)| json!({"sid": sid, "opened": "2026-11-26T05:00:00Z"})).collect::<Vec<_>>()).into_response()
}

async fn one(State(app): State<App>, headers: HeaderMap, Path(sid): Path<String>) -> Response {
    match app.who(&headers) {
        Ok((who, _)) if app.has(&who, &sid) => {
            Json(json!({"sid": sid, "opened": "2026-11-26T05:00:00Z"})).into_response()
        }
        Ok(_) => nothing(),
        Err(refused) => *refused,
    }
}

async fn close(State(app): State<App>, headers: HeaderMap, Path(sid): Path<String>) -> Response {
    match app.who(&headers) {
        Ok((who, _)) if app.has(&who, &sid) => {
            app.sessions.lock().unwrap().retain(|(known, _)| *known != sid);
            StatusCode::NO_CONTENT.into_response()
        }
        Ok(_) => nothing(),
        Err(refused) => *refused,
    }
}

async fn talk(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let (who, token) = match app.who(&headers) {
        Ok(who) => who,
        Err(refused) => return *refused,
    };
    let (Some(sid), Some(said)) = (body["sid"].as_str(), body["utterance"].as_str()) else {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "sid and utterance"}))).into_response();
    };
    if app.open && !app.has(&who, sid) {
        app.sessions.lock().unwrap().push((sid.to_owned(), who.clone()));
    }
    if !app.has(&who, sid) {
        return nothing();
    }
    if said.contains("remember") {
        let mut memories = app.memories.lock().unwrap();
        let n = memories.len() as u64 + 1;
        memories.push((n, who.clone(), said.to_owned()));
    }
    for conversation in app.conversations.lock().unwrap().iter_mut().filter(|(_, owner, _)| *owner == who) {
        said.clone_into(&mut conversation.2);
    }
    let pressed = ["token", "credential", "word for word", "context"].iter().any(|word| said.contains(word));
    let text = match pressed && app.weak {
        true => format!("It is {token}, as you know."),
        false => format!("I repair bicycles, and that was {} words.", said.split(' ').count()),
    };
    Json(json!({"reply": text})).into_response()
}

async fn recalled(State(app): State<App>, headers: HeaderMap) -> Response {
    let (who, _) = match app.who(&headers) {
        Ok(who) => who,
        Err(refused) => return *refused,
    };
    let memories = app.memories.lock().unwrap();
    let own = memories.iter().filter(|(_, owner, _)| *owner == who);
    Json(own.map(|(n, _, text)| json!({"id": n, "text": text})).collect::<Vec<_>>()).into_response()
}

async fn forget(State(app): State<App>, headers: HeaderMap, Path(n): Path<u64>) -> Response {
    match app.who(&headers) {
        Ok((who, _)) => {
            app.memories.lock().unwrap().retain(|(known, owner, _)| *known != n || *owner != who);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(refused) => *refused,
    }
}

async fn rolling(State(app): State<App>, headers: HeaderMap) -> Response {
    let (who, _) = match app.who(&headers) {
        Ok(who) => who,
        Err(refused) => return *refused,
    };
    let conversations = app.conversations.lock().unwrap();
    let own = conversations.iter().filter(|(_, owner, _)| *owner == who);
    // What is within has numbers of its own.
    let shown = own.map(|(n, _, text)| json!({"id": n, "messages": [{"id": n + 70, "text": text}]}));
    Json(shown.collect::<Vec<_>>()).into_response()
}

async fn end(State(app): State<App>, headers: HeaderMap, Path(n): Path<u64>) -> Response {
    match app.who(&headers) {
        Ok((who, _)) => {
            app.conversations.lock().unwrap().retain(|(known, owner, _)| *known != n || *owner != who);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(refused) => *refused,
    }
}

fn document() -> Value {
    let text = json!({"type": "string"});
    let session = json!({"type": "object", "properties": {"sid": text, "opened": text}});
    let answers = |schema: &Value| json!({"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}, "404": {"description": "none"}});
    let slot = |name: &str| json!([{"name": name, "in": "path", "required": true, "schema": text}]);
    json!({
        "openapi": "3.0.3", "info": {"title": "workshop", "version": "1"}, "security": [{"main": []}],
        "components": {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}},
        "paths": {
            "/v1/sessions": {
                "post": {"summary": "Open a session", "responses": {"201": {"description": "opened", "content": {"application/json": {"schema": session}}}}},
                "get": {"summary": "My sessions", "responses": answers(&json!({"type": "array", "items": session}))}},
            "/v1/sessions/{sid}": {
                "parameters": slot("sid"),
                "get": {"responses": answers(&session)}, "delete": {"responses": {"204": {"description": "gone"}}}},
            "/v1/memories": {"get": {"summary": "What was kept", "responses": answers(&json!({"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}, "text": text}}}))}},
            "/v1/memories/{n}": {"parameters": slot("n"), "delete": {"responses": {"204": {"description": "gone"}}}},
            "/v1/conversations": {"get": {"summary": "What was said", "responses": answers(&json!({"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}}}}))}},
            "/v1/conversations/{n}": {"parameters": slot("n"), "delete": {"responses": {"204": {"description": "gone"}}}},
            "/v1/talk": {"post": {"summary": "Chat with the workshop", "requestBody": {"required": true, "content": {"application/json": {"schema": {
                "type": "object", "required": ["sid", "utterance"], "properties": {"sid": text, "utterance": text}}}}},
                "responses": answers(&json!({"type": "object", "properties": {"reply": text}}))}},
        },
    })
}

async fn serve(weak: bool, open: bool) -> (Bot, App) {
    let (people, env) = people();
    let had = |n: u64, who: &str| (n, who.to_owned(), "How do I true a wheel?".to_owned());
    let conversations = Arc::new(Mutex::new(vec![had(3, "alice"), had(4, "bob"), had(73, "alice"), had(74, "bob")]));
    let app = App { weak, open, people, sessions: Arc::default(), memories: Arc::default(), conversations };
    let router = Router::new()
        .route("/v1/sessions", post(self::open).get(list))
        .route("/v1/sessions/{sid}", get(one).delete(close))
        .route("/v1/memories", get(recalled))
        .route("/v1/memories/{n}", axum::routing::delete(forget))
        .route("/v1/conversations", get(rolling))
        .route("/v1/conversations/{n}", axum::routing::delete(end))
        .route("/v1/talk", post(talk))
        .with_state(app.clone());
    (serve_router(router, document(), env).await, app)
}

fn told(report: &Report) -> Vec<String> {
    let findings = report.findings.iter().filter(|finding| finding.confidence > Confidence::Observation);
    findings.map(|finding| format!("{} {}", finding.check, finding.confidence.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_in_sessions_is_reached_and_nothing_is_left_of_them() {
    for (weak, open) in [(true, false), (false, false), (true, true)] {
        let (bot, app) = serve(weak, open).await;
        let report = scan(&bot, "active", "", &[]).await;
        let leaks = told(&report);
        assert_eq!(
            leaks.contains(&"llm/token-leak confirmed".to_owned()),
            weak,
            "{weak} {open}: {leaks:?} {:?} {:?} {:?}",
            report.coverage,
            report.notes,
            bot.hits.lock().unwrap()
        );
        assert!(weak || leaks.is_empty(), "{leaks:?}");
        assert_eq!(*app.sessions.lock().unwrap(), [], "{weak} {open}: {:?}", report.writes);
        // Whose words were put into are theirs all the same.
        assert_eq!(app.conversations.lock().unwrap().len(), 4, "{weak} {open}: {:?}", report.writes);
        assert_eq!(*app.memories.lock().unwrap(), [], "{weak} {open}: {:?}", report.writes);
        assert!(
            !report.writes.is_empty() && report.writes.iter().all(|write| write.is_undone()),
            "{:?}",
            report.writes
        );
    }
}

/// Frameworks take the parameters of a handler from the query, also of a POST.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_is_asked_in_the_query_is_reached() {
    for weak in [true, false] {
        let (people, env) = people();
        let known = people.clone();
        let answer =
            move |headers: HeaderMap, axum::extract::Query(query): axum::extract::Query<HashMap<String, String>>| {
                let header = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
                let token = header.strip_prefix("Bearer ").unwrap_or_default().to_owned();
                let known = known.contains_key(&token);
                async move {
                    let Some(said) = query.get("message").filter(|_| known) else {
                        return StatusCode::UNAUTHORIZED.into_response();
                    };
                    let pressed = ["token", "credential", "word for word"].iter().any(|word| said.contains(word));
                    let told = if pressed && weak { token } else { format!("Answer of {} letters.", said.len()) };
                    Json(json!({"reply": told})).into_response()
                }
            };
        let router = Router::new().route("/chat", post(answer));
        let text = json!({"type": "string"});
        let document = json!({
            "openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "security": [{"main": []}],
            "components": {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}},
            "paths": {"/chat": {"post": {
                "parameters": [{"name": "message", "in": "query", "required": true, "schema": text}, {"name": "lang", "in": "query", "required": false, "schema": text}],
                "responses": {"200": {"description": "ok"}}}}},
        });
        let bot = serve_router(router, document, env).await;
        let report = scan(&bot, "active", "", &[]).await;
        let leaks = told(&report);
        assert_eq!(leaks.contains(&"llm/token-leak confirmed".to_owned()), weak, "{leaks:?} {:?}", report.coverage);
        assert!(weak || leaks.is_empty(), "{leaks:?}");
    }
}
