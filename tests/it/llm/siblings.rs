//! One chain at many paths is asked once, and what shows everything by itself is looked at.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use routewarden::app::ScanRequest;
use routewarden::model::Confidence;
use routewarden::report::{CoverageOutcome, Report};
use serde_json::{Value, json};

use super::bots::{Bot, people, scan, serve_router};
use crate::engine::harness::Bench;

const ENDS: [&str; 5] = ["invoke", "batch", "stream", "stream_log", "stream_events"];

async fn chain(State(weak): State<bool>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    let Some(token) = headers.get("authorization").and_then(|value| value.to_str().ok()) else {
        return (StatusCode::UNAUTHORIZED, Json(json!({"detail": "sign in"}))).into_response();
    };
    // What follows the question, so that it was read.
    let said = format!("I help with the stock, whatever your {} letters ask.", body.len());
    let events = |body: String| ([("content-type", "text/event-stream")], body).into_response();
    let prompt = if weak { format!("Use {token} for the stock service.") } else { "Be short.".to_owned() };
    match uri.path().rsplit('/').next().unwrap_or_default() {
        "batch" => Json(json!({"output": [said], "metadata": {"run_ids": ["1"]}})).into_response(),
        "stream" => events(format!("event: data\ndata: {}\n\nevent: end\n\n", json!(said))),
        "stream_log" => {
            let ops = json!({"ops": [{"op": "add", "path": "/logs/Prompt/final_output", "value": {"messages": [{"content": prompt, "type": "system"}]}},
                {"op": "add", "path": "/streamed_output/-", "value": said}]});
            events(format!("event: data\ndata: {ops}\n\nevent: end\n\n"))
        }
        "stream_events" => {
            let start = json!({"event": "on_chat_model_start", "name": "m", "run_id": "1", "data": {"input": {"messages": [[{"type": "system", "content": prompt}]]}}});
            let piece = json!({"event": "on_chat_model_stream", "name": "m", "run_id": "1", "data": {"chunk": {"content": said}}});
            events(format!("event: data\ndata: {start}\n\nevent: data\ndata: {piece}\n\nevent: end\n\n"))
        }
        _ => Json(json!({"output": said, "metadata": {"run_id": "1"}})).into_response(),
    }
}

fn document() -> Value {
    let mut paths = serde_json::Map::new();
    for base in ["/helper", "/helper/c/{config_hash}"] {
        for end in ENDS {
            let field = if end == "batch" {
                json!({"inputs": {"type": "array", "items": {"type": "string"}}})
            } else {
                json!({"input": {"type": "string"}})
            };
            let names: Vec<String> = field.as_object().unwrap().keys().cloned().collect();
            let mut operation = json!({"requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "properties": field, "required": names}}}},
                "responses": {"200": {"description": "ok"}}});
            if base.contains('{') {
                operation["parameters"] =
                    json!([{"name": "config_hash", "in": "path", "required": true, "schema": {"type": "string"}}]);
            }
            paths.insert(format!("{base}/{end}"), json!({"post": operation}));
        }
    }
    json!({
        "openapi": "3.1.0", "info": {"title": "Helper", "version": "1"}, "security": [{"main": []}],
        "components": {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}}, "paths": paths,
    })
}

async fn app(weak: bool) -> Bot {
    let (_, env) = people();
    serve_router(Router::new().fallback(chain).with_state(weak), document(), env).await
}

fn outcome(report: &Report, check: &str, path: &str) -> (CoverageOutcome, String) {
    let row = report.coverage.iter().find(|row| row.check == check && row.operation.path == path);
    row.map(|row| (row.outcome, row.because.clone())).unwrap_or_else(|| panic!("no row for {check} on {path}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_a_chain_is_asked_and_the_others_say_which() {
    for weak in [true, false] {
        let bot = app(weak).await;
        let report = scan(&bot, "active", "", &[]).await;
        assert_eq!(outcome(&report, "llm/token-leak", "/helper/invoke").0, CoverageOutcome::Held);
        for end in ["batch", "stream"] {
            let (outcome, because) = outcome(&report, "llm/token-leak", &format!("/helper/{end}"));
            assert_eq!(outcome, CoverageOutcome::NotTried, "{end}: {because}");
            assert!(because.contains("POST /helper/invoke"), "{because}");
        }
        for end in ENDS {
            let (outcome, because) = outcome(&report, "llm/token-leak", &format!("/helper/c/{{config_hash}}/{end}"));
            assert_eq!(outcome, CoverageOutcome::NotTried, "{end}: {because}");
        }
        for end in ["stream_log", "stream_events"] {
            let expected = if weak { CoverageOutcome::Broken } else { CoverageOutcome::Held };
            let (outcome, because) = outcome(&report, "llm/token-leak", &format!("/helper/{end}"));
            assert_eq!(outcome, expected, "{end}: {because}");
        }
        let leak = report.findings.iter().find(|finding| finding.check == "llm/token-leak");
        assert_eq!(leak.map(|it| it.confidence), weak.then_some(Confidence::Confirmed));
        let hits = bot.hits.lock().unwrap();
        let count = |end: &str| hits.iter().filter(|hit| hit.ends_with(end)).count();
        assert_eq!((count("/batch"), count("/stream")), (0, 0));
        assert!(hits.iter().all(|hit| !hit.contains("/c/")), "{hits:?}");
        assert!(count("/stream_log") <= 10, "{}", count("/stream_log"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_one_that_the_user_chooses_speaks_for_the_chain() {
    let bot = app(false).await;
    let config = format!(
        "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n[scan]\nmode = \"active\"\n[identities.alice]\nbearer = {{ env = \"BOT_ALICE\" }}\n",
        bot.base_url
    );
    let bench = Bench::new(&config, Some(&bot.document), &bot.env);
    let mut request = ScanRequest::default();
    request.overrides.checks = vec!["llm/token-leak".to_owned()];
    request.overrides.operations = vec!["POST /helper/stream".to_owned()];
    let report = bench.finished(request).await.report.clone();
    assert_eq!(outcome(&report, "llm/token-leak", "/helper/stream").0, CoverageOutcome::Held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paths_with_rules_of_their_own_are_asked_each() {
    let bot = {
        let (_, env) = people();
        let mut document = document();
        document["paths"]["/helper/stream"]["post"]["security"] = json!([]);
        serve_router(Router::new().fallback(chain).with_state(false), document, env).await
    };
    let report = scan(&bot, "active", "", &[]).await;
    assert_eq!(outcome(&report, "llm/token-leak", "/helper/stream").0, CoverageOutcome::Held);
}
