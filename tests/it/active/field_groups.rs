//! Fields of one kind of object may have policies of their own: a name for all users, an address for its owner.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Db, account_routes, document, ok, plain, public, refuse, scan, serve, unauthorized, with_id};

/// What other users are shown of one.
fn card(user: &Value) -> Value {
    json!({"id": user["id"], "username": user["username"]})
}

async fn list(State(db): State<Db>, headers: HeaderMap) -> Response {
    if db.caller(&headers).is_none() {
        return unauthorized();
    }
    let cards: Vec<Value> = db.lock().users.iter().map(card).collect();
    ok(json!(cards))
}

async fn one(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    match db.user(id) {
        Some(user) if who == id => ok(public(user)),
        Some(user) => ok(card(&user)),
        None => refuse(404, "no such user"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn public_and_private_fields_of_a_user_have_policies_of_their_own() {
    let db = Db::seeded();
    let routes = Router::new().route("/users", get(list)).route("/users/{id}", get(one)).with_state(db.clone());
    let paths = json!({"/users": {"get": plain("200")}, "/users/{id}": with_id(json!({"get": plain("200")}))});
    let server = serve(&db, account_routes(&db).merge(routes), document("Cards", paths)).await;
    let report = scan(&server, "active").await;

    let of = |field: &str| {
        let names = |row: &&routewarden::report::PolicyRow| {
            row.resource == "user" && row.fields.iter().any(|name| name == field)
        };
        let row = report.policy.iter().find(names);
        row.map_or_else(|| format!("none in {:?}", report.policy), |row| row.policy.clone())
    };
    assert_eq!(of("email"), "owner");
    assert_eq!(of("username"), "signed-in");
}
