//! Other people's accounts, changed through their name in the address: an address and a password.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::put;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, Server, account_routes, document, finding, plain, refuse, said, scan, scan_with, serve, takes, unauthorized,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Weak,
    Sound,
    /// Ignores the name and changes the caller's own account.
    OwnAccount,
}

#[derive(Clone)]
struct App {
    db: Db,
    kind: Kind,
}

fn set(app: &App, headers: &HeaderMap, name: &str, field: &str, value: &Value) -> Response {
    let Some(caller) = app.db.caller(headers) else { return unauthorized() };
    if !value.is_string() {
        return refuse(422, &format!("{field} is required"));
    }
    let mut tables = app.db.lock();
    let found = tables.users.iter_mut().find(|user| match app.kind {
        Kind::OwnAccount => user["id"] == caller,
        _ => user["username"] == name,
    });
    let Some(user) = found else { return refuse(404, "no such user") };
    if app.kind == Kind::Sound && user["id"] != caller {
        return refuse(403, "not your account");
    }
    user[field] = value.clone();
    StatusCode::NO_CONTENT.into_response()
}

async fn email(
    State(app): State<App>,
    headers: HeaderMap,
    Path(name): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    set(&app, &headers, &name, "email", &body["email"])
}

async fn password(
    State(app): State<App>,
    headers: HeaderMap,
    Path(name): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    set(&app, &headers, &name, "password", &body["password"])
}

async fn server(kind: Kind) -> Server {
    let db = Db::seeded();
    let app = App { db: db.clone(), kind };
    let routes = Router::new()
        .route("/users/{username}/email", put(email))
        .route("/users/{username}/password", put(password))
        .with_state(app);
    let with_name = |mut operations: Value| {
        operations["parameters"] =
            json!([{"name": "username", "in": "path", "required": true, "schema": {"type": "string"}}]);
        operations
    };
    let paths = json!({
        "/users/{username}/email": with_name(json!({"put": takes(&json!({"email": "a@b.test"}), "204")})),
        "/users/{username}/password": with_name(json!({"put": takes(&json!({"password": "text"}), "204")})),
        "/unused": {"get": plain("200")},
    });
    serve(&db, account_routes(&db).merge(routes), document("People", paths)).await
}

const ROUTES: [&str; 2] = ["PUT /users/{username}/email", "PUT /users/{username}/password"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_accounts_are_changed_in_the_weak_twin() {
    let server = server(Kind::Weak).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    for route in ROUTES {
        assert_eq!(
            said(&report, "authz/bola-write", route),
            "confirmed",
            "{:?}",
            finding(&report, "authz/bola-write", route)
        );
    }
    assert_eq!(server.db.dump(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_nobody_elses_account_is_silent() {
    for kind in [Kind::Sound, Kind::OwnAccount] {
        let server = server(kind).await;
        let before = server.db.dump();
        let report = scan(&server, "active").await;
        for route in ROUTES {
            assert!(
                finding(&report, "authz/bola-write", route).is_none(),
                "{:?}",
                finding(&report, "authz/bola-write", route)
            );
        }
        assert_eq!(server.db.dump(), before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stated_of_a_route_to_accounts_settles_it() {
    let server = server(Kind::Weak).await;
    let stated = format!("[intent]\n\"{}\" = {{ policy = \"signed-in\", reason = \"a shared desk\" }}\n", ROUTES[0]);
    let report = scan_with(&server, "mode = \"active\"\nauto_accounts = true\n", &stated, &[]).await;
    assert_eq!(said(&report, "authz/bola-write", ROUTES[0]), "observation");
    assert_eq!(said(&report, "authz/bola-write", ROUTES[1]), "confirmed");
    let noted = finding(&report, "authz/bola-write", ROUTES[0]).unwrap();
    assert!(noted.clauses.iter().any(|clause| clause.because.contains("a shared desk")), "{:?}", noted.clauses);
}
