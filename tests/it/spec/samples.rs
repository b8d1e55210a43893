//! Samples fit the schema they are made for.

use proptest::prelude::*;
use routewarden::model::Api;
use routewarden::spec::Samples;
use serde_json::{Map, Value, json};

use super::load;

fn api(schema: &Value) -> Api {
    load(&json!({ "openapi": "3.1.0", "paths": { "/a": { "post": {
        "requestBody": { "content": { "application/json": { "schema": schema } } }, "responses": {} } } } }))
}

fn sample(schema: &Value, seed: u64) -> Value {
    let api = api(schema);
    assert_eq!(api.issues, [], "{schema}");
    Samples::new(&api, seed).body(&api.operations[0].body.as_ref().unwrap().content[0])
}

#[track_caller]
fn check(schema: &Value) -> Value {
    let value = sample(schema, 1);
    let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
    let faults: Vec<_> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{schema}\n{value}\n{faults:?}");
    value
}

#[test]
fn samples_fit_their_schema() {
    let table = [
        json!({ "type": "string" }),
        json!({ "type": "string", "minLength": 40 }),
        json!({ "type": "string", "maxLength": 1 }),
        json!({ "type": "string", "maxLength": 0 }),
        json!({ "type": "string", "format": "date" }),
        json!({ "type": "string", "format": "date-time" }),
        json!({ "type": "string", "format": "time" }),
        json!({ "type": "string", "format": "duration" }),
        json!({ "type": "string", "format": "email" }),
        json!({ "type": "string", "format": "email", "maxLength": 50 }),
        json!({ "type": "string", "format": "uuid" }),
        json!({ "type": "string", "format": "uri" }),
        json!({ "type": "string", "format": "hostname" }),
        json!({ "type": "string", "format": "ipv4" }),
        json!({ "type": "string", "format": "ipv6" }),
        json!({ "type": "string", "pattern": "^[A-Z]{2}-\\d{4,}$" }),
        json!({ "type": "string", "pattern": "^(cat|dog)s?$", "minLength": 4 }),
        json!({ "type": "string", "pattern": "^\\w+([.-]?\\w+)*@\\w+(\\.\\w{2,3})+$" }),
        json!({ "type": "string", "pattern": "^[^/]+$", "minLength": 3, "maxLength": 6 }),
        json!({ "type": "string", "pattern": "^arn:aws:(?:s3|iam)::[0-9]{12}:.*$" }),
        json!({ "type": "string", "pattern": "^#[0-9a-fA-F]{6}$", "example": "red" }),
        json!({ "type": "integer" }),
        json!({ "type": "integer", "minimum": 5 }),
        json!({ "type": "integer", "exclusiveMinimum": 5, "exclusiveMaximum": 7 }),
        json!({ "type": "integer", "maximum": -3 }),
        json!({ "type": "integer", "minimum": 10, "multipleOf": 7 }),
        json!({ "type": "integer", "maximum": -10, "multipleOf": 7 }),
        json!({ "type": "integer", "maximum": 0, "minimum": -5 }),
        json!({ "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1 }),
        json!({ "type": "number", "multipleOf": 0.25, "minimum": 0.1 }),
        json!({ "type": "boolean" }),
        json!({ "type": "null" }),
        json!({ "type": ["null", "integer"], "minimum": 3 }),
        json!({ "enum": ["a", "b"] }),
        json!({ "enum": [null, 3] }),
        json!({ "const": { "a": 1 } }),
        json!({ "type": "string", "enum": ["a", "b"], "example": "zzz", "default": "b" }),
        json!({ "type": "array", "items": { "type": "integer" }, "minItems": 3, "uniqueItems": true }),
        json!({ "type": "array", "items": { "type": "string", "format": "uuid" }, "minItems": 2, "uniqueItems": true }),
        json!({ "type": "array", "items": { "enum": [1, 2, 3] }, "minItems": 3, "uniqueItems": true }),
        json!({ "type": "array", "maxItems": 0 }),
        json!({ "type": "array" }),
        json!({ "type": "object", "required": ["a", "b"], "properties": { "a": { "type": "integer" }, "c": { "type": "string" } } }),
        json!({ "type": "object", "required": ["a"], "additionalProperties": { "type": "integer" } }),
        json!({ "type": "object", "properties": { "a": { "type": "string" } }, "additionalProperties": false }),
        json!({ "type": "object", "properties": { "a": { "type": "integer", "example": "not a number" } } }),
        json!({ "type": "object", "example": { "a": 1 }, "required": ["a", "b"], "properties": { "a": { "type": "integer" }, "b": { "type": "string" } } }),
        json!({ "allOf": [{ "type": "object", "required": ["a"], "properties": { "a": { "type": "string" } } },
                          { "required": ["b"], "properties": { "b": { "type": "integer", "minimum": 4 } } }] }),
        json!({ "allOf": [{ "type": "string", "maxLength": 9 }, { "minLength": 9 }] }),
        json!({ "allOf": [{ "type": "number", "minimum": 3 }, { "type": "integer", "minimum": 8 }] }),
        json!({ "oneOf": [{ "type": "null" }, { "type": "object", "required": ["k"], "properties": { "k": { "const": "x" } } }] }),
        json!({ "type": "object", "required": ["base"], "properties": { "base": { "type": "string" } },
                "oneOf": [{ "required": ["k"], "properties": { "k": { "const": "x" } } }, { "required": ["l"] }] }),
        json!({ "type": "object", "minProperties": 1, "additionalProperties": { "type": "integer" } }),
        json!({ "properties": { "a": { "type": "string", "default": "d" } } }),
        json!({ "anyOf": [{ "type": "integer" }, { "type": "string" }] }),
        json!(true),
        json!({}),
    ];
    for schema in &table {
        check(schema);
    }
}

#[test]
fn samples_are_small_and_hold_what_the_document_offers() {
    let schema = json!({ "type": "object", "required": ["a"], "properties": {
        "a": { "type": "integer" }, "b": { "type": "string", "example": "offered" }, "c": { "type": "string" },
        "d": { "type": "boolean", "default": false }, "e": { "type": "string", "readOnly": true, "example": "x" },
        "f": { "type": "integer", "default": "wrong" } } });
    assert_eq!(check(&schema), json!({ "a": 1, "b": "offered", "d": false }));
}

#[test]
fn an_object_of_which_nothing_is_said_gets_its_plain_members() {
    let schema = json!({ "type": "object", "properties": { "a": { "type": "integer" }, "b": { "type": "array" }, "c": { "type": "string", "readOnly": true } } });
    assert_eq!(check(&schema), json!({ "a": 1 }));
}

#[test]
fn read_only_members_of_examples_are_left_out() {
    let schema = json!({ "type": "object", "required": ["id", "a"], "example": { "id": 7, "a": "x" },
        "properties": { "id": { "type": "integer", "readOnly": true }, "a": { "type": "string" } } });
    assert_eq!(sample(&schema, 1), json!({ "a": "x" }));
}

#[test]
fn equal_seeds_give_equal_samples_and_others_differ() {
    let schema = json!({ "type": "object", "required": ["u", "s"], "properties": { "u": { "type": "string", "format": "uuid" }, "s": { "type": "string" } } });
    assert_eq!(sample(&schema, 5), sample(&schema, 5));
    let (one, other) = (sample(&schema, 5), sample(&schema, 6));
    assert_ne!(one["u"], other["u"]);
    assert_ne!(one["s"], other["s"]);
}

#[test]
fn a_parameter_of_a_path_is_never_empty() {
    let api = load(&json!({ "openapi": "3.0.0", "paths": { "/a/{x}": { "get": { "parameters": [
        { "name": "x", "in": "path", "required": true, "example": "", "schema": { "type": "string", "nullable": true, "example": null } }], "responses": {} } } } }));
    let value = Samples::new(&api, 1).parameter(&api.operations[0].parameters[0]);
    assert!(value.as_str().is_some_and(|text| !text.is_empty()), "{value}");
}

#[test]
fn examples_of_parameters_may_be_spelled_as_text() {
    let sample = |schema: Value, example: Value| {
        let api = load(&json!({ "openapi": "3.0.0", "paths": { "/a": { "get": { "parameters": [
            { "name": "x", "in": "query", "example": example, "schema": schema }], "responses": {} } } } }));
        Samples::new(&api, 1).parameter(&api.operations[0].parameters[0])
    };
    assert_eq!(sample(json!({ "type": "integer" }), json!("42")), json!(42));
    assert_eq!(sample(json!({ "type": "string" }), json!(42)), json!("42"));
    assert_eq!(sample(json!({ "type": "integer" }), json!("forty")), json!(1));
}

/// Schemas that can be satisfied.
fn schemas() -> impl Strategy<Value = Value> {
    let text = (0_u64..12, 0_u64..12, any::<bool>()).prop_map(|(min, more, bounded)| match bounded {
        true => json!({ "type": "string", "minLength": min, "maxLength": min + more }),
        false => json!({ "type": "string", "minLength": min }),
    });
    let number = (-50_i64..50, 0_i64..50)
        .prop_map(|(low, width)| json!({ "type": "integer", "minimum": low, "maximum": low + width }));
    let float = (-50_i64..50, 1_i64..50)
        .prop_map(|(low, width)| json!({ "type": "number", "exclusiveMinimum": low, "exclusiveMaximum": low + width }));
    let multiple = (1_i64..20, -50_i64..50)
        .prop_map(|(step, low)| json!({ "type": "integer", "minimum": low, "multipleOf": step }));
    let listed = prop::collection::vec("[a-z]{1,4}", 1..4).prop_map(|list| json!({ "type": "string", "enum": list }));
    let leaf = prop_oneof![text, number, float, multiple, listed, Just(json!({ "type": "boolean" }))];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let list = (inner.clone(), 0_u64..3)
            .prop_map(|(items, min)| json!({ "type": "array", "items": items, "minItems": min }));
        let object = prop::collection::vec(("[a-d]", inner.clone(), any::<bool>()), 0..4).prop_map(|members| {
            let required: std::collections::BTreeSet<_> =
                members.iter().filter(|(_, _, required)| *required).map(|(name, ..)| name.clone()).collect();
            let properties: Map<_, _> = members.into_iter().map(|(name, schema, _)| (name, schema)).collect();
            json!({ "type": "object", "properties": properties, "required": required })
        });
        prop_oneof![
            list,
            object,
            inner.clone().prop_map(|one| json!({ "allOf": [one] })),
            inner.prop_map(|one| json!({ "anyOf": [one, { "type": "null" }] }))
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_satisfiable_schema_is_satisfied(schema in schemas(), seed in any::<u64>()) {
        let value = sample(&schema, seed);
        prop_assert!(jsonschema::is_valid(&schema, &value), "{} {}", schema, value);
    }
}
