//! Many calls at one time: how many scans start, and who may stop one.

use std::time::{Duration, Instant};

use routewarden::app::App;
use routewarden::mcp::{CallTimeLimits, ServerOptions};
use serde_json::{Value, json};

use super::kit::SlowShop;
use crate::mcp::support::{Client, LEGACY, MODERN};

async fn client(app: &App, version: &'static str, patience: Duration) -> Client {
    let limits = CallTimeLimits { silent: patience, with_progress: patience };
    let options = ServerOptions { limits, ..ServerOptions::default() };
    Client::with_options(app.clone(), options, version).greeted().await
}

fn call(id: u64, version: &str, arguments: Value) -> Value {
    let mut params = json!({"name": "scan_api", "arguments": arguments});
    if version == MODERN {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "0"},
        });
    }
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
}

/// The next answer with one of these ids.
async fn answer(client: &mut Client, wanted: &[u64]) -> Value {
    loop {
        let message = client.next().await.expect("an answer");
        if message["id"].as_u64().is_some_and(|id| wanted.contains(&id)) && message.get("method").is_none() {
            return message;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twelve_scans_that_are_started_at_one_time_four_run() {
    for version in [LEGACY, MODERN] {
        let shop = SlowShop::start(Duration::from_millis(100)).await;
        let bench = shop.bench();
        let mut client = client(&bench.app, version, Duration::from_millis(200)).await;
        let ids: Vec<u64> = (100..112).collect();
        for id in &ids {
            client.send(&call(*id, version, json!({}))).await;
        }
        let (mut running, mut refused) = (Vec::new(), Vec::new());
        for _ in &ids {
            let answer = answer(&mut client, &ids).await;
            match answer["result"]["structuredContent"]["status"].as_str() {
                Some(status) => running.push(status.to_owned()),
                None => refused.push(answer["result"]["content"][0]["text"].as_str().unwrap().to_owned()),
            }
        }
        assert_eq!((running.len(), refused.len()), (4, 8), "{version}: {running:?} {refused:?}");
        for text in &refused {
            assert!(text.contains("4 scans run already") && text.contains("was not started"), "{text}");
            assert!(text.contains("scan_api and its scan_id"), "{text}");
        }
        assert_eq!(bench.app.history(20).await.unwrap().len(), 4);
        client.leave().await.unwrap();
        assert!(bench.app.history(20).await.unwrap().iter().all(|row| row.status == "interrupted"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_is_free_again_where_a_scan_could_not_start() {
    let shop = SlowShop::start(Duration::from_millis(100)).await;
    let bench = shop.bench();
    let mut client = client(&bench.app, LEGACY, Duration::from_millis(100)).await;
    for _ in 0..6 {
        let answer = client.call("scan_api", json!({"identities": ["nobody"]})).await;
        assert!(answer.to_string().contains("no identity `nobody`"), "{answer}");
    }
    let answer = client.call("scan_api", json!({})).await;
    assert_eq!(answer["result"]["structuredContent"]["status"], "running", "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_is_stopped_by_its_starter_or_the_last_who_waits_and_within_200_ms() {
    let shop = SlowShop::start(Duration::from_millis(50)).await;
    let bench = shop.bench();
    let mut client = client(&bench.app, LEGACY, Duration::from_millis(1500)).await;
    let cancel = |id: u64| json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});

    // The starter waits no longer; then two others do.
    client.send(&call(200, LEGACY, json!({}))).await;
    let started = answer(&mut client, &[200]).await;
    let id = started["result"]["structuredContent"]["scan_id"].as_str().unwrap().to_owned();
    let handle = bench.app.running(&id.as_str().into()).unwrap();
    client.send(&call(201, LEGACY, json!({"scan_id": id}))).await;
    client.send(&call(202, LEGACY, json!({"scan_id": id}))).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    client.send(&cancel(201)).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!handle.cancel.is_cancelled() && handle.done.borrow().is_none(), "another still waits for it");
    let began = Instant::now();
    client.send(&cancel(202)).await;
    handle.cancel.cancelled().await;
    assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
    let mut waiting = handle.clone();
    assert_eq!(waiting.finished().await.unwrap().report.scan.status, routewarden::report::Status::Interrupted);

    // The starter stops it while another waits.
    client.send(&call(203, LEGACY, json!({}))).await;
    let id = loop {
        let rows = bench.app.history(5).await.unwrap();
        match rows.into_iter().find(|row| row.status == "running") {
            Some(row) => break row.scan_id,
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    client.send(&call(204, LEGACY, json!({"scan_id": id}))).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let handle = bench.app.running(&id.as_str().into()).unwrap();
    let began = Instant::now();
    client.send(&cancel(203)).await;
    handle.cancel.cancelled().await;
    assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
    let answer = answer(&mut client, &[204]).await;
    assert_eq!(answer["result"]["structuredContent"]["status"], "interrupted", "{answer}");
}
