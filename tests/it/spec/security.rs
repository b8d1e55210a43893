//! What operations ask of their callers.

use routewarden::model::{Place, SchemeKind, Security};
use serde_json::{Value, json};

use super::{issues, load};

fn api(global: Value, operation: Value, header: bool) -> (Security, usize) {
    let mut document = json!({
        "openapi": "3.0.0", "paths": { "/a": { "get": { "responses": {} } } },
        "components": { "securitySchemes": { "a": { "type": "http", "scheme": "Bearer" }, "b": { "type": "http", "scheme": "basic" } } }
    });
    if !global.is_null() {
        document["security"] = global;
    }
    if !operation.is_null() {
        document["paths"]["/a"]["get"]["security"] = operation;
    }
    if header {
        document["paths"]["/a"]["get"]["parameters"] =
            json!([{ "name": "authorization", "in": "header", "required": true, "schema": { "type": "string" } }]);
    }
    let api = load(&document);
    assert_eq!(api.operations[0].parameters.len(), 0);
    (api.operations[0].security.clone(), api.issues.len())
}

#[test]
fn requirements_are_read_as_the_specification_says() {
    let a = || vec![("a".to_owned(), vec![])];
    let b = || vec![("b".to_owned(), vec!["s".to_owned()])];
    let both = || [a(), b()].concat();
    let none = Value::Null;
    let table = [
        (none.clone(), none.clone(), Security::Unstated),
        (json!([{ "a": [] }]), none.clone(), Security::Required(vec![a()])),
        (json!([{ "a": [] }]), json!([]), Security::Public),
        (json!([{ "a": [] }]), json!([{}]), Security::Public),
        (json!([]), none.clone(), Security::Public),
        (json!([{ "a": [] }]), json!([{ "b": ["s"] }]), Security::Required(vec![b()])),
        (none.clone(), json!([{ "a": [] }, { "b": ["s"] }]), Security::Required(vec![a(), b()])),
        (none.clone(), json!([{ "a": [], "b": ["s"] }]), Security::Required(vec![both()])),
        (none.clone(), json!([{}, { "a": [] }]), Security::Optional(vec![a()])),
    ];
    for (global, operation, expected) in table {
        assert_eq!(api(global.clone(), operation.clone(), false), (expected, 0), "{global} {operation}");
    }
}

#[test]
fn unknown_schemes_and_unreadable_lists_are_issues_and_never_public() {
    let unknown = Security::Required(vec![vec![("x".to_owned(), vec![])]]);
    assert_eq!(api(Value::Null, json!([{ "x": [] }]), false), (unknown, 1));
    assert_eq!(api(Value::Null, json!(["a"]), false), (Security::Required(vec![]), 1));
    assert_eq!(
        api(json!([{ "a": [] }]), json!("a"), false),
        (Security::Required(vec![vec![("a".to_owned(), vec![])]]), 1)
    );
}

#[test]
fn a_required_authorization_header_says_sign_in_where_nothing_else_does() {
    assert_eq!(api(Value::Null, Value::Null, true), (Security::Required(vec![]), 0));
    assert_eq!(api(Value::Null, json!([]), true), (Security::Public, 0));
}

#[test]
fn schemes_of_every_kind_are_known() {
    let api = load(&json!({ "openapi": "3.1.0", "paths": {}, "components": { "securitySchemes": {
        "bearer": { "type": "http", "scheme": "BEARER", "bearerFormat": "JWT" },
        "digest": { "type": "http", "scheme": "digest" },
        "query": { "type": "apiKey", "in": "query", "name": "k" },
        "cookie": { "$ref": "#/components/securitySchemes/jar" },
        "jar": { "type": "apiKey", "in": "cookie", "name": "sid" },
        "oidc": { "type": "openIdConnect", "openIdConnectUrl": "https://x/.well-known" },
        "oauth": { "type": "oauth2", "flows": { "implicit": { "authorizationUrl": "https://x/a" }, "clientCredentials": { "tokenUrl": "https://x/t" } } },
        "tls": { "type": "mutualTLS" },
        "bad": { "type": "apiKey", "in": "body", "name": "x" }
    } } }));
    let kind = |name: &str| api.schemes.get(name).map(|scheme| scheme.kind.clone());
    assert_eq!(kind("bearer"), Some(SchemeKind::Bearer));
    assert_eq!(kind("digest"), Some(SchemeKind::OtherHttp("digest".to_owned())));
    assert_eq!(kind("query"), Some(SchemeKind::ApiKey(Place::Query, "k".to_owned())));
    assert_eq!(kind("cookie"), Some(SchemeKind::ApiKey(Place::Cookie, "sid".to_owned())));
    assert_eq!(kind("oidc"), Some(SchemeKind::OpenIdConnect("https://x/.well-known".to_owned())));
    assert_eq!(kind("oauth"), Some(SchemeKind::OAuth2(Some("https://x/t".to_owned()))));
    assert_eq!(kind("tls"), Some(SchemeKind::Other("mutualTLS".to_owned())));
    assert_eq!(kind("bad"), None);
    assert_eq!(issues(&api).len(), 2, "{:?}", issues(&api));
}
