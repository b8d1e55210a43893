//! Fields whose names sound sensitive and whose values are not.

use serde_json::{Value, json};

use crate::kit::draw::Draw;
use crate::kit::filler;
use crate::kit::forms::{JSON, WHOLE};
use crate::kit::kind::{Kind, kind};

/// An ordinary answer with these fields among the others.
fn answer(draw: &mut Draw, fields: &[(&str, Value)]) -> String {
    let mut map = filler::object(draw, 4);
    for (name, value) in fields {
        map.insert((*name).to_owned(), value.clone());
    }
    for (name, value) in filler::object(draw, 2) {
        map.entry(name).or_insert(value);
    }
    Value::Object(map).to_string()
}

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("password-flags", "flags", &["password"], WHOLE, |d| {
            let fields = [
                ("password_reset_required", json!(d.one_in(2))),
                ("has_password", json!(true)),
                ("password_changed_at", json!(d.time())),
                ("passwordPolicy", json!({"min_length": 12, "require_symbols": true})),
                ("password", Value::Null),
            ];
            answer(d, &fields)
        }),
        kind("token-metadata", "token", &["token"], WHOLE, |d| {
            let kind = d.pick(&["bearer", "Bearer", "mac", "refresh_token"]);
            let fields = [
                ("token_type", json!(kind)),
                ("expires_in", json!(3600)),
                ("token_endpoint", json!("https://login.example.com/oauth2/v1/token")),
                ("token_count", json!(d.below(9000))),
                ("max_tokens", json!(4096)),
                ("scope", json!("openid profile email")),
            ];
            answer(d, &fields)
        }),
        kind("key-of-keyboard", "key", &["key", "shortcut", "keyCode"], JSON, |d| {
            d.pick(&["ArrowUp", "Ctrl+Shift+P", "Escape", "PageDown", "Meta+K", "F12", "BracketLeft"]).to_owned()
        }),
        kind("key-of-map", "key", &["key", "primary_key", "sort_key", "partition_key", "foreign_key"], JSON, |d| {
            format!("{}#{}/{}", filler::noun(d), d.word(), d.between(1, 9999))
        }),
        kind(
            "secret-in-names",
            "topic",
            &["secret_santa", "secret_menu", "trade_secret_policy", "secretary"],
            JSON,
            filler::person,
        ),
        kind("message-keys", "message", &["i18n"], WHOLE, |d| {
            let fields = [
                ("login.password.label", json!("Password")),
                ("login.password.placeholder", json!("Enter your password")),
                ("settings.api_key.title", json!("API key")),
                ("settings.api_key.help", json!("Keep your API key secret and rotate it every 90 days.")),
                ("errors.invalid_token", json!("The token is invalid or has expired.")),
                ("auth.forgotPassword", json!("Forgotten your password?")),
            ];
            answer(d, &fields)
        }),
        kind("csrf-field-names", "field name", &["csrf_param", "xsrfCookieName", "xsrfHeaderName"], JSON, |d| {
            d.pick(&["authenticity_token", "csrfmiddlewaretoken", "XSRF-TOKEN", "X-CSRF-Token", "_csrf"]).to_owned()
        }),
        kind("form-schema", "schema", &["schema"], WHOLE, |d| {
            let title = d.word();
            json!({"title": title, "type": "object", "required": ["username", "password"], "properties": {
                "username": {"type": "string", "maxLength": 64},
                "password": {"type": "string", "format": "password", "minLength": 12},
                "api_key": {"type": "string", "description": "Issued by an administrator"},
                "client_secret": {"$ref": "#/components/schemas/Secret"}}})
            .to_string()
        }),
        kind("validation-errors", "errors", &["errors"], WHOLE, |d| {
            json!({"message": filler::sentence(d), "errors": {
                "password": ["The password field is required.", "The password must be at least 12 characters."],
                "token": "This value should not be blank.",
                "api_key": {"code": "missing", "detail": "No API key was sent."}}})
            .to_string()
        }),
        kind(
            "secret-references",
            "reference",
            &["secret_name", "secretRef", "secretKeyRef", "key_vault_uri"],
            JSON,
            |d| match d.below(4) {
                0 => format!("arn:aws:secretsmanager:eu-west-1:{}:secret:{}-{}", d.digits(12), d.word(), d.alnum(6)),
                1 => format!("projects/{}/secrets/{}/versions/latest", d.digits(12), d.word()),
                2 => format!("https://{}.vault.azure.net/secrets/{}/{}", d.word(), d.word(), d.hex(32)),
                _ => format!("{}-credentials", d.word()),
            },
        ),
        kind("author-and-auth", "author", &["author", "authored_by", "auth_method", "authority"], JSON, |d| {
            let name = filler::person(d);
            d.pick(&["password", "oauth2", "client_secret_basic", "saml"]).to_owned() + "/" + &name
        }),
        kind("token-usage", "usage", &["usage"], WHOLE, |d| {
            let (a, b) = (d.below(4000), d.below(900));
            json!({"model": d.word(), "usage": {"prompt_tokens": a, "completion_tokens": b, "total_tokens": a + b,
                "prompt_tokens_details": {"cached_tokens": 0}}, "system_fingerprint": format!("fp_{}", d.hex(10))})
            .to_string()
        }),
    ]
}
