//! Which parameters of which operations carry credentials, by the document.

use serde_json::{Value, json};

use super::declared_in_url;
use crate::model::Draft;
use crate::spec::{Base, load_text};

/// What is said of the one operation of a document, whose one parameter this is.
fn said(method: &str, path: &str, parameter: &Value) -> Option<Draft> {
    let document = json!({
        "openapi": "3.0.3", "info": {"title": "t", "version": "1"},
        "paths": {path: {method: {"parameters": [parameter], "responses": {"200": {"description": "OK"}}}}},
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "subscription"}}},
    });
    let api = load_text("test", &document.to_string(), Base::None).ok()?;
    declared_in_url(&api, api.operations.first()?).ok()
}

fn query(name: &str) -> Value {
    json!({"name": name, "in": "query", "schema": {"type": "string"}})
}

fn path(name: &str) -> Value {
    json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})
}

#[test]
fn credentials_in_addresses_are_told_for_any_method() {
    for (method, route, parameter) in [
        ("post", "/login", query("password")),
        ("post", "/users", query("newPassword")),
        ("delete", "/items/1", query("api_key")),
        ("get", "/items", query("access_token")),
        ("get", "/items", query("subscription")),
        ("post", "/password/reset/{token}", path("token")),
        ("get", "/auth/verify", query("token")),
    ] {
        assert!(said(method, route, &parameter).is_some(), "{method} {route} {parameter}");
    }
}

#[test]
fn what_sounds_like_a_credential_is_none() {
    for (method, route, parameter) in [
        ("get", "/items", query("page_token")),
        ("get", "/items", query("nextToken")),
        ("post", "/login", query("csrf_token")),
        ("get", "/auth/tokens", query("token_id")),
        ("get", "/auth/tokens", query("token_type")),
        ("get", "/coins", query("token")),
        ("get", "/tokens/{token}", path("token")),
        ("get", "/api-keys/{api_key}", path("api_key")),
        ("get", "/sessions/{sessionId}", path("sessionId")),
        ("get", "/items", json!({"name": "api_key", "in": "header", "schema": {"type": "string"}})),
        ("get", "/login", json!({"name": "token", "in": "query", "schema": {"type": "integer"}})),
        (
            "get",
            "/login",
            json!({"name": "pass", "in": "query", "schema": {"type": "string", "enum": ["day", "week"]}}),
        ),
    ] {
        assert!(said(method, route, &parameter).is_none(), "{method} {route} {parameter}");
    }
}

#[test]
fn the_document_alone_makes_an_observation() {
    let draft = said("post", "/login", &query("password"));
    let mere = |draft: Draft| draft.observation && draft.exchanges.is_empty() && draft.site == "query:password";
    assert!(draft.is_some_and(mere));
}
