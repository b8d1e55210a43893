//! Documents in folders, and texts that look like documents.

use std::fs;

use routewarden::model::SchemaId;
use routewarden::spec::{USUAL_PLACES, declared_properties, find_in_folder, looks_like_document};
use serde_json::json;

use super::load;

#[test]
fn documents_are_told_by_a_key_of_the_outermost_mapping() {
    for text in [
        "openapi: 3.0.0",
        "\u{feff}openapi: 3.0.0",
        "info: {}\r\nswagger: '2.0'\r\n",
        "{\"openapi\":\"3.1.0\"}",
        "'swagger': \"2.0\"",
        "{\"a\":{\"b\":[1,\"}\\\"\"]}, \"swagger\" : \"2.0\"}",
        "{openapi: 3.0.0}",
    ] {
        assert_eq!(looks_like_document(text), text != "{openapi: 3.0.0}", "{text}");
    }
    for text in [
        "",
        "a: 1",
        "x:\n  openapi: 3",
        "{\"a\":{\"openapi\":\"3\"}}",
        "{\"a\":\"openapi\"}",
        "openapi is nice",
        "# openapi: 3",
    ] {
        assert!(!looks_like_document(text), "{text}");
    }
}

#[test]
fn documents_of_a_project_are_found_and_other_peoples_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let document = "openapi: 3.0.0\npaths: {}\n";
    write("docs/api.yaml", document);
    write("openapi.yml", document);
    write("spec/shop.json", "{\"swagger\":\"2.0\"}");
    write("package.json", "{\"name\":\"openapi\"}");
    write("docs/other.yaml", "a: 1");
    write("node_modules/x/openapi.json", document);
    write(".git/openapi.json", document);
    let found: Vec<_> = find_in_folder(folder.path())
        .into_iter()
        .map(|path| path.strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(found, ["openapi.yml", "docs/api.yaml", "spec/shop.json"]);
    assert_eq!(find_in_folder(&folder.path().join("missing")), Vec::<std::path::PathBuf>::new());
    assert!(USUAL_PLACES.iter().all(|place| place.starts_with('/')));
}

#[test]
fn declared_properties_are_those_of_all_members() {
    let api = load(
        &json!({ "openapi": "3.0.0", "paths": { "/a": { "get": { "responses": { "200": { "description": "", "content": { "application/json": {
        "schema": { "type": "array", "items": { "$ref": "#/components/schemas/A" } } } } } } } } },
        "components": { "schemas": {
            "A": { "allOf": [{ "$ref": "#/components/schemas/B" }, { "properties": { "c": { "properties": { "deep": {} } } } }], "properties": { "a": {} } },
            "B": { "oneOf": [{ "properties": { "b": {} } }, { "$ref": "#/components/schemas/A" }] } } } }),
    );
    let schema = api.operations[0].responses[0].content[0].1.unwrap();
    let found: Vec<_> = declared_properties(&api, schema).into_iter().collect();
    assert_eq!(found, ["a", "b", "c"]);
    assert!(declared_properties(&api, SchemaId(9999)).is_empty());
}
