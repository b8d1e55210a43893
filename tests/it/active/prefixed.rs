//! An API all of which stands below `/admin`: the word marks no function, but where roles are told apart below it.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, account_routes, document, finding, ok, plain, refuse, said, scan, serve, takes, unauthorized, with_id,
};

async fn boards(State(db): State<Db>, headers: HeaderMap) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    let own = db.rows_of(who);
    ok(json!({"boards": own, "motto": "all boards of this house"}))
}

async fn add_board(State(db): State<Db>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    let row = json!({"id": db.fresh_id(), "user_id": who, "title": body["title"]});
    db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

async fn board(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    db.row(id).filter(|row| row["user_id"] == who).map_or_else(|| refuse(404, "no such board"), ok)
}

async fn remove_board(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    if db.row(id).is_none_or(|row| row["user_id"] != who) {
        return refuse(404, "no such board");
    }
    db.lock().rows.retain(|row| row["id"] != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn about(State(db): State<Db>, headers: HeaderMap) -> Response {
    db.caller(&headers).map_or_else(unauthorized, |_| ok(json!({"house": "Harbour office", "floor": "second"})))
}

/// For administrators alone, and there is none.
async fn guarded(State(db): State<Db>, headers: HeaderMap) -> Response {
    db.caller(&headers).map_or_else(unauthorized, |_| refuse(403, "for administrators"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn functions_below_a_common_prefix_are_not_marked_by_it() {
    let db = Db::seeded();
    let routes = Router::new()
        .route("/admin/boards", get(boards).post(add_board))
        .route("/admin/boards/{id}", get(board).delete(remove_board))
        .route("/admin/about", get(about))
        .route("/admin/statistics", get(guarded))
        .route("/admin/flags/{id}", delete(guarded))
        .with_state(db.clone())
        .merge(account_routes(&db));
    let paths = json!({
        "/admin/boards": {"get": plain("200"), "post": takes(&json!({"title": "a title"}), "201")},
        "/admin/boards/{id}": with_id(json!({"get": plain("200"), "delete": plain("204")})),
        "/admin/about": {"get": plain("200")},
        "/admin/statistics": {"get": plain("200")},
        "/admin/flags/{id}": with_id(json!({"delete": plain("204")})),
    });
    let server = serve(&db, routes, document("House", paths)).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    for operation in ["POST /admin/boards", "DELETE /admin/boards/{id}", "DELETE /admin/flags/{id}"] {
        let found = finding(&report, "authz/function-write", operation);
        assert!(found.is_none(), "{found:#?}");
    }
    let said = said(&report, "authz/function-write", "POST /admin/boards");
    assert!(said.starts_with("NotApplicable"), "{said}");
    assert_eq!(server.db.dump(), before, "{:?}", report.writes);
}
