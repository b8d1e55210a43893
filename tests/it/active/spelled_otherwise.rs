//! The same weaknesses in another dress: cookie sessions, UUIDs, camel case, wrapped bodies, no `/me`.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{Db, Server, finding, ok, refuse, said, scan, serve, unauthorized};

#[derive(Clone)]
struct App {
    db: Db,
    weak: bool,
}

impl App {
    fn caller(&self, headers: &HeaderMap) -> Option<Value> {
        let cookies = headers.get("cookie")?.to_str().ok()?.to_owned();
        let token = cookies.split("; ").find_map(|pair| pair.strip_prefix("sid="))?.to_owned();
        let serial = self.db.lock().tokens.iter().find(|(known, _)| *known == token)?.1;
        self.db.lock().users.iter().find(|user| user["serial"] == serial).cloned()
    }

    fn shown(user: &Value) -> Value {
        let mut user = user.clone();
        user.as_object_mut().unwrap().retain(|name, _| name != "password" && name != "serial");
        json!({"user": user})
    }

    fn take(&self, user: &mut Value, body: &Value, declared: &[&str]) {
        for (name, value) in body.as_object().into_iter().flatten() {
            let known = user.get(name).is_some();
            if declared.contains(&name.as_str()) || self.weak && known && name != "serial" && name != "id" {
                user[name] = value.clone();
            }
        }
    }
}

async fn sign_up(State(app): State<App>, Json(body): Json<Value>) -> Response {
    for field in ["userName", "email", "password"] {
        if body[field].as_str().is_none_or(str::is_empty) {
            return refuse(422, &format!("{field} is required"));
        }
    }
    let id = format!("{:08x}-1b7e-4c0a-9f6e-{:012x}", rand::random::<u32>(), rand::random::<u64>() >> 16);
    let mut user =
        json!({"id": id, "serial": app.db.fresh_id(), "isAdmin": false, "creditBalance": "0.00", "theme": "dark"});
    app.take(&mut user, &body, &["userName", "email", "password"]);
    app.db.lock().users.push(user.clone());
    (StatusCode::CREATED, Json(App::shown(&user))).into_response()
}

async fn sign_in(State(app): State<App>, Json(body): Json<Value>) -> Response {
    let same = |known: &&Value| known["email"] == body["email"] && known["password"] == body["password"];
    let Some(user) = app.db.lock().users.iter().find(same).cloned() else { return refuse(401, "wrong") };
    let token = format!("{:032x}", rand::random::<u128>());
    app.db.lock().tokens.push((token.clone(), user["serial"].as_u64().unwrap()));
    ([("set-cookie", format!("sid={token}; Path=/; HttpOnly"))], Json(App::shown(&user))).into_response()
}

async fn one(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    match app.caller(&headers) {
        None => unauthorized(),
        Some(user) if user["id"] == id => ok(App::shown(&user)),
        Some(_) => refuse(403, "not you"),
    }
}

async fn change(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let Some(mut user) = app.caller(&headers) else { return unauthorized() };
    if user["id"] != id {
        return refuse(403, "not you");
    }
    if body["user"]["userName"].as_str().is_none_or(str::is_empty) {
        return refuse(422, "userName is required");
    }
    app.take(&mut user, &body["user"], &["userName", "email"]);
    *app.db.lock().users.iter_mut().find(|known| known["id"] == id).unwrap() = user.clone();
    ok(App::shown(&user))
}

async fn leave(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let Some(user) = app.caller(&headers) else { return unauthorized() };
    if user["id"] != id {
        return refuse(403, "not you");
    }
    app.db.lock().users.retain(|known| known["id"] != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn server(weak: bool) -> Server {
    let db = Db::default();
    db.lock().users.push(json!({"id": "00000001-1b7e-4c0a-9f6e-0123456789ab", "serial": 1000, "userName": "seed", "email": "seed@corp.test", "password": "pw", "isAdmin": true, "creditBalance": "9.00"}));
    let routes = Router::new()
        .route("/api/users", post(sign_up))
        .route("/api/sessions", post(sign_in))
        .route("/api/users/{userId}", get(one).put(change).delete(leave))
        .with_state(App { db: db.clone(), weak });
    let object = |names: &[&str]| {
        let fields: serde_json::Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
        json!({"type": "object", "properties": fields, "required": names})
    };
    let flat = |names: &[&str]| json!({"required": true, "content": {"application/json": {"schema": object(names)}}});
    let wrapped = |names: &[&str]| {
        let outer = json!({"type": "object", "required": ["user"], "properties": {"user": object(names)}});
        json!({"required": true, "content": {"application/json": {"schema": outer}}})
    };
    let answers = |status: &str| json!({status: {"description": "ok"}});
    let document = json!({"openapi": "3.0.3", "info": {"title": "Otherwise", "version": "1"}, "security": [{"main": []}],
    "components": {"securitySchemes": {"main": {"type": "apiKey", "in": "cookie", "name": "sid"}}},
    "paths": {
        "/api/users": {"post": {"security": [], "requestBody": flat(&["userName", "email", "password"]), "responses": answers("201")}},
        "/api/sessions": {"post": {"security": [], "requestBody": flat(&["email", "password"]), "responses": answers("200")}},
        "/api/users/{userId}": {
            "parameters": [{"name": "userId", "in": "path", "required": true, "schema": {"type": "string", "format": "uuid"}}],
            "get": {"responses": answers("200")}, "delete": {"responses": answers("204")},
            "put": {"requestBody": wrapped(&["userName", "email"]), "responses": answers("200")}},
    }});
    serve(&db, routes, document).await
}

const CHECK: &str = "property/mass-assignment";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_spelling_does_not_matter() {
    for weak in [true, false] {
        let server = server(weak).await;
        let before = server.db.lock().users.clone();
        let report = scan(&server, "active").await;
        for operation in ["POST /api/users", "PUT /api/users/{userId}"] {
            let said = said(&report, CHECK, operation);
            if weak {
                assert_eq!(
                    said,
                    "confirmed",
                    "{operation} {:?} {:#?}",
                    report.notes,
                    finding(&report, CHECK, operation)
                );
                let site = &finding(&report, CHECK, operation).unwrap().site;
                assert!(
                    site.contains("isAdmin") && site.contains("creditBalance") && !site.contains("theme"),
                    "{site}"
                );
            } else {
                assert!(said.starts_with("Held"), "{operation}: {said} {:?}", report.notes);
            }
        }
        assert_eq!(server.db.lock().users, before);
    }
}
