use std::collections::BTreeSet;

use routewarden::model::{Credential, Method, Severity, TokenSource};
use routewarden::probe::{Ask, AskCaller, Limits, SendError, WriteKind};
use routewarden::report::{CoverageOutcome, Report, Status};
use serde_json::json;

use super::kit::{Reply, Request, Server, answer, bearer, identity, pointer, probe, recipe, whole};
use super::notes::{Notes, State};

/// Findings that matter; mere facts are told of whichever operation came first.
fn found(report: &Report) -> BTreeSet<(String, String)> {
    let severe = report.findings.iter().filter(|finding| finding.severity >= Severity::Medium);
    severe.map(|finding| (finding.check.clone(), finding.operation.path.clone())).collect()
}

fn held(report: &Report) -> BTreeSet<(String, String)> {
    let rows = report.coverage.iter().filter(|row| row.outcome == CoverageOutcome::Held);
    rows.map(|row| (row.check.clone(), row.operation.path.clone())).collect()
}

async fn healthy() -> (Report, usize) {
    let notes = Notes::start(|_, _| None).await;
    let report = notes.bench().scan().await;
    assert_eq!(report.scan.status, Status::Complete, "{:?}", report.scan.untrusted_because);
    assert!(found(&report).contains(&("authz/bola-read".to_owned(), "/notes/{note_id}".to_owned())));
    let count = notes.state().count;
    (report, count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_expires_at_any_time_changes_nothing_but_the_notes() {
    let (usual, count) = healthy().await;
    for at in 4..count {
        let notes = Notes::start(move |_, state| {
            if state.count == at {
                state.live.clear();
            }
            None
        })
        .await;
        let report = notes.bench().scan().await;
        assert_eq!(
            report.scan.status,
            Status::Complete,
            "at {at}: {:?} {:?}",
            report.scan.untrusted_because,
            report.notes
        );
        assert_eq!(found(&report), found(&usual), "at {at}: {:?}", report.notes);
        if notes.state().issued.len() > 4 {
            let renewed = report.notes.iter().any(|note| note.contains("expired during the scan and was renewed"));
            assert!(renewed, "at {at}: {:?}", report.notes);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_dies_gives_no_verdict_afterwards() {
    let (usual, count) = healthy().await;
    let mut noted = 0;
    for at in 4..count {
        let notes = Notes::start(move |_, state| {
            if state.count == at {
                state.live.retain(|_, name| *name != "bob");
            }
            None
        })
        .await;
        let report = notes.bench_with_tokens().scan().await;
        let more: Vec<_> = found(&report).difference(&found(&usual)).cloned().collect();
        assert!(more.is_empty(), "at {at}: {more:?} {:?}", report.notes);
        let false_peace: Vec<_> = held(&report).intersection(&found(&usual)).cloned().collect();
        assert!(false_peace.is_empty(), "at {at}: {false_peace:?} held, though broken; {:?}", report.notes);
        let told = report.notes.iter().any(|note| note.contains("credential of bob stopped working"));
        noted += usize::from(told);
    }
    assert!(noted > 3, "only {noted} scans said so");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_never_last_end_the_scan_all_the_same() {
    let notes = Notes::start(|_, state| {
        if state.count % 3 == 0 {
            state.live.clear();
        }
        None
    })
    .await;
    let report = notes.bench().scan().await;
    let told = report.notes.iter().any(|note| note.contains("renewed")) || report.scan.status == Status::Untrusted;
    assert!(told, "{:?} {:?}", report.scan.status, report.notes);
    assert!(notes.state().count < 2_000, "{}", notes.state().count);
}

/// Serves `/private` to the bearer of the latest token alone; sign-in number `n` gives `tokens(n)`.
fn expiring(tokens: impl Fn(usize) -> String + Send + Sync + 'static, lasts: usize) -> impl Fn(&Request) -> Reply {
    let state = std::sync::Mutex::new((0_usize, 0_usize));
    move |request| {
        let mut state = state.lock().unwrap();
        if request.line.starts_with("POST /login") {
            *state = (state.0 + 1, 0);
            return answer(200, &json!({"token": tokens(state.0)}));
        }
        if request.bearer() != tokens(state.0) || state.1 == lasts {
            return answer(401, &json!({}));
        }
        state.1 += 1;
        answer(200, &json!({"served": true}))
    }
}

#[tokio::test]
async fn an_expired_session_is_renewed_once_for_many_requests() {
    let server = Server::start(expiring(|n| format!("token-number-{n}-abcdef"), 40)).await;
    let alice = identity("alice", Credential::Login(recipe(pointer("/token"))));
    let probe = probe(&server.base, vec![alice], Limits::default());
    probe.sign_in(&probe.identities()[0]).await.unwrap();
    let ask = |n: u32| Ask::get(AskCaller::Identity("alice".to_owned()), server.url(&format!("/private/{n}")));
    let answers = futures_util::future::join_all((0..60).map(|n| {
        let ask = ask(n);
        let probe = &probe;
        async move { probe.send(&ask).await.unwrap().status() }
    }))
    .await;
    assert!(answers.iter().all(|status| *status == Some(200)), "{answers:?}");
    assert_eq!(server.lines().iter().filter(|line| line.starts_with("POST")).count(), 2);
}

#[tokio::test]
async fn a_meant_refusal_does_not_sign_in_again() {
    let server = Server::start(|request| {
        if request.line.starts_with("POST") {
            answer(200, &json!({"token": "token-of-alice-0123456789"}))
        } else if request.target() == "/private" && request.bearer() == "token-of-alice-0123456789" {
            answer(200, &json!({"served": true}))
        } else {
            answer(401, &json!({}))
        }
    })
    .await;
    let alice = identity("alice", Credential::Login(recipe(pointer("/token"))));
    let probe = probe(&server.base, vec![alice], Limits::default());
    probe.sign_in(&probe.identities()[0]).await.unwrap();
    for path in ["/private", "/other", "/another"] {
        probe.send(&Ask::get(AskCaller::Identity("alice".to_owned()), server.url(path))).await.unwrap();
    }
    assert_eq!(server.lines().iter().filter(|line| line.starts_with("POST")).count(), 1);
    assert_eq!(probe.notes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_session_that_ends_before_its_first_request_is_renewed_once() {
    for (lasts, logins, expected) in [(1, 2, 200), (9, 2, 401)] {
        let count = std::sync::atomic::AtomicUsize::new(0);
        let server = Server::start(move |request| {
            if request.line.starts_with("POST") {
                let n = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                return answer(200, &json!({"token": format!("token-number-{n}-abcdef")}));
            }
            let good = request.bearer() == format!("token-number-{lasts}-abcdef");
            answer(if good { 200 } else { 401 }, &json!({}))
        })
        .await;
        let alice = identity("alice", Credential::Login(recipe(pointer("/token"))));
        let probe = probe(&server.base, vec![alice], Limits::default());
        probe.sign_in(&probe.identities()[0]).await.unwrap();
        for path in ["/one", "/two", "/three"] {
            let ask = Ask::get(AskCaller::Identity("alice".to_owned()), server.url(path));
            assert_eq!(probe.send(&ask).await.unwrap().status(), Some(expected));
        }
        assert_eq!(server.lines().iter().filter(|line| line.starts_with("POST")).count(), logins);
        let told = probe.notes().iter().filter(|note| note.contains("was renewed")).count();
        assert_eq!(told, usize::from(expected == 200), "{:?}", probe.notes());
    }
}

#[tokio::test]
async fn a_sign_in_that_fails_again_is_not_tried_at_every_refusal() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let first = request.line.starts_with("POST") && count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        answer(if first { 200 } else { 401 }, &json!({"token": "token-of-alice-0123456789"}))
    })
    .await;
    let alice = identity("alice", Credential::Login(recipe(pointer("/token"))));
    let probe = probe(&server.base, vec![alice], Limits::default());
    probe.sign_in(&probe.identities()[0]).await.unwrap();
    for n in 0..20 {
        let ask = Ask::get(AskCaller::Identity("alice".to_owned()), server.url(&format!("/{n}")));
        assert_eq!(probe.send(&ask).await.unwrap().status(), Some(401));
    }
    assert_eq!(server.lines().iter().filter(|line| line.starts_with("POST")).count(), 2);
}

#[tokio::test]
async fn what_was_not_asked_is_told() {
    let server = Server::start(|_| answer(200, &json!({}))).await;
    let probe = probe(&server.base, Vec::new(), Limits { max_requests: 2, ..Limits::default() });
    for n in 0..2 {
        probe.send(&Ask::get(AskCaller::Anonymous, server.url(&format!("/{n}")))).await.unwrap();
    }
    assert_eq!(probe.unfinished(), None);
    let third = Ask::get(AskCaller::Anonymous, server.url("/3"));
    assert_eq!(probe.send(&third).await.unwrap_err(), SendError::Budget(2));
    assert!(probe.unfinished().unwrap().contains("raise max_requests"));
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn a_dead_token_is_an_error_and_not_a_refusal() {
    let served = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |_| {
        let n = served.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if n == 0 { answer(200, &json!({"served": true})) } else { answer(401, &json!({})) }
    })
    .await;
    let probe = probe(&server.base, vec![bearer("alice", "alice-token-0123456789")], Limits::default());
    probe.sign_in(&probe.identities()[0]).await.unwrap();
    let send =
        async |path: &str| probe.send(&Ask::get(AskCaller::Identity("alice".to_owned()), server.url(path))).await;
    assert_eq!(send("/private").await.unwrap().status(), Some(200));
    assert!(matches!(send("/other").await, Err(SendError::SessionGone(_))));
    let before = server.lines().len();
    assert!(matches!(send("/third").await, Err(SendError::SessionGone(_))));
    assert_eq!(server.lines().len(), before);
    assert_eq!(probe.notes().len(), 1);
    assert!(probe.unfinished().unwrap().contains("alice"));
}

#[tokio::test]
async fn a_redirect_to_the_sign_in_page_is_an_expired_session_too() {
    let served = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |request| {
        if request.line.starts_with("POST") {
            return whole("302 Found", &["Set-Cookie: sid=session-value-0123456789", "Location: /"], b"");
        }
        let n = served.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if n == 1 || n == 2 { super::kit::redirect(302, "/users/sign_in") } else { answer(200, &json!({"n": n})) }
    })
    .await;
    let alice = identity("alice", Credential::Login(recipe(TokenSource::Cookie("sid".to_owned()))));
    let probe = probe(&server.base, vec![alice], Limits::default());
    probe.sign_in(&probe.identities()[0]).await.unwrap();
    for path in ["/private", "/other"] {
        let answer = probe.send(&Ask::get(AskCaller::Identity("alice".to_owned()), server.url(path))).await.unwrap();
        assert_eq!(answer.status(), Some(200));
    }
    assert_eq!(server.lines().iter().filter(|line| line.starts_with("POST")).count(), 2);
}

#[tokio::test]
async fn a_write_that_ended_the_session_is_not_sent_again() {
    let ended = std::sync::atomic::AtomicBool::new(false);
    let server = Server::start(move |request| {
        if request.line.starts_with("POST /login") {
            ended.store(false, std::sync::atomic::Ordering::Relaxed);
            return whole("302 Found", &["Set-Cookie: sid=session-value-0123456789", "Location: /"], b"");
        }
        if request.line.starts_with("POST /things") {
            ended.store(true, std::sync::atomic::Ordering::Relaxed);
            return super::kit::redirect(303, "/users/sign_in");
        }
        match ended.load(std::sync::atomic::Ordering::Relaxed) {
            true => super::kit::redirect(302, "/users/sign_in"),
            false => answer(200, &json!({"served": true})),
        }
    })
    .await;
    let alice = identity("alice", Credential::Login(recipe(TokenSource::Cookie("sid".to_owned()))));
    let (probe, _folder) = super::writes::writing(probe(&server.base, vec![alice], Limits::default()));
    probe.sign_in(&probe.identities()[0]).await.unwrap();
    let caller = || AskCaller::Identity("alice".to_owned());
    assert_eq!(probe.send(&Ask::get(caller(), server.url("/private"))).await.unwrap().status(), Some(200));

    let write = Ask { method: Method::Post, ..Ask::get(caller(), server.url("/things")) };
    let answer = probe.send_write(&write, super::writes::note(WriteKind::Tries)).await.unwrap().answer;
    assert_eq!(answer.status(), Some(303));
    assert_eq!(server.lines().iter().filter(|line| line.starts_with("POST /things")).count(), 1);
    // The session was renewed all the same.
    assert_eq!(probe.look_again(&Ask::get(caller(), server.url("/other"))).await.unwrap().status(), Some(200));
}

#[tokio::test]
async fn a_token_that_is_born_expired_is_used_all_the_same() {
    use base64::Engine as _;
    let part = |value: serde_json::Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let token =
        format!("{}.{}.c2lnbmF0dXJl", part(json!({"alg": "HS256"})), part(json!({"sub": "alice", "exp": 1000})));
    let server = Server::start(expiring(move |_| token.clone(), usize::MAX)).await;
    let alice = identity("alice", Credential::Login(recipe(pointer("/token"))));
    let probe = probe(&server.base, vec![alice], Limits::default());
    probe.sign_in(&probe.identities()[0]).await.unwrap();
    for n in 0..30 {
        let ask = Ask::get(AskCaller::Identity("alice".to_owned()), server.url(&format!("/private/{n}")));
        assert_eq!(probe.send(&ask).await.unwrap().status(), Some(200));
    }
    assert_eq!(server.lines().iter().filter(|line| line.starts_with("POST")).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_whose_sign_in_fails_later_says_so() {
    let notes = Notes::start(|request: &Request, state: &mut State| {
        if state.count == 20 {
            state.live.clear();
        }
        let late = state.count > 20 && request.line.starts_with("POST /login");
        late.then(|| answer(500, &json!({"message": "out of order"})))
    })
    .await;
    let report = notes.bench().scan().await;
    assert!(report.notes.iter().any(|note| note.contains("could not be renewed")), "{:?}", report.notes);
    let quiet = report.findings.is_empty() && report.scan.status == Status::Complete && report.score.grade.is_some();
    assert!(!quiet, "a half-blind scan was graded");
}
