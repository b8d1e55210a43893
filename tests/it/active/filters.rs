//! Projects that all members share, and a filter in the query that looks as if it named somebody's object.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;

use super::kit::{
    Db, account_routes, document, finding, ok, plain, refuse, said, scan_with, seeded_env, seeded_login, serve, takes,
    unauthorized,
};

fn of_kind(db: &Db, kind: &str) -> Vec<Value> {
    db.lock().rows.iter().filter(|row| row["kind"] == kind).cloned().collect()
}

fn shown(row: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), row[*name].clone())).collect::<serde_json::Map<_, _>>().into()
}

const PROJECT: [&str; 2] = ["id", "name"];
const SPAN: [&str; 4] = ["id", "text", "trace_id", "tokens"];

async fn projects(State(db): State<Db>, headers: HeaderMap) -> Response {
    if db.caller(&headers).is_none() {
        return unauthorized();
    }
    ok(of_kind(&db, "project").iter().map(|row| shown(row, &PROJECT)).collect())
}

async fn create(State(db): State<Db>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    let row = json!({"kind": "project", "id": db.fresh_id(), "user_id": who, "name": body["name"]});
    db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(shown(&row, &PROJECT))).into_response()
}

async fn project(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    if db.caller(&headers).is_none() {
        return unauthorized();
    }
    let found = of_kind(&db, "project").into_iter().find(|row| row["id"] == id);
    found.map_or_else(|| refuse(404, "no such project"), |row| ok(shown(&row, &PROJECT)))
}

async fn remove(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    if !of_kind(&db, "project").iter().any(|row| row["id"] == id && row["user_id"] == who) {
        return refuse(403, "ask who made it");
    }
    db.lock().rows.retain(|row| row["id"] != id && row["project"] != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn spans(
    State(db): State<Db>,
    headers: HeaderMap,
    Path(id): Path<u64>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    if db.caller(&headers).is_none() {
        return unauthorized();
    }
    let is_wanted = |row: &Value| query.get("trace_id").is_none_or(|trace| row["trace_id"] == *trace);
    let all = of_kind(&db, "span");
    let found = all.iter().filter(|row| row["project"] == id && is_wanted(row));
    ok(json!({"data": found.map(|row| shown(row, &SPAN)).collect::<Vec<_>>()}))
}

async fn add_span(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>, Json(body): Json<Value>) -> Response {
    if db.caller(&headers).is_none() {
        return unauthorized();
    }
    let number = db.fresh_id();
    let row = json!({"kind": "span", "id": format!("span-{:016x}", rand::random::<u64>()), "project": id, "text": body["text"],
                     "trace_id": format!("{:032x}", u128::from(number) << 40 | 0xa1b2_c3d4), "tokens": 4_000 + number});
    db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(shown(&row, &SPAN))).into_response()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_without_the_filter_is_the_control_of_a_filter() {
    let db = Db::seeded();
    db.lock().rows.clear();
    let routes = Router::new()
        .route("/projects", get(projects).post(create))
        .route("/projects/{id}", get(project).delete(remove))
        .route("/projects/{id}/spans", get(spans).post(add_span))
        .with_state(db.clone());
    let at = |mut item: Value| {
        item["parameters"] =
            json!([{"name": "project_id", "in": "path", "required": true, "schema": {"type": "integer"}}]);
        item
    };
    let mut list = plain("200");
    list["parameters"] = json!([{"name": "trace_id", "in": "query", "schema": {"type": "string"}}]);
    let paths = json!({
        "/projects": {"get": plain("200"), "post": takes(&json!({"name": "a name"}), "201")},
        "/projects/{project_id}": at(json!({"get": plain("200"), "delete": plain("204")})),
        "/projects/{project_id}/spans": at(json!({"get": list, "post": takes(&json!({"text": "a text"}), "201")})),
    });
    let server = serve(&db, account_routes(&db).merge(routes), document("Traces", paths)).await;
    let identities = ["ann", "ben"].map(seeded_login).join("\n");
    let report = scan_with(&server, "mode = \"active\"\n", &identities, &seeded_env(&["ann", "ben"])).await;
    let operation = "GET /projects/{project_id}/spans";
    assert!(finding(&report, "authz/bola-body", operation).is_none(), "{:?}", report.findings);
    let because = said(&report, "authz/bola-body", operation);
    assert!(because.contains("shown the same without the parameter"), "{because}");
}
