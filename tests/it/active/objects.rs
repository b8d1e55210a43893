//! Objects of another user: changed and deleted in the weak twin only; nothing is left behind in either.

use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, Server, account_routes, document, finding, ok, plain, refuse, said, scan, serve, takes, unauthorized, with_id,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Weak,
    Sound,
    /// Answers 200 and 204 to strangers, and changes nothing.
    Silent,
    /// Ignores the path and changes the caller's own row.
    OwnRow,
    /// Everybody may change everything, and no field names anybody.
    Wiki,
}

#[derive(Clone)]
struct App {
    db: Db,
    kind: Kind,
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let rows: Vec<Value> = app
        .db
        .lock()
        .rows
        .iter()
        .filter(|row| app.kind == Kind::Wiki || row["user_id"] == who)
        .map(|row| app.shown(row))
        .collect();
    ok(json!(rows))
}

async fn create(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    if body["title"].as_str().is_none_or(str::is_empty) {
        return refuse(422, "title must not be blank");
    }
    let row = json!({"id": app.db.fresh_id(), "user_id": who, "title": body["title"], "text": body["text"]});
    app.db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(app.shown(&row))).into_response()
}

async fn read(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    match app.db.row(id) {
        Some(row) if app.kind == Kind::Wiki || row["user_id"] == who => ok(app.shown(&row)),
        _ => refuse(404, "no such row"),
    }
}

async fn change(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let Some(row) = app.db.row(id) else { return refuse(404, "no such row") };
    let own = row["user_id"] == who;
    match app.kind {
        Kind::Sound if !own => return refuse(403, "not yours"),
        Kind::Silent if !own => return ok(json!({"id": id, "title": body["title"], "text": body["text"]})),
        _ => {}
    }
    let mut tables = app.db.lock();
    let place = tables
        .rows
        .iter_mut()
        .find(|row| if app.kind == Kind::OwnRow { row["user_id"] == who } else { row["id"] == id });
    let Some(place) = place else { return refuse(404, "no such row") };
    for name in ["title", "text"] {
        if !body[name].is_null() {
            place[name] = body[name].clone();
        }
    }
    let place = place.clone();
    drop(tables);
    ok(app.shown(&place))
}

async fn remove(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let Some(row) = app.db.row(id) else { return refuse(404, "no such row") };
    let own = row["user_id"] == who;
    if own || matches!(app.kind, Kind::Weak | Kind::Wiki) {
        app.db.lock().rows.retain(|row| row["id"] != id);
    } else if app.kind == Kind::Sound {
        return refuse(403, "not yours");
    }
    StatusCode::NO_CONTENT.into_response()
}

impl App {
    fn shown(&self, row: &Value) -> Value {
        let mut row = row.clone();
        if self.kind == Kind::Wiki {
            row.as_object_mut().unwrap().remove("user_id");
        }
        row
    }
}

/// The weak twin.
pub(super) async fn weak_server() -> Server {
    server(Kind::Weak).await
}

/// The weak twin, each answer of which takes this long.
pub(super) async fn slow_server(wait: Duration) -> Server {
    let (db, router, document) = parts(Kind::Weak);
    let slow = router.layer(middleware::from_fn(move |request: Request, next: Next| async move {
        tokio::time::sleep(wait).await;
        next.run(request).await
    }));
    serve(&db, slow, document).await
}

/// The weak twin, in its parts.
pub(super) fn weak_parts() -> (Db, Router, Value) {
    parts(Kind::Weak)
}

async fn server(kind: Kind) -> Server {
    let (db, router, document) = parts(kind);
    serve(&db, router, document).await
}

fn parts(kind: Kind) -> (Db, Router, Value) {
    let db = Db::seeded();
    let app = App { db: db.clone(), kind };
    let routes = Router::new()
        .route("/rows", get(list).post(create))
        .route("/rows/{id}", get(read).put(change).delete(remove))
        .with_state(app);
    let body = json!({"title": "a title", "text": "a text"});
    let paths = json!({
        "/rows": {"get": plain("200"), "post": takes(&body, "201")},
        "/rows/{id}": with_id(json!({"get": plain("200"), "put": takes(&body, "200"), "delete": plain("204")})),
    });
    let router = account_routes(&db).merge(routes);
    (db, router, document("Rows", paths))
}

const WRITE: (&str, &str) = ("authz/bola-write", "PUT /rows/{id}");
const DELETE: (&str, &str) = ("authz/bola-delete", "DELETE /rows/{id}");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_objects_are_changed_and_deleted_in_the_weak_twin() {
    let server = server(Kind::Weak).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    for (check, operation) in [WRITE, DELETE] {
        assert_eq!(said(&report, check, operation), "confirmed", "{:?}", finding(&report, check, operation));
    }
    assert_eq!(server.db.dump(), before);
    assert!(report.writes.len() >= 4 && report.writes.iter().all(|write| write.is_undone()), "{:?}", report.writes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_looks_like_it_is_silent() {
    for kind in [Kind::Sound, Kind::Silent, Kind::OwnRow] {
        let server = server(kind).await;
        let before = server.db.dump();
        let report = scan(&server, "active").await;
        for (check, operation) in [WRITE, DELETE] {
            assert!(finding(&report, check, operation).is_none(), "{:?}", finding(&report, check, operation));
            assert!(said(&report, check, operation).starts_with("Held"), "{}", said(&report, check, operation));
        }
        assert_eq!(server.db.dump(), before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whether_everybody_may_edit_it_is_asked() {
    let server = server(Kind::Wiki).await;
    let report = scan(&server, "active").await;
    for (check, operation) in [WRITE, DELETE] {
        let said = said(&report, check, operation);
        assert!(said.starts_with("Undecided"), "{said} {:?}", finding(&report, check, operation));
        let row = report.coverage.iter().find(|row| row.check == check && row.because == said[11..]);
        assert!(row.is_some_and(|row| row.step.is_some()), "the user is asked: {row:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passive_scan_writes_nothing() {
    let server = server(Kind::Weak).await;
    let before = server.db.dump();
    let report = scan(&server, "passive").await;
    let writes = server.hits.lock().unwrap().iter().filter(|hit| !hit.starts_with("GET ")).count();
    assert_eq!((writes, report.writes.len()), (0, 0));
    assert_eq!(server.db.dump(), before);
    assert!(said(&report, WRITE.0, WRITE.1).contains("needs active mode"), "{}", said(&report, WRITE.0, WRITE.1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_that_must_be_sent_have_values_that_are_allowed() {
    let (db, router, mut document) = parts(Kind::Weak);
    let kinds = json!({"type": "string", "enum": ["web", "mobile"]});
    document["paths"]["/rows"]["post"]["parameters"] =
        json!([{"name": "X-Client-Kind", "in": "header", "required": true, "schema": kinds}]);
    let strict = router.layer(middleware::from_fn(move |request: Request, next: Next| async move {
        let kind = request.headers().get("x-client-kind").and_then(|value| value.to_str().ok());
        let creates = request.method() == "POST" && request.uri().path() == "/rows";
        if creates && !matches!(kind, Some("web" | "mobile")) {
            return refuse(400, "what kind of client is this?");
        }
        next.run(request).await
    }));
    let server = serve(&db, strict, document).await;
    let report = scan(&server, "active").await;
    assert_eq!(said(&report, WRITE.0, WRITE.1), "confirmed", "{:?}", report.notes);
}
