//! Targets that a scan that writes kills, breaks, or only seems to break.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use routewarden::app::{Overrides, ScanRequest};
use routewarden::model::Role;
use routewarden::report::{CoverageOutcome, Format, Report, Status, TextOptions, render_report};
use serde_json::{Value, json};

use super::kit::{Db, ok, plain, refuse, scan_with, serve, unauthorized, with_id};
use super::objects::weak_parts;
use crate::engine::harness::Bench;

/// A server in a runtime of its own, which ends with everything in it when it is told to; it is started again after a
/// while where that is wanted.
struct Mortal {
    base_url: String,
    hits: Arc<Mutex<Vec<String>>>,
    died: Arc<AtomicBool>,
}

impl Mortal {
    fn start(router: Router, kills: fn(&str) -> bool, again_after: Option<Duration>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (hits, died) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (log, dead) = (Arc::clone(&hits), Arc::clone(&died));
        std::thread::spawn(move || {
            run(listener, router.clone(), &log, &dead, kills);
            if let Some(pause) = again_after {
                std::thread::sleep(pause);
                let listener = std::net::TcpListener::bind(address).unwrap();
                run(listener, router, &log, &Arc::new(AtomicBool::new(true)), |_| false);
            }
        });
        Self { base_url: format!("http://{address}"), hits, died }
    }
}

/// Serves until a request kills it, or for a minute.
fn run(
    listener: std::net::TcpListener,
    router: Router,
    log: &Arc<Mutex<Vec<String>>>,
    dead: &Arc<AtomicBool>,
    kills: fn(&str) -> bool,
) {
    let (killed, mut end) = tokio::sync::mpsc::unbounded_channel::<()>();
    let (log, dead, was_dead) = (Arc::clone(log), Arc::clone(dead), dead.load(Ordering::SeqCst));
    let router = router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let line = format!("{} {}", request.method(), request.uri().path());
        log.lock().unwrap().push(line.clone());
        let (killed, dead) = (killed.clone(), Arc::clone(&dead));
        async move {
            if !was_dead && kills(&line) {
                dead.store(true, Ordering::SeqCst);
                killed.send(()).unwrap();
                std::future::pending::<()>().await;
            }
            next.run(request).await
        }
    }));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        tokio::select! {
            _ = axum::serve(listener, router).into_future() => {}
            _ = end.recv() => {}
            () = tokio::time::sleep(Duration::from_secs(60)) => {}
        }
    });
    runtime.shutdown_background();
}

fn shown(report: &Report, format: Format) -> String {
    render_report(format, report, &[], TextOptions { color: false, width: 400, verbose: true })
}

fn bench(base_url: &str, document: &Value) -> Bench {
    let config = format!(
        "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{base_url}\"\n\n[scan]\nmode = \"active\"\nauto_accounts = true\n"
    );
    Bench::new(&config, Some(document), &[])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delete_that_ends_the_server_is_a_finding_and_ends_the_scan() {
    let (_db, router, document) = weak_parts();
    let server = Mortal::start(router, |line| line.starts_with("DELETE /rows/"), None);
    let report = bench(&server.base_url, &document).scan().await;
    assert!(server.died.load(Ordering::SeqCst), "{:?}", server.hits.lock().unwrap());
    assert_eq!(report.scan.status, Status::TargetDied, "{:?}", report.scan.untrusted_because);
    assert_eq!(report.score.grade, None);
    let because = report.scan.untrusted_because.clone().unwrap();
    assert!(because.contains("DELETE /rows/"), "{because}");
    let finding = report.findings.iter().find(|finding| finding.check == "validation/server-error").unwrap();
    assert_eq!((finding.operation.method.as_str(), finding.operation.path.as_str()), ("DELETE", "/rows/{id}"));
    let attack = finding.exchanges.iter().find(|exchange| exchange.role == Role::Attack).unwrap();
    assert_eq!((attack.request.method.as_str(), attack.response.is_none()), ("DELETE", true), "{attack:?}");
    assert!(!report.writes.is_empty() && report.writes.iter().any(|write| !write.is_undone()), "{:?}", report.writes);
    for format in [Format::Text, Format::Markdown, Format::Html, Format::Junit, Format::Sarif] {
        assert!(shown(&report, format).contains("THE TARGET DIED"), "{format:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_of_the_undoing_has_died_and_keeps_the_journal() {
    let (_db, router, document) = weak_parts();
    // A check of reads removes nothing by itself.
    let server = Mortal::start(router, |line| line.starts_with("DELETE /"), None);
    let bench = bench(&server.base_url, &document);
    let overrides = Overrides { checks: vec!["authz/bola-read".to_owned()], ..Overrides::default() };
    let report = bench.finished(ScanRequest { overrides, ..ScanRequest::default() }).await.report.clone();
    assert!(server.died.load(Ordering::SeqCst), "{:?}", server.hits.lock().unwrap());
    assert_eq!(report.scan.status, Status::TargetDied, "{:?}", report.scan.untrusted_because);
    let because = report.scan.untrusted_because.clone().unwrap();
    assert!(because.contains("DELETE /") && because.contains("undone"), "{because}");
    assert_eq!((report.score.grade, report.harm), (None, Vec::new()));
    assert_eq!(std::fs::read_dir(bench.data().join("journals")).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_comes_back_is_cleaned_and_not_asked_on() {
    let (db, router, document) = weak_parts();
    let before = db.dump();
    let server = Mortal::start(router, |line| line.starts_with("DELETE /rows/"), Some(Duration::from_millis(1_500)));
    let report = bench(&server.base_url, &document).scan().await;
    assert_eq!(report.scan.status, Status::TargetDied, "{:?}", report.scan.untrusted_because);
    assert_eq!(db.dump(), before, "{:?}", report.writes);
    let hits = server.hits.lock().unwrap().clone();
    let killed = hits.iter().position(|hit| hit.starts_with("DELETE /rows/")).unwrap();
    let since: Vec<&String> = hits
        .iter()
        .skip(killed + 1)
        .filter(|hit| !["GET", "DELETE", "POST /login"].iter().any(|undoing| hit.starts_with(undoing)))
        .collect();
    assert_eq!(since, Vec::<&String>::new(), "nothing but undoing after it came back");
}

/// What a small application does beside its rows.
#[derive(Clone)]
struct Office {
    db: Db,
    /// A write to a row breaks what others read.
    breaks: Breaks,
    broken: Arc<AtomicBool>,
    asked: Arc<AtomicU64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Breaks {
    Nothing,
    /// The summary answers 500 for good.
    Summary,
    /// A setting of everybody's is another.
    Setting,
    /// A row of somebody else's is gone.
    Row,
}

async fn summary(State(office): State<Office>) -> Response {
    if office.breaks == Breaks::Summary && office.broken.load(Ordering::SeqCst) {
        return refuse(500, "boom");
    }
    let asked = office.asked.fetch_add(1, Ordering::SeqCst);
    let tables = office.db.lock();
    ok(json!({"title": "summary of the office", "users": tables.users.len(), "rows": tables.rows.len(), "asked": asked,
              "at": jiff::Timestamp::now().to_string(), "seconds": jiff::Timestamp::now().as_second() % 1000}))
}

async fn settings(State(office): State<Office>, headers: HeaderMap) -> Response {
    if office.db.caller(&headers).is_none() {
        return unauthorized();
    }
    let dark = !(office.breaks == Breaks::Setting && office.broken.load(Ordering::SeqCst));
    ok(json!({"theme": if dark { "dark" } else { "light" }, "language": "en", "seats": 40}))
}

/// Everybody's board: seeded notes, what the scan's rows leave there, and something that grows by itself.
async fn board(State(office): State<Office>, headers: HeaderMap) -> Response {
    if office.db.caller(&headers).is_none() {
        return unauthorized();
    }
    let asked = office.asked.fetch_add(1, Ordering::SeqCst);
    let gone = office.breaks == Breaks::Row && office.broken.load(Ordering::SeqCst);
    let mut notes: Vec<Value> = (1..=4)
        .filter(|id| !gone || *id != 3)
        .map(|id| json!({"id": id, "text": format!("note {id} of the board"), "seen": asked + id, "last_login": jiff::Timestamp::now().to_string()}))
        .collect();
    for row in office.db.lock().rows.iter() {
        notes.push(
            json!({"id": row["id"].as_u64().unwrap() + 100, "text": row["title"], "seen": 1, "last_login": null}),
        );
    }
    notes.push(json!({"id": 9_000 + asked, "text": "a line of the log", "seen": 0, "last_login": null}));
    ok(json!({"total": notes.len(), "notes": notes}))
}

/// What comes with every row and goes with it, and names it under a word that is no id.
async fn links(State(office): State<Office>, headers: HeaderMap) -> Response {
    if office.db.caller(&headers).is_none() {
        return unauthorized();
    }
    let rows = office.db.lock().rows.clone();
    let links = rows.iter().map(|row| json!({"id": row["id"].as_u64().unwrap() + 500, "label": row["id"]}));
    ok(links.collect())
}

async fn office(breaks: Breaks) -> (super::kit::Server, Arc<AtomicBool>) {
    let (db, rows, mut document) = weak_parts();
    let broken = Arc::new(AtomicBool::new(false));
    let office = Office { db: db.clone(), breaks, broken: Arc::clone(&broken), asked: Arc::default() };
    let flag = Arc::clone(&broken);
    let router = rows
        .merge(
            Router::new()
                .route("/summary", get(summary))
                .route("/settings", get(settings))
                .route("/board", get(board))
                .route("/links", get(links))
                .with_state(office),
        )
        .layer(middleware::from_fn(move |request: Request, next: Next| {
            if request.method() == "PUT" && request.uri().path().starts_with("/rows/") {
                flag.store(true, Ordering::SeqCst);
            }
            next.run(request)
        }));
    for path in ["/summary", "/settings", "/board", "/links"] {
        document["paths"][path] = json!({"get": plain("200")});
    }
    (serve(&db, router, document).await, broken)
}

async fn scan_office(breaks: Breaks) -> Report {
    let (server, broken) = office(breaks).await;
    let sign_in = |name: &str, user: &str| {
        format!(
            "[identities.{name}.login]\noperation = \"POST /login\"\nbody = {{ username = \"{user}\", password = {{ env = \"{name}_PW\" }} }}\ntoken = \"/access_token\"\n"
        )
    };
    let identities = format!("{}{}", sign_in("ann", "seed-ann"), sign_in("ben", "seed-ben"));
    let env = [("ann_PW", "pw of seed-ann"), ("ben_PW", "pw of seed-ben")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let report = scan_with(&server, "mode = \"active\"\nauto_accounts = true\n", &identities, &env).await;
    assert!(broken.load(Ordering::SeqCst), "no row was changed");
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_fine_and_is_not_is_told_at_the_top() {
    let cases = [
        (Breaks::Summary, "/summary", "status 500"),
        (Breaks::Setting, "/settings", "light"),
        (Breaks::Row, "/board", "gone: 3"),
    ];
    for (breaks, path, now) in cases {
        let report = scan_office(breaks).await;
        assert_eq!(report.scan.status, Status::Harm, "{breaks:?}: {:?}", report.scan.untrusted_because);
        let paths: BTreeSet<&str> = report.harm.iter().map(|row| row.operation.path.as_str()).collect();
        assert_eq!(paths, BTreeSet::from([path]), "{:?}", report.harm);
        let row = &report.harm[0];
        assert!(row.now.contains(now), "{row:?}");
        assert!(row.likely.is_some(), "{row:?}");
        assert_eq!((report.score.value, report.score.grade.as_deref()), (None, None));
        for format in [Format::Text, Format::Markdown, Format::Html, Format::Junit, Format::Sarif] {
            let text = shown(&report, format);
            assert!(text.contains("THE SCAN DID HARM") && text.contains(path), "{format:?}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_by_itself_is_no_harm() {
    let report = scan_office(Breaks::Nothing).await;
    assert_eq!(report.harm, Vec::new());
    assert_eq!(report.scan.status, Status::Complete, "{:?}", report.scan.untrusted_because);
}

/// A forecast with a quota of twelve requests a day.
#[derive(Clone)]
struct Quota {
    db: Db,
    asked: Arc<AtomicUsize>,
    slow: bool,
}

async fn forecast(State(quota): State<Quota>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    if quota.db.caller(&headers).is_none() {
        return unauthorized();
    }
    let asked = quota.asked.fetch_add(1, Ordering::SeqCst) + 1;
    if quota.slow {
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        return ok(json!({"id": id, "text": format!("forecast {id} for the north")}));
    }
    if asked > 12 {
        let mut response = refuse(429, "come back tomorrow");
        response.headers_mut().insert("retry-after", "80000".parse().unwrap());
        return response;
    }
    let Some(row) = quota.db.row(id) else { return refuse(404, "no such row") };
    let mut response =
        Json(json!({"id": id, "row_id": id, "owner": row["user_id"], "text": format!("forecast of {}", row["title"])}))
            .into_response();
    let headers = response.headers_mut();
    headers.insert("x-ratelimit-limit", "12".parse().unwrap());
    headers.insert("x-ratelimit-remaining", (12 - asked).to_string().parse().unwrap());
    headers.insert("x-ratelimit-reset", "80000".parse().unwrap());
    response
}

async fn scan_quota(slow: bool) -> (Report, usize) {
    let (db, rows, mut document) = weak_parts();
    let quota = Quota { db: db.clone(), asked: Arc::default(), slow };
    let router = rows.merge(Router::new().route("/rows/{id}/forecast", get(forecast)).with_state(quota.clone()));
    document["paths"]["/rows/{id}/forecast"] = with_id(json!({"get": plain("200")}));
    let server = serve(&db, router, document).await;
    let report = scan_with(&server, "mode = \"active\"\nauto_accounts = true\n", "", &[]).await;
    (report, quota.asked.load(Ordering::SeqCst))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_an_operation_announces_is_kept_and_the_worst_is_tried_first() {
    let (report, asked) = scan_quota(false).await;
    assert!((4..=11).contains(&asked), "{asked} of 12");
    let rows: Vec<_> = report.coverage.iter().filter(|row| row.operation.path.ends_with("/forecast")).collect();
    let told: Vec<String> = rows.iter().map(|row| format!("{} {:?} {}", row.check, row.outcome, row.because)).collect();
    let is_tested = |check: &str| rows.iter().any(|row| row.check == check && row.outcome.is_tested());
    assert!(is_tested("authz/bola-read"), "{told:#?}");
    let limited: Vec<_> = rows.iter().filter(|row| row.because.contains("announces a limit of 12 requests")).collect();
    assert!(!limited.is_empty(), "{told:#?}");
    assert!(limited.iter().all(|row| row.outcome == CoverageOutcome::NotTried), "{told:#?}");
    assert!(
        report.notes.iter().any(|note| note.contains("/forecast") && note.contains("were not sent")),
        "{:?}",
        report.notes
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_that_takes_long_has_a_share_of_its_own() {
    let (report, asked) = scan_quota(true).await;
    assert!(asked <= 30, "{asked}");
    assert!(report.scan.requests > 60, "{}", report.scan.requests);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_that_ran_out_of_time_undoes_what_it_wrote() {
    let server = super::objects::slow_server(Duration::from_millis(60)).await;
    let before = server.db.dump();
    let bench = bench(&server.base_url, &server.document);
    let overrides = Overrides { max_seconds: Some(3), ..Overrides::default() };
    let report = bench.finished(ScanRequest { overrides, ..ScanRequest::default() }).await.report.clone();
    assert_eq!(report.scan.status, Status::Budget, "{:?}", report.scan.untrusted_because);
    assert_eq!(server.db.dump(), before);
    assert!(!report.writes.is_empty(), "nothing was written");
}
