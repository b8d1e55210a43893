//! Words that mark functions of a higher role: where they divide an API, and where they are only a name.

use routewarden::model::Confidence;
use routewarden::report::{CoverageOutcome, Report};
use serde_json::{Value, json};

use super::kit::{finding, no, outcome, serve, yes};

const CHECK: &str = "authz/function-read";
const BOTH: [(&str, &str, &str); 2] = [("alice", "user", ""), ("root", "admin", "")];

/// What stands behind a path; the same for whoever is let in.
fn behind(path: &str) -> Value {
    json!([{"name": format!("entry of {path}"), "note": format!("what {path} keeps, in a few words")}])
}

/// A whole API below `/admin`, of which one part is for administrators.
fn prefixed(path: &str, who: Option<&str>) -> (u16, Value) {
    match (path, who.filter(|who| *who != "?")) {
        (_, None) => no(401),
        ("/me", Some(who)) => yes(json!({"username": who})),
        ("/admin/accounts", Some("alice")) => no(403),
        (path, Some(_)) => yes(behind(path)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_word_over_the_whole_api_marks_no_function() {
    let open = ["/admin/projects", "/admin/features", "/admin/tags", "/admin/events"];
    let paths: Vec<&str> = open.into_iter().chain(["/me", "/admin/accounts"]).collect();
    let report = serve(&paths, &BOTH, prefixed).await.bench.scan().await;
    for path in open {
        assert!(finding(&report, CHECK, path).is_none(), "{:#?}", finding(&report, CHECK, path));
        assert_eq!(outcome(&report, CHECK, path).0, CoverageOutcome::NotApplicable, "{path}");
    }
    assert_eq!(outcome(&report, CHECK, "/admin/accounts").0, CoverageOutcome::Held);
}

/// Three functions for administrators, two of which do not look at the role.
fn divided(path: &str, who: Option<&str>) -> (u16, Value) {
    match (path, who.filter(|who| *who != "?")) {
        (_, None) => no(401),
        ("/me", Some(who)) => yes(json!({"username": who})),
        ("/admin/accounts", Some("alice")) => no(403),
        (path, Some(who)) if path.starts_with("/own") => yes(json!({"for": format!("{path} of {who}")})),
        (path, Some(_)) => yes(behind(path)),
    }
}

fn found(report: &Report) -> Vec<&routewarden::report::Finding> {
    report.findings.iter().filter(|finding| finding.check == CHECK).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_open_functions_under_one_mark_are_one_finding() {
    let paths = ["/me", "/own/notes", "/own/files", "/admin/payouts", "/admin/ledger", "/admin/accounts"];
    let report = serve(&paths, &BOTH, divided).await.bench.scan().await;
    let found = found(&report);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].confidence, Confidence::Confirmed, "{found:#?}");
    assert_eq!(found[0].also.len(), 1, "{found:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_alone_is_no_lower_role() {
    let paths = ["/me", "/own/notes", "/admin/payouts", "/admin/ledger"];
    let report = serve(&paths, &[("root", "admin", "")], divided).await.bench.scan().await;
    assert!(found(&report).is_empty(), "{:#?}", found(&report));
    assert_eq!(outcome(&report, CHECK, "/admin/payouts").0, CoverageOutcome::NotTried);
}

/// Nothing refuses anyone: the word alone says that there are roles.
fn unruled(path: &str, who: Option<&str>) -> (u16, Value) {
    if path == "/admin/accounts" && who == Some("alice") { yes(behind(path)) } else { divided(path, who) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_are_never_told_apart_have_no_ranks() {
    let paths = ["/me", "/own/notes", "/own/files", "/admin/payouts", "/admin/accounts"];
    let report = serve(&paths, &BOTH, unruled).await.bench.scan().await;
    assert!(found(&report).is_empty(), "{:#?}", found(&report));
    assert_eq!(outcome(&report, CHECK, "/admin/payouts").0, CoverageOutcome::Undecided);
}

/// A page below `/staff` that greets each caller, beside one that is for the staff.
fn greeted(path: &str, who: Option<&str>) -> (u16, Value) {
    match (path, who.filter(|who| *who != "?")) {
        (_, None) => no(401),
        ("/staff/roster", Some("alice")) => no(403),
        ("/staff/desk", Some(who)) => yes(json!({
            "username": who, "greeting": "Welcome to the harbour office", "build": "2031.4.18", "opens": "08:15",
        })),
        (path, Some(who)) => divided(path, Some(who)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_shows_each_caller_itself_is_no_function_of_a_role() {
    let paths = ["/me", "/own/notes", "/own/files", "/staff/desk", "/staff/roster"];
    let report = serve(&paths, &BOTH, greeted).await.bench.scan().await;
    assert!(found(&report).is_empty(), "{:#?}", found(&report));
}
