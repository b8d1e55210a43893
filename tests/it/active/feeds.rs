//! Answers to creations are evidence: what they show their caller of others' objects, it is meant to see elsewhere too.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, account_routes, document, finding, ok, plain, refuse, said, scan, serve, takes, unauthorized, with_id,
};

#[derive(Clone)]
struct App {
    db: Db,
    /// The answer to a new pin shows the rows of all authors.
    feeds: bool,
}

async fn own(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let rows = app.db.rows_of(who);
    ok(json!(rows))
}

async fn create(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let row = json!({"id": app.db.fresh_id(), "user_id": who, "title": body["title"], "text": body["text"]});
    app.db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

async fn pin(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if app.db.caller(&headers).is_none() {
        return unauthorized();
    }
    let feed = if app.feeds { app.db.lock().rows.clone() } else { Vec::new() };
    let answer = json!({"id": app.db.fresh_id(), "label": body["label"], "feed": feed});
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn one(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    if app.db.caller(&headers).is_none() {
        return unauthorized();
    }
    app.db.row(id).map_or_else(|| refuse(404, "no such row"), ok)
}

async fn remove(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    app.db.lock().rows.retain(|row| row["id"] != id || row["user_id"] != who);
    StatusCode::NO_CONTENT.into_response()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_creation_shows_of_others_is_shared() {
    for feeds in [true, false] {
        let db = Db::seeded();
        let routes = Router::new()
            .route("/rows", get(own).post(create))
            .route("/pins", post(pin))
            .route("/rows/{id}", get(one).delete(remove))
            .with_state(App { db: db.clone(), feeds });
        let body = json!({"title": "a title", "text": "a text"});
        let paths = json!({
            "/rows": {"get": plain("200"), "post": takes(&body, "201")},
            "/pins": {"post": takes(&json!({"label": "a label"}), "201")},
            "/rows/{id}": with_id(json!({"get": plain("200"), "delete": plain("204")})),
        });
        let server = serve(&db, account_routes(&db).merge(routes), document("Feeds", paths)).await;
        let report = scan(&server, "active").await;
        let read = said(&report, "authz/bola-read", "GET /rows/{id}");
        let found = finding(&report, "authz/bola-read", "GET /rows/{id}");
        match feeds {
            true => assert!(read.contains("POST /pins shows the same object"), "{read}: {found:?}"),
            false => assert_eq!(read, "confirmed", "{found:?}"),
        }
    }
}
