//! An API whose document names routes and no bodies, and lacks some routes: its source says what is to be sent, what
//! names an object, and which routes there are.

use std::collections::BTreeSet;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use routewarden::app::ScanRequest;
use routewarden::report::{CoverageOutcome, Report};
use serde_json::{Value, json};

use super::kit::{Db, Server, account_routes, document, ok, plain, refuse, said, serve, unauthorized, with_id};
use crate::engine::harness::Bench;

#[derive(Clone)]
struct App {
    db: Db,
    /// The owner is looked at everywhere.
    is_sound: bool,
}

impl App {
    /// The row that a caller may change, or the status that refuses it.
    fn row(&self, headers: &HeaderMap, id: &Value, looks: bool) -> Result<Value, u16> {
        let who = self.db.caller(headers).ok_or(401_u16)?;
        let id = id.as_u64().or_else(|| id.as_str()?.parse().ok()).unwrap_or_default();
        let row = self.db.row(id).filter(|row| !(looks || self.is_sound) || row["user_id"] == who);
        row.ok_or(404)
    }

    fn rewrite(&self, id: &Value, body: &Value) -> Response {
        let mut tables = self.db.lock();
        let row = tables.rows.iter_mut().find(|row| row["id"] == *id).unwrap();
        for name in ["title", "shelf"] {
            if let Some(text) = body[name].as_str() {
                row[name] = json!(text);
            }
        }
        ok(row.clone())
    }
}

fn refused(status: u16) -> Response {
    if status == 401 { unauthorized() } else { refuse(status, "not found") }
}

/// What is missing is not said.
fn lacks(body: &Value, names: &[&str]) -> bool {
    names.iter().any(|name| body[*name].is_null())
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Response {
    app.db.caller(&headers).map_or_else(unauthorized, |who| ok(json!(app.db.rows_of(who))))
}

async fn make(State(app): State<App>, headers: HeaderMap, body: Option<Json<Value>>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let body = body.map(|Json(body)| body).unwrap_or_default();
    if lacks(&body, &["title", "shelf", "copies"]) || !body["copies"].is_number() {
        return refuse(400, "bad request");
    }
    let row = json!({"id": app.db.fresh_id(), "user_id": who, "title": body["title"], "shelf": body["shelf"], "copies": body["copies"]});
    app.db.lock().rows.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

async fn one(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    app.row(&headers, &json!(id), true).map_or_else(refused, ok)
}

async fn remove(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    if let Err(status) = app.row(&headers, &json!(id), true) {
        return refused(status);
    }
    app.db.lock().rows.retain(|row| row["id"] != id);
    StatusCode::NO_CONTENT.into_response()
}

/// No document names it.
async fn change(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>, Json(body): Json<Value>) -> Response {
    match app.row(&headers, &json!(id), false) {
        Ok(_) if lacks(&body, &["title"]) => refuse(400, "bad request"),
        Ok(row) => app.rewrite(&row["id"], &body),
        Err(status) => refused(status),
    }
}

/// The document says nothing of its query.
async fn look_up(State(app): State<App>, headers: HeaderMap, Query(query): Query<Value>) -> Response {
    if query["volume"].is_null() {
        return refuse(400, "bad request");
    }
    app.row(&headers, &query["volume"], false).map_or_else(refused, ok)
}

const SOURCE: &str = r#"
from flask import Flask, request, jsonify, abort, g
from .auth import login_required
from .store import save

app = Flask(__name__)
ROWS = {}

@app.get("/rows")
@login_required
def listed():
    return jsonify([row for row in ROWS.values() if row["user_id"] == g.user["id"]])

@app.post("/rows")
@login_required
def make():
    data = request.get_json()
    row = {"title": data["title"], "shelf": data["shelf"], "copies": int(data["copies"]), "user_id": g.user["id"]}
    ROWS[len(ROWS) + 1] = row
    return jsonify(row), 201

@app.get("/rows/<int:id>")
@login_required
def one(id):
    row = ROWS.get(id)
    if row is None or row["user_id"] != g.user["id"]:
        abort(404)
    return jsonify(row)

@app.delete("/rows/<int:id>")
@login_required
def remove(id):
    row = ROWS.get(id)
    if row is None or row["user_id"] != g.user["id"]:
        abort(404)
    del ROWS[id]
    return "", 204

@app.patch("/rows/<int:id>")
@login_required
def change(id):
    row = ROWS.get(id)
    if row is None:
        abort(404)
    row["title"] = request.get_json()["title"]
    row["shelf"] = request.get_json().get("shelf", row["shelf"])
    return jsonify(row)

@app.get("/lookup")
@login_required
def look_up():
    row = ROWS.get(request.args["volume"])
    if row is None:
        abort(404)
    return jsonify(row)

@app.put("/rows/<int:id>/everything")
@login_required
def everything(id):
    return jsonify(save(id, **request.get_json()))
"#;

async fn library(is_sound: bool) -> Server {
    let db = Db::seeded();
    let app = App { db: db.clone(), is_sound };
    let router = Router::new()
        .route("/rows", get(list).post(make))
        .route("/rows/{id}", get(one).delete(remove).patch(change))
        .route("/rows/{id}/everything", axum::routing::put(|| async { StatusCode::NO_CONTENT }))
        .route("/lookup", get(look_up))
        .route("/nothing", post(|| async { StatusCode::NO_CONTENT }))
        .with_state(app);
    let paths = json!({
        "/rows": {"get": plain("200"), "post": plain("201")},
        "/rows/{id}": with_id(json!({"get": plain("200"), "delete": plain("204")})),
        "/lookup": {"get": plain("200")},
    });
    serve(&db, router.merge(account_routes(&db)), document("Library", paths)).await
}

async fn scan(server: &Server, mode: &str, with_source: bool) -> Report {
    let source = if with_source { "source = \"code\"\n" } else { "" };
    let config = format!(
        "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n{source}\n[scan]\nmode = \"{mode}\"\nauto_accounts = true\n",
        server.base_url
    );
    let bench = Bench::new(&config, Some(&server.document), &[]);
    std::fs::create_dir(bench.folder.path().join("code")).unwrap();
    std::fs::write(bench.folder.path().join("code/app.py"), SOURCE).unwrap();
    bench.finished(ScanRequest::default()).await.report.clone()
}

/// Operations of which some access check came to a verdict.
fn tested(report: &Report) -> BTreeSet<String> {
    let decided = |outcome| matches!(outcome, CoverageOutcome::Broken | CoverageOutcome::Held);
    let rows = report.coverage.iter().filter(|row| row.check.starts_with("authz/") && decided(row.outcome));
    rows.map(|row| row.operation.id().to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn more_is_tested_where_the_source_says_what_the_document_does_not() {
    let server = library(false).await;
    let before = server.db.dump();
    let alone = tested(&scan(&server, "active", false).await);
    let report = scan(&server, "active", true).await;
    let with = tested(&report);
    assert!(with.is_superset(&alone) && with.len() >= alone.len() + 3, "{alone:?} {with:?} {:#?}", report.notes);
    assert_eq!(said(&report, "authz/bola-write", "PATCH /rows/{id}"), "confirmed", "{:#?}", report.notes);
    assert_eq!(said(&report, "authz/bola-read", "GET /lookup"), "confirmed", "{:#?}", report.notes);
    assert!(with.contains("DELETE /rows/{id}"), "{with:?}");
    // What goes on as a whole is not tried, and the report says why.
    let said = report.notes.iter().find(|note| note.contains("PUT /rows/{id}/everything")).unwrap();
    assert!(said.contains("does not show what its body must be"), "{said}");
    assert!(!server.hits.lock().unwrap().iter().any(|hit| hit.contains("everything")));
    assert_eq!(server.db.dump(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_with_a_look_at_the_owner_is_held() {
    let server = library(true).await;
    let report = scan(&server, "active", true).await;
    let broken: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.check.starts_with("authz/bola"))
        .map(|finding| finding.claim.as_str())
        .collect();
    assert_eq!(broken, [""; 0]);
    let with = tested(&report);
    assert!(with.contains("PATCH /rows/{id}") && with.contains("GET /lookup"), "{with:?} {:#?}", report.coverage);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passive_scan_writes_to_no_route_that_only_the_source_has() {
    let server = library(false).await;
    let report = scan(&server, "passive", true).await;
    let hits = server.hits.lock().unwrap().clone();
    assert!(hits.iter().all(|hit| hit.starts_with("GET")), "{hits:?}");
    assert!(report.coverage.iter().any(|row| {
        row.operation.id().to_string() == "PATCH /rows/{id}" && row.outcome == CoverageOutcome::NotTried
    }));
}
