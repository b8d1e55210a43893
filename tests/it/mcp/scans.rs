//! What clients are told of stored scans: those of their own project, and when they change; and scans as tasks.

use std::time::Duration;

use routewarden::app::App;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{Client, LEGACY, MODERN};
use crate::durable::kit::SlowShop;
use crate::engine::decoy::Decoy;

const TASKS: &str = "io.modelcontextprotocol/tasks";

/// Two projects of one user, with one history.
struct Projects {
    own: TempDir,
    other: TempDir,
    data: TempDir,
    decoy: Decoy,
}

impl Projects {
    async fn new() -> Self {
        let folder = || tempfile::tempdir().unwrap();
        let projects = Self { own: folder(), other: folder(), data: folder(), decoy: Decoy::start().await };
        let document = json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"},
            "servers": [{"url": projects.decoy.base_url}],
            "paths": {"/me": {"get": {"summary": "Get my profile", "responses": {"200": {"description": "d"}}}}}});
        for project in [&projects.own, &projects.other] {
            std::fs::write(project.path().join("openapi.json"), document.to_string()).unwrap();
        }
        projects
    }

    async fn client(&self, project: &TempDir, version: &'static str, capabilities: Value) -> Client {
        let app = App::new(project.path().to_owned(), Some(self.data.path().to_owned()));
        Client::over(app, version, capabilities).greeted().await
    }
}

async fn scan(client: &mut Client) -> Value {
    let answer = client.call("scan_api", json!({})).await;
    answer["result"]["structuredContent"].clone()
}

/// Waits for a notification that fits; others in between are dropped.
async fn notified(client: &mut Client, fits: impl Fn(&Value) -> bool) -> Value {
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            let message = client.next().await.expect("a message");
            if message.get("id").is_none() && fits(&message) {
                return message;
            }
        }
    });
    waited.await.expect("a notification")
}

#[tokio::test]
async fn resources_are_those_of_this_project_with_address_and_outcome() {
    let projects = Projects::new().await;
    let mut other = projects.client(&projects.other, MODERN, json!({})).await;
    let foreign = scan(&mut other).await["scan_id"].as_str().unwrap().to_owned();
    let mut client = projects.client(&projects.own, MODERN, json!({})).await;
    let own = scan(&mut client).await;
    let id = own["scan_id"].as_str().unwrap();

    let listed = client.request("resources/list", json!({})).await;
    let report = &listed["result"]["resources"][1];
    assert_eq!(report["uri"], format!("routewarden://scans/{id}/report.md"), "{listed}");
    assert_eq!((&report["uri"], &report["mimeType"]), (&own["report_uri"], &json!("text/markdown")));
    let title = report["title"].as_str().unwrap();
    assert!(title.starts_with(&format!("{}: ", projects.decoy.base_url)) && title.contains("grade"), "{title}");
    let scans = client.request("resources/read", json!({"uri": "routewarden://scans"})).await.to_string();
    assert!(scans.contains(id) && !scans.contains(&foreign), "{scans}");
    assert!(!listed.to_string().contains(&foreign), "{listed}");
    let completed = json!({"ref": {"type": "ref/resource", "uri": "routewarden://scans/{scan_id}"},
        "argument": {"name": "scan_id", "value": ""}});
    let completed = client.request("completion/complete", completed).await;
    assert_eq!(completed["result"]["completion"]["values"], json!([id]), "{completed}");
    let whole = client.request("resources/read", json!({"uri": report["uri"]})).await;
    assert!(whole["result"]["contents"][0]["text"].as_str().unwrap().starts_with('#'), "{whole}");
}

#[tokio::test]
async fn a_session_of_the_older_era_hears_of_scans_of_other_processes() {
    let projects = Projects::new().await;
    let mut client = projects.client(&projects.own, LEGACY, json!({})).await;
    let uri = json!({"uri": "routewarden://scans"});
    let answer = client.request("resources/subscribe", uri.clone()).await;
    assert!(answer.get("error").is_none(), "{answer}");
    let refused = client.request("resources/subscribe", json!({"uri": "routewarden://checks/x"})).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("routewarden://scans"), "{refused}");

    // Looked at once before: what is there at the beginning is no change.
    tokio::time::sleep(Duration::from_millis(300)).await;
    scan(&mut projects.client(&projects.own, MODERN, json!({})).await).await;
    let listed = notified(&mut client, |told| told["method"] == "notifications/resources/list_changed").await;
    assert!(listed["error"].is_null());
    let told = notified(&mut client, |told| told["method"] == "notifications/resources/updated").await;
    assert_eq!(told["params"], uri);
}

#[tokio::test]
async fn a_subscription_of_the_present_era_names_what_it_was_asked_for() {
    let projects = Projects::new().await;
    let mut client = projects.client(&projects.own, MODERN, json!({})).await;
    let meta =
        json!({"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}});
    let wanted = json!({"resourcesListChanged": true, "toolsListChanged": true,
        "resourceSubscriptions": ["routewarden://scans", "file:///etc/passwd"]});
    let params = json!({"_meta": meta, "notifications": wanted});
    client.send(&json!({"jsonrpc": "2.0", "id": "s", "method": "subscriptions/listen", "params": params})).await;
    let accepted = notified(&mut client, |told| told["method"] == "notifications/subscriptions/acknowledged").await;
    let expected = json!({"resourcesListChanged": true, "resourceSubscriptions": ["routewarden://scans"]});
    assert_eq!(accepted["params"]["notifications"], expected, "{accepted}");

    tokio::time::sleep(Duration::from_millis(300)).await;
    scan(&mut projects.client(&projects.own, LEGACY, json!({})).await).await;
    let told = notified(&mut client, |told| told["method"] == "notifications/resources/list_changed").await;
    assert_eq!(told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], "s", "{told}");
    let told = notified(&mut client, |told| told["method"] == "notifications/resources/updated").await;
    assert_eq!(told["params"]["uri"], "routewarden://scans", "{told}");
}

/// The state of a task once it is settled.
async fn settled(client: &mut Client, task: &Value) -> Value {
    for _ in 0..400 {
        let state = client.request("tasks/get", json!({"taskId": task})).await;
        if !["working", "input_required"].contains(&state["result"]["status"].as_str().unwrap_or_default()) {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the task does not end");
}

#[tokio::test]
async fn a_scan_is_a_task_for_a_client_that_has_them() {
    let projects = Projects::new().await;
    let capable = json!({"extensions": {TASKS: {}}});
    let mut client = projects.client(&projects.own, MODERN, capable.clone()).await;
    let created = client.call("scan_api", json!({})).await;
    assert_eq!((&created["result"]["resultType"], &created["result"]["status"]), (&json!("task"), &json!("working")));
    let state = settled(&mut client, &created["result"]["taskId"]).await;
    assert_eq!(state["result"]["status"], "completed", "{state}");
    let answer = &state["result"]["result"]["structuredContent"];
    assert_eq!(answer["status"], "complete", "{state}");
    // What is there at once needs no task.
    let explained = client.call("explain_finding", json!({"finding_id": answer["findings"][0]["id"]})).await;
    assert_eq!(explained["result"]["structuredContent"]["scan_id"], answer["scan_id"], "{explained}");
    let plan = client.call("scan_api", json!({"dry_run": true})).await;
    assert_eq!(plan["result"]["structuredContent"]["status"], "planned", "{plan}");

    let mut unable = projects.client(&projects.own, MODERN, json!({})).await;
    assert_eq!(scan(&mut unable).await["status"], "complete");
    let refused = unable.request("tasks/get", json!({"taskId": created["result"]["taskId"]})).await;
    assert_eq!(refused["error"]["code"], -32021, "{refused}");
    // The extension of the older era had other messages: such a client gets the answer itself.
    let mut older = projects.client(&projects.own, LEGACY, capable).await;
    assert_eq!(scan(&mut older).await["status"], "complete");
    let unknown = client.request("tasks/get", json!({"taskId": "none"})).await;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_a_task_stops_its_scan_and_keeps_what_was_found() {
    let shop = SlowShop::start(Duration::from_millis(100)).await;
    let bench = shop.bench();
    let capable = json!({"extensions": {TASKS: {}}});
    let mut client = Client::over(bench.app.clone(), MODERN, capable).greeted().await;
    let created = client.call("scan_api", json!({})).await;
    let task = &created["result"]["taskId"];
    let running = async {
        while bench.app.history(5).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), running).await.expect("the scan has its row");
    let answer = client.request("tasks/cancel", json!({"taskId": task})).await;
    assert!(answer.get("error").is_none(), "{answer}");
    assert_eq!(settled(&mut client, task).await["result"]["status"], "cancelled");
    // What was found is stored once what was under way has ended.
    let stored = async {
        while bench.app.history(5).await.unwrap().iter().any(|row| row.status == "running") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), stored).await.expect("the scan ends");
    let rows = bench.app.history(5).await.unwrap();
    assert_eq!((rows.len(), rows[0].status.as_str()), (1, "interrupted"));
}
