//! A target that dies in the middle of a passive scan, in every way: noticed within three requests, and never complete.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use routewarden::app::{Overrides, ScanRequest};
use routewarden::cli::{Bar, Confident, Exit, Threshold};
use routewarden::probe::{Ask, AskCaller, Limits};
use routewarden::report::{Report, Status};
use serde_json::json;
use url::Url;

use super::kit::{Reply, answer, head, probe, whole};
use super::notes::Notes;

fn request() -> ScanRequest {
    let overrides = Overrides { concurrency: Some(1), timeout_seconds: Some(0.4), ..Overrides::default() };
    ScanRequest { overrides, ..ScanRequest::default() }
}

fn exit(report: &Report) -> u8 {
    let bar = Bar { fail_on: Threshold::Never, min_confidence: Confident::Confirmed, known: Default::default() };
    Exit::of_report(report, &bar).code()
}

/// The report of a scan whose target is as `reply` says from the request of this number on; and how many were sent from
/// then on. Without a reply the server ends for good.
async fn scan(at: usize, ends: bool, reply: impl Fn() -> Option<Reply> + Send + Sync + 'static) -> (Report, usize) {
    let (dead, mut dies) = tokio::sync::watch::channel(false);
    let since = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&since);
    let notes = Notes::start(move |_, state| {
        if state.count < at {
            return None;
        }
        count.fetch_add(1, Ordering::SeqCst);
        if ends {
            dead.send_replace(true);
            // Until it is gone for good.
            return if state.count == at { reply() } else { Some(Reply::Reset(Vec::new())) };
        }
        reply()
    })
    .await;
    let bench = notes.bench();
    let running = tokio::spawn(async move { bench.finished(request()).await.report.clone() });
    if ends {
        dies.wait_for(|dead| *dead).await.unwrap();
        // The answer that is on its way is not the one to be lost.
        tokio::time::sleep(Duration::from_millis(2)).await;
        drop(notes);
        return (running.await.unwrap(), since.load(Ordering::SeqCst));
    }
    (running.await.unwrap(), since.load(Ordering::SeqCst))
}

async fn requests_of_a_whole_scan() -> usize {
    let notes = Notes::start(|_, _| None).await;
    let report = notes.bench().finished(request()).await.report.clone();
    assert_eq!(report.scan.status, Status::Complete, "{:?}", report.scan.untrusted_because);
    notes.state().count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_dies_is_noticed_and_ends_the_scan() {
    type Manner = (&'static str, bool, fn() -> Option<Reply>);
    let half = || {
        Some(Reply::Bytes(
            format!("{}Content-Length: 90\r\n\r\n{{\"id\":", head("200 OK", &["Content-Type: application/json"]))
                .into_bytes(),
        ))
    };
    let short = || Some(whole("200 OK", &["Content-Type: application/json"], b"[{\"id\": \"a1\", \"te"));
    let manners: [Manner; 7] = [
        ("ends in the middle", true, || Some(Reply::Reset(Vec::new()))),
        ("ends after an answer", true, || None),
        ("resets", false, || Some(Reply::Reset(Vec::new()))),
        ("hangs", false, || Some(Reply::Stall(Vec::new()))),
        ("answers half", false, half),
        ("answers half, whole to HTTP", false, short),
        ("answers 500", false, || Some(answer(500, &json!({"message": "boom"})))),
    ];
    let count = requests_of_a_whole_scan().await;
    for (name, ends, reply) in manners {
        // In the survey, and in the checks.
        for at in [6, count * 2 / 3, count - 6] {
            let (report, since) = scan(at, ends, reply).await;
            let told = format!("{name} at {at} of {count}: {:?}", report.scan.untrusted_because);
            assert_eq!(report.scan.status, Status::TargetDied, "{told}");
            assert_eq!((exit(&report), report.score.grade.as_deref()), (3, None), "{told}");
            assert!(told.contains("the last request before that was GET /"), "{told}");
            // Three that fail before a run is one, and two looks.
            assert!(since <= 5, "{told}: {since} requests were sent to it since then");
            let finding = report.findings.iter().find(|finding| finding.check == "validation/server-error");
            let finding = finding.unwrap_or_else(|| panic!("{told}"));
            assert!(finding.exchanges.iter().any(|exchange| exchange.role == routewarden::model::Role::Attack));
            assert!(!report.coverage.is_empty(), "{told}");
        }
    }
}

/// Serves one request after another, each in so long, also those that nobody waits for any more.
fn busy(each: Duration) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let one_at_a_time = Arc::new(std::sync::Mutex::new(()));
    std::thread::spawn(move || {
        for stream in listener.incoming().take(60) {
            let (mut stream, turn) = (stream.unwrap(), Arc::clone(&one_at_a_time));
            std::thread::spawn(move || {
                let mut head = [0; 4096];
                let _ = stream.read(&mut head);
                let _turn = turn.lock().unwrap();
                std::thread::sleep(each);
                let body = "{\"id\": 1}";
                let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n";
                let _ = stream.write_all(format!("{head}{body}").as_bytes());
            });
        }
    });
    base
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_works_off_what_it_was_asked_is_late_and_not_dead() {
    let base = busy(Duration::from_millis(400));
    let limits = Limits { timeout: Duration::from_secs(1), ..Limits::default() };
    let probe = probe(&base, Vec::new(), limits);
    let ask = |path: &str| Ask::get(AskCaller::Anonymous, Url::parse(&format!("{base}{path}")).unwrap());
    assert_eq!(probe.send(&ask("/good")).await.unwrap().status(), Some(200));
    let asks: Vec<Ask> = (0..8).map(|n| ask(&format!("/rows/{n}"))).collect();
    let answers = futures_util::future::join_all(asks.iter().map(|ask| probe.send(ask))).await;
    let late = answers.iter().filter(|answer| answer.as_ref().is_ok_and(|answer| answer.is_late())).count();
    assert!(late >= 4, "{late}");
    assert!(probe.death().is_none(), "{:?}", probe.death().map(|death| death.manner()));
    assert_eq!(probe.look_again(&ask("/good")).await.unwrap().status(), Some(200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_fails_at_times_is_scanned_to_the_end() {
    // Every fifth answer is lost, in one of three ways.
    let notes = Notes::start(|request, state| {
        let lost = request.line.starts_with("GET") && state.count.is_multiple_of(5);
        lost.then(|| match state.count % 3 {
            0 => Reply::Reset(Vec::new()),
            1 => answer(500, &json!({"message": "boom"})),
            _ => answer(502, &json!({})),
        })
    })
    .await;
    let report = notes.bench().finished(request()).await.report.clone();
    assert_ne!(report.scan.status, Status::TargetDied, "{:?}", report.scan.untrusted_because);
    assert!(!report.findings.iter().any(|finding| finding.check == "validation/server-error"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routes_that_always_fail_are_no_death() {
    let notes =
        Notes::start(|request, _| request.target().starts_with("/notes").then(|| answer(500, &json!({})))).await;
    let report = notes.bench().finished(request()).await.report.clone();
    assert_ne!(report.scan.status, Status::TargetDied, "{:?}", report.scan.untrusted_because);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_whose_time_is_over_has_a_report_that_says_so() {
    let notes = Notes::start(|request, state| {
        (request.line.starts_with("GET") && state.count > 8).then(|| Reply::Stall(Vec::new()))
    })
    .await;
    let mut request = request();
    request.overrides.max_seconds = Some(1);
    request.overrides.timeout_seconds = Some(60.0);
    let began = std::time::Instant::now();
    let report = notes.bench().finished(request).await.report.clone();
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!((report.scan.status, exit(&report)), (Status::Budget, 3), "{:?}", report.scan.untrusted_because);
    assert!(report.scan.untrusted_because.unwrap().contains("max_seconds"));
    assert_eq!(report.score.grade, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_answered_in_time_is_named() {
    let notes = Notes::start(|request, _| (request.target() == "/me").then(|| Reply::Stall(Vec::new()))).await;
    let report = notes.bench().finished(request()).await.report.clone();
    let note = report.notes.iter().find(|note| note.contains("no answer came in time"));
    assert!(note.is_some_and(|note| note.contains("GET /me")), "{:?}", report.notes);
}
