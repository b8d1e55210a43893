//! Groups are learnt from lists of their members: what members may read of each other is no foreigner's.

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{
    Db, account_routes, document, finding, ok, plain, refuse, said, scan, serve, takes, unauthorized, with_id,
};

/// The crew that each new user joins.
const CREW: u64 = 70_001;

#[derive(Clone)]
struct App {
    db: Db,
    /// A route lists who is in a crew.
    lists_members: bool,
}

async fn crews(State(app): State<App>, headers: HeaderMap) -> Response {
    match app.db.caller(&headers) {
        Some(_) => ok(json!([{"id": CREW, "title": "Night shift"}])),
        None => unauthorized(),
    }
}

async fn members(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    if app.db.caller(&headers).is_none() {
        return unauthorized();
    }
    if !app.lists_members || id != CREW {
        return refuse(404, "no such list");
    }
    let users = app.db.lock().users.clone();
    ok(users.iter().map(|user| json!({"user_id": user["id"], "username": user["username"]})).collect())
}

async fn own(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let rows = app.db.rows_of(who);
    ok(json!(rows))
}

async fn create(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let row = json!({"id": app.db.fresh_id(), "user_id": who, "crew_id": CREW, "title": body["title"]});
    app.db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

async fn one(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    match app.db.caller(&headers) {
        Some(_) => app.db.row(id).map_or_else(|| refuse(404, "no such row"), ok),
        None => unauthorized(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_names_a_group_that_both_are_listed_in_is_not_confirmed() {
    for lists_members in [true, false] {
        let db = Db::seeded();
        let routes = Router::new()
            .route("/crews", get(crews))
            .route("/crews/{id}/members", get(members))
            .route("/rows", get(own).post(create))
            .route("/rows/{id}", get(one))
            .with_state(App { db: db.clone(), lists_members });
        let paths = json!({
            "/crews": {"get": plain("200")},
            "/crews/{id}/members": with_id(json!({"get": plain("200")})),
            "/rows": {"get": plain("200"), "post": takes(&json!({"title": "a title"}), "201")},
            "/rows/{id}": with_id(json!({"get": plain("200")})),
        });
        let server = serve(&db, account_routes(&db).merge(routes), document("Crews", paths)).await;
        let report = scan(&server, "active").await;
        let read = said(&report, "authz/bola-read", "GET /rows/{id}");
        let expected = if lists_members { "suspected" } else { "confirmed" };
        assert_eq!(read, expected, "{:?}", finding(&report, "authz/bola-read", "GET /rows/{id}"));
    }
}
