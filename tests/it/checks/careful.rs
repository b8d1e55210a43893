//! What is asked for, and what is not.

use std::sync::Mutex;

use serde_json::{Value, json};

use super::kit::{no, serve, yes};

static ASKED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A list that lets out an invoice of somebody who is none of the callers.
fn leaking(path: &str, who: Option<&str>) -> (u16, Value) {
    ASKED.lock().unwrap().push(path.to_owned());
    let Some(who) = who.filter(|who| *who != "?") else { return no(401) };
    let id = if who == "alice" { 41 } else { 42 };
    let invoice = |id: u16, owner: &str| json!({"id": id, "owner": owner, "text": format!("words of {id}")});
    match path {
        "/me" => yes(json!({"username": who})),
        "/invoices" => yes(json!([invoice(id, who), invoice(43, "stranger")])),
        "/invoices/41" if who == "alice" => yes(invoice(41, "alice")),
        "/invoices/42" if who == "bob" => yes(invoice(42, "bob")),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_of_strangers_are_never_asked_for() {
    let people = [("alice", "user", ""), ("bob", "user", ""), ("carol", "user", "")];
    serve(&["/me", "/invoices", "/invoices/{id}"], &people, leaking).await.bench.scan().await;
    let asked = ASKED.lock().unwrap().clone();
    assert!(asked.iter().any(|path| path == "/invoices/41"), "{asked:?}");
    assert!(!asked.iter().any(|path| path == "/invoices/43"), "{asked:?}");
}

/// The latest order of a caller has the number of a stranger.
fn latest(path: &str, who: Option<&str>) -> (u16, Value) {
    let Some(who) = who.filter(|who| *who != "?") else { return no(401) };
    let number = if who == "alice" { 77 } else { 78 };
    match path {
        "/me/latest-order" => yes(json!({"id": number, "text": format!("order of {who}")})),
        "/posts" => yes(json!([{"id": 5, "user_id": 77, "text": "a post of user 77"}])),
        "/posts/5" => yes(json!({"id": 5, "user_id": 77, "text": "a post of user 77", "email": "u77@mail.test"})),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_of_ones_order_is_not_ones_own_number() {
    let people = [("alice", "user", ""), ("bob", "user", "")];
    let report = serve(&["/me/latest-order", "/posts", "/posts/{id}"], &people, latest).await.bench.scan().await;
    assert!(super::kit::finding(&report, "authz/bola-read", "/posts/{id}").is_none(), "{:#?}", report.findings);
    assert!(super::kit::finding(&report, "authz/bola-list", "/posts").is_none(), "{:#?}", report.findings);
}

/// Every field is a kind of its own.
fn wide(path: &str, who: Option<&str>) -> (u16, Value) {
    let Some(who) = who.filter(|who| *who != "?") else { return no(401) };
    let kinds = || -> Value {
        (0..20_500).map(|n| (format!("kind{n}x"), json!({"id": n}))).collect::<serde_json::Map<_, _>>().into()
    };
    match path {
        "/me" => yes(json!({"username": who})),
        "/ones" => yes(kinds()),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_are_capped_and_the_cap_is_told() {
    let report = serve(&["/me", "/ones"], &[("alice", "user", "")], wide).await.bench.scan().await;
    assert!(report.notes.iter().any(|note| note.contains("objects beyond the caps")), "{:?}", report.notes);
}
