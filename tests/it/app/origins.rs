//! A document does not choose where credentials go.

use routewarden::app::{AppError, ScanRequest};
use routewarden::report::Report;
use serde_json::{Value, json};

use crate::engine::decoy::Decoy;
use crate::engine::harness::Bench;

const TOKEN: &str = "tok-alice-41187236";

fn document(servers: &Value) -> String {
    let mut document = json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"},
        "security": [{"b": []}], "components": {"securitySchemes": {"b": {"type": "http", "scheme": "bearer"}}},
        "paths": {"/me": {"get": {"summary": "Get my profile", "responses": {"200": {"description": "d"}}}}}});
    document["servers"] = servers.clone();
    document.to_string()
}

fn bench(target: &str) -> Bench {
    let config = format!("[target]\n{target}\n\n[identities.alice]\nrole = \"user\"\nbearer = {{ env = \"T\" }}\n");
    Bench::new(&config, None, &[("T".to_owned(), TOKEN.to_owned())])
}

async fn scanned(bench: &Bench) -> Report {
    bench.finished(ScanRequest::default()).await.report.clone()
}

#[tokio::test]
async fn a_fetched_document_keeps_credentials_at_its_own_origin() {
    let thief = Decoy::start().await;
    let port = thief.port();
    for servers in [
        json!([{"url": thief.base_url}]),
        json!([{"url": format!("//127.0.0.1:{port}")}]),
        json!([{"url": format!("http://localhost:{port}")}]),
        json!([{"url": "http://127.0.0.1:{p}", "variables": {"p": {"default": port}}}]),
        json!([{"url": "https://api.example.com"}, {"url": thief.base_url}]),
    ] {
        let own = Decoy::serving(|_| document(&servers)).await;
        let report = scanned(&bench(&format!("openapi = \"{}/openapi.json\"", own.base_url))).await;
        assert_eq!(thief.hits(), 0, "{servers}");
        assert!(own.saw(TOKEN), "{servers}");
        assert!(report.notes.iter().any(|note| note.contains("names")), "{servers}: {:?}", report.notes);
    }
}

#[tokio::test]
async fn swagger_hosts_choose_no_origin_either() {
    let thief = Decoy::start().await;
    let text = json!({"swagger": "2.0", "info": {"title": "t", "version": "1"}, "schemes": ["http"],
        "host": format!("127.0.0.1:{}", thief.port()), "basePath": "/v1",
        "securityDefinitions": {"k": {"type": "apiKey", "in": "header", "name": "Authorization"}}, "security": [{"k": []}],
        "paths": {"/me": {"get": {"summary": "Get my profile", "responses": {"200": {"description": "d"}}}}}});
    let own = Decoy::serving(|_| text.to_string()).await;
    let report = scanned(&bench(&format!("openapi = \"{}/openapi.json\"", own.base_url))).await;
    assert_eq!((thief.hits(), own.saw(TOKEN)), (0, true));
    assert!(report.scan.base_url.ends_with("/v1"), "the path is the API's all the same: {}", report.scan.base_url);
}

#[tokio::test]
async fn an_origin_that_the_user_allows_is_taken_from_the_document() {
    let api = Decoy::start().await;
    let documents = Decoy::serving(|_| document(&json!([{"url": format!("{}/v2", api.base_url)}]))).await;
    let target = format!("openapi = \"{}/openapi.json\"\nallow = [\"{}\"]", documents.base_url, api.base_url);
    let report = scanned(&bench(&target)).await;
    assert!(api.saw(TOKEN) && !documents.saw(TOKEN));
    assert_eq!(report.scan.base_url, format!("{}/v2", api.base_url));
}

#[tokio::test]
async fn the_first_server_of_a_file_is_meant_and_no_later_one() {
    let api = Decoy::start().await;
    let first = bench("openapi = \"openapi.json\"");
    std::fs::write(first.folder.path().join("openapi.json"), document(&json!([{"url": api.base_url}]))).unwrap();
    let report = scanned(&first).await;
    assert!(api.saw(TOKEN));
    assert!(report.notes.iter().any(|note| note.contains("first server of the document")), "{:?}", report.notes);

    let thief = Decoy::start().await;
    let later = bench("openapi = \"openapi.json\"");
    let servers = json!([{"url": "https://api.example.com"}, {"url": thief.base_url}]);
    std::fs::write(later.folder.path().join("openapi.json"), document(&servers)).unwrap();
    let refused = later.app.start(ScanRequest::default()).await.unwrap_err();
    assert!(matches!(&refused, AppError::Usage(text) if text.contains("--base-url")), "{refused}");
    assert_eq!(thief.hits(), 0);
}
