use routewarden::probe::Response;
use routewarden::survey::{Leaf, leaves_of, scalar_text};
use serde_json::{Value, json};

pub fn response(json: Value) -> Response {
    Response { status: 200, headers: Vec::new(), text: json.to_string(), json: Some(json), truncated: false }
}

pub fn text(status: u16, text: &str) -> Response {
    Response { status, headers: Vec::new(), text: text.to_owned(), json: None, truncated: false }
}

fn of(json: Value) -> Vec<Leaf> {
    leaves_of(&response(json))
}

#[test]
fn leaves_come_in_document_order_with_both_places() {
    let found = of(json!({"z": 1, "items": [{"id": "a"}, {"id": "b", "tags": ["x"]}], "a/b~c": null}));
    let places: Vec<(&str, &str, &str)> =
        found.iter().map(|leaf| (leaf.path.as_str(), leaf.at.as_str(), leaf.key.as_str())).collect();
    assert_eq!(
        places,
        [
            ("/z", "/z", "z"),
            ("/items/*/id", "/items/0/id", "id"),
            ("/items/*/id", "/items/1/id", "id"),
            ("/items/*/tags/*", "/items/1/tags/0", "tags"),
            ("/a~1b~0c", "/a~1b~0c", "a/b~c"),
        ]
    );
}

#[test]
fn a_lone_scalar_is_a_leaf() {
    assert_eq!(of(json!("hello")).iter().map(|leaf| leaf.text.as_str()).collect::<Vec<_>>(), ["hello"]);
}

#[test]
fn depth_number_and_names_are_capped() {
    let nested = |depth| (0..depth).fold(json!("deep"), |inner, _| json!({"a": inner}));
    assert_eq!(of(nested(24)).len(), 1);
    assert_eq!(of(nested(25)).len(), 0);
    assert_eq!(of(json!((0..5_000).collect::<Vec<_>>())).len(), 4_000);
    let wide: serde_json::Map<String, Value> = (0..5_000).map(|n| (format!("k{n}"), json!(n))).collect();
    assert_eq!(of(Value::Object(wide)).len(), 4_000);
    let found = of(json!({"k".repeat(10_000): [1, 2]}));
    assert!(found.len() == 2 && found.iter().all(|leaf| leaf.path.len() < 300 && leaf.key.len() <= 200));
}

#[test]
fn what_is_no_json_is_read_by_lines() {
    let found = leaves_of(&text(200, "one\n\n  two  \n"));
    let lines: Vec<(&str, &str)> = found.iter().map(|leaf| (leaf.at.as_str(), leaf.text.as_str())).collect();
    assert_eq!(lines, [("line 0", "one"), ("line 1", "two")]);
    assert_eq!(leaves_of(&text(200, &"x\n".repeat(1_000))).len(), 400);
}

#[test]
fn only_what_identifies_something_is_telling() {
    let found = of(
        json!({"a": "abcd", "b": "abc", "c": 123, "d": 12, "e": 1.25, "f": true, "g": false, "h": null, "i": "true"}),
    );
    let telling: Vec<&str> = found.iter().filter(|leaf| leaf.is_telling()).map(|leaf| leaf.key.as_str()).collect();
    assert_eq!(telling, ["a", "c", "e", "i"], "`true`, `false` and `null` are on every second object");
}

#[test]
fn scalars_have_text_and_the_rest_has_none() {
    assert_eq!(scalar_text(&json!("x")).as_deref(), Some("x"));
    assert_eq!(scalar_text(&json!(1.5)).as_deref(), Some("1.5"));
    for nothing in [json!(null), json!(true), json!([1]), json!({"a": 1})] {
        assert_eq!(scalar_text(&nothing), None);
    }
}
