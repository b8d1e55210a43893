//! Whose value an answer exposes, and what only sounds like a secret.

use std::sync::atomic::{AtomicU32, Ordering};

use routewarden::model::Severity;
use routewarden::report::{Finding, Report};
use serde_json::{Value, json};

use super::kit::{no, serve, yes};

const TWO: [(&str, &str, &str); 2] = [("alice", "user", ""), ("bob", "user", "")];

fn found(report: &Report) -> Vec<&Finding> {
    report.findings.iter().filter(|finding| finding.check == "property/excessive-exposure").collect()
}

fn account(who: &str) -> Value {
    let tail = if who == "alice" { "l0u6jQ" } else { "r8Zp2K" };
    json!({"id": who, "username": who, "password": format!("$2b$12$Q9v1sY7xkLmN3oPqRsTuVeWxYzAbCdEfGhIjKlMnOpQrSt{tail}a")})
}

/// Each caller is shown its own account, hash included.
fn own_hash(path: &str, who: Option<&str>) -> (u16, Value) {
    match (path, who.filter(|who| *who != "?")) {
        (_, None) => no(401),
        ("/accounts", Some(who)) => yes(json!({"data": [account(who)]})),
        (path, Some(who)) if path == format!("/accounts/{who}") => yes(json!({"data": account(who)})),
        _ => no(403),
    }
}

/// Each caller is shown all of them.
fn all_hashes(path: &str, who: Option<&str>) -> (u16, Value) {
    match (path, who.filter(|who| *who != "?")) {
        (_, None) => no(401),
        ("/accounts", Some(_)) => yes(json!({"data": [account("alice"), account("bob")]})),
        _ => own_hash(path, who),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hash_that_its_owner_alone_is_shown_is_of_medium_severity() {
    let paths = ["/accounts", "/accounts/{id}"];
    let own = serve(&paths, &TWO, own_hash).await.bench.scan().await;
    let own = found(&own);
    assert_eq!(own.len(), 1, "two routes write out one object: {own:#?}");
    assert_eq!((own[0].severity, own[0].also.len()), (Severity::Medium, 1), "{own:#?}");
    let all = serve(&paths, &TWO, all_hashes).await.bench.scan().await;
    assert_eq!(found(&all)[0].severity, Severity::High, "{:#?}", found(&all));
}

/// Numbers of accounts by how they sign in, and when a password was last changed.
fn counts(path: &str, who: Option<&str>) -> (u16, Value) {
    match (path, who.filter(|who| *who != "?")) {
        (_, None) => no(401),
        ("/sign-ins", Some(_)) => yes(json!({
            "password": 3, "noPassword": 12, "service": 1, "last_password": "2031-04-05T10:00:00Z",
            "loginPassword": "required", "fields": {"new_password": "Your new password"},
        })),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_times_and_settings_are_no_passwords() {
    let report = serve(&["/sign-ins"], &TWO, counts).await.bench.scan().await;
    assert!(found(&report).is_empty(), "{:#?}", found(&report));
}

/// Counts the answers that carry a new token.
static RENEWALS: AtomicU32 = AtomicU32::new(0);

/// What callers are to have: the secret of an enrolment, their own token as it is and a new one, the id of a chat.
fn own_secrets(path: &str, who: Option<&str>) -> (u16, Value) {
    let Some(who) = who.filter(|who| *who != "?") else { return no(401) };
    let key = if who == "alice" { "JBSWY3DPEHPK3PXP7QTZ" } else { "KRUGS4ZANFZSA5DI2MVX" };
    match path {
        "/me" => yes(json!({"username": who})),
        "/authenticator" => yes(json!({"secret": key, "uri": format!("otpauth://totp/Harbour:{who}?secret={key}")})),
        "/signed-in" => yes(json!({"username": who, "access_token": format!("secret-token-of-{who}")})),
        "/renewal" => {
            let count = RENEWALS.fetch_add(1, Ordering::SeqCst);
            yes(json!({"username": who, "access_token": format!("Xq7Lm2Xv9Kp4Rt8Wd{count:04}")}))
        }
        "/chat" => yes(json!({"username": who, "session_id": "5b1c1f0e-9a43-4c55-8d0e-2f6f5f0a7c11", "turns": 2})),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_its_reader_is_to_have_is_no_exposure() {
    let paths = ["/me", "/authenticator", "/signed-in", "/renewal", "/chat"];
    let report = serve(&paths, &TWO, own_secrets).await.bench.scan().await;
    assert!(found(&report).is_empty(), "{:#?}", found(&report));
}

/// The same fields where they are none of the reader's, or are kept and shown to it for good.
fn kept_secrets(path: &str, who: Option<&str>) -> (u16, Value) {
    let Some(who) = who.filter(|who| *who != "?") else { return no(401) };
    let other = if who == "alice" { "bob" } else { "alice" };
    match path {
        "/me" => yes(json!({"username": who, "totp_secret": format!("JBSWY3DPEHPK3PXP7{}", who.to_uppercase())})),
        "/latest" => yes(json!([{"username": other, "reset_token": format!("Kp4Rt8Wd3Zq7Lm2Xv9-{other}")}])),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_that_are_kept_or_of_others_are_found() {
    let report = serve(&["/me", "/latest"], &TWO, kept_secrets).await.bench.scan().await;
    let paths: Vec<&str> = found(&report).iter().map(|finding| finding.operation.path.as_str()).collect();
    assert!(paths.contains(&"/me") && paths.contains(&"/latest"), "{:#?}", found(&report));
}
