use std::sync::Arc;
use std::time::Duration;

use routewarden::app::{Overrides, ScanRequest};
use routewarden::report::{CoverageOutcome, Report, Status};
use serde_json::json;

use super::kit::{Reply, Request, answer, head, whole};
use super::notes::Notes;

fn request(max_requests: Option<u64>, timeout: f64) -> ScanRequest {
    let overrides = Overrides { max_requests, timeout_seconds: Some(timeout), ..Overrides::default() };
    ScanRequest { overrides, ..ScanRequest::default() }
}

/// A scan of the notes in which `reply` is the answer to everything but signing in.
async fn scan(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Report {
    let notes = Notes::start(move |request, _| (!request.line.starts_with("POST")).then(&reply)).await;
    notes.bench().finished(request(None, 0.4)).await.report.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_of_a_hostile_target_ends_with_a_report_that_claims_nothing() {
    type Case = (&'static str, Arc<dyn Fn() -> Reply + Send + Sync>);
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let many: String = (0..100_000).map(|n| format!("X-{n}: y\r\n")).collect();
    let lead = |more: &str| format!("{}{more}\r\n", head("200 OK", &["Content-Type: application/json"]));
    let (open, chunked, long) =
        (lead(""), lead("Transfer-Encoding: chunked\r\n"), lead("Content-Length: 100000000\r\n"));
    let crowded = format!("{}{many}\r\n", head("200 OK", &[]));
    let short = long.clone();
    let cases: Vec<Case> = vec![
        ("endless", Arc::new(move || Reply::Endless(open.clone().into_bytes(), vec![b'{'; 65_536]))),
        ("silent", Arc::new(|| Reply::Stall(Vec::new()))),
        ("slow", Arc::new(move || Reply::Stall(long.clone().into_bytes()))),
        ("reset", Arc::new(|| Reply::Reset(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec()))),
        ("short", Arc::new(move || Reply::Bytes(format!("{short}{{}}").into_bytes()))),
        ("bad chunks", Arc::new(move || Reply::Bytes(format!("{chunked}zz\r\n").into_bytes()))),
        ("deep", Arc::new(move || whole("200 OK", &["Content-Type: application/json"], deep.as_bytes()))),
        ("crowded", Arc::new(move || Reply::Bytes(crowded.clone().into_bytes()))),
        ("no text", Arc::new(|| whole("200 OK", &["Content-Type: application/json"], b"\xff\xfe\x00{\"a\":1}"))),
        ("999", Arc::new(|| whole("999", &[], b"{}"))),
        ("HTTP/0.9", Arc::new(|| Reply::Bytes(b"hello".to_vec()))),
        ("500", Arc::new(|| answer(500, &json!({"message": "boom"})))),
    ];
    for (name, reply) in cases {
        let report = scan(move || reply()).await;
        let confirmed: Vec<&str> = report
            .findings
            .iter()
            .filter(|finding| finding.severity >= routewarden::model::Severity::Medium)
            .map(|finding| finding.check.as_str())
            .collect();
        assert_eq!(confirmed, Vec::<&str>::new(), "{name}");
        assert_ne!(report.scan.status, Status::Complete, "{name}");
        let because = report.scan.untrusted_because.clone().unwrap_or_default();
        assert!(because.len() > 20, "{name}: {because}");
        assert_eq!(report.score.grade, None, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_hostile_operation_spoils_none_of_the_others() {
    for reply in [
        (|| Reply::Stall(Vec::new())) as fn() -> Reply,
        || Reply::Endless(format!("{}\r\n", head("200 OK", &[])).into_bytes(), vec![b'x'; 65_536]),
        || Reply::Reset(Vec::new()),
    ] {
        let notes = Notes::start(move |request, _| (request.target() == "/me").then(reply)).await;
        let report = notes.bench().finished(request(None, 2.0)).await.report.clone();
        assert_eq!(report.scan.status, Status::Complete, "{:?}", report.scan.untrusted_because);
        assert!(report.findings.iter().any(|finding| finding.check == "authz/bola-read"));
        let me: Vec<_> = report.coverage.iter().filter(|row| row.operation.path == "/me").collect();
        let is_open = |outcome| matches!(outcome, CoverageOutcome::NotTried | CoverageOutcome::Undecided);
        // Pages for developers are asked for beside the API, whatever operation they are told with.
        let asks_here = |row: &&&routewarden::report::CoverageRow| row.check != "config/debug-endpoint";
        let told: Vec<_> = me
            .iter()
            .filter(asks_here)
            .filter(|row| !is_open(row.outcome))
            .map(|row| (&row.check, row.outcome))
            .collect();
        assert!(told.is_empty(), "{told:?}");
        assert!(!me.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spent_budget_is_never_told_as_a_clean_scan() {
    let whole = Notes::start(|_, _| None).await;
    whole.bench().finished(request(None, 5.0)).await;
    let count = whole.state().count as u64;
    for budget in 1..count {
        let notes = Notes::start(|_, _| None).await;
        let report = notes.bench().finished(request(Some(budget), 5.0)).await.report.clone();
        assert!(report.scan.requests <= budget, "{} of {budget}", report.scan.requests);
        assert!(notes.state().count as u64 <= budget, "{} of {budget}", notes.state().count);
        let told = serde_json::to_string(&(&report.notes, &report.scan.untrusted_because, &report.coverage)).unwrap();
        assert!(told.contains("budget"), "{budget} of {count}: {told}");
        let noted = report.notes.iter().any(|note| note.contains("requests is spent"));
        assert!(noted, "{budget} of {count}: {:?}", report.notes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_scan_is_stored_and_sends_nothing_more() {
    let whole = Notes::start(|_, _| None).await;
    whole.bench().scan().await;
    let count = whole.state().count;
    for at in (1..count).step_by(4) {
        let (reached, mut wait) = tokio::sync::watch::channel(false);
        let notes = Notes::start(move |_: &Request, state| {
            (state.count >= at).then(|| {
                reached.send_replace(true);
                Reply::Stall(Vec::new())
            })
        })
        .await;
        let bench = notes.bench();
        let mut handle = bench.app.start(request(None, 30.0)).await.unwrap();
        wait.wait_for(|reached| *reached).await.unwrap();
        handle.cancel.cancel();
        let report =
            tokio::time::timeout(Duration::from_secs(20), handle.finished()).await.unwrap().unwrap().report.clone();
        assert_eq!(report.scan.status, Status::Interrupted, "at {at}: {:?}", report.scan.untrusted_because);
        assert_eq!((report.score.value, report.score.grade.as_deref()), (None, None));
        let stored = bench.app.report(Some(&handle.id)).await.unwrap();
        assert_eq!(stored.scan.status, Status::Interrupted);
        let sent = notes.server.lines().len();
        bench.app.shut_down().await;
        assert_eq!(notes.server.lines().len(), sent, "at {at}");
        assert!(sent as u64 <= report.scan.requests, "at {at}: {sent} of {}", report.scan.requests);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_limits_the_rate_is_scanned_all_the_same() {
    let notes = Notes::start(|request, state| {
        let limited = request.line.starts_with("GET") && state.count.is_multiple_of(9);
        limited.then(|| whole("429 X", &["Retry-After: 0"], b""))
    })
    .await;
    let report = notes.bench().scan().await;
    assert_eq!(report.scan.status, Status::Complete, "{:?}", report.scan.untrusted_because);
    assert!(report.findings.iter().any(|finding| finding.check == "authz/bola-read"), "{:?}", report.coverage);
    assert!(report.notes.iter().any(|note| note.contains("slow down (status 429)")), "{:?}", report.notes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enormous_list_is_read_without_harm() {
    let wide = format!("[{}1]", "1,".repeat(900_000));
    let report = scan(move || whole("200 OK", &["Content-Type: application/json"], wide.as_bytes())).await;
    let severe = report.findings.iter().filter(|finding| finding.severity >= routewarden::model::Severity::Medium);
    assert_eq!(severe.count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_the_same_for_everybody_proves_no_session() {
    let notes = Notes::start(|request, _| {
        let public = request.target() == "/me";
        Some(if public { answer(200, &json!({"status": "up"})) } else { answer(401, &json!({})) })
    })
    .await;
    let report = notes.bench_with_tokens().scan().await;
    assert!(report.scan.identities.iter().all(|identity| !identity.signed_in), "{:?}", report.scan.identities);
    assert_eq!(report.scan.status, Status::Untrusted);
    assert_eq!(report.score.grade, None);
}
