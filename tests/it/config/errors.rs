//! What is refused, where, and with which advice.

use proptest::prelude::*;

use super::{read, refused};

#[test]
fn unknown_keys_are_refused_with_the_nearest_one() {
    assert_eq!(
        refused("[scan]\nmode = \"active\"\nmax_request = 5\n"),
        "routewarden.toml:3:1: unknown key `max_request` in [scan]\n  |\n3 | max_request = …\n  | ^^^^^^^^^^^\nhelp: did you mean `max_requests`?"
    );
    for (text, nearest) in [
        ("[identities.a]\nberer = { env = \"ALICE_TOKEN\" }", "did you mean `bearer`?"),
        ("[traget]\n", "did you mean `target`?"),
        ("[identities.a]\nbearer = { environment = \"X\" }", "known keys are: env, file"),
        ("[[suppress]]\nfindings = \"rw-1\"", "did you mean `finding`?"),
    ] {
        assert!(refused(text).ends_with(nearest), "{}", refused(text));
    }
}

#[test]
fn literal_secrets_are_refused_without_being_shown() {
    for (text, line) in [
        ("[identities.alice]\nbearer = \"SECRETVALUE\"", "bearer = { env = \"ALICE_TOKEN\" }"),
        (
            "[identities.alice]\napi_key = \"SECRETVALUE\"",
            "api_key = { header = \"X-API-Key\", env = \"ALICE_API_KEY\" }",
        ),
        (
            "[identities.alice]\nbasic = { user = \"a\", password = \"SECRETVALUE\" }",
            "password = { env = \"ALICE_PASSWORD\" }",
        ),
        ("[identities.alice]\ncookie = \"session=SECRETVALUE\"", "env = \"ALICE_COOKIE\""),
        (
            "[identities.alice]\nheader = { name = \"Authorization\", value = \"Token SECRETVALUE\" }",
            "value = \"Token {secret}\", env = \"ALICE_TOKEN\"",
        ),
        (
            "[identities.bob.login]\noperation = \"POST /login\"\nbody = { username = \"bob\", password = \"SECRETVALUE\" }\ntoken = \"/t\"",
            "password = { env = \"BOB_PASSWORD\" }",
        ),
        (
            "[identities.bob.login]\noperation = \"POST /login\"\nbody = { x = [{ pin = 7712345 }] }\ntoken = \"/t\"",
            "pin = { env = \"BOB_PIN\" }",
        ),
        (
            "[identities.bob.login]\noperation = \"POST /login\"\nbody = { x = \"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.SECRETVALUE\" }\ntoken = \"/t\"",
            "x = { env = \"BOB_X\" }",
        ),
        ("[identities.alice]\nbearer = { env = \"sk_live_SECRETVALUE51H\" }", "env = \"ALICE_TOKEN\""),
        ("[identities.alice]\nbearer = { env = \"SECRETVALUE-with-dashes\" }", "env = \"ALICE_TOKEN\""),
        ("[llm]\nsystem_prompt = \"SECRETVALUE\"", "system_prompt = { file = \"prompts/system.txt\" }"),
    ] {
        let message = refused(text);
        assert!(message.contains(line), "{message}");
        assert!(
            !message.contains("SECRETVALUE") && !message.contains("7712345") && !message.contains("eyJ"),
            "{message}"
        );
        assert!(message.starts_with("routewarden.toml:"), "{message}");
    }
}

#[test]
fn missing_variables_are_named() {
    let message = refused("[identities.alice]\nrole = \"user\"\nbearer = { env = \"NO_SUCH\" }");
    assert!(
        message.starts_with(
            "routewarden.toml:3:12: `identities.alice.bearer`: the environment variable NO_SUCH is not set"
        ),
        "{message}"
    );
    assert!(message.contains("export NO_SUCH="), "{message}");
    for (source, reason) in [
        ("env = \"EMPTY\"", "is empty"),
        ("env = \"BROKEN\"", "line break"),
        ("env = \"ALICE_TOKEN\", file = \"x\"", "both `env` and `file`"),
        ("file = \"absent\"", "failed to read `absent`"),
        ("", "does not say where the secret is"),
    ] {
        let message = refused(&format!("[identities.a]\nbearer = {{ {source} }}"));
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn wrong_values_are_refused() {
    for (text, reason) in [
        ("[scan]\nmode = \"actve\"", "did you mean `active`?"),
        ("[scan]\nmode = 3", "`scan.mode` is a string, not a number"),
        ("[scan]\nrate = 0", "more than 0"),
        ("[scan]\nconcurrency = -1", "1 to 128"),
        ("[scan]\nmax_requests = \"many\"", "a whole number, not a string"),
        ("[scan]\nexclude = [\"FETCH /x\"]", "`FETCH` is no HTTP method"),
        ("[scan]\nexclude = [\"payments\"]", "must begin with `/`"),
        ("[scan]\ninclude = [\"payments\"]", "`scan.include`: the path must begin with `/`"),
        ("[scan]\nauto_accounts = \"yes\"", "true or false"),
        ("scan = 3", "`scan` is a table"),
        ("[target]\nallow = [\"ftp://x\"]", "only http and https"),
        ("[target]\nallow = [\"staging.example.com\"]", "scheme, host and port"),
        ("[target]\nallow = [\"https://*.example.com\"]", "wildcard"),
        ("[target]\nbase_url = \"localhost\"", "base_url"),
        ("[target]\nbase_url = \"http://u:SECRETVALUE@h/\"", "configure an identity"),
        ("[identities.anonymous]\nbearer = { env = \"ALICE_TOKEN\" }", "scanner's own caller"),
        ("[identities.a]\nrole = \"user\"", "has no credential"),
        (
            "[identities.a]\nbearer = { env = \"ALICE_TOKEN\" }\ncookie = { name = \"x\", env = \"ALICE_TOKEN\" }",
            "both `bearer` and `cookie`",
        ),
        (
            "[identities.a]\nbearer = { env = \"ALICE_TOKEN\" }\n[identities.A]\nbearer = { env = \"ALICE_TOKEN\" }",
            "differ in case",
        ),
        ("[identities.a]\nbearer = { env = \"ALICE_TOKEN\" }\n[identities.a]\nrole = \"x\"", "duplicate key"),
        ("[identities.a.login]\noperation = \"/login\"\ntoken = \"/t\"", "needs a method"),
        ("[identities.a.login]\noperation = \"POST /login\"\ntoken = \"data.token\"", "\"/data/token\""),
        ("[identities.a.login]\noperation = \"POST /login\"", "`identities.a.login.token` is missing"),
        (
            "[identities.a.login]\noperation = \"POST /login\"\ntoken = \"/t\"\nsend = \"Authorization: Bearer\"",
            "{token}",
        ),
        ("[identities.a]\ncookie = { name = \"a b\", env = \"ALICE_TOKEN\" }", "no name of a header or cookie"),
        (
            "[llm]\nendpoints = [{ operation = \"POST /chat\", prompt = \"message\", answer = \"/r\" }]",
            "no JSON pointer",
        ),
        ("[[suppress]]\nreason = \"x\"", "needs `finding`, `check` or `operation`"),
        ("[[suppress]]\ncheck = \"a/b\"", "`suppress.reason` is missing"),
        ("[[suppress]]\ncheck = \"a/b\"\nreason = \"x\"\nexpires = \"tomorrow\"", "is a date"),
        ("[[suppress]]\nfinding = \"17\"\nreason = \"x\"", "begins with `rw-`"),
        ("[target]\nauth = \"auth.yaml\"\n[identities.a]\nbearer = { env = \"ALICE_TOKEN\" }", "in place of"),
    ] {
        let message = refused(text);
        assert!(message.contains(reason), "{text}\n{message}");
        assert!(!message.contains("SECRETVALUE"), "{message}");
    }
}

#[test]
fn broken_toml_does_not_show_the_line_s_value() {
    let message = refused("[identities.a]\nbearer = \"SECRETVALUE\nrole = \"user\"");
    assert!(message.starts_with("routewarden.toml:2:"), "{message}");
    assert!(!message.contains("SECRETVALUE"), "{message}");
    for text in [
        "[identities.a]\n\"SECRETVALUE\"\n",
        "[identities.a]\nSECRETVALUE\n",
        "[identities.a]\nbearer = \"\"\"\nSECRETVALUE\\q\n\"\"\"",
        "[identities.a]\nbearer = [\n\"SECRETVALUE\"\n\"x\"]",
        "[identities.a]\nbearer = SECRETVALUE",
    ] {
        let message = refused(text);
        assert!(!message.contains("SECRETVALUE"), "{message}");
    }
}

#[test]
fn deep_nesting_is_refused() {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
    for value in [deep("[", "]"), deep("{a=", "}")] {
        assert!(!refused(&format!("[identities.a.login]\nbody = {value}")).is_empty());
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,120}", toml in "[a-z\\[\\]=\"{}.,\\n 0-9]{0,120}") {
        for text in [text, toml.clone(), format!("[identities.a]\n{toml}"), format!("[scan]\n{toml}")] {
            if let Err(error) = read(&text) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
