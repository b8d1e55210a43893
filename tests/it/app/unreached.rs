//! An API that does not run: what its source shows is reported, said to be proven by nothing, and never graded.

use routewarden::app::{AppError, ScanRequest};
use routewarden::model::{Confidence, Severity};
use routewarden::report::{Report, Status};
use serde_json::{Value, json};

use crate::engine::harness::Bench;

const HEAD: &str = r#"
from flask import Flask, request, jsonify, abort, g
import jwt, logging
from .auth import login_required, admin_required, owned_invoice

app = Flask(__name__)
log = logging.getLogger(__name__)
INVOICES = {}
POSTS = {}

@app.get("/invoices")
@login_required
def invoices():
    return jsonify([row for row in INVOICES.values() if row["user_id"] == g.user["id"]])

@app.delete("/invoices/<int:invoice_id>")
@login_required
def remove(invoice_id):
    row = INVOICES.get(invoice_id)
    if row is None or row["user_id"] != g.user["id"]:
        abort(404)
    del INVOICES[invoice_id]
    return "", 204
"#;

/// One handler without a look at the owner, one without a guard, and a token that is not verified.
const WEAK: &str = r#"
@app.get("/invoices/<int:invoice_id>")
@login_required
def invoice(invoice_id):
    row = INVOICES.get(invoice_id)
    if row is None:
        abort(404)
    return jsonify(row)

@app.post("/invoices")
def make():
    row = {"title": request.json["title"]}
    INVOICES[len(INVOICES) + 1] = row
    return jsonify(row), 201

@app.get("/session")
@login_required
def session():
    token = request.headers["X-Session"]
    return jsonify(jwt.decode(token, options={"verify_signature": False}))
"#;

const REPAIRED: &str = r#"
@app.get("/invoices/<int:invoice_id>")
@login_required
def invoice(invoice_id):
    row = INVOICES.get(invoice_id)
    if row is None or row["user_id"] != g.user["id"]:
        abort(404)
    return jsonify(row)

@app.post("/invoices")
@login_required
def make():
    row = {"title": request.json["title"], "user_id": g.user["id"]}
    INVOICES[len(INVOICES) + 1] = row
    return jsonify(row), 201

@app.get("/session")
@login_required
def session():
    token = request.headers["X-Session"]
    return jsonify(jwt.decode(token, KEY, algorithms=["HS256"]))
"#;

/// What is public by design, kept by a role, guarded by the document's own word, or looks for a key first.
const TRAP: &str = r#"
@app.get("/posts")
@login_required
def posts():
    return jsonify([row for row in POSTS.values()])

@app.get("/posts/<int:post_id>")
@login_required
def post(post_id):
    return jsonify(POSTS.get(post_id))

@app.get("/admin/invoices/<int:invoice_id>")
@admin_required
def any_invoice(invoice_id):
    return jsonify(INVOICES.get(invoice_id))

@app.get("/status")
def status():
    return jsonify(ok=True)

@app.get("/session")
@login_required
def session():
    token = request.headers["X-Session"]
    issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
    log.info("a token of %d characters", len(token))
    return jsonify(jwt.decode(token, keys[issuer], algorithms=["RS256"]))
"#;

fn document() -> Value {
    let ok = json!({"responses": {"200": {"description": "ok"}}});
    let item = json!({"get": ok, "delete": ok, "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}]});
    json!({
        "openapi": "3.0.3", "info": {"title": "Invoices", "version": "1"}, "security": [{"main": []}],
        "components": {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}},
        "paths": {"/invoices": {"get": ok, "post": ok}, "/invoices/{id}": item, "/session": {"get": ok}},
    })
}

/// A port of loopback that nothing listens on.
fn closed() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn bench(code: &str, with_document: bool) -> Bench {
    let openapi = if with_document { "openapi = \"openapi.json\"\n" } else { "" };
    let config = format!(
        "[target]\n{openapi}base_url = \"{}\"\nsource = \"code\"\n\n[identities.ann]\nbearer = {{ env = \"A_KEY\" }}\n\n\
         [identities.ben]\nbearer = {{ env = \"B_KEY\" }}\n",
        closed()
    );
    let document = document();
    let bench = Bench::new(&config, with_document.then_some(&document), &super::shop::env());
    std::fs::create_dir(bench.folder.path().join("code")).unwrap();
    std::fs::write(bench.folder.path().join("code/app.py"), format!("{HEAD}{code}")).unwrap();
    bench
}

/// Check, operation, line of the code.
fn read(report: &Report) -> Vec<(String, String, u32)> {
    let mut found: Vec<(String, String, u32)> = report
        .findings
        .iter()
        .filter(|finding| finding.check.starts_with("source/"))
        .map(|finding| (finding.check.clone(), finding.operation.id().to_string(), finding.code.as_ref().unwrap().line))
        .collect();
    found.sort();
    found
}

fn line_of(code: &str, text: &str) -> u32 {
    let all = format!("{HEAD}{code}");
    u32::try_from(all.lines().position(|line| line.contains(text)).unwrap() + 1).unwrap()
}

fn is_honest(report: &Report) {
    assert_eq!(report.scan.status, Status::Untrusted);
    assert_eq!((report.score.value, report.score.grade.clone()), (None, None));
    assert!(report.findings.iter().all(|finding| finding.confidence == Confidence::Suspected));
    for finding in &report.findings {
        let clause = finding.clauses.iter().find(|clause| clause.name == "seen-at-work").unwrap();
        assert!(clause.holds.is_none() && clause.because.starts_with("read in the source, not proven"));
    }
}

fn weaknesses() -> Vec<(String, String, u32)> {
    let at = |check: &str, operation: &str, text: &str| {
        (format!("source/{check}"), operation.to_owned(), line_of(WEAK, text))
    };
    let session = line_of(WEAK, "verify_signature");
    vec![
        at("auth-missing", "POST /invoices", "def make"),
        ("source/ownership-missing".to_owned(), "GET /invoices/{id}".to_owned(), line_of(WEAK, "def invoice(") + 1),
        ("source/token-not-verified".to_owned(), "GET /session".to_owned(), session),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_does_not_answer_is_read() {
    let report = bench(WEAK, true).scan().await;
    assert_eq!(read(&report), weaknesses(), "{:#?}", report.notes);
    is_honest(&report);
    assert!(report.notes.iter().any(|note| note.contains("proven by nothing")), "{:#?}", report.notes);
    let owner = report.findings.iter().find(|finding| finding.check == "source/ownership-missing").unwrap();
    // Another handler looks at the owner of the same.
    assert_eq!(owner.severity, Severity::High);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_repaired_and_what_is_meant_so_is_not_reported() {
    for code in [REPAIRED, TRAP] {
        let report = bench(code, true).scan().await;
        assert_eq!(read(&report), [], "{code}");
        assert_eq!(report.scan.status, Status::Untrusted);
        let report = bench(code, false).scan().await;
        assert_eq!(read(&report), [], "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_document_the_routes_of_the_source_are_all_there_is() {
    let bench = bench(WEAK, false);
    let report = bench.scan().await;
    let expected: Vec<_> = weaknesses()
        .into_iter()
        .map(|(check, operation, line)| (check, operation.replace("{id}", "{invoice_id}"), line))
        .collect();
    assert_eq!(read(&report), expected, "{:#?}", report.notes);
    is_honest(&report);
    assert_eq!(report.scan.requests, 0);
    let because = report.scan.untrusted_because.unwrap();
    assert!(because.contains("nothing was asked") && because.contains("no document"), "{because}");
    // It can be looked at again, and a repair is not taken for proven.
    let id = report.findings.iter().find(|finding| finding.check == "source/auth-missing").unwrap().id.clone();
    std::fs::write(bench.folder.path().join("code/app.py"), format!("{HEAD}{REPAIRED}")).unwrap();
    let again = ScanRequest { recheck: vec![id.as_str().into()], ..ScanRequest::default() };
    let again = bench.finished(again).await;
    assert_eq!(again.recheck.len(), 1);
    assert_eq!(again.recheck[0].outcome, routewarden::app::RecheckOutcome::Inconclusive, "{:?}", again.recheck);
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_of_the_source_alone_ask_nothing() {
    let shop = super::shop::Shop::start().await;
    let bench = bench(WEAK, true);
    let mut request = ScanRequest::default();
    request.overrides.checks = vec!["source".to_owned()];
    request.overrides.base_url = Some(shop.base_url.clone());
    let report = bench.finished(request.clone()).await.report.clone();
    assert_eq!(read(&report).len(), 3);
    is_honest(&report);
    assert_eq!(shop.n_hits(), 0);
    request.overrides.without_source = true;
    let fault = bench.app.start(request).await.unwrap_err();
    assert!(matches!(&fault, AppError::Usage(text) if text.contains("source")), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_wrong_is_still_a_fault() {
    let bench = bench(WEAK, false);
    let request = ScanRequest { target: Some("nowhere.json".to_owned()), ..ScanRequest::default() };
    assert!(matches!(bench.app.start(request).await, Err(AppError::Usage(_))));
    let request = ScanRequest { target: Some(closed()), ..ScanRequest::default() };
    let report = bench.finished(request).await.report.clone();
    assert_eq!(read(&report).len(), 3, "{:?}", report.scan.untrusted_because);
}
