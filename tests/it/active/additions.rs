//! What is made below another user's object: by a path below a parent of one's own, or by the plain one. Each weak API with
//! its repaired twin, and with what only looks alike: numbers within each parent, and what others are meant to hand in.

#![expect(clippy::result_large_err, reason = "the refusals of a test server are its answers")]

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, Server, account_routes, document, finding, ok, plain, refuse, said, scan, serve, takes, unauthorized, with_ids,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Twin {
    /// Asks whose the space is, and neither whether the issue is in it nor whose the card's board is.
    Weak,
    /// Counts issues within each space, and takes comments to what the space has under the number.
    Numbered,
    Sound,
}

#[derive(Clone)]
struct App {
    db: Db,
    twin: Twin,
}

type Answered = Result<Response, Response>;

impl App {
    fn who(&self, headers: &HeaderMap) -> Result<u64, Response> {
        self.db.caller(headers).ok_or_else(unauthorized)
    }

    fn rows(&self, kind: &str, keep: impl Fn(&Value) -> bool) -> Vec<Value> {
        self.db.lock().rows.iter().filter(|row| row["kind"] == kind && keep(row)).cloned().collect()
    }

    fn own(&self, who: u64, kind: &str, id: u64) -> Result<Value, Response> {
        let found = self.rows(kind, |row| row["id"] == id && row["user_id"] == who);
        found.into_iter().next().ok_or_else(|| refuse(403, "not yours"))
    }

    fn add(&self, who: u64, kind: &str, mut row: Value) -> Response {
        let place = row.get("space").cloned();
        let number = match kind == "issue" && self.twin == Twin::Numbered {
            true => self.rows(kind, |other| other.get("space") == place.as_ref()).len() as u64 + 1,
            false => self.db.fresh_id(),
        };
        row["id"] = json!(number);
        row["user_id"] = json!(who);
        row["kind"] = json!(kind);
        self.db.lock().rows.push(row.clone());
        (StatusCode::CREATED, Json(row)).into_response()
    }

    /// The issue that an address names for the caller.
    fn issue(&self, headers: &HeaderMap, (space, issue): (u64, u64), strict: bool) -> Result<Value, Response> {
        let who = self.who(headers)?;
        self.own(who, "space", space)?;
        let found = self.rows("issue", |row| row["id"] == issue && (!strict || row["space"] == space));
        found.into_iter().next().ok_or_else(|| refuse(404, "no such issue"))
    }

    fn remove(&self, gone: impl Fn(&Value) -> bool) -> Response {
        self.db.lock().rows.retain(|row| !gone(row));
        StatusCode::NO_CONTENT.into_response()
    }
}

fn either(answered: Answered) -> Response {
    answered.unwrap_or_else(|refusal| refusal)
}

/// Lists, makes, shows and removes the caller's own things of one kind.
fn own_things(kind: &'static str) -> Router<App> {
    let list = async move |State(app): State<App>, headers: HeaderMap| {
        either(app.who(&headers).map(|who| ok(json!(app.rows(kind, |row| row["user_id"] == who)))))
    };
    let make = async move |State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>| {
        either(app.who(&headers).map(|who| app.add(who, kind, json!({"title": body["title"]}))))
    };
    let show = async move |State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>| {
        either(app.who(&headers).and_then(|who| app.own(who, kind, id)).map(ok))
    };
    let drop = async move |State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>| {
        let own = app.who(&headers).and_then(|who| app.own(who, kind, id));
        either(own.map(|_| app.remove(|row| row["id"] == id || row["space"] == id || row["in"] == id)))
    };
    Router::new()
        .route(&format!("/{kind}s"), get(list).post(make))
        .route(&format!("/{kind}s/{{id}}"), get(show).delete(drop))
}

/// What is handed in, or added, to a thing of a kind that its owner alone reads.
fn added(kind: &'static str, added: &'static str) -> Router<App> {
    let list = async move |State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>| {
        let own = app.who(&headers).and_then(|who| app.own(who, kind, id));
        either(own.map(|_| ok(json!(app.rows(added, |row| row["in"] == id)))))
    };
    let add = async move |State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>, Json(body): Json<Value>| {
        let asks = added == "card" && app.twin != Twin::Weak;
        let who = app.who(&headers).and_then(|who| if asks { app.own(who, kind, id).map(|_| who) } else { Ok(who) });
        either(who.map(|who| app.add(who, added, json!({"in": id, "title": body["title"]}))))
    };
    Router::new().route(&format!("/{kind}s/{{id}}/{added}s"), get(list).post(add))
}

async fn issues(State(app): State<App>, headers: HeaderMap, Path(space): Path<u64>) -> Response {
    let own = app.who(&headers).and_then(|who| app.own(who, "space", space));
    either(own.map(|_| ok(json!(app.rows("issue", |row| row["space"] == space)))))
}

async fn add_issue(
    State(app): State<App>,
    headers: HeaderMap,
    Path(space): Path<u64>,
    Json(body): Json<Value>,
) -> Response {
    let own = app.who(&headers).and_then(|who| app.own(who, "space", space).map(|_| who));
    either(own.map(|who| app.add(who, "issue", json!({"space": space, "title": body["title"]}))))
}

async fn one_issue(State(app): State<App>, headers: HeaderMap, Path(path): Path<(u64, u64)>) -> Response {
    either(app.issue(&headers, path, true).map(ok))
}

async fn drop_issue(State(app): State<App>, headers: HeaderMap, Path(path): Path<(u64, u64)>) -> Response {
    let (space, id) = path;
    let gone = |row: &Value| row["space"] == space && (row["id"] == id || row["issue"] == id);
    either(app.issue(&headers, path, true).map(|_| app.remove(gone)))
}

async fn comments(State(app): State<App>, headers: HeaderMap, Path(path): Path<(u64, u64)>) -> Response {
    let found = app.issue(&headers, path, true);
    either(found.map(|issue| {
        ok(json!(app.rows("comment", |row| row["issue"] == issue["id"] && row["space"] == issue["space"])))
    }))
}

async fn add_comment(
    State(app): State<App>,
    headers: HeaderMap,
    Path(path): Path<(u64, u64)>,
    Json(body): Json<Value>,
) -> Response {
    let found = app.issue(&headers, path, app.twin != Twin::Weak);
    either(found.and_then(|issue| {
        let row = json!({"space": issue["space"], "issue": issue["id"], "title": body["title"]});
        Ok(app.add(app.who(&headers)?, "comment", row))
    }))
}

async fn server(twin: Twin) -> Server {
    let db = Db::seeded();
    let body = json!({"title": "a title"});
    let collection = || json!({"get": plain("200"), "post": takes(&body, "201")});
    let item = || json!({"get": plain("200"), "delete": plain("204")});
    let mut paths = json!({
        "/spaces/{space_id}/issues": with_ids(collection(), &["space_id"]),
        "/spaces/{space_id}/issues/{issue_id}": with_ids(item(), &["space_id", "issue_id"]),
        "/spaces/{space_id}/issues/{issue_id}/comments": with_ids(collection(), &["space_id", "issue_id"]),
    });
    let mut routes = Router::new()
        .route("/spaces/{space}/issues", get(issues).post(add_issue))
        .route("/spaces/{space}/issues/{issue}", get(one_issue).delete(drop_issue))
        .route("/spaces/{space}/issues/{issue}/comments", get(comments).post(add_comment));
    for kind in ["space", "board", "form"] {
        routes = routes.merge(own_things(kind));
        paths[format!("/{kind}s")] = collection();
        paths[format!("/{kind}s/{{{kind}_id}}")] = with_ids(item(), &[&format!("{kind}_id")]);
    }
    for (kind, part) in [("board", "card"), ("form", "submission")] {
        routes = routes.merge(added(kind, part));
        paths[format!("/{kind}s/{{{kind}_id}}/{part}s")] = with_ids(collection(), &[&format!("{kind}_id")]);
    }
    let app = App { db: db.clone(), twin };
    serve(&db, account_routes(&db).merge(routes.with_state(app)), document("Additions", paths)).await
}

const CHECK: &str = "authz/bola-write";
const COMMENT: &str = "POST /spaces/{space_id}/issues/{issue_id}/comments";
const CARD: &str = "POST /boards/{board_id}/cards";
const SUBMISSION: &str = "POST /forms/{form_id}/submissions";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_made_below_a_foreign_object_by_a_path_below_ones_own_is_confirmed() {
    let server = server(Twin::Weak).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    assert_eq!(said(&report, CHECK, COMMENT), "confirmed", "{:?}", finding(&report, CHECK, COMMENT));
    let claim = &finding(&report, CHECK, COMMENT).unwrap().claim;
    assert!(claim.contains("below issue") && claim.contains("below space"), "{claim}");
    assert_eq!(server.db.dump(), before, "what was made there is undone with the rest");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_may_not_read_one_may_be_meant_to_add_to() {
    let server = server(Twin::Weak).await;
    let report = scan(&server, "active").await;
    // The operation itself lets everybody in: only other routes keep the board from strangers.
    assert_eq!(said(&report, CHECK, CARD), "suspected", "{:?}", finding(&report, CHECK, CARD));
    assert!(finding(&report, CHECK, SUBMISSION).is_none(), "{:?}", finding(&report, CHECK, SUBMISSION));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issue_that_is_looked_for_in_its_space_takes_no_foreign_comment() {
    let server = server(Twin::Sound).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    let comment = said(&report, CHECK, COMMENT);
    assert!(comment.starts_with("Held") && comment.contains("below space"), "{comment}");
    let card = said(&report, CHECK, CARD);
    assert!(card.starts_with("Held"), "{card}");
    assert!(finding(&report, CHECK, SUBMISSION).is_none());
    assert_eq!(server.db.dump(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_both_spaces_have_names_ones_own_issue() {
    let server = server(Twin::Numbered).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    assert!(finding(&report, CHECK, COMMENT).is_none(), "{:?}", finding(&report, CHECK, COMMENT));
    assert_eq!(server.db.dump(), before, "what was made below one's own issue is removed");
}
