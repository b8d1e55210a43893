//! Requests that name objects in their bodies: several at once (`POST /orders/bulk-archive`), a search by ids, and a new
//! object that refers to another user's.

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::kit::{
    Db, account_paths, account_routes, document, ok, plain, refuse, said, scan, serve, takes, unauthorized, with_id,
};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rule {
    /// All ids are looked at.
    Sound,
    /// The first of several alone.
    First,
    /// None.
    Weak,
    /// Every signed-in caller reads all orders, and archives them.
    Shared,
}

#[derive(Clone)]
struct App {
    db: Db,
    rule: Rule,
}

impl App {
    fn may(&self, caller: u64, row: &Value) -> bool {
        row["user_id"] == caller || self.rule == Rule::Shared
    }

    /// The rows of these ids that the caller may reach by a request that names several; none where it is refused.
    fn several(&self, caller: u64, ids: &[u64]) -> Option<Vec<Value>> {
        let rows: Vec<Value> = ids.iter().filter_map(|id| self.db.row(*id)).collect();
        let looked_at = match self.rule {
            Rule::Sound | Rule::Shared => rows.len(),
            Rule::First => 1,
            Rule::Weak => 0,
        };
        let is_let = rows.len() == ids.len() && rows.iter().take(looked_at).all(|row| self.may(caller, row));
        is_let.then_some(rows)
    }
}

fn ids_of(body: &Value) -> Vec<u64> {
    body["ids"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect()
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    let all = app.db.lock().rows.clone();
    ok(all.into_iter().filter(|row| row["kind"] == "order" && app.may(caller, row)).collect())
}

async fn add(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    let id = app.db.fresh_id();
    let row = json!({"id": id, "kind": "order", "user_id": caller, "title": body["title"], "state": "open"});
    app.db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

async fn one(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    match app.db.row(id).filter(|row| app.may(caller, row)) {
        Some(row) => ok(row),
        None => refuse(404, "no such thing"),
    }
}

async fn remove(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    match app.db.row(id).filter(|row| row["user_id"] == caller) {
        Some(_) => {
            app.db.lock().rows.retain(|row| row["id"] != id);
            StatusCode::NO_CONTENT.into_response()
        }
        None => refuse(404, "no such thing"),
    }
}

async fn archive(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    let ids = ids_of(&body);
    let Some(rows) = app.several(caller, &ids) else { return refuse(404, "no such order") };
    let mut tables = app.db.lock();
    tables.rows.iter_mut().filter(|row| rows.iter().any(|known| known["id"] == row["id"])).for_each(|row| {
        row["state"] = json!("archived");
    });
    ok(json!({"archived": rows.len()}))
}

/// A sound one leaves out what is not the caller's.
async fn search(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    let rows: Vec<Value> = ids_of(&body).into_iter().filter_map(|id| app.db.row(id)).collect();
    let is_open = matches!(app.rule, Rule::Weak | Rule::First);
    ok(rows.into_iter().filter(|row| is_open || app.may(caller, row)).collect())
}

/// The answer shows the order that it is about.
async fn ship(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    let order = body["order_id"].as_u64().and_then(|id| app.db.row(id)).filter(|row| row["kind"] == "order");
    let is_open = matches!(app.rule, Rule::Weak | Rule::First);
    let Some(order) = order.filter(|row| is_open || app.may(caller, row)) else {
        return refuse(422, "order_id: there is no such order");
    };
    let id = app.db.fresh_id();
    let row = json!({"id": id, "kind": "shipment", "user_id": caller, "note": body["note"], "order": order});
    app.db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

fn paths() -> Value {
    let numbers = json!({"type": "array", "items": {"type": "integer"}});
    let takes_ids = |mut operation: Value| {
        let schema = &mut operation["requestBody"]["content"]["application/json"]["schema"];
        schema["properties"]["ids"] = numbers.clone();
        operation
    };
    let mut paths = account_paths();
    paths.insert("/orders".to_owned(), json!({"get": plain("200"), "post": takes(&json!({"title": "a lamp"}), "201")}));
    paths.insert("/orders/{id}".to_owned(), with_id(json!({"get": plain("200"), "delete": plain("204")})));
    let ids = json!({"ids": [1]});
    paths.insert("/orders/bulk-archive".to_owned(), json!({"post": takes_ids(takes(&ids, "200"))}));
    paths.insert("/orders/search".to_owned(), json!({"post": takes_ids(takes(&ids, "200"))}));
    let shipment = json!({"order_id": 1, "note": "to the door"});
    paths.insert("/shipments".to_owned(), json!({"post": takes(&shipment, "201")}));
    paths.insert("/shipments/{id}".to_owned(), with_id(json!({"get": plain("200"), "delete": plain("204")})));
    Value::Object(paths)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_body_names_beside_the_callers_own_is_looked_at() {
    for (rule, several, shown, made) in [
        (Rule::Sound, "held", "held", "held"),
        (Rule::First, "confirmed", "confirmed", "confirmed"),
        (Rule::Weak, "confirmed", "confirmed", "confirmed"),
        (Rule::Shared, "undecided", "nottried", "notapplicable"),
    ] {
        let db = Db::seeded();
        db.lock().rows.iter_mut().for_each(|row| {
            row["kind"] = json!("order");
            row["state"] = json!("open");
        });
        let before = db.dump();
        let app = App { db: db.clone(), rule };
        let router = Router::new()
            .route("/orders", get(list).post(add))
            .route("/orders/{id}", get(one).delete(remove))
            .route("/orders/bulk-archive", post(archive))
            .route("/orders/search", post(search))
            .route("/shipments", post(ship))
            .route("/shipments/{id}", get(one).delete(remove))
            .with_state(app)
            .merge(account_routes(&db));
        let server = serve(&db, router, document("orders", paths())).await;
        let report = scan(&server, "active").await;

        let said = |path: &str| said(&report, "authz/bola-body", &format!("POST {path}")).to_lowercase();
        for (path, wanted) in [("/orders/bulk-archive", several), ("/orders/search", shown), ("/shipments", made)] {
            let outcome = said(path);
            assert!(outcome.starts_with(wanted), "{rule:?} {path}: {outcome}");
        }
        assert_eq!(db.dump(), before, "{rule:?}: {:?}", report.writes);
    }
}
