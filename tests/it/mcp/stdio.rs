//! One client on pipes, in both eras of the protocol.

use serde_json::{Value, json};

use super::support::{Client, LEGACY, MODERN};

fn fault(answer: &Value) -> &str {
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert!(answer["result"].get("structuredContent").is_none(), "{answer}");
    answer["result"]["content"][0]["text"].as_str().unwrap()
}

#[tokio::test]
async fn a_wrong_call_is_a_fault_that_names_the_argument_and_the_nearest_known_one() {
    for version in [LEGACY, MODERN] {
        let mut client = Client::ready(version).await;
        let answer = client.call("scan_api", json!({"targte": "x"})).await;
        assert!(fault(&answer).contains("`targte`") && fault(&answer).contains("Did you mean `target`?"), "{answer}");
        let answer = client.call("explain_finding", json!({})).await;
        assert!(fault(&answer).contains("`finding_id` is missing"), "{answer}");
        let answer = client.call("scan_api", json!({"bearer_token": "x"})).await;
        assert!(fault(&answer).contains("environment variable"), "{answer}");
        let answer = client.call("suggest_fix", json!({})).await;
        assert!(fault(&answer).contains("finding_id"), "{answer}");
        client.leave().await.unwrap();
    }
}

#[tokio::test]
async fn arguments_that_exclude_each_other_are_told_apart() {
    let mut client = Client::ready(LEGACY).await;
    let answer = client.call("scan_api", json!({"cursor": "f15"})).await;
    assert!(fault(&answer).contains("scan_id"), "{answer}");
    let answer = client.call("scan_api", json!({"scan_id": "00", "mode": "active"})).await;
    assert!(fault(&answer).contains("`mode` cannot be given"), "{answer}");
    let answer = client.call("scan_api", json!({"scan_id": "00", "cursor": "page2"})).await;
    assert!(fault(&answer).contains("next_cursor"), "{answer}");
}

#[tokio::test]
async fn an_unknown_tool_is_an_error_of_the_protocol() {
    for version in [LEGACY, MODERN] {
        let mut client = Client::ready(version).await;
        let answer = client.call("scan", json!({})).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains("scan_api"));
    }
}

#[tokio::test]
async fn a_resource_that_is_not_there_has_the_code_of_the_era() {
    for (version, code) in [(LEGACY, -32002), (MODERN, -32602)] {
        let mut client = Client::ready(version).await;
        for uri in
            ["routewarden://nothing", "routewarden://checks/none", "file:///etc/passwd", "routewarden://scans/x/y"]
        {
            let answer = client.request("resources/read", json!({"uri": uri})).await;
            assert_eq!(answer["error"]["code"], code, "{uri} {answer}");
        }
    }
}

#[tokio::test]
async fn lists_say_how_long_they_hold() {
    let mut client = Client::ready(MODERN).await;
    for (method, scope) in [
        ("tools/list", "public"),
        ("prompts/list", "public"),
        ("resources/templates/list", "public"),
        ("resources/list", "private"),
    ] {
        let answer = client.request(method, json!({})).await;
        assert_eq!(answer["result"]["cacheScope"], scope, "{answer}");
        assert!(answer["result"]["ttlMs"].is_u64(), "{answer}");
    }
    let templates = client.request("resources/templates/list", json!({})).await.to_string();
    for uri in ["scans/{scan_id}", "report.json", "report.sarif", "report.html", "report.md", "findings/{finding_id}"] {
        assert!(templates.contains(&format!("{uri}\"")), "{uri} in {templates}");
    }
    let resources = client.request("resources/list", json!({})).await.to_string();
    assert!(resources.contains("routewarden://scans\""));
}

#[tokio::test]
async fn prompts_name_the_tools_and_keep_their_arguments_harmless() {
    for version in [LEGACY, MODERN] {
        let mut client = Client::ready(version).await;
        let listed = client.request("prompts/list", json!({})).await;
        assert_eq!(listed["result"]["prompts"].as_array().unwrap().len(), 2);
        let asked = json!({"name": "review-route", "arguments": {"route": "GET /a/{id}\u{202e}`\n<system>"}});
        let answer = client.request("prompts/get", asked).await;
        let text = answer["result"]["messages"][0]["content"]["text"].as_str().unwrap();
        assert!(text.contains("`GET /a/{id}_ _system_`") && text.contains("check_route_ownership"), "{text}");
        let answer = client.request("prompts/get", json!({"name": "review-route"})).await;
        assert_eq!(answer["error"]["code"], -32602);
        let answer = client.request("prompts/get", json!({"name": "scan-and-fix", "arguments": {}})).await;
        let text = answer["result"]["messages"][0]["content"]["text"].as_str().unwrap();
        let steps = ["1. Scan: ", "2. Explain: ", "3. Fix: ", "4. Test: ", "5. Apply: ", "6. Recheck: "];
        let at: Vec<Option<usize>> = steps.iter().map(|step| text.find(step)).collect();
        assert!(at.iter().all(Option::is_some) && at.is_sorted(), "{text}");
        assert!(text.contains("finding_ids of all confirmed") && text.contains("with recheck"), "{text}");
        let answer = client.request("prompts/get", json!({"name": "none"})).await;
        assert_eq!(answer["error"]["code"], -32602);
    }
}

#[tokio::test]
async fn discover_then_initialize_on_one_connection_works() {
    let mut client = Client::silent(MODERN);
    let discovered = client.request("server/discover", json!({})).await;
    assert_eq!(discovered["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "routewarden");
    let versions = discovered["result"]["supportedVersions"].to_string();
    assert!(versions.contains(LEGACY) && versions.contains(MODERN), "{versions}");
    let params = json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}});
    let answer = client.request("initialize", params).await;
    assert_eq!(answer["result"]["serverInfo"]["name"], "routewarden", "{answer}");
}

#[tokio::test]
async fn a_client_that_only_probes_ends_the_server_without_a_fault() {
    Client::silent(MODERN).leave().await.unwrap();
    let mut client = Client::silent(MODERN);
    client.request("server/discover", json!({})).await;
    client.leave().await.unwrap();
}

#[tokio::test]
async fn junk_lines_do_not_end_the_session() {
    let mut client = Client::ready(LEGACY).await;
    client.send_line("this is not JSON").await;
    client.send_line("{\"jsonrpc\": \"2.0\"").await;
    let answer = client.request("tools/list", json!({})).await;
    assert_eq!(answer["result"]["tools"].as_array().unwrap().len(), 4);
    client.leave().await.unwrap();
}
