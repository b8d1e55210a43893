//! A scan that is killed in the middle leaves a journal, and the next start of the program undoes what it had written.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use routewarden::app::{App, Overrides, ScanRequest};
use routewarden::report::Status;

use super::kit::Db;
use super::objects::{slow_server, weak_server};
use crate::engine::harness::Bench;

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("routewarden"));
    command.arg("--data").arg(folder.join("data")).args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

fn scan_arguments(base: &str) -> Vec<String> {
    ["scan", "openapi.json", "--base-url", base, "--mode", "active", "--auto-accounts", "--quiet"]
        .map(str::to_owned)
        .to_vec()
}

/// Waits until the scan has made this many rows; false when it did not within ten seconds.
async fn has_made(db: &Db, rows: usize) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) {
        if db.lock().rows.len() >= rows {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn undo_removes_what_a_killed_scan_wrote_and_reading_commands_touch_nothing() {
    for next in [vec!["history"], vec!["checks"], vec!["undo"]] {
        let server = slow_server(Duration::from_millis(20)).await;
        let before = server.db.dump();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("openapi.json"), server.document.to_string()).unwrap();
        let arguments = scan_arguments(&server.base_url);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut running =
            command(folder.path(), &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        assert!(has_made(&server.db, 4).await, "the scan wrote nothing");
        running.kill().unwrap();
        running.wait().unwrap();
        assert_ne!(server.db.dump(), before);
        let journals = folder.path().join("data/journals");
        assert_eq!(std::fs::read_dir(&journals).unwrap().count(), 1);
        let place = folder.path().to_owned();
        let arguments = next.clone();
        let told = tokio::task::spawn_blocking(move || command(&place, &arguments).output().unwrap()).await.unwrap();
        let text = String::from_utf8_lossy(&told.stdout).into_owned() + &String::from_utf8_lossy(&told.stderr);
        if next != ["undo"] {
            assert_ne!(server.db.dump(), before, "{text}");
            assert!(text.contains("`routewarden undo` removes what it left"), "{text}");
            assert_eq!(std::fs::read_dir(&journals).unwrap().count(), 1);
            continue;
        }
        assert_eq!(server.db.dump(), before, "{text}");
        assert!(text.contains("are removed now"), "{text}");
        assert_eq!(std::fs::read_dir(&journals).unwrap().count(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_that_may_only_read_leaves_what_a_killed_one_wrote() {
    let server = slow_server(Duration::from_millis(5)).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("openapi.json"), server.document.to_string()).unwrap();
    let arguments = scan_arguments(&server.base_url);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut running = command(folder.path(), &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!(has_made(&server.db, 4).await, "the scan wrote nothing");
    running.kill().unwrap();
    running.wait().unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let left = server.db.dump();

    let app = App::new(folder.path().to_owned(), Some(folder.path().join("data")));
    let base_url = Some(server.base_url.clone());
    let overrides = Overrides { base_url, without_undo: true, ..Overrides::default() };
    let request = ScanRequest { target: Some("openapi.json".to_owned()), overrides, ..ScanRequest::default() };
    let report = app.start(request).await.unwrap().finished().await.unwrap().report.clone();
    assert_eq!(server.db.dump(), left);
    let is_named = report.notes.iter().any(|note| note.contains("`routewarden undo` removes it"));
    assert!(is_named, "{:?}", report.notes);
    assert_eq!(std::fs::read_dir(folder.path().join("data/journals")).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_scan_and_one_without_budget_undo_what_they_wrote() {
    for (stop, budget) in [(true, ""), (false, "max_requests = 40\n")] {
        let server = slow_server(Duration::from_millis(5)).await;
        let before = server.db.dump();
        let config = format!(
            "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n\n[scan]\nmode = \"active\"\nauto_accounts = true\n{budget}",
            server.base_url
        );
        let bench = Bench::new(&config, Some(&server.document), &[]);
        let mut handle = bench.app.start(ScanRequest::default()).await.unwrap();
        assert!(has_made(&server.db, 4).await, "the scan wrote nothing");
        if stop {
            handle.cancel.cancel();
        }
        let report = handle.finished().await.unwrap().report.clone();
        assert_ne!(report.scan.status, Status::Complete);
        assert_eq!(server.db.dump(), before);
        assert!(
            !report.writes.is_empty() && report.writes.iter().all(|write| write.is_undone()),
            "{:?}",
            report.writes
        );
        assert_eq!(std::fs::read_dir(bench.data().join("journals")).unwrap().count(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_password_of_an_account_is_kept_anywhere() {
    let server = weak_server().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("openapi.json"), server.document.to_string()).unwrap();
    let arguments = scan_arguments(&server.base_url);
    let place = folder.path().to_owned();
    let (told, seen) = {
        let db = server.db.clone();
        let watching = tokio::spawn(async move {
            let mut seen = std::collections::BTreeSet::new();
            for _ in 0..2_000 {
                let passwords: Vec<String> =
                    db.lock().users.iter().filter_map(|user| user["password"].as_str().map(str::to_owned)).collect();
                seen.extend(passwords.into_iter().filter(|password| !password.starts_with("pw of")));
                tokio::time::sleep(Duration::from_millis(1)).await;
                if seen.len() >= 2 {
                    break;
                }
            }
            seen
        });
        let told = tokio::task::spawn_blocking(move || {
            let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            arguments.extend(["--format", "json", "-o", "report.json"]);
            command(&place, &arguments).output().unwrap()
        });
        let told = told.await.unwrap();
        (told, watching.await.unwrap())
    };
    assert_eq!(seen.len(), 2, "two accounts were made");
    let mut texts = vec![told.stdout, told.stderr];
    let mut open = vec![folder.path().to_owned()];
    while let Some(place) = open.pop() {
        for entry in std::fs::read_dir(place).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                open.push(entry.path())
            } else {
                texts.push(std::fs::read(entry.path()).unwrap())
            }
        }
    }
    for password in seen {
        assert!(texts.iter().all(|text| !String::from_utf8_lossy(text).contains(&password)));
    }
}
