//! What no mark tells, and what nothing removes: rows of numbers alone are known by not having been there before, and no
//! account with rights is made where it would have to stay.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, account_routes, document, ok, plain, public, refuse, said, scan, scan_with, seeded_env, seeded_login, serve,
    takes, unauthorized, with_id,
};

async fn list(State(db): State<Db>, headers: HeaderMap) -> Response {
    db.caller(&headers).map_or_else(unauthorized, |who| ok(json!(db.rows_of(who))))
}

/// Says nothing of what it made.
async fn create(State(db): State<Db>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    if !body["celsius"].is_number() {
        return refuse(422, "celsius must be a number");
    }
    let row = json!({"id": db.fresh_id(), "user_id": who, "celsius": body["celsius"]});
    db.lock().rows.push(row);
    (StatusCode::CREATED, Json(json!({"ok": true}))).into_response()
}

async fn read(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    db.row(id).filter(|row| row["user_id"] == who).map_or_else(|| refuse(404, "no such row"), ok)
}

async fn remove(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    db.lock().rows.retain(|row| row["id"] != id || row["user_id"] != who);
    StatusCode::NO_CONTENT.into_response()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_numbers_are_known_by_not_having_been_there_before() {
    for is_configured in [false, true] {
        let db = Db::seeded();
        for row in &mut db.lock().rows {
            *row = json!({"id": row["id"], "user_id": row["user_id"], "celsius": 20});
        }
        let routes = Router::new()
            .route("/rows", get(list).post(create))
            .route("/rows/{id}", get(read).delete(remove))
            .with_state(db.clone());
        let paths = json!({
            "/rows": {"get": plain("200"), "post": takes(&json!({"celsius": 1}), "201")},
            "/rows/{id}": with_id(json!({"get": plain("200"), "delete": plain("204")})),
        });
        let server = serve(&db, account_routes(&db).merge(routes), document("Readings", paths)).await;
        let before: Value = serde_json::from_str(&db.dump()).unwrap();
        let report = match is_configured {
            true => {
                let identities = ["ann", "ben"].map(|name| format!("[identities.{name}]\n{}", seeded_login(name)));
                let accounts = "mode = \"active\"\nauto_accounts = false\n";
                scan_with(&server, accounts, &identities.concat(), &seeded_env(&["ann", "ben"])).await
            }
            false => scan(&server, "active").await,
        };
        let written: Vec<_> = report.writes.iter().filter(|write| write.operation == "POST /rows").collect();
        assert!(!written.is_empty() && written.iter().all(|write| !write.object.is_empty()), "{written:?}");
        let after: Value = serde_json::from_str(&db.dump()).unwrap();
        let seeds = before["rows"].as_array().unwrap();
        for row in after["rows"].as_array().unwrap().iter().filter(|row| !seeds.contains(row)) {
            let id = row["id"].to_string();
            assert!(written.iter().any(|write| write.object == id && !write.is_undone()), "{row}: {written:?}");
        }
        // That a throw-away account is there shows that the data was not reset, so that the ids are the scan's still.
        assert!(is_configured || after == before, "{written:?}");
    }
}

async fn register(State(db): State<Db>, Json(body): Json<Value>) -> Response {
    let id = db.fresh_id();
    let mut user = json!({"id": id, "username": body["username"], "email": body["email"], "password": body["password"],
                          "role": "user", "isAdmin": false});
    for name in ["role", "isAdmin"] {
        if !body[name].is_null() {
            user[name] = body[name].clone();
        }
    }
    db.lock().users.push(user.clone());
    (StatusCode::CREATED, Json(public(user))).into_response()
}

async fn change_me(State(db): State<Db>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = db.caller(&headers) else { return unauthorized() };
    let mut tables = db.lock();
    let Some(user) = tables.users.iter_mut().find(|user| user["id"] == who) else { return unauthorized() };
    for name in ["role", "isAdmin", "email"] {
        if !body[name].is_null() {
            user[name] = body[name].clone();
        }
    }
    ok(public(user.clone()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_account_gets_rights_where_nothing_could_take_them_away_again() {
    for sets_back in [false, true] {
        let db = Db::seeded();
        let routes = Router::new()
            .route("/register", post(register))
            .route("/profile", axum::routing::patch(change_me))
            .with_state(db.clone())
            .fallback_service(account_routes(&db));
        let paths = match sets_back {
            true => json!({"/profile": {"patch": takes(&json!({"email": "text"}), "200")}}),
            false => json!({}),
        };
        let mut document = document("Accounts", paths);
        document["paths"]["/me"].as_object_mut().unwrap().remove("delete");
        let shown = json!({"type": "object", "properties": {"id": {"type": "integer"}, "username": {"type": "string"},
            "role": {"type": "string"}, "isAdmin": {"type": "boolean"}}});
        document["paths"]["/me"]["get"]["responses"]["200"] =
            json!({"description": "me", "content": {"application/json": {"schema": shown}}});
        let server = serve(&db, routes, document).await;
        let report = scan(&server, "active").await;
        let said = said(&report, "property/mass-assignment", "POST /register");
        let raised: Vec<Value> =
            db.lock().users.iter().filter(|user| user["isAdmin"] == true || user["role"] != "user").cloned().collect();
        assert!(raised.is_empty(), "{sets_back}: {said}: {raised:?}");
        assert_eq!(said.contains("neither removed nor made an ordinary one again"), !sets_back, "{said}");
    }
}

async fn register_and_fail(State(db): State<Db>, Json(body): Json<Value>) -> Response {
    let user = json!({"id": db.fresh_id(), "username": body["username"], "email": body["email"], "password": body["password"]});
    db.lock().users.push(user);
    refuse(500, "the welcome mail could not be sent")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_a_failed_sign_up_has_stored_is_removed() {
    let db = Db::seeded();
    let routes = Router::new()
        .route("/register", post(register_and_fail))
        .with_state(db.clone())
        .fallback_service(account_routes(&db));
    let server = serve(&db, routes, document("Accounts", json!({}))).await;
    let before = db.dump();
    let report = scan(&server, "active").await;
    assert!(server.hits.lock().unwrap().iter().any(|hit| hit == "POST /register"));
    assert_eq!(db.dump(), before, "{:?}", report.writes);
    assert!(!report.writes.is_empty() && report.writes.iter().all(|write| write.is_undone()), "{:?}", report.writes);
}
