//! What is made and can never be looked at is not removed: nothing shows what stands there by then. It is named.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use axum::{Json, Router};
use routewarden::model::UndoOutcome;
use serde_json::{Value, json};

use super::kit::{Db, account_paths, account_routes, document, plain, scan, serve, takes, unauthorized, with_id};

#[derive(Clone)]
struct App {
    db: Db,
    /// The answer names what was made.
    names: bool,
    kept: Arc<Mutex<BTreeMap<u64, String>>>,
}

async fn say(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if app.db.caller(&headers).is_none() {
        return unauthorized();
    }
    let id = app.db.fresh_id();
    app.kept.lock().unwrap().insert(id, body["opinion"].to_string());
    let answer =
        if app.names { json!({"id": id, "message": "thanks"}) } else { json!({"code": 201, "message": "thanks"}) };
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn forget(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    if app.db.caller(&headers).is_none() {
        return unauthorized();
    }
    match app.kept.lock().unwrap().remove(&id) {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_receipt_names_is_reported_and_nothing_is_removed() {
    for names in [true, false] {
        let db = Db::seeded();
        let kept = Arc::new(Mutex::new(BTreeMap::from([(201, "somebody's".to_owned())])));
        let app = App { db: db.clone(), names, kept: Arc::clone(&kept) };
        let router = Router::new()
            .route("/opinions", post(say))
            .route("/opinions/{id}", delete(forget))
            .with_state(app)
            .merge(account_routes(&db));
        let mut paths = account_paths();
        paths.insert("/opinions".to_owned(), json!({"post": takes(&json!({"opinion": "It is all right."}), "201")}));
        paths.insert("/opinions/{id}".to_owned(), with_id(json!({"delete": plain("204")})));
        let server = serve(&db, router, document("opinions", Value::Object(paths))).await;
        let report = scan(&server, "active").await;
        let rows: Vec<_> = report.writes.iter().filter(|write| write.operation == "POST /opinions").collect();
        assert!(!rows.is_empty(), "{:?}", report.writes);
        assert!(kept.lock().unwrap().contains_key(&201), "what was there is gone: {rows:?}");
        assert!(rows.iter().all(|write| write.outcome == UndoOutcome::Remains), "{rows:?}");
        let ids = kept.lock().unwrap();
        assert!(!names || rows.iter().all(|write| ids.contains_key(&write.object.parse().unwrap())), "{rows:?}");
    }
}
