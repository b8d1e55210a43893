//! The one way out.

use routewarden::mcp::exit::{harmless_answer, harmless_document, message_text};
use routewarden::model::clean_lines;
use serde_json::json;

use super::support::app;

const HOSTILE: &str = "a\u{1b}[31m\u{202e}b\u{200b}\u{e0041}\u{0}c\u{2066}";

#[test]
fn every_field_loses_what_cannot_be_seen() {
    let shown = harmless_answer(json!({
        "claim": HOSTILE, "operation": format!("GET /{HOSTILE}<b>`"), "response_body": format!("{HOSTILE}\n\tx"),
        "list": [HOSTILE, {"deep": HOSTILE}], HOSTILE: 1,
    }));
    assert_eq!(
        shown,
        json!({
            "claim": "abc", "operation": "GET /abc_b__", "response_body": "abc\n\tx",
            "list": ["abc", {"deep": "abc"}], "abc": 1,
        })
    );
}

#[test]
fn a_diff_stays_a_diff() {
    let diff = "--- a/x.go\n+++ b/x.go\n@@ -1 +1 @@\n-\told\n+\tnew\n";
    assert_eq!(harmless_answer(json!({"diff": diff}))["diff"], diff);
    assert_eq!(clean_lines("one\r\ntwo\u{202e}\n"), "one \ntwo\n");
}

#[test]
fn depth_is_bounded() {
    let deep = (0..60).fold(json!(HOSTILE), |inner, _| json!([inner]));
    assert!(harmless_answer(deep).to_string().contains("[too deep]"));
}

#[test]
fn faults_are_capped_and_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let text = message_text(&app(folder.path()), &HOSTILE.repeat(5000));
    assert!(text.len() <= 3000 && text.chars().all(|c| "abc".contains(c)), "{}", text.len());
}

#[test]
fn a_whole_report_keeps_its_lines_and_loses_what_cannot_be_seen() {
    let report = json!({"findings": [{"claim": format!("one\n{HOSTILE}"), HOSTILE: HOSTILE}]}).to_string();
    let shown: serde_json::Value = serde_json::from_str(&harmless_document(&report, true).unwrap()).unwrap();
    assert_eq!(shown, json!({"findings": [{"claim": "one\nabc", "abc": "abc"}]}));
    assert_eq!(harmless_document(&format!("# one\n{HOSTILE}\n"), false).unwrap(), "# one\nabc\n");
    assert_eq!(harmless_document("{broken", true), None);
}
