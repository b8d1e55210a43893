//! Sound servers that look weak: nothing of theirs may be confirmed.

use routewarden::model::Confidence;
use routewarden::report::{CoverageOutcome, Report};
use serde_json::{Value, json};

use super::kit::{finding, no, outcome, serve, yes};

const TWO: [(&str, &str, &str); 2] = [("alice", "user", ""), ("bob", "user", "")];

fn confirmed(report: &Report, check: &str, path: &str) -> bool {
    finding(report, check, path).is_some_and(|finding| finding.confidence == Confidence::Confirmed)
}

/// Profiles are for all who are signed in, settings for their owner.
fn profiles(path: &str, who: Option<&str>) -> (u16, Value) {
    let Some(who) = who.filter(|who| *who != "?") else { return no(401) };
    let mut parts = path.trim_start_matches("/users/").split('/');
    let name = if path == "/me" { who } else { parts.next().unwrap_or_default() };
    match (name, parts.next()) {
        ("alice" | "bob", None) => yes(json!({"username": name, "bio": format!("{name} likes tea")})),
        ("alice" | "bob", Some(_)) if who == name => yes(json!({"username": name, "theme": format!("dark-{name}")})),
        ("alice" | "bob", Some(_)) => no(403),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_public_profile_is_not_private_because_its_settings_are() {
    let served = serve(&["/me", "/users/{username}", "/users/{username}/settings"], &TWO, profiles).await;
    let report = served.bench.scan().await;
    assert!(finding(&report, "authz/bola-read", "/users/{username}").is_none(), "{report:#?}");
    let (outcome, because) = outcome(&report, "authz/bola-read", "/users/{username}/settings");
    assert_eq!(outcome, CoverageOutcome::Held, "{because}");
}

/// Tasks are numbered within their project.
fn numbered(path: &str, who: Option<&str>) -> (u16, Value) {
    let Some(who) = who.filter(|who| *who != "?") else { return no(401) };
    let project = if who == "alice" { 100 } else { 200 };
    let task = json!({"number": 1, "state": "waiting", "text": format!("to do for {who}")});
    let at = |rest: &str| path == format!("/projects/{project}{rest}");
    if path == "/projects" {
        yes(json!([{"id": project, "name": format!("project of {who}")}]))
    } else if at("/tasks") {
        yes(json!([task]))
    } else if at("/tasks/1") {
        yes(task)
    } else {
        no(404)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_of_the_same_number_in_ones_own_project_is_ones_own() {
    let paths = ["/projects", "/projects/{project_id}/tasks", "/projects/{project_id}/tasks/{number}"];
    let report = serve(&paths, &TWO, numbered).await.bench.scan().await;
    assert!(finding(&report, "authz/bola-nested", paths[2]).is_none(), "{:#?}", report.findings);
}

/// Bob's document is published, alice has none of her own to ask for.
fn published(path: &str, who: Option<&str>) -> (u16, Value) {
    let known = who.filter(|who| *who != "?");
    let document = |id: u16, owner: &str| json!({"id": id, "owner": owner, "text": format!("words of document {id}")});
    match (path, known) {
        ("/me", Some(who)) => yes(json!({"username": who})),
        ("/documents", Some("alice")) => yes(json!([{"id": 500, "text": "words of document 500"}])),
        ("/documents", Some(_)) => yes(json!([document(600, "bob")])),
        ("/documents/500", Some("alice")) => yes(json!({"id": 500, "text": "words of document 500"})),
        ("/documents/600", _) => yes(document(600, "bob")),
        (_, None) => no(401),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_anonymous_callers_lack_is_asked_of_the_very_object() {
    let report = serve(&["/me", "/documents", "/documents/{id}"], &TWO, published).await.bench.scan().await;
    assert!(!confirmed(&report, "authz/bola-read", "/documents/{id}"), "{:#?}", report.findings);
}

/// A list for all, whose entries' own route goes by a name that the list does not show.
fn slugs(path: &str, who: Option<&str>) -> (u16, Value) {
    let Some(who) = who.filter(|who| *who != "?") else { return no(401) };
    let shop = |id: u16, owner: &str| json!({"id": id, "owner": owner, "city": format!("city of {owner}")});
    match path {
        "/me" => yes(json!({"username": who})),
        "/shops" => yes(json!([shop(301, "alice"), shop(302, "bob")])),
        "/shops/hers" if who == "alice" => yes(shop(301, "alice")),
        "/shops/his" if who == "bob" => yes(shop(302, "bob")),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_that_nobody_is_served_the_object_from_refuses_nobody() {
    let people = [("alice", "user", "owns = { slug = [\"hers\"] }"), ("bob", "user", "owns = { slug = [\"his\"] }")];
    let report = serve(&["/me", "/shops", "/shops/{slug}"], &people, slugs).await.bench.scan().await;
    assert!(!confirmed(&report, "authz/bola-list", "/shops"), "{:#?}", report.findings);
}

/// The report of an administrator, of which a user is shown the frame alone.
fn framed(path: &str, who: Option<&str>) -> (u16, Value) {
    match (path, who.filter(|who| *who != "?")) {
        (_, None) => no(401),
        ("/me", Some(who)) => yes(json!({"username": who})),
        ("/admin/keys", Some("root")) => yes(json!({"keys": ["one-of-them", "another-one"]})),
        ("/admin/keys", _) => no(403),
        ("/admin/reports", Some("root")) => yes(
            json!({"currency": "EUR €", "rows": [{"user": "alice", "spent": 1200}, {"user": "dora", "spent": 3400}]}),
        ),
        ("/admin/reports", Some(who)) => yes(json!({"currency": "EUR €", "rows": [], "seen_by": who})),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_frame_of_a_report_is_not_the_report() {
    let people = [("alice", "user", ""), ("root", "admin", "")];
    let report = serve(&["/me", "/admin/keys", "/admin/reports"], &people, framed).await.bench.scan().await;
    assert!(!confirmed(&report, "authz/function-read", "/admin/reports"), "{:#?}", report.findings);
}

/// Says of any token whether it is good.
fn introspection(path: &str, who: Option<&str>) -> (u16, Value) {
    match (path, who) {
        (_, None) => no(401),
        ("/token-state", Some("?")) => yes(json!({"active": false, "subject": "nobody"})),
        ("/token-state", Some(who)) => yes(json!({"active": true, "subject": who})),
        (_, Some("?")) => no(401),
        (path, Some(who)) => yes(json!({"username": who, "at": path})),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_the_same_form_is_not_the_callers_own() {
    let paths = ["/token-state", "/list-one-items", "/list-two-items", "/list-three-items", "/list-four-items"];
    let report = serve(&paths, &TWO, introspection).await.bench.scan().await;
    assert!(!confirmed(&report, "authn/inconsistent", "/token-state"), "{:#?}", report.findings);
}

/// Nobody gets a frame with a footer in the place of the invoice.
fn footer(path: &str, who: Option<&str>) -> (u16, Value) {
    let who = who.filter(|who| *who != "?");
    let frame = |data: Value| yes(json!({"data": data, "footer": "Acme Incorporated"}));
    let own = |id: &str| who == Some(if id == "701" { "alice" } else { "bob" });
    match (path, who) {
        ("/me", Some(who)) => yes(json!({"username": who})),
        ("/invoices", Some("alice")) => frame(json!([{"id": 701, "text": "first thing"}])),
        ("/invoices", Some(_)) => frame(json!([{"id": 702, "text": "second thing"}])),
        ("/invoices/701", _) if own("701") => frame(json!({"id": 701, "text": "first thing"})),
        ("/invoices/702", _) if own("702") => frame(json!({"id": 702, "text": "second thing"})),
        ("/invoices/701" | "/invoices/702", None) => frame(Value::Null),
        (_, None) => no(401),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_footer_is_nobodys_invoice() {
    let report = serve(&["/me", "/invoices", "/invoices/{id}"], &TWO, footer).await.bench.scan().await;
    assert!(!confirmed(&report, "authn/missing", "/invoices/{id}"), "{:#?}", report.findings);
}

/// A feed of posts that each caller gets another part of.
fn feed(path: &str, who: Option<&str>) -> (u16, Value) {
    let Some(who) = who.filter(|who| *who != "?") else { return no(401) };
    let post = |id: u16| json!({"id": id, "text": format!("words of post {id}")});
    match path {
        "/me" => yes(json!({"username": who})),
        "/posts" if who == "alice" => yes(json!([post(801), post(802)])),
        "/posts" => yes(json!([post(802), post(803)])),
        "/posts/801" | "/posts/802" | "/posts/803" => {
            yes(post(path.rsplit('/').next().and_then(|id| id.parse().ok()).unwrap_or_default()))
        }
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_that_differs_by_caller_gives_nobody_its_posts() {
    let report = serve(&["/me", "/posts", "/posts/{id}"], &TWO, feed).await.bench.scan().await;
    assert!(!confirmed(&report, "authz/bola-read", "/posts/{id}"), "{:#?}", report.findings);
}

/// Articles for every reader, though the document asks for sign-in; readings for their owner, whom one route forgets to
/// ask for where no caller is signed in.
fn gazette(path: &str, who: Option<&str>) -> (u16, Value) {
    let known = who.filter(|who| *who != "?");
    let article = |slug: &str, author: &str| json!({"slug": slug, "title": slug.replace('-', " "), "body": format!("What {author} has to say at length"), "user": author});
    let reading =
        |id: u16, owner: &str| json!({"id": id, "owner": owner, "note": format!("read again in winter, {id}")});
    match (path, known) {
        ("/me", Some(who)) => yes(json!({"username": who})),
        ("/articles", _) => yes(json!([article("rope-and-knots", "alice"), article("the-tide-tables", "bob")])),
        ("/articles/rope-and-knots", _) => yes(article("rope-and-knots", "alice")),
        ("/articles/the-tide-tables", _) => yes(article("the-tide-tables", "bob")),
        ("/profiles/alice", _) => yes(json!({"username": "alice", "following": false})),
        ("/profiles/bob", _) => yes(json!({"username": "bob", "following": false})),
        ("/readings", Some("alice")) => yes(json!([reading(901, "alice")])),
        ("/readings", Some(_)) => yes(json!([reading(902, "bob")])),
        ("/readings/901", None | Some("alice")) => yes(reading(901, "alice")),
        ("/readings/902", None | Some("bob")) => yes(reading(902, "bob")),
        (_, None) => no(401),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn optional_sign_in_on_public_content_is_drift_at_most() {
    let paths = ["/me", "/articles", "/articles/{slug}", "/profiles/{username}", "/readings", "/readings/{reading_id}"];
    let report = serve(&paths, &TWO, gazette).await.bench.scan().await;
    for path in ["/articles", "/articles/{slug}", "/profiles/{username}"] {
        assert!(finding(&report, "authn/missing", path).is_none(), "{:#?}", finding(&report, "authn/missing", path));
        let (outcome, because) = outcome(&report, "authn/missing", path);
        assert_eq!(outcome, CoverageOutcome::NotApplicable, "{path}: {because}");
        let drift = report.findings.iter().any(|found| {
            found.check == "inventory/drift"
                && found.confidence == Confidence::Observation
                && std::iter::once(&found.operation).chain(&found.also).any(|it| it.path == path)
        });
        assert!(drift, "{path}: {:#?}", report.findings);
    }
    assert!(confirmed(&report, "authn/missing", "/readings/{reading_id}"), "{:#?}", report.findings);
}

/// Orders are their owner's, and a report shows all of them to any caller.
fn reported(path: &str, who: Option<&str>) -> (u16, Value) {
    let known = who.filter(|who| *who != "?");
    let order = |id: u16, owner: &str| json!({"id": id, "buyer": owner, "text": format!("two of kind {id}"), "street": format!("{id} Mill Lane")});
    match (path, known) {
        ("/reports/daily", _) => yes(json!({"day": "2031-02-03", "orders": [order(811, "alice"), order(812, "bob")]})),
        ("/me", Some(who)) => yes(json!({"username": who})),
        ("/orders", Some("alice")) => yes(json!([order(811, "alice")])),
        ("/orders", Some(_)) => yes(json!([order(812, "bob")])),
        ("/orders/811", Some("alice")) => yes(order(811, "alice")),
        ("/orders/812", Some("bob")) => yes(order(812, "bob")),
        (_, None) => no(401),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_of_what_other_routes_keep_is_not_public() {
    let report = serve(&["/me", "/orders", "/orders/{id}", "/reports/daily"], &TWO, reported).await.bench.scan().await;
    assert!(confirmed(&report, "authn/missing", "/reports/daily"), "{:#?}", report.findings);
}

/// Everything is public.
fn open(path: &str, _: Option<&str>) -> (u16, Value) {
    yes(json!({"at": path, "rates": [{"pair": "EUR/SEK", "rate": "11.4412"}]}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_held_where_nothing_was_attacked() {
    let report = serve(&["/rates", "/news"], &TWO, open).await.bench.scan().await;
    for check in ["authn/challenge-missing", "authn/inconsistent", "data/stack-trace"] {
        for row in report.coverage.iter().filter(|row| row.check == check) {
            assert_ne!(row.outcome, CoverageOutcome::NotTried, "{check}: {}", row.because);
            let attacked = check == "data/stack-trace";
            assert!(attacked || row.outcome == CoverageOutcome::NotApplicable, "{check}: {:?}", row.because);
        }
    }
}
