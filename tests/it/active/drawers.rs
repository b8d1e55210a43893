//! An API in which a PUT makes what its caller has not: an attack on another's drawer makes one of the attacker's own.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, account_routes, document, finding, ok, plain, refuse, scan_with, seeded_env, seeded_login, serve, takes,
    unauthorized,
};

fn is_it(row: &Value, caller: u64, name: &str) -> bool {
    row["user_id"] == caller && row["name"] == name
}

fn put(db: &Db, caller: u64, name: &str, body: &Value) -> Value {
    let row = json!({"id": db.fresh_id(), "user_id": caller, "name": name, "label": body["label"]});
    let mut tables = db.lock();
    tables.rows.retain(|row| !is_it(row, caller, name));
    tables.rows.push(row.clone());
    shown(&row)
}

fn shown(row: &Value) -> Value {
    json!({"name": row["name"], "label": row["label"]})
}

async fn list(State(db): State<Db>, headers: HeaderMap) -> Response {
    let Some(caller) = db.caller(&headers) else { return unauthorized() };
    ok(db.lock().rows.iter().filter(|row| row["user_id"] == caller && row["name"].is_string()).map(shown).collect())
}

async fn add(State(db): State<Db>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(caller) = db.caller(&headers) else { return unauthorized() };
    let Some(name) = body["name"].as_str() else { return refuse(400, "name is required") };
    (StatusCode::CREATED, ok(put(&db, caller, name, &body))).into_response()
}

async fn show(State(db): State<Db>, headers: HeaderMap, Path(name): Path<String>) -> Response {
    let Some(caller) = db.caller(&headers) else { return unauthorized() };
    let found = db.lock().rows.iter().find(|row| is_it(row, caller, &name)).map(shown);
    found.map_or_else(|| refuse(404, "no such drawer"), ok)
}

async fn fill(State(db): State<Db>, headers: HeaderMap, Path(name): Path<String>, Json(body): Json<Value>) -> Response {
    let Some(caller) = db.caller(&headers) else { return unauthorized() };
    ok(put(&db, caller, &name, &body))
}

async fn remove(State(db): State<Db>, headers: HeaderMap, Path(name): Path<String>) -> Response {
    let Some(caller) = db.caller(&headers) else { return unauthorized() };
    let mut tables = db.lock();
    let before = tables.rows.len();
    tables.rows.retain(|row| !is_it(row, caller, &name));
    if tables.rows.len() == before { refuse(404, "no such drawer") } else { StatusCode::NO_CONTENT.into_response() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_attack_made_for_the_attacker_is_removed_too() {
    let db = Db::seeded();
    let input = json!({"name": "text", "label": "text"});
    let mut item = json!({
        "get": plain("200"), "put": takes(&json!({"label": "text"}), "200"), "delete": plain("204"),
    });
    item["parameters"] = json!([{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}]);
    let paths = json!({"/drawers": {"get": plain("200"), "post": takes(&input, "201")}, "/drawers/{name}": item});
    let routes = Router::new()
        .route("/drawers", get(list).post(add))
        .route("/drawers/{name}", get(show).put(fill).delete(remove))
        .with_state(db.clone());
    let server = serve(&db, account_routes(&db).merge(routes), document("Drawers", paths)).await;
    let before = server.db.dump();
    let identities = format!("{}{}", seeded_login("ann"), seeded_login("ben"));
    let env = seeded_env(&["ann", "ben"]);
    let report = scan_with(&server, "mode = \"active\"\nauto_accounts = false\n", &identities, &env).await;
    assert!(finding(&report, "authz/bola-write", "PUT /drawers/{name}").is_none());
    let puts = server.hits.lock().unwrap().iter().filter(|hit| hit.starts_with("PUT /drawers/")).count();
    assert!(puts > 0, "{:?}", report.notes);
    assert_eq!(server.db.dump(), before, "{:?}", report.writes);
}
