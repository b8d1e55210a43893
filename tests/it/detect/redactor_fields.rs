//! Bodies, headers and addresses: what goes by its name.

use routewarden::detect::Redactor;
use routewarden::model::Secret;

#[test]
fn sensitive_fields_of_json_go_and_their_keys_stay() {
    let redactor = Redactor::new();
    redactor.learn("ALICE_TOKEN", &Secret::new("gx7Qm2vT9pLw4ZrK8sYd1HfN"));
    for (body, expected) in [
        (
            r#"{"id": 7, "password": "hunter2", "email": "a@b.c"}"#,
            r#"{"id": 7, "password": "[redacted:field]", "email": "a@b.c"}"#,
        ),
        (r#"{"user":{"passwordHash":"$2b$12$abc"}}"#, r#"{"user":{"passwordHash":"[redacted:field]"}}"#),
        (r#"{"pin": 1234, "n": 1234}"#, r#"{"pin": "[redacted:field]", "n": 1234}"#),
        (r#"{"access_token":"gx7Qm2vT9pLw4ZrK8sYd1HfN"}"#, r#"{"access_token":"[redacted:ALICE_TOKEN]"}"#),
        (r#"{"pass\u0077ord": "a\"b,c"}"#, r#"{"pass\u0077ord": "[redacted:field]"}"#),
        (
            r#"{"recovery_codes": ["a1", "b2"], "x": ["c"]}"#,
            r#"{"recovery_codes": ["[redacted:field]", "[redacted:field]"], "x": ["c"]}"#,
        ),
        (
            r#"{"secrets": {"db": "x1", "n": [2]}, "y": 3}"#,
            r#"{"secrets": {"db": "[redacted:field]", "n": ["[redacted:field]"]}, "y": 3}"#,
        ),
        (
            r#"{"password": null, "token": "", "secret": "****", "otp": true}"#,
            r#"{"password": null, "token": "", "secret": "****", "otp": true}"#,
        ),
        (r#"{"password": {"type": "string", "minLength": 8}}"#, r#"{"password": {"type": "string", "minLength": 8}}"#),
        (
            r#"{"token_type": "bearer", "next_page_token": "abc"}"#,
            r#"{"token_type": "bearer", "next_page_token": "abc"}"#,
        ),
        (r#"[{"api_key": "k"#, r#"[{"api_key": "[redacted:field]"#),
        (r#"{"log": "{\"password\": \"hunter2\"}"}"#, r#"{"log": "{\"password\": \"[redacted:field]\"}"}"#),
    ] {
        assert_eq!(redactor.body(Some("application/json"), body), expected);
    }
}

#[test]
fn sensitive_fields_of_other_bodies_go() {
    let redactor = Redactor::new();
    for (kind, body, expected) in [
        (
            "application/x-www-form-urlencoded",
            "user=bob&user%5Bpassword%5D=&pass%77ord=hunter2&x=1",
            "user=bob&user%5Bpassword%5D=&pass%77ord=[redacted:field]&x=1",
        ),
        ("text/plain", "password=hunter2; user=bob", "password=[redacted:field]; user=bob"),
        ("text/plain", "{'password': 'correct horse', 'id': 1}", "{'password': '[redacted:field]', 'id': 1}"),
        ("text/plain", "password: required", "password: required"),
        ("text/xml", "<user><password>hunter2</password></user>", "<user><password>[redacted:field]</password></user>"),
        ("text/event-stream", "data: {\"token\": \"abc\"}", "data: {\"token\": \"[redacted:field]\"}"),
        ("text/html", "<a href=\"/docs\">Token: see docs</a>", "<a href=\"/docs\">Token: [redacted:field] docs</a>"),
    ] {
        assert_eq!(redactor.body(Some(kind), body), expected);
    }
}

#[test]
fn headers_keep_scheme_and_cookie_names() {
    let redactor = Redactor::new();
    redactor.learn("BOB_TOKEN", &Secret::new("zz9Qm2vT9pLw4ZrK8sYd1HfN"));
    for (name, value, expected) in [
        ("Authorization", "Bearer zz9Qm2vT9pLw4ZrK8sYd1HfN", "Bearer [redacted:BOB_TOKEN]"),
        ("authorization", "Token abc", "Token [redacted:credential]"),
        ("Authorization", "abc", "[redacted:credential]"),
        ("Proxy-Authorization", "Basic YTpi", "Basic [redacted:credential]"),
        ("Cookie", "session=abc; theme=dark", "session=[redacted:credential]; theme=[redacted:credential]"),
        ("Set-Cookie", "sid=abc; Path=/; HttpOnly", "sid=[redacted:credential]; Path=/; HttpOnly"),
        ("X-Api-Key", "abc", "[redacted:credential]"),
        ("X-Auth-Token", "zz9Qm2vT9pLw4ZrK8sYd1HfN", "[redacted:BOB_TOKEN]"),
        ("Location", "/cb?token=abc&x=1", "/cb?token=[redacted:field]&x=1"),
        ("WWW-Authenticate", "Bearer realm=\"api\"", "Bearer realm=\"api\""),
        ("X-Auth-Token", "zz9Qm2vT9pLw4ZrK8sYd1HfN.s3cr3t.zz9Qm2vT9pLw4ZrK8sYd1HfN", "[redacted:credential]"),
        ("Content-Type", "application/json", "application/json"),
    ] {
        assert_eq!(redactor.header(name, value), expected, "{name}");
    }
}

#[test]
fn addresses_lose_sensitive_parameters() {
    let redactor = Redactor::new();
    redactor.learn("KEY", &Secret::new("gx7Qm2vT9pLw4ZrK8sYd1HfN"));
    for (url, expected) in [
        ("http://h/x?api_key=abc&page=2", "http://h/x?api_key=[redacted:field]&page=2"),
        ("/x?k=gx7Qm2vT9pLw4ZrK8sYd1HfN", "/x?k=[redacted:KEY]"),
        ("/x#access_token=abc&state=1", "/x#access_token=[redacted:field]&state=1"),
        ("/x?a=1#token=abc", "/x?a=1#token=[redacted:field]"),
        ("/invoices/17?page_token=abc", "/invoices/17?page_token=abc"),
        ("http://u:pw@h/x", "http://u:[redacted:password]@h/x"),
    ] {
        assert_eq!(redactor.url(url), expected);
    }
}

#[test]
fn names_are_normalised() {
    for name in
        ["password", "Pass-Word", "userPassword", "ACCESS_TOKEN", "clientSecret", "X-API-Key", "JSESSIONID", "otp"]
    {
        assert!(Redactor::is_sensitive_name(name), "{name}");
    }
    for name in
        ["email", "name", "token_type", "nextPageToken", "monkey", "key", "compass", "spin", "password_changed_at"]
    {
        assert!(!Redactor::is_sensitive_name(name), "{name}");
    }
}

#[test]
fn redacting_twice_changes_nothing() {
    let redactor = Redactor::new();
    redactor.learn("T", &Secret::new("gx7Qm2vT9pLw4ZrK8sYd1HfN"));
    let body = r#"{"token": "gx7Qm2vT9pLw4ZrK8sYd1HfN", "password": "x", "pin": 12345, "m": "secret=abc"}"#;
    let once = redactor.body(None, body);
    assert_eq!(redactor.body(None, &once), once);
}
