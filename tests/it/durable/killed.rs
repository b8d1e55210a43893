//! What is left of a scan whose process was killed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use super::kit::{Process, SlowShop, aside, ids, status_of};

const SHORT: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_no_finding_that_anybody_was_told_of() {
    let shop = SlowShop::start(Duration::from_millis(20)).await;
    let mut told_in_all = 0;
    for after in [0, 400, 1200, 2000, 2800, 3600, 4400, 5200, 6000, 6800] {
        let bench = shop.bench();
        let folder = bench.folder.path().to_owned();
        told_in_all += aside(move || {
            let mut owner = Process::start(&folder, SHORT);
            let id = owner.call("scan_api", json!({}))["scan_id"].as_str().unwrap().to_owned();
            let mut other = Process::start(&folder, SHORT);
            let (began, mut told, mut has_ended) = (Instant::now(), BTreeSet::new(), false);
            while began.elapsed() < Duration::from_millis(after) && !has_ended {
                let page = other.call("scan_api", json!({"scan_id": id, "cursor": "f0"}));
                told = ids(&page).into_iter().collect();
                has_ended = page["status"] != "running";
            }
            owner.kill();
            let left = other.call("scan_api", json!({"scan_id": id}));
            // A scan that came to its end before is whole, and a kill takes nothing from it.
            if left["status"] != "complete" {
                assert_eq!(left["status"], "interrupted", "after {after} ms: {left}");
                let because = left["untrusted_because"].as_str().unwrap();
                assert!(because.starts_with("ended with its process ") && because.contains("so far: "), "{because}");
                let found = ids(&other.call("scan_api", json!({"scan_id": id, "cursor": "f0"})));
                assert!(told.iter().all(|id| found.contains(id)), "after {after} ms: {told:?} and {found:?}");
            }
            for finding in &told {
                let explained = other.call("explain_finding", json!({"finding_id": finding, "scan_id": id}));
                assert_eq!(explained["finding_id"], *finding);
            }
            told.len()
        })
        .await;
    }
    assert!(told_in_all > 0, "no scan was killed with a finding");
}

/// Kills the process of a scan that has told of a finding; returns both, or `None` where the scan came to its end before.
fn kill_with_finding(folder: &Path) -> Option<(String, String)> {
    let mut owner = Process::start(folder, SHORT);
    let id = owner.call("scan_api", json!({}))["scan_id"].as_str().unwrap().to_owned();
    let began = Instant::now();
    loop {
        let page = owner.call("scan_api", json!({"scan_id": id, "cursor": "f0"}));
        if page["status"] == "complete" {
            return None;
        }
        assert!(page["status"] == "running" && began.elapsed() < Duration::from_secs(60), "{page}");
        let broken = page["findings"].as_array().unwrap().iter().find(|row| row["check"] == "authz/bola-read");
        if let Some(broken) = broken {
            assert_eq!(status_of(&page, broken), "new", "{page}");
            owner.kill();
            return Some((id, broken["id"].as_str().unwrap().to_owned()));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finding_of_a_killed_scan_is_fixed_and_rechecked_and_is_new_to_no_later_scan() {
    // On a busy machine the whole scan may pass between two looks: then at a slower target.
    for delay in [20, 100, 400] {
        let shop = SlowShop::start(Duration::from_millis(delay)).await;
        let bench = shop.bench();
        let folder = bench.folder.path().to_owned();
        if aside(move || judge_after_kill(&folder)).await {
            return;
        }
    }
    panic!("no scan was killed with a finding");
}

/// Returns whether a scan was killed with a finding, after what became of that was looked at.
fn judge_after_kill(folder: &Path) -> bool {
    let Some((id, broken)) = kill_with_finding(folder) else { return false };
    let mut other = Process::start(folder, Duration::from_secs(60));
    let fix = other.call("suggest_fix", json!({"finding_id": broken}));
    assert_eq!(fix["check"], "authz/bola-read", "{fix}");
    let again = other.call("scan_api", json!({"recheck": [broken], "scan_id": id}));
    assert_eq!(again["recheck"][0]["outcome"], "still_vulnerable", "{again}");
    let whole = other.call("scan_api", json!({}));
    assert_eq!(whole["status"], "complete", "{whole}");
    let row = whole["findings"].as_array().unwrap().iter().find(|row| row["id"] == *broken).unwrap();
    assert_eq!(status_of(&whole, row), "known", "{whole}");
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_of_a_whole_scan_are_new_though_they_were_kept_while_it_ran() {
    let shop = SlowShop::start(Duration::from_millis(20)).await;
    let bench = shop.bench();
    let folder = bench.folder.path().to_owned();
    aside(move || {
        let whole = Process::start(&folder, Duration::from_secs(60)).call("scan_api", json!({}));
        assert_eq!(whole["status"], "complete", "{whole}");
        let rows = whole["findings"].as_array().unwrap();
        assert!(!rows.is_empty() && rows.iter().all(|row| status_of(&whole, row) == "new"), "{whole}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_of_the_command_line_is_listed_while_it_runs_and_its_report_tells_of_its_end() {
    let shop = SlowShop::start(Duration::from_millis(20)).await;
    let bench = shop.bench();
    let folder = bench.folder.path().to_owned();
    aside(move || {
        let run = |arguments: &[&str]| {
            let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("routewarden"));
            command.arg("--data").arg(folder.join("data")).args(arguments).current_dir(&folder);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
        };
        let text = |arguments: &[&str]| String::from_utf8(run(arguments).wait_with_output().unwrap().stdout).unwrap();
        let mut scan = run(&["scan", "--quiet"]);
        let began = Instant::now();
        let row = loop {
            let rows: serde_json::Value = serde_json::from_str(&text(&["history", "--format", "json"])).unwrap();
            if rows[0]["findings"].as_u64().unwrap_or_default() > 0 {
                break rows[0].clone();
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{rows}");
        };
        assert_eq!((&row["status"], &row["process"]), (&json!("running"), &json!(scan.id())), "{row}");
        assert!(text(&["history"]).contains("running"));
        scan.kill().unwrap();
        scan.wait().unwrap();
        let report = text(&["report"]);
        assert!(report.contains("Interrupted") && report.contains("ended with its process"), "{report}");
        let rows: serde_json::Value = serde_json::from_str(&text(&["history", "--format", "json"])).unwrap();
        assert_eq!((&rows[0]["status"], rows[0].get("process")), (&json!("interrupted"), None), "{rows}");
    })
    .await;
}
