//! Boxes that keep nothing of what is sent, go by letters alone, and refuse whoever asks for one that is not there; the
//! remarks in them go with them, and in no other way.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use routewarden::model::UndoOutcome;
use routewarden::report::{Report, Status, Write};
use serde_json::{Value, json};

use super::kit::{
    Db, Server, account_routes, document, ok, plain, refuse, scan_with, seeded_env, seeded_login, serve, takes,
    unauthorized,
};

#[derive(Clone)]
struct App {
    db: Db,
    /// A box with remarks cannot be removed: 500.
    stuck: bool,
}

/// Eight letters, as no counter gives them and no person writes them.
fn letters() -> String {
    (0..8).map(|_| char::from(b'a' + rand::random::<u8>() % 26)).collect()
}

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn new_box(owner: u64) -> Value {
    json!({"id": letters(), "user_id": owner, "last_modified": now(), "remarks": []})
}

fn shown(row: &Value) -> Value {
    json!({"id": row["id"], "last_modified": row["last_modified"]})
}

fn enveloped(row: &Value) -> Value {
    json!({"data": shown(row), "permissions": {"write": [format!("account:{}", row["user_id"])]}})
}

impl App {
    /// The caller's own box, or the status that refuses it.
    fn own(&self, headers: &HeaderMap, id: &str) -> Result<Value, u16> {
        let who = self.db.caller(headers).ok_or(401_u16)?;
        self.db.rows_of(who).into_iter().find(|row| row["id"] == id).ok_or(403)
    }
}

fn refused(status: u16) -> Response {
    if status == 401 { unauthorized() } else { refuse(status, "this resource is not yours, or is not there") }
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    ok(json!({"data": app.db.rows_of(who).iter().map(shown).collect::<Vec<_>>()}))
}

async fn create(State(app): State<App>, headers: HeaderMap, Json(_): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let row = new_box(who);
    app.db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(enveloped(&row))).into_response()
}

async fn read(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    app.own(&headers, &id).map_or_else(refused, |row| ok(enveloped(&row)))
}

async fn remove(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    match app.own(&headers, &id) {
        Err(status) => refused(status),
        Ok(row) if app.stuck && row["remarks"] != json!([]) => refuse(500, "internal server error"),
        Ok(row) => {
            app.db.lock().rows.retain(|known| known["id"] != row["id"]);
            ok(json!({"data": {"id": row["id"], "deleted": true}}))
        }
    }
}

async fn remarks(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    app.own(&headers, &id).map_or_else(refused, |row| ok(row["remarks"].clone()))
}

async fn add_remark(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    if let Err(status) = app.own(&headers, &id) {
        return refused(status);
    }
    let remark = json!({"id": app.db.fresh_id(), "text": body["text"]});
    let mut tables = app.db.lock();
    let row = tables.rows.iter_mut().find(|row| row["id"] == id).unwrap();
    row["remarks"].as_array_mut().unwrap().push(remark.clone());
    (StatusCode::CREATED, Json(remark)).into_response()
}

async fn server(stuck: bool) -> Server {
    let db = Db::seeded();
    db.lock().rows = vec![new_box(1), new_box(2)];
    let app = App { db: db.clone(), stuck };
    let routes = Router::new()
        .route("/boxes", get(list).post(create))
        .route("/boxes/{id}", get(read).delete(remove))
        .route("/boxes/{id}/remarks", get(remarks).post(add_remark))
        .with_state(app);
    let by_text = |mut operations: Value| {
        operations["parameters"] =
            json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]);
        operations
    };
    let paths = json!({
        "/boxes": {"get": plain("200"), "post": takes(&json!({"data": {}}), "201")},
        "/boxes/{id}": by_text(json!({"get": plain("200"), "delete": plain("200")})),
        "/boxes/{id}/remarks":
            by_text(json!({"get": plain("200"), "post": takes(&json!({"text": "a text"}), "201")})),
    });
    serve(&db, account_routes(&db).merge(routes), document("Boxes", paths)).await
}

async fn scan(server: &Server) -> Report {
    let identities = ["ann", "ben"].map(seeded_login).join("\n");
    scan_with(server, "mode = \"active\"\n", &identities, &seeded_env(&["ann", "ben"])).await
}

fn of<'r>(report: &'r Report, operation: &str) -> Vec<&'r Write> {
    let found: Vec<_> = report.writes.iter().filter(|write| write.operation == operation).collect();
    assert!(!found.is_empty(), "{operation}: {:?}", report.writes);
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_shows_no_mark_is_known_by_its_moment_and_what_was_in_it_goes_with_it() {
    let server = server(false).await;
    let before = server.db.dump();
    let report = scan(&server).await;
    assert_eq!(server.db.dump(), before, "{:?}", report.writes);
    let boxes = of(&report, "POST /boxes");
    assert!(boxes.iter().all(|write| write.is_undone()), "{boxes:?}");
    for remark in of(&report, "POST /boxes/{id}/remarks") {
        assert_eq!(remark.outcome, UndoOutcome::Unknown, "{remark:?}");
        assert!(remark.because.as_ref().is_some_and(|because| because.contains("stood in")), "{remark:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_that_always_fails_is_a_matter_of_that_operation() {
    let server = server(true).await;
    let report = scan(&server).await;
    assert_eq!(report.scan.status, Status::Complete, "{:?}", report.scan.untrusted_because);
    let rows = server.db.lock().rows.clone();
    let (kept, gone): (Vec<&Write>, Vec<&Write>) =
        of(&report, "POST /boxes").into_iter().partition(|write| rows.iter().any(|row| row["id"] == write.object));
    assert!(!kept.is_empty() && !gone.is_empty(), "{:?}", report.writes);
    for write in kept {
        assert_eq!(write.outcome, UndoOutcome::Remains, "{write:?}");
        assert!(write.because.as_ref().is_some_and(|because| because.contains("status 500")), "{write:?}");
    }
    assert!(gone.iter().all(|write| write.is_undone()), "{gone:?}");
}
