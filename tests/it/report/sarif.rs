//! The report as SARIF.

use routewarden::report::sarif::render;
use serde_json::{Value, json};

use super::support::{hostile_report, planned_report, rules, sample_report, untrusted_report};

fn log(report: &routewarden::report::Report) -> Value {
    serde_json::from_str(&render(report, &rules())).unwrap()
}

/// The parts of the SARIF 2.1.0 schema that this program uses, closed so that a misspelt property is seen.
fn schema() -> Value {
    let message = json!({ "type": "object", "required": ["text"], "additionalProperties": false,
        "properties": { "text": { "type": "string", "minLength": 1 }, "markdown": { "type": "string" } } });
    let level = json!({ "enum": ["none", "note", "warning", "error"] });
    let headers = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let rule = json!({ "type": "object", "required": ["id"], "additionalProperties": false, "properties": {
        "id": { "type": "string" }, "name": { "type": "string" }, "shortDescription": message, "help": message,
        "defaultConfiguration": { "type": "object", "properties": { "level": level } },
        "properties": { "type": "object", "properties": { "tags": { "type": "array", "uniqueItems": true, "items": { "type": "string" } } } } } });
    let location = json!({ "type": "object", "additionalProperties": false, "required": ["physicalLocation"], "properties": {
        "physicalLocation": { "type": "object", "additionalProperties": false, "properties": {
            "artifactLocation": { "type": "object", "required": ["uri"], "properties": { "uri": { "type": "string", "pattern": "^[!-~]+$" } } },
            "region": { "type": "object", "properties": { "startLine": { "type": "integer", "minimum": 1 } } } } },
        "logicalLocations": { "type": "array", "items": { "type": "object", "properties": { "fullyQualifiedName": { "type": "string" } } } } } });
    let result = json!({ "type": "object", "required": ["message", "ruleId"], "additionalProperties": false, "properties": {
        "ruleId": { "type": "string" }, "ruleIndex": { "type": "integer", "minimum": 0 }, "level": level, "message": message,
        "locations": { "type": "array", "minItems": 1, "items": location },
        "partialFingerprints": { "type": "object", "additionalProperties": { "type": "string" } },
        "baselineState": { "enum": ["new", "unchanged", "updated", "absent"] },
        "suppressions": { "type": "array", "items": { "type": "object", "required": ["kind"], "additionalProperties": false,
            "properties": { "kind": { "enum": ["inSource", "external"] }, "justification": { "type": "string" } } } },
        "webRequest": { "type": "object", "additionalProperties": false, "properties": { "method": { "type": "string" },
            "target": { "type": "string" }, "headers": headers, "body": message } },
        "webResponse": { "type": "object", "additionalProperties": false, "properties": { "statusCode": { "type": "integer" },
            "headers": headers, "body": { "type": "object" }, "noResponseReceived": { "type": "boolean" } } },
        "properties": { "type": "object" } } });
    let invocation = json!({ "type": "object", "required": ["executionSuccessful"], "additionalProperties": false, "properties": {
        "executionSuccessful": { "type": "boolean" }, "startTimeUtc": { "type": "string", "pattern": "Z$" },
        "toolExecutionNotifications": { "type": "array", "items": { "type": "object", "required": ["message"],
            "properties": { "level": level, "message": message } } } } });
    json!({ "type": "object", "required": ["version", "runs"], "additionalProperties": false, "properties": {
        "$schema": { "type": "string" }, "version": { "const": "2.1.0" },
        "runs": { "type": "array", "items": { "type": "object", "required": ["tool"], "additionalProperties": false, "properties": {
            "tool": { "type": "object", "required": ["driver"], "properties": { "driver": { "type": "object", "required": ["name"],
                "properties": { "name": { "type": "string" }, "version": { "type": "string" }, "rules": { "type": "array", "items": rule } } } } },
            "automationDetails": { "type": "object" }, "columnKind": { "enum": ["utf16CodeUnits", "unicodeCodePoints"] },
            "invocations": { "type": "array", "items": invocation }, "results": { "type": "array", "items": result },
            "properties": { "type": "object" } } } } } })
}

#[test]
fn logs_follow_the_standard() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for report in [sample_report(), planned_report(), untrusted_report(), hostile_report()] {
        let log = log(&report);
        let errors: Vec<String> = validator.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn results_point_at_their_rules() {
    let log = log(&sample_report());
    let rules = &log["runs"][0]["tool"]["driver"]["rules"];
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), sample_report().findings.len());
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    let described = rules.as_array().unwrap().iter().find(|rule| rule["id"] == "authz/bola-read").unwrap();
    assert!(described["help"]["markdown"].as_str().unwrap().contains("What it does"));
    assert_eq!(described["properties"]["tags"], json!(["security", "API1:2023", "external/cwe/cwe-639"]));
}

#[test]
fn a_result_has_place_level_fingerprint_and_proof() {
    let log = log(&sample_report());
    let results = log["runs"][0]["results"].as_array().unwrap();
    let brief: Vec<Value> = results
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            json!([
                result["partialFingerprints"]["routewardenFindingId/v1"],
                result["level"],
                result["baselineState"],
                place["artifactLocation"]["uri"],
                place["region"]["startLine"],
                result["suppressions"][0]["justification"],
            ])
        })
        .collect();
    assert_eq!(
        brief,
        [
            json!(["rw-1111111111111111", "error", "new", "app.py", 88, null]),
            json!(["rw-2222222222222222", "warning", "unchanged", "openapi.yaml", 41, null]),
            json!(["rw-3333333333333333", "warning", "new", "app.py", 88, "public by design, until 2027-06-30"]),
            json!(["rw-4444444444444444", "note", "new", "app.py", 88, null]),
        ]
    );
    assert_eq!(results[0]["webRequest"]["target"], "http://127.0.0.1:5000/invoices/17");
    assert_eq!(results[0]["webResponse"]["statusCode"], 200);
    assert_eq!(results[0]["properties"]["confidence"], "confirmed");
}

#[test]
fn odd_file_names_become_addresses() {
    let mut report = sample_report();
    report.findings.truncate(1);
    report.findings[0].code = None;
    let mut address = |file: &str| {
        report.findings[0].spec.as_mut().unwrap().file = file.to_owned();
        log(&report)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone()
    };
    assert_eq!(address("./my api/öpen#1.yaml"), "my%20api/%C3%B6pen%231.yaml");
    assert_eq!(address("/srv/openapi.yaml"), "file:///srv/openapi.yaml");
    assert_eq!(address("http://127.0.0.1:5000/openapi.json"), "http://127.0.0.1:5000/openapi.json");
    assert_eq!(address("javascript:alert(1)"), "javascript%3Aalert%281%29");
}

#[test]
fn an_untrusted_scan_was_not_successful() {
    let log = log(&untrusted_report());
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"][0]["level"], "error");
}

#[test]
fn text_of_the_target_is_no_link() {
    let text = log(&hostile_report())["runs"][0]["results"][0]["message"]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("javascript:") && !text.contains("]("), "{text}");
}

#[test]
fn outcomes_policy_and_questions_stand_with_the_run() {
    let report = sample_report();
    let properties = &log(&report)["runs"][0]["properties"];
    assert_eq!(
        properties["outcomes"],
        json!({ "broken": 4, "held": 2, "undecided": 2, "notTried": 1, "notApplicable": 0, "tested": 6 })
    );
    assert_eq!(properties["policy"][0]["resource"], "invoice");
    assert_eq!(properties["questions"][0]["about"], "GET /tags/{tag_id}");
}
