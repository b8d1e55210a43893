//! What twins that are written to are made of: a store with accounts, a document written from examples, a scan of it.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use routewarden::app::ScanRequest;
use routewarden::report::{Finding, Report};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::engine::harness::{Bench, coverage, shown};

/// Rows by table; every row has an `id`.
#[derive(Debug, Default)]
pub struct Tables {
    pub users: Vec<Value>,
    pub rows: Vec<Value>,
    /// Token and user id.
    pub tokens: Vec<(String, u64)>,
    next: u64,
}

/// A store that handlers share.
#[derive(Debug, Clone, Default)]
pub struct Db(Arc<Mutex<Tables>>);

impl Db {
    /// A store with two seeded users and one row of each.
    pub fn seeded() -> Self {
        let db = Self::default();
        {
            let mut tables = db.lock();
            tables.next = 10;
            for (id, name) in [(1, "seed-ann"), (2, "seed-ben")] {
                tables.users.push(json!({"id": id, "username": name, "email": format!("{name}@corp.test"), "password": format!("pw of {name}"), "role": "user"}));
                tables
                    .rows
                    .push(json!({"id": id, "user_id": id, "title": format!("row of {name}"), "text": "seeded text"}));
            }
        }
        db
    }

    pub fn lock(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap()
    }

    /// Everything, as text: equal before and after a scan that cleans up.
    pub fn dump(&self) -> String {
        let tables = self.lock();
        serde_json::to_string_pretty(&json!({"users": tables.users, "rows": tables.rows})).unwrap()
    }

    /// The id of the caller, by its bearer token.
    pub fn caller(&self, headers: &HeaderMap) -> Option<u64> {
        let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?.to_owned();
        self.lock().tokens.iter().find(|(known, _)| *known == token).map(|(_, id)| *id)
    }

    /// A fresh id.
    pub fn fresh_id(&self) -> u64 {
        let mut tables = self.lock();
        tables.next += 1;
        tables.next
    }

    pub fn user(&self, id: u64) -> Option<Value> {
        self.lock().users.iter().find(|user| user["id"] == id).cloned()
    }

    /// The rows of a user.
    pub fn rows_of(&self, user: u64) -> Vec<Value> {
        self.lock().rows.iter().filter(|row| row["user_id"] == user).cloned().collect()
    }

    pub fn row(&self, id: u64) -> Option<Value> {
        self.lock().rows.iter().find(|row| row["id"] == id).cloned()
    }
}

/// The sign-in of a seeded user, as the configuration has it.
pub fn seeded_login(name: &str) -> String {
    format!(
        "[identities.{name}.login]\noperation = \"POST /login\"\ntoken = \"/access_token\"\n\
         body = {{ username = \"seed-{name}\", password = {{ env = \"PW_{name}\" }} }}\n"
    )
}

/// The passwords of seeded users, as that reads them.
pub fn seeded_env(names: &[&str]) -> Vec<(String, String)> {
    names.iter().map(|name| (format!("PW_{name}"), format!("pw of seed-{name}"))).collect()
}

pub fn ok(body: Value) -> Response {
    Json(body).into_response()
}

pub fn refuse(status: u16, message: &str) -> Response {
    (StatusCode::from_u16(status).unwrap(), Json(json!({"error": message}))).into_response()
}

pub fn unauthorized() -> Response {
    let mut response = refuse(401, "sign in first");
    response.headers_mut().insert("www-authenticate", "Bearer".parse().unwrap());
    response
}

/// A user without its password.
pub fn public(mut user: Value) -> Value {
    user.as_object_mut().unwrap().remove("password");
    user
}

/// `POST /register`, `POST /login`, `GET` and `DELETE /me`; nothing in them is weak.
pub fn account_routes(db: &Db) -> Router {
    Router::new()
        .route("/register", post(register))
        .route("/login", post(login))
        .route("/me", get(me).delete(leave))
        .with_state(db.clone())
}

async fn register(State(db): State<Db>, Json(body): Json<Value>) -> Response {
    for field in ["username", "email", "password"] {
        if body[field].as_str().is_none_or(str::is_empty) {
            return refuse(400, &format!("{field} is required"));
        }
    }
    let id = db.fresh_id();
    let user = json!({"id": id, "username": body["username"], "email": body["email"], "password": body["password"], "role": "user"});
    db.lock().users.push(user.clone());
    (StatusCode::CREATED, Json(public(user))).into_response()
}

pub async fn login(State(db): State<Db>, Json(body): Json<Value>) -> Response {
    let found = db
        .lock()
        .users
        .iter()
        .find(|user| user["username"] == body["username"] && user["password"] == body["password"])
        .cloned();
    let Some(user) = found else { return refuse(401, "wrong user name or password") };
    let token = format!("{:032x}", rand::random::<u128>());
    db.lock().tokens.push((token.clone(), user["id"].as_u64().unwrap()));
    ok(json!({"access_token": token}))
}

pub async fn me(State(db): State<Db>, headers: HeaderMap) -> Response {
    db.caller(&headers).and_then(|id| db.user(id)).map_or_else(unauthorized, |user| ok(public(user)))
}

pub async fn leave(State(db): State<Db>, headers: HeaderMap) -> Response {
    let Some(id) = db.caller(&headers) else { return unauthorized() };
    let mut tables = db.lock();
    tables.users.retain(|user| user["id"] != id);
    tables.rows.retain(|row| row["user_id"] != id);
    tables.tokens.retain(|(_, owner)| *owner != id);
    StatusCode::NO_CONTENT.into_response()
}

/// The paths of [`account_routes`].
pub fn account_paths() -> Map<String, Value> {
    let text = json!({"type": "string"});
    let body = |names: &[&str]| {
        let fields: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), text.clone())).collect();
        json!({"required": true, "content": {"application/json": {"schema": {"type": "object", "properties": fields, "required": names}}}})
    };
    let paths = json!({
        "/register": {"post": {"security": [], "requestBody": body(&["username", "email", "password"]), "responses": {"201": {"description": "made"}}}},
        "/login": {"post": {"security": [], "requestBody": body(&["username", "password"]), "responses": {"200": {"description": "in"}}}},
        "/me": {"get": {"responses": {"200": {"description": "me"}}}, "delete": {"responses": {"204": {"description": "gone"}}}},
    });
    paths.as_object().unwrap().clone()
}

/// An operation that takes this body; the schema is read off it, and all its fields are optional but the first.
pub fn takes(example: &Value, status: &str) -> Value {
    let fields: Map<String, Value> = example
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| {
            let kind = match value {
                Value::Bool(_) => "boolean",
                Value::Number(_) => "integer",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
                _ => "string",
            };
            (name.clone(), json!({"type": kind}))
        })
        .collect();
    let first: Vec<String> = fields.keys().take(1).cloned().collect();
    json!({"requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "properties": fields, "required": first}}}},
           "responses": {status: {"description": "ok"}}})
}

/// An operation without a body.
pub fn plain(status: &str) -> Value {
    json!({"responses": {status: {"description": "ok"}}})
}

/// One integer `id` in the path, for all operations of a path.
pub fn with_id(operations: Value) -> Value {
    with_ids(operations, &["id"])
}

/// The integers of a path, for all its operations.
pub fn with_ids(mut operations: Value, names: &[&str]) -> Value {
    let one = |name: &&str| json!({"name": name, "in": "path", "required": true, "schema": {"type": "integer"}});
    operations["parameters"] = names.iter().map(one).collect();
    operations
}

/// A document of these paths beside [`account_paths`], with bearer tokens asked for everywhere.
pub fn document(title: &str, paths: Value) -> Value {
    let mut all = account_paths();
    all.extend(paths.as_object().unwrap().clone());
    json!({"openapi": "3.0.3", "info": {"title": title, "version": "1"}, "security": [{"main": []}],
           "components": {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}}, "paths": all})
}

/// A running server with its store and its log.
pub struct Server {
    pub base_url: String,
    pub document: Value,
    pub db: Db,
    /// `POST /path` of each request so far.
    pub hits: Arc<Mutex<Vec<String>>>,
    _serving: JoinSet<()>,
}

/// Serves on a free port of loopback until it is dropped.
pub async fn serve(db: &Db, router: Router, document: Value) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let hits = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&hits);
    let router = router.layer(middleware::from_fn(move |request: Request, next: Next| {
        log.lock().unwrap().push(format!("{} {}", request.method(), request.uri().path()));
        next.run(request)
    }));
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        axum::serve(listener, router).await.unwrap();
    });
    Server { base_url, document, db: db.clone(), hits, _serving: serving }
}

/// Scans with throw-away accounts and nothing else configured.
pub async fn scan(server: &Server, mode: &str) -> Report {
    scan_with(server, &format!("mode = \"{mode}\"\nauto_accounts = true\n"), "", &[]).await
}

/// Scans with these lines under `[scan]`, these identities, and these variables.
pub async fn scan_with(server: &Server, scan: &str, identities: &str, env: &[(String, String)]) -> Report {
    let config = format!(
        "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n\n[scan]\n{scan}\n{identities}",
        server.base_url
    );
    Bench::new(&config, Some(&server.document), env).finished(ScanRequest::default()).await.report.clone()
}

/// The finding of a check on an operation.
pub fn finding<'r>(report: &'r Report, check: &str, operation: &str) -> Option<&'r Finding> {
    report.findings.iter().find(|finding| shown(finding).iter().any(|(c, o)| c == check && o == operation))
}

/// `confirmed`, `suspected`, `observation`, or what the coverage says.
pub fn said(report: &Report, check: &str, operation: &str) -> String {
    match finding(report, check, operation) {
        Some(finding) => finding.confidence.as_str().to_owned(),
        None => coverage(report, check, operation),
    }
}
