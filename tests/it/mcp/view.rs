//! The interactive view: only clients that show pages are told of it, and the page loads and runs nothing but itself.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::support::{Client, LEGACY, MODERN, app, tools_folder};

const URI: &str = "ui://routewarden/scan";
const KIND: &str = "text/html;profile=mcp-app";
/// A host reads the whole page before it shows any of it.
const MOST_BYTES: usize = 16 * 1024;

fn shows(kind: &str) -> Value {
    json!({"extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": [kind]}}})
}

async fn list(version: &'static str, capabilities: Value) -> (Value, Vec<String>, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut client = Client::over(app(folder.path()), version, capabilities).greeted().await;
    let tools = client.request("tools/list", json!({})).await["result"].clone();
    let resources = client.request("resources/list", json!({})).await["result"]["resources"].clone();
    let uris = resources.as_array().unwrap().iter().map(|row| row["uri"].as_str().unwrap().to_owned()).collect();
    client.leave().await.unwrap();
    let scope = tools["cacheScope"].as_str().unwrap_or_default().to_owned();
    (tools, uris, scope)
}

#[tokio::test]
async fn only_clients_that_show_pages_are_told_of_the_view() {
    for version in [LEGACY, MODERN] {
        let (plain, uris, _) = list(version, json!({})).await;
        assert!(!plain.to_string().contains("_meta\":{\"ui") && !uris.iter().any(|uri| uri == URI), "{version}");
        let (other, uris, _) = list(version, shows("text/html")).await;
        assert_eq!(other["tools"], plain["tools"], "{version}: a client that shows other pages");
        assert!(!uris.iter().any(|uri| uri == URI));

        let (linked, uris, scope) = list(version, shows(KIND)).await;
        assert!(uris.iter().any(|uri| uri == URI), "{version}: {uris:?}");
        assert!(version == LEGACY || scope == "private", "{scope}: other clients must not be given this list");
        for tool in linked["tools"].as_array().unwrap() {
            let at = &tool["_meta"]["ui"]["resourceUri"];
            assert_eq!(at, &tool["_meta"]["ui/resourceUri"]);
            if tool["name"] == "suggest_fix" { assert!(at.is_null()) } else { assert_eq!(at, URI, "{}", tool["name"]) }
        }
    }
}

#[tokio::test]
async fn the_page_is_read_as_a_page_of_an_app_that_loads_nothing() {
    for version in [LEGACY, MODERN] {
        let folder = tempfile::tempdir().unwrap();
        let mut client = Client::over(app(folder.path()), version, shows(KIND)).greeted().await;
        let answer = client.request("resources/read", json!({"uri": URI})).await;
        let page = &answer["result"]["contents"][0];
        assert_eq!((&page["mimeType"], &page["uri"]), (&json!(KIND), &json!(URI)), "{answer}");
        for domains in ["connectDomains", "resourceDomains", "frameDomains", "baseUriDomains"] {
            assert_eq!(page["_meta"]["ui"]["csp"][domains], json!([]), "{domains}");
        }
        assert!(page["text"].as_str().unwrap().starts_with("<!doctype html>"));
        client.leave().await.unwrap();
    }
}

fn page_file() -> PathBuf {
    tools_folder().join("view/scan.html")
}

/// The text of the one element of this name.
fn inside<'a>(page: &'a str, tag: &str) -> &'a str {
    let found: Vec<_> = Regex::new(&format!("(?s)<{tag}[^>]*>(.*?)</{tag}>")).unwrap().captures_iter(page).collect();
    assert_eq!(found.len(), 1, "{tag}");
    found[0].get(1).unwrap().as_str()
}

#[test]
fn the_policy_of_the_page_lets_its_own_script_run_and_no_other() {
    let page = std::fs::read_to_string(page_file()).unwrap();
    let digest = |tag: &str| format!("sha256-{}", STANDARD.encode(Sha256::digest(inside(&page, tag))));
    let (script, style) = (digest("script"), digest("style"));
    let policy = format!(
        "default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    );
    let stated = Regex::new("http-equiv=\"Content-Security-Policy\" content=\"([^\"]*)\"").unwrap();
    if std::env::var_os("ROUTEWARDEN_BLESS").is_some() {
        let renewed =
            stated.replace(&page, format!("http-equiv=\"Content-Security-Policy\" content=\"{policy}\"").as_str());
        return std::fs::write(page_file(), renewed.as_ref()).unwrap();
    }
    let stated = stated.captures(&page).unwrap()[1].to_owned();
    assert_eq!(stated, policy, "renew it with ROUTEWARDEN_BLESS=1 cargo test --test it mcp::view");
}

#[test]
fn the_page_is_small_and_makes_no_markup_of_text() {
    let page = std::fs::read_to_string(page_file()).unwrap();
    assert!(page.len() <= MOST_BYTES, "{} bytes", page.len());
    for word in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "fetch(",
        "XMLHttp",
        "src=",
        "href",
        "http:",
        "https:",
        "url(",
        "@import",
        "onclick",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    let set: Vec<&str> = Regex::new(r"setAttribute\([^,]*").unwrap().find_iter(&page).map(|it| it.as_str()).collect();
    assert_eq!(set, ["setAttribute(\"aria-pressed\""]);
}
