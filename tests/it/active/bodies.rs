//! An owner or id in the body or query: believed in the weak twin, ignored or meant in the others.

use std::collections::HashMap;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, Server, account_routes, document, finding, ok, plain, public, refuse, said, scan, serve, takes, unauthorized,
    with_id,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Whatever the request says of whose something is, is believed.
    Weak,
    /// The session alone decides.
    Sound,
    /// The answer repeats the owner that was sent; what is kept is the caller's. Writes answer 200 and do nothing.
    Echo,
    /// A public feed: everybody is shown everything, and the parameter filters it.
    Feed,
    /// `author` instead of `user_id`, and everybody reads everything.
    Author,
    /// Anybody may write, also without signing in.
    Open,
}

#[derive(Clone)]
struct App {
    db: Db,
    kind: Kind,
}

impl App {
    fn owner_field(&self) -> &'static str {
        if self.kind == Kind::Author { "author" } else { "user_id" }
    }

    fn shown(&self, row: &Value) -> Value {
        let mut row = row.clone();
        if self.kind == Kind::Author {
            let owner = row.as_object_mut().unwrap().remove("user_id").unwrap();
            row["author"] = self.db.user(owner.as_u64().unwrap()).map_or(json!(null), |user| user["username"].clone());
        }
        row
    }

    fn is_open(&self) -> bool {
        matches!(self.kind, Kind::Feed | Kind::Author)
    }
}

async fn list(State(app): State<App>, headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let asked = query.get("user_id").and_then(|text| text.parse::<u64>().ok());
    let rows: Vec<Value> = app.db.lock().rows.clone();
    let wanted = |row: &&Value| match (app.kind, asked) {
        (Kind::Weak, Some(asked)) => row["user_id"] == asked,
        (Kind::Feed | Kind::Author, Some(asked)) => row["user_id"] == asked,
        (Kind::Feed | Kind::Author, None) => true,
        _ => row["user_id"] == who,
    };
    let mut found: Vec<Value> = rows.iter().filter(wanted).map(|row| app.shown(row)).collect();
    // A feed shows its first page alone: the filter leads to what is not on it.
    if asked.is_none() && app.kind == Kind::Feed {
        found.truncate(2);
    }
    ok(json!({"items": found}))
}

async fn create(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let who = app.db.caller(&headers);
    if who.is_none() && app.kind != Kind::Open {
        return unauthorized();
    }
    if body["title"].as_str().is_none_or(str::is_empty) {
        return refuse(422, "title must not be blank");
    }
    let named = match app.kind {
        Kind::Weak | Kind::Open => body["user_id"].as_u64(),
        Kind::Author => {
            let users = app.db.lock().users.clone();
            users.iter().find(|user| user["username"] == body["author"]).and_then(|user| user["id"].as_u64())
        }
        _ => None,
    };
    let owner = named.or(who).unwrap_or(0);
    let row = json!({"id": app.db.fresh_id(), "user_id": owner, "title": body["title"], "text": body["text"]});
    app.db.lock().rows.push(row.clone());
    let mut shown = app.shown(&row);
    if app.kind == Kind::Echo && !body["user_id"].is_null() {
        shown["user_id"] = body["user_id"].clone();
    }
    (StatusCode::CREATED, Json(shown)).into_response()
}

async fn read(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    match app.db.row(id) {
        Some(row) if app.is_open() || row["user_id"] == who => ok(app.shown(&row)),
        _ => refuse(404, "no such row"),
    }
}

async fn remove(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    match app.db.row(id) {
        Some(row) if row["user_id"] == who => {
            app.db.lock().rows.retain(|row| row["id"] != id);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => refuse(404, "no such row"),
    }
}

async fn update(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let who = app.db.caller(&headers);
    if who.is_none() && app.kind != Kind::Open {
        return unauthorized();
    }
    let mut tables = app.db.lock();
    let row = tables.rows.iter_mut().find(|row| row["id"] == body["id"]);
    let Some(row) = row else { return refuse(404, "no such row") };
    if who.is_none_or(|who| row["user_id"] != who) && !matches!(app.kind, Kind::Weak | Kind::Open) {
        return if app.kind == Kind::Echo { ok(body) } else { refuse(403, "not yours") };
    }
    for name in ["title", "text"] {
        if !body[name].is_null() {
            row[name] = body[name].clone();
        }
    }
    ok(row.clone())
}

async fn discard(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let mut tables = app.db.lock();
    let Some(row) = tables.rows.iter().find(|row| row["id"] == body["row_id"]).cloned() else {
        return refuse(404, "no such row");
    };
    if row["user_id"] == who || app.kind == Kind::Weak {
        tables.rows.retain(|row| row["id"] != body["row_id"]);
    } else if app.kind != Kind::Echo {
        return refuse(403, "not yours");
    }
    ok(json!({"deleted": body["row_id"]}))
}

async fn profile(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let id = match app.kind {
        Kind::Weak => body["user_id"].as_u64().unwrap_or(who),
        Kind::Sound if !body["user_id"].is_null() && body["user_id"] != who => return refuse(403, "not you"),
        // The rest change the caller's own, whoever is named.
        _ => who,
    };
    let mut tables = app.db.lock();
    let Some(user) = tables.users.iter_mut().find(|user| user["id"] == id) else { return refuse(404, "nobody") };
    if !body["bio"].is_null() {
        user["bio"] = body["bio"].clone();
    }
    ok(public(user.clone()))
}

async fn server(kind: Kind) -> Server {
    let db = Db::seeded();
    let app = App { db: db.clone(), kind };
    let routes = Router::new()
        .route("/rows", get(list).post(create))
        .route("/rows/{id}", get(read).delete(remove))
        .route("/rows/update", post(update))
        .route("/rows/delete", post(discard))
        .route("/profile", axum::routing::put(profile))
        .with_state(app.clone());
    let mut body = json!({"title": "a title", "text": "a text"});
    body[app.owner_field()] = if kind == Kind::Author { json!("someone") } else { json!(3) };
    let mut listing = plain("200");
    listing["parameters"] = json!([{"name": "user_id", "in": "query", "schema": {"type": "integer"}}]);
    let paths = json!({
        "/rows": {"get": listing, "post": takes(&body, "201")},
        "/rows/{id}": with_id(json!({"get": plain("200"), "delete": plain("204")})),
        "/rows/update": {"post": takes(&json!({"id": 3, "title": "a title", "text": "a text"}), "200")},
        "/rows/delete": {"post": takes(&json!({"row_id": 3}), "200")},
        "/profile": {"put": takes(&json!({"user_id": 3, "bio": "a text"}), "200")},
    });
    serve(&db, account_routes(&db).merge(routes), document("Bodies", paths)).await
}

const CHECK: &str = "authz/bola-body";
const ALL: [&str; 5] = ["POST /rows", "POST /rows/update", "POST /rows/delete", "PUT /profile", "GET /rows"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_request_says_of_its_owner_is_believed_in_the_weak_twin() {
    let server = server(Kind::Weak).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    for operation in ALL {
        let said = said(&report, CHECK, operation);
        assert_eq!(said, "confirmed", "{operation}: {:?}", finding(&report, CHECK, operation));
    }
    assert_eq!(server.db.dump(), before);
    assert!(report.writes.iter().all(|write| write.is_undone()), "{:?}", report.writes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_ignored_or_only_repeated_is_silent() {
    for kind in [Kind::Sound, Kind::Echo] {
        let server = server(kind).await;
        let before = server.db.dump();
        let report = scan(&server, "active").await;
        for operation in ALL {
            assert!(finding(&report, CHECK, operation).is_none(), "{:?}", finding(&report, CHECK, operation));
            let said = said(&report, CHECK, operation);
            assert!(said.starts_with("Held"), "{operation}: {said}");
        }
        assert_eq!(server.db.dump(), before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_over_a_public_feed_is_never_confirmed() {
    let server = server(Kind::Feed).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    let said = said(&report, CHECK, "GET /rows");
    assert!(said != "confirmed", "{:?}", finding(&report, CHECK, "GET /rows"));
    assert_eq!(server.db.dump(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_author_that_may_be_set_is_only_suspected() {
    let server = server(Kind::Author).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    assert_eq!(said(&report, CHECK, "POST /rows"), "suspected", "{:?}", finding(&report, CHECK, "POST /rows"));
    assert_eq!(server.db.dump(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_anybody_may_write_is_another_checks_matter() {
    let server = server(Kind::Open).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    for operation in ["POST /rows", "POST /rows/update"] {
        let said = said(&report, CHECK, operation);
        assert!(said.contains("anonymous callers are let in too"), "{operation}: {said}");
    }
    assert_eq!(server.db.dump(), before);
}
