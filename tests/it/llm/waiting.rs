//! Models take their time: the limit of ordinary answers is not theirs.

use std::time::{Duration, Instant};

use routewarden::app::{Progress, ScanRequest};
use routewarden::llm::WireFormat;
use routewarden::report::CoverageOutcome;

use super::bots::{Bot, Reply, scan, serve};
use crate::engine::harness::Bench;

async fn slow(wait: Duration) -> Bot {
    serve(WireFormat::Generic, false, false, move |call| Reply::Late(wait, format!("This is answer {}.", call.n))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_may_take_longer_than_other_answers() {
    let bot = slow(Duration::from_millis(400)).await;
    let report = scan(&bot, "active", "[llm]\nmax_calls = 8\n", &[]).await;
    let quick = scan(&bot, "active", "[llm]\nmax_calls = 8\ntimeout_seconds = 0.1\n", &[]).await;
    let outcome = |report: &routewarden::report::Report| {
        let row = report.coverage.iter().find(|row| row.check == "llm/model-disclosure").unwrap();
        (row.outcome, row.because.clone())
    };
    assert_eq!(outcome(&report).0, CoverageOutcome::Held, "{:?}", outcome(&report));
    let (outcome, because) = outcome(&quick);
    assert_eq!(outcome, CoverageOutcome::Undecided);
    assert!(because.contains("no answer in time") && because.contains("timeout_seconds"), "{because}");
    // After a few calls in vain the rest is not waited for.
    assert!(bot.hits.lock().unwrap().len() <= 8 + 6, "{:?}", bot.hits.lock().unwrap().len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_tells_that_it_waits_and_can_be_stopped_meanwhile() {
    let bot = slow(Duration::from_secs(50)).await;
    let config = format!(
        "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n[scan]\nmode = \"active\"\ntimeout_seconds = 1\n[identities.alice]\nbearer = {{ env = \"BOT_ALICE\" }}\n",
        bot.base_url
    );
    let bench = Bench::new(&config, Some(&bot.document), &bot.env);
    let mut request = ScanRequest::default();
    request.overrides.checks = vec!["llm/token-leak".to_owned()];
    let mut handle = bench.app.start(request).await.unwrap();
    let began = Instant::now();
    let mut progress = handle.progress.clone();
    progress.wait_for(|known: &Progress| known.phase == "waiting for a model").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    // The limit of ordinary answers is over, and the model is still waited for.
    assert_eq!(progress.borrow().phase, "waiting for a model");
    handle.cancel.cancel();
    handle.finished().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}
