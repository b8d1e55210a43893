//! A server that is one function, described by its paths, and a scan of it.

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use routewarden::report::{CoverageOutcome, CoverageRow, Finding, Report};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::engine::harness::Bench;

/// What the server says to a path, asked by whom: `None` is nobody, `Some("?")` an unknown token.
pub type Handler = fn(&str, Option<&str>) -> (u16, Value);

/// A running server with a folder to scan it from.
pub struct Served {
    pub bench: Bench,
    _serving: JoinSet<()>,
}

/// Serves `handler`; `people` are names with roles, and the lines that the configuration adds for each.
pub async fn serve(paths: &[&str], people: &[(&str, &str, &str)], handler: Handler) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let names: Vec<String> = people.iter().map(|(name, _, _)| (*name).to_owned()).collect();
    let router = Router::new().fallback(async move |request: Request| answer(&names, handler, &request));
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        axum::serve(listener, router).await.unwrap();
    });
    let mut config = format!("[target]\nopenapi = \"openapi.json\"\nbase_url = \"{base_url}\"\n");
    let mut env = Vec::new();
    for (name, role, more) in people {
        let variable = format!("CHECKS_{}", name.to_uppercase());
        config.push_str(&format!(
            "\n[identities.{name}]\nrole = \"{role}\"\nbearer = {{ env = \"{variable}\" }}\n{more}\n"
        ));
        env.push((variable, format!("secret-token-of-{name}")));
    }
    Served { bench: Bench::new(&config, Some(&document(paths)), &env), _serving: serving }
}

fn answer(names: &[String], handler: Handler, request: &Request) -> Response {
    let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let who = token.map(|token| {
        let name = token.strip_prefix("Bearer secret-token-of-").unwrap_or_default();
        names.iter().find(|known| *known == name).map_or("?", String::as_str)
    });
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let (status, body) = handler(&path, who);
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}

fn document(paths: &[&str]) -> Value {
    let path = |path: &&str| {
        let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters: Vec<Value> = names
            .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
            .collect();
        ((*path).to_owned(), json!({"get": {"parameters": parameters, "responses": {"200": {"description": "OK"}}}}))
    };
    json!({
        "openapi": "3.1.0", "info": {"title": "Small", "version": "1"},
        "security": [{"main": []}], "paths": paths.iter().map(path).collect::<Map<String, Value>>(),
        "components": {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}},
    })
}

/// A refusal.
pub fn no(status: u16) -> (u16, Value) {
    (status, json!({"detail": "no"}))
}

/// An answer.
pub fn yes(body: Value) -> (u16, Value) {
    (200, body)
}

/// The finding of a check on a path.
pub fn finding<'r>(report: &'r Report, check: &str, path: &str) -> Option<&'r Finding> {
    report.findings.iter().find(|finding| finding.check == check && finding.operation.path == path)
}

/// What the report says of a check on a path.
pub fn row<'r>(report: &'r Report, check: &str, path: &str) -> &'r CoverageRow {
    report.coverage.iter().find(|row| row.check == check && row.operation.path == path).unwrap()
}

/// The outcome of a check on a path.
pub fn outcome(report: &Report, check: &str, path: &str) -> (CoverageOutcome, String) {
    let row = row(report, check, path);
    (row.outcome, row.because.clone())
}
