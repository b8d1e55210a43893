//! Base addresses.

use routewarden::spec::{Base, load_text};
use serde_json::{Value, json};

fn urls(document: &Value, base: Base) -> Vec<String> {
    let api = load_text("t", &document.to_string(), base).unwrap();
    api.servers.into_iter().map(|server| server.url).collect()
}

fn address() -> Base {
    Base::Url("http://127.0.0.1:8080/docs/openapi.json".parse().unwrap())
}

fn with(servers: Value) -> Value {
    json!({ "openapi": "3.0.0", "paths": {}, "servers": servers })
}

#[test]
fn variables_take_their_defaults() {
    let document = with(json!([
        { "url": "https://{host}:{port}/{v}", "variables": {
            "host": { "default": "a.example", "enum": ["a.example", "b.example"] }, "port": { "default": 8443 }, "v": { "enum": ["v1", "v2"] } } },
        { "url": "https://{missing}/" }
    ]));
    assert_eq!(urls(&document, Base::None), ["https://a.example:8443/v1"]);
}

#[test]
fn relative_servers_are_resolved_with_the_address_of_the_document() {
    let document = with(json!([{ "url": "/v1" }, { "url": "v2" }, { "url": "https://x.example/v3" }]));
    assert_eq!(
        urls(&document, address()),
        ["http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/docs/v2", "https://x.example/v3"]
    );
    assert_eq!(urls(&document, Base::None), ["/v1", "v2", "https://x.example/v3"]);
}

#[test]
fn without_servers_the_origin_of_the_document_is_meant() {
    assert_eq!(urls(&with(json!([])), address()), ["http://127.0.0.1:8080/"]);
    assert_eq!(urls(&with(json!([])), Base::None), Vec::<String>::new());
}

#[test]
fn swagger_puts_servers_together_from_parts() {
    let swagger = |more: Value| {
        let mut document = json!({ "swagger": "2.0", "paths": {} });
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        document
    };
    let full = swagger(json!({ "host": "x.example:81", "basePath": "/v1", "schemes": ["http", "https", "ws"] }));
    assert_eq!(urls(&full, Base::None), ["http://x.example:81/v1", "https://x.example:81/v1"]);
    assert_eq!(urls(&swagger(json!({ "host": "x.example" })), Base::None), ["https://x.example"]);
    assert_eq!(urls(&swagger(json!({ "basePath": "v1" })), address()), ["http://127.0.0.1:8080/v1"]);
    assert_eq!(urls(&swagger(json!({ "basePath": "/v1" })), Base::None), ["/v1"]);
}

#[test]
fn the_nearest_servers_win() {
    let document = json!({ "openapi": "3.0.0", "servers": [{ "url": "http://doc" }], "paths": { "/a": {
        "servers": [{ "url": "http://path" }],
        "get": { "servers": [{ "url": "http://operation" }], "responses": {} },
        "post": { "responses": {} }
    }, "/b": { "get": { "responses": {} } } } });
    let api = load_text("t", &document.to_string(), Base::None).unwrap();
    let servers: Vec<Vec<_>> = api
        .operations
        .iter()
        .map(|operation| operation.servers.iter().map(|server| server.url.as_str()).collect())
        .collect();
    assert_eq!(servers, [vec!["http://operation"], vec!["http://path"], vec![]]);
}
