//! An API in which nobody signs up: an administrator makes accounts, and removes them.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use routewarden::report::Report;
use serde_json::{Value, json};

use super::kit::{
    Db, Server, account_routes, document, finding, ok, plain, public, refuse, said, scan_with, serve, takes,
    unauthorized, with_id,
};

const READ: &str = "GET /notes/{id}";
const ROOT: &str = "[identities.root]\nrole = \"admin\"\n[identities.root.login]\noperation = \"POST /login\"\n\
                    token = \"/access_token\"\nbody = { username = \"root\", password = { env = \"ROOT_PASSWORD\" } }\n";

#[derive(Clone)]
struct App {
    db: Db,
    weak: bool,
}

impl App {
    fn is_admin(&self, headers: &HeaderMap) -> bool {
        self.db.caller(headers).and_then(|id| self.db.user(id)).is_some_and(|user| user["role"] == "admin")
    }
}

async fn users(State(app): State<App>, headers: HeaderMap) -> Response {
    if !app.is_admin(&headers) {
        return refuse(403, "for administrators");
    }
    ok(app.db.lock().users.iter().cloned().map(public).collect())
}

async fn make_user(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if !app.is_admin(&headers) {
        return refuse(403, "for administrators");
    }
    for field in ["username", "password"] {
        if body[field].as_str().is_none_or(str::is_empty) {
            return refuse(422, &format!("{field} is required"));
        }
    }
    let id = app.db.fresh_id();
    let role = body.get("role").cloned().unwrap_or_else(|| json!("user"));
    let user = json!({"id": id, "username": body["username"], "password": body["password"], "role": role});
    app.db.lock().users.push(user.clone());
    (StatusCode::CREATED, Json(public(user))).into_response()
}

async fn remove_user(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    if !app.is_admin(&headers) {
        return refuse(403, "for administrators");
    }
    let mut tables = app.db.lock();
    let before = tables.users.len();
    tables.users.retain(|user| user["id"] != id);
    tables.rows.retain(|row| row["user_id"] != id);
    if tables.users.len() == before { refuse(404, "no such user") } else { StatusCode::NO_CONTENT.into_response() }
}

async fn notes(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    ok(app.db.rows_of(caller).into())
}

async fn add_note(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    let row = json!({"id": app.db.fresh_id(), "user_id": caller, "text": body["text"]});
    app.db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

async fn note(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    match app.db.row(id).filter(|row| app.weak || row["user_id"] == caller) {
        Some(row) => ok(row),
        None => refuse(404, "no such note"),
    }
}

async fn drop_note(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    let Some(row) = app.db.row(id).filter(|row| row["user_id"] == caller) else { return refuse(404, "no such note") };
    app.db.lock().rows.retain(|known| known["id"] != row["id"]);
    StatusCode::NO_CONTENT.into_response()
}

/// Nobody signs up; `role` says how the document speaks of roles.
async fn server(weak: bool, role: Role, removable: bool) -> Server {
    let db = Db::seeded();
    db.lock().users.push(json!({"id": 3, "username": "root", "password": "pw of root", "role": "admin"}));
    let app = App { db: db.clone(), weak };
    let mut making = takes(&json!({"username": "text", "password": "text"}), "201");
    let schema = &mut making["requestBody"]["content"]["application/json"]["schema"];
    schema["required"] = json!(["username", "password"]);
    match role {
        Role::Optional => schema["properties"]["role"] = json!({"type": "string", "enum": ["admin", "user"]}),
        Role::Unknown => {
            schema["properties"]["role"] = json!({"type": "string", "enum": ["alpha", "omega"]});
            schema["required"] = json!(["username", "password", "role"]);
        }
    }
    let mut paths = json!({
        "/admin/users": {"get": plain("200"), "post": making},
        "/admin/users/{id}": with_id(json!({"delete": plain("204")})),
        "/notes": {"get": plain("200"), "post": takes(&json!({"text": "text"}), "201")},
        "/notes/{id}": with_id(json!({"get": plain("200"), "delete": plain("204")})),
    });
    if !removable {
        paths.as_object_mut().unwrap().remove("/admin/users/{id}");
    }
    let mut document = document("Administered", paths);
    let all = document["paths"].as_object_mut().unwrap();
    all.remove("/register");
    all["/me"].as_object_mut().unwrap().remove("delete");
    let routes = Router::new()
        .route("/admin/users", get(users).post(make_user))
        .route("/admin/users/{id}", axum::routing::delete(remove_user))
        .route("/notes", get(notes).post(add_note))
        .route("/notes/{id}", get(note).delete(drop_note))
        .with_state(app);
    serve(&db, account_routes(&db).merge(routes), document).await
}

#[derive(Clone, Copy)]
enum Role {
    /// May be left out; the first of the choices is the highest.
    Optional,
    /// Must be given, and which one is an ordinary user's nobody can tell.
    Unknown,
}

async fn scan(server: &Server, identities: &str) -> Report {
    let env = [("ROOT_PASSWORD".to_owned(), "pw of root".to_owned())];
    scan_with(server, "mode = \"active\"\nauto_accounts = true\n", identities, &env).await
}

fn made(server: &Server) -> usize {
    server.hits.lock().unwrap().iter().filter(|hit| *hit == "POST /admin/users").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_makes_and_removes_the_accounts() {
    let server = server(true, Role::Optional, true).await;
    let before = server.db.dump();
    let report = scan(&server, ROOT).await;
    assert_eq!(said(&report, "authz/bola-read", READ), "confirmed", "{:?}", report.notes);
    let claim = &finding(&report, "authz/bola-read", READ).unwrap().claim;
    assert!(claim.contains("auto-a") && claim.contains("auto-b"), "{claim}");
    assert_eq!(server.db.dump(), before, "{:?}", report.writes);
    let accounts: Vec<_> = report.writes.iter().filter(|write| write.operation == "POST /admin/users").collect();
    assert!(accounts.len() >= 2 && accounts.iter().all(|write| write.is_undone() && write.identity == "root"));
    assert!(!report.findings.iter().any(|finding| finding.claim.contains("root raised")), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_repaired_api_is_silent() {
    let server = server(false, Role::Optional, true).await;
    let before = server.db.dump();
    let report = scan(&server, ROOT).await;
    assert!(said(&report, "authz/bola-read", READ).starts_with("Held"), "{}", said(&report, "authz/bola-read", READ));
    assert!(finding(&report, "authz/role-escalation", "POST /admin/users").is_none());
    assert!(finding(&report, "property/mass-assignment", "POST /admin/users").is_none());
    assert_eq!(server.db.dump(), before, "{:?}", report.writes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_account_is_made_that_is_more_than_a_user_or_that_would_stay() {
    for (role, removable, says) in
        [(Role::Unknown, true, "wants a `role`"), (Role::Optional, false, "no operation removes")]
    {
        let server = server(true, role, removable).await;
        let report = scan(&server, ROOT).await;
        assert!(report.notes.iter().any(|note| note.contains(says)), "{says}: {:?}", report.notes);
        assert_eq!(server.db.lock().users.len(), 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_administrator_the_report_says_whom_to_configure() {
    let server = server(true, Role::Optional, true).await;
    let report = scan(&server, "").await;
    let told = report.notes.iter().any(|note| note.contains("POST /admin/users") && note.contains("role = \"admin\""));
    assert!(told, "{:?}", report.notes);
    assert_eq!(made(&server), 0);
}
