//! Undoing without a request too many: what is refused for good is sent once, and what goes with its parent is looked at
//! once that is gone.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use routewarden::model::UndoOutcome;
use serde_json::{Value, json};

use super::kit::{Db, account_routes, document, ok, plain, refuse, scan, serve, takes, unauthorized, with_id};

/// Returns the rows of a kind, below a note where one is given.
fn rows_of(db: &Db, who: u64, kind: &str, below: Option<u64>) -> Vec<Value> {
    let is_of = |row: &Value| row["kind"] == kind && below.is_none_or(|note| row["note_id"] == note);
    db.rows_of(who).into_iter().filter(is_of).collect()
}

async fn list(State((db, kind)): State<(Db, &'static str)>, headers: HeaderMap) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    ok(json!(rows_of(&db, who, kind, None)))
}

async fn create(State((db, kind)): State<(Db, &'static str)>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    let row = json!({"id": db.fresh_id(), "user_id": who, "kind": kind, "title": body["title"]});
    db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

fn own(db: &Db, headers: &HeaderMap, id: u64) -> Option<Value> {
    let who = db.caller(headers)?;
    db.row(id).filter(|row| row["user_id"] == who)
}

fn missing(db: &Db, headers: &HeaderMap) -> Response {
    db.caller(headers).map_or_else(unauthorized, |_| refuse(404, "no such row"))
}

async fn read(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    own(&db, &headers, id).map_or_else(|| missing(&db, &headers), ok)
}

async fn remove(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    match own(&db, &headers, id) {
        None => missing(&db, &headers),
        Some(row) if row["kind"] == "log" => refuse(403, "logs are kept"),
        Some(_) => {
            db.lock().rows.retain(|row| row["id"] != id && row["note_id"] != id);
            StatusCode::NO_CONTENT.into_response()
        }
    }
}

async fn parts(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    own(&db, &headers, id).map_or_else(|| missing(&db, &headers), |_| ok(json!(rows_of(&db, who, "part", Some(id)))))
}

async fn add_part(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>, Json(body): Json<Value>) -> Response {
    let owner = match own(&db, &headers, id) {
        None => return missing(&db, &headers),
        Some(note) => note["user_id"].clone(),
    };
    let part = json!({"id": db.fresh_id(), "user_id": owner, "kind": "part", "note_id": id, "title": body["title"]});
    db.lock().rows.push(part.clone());
    (StatusCode::CREATED, Json(part)).into_response()
}

/// Notes that can be removed, with parts that go with them; logs that nobody removes.
fn notes_and_logs(db: &Db) -> (Router, Value) {
    let of = |kind: &'static str| Router::new().route("/", get(list).post(create)).with_state((db.clone(), kind));
    let items = Router::new()
        .route("/notes/{id}", get(read).delete(remove))
        .route("/logs/{id}", get(read).delete(remove))
        .route("/notes/{id}/parts", get(parts).post(add_part))
        .with_state(db.clone());
    let router = account_routes(db).merge(items).nest("/notes", of("note")).nest("/logs", of("log"));
    let makes = json!({"get": plain("200"), "post": takes(&json!({"title": "a title"}), "201")});
    let item = with_id(json!({"get": plain("200"), "delete": plain("204")}));
    let paths = json!({
        "/notes": makes, "/notes/{id}": item, "/logs": makes, "/logs/{id}": item, "/notes/{id}/parts": with_id(makes.clone()),
    });
    (router, document("Notes and logs", paths))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_for_good_is_sent_once_and_parts_are_looked_at_after_their_parent() {
    let db = Db::seeded();
    let (router, document) = notes_and_logs(&db);
    let server = serve(&db, router, document).await;
    let report = scan(&server, "active").await;
    let hits = server.hits.lock().unwrap().clone();
    // The trials end before the undoing begins, and the last of them sign up spare accounts.
    let last_made = hits.iter().rposition(|hit| hit == "POST /register").unwrap();
    let undoing = &hits[last_made..];

    let logs: Vec<_> = report.writes.iter().filter(|write| write.operation == "POST /logs").collect();
    assert!(logs.len() >= 2 && logs.iter().all(|log| log.outcome == UndoOutcome::Remains), "{logs:?}");
    for log in &logs {
        let sent = undoing.iter().filter(|hit| **hit == format!("DELETE /logs/{}", log.object)).count();
        assert!(sent <= 1, "{sent} removals of log {}: {undoing:?}", log.object);
    }

    let made: Vec<_> = report.writes.iter().filter(|write| write.operation == "POST /notes/{id}/parts").collect();
    assert!(!made.is_empty() && made.iter().all(|part| part.outcome != UndoOutcome::Remains), "{made:?}");
    let first_removal = undoing.iter().position(|hit| hit.starts_with("DELETE /notes/")).unwrap();
    let last_removal = undoing.iter().rposition(|hit| hit.starts_with("DELETE /notes/")).unwrap();
    let between = undoing[first_removal..last_removal].iter().filter(|hit| hit.ends_with("/parts")).count();
    assert_eq!(between, 0, "parts are looked at while notes are removed: {undoing:?}");
    assert!(db.lock().rows.iter().skip(2).all(|row| row["kind"] == "log"), "{:?}", db.lock().rows);
}
