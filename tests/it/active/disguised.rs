//! Methods and callers in disguise: they get through in the weak twins only.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, Server, account_routes, document, finding, ok, plain, public, refuse, said, scan, serve, takes, unauthorized,
    with_id,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The rule looks at the method, the handler at the header.
    Weak,
    /// A POST that nobody documented changes without a rule.
    Undeclared,
    Sound,
    /// The header is honoured, and the rule looks at what is meant.
    Checked,
    /// A POST is answered 200, and does nothing.
    Polite,
    /// Everybody reads everything, no field names anybody, PUT is the maker's and PATCH everybody's.
    Wiki,
}

#[derive(Clone)]
struct App {
    db: Db,
    kind: Kind,
}

impl App {
    fn shown(&self, row: &Value) -> Value {
        let mut row = row.clone();
        if self.kind == Kind::Wiki {
            row.as_object_mut().unwrap().remove("user_id");
        }
        row
    }
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let rows: Vec<Value> = app.db.lock().rows.clone();
    let wanted = |row: &&Value| app.kind == Kind::Wiki || row["user_id"] == who;
    ok(json!(rows.iter().filter(wanted).map(|row| app.shown(row)).collect::<Vec<_>>()))
}

async fn create(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let row = json!({"id": app.db.fresh_id(), "user_id": who, "title": body["title"], "text": body["text"]});
    app.db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(app.shown(&row))).into_response()
}

/// Everything about one row.
async fn one(
    State(app): State<App>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Path(id): Path<u64>,
    body: Option<Json<Value>>,
) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let Some(row) = app.db.row(id) else { return refuse(404, "no such row") };
    let own = row["user_id"] == who;
    let header = headers.get("x-http-method-override").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let meant = header.or_else(|| uri.query().and_then(|query| query.strip_prefix("_method=")).map(str::to_owned));
    let deed = match (method.as_str(), app.kind) {
        ("GET", kind) if own || kind == Kind::Wiki => return ok(app.shown(&row)),
        ("PUT" | "DELETE", _) if own => method.to_string(),
        ("PATCH", Kind::Wiki) => "PUT".to_owned(),
        ("POST", Kind::Weak) if meant.is_some() => meant.unwrap(),
        ("POST", Kind::Checked) if own && meant.is_some() => meant.unwrap(),
        ("POST", Kind::Undeclared) => "PUT".to_owned(),
        ("POST", Kind::Polite) => return ok(json!({"ok": true})),
        ("POST" | "PATCH", _) => return refuse(405, "no such method"),
        _ => return refuse(403, "not yours"),
    };
    let mut tables = app.db.lock();
    if deed == "DELETE" {
        tables.rows.retain(|row| row["id"] != id);
        return StatusCode::NO_CONTENT.into_response();
    }
    let place = tables.rows.iter_mut().find(|row| row["id"] == id).unwrap();
    for name in ["title", "text"] {
        if let Some(value) = body.as_ref().map(|body| &body[name]).filter(|value| !value.is_null()) {
            place[name] = value.clone();
        }
    }
    ok(json!({"id": id}))
}

async fn server(kind: Kind) -> Server {
    let db = Db::seeded();
    let handler = get(one).put(one).delete(one).post(one).patch(one);
    let routes = Router::new()
        .route("/rows", get(list).post(create))
        .route("/rows/{id}", handler)
        .with_state(App { db: db.clone(), kind });
    let body = json!({"title": "a title", "text": "a text"});
    let paths = json!({
        "/rows": {"get": plain("200"), "post": takes(&body, "201")},
        "/rows/{id}": with_id(json!({"get": plain("200"), "put": takes(&body, "200"), "delete": plain("204")})),
    });
    serve(&db, account_routes(&db).merge(routes), document("Disguised", paths)).await
}

const METHOD: &str = "authz/method-override";
const PUT: &str = "PUT /rows/{id}";
const DELETE: &str = "DELETE /rows/{id}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disguised_method_gets_through_in_the_weak_twin() {
    let server = server(Kind::Weak).await;
    let before = server.db.dump();
    let report = scan(&server, "intrusive").await;
    for operation in [PUT, DELETE] {
        let said = said(&report, METHOD, operation);
        assert_eq!(said, "confirmed", "{operation}: {:?}", finding(&report, METHOD, operation));
        assert_eq!(finding(&report, METHOD, operation).unwrap().site, "header:X-HTTP-Method-Override");
    }
    assert_eq!(server.db.dump(), before);
    let report = scan(&server, "active").await;
    assert!(said(&report, METHOD, PUT).contains("needs intrusive mode"), "{}", said(&report, METHOD, PUT));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undocumented_method_gets_through_by_itself() {
    let server = server(Kind::Undeclared).await;
    let before = server.db.dump();
    let report = scan(&server, "intrusive").await;
    assert_eq!(said(&report, METHOD, PUT), "confirmed", "{:?}", finding(&report, METHOD, PUT));
    assert!(finding(&report, METHOD, DELETE).is_none(), "{:?}", finding(&report, METHOD, DELETE));
    assert_eq!(server.db.dump(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disguise_that_changes_nothing_is_silent() {
    for kind in [Kind::Sound, Kind::Checked, Kind::Polite] {
        let server = server(kind).await;
        let before = server.db.dump();
        let report = scan(&server, "intrusive").await;
        for operation in [PUT, DELETE] {
            assert!(finding(&report, METHOD, operation).is_none(), "{:?}", finding(&report, METHOD, operation));
            let said = said(&report, METHOD, operation);
            assert!(said.starts_with("Held"), "{operation}: {said}");
        }
        assert_eq!(server.db.dump(), before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_method_on_what_may_be_everybodys_is_a_question() {
    let server = server(Kind::Wiki).await;
    let before = server.db.dump();
    let report = scan(&server, "intrusive").await;
    let said = said(&report, METHOD, PUT);
    assert!(said.starts_with("Undecided: DELETE /rows/{id} refuses"), "{said}");
    assert!(report.questions.iter().any(|question| question.about == PUT), "{:?}", report.questions);
    assert_eq!(server.db.dump(), before);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// Believes `X-User-Id`, `X-Role` and where the path is said to be.
    Believes,
    Sound,
    /// Repeats the headers in its answers, and asks the session alone.
    Repeats,
    /// Any `X-Role` opens the page: the header is a matter of format, and no rule of access.
    AnyValue,
    /// Believes `X-Role` where `X-Is-Admin` stands beside it: neither does it by itself.
    Together,
    /// Says nothing of the caller that tells one from another.
    Mute,
}

async fn whoami(State((db, gate)): State<(Db, Gate)>, headers: HeaderMap) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let said = text("x-user-id").and_then(|text| text.parse::<u64>().ok()).filter(|_| gate == Gate::Believes);
    let Some(id) = said.or_else(|| db.caller(&headers)) else { return unauthorized() };
    let Some(user) = db.user(id) else { return unauthorized() };
    let mut shown = public(user);
    if gate == Gate::Repeats {
        shown["seen_as"] = json!(text("x-user").or(text("x-username")));
        shown["seen_id"] = json!(text("x-user-id"));
    }
    if gate == Gate::Mute {
        return ok(json!({"status": "signed in"}));
    }
    ok(shown)
}

async fn users(State((db, gate)): State<(Db, Gate)>, headers: HeaderMap) -> Response {
    if db.caller(&headers).is_none() {
        return unauthorized();
    }
    let role = headers.get("x-role").and_then(|value| value.to_str().ok());
    match (gate, role) {
        (Gate::Believes, Some("admin")) | (Gate::AnyValue, Some(_)) => {}
        (Gate::Together, Some("admin")) if headers.contains_key("x-is-admin") => {}
        _ => return refuse(403, "not for you"),
    }
    let users = db.lock().users.clone();
    ok(json!(users.into_iter().map(public).collect::<Vec<_>>()))
}

async fn stats(State((db, gate)): State<(Db, Gate)>, headers: HeaderMap) -> Response {
    let original = headers.get("x-original-url").and_then(|value| value.to_str().ok());
    if gate == Gate::Believes && original == Some("/admin/users") {
        let users = db.lock().users.clone();
        return ok(json!(users.into_iter().map(public).collect::<Vec<_>>()));
    }
    ok(json!({"service": "rows", "healthy": true}))
}

async fn gated(gate: Gate) -> Server {
    let db = Db::seeded();
    let routes = Router::new()
        .route("/whoami", get(whoami))
        .route("/admin/users", get(users))
        .route("/health", get(stats))
        .with_state((db.clone(), gate));
    let paths = json!({
        "/whoami": {"get": plain("200")},
        "/admin/users": {"get": plain("200")},
        "/health": {"get": plain("200")},
    });
    serve(&db, account_routes(&db).merge(routes), document("Gated", paths)).await
}

const HEADER: &str = "authz/trusted-header";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_header_makes_anybody_anyone_in_the_weak_twin() {
    let server = gated(Gate::Believes).await;
    let before = server.db.dump();
    let report = scan(&server, "intrusive").await;
    for (operation, site) in [("GET /whoami", "header:X-User-Id"), ("GET /admin/users", "header:X-Role")] {
        let said = said(&report, HEADER, operation);
        assert_eq!(said, "confirmed", "{operation}: {:?}", finding(&report, HEADER, operation));
        assert_eq!(finding(&report, HEADER, operation).unwrap().site, site);
    }
    assert_eq!(server.db.dump(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_that_decide_nothing_are_silent() {
    for gate in [Gate::Sound, Gate::Repeats, Gate::AnyValue] {
        let server = gated(gate).await;
        let before = server.db.dump();
        let report = scan(&server, "intrusive").await;
        for operation in ["GET /whoami", "GET /admin/users", "GET /me", "GET /health"] {
            assert!(finding(&report, HEADER, operation).is_none(), "{:?}", finding(&report, HEADER, operation));
        }
        for operation in ["GET /whoami", "GET /admin/users"] {
            let said = said(&report, HEADER, operation);
            // A header that any value passes is no rule of access, so there was nothing to hold.
            let open = matches!(gate, Gate::AnyValue) && operation == "GET /admin/users";
            let expected = if open { "NotApplicable: any value" } else { "Held" };
            assert!(said.starts_with(expected), "{operation}: {said}");
        }
        assert_eq!(server.db.dump(), before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_callers_are_shown_the_same_nothing_can_be_said() {
    let server = gated(Gate::Mute).await;
    let report = scan(&server, "intrusive").await;
    let said = said(&report, HEADER, "GET /whoami");
    assert!(said.starts_with("Undecided"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_that_are_believed_only_together_are_not_called_held() {
    let server = gated(Gate::Together).await;
    let report = scan(&server, "intrusive").await;
    let said = said(&report, HEADER, "GET /admin/users");
    assert!(said.starts_with("Undecided: the headers were believed together"), "{said}");
}
