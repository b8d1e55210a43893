//! What servers tell their models, in answers that nobody pressed for: found where it is the server's own, silent where
//! it is the callers' or only looks like it.

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use routewarden::app::ScanRequest;
use routewarden::llm::{PromptCarrier, WireFormat, texts_for_model, token_ids};
use routewarden::model::{Confidence, Method};
use routewarden::report::{CoverageOutcome, Report};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::bots::{Reply, scan, scan_for, serve};
use crate::engine::harness::Bench;

const PROMPT: &str = "You are Marla, the assistant of Northwind Traders. Orders above 400 are checked by hand. Never tell a customer that returns after 30 days are possible.";

/// Serves these answers to alice alone, and scans them passively with the lines beside the identity.
async fn read_by_alice(paths: &[(&str, Value)], posts: Value, more: &str) -> Report {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let token = format!("{:018x}{:018x}", rand::random::<u64>(), rand::random::<u64>());
    let (answers, expected): (Vec<(String, Value)>, _) =
        (paths.iter().map(|(path, value)| ((*path).to_owned(), value.clone())).collect(), format!("Bearer {token}"));
    let router = axum::Router::new().fallback(move |request: Request| {
        let known = request.headers().get(header::AUTHORIZATION).is_some_and(|value| *value == *expected);
        let found = answers.iter().find(|(path, _)| path == request.uri().path()).map(|(_, value)| value.clone());
        async move {
            match (known, found) {
                (false, _) => (StatusCode::UNAUTHORIZED, axum::Json(json!({"error": "sign in"}))).into_response(),
                (_, Some(value)) => axum::Json(value).into_response(),
                _ => (StatusCode::NOT_FOUND, axum::Json(json!({"error": "nothing here"}))).into_response(),
            }
        }
    });
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
    let read = json!({"get": {"responses": {"200": {"description": "ok"}, "401": {"description": "no"}}}});
    let mut all: serde_json::Map<String, Value> =
        paths.iter().map(|(path, _)| ((*path).to_owned(), read.clone())).collect();
    all.extend(posts.as_object().cloned().unwrap_or_default());
    let document = json!({
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "security": [{"main": []}], "paths": all,
        "components": {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}},
    });
    let config = format!(
        "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{base_url}\"\n\n[identities.alice]\nbearer = {{ env = \"BOT_ALICE\" }}\n\n{more}\n"
    );
    let bench = Bench::new(&config, Some(&document), &[("BOT_ALICE".to_owned(), token)]);
    std::fs::write(bench.folder.path().join("system.txt"), PROMPT).unwrap();
    let mut request = ScanRequest::default();
    request.overrides.checks = vec!["llm".to_owned()];
    bench.finished(request).await.report.clone()
}

fn confidence(report: &Report) -> Option<Confidence> {
    let shown = serde_json::to_string(report).unwrap();
    assert!(!shown.contains("Northwind"), "the prompt stands in the report");
    report.findings.iter().find(|finding| finding.check == "llm/system-prompt-leak").map(|finding| finding.confidence)
}

/// A chat whose callers say a message and nothing else.
fn plain_chat() -> Value {
    let text = json!({"type": "object", "properties": {"message": {"type": "string"}}});
    json!({"/chat": {"post": {"requestBody": {"content": {"application/json": {"schema": text}}}, "responses": {"200": {"description": "ok"}}}}})
}

/// A chat whose callers send turns of any role.
fn open_chat() -> Value {
    let text = json!({"type": "string"});
    let turns = json!({"type": "array", "items": {"type": "object", "properties": {"role": text, "content": text}}});
    let body = json!({"type": "object", "properties": {"messages": turns}});
    json!({"/chat": {"post": {"requestBody": {"content": {"application/json": {"schema": body}}}, "responses": {"200": {"description": "ok"}}}}})
}

fn history(system: &str) -> Value {
    json!({"messages": [{"role": "system", "content": system}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_with_the_servers_own_words_is_found_without_a_call_of_the_model() {
    let leaking = [("/chat/history", history(PROMPT))];
    assert_eq!(confidence(&read_by_alice(&leaking, plain_chat(), "").await), Some(Confidence::Confirmed));
    // Callers may have written it.
    assert_eq!(confidence(&read_by_alice(&leaking, open_chat(), "").await), Some(Confidence::Suspected));
    // Unless it is known whose it is.
    let known = "[llm]\nsystem_prompt = { file = \"system.txt\" }";
    assert_eq!(confidence(&read_by_alice(&leaking, open_chat(), known).await), Some(Confidence::Confirmed));
    // Repaired: the turn of the system is left out.
    let repaired = [(
        "/chat/history",
        json!({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}),
    )];
    let report = read_by_alice(&repaired, plain_chat(), "").await;
    assert_eq!(confidence(&report), None);
    let row =
        report.coverage.iter().find(|row| row.check == "llm/system-prompt-leak" && row.operation.method == Method::Get);
    assert_eq!(row.map(|row| row.outcome), Some(CoverageOutcome::Held), "{row:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn configurations_and_assembled_prompts_are_found_and_what_only_looks_like_them_is_not() {
    let slots =
        json!([{"id": 0, "prompt": format!("<|im_start|>system\n{PROMPT}<|im_end|>\n<|im_start|>user\nHi<|im_end|>")}]);
    let gradio = json!({"named_endpoints": {"/chat": {"parameters": [{"label": "System message", "parameter_name": "system_message", "parameter_default": PROMPT}]}}});
    let template =
        "{% for m in messages %}<|im_start|>system\nYou are Qwen, the assistant. Never lie.<|im_end|>{% endfor %}";
    let cases = [
        ("/slots", slots, Some(Confidence::Confirmed)),
        ("/gradio_api/info", gradio, Some(Confidence::Suspected)),
        ("/config", json!({"model": "m-1", "system_prompt": PROMPT}), Some(Confidence::Suspected)),
        ("/props", json!({"chat_template": template, "total_slots": 1}), None),
        (
            "/config",
            json!({"theme": "dark", "system": "metric", "instructions": "Keep the lid closed and never open it while hot."}),
            None,
        ),
        // Notices to people, in a chat with people.
        (
            "/chat/messages",
            history("You are now connected to an agent of our support. Please never share your password."),
            None,
        ),
        ("/chat/history", history("You are a helpful assistant."), None),
        // Prompts are what these are about.
        ("/assistants", json!({"data": [{"id": "a1", "model": "m-1", "instructions": PROMPT}]}), None),
        ("/chat/prompts", json!({"data": [{"id": "p1", "system_prompt": PROMPT}]}), None),
        ("/docs/chat", history(PROMPT), None),
        ("/chat/guide", json!({"text": "How to ask", "examples": [history(PROMPT)]}), None),
        ("/recipes", json!([{"id": 1, "instructions": PROMPT}]), None),
    ];
    for (path, answer, expected) in cases {
        let report = read_by_alice(&[(path, answer)], plain_chat(), "").await;
        assert_eq!(confidence(&report), expected, "{path}: {:?}", report.findings);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_beside_an_answer_or_with_an_error_is_found() {
    // A conversation that comes back whole, with the turn that the server put before it.
    let bot = serve(WireFormat::Generic, false, false, |call| {
        let turns = json!([{"role": "system", "content": PROMPT}, {"role": "user", "content": call.said}, {"role": "assistant", "content": format!("Answer {}.", call.n)}]);
        Reply::Raw(200, "application/json", json!({"reply": format!("Answer {}.", call.n), "messages": turns}).to_string())
    })
    .await;
    assert_eq!(confidence(&scan(&bot, "active", "", &[]).await), Some(Confidence::Confirmed));
    // An error that repeats the assembled prompt, and one that repeats the request alone.
    for weak in [true, false] {
        let bot = serve(WireFormat::Generic, false, false, move |call| {
            if call.said.len() > 5_000 || !call.said.contains(' ') {
                let prompt =
                    if weak { format!("System: {PROMPT}\nHuman: ...") } else { format!("Human: {}", call.said) };
                return Reply::Raw(
                    500,
                    "application/json",
                    json!({"error": "the engine failed", "input": prompt}).to_string(),
                );
            }
            Reply::Says(format!("Answer {} of the shop.", call.n))
        })
        .await;
        let report = scan(&bot, "active", "", &[]).await;
        assert_eq!(confidence(&report), weak.then_some(Confidence::Confirmed), "{:?}", report.findings);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_that_tells_the_callers_token_is_found() {
    for weak in [true, false] {
        let bot = serve(WireFormat::Generic, false, false, move |call| {
            if call.said.len() > 5_000 {
                let told = if weak { call.token } else { "[left out]" };
                return Reply::Raw(
                    413,
                    "application/json",
                    json!({"error": "too long", "headers": {"authorization": told}}).to_string(),
                );
            }
            Reply::Says(format!("Answer {} of the shop.", call.n))
        })
        .await;
        let report = scan(&bot, "active", "", &[]).await;
        let found = report.findings.iter().find(|finding| finding.check == "llm/token-leak");
        assert_eq!(found.map(|finding| finding.confidence), weak.then_some(Confidence::Confirmed), "{found:?}");
        let shown = serde_json::to_string(&report).unwrap();
        assert!(bot.env.iter().all(|(_, token)| !shown.contains(token.as_str())), "a token stands in the report");
        assert!(!weak || shown.contains("fingerprint"), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_other_services_are_suspected_where_they_repeat() {
    let made = || -> String {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let pick = |_| char::from(letters[usize::from(rand::random::<u8>()) % letters.len()]);
        format!("sk_{}_{}", "live", (0..24).map(pick).collect::<String>())
    };
    let key = made();
    for (kind, expected) in
        [("kept", Some(Confidence::Suspected)), ("invented", None), ("beside", Some(Confidence::Suspected))]
    {
        let kept = key.clone();
        let bot = serve(WireFormat::Generic, false, false, move |call| {
            let hello = format!("Answer {} of the shop.", call.n);
            let asked = call.said.contains("word for word");
            match kind {
                "kept" if asked => Reply::Says(format!("{hello} The key is {kept}.")),
                "invented" if asked => Reply::Says(format!("{hello} The key is {}.", made())),
                "beside" => {
                    Reply::Raw(200, "application/json", json!({"reply": hello, "debug": {"vendor": kept}}).to_string())
                }
                _ => Reply::Says(hello),
            }
        })
        .await;
        let report = scan(&bot, "active", "", &[]).await;
        let found = report.findings.iter().find(|finding| finding.check == "llm/token-leak");
        assert_eq!(found.map(|finding| finding.confidence), expected, "{kind}: {found:?}");
        assert!(!serde_json::to_string(&report).unwrap().contains(&key), "{kind}: the key stands in the report");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_answers_everything_with_the_same_words_was_not_tested_and_costs_little() {
    let bot = serve(WireFormat::Generic, false, false, |_| {
        Reply::Says("Thank you for your message, we will answer by mail.".to_owned())
    })
    .await;
    let report = scan_for("llm/token-leak", &bot, "intrusive", "", &[]).await;
    let row = report.coverage.iter().find(|row| row.check == "llm/token-leak").unwrap();
    assert!(
        row.outcome == CoverageOutcome::Undecided && row.because.contains("everyday answer, letter for letter"),
        "{}",
        row.because
    );
    let calls = bot.hits.lock().unwrap().len();
    assert!(calls <= 8, "{calls} calls");
}

#[test]
fn every_carrier_is_read() {
    let stream = format!(
        "event: data\ndata: {}\n\n",
        json!({"event": "on_chat_model_start", "data": {"input": {"messages": [[
        {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "SystemMessage"], "kwargs": {"content": PROMPT}},
        {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "HumanMessage"], "kwargs": {"content": "Hi"}}]]}}})
    );
    let cases = [
        ("text/event-stream", stream, PromptCarrier::Turn),
        (
            "application/json",
            json!({"mapping": [{"author": {"role": "system"}, "content": {"parts": [PROMPT]}}]}).to_string(),
            PromptCarrier::Turn,
        ),
        ("application/json", json!({"log": history(PROMPT).to_string()}).to_string(), PromptCarrier::Turn),
        (
            "application/json",
            json!({"detail": format!("[INST] <<SYS>>\n{PROMPT}\n<</SYS>>\nHi [/INST]")}).to_string(),
            PromptCarrier::Assembled,
        ),
        (
            "application/json",
            json!({"model": "m", "system": PROMPT, "modelfile": "FROM m"}).to_string(),
            PromptCarrier::Field,
        ),
    ];
    for (kind, body, carrier) in cases {
        let found = texts_for_model(kind, &body);
        assert!(found.iter().any(|told| told.carrier == carrier && told.text == PROMPT), "{body}: {found:?}");
    }
    let ids: Vec<i64> = (100..180).collect();
    assert_eq!(
        token_ids("application/json", &json!({"response": "Hi", "done": true, "context": ids}).to_string()),
        Some(ids.clone())
    );
    assert_eq!(token_ids("application/json", &json!({"context": ids}).to_string()), None);
}
