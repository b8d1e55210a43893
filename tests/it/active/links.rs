//! What is tied to another user's object by the path alone, and untied from it. The weak API asks whose the space is, and
//! neither whether the issue is in it nor whether the label is; the quiet one answers the same and does nothing.

#![expect(clippy::result_large_err, reason = "the refusals of a test server are its answers")]

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, Server, account_routes, document, finding, ok, plain, refuse, said, scan, serve, takes, unauthorized, with_ids,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Twin {
    Weak,
    /// Answers 204 to whatever is asked for below an own space, and changes what is in it alone.
    Quiet,
    Sound,
}

#[derive(Clone)]
struct App {
    db: Db,
    twin: Twin,
}

impl App {
    fn rows(&self, keep: impl Fn(&Value) -> bool) -> Vec<Value> {
        self.db.lock().rows.iter().filter(|row| keep(row)).cloned().collect()
    }

    #[expect(clippy::result_large_err, reason = "a refusal is the whole answer")]
    fn space(&self, headers: &HeaderMap, space: u64) -> Result<u64, Response> {
        let who = self.db.caller(headers).ok_or_else(unauthorized)?;
        let own = self.rows(|row| row["kind"] == "space" && row["id"] == space && row["user_id"] == who);
        own.first().map(|_| who).ok_or_else(|| refuse(403, "not your space"))
    }

    fn is_in(&self, kind: &str, id: u64, space: u64) -> bool {
        !self.rows(|row| row["kind"] == kind && row["id"] == id && row["space"] == space).is_empty()
    }

    fn add(&self, mut row: Value) -> Response {
        row["id"] = json!(self.db.fresh_id());
        self.db.lock().rows.push(row.clone());
        (StatusCode::CREATED, Json(row)).into_response()
    }

    fn remove(&self, gone: impl Fn(&Value) -> bool) -> Response {
        self.db.lock().rows.retain(|row| !gone(row));
        StatusCode::NO_CONTENT.into_response()
    }

    /// Whether an issue may be tied to from a space: the refusal, or whether anything is done.
    #[expect(clippy::result_large_err, reason = "a refusal is the whole answer")]
    fn ties(&self, headers: &HeaderMap, (space, issue, _): (u64, u64, u64)) -> Result<bool, Response> {
        self.space(headers, space)?;
        match self.twin {
            Twin::Weak => Ok(true),
            Twin::Quiet => Ok(self.is_in("issue", issue, space)),
            Twin::Sound if self.is_in("issue", issue, space) => Ok(true),
            Twin::Sound => Err(refuse(404, "no such issue")),
        }
    }
}

fn either(answered: Result<Response, Response>) -> Response {
    answered.unwrap_or_else(|refusal| refusal)
}

async fn spaces(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    ok(json!(app.rows(|row| row["kind"] == "space" && row["user_id"] == who)))
}

async fn add_space(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    app.add(json!({"user_id": who, "kind": "space", "title": body["title"]}))
}

async fn one_space(State(app): State<App>, headers: HeaderMap, Path(space): Path<u64>) -> Response {
    either(app.space(&headers, space).map(|_| ok(json!(app.rows(|row| row["id"] == space)[0]))))
}

async fn drop_space(State(app): State<App>, headers: HeaderMap, Path(space): Path<u64>) -> Response {
    either(app.space(&headers, space).map(|_| app.remove(|row| row["id"] == space || row["space"] == space)))
}

/// Lists, makes, shows and removes what is in a space.
fn things(kind: &'static str) -> Router<App> {
    let list = async move |State(app): State<App>, headers: HeaderMap, Path(space): Path<u64>| {
        either(
            app.space(&headers, space).map(|_| ok(json!(app.rows(|row| row["kind"] == kind && row["space"] == space)))),
        )
    };
    let make =
        async move |State(app): State<App>, headers: HeaderMap, Path(space): Path<u64>, Json(body): Json<Value>| {
            let row = json!({"kind": kind, "space": space, "title": body["title"]});
            either(app.space(&headers, space).map(|_| app.add(row)))
        };
    let show = async move |State(app): State<App>, headers: HeaderMap, Path((space, id)): Path<(u64, u64)>| {
        let found = app.space(&headers, space).map(|_| app.rows(|row| row["id"] == id && row["space"] == space));
        either(found.and_then(|rows| rows.first().cloned().map(ok).ok_or_else(|| refuse(404, "no such thing"))))
    };
    let drop = async move |State(app): State<App>, headers: HeaderMap, Path((space, id)): Path<(u64, u64)>| {
        // As with a foreign key: what is tied stays.
        if !app.rows(|row| row["kind"] == "tie" && (row["issue"] == id || row["label"] == id)).is_empty() {
            return refuse(409, "something is tied to it");
        }
        either(app.space(&headers, space).map(|_| app.remove(|row| row["id"] == id && row["space"] == space)))
    };
    Router::new()
        .route(&format!("/spaces/{{space}}/{kind}s"), get(list).post(make))
        .route(&format!("/spaces/{{space}}/{kind}s/{{id}}"), get(show).delete(drop))
}

async fn tied(State(app): State<App>, headers: HeaderMap, Path((space, issue)): Path<(u64, u64)>) -> Response {
    let strict = app.space(&headers, space).and_then(|_| match app.is_in("issue", issue, space) {
        true => Ok(()),
        false => Err(refuse(404, "no such issue")),
    });
    either(strict.map(|()| {
        let ties = app.rows(|row| row["kind"] == "tie" && row["issue"] == issue);
        ok(json!(app.rows(|row| row["kind"] == "label" && ties.iter().any(|tie| tie["label"] == row["id"]))))
    }))
}

async fn tie(State(app): State<App>, headers: HeaderMap, Path(path): Path<(u64, u64, u64)>) -> Response {
    either(app.ties(&headers, path).map(|done| {
        if done {
            app.db.lock().rows.push(json!({"kind": "tie", "issue": path.1, "label": path.2}));
        }
        StatusCode::NO_CONTENT.into_response()
    }))
}

async fn untie(State(app): State<App>, headers: HeaderMap, Path(path): Path<(u64, u64, u64)>) -> Response {
    let gone = |row: &Value| row["kind"] == "tie" && row["issue"] == path.1 && row["label"] == path.2;
    either(app.ties(&headers, path).map(|done| app.remove(|row| done && gone(row))))
}

async fn server(twin: Twin) -> Server {
    let db = Db::seeded();
    let body = json!({"title": "a title"});
    let collection = || json!({"get": plain("200"), "post": takes(&body, "201")});
    let item = || json!({"get": plain("200"), "delete": plain("204")});
    let paths = json!({
        "/spaces": collection(),
        "/spaces/{space_id}": with_ids(item(), &["space_id"]),
        "/spaces/{space_id}/issues": with_ids(collection(), &["space_id"]),
        "/spaces/{space_id}/issues/{issue_id}": with_ids(item(), &["space_id", "issue_id"]),
        "/spaces/{space_id}/labels": with_ids(collection(), &["space_id"]),
        "/spaces/{space_id}/labels/{label_id}": with_ids(item(), &["space_id", "label_id"]),
        "/spaces/{space_id}/issues/{issue_id}/labels": with_ids(json!({"get": plain("200")}), &["space_id", "issue_id"]),
        "/spaces/{space_id}/issues/{issue_id}/labels/{label_id}":
            with_ids(json!({"post": plain("204"), "delete": plain("204")}), &["space_id", "issue_id", "label_id"]),
    });
    let routes = Router::new()
        .route("/spaces", get(spaces).post(add_space))
        .route("/spaces/{space}", get(one_space).delete(drop_space))
        .route("/spaces/{space}/issues/{issue}/labels", get(tied))
        .route("/spaces/{space}/issues/{issue}/labels/{label}", post(tie).delete(untie))
        .merge(things("issue"))
        .merge(things("label"));
    let app = App { db: db.clone(), twin };
    serve(&db, account_routes(&db).merge(routes.with_state(app)), document("Links", paths)).await
}

const TIE: (&str, &str) = ("authz/bola-write", "POST /spaces/{space_id}/issues/{issue_id}/labels/{label_id}");
const UNTIE: (&str, &str) = ("authz/bola-delete", "DELETE /spaces/{space_id}/issues/{issue_id}/labels/{label_id}");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_label_on_a_foreign_issue_is_confirmed_in_the_weak_twin() {
    let server = server(Twin::Weak).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    for (check, operation) in [TIE, UNTIE] {
        assert_eq!(said(&report, check, operation), "confirmed", "{:?}", finding(&report, check, operation));
        let claim = &finding(&report, check, operation).unwrap().claim;
        assert!(claim.contains("below space"), "{claim}");
    }
    assert_eq!(server.db.dump(), before, "nothing stays tied that keeps what was made from being removed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issue_that_is_looked_for_in_its_space_is_held_by_both_paths() {
    for twin in [Twin::Sound, Twin::Quiet] {
        let server = server(twin).await;
        let before = server.db.dump();
        let report = scan(&server, "active").await;
        for (check, operation) in [TIE, UNTIE] {
            let said = said(&report, check, operation);
            assert!(said.starts_with("Held") && said.contains("below space"), "{said}");
        }
        assert_eq!(server.db.dump(), before);
    }
}
