//! Documents that mean harm, and documents that are merely odd.

use std::fmt::Write;

use proptest::prelude::*;
use routewarden::model::Method;
use routewarden::spec::{Base, Samples, SpecError, load_text, looks_like_document};
use serde_json::json;

fn load(text: &str) -> Result<routewarden::model::Api, SpecError> {
    load_text("hostile", text, Base::None)
}

#[test]
fn alias_bombs_are_refused() {
    let mut text = "openapi: 3.0.0\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let list = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [{list}]").unwrap();
    }
    assert!(matches!(
        load(&text),
        Err(SpecError::Syntax { .. } | SpecError::TooManyValues { .. } | SpecError::TooCostly { .. })
    ));
}

#[test]
fn aliases_cost_as_often_as_they_are_used() {
    let text = |uses: usize| {
        let list = vec!["*a"; uses].join(", ");
        format!("openapi: 3.0.0\npaths: {{}}\nx-a: &a [{}]\nx-b: [{list}]\n", "0,".repeat(50_000))
    };
    assert!(load(&text(2)).is_ok());
    assert!(matches!(load(&text(100)), Err(SpecError::TooManyValues { .. } | SpecError::TooCostly { .. })));
}

#[test]
fn many_small_objects_are_refused_before_they_take_much_memory() {
    let objects = vec![r#"{"a":1}"#; 1_600_000].join(",");
    let error = load(&format!(r#"{{"openapi":"3.0.0","x":[{objects}]}}"#)).err().map(|error| error.to_string());
    assert!(
        error.as_deref().is_some_and(|error| error.contains("would take more than 320 MiB of memory")),
        "{error:?}"
    );
}

#[test]
fn of_very_many_operations_the_first_are_read() {
    let paths: Vec<String> = (0..60_010).map(|n| format!(r#""/a{n}":{{"get":{{"responses":{{}}}}}}"#)).collect();
    let api =
        load(&format!(r#"{{"openapi":"3.0.0","info":{{"title":"t","version":"1"}},"paths":{{{}}}}}"#, paths.join(",")));
    let api = api.unwrap();
    assert_eq!(api.operations.len(), 60_000);
    assert!(
        api.issues.iter().any(|issue| issue.message == "only the first 60000 operations are read"),
        "{:?}",
        api.issues
    );
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{{\"openapi\":\"3.0.0\",\"x\":{}1{}}}", open.repeat(100_000), close.repeat(100_000));
        assert!(matches!(load(&deep), Err(SpecError::Syntax { .. })));
        let yaml = format!("openapi: 3.0.0\nx: {}1{}", open.repeat(5000), close.repeat(5000));
        assert!(matches!(load(&yaml), Err(SpecError::Syntax { .. })));
    }
    let indented: String = (0..2000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(load(&format!("openapi: 3.0.0\n{indented}")).is_err());
}

#[test]
fn texts_that_are_too_large_are_refused() {
    let text = format!("openapi: 3.0.0\nx: {}", " ".repeat(129 * 1024 * 1024));
    assert!(matches!(load(&text), Err(SpecError::TooLarge { .. })));
}

#[test]
fn a_deep_chain_of_schemas_is_lowered_without_recursion() {
    let schemas: serde_json::Map<_, _> = (0..20_000)
        .map(|at| {
            let next = format!("#/components/schemas/S{}", at + 1);
            (format!("S{at}"), json!({ "type": "object", "required": ["n"], "properties": { "n": { "$ref": next } } }))
        })
        .collect();
    let document = json!({ "openapi": "3.0.0", "components": { "schemas": schemas }, "paths": { "/a": { "post": {
        "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/S0" } } } }, "responses": {} } } } });
    let api = load(&document.to_string()).unwrap();
    assert_eq!(api.schemas.nodes.len(), 20_001);
    let body = Samples::new(&api, 1).body(&api.operations[0].body.as_ref().unwrap().content[0]);
    assert!(body["n"]["n"].is_object());
}

#[test]
fn a_shared_path_item_does_not_multiply_without_end() {
    let parameters: Vec<_> = (0..1000)
        .map(|at| json!({ "name": format!("p{at}"), "in": "query", "example": "x".repeat(60_000) }))
        .take(300)
        .collect();
    let paths: serde_json::Map<_, _> = (0..2000).map(|at| (format!("/{at}"), json!({ "$ref": "#/x-item" }))).collect();
    let document = json!({ "openapi": "3.0.0", "paths": paths, "x-item": { "parameters": parameters, "get": { "responses": {} } } });
    let api = load(&document.to_string()).unwrap();
    assert!(api.operations.len() < 100, "{}", api.operations.len());
    assert_eq!(api.issues.len(), 1);
}

#[test]
fn samples_end_where_schemas_do_not() {
    for schema in [
        json!({ "allOf": [{ "$ref": "#/components/schemas/S" }] }),
        json!({ "oneOf": [{ "$ref": "#/components/schemas/S" }] }),
        json!({ "type": "array", "minItems": 9, "items": { "$ref": "#/components/schemas/S" } }),
        json!({ "type": "object", "required": ["a", "b", "c"], "additionalProperties": { "$ref": "#/components/schemas/S" } }),
        json!({ "type": "array", "minItems": 4_000_000_000_u64 }),
        json!({ "type": "string", "minLength": 4_000_000_000_u64 }),
        json!({ "type": "string", "pattern": "^(((a{1000}){1000}){1000}){1000}$" }),
        json!({ "type": "string", "pattern": format!("{}{}", "(".repeat(11), "){1000}".repeat(11)) }),
        json!({ "type": "string", "pattern": "(".repeat(900) }),
        json!({ "allOf": vec![json!({ "$ref": "#/components/schemas/S" }); 200], "example": 1 }),
        json!({ "oneOf": vec![json!({ "oneOf": vec![json!({ "$ref": "#/components/schemas/S" }); 50] }); 50], "example": {}, "required": ["x"] }),
        json!({ "type": "number", "minimum": 1e308, "multipleOf": 1e-300 }),
        json!({ "type": "integer", "minimum": 1e300, "maximum": -1e300 }),
    ] {
        let document = json!({ "openapi": "3.0.0", "components": { "schemas": { "S": schema } }, "paths": { "/a": { "post": {
            "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/S" } } } }, "responses": {} } } } });
        let api = load(&document.to_string()).unwrap();
        let body = Samples::new(&api, 1).body(&api.operations[0].body.as_ref().unwrap().content[0]);
        assert!(body.to_string().len() < 1_000_000, "{schema}");
    }
}

#[test]
fn odd_spellings_of_yaml_are_understood() {
    let text = "\u{feff}# comment\r\nopenapi: 3.0\r\ninfo:\r\n  version: 2024-01-02\r\n  title: T\r\npaths:\r\n  /a:\r\n    get: &g\r\n      responses:\r\n        200: {description: ok}\r\n        404: {description: 2024-01-02}\r\n    post:\r\n      <<: *g\r\n      summary: on\r\n    get: *g\r\n";
    let api = load(text).unwrap();
    assert_eq!(api.version, "2024-01-02");
    let found: Vec<_> =
        api.operations.iter().map(|o| (o.id.to_string(), o.responses.len(), o.summary.clone())).collect();
    assert_eq!(found, [("GET /a".to_owned(), 2, String::new()), ("POST /a".to_owned(), 2, "on".to_owned())]);
    assert_eq!((api.operations[0].method, api.operations[1].method), (Method::Get, Method::Post));
    assert_eq!(api.issues, []);
}

#[test]
fn odd_spellings_of_json_are_understood() {
    let api =
        load("\u{feff} {\"openapi\": \"3.0.0\", \"paths\": {\"/a\": {\"get\": 1, \"get\": {\"responses\": {}}}}}")
            .unwrap();
    assert_eq!((api.operations.len(), api.issues.len()), (1, 0));
}

#[test]
fn lines_of_json_are_those_of_the_keys() {
    let text = "{\n \"openapi\": \"3.0.0\",\n \"tags\": [{\"get\": \"}\\\"\"},\n 1],\n \"paths\": {\n  \"/a\": {\n   \"parameters\": [\n    {\"name\": \"q\", \"in\": \"query\", \"schema\": {}},\n    {\"name\": \"w\", \"in\": \"nowhere\"}],\n   \"get\": {\"responses\": {}},\n   \"post\":\n    {\"responses\": {}}\n  }\n }\n}";
    let api = load(text).unwrap();
    let lines: Vec<_> = api.operations.iter().map(|operation| operation.spec.line).collect();
    assert_eq!(lines, [Some(10), Some(11)]);
    assert_eq!(api.issues.iter().map(|issue| issue.line).collect::<Vec<_>>(), [Some(9)]);
}

const SMALL: &str = r##"{"openapi":"3.1.0","info":{"title":"t"},"security":[{"k":[]}],"servers":[{"url":"/{v}","variables":{"v":{"default":"1"}}}],"paths":{"/a/{id}":{"parameters":[{"name":"id","in":"path","required":true,"schema":{"$ref":"#/components/schemas/S"}}],"post":{"operationId":"x","requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/S"}}}},"responses":{"200":{"description":"d","content":{"text/plain":{"schema":{"type":"string","pattern":"^[a-z]{3}$"}}}}}}}},"components":{"securitySchemes":{"k":{"type":"apiKey","in":"header","name":"k"}},"schemas":{"S":{"type":["object","null"],"required":["s"],"properties":{"s":{"$ref":"#/components/schemas/S"},"n":{"type":"integer","minimum":3,"multipleOf":2}}}}}}"##;

fn exercise(text: &str) {
    let _ = looks_like_document(text);
    let Ok(api) = load(text) else { return };
    let samples = Samples::new(&api, 3);
    for operation in &api.operations {
        operation.parameters.iter().for_each(|parameter| drop(samples.parameter(parameter)));
        operation.body.iter().flat_map(|body| &body.content).for_each(|content| drop(samples.body(content)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_documents_never_panic(edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, "[\\[\\]{}\",:a-z$#/~0-9\\\\\n \t-]{0,6}"), 1..6)) {
        let mut text: Vec<char> = SMALL.chars().collect();
        for (at, remove, insert) in edits {
            let at = at.index(text.len().max(1)).min(text.len());
            let end = (at + remove).min(text.len());
            text.splice(at..end, insert.chars());
        }
        exercise(&text.into_iter().collect::<String>());
    }

    #[test]
    fn swapped_values_never_panic(from in 0_usize..120, to in 0_usize..120, odd in 0_usize..7) {
        let odds = [json!(null), json!(5), json!([]), json!({}), json!("x"), json!({"$ref": "#"}), json!([{"$ref": "#/paths"}])];
        let mut document: serde_json::Value = serde_json::from_str(SMALL).unwrap();
        let mut paths = Vec::new();
        pointers(&document, String::new(), &mut paths);
        let source = document.pointer(&paths[from % paths.len()]).cloned().unwrap();
        let replacement = if odd == 0 { source } else { odds[odd].clone() };
        *document.pointer_mut(&paths[to % paths.len()]).unwrap() = replacement;
        exercise(&document.to_string());
    }
}

fn pointers(value: &serde_json::Value, at: String, found: &mut Vec<String>) {
    found.push(at.clone());
    match value {
        serde_json::Value::Object(map) => map.iter().for_each(|(key, value)| {
            pointers(value, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found)
        }),
        serde_json::Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| pointers(value, format!("{at}/{index}"), found));
        }
        _ => {}
    }
}
