//! Fields that a caller must not set: stored by the weak twin alone; nothing is left behind in any.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use routewarden::model::Severity;
use serde_json::{Value, json};

use super::kit::{
    Db, Server, document, finding, ok, plain, public, refuse, said, scan, serve, takes, unauthorized, with_id,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Copies whole bodies into its records, of the fields that it has.
    Weak,
    /// Takes what its document declares.
    Sound,
    /// Answers with what it was sent, and stores what its document declares.
    Echo,
    /// Refuses bodies with other fields.
    Strict,
    /// Keeps anything, also over what the server had set itself.
    Merge,
    /// Keeps anything beside what the server sets itself: nothing but a store.
    Store,
    /// Forgot to declare a colour and a note.
    Harmless,
    /// Lets callers set the state of an order by another operation.
    Workflow,
    /// Orders cannot be looked at again.
    Blind,
}

#[derive(Clone)]
struct App {
    db: Db,
    kind: Kind,
}

const ORDER: [&str; 2] = ["title", "text"];
const GUARDED_ORDER: [&str; 3] = ["status", "price", "user_id"];
const GUARDED_USER: [&str; 3] = ["role", "balance", "verified"];

impl App {
    /// What a body does to a record.
    fn take(&self, record: &mut Value, body: &Value, declared: &[&str], guarded: &[&str]) -> Option<Response> {
        for (name, value) in body.as_object().unwrap() {
            let name = name.as_str();
            let own = declared.contains(&name);
            let taken = own
                || self.kind == Kind::Merge
                || self.kind == Kind::Store && !guarded.contains(&name)
                || matches!(self.kind, Kind::Weak | Kind::Blind) && guarded.contains(&name)
                || self.kind == Kind::Harmless && matches!(name, "color" | "note")
                || self.kind == Kind::Workflow && name == "status" && guarded.contains(&name);
            if taken {
                record[name] = value.clone();
            } else if self.kind == Kind::Strict {
                return Some(refuse(422, &format!("{name} is not allowed")));
            }
        }
        None
    }

    fn answer(&self, status: StatusCode, record: &Value, body: &Value) -> Response {
        let mut shown = record.clone();
        if self.kind == Kind::Echo {
            for (name, value) in body.as_object().unwrap() {
                shown[name] = value.clone();
            }
        }
        if shown.get("password").is_some() {
            shown = public(shown);
        }
        (status, Json(json!({"data": shown}))).into_response()
    }
}

async fn register(State(app): State<App>, Json(body): Json<Value>) -> Response {
    for field in ["username", "email", "password"] {
        if body[field].as_str().is_none_or(str::is_empty) {
            return refuse(400, &format!("{field} is required"));
        }
    }
    let mut user = json!({"id": app.db.fresh_id(), "role": "user", "balance": 0, "verified": false});
    if let Some(refusal) = app.take(&mut user, &body, &["username", "email", "password"], &GUARDED_USER) {
        return refusal;
    }
    app.db.lock().users.push(user.clone());
    app.answer(StatusCode::CREATED, &user, &body)
}

async fn login(State(app): State<App>, Json(body): Json<Value>) -> Response {
    let same = |user: &&Value| user["username"] == body["username"] && user["password"] == body["password"];
    let Some(user) = app.db.lock().users.iter().find(same).cloned() else { return refuse(401, "wrong") };
    let token = format!("{:032x}", rand::random::<u128>());
    app.db.lock().tokens.push((token.clone(), user["id"].as_u64().unwrap()));
    ok(json!({"token": token}))
}

async fn me(State(app): State<App>, headers: HeaderMap) -> Response {
    match app.db.caller(&headers).and_then(|id| app.db.user(id)) {
        Some(user) => ok(json!({"data": public(user)})),
        None => unauthorized(),
    }
}

async fn change_me(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(id) = app.db.caller(&headers) else { return unauthorized() };
    let mut user = app.db.user(id).unwrap();
    if let Some(refusal) = app.take(&mut user, &body, &["email"], &GUARDED_USER) {
        return refusal;
    }
    *app.db.lock().users.iter_mut().find(|user| user["id"] == id).unwrap() = user.clone();
    app.answer(StatusCode::OK, &user, &body)
}

async fn leave(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(id) = app.db.caller(&headers) else { return unauthorized() };
    let mut tables = app.db.lock();
    tables.users.retain(|user| user["id"] != id);
    tables.tokens.retain(|(_, owner)| *owner != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn orders(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let own = app.db.rows_of(who);
    ok(json!({"data": own}))
}

async fn order(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    if body["title"].as_str().is_none_or(str::is_empty) {
        return refuse(422, "title is required");
    }
    let mut row = json!({"id": app.db.fresh_id(), "user_id": who, "status": "pending", "price": 100, "color": "red", "note": "-"});
    if let Some(refusal) = app.take(&mut row, &body, &ORDER, &GUARDED_ORDER) {
        return refusal;
    }
    app.db.lock().rows.push(row.clone());
    app.answer(StatusCode::CREATED, &row, &body)
}

async fn one(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    match app.db.row(id) {
        Some(row) if row["user_id"] == who => ok(json!({"data": row})),
        _ => refuse(404, "no such order"),
    }
}

async fn change(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let Some(mut row) = app.db.row(id).filter(|row| row["user_id"] == who) else { return refuse(404, "no such order") };
    let declared: &[&str] = if app.kind == Kind::Workflow { &["title", "text", "status"] } else { &ORDER };
    if let Some(refusal) = app.take(&mut row, &body, declared, &GUARDED_ORDER) {
        return refusal;
    }
    *app.db.lock().rows.iter_mut().find(|row| row["id"] == id).unwrap() = row.clone();
    app.answer(StatusCode::OK, &row, &body)
}

async fn remove(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    if app.db.row(id).is_none_or(|row| row["user_id"] != who) {
        return refuse(404, "no such order");
    }
    app.db.lock().rows.retain(|row| row["id"] != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn server(kind: Kind) -> Server {
    let db = Db::seeded();
    let app = App { db: db.clone(), kind };
    let routes = Router::new()
        .route("/register", post(register))
        .route("/login", post(login))
        .route("/me", get(me).patch(change_me).delete(leave))
        .route("/orders", get(orders).post(order))
        .route("/orders/{id}", get(one).patch(change).delete(remove))
        .with_state(app);
    let body = json!({"title": "a title", "text": "a text"});
    let mut changed = body.clone();
    if kind == Kind::Workflow {
        changed["status"] = json!("pending");
    }
    let mut item = json!({"get": plain("200"), "patch": takes(&changed, "200"), "delete": plain("204")});
    let mut collection = json!({"get": plain("200"), "post": takes(&body, "201")});
    if kind == Kind::Blind {
        item.as_object_mut().unwrap().remove("get");
        collection.as_object_mut().unwrap().remove("get");
    }
    let me = json!({"get": plain("200"), "patch": takes(&json!({"email": "a@b.test"}), "200"), "delete": plain("204")});
    let paths = json!({"/me": me, "/orders": collection, "/orders/{id}": with_id(item)});
    serve(&db, routes, document("Orders", paths)).await
}

const CHECK: &str = "property/mass-assignment";
const OPERATIONS: [&str; 4] = ["POST /register", "PATCH /me", "POST /orders", "PATCH /orders/{id}"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whole_bodies_in_records_are_found() {
    let server = server(Kind::Weak).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    for operation in OPERATIONS {
        assert_eq!(said(&report, CHECK, operation), "confirmed", "{:#?}", finding(&report, CHECK, operation));
    }
    for operation in ["POST /register", "PATCH /me"] {
        let found = finding(&report, CHECK, operation).unwrap();
        assert_eq!(found.severity, Severity::Critical);
        for field in ["body:/role", "body:/balance", "body:/verified"] {
            assert!(found.site.contains(field), "{} {}", found.site, found.claim);
        }
    }
    let found = finding(&report, CHECK, "POST /orders").unwrap();
    for field in ["body:/status", "body:/price", "body:/user_id"] {
        assert!(found.site.contains(field), "{} {}", found.site, found.claim);
    }
    assert_eq!(server.db.dump(), before);
    assert!(report.writes.iter().all(|write| write.is_undone()), "{:?}", report.writes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_looks_like_it_is_silent() {
    for kind in [Kind::Sound, Kind::Echo, Kind::Strict, Kind::Harmless] {
        let server = server(kind).await;
        let before = server.db.dump();
        let report = scan(&server, "active").await;
        for operation in OPERATIONS {
            assert!(finding(&report, CHECK, operation).is_none(), "{kind:?} {:#?}", finding(&report, CHECK, operation));
            let said = said(&report, CHECK, operation);
            assert!(said.starts_with("Held"), "{kind:?} {operation}: {said}");
        }
        assert_eq!(server.db.dump(), before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_callers_may_set_elsewhere_is_silent() {
    let server = server(Kind::Workflow).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    for operation in ["POST /orders", "PATCH /orders/{id}"] {
        assert!(finding(&report, CHECK, operation).is_none(), "{:#?}", finding(&report, CHECK, operation));
    }
    assert_eq!(server.db.dump(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_keeps_anything_is_at_most_an_observation() {
    let server = server(Kind::Store).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    for operation in OPERATIONS {
        let text = said(&report, CHECK, operation);
        assert!(text == "observation" || text.starts_with("Held"), "{:#?}", finding(&report, CHECK, operation));
    }
    assert_eq!(said(&report, CHECK, "PATCH /me"), "observation", "{:#?}", finding(&report, CHECK, "PATCH /me"));
    assert_eq!(server.db.dump(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_merged_over_what_the_server_set_is_confirmed() {
    let server = server(Kind::Merge).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    for operation in OPERATIONS {
        let found = finding(&report, CHECK, operation);
        assert_eq!(said(&report, CHECK, operation), "confirmed", "{found:#?}");
        let site = &found.unwrap().site;
        assert!(!site.contains("is_admin"), "what the server never set is no proof: {site}");
    }
    assert_eq!(server.db.dump(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_independent_view_it_is_only_suspected() {
    let server = server(Kind::Blind).await;
    let report = scan(&server, "active").await;
    assert_eq!(said(&report, CHECK, "POST /orders"), "suspected", "{:#?}", finding(&report, CHECK, "POST /orders"));
}
