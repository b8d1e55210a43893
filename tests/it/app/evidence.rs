//! The source as evidence: a kind of object whose routes are all open to every user excuses itself at runtime, and the
//! handler of another route says whose it is. A source that is stale, silent or of public things decides nothing.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use routewarden::model::Confidence;
use routewarden::report::{Agreement, Report};
use serde_json::{Value, json};

use crate::engine::harness::{Bench, troubling};

/// Who looks at the owner, as the source reads.
#[derive(Clone, Copy, PartialEq)]
enum Code {
    None,
    /// The change alone.
    Changes,
    /// All of them, and the server that runs does not.
    Stale,
    /// None of them.
    Careless,
}

struct Api {
    things: Vec<Value>,
    /// Callers without a credential are served as well.
    is_open: bool,
}

const LOOK: &str =
    "db().execute('SELECT * FROM invoices WHERE id = ? AND customer_id = ?', (invoice_id, g.user['name']))";
const LOAD: &str = "db().execute('SELECT * FROM invoices WHERE id = ?', (invoice_id,))";

fn source(code: Code) -> String {
    let read = if code == Code::Stale { LOOK } else { LOAD };
    let (change, list) = match code {
        Code::Careless => (LOAD, "db().execute('SELECT * FROM invoices')"),
        Code::Stale => (LOOK, "db().execute('SELECT * FROM invoices WHERE customer_id = ?', (g.user['name'],))"),
        _ => (LOOK, "db().execute('SELECT * FROM invoices')"),
    };
    format!(
        r#"
from flask import Flask, request, jsonify, g, abort
from .db import db
from .auth import login_required

app = Flask(__name__)

@app.get("/invoices")
@login_required
def listed():
    return jsonify([dict(row) for row in {list}.fetchall()])

@app.get("/invoices/<int:invoice_id>")
@login_required
def one(invoice_id):
    row = {read}.fetchone()
    if row is None:
        abort(404)
    return jsonify(dict(row))

@app.patch("/invoices/<int:invoice_id>")
@login_required
def change(invoice_id):
    row = {change}.fetchone()
    if row is None:
        abort(404)
    db().execute("UPDATE invoices SET memo = ? WHERE id = ?", (request.get_json()["memo"], row["id"]))
    return "", 204
"#
    )
}

fn caller(api: &Api, headers: &HeaderMap) -> Option<&'static str> {
    match headers.get("x-key").and_then(|key| key.to_str().ok()) {
        Some("key-of-alice-81723") => Some("alice"),
        Some("key-of-bob-55310") => Some("bob"),
        None if api.is_open => Some("anyone"),
        _ => None,
    }
}

async fn all(State(api): State<Arc<Api>>, headers: HeaderMap) -> Response {
    match caller(&api, &headers) {
        Some(_) => Json(api.things.clone()).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn me(State(api): State<Arc<Api>>, headers: HeaderMap) -> Response {
    match caller(&api, &headers).filter(|who| *who != "anyone") {
        Some(who) => Json(json!({"id": who, "login": who})).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn one(State(api): State<Arc<Api>>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    if caller(&api, &headers).is_none() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let found = api.things.iter().find(|thing| thing["id"] == id);
    found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |thing| Json(thing).into_response())
}

fn invoices() -> Vec<Value> {
    vec![
        json!({"id": 7101, "customer_id": "alice", "amount": 418.25, "iban": "DE02120300000000202051", "memo": "Brass lamp"}),
        json!({"id": 7201, "customer_id": "bob", "amount": 93.75, "iban": "DE02500105170137075030", "memo": "Copper kettle"}),
    ]
}

fn beds() -> Vec<Value> {
    vec![
        json!({"id": 7101, "customer_id": "alice", "crop": "Scarlet runner beans", "memo": "By the south wall"}),
        json!({"id": 7201, "customer_id": "bob", "crop": "Purple sprouting broccoli", "memo": "Under the net"}),
    ]
}

async fn scan(things: Vec<Value>, is_open: bool, code: Code) -> Report {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new()
        .route("/me", get(me))
        .route("/invoices", get(all))
        .route("/invoices/{id}", get(one))
        .with_state(Arc::new(Api { things, is_open }));
    let serving = tokio::spawn(async move { axum::serve(listener, app).await });
    let responses = json!({"200": {"description": "OK", "content": {"application/json": {}}}});
    let slot = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}]);
    let document = json!({
        "openapi": "3.0.3", "info": {"title": "Invoices", "version": "1"}, "servers": [{"url": base_url}],
        "security": if is_open { json!([]) } else { json!([{"key": []}]) },
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
        "paths": {
            "/me": {"get": {"summary": "Who am I", "responses": responses}},
            "/invoices": {"get": {"summary": "List invoices", "responses": responses}},
            "/invoices/{id}": {
                "get": {"summary": "Get an invoice", "responses": responses, "parameters": slot},
                "patch": {"summary": "Change an invoice", "responses": responses, "parameters": slot},
            },
        },
    });
    let with_source = if code == Code::None { "" } else { "source = \"code\"\n" };
    let config = format!(
        "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{base_url}\"\n{with_source}\n\
         [identities.alice]\nrole = \"user\"\napi_key = {{ header = \"X-Key\", env = \"A_KEY\" }}\n\n\
         [identities.bob]\nrole = \"user\"\napi_key = {{ header = \"X-Key\", env = \"B_KEY\" }}\n"
    );
    let bench = Bench::new(&config, Some(&document), &super::shop::env());
    std::fs::create_dir(bench.folder.path().join("code")).unwrap();
    std::fs::write(bench.folder.path().join("code/app.py"), source(code)).unwrap();
    let report = bench.scan().await;
    serving.abort();
    report
}

fn access_findings(report: &Report) -> Vec<(String, Confidence)> {
    let of_access = report.findings.iter().filter(|finding| finding.check.starts_with("authz/bola"));
    of_access.map(|finding| (format!("{} {}", finding.check, finding.operation.id()), finding.confidence)).collect()
}

/// What a failed test needs to be understood.
fn told(report: &Report) -> String {
    let rows = report.coverage.iter().filter(|row| row.check.starts_with("authz/bola"));
    let rows: Vec<String> =
        rows.map(|row| format!("{} {}: {:?} {}", row.check, row.operation.id(), row.outcome, row.because)).collect();
    let matrix = report.ownership.iter().flat_map(|matrix| &matrix.routes);
    let words: Vec<String> = matrix.map(|row| format!("{} {:?}", row.operation.id(), row.source)).collect();
    format!("{rows:#?}\n{words:#?}\n{:#?}\n{:#?}", report.policy, report.notes)
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_that_excuse_each_other_are_decided_by_the_handler_that_looks() {
    let alone = scan(invoices(), false, Code::None).await;
    assert!(alone.findings.iter().all(|finding| !finding.check.starts_with("source/")), "{}", told(&alone));
    assert_eq!(access_findings(&alone), [], "{}", told(&alone));
    let report = scan(invoices(), false, Code::Changes).await;
    let found = access_findings(&report);
    // Where the API runs, its source makes no findings of its own.
    assert!(report.findings.iter().all(|finding| !finding.check.starts_with("source/")), "{}", told(&report));
    assert!(found.iter().any(|(at, _)| at == "authz/bola-read GET /invoices/{id}"), "{}", told(&report));
    // What the code says confirms nothing by itself.
    assert!(found.iter().all(|(_, confidence)| *confidence == Confidence::Suspected), "{found:?}");
    let read = report.findings.iter().find(|finding| finding.check == "authz/bola-read").unwrap();
    let clause = read.clauses.iter().find(|clause| clause.name == "meant-for-owner").unwrap();
    assert_eq!(clause.holds, None);
    assert!(clause.because.contains("the source of PATCH /invoices/{id}"), "{}", clause.because);
    assert!(clause.because.contains("app.py:"), "{}", clause.because);
    let policy = report.policy.iter().find(|row| row.resource == "invoice").unwrap();
    assert_eq!(policy.policy, "owner", "{policy:?}");
    assert!(policy.rests_on.iter().any(|ground| ground.contains("app.py:")), "{policy:?}");
    let matrix = report.ownership.unwrap();
    let row = matrix.routes.iter().find(|row| row.operation.id().as_str() == "PATCH /invoices/{id}").unwrap();
    assert_eq!(row.source.as_ref().unwrap().agreement, Agreement::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_the_running_api_contradicts_is_not_heard() {
    let report = scan(invoices(), false, Code::Stale).await;
    assert_eq!(access_findings(&report), []);
    let policy = report.policy.iter().find(|row| row.resource == "invoice").unwrap();
    assert_eq!(policy.policy, "signed-in", "{}", told(&report));
}

#[tokio::test(flavor = "multi_thread")]
async fn that_no_handler_looks_speaks_for_nothing() {
    let report = scan(invoices(), false, Code::Careless).await;
    assert_eq!(access_findings(&report), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_everyone_is_shown_and_only_its_owner_changes_stays_open() {
    let report = scan(beds(), false, Code::Changes).await;
    assert_eq!(access_findings(&report), []);
    // And what strangers are really served is public, whatever it holds.
    let report = scan(invoices(), true, Code::Changes).await;
    assert_eq!(access_findings(&report), [], "{:?}", troubling(&report));
}
