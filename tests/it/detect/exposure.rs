//! Values that are sensitive by name and by value.

use routewarden::detect::exposure::sensitive_value;
use serde_json::json;

#[test]
fn secrets_are_told_by_name_and_value() {
    for (kind, name, value) in [
        ("password", "password", json!("hunter2")),
        ("password", "userPassword", json!("correct horse")),
        ("password", "pwd", json!("123456")),
        ("password", "nodePassword", json!("Zermatt-4478")),
        ("password-hash", "password", json!("$2b$12$KIXQ4F5Y0u3s1d0c8f7g6e")),
        ("password-hash", "x", json!("pbkdf2:sha256:600000$abc$0123456789abcdef")),
        ("password-hash", "password", json!("5f4dcc3b5aa765d61d8327deb882cf99")),
        ("password-hash", "password_hash", json!("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8")),
        ("card-number", "card_number", json!("4111 1111 1111 1111")),
        ("card-number", "pan", json!(5500005555555559_u64)),
        ("private-key", "data", json!("-----BEGIN RSA PRIVATE KEY-----\nMII")),
        ("secret", "client_secret", json!("Zq7Lm2Xv9Kp4Rt8Wd3")),
        ("secret", "anything", json!("sk_live_4eC39HqLyjWDarjtT1zdp7dc")),
        ("secret", "dsn", json!("postgres://app:s3cr3t@db/x")),
        ("token", "reset_token", json!("a81bc81b-dead-4e5d-abff-90865d1e13b1")),
        ("token", "session_id", json!("Zq7Lm2Xv9Kp4Rt8Wd3Nc6B")),
        ("one-time-code", "otp", json!("493021")),
        ("one-time-code", "pin", json!(1234)),
    ] {
        let found = sensitive_value(name, &value).unwrap_or_else(|| panic!("{name}: {value}"));
        assert_eq!(found.kind, kind, "{name}: {found:?}");
        assert!(!value.as_str().is_some_and(|value| found.why.contains(value)));
    }
}

#[test]
fn what_only_looks_like_a_secret_is_nothing() {
    for (name, value) in [
        ("password", json!("******")),
        ("password", json!("")),
        ("password", json!(null)),
        ("password", json!(true)),
        ("password", json!(3)),
        ("noPassword", json!(12)),
        ("noPassword", json!("12 accounts")),
        ("no_password", json!("2 of them")),
        ("last_password", json!("2031-04-05T10:00:00Z")),
        ("sign-in-password", json!("2031-04-05")),
        ("loginPassword", json!("required")),
        ("login_password", json!("Your password, please")),
        ("password", json!("[hidden]")),
        ("password", json!("set")),
        ("password", json!("[redacted:field]")),
        ("password", json!({"type": "string"})),
        ("password", json!(["too short"])),
        ("reset_password", json!("https://a.example/reset")),
        ("email", json!("alice@example.com")),
        ("card_number", json!("**** **** **** 1111")),
        ("card_number", json!("4111111111111112")),
        ("card_number", json!("0000000000000000")),
        ("id", json!(4111111111111111_u64)),
        ("secret", json!("a secret garden")),
        ("api_key", json!("weather")),
        ("token_type", json!("bearer")),
        ("commit", json!("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8")),
        ("etag", json!("5f4dcc3b5aa765d61d8327deb882cf99")),
        ("company", json!("Acme")),
        ("spin", json!(1234)),
        // The number of a chat.
        ("session_id", json!("a81bc81b-dead-4e5d-abff-90865d1e13b1")),
    ] {
        assert_eq!(sensitive_value(name, &value), None, "{name}: {value}");
    }
}
