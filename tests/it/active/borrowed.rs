//! Comments that everybody reads and the owner of the page removes: the own page in the path, and another's comment.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, account_paths, account_routes, document, ok, plain, refuse, said, scan, serve, takes, unauthorized, with_id,
    with_ids,
};

#[derive(Clone)]
struct App {
    db: Db,
    /// The comment is looked for by its id alone.
    weak: bool,
}

impl App {
    fn of_kind(&self, kind: &str, page: Option<u64>) -> Vec<Value> {
        let rows = self.db.lock().rows.clone();
        rows.into_iter().filter(|row| row["kind"] == kind && page.is_none_or(|page| row["page"] == page)).collect()
    }

    fn add(&self, row: Value) -> Response {
        self.db.lock().rows.push(row.clone());
        (StatusCode::CREATED, Json(row)).into_response()
    }

    fn owns(&self, page: u64, caller: u64) -> bool {
        self.of_kind("page", None).iter().any(|row| row["id"] == page && row["user_id"] == caller)
    }
}

async fn pages(State(app): State<App>, headers: HeaderMap) -> Response {
    app.db.caller(&headers).map_or_else(unauthorized, |_| ok(app.of_kind("page", None).into()))
}

async fn add_page(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    app.add(json!({"kind": "page", "id": app.db.fresh_id(), "user_id": caller, "title": body["title"]}))
}

async fn page(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    if app.db.caller(&headers).is_none() {
        return unauthorized();
    }
    let found = app.of_kind("page", None).into_iter().find(|row| row["id"] == id);
    found.map_or_else(|| refuse(404, "no such page"), ok)
}

async fn remove_page(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    if !app.owns(id, caller) {
        return refuse(404, "no such page");
    }
    app.db.lock().rows.retain(|row| row["id"] != id && row["page"] != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn comments(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    app.db.caller(&headers).map_or_else(unauthorized, |_| ok(app.of_kind("comment", Some(id)).into()))
}

async fn add_comment(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<u64>,
    Json(body): Json<Value>,
) -> Response {
    if app.db.caller(&headers).is_none() {
        return unauthorized();
    }
    // Who wrote it stands nowhere.
    app.add(json!({"kind": "comment", "id": app.db.fresh_id(), "page": id, "text": body["text"]}))
}

async fn remove_comment(State(app): State<App>, headers: HeaderMap, Path((id, comment)): Path<(u64, u64)>) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    let within = if app.weak { None } else { Some(id) };
    let is_there = app.of_kind("comment", within).iter().any(|row| row["id"] == comment);
    if !app.owns(id, caller) || !is_there {
        return refuse(404, "no such comment");
    }
    app.db.lock().rows.retain(|row| row["id"] != comment);
    StatusCode::NO_CONTENT.into_response()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_removed_by_way_of_ones_own_page_is_found_though_all_read_it() {
    for weak in [true, false] {
        let db = Db::seeded();
        db.lock().rows.clear();
        let app = App { db: db.clone(), weak };
        let routes = Router::new()
            .route("/pages", get(pages).post(add_page))
            .route("/pages/{id}", get(page).delete(remove_page))
            .route("/pages/{id}/comments", get(comments).post(add_comment))
            .route("/pages/{id}/comments/{comment_id}", delete(remove_comment))
            .with_state(app);
        let mut paths = account_paths();
        paths.insert("/pages".into(), json!({"get": plain("200"), "post": takes(&json!({"title": "a title"}), "201")}));
        paths.insert("/pages/{id}".into(), with_id(json!({"get": plain("200"), "delete": plain("204")})));
        let listed = json!({"get": plain("200"), "post": takes(&json!({"text": "some words"}), "201")});
        paths.insert("/pages/{id}/comments".into(), with_id(listed));
        let one = with_ids(json!({"delete": plain("204")}), &["id", "comment_id"]);
        paths.insert("/pages/{id}/comments/{comment_id}".into(), one);
        let server = serve(&db, account_routes(&db).merge(routes), document("pages", Value::Object(paths))).await;
        let report = scan(&server, "active").await;

        let outcome = said(&report, "authz/bola-delete", "DELETE /pages/{id}/comments/{comment_id}").to_lowercase();
        assert!(outcome.starts_with(if weak { "confirmed" } else { "held" }), "{weak}: {outcome}");
        assert_eq!(db.lock().rows, Vec::<Value>::new(), "{weak}: {:?}", report.writes);
    }
}
