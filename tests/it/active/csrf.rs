//! Cookie sessions whose writes need a token against cross-site requests: one that a GET hands out, one in a cookie.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{Db, ok, plain, refuse, said, scan, serve, takes, with_id};

/// How a page comes by its token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum HandOut {
    /// `GET /csrf` answers with the token of the session; the document names the header.
    Endpoint,
    /// Every answer sets it as a cookie, which the header has to repeat; the document says nothing.
    Cookie,
}

#[derive(Default)]
struct Tables {
    /// Name and password.
    users: Vec<(String, String)>,
    /// Index of the signed-in user and token, by session.
    sessions: BTreeMap<String, (Option<usize>, String)>,
    /// Owner and text.
    notes: BTreeMap<u64, (usize, String)>,
    next: u64,
}

#[derive(Clone)]
struct App {
    tables: Arc<Mutex<Tables>>,
    hand_out: HandOut,
    /// A change is taken from any caller.
    weak: bool,
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

fn random() -> String {
    format!("{:016x}{:016x}", rand::random::<u64>(), rand::random::<u64>())
}

impl App {
    /// The caller.
    fn user(&self, headers: &HeaderMap) -> Option<usize> {
        self.tables.lock().unwrap().sessions.get(&cookie(headers, "sid")?)?.0
    }

    fn begin(&self, user: Option<usize>) -> (String, String) {
        let (sid, token) = (random(), random());
        self.tables.lock().unwrap().sessions.insert(sid.clone(), (user, token.clone()));
        (sid, token)
    }

    fn is_own_page(&self, headers: &HeaderMap) -> bool {
        let sent = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        match self.hand_out {
            HandOut::Endpoint => {
                let tables = self.tables.lock().unwrap();
                let known =
                    cookie(headers, "sid").and_then(|sid| tables.sessions.get(&sid).map(|(_, token)| token.clone()));
                known.is_some() && known == sent("x-page-token-csrf")
            }
            HandOut::Cookie => cookie(headers, "csrftoken").is_some_and(|token| Some(token) == sent("x-csrftoken")),
        }
    }
}

async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    if !matches!(request.method().as_str(), "GET" | "HEAD" | "OPTIONS") && !app.is_own_page(&headers) {
        return refuse(403, "CSRF token missing or incorrect");
    }
    let mut response = next.run(request).await;
    if app.hand_out == HandOut::Cookie && cookie(&headers, "csrftoken").is_none() {
        let set = format!("csrftoken={}; Path=/", random());
        response.headers_mut().append(header::SET_COOKIE, set.parse().unwrap());
    }
    response
}

async fn csrf(State(app): State<App>, headers: HeaderMap) -> Response {
    let sid = cookie(&headers, "sid").unwrap_or_default();
    if let Some((_, token)) = app.tables.lock().unwrap().sessions.get(&sid) {
        return ok(json!({"csrfToken": token}));
    }
    let (sid, token) = app.begin(None);
    ([(header::SET_COOKIE, format!("sid={sid}; Path=/; HttpOnly"))], Json(json!({"csrfToken": token}))).into_response()
}

async fn register(State(app): State<App>, Json(body): Json<Value>) -> Response {
    let mut tables = app.tables.lock().unwrap();
    let name = body["username"].as_str().unwrap_or_default().to_owned();
    if name.is_empty() || tables.users.iter().any(|(known, _)| *known == name) {
        return refuse(400, "the user name is taken");
    }
    tables.users.push((name.clone(), body["password"].as_str().unwrap_or_default().to_owned()));
    (StatusCode::CREATED, Json(json!({"id": tables.users.len(), "username": name}))).into_response()
}

async fn login(State(app): State<App>, Json(body): Json<Value>) -> Response {
    let pair = (body["username"].as_str().unwrap_or_default(), body["password"].as_str().unwrap_or_default());
    let user = app.tables.lock().unwrap().users.iter().position(|(name, word)| (name.as_str(), word.as_str()) == pair);
    let Some(user) = user else { return refuse(401, "wrong name or password") };
    let (sid, _) = app.begin(Some(user));
    ([(header::SET_COOKIE, format!("sid={sid}; Path=/; HttpOnly"))], Json(json!({"username": pair.0}))).into_response()
}

async fn me(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(user) = app.user(&headers) else { return refuse(401, "sign in first") };
    let name = app.tables.lock().unwrap().users[user].0.clone();
    ok(json!({"id": user + 1, "username": name}))
}

async fn leave(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(user) = app.user(&headers) else { return refuse(401, "sign in first") };
    let mut tables = app.tables.lock().unwrap();
    tables.sessions.retain(|_, (known, _)| *known != Some(user));
    // Places stay, so that nobody gets another's.
    tables.users[user] = (String::new(), random());
    StatusCode::NO_CONTENT.into_response()
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(user) = app.user(&headers) else { return refuse(401, "sign in first") };
    let tables = app.tables.lock().unwrap();
    let own = tables.notes.iter().filter(|(_, (owner, _))| *owner == user);
    ok(own.map(|(id, (owner, text))| json!({"id": id, "user_id": owner + 1, "text": text})).collect())
}

async fn add(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(user) = app.user(&headers) else { return refuse(401, "sign in first") };
    let mut tables = app.tables.lock().unwrap();
    tables.next += 1;
    let (id, text) = (tables.next, body["text"].as_str().unwrap_or_default().to_owned());
    tables.notes.insert(id, (user, text.clone()));
    (StatusCode::CREATED, Json(json!({"id": id, "user_id": user + 1, "text": text}))).into_response()
}

async fn one(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(user) = app.user(&headers) else { return refuse(401, "sign in first") };
    match app.tables.lock().unwrap().notes.get(&id).filter(|(owner, _)| *owner == user) {
        Some((owner, text)) => ok(json!({"id": id, "user_id": owner + 1, "text": text})),
        None => refuse(404, "no such note"),
    }
}

async fn change(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>, Json(body): Json<Value>) -> Response {
    let Some(user) = app.user(&headers) else { return refuse(401, "sign in first") };
    let mut tables = app.tables.lock().unwrap();
    match tables.notes.get_mut(&id).filter(|(owner, _)| app.weak || *owner == user) {
        Some((owner, text)) => {
            body["text"].as_str().unwrap_or_default().clone_into(text);
            ok(json!({"id": id, "user_id": *owner + 1, "text": text}))
        }
        None => refuse(404, "no such note"),
    }
}

async fn remove(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(user) = app.user(&headers) else { return refuse(401, "sign in first") };
    let mut tables = app.tables.lock().unwrap();
    if tables.notes.get(&id).is_none_or(|(owner, _)| *owner != user) {
        return refuse(404, "no such note");
    }
    tables.notes.remove(&id);
    StatusCode::NO_CONTENT.into_response()
}

fn document(hand_out: HandOut) -> Value {
    let account = json!({"username": "ann", "password": "a long enough password"});
    let mut paths = json!({
        "/register": {"post": takes(&account, "201")},
        "/login": {"post": takes(&account, "200")},
        "/me": {"get": plain("200"), "delete": plain("204")},
        "/notes": {"get": plain("200"), "post": takes(&json!({"text": "some text"}), "201")},
        "/notes/{id}": with_id(json!({"get": plain("200"), "put": takes(&json!({"text": "some text"}), "200"), "delete": plain("204")})),
    });
    for open in ["/register", "/login"] {
        paths[open]["post"]["security"] = json!([]);
    }
    if hand_out == HandOut::Endpoint {
        paths["/csrf"] = json!({"get": {"security": [], "responses": {"200": {"description": "ok"}}}});
        let header =
            json!([{"name": "X-Page-Token-Csrf", "in": "header", "required": true, "schema": {"type": "string"}}]);
        paths["/notes"]["post"]["parameters"] = header;
    }
    json!({"openapi": "3.0.3", "info": {"title": "notes", "version": "1"}, "security": [{"main": []}],
           "components": {"securitySchemes": {"main": {"type": "apiKey", "in": "cookie", "name": "sid"}}}, "paths": paths})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_carry_the_token_that_their_page_would_send() {
    for hand_out in [HandOut::Endpoint, HandOut::Cookie] {
        for weak in [true, false] {
            let app = App { tables: Arc::default(), hand_out, weak };
            app.tables.lock().unwrap().notes.insert(900, (99, "somebody's".to_owned()));
            let router = Router::new()
                .route("/csrf", get(csrf))
                .route("/register", post(register))
                .route("/login", post(login))
                .route("/me", get(me).delete(leave))
                .route("/notes", get(list).post(add))
                .route("/notes/{id}", get(one).put(change).delete(remove))
                .layer(middleware::from_fn_with_state(app.clone(), guard))
                .with_state(app.clone());
            let server = serve(&Db::default(), router, document(hand_out)).await;
            let report = scan(&server, "active").await;

            let expected = if weak { "confirmed" } else { "held" };
            let said = said(&report, "authz/bola-write", "PUT /notes/{id}").to_lowercase();
            assert!(said.starts_with(expected), "{hand_out:?} {weak}: {said} {:?}", report.notes);
            let left: Vec<_> = app.tables.lock().unwrap().notes.clone().into_values().collect();
            assert_eq!(left, [(99, "somebody's".to_owned())], "{hand_out:?} {weak}: {:?}", report.writes);
            assert!(
                !serde_json::to_string(&report).unwrap().contains(&held_token(&app)),
                "a token stands in the report"
            );
        }
    }
}

/// A token of a session that was used.
fn held_token(app: &App) -> String {
    let tables = app.tables.lock().unwrap();
    tables.sessions.values().map(|(_, token)| token.clone()).next().unwrap_or_else(|| "no session".to_owned())
}
