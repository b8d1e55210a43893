//! Undoing that is true: what is gone was removed and looked for, what is not the scan's own is left alone, and what
//! cannot be removed now is kept for later.

use std::path::Path as FilePath;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use routewarden::model::UndoOutcome;
use routewarden::report::{Report, Status};
use serde_json::{Value, json};

use super::kit::{Db, Server, account_routes, document, ok, plain, refuse, serve, takes, unauthorized, with_id};
use crate::engine::harness::Bench;

/// How a creation answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    /// 201 with the row.
    Row,
    /// 200 with the row.
    Ok,
    /// `{"id": .., "result": {..}}`, the id outside.
    Outside,
    /// `{"data": {..}, "permissions": {..}}`.
    Data,
    /// `{"data": {"id": ..}}` and nothing that was sent.
    IdAlone,
    /// `[{..}]`
    One,
    /// 202 and `Location`, without a body.
    Place,
    /// 500, although the row is stored.
    Failing,
    /// 500, and no row is stored.
    Broken,
}

#[derive(Clone)]
pub(super) struct App {
    db: Db,
    made: Made,
    /// Rows go by a slug of their title.
    by_slug: bool,
    /// Rows cannot be removed.
    lasting: bool,
    /// Rows go a little after their removal was answered.
    late: bool,
}

pub(super) fn plain_app(db: &Db) -> App {
    App { db: db.clone(), made: Made::Row, by_slug: false, lasting: false, late: false }
}

impl App {
    fn key(&self, row: &Value) -> String {
        if self.by_slug { row["slug"].as_str().unwrap_or_default().to_owned() } else { row["id"].to_string() }
    }

    fn find(&self, key: &str) -> Option<Value> {
        self.db.lock().rows.iter().find(|row| self.key(row) == key).cloned()
    }
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let rows = app.db.rows_of(who);
    if app.made == Made::IdAlone { ok(json!({"data": rows})) } else { ok(json!(rows)) }
}

fn slug(title: &Value, id: u64) -> String {
    format!("{}-{id}", title.as_str().unwrap_or_default().to_lowercase().replace(' ', "-"))
}

async fn create(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    if body["title"].as_str().is_none_or(str::is_empty) {
        return refuse(422, "title must not be blank");
    }
    let failed = || (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"error": "no index"}))).into_response();
    if app.made == Made::Broken {
        return failed();
    }
    let id = app.db.fresh_id();
    let mut row = json!({"id": id, "user_id": who, "title": body["title"], "text": body["text"]});
    if app.by_slug {
        row["slug"] = json!(slug(&body["title"], id));
    }
    app.db.lock().rows.push(row.clone());
    let created = |body: Value| (StatusCode::CREATED, Json(body)).into_response();
    match app.made {
        Made::Row => created(row),
        Made::Ok => ok(row),
        Made::Outside => {
            row.as_object_mut().unwrap().remove("id");
            created(json!({"id": id, "result": row}))
        }
        Made::Data => created(json!({"data": row, "permissions": {"write": ["me"]}})),
        Made::IdAlone => created(json!({"data": {"id": id}})),
        Made::One => created(json!([row])),
        Made::Place => (StatusCode::ACCEPTED, [("location", format!("/rows/{id}"))]).into_response(),
        Made::Failing | Made::Broken => failed(),
    }
}

async fn read(State(app): State<App>, headers: HeaderMap, Path(key): Path<String>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    match app.find(&key) {
        Some(row) if row["user_id"] == who => ok(row),
        _ => refuse(404, "no such row"),
    }
}

async fn change(
    State(app): State<App>,
    headers: HeaderMap,
    Path(key): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let Some(_) = app.db.caller(&headers) else { return unauthorized() };
    let Some(row) = app.find(&key) else { return refuse(404, "no such row") };
    let mut tables = app.db.lock();
    let place = tables.rows.iter_mut().find(|known| known["id"] == row["id"]).unwrap();
    for name in ["title", "text"] {
        if !body[name].is_null() {
            place[name] = body[name].clone();
        }
    }
    if app.by_slug {
        place["slug"] = json!(slug(&place["title"], place["id"].as_u64().unwrap()));
    }
    ok(place.clone())
}

async fn remove(State(app): State<App>, headers: HeaderMap, Path(key): Path<String>) -> Response {
    let Some(_) = app.db.caller(&headers) else { return unauthorized() };
    let Some(row) = app.find(&key) else { return refuse(404, "no such row") };
    if app.lasting {
        return refuse(409, "rows are kept");
    }
    let is_late = app.late;
    let goes = async move {
        if is_late {
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        app.db.lock().rows.retain(|known| known["id"] != row["id"]);
    };
    if is_late {
        tokio::spawn(goes);
    } else {
        goes.await;
    }
    StatusCode::NO_CONTENT.into_response()
}

/// Rows of whoever made them, which anybody may change and remove.
pub(super) fn parts(app: &App) -> (Router, Value) {
    let routes = Router::new()
        .route("/rows", get(list).post(create))
        .route("/rows/{id}", get(read).put(change).delete(remove))
        .with_state(app.clone());
    let body = json!({"title": "a title", "text": "a text"});
    let item = json!({"get": plain("200"), "put": takes(&body, "200"), "delete": plain("204")});
    let item = if app.by_slug {
        let mut item = item;
        item["parameters"] = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]);
        item
    } else {
        with_id(item)
    };
    let paths = json!({"/rows": {"get": plain("200"), "post": takes(&body, "201")}, "/rows/{id}": item});
    let mut document = document("Rows", paths);
    if app.by_slug {
        let item = document["paths"].as_object_mut().unwrap().remove("/rows/{id}").unwrap();
        let text = item.to_string().replace("\"name\":\"id\"", "\"name\":\"slug\"");
        document["paths"]["/rows/{slug}"] = serde_json::from_str(&text).unwrap();
    }
    (account_routes(&app.db).merge(routes), document)
}

fn bench(server: &Server, more: &str) -> Bench {
    let config = format!(
        "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n\n[scan]\nmode = \"active\"\nauto_accounts = true\n{more}",
        server.base_url
    );
    Bench::new(&config, Some(&server.document), &[])
}

fn journals(bench: &Bench) -> usize {
    std::fs::read_dir(bench.data().join("journals")).map_or(0, Iterator::count)
}

/// No statement that the store contradicts: what is there is listed, and nothing that is there is called undone.
fn assert_true(report: &Report, db: &Db, before: &str) {
    let tables = db.lock();
    for row in tables.rows.iter().filter(|row| !before.contains(&format!("\"id\": {},", row["id"]))) {
        let names = |write: &&routewarden::report::Write| {
            let id = row["id"].to_string();
            write.operation == "POST /rows"
                && (write.object == id || Some(write.object.as_str()) == row["slug"].as_str())
        };
        let listed: Vec<_> = report.writes.iter().filter(names).collect();
        assert!(!listed.is_empty(), "{row} is not listed: {:?}", report.writes);
        assert!(listed.iter().any(|write| write.outcome != UndoOutcome::Undone), "{row}: {listed:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_id_is_read_from_every_status_and_envelope() {
    for made in [Made::Row, Made::Ok, Made::Outside, Made::Data, Made::IdAlone, Made::One, Made::Place] {
        let db = Db::seeded();
        let (router, document) = parts(&App { made, ..plain_app(&db) });
        let server = serve(&db, router, document).await;
        let before = db.dump();
        let report = bench(&server, "").scan().await;
        assert_eq!(db.dump(), before, "{made:?} {:?}", report.writes);
        let rows: Vec<_> = report.writes.iter().filter(|write| write.operation == "POST /rows").collect();
        assert!(!rows.is_empty() && rows.iter().all(|write| write.is_undone()), "{made:?} {rows:?}");
        let at = |write: &&&routewarden::report::Write| {
            write.address.as_deref() == Some(format!("{}/rows/{}", server.base_url, write.object).as_str())
        };
        assert_eq!(rows.iter().filter(at).count(), rows.len(), "{made:?} {rows:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_go_a_little_after_their_removal_are_waited_for() {
    let db = Db::seeded();
    let (router, document) = parts(&App { late: true, ..plain_app(&db) });
    let server = serve(&db, router, document).await;
    let before = db.dump();
    let report = bench(&server, "").scan().await;
    assert_eq!(db.dump(), before, "{:?}", report.writes);
    assert!(report.writes.len() > 2 && report.writes.iter().all(|write| write.is_undone()), "{:?}", report.writes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_failed_creation_has_stored_is_looked_for_by_its_mark() {
    for made in [Made::Failing, Made::Broken] {
        let db = Db::seeded();
        let (router, document) = parts(&App { made, ..plain_app(&db) });
        let server = serve(&db, router, document).await;
        let before = db.dump();
        let report = bench(&server, "").scan().await;
        assert_eq!(db.dump(), before, "{made:?} {:?}", report.writes);
        let rows: Vec<_> = report.writes.iter().filter(|write| write.operation == "POST /rows").collect();
        // A list that is whole, and has nothing with the mark, shows that nothing was made.
        assert_eq!(rows.is_empty(), made == Made::Broken, "{made:?} {rows:?}");
        assert!(rows.iter().all(|write| write.is_undone()), "{made:?} {rows:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_made_from_a_field_stays_as_it_is() {
    let db = Db::seeded();
    for (row, title) in db.lock().rows.iter_mut().zip(["one", "two"]) {
        row["slug"] = json!(format!("{title}-seed"));
    }
    let (router, document) = parts(&App { by_slug: true, ..plain_app(&db) });
    let server = serve(&db, router, document).await;
    let before = db.dump();
    let report = bench(&server, "").scan().await;
    assert_eq!(db.dump(), before, "{:?}", report.writes);
    assert!(report.writes.iter().all(|write| write.is_undone()), "{:?}", report.writes);
    // The check was made all the same, by the text.
    let said = super::kit::said(&report, "authz/bola-write", "PUT /rows/{slug}");
    assert_eq!(said, "confirmed", "{:?}", report.writes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_stays_while_something_hangs_on_it() {
    let db = Db::seeded();
    let (router, document) = parts(&App { lasting: true, ..plain_app(&db) });
    let server = serve(&db, router, document).await;
    let before = db.dump();
    let report = bench(&server, "").scan().await;
    assert_true(&report, &db, &before);
    let rows = db.lock().rows.clone();
    assert!(rows.len() > 2);
    for row in rows.iter().skip(2) {
        assert!(db.user(row["user_id"].as_u64().unwrap()).is_some(), "the owner of {row} is gone: {:?}", report.writes);
    }
    let kept: Vec<_> =
        report.writes.iter().filter(|write| write.operation == "POST /register" && !write.is_undone()).collect();
    assert!(!kept.is_empty());
    for write in &kept {
        assert_eq!(write.outcome, UndoOutcome::Remains);
        assert!(write.because.as_ref().is_some_and(|because| because.contains("POST /rows")), "{write:?}");
    }
    let text = routewarden::report::render_report(
        routewarden::report::Format::Text,
        &report,
        &[],
        routewarden::report::TextOptions::default(),
    );
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("by hand: DELETE it"), "{text}");
}

/// Counts requests, and from one of them on does what `then` does to them.
fn from_request<F>(router: Router, first: usize, then: F) -> (Router, Arc<AtomicUsize>)
where
    F: Fn(&Request) -> Option<Response> + Clone + Send + Sync + 'static,
{
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let layered = router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let (n, then) = (counted.fetch_add(1, Ordering::SeqCst) + 1, then.clone());
        async move {
            if n >= first
                && let Some(answer) = then(&request)
            {
                return answer;
            }
            next.run(request).await
        }
    }));
    (layered, count)
}

/// Puts other people's rows under all the ids that the scan may have used.
pub(super) fn reset(db: &Db) -> String {
    while db.fresh_id() < 90 {}
    {
        let mut tables = db.lock();
        tables.users.truncate(2);
        tables.rows.truncate(2);
        for id in 11..80_u64 {
            tables.users.push(json!({"id": id, "username": format!("other-{id}"), "email": format!("o{id}@corp.test"), "password": "theirs", "role": "user"}));
            tables.rows.push(json!({"id": id, "user_id": id, "title": format!("row of other-{id}"), "text": "theirs"}));
        }
    }
    db.dump()
}

/// What of other people's rows is not as it was.
pub(super) fn harmed(db: &Db, after_reset: &str) -> Vec<String> {
    let before: Value = serde_json::from_str(after_reset).unwrap();
    let tables = db.lock();
    let mut found = Vec::new();
    for (table, now) in [("users", &tables.users), ("rows", &tables.rows)] {
        let rows = before[table].as_array().unwrap().iter();
        found.extend(rows.filter(|row| !now.contains(row)).map(|row| format!("{table} {}", row["id"])));
    }
    found
}

/// How many requests a whole scan takes.
async fn requests_of_a_scan() -> usize {
    requests_to_and_after_the_first_row().await.1
}

/// How many requests a scan sends until it makes its first row, and how many in all.
async fn requests_to_and_after_the_first_row() -> (usize, usize) {
    let db = Db::seeded();
    let (router, document) = parts(&plain_app(&db));
    let (before, is_made) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (sent, made) = (Arc::clone(&before), Arc::clone(&is_made));
    let (router, count) = from_request(router, 0, move |request| {
        let makes_row = request.method() == axum::http::Method::POST && request.uri().path().starts_with("/rows");
        if makes_row || made.load(Ordering::SeqCst) {
            made.store(true, Ordering::SeqCst);
        } else {
            sent.fetch_add(1, Ordering::SeqCst);
        }
        None
    });
    let server = serve(&db, router, document).await;
    bench(&server, "").scan().await;
    (before.load(Ordering::SeqCst), count.load(Ordering::SeqCst))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_took_over_ids_after_a_reset_are_not_touched() {
    let (first, whole) = requests_to_and_after_the_first_row().await;
    let mut noticed = 0;
    for part in 1..=10 {
        let db = Db::seeded();
        let (router, document) = parts(&plain_app(&db));
        let after: Arc<std::sync::Mutex<Option<String>>> = Arc::default();
        let (place, store) = (Arc::clone(&after), db.clone());
        let (router, _) = from_request(router, first + (whole - first) * part / 11, move |request| {
            // Tokens stay good, as signed ones do. Between a look at a row and the write after it nothing can be noticed.
            if request.method() == axum::http::Method::GET && request.uri().path().starts_with("/rows") {
                place.lock().unwrap().get_or_insert_with(|| reset(&store));
            }
            None
        });
        let server = serve(&db, router, document).await;
        let report = bench(&server, "").scan().await;
        let after = after.lock().unwrap().clone().expect("it was reset");
        assert_eq!(harmed(&db, &after), Vec::<String>::new(), "reset at {part}/11: {:?}", report.writes);
        // In the midst of the undoing nothing ends the scan.
        noticed += usize::from((1..=6).contains(&part) && report.scan.status == Status::Untrusted);
    }
    assert!(noticed >= 3, "{noticed} of 6");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_silent_target_kept_is_removed_once_it_is_back() {
    let whole = requests_of_a_scan().await;
    for (status, percent) in [(503, 50), (429, 50), (503, 70), (404, 50)] {
        let first = whole * percent / 100;
        let db = Db::seeded();
        let (router, document) = parts(&plain_app(&db));
        let down = Arc::new(AtomicBool::new(true));
        let is_down = Arc::clone(&down);
        let (router, _) = from_request(router, first, move |_| {
            // A limit that does not say how long it lasts would be waited out.
            let refuses = || (StatusCode::from_u16(status).unwrap(), [("retry-after", "600")]).into_response();
            is_down.load(Ordering::SeqCst).then(refuses)
        });
        let server = serve(&db, router, document).await;
        let before = db.dump();
        let bench = bench(&server, "timeout_seconds = 1\n");
        let report = bench.scan().await;
        assert_ne!(db.dump(), before, "nothing was left, so that this shows nothing");
        assert_ne!(report.scan.status, Status::Complete, "{status}");
        assert_eq!(journals(&bench), 1, "{status} at {first}: {:?}", report.writes);
        // While it is down nothing is given up.
        let waiting = bench.app.undo(&[]).await.unwrap();
        assert!(
            waiting.iter().all(|one| one.fault.as_ref().is_some_and(|fault| fault.contains("waits for"))),
            "{waiting:?}"
        );
        assert_eq!(journals(&bench), 1);
        down.store(false, Ordering::SeqCst);
        let done = bench.app.undo(&[]).await.unwrap();
        assert_eq!(db.dump(), before, "{status} at {first}: {done:?}");
        assert_eq!(journals(&bench), 0, "{done:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_took_over_ids_before_the_undoing_is_not_touched() {
    let db = Db::seeded();
    let (router, document) = parts(&plain_app(&db));
    let down = Arc::new(AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    let (router, _) = from_request(router, requests_of_a_scan().await / 2, move |_| {
        is_down.load(Ordering::SeqCst).then(|| StatusCode::SERVICE_UNAVAILABLE.into_response())
    });
    let server = serve(&db, router, document).await;
    let bench = bench(&server, "timeout_seconds = 1\n");
    let report = bench.scan().await;
    // Some were removed before, to see whether that works.
    let early = report.writes.iter().filter(|write| write.operation == "POST /rows" && write.is_undone()).count();
    let after = reset(&db);
    down.store(false, Ordering::SeqCst);
    let done = bench.app.undo(&[]).await.unwrap();
    assert_eq!(harmed(&db, &after), Vec::<String>::new(), "{done:?}");
    let rows = done.iter().flat_map(|one| &one.rows).filter(|row| row.operation == "POST /rows");
    assert!(rows.clone().any(|row| row.outcome != UndoOutcome::Undone), "{done:?}");
    assert_eq!(rows.filter(|row| row.outcome == UndoOutcome::Undone).count(), early, "{done:?}");
    assert_eq!(journals(&bench), 0, "nothing more can be done: {done:?}");
}

fn command(folder: &FilePath, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("routewarden"));
    command.arg("--data").arg(folder.join("data")).args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_whose_sign_up_was_just_answered_is_removed_after_a_crash() {
    let db = Db::seeded();
    let (router, document) = parts(&plain_app(&db));
    let slow = router.layer(middleware::from_fn(|request: Request, next: Next| async move {
        if request.uri().path() == "/login" {
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        next.run(request).await
    }));
    let server = serve(&db, slow, document).await;
    let before = db.dump();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("openapi.json"), server.document.to_string()).unwrap();
    let scan =
        ["scan", "openapi.json", "--base-url", &server.base_url, "--mode", "active", "--auto-accounts", "--quiet"];
    let mut running = command(folder.path(), &scan).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    while db.lock().users.len() < 3 && began.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    running.kill().unwrap();
    running.wait().unwrap();
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_ne!(db.dump(), before, "no account was made");
    let place = folder.path().to_owned();
    let told = tokio::task::spawn_blocking(move || command(&place, &["undo"]).output().unwrap()).await.unwrap();
    let text = String::from_utf8_lossy(&told.stdout).into_owned() + &String::from_utf8_lossy(&told.stderr);
    assert_eq!(db.dump(), before, "{text}");
    assert_eq!(told.status.code(), Some(0), "{text}");
    assert_eq!(std::fs::read_dir(folder.path().join("data/journals")).unwrap().count(), 0);
}
