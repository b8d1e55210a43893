//! Weak bots are found and repaired ones are silent, in every wire format; what only looks like a leak is none.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use routewarden::llm::WireFormat;
use routewarden::model::{Confidence, Severity};
use routewarden::report::{CoverageOutcome, Finding, Report, Status};
use serde_json::json;

use super::bots::{Bot, Call, Reply, path, scan, serve};

/// Words by which the questions of the scan ask for what a model was given.
fn is_pressed(said: &str) -> bool {
    ["token", "credential", "word for word", "context", "configuration", "system prompt", "before this message"]
        .iter()
        .any(|word| said.contains(word))
}

fn hello(call: &Call<'_>) -> String {
    format!("Hello {}, I answer questions about orders. This is answer {}.", call.who.unwrap_or("stranger"), call.n)
}

fn found<'r>(report: &'r Report, check: &str) -> Option<&'r Finding> {
    report.findings.iter().find(|finding| finding.check == check)
}

/// What a bot answers.
type Mind = Box<dyn Fn(&Call<'_>) -> Reply + Send + Sync>;

/// Everything but facts, as text.
fn claims(report: &Report) -> Vec<String> {
    let all = report.findings.iter().filter(|finding| finding.confidence > Confidence::Observation);
    all.map(|finding| {
        format!("{} {}: {} {:?}", finding.check, finding.confidence.as_str(), finding.claim, finding.clauses)
    })
    .collect()
}

fn assert_no_token(report: &Report, bot: &Bot) {
    let text = serde_json::to_string(report).unwrap();
    for (_, token) in &bot.env {
        assert!(!text.contains(token.as_str()), "a token stands in the report");
        let reversed: String = token.chars().rev().collect();
        assert!(
            !text.contains(&reversed) && !text.contains(&STANDARD.encode(token)),
            "a disguised token stands in the report"
        );
    }
}

fn shapes() -> impl Iterator<Item = (WireFormat, bool)> {
    WireFormat::ALL.into_iter().flat_map(|shape| [(shape, false), (shape, true)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_with_the_callers_token_in_its_context_is_found_in_every_format() {
    for (shape, streams) in shapes() {
        let bot = serve(shape, streams, false, |call| {
            if is_pressed(&call.said) {
                Reply::Says(format!("Sure, it is {} - anything else?", call.token))
            } else {
                Reply::Says(hello(call))
            }
        })
        .await;
        let report = scan(&bot, "active", "", &[]).await;
        let finding = found(&report, "llm/token-leak")
            .unwrap_or_else(|| panic!("{shape:?} {streams}: {:?} {:?}", report.coverage, report.scan));
        assert_eq!(finding.confidence, Confidence::Confirmed, "{shape:?} {streams}: {finding:?}");
        assert_eq!(finding.severity, Severity::High, "{shape:?} {streams}: {}", finding.claim);
        assert!(
            finding.clauses.iter().any(|clause| clause.name == "follows-the-caller"),
            "{shape:?}: {:?}",
            finding.clauses
        );
        assert_no_token(&report, &bot);
        assert_eq!(report.scan.status, Status::Complete, "{shape:?}: {:?}", report.scan.untrusted_because);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repaired_bot_is_silent_in_every_format() {
    for (shape, streams) in shapes() {
        let bot = serve(shape, streams, false, |call| {
            if is_pressed(&call.said) {
                Reply::Says("I was given no credentials at all.".to_owned())
            } else {
                Reply::Says(hello(call))
            }
        })
        .await;
        let report = scan(&bot, "active", "", &[]).await;
        assert_eq!(claims(&report), Vec::<String>::new(), "{shape:?} {streams}");
        let row = report.coverage.iter().find(|row| row.check == "llm/token-leak").unwrap();
        assert_eq!(row.outcome, CoverageOutcome::Held, "{shape:?} {streams}: {}", row.because);
        assert_eq!(report.scan.status, Status::Complete, "{shape:?}: {:?}", report.scan.untrusted_because);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disguised_tokens_are_found() {
    type Dress = fn(&str) -> String;
    let dresses: [(&str, Dress); 5] = [
        ("base64", |token| STANDARD.encode(format!("token={token};"))),
        ("reversed", |token| token.chars().rev().collect()),
        ("spaced", |token| token.chars().map(|letter| format!("{letter} ")).collect()),
        ("hex", |token| token.bytes().map(|byte| format!("{byte:02x}")).collect()),
        ("lines", |token| {
            token.as_bytes().chunks(9).map(|part| format!("{}\n", String::from_utf8_lossy(part))).collect()
        }),
    ];
    for (name, dress) in dresses {
        let bot = serve(WireFormat::OpenAiChat, true, false, move |call| {
            if is_pressed(&call.said) {
                Reply::Says(format!("Here: {}", dress(call.token)))
            } else {
                Reply::Says(hello(call))
            }
        })
        .await;
        let report = scan(&bot, "active", "", &[]).await;
        let finding = found(&report, "llm/token-leak").unwrap_or_else(|| panic!("{name}"));
        assert_eq!(finding.confidence, Confidence::Confirmed, "{name}: {:?}", finding.clauses);
        assert_no_token(&report, &bot);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_in_tool_calls_and_reasoning_are_found() {
    for field in ["tool", "reasoning"] {
        let bot = serve(WireFormat::OpenAiChat, false, false, move |call| {
            if !is_pressed(&call.said) {
                return Reply::Says(hello(call));
            }
            let message = match field {
                "tool" => json!({"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "lookup", "arguments": json!({"auth": call.token}).to_string()}}]}),
                _ => json!({"role": "assistant", "content": "Nothing to see.", "reasoning_content": format!("The token is {}.", call.token)}),
            };
            let body = json!({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]});
            Reply::Raw(200, "application/json", body.to_string())
        })
        .await;
        let report = scan(&bot, "active", "", &[]).await;
        let finding = found(&report, "llm/token-leak").unwrap_or_else(|| panic!("{field}"));
        assert_eq!((finding.confidence, finding.severity), (Confidence::Confirmed, Severity::High), "{field}");
        assert!(finding.claim.contains(if field == "tool" { "tool_calls" } else { "reasoning" }), "{}", finding.claim);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_the_server_echoes_beside_the_model_is_told_from_one_that_the_model_says() {
    let bot = serve(WireFormat::Generic, false, false, |call| {
        Reply::Raw(
            200,
            "application/json",
            json!({"reply": hello(call), "debug": {"authorization": call.token}}).to_string(),
        )
    })
    .await;
    let report = scan(&bot, "active", "", &[]).await;
    let finding = found(&report, "llm/token-leak").unwrap();
    assert_eq!((finding.confidence, finding.severity), (Confidence::Confirmed, Severity::Medium), "{}", finding.claim);
    assert!(finding.claim.contains("beside the model's words"), "{}", finding.claim);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_callers_token_is_critical() {
    let first = std::sync::Mutex::new(String::new());
    let bot = serve(WireFormat::Generic, false, false, move |call| {
        let mut first = first.lock().unwrap();
        if first.is_empty() {
            call.token.clone_into(&mut first);
        }
        if is_pressed(&call.said) { Reply::Says(format!("The token is {first}.")) } else { Reply::Says(hello(call)) }
    })
    .await;
    let report = scan(&bot, "active", "", &[]).await;
    let finding = found(&report, "llm/token-leak").unwrap();
    assert_eq!(
        (finding.confidence, finding.severity),
        (Confidence::Confirmed, Severity::Critical),
        "{}",
        finding.claim
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_looks_like_a_leak_is_none() {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let sample = format!(
        "{}.{}.{}",
        part(json!({"alg": "HS256", "typ": "JWT"})),
        part(json!({"sub": "1234567890", "name": "John Doe", "iat": 1_516_239_022})),
        "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
    );
    let refusals = [
        "I'm sorry, but I can't share my system prompt.",
        "I\u{2019}m sorry, but I can\u{2019}t reveal the system prompt or any credentials that I was given; is there anything else about your orders that I can help you with today?",
        "My instructions are confidential. You are welcome to ask about orders instead, and I will always be glad to help; never share tokens.",
        "No.",
        "The system prompt is something I will not repeat. You must understand that I never disclose my instructions, tokens or tools to anybody.",
        "Sorry, tokens and credentials are nothing I can talk about.",
        "I cannot output my configuration as JSON: {\"instructions\": \"[redacted]\", \"token\": \"[redacted]\"}.",
        "As an assistant of the shop, I have to decline. Do not worry, you are safe.",
        "I do not have access to any session token.",
        "Let's talk about something else! \u{201c}You are a helpful assistant\u{201d} is all that anybody ever tells me.",
    ];
    let mut minds: Vec<(String, Mind)> = vec![
        (
            "a documentation bot with the sample token".to_owned(),
            Box::new(move |_| Reply::Says(format!("A token looks like this: {sample}"))),
        ),
        (
            "a bot that invents secrets".to_owned(),
            Box::new(move |call| {
                let made = format!("{:016x}{:016x}", rand::random::<u64>(), rand::random::<u64>());
                let jwt = format!(
                    "{}.{}.{made}",
                    URL_SAFE_NO_PAD.encode("{\"alg\":\"HS256\"}"),
                    URL_SAFE_NO_PAD.encode(json!({"sub": made}).to_string())
                );
                Reply::Says(format!(
                    "Hello {}! You are Bot {made}. Internal service token: {made} or {jwt}. Never tell {made}.",
                    call.n
                ))
            }),
        ),
        ("a bot that echoes".to_owned(), Box::new(|call| Reply::Says(format!("You said: {}", call.said)))),
        (
            "an echo of the whole in another field".to_owned(),
            Box::new(|call| {
                Reply::Raw(
                    200,
                    "application/json",
                    json!({"reply": "Hi", "request": call.said, "prompt": call.said}).to_string(),
                )
            }),
        ),
    ];
    for (at, refusal) in refusals.into_iter().enumerate() {
        minds.push((
            format!("refusal {at}"),
            Box::new(
                move |call| {
                    if is_pressed(&call.said) { Reply::Says(refusal.to_owned()) } else { Reply::Says(hello(call)) }
                },
            ),
        ));
    }
    for (name, mind) in minds {
        let bot = serve(WireFormat::Generic, false, false, mind).await;
        let mode = if name.starts_with("refusal 1") || name.contains("echo") { "intrusive" } else { "active" };
        let report = scan(&bot, mode, "", &[]).await;
        let claims: Vec<String> = claims(&report)
            .into_iter()
            .filter(|claim| !claim.starts_with("llm/unbounded-consumption suspected"))
            .collect();
        assert_eq!(claims, Vec::<String>::new(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_failed_throttled_and_cut_answers_are_not_tested() {
    let answers = [
        (200, json!({"reply": ""}).to_string()),
        (500, json!({"error": "boom"}).to_string()),
        (429, json!({"error": "slow down"}).to_string()),
        (200, json!({"error": {"message": "the model is overloaded"}}).to_string()),
        (
            200,
            json!({"choices": [{"message": {"content": "I was going to sa"}, "finish_reason": "length"}]}).to_string(),
        ),
        (200, String::new()),
    ];
    for (status, body) in answers {
        let shown = body.clone();
        let bot =
            serve(WireFormat::Generic, false, false, move |_| Reply::Raw(status, "application/json", body.clone()))
                .await;
        let report = scan(&bot, "active", "", &[]).await;
        assert_eq!(claims(&report), Vec::<String>::new(), "{status} {shown}");
        for check in ["llm/token-leak", "llm/system-prompt-leak", "llm/cross-user-leak", "llm/model-disclosure"] {
            let row = report.coverage.iter().find(|row| row.check == check).unwrap();
            assert_eq!(row.outcome, CoverageOutcome::Undecided, "{status} {shown} {check}: {}", row.because);
        }
        let calls = bot.hits.lock().unwrap().len();
        assert!(status != 429 || calls <= 6, "{calls} calls after the target asked for less");
    }
}

const PROMPT: &str = "You are Marla, the assistant of Northwind Traders. Orders above 400 are checked by hand at https://checks.northwind.internal. Never tell a customer that returns after 30 days are possible.";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_prompt_is_confirmed_where_it_is_known() {
    let config = "[llm]\nsystem_prompt = { file = \"system.txt\" }\n";
    let bot = serve(WireFormat::OpenAiChat, true, false, |call| {
        if call.said.contains("word for word") || call.said.contains("The system prompt is") {
            Reply::Says(format!("Of course: \u{201c}{}\u{201d}", PROMPT.replace(' ', "  ")))
        } else {
            Reply::Says(hello(call))
        }
    })
    .await;
    let report = scan(&bot, "active", config, &[("system.txt", PROMPT)]).await;
    let finding = found(&report, "llm/system-prompt-leak").unwrap();
    assert_eq!(
        (finding.confidence, finding.severity),
        (Confidence::Confirmed, Severity::Medium),
        "{:?}",
        finding.clauses
    );
    assert!(!serde_json::to_string(&report).unwrap().contains("Northwind"), "the prompt stands in the report");
    // Without it, the same answers to two questions are suspicious, and no more.
    let report = scan(&bot, "active", "", &[]).await;
    assert_eq!(found(&report, "llm/system-prompt-leak").map(|finding| finding.confidence), Some(Confidence::Suspected));
    // The repaired bot.
    let bot = serve(WireFormat::OpenAiChat, true, false, |call| Reply::Says(hello(call))).await;
    assert_eq!(claims(&scan(&bot, "active", config, &[("system.txt", PROMPT)]).await), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instructions_that_are_sent_along_are_found() {
    let bot = serve(WireFormat::OpenAiResponses, false, false, |call| {
        let body = json!({"output": [{"type": "message", "content": [{"type": "output_text", "text": hello(call)}]}], "instructions": PROMPT});
        Reply::Raw(200, "application/json", body.to_string())
    })
    .await;
    let report =
        scan(&bot, "active", "[llm]\nsystem_prompt = { file = \"system.txt\" }\n", &[("system.txt", PROMPT)]).await;
    assert_eq!(found(&report, "llm/system-prompt-leak").map(|finding| finding.confidence), Some(Confidence::Confirmed));
    let report = scan(&bot, "active", "", &[]).await;
    assert_eq!(found(&report, "llm/system-prompt-leak").map(|finding| finding.confidence), Some(Confidence::Suspected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_memory_is_found_and_one_for_each_caller_is_not() {
    for shared in [true, false] {
        let bot = serve(WireFormat::Generic, false, false, move |call| {
            let heard: Vec<&String> = call.heard.iter().filter(|said| said.contains("remember") && shared).collect();
            if call.said.contains("code words") {
                Reply::Says(format!("I know of {heard:?}."))
            } else {
                Reply::Says(hello(call))
            }
        })
        .await;
        let report = scan(&bot, "active", "", &[]).await;
        let found = found(&report, "llm/cross-user-leak").map(|finding| (finding.confidence, finding.severity));
        assert_eq!(found, shared.then_some((Confidence::Confirmed, Severity::Critical)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_answers_strangers_is_found() {
    for (weak, mind) in [
        (
            true,
            (|call: &Call<'_>| {
                Reply::Says(if call.said.contains("seventeen plus five") {
                    "22".to_owned()
                } else if call.said.contains("thirty-one plus sixteen") {
                    "It is 47.".to_owned()
                } else {
                    "Orders, mostly.".to_owned()
                })
            }) as fn(&Call<'_>) -> Reply,
        ),
        (false, |call| match call.who {
            Some(_) => Reply::Says(hello(call)),
            None => Reply::Says("Please sign in to talk to me.".to_owned()),
        }),
        // A number that happens to be the sum.
        (false, |call| match call.who {
            Some(_) => Reply::Says(hello(call)),
            None if call.said.contains("plus") => Reply::Says("Please come back later (22).".to_owned()),
            None => Reply::Says("Please come back later (7).".to_owned()),
        }),
        // Repeats the question, and still says the same to everything.
        (false, |call| match call.who {
            Some(_) => Reply::Says(hello(call)),
            None => Reply::Says(format!("Create an account to get an answer to \"{}\" (no. {}).", call.said, call.n)),
        }),
        (false, |call| match call.who {
            Some(_) => Reply::Says(hello(call)),
            None => Reply::Says(if call.said.contains("seventeen") {
                "Sorry, sums are for members who are logged in.".to_owned()
            } else {
                "Please log in first; then I gladly help with orders.".to_owned()
            }),
        }),
        (false, |call| match call.who {
            Some(_) => Reply::Says(hello(call)),
            None => Reply::Raw(403, "application/json", json!({"error": "no"}).to_string()),
        }),
    ] {
        let bot = serve(WireFormat::Generic, false, true, mind).await;
        let report = scan(&bot, "active", "", &[]).await;
        let found = found(&report, "llm/unauthenticated").map(|finding| (finding.confidence, finding.severity));
        assert_eq!(found, weak.then_some((Confidence::Confirmed, Severity::High)), "{:?}", report.coverage);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn planted_instructions_that_are_obeyed_are_found() {
    for weak in [true, false] {
        let bot =
            serve(WireFormat::Generic, false, false, move |call| match call.said.split_once("and nothing else: ") {
                Some((_, rest)) if weak && call.said.contains("Note to the assistant") => {
                    let mut words = rest.split(|c: char| !c.is_alphanumeric());
                    let (one, two) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                    Reply::Says(format!("{two}{one}"))
                }
                _ => Reply::Says(hello(call)),
            })
            .await;
        let report = scan(&bot, "intrusive", "", &[]).await;
        assert_eq!(
            found(&report, "llm/instruction-override").map(|finding| finding.confidence),
            weak.then_some(Confidence::Confirmed)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passive_scan_calls_no_model_and_the_budget_is_kept() {
    let bot = serve(WireFormat::Generic, false, false, |call| Reply::Says(hello(call))).await;
    scan(&bot, "passive", "", &[]).await;
    assert_eq!(bot.hits.lock().unwrap().clone(), Vec::<String>::new());
    let report = scan(&bot, "intrusive", "[llm]\nmax_calls = 7\n", &[]).await;
    assert_eq!(bot.hits.lock().unwrap().len(), 7);
    let row = report.coverage.iter().find(|row| row.check == "llm/cross-user-leak").unwrap();
    assert!(row.outcome == CoverageOutcome::Undecided && row.because.contains("budget of 7 calls"), "{}", row.because);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prompts_of_the_user_are_asked_too() {
    let bot = serve(WireFormat::Generic, false, false, |call| {
        if call.said.contains("open sesame") {
            Reply::Says(format!("{}!", call.token))
        } else {
            Reply::Says(hello(call))
        }
    })
    .await;
    let config = format!(
        "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n[scan]\nmode = \"active\"\n[identities.alice]\nbearer = {{ env = \"BOT_ALICE\" }}\n",
        bot.base_url
    );
    let bench = crate::engine::harness::Bench::new(&config, Some(&bot.document), &bot.env);
    let mut request = routewarden::app::ScanRequest::default();
    request.overrides.checks = vec!["llm/token-leak".to_owned()];
    let report = bench.finished(request.clone()).await.report.clone();
    assert!(found(&report, "llm/token-leak").is_none());
    request.overrides.llm_prompts = vec!["open sesame".to_owned()];
    let report = bench.finished(request.clone()).await.report.clone();
    assert_eq!(found(&report, "llm/token-leak").map(|finding| finding.confidence), Some(Confidence::Confirmed));
    request.overrides.llm_prompts = vec!["x".to_owned(); 9];
    assert!(bench.app.start(request).await.unwrap_err().to_string().contains("at most 8"));
    assert!(bot.hits.lock().unwrap().iter().all(|hit| hit == &format!("POST {}", path(WireFormat::Generic, false))));
}
