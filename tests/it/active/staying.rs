//! What cannot be removed again, or shows nowhere: how little of it is made, and what the report says of what stays.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use routewarden::model::UndoOutcome;
use routewarden::report::{Report, Status, Write};
use serde_json::{Value, json};

use super::kit::{
    Db, Server, account_routes, document, ok, plain, refuse, scan, scan_with, seeded_env, seeded_login, serve, takes,
    unauthorized,
};

/// A row of the caller's under an id of random digits and letters.
async fn create(State(db): State<Db>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    let id = format!("{:08x}-{:04x}-4a1b-9c2d-{:012x}", rand::random::<u32>(), rand::random::<u16>(), db.fresh_id());
    let row = json!({"id": id, "user_id": who, "title": body["title"], "text": body["text"]});
    db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

async fn list(State(db): State<Db>, headers: HeaderMap) -> Response {
    db.caller(&headers).map_or_else(unauthorized, |who| ok(db.rows_of(who).into()))
}

async fn remove(State(db): State<Db>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    let mut tables = db.lock();
    let before = tables.rows.len();
    tables.rows.retain(|row| row["id"] != *id || row["user_id"] != who);
    if tables.rows.len() < before { StatusCode::NO_CONTENT.into_response() } else { refuse(404, "no such filter") }
}

/// Says that it is removed, and keeps it.
async fn pretend(State(db): State<Db>, headers: HeaderMap) -> Response {
    db.caller(&headers).map_or_else(unauthorized, |_| StatusCode::NO_CONTENT.into_response())
}

fn filters(id: &str) -> Value {
    let parameter = json!([{"name": id, "in": "path", "required": true, "schema": {"type": "string"}}]);
    json!({
        "/filters": {"post": takes(&json!({"title": "a title", "text": "a text"}), "201")},
        format!("/filters/{{{id}}}"): {"parameters": parameter, "delete": plain("204"), "put": takes(&json!({"title": "x"}), "200")},
    })
}

async fn serve_filters(db: &Db, removal: axum::routing::MethodRouter<Db>) -> Server {
    let routes = Router::new()
        .route("/filters", post(create))
        .route("/filters/{id}", removal.put(|| async { refuse(405, "not yet") }))
        .with_state(db.clone());
    serve(db, account_routes(db).merge(routes), document("Filters", filters("filter_id"))).await
}

fn of<'r>(report: &'r Report, operation: &str) -> Vec<&'r Write> {
    report.writes.iter().filter(|write| write.operation == operation).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_address_shows_is_removed_by_an_id_that_is_nothing_elses() {
    let db = Db::seeded();
    let (before, server) = (db.dump(), serve_filters(&db, delete(remove)).await);
    let identities = ["ann", "ben"].map(seeded_login).join("\n");
    let report = scan_with(&server, "mode = \"active\"\n", &identities, &seeded_env(&["ann", "ben"])).await;
    let made = of(&report, "POST /filters");
    assert!(made.len() >= 2 && made.iter().all(|write| write.is_undone()), "{made:?}");
    assert_eq!(db.dump(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_that_is_said_twice_and_shows_nowhere_is_not_called_done() {
    let db = Db::seeded();
    let server = serve_filters(&db, delete(pretend)).await;
    let identities = ["ann", "ben"].map(seeded_login).join("\n");
    let report = scan_with(&server, "mode = \"active\"\n", &identities, &seeded_env(&["ann", "ben"])).await;
    let made = of(&report, "POST /filters");
    assert!(made.len() >= 2 && made.iter().all(|write| write.outcome == UndoOutcome::Unknown), "{made:?}");
}

/// Notes whose removal every caller is refused.
async fn serve_kept(db: &Db, removal: bool) -> Server {
    let routes = Router::new()
        .route("/notes", get(list).post(create))
        .route("/notes/{id}", get(one).patch(change).delete(|| async { refuse(403, "for the house alone") }))
        .with_state(db.clone());
    let parameter = json!([{"name": "note_id", "in": "path", "required": true, "schema": {"type": "string"}}]);
    let mut item = json!({"parameters": parameter, "get": plain("200"), "patch": takes(&json!({"title": "x", "text": "y"}), "200")});
    if removal {
        item["delete"] = plain("204");
    }
    let paths = json!({
        "/notes": {"get": plain("200"), "post": takes(&json!({"title": "a title", "text": "a text"}), "201")},
        "/notes/{note_id}": item,
    });
    serve(db, account_routes(db).merge(routes), document("Notes", paths)).await
}

async fn one(State(db): State<Db>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    let found = db.rows_of(who).into_iter().find(|row| row["id"] == *id);
    found.map_or_else(|| refuse(404, "no such note"), ok)
}

async fn change(State(db): State<Db>, headers: HeaderMap, Path(id): Path<String>, Json(body): Json<Value>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    let mut tables = db.lock();
    let found = tables.rows.iter_mut().find(|row| row["id"] == *id && row["user_id"] == who);
    let Some(row) = found else { return refuse(404, "no such note") };
    for name in ["title", "text"] {
        if body[name].is_string() {
            row[name] = body[name].clone();
        }
    }
    ok(row.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_what_is_seen_not_to_go_again_no_more_is_made() {
    let db = Db::seeded();
    let server = serve_kept(&db, true).await;
    let report = scan(&server, "active").await;
    let made = of(&report, "POST /notes");
    let left = db.lock().rows.len() - 2;
    // One of each caller, and those of the check that was the first to make more.
    assert!((2..=6).contains(&left), "{left} rows are left: {made:?}");
    assert_eq!(made.iter().filter(|write| write.outcome == UndoOutcome::Remains).count(), left, "{made:?}");
    let note = report.notes.iter().find(|note| note.contains("what POST /notes makes stays"));
    assert!(note.is_some_and(|note| note.contains("403")), "{:?}", report.notes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_configured_users_nothing_is_made_that_would_stay() {
    let db = Db::seeded();
    let (before, server) = (db.dump(), serve_kept(&db, false).await);
    let env = seeded_env(&["ann", "ben"]);
    let identities = ["ann", "ben"].map(seeded_login).join("\n");
    let report = scan_with(&server, "mode = \"active\"\n", &identities, &env).await;
    assert_eq!(db.dump(), before);
    let told = report.notes.iter().any(|note| note.contains("POST /notes") && note.contains("writes = \"own\""));
    assert!(told, "{:?}", report.notes);
    let lets = |name: &str| format!("[identities.{name}]\nwrites = \"own\"\n{}", seeded_login(name));
    let report = scan_with(&server, "mode = \"active\"\n", &["ann", "ben"].map(lets).join("\n"), &env).await;
    let made = of(&report, "POST /notes");
    assert!(made.len() >= 2 && made.iter().all(|write| !write.is_undone()), "{made:?}");
}

/// A house that keeps a log of sign-ins, and makes the rooms of a hotel when they are first looked at.
async fn serve_log(db: &Db) -> Server {
    let moments: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = move |State(db): State<Db>, headers: HeaderMap| {
        let moments = Arc::clone(&moments);
        async move {
            if db.caller(&headers).is_none() {
                return unauthorized();
            }
            let (tables, mut moments) = (db.lock(), moments.lock().unwrap());
            moments.resize_with(tables.tokens.len(), || jiff::Timestamp::now().to_string());
            let name = |user: u64| {
                tables.users.iter().find(|known| known["id"] == user).map(|known| known["username"].clone())
            };
            let row = |(n, (_, user)): (usize, &(String, u64))| json!({"id": format!("log-{n:08}"), "user_id": user, "username": name(*user), "created_at": moments[n]});
            ok(tables.tokens.iter().enumerate().map(row).collect())
        }
    };
    let rooms = |State(db): State<Db>, headers: HeaderMap| async move {
        if db.caller(&headers).is_none() {
            return unauthorized();
        }
        let mut tables = db.lock();
        if !tables.rows.iter().any(|row| row["kind"] == "room") {
            let made = jiff::Timestamp::now().to_string();
            tables.rows.push(json!({"id": "room-5f3a9c2e71", "kind": "room", "name": "Blue", "created_at": made}));
        }
        ok(tables.rows.iter().filter(|row| row["kind"] == "room").cloned().collect())
    };
    // Says of old rows that they were made now, whenever it is asked.
    let desks = |State(db): State<Db>, headers: HeaderMap| async move {
        let now = jiff::Timestamp::now().to_string();
        let desk = json!([{"id": "desk-77c1e0a4d2", "username": "seed-ann", "created_at": now}]);
        db.caller(&headers).map_or_else(unauthorized, |_| ok(desk))
    };
    let routes = Router::new().route("/sign-ins", get(log)).route("/rooms", get(rooms)).route("/desks", get(desks));
    let routes = routes.with_state(db.clone());
    let read = json!({"get": plain("200")});
    let paths = json!({"/sign-ins": read, "/rooms": read, "/desks": read});
    serve(db, account_routes(db).merge(routes), document("House", paths)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_application_keeps_by_itself_is_named_and_is_no_harm() {
    for mode in ["passive", "active"] {
        let db = Db::seeded();
        let server = serve_log(&db).await;
        let identities = ["ann", "ben"].map(seeded_login).join("\n");
        let scan = format!("mode = \"{mode}\"\n");
        let report = scan_with(&server, &scan, &identities, &seeded_env(&["ann", "ben"])).await;
        assert_ne!(report.scan.status, Status::Harm, "{mode}: {:?}", report.harm);
        let kept = of(&report, "GET /sign-ins");
        assert!(kept.iter().any(|write| write.object == "log-00000000"), "{mode}: {:?}", report.writes);
        let says = |write: &&Write| {
            let because = write.because.as_deref().unwrap_or_default();
            write.outcome == UndoOutcome::Kept && because.contains("keeps it by itself") && because.contains("names")
        };
        assert!(kept.iter().all(says), "{mode}: {kept:?}");
        assert_eq!(of(&report, "GET /desks"), Vec::<&Write>::new(), "{mode}");
        let note = report.notes.iter().find(|note| note.contains("GET /rooms"));
        assert!(note.is_some_and(|note| note.contains("room-5f3a9c2e71")), "{mode}: {:?}", report.notes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_and_first_moments_of_what_was_there_are_named_and_are_no_harm() {
    let db = Db::seeded();
    let made = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&made);
    let people = move |State(db): State<Db>, headers: HeaderMap| {
        let made = made.load(Ordering::SeqCst);
        async move {
            let last = (made > 0).then_some("a filter");
            let shown = |user: &Value| json!({"id": user["id"], "filters_made": made, "last_made": last});
            db.caller(&headers).map_or_else(unauthorized, |_| ok(db.lock().users.iter().take(2).map(shown).collect()))
        }
    };
    let routes = Router::new()
        .route("/filters", get(list).post(create))
        .route("/filters/{id}", delete(remove).put(|| async { refuse(405, "not yet") }))
        .route("/people", get(people))
        .with_state(db.clone())
        .layer(middleware::from_fn(move |request: Request, next: Next| {
            counted.fetch_add(u64::from(request.method() == "POST"), Ordering::SeqCst);
            next.run(request)
        }));
    let mut paths = filters("filter_id");
    paths["/people"] = json!({"get": plain("200")});
    paths["/filters"]["get"] = plain("200");
    let server = serve(&db, account_routes(&db).merge(routes), document("Counts", paths)).await;
    let identities = ["ann", "ben"].map(seeded_login).join("\n");
    let report = scan_with(&server, "mode = \"active\"\n", &identities, &seeded_env(&["ann", "ben"])).await;
    assert_eq!(report.scan.status, Status::Complete, "{:?}", report.harm);
    let note = report.notes.iter().find(|note| note.contains("keeps by itself"));
    let says = |note: &String| note.contains("`filters_made` of 1 0") && note.contains("`last_made` of 1 null");
    assert!(note.is_some_and(says), "{:?}", report.notes);
}
