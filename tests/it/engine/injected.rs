//! Values that become a part of SQL on a real database, and addresses that a real client fetches.

use std::collections::BTreeSet;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use routewarden::model::Confidence;
use routewarden::report::{CoverageOutcome, Report};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Row};
use tokio::task::JoinSet;

use super::harness::{Bench, shown};

const TOKENS: [(&str, &str); 2] = [("alice", "a7c1e09b5d2f4836a7c1e09b"), ("bob", "b8d2f10c6e3a5947b8d2f10c")];

#[derive(Clone)]
struct Shop {
    pool: SqlitePool,
    is_weak: bool,
}

#[derive(Deserialize)]
struct Asked {
    name: Option<String>,
    url: Option<String>,
}

fn caller(headers: &HeaderMap) -> Option<&'static str> {
    let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
    TOKENS.iter().find(|(_, known)| *known == token).map(|(name, _)| *name)
}

fn refuse(status: u16) -> Response {
    (StatusCode::from_u16(status).unwrap(), Json(json!({"error": "refused"}))).into_response()
}

impl Shop {
    /// The caller's rows for which a condition holds, or an answer of failure.
    async fn rows(&self, condition: String, bound: Option<&str>) -> Result<Vec<Value>, Response> {
        let mut query = sqlx::query(AssertSqlSafe(format!("SELECT id, owner, name FROM stones WHERE {condition}")));
        if let Some(bound) = bound {
            query = query.bind(bound.to_owned());
        }
        let rows = query.fetch_all(&self.pool).await.map_err(|_| refuse(500))?;
        let shown = |row: &sqlx::sqlite::SqliteRow| json!({"id": row.get::<i64, _>(0), "owner": row.get::<String, _>(1), "name": row.get::<String, _>(2)});
        Ok(rows.iter().map(shown).collect())
    }
}

async fn list(State(shop): State<Shop>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    let Some(who) = caller(&headers) else { return refuse(401) };
    let own = format!("owner = '{who}'");
    let found = match asked.name {
        None => shop.rows(own, None).await,
        Some(name) if shop.is_weak => shop.rows(format!("{own} AND name LIKE '%{name}%'"), None).await,
        Some(name) => shop.rows(format!("{own} AND name LIKE '%' || ? || '%'"), Some(&name)).await,
    };
    found.map_or_else(|refused| refused, |rows| Json(rows).into_response())
}

async fn one(State(shop): State<Shop>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let Some(who) = caller(&headers) else { return refuse(401) };
    let own = format!("owner = '{who}'");
    let found = match shop.is_weak {
        true => shop.rows(format!("{own} AND id = {id}"), None).await,
        // SQLite compares a number with the text of one.
        false => shop.rows(format!("{own} AND id = CAST(? AS INTEGER)"), Some(&id)).await,
    };
    match found {
        Ok(rows) => rows.first().map_or_else(|| refuse(404), |row| Json(row).into_response()),
        Err(refused) => refused,
    }
}

async fn preview(State(shop): State<Shop>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    if caller(&headers).is_none() {
        return refuse(401);
    }
    let Some(url) = asked.url else { return Json(json!({"preview": "name an address"})).into_response() };
    if !shop.is_weak {
        return refuse(400);
    }
    match reqwest::get(url).await {
        Ok(answer) => Json(json!({"preview": answer.text().await.unwrap_or_default()})).into_response(),
        Err(_) => refuse(502),
    }
}

fn document() -> Value {
    let text = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string"}});
    let id = json!({"name": "stoneId", "in": "path", "required": true, "schema": {"type": "integer"}});
    let read = |summary: &str, parameters: Value| json!({"get": {"summary": summary, "parameters": parameters, "responses": {"200": {"description": "OK"}}}});
    json!({
        "openapi": "3.0.3", "info": {"title": "Stones", "version": "1"}, "security": [{"main": []}],
        "components": {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}},
        "paths": {
            "/stones": read("List stones", json!([text("name")])),
            "/stones/{stoneId}": read("Get a stone", json!([id])),
            "/preview": read("Show a preview", json!([text("url")])),
        }
    })
}

/// Scans the shop in intrusive mode.
async fn scan(is_weak: bool) -> Report {
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    sqlx::query("CREATE TABLE stones (id INTEGER, owner TEXT, name TEXT)").execute(&pool).await.unwrap();
    for (id, owner, name) in [(4711, "alice", "granite"), (4712, "alice", "marble"), (5813, "bob", "basalt")] {
        let row = sqlx::query("INSERT INTO stones VALUES (?, ?, ?)").bind(id).bind(owner).bind(name);
        row.execute(&pool).await.unwrap();
    }
    let router =
        Router::new().route("/stones", get(list)).route("/stones/{id}", get(one)).route("/preview", get(preview));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let mut serving = JoinSet::new();
    let router = router.with_state(Shop { pool, is_weak });
    serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
    let mut config =
        format!("[target]\nopenapi = \"openapi.json\"\nbase_url = \"{base_url}\"\n[scan]\nmode = \"intrusive\"\n");
    let mut environment = Vec::new();
    for (name, token) in TOKENS {
        let variable = format!("SHOP_{}", name.to_uppercase());
        config.push_str(&format!("[identities.{name}]\nrole = \"user\"\nbearer = {{ env = \"{variable}\" }}\n"));
        environment.push((variable, token.to_owned()));
    }
    Bench::new(&config, Some(&document()), &environment).scan().await
}

/// What of these families is found, and how surely.
fn found(report: &Report) -> BTreeSet<(String, String, Confidence)> {
    let findings = report.findings.iter();
    let of_families =
        findings.filter(|finding| finding.check.starts_with("inject/") || finding.check.starts_with("ssrf/"));
    of_families
        .flat_map(|finding| shown(finding).into_iter().map(|(check, place)| (check, place, finding.confidence)))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_becomes_sql_and_what_is_fetched_is_confirmed() {
    let report = scan(true).await;
    let expected = [
        ("inject/sql", "GET /stones"),
        ("inject/sql", "GET /stones/{stoneId}"),
        ("ssrf/callback", "GET /preview"),
        ("ssrf/redirect-followed", "GET /preview"),
    ];
    let expected = expected.map(|(check, place)| (check.to_owned(), place.to_owned(), Confidence::Confirmed));
    assert_eq!(found(&report), BTreeSet::from(expected), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_bound_and_what_is_refused_holds() {
    let report = scan(false).await;
    assert_eq!(found(&report), BTreeSet::new());
    for (check, path) in [("inject/sql", "/stones"), ("inject/sql", "/stones/{stoneId}"), ("ssrf/callback", "/preview")]
    {
        let row = report.coverage.iter().find(|row| row.check == check && row.operation.path == path).unwrap();
        assert_eq!(row.outcome, CoverageOutcome::Held, "{check} {path}: {}", row.because);
    }
}
