//! One process scans, others look on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::kit::{ALICE, BOB, Process, SlowShop, aside, ids};

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(60);

/// Asks until the scan has shown a finding, or 30 seconds have passed.
fn await_finding(process: &mut Process, id: &str) -> Value {
    let began = Instant::now();
    loop {
        let answer = process.call("scan_api", json!({"scan_id": id}));
        if !ids(&answer).is_empty() || answer["status"] != "running" {
            return answer;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_of_one_process_is_seen_paged_and_explained_by_another_and_followed_to_its_end() {
    let shop = SlowShop::start(Duration::from_millis(40)).await;
    let bench = shop.bench();
    let folder = bench.folder.path().to_owned();
    aside(move || {
        let mut owner = Process::start(&folder, SHORT);
        let started = owner.call("scan_api", json!({}));
        assert_eq!(started["status"], "running", "{started}");
        let id = started["scan_id"].as_str().unwrap().to_owned();

        let mut other = Process::start(&folder, SHORT);
        let running = await_finding(&mut other, &id);
        assert_eq!((&running["status"], &running["mode"]), (&json!("running"), &json!("passive")), "{running}");
        assert!(running["phase"].is_string() && running["requests"].as_u64().unwrap() > 0, "{running}");
        assert!(running["coverage"].as_array().is_some_and(|rows| !rows.is_empty()), "{running}");
        assert!(running.to_string().len() < 3_000, "an answer that is asked for again is short: {running}");

        let page = other.call("scan_api", json!({"scan_id": id, "cursor": "f0"}));
        assert_eq!(page["status"], "running", "{page}");
        let finding = ids(&page)[0].clone();
        let explained = other.call("explain_finding", json!({"finding_id": finding, "scan_id": id}));
        assert_eq!(explained["scan_id"], id, "{explained}");

        let listed = other.read("routewarden://scans");
        let row = listed.as_array().unwrap().iter().find(|row| row["scan_id"] == id).unwrap();
        assert_eq!((&row["status"], &row["mode"]), (&json!("running"), &json!("passive")), "{row}");
        assert!(row["process"].is_u64() && row["findings"].as_u64().unwrap() > 0, "{row}");
        assert_eq!(other.read(&format!("routewarden://scans/{id}"))["status"], "running");

        // A third one waits for the end, and stops nothing when it leaves before.
        drop(other);
        let mut last = Process::start(&folder, LONG);
        let ended = last.call("scan_api", json!({"scan_id": id}));
        assert_eq!(ended["status"], "complete", "{ended}");
        assert_eq!(owner.call("scan_api", json!({"scan_id": id}))["findings"], ended["findings"]);
        let names = std::fs::read_dir(folder.join("data")).unwrap().map(|entry| entry.unwrap().file_name());
        let left: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with("running-")).collect();
        assert!(left.is_empty(), "a lock is left: {left:?}");
        let row = last.read("routewarden://scans")[0].clone();
        assert!(row["status"] == "complete" && row.get("process").is_none() && row.get("phase").is_none(), "{row}");
    })
    .await;
}

/// Every text of a value.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(fields) => {
            fields.iter().flat_map(|(key, item)| [vec![key.clone()], strings(item)].concat()).collect()
        }
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_of_a_scan_that_runs_holds_no_secret_and_nothing_that_cannot_be_seen() {
    let shop = SlowShop::start(Duration::from_millis(40)).await;
    let bench = shop.bench();
    let folder = bench.folder.path().to_owned();
    let (id, mut owner) = {
        let folder = folder.clone();
        aside(move || {
            let mut owner = Process::start(&folder, SHORT);
            let id = owner.call("scan_api", json!({}))["scan_id"].as_str().unwrap().to_owned();
            assert!(!ids(&await_finding(&mut owner, &id)).is_empty());
            (id, owner)
        })
        .await
    };
    let kept = bench.app.so_far(&id.as_str().into()).await.expect("a scan that runs").report;
    owner.kill();
    let text = serde_json::to_string(&kept).unwrap();
    assert!(!kept.findings.is_empty() && text.contains("Ignore all previous"), "the target's text is there");
    let unseen = |at: char| (at.is_control() && at != '\n') || at == '\u{202e}';
    assert!(strings(&serde_json::to_value(&kept).unwrap()).iter().all(|text| !text.contains(unseen)), "{text}");
    let mut open = vec![folder.join("data")];
    let mut files = 0;
    while let Some(place) = open.pop() {
        for path in std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(ALICE) && !text.contains(BOB), "{path:?}");
        }
    }
    assert!(files > 0);
}
