//! How callers of the configuration sign in. Names of variables are read from its text; their values are never looked at.

use std::path::Path;

use routewarden_source::regress::{CallerFacts, CallerValue, SignInCredential, SignInFacts};
use toml::{Table, Value};

/// A configuration with more bytes is not read.
const MOST_CONFIG: u64 = 1 << 20;

/// Reads a configuration.
pub(super) fn read_config(path: &Path) -> Option<Table> {
    // The path comes from a stored report: by now a device or something huge may lie there.
    let small = std::fs::metadata(path).is_ok_and(|known| known.is_file() && known.len() <= MOST_CONFIG);
    if small { std::fs::read_to_string(path).ok()?.parse().ok() } else { None }
}

fn find_login_table<'a>(config: &'a Table, name: &str) -> Option<&'a Table> {
    config.get("identities")?.get(name)?.get("login")?.as_table()
}

/// Returns whether the configuration has a caller of this name.
pub(super) fn has_caller(config: &Table, name: &str) -> bool {
    config.get("identities").and_then(|all| all.get(name)).is_some()
}

/// Returns a caller with what it signs in with.
pub(super) fn caller_facts(config: &Table, name: &str) -> CallerFacts {
    let variable = |value: &Value| value.get("env").and_then(Value::as_str).map(str::to_owned);
    let identity = config.get("identities").and_then(|all| all.get(name));
    let bearer = identity.and_then(|identity| identity.get("bearer")).and_then(variable);
    let body = find_login_table(config, name).and_then(|login| login.get("body")).and_then(Value::as_table);
    let fields = body.into_iter().flatten().filter_map(|(field, value)| {
        let value = match variable(value) {
            Some(variable) => CallerValue::Environment(variable),
            None => CallerValue::Text(value.as_str()?.to_owned()),
        };
        Some((field.clone(), value))
    });

    CallerFacts {
        name: name.to_owned(),
        fields: fields.collect(),
        token_variable: bearer.unwrap_or_default(),
        ..CallerFacts::default()
    }
}

/// Returns how a caller signs in.
pub(super) fn sign_in(config: &Table, name: &str) -> Option<SignInFacts> {
    let login = find_login_table(config, name)?;
    let path = login.get("operation")?.as_str()?.split_once(' ')?.1.to_owned();
    let is_form = login.get("content_type").and_then(Value::as_str).is_some_and(|kind| kind.contains("form"));
    let pointer = login.get("token").and_then(Value::as_str);
    let send = login.get("send").and_then(Value::as_str).unwrap_or("Authorization: Bearer {token}");

    Some(SignInFacts { path, is_form, gives: credential_from_login(pointer, send) })
}

/// Returns what a sign-in gives: a token at a place of the answer, or a cookie.
pub(super) fn credential_from_login(pointer: Option<&str>, send: &str) -> SignInCredential {
    match pointer {
        Some(pointer) => {
            let (header, value) = send.split_once(':').unwrap_or(("Authorization", "Bearer {token}"));
            let scheme = value.replace("{token}", "").trim().to_owned();
            SignInCredential::Token { pointer: pointer.to_owned(), header: header.trim().to_owned(), scheme }
        }
        None => SignInCredential::Cookie,
    }
}
