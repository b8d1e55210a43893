//! A change whose only field must be of some form (a time of day), of an object that was made without one.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, Server, account_routes, document, finding, ok, plain, refuse, said, scan, serve, takes, unauthorized, with_id,
};

const CHANGE: &str = "PUT /trips/{id}/arrival";

#[derive(Clone)]
struct App {
    db: Db,
    weak: bool,
}

impl App {
    fn own(&self, headers: &HeaderMap, id: u64) -> Option<Value> {
        let caller = self.db.caller(headers)?;
        self.db.row(id).filter(|row| row["user_id"] == caller)
    }
}

async fn trips(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    ok(app.db.rows_of(caller).into())
}

async fn add(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    let row = json!({"id": app.db.fresh_id(), "user_id": caller, "title": body["title"], "arrival": ""});
    app.db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

async fn trip(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    app.own(&headers, id).map_or_else(|| refuse(404, "no such trip"), ok)
}

async fn leave_out(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    if app.own(&headers, id).is_none() {
        return refuse(404, "no such trip");
    }
    app.db.lock().rows.retain(|row| row["id"] != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn arrive(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>, Json(body): Json<Value>) -> Response {
    if app.db.caller(&headers).is_none() {
        return unauthorized();
    }
    let text = body["arrival"].as_str().unwrap_or_default();
    let is_time = text.len() == 5 && text.as_bytes()[2] == b':' && text[..2].parse::<u8>().is_ok_and(|hour| hour < 24);
    if !is_time {
        return refuse(422, "arrival: string does not match the pattern");
    }
    if !app.weak && app.own(&headers, id).is_none() {
        return refuse(404, "no such trip");
    }
    match app.db.lock().rows.iter_mut().find(|row| row["id"] == id) {
        Some(row) => row["arrival"] = json!(text),
        None => return refuse(404, "no such trip"),
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn server(weak: bool) -> Server {
    let db = Db::seeded();
    let mut change = takes(&json!({"arrival": "16:30"}), "204");
    change["requestBody"]["content"]["application/json"]["schema"]["properties"]["arrival"] =
        json!({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "example": "16:30"});
    let paths = json!({
        "/trips": {"get": plain("200"), "post": takes(&json!({"title": "text"}), "201")},
        "/trips/{id}": with_id(json!({"get": plain("200"), "delete": plain("204")})),
        "/trips/{id}/arrival": with_id(json!({"put": change})),
    });
    let routes = Router::new()
        .route("/trips", get(trips).post(add))
        .route("/trips/{id}", get(trip).delete(leave_out))
        .route("/trips/{id}/arrival", put(arrive))
        .with_state(App { db: db.clone(), weak });
    serve(&db, account_routes(&db).merge(routes), document("Trips", paths)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_of_a_form_is_changed_to_another_of_that_form() {
    for (weak, says) in [(true, "confirmed"), (false, "Held")] {
        let server = server(weak).await;
        let before = server.db.dump();
        let report = scan(&server, "active").await;
        let text = said(&report, "authz/bola-write", CHANGE);
        assert!(text.starts_with(says), "{weak}: {text} {:?}", finding(&report, "authz/bola-write", CHANGE));
        assert_eq!(server.db.dump(), before);
    }
}
