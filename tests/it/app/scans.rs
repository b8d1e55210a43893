use std::collections::BTreeSet;

use routewarden::app::{App, AppError, FixRequest, Overrides, OwnershipRequest, RouteVerdict, ScanRequest};
use routewarden::model::{FindingId, Mode};
use routewarden::report::{FindingStatus, Report, Status};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::shop::{REPAIRED, Shop, env};

fn ids(report: &Report) -> BTreeSet<String> {
    report.findings.iter().map(|finding| finding.id.clone()).collect()
}

#[tokio::test]
async fn a_weakness_has_the_same_id_in_every_scan_and_is_known_the_second_time() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let (first, second) = (bench.scan().await, bench.scan().await);
    assert_eq!(ids(&first), ids(&second));
    assert!(first.findings.iter().all(|finding| finding.status == FindingStatus::New));
    assert!(second.findings.iter().all(|finding| finding.status == FindingStatus::Known));
    assert_eq!(second.findings[0].first_seen, first.findings[0].first_seen);
    let elsewhere = Shop::start().await.bench().scan().await;
    assert_eq!(ids(&elsewhere), ids(&first), "another address is another deployment of the same API");
}

#[tokio::test]
async fn a_dry_run_sends_nothing_and_plans_every_operation() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let report = bench.finished(ScanRequest { dry_run: true, ..ScanRequest::default() }).await.report.clone();
    assert_eq!((report.scan.status, shop.n_hits()), (Status::Planned, 0));
    let planned: Vec<&str> = report.plan.iter().map(|row| row.operation.path.as_str()).collect();
    assert_eq!(planned, ["/orders", "/orders/{id}"]);
    assert!(report.plan.iter().all(|row| row.max_requests > 0 && row.skipped_because.is_none()), "{:?}", report.plan);
}

#[tokio::test]
async fn a_scan_stays_within_its_plan() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let plan = bench.finished(ScanRequest { dry_run: true, ..ScanRequest::default() }).await;
    let most: u64 = plan.report.plan.iter().map(|row| row.max_requests).sum();
    let report = bench.scan().await;
    assert!(report.scan.requests <= most, "{} sent, {most} planned", report.scan.requests);
    assert_eq!(report.scan.requests as usize, shop.n_hits(), "every request is counted");
}

#[tokio::test]
async fn a_plan_counts_what_throw_away_accounts_send() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let mut most = Vec::new();
    for auto_accounts in [false, true] {
        let overrides =
            Overrides { mode: Some(Mode::Active), auto_accounts: Some(auto_accounts), ..Overrides::default() };
        let plan = bench.finished(ScanRequest { dry_run: true, overrides, ..ScanRequest::default() }).await;
        most.push(plan.report.plan.iter().map(|row| row.max_requests).sum::<u64>());
    }
    assert!(most[1] > most[0], "{most:?}");
}

#[tokio::test]
async fn no_request_is_sent_twice_but_for_repeats() {
    let shop = Shop::start().await;
    shop.is(REPAIRED);
    let bench = shop.bench();
    bench.scan().await;
    let hits = shop.hits.lock().unwrap();
    for hit in hits.iter() {
        let times = hits.iter().filter(|other| *other == hit).count();
        // The wrong token is recorded as nobody, like the anonymous caller; one repeat each, and foreign origins.
        assert!(times <= 8, "{hit} was sent {times} times");
    }
}

#[tokio::test]
async fn a_base_url_alone_is_enough_on_loopback() {
    let shop = Shop::start().await;
    let folder = tempfile::tempdir().unwrap();
    let app = App::new(folder.path().to_path_buf(), Some(folder.path().join("data")));
    let request = ScanRequest { target: Some(shop.base_url.clone()), ..ScanRequest::default() };
    let report = app.start(request).await.unwrap().finished().await.unwrap().report.clone();
    assert_eq!(report.scan.base_url, shop.base_url);
    // Nobody is signed in, and everything here asks for that: nothing may be concluded.
    assert_eq!(report.scan.status, Status::Untrusted, "{:?}", report.scan.untrusted_because);
}

#[tokio::test]
async fn an_excluded_operation_is_never_asked() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let path = bench.folder.path().join("routewarden.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}\n[scan]\nexclude = [\"GET /orders/{{id}}\"]\n")).unwrap();
    let report = bench.scan().await;
    assert!(!shop.hits.lock().unwrap().iter().any(|hit| hit.contains("/orders/")));
    assert!(report.coverage.iter().any(|row| row.because.contains("excluded")), "{:?}", report.coverage);
}

/// A document with a GET that may act, beside the shop's own.
const DOUBTFUL: &str = r#"{"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {
    "/orders/sync": {"get": {"responses": {"200": {"description": "ok"}}}},
    "/orders/{id}/reset": {"get": {"responses": {"200": {"description": "ok"}}}},
    "/me/password": {"get": {"parameters": [{"name": "password", "in": "query", "required": true, "schema": {"type": "string"}}],
        "responses": {"200": {"description": "ok"}}}},
    "/orders": {"post": {"responses": {"201": {"description": "ok"}}}}}}"#;

async fn plan_with(scan: &str, overrides: Overrides) -> Report {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("openapi.json"), DOUBTFUL).unwrap();
    let config = format!("[target]\nopenapi = \"openapi.json\"\n[scan]\n{scan}");
    std::fs::write(folder.path().join("routewarden.toml"), config).unwrap();
    let app = App::new(folder.path().to_path_buf(), Some(folder.path().join("data")));
    let request = ScanRequest { dry_run: true, overrides, ..ScanRequest::default() };
    app.start(request).await.unwrap().finished().await.unwrap().report.clone()
}

fn asked(report: &Report) -> Vec<&str> {
    let asked = report.plan.iter().filter(|row| row.skipped_because.is_none());
    asked.map(|row| row.operation.path.as_str()).collect()
}

#[tokio::test]
async fn the_users_word_settles_a_doubt_and_exclude_wins() {
    let doubted = plan_with("", Overrides::default()).await;
    assert!(asked(&doubted).is_empty(), "{:?}", doubted.plan);
    assert!(doubted.plan.iter().all(|row| row.skipped_because.as_ref().is_some_and(|why| why.len() > 20)));

    let included = plan_with("include = [\"GET /orders/*\"]", Overrides::default()).await;
    assert_eq!(asked(&included), ["/orders/sync", "/orders/{id}/reset"]);
    assert!(included.plan.iter().any(|row| row.asked_because.as_ref().is_some_and(|why| why.contains("your word"))));

    let option = Overrides { include: vec!["GET /orders/sync".to_owned()], ..Overrides::default() };
    assert_eq!(asked(&plan_with("", option).await), ["/orders/sync"]);

    let both =
        plan_with("include = [\"/orders*\"]\nexclude = [\"GET /orders/{id}/reset\"]", Overrides::default()).await;
    assert_eq!(asked(&both), ["/orders/sync"]);
    let says = |text: &str| both.notes.iter().any(|note| note.contains(text));
    assert!(says("`exclude` wins") && says("GET /orders/{id}/reset") && says("POST /orders"), "{:?}", both.notes);
}

#[tokio::test]
async fn the_users_word_makes_up_no_password_and_must_name_something() {
    let report = plan_with("include = [\"GET /me/*\", \"GET /nothing\"]", Overrides::default()).await;
    assert!(asked(&report).is_empty(), "{:?}", report.plan);
    let notes = report.notes.join("\n");
    assert!(notes.contains("GET /me/password") && notes.contains("no operation: GET /nothing"), "{notes}");
}

#[tokio::test]
async fn a_suppressed_finding_is_kept_and_does_not_count() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let before = bench.scan().await;
    let path = bench.folder.path().join("routewarden.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let rule =
        "[[suppress]]\ncheck = \"authz/bola-read\"\noperation = \"GET /orders/{id}\"\nreason = \"shared on purpose\"\n";
    std::fs::write(&path, format!("{text}\n{rule}")).unwrap();
    let after = bench.scan().await;
    let suppressed = |report: &Report| report.findings.iter().filter(|finding| finding.suppressed.is_some()).count();
    assert_eq!((suppressed(&before), suppressed(&after)), (0, 1));
    assert!(after.score.value > before.score.value);
}

#[tokio::test]
async fn a_finding_is_explained_from_the_history_and_its_fix_is_in_the_frameworks_idiom() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let report = bench.scan().await;
    let id = FindingId(report.findings[0].id.clone());
    let explained = bench.app.explain_finding(&id, None).await.unwrap();
    assert_eq!(explained.scan_id, report.scan.id);
    assert!(explained.manual.contains("## How it is confirmed"), "{}", explained.manual);
    assert_eq!(explained.exchanges, report.findings[0].exchanges);
    std::fs::write(bench.folder.path().join("requirements.txt"), "Flask==3.1\n").unwrap();
    let fix = bench.app.suggest_fix(FixRequest { finding_id: Some(id), ..FixRequest::default() }).await.unwrap();
    assert_eq!((fix.framework.as_str(), fix.check.as_str()), ("flask", "authz/bola-read"));
    assert!(fix.framework_because.contains("requirements.txt"), "{}", fix.framework_because);
    assert!(!fix.code.is_empty() && fix.verify.contains("recheck"));
}

#[tokio::test]
async fn the_matrix_says_who_gets_what() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    for (manner, verdict) in [(super::shop::WEAK, RouteVerdict::Broken), (REPAIRED, RouteVerdict::Enforced)] {
        shop.is(manner);
        // A concrete path stands for its template.
        let request = OwnershipRequest { route: Some("GET /orders/7101".into()), ..OwnershipRequest::default() };
        let (progress, _watched) = watch::channel(Default::default());
        let matrix = bench.app.check_route_ownership(request, progress, CancellationToken::new()).await.unwrap();
        assert_eq!(matrix.routes.len(), 1);
        assert_eq!(matrix.routes[0].verdict, verdict, "{:?}", matrix.routes[0]);
        let columns: Vec<&str> = matrix.routes[0].cells.iter().map(|cell| cell.column.as_str()).collect();
        assert_eq!(columns, ["anonymous", "A", "B"]);
    }
}

#[tokio::test]
async fn after_a_scan_the_matrix_costs_no_request() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let report = bench.scan().await;
    let sent = shop.n_hits();
    let ask = async |route: Option<&str>| {
        let scan = Some(routewarden::model::ScanId(report.scan.id.clone()));
        let request = OwnershipRequest { route: route.map(str::to_owned), scan, ..OwnershipRequest::default() };
        let (progress, _watched) = watch::channel(Default::default());
        bench.app.check_route_ownership(request, progress, CancellationToken::new()).await
    };
    let all = ask(None).await.unwrap();
    assert_eq!((all.routes.len(), all.scan_id.as_str()), (2, report.scan.id.as_str()));
    let order = ask(Some("/orders/7101")).await.unwrap().routes.remove(0);
    assert_eq!(order.verdict, RouteVerdict::Broken);
    assert_eq!((order.resource.as_deref(), order.policy.as_deref()), (Some("order"), Some("owner")));
    assert!(!order.rests_on.is_empty());
    assert_eq!((all.policy[0].resource.as_str(), all.policy[0].policy.as_str()), ("order", "owner"));
    assert!(ask(Some("GET /nothing")).await.is_err());
    assert_eq!(shop.n_hits(), sent);
}

#[tokio::test]
async fn one_caller_alone_shows_nothing_of_authorization() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let only_alice = |checks: &[&str]| ScanRequest {
        overrides: Overrides {
            identities: vec!["alice".into()],
            checks: checks.iter().map(|check| (*check).to_owned()).collect(),
            ..Overrides::default()
        },
        ..ScanRequest::default()
    };
    let report = bench.finished(only_alice(&[])).await.report.clone();
    assert_eq!(report.scan.status, Status::Untrusted);
    let because = report.scan.untrusted_because.unwrap();
    assert!(because.contains("two signed-in callers of one rank, and alice alone is signed in"), "{because}");
    let step = report.scan.untrusted_step.unwrap().to_string();
    assert!(step.starts_with("add a second identity of the same role"), "{step}");
    assert_eq!((report.score.value, report.score.grade), (None, None));
    // Where no check compares callers, one is enough.
    let report = bench.finished(only_alice(&["authn", "data"])).await.report.clone();
    assert_eq!(report.scan.status, Status::Complete, "{:?}", report.scan.untrusted_because);
}

#[tokio::test]
async fn an_unknown_route_is_answered_with_the_nearest_one() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let request = OwnershipRequest { route: Some("GET /order".into()), ..OwnershipRequest::default() };
    let (progress, _watched) = watch::channel(Default::default());
    let error = bench.app.check_route_ownership(request, progress, CancellationToken::new()).await.unwrap_err();
    assert!(matches!(&error, AppError::Usage(text) if text.contains("GET /orders")), "{error}");
}

#[tokio::test]
async fn a_server_that_is_down_is_never_clean() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let path = bench.folder.path().join("routewarden.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    // Bound and dropped: nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    std::fs::write(&path, text.replace(&shop.base_url, &format!("http://{free}"))).unwrap();
    let report = bench.scan().await;
    assert_eq!(report.scan.status, Status::Untrusted);
    assert!(report.scan.untrusted_because.unwrap().contains("is the API running"));
    assert_eq!(report.score.grade, None);
}

#[tokio::test]
async fn a_dead_token_is_never_clean() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let mut wrong = env();
    wrong[1].1 = "key-that-has-expired".into();
    let app = bench.app.with_environment(wrong.into_iter().collect());
    let report = app.start(ScanRequest::default()).await.unwrap().finished().await.unwrap().report.clone();
    assert_eq!(report.scan.status, Status::Untrusted);
    assert!(report.scan.untrusted_because.unwrap().contains("bob"));
}
