use std::collections::BTreeSet;

use routewarden::survey::{is_same_answer, is_soft_error, looks_volatile};
use serde_json::{Value, json};

use super::leaves::{response, text};

fn equal(a: Value, b: Value, masks: &[&str]) -> bool {
    let masks: Vec<String> = masks.iter().map(|mask| (*mask).to_owned()).collect();
    is_same_answer(&response(a), &response(b), &BTreeSet::new(), &masks)
}

#[test]
fn status_and_leaves_decide() {
    assert!(equal(json!({"a": "x", "b": "y"}), json!({"b": "y", "a": "x"}), &[]));
    assert!(!equal(json!({"a": "x"}), json!({"a": "y"}), &[]));
    assert!(!equal(json!({"a": "x"}), json!({"a": "x", "b": "y"}), &[]));
    assert!(!is_same_answer(&text(200, "no"), &text(404, "no"), &BTreeSet::new(), &[]));
}

#[test]
fn volatile_paths_are_left_out() {
    let volatile = BTreeSet::from(["/items/*/seen".to_owned()]);
    let answer = |seen: &str| response(json!({"items": [{"id": "a", "seen": seen}]}));
    assert!(is_same_answer(&answer("now"), &answer("then"), &volatile, &[]));
    assert!(!is_same_answer(&answer("now"), &answer("then"), &BTreeSet::new(), &[]));
}

#[test]
fn the_ids_that_were_asked_for_are_masked() {
    let says = |id: &str| json!({"error": format!("invoice {id} was not found")});
    assert!(equal(says("17"), says("900000001"), &["17", "900000001"]));
    assert!(equal(says("INV-00017"), says("INV-99999"), &["INV-00017", "INV-99999"]));
    assert!(!equal(says("17"), says("18"), &["17"]));
}

#[test]
fn short_ids_inside_other_numbers_are_not_masked() {
    assert!(!equal(json!({"year": "2017"}), json!({"year": "209"}), &["17", "9"]));
    assert!(!equal(json!({"n": "a17"}), json!({"n": "a18"}), &["17", "18"]));
    assert!(equal(json!({"n": "a-17ü"}), json!({"n": "a-17ü"}), &["17"]));
}

#[test]
fn what_looks_made_for_one_answer_is_volatile() {
    for made in [
        "2024-05-01T10:00:00Z",
        "2024/05/01 10:00:00 +0000",
        "1f0c8a52-6f0e-4c53-9d5e-0a4a4f1e2b3c",
        "0123456789abcdef0123456789abcdef",
        "1714557600",
        "1714557600123",
    ] {
        assert!(looks_volatile(made), "{made}");
    }
    for kept in
        ["2024-05-01", "deadbeef", "Invoice INV-0017", "120000", "alice@example.com", "", "ünïcödé ünïcödé ünïcödé"]
    {
        assert!(!looks_volatile(kept), "{kept}");
    }
    assert!(equal(json!({"at": "2024-05-01T10:00:00Z"}), json!({"at": "2025-05-01T10:00:00Z"}), &[]));
}

#[test]
fn an_object_with_a_state_or_an_empty_list_of_errors_is_no_error() {
    for data in [
        json!({"id": 7, "amount": 10, "status": "failed"}),
        json!({"id": 7, "errors": [], "error": null, "err": {}}),
        json!({"uuid": "x", "result": "denied"}),
        json!({"errors": [{"path": "a"}], "data": {"a": 1}}),
    ] {
        assert!(!is_soft_error(&response(data.clone())), "{data}");
    }
    for error in [
        json!({"status": "failed", "message": "no such row"}),
        json!({"id": 7, "success": false}),
        json!({"errors": ["not found"]}),
        json!({"error": {"code": 7}}),
    ] {
        assert!(is_soft_error(&response(error.clone())), "{error}");
    }
}
