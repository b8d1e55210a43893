//! Short numbers: every table counts from 1, so that a caller's number in one says nothing in another.

use routewarden::model::Confidence;
use serde_json::{Value, json};

use super::kit::{finding, no, serve, yes};

const TWO: [(&str, &str, &str); 2] = [("alice", "user", ""), ("bob", "user", "")];

/// Alice is user 1, Bob user 2, and both are of team 1, as in a freshly seeded database. Any user reads any memo.
fn memos(path: &str, who: Option<&str>) -> (u16, Value) {
    let Some(who) = who.filter(|who| *who != "?") else { return no(401) };
    let own = if who == "alice" { 1 } else { 2 };
    let memo =
        |id: u64, user: u64| json!({"id": id, "user_id": user, "text": format!("memo number {id} of user {user}")});
    match path {
        "/me" => yes(json!({"id": own, "team_id": 1, "memo_id": 30 + own})),
        "/memos/31" => yes(memo(31, 1)),
        "/memos/32" => yes(memo(32, 2)),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_whose_number_is_a_teams_as_well_is_still_known_by_it() {
    let report = serve(&["/me", "/memos/{id}"], &TWO, memos).await.bench.scan().await;
    let finding = finding(&report, "authz/bola-read", "/memos/{id}").expect("found");
    // A field that names the owner is one sign; a second one would confirm it.
    assert_eq!(finding.confidence, Confidence::Suspected, "{finding:#?}");
}

/// Alice has account 3 and Bob account 4; the articles are of the users 3 and 4, who are neither of the two. All who are
/// signed in read articles.
fn articles(path: &str, who: Option<&str>) -> (u16, Value) {
    let Some(who) = who.filter(|who| *who != "?") else { return no(401) };
    let (id, account) = if who == "alice" { (11, 3) } else { (12, 4) };
    let article = |id: u64, user: u64| json!({"id": id, "user_id": user, "title": format!("Bees, part {id}"), "phone": format!("+44 20 5550 {id}")});
    match path {
        "/me" => yes(json!({"id": id, "account_id": account, "username": who})),
        "/articles/77" => yes(article(77, 3)),
        "/articles/78" => yes(article(78, 4)),
        "/latest" => yes(json!({"article_id": 74 + account})),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_account_3_of_a_caller_does_not_make_it_the_user_3() {
    let report = serve(&["/me", "/latest", "/articles/{article_id}"], &TWO, articles).await.bench.scan().await;
    assert!(finding(&report, "authz/bola-read", "/articles/{article_id}").is_none(), "{:#?}", report.findings);
}
