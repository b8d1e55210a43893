//! Writes without any credential: they show to the owner in the weak twin only.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, Server, account_routes, document, finding, ok, plain, refuse, said, scan, serve, takes, unauthorized, with_id,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Writes forgot their guard.
    Weak,
    Sound,
    /// Strangers are told that all went well, and nothing did.
    Silent,
    /// A list of messages that strangers leave on purpose.
    Form,
    /// Everybody reads and writes everything, and the document says nothing of sign-in there.
    Wiki,
}

#[derive(Clone)]
struct App {
    db: Db,
    kind: Kind,
}

impl App {
    fn may_write(&self) -> bool {
        matches!(self.kind, Kind::Weak | Kind::Wiki | Kind::Form)
    }

    fn shown(&self, row: &Value) -> Value {
        let mut row = row.clone();
        if self.kind == Kind::Wiki {
            row.as_object_mut().unwrap().remove("user_id");
        }
        row
    }
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Response {
    let who = app.db.caller(&headers);
    if who.is_none() && app.kind != Kind::Wiki {
        return unauthorized();
    }
    let rows: Vec<Value> = app.db.lock().rows.clone();
    let wanted =
        |row: &&Value| app.kind == Kind::Wiki || who.is_some_and(|who| row["user_id"] == who) || row["user_id"] == 0;
    ok(json!(rows.iter().filter(wanted).map(|row| app.shown(row)).collect::<Vec<_>>()))
}

async fn create(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let who = app.db.caller(&headers);
    match (who, app.kind) {
        (None, Kind::Sound) => return unauthorized(),
        (None, Kind::Silent) => {
            return (StatusCode::CREATED, Json(json!({"id": 99, "title": body["title"]}))).into_response();
        }
        _ => {}
    }
    let row =
        json!({"id": app.db.fresh_id(), "user_id": who.unwrap_or(0), "title": body["title"], "text": body["text"]});
    app.db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(app.shown(&row))).into_response()
}

async fn read(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let who = app.db.caller(&headers);
    if who.is_none() && app.kind != Kind::Wiki {
        return unauthorized();
    }
    match app.db.row(id) {
        Some(row) if app.kind == Kind::Wiki || who.is_some_and(|who| row["user_id"] == who) || row["user_id"] == 0 => {
            ok(app.shown(&row))
        }
        _ => refuse(404, "no such row"),
    }
}

async fn change(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>, Json(body): Json<Value>) -> Response {
    let who = app.db.caller(&headers);
    let Some(row) = app.db.row(id) else { return refuse(404, "no such row") };
    match who {
        None if app.kind == Kind::Silent => return ok(body),
        None if !app.may_write() => return unauthorized(),
        Some(who) if row["user_id"] != who && app.kind != Kind::Wiki => return refuse(403, "not yours"),
        _ => {}
    }
    let mut tables = app.db.lock();
    let place = tables.rows.iter_mut().find(|row| row["id"] == id).unwrap();
    for name in ["title", "text"] {
        if !body[name].is_null() {
            place[name] = body[name].clone();
        }
    }
    let place = place.clone();
    drop(tables);
    ok(app.shown(&place))
}

async fn remove(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let who = app.db.caller(&headers);
    let Some(row) = app.db.row(id) else { return refuse(404, "no such row") };
    match who {
        None if app.kind == Kind::Silent => return StatusCode::NO_CONTENT.into_response(),
        None if !app.may_write() => return unauthorized(),
        Some(who) if row["user_id"] != who && row["user_id"] != 0 && app.kind != Kind::Wiki => {
            return refuse(403, "not yours");
        }
        _ => {}
    }
    app.db.lock().rows.retain(|row| row["id"] != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn server(kind: Kind) -> Server {
    let db = Db::seeded();
    let path = if kind == Kind::Form { "/feedback" } else { "/rows" };
    let routes = Router::new()
        .route(path, get(list).post(create))
        .route(&format!("{path}/{{id}}"), get(read).put(change).delete(remove))
        .with_state(App { db: db.clone(), kind });
    let body = json!({"title": "a title", "text": "a text"});
    let mut one = with_id(json!({"get": plain("200"), "put": takes(&body, "200"), "delete": plain("204")}));
    let mut all = json!({"get": plain("200"), "post": takes(&body, "201")});
    if kind == Kind::Wiki {
        for operation in ["get", "put", "delete"] {
            one[operation]["security"] = json!([{}, {"main": []}]);
        }
        all["post"]["security"] = json!([]);
        all["get"]["security"] = json!([]);
    }
    let paths = json!({path: all, format!("{path}/{{id}}"): one});
    serve(&db, account_routes(&db).merge(routes), document("Strangers", paths)).await
}

const CHECK: &str = "authn/missing-write";
const ALL: [&str; 3] = ["POST /rows", "PUT /rows/{id}", "DELETE /rows/{id}"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_without_a_guard_show_to_the_owner() {
    let server = server(Kind::Weak).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    for operation in ALL {
        let said = said(&report, CHECK, operation);
        assert_eq!(said, "confirmed", "{operation}: {:?}", finding(&report, CHECK, operation));
    }
    for (check, operation) in [("authz/bola-write", ALL[1]), ("authz/bola-delete", ALL[2])] {
        assert!(finding(&report, check, operation).is_none(), "{:?}", finding(&report, check, operation));
    }
    assert_eq!(server.db.dump(), before);
    assert!(report.writes.iter().all(|write| write.is_undone()), "{:?}", report.writes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_or_has_no_effect_is_silent() {
    for kind in [Kind::Sound, Kind::Silent] {
        let server = server(kind).await;
        let before = server.db.dump();
        let report = scan(&server, "active").await;
        for operation in ALL {
            assert!(finding(&report, CHECK, operation).is_none(), "{:?}", finding(&report, CHECK, operation));
            let said = said(&report, CHECK, operation);
            let open = kind == Kind::Silent && operation == ALL[0] && said.starts_with("Undecided");
            assert!(said.starts_with("Held") || open, "{operation}: {said}");
        }
        assert_eq!(server.db.dump(), before, "{:?}", report.writes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_strangers_are_meant_to_send_is_silent() {
    for (kind, path) in [(Kind::Form, "/feedback"), (Kind::Wiki, "/rows")] {
        let server = server(kind).await;
        let before = server.db.dump();
        let report = scan(&server, "active").await;
        for operation in [format!("POST {path}"), format!("PUT {path}/{{id}}"), format!("DELETE {path}/{{id}}")] {
            assert!(finding(&report, CHECK, &operation).is_none(), "{:?}", finding(&report, CHECK, &operation));
        }
        assert_eq!(server.db.dump(), before, "{:?}", report.writes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_document_is_silent_and_nothing_is_private_it_is_suspected() {
    let mut server = server(Kind::Wiki).await;
    // Nothing is said of sign-in anywhere.
    server.document.as_object_mut().unwrap().remove("security");
    for path in ["/rows", "/rows/{id}"] {
        for (_, operation) in server.document["paths"][path].as_object_mut().unwrap() {
            if let Some(operation) = operation.as_object_mut() {
                operation.remove("security");
            }
        }
    }
    let report = scan(&server, "active").await;
    for operation in [ALL[1], ALL[2]] {
        assert_eq!(said(&report, CHECK, operation), "suspected", "{:?}", finding(&report, CHECK, operation));
    }
}
