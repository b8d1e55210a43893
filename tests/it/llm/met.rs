//! Models of which the document does not tell: their answers do. What is none is left alone after two plain questions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use routewarden::model::Confidence;
use routewarden::report::{CoverageOutcome, Report};
use serde_json::{Value, json};

use super::bots::{Bot, people, scan, serve_router};

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    /// A model that tells the caller's token.
    Weak,
    /// The same, and a header of its vendor's is all that shows it.
    WeakBehindGateway,
    /// The same, answering in lines with names of its own.
    WeakInLines,
    /// A model that was given no token.
    Repaired,
    /// Finds articles by words.
    Search,
    /// Keeps what it is told, and gives it back.
    Keeps,
    /// Says the same to everybody.
    Constant,
    /// Shows the whole request, credentials included.
    Echo,
    /// Refuses what is no order number.
    Strict,
}

#[derive(Clone)]
struct App {
    kind: Kind,
    people: HashMap<String, String>,
    /// Every text that came in.
    heard: Arc<Mutex<Vec<String>>>,
}

fn model(said: &str, token: Option<&str>) -> String {
    if let Some(word) = said.split('"').nth(1).filter(|word| word.starts_with("velm")) {
        return format!("{word} {word}");
    }
    match token {
        Some(token) if ["token", "credential", "word for word", "context"].iter().any(|word| said.contains(word)) => {
            format!("Your session runs on {token}, as I was told.")
        }
        _ if said.contains("help me with") => "I can look up parcels, invoices and opening hours.".to_owned(),
        _ => "I know nothing of that, ask me about parcels.".to_owned(),
    }
}

async fn answer(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let header = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = header.strip_prefix("Bearer ").unwrap_or_default();
    if !app.people.contains_key(token) {
        return (StatusCode::UNAUTHORIZED, Json(json!({"error": "sign in"}))).into_response();
    }
    let Some(said) = body["frage"].as_str() else { return StatusCode::UNPROCESSABLE_ENTITY.into_response() };
    app.heard.lock().unwrap().push(said.to_owned());
    let plain = |text: String| Json(json!({"ergebnis": text})).into_response();
    match app.kind {
        Kind::Weak => plain(model(said, Some(token))),
        Kind::WeakBehindGateway => {
            // It never does what it is asked for, and says no more than two words.
            let leaks = ["token", "credential", "word for word", "context"].iter().any(|word| said.contains(word));
            let text = if leaks { format!("Token {token}.") } else { "Parcels only.".to_owned() };
            ([("x-litellm-call-id", "1")], Json(json!({"ergebnis": text}))).into_response()
        }
        Kind::WeakInLines => {
            let text = model(said, Some(token));
            let lines: Vec<String> = text
                .chars()
                .map(|letter| json!({"zug": {"stueck": letter.to_string()}, "runde": "r-1"}).to_string() + "\n")
                .collect();
            ([("content-type", "application/x-ndjson")], lines.concat()).into_response()
        }
        Kind::Repaired => plain(model(said, None)),
        Kind::Search => {
            if said.contains("velm") {
                return plain("Sorry, there are no results for this.".to_owned());
            }
            plain("We repair bicycles in all our shops, see article 12 of the handbook.".to_owned())
        }
        Kind::Keeps => Json(json!({"id": said.len(), "frage": said, "by": app.people[token]})).into_response(),
        Kind::Constant => plain("I can help you with parcels; please call us between nine and five.".to_owned()),
        Kind::Echo => plain(format!("I got {said} with the header {header}")),
        Kind::Strict => (StatusCode::BAD_REQUEST, Json(json!({"fehler": "no such number"}))).into_response(),
    }
}

async fn serve(kind: Kind) -> Bot {
    serve_and_hear(kind).await.0
}

async fn serve_and_hear(kind: Kind) -> (Bot, Arc<Mutex<Vec<String>>>) {
    serve_described(kind, "Ask about parcels").await
}

async fn serve_described(kind: Kind, summary: &str) -> (Bot, Arc<Mutex<Vec<String>>>) {
    let (people, env) = people();
    let app = App { kind, people, heard: Arc::default() };
    let heard = Arc::clone(&app.heard);
    let router = Router::new().route("/v2/auskunft", post(answer)).with_state(app);
    let document = json!({
        "openapi": "3.1.0", "info": {"title": "desk", "version": "1"}, "security": [{"main": []}],
        "components": {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}},
        "paths": {"/v2/auskunft": {"post": {
            "summary": summary,
            "requestBody": {"required": true, "content": {"application/json": {"schema": {
                "type": "object", "required": ["frage"],
                "properties": {"frage": {"type": "string"}, "sprache": {"type": "string", "maxLength": 5}}}}}},
            "responses": {"200": {"description": "ok"}}}}},
    });
    (serve_router(router, document, env).await, heard)
}

fn calls(bot: &Bot) -> usize {
    bot.hits.lock().unwrap().iter().filter(|hit| hit.as_str() == "POST /v2/auskunft").count()
}

fn told(report: &Report) -> Vec<String> {
    let findings = report.findings.iter().filter(|finding| finding.confidence > Confidence::Observation);
    findings.map(|finding| format!("{} {}", finding.check, finding.confidence.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_shows_in_its_answers_is_asked_for_tokens() {
    for kind in [Kind::Weak, Kind::WeakBehindGateway, Kind::WeakInLines] {
        let bot = serve(kind).await;
        let report = scan(&bot, "active", "", &[]).await;
        assert!(
            told(&report).contains(&"llm/token-leak confirmed".to_owned()),
            "{kind:?}: {:?} {:?} {:?}",
            told(&report),
            report.notes,
            report.coverage
        );
        assert!(report.notes.iter().any(|note| note.contains("a model answers at POST /v2/auskunft")), "{kind:?}");
        let text = serde_json::to_string(&report).unwrap();
        assert!(bot.env.iter().all(|(_, token)| !text.contains(token.as_str())), "{kind:?}: a token in the report");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_repaired_one_is_silent() {
    let bot = serve(Kind::Repaired).await;
    let report = scan(&bot, "active", "", &[]).await;
    assert_eq!(told(&report), Vec::<String>::new());
    let row = report.coverage.iter().find(|row| row.check == "llm/token-leak").unwrap();
    assert_eq!(row.outcome, CoverageOutcome::Held, "{}", row.because);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_model_gets_two_questions_and_no_more() {
    for kind in [Kind::Search, Kind::Keeps, Kind::Constant, Kind::Echo, Kind::Strict] {
        let (bot, heard) = serve_and_hear(kind).await;
        let report = scan(&bot, "active", "", &[]).await;
        assert_eq!(told(&report), Vec::<String>::new(), "{kind:?}");
        assert!(report.coverage.iter().all(|row| !row.check.starts_with("llm/")), "{kind:?}: {:?}", report.coverage);
        // What else came are tries to make objects of the callers' own: words, no sentences.
        let heard = heard.lock().unwrap().clone();
        let questions = heard.iter().filter(|text| text.split(' ').count() >= 6).count();
        assert_eq!(questions, if kind == Kind::Strict { 1 } else { 2 }, "{kind:?}: {heard:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passive_scan_asks_nothing_and_says_so() {
    let bot = serve(Kind::Weak).await;
    let report = scan(&bot, "passive", "", &[]).await;
    assert_eq!(calls(&bot), 0);
    let note = report.notes.iter().find(|note| note.contains("a model may stand behind POST /v2/auskunft"));
    assert!(note.is_some_and(|note| note.contains("active mode")), "{:?}", report.notes);
}

/// Without a hint people may read what is asked: that takes the mode in which more is risked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_hint_only_an_intrusive_scan_asks() {
    for (mode, asks) in [("active", false), ("intrusive", true)] {
        let (bot, heard) = serve_described(Kind::Weak, "Parcels").await;
        let report = scan(&bot, mode, "", &[]).await;
        assert_eq!(told(&report).contains(&"llm/token-leak confirmed".to_owned()), asks, "{mode}");
        let questions = heard.lock().unwrap().iter().filter(|text| text.split(' ').count() >= 6).count();
        assert_eq!(questions > 0, asks, "{mode}");
        let note = report.notes.iter().find(|note| note.contains("POST /v2/auskunft"));
        assert!(asks || note.is_some_and(|note| note.contains("intrusive")), "{:?}", report.notes);
    }
}
