//! Who gets what, from a stored scan, a page at a time.

use std::time::Duration;

use serde_json::json;

use super::kit::{KINDS, Process, SlowShop, aside};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stored_scan_answers_without_a_request_and_a_route_alone_asks_little() {
    let shop = SlowShop::start(Duration::from_millis(1)).await;
    let bench = shop.bench();
    let folder = bench.folder.path().to_owned();
    let mut process = aside(move || Process::start(&folder, Duration::from_secs(60))).await;
    let (whole, mut process) = aside(move || (process.call("scan_api", json!({})), process)).await;
    let id = whole["scan_id"].as_str().unwrap().to_owned();
    let before = shop.n_hits();

    let asked = json!({"scan_id": id});
    let (matrix, mut process) = aside(move || (process.call("check_route_ownership", asked), process)).await;
    assert_eq!(matrix["routes"].as_array().unwrap().len(), 2 * KINDS.len(), "{matrix}");
    assert!(matrix.get("next_cursor").is_none(), "{matrix}");
    let route = matrix["routes"].as_array().unwrap().iter().find(|row| row["route"] == "GET /orders/{id}").unwrap();
    assert_eq!(route["verdict"], "broken", "{route}");
    assert_eq!(route["cells"]["anonymous"], "refused", "{route}");
    let later = json!({"scan_id": id, "cursor": "r14"});
    let (rest, mut process) = aside(move || (process.call("check_route_ownership", later), process)).await;
    assert_eq!(rest["routes"].as_array().unwrap().len(), 2 * KINDS.len() - 14, "{rest}");
    assert!(rest.get("callers").is_none(), "{rest}");
    assert_eq!(shop.n_hits(), before, "a stored scan is read, and nothing is sent");

    let one = json!({"route": "GET /orders/{id}", "identities": ["alice", "bob"], "target": "openapi.json"});
    let (one, _process) = aside(move || (process.call("check_route_ownership", one), process)).await;
    assert_eq!((one["routes"].as_array().unwrap().len(), &one["routes"][0]["verdict"]), (1, &json!("broken")), "{one}");
    let sent = shop.n_hits() - before;
    assert!(sent * 3 < before, "{sent} requests for one route, {before} for a scan of all");
}
