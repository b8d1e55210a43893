//! What a good file means.

use std::path::PathBuf;
use std::time::Duration;

use routewarden::config::load;
use routewarden::model::{Credential, Mode, Origin, Secret, TokenSource};
use serde_json::json;

use super::{env, read};

const WHOLE: &str = r#"
[target]
openapi  = "openapi.yaml"
base_url = "http://127.0.0.1:5000"
source   = "."
allow    = ["https://staging.example.com"]

[scan]
mode = "active"
auto_accounts = true
exclude = ["GET /createdb", "POST /payments/*"]
include = ["GET /sync/*"]
max_requests = 5000
rate = 50
concurrency = 8
timeout_seconds = 2.5

[identities.zoe]
role   = "user"
bearer = { env = "ALICE_TOKEN" }
owns = { invoice_id = ["17", 18] }

[identities.bob.login]
operation = "POST /login"
body      = { username = "bob", n = 1, password = { env = "BOB_PASSWORD" } }
token     = "/access_token"

[identities.root]
role  = "admin"
header = { name = "Authorization", value = "Token {secret}", env = "ROOT_TOKEN" }

[llm]
endpoints = [{ operation = "POST /chat", prompt = "/message", answer = "/reply" }]
max_calls = 40

[[suppress]]
finding = "rw-1f3a9c0000000000"
reason  = "public by design"
expires = "2027-06-30"

[[suppress]]
check = "config/cors"
operation = "GET /*"
reason = "old"
expires = 2000-01-01
"#;

#[test]
fn every_key_of_the_contract_is_read() {
    let config = read(WHOLE).unwrap();
    assert_eq!(config.target.openapi.as_deref(), Some("/nowhere/openapi.yaml"));
    assert_eq!(config.target.base_url.as_deref(), Some("http://127.0.0.1:5000"));
    assert_eq!(config.target.source, Some(PathBuf::from("/nowhere/.")));
    assert_eq!(config.target.allow, [Origin::parse("https://staging.example.com").unwrap()]);
    assert_eq!(config.scan.mode, Some(Mode::Active));
    assert_eq!(config.scan.auto_accounts, Some(true));
    assert_eq!(config.scan.exclude, ["GET /createdb", "POST /payments/*"]);
    assert_eq!(config.scan.include, ["GET /sync/*"]);
    assert_eq!(
        (config.scan.max_requests, config.scan.rate, config.scan.concurrency),
        (Some(5000), Some(50.0), Some(8))
    );
    assert_eq!(config.scan.timeout, Some(Duration::from_millis(2500)));
    let people: Vec<_> = config.identities.iter().map(|one| (one.name.as_str(), one.role.as_str(), one.rank)).collect();
    assert_eq!(people, [("zoe", "user", 10), ("bob", "user", 10), ("root", "admin", 100)]);
    assert_eq!(config.identities[0].owns["invoice_id"], ["17", "18"]);
    assert_eq!(config.llm.endpoints[0].prompt, "/message");
    assert_eq!(config.llm.max_calls, Some(40));
    assert_eq!(config.suppress[0].expires.unwrap().to_string(), "2027-06-30");
    assert!(config.warnings.iter().any(|warning| warning.contains("config/cors") && warning.contains("expired")));
    assert!(!format!("{config:?}").contains("-value-"));
}

#[test]
fn a_sign_in_keeps_its_secrets_out_of_the_body() {
    let config = read(WHOLE).unwrap();
    let Credential::Login(recipe) = &config.identities[1].credential else { panic!("no login") };
    assert_eq!(recipe.operation, "POST /login");
    assert_eq!(recipe.body, json!({"username": "bob", "n": 1, "password": "{secret:password}"}));
    assert_eq!(recipe.secrets["password"].expose(), "bob-value-2");
    assert_eq!(recipe.content_type, "", "the document tells");
    assert_eq!(recipe.token, TokenSource::Pointer("/access_token".to_owned()));
    assert_eq!(recipe.send, "Authorization: Bearer {token}");
}

#[test]
fn every_kind_of_credential_is_read() {
    let secret = || Secret::new("alice-value-1");
    let of = |line: &str| {
        let mut config = read(&format!("[identities.a]\n{line}")).unwrap();
        config.identities.remove(0).credential
    };
    assert!(matches!(of("bearer = { env = \"ALICE_TOKEN\" }"), Credential::Bearer(s) if s == secret()));
    assert!(
        matches!(of("api_key = { header = \"X-API-Key\", env = \"ALICE_TOKEN\" }"), Credential::ApiKeyHeader(name, s) if name == "X-API-Key" && s == secret())
    );
    assert!(
        matches!(of("api_key = { query = \"key\", env = \"ALICE_TOKEN\" }"), Credential::ApiKeyQuery(name, s) if name == "key" && s == secret())
    );
    assert!(
        matches!(of("basic = { user = \"alice\", password = { env = \"ALICE_TOKEN\" } }"), Credential::Basic(user, s) if user == "alice" && s == secret())
    );
    assert!(
        matches!(of("cookie = { name = \"session\", env = \"ALICE_TOKEN\" }"), Credential::Cookie(name, s) if name == "session" && s == secret())
    );
    let Credential::Header { name, template, secret: value } =
        of("header = { name = \"X-Auth\", value = \"Key {secret}\", env = \"ALICE_TOKEN\" }")
    else {
        panic!("no header")
    };
    assert_eq!((name.as_str(), template.as_str(), value), ("X-Auth", "Key {secret}", secret()));
    for (token, expected) in [
        ("{ header = \"X-Token\" }", TokenSource::Header("X-Token".to_owned())),
        ("{ cookie = \"sid\" }", TokenSource::Cookie("sid".to_owned())),
    ] {
        let line = format!(
            "login = {{ operation = \"POST /l\", body = {{ users = [{{ pin = {{ env = \"ALICE_TOKEN\" }} }}] }}, token = {token}, content_type = \"form\" }}"
        );
        let Credential::Login(recipe) = of(&line) else { panic!("no login") };
        assert_eq!(recipe.token, expected);
        assert_eq!(recipe.content_type, "application/x-www-form-urlencoded");
        assert_eq!(recipe.body, json!({"users": [{"pin": "{secret:pin}"}]}));
    }
}

#[test]
fn secrets_are_read_from_files_beside_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token.txt"), "from-a-file\n").unwrap();
    std::fs::create_dir(folder.path().join("prompts")).unwrap();
    std::fs::write(folder.path().join("prompts/system.txt"), "You are\na bank.\n").unwrap();
    let path = folder.path().join("routewarden.toml");
    let text =
        "[identities.a]\nbearer = { file = \"token.txt\" }\n[llm]\nsystem_prompt = { file = \"prompts/system.txt\" }\n";
    std::fs::write(&path, text).unwrap();
    let config = load(&path, &env).unwrap();
    assert_eq!(config.path, path);
    assert!(matches!(&config.identities[0].credential, Credential::Bearer(s) if s.expose() == "from-a-file"));
    assert_eq!(config.llm.system_prompt.unwrap().expose(), "You are\na bank.");

    std::fs::write(folder.path().join("token.txt"), "x".repeat(70_000)).unwrap();
    assert!(load(&path, &env).unwrap_err().to_string().contains("larger than 65536 bytes"));
    assert!(load(&folder.path().join("absent.toml"), &env).unwrap_err().to_string().starts_with("failed to read"));
}

#[cfg(unix)]
#[test]
fn a_secret_that_everybody_can_read_is_worth_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t");
    std::fs::write(&file, "v").unwrap();
    let path = folder.path().join("c.toml");
    std::fs::write(&path, "[identities.a]\nbearer = { file = \"t\" }\n").unwrap();
    for (mode, n_warnings) in [(0o644, 1), (0o600, 0)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(load(&path, &env).unwrap().warnings.len(), n_warnings);
    }
}

#[test]
fn odd_settings_are_worth_a_warning() {
    for (text, word) in [
        ("[identities.a]\nrole=\"moderator\"\nbearer={env=\"ALICE_TOKEN\"}", "ranks like `user`"),
        ("[identities.a]\nbearer={env=\"ALICE_TOKEN\"}\n[identities.b]\nbearer={env=\"ALICE_TOKEN\"}", "one user"),
        ("[target]\nbase_url=\"https://api.example.com\"", "out of scope"),
        ("[target]\nallow=[\"https://api.example.com/v1\"]", "does not narrow"),
        ("[target]\nsource=\"absent\"", "not a folder"),
    ] {
        let warnings = read(text).unwrap().warnings;
        assert!(warnings.iter().any(|warning| warning.contains(word)), "{text}: {warnings:?}");
    }
    assert_eq!(
        read("[identities.a]\nrole=\"moderator\"\nrank=50\nbearer={env=\"ALICE_TOKEN\"}").unwrap().identities[0].rank,
        50
    );
}

#[test]
fn rules_for_secrets_are_read_beside_the_file_and_unusable_ones_told() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "[[rules]]\nid = \"ours\"\nregex = 'ours-[0-9]{8}'\n[[rules]]\nid = \"theirs\"\nregex = '(?=x)'\n";
    std::fs::write(folder.path().join("gitleaks.toml"), rules).unwrap();
    let file = folder.path().join("routewarden.toml");
    std::fs::write(&file, "[detect]\nrules = \"gitleaks.toml\"\n").unwrap();
    let config = load(&file, &|_| None).unwrap();
    assert_eq!(config.detect.rules.n_rules(), 1);
    assert_eq!(config.detect.rules.scan("ours-48151623").len(), 1);
    let [warning] = config.warnings.as_slice() else { panic!("{:?}", config.warnings) };
    assert!(warning.starts_with("gitleaks.toml:4: theirs is not used"), "{warning}");

    std::fs::write(&file, "[detect]\nrule = \"gitleaks.toml\"\n").unwrap();
    assert!(load(&file, &|_| None).unwrap_err().to_string().contains("did you mean `rules`"));
    std::fs::write(folder.path().join("gitleaks.toml"), "[extend]\nuseDefault = true\n").unwrap();
    std::fs::write(&file, "[detect]\nrules = \"gitleaks.toml\"\n").unwrap();
    let message = load(&file, &|_| None).unwrap_err().to_string();
    assert!(message.contains("[extend]") && message.contains("routewarden.toml:2"), "{message}");
}

#[test]
fn what_may_be_written_as_an_identity_is_read() {
    use routewarden::model::Consent;
    let consent = |line: &str| {
        let text = format!("[identities.a]\nbearer = {{ env = \"ALICE_TOKEN\" }}\n{line}\n");
        read(&text).unwrap().identities[0].consent
    };
    assert_eq!(consent(""), Consent::Objects);
    assert_eq!(consent("disposable = false"), Consent::Objects);
    assert_eq!(consent("writes = \"none\""), Consent::None);
    assert_eq!(consent("writes = \"own\""), Consent::Own);
    assert_eq!(consent("disposable = true"), Consent::Disposable);
    for (line, said) in [
        ("writes = \"all\"", "`identities.a.writes` is \"own\" or \"none\""),
        ("disposable = true\nwrites = \"none\"", "does not go with"),
    ] {
        let text = format!("[identities.a]\nbearer = {{ env = \"ALICE_TOKEN\" }}\n{line}\n");
        let message = super::refused(&text);
        assert!(message.contains(said), "{message}");
    }
}
