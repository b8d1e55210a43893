//! An API that makes one thing (`POST /wallet`), lists many (`GET /wallets`), and serves under the path of the one what a
//! key of its own opens.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, account_routes, document, ok, plain, refuse, scan_with, seeded_env, seeded_login, serve, takes, unauthorized,
};

async fn list(State(db): State<Db>, headers: HeaderMap) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    ok(json!(db.rows_of(who)))
}

async fn read() -> Response {
    refuse(401, "no key of a wallet was given")
}

async fn create(State(db): State<Db>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    let row = json!({"id": format!("{:032x}", rand::random::<u128>()), "user_id": who, "name": body["name"]});
    db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

async fn remove(State(db): State<Db>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    if !db.rows_of(who).iter().any(|row| row["id"] == id) {
        return refuse(404, "no such wallet");
    }
    db.lock().rows.retain(|row| row["id"] != id);
    StatusCode::NO_CONTENT.into_response()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_singular_path_makes_is_found_in_the_list_beside_it() {
    let db = Db::seeded();
    let routes = Router::new()
        .route("/wallets", get(list))
        .route("/wallet", get(read).post(create))
        .route("/wallet/{wallet_id}", delete(remove))
        .with_state(db.clone());
    let mut item = json!({"delete": plain("204")});
    item["parameters"] = json!([{"name": "wallet_id", "in": "path", "required": true, "schema": {"type": "string"}}]);
    let paths = json!({
        "/wallets": {"get": plain("200")},
        "/wallet": {"get": plain("200"), "post": takes(&json!({"name": "a name"}), "201")},
        "/wallet/{wallet_id}": item,
    });
    let server = serve(&db, account_routes(&db).merge(routes), document("Wallets", paths)).await;
    let before = db.dump();
    let identities = ["ann", "ben"].map(seeded_login).join("\n");
    let report = scan_with(&server, "mode = \"active\"\n", &identities, &seeded_env(&["ann", "ben"])).await;
    let made: Vec<_> = report.writes.iter().filter(|write| write.operation == "POST /wallet").collect();
    assert!(!made.is_empty() && made.iter().all(|write| write.is_undone()), "{:?}", report.writes);
    assert_eq!(db.dump(), before, "{:?}", report.writes);
}
