//! Kills at the worst moments: what a request did while nobody was left to read its answer. And targets that limit
//! sign-ins when it is to be undone, and that are reset between a look and a write.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tempfile::TempDir;

use super::kit::{Db, Server, serve};
use super::undoing::{harmed, parts, plain_app, reset};

/// Does what a request asks, and holds its answer back: the n-th of those that begin with a text such as `DELETE /rows/`.
#[derive(Clone, Default)]
struct Gate {
    wanted: Arc<Mutex<&'static str>>,
    left: Arc<AtomicUsize>,
    is_reached: Arc<AtomicBool>,
    seen: Arc<AtomicUsize>,
}

impl Gate {
    fn arm(&self, wanted: &'static str, n: usize) {
        *self.wanted.lock().unwrap() = wanted;
        self.left.store(n, Ordering::SeqCst);
        self.seen.store(0, Ordering::SeqCst);
        self.is_reached.store(false, Ordering::SeqCst);
    }

    async fn pass(&self, line: &str, request: Request, next: Next) -> Response {
        let is_wanted = line.starts_with(*self.wanted.lock().unwrap());
        let n = if is_wanted { self.seen.fetch_add(1, Ordering::SeqCst) + 1 } else { 0 };
        let answer = next.run(request).await;
        if is_wanted && n == self.left.load(Ordering::SeqCst) {
            self.is_reached.store(true, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(20)).await;
        }
        answer
    }

    async fn is_reached(&self) -> bool {
        wait_for(|| self.is_reached.load(Ordering::SeqCst)).await
    }
}

async fn wait_for(holds: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(60) {
        if holds() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    false
}

/// A target behind a gate, with the folder of the program that scans it.
struct Scene {
    server: Server,
    gate: Gate,
    folder: TempDir,
    before: String,
}

impl Scene {
    async fn of(router: impl FnOnce(Router, &Db) -> Router) -> Self {
        let db = Db::seeded();
        let (plain, document) = parts(&plain_app(&db));
        let gate = Gate::default();
        gate.arm("nothing", 0);
        let kept = gate.clone();
        let gated = router(plain, &db).layer(middleware::from_fn(move |request: Request, next: Next| {
            let (gate, line) = (kept.clone(), format!("{} {}", request.method(), request.uri().path()));
            async move { gate.pass(&line, request, next).await }
        }));
        let server = serve(&db, gated, document).await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("openapi.json"), server.document.to_string()).unwrap();
        let before = db.dump();
        Self { server, gate, folder, before }
    }

    fn start(&self, what: &str) -> Child {
        let base = self.server.base_url.as_str();
        let scan = ["scan", "openapi.json", "--base-url", base, "--mode", "active", "--auto-accounts", "--quiet"];
        let arguments: &[&str] = if what == "scan" { &scan } else { &["undo"] };
        command(self.folder.path(), arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Starts a command and kills it once the gate holds an answer back.
    async fn kill_at(&self, what: &str, wanted: &'static str, n: usize) {
        self.gate.arm(wanted, n);
        let mut running = self.start(what);
        let is_reached = self.gate.is_reached().await;
        running.kill().unwrap();
        running.wait().unwrap();
        assert!(is_reached, "{what} never came to {wanted} {n}");
        self.gate.arm("nothing", 0);
    }

    async fn undo(&self) -> (Output, String) {
        let place = self.folder.path().to_owned();
        let told = tokio::task::spawn_blocking(move || command(&place, &["undo"]).output().unwrap()).await.unwrap();
        let text = String::from_utf8_lossy(&told.stdout).into_owned() + &String::from_utf8_lossy(&told.stderr);
        (told, text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn journals(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("data/journals")).map_or(0, Iterator::count)
    }

    /// Undoes, and holds that all is as it was and called so.
    async fn assert_undone(&self, when: &str) {
        let (told, text) = self.undo().await;
        assert_eq!(self.server.db.dump(), self.before, "{when}: {text}");
        assert_eq!(told.status.code(), Some(0), "{when}: {text}");
        assert!(!text.contains("not known"), "{when}: {text}");
        assert_eq!(self.journals(), 0, "{when}: {text}");
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("routewarden"));
    command.arg("--data").arg(folder.join("data")).args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

/// How many requests of a kind a whole scan sends.
async fn count_of(wanted: &'static str) -> usize {
    let scene = Scene::of(|router, _| router).await;
    scene.gate.arm(wanted, usize::MAX);
    let mut running = scene.start("scan");
    tokio::task::spawn_blocking(move || running.wait().unwrap()).await.unwrap();
    scene.gate.seen.load(Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_removed_as_the_scan_was_killed_keeps_no_account() {
    // The first is a trial's, the last ones are the undoing's.
    let rows = count_of("DELETE /rows/").await;
    for (wanted, n) in [("DELETE /rows/", 1), ("DELETE /rows/", rows - 1), ("DELETE /rows/", rows), ("DELETE /me", 1)] {
        let scene = Scene::of(|router, _| router).await;
        scene.kill_at("scan", wanted, n).await;
        scene.assert_undone(&format!("{wanted} {n} of {rows}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undoing_that_was_killed_is_gone_on_with() {
    for (wanted, n) in [("DELETE /rows/", 1), ("DELETE /rows/", 2), ("DELETE /me", 1), ("DELETE /me", 2)] {
        let scene = Scene::of(|router, _| router).await;
        scene.kill_at("scan", "POST /rows", 3).await;
        assert_ne!(scene.server.db.dump(), scene.before);
        scene.kill_at("undo", wanted, n).await;
        scene.assert_undone(&format!("{wanted} {n}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_whose_sign_up_was_never_answered_is_removed() {
    for n in [1, 2] {
        let scene = Scene::of(|router, _| router).await;
        scene.kill_at("scan", "POST /register", n).await;
        assert_ne!(scene.server.db.dump(), scene.before);
        scene.assert_undone(&format!("sign-up {n}")).await;
    }
}

/// Until when sign-ins are limited, and what `Retry-After` says.
type Limit = Arc<Mutex<Option<(Instant, Option<u64>)>>>;

fn limiting(router: Router, limit: &Limit) -> Router {
    let limit = Arc::clone(limit);
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let known = *limit.lock().unwrap();
        let known = known.filter(|(until, _)| request.uri().path() == "/login" && Instant::now() < *until);
        async move {
            match known {
                Some((_, Some(seconds))) => {
                    (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())]).into_response()
                }
                Some((_, None)) => StatusCode::TOO_MANY_REQUESTS.into_response(),
                None => next.run(request).await,
            }
        }
    }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undoing_waits_until_it_may_sign_in() {
    for (lasts, says) in [(6, None), (5, Some(1)), (4, Some(3))] {
        let limit = Limit::default();
        let scene = Scene::of(|router, _| limiting(router, &limit)).await;
        scene.kill_at("scan", "POST /rows", 3).await;
        *limit.lock().unwrap() = Some((Instant::now() + Duration::from_secs(lasts), says));
        scene.assert_undone(&format!("limited for {lasts} s, says {says:?}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_take_too_long_to_wait_for_is_left_to_the_next_undoing() {
    let limit = Limit::default();
    let scene = Scene::of(|router, _| limiting(router, &limit)).await;
    scene.kill_at("scan", "POST /rows", 3).await;
    *limit.lock().unwrap() = Some((Instant::now() + Duration::from_secs(600), Some(600)));
    let began = Instant::now();
    let (told, text) = scene.undo().await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(told.status.code(), Some(3), "{text}");
    for said in ["asks to wait 600 s (status 429)", "then the next scan or `routewarden undo` tries again"] {
        assert!(text.contains(said), "{text}");
    }
    assert_eq!(scene.journals(), 1);
    *limit.lock().unwrap() = None;
    scene.assert_undone("no longer limited").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undoing_waits_no_longer_than_the_configuration_says() {
    let limit = Limit::default();
    let scene = Scene::of(|router, _| limiting(router, &limit)).await;
    let configure = |seconds: u64| {
        std::fs::write(scene.folder.path().join("routewarden.toml"), format!("[scan]\nmax_seconds = {seconds}\n"))
            .unwrap();
    };
    configure(300);
    scene.kill_at("scan", "POST /rows", 3).await;
    configure(2);
    *limit.lock().unwrap() = Some((Instant::now() + Duration::from_secs(600), Some(5)));
    let began = Instant::now();
    let (told, text) = scene.undo().await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}: {text}", began.elapsed());
    assert_eq!((told.status.code(), scene.journals()), (Some(3), 1), "{text}");
    *limit.lock().unwrap() = None;
    scene.assert_undone("no longer limited").await;
}

/// Resets the data when a caller looks at itself for the n-th time right after a write to a row.
fn resetting(router: Router, db: &Db, n: usize, after: &Arc<Mutex<Option<String>>>) -> Router {
    let (db, after) = (db.clone(), Arc::clone(after));
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let times = Arc::new(AtomicUsize::new(0));
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let line = format!("{} {}", request.method(), request.uri().path());
        let mut lines = lines.lock().unwrap();
        let is_write = |line: &&String| line.starts_with("PUT /rows/") || line.starts_with("DELETE /rows/");
        let follows = line == "GET /me" && lines.iter().rev().take(2).any(|line| is_write(&line));
        if follows && times.fetch_add(1, Ordering::SeqCst) + 1 == n {
            after.lock().unwrap().get_or_insert_with(|| reset(&db));
        }
        lines.push(line);
        drop(lines);
        next.run(request)
    }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_while_an_attacker_looks_at_itself_leaves_rows_of_others_alone() {
    for n in 1..=3 {
        let after: Arc<Mutex<Option<String>>> = Arc::default();
        let scene = Scene::of(|router, db| resetting(router, db, n, &after)).await;
        let mut running = scene.start("scan");
        tokio::task::spawn_blocking(move || running.wait().unwrap()).await.unwrap();
        let Some(after) = after.lock().unwrap().clone() else {
            assert!(n > 1, "it was never reset");
            break;
        };
        assert_eq!(harmed(&scene.server.db, &after), Vec::<String>::new(), "reset at {n}");
    }
}
