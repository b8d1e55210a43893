//! What looks like a secret and is none, and generic secrets beside it.

use routewarden::detect::material;
use routewarden::detect::secrets::{scan_capped, scan_text};
use serde_json::json;

use super::filled::{Dice, filled};

fn rules(text: &str) -> Vec<String> {
    scan_text(text).into_iter().map(|found| found.rule).collect()
}

/// Where secrets stand in a document, and the rules that find them.
fn in_json(value: &serde_json::Value) -> Vec<(String, String)> {
    let found = material::find_secrets(Some("application/json"), &value.to_string()).hidden;
    found.into_iter().map(|hidden| (hidden.path, hidden.rule)).collect()
}

#[test]
fn samples_masks_and_public_values_are_silent() {
    let aws = ["AKIAIOSFODNN7", "EXAMPLE"].concat();
    let mut dice = Dice::new("silent");
    for text in [
        format!("aws_access_key_id = {aws}"),
        ["aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY", "EXAMPLEKEY"].concat(),
        format!("sk_live_{}", "x".repeat(24)),
        "sk_live_your_key_here_please_now1".to_owned(),
        "ghp_****************************abcd".to_owned(),
        "sk-...abcd".to_owned(),
        format!("SG.{}.{}", "a".repeat(22), "b".repeat(43)),
        format!("glpat-{}", "0123456789abcdefghij"),
        filled("pk_live_<base62:24>", &mut dice),
        filled("sha256-<base64:43>=", &mut dice),
        filled("commit <hex:40>", &mut dice),
        filled("\"nextPageToken\": \"<base62:60>\"", &mut dice),
        filled("Idempotency-Key: <hex:8>-<hex:4>-<hex:4>-<hex:4>-<hex:12>", &mut dice),
        "Authorization: Bearer <token>".to_owned(),
        "Authorization: Bearer YOUR_ACCESS_TOKEN_1234567890".to_owned(),
        "Authorization: Bearer ${ACCESS_TOKEN}".to_owned(),
        "the authorization bearer tokens described in RFC6750-section-2".to_owned(),
        "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned(),
        "postgres://user:password@localhost/db".to_owned(),
        "postgres://postgres:postgres@localhost/db".to_owned(),
        "https://<user>:<password>@host.test/".to_owned(),
        "amqp://${USER}:${PASS}@broker:5672".to_owned(),
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END PUBLIC KEY-----".to_owned(),
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----".to_owned(),
    ] {
        assert!(rules(&text).is_empty(), "{text}: {:?}", rules(&text));
    }
}

#[test]
fn generic_secrets_are_found() {
    let mut dice = Dice::new("generic");
    let key =
        ["-----BEGIN RSA PRIV", "ATE KEY-----\\nMIIE<base64:60>\\n<base64:64>\\n-----END RSA PRIV", "ATE KEY-----"]
            .concat();
    for (template, rule) in [
        (key.as_str(), "private-key"),
        ("postgres://app:<base62:14>@db.internal:5432/shop", "address-password"),
        ("Authorization: Bearer <base62:40>", "authorization-header"),
        ("{\"Authorization\": \"Token <hex:40>\"}", "authorization-header"),
        ("Server=db1;Database=shop;User Id=sa;Password=Tr4<base62:9>;", "connection-string"),
    ] {
        let text = filled(template, &mut dice);
        assert_eq!(rules(&text), [rule], "{template}");
    }
}

#[test]
fn fields_count_with_a_name_and_a_form_that_say_so() {
    let mut dice = Dice::new("fields");
    let random = filled("<base62:32>", &mut dice);
    let found = in_json(&json!({
        "user": {"password": "Contrabass!1824", "client_secret": random, "refresh_token": random},
        "integrations": {"datadog": {"api_key": filled("<hex:32>", &mut dice)}},
        "a/b": [{"accessToken": random}],
    }));
    assert_eq!(
        found,
        [
            ("/user/password".to_owned(), "field-password".to_owned()),
            ("/user/client_secret".to_owned(), "field-secret".to_owned()),
            ("/user/refresh_token".to_owned(), "field-token".to_owned()),
            ("/integrations/datadog/api_key".to_owned(), "datadog-api-key".to_owned()),
            ("/a~1b/0/accessToken".to_owned(), "field-token".to_owned()),
        ]
    );
    let silent = json!({
        "password": "********", "password_policy": "at least 12 characters", "has_password": true, "secret": "string",
        "next_page_token": random, "csrf_token": random, "publishable_key": random, "token_type": "Bearer",
        "access_token": "your-access-token-1", "id": random, "etag": random, "sha": random, "token": "3",
        "password_hint": "the name of my dog 1", "client_secret": "See the manual, section 3", "idempotencyKey": random,
        "apiKey": "${API_KEY_2}", "secret_name": "prod/db-1", "access_token_url": "https://login.test/token1",
    });
    assert_eq!(in_json(&silent), []);
}

#[test]
fn hostile_text_is_capped_and_told() {
    let text = "AKIA://sl.ya29.".repeat(60_000);
    let scan = scan_capped(&text);
    assert!(scan.found.is_empty());
    let many = (0..1200).map(|n| filled("sk_live_<base62:30> ", &mut Dice::new(&n.to_string()))).collect::<String>();
    let scan = scan_capped(&many);
    assert!(scan.found.len() == 1000 && !scan.capped.is_empty(), "{} {:?}", scan.found.len(), scan.capped);
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!({ "a": deep });
    }
    assert_eq!(in_json(&deep), []);
}

/// A sentence, a table, a page and a pair give a value its name; what they say of something else is no secret.
#[test]
fn values_are_found_beside_their_names_wherever_those_stand() {
    let mut dice = Dice::new("beside");
    for template in [
        "The access token that this workspace uses is <base62:32> since May.",
        "In the settings, `client_secret` is set to \"<base62:32>\".",
        "| setting | value |\n|---|---|\n| api_key | <base62:32> |\n",
        "<dl><dt>API key</dt><dd><code><base62:32></code></dd></dl>",
        "<input type=\"text\" name=\"access_token\" value=\"<base62:32>\" readonly>",
    ] {
        // Tags are no alphabets of the notation.
        let text = template.replace("<base62:32>", &filled("<base62:32>", &mut dice));
        assert_eq!(rules(&text).len(), 1, "{text}: {:?}", rules(&text));
    }
    for template in [
        "The id of the API key is <base62:32>.",
        "The access token id that this workspace uses is <base62:32>.",
        "<input type=\"hidden\" name=\"authenticity_token\" value=\"<base62:32>\">",
        "arn:aws:secretsmanager:eu-west-1:<dec:12>:secret:cobalt-<base62:6>",
        "private_key: ed25519.Ed25519PrivateKey, rest",
    ] {
        let text = template.replace("<base62:32>", &filled("<base62:32>", &mut dice));
        let text = if text.starts_with("arn") { filled(&text, &mut dice) } else { text };
        assert!(rules(&text).is_empty(), "{text}: {:?}", rules(&text));
    }
    let random = filled("<base62:32>", &mut dice);
    let found =
        in_json(&json!({"variables": [{"key": "DB_PASSWORD", "value": random}, {"key": "etag", "value": random}]}));
    assert_eq!(found.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), ["/variables/0/value"]);
}
