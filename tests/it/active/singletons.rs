//! APIs that have one of a thing: an organisation's settings, a user's preferences, a state of enrolment. A POST there
//! changes what was there before.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use routewarden::model::UndoOutcome;
use serde_json::{Value, json};

use super::kit::{
    Db, Server, account_routes, document, ok, plain, said, scan, scan_with, seeded_env, seeded_login, serve, takes,
    unauthorized, with_id,
};

/// What the document says that a GET shows.
fn shows(fields: Value) -> Value {
    json!({"responses": {"200": {"description": "ok", "content": {"application/json": {"schema":
        {"type": "object", "properties": fields}}}}}})
}

async fn overwrite(State(db): State<Db>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if db.caller(&headers).is_none() {
        return unauthorized();
    }
    db.lock().rows[0] = json!({"id": 1, "user_id": 1, "title": body["title"], "text": "overwritten"});
    (StatusCode::CREATED, ok(json!({"id": 1, "title": body["title"]}))).into_response()
}

async fn show(State(db): State<Db>, headers: HeaderMap) -> Response {
    if db.caller(&headers).is_none() {
        return unauthorized();
    }
    ok(db.row(1).unwrap())
}

async fn list(State(db): State<Db>, headers: HeaderMap) -> Response {
    let Some(caller) = db.caller(&headers) else { return unauthorized() };
    let rows = db.rows_of(caller);
    ok(json!({"results": rows}))
}

async fn add(State(db): State<Db>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(caller) = db.caller(&headers) else { return unauthorized() };
    let row = json!({"id": db.fresh_id(), "user_id": caller, "title": body["title"]});
    db.lock().rows.push(row.clone());
    (StatusCode::CREATED, ok(row)).into_response()
}

async fn one(at: &str, read: Value) -> Server {
    let db = Db::seeded();
    let paths = json!({at: {"get": read, "post": takes(&json!({"title": "text"}), "201")}});
    let routes = Router::new().route(at, get(show).post(overwrite)).with_state(db.clone());
    serve(&db, account_routes(&db).merge(routes), document("One", paths)).await
}

fn posts(server: &Server, path: &str) -> usize {
    let wanted = format!("POST {path}");
    server.hits.lock().unwrap().iter().filter(|hit| **hit == wanted).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_document_shows_as_one_object_is_not_taken_for_a_creation() {
    let fields = json!({"title": {"type": "string"}, "id": {"type": "integer"}});
    let server = one("/api/token-policy", shows(fields)).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    assert_eq!(posts(&server, "/api/token-policy"), 0, "{:?}", report.writes);
    assert_eq!(server.db.dump(), before);
    let said = said(&report, "property/mass-assignment", "POST /api/token-policy");
    assert!(said.contains("holds one thing"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_answers_as_one_object_is_not_taken_for_a_creation() {
    let server = one("/enrolment-state", plain("200")).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    assert_eq!(posts(&server, "/enrolment-state"), 0, "{:?}", report.writes);
    assert_eq!(server.db.dump(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_in_an_envelope_is_still_made_in() {
    let db = Db::seeded();
    let paths = json!({"/letters": {"get": plain("200"), "post": takes(&json!({"title": "text"}), "201")}});
    let routes = Router::new().route("/letters", get(list).post(add)).with_state(db.clone());
    let server = serve(&db, account_routes(&db).merge(routes), document("Letters", paths)).await;
    let before = server.db.lock().rows.len();
    let report = scan(&server, "active").await;
    assert!(posts(&server, "/letters") > 0);
    // Nothing removes letters: they stay, and so do the accounts that they hang on, each of them named.
    let left = server.db.lock().rows.len() - before;
    let named = report.writes.iter().filter(|write| {
        write.operation.contains("/letters") && write.outcome != UndoOutcome::Undone && write.because.is_some()
    });
    assert_eq!(named.count(), left, "{:?}", report.writes);
}

async fn settings(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    if db.caller(&headers) != Some(id) {
        return unauthorized();
    }
    db.lock().rows.iter().find(|row| row["user_id"] == id).cloned().map_or_else(|| ok(json!({})), ok)
}

async fn set(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>, Json(body): Json<Value>) -> Response {
    if db.caller(&headers) != Some(id) {
        return unauthorized();
    }
    let mut tables = db.lock();
    tables.rows.retain(|row| row["user_id"] != id);
    let row = json!({"id": 100 + id, "user_id": id, "title": body["title"]});
    tables.rows.push(row.clone());
    (StatusCode::CREATED, ok(row)).into_response()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_of_configured_users_stay_as_they_are() {
    let db = Db::seeded();
    let read = shows(json!({"title": {"type": "string"}}));
    let paths = json!({
        "/users/{id}/settings": with_id(json!({"get": read, "post": takes(&json!({"title": "text"}), "201")})),
    });
    let routes = Router::new().route("/users/{id}/settings", get(settings).post(set)).with_state(db.clone());
    let server = serve(&db, account_routes(&db).merge(routes), document("Settings", paths)).await;
    let before = server.db.dump();
    let identities = format!("{}{}", seeded_login("ann"), seeded_login("ben"));
    let env = seeded_env(&["ann", "ben"]);
    let report = scan_with(&server, "mode = \"active\"\nauto_accounts = false\n", &identities, &env).await;
    assert_eq!(server.db.dump(), before, "{:?}", report.writes);
}
