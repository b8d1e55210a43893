//! Web Fuzzing Commons files.

use routewarden::config::{Config, ConfigError, load};
use routewarden::model::{Credential, TokenSource};
use serde_json::json;

fn with_auth(yaml: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("auth.yaml"), yaml).unwrap();
    let path = folder.path().join("routewarden.toml");
    std::fs::write(&path, "[target]\nauth = \"auth.yaml\"\n").unwrap();
    load(&path, &|_| None)
}

#[test]
fn fixed_headers_and_sign_ins_become_identities() {
    let config = with_auth(
        r#"
auth:
  - name: alice
    fixedHeaders:
      - {name: Authorization, value: Bearer SECRETVALUE1}
  - name: bob
    loginEndpointAuth:
      payloadUserPwd: {username: bob, password: SECRETVALUE2, usernameField: user, passwordField: word}
  - name: carol
    loginEndpointAuth:
      payloadRaw: '{"name": "carol", "password": "SECRETVALUE3"}'
  - name: dave-admin
    loginEndpointAuth: {endpoint: /form, verb: POST, contentType: application/x-www-form-urlencoded, payloadRaw: "u=dave&password=SECRETVALUE4", expectCookies: true}
authTemplate:
  loginEndpointAuth:
    endpoint: /login
    verb: POST
    contentType: application/json
    token: {extractFrom: body, extractSelector: /data/token, sendIn: header, sendName: Authorization, sendTemplate: "Bearer {token}"}
"#,
    );
    let config = config.unwrap();
    assert!(!format!("{config:?}").contains("SECRETVALUE"), "{config:?}");
    let people: Vec<_> = config.identities.iter().map(|one| (one.name.as_str(), one.role.as_str())).collect();
    assert_eq!(people, [("alice", "user"), ("bob", "user"), ("carol", "user"), ("dave-admin", "admin")]);
    assert!(matches!(&config.identities[0].credential, Credential::Bearer(s) if s.expose() == "SECRETVALUE1"));
    let recipes: Vec<_> = config.identities[1..]
        .iter()
        .map(|one| match &one.credential {
            Credential::Login(recipe) => recipe,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(recipes[0].operation, "POST /login");
    assert_eq!(recipes[0].body, json!({"user": "bob", "word": "{secret:word}"}));
    assert_eq!(recipes[0].secrets["word"].expose(), "SECRETVALUE2");
    assert_eq!(recipes[0].token, TokenSource::Pointer("/data/token".to_owned()));
    assert_eq!(recipes[0].send, "Authorization: Bearer {token}");
    assert_eq!(recipes[1].body, json!({"name": "carol", "password": "{secret:password}"}));
    assert_eq!(recipes[2].operation, "POST /form");
    assert_eq!(recipes[2].body, json!({"u": "dave", "password": "{secret:password}"}));
    assert_eq!(recipes[2].token, TokenSource::Cookie("*".to_owned()));
    assert!(config.warnings.iter().any(|warning| warning.contains("version control")), "{:?}", config.warnings);
}

#[test]
fn the_older_token_fields_are_read() {
    let config = with_auth(
        r#"
auth:
  - name: a
    loginEndpointAuth:
      endpoint: /login
      verb: POST
      payloadRaw: '{"token": "SECRETVALUE"}'
      token: {extractFromField: /jwt, httpHeaderName: X-Auth, headerPrefix: "JWT "}
"#,
    );
    let config = config.unwrap();
    let Credential::Login(recipe) = &config.identities[0].credential else { panic!("no login") };
    assert_eq!(
        (&recipe.token, recipe.send.as_str()),
        (&TokenSource::Pointer("/jwt".to_owned()), "X-Auth: JWT {token}")
    );
}

#[test]
fn unusable_files_are_refused_without_showing_secrets() {
    for (yaml, reason) in [
        ("auth: [", "not valid YAML"),
        ("users: []", "no list `auth`"),
        ("auth: [{name: a}]", "neither fixedHeaders nor loginEndpointAuth"),
        ("auth: [{name: anonymous}]", "scanner's own caller"),
        ("auth: [{fixedHeaders: []}]", "has no `name`"),
        ("auth: [{name: a, fixedHeaders: [{name: \"a b\", value: SECRETVALUE}]}]", "not valid"),
        (
            "auth: [{name: a, loginEndpointAuth: {externalEndpointURL: \"http://x/y\", verb: POST}}]",
            "another server is not supported",
        ),
        (
            "auth: [{name: a, loginEndpointAuth: {endpoint: /l, verb: POST, payloadRaw: \"{SECRETVALUE\"}}]",
            "payloadRaw is not valid JSON",
        ),
    ] {
        let message = with_auth(yaml).unwrap_err().to_string();
        assert!(message.contains(reason), "{yaml}: {message}");
        assert!(!message.contains("SECRETVALUE"), "{message}");
    }
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = level - 1;
        yaml.push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{before}"); 10].join(", ")));
    }
    yaml.push_str("auth: *a11\n");
    assert!(with_auth(&yaml).unwrap_err().to_string().contains("not valid YAML"));
}
