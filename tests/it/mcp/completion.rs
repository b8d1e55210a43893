//! What is proposed while a person types.

use routewarden::app::App;
use serde_json::{Value, json};

use super::support::{Client, LEGACY, MODERN};
use crate::engine::decoy::Decoy;

async fn complete(client: &mut Client, of: Value, name: &str, typed: &str) -> Vec<String> {
    let params = json!({"ref": of, "argument": {"name": name, "value": typed}});
    let answer = client.request("completion/complete", params).await;
    let completion = &answer["result"]["completion"];
    let values: Vec<String> =
        serde_json::from_value(completion["values"].clone()).unwrap_or_else(|_| panic!("{answer}"));
    assert!(values.len() <= 100 && completion["total"].as_u64().unwrap() >= values.len() as u64, "{answer}");
    values
}

fn template(uri: &str) -> Value {
    json!({"type": "ref/resource", "uri": uri})
}

#[tokio::test]
async fn ids_and_routes_of_the_latest_scan_are_proposed() {
    let decoy = Decoy::start().await;
    let folder = tempfile::tempdir().unwrap();
    let document = json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"},
        "servers": [{"url": decoy.base_url}],
        "paths": {"/me": {"get": {"summary": "Get my profile", "responses": {"200": {"description": "d"}}}}}});
    std::fs::write(folder.path().join("openapi.json"), document.to_string()).unwrap();
    for version in [LEGACY, MODERN] {
        let app = App::new(folder.path().to_owned(), Some(folder.path().join("data")));
        let mut client = Client::over(app, version, json!({})).greeted().await;
        let scan = client.call("scan_api", json!({})).await;
        let scan = scan["result"]["structuredContent"].clone();
        let id = scan["scan_id"].as_str().unwrap();

        let ids = complete(&mut client, template("routewarden://scans/{scan_id}"), "scan_id", "").await;
        assert_eq!(ids.first().map(String::as_str), Some(id));
        let ids = complete(&mut client, template("routewarden://scans/{scan_id}"), "scan_id", &id[..6]).await;
        assert!(ids.contains(&id.to_owned()), "{ids:?}");
        let route = json!({"type": "ref/prompt", "name": "review-route"});
        assert_eq!(complete(&mut client, route, "route", "get /M").await, ["GET /me"]);
        let found = complete(&mut client, template("routewarden://findings/{finding_id}"), "finding_id", "rw-").await;
        assert_eq!(found.len(), scan["findings_total"].as_u64().unwrap() as usize, "{scan}");
        let checks = template("routewarden://checks/{+check_id}");
        let checks = complete(&mut client, checks, "check_id", "bola").await;
        assert!(checks.contains(&"authz/bola-read".to_owned()) && checks.iter().all(|id| id.contains("bola")));
        client.leave().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_not_there_has_no_proposal() {
    let mut client = Client::ready(LEGACY).await;
    let prompt = json!({"type": "ref/prompt", "name": "scan-and-fix"});
    assert!(complete(&mut client, prompt, "no such argument", "").await.is_empty());
    let params = json!({"ref": {"type": "ref/prompt", "name": "none"}, "argument": {"name": "check_id", "value": ""}});
    let answer = client.request("completion/complete", params).await;
    assert_eq!(answer["result"]["completion"]["values"], json!([]), "{answer}");
    client.leave().await.unwrap();
}
