//! Which parameters of which operations carry credentials, by the document.

use serde_json::{Value, json};

use super::credential_parameter;
use crate::spec::{Base, load_text};

/// The name of the credential in the one operation of a document, whose one parameter this is.
fn found(method: &str, path: &str, parameter: &Value) -> Option<String> {
    let document = json!({
        "openapi": "3.0.3", "info": {"title": "t", "version": "1"},
        "paths": {path: {method: {"parameters": [parameter], "responses": {"200": {"description": "OK"}}}}},
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "subscription"}}},
    });
    let api = load_text("test", &document.to_string(), Base::None).ok()?;
    credential_parameter(&api, api.operations.first()?).map(|parameter| parameter.name.clone())
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
        assert!(found(method, route, &parameter).is_some(), "{method} {route} {parameter}");
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
        assert!(found(method, route, &parameter).is_none(), "{method} {route} {parameter}");
    }
}
