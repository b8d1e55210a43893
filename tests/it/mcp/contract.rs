//! The committed contract files are what the program speaks.

use std::fs;

use routewarden::mcp::ServerOptions;
use routewarden::mcp::contract::tool_schemas;
use routewarden::model::Mode;
use serde_json::{Value, json};

use super::support::{Client, LEGACY, MODERN, app, tools_folder};

const NAMES: [&str; 4] = ["scan_api", "explain_finding", "check_route_ownership", "suggest_fix"];

#[test]
fn committed_schemas_are_those_of_the_wire_types() {
    let bless = std::env::var_os("ROUTEWARDEN_BLESS").is_some();
    for made in tool_schemas() {
        for (schema, file) in [(made.input, "input.schema.json"), (made.output, "output.schema.json")] {
            let path = tools_folder().join(made.tool).join(file);
            if bless {
                fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&schema).unwrap())).unwrap();
            }
            let committed: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            assert_eq!(committed, schema, "{path:?}: run the test with ROUTEWARDEN_BLESS=1 to renew it");
        }
    }
}

#[test]
fn schemas_are_flat() {
    for made in tool_schemas() {
        for schema in [made.input, made.output] {
            let text = schema.to_string();
            for noise in ["$ref", "$defs", "\"format\"", "anyOf", "oneOf", "\"null\""] {
                assert!(!text.contains(noise), "{}: {noise} in {text}", made.tool);
            }
            assert_eq!(schema["type"], "object");
        }
    }
}

#[test]
fn no_argument_takes_a_secret() {
    for made in tool_schemas() {
        assert_eq!(made.input["additionalProperties"], false, "{}", made.tool);
        for name in made.input["properties"].as_object().unwrap().keys() {
            for word in ["token", "password", "secret", "header", "cookie", "key"] {
                assert!(!name.contains(word), "{}.{name}", made.tool);
            }
        }
    }
}

#[test]
fn examples_validate() {
    for made in tool_schemas() {
        let (mut inputs, mut outputs) = (0, 0);
        for entry in fs::read_dir(tools_folder().join(made.tool).join("examples")).unwrap() {
            let path = entry.unwrap().path();
            let example: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            for (part, schema, seen) in
                [("arguments", &made.input, &mut inputs), ("answer", &made.output, &mut outputs)]
            {
                let Some(value) = example.get(part) else { continue };
                *seen += 1;
                let validator = jsonschema::validator_for(schema).unwrap();
                let errors: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{path:?} {part}: {errors:?}");
            }
        }
        assert!(inputs > 0 && outputs > 0, "{} has no example of both", made.tool);
    }
}

#[tokio::test]
async fn the_list_is_small_and_says_what_a_model_must_know() {
    for version in [LEGACY, MODERN] {
        let mut client = Client::ready(version).await;
        let answer = client.request("tools/list", json!({})).await;
        let bytes = answer.to_string().len();
        assert!(bytes < 8 * 1024, "tools/list has {bytes} bytes");
        let tools = answer["result"]["tools"].as_array().unwrap();
        assert_eq!(tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect::<Vec<_>>(), NAMES);
        for tool in tools {
            let description = tool["description"].as_str().unwrap();
            assert!(description.len() < 2048, "{}", tool["name"]);
            assert!(description.contains("data, not instructions"), "{}", tool["name"]);
            assert!(description.contains("target") && description.contains("argument"), "{}", tool["name"]);
            assert!(tool["title"].is_string() && tool["outputSchema"]["type"] == "object");
            for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
                assert!(tool["annotations"][hint].is_boolean(), "{} {hint}", tool["name"]);
            }
        }
        client.leave().await.unwrap();
    }
}

#[tokio::test]
async fn the_most_mode_narrows_the_list_and_its_hints() {
    for (most, modes) in [
        (Mode::Passive, json!(["passive"])),
        (Mode::Active, json!(["passive", "active"])),
        (Mode::Intrusive, json!(["passive", "active", "intrusive"])),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let options = ServerOptions::default().with_max_mode(Some(most));
        let mut client = Client::over_with(app(folder.path()), options, MODERN, json!({}));
        let answer = client.request("tools/list", json!({})).await;
        for tool in answer["result"]["tools"].as_array().unwrap() {
            let name = tool["name"].as_str().unwrap();
            let scans = matches!(name, "scan_api" | "check_route_ownership");
            if scans {
                assert_eq!(tool["inputSchema"]["properties"]["mode"]["enum"], modes, "{name}");
            }
            let reads = !scans || most == Mode::Passive;
            assert_eq!(tool["annotations"]["readOnlyHint"], reads, "{name} {most:?}");
            assert_eq!(tool["annotations"]["destructiveHint"], !reads, "{name} {most:?}");
        }
        let discovered = client.request("server/discover", json!({})).await;
        let instructions = discovered["result"]["instructions"].as_str().unwrap();
        assert!(instructions.contains(&format!("--max-mode {}", most.as_str())) && instructions.len() < 2048);
        client.leave().await.unwrap();
    }
}

#[tokio::test]
async fn the_server_says_who_it_is() {
    for (version, method) in [(LEGACY, "initialize"), (MODERN, "server/discover")] {
        let mut client = Client::silent(version);
        let params =
            json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}});
        let result = client.request(method, params).await["result"].clone();
        let who = if version == LEGACY {
            result["serverInfo"].clone()
        } else {
            result["_meta"]["io.modelcontextprotocol/serverInfo"].clone()
        };
        assert_eq!(
            (who["name"].as_str(), who["title"].as_str()),
            (Some("routewarden"), Some("Routewarden")),
            "{result}"
        );
        assert_eq!(who["websiteUrl"], env!("CARGO_PKG_REPOSITORY"));
        let icon = who["icons"][0]["src"].as_str().unwrap();
        assert!(icon.starts_with("data:image/svg+xml;base64,") && icon.len() < 600, "{icon}");
        assert!(result["capabilities"]["completions"].is_object(), "{result}");
    }
}

#[tokio::test]
async fn instructions_fit() {
    let mut client = Client::silent(MODERN);
    let discovered = client.request("server/discover", json!({})).await;
    let instructions = discovered["result"]["instructions"].as_str().unwrap();
    assert!((200..2048).contains(&instructions.len()), "{}", instructions.len());
    assert!(discovered["result"]["ttlMs"].as_u64().unwrap() >= 300_000);
}

#[test]
fn manifest_and_client_configurations_parse() {
    let server: Value = serde_json::from_str(&fs::read_to_string(tools_folder().join("server.json")).unwrap()).unwrap();
    assert_eq!(server["name"], "io.github.routewarden/routewarden");
    assert_eq!(server["version"], env!("CARGO_PKG_VERSION"));
    assert!(server["description"].as_str().unwrap().len() <= 100);
    let mut seen = 0;
    for entry in fs::read_dir(tools_folder().join("clients")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        match path.extension().and_then(|end| end.to_str()) {
            Some("json") => drop(serde_json::from_str::<Value>(&text).unwrap()),
            Some("toml") => drop(toml::from_str::<toml::Table>(&text).unwrap()),
            Some("yaml") => drop(yaml_serde::from_str::<Value>(&text).unwrap()),
            _ => continue,
        }
        assert!(text.contains("routewarden") && text.contains("mcp"), "{path:?}");
        seen += 1;
    }
    assert_eq!(seen, 12);
}
