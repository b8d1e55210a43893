//! Rows that stay where no read shows them, or that no write of the scan made: what the report says of them.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use routewarden::model::UndoOutcome;
use routewarden::report::Report;
use serde_json::{Value, json};

use super::kit::{Db, Server, account_routes, document, ok, plain, refuse, scan, serve, takes, unauthorized, with_id};

/// What a removed note is to its owner.
#[derive(Clone, Copy, PartialEq)]
enum Removed {
    /// Shown, as archived.
    Archived,
    /// Hidden, as a field of it tells.
    Hidden,
    /// Gone; the removal's summary says no more than that it is void.
    Voided,
}

fn create(db: &Db, headers: &HeaderMap, body: &Value, removed: Removed) -> Response {
    let Some(who) = db.caller(headers) else { return unauthorized() };
    let mut row = json!({"id": db.fresh_id(), "user_id": who, "title": body["title"]});
    match removed {
        Removed::Archived => row["archived"] = json!(false),
        Removed::Hidden => row["deleted_at"] = Value::Null,
        Removed::Voided => {}
    }
    db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

fn own(db: &Db, headers: &HeaderMap) -> Option<Vec<Value>> {
    let rows = db.rows_of(db.caller(headers)?);
    Some(rows.into_iter().filter(|row| row["deleted_at"].is_null()).collect())
}

async fn list(State(db): State<Db>, headers: HeaderMap) -> Response {
    own(&db, &headers).map_or_else(unauthorized, |rows| ok(rows.into()))
}

async fn read(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(rows) = own(&db, &headers) else { return unauthorized() };
    rows.into_iter().find(|row| row["id"] == id).map_or_else(|| refuse(404, "no such note"), ok)
}

fn remove(db: &Db, headers: &HeaderMap, id: u64, removed: Removed) -> Response {
    let Some(rows) = own(db, headers) else { return unauthorized() };
    if !rows.iter().any(|row| row["id"] == id) {
        return refuse(404, "no such note");
    }
    let mut tables = db.lock();
    if removed == Removed::Voided {
        tables.rows.retain(|row| row["id"] != id);
    }
    for row in tables.rows.iter_mut().filter(|row| row["id"] == id) {
        match removed {
            Removed::Archived => row["archived"] = json!(true),
            _ => row["deleted_at"] = json!("2026-11-30T07:44:49Z"),
        }
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn serve_notes(removed: Removed) -> Server {
    let db = Db::seeded();
    let make = move |State(db): State<Db>, headers: HeaderMap, Json(body): Json<Value>| async move {
        create(&db, &headers, &body, removed)
    };
    let cut = move |State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>| async move {
        remove(&db, &headers, id, removed)
    };
    let routes = Router::new()
        .route("/notes", get(list).post(make))
        .route("/notes/{id}", get(read).delete(cut))
        .with_state(db.clone());
    let mut removal = plain("204");
    if removed == Removed::Voided {
        removal["summary"] = json!("Void a note");
    }
    let paths = json!({
        "/notes": {"get": plain("200"), "post": takes(&json!({"title": "a title"}), "201")},
        "/notes/{id}": with_id(json!({"get": plain("200"), "delete": removal})),
    });
    serve(&db, account_routes(&db).merge(routes), document("Notes", paths)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_removed_and_may_only_be_hidden_is_said() {
    let said = [
        (Removed::Archived, "marked as removed (`archived`)"),
        (Removed::Hidden, "its kind has `deleted_at`"),
        (Removed::Voided, "DELETE /notes/{id} says `void`"),
    ];
    for (removed, words) in said {
        let server = serve_notes(removed).await;
        let report = scan(&server, "active").await;
        let made: Vec<_> = report.writes.iter().filter(|write| write.operation == "POST /notes").collect();
        assert!(!made.is_empty() && made.iter().all(|write| write.is_hidden()), "{made:?}");
        let is_said = |because: &Option<String>| because.as_ref().is_some_and(|because| because.contains(words));
        assert!(made.iter().any(|write| is_said(&write.because)), "{words}: {made:?}");
        assert!(made.iter().all(|write| write.because.is_some()), "{made:?}");
        let note = report.notes.iter().find(|note| note.contains("removed as far as the API shows"));
        assert!(note.is_some_and(|note| note.starts_with(&made.len().to_string())), "{:?}", report.notes);
        // They are no objects that are left.
        assert!(!report.notes.iter().any(|note| note.contains("are left, or not known")), "{:?}", report.notes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_line_names_the_sessions_that_were_opened() {
    let server = serve_notes(Removed::Archived).await;
    let report = scan(&server, "active").await;
    let signed_in = server.hits.lock().unwrap().iter().filter(|hit| *hit == "POST /login").count();
    let note = report.notes.iter().find(|note| note.starts_with("sessions and tokens"));
    let times = note.and_then(|note| note.split("POST /login (").nth(1)?.split(')').next()?.parse::<usize>().ok());
    // Of those that were sent the refused ones opened nothing.
    assert!(times.is_some_and(|times| (2..=signed_in).contains(&times)), "{signed_in}: {:?}", report.notes);
}

/// Shows the caller, and the shop that was made for it.
async fn show_caller(State(db): State<Db>, headers: HeaderMap) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    ok(json!({"id": who, "username": db.user(who).unwrap()["username"], "shop_id": 700 + who, "plan_id": 3}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_made_with_an_account_that_stays_is_named_by_its_id() {
    let db = Db::seeded();
    let routes = Router::new().route("/users/me", get(show_caller)).with_state(db.clone());
    let mut described = document("Shops", json!({"/users/me": {"get": plain("200")}}));
    described["paths"].as_object_mut().unwrap().remove("/me");
    let server = serve(&db, account_routes(&db).merge(routes), described).await;
    let report = scan(&server, "active").await;
    let staying: Vec<u64> =
        db.lock().users.iter().filter_map(|user| user["id"].as_u64()).filter(|id| *id > 2).collect();
    assert!(staying.len() >= 2, "{:?}", report.writes);
    for id in staying {
        let shop = (700 + id).to_string();
        let told = report.writes.iter().find(|write| write.object == shop);
        assert!(told.is_some_and(|told| told.outcome == UndoOutcome::Remains), "{shop}: {:#?}", report.writes);
    }
    assert!(!report.writes.iter().any(|write| write.object == "3"), "{:?}", report.writes);
}

/// Makes a key beside each note; keys are in the table of rows too.
async fn create_with_key(State(db): State<Db>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    let row = json!({"id": db.fresh_id(), "user_id": who, "title": body["title"]});
    let label = format!("key of {}", body["title"].as_str().unwrap_or_default());
    let key = json!({"id": db.fresh_id(), "user_id": who, "kind": "key", "label": label});
    db.lock().rows.extend([row.clone(), key]);
    (StatusCode::CREATED, Json(row)).into_response()
}

fn rows(db: &Db, headers: &HeaderMap, kind: &Value) -> Option<Vec<Value>> {
    Some(db.rows_of(db.caller(headers)?).into_iter().filter(|row| row["kind"] == *kind).collect())
}

/// Notes with a key beside each, which a list of no document shows.
async fn scan_keyed(declares_keys: bool) -> (Server, Report) {
    let db = Db::seeded();
    let notes = |State(db): State<Db>, headers: HeaderMap| async move {
        rows(&db, &headers, &Value::Null).map_or_else(unauthorized, |rows| ok(rows.into()))
    };
    let keys = |State(db): State<Db>, headers: HeaderMap| async move {
        rows(&db, &headers, &json!("key")).map_or_else(unauthorized, |rows| ok(json!({"count": 1, "api_keys": rows})))
    };
    let cut = |State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>| async move {
        let Some(who) = db.caller(&headers) else { return unauthorized() };
        db.lock().rows.retain(|row| row["id"] != id || row["user_id"] != who);
        StatusCode::NO_CONTENT.into_response()
    };
    let routes = Router::new()
        .route("/v1/notes", get(notes).post(create_with_key))
        .route("/v1/notes/{id}", delete(cut))
        .route("/v1/api_keys", get(keys))
        .with_state(db.clone());
    let paths = json!({
        "/v1/notes": {"get": plain("200"), "post": takes(&json!({"title": "a title"}), "201")},
        "/v1/notes/{id}": with_id(json!({"delete": plain("204")})),
    });
    let mut described = document("Keyed", paths);
    described["paths"]["/me"].as_object_mut().unwrap().remove("delete");
    if declares_keys {
        described["components"]["securitySchemes"]["key"] =
            json!({"type": "apiKey", "in": "header", "name": "x-api-key"});
    }
    let server = serve(&db, account_routes(&db).merge(routes), described).await;
    let report = scan(&server, "active").await;
    (server, report)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_in_a_list_that_no_document_names_are_named_by_their_mark() {
    let (server, report) = scan_keyed(true).await;
    let keys: Vec<Value> = server.db.lock().rows.iter().filter(|row| row["kind"] == "key").cloned().collect();
    assert!(keys.len() >= 2, "{:?}", report.writes);
    for key in &keys {
        let id = key["id"].to_string();
        let told = report.writes.iter().find(|write| write.object == id);
        assert!(told.is_some_and(|told| told.outcome == UndoOutcome::Remains), "{key}: {:#?}", report.writes);
        let because = told.and_then(|told| told.because.as_deref()).unwrap_or_default();
        assert!(because.contains("GET /v1/api_keys, which the document does not name"), "{because}");
    }
    assert!(server.hits.lock().unwrap().iter().all(|hit| !hit.starts_with("DELETE /v1/api_keys")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_declared_keys_no_list_of_them_is_looked_for() {
    let (server, _) = scan_keyed(false).await;
    assert!(!server.hits.lock().unwrap().iter().any(|hit| hit.contains("key")));
}
