//! References wherever they may stand, in circles, into files, and to nowhere.

use std::fs;

use routewarden::model::Place;
use routewarden::spec::{Base, Samples, load_file, load_text};
use serde_json::json;

use super::{issues, load};

#[test]
fn references_are_followed_wherever_they_may_stand() {
    let api = load(&json!({
        "openapi": "3.0.0", "info": {},
        "paths": {
            "/a/{id}": { "$ref": "#/components/pathItems/A" },
            "/b": { "get": { "responses": { "200": { "$ref": "#/components/responses/Chain" } } } }
        },
        "components": {
            "pathItems": { "A": {
                "parameters": [{ "$ref": "#/components/parameters/Id" }],
                "post": {
                    "requestBody": { "$ref": "#/components/requestBodies/B" },
                    "responses": { "200": { "$ref": "#/components/responses/Ok" } }
                }
            } },
            "parameters": { "Id": { "name": "id", "in": "path", "required": true, "schema": { "$ref": "#/components/schemas/a~1b%20c~0" },
                "examples": { "one": { "$ref": "#/components/examples/One" } } } },
            "examples": { "One": { "value": 7 } },
            "requestBodies": { "B": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Alias" } } } } },
            "responses": {
                "Chain": { "$ref": "#/components/responses/Ok" },
                "Ok": { "description": "", "headers": { "X-H": { "$ref": "#/components/headers/H" } },
                        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/a~1b c~0" } } } }
            },
            "headers": { "H": { "schema": { "type": "string" } } },
            "schemas": { "a/b c~": { "type": "integer" }, "Alias": { "$ref": "#/components/schemas/a~1b c~0" } }
        }
    }));
    assert_eq!(issues(&api), Vec::<String>::new());
    let [post, get] = &api.operations[..] else { panic!() };
    let schema = post.parameters[0].schema;
    assert_eq!(post.parameters[0].example, Some(json!(7)));
    assert_eq!(post.body.as_ref().unwrap().content[0].schema, schema, "one place, one id");
    assert_eq!(get.responses[0].content[0].1, schema);
    assert_eq!(get.responses[0].headers, ["X-H"]);
    assert_eq!(api.schemas.nodes.len(), 1);
}

#[test]
fn references_that_lead_nowhere_are_issues_and_the_operation_is_kept() {
    let api = load(&json!({
        "openapi": "3.0.0", "info": {},
        "paths": {
            "/a": { "get": {
                "parameters": [
                    { "$ref": "#/components/parameters/Missing" },
                    { "$ref": "#/components/parameters/Circle" },
                    { "name": "x", "in": "query", "schema": { "$ref": "#/components/schemas/Missing" } },
                    { "name": "y", "in": "query", "schema": { "$ref": "#/components/schemas/Loop" } },
                    { "name": "z", "in": "query", "schema": { "$ref": "other.json#/x" } }
                ],
                "responses": { "200": { "$ref": "#/nowhere" } }
            } },
            "/b": { "$ref": "#/paths/missing" }
        },
        "components": {
            "parameters": { "Circle": { "$ref": "#/components/parameters/Circle" } },
            "schemas": { "Loop": { "$ref": "#/components/schemas/Pool" }, "Pool": { "$ref": "#/components/schemas/Loop" } }
        }
    }));
    assert_eq!(api.operations.len(), 1);
    let names: Vec<_> = api.operations[0].parameters.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["x", "y", "z"]);
    assert_eq!(api.operations[0].responses[0].status, "200");
    let found = issues(&api);
    assert_eq!(found.len(), 7, "{found:#?}");
    assert!(found.iter().any(|issue| issue.contains("circle")), "{found:#?}");
    assert!(found.iter().any(|issue| issue.starts_with("#/paths/~1a/get/parameters/2/schema: ")), "{found:#?}");
}

#[test]
fn schemas_may_hold_themselves() {
    let api = load(&json!({
        "openapi": "3.1.0", "info": {},
        "paths": { "/a": { "post": { "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Node" } } } }, "responses": {} } } },
        "components": { "schemas": { "Node": {
            "type": "object", "required": ["name", "next"],
            "properties": { "name": { "type": "string" }, "next": { "$ref": "#/components/schemas/Node" },
                            "all": { "type": "array", "items": { "$ref": "#/components/schemas/Node" } } }
        }, "Self": { "$ref": "#/components/schemas/Self", "type": "object" } } }
    }));
    assert_eq!(api.issues, []);
    let body = Samples::new(&api, 1).body(&api.operations[0].body.as_ref().unwrap().content[0]);
    assert!(body["next"]["next"]["name"].is_string(), "{body}");
}

#[test]
fn siblings_of_references_count_in_3_1_only() {
    let document = |version: &str| {
        json!({ "openapi": version, "info": {},
            "paths": { "/a": { "get": { "parameters": [
                { "name": "x", "in": "query", "schema": { "$ref": "#/components/schemas/S", "maxLength": 3, "default": "abc" } }
            ], "responses": {} } } },
            "components": { "schemas": { "S": { "type": "string", "minLength": 2 } } } })
    };
    let sample = |version: &str| {
        let api = load(&document(version));
        Samples::new(&api, 1).parameter(&api.operations[0].parameters[0])
    };
    assert_eq!(sample("3.1.0"), json!("abc"));
    assert_ne!(sample("3.0.0"), json!("abc"));
}

#[test]
fn files_below_the_folder_are_read_and_no_others() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.yaml"), "S: {type: integer}").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("paths")).unwrap();
    fs::create_dir_all(root.join("schemas")).unwrap();
    fs::write(
        root.join("openapi.yaml"),
        format!(
            "openapi: 3.0.0\ninfo: {{}}\npaths:\n  /a/{{id}}:\n    $ref: paths/a.yaml\n  /up:\n    $ref: ../up.yaml\n  /abs:\n    $ref: {}/secret.yaml\n  /web:\n    $ref: http://127.0.0.1:1/x.yaml\n  /link:\n    $ref: link.yaml#/S\n",
            outside.path().display()
        ),
    )
    .unwrap();
    fs::write(
        root.join("paths/a.yaml"),
        "parameters: [{$ref: '../schemas/all.json#/Id'}]\nget: {responses: {200: {description: ok}}}\n",
    )
    .unwrap();
    fs::write(root.join("schemas/all.json"), r##"{"Id": {"name": "id", "in": "path", "required": true, "schema": {"$ref": "#/S"}}, "S": {"type": "integer"}}"##).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path().join("secret.yaml"), root.join("link.yaml")).unwrap();
    let api = load_file(&root.join("openapi.yaml")).unwrap();
    let ids: Vec<_> = api.operations.iter().map(|operation| operation.id.to_string()).collect();
    assert_eq!(ids, ["GET /a/{id}"]);
    assert_eq!(api.operations[0].parameters[0].place, Place::Path);
    let found = issues(&api);
    assert_eq!(found.len(), 4, "{found:#?}");
    #[cfg(unix)]
    assert!(found.iter().any(|issue| issue.contains("link.yaml") && issue.contains("outside")), "{found:#?}");
    let issue = api.issues.iter().find(|issue| issue.at == "#/paths/~1up").unwrap();
    assert_eq!(issue.line, Some(6));
}

#[test]
fn files_are_not_read_for_a_text_without_a_folder() {
    let text = "openapi: 3.0.0\npaths: {/a: {$ref: /etc/hostname}}";
    for base in [Base::None, Base::Url("http://127.0.0.1/openapi.yaml".parse().unwrap())] {
        let api = load_text("t", text, base).unwrap();
        assert_eq!((api.operations.len(), api.issues.len()), (0, 1));
    }
}
