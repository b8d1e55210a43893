//! What is said of weak servers is what was seen, and what was not seen is not said.

use std::sync::atomic::{AtomicU8, Ordering};

use routewarden::app::{RecheckOutcome, ScanRequest};
use routewarden::model::{Confidence, FindingId};
use routewarden::report::CoverageOutcome;
use serde_json::json;

use super::kit::{finding, no, outcome, serve, yes};

const TWO: [(&str, &str, &str); 2] = [("alice", "user", ""), ("bob", "user", "")];

/// 0: any signed-in caller reads any note. 1: so does everybody. 2: repaired. 3: broken. 4: overloaded.
static NOTES: AtomicU8 = AtomicU8::new(0);

fn notes(path: &str, who: Option<&str>) -> (u16, serde_json::Value) {
    let state = NOTES.load(Ordering::SeqCst);
    let known = who.filter(|who| *who != "?");
    let note = |id: u16, owner: &str| json!({"id": id, "owner": owner, "secret_text": format!("secret of note {id}")});
    let of = |owner: &str| {
        let id = if owner == "alice" { 901 } else { 902 };
        match (state, known) {
            (1, _) => yes(note(id, owner)),
            (_, None) => no(401),
            (3, _) => no(403),
            (4, _) => no(500),
            (2, Some(who)) if who != owner => no(403),
            _ => yes(note(id, owner)),
        }
    };
    match (path, known) {
        ("/me", Some(who)) => yes(json!({"username": who})),
        ("/notes", Some(who)) => yes(json!([note(if who == "alice" { 901 } else { 902 }, who)])),
        ("/notes/901", _) => of("alice"),
        ("/notes/902", _) => of("bob"),
        (_, None) => no(401),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_refused_attack_with_a_served_owner_is_a_repair() {
    let served = serve(&["/me", "/notes", "/notes/{id}"], &TWO, notes).await;
    let report = served.bench.scan().await;
    let found = finding(&report, "authz/bola-read", "/notes/{id}").unwrap();
    assert_eq!(found.confidence, Confidence::Confirmed, "{found:#?}");
    let expected = [
        RecheckOutcome::StillVulnerable,
        RecheckOutcome::Inconclusive,
        RecheckOutcome::Fixed,
        RecheckOutcome::Broken,
        RecheckOutcome::Inconclusive,
    ];
    for (state, expected) in expected.into_iter().enumerate() {
        NOTES.store(u8::try_from(state).unwrap(), Ordering::SeqCst);
        let request = ScanRequest { recheck: vec![FindingId(found.id.clone())], ..ScanRequest::default() };
        let finished = served.bench.finished(request).await;
        assert_eq!(finished.recheck[0].outcome, expected, "state {state}: {}", finished.recheck[0].because);
    }
}

/// Bob's list fails.
fn half(path: &str, who: Option<&str>) -> (u16, serde_json::Value) {
    match (path, who.filter(|who| *who != "?")) {
        (_, None) => no(401),
        ("/me", Some(who)) => yes(json!({"username": who})),
        ("/orders", Some("alice")) => yes(json!([{"id": 31, "owner": "alice", "text": "first of them"}])),
        _ => no(500),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_could_show_nothing_of_others_holds_nothing() {
    let report = serve(&["/me", "/orders"], &TWO, half).await.bench.scan().await;
    let (outcome, because) = outcome(&report, "authz/bola-list", "/orders");
    assert_eq!(outcome, CoverageOutcome::Undecided, "{because}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_of_the_demo_stays_within_its_plan() {
    use routewarden::demo::{DemoOptions, start};
    for repaired in [false, true] {
        let demo = start(DemoOptions { repaired, port: 0 }).await.unwrap();
        let bench = crate::engine::harness::Bench::new(&demo.config_toml(), None, &demo.secrets());
        let plan = bench.finished(ScanRequest { dry_run: true, ..ScanRequest::default() }).await.report.plan.clone();
        let most: u64 = plan.iter().map(|row| row.max_requests).sum();
        let report = bench.scan().await;
        let sign_ins = report.scan.identities.len() as u64;
        assert!(report.scan.requests <= most + sign_ins + 1, "{} of {most}", report.scan.requests);
        let asked: std::collections::BTreeSet<&str> = report
            .coverage
            .iter()
            .filter(|row| row.outcome != CoverageOutcome::NotTried)
            .map(|row| row.operation.path.as_str())
            .collect();
        for row in plan.iter().filter(|row| row.skipped_because.is_some()) {
            let path = row.operation.path.as_str();
            let read = plan.iter().any(|other| other.operation.path == path && other.skipped_because.is_none());
            assert!(read || !asked.contains(path), "{path} was asked though the plan skips it");
        }
    }
}

/// Nothing says who is who but that each list has one author throughout; the notes themselves are open to all.
fn authored(path: &str, who: Option<&str>) -> (u16, serde_json::Value) {
    let Some(who) = who.filter(|who| *who != "?") else { return no(401) };
    let note = |id: &str| json!({"key": id, "author": if id == "N-51" { "al" } else { "bo" }, "text": format!("words of {id}")});
    match path {
        "/notes" => yes(json!([note(if who == "alice" { "N-51" } else { "N-52" })])),
        "/notes/N-51" => yes(note("N-51")),
        "/notes/N-52" => yes(note("N-52")),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_one_author_each_tell_who_is_who() {
    let report = serve(&["/notes", "/notes/{key}"], &TWO, authored).await.bench.scan().await;
    let found = finding(&report, "authz/bola-read", "/notes/{key}").unwrap();
    assert_eq!(found.confidence, Confidence::Confirmed, "{found:#?}");
}

static GUARD: AtomicU8 = AtomicU8::new(0);

/// State 0: strangers are served, as everyone is; 1: who signs in is served, whoever owns it; 2: owners alone.
fn guarded(path: &str, who: Option<&str>) -> (u16, serde_json::Value) {
    let known = who.filter(|who| *who != "?");
    let state = GUARD.load(Ordering::SeqCst);
    let note = |id: u16, owner: &str| json!({"id": id, "owner": owner, "secret_text": format!("secret of note {id}")});
    let of = |owner: &str| match (state, known) {
        (0, _) | (1, Some(_)) => yes(note(if owner == "alice" { 901 } else { 902 }, owner)),
        (_, None) => no(401),
        (_, Some(who)) if who == owner => yes(note(if owner == "alice" { 901 } else { 902 }, owner)),
        _ => no(404),
    };
    match (path, known) {
        ("/me", Some(who)) => yes(json!({"username": who})),
        ("/notes", Some(who)) => yes(json!([note(if who == "alice" { 901 } else { 902 }, who)])),
        ("/notes/901", _) => of("alice"),
        ("/notes/902", _) => of("bob"),
        (_, None) => no(401),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guard_that_opens_objects_to_every_user_is_no_repair() {
    GUARD.store(0, Ordering::SeqCst);
    let served = serve(&["/me", "/notes", "/notes/{id}"], &TWO, guarded).await;
    let report = served.bench.scan().await;
    let found = finding(&report, "authn/missing", "/notes/{id}").unwrap();
    for (state, expected) in [(1, RecheckOutcome::NewWeakness), (2, RecheckOutcome::Fixed)] {
        GUARD.store(state, Ordering::SeqCst);
        let request = ScanRequest { recheck: vec![FindingId(found.id.clone())], ..ScanRequest::default() };
        let finished = served.bench.finished(request).await;
        let row = &finished.recheck[0];
        assert_eq!(row.outcome, expected, "state {state}: {}", row.because);
        assert_eq!(finished.report.score.grade, None, "a recheck has no grade");
        if state == 1 {
            let new = finding(&finished.report, "authz/bola-read", "/notes/{id}").unwrap();
            assert!(row.because.contains(&new.id), "{}", row.because);
            let explained = served.bench.app.explain_finding(&FindingId(new.id.clone()), None).await.unwrap();
            assert_eq!(explained.check, "authz/bola-read");
        }
    }
}
