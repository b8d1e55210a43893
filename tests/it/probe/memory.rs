//! What the answers of a scan take together, whatever the target sends.

use std::sync::Arc;

use routewarden::probe::{Answer, Ask, AskCaller, Limits, Probe};
use serde_json::json;

use super::kit::{Server, probe, whole};

const MOST: usize = 4 << 20;

fn limits() -> Limits {
    Limits { memory_bytes: MOST, ..Limits::default() }
}

async fn server(body: String) -> Server {
    Server::start(move |_| whole("200 OK", &["Content-Type: application/json"], body.as_bytes())).await
}

async fn ask(probe: &Probe, server: &Server, number: usize) -> Arc<Answer> {
    probe.send(&Ask::get(AskCaller::Anonymous, server.url(&format!("/{number}")))).await.unwrap()
}

#[tokio::test]
async fn json_of_very_many_values_is_kept_as_text_and_noted() {
    for (piece, times) in [(r#"{"a":1}"#, 60_000), ("[]", 160_000), ("0", 200_000)] {
        let body = format!("[{}]", vec![piece; times].join(","));
        let server = server(body.clone()).await;
        let probe = probe(&server.base, Vec::new(), Limits::default());
        let answer = ask(&probe, &server, 0).await;
        let response = answer.response().unwrap();
        assert!(response.json.is_none() && response.truncated, "{piece}");
        assert_eq!(response.text, body);
        assert!(probe.notes().iter().any(|note| note.contains("very many values")), "{:?}", probe.notes());
        assert!(probe.held_bytes() < 1 << 20, "{}", probe.held_bytes());
    }
}

#[tokio::test]
async fn answers_that_are_held_stay_within_the_budget_and_small_ones_stay_whole() {
    let long = json!({ "data": "0123456789abcdef".repeat(4_000) }).to_string();
    let server = Server::start(move |request| {
        let body = if request.target() == "/0" { r#"{"id":7}"# } else { long.as_str() };
        whole("200 OK", &["Content-Type: application/json"], body.as_bytes())
    })
    .await;
    let probe = probe(&server.base, Vec::new(), limits());
    let mut held = Vec::new();
    for number in 1..41 {
        held.push(ask(&probe, &server, number).await);
    }
    assert!(probe.held_bytes() < MOST, "{}", probe.held_bytes());
    let whole = held.iter().filter(|answer| answer.response().unwrap().json.is_some()).count();
    assert!((5..35).contains(&whole), "{whole}");
    let cut = held.last().unwrap().response().unwrap();
    assert!(cut.truncated && cut.json.is_none() && cut.text.len() <= 4_096, "{}", cut.text.len());
    assert!(probe.notes().iter().any(|note| note.contains("long ones were cut")), "{:?}", probe.notes());
    let small = ask(&probe, &server, 0).await;
    assert_eq!(small.response().unwrap().json, Some(json!({"id": 7})));
}

#[tokio::test]
async fn what_nothing_holds_any_more_is_forgotten_first_and_asked_for_again() {
    let server = server(json!({ "data": "0123456789abcdef".repeat(4_000) }).to_string()).await;
    let probe = probe(&server.base, Vec::new(), limits());
    for number in 1..40 {
        let answer = ask(&probe, &server, number).await;
        assert!(answer.response().unwrap().json.is_some(), "{number}");
    }
    assert!(probe.held_bytes() < MOST, "{}", probe.held_bytes());
    assert!(probe.notes().iter().any(|note| note.contains("the oldest were forgotten")), "{:?}", probe.notes());
    let before = probe.sent();
    ask(&probe, &server, 39).await;
    assert_eq!(probe.sent(), before, "the newest is remembered");
    ask(&probe, &server, 1).await;
    assert_eq!(probe.sent(), before + 1, "the oldest is asked for again");
}
