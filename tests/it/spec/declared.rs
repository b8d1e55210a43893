//! What a document says of a place in an answer.

use routewarden::spec::{FieldDeclaration, declared_at};
use serde_json::{Value, json};

use super::load;

/// Looks a place up in the answer that `schema` describes.
fn at(schema: &Value, path: &str) -> FieldDeclaration {
    let api = load(&json!({
        "openapi": "3.1.0", "info": {}, "components": {"schemas": {
            "Node": {"type": "object", "properties": {"id": {}, "next": {"$ref": "#/components/schemas/Node"}}},
        }},
        "paths": {"/a": {"get": {"responses": {"200": {
            "description": "", "content": {"application/json": {"schema": schema}},
        }}}}},
    }));
    let content = api.operations[0].responses[0].content_for("application/json").unwrap();
    declared_at(&api, content.1.unwrap(), path)
}

fn undeclared(way: &str) -> FieldDeclaration {
    FieldDeclaration::Undeclared(way.to_owned())
}

#[test]
fn named_fields_are_found_at_any_depth_and_in_circles() {
    let list = json!({"type": "array", "items": {"$ref": "#/components/schemas/Node"}});
    assert_eq!(at(&list, "/*/id"), FieldDeclaration::Named);
    assert_eq!(at(&list, "/*/next/next/next/id"), FieldDeclaration::Named);
    assert_eq!(at(&list, "/*/next/next/secret"), undeclared("/*/next/next/secret"));
    assert_eq!(at(&list, "/*/owner/name"), undeclared("/*/owner"));
    assert_eq!(at(&json!({"properties": {"a/b": {}}}), "/a~1b"), FieldDeclaration::Named);
}

#[test]
fn parts_and_alternatives_count_together() {
    let parts = json!({
        "allOf": [{"$ref": "#/components/schemas/Node"}, {"required": ["x"], "properties": {"x": {}}}],
        "anyOf": [{"properties": {"y": {}}}, {"type": "null"}],
    });
    for path in ["/id", "/x", "/y"] {
        assert_eq!(at(&parts, path), FieldDeclaration::Named, "{path}");
    }
    assert_eq!(at(&parts, "/z"), undeclared("/z"));
}

#[test]
fn whatever_leaves_room_leaves_nothing_undeclared() {
    let named = json!({"a": {}});
    for schema in [
        json!({}),
        json!({"type": "object"}),
        json!({"properties": named, "additionalProperties": true}),
        json!({"properties": named, "patternProperties": {"^x": {}}}),
        json!({"properties": named, "discriminator": {"propertyName": "a"}}),
        json!({"oneOf": [{"properties": named}, {"type": "object"}]}),
        json!({"allOf": [{"properties": named}, {"additionalProperties": true}]}),
        // Another kind of answer than came.
        json!({"type": "array", "items": {"properties": named}}),
    ] {
        assert_eq!(at(&schema, "/b"), FieldDeclaration::Open, "{schema}");
    }
    let valued = json!({"properties": named, "additionalProperties": {"properties": {"c": {}}}});
    assert_eq!(at(&valued, "/b/c"), FieldDeclaration::Named);
    assert_eq!(at(&valued, "/b/d"), undeclared("/b/d"));
    assert_eq!(at(&json!({"type": "object", "additionalProperties": false}), "/b"), undeclared("/b"));
    assert_eq!(at(&json!({"properties": named, "patternProperties": false}), "/b"), undeclared("/b"));
}
