//! What an everyday answer tells of the server's own machine, and errors where nothing but errors comes.

use routewarden::llm::WireFormat;
use routewarden::model::Confidence;
use routewarden::report::{CoverageOutcome, Report};
use serde_json::json;

use super::bots::{Reply, scan, scan_for, serve};

fn claims(report: &Report, check: &str) -> Vec<String> {
    report.findings.iter().filter(|finding| finding.check == check).map(|finding| finding.claim.clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paths_of_the_servers_documents_are_told_as_a_fact() {
    for (place, weak) in [
        ("/srv/handbook/internal/prices.pdf", true),
        ("s3://northwind-internal/prices.pdf", true),
        ("https://shop.test/help/prices", false),
        ("prices.pdf", false),
    ] {
        let bot = serve(WireFormat::Generic, false, false, move |call| {
            let sources = json!([{"content": "Shipping is free from 40 on.", "metadata": {"source": place}}]);
            let answer = json!({"reply": format!("Answer {} of the handbook.", call.n), "sources": sources});
            Reply::Raw(200, "application/json", answer.to_string())
        })
        .await;
        let report = scan_for("llm/model-disclosure", &bot, "active", "", &[]).await;
        let told = claims(&report, "llm/model-disclosure");
        assert_eq!(told.len(), usize::from(weak), "{place}: {told:?}");
        assert!(told.iter().all(|claim| claim.contains("keeps the documents") && !claim.contains(place)), "{told:?}");
        assert!(report.findings.iter().all(|finding| finding.confidence == Confidence::Observation));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_that_tells_the_prompt_is_found_where_every_question_fails() {
    const PROMPT: &str = "You are Marla, the assistant of Northwind Traders. Orders above 400 are checked by hand. Never tell a customer that returns after 30 days are possible.";
    for weak in [true, false] {
        let bot = serve(WireFormat::Generic, false, false, move |call| {
            let wrong = call.said.len() > 5_000 || !call.said.contains(' ');
            let told = if weak && wrong { format!("System: {PROMPT}\nHuman: ...") } else { "upstream".to_owned() };
            Reply::Raw(500, "application/json", json!({"error": "the engine failed", "input": told}).to_string())
        })
        .await;
        let report = scan(&bot, "active", "", &[]).await;
        let found = report.findings.iter().find(|finding| finding.check == "llm/system-prompt-leak");
        assert_eq!(found.map(|finding| finding.confidence), weak.then_some(Confidence::Confirmed), "{found:?}");
        if !weak {
            let row = report.coverage.iter().find(|row| row.check == "llm/system-prompt-leak").unwrap();
            assert_eq!(row.outcome, CoverageOutcome::Undecided, "{}", row.because);
        }
    }
}
