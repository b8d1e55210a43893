//! What clients are told of stored scans: those of their own project.

use routewarden::app::App;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{Client, MODERN};
use crate::engine::decoy::Decoy;

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
