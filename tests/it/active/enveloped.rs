//! An API that wraps every body, asked and answered, in an object named after what it is: `{"user": {...}}`; it signs
//! users up under `/users` and in under `/users/login`, by `Authorization: Token ...`.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use super::kit::{Db, Server, finding, ok, plain, refuse, said, scan, serve, unauthorized, with_id};

#[derive(Clone)]
struct App {
    db: Db,
    weak: bool,
}

impl App {
    fn caller(&self, headers: &HeaderMap) -> Option<u64> {
        let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Token ")?.to_owned();
        self.db.lock().tokens.iter().find(|(known, _)| *known == token).map(|(_, id)| *id)
    }

    fn open(&self, user: &Value, status: StatusCode) -> Response {
        let token = format!("{:032x}", rand::random::<u128>());
        self.db.lock().tokens.push((token.clone(), user["id"].as_u64().unwrap()));
        let mut shown = user.as_object().unwrap().clone();
        shown.remove("password");
        shown.insert("token".to_owned(), json!(token));
        (status, Json(json!({"user": shown}))).into_response()
    }
}

async fn sign_up(State(app): State<App>, Json(body): Json<Value>) -> Response {
    let wanted = &body["user"];
    for field in ["username", "email", "password"] {
        if wanted[field].as_str().is_none_or(str::is_empty) {
            return refuse(422, &format!("user.{field} can't be blank"));
        }
    }
    let user = json!({"id": app.db.fresh_id(), "username": wanted["username"], "email": wanted["email"],
                      "password": wanted["password"], "bio": "", "role": "user"});
    app.db.lock().users.push(user.clone());
    app.open(&user, StatusCode::CREATED)
}

async fn sign_in(State(app): State<App>, Json(body): Json<Value>) -> Response {
    let wanted = &body["user"];
    let users = app.db.lock().users.clone();
    match users.iter().find(|user| user["email"] == wanted["email"] && user["password"] == wanted["password"]) {
        Some(user) => app.open(user, StatusCode::OK),
        None => refuse(401, "email or password is invalid"),
    }
}

fn own(app: &App, id: u64) -> Response {
    let mut user = app.db.user(id).unwrap_or_default();
    user.as_object_mut().map(|fields| fields.remove("password"));
    ok(json!({"user": user}))
}

async fn me(State(app): State<App>, headers: HeaderMap) -> Response {
    app.caller(&headers).map_or_else(unauthorized, |id| own(&app, id))
}

async fn change_me(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(id) = app.caller(&headers) else { return unauthorized() };
    {
        let mut tables = app.db.lock();
        let user = tables.users.iter_mut().find(|user| user["id"] == id).unwrap();
        for (name, value) in body["user"].as_object().into_iter().flatten() {
            if name == "bio" || app.weak && name != "id" {
                user[name] = value.clone();
            }
        }
    }
    own(&app, id)
}

async fn leave(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(id) = app.caller(&headers) else { return unauthorized() };
    let mut tables = app.db.lock();
    tables.users.retain(|user| user["id"] != id);
    tables.rows.retain(|row| row["user_id"] != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn notes(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(caller) = app.caller(&headers) else { return unauthorized() };
    let own = app.db.rows_of(caller);
    ok(json!({"notesCount": own.len(), "notes": own}))
}

async fn add_note(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(caller) = app.caller(&headers) else { return unauthorized() };
    if !body["note"]["text"].is_string() {
        return refuse(422, "note.text can't be blank");
    }
    let row = json!({"id": app.db.fresh_id(), "user_id": caller, "text": body["note"]["text"]});
    app.db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(json!({"note": row}))).into_response()
}

async fn note(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(caller) = app.caller(&headers) else { return unauthorized() };
    match app.db.row(id).filter(|row| app.weak || row["user_id"] == caller) {
        Some(row) => ok(json!({"note": row})),
        None => refuse(404, "no such note"),
    }
}

async fn drop_note(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(caller) = app.caller(&headers) else { return unauthorized() };
    if app.db.row(id).is_none_or(|row| row["user_id"] != caller) {
        return refuse(404, "no such note");
    }
    app.db.lock().rows.retain(|row| row["id"] != id);
    StatusCode::NO_CONTENT.into_response()
}

/// An operation whose body is one object of text fields under a name.
fn wraps(name: &str, fields: &[&str], status: &str, is_open: bool) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|field| ((*field).to_owned(), json!({"type": "string"}))).collect();
    let inner = json!({"type": "object", "properties": properties, "required": fields});
    let schema = json!({"type": "object", "properties": {name: inner}, "required": [name]});
    let mut operation = json!({"requestBody": {"required": true, "content": {"application/json": {"schema": schema}}},
                               "responses": {status: {"description": "ok"}}});
    if is_open {
        operation["security"] = json!([]);
    }
    operation
}

async fn server(weak: bool) -> Server {
    let db = Db::seeded();
    let app = App { db: db.clone(), weak };
    let document = json!({
        "openapi": "3.0.3", "info": {"title": "Enveloped", "version": "1"}, "security": [{"Token": []}],
        "components": {"securitySchemes": {"Token": {"type": "apiKey", "in": "header", "name": "Authorization"}}},
        "paths": {
            "/users": {"post": wraps("user", &["username", "email", "password"], "201", true)},
            "/users/login": {"post": wraps("user", &["email", "password"], "200", true)},
            "/user": {"get": plain("200"), "put": wraps("user", &["bio"], "200", false), "delete": plain("204")},
            "/notes": {"get": plain("200"), "post": wraps("note", &["text"], "201", false)},
            "/notes/{id}": with_id(json!({"get": plain("200"), "delete": plain("204")})),
        }
    });
    let routes = Router::new()
        .route("/users", post(sign_up))
        .route("/users/login", post(sign_in))
        .route("/user", get(me).put(change_me).delete(leave))
        .route("/notes", get(notes).post(add_note))
        .route("/notes/{id}", get(note).delete(drop_note))
        .with_state(app);
    serve(&db, routes, document).await
}

const CASES: [(&str, &str); 2] = [("authz/bola-read", "GET /notes/{id}"), ("property/mass-assignment", "PUT /user")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrapped_sign_ups_objects_and_changes_are_understood() {
    let server = server(true).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    for (check, operation) in CASES {
        let found = finding(&report, check, operation);
        assert_eq!(said(&report, check, operation), "confirmed", "{found:?} {:?}", report.notes);
    }
    assert_eq!(server.db.dump(), before, "{:?}", report.writes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_repaired_api_is_silent() {
    let server = server(false).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    for (check, operation) in CASES {
        let text = said(&report, check, operation);
        assert!(text.starts_with("Held"), "{check}: {text} {:?}", report.notes);
    }
    assert_eq!(server.db.dump(), before, "{:?}", report.writes);
}
