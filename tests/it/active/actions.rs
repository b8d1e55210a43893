//! Actions on objects: `POST /orders/{id}/cancel` of anybody's order, and actions that are meant for others.

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::kit::{
    Db, account_paths, account_routes, document, ok, plain, refuse, said, scan, serve, takes, unauthorized, with_id,
};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rule {
    /// The owner alone.
    Sound,
    /// Any signed-in caller.
    Weak,
    /// Anybody.
    Open,
    /// Any signed-in caller, and all of them read every order.
    Shared,
}

#[derive(Clone)]
struct App {
    db: Db,
    rule: Rule,
}

impl App {
    /// The caller and the order, where the caller may see it.
    fn find(&self, headers: &HeaderMap, id: u64, is_let: bool) -> Result<Value, Box<Response>> {
        let caller = self.db.caller(headers);
        if caller.is_none() && !(is_let && self.rule == Rule::Open) {
            return Err(Box::new(unauthorized()));
        }
        let row = self.db.row(id).ok_or_else(|| Box::new(refuse(404, "no such order")))?;
        let is_own = caller.is_some_and(|caller| row["user_id"] == caller);
        if is_own || is_let || self.rule == Rule::Shared {
            Ok(row)
        } else {
            Err(Box::new(refuse(404, "no such order")))
        }
    }

    fn set(&self, id: u64, state: &str) {
        let mut tables = self.db.lock();
        let row = tables.rows.iter_mut().find(|row| row["id"] == id).unwrap();
        row["state"] = json!(state);
        row["updated_at"] = json!(rand::random::<u32>().to_string());
    }
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    let all = app.db.lock().rows.clone();
    ok(all.into_iter().filter(|row| app.rule == Rule::Shared || row["user_id"] == caller).collect())
}

async fn add(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(caller) = app.db.caller(&headers) else { return unauthorized() };
    let id = app.db.fresh_id();
    let row = json!({"id": id, "user_id": caller, "title": body["title"], "state": "open", "updated_at": "1"});
    app.db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

async fn one(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    app.find(&headers, id, false).map_or_else(|refusal| *refusal, ok)
}

async fn remove(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let caller = app.db.caller(&headers);
    match app.find(&headers, id, false) {
        Ok(row) if caller.is_some_and(|caller| row["user_id"] == caller) => {
            app.db.lock().rows.retain(|row| row["id"] != id);
            StatusCode::NO_CONTENT.into_response()
        }
        Ok(_) => refuse(403, "not yours"),
        Err(refusal) => *refusal,
    }
}

async fn cancel(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    act(&app, &headers, id, "cancelled")
}

/// Meant for others than the owner, and open to all of them.
async fn join(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    act(&app, &headers, id, "joined")
}

fn act(app: &App, headers: &HeaderMap, id: u64, state: &str) -> Response {
    let is_let = app.rule != Rule::Sound || state == "joined";
    match app.find(headers, id, is_let) {
        Ok(row) if row["state"] == "open" => {
            app.set(id, state);
            ok(json!({"state": state}))
        }
        Ok(_) => refuse(409, "it is not open"),
        Err(refusal) => *refusal,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_on_an_order_that_is_kept_from_others_is_found() {
    for (rule, write, missing) in [
        (Rule::Sound, "held", "held"),
        (Rule::Weak, "confirmed", "held"),
        (Rule::Open, "notapplicable: anonymous", "confirmed"),
        (Rule::Shared, "undecided", "held"),
    ] {
        let db = Db::seeded();
        db.lock().rows.iter_mut().for_each(|row| row["state"] = json!("open"));
        let before = db.dump();
        let app = App { db: db.clone(), rule };
        let router = Router::new()
            .route("/orders", get(list).post(add))
            .route("/orders/{id}", get(one).delete(remove))
            .route("/orders/{id}/cancel", post(cancel))
            .route("/orders/{id}/join", post(join))
            .with_state(app)
            .merge(account_routes(&db));
        let mut paths = account_paths();
        paths.insert(
            "/orders".to_owned(),
            json!({"get": plain("200"), "post": takes(&json!({"title": "a lamp"}), "201")}),
        );
        paths.insert("/orders/{id}".to_owned(), with_id(json!({"get": plain("200"), "delete": plain("204")})));
        paths.insert("/orders/{id}/cancel".to_owned(), with_id(json!({"post": plain("200")})));
        paths.insert("/orders/{id}/join".to_owned(), with_id(json!({"post": plain("200")})));
        let server = serve(&db, router, document("orders", Value::Object(paths))).await;
        let report = scan(&server, "active").await;

        let said = |check: &str, path: &str| said(&report, check, &format!("POST {path}")).to_lowercase();
        let outcome = said("authz/bola-write", "/orders/{id}/cancel");
        assert!(outcome.starts_with(write), "{rule:?}: {outcome}");
        let outcome = said("authn/missing-write", "/orders/{id}/cancel");
        assert!(outcome.starts_with(missing), "{rule:?}: {outcome}");
        // What others are meant to do is never another user's object reached.
        let outcome = said("authz/bola-write", "/orders/{id}/join");
        assert!(outcome.starts_with("notapplicable"), "{rule:?}: {outcome}");
        assert_eq!(db.dump(), before, "{rule:?}: {:?}", report.writes);
    }
}
