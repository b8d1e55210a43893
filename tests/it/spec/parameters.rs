//! Parameters: merging, places, styles.

use routewarden::model::{Parameter, Place, Style};
use serde_json::{Value, json};

use super::{issues, load};

fn read(parameter: Value) -> (Vec<Parameter>, Vec<String>) {
    let api = load(
        &json!({ "openapi": "3.0.0", "paths": { "/a/{p}": { "get": { "parameters": [parameter], "responses": {} } } } }),
    );
    let issues = issues(&api).into_iter().filter(|issue| !issue.contains("`p` is not declared")).collect();
    let parameters = api.operations[0].parameters.clone();
    (parameters, issues)
}

#[test]
fn styles_and_their_defaults() {
    let list = json!({ "type": "array", "items": { "type": "string" } });
    let table = [
        (json!({ "name": "x", "in": "query" }), Style::Form, true),
        (json!({ "name": "x", "in": "query", "explode": false }), Style::Form, false),
        (json!({ "name": "x", "in": "query", "style": "spaceDelimited" }), Style::SpaceDelimited, false),
        (json!({ "name": "x", "in": "query", "style": "pipeDelimited" }), Style::PipeDelimited, false),
        (json!({ "name": "x", "in": "query", "style": "deepObject" }), Style::DeepObject, true),
        (json!({ "name": "p", "in": "path" }), Style::Simple, false),
        (json!({ "name": "p", "in": "path", "style": "label" }), Style::Label, false),
        (json!({ "name": "p", "in": "path", "style": "matrix", "explode": true }), Style::Matrix, true),
        (json!({ "name": "x", "in": "header" }), Style::Simple, false),
        (json!({ "name": "x", "in": "cookie" }), Style::Form, true),
    ];
    for (mut parameter, style, explode) in table {
        parameter["schema"] = list.clone();
        let (found, issues) = read(parameter.clone());
        assert_eq!((found[0].style, found[0].explode), (style, explode), "{parameter}");
        assert_eq!(issues, Vec::<String>::new());
        assert_eq!(found[0].required, found[0].place == Place::Path);
    }
}

#[test]
fn swagger_collection_formats_have_styles() {
    for (format, style, explode) in [
        ("csv", Style::Form, false),
        ("ssv", Style::SpaceDelimited, false),
        ("tsv", Style::TabDelimited, false),
        ("pipes", Style::PipeDelimited, false),
        ("multi", Style::Form, true),
    ] {
        let parameter = json!({ "name": "x", "in": "query", "type": "array", "items": { "type": "string" }, "collectionFormat": format });
        let api = load(
            &json!({ "swagger": "2.0", "paths": { "/a": { "get": { "parameters": [parameter], "responses": {} } } } }),
        );
        let found = &api.operations[0].parameters[0];
        assert_eq!((found.style, found.explode, api.issues.len()), (style, explode, 0), "{format}");
    }
}

#[test]
fn operations_override_their_path_by_name_and_place() {
    let api = load(&json!({ "openapi": "3.0.0", "paths": { "/a": {
        "parameters": [{ "name": "x", "in": "query", "schema": {} }, { "name": "x", "in": "header", "schema": {} }],
        "get": { "parameters": [{ "name": "x", "in": "query", "required": true, "schema": {} }], "responses": {} }
    } } }));
    let found: Vec<_> = api.operations[0].parameters.iter().map(|p| (p.place, p.required)).collect();
    assert_eq!(found, [(Place::Query, true), (Place::Header, false)]);
}

#[test]
fn path_and_declarations_are_made_to_agree() {
    let api = load(&json!({ "openapi": "3.0.0", "paths": { "/a/{x}/{y}": { "get": {
        "parameters": [{ "name": "y", "in": "path", "schema": {} }, { "name": "z", "in": "path", "required": true, "schema": {} }],
        "responses": {}
    } } } }));
    let names: Vec<_> = api.operations[0].path_parameters().iter().map(|p| p.name.clone()).collect();
    assert_eq!(names, ["x", "y"]);
    assert_eq!(issues(&api).len(), 2, "{:?}", issues(&api));
}

#[test]
fn headers_that_are_not_parameters_are_left_out() {
    for name in ["Accept", "content-type", "AUTHORIZATION"] {
        let (found, issues) = read(json!({ "name": name, "in": "header", "schema": {} }));
        assert_eq!(found.len(), 1, "only the one in the path: {found:?}");
        assert_eq!(issues, Vec::<String>::new());
    }
}

#[test]
fn parameters_by_content_carry_their_media_type() {
    let (found, _) = read(
        json!({ "name": "q", "in": "query", "content": { "application/json; charset=utf-8": { "schema": { "type": "object" }, "example": { "a": 1 } } } }),
    );
    assert_eq!(found[0].content_type.as_deref(), Some("application/json"));
    assert_eq!(found[0].example, Some(json!({ "a": 1 })));
    assert!(found[0].schema.is_some());
}

#[test]
fn bodies_stand_in_the_order_of_preference() {
    let types = [
        "text/plain",
        "application/xml",
        "multipart/form-data",
        "application/vnd.x+json",
        "application/x-www-form-urlencoded",
        "Application/JSON; charset=utf-8",
    ];
    let content: serde_json::Map<_, _> = types.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
    let api = load(
        &json!({ "openapi": "3.0.0", "paths": { "/a": { "post": { "requestBody": { "content": content }, "responses": {} } } } }),
    );
    let found: Vec<_> =
        api.operations[0].body.as_ref().unwrap().content.iter().map(|body| body.media_type.as_str()).collect();
    assert_eq!(
        found,
        [
            "application/json",
            "application/vnd.x+json",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "text/plain",
            "application/xml"
        ]
    );
}
