//! Roles: raised by oneself, ignored by functions, remembered by tokens; nothing is left behind.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post, put};
use axum::{Json, Router};
use routewarden::report::Report;
use serde_json::{Value, json};

use super::kit::{
    Db, Server, document, finding, ok, plain, public, refuse, said, scan, scan_with, serve, takes, unauthorized,
    with_id,
};

/// What is wrong with the twin; nothing by default.
#[derive(Clone, Copy, Debug, Default)]
struct Faults {
    /// `PATCH /me` stores a declared role.
    me: bool,
    /// `PATCH /me` answers with the role, and does not store it.
    echo: bool,
    /// `PUT /users/{id}/role` takes one's own.
    own_role: bool,
    /// A sign-up takes the role that it offers.
    sign_up: bool,
    /// Roles are words for what somebody does here: no privilege.
    personas: bool,
    /// Changing functions for administrators do not look at the role.
    functions: bool,
    /// They look for the object before they look at the role.
    late_guard: bool,
    /// They answer 204 to everybody, and do nothing for strangers.
    polite: bool,
    /// The role is read from the token.
    stale: bool,
    /// There is no read for administrators.
    no_guarded_read: bool,
}

#[derive(Clone)]
struct App {
    db: Db,
    faults: Faults,
}

impl App {
    fn token(headers: &HeaderMap) -> Option<String> {
        Some(headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?.to_owned())
    }

    fn is_admin(&self, headers: &HeaderMap) -> bool {
        let Some(id) = self.db.caller(headers) else { return false };
        if self.faults.personas {
            return id == 3;
        }
        if self.faults.stale {
            return Self::token(headers).unwrap().ends_with("-admin");
        }
        self.db.user(id).is_some_and(|user| user["role"] == "admin")
    }

    fn set(&self, id: u64, name: &str, value: &Value) -> Option<Value> {
        let mut tables = self.db.lock();
        let user = tables.users.iter_mut().find(|user| user["id"] == id)?;
        user[name] = value.clone();
        Some(public(user.clone()))
    }

    /// The refusal of a changing function for administrators.
    fn guard(&self, headers: &HeaderMap, exists: bool) -> Option<Response> {
        if self.db.caller(headers).is_none() {
            return Some(unauthorized());
        }
        if self.faults.late_guard && !exists {
            return Some(refuse(404, "no such thing"));
        }
        if self.is_admin(headers) || self.faults.functions {
            return None;
        }
        if self.faults.polite {
            return Some(StatusCode::NO_CONTENT.into_response());
        }
        Some(refuse(403, "for administrators"))
    }
}

async fn register(State(app): State<App>, Json(body): Json<Value>) -> Response {
    for field in ["username", "email", "password"] {
        if body[field].as_str().is_none_or(str::is_empty) {
            return refuse(400, &format!("{field} is required"));
        }
    }
    let lowest = if app.faults.personas { "reader" } else { "user" };
    let taken = app.faults.sign_up || app.faults.personas;
    let role = body["role"].as_str().filter(|_| taken).unwrap_or(lowest);
    let user = json!({"id": app.db.fresh_id(), "username": body["username"], "email": body["email"],
                      "password": body["password"], "role": role, "bio": ""});
    app.db.lock().users.push(user.clone());
    (StatusCode::CREATED, Json(public(user))).into_response()
}

async fn login(State(app): State<App>, Json(body): Json<Value>) -> Response {
    let same = |user: &&Value| user["username"] == body["username"] && user["password"] == body["password"];
    let Some(user) = app.db.lock().users.iter().find(same).cloned() else { return refuse(401, "wrong") };
    let token = format!("{:032x}-{}", rand::random::<u128>(), user["role"].as_str().unwrap());
    app.db.lock().tokens.push((token.clone(), user["id"].as_u64().unwrap()));
    ok(json!({"token": token}))
}

async fn me(State(app): State<App>, headers: HeaderMap) -> Response {
    app.db.caller(&headers).and_then(|id| app.db.user(id)).map_or_else(unauthorized, |user| ok(public(user)))
}

async fn change_me(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(id) = app.db.caller(&headers) else { return unauthorized() };
    if !body["bio"].is_null() {
        app.set(id, "bio", &body["bio"]);
    }
    if !body["role"].is_null() && (app.faults.me || app.faults.personas) {
        app.set(id, "role", &body["role"]);
    }
    let mut user = public(app.db.user(id).unwrap());
    if app.faults.echo && !body["role"].is_null() {
        user["role"] = body["role"].clone();
    }
    ok(user)
}

async fn leave(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(id) = app.db.caller(&headers) else { return unauthorized() };
    let mut tables = app.db.lock();
    tables.users.retain(|user| user["id"] != id);
    tables.rows.retain(|row| row["user_id"] != id);
    tables.tokens.retain(|(_, owner)| *owner != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn set_role(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<u64>,
    Json(body): Json<Value>,
) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    if !(app.is_admin(&headers) || app.faults.own_role && who == id) {
        return refuse(403, "for administrators");
    }
    app.set(id, "role", &body["role"]).map_or_else(|| refuse(404, "no such user"), ok)
}

async fn stats(State(app): State<App>, headers: HeaderMap) -> Response {
    match (app.db.caller(&headers), app.is_admin(&headers)) {
        (None, _) => unauthorized(),
        (_, false) => refuse(403, "for administrators"),
        _ => ok(json!({"users_total": 4711, "revenue": "12345.67"})),
    }
}

async fn notes(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let own = app.db.rows_of(who);
    ok(json!(own))
}

async fn note(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let row = json!({"id": app.db.fresh_id(), "user_id": who, "title": body["title"]});
    app.db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

async fn one(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    app.db.row(id).filter(|row| row["user_id"] == who).map_or_else(|| refuse(404, "no such note"), ok)
}

async fn remove(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    if app.db.row(id).is_none_or(|row| row["user_id"] != who) {
        return refuse(404, "no such note");
    }
    app.db.lock().rows.retain(|row| row["id"] != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn admin_remove(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    if let Some(refusal) = app.guard(&headers, app.db.row(id).is_some()) {
        return refusal;
    }
    if app.db.row(id).is_none() {
        return refuse(404, "no such note");
    }
    app.db.lock().rows.retain(|row| row["id"] != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn admin_user(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<u64>,
    Json(body): Json<Value>,
) -> Response {
    if let Some(refusal) = app.guard(&headers, app.db.user(id).is_some()) {
        return refusal;
    }
    app.set(id, "role", &body["role"]).map_or_else(|| refuse(404, "no such user"), ok)
}

/// Coupons are no caller's: nothing can be tried on them.
async fn coupon(State(app): State<App>, headers: HeaderMap, Path(_): Path<u64>) -> Response {
    app.guard(&headers, false).unwrap_or_else(|| refuse(404, "no such coupon"))
}

/// Always guarded, before anything else.
async fn flag(State(app): State<App>, headers: HeaderMap, Path(_): Path<u64>) -> Response {
    match (app.db.caller(&headers), app.is_admin(&headers)) {
        (None, _) => unauthorized(),
        (_, false) if app.faults.late_guard => refuse(404, "no such flag"),
        (_, false) => refuse(403, "for administrators"),
        _ => refuse(404, "no such flag"),
    }
}

async fn server(faults: Faults) -> Server {
    let db = Db::seeded();
    {
        let mut tables = db.lock();
        tables.users.push(json!({"id": 3, "username": "seed-root", "email": "root@corp.test", "password": "pw", "role": "admin", "bio": ""}));
        tables.tokens.push(("5f1e8c3a9b7d4e2f-admin".to_owned(), 3));
    }
    let app = App { db: db.clone(), faults };
    let mut routes = Router::new()
        .route("/register", post(register))
        .route("/login", post(login))
        .route("/me", get(me).patch(change_me).delete(leave))
        .route("/users/{id}/role", put(set_role))
        .route("/notes", get(notes).post(note))
        .route("/notes/{id}", get(one).delete(remove))
        .route("/admin/notes/{id}", delete(admin_remove))
        .route("/admin/users/{id}", patch(admin_user))
        .route("/admin/coupons/{id}", delete(coupon))
        .route("/admin/flags/{id}", delete(flag));
    let words = if faults.personas { json!(["reader", "author"]) } else { json!(["user", "admin"]) };
    let role = json!({"type": "string", "enum": words});
    let mut me = takes(&json!({"bio": "hello", "role": "user"}), "200");
    me["requestBody"]["content"]["application/json"]["schema"]["properties"]["role"] = role.clone();
    let mut put_role = takes(&json!({"role": "user"}), "200");
    put_role["requestBody"]["content"]["application/json"]["schema"]["properties"]["role"] = role.clone();
    let text = json!({"type": "string"});
    let mut sign_up = json!({"username": text, "email": text, "password": text});
    if faults.sign_up || faults.personas {
        sign_up["role"] = role;
    }
    let register = json!({"security": [], "responses": {"201": {"description": "made"}}, "requestBody": {"required": true, "content":
        {"application/json": {"schema": {"type": "object", "properties": sign_up, "required": ["username", "email", "password"]}}}}});
    let mut paths = json!({
        "/register": {"post": register},
        "/me": {"get": plain("200"), "patch": me, "delete": plain("204")},
        "/users/{id}/role": with_id(json!({"put": put_role.clone()})),
        "/notes": {"get": plain("200"), "post": takes(&json!({"title": "a title"}), "201")},
        "/notes/{id}": with_id(json!({"get": plain("200"), "delete": plain("204")})),
        "/admin/notes/{id}": with_id(json!({"delete": plain("204")})),
        "/admin/users/{id}": with_id(json!({"patch": put_role})),
        "/admin/coupons/{id}": with_id(json!({"delete": plain("204")})),
        "/admin/flags/{id}": with_id(json!({"delete": plain("204")})),
    });
    if !faults.no_guarded_read {
        routes = routes.route("/admin/stats", get(stats));
        paths["/admin/stats"] = json!({"get": plain("200")});
    }
    serve(&db, routes.with_state(app), document("Roles", paths)).await
}

const ESCALATION: &str = "authz/role-escalation";
const FUNCTION: &str = "authz/function-write";
const STALE: &str = "token/stale-role";

async fn scanned(faults: Faults) -> Report {
    let server = server(faults).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    assert_eq!(server.db.dump(), before, "{faults:?}");
    report
}

fn silent(report: &Report, check: &str, operations: &[&str]) {
    for operation in operations {
        assert!(finding(report, check, operation).is_none(), "{:#?}", finding(report, check, operation));
    }
}

const ROLES: [&str; 3] = ["PATCH /me", "PUT /users/{id}/role", "POST /register"];
const FUNCTIONS: [&str; 4] =
    ["DELETE /admin/notes/{id}", "PATCH /admin/users/{id}", "DELETE /admin/coupons/{id}", "DELETE /admin/flags/{id}"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_raise_their_own_role_are_found() {
    let report = scanned(Faults { me: true, own_role: true, sign_up: true, ..Faults::default() }).await;
    for operation in ROLES {
        assert_eq!(said(&report, ESCALATION, operation), "confirmed", "{:#?}", finding(&report, ESCALATION, operation));
    }
    let found = finding(&report, ESCALATION, "PATCH /me").unwrap();
    assert!(found.clauses.iter().any(|clause| clause.name == "gives-power"), "{:?}", found.clauses);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_that_stay_as_they_were_or_are_no_privilege_are_silent() {
    let sound = scanned(Faults::default()).await;
    silent(&sound, ESCALATION, &ROLES);
    silent(&sound, FUNCTION, &FUNCTIONS);
    assert!(said(&sound, ESCALATION, "PATCH /me").starts_with("Held"), "{}", said(&sound, ESCALATION, "PATCH /me"));
    silent(&scanned(Faults { echo: true, ..Faults::default() }).await, ESCALATION, &ROLES);
    let personas = scanned(Faults { personas: true, ..Faults::default() }).await;
    for operation in ROLES {
        let said = said(&personas, ESCALATION, operation);
        assert_ne!(said, "confirmed", "{operation}: {:#?}", finding(&personas, ESCALATION, operation));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_everybody_is_offered_is_only_suspected() {
    let report = scanned(Faults { sign_up: true, no_guarded_read: true, ..Faults::default() }).await;
    let operation = "POST /register";
    assert_eq!(said(&report, ESCALATION, operation), "suspected", "{:#?}", finding(&report, ESCALATION, operation));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn functions_that_do_not_look_at_the_role_are_found() {
    let report = scanned(Faults { functions: true, ..Faults::default() }).await;
    for operation in ["DELETE /admin/notes/{id}", "PATCH /admin/users/{id}"] {
        assert_eq!(said(&report, FUNCTION, operation), "confirmed", "{:#?}", finding(&report, FUNCTION, operation));
    }
    // The scan makes no such things, and a made-up id is none of its own.
    for operation in ["DELETE /admin/coupons/{id}", "DELETE /admin/flags/{id}"] {
        silent(&report, FUNCTION, &[operation]);
        let said = said(&report, FUNCTION, operation);
        assert!(said.starts_with("NotTried") && said.contains("made-up"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_guards_and_polite_answers_are_silent() {
    for faults in [Faults { late_guard: true, ..Faults::default() }, Faults { polite: true, ..Faults::default() }] {
        silent(&scanned(faults).await, FUNCTION, &FUNCTIONS);
    }
}

async fn as_admin(faults: Faults) -> Report {
    let server = server(faults).await;
    let before = server.db.dump();
    let admin = "[identities.root]\nrole = \"admin\"\nbearer = { env = \"ROOT_TOKEN\" }\n";
    let env = [("ROOT_TOKEN".to_owned(), "5f1e8c3a9b7d4e2f-admin".to_owned())];
    let report = scan_with(&server, "mode = \"active\"\nauto_accounts = true\n", admin, &env).await;
    assert_eq!(server.db.dump(), before);
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_remember_a_role_are_found() {
    let operation = "PUT /users/{id}/role";
    let report = as_admin(Faults { stale: true, ..Faults::default() }).await;
    assert_eq!(said(&report, STALE, operation), "confirmed", "{:#?}", finding(&report, STALE, operation));
    let sound = as_admin(Faults::default()).await;
    silent(&sound, STALE, &[operation]);
    assert!(said(&sound, STALE, operation).starts_with("Held"), "{}", said(&sound, STALE, operation));
    let alone = scanned(Faults { stale: true, ..Faults::default() }).await;
    assert!(said(&alone, STALE, operation).starts_with("NotTried"), "{}", said(&alone, STALE, operation));
}
