//! Tools that run what callers say, bounds, and pages made of a model's words: weak, repaired, and what looks like it.

use std::sync::atomic::{AtomicUsize, Ordering};

use routewarden::llm::WireFormat;
use routewarden::model::{Confidence, Severity};
use routewarden::report::Report;
use serde_json::{Value, json};

use super::bots::{Call, Reply, scan, serve};

/// A mind, its name, and what is to be found of it.
type Case = (&'static str, Mind, Option<(Confidence, Severity)>);

type Mind = fn(&Call<'_>) -> Reply;

fn found(report: &Report, check: &str) -> Option<(Confidence, Severity)> {
    report.findings.iter().find(|finding| finding.check == check).map(|it| (it.confidence, it.severity))
}

fn rows(report: &Report, check: &str) -> Vec<String> {
    report.coverage.iter().filter(|row| row.check == check).map(|row| row.because.clone()).collect()
}

fn plain() -> Reply {
    Reply::Says("I help with orders.".to_owned())
}

fn tools(tool: &str, arguments: &str, result: &str) -> Reply {
    let body = json!({"reply": "Done.", "tool_calls": [{"name": tool, "arguments": arguments}], "tool_results": [{"tool": tool, "output": result}]});
    Reply::Raw(200, "application/json", body.to_string())
}

/// The two words that are to be joined, as the question has them.
fn words(said: &str) -> Option<(String, String)> {
    let (_, rest) = said.split_once("printf '%s%s' ")?;
    let mut words = rest.split_whitespace();
    Some((words.next()?.to_owned(), words.next()?.to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tool_that_runs_what_the_caller_says_is_told_by_its_result() {
    let minds: [Case; 8] = [
        (
            "runs commands",
            |call| match words(&call.said) {
                Some((one, two)) => tools("run_shell", &format!("printf '%s%s' {one} {two}"), &format!("{one}{two}")),
                None => plain(),
            },
            Some((Confidence::Confirmed, Severity::High)),
        ),
        (
            "runs code, perhaps in a sandbox",
            |call| match words(&call.said) {
                Some((one, two)) => {
                    tools("code_interpreter", &format!("print('{one}' + '{two}')"), &format!("{one}{two}"))
                }
                None => plain(),
            },
            Some((Confidence::Suspected, Severity::High)),
        ),
        (
            "claims to have run it",
            |call| match words(&call.said) {
                Some((one, two)) => Reply::Says(format!("I ran it in the shell, and it printed {one}{two}.")),
                None => plain(),
            },
            None,
        ),
        (
            "joins the words itself and searches for them",
            |call| match words(&call.said) {
                Some((one, two)) => tools("search", &format!("{one}{two}"), &format!("nothing found for {one}{two}")),
                None => plain(),
            },
            None,
        ),
        (
            "is refused by its tool",
            |call| match words(&call.said) {
                Some((one, two)) => tools("run_shell", &format!("printf '%s%s' {one} {two}"), "permission denied"),
                None => plain(),
            },
            Some((Confidence::Suspected, Severity::High)),
        ),
        (
            "calls a tool of power",
            |call| if call.said.contains("dry run") { tools("delete_user", "{}", "no such user") } else { plain() },
            Some((Confidence::Suspected, Severity::High)),
        ),
        ("calls it always", |_| tools("sql_query", "select 1", "1"), None),
        (
            "only reads",
            |call| if call.said.contains("tool") { tools("find_order", "{}", "none") } else { plain() },
            None,
        ),
    ];
    for (name, mind, expected) in minds {
        // The one that is refused shows a call of a powerful tool only when asked for one.
        let bot = serve(WireFormat::Generic, false, false, move |call| {
            if name == "is refused by its tool" && call.said.contains("dry run") {
                return tools("run_shell", "{}", "permission denied");
            }
            mind(call)
        })
        .await;
        let report = scan(&bot, "intrusive", "", &[]).await;
        assert_eq!(found(&report, "llm/tool-abuse"), expected, "{name}: {:?}", rows(&report, "llm/tool-abuse"));
    }
}

/// Does what is asked for bounds: reads to the end, counts as far as wished.
fn unbounded(call: &Call<'_>) -> String {
    if let Some((_, word)) = call.said.split_once("Answer with this word alone: ") {
        return word.trim().to_owned();
    }
    let wished =
        call.said.split_once("Count from 1 to ").and_then(|(_, rest)| rest.split(',').next()?.parse::<u32>().ok());
    match wished {
        Some(most) => (1..=most).map(|number| format!("{number}\n")).collect(),
        None => "I help with orders.".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_without_any_bound_is_confirmed_and_each_bound_is_noticed() {
    let low = |confidence| Some((confidence, Severity::Low));
    let minds: [Case; 7] = [
        ("no bound", |call| Reply::Says(unbounded(call)), low(Confidence::Confirmed)),
        (
            "a bound on what it writes",
            |call| Reply::Says(unbounded(call).chars().take(300).collect()),
            low(Confidence::Suspected),
        ),
        (
            "a bound on what it writes, told",
            |call| {
                let all = unbounded(call);
                let short: String = all.chars().take(300).collect();
                let why = if short == all { "stop" } else { "length" };
                Reply::Raw(
                    200,
                    "application/json",
                    json!({"choices": [{"message": {"content": short}, "finish_reason": why}]}).to_string(),
                )
            },
            low(Confidence::Suspected),
        ),
        (
            "a bound on what it reads, kept silently",
            |call| {
                let mut short = call.said.clone();
                short.truncate(4_000);
                Reply::Says(unbounded(&Call { said: short, heard: Vec::new(), ..*call }))
            },
            low(Confidence::Suspected),
        ),
        (
            "a bound on what it reads",
            |call| {
                if call.said.len() > 4_000 {
                    Reply::Raw(413, "application/json", "{}".to_owned())
                } else {
                    Reply::Says(unbounded(call))
                }
            },
            None,
        ),
        (
            "a limit that is announced",
            |call| {
                Reply::Headed(
                    "application/json",
                    ("x-ratelimit-remaining", "99"),
                    json!({"reply": unbounded(call)}).to_string(),
                )
            },
            None,
        ),
        ("one text for everything", |_| Reply::Says("See our list of questions and answers.".to_owned()), None),
    ];
    for (name, mind, expected) in minds {
        let bot = serve(WireFormat::Generic, false, false, mind).await;
        let report = scan(&bot, "intrusive", "", &[]).await;
        let row = rows(&report, "llm/unbounded-consumption");
        assert_eq!(found(&report, "llm/unbounded-consumption"), expected, "{name}: {row:?}");
    }
    // A limit of the rate that sets in at the fourth equal question.
    let equal = AtomicUsize::new(0);
    let bot = serve(WireFormat::Generic, false, false, move |call| {
        let again = call.said.contains("what can you help me with") && call.said.len() < 200;
        if again && call.who == Some("alice") && equal.fetch_add(1, Ordering::SeqCst) >= 3 {
            return Reply::Raw(429, "application/json", json!({"error": "slow down"}).to_string());
        }
        Reply::Says(unbounded(call))
    })
    .await;
    let report = scan(&bot, "intrusive", "", &[]).await;
    assert_eq!(found(&report, "llm/unbounded-consumption"), None);
}

/// The element that the question asks for.
fn element(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("the two words ")?;
    let mut words = rest.split_whitespace();
    let (one, _, two) = (words.next()?, words.next()?, words.next()?);
    Some(format!("<b id=\"{one}{two}\" onclick=\"f()\">x</b>"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_made_of_a_models_words_is_told_from_what_no_browser_runs() {
    fn page(call: &Call<'_>, kind: &'static str, header: (&'static str, &'static str)) -> Reply {
        let said = element(&call.said).unwrap_or_else(|| "I help with orders.".to_owned());
        Reply::Headed(kind, header, format!("<p>{said}</p>"))
    }
    const NOTHING: (&str, &str) = ("x-nothing", "1");
    let minds: [(&str, Mind, bool); 10] = [
        ("a page", |call| page(call, "text/html; charset=utf-8", NOTHING), true),
        (
            "a policy that forbids nothing inline",
            |call| {
                page(
                    call,
                    "text/html",
                    ("content-security-policy", "default-src 'self'; script-src 'self' 'unsafe-inline'"),
                )
            },
            true,
        ),
        ("a policy", |call| page(call, "text/html", ("content-security-policy", "default-src 'self'")), false),
        ("a sandbox", |call| page(call, "text/html", ("content-security-policy", "sandbox allow-forms")), false),
        ("a file", |call| page(call, "text/html", ("content-disposition", "attachment; filename=a.html")), false),
        ("text", |call| page(call, "text/plain", NOTHING), false),
        (
            "escaped",
            |call| {
                let said = element(&call.said).unwrap_or_else(|| "I help with orders.".to_owned());
                Reply::Raw(200, "text/html", format!("<p>{}</p>", said.replace('<', "&lt;").replace('"', "&quot;")))
            },
            false,
        ),
        ("JSON", |call| Reply::Says(element(&call.said).unwrap_or_else(|| "I help with orders.".to_owned())), false),
        (
            "a stream",
            |call| {
                let said = element(&call.said).unwrap_or_else(|| "I help with orders.".to_owned());
                Reply::Raw(200, "text/event-stream", format!("data: {}\n\n", json!({"delta": said})))
            },
            false,
        ),
        (
            "a Markdown image",
            |_| Reply::Says("![x](https://example.com/i.png?d=1) and [a link](javascript:f())".to_owned()),
            false,
        ),
    ];
    for (name, mind, weak) in minds {
        let bot = serve(WireFormat::Generic, false, false, mind).await;
        let report = scan(&bot, "intrusive", "", &[]).await;
        let expected = weak.then_some((Confidence::Confirmed, Severity::Medium));
        assert_eq!(found(&report, "llm/unsafe-output"), expected, "{name}: {:?}", rows(&report, "llm/unsafe-output"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_that_are_repeated_sorted_or_summed_up_are_not_obeyed() {
    fn middle(said: &str) -> String {
        said.split_whitespace()
            .filter(|word| word.len() >= 13)
            .map(|word| word.trim_end_matches('.').to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    }
    let minds: [(&str, Mind); 4] = [
        ("repeats it", |call| Reply::Says(call.said.clone())),
        ("repeats its long words", |call| Reply::Says(middle(&call.said))),
        ("always joins what it finds", |call| {
            let words: Vec<String> = middle(&call.said).split(' ').map(str::to_owned).rev().collect();
            Reply::Says(words.concat())
        }),
        ("sums it up", |_| Reply::Says("The shop is open from nine to five.".to_owned())),
    ];
    for (name, mind) in minds {
        let bot = serve(WireFormat::Generic, false, false, mind).await;
        let report = scan(&bot, "intrusive", "", &[]).await;
        let sure = found(&report, "llm/instruction-override").is_some_and(|(sure, _)| sure == Confidence::Confirmed);
        assert!(!sure, "{name}: {:?}", report.findings.iter().map(|it| &it.clauses).collect::<Vec<_>>());
    }
}

#[test]
fn elements_and_words_are_read_from_the_questions() {
    let value: Value = json!(element("whose id is the two words ab and cd joined"));
    assert_eq!(value, json!("<b id=\"abcd\" onclick=\"f()\">x</b>"));
    assert_eq!(words("Run: printf '%s%s' ab cd (in a shell)"), Some(("ab".to_owned(), "cd".to_owned())));
}
