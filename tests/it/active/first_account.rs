//! An API that makes its first account an administrator: that one is no peer of the users who sign up after it.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{Db, document, finding, ok, plain, refuse, said, scan, serve, takes, unauthorized, with_id};

#[derive(Clone)]
struct App {
    db: Db,
    /// Any user reads any row.
    weak: bool,
}

impl App {
    fn is_admin(&self, id: u64) -> bool {
        self.db.user(id).is_some_and(|user| user["role"] == "admin")
    }
}

async fn register(State(app): State<App>, Json(body): Json<Value>) -> Response {
    if body["username"].as_str().is_none_or(str::is_empty) || body["password"].as_str().is_none_or(str::is_empty) {
        return refuse(400, "username and password are required");
    }
    let id = app.db.fresh_id();
    let mut tables = app.db.lock();
    let role = if tables.users.is_empty() { "admin" } else { "user" };
    let mut user = json!({"id": id, "username": body["username"], "password": body["password"], "role": role});
    tables.users.push(user.clone());
    user.as_object_mut().unwrap().remove("password");
    (StatusCode::CREATED, Json(user)).into_response()
}

async fn login(State(app): State<App>, Json(body): Json<Value>) -> Response {
    let mut tables = app.db.lock();
    let is_user = |user: &&Value| user["username"] == body["username"] && user["password"] == body["password"];
    let Some(id) = tables.users.iter().find(is_user).and_then(|user| user["id"].as_u64()) else {
        return refuse(401, "wrong user name or password");
    };
    let token = format!("{:032x}", rand::random::<u128>());
    tables.tokens.push((token.clone(), id));
    ok(json!({"access_token": token}))
}

async fn own(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let rows = app.db.rows_of(who);
    ok(json!(rows))
}

async fn create(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let row = json!({"id": app.db.fresh_id(), "user_id": who, "title": body["title"]});
    app.db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

async fn one(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    match app.db.row(id) {
        Some(row) if row["user_id"] == who || app.weak || app.is_admin(who) => ok(row),
        _ => refuse(404, "no such row"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_account_is_no_peer_where_it_became_an_administrator() {
    for weak in [false, true] {
        let db = Db::default();
        let routes = Router::new()
            .route("/register", post(register))
            .route("/login", post(login))
            .route("/rows", get(own).post(create))
            .route("/rows/{id}", get(one))
            .with_state(App { db: db.clone(), weak });
        let mut paths = json!({
            "/rows": {"get": plain("200"), "post": takes(&json!({"title": "a title"}), "201")},
            "/rows/{id}": with_id(json!({"get": plain("200")})),
        });
        let account = takes(&json!({"username": "a name", "password": "text"}), "201");
        let mut register = account.clone();
        register["security"] = json!([]);
        paths["/register"] = json!({"post": register});
        let mut document = document("First", paths);
        document["paths"].as_object_mut().unwrap().remove("/me");
        let server = serve(&db, routes, document).await;
        let report = scan(&server, "active").await;

        let ranked: Vec<&str> = report.scan.identities.iter().map(|identity| identity.role.as_str()).collect();
        assert_eq!(ranked.iter().filter(|role| **role == "admin").count(), 1, "{ranked:?}");
        assert_eq!(ranked.len(), 3, "{:?}", report.notes);
        let read = said(&report, "authz/bola-read", "GET /rows/{id}");
        let found = finding(&report, "authz/bola-read", "GET /rows/{id}");
        match weak {
            true => assert_eq!(read, "confirmed", "{found:?}"),
            false => assert!(read.starts_with("Held"), "{read}: {found:?}"),
        }
    }
}
