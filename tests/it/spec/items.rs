//! One bad item is an issue; the rest is read.

use serde_json::json;

use super::{issues, load};

#[test]
fn bad_items_are_issues_with_their_place_and_the_rest_is_kept() {
    let api = load(&json!({
        "openapi": "3.0.0", "info": {}, "servers": [{ "url": 5 }, { "url": "http://a" }],
        "paths": {
            "/a": { "get": {
                "tags": "wrong", "summary": ["wrong"], "operationId": "getA", "deprecated": "yes",
                "parameters": [5, { "in": "query" }, { "name": "x", "in": "nowhere" },
                    { "name": "y", "in": "query", "style": "odd", "schema": { "type": "wat", "minLength": "long", "pattern": "a" } }],
                "responses": { "200": 5, "wat": {}, "404": { "description": "no" } }
            } },
            "/b": 5,
            "c": { "get": { "responses": {} }, "wat": {} },
            "/d": { "post": { "requestBody": { "content": { "application/json": { "schema": null } } }, "responses": {} },
                    "get": 7 }
        }
    }));
    let ids: Vec<_> = api.operations.iter().map(|operation| operation.id.to_string()).collect();
    assert_eq!(ids, ["GET /a", "GET /c", "POST /d"]);
    let get = &api.operations[0];
    assert_eq!(get.operation_id.as_deref(), Some("getA"));
    let statuses: Vec<_> = get.responses.iter().map(|response| response.status.as_str()).collect();
    assert_eq!(statuses, ["200", "404"]);
    assert_eq!(get.parameters.len(), 1);
    assert_eq!(api.schemas.get(get.parameters[0].schema.unwrap()).unwrap().pattern.as_deref(), Some("a"));
    assert_eq!(api.servers.len(), 1);
    let mut places: Vec<_> = api.issues.iter().map(|issue| issue.at.as_str()).collect();
    places.sort_unstable();
    let expected = [
        "#/paths/c",
        "#/paths/c/wat",
        "#/paths/~1a/get/deprecated",
        "#/paths/~1a/get/parameters/0",
        "#/paths/~1a/get/parameters/1",
        "#/paths/~1a/get/parameters/2",
        "#/paths/~1a/get/parameters/3/schema/minLength",
        "#/paths/~1a/get/parameters/3/schema/type",
        "#/paths/~1a/get/parameters/3/style",
        "#/paths/~1a/get/responses/200",
        "#/paths/~1a/get/responses/wat",
        "#/paths/~1a/get/summary",
        "#/paths/~1a/get/tags",
        "#/paths/~1b",
        "#/paths/~1d/get",
        "#/paths/~1d/post/requestBody/content/application~1json/schema",
        "#/servers/0",
    ];
    assert_eq!(places, expected, "{:#?}", issues(&api));
}

#[test]
fn the_same_fault_of_a_shared_item_is_told_once() {
    let operation = json!({ "get": { "parameters": [{ "$ref": "#/components/parameters/P" }], "responses": {} } });
    let api = load(&json!({
        "openapi": "3.0.0", "info": {}, "paths": { "/a": operation, "/b": operation },
        "components": { "parameters": { "P": { "name": "p", "in": "query", "style": "odd", "schema": {} } } }
    }));
    assert_eq!(issues(&api).len(), 1, "{:?}", issues(&api));
}

#[test]
fn a_document_without_paths_is_an_api_without_operations() {
    let api = load(&json!({ "openapi": "3.1.0", "info": {}, "webhooks": { "x": { "post": {} } } }));
    assert_eq!(api.operations.len(), 0);
    assert_eq!(issues(&api), ["#: the document has no `paths`; there is nothing to scan"]);
}
