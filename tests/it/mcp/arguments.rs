//! Messages about arguments.

use routewarden::mcp::contract::tool_schemas;
use routewarden::mcp::parse_arguments;
use routewarden::mcp::wire::ScanArguments;
use serde_json::{Value, json};

fn scan(arguments: Value) -> Result<ScanArguments, String> {
    let schema = tool_schemas().remove(0).input.as_object().unwrap().clone();
    parse_arguments(&schema, arguments.as_object().cloned()).map_err(|refused| refused.to_string())
}

#[test]
fn null_counts_as_absent() {
    let read = scan(json!({"target": null, "checks": null, "dry_run": true})).unwrap();
    assert_eq!(read, ScanArguments { dry_run: true, ..ScanArguments::default() });
}

#[test]
fn mistyped_values_are_named_with_what_would_be_right() {
    for (arguments, parts) in [
        (json!({"checks": "authz"}), ["`checks`", "[\"authz\"]"]),
        (json!({"checks": [1]}), ["`checks`", "strings, not a number"]),
        (json!({"dry_run": "yes"}), ["`dry_run`", "true or false, not a string"]),
        (json!({"target": 5}), ["`target`", "a string, not a number"]),
        (json!({"mode": "agressive"}), ["`mode`", "passive, active, intrusive"]),
        (json!({"target": "  "}), ["`target`", "empty"]),
        (json!({"scanid": "x"}), ["`scanid`", "`scan_id`"]),
        (json!({"operation": ["GET /x"]}), ["`operation`", "`operations`"]),
    ] {
        let message = scan(arguments.clone()).unwrap_err();
        for part in parts {
            assert!(message.contains(part), "{arguments}: {message}");
        }
    }
}

#[test]
fn values_without_end_are_refused() {
    assert!(scan(json!({"target": "x".repeat(5000)})).unwrap_err().contains("4096"));
    assert!(scan(json!({"checks": vec!["x"; 501]})).unwrap_err().contains("501"));
}

#[test]
fn everything_that_the_schema_offers_is_read() {
    let arguments = json!({
        "target": "openapi.yaml", "config": "routewarden.toml", "mode": "active", "checks": ["authz"],
        "operations": ["GET /x"], "identities": ["alice"], "source": ".", "auto_accounts": true, "llm_prompts": ["Hi"],
        "max_seconds": 60, "dry_run": true,
        "recheck": ["rw-1"], "scan_id": "00", "cursor": "f15",
    });
    let schema = tool_schemas().remove(0).input;
    let offered: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(offered, arguments.as_object().unwrap().keys().collect::<Vec<_>>());
    assert_eq!(serde_json::to_value(scan(arguments.clone()).unwrap()).unwrap(), arguments);
}
