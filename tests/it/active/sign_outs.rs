//! What ends the caller's own session, and what ends others': only the former is sent.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, Server, account_routes, document, finding, ok, plain, said, scan, scan_with, serve, takes, unauthorized,
};

const CHECK: &str = "token/logout-ineffective";
/// Operations that end the session of a user of choice, remove one token, or belong to another sign-in.
const OTHERS: [&str; 4] =
    ["POST /admin/sessions/revoke", "DELETE /keys/token", "POST /admin/logout", "POST /shop/auth/logout"];

/// Answers with success, and forgets no session.
async fn forget_nothing(State(db): State<Db>, request: Request) -> Response {
    if db.caller(request.headers()).is_some() { StatusCode::NO_CONTENT.into_response() } else { unauthorized() }
}

/// Every user, for administrators; `/auth` shows the caller itself.
async fn shown(State(db): State<Db>, request: Request) -> Response {
    let Some(id) = db.caller(request.headers()) else { return unauthorized() };
    let card = |user: &Value| json!({"id": user["id"], "username": user["username"], "email": user["email"]});
    if request.uri().path() == "/auth" {
        return ok(card(&db.user(id).unwrap()));
    }
    let users: Vec<Value> = db.lock().users.iter().map(card).collect();
    ok(json!({"data": users}))
}

/// Serves sign-outs of all kinds; `own` is the path of the one that ends the caller's own session.
async fn server(own: &str) -> Server {
    let db = Db::seeded();
    let sign_in = json!({"username": "text", "password": "text"});
    let mut elsewhere = takes(&sign_in, "200");
    elsewhere["security"] = json!([]);
    let mut paths = json!({
        "/users/user": {"get": plain("200")}, "/auth": {"get": plain("200")},
        "/admin/sessions/revoke": {"post": takes(&json!({"user_id": 1}), "204")},
        "/keys/token": {"delete": takes(&json!({"id": "text", "password": "text"}), "204")},
        "/admin/logout": {"post": plain("204")},
        "/shop/auth/login": {"post": elsewhere}, "/shop/auth/logout": {"post": plain("204")},
    });
    paths[own] = json!({"post": plain("204")});
    let mut described = document("Sign-outs", paths);
    // The account is shown by `/auth` alone.
    described["paths"]["/me"].as_object_mut().unwrap().remove("get");
    let routes = Router::new()
        .route("/users/user", get(shown))
        .route("/auth", get(shown))
        .route("/admin/sessions/revoke", post(forget_nothing))
        .route("/keys/token", delete(forget_nothing))
        .route("/admin/logout", post(forget_nothing))
        .route("/shop/auth/logout", post(forget_nothing))
        .route("/shop/auth/login", post(async || Json(json!({"detail": "no"}))))
        .route(own, post(forget_nothing))
        .with_state(db.clone());
    serve(&db, account_routes(&db).merge(routes), described).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_sign_out_beside_the_sign_in_is_tried() {
    let server = server("/logout").await;
    let report = scan(&server, "active").await;
    assert_eq!(said(&report, CHECK, "POST /logout"), "confirmed", "{:#?}", finding(&report, CHECK, "POST /logout"));
    for operation in OTHERS {
        assert!(finding(&report, CHECK, operation).is_none(), "{:#?}", finding(&report, CHECK, operation));
        let text = said(&report, CHECK, operation);
        assert!(text.starts_with("NotApplicable") || text.starts_with("NotTried"), "{operation}: {text}");
        assert!(!server.hits.lock().unwrap().iter().any(|hit| hit == operation), "{operation} was sent");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_witness_of_a_sign_out_is_about_the_caller() {
    let server = server("/logout").await;
    let identities = "[identities.ann.login]\noperation = \"POST /login\"\nbody = { username = \"seed-ann\", password = { env = \"ANN\" } }\ntoken = \"/access_token\"\nsend = \"Authorization: Bearer {token}\"\n";
    let env = [("ANN".to_owned(), "pw of seed-ann".to_owned())];
    let report = scan_with(&server, "mode = \"active\"\n", identities, &env).await;
    let found = finding(&report, CHECK, "POST /logout").unwrap();
    let clause = found.clauses.iter().find(|clause| clause.name == "token-served-before").unwrap();
    assert!(clause.because.starts_with("GET /auth shows ann's own data"), "{}", clause.because);
}
