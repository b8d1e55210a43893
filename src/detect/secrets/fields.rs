//! Secrets in parsed JSON: strings by the rules, with the names that lead to them, and fields by their own names.

use serde_json::Value;

use super::allow::{entropy, is_placeholder, is_sample};
use super::engine::{Engine, settled};
use super::found::{Certainty, Found, FoundAt};
use super::generic::is_opaque;

/// Deeper values are not looked at.
const MAX_DEPTH: usize = 128;
/// Most secrets of one document.
const MAX_FOUND: usize = 1000;

/// Endings of names, normalised, whose values are passwords.
const PASSWORDS: [&str; 6] = ["password", "passwd", "passphrase", "passcode", "pwd", "userpass"];
/// Endings of names of tokens.
const TOKENS: [&str; 11] = [
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "apitoken",
    "sessiontoken",
    "bearertoken",
    "resettoken",
    "secrettoken",
    "personaltoken",
    "servicetoken",
    "bottoken",
];
/// Endings of names of other secrets.
const SECRETS: [&str; 19] = [
    "secret",
    "secretkey",
    "apikey",
    "apisecret",
    "clientsecret",
    "accesskey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "servicekey",
    "authkey",
    "connectionstring",
    "sharedkey",
    "accountkey",
    "signingsecret",
    "webhooksecret",
    "secretaccesskey",
    "jwtsecret",
];
/// Parts of names that are about a secret, or of values that are public.
const HARMLESS: [&str; 16] = [
    "csrf",
    "xsrf",
    "page",
    "cursor",
    "idempotency",
    "publishable",
    "public",
    "forgot",
    "hint",
    "policy",
    "has",
    "masked",
    "fingerprint",
    "hashof",
    "expires",
    "etag",
];
/// Beginnings of password hashes in the modular crypt format and in those of frameworks.
const HASHES: [&str; 16] = [
    "$2a$",
    "$2b$",
    "$2y$",
    "$argon2",
    "argon2$argon2",
    "$pbkdf2",
    "pbkdf2:",
    "pbkdf2_sha",
    "$scrypt$",
    "scrypt:",
    "$7$",
    "$5$",
    "$6$",
    "$y$",
    "bcrypt_sha256$",
    "$1$",
];

impl Engine {
    /// See [`super::scan_json`].
    pub(super) fn scan_json(&self, value: &Value) -> Vec<FoundAt> {
        let mut found = Vec::new();
        self.walk(value, &mut Vec::new(), &mut found);
        found
    }

    fn walk(&self, value: &Value, names: &mut Vec<String>, found: &mut Vec<FoundAt>) {
        if names.len() >= MAX_DEPTH || found.len() >= MAX_FOUND {
            return;
        }
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    names.push(name.clone());
                    self.walk(value, names, found);
                    names.pop();
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    names.push(index.to_string());
                    self.walk(value, names, found);
                    names.pop();
                }
            }
            Value::String(text) if text.len() >= 4 => {
                let at = |found| FoundAt { pointer: pointer(names), found };
                found.extend(self.string(names, text).into_iter().map(at));
            }
            _ => {}
        }
    }

    fn string(&self, names: &[String], text: &str) -> Vec<Found> {
        let mut found = self.scan(text).found;
        found.extend(self.with_names(names, text));
        if found.is_empty() {
            found.extend(names.last().and_then(|name| by_name(name, text)));
        }
        settled(found)
    }

    /// What the rules find when the names that lead to the value stand before it, as in a line of a configuration.
    fn with_names(&self, names: &[String], text: &str) -> Vec<Found> {
        if text.len() > 512 || names.is_empty() {
            return Vec::new();
        }
        let last = names.get(names.len().saturating_sub(3)..).unwrap_or_default();
        let name: String =
            last.join("_").chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(80).collect();
        let line = format!("{name}: \"{text}\"");
        let offset = name.len() + 3;
        let moved = |mut found: Found| {
            let inside = found.range.start >= offset && found.range.end <= offset + text.len();
            found.range = found.range.start.checked_sub(offset)?..found.range.end.checked_sub(offset)?;
            inside.then_some(found)
        };
        self.scan(&line).found.into_iter().filter_map(moved).collect()
    }
}

/// RFC 6901.
fn pointer(names: &[String]) -> String {
    names.iter().map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))).collect()
}

/// What stands under a name that says it is secret, and has the form of it.
fn by_name(name: &str, text: &str) -> Option<Found> {
    let found =
        |rule: &str, confidence| Some(Found { rule: rule.to_owned(), range: 0..text.len(), confidence, prefix: None });
    if HASHES.iter().any(|start| text.starts_with(start)) && text.len() >= 30 && !text.contains(' ') {
        return found("password-hash", Certainty::High);
    }
    let name: String =
        name.chars().take(128).filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if HARMLESS.iter().any(|part| name.contains(part)) || is_no_secret(text) {
        return None;
    }
    match () {
        () if ends(&PASSWORDS) && is_password(text) => found("field-password", Certainty::Medium),
        () if ends(&SECRETS) && is_random(text) => found("field-secret", Certainty::Medium),
        () if (ends(&TOKENS) || name == "token") && is_random(text) => found("field-token", Certainty::Medium),
        () => None,
    }
}

/// Masked, a template, an address, prose, a path, or a sample.
fn is_no_secret(text: &str) -> bool {
    text.len() > 4096
        || text.chars().any(|c| c.is_whitespace() || c.is_control())
        || text.contains("://")
        || text.starts_with(['/', '~', '#'])
        || is_placeholder(text)
        || is_sample(text)
        || crate::detect::exposure::is_placeholder(text)
}

fn is_password(text: &str) -> bool {
    let digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let letter = text.bytes().any(|byte| byte.is_ascii_alphabetic());
    let other = text.bytes().any(|byte| byte.is_ascii_punctuation() && !b"_-.".contains(&byte));
    (6..=256).contains(&text.len()) && letter && (digit || other)
}

/// Long and mixed. A UUID counts: under a secret's own name it is the secret.
fn is_random(text: &str) -> bool {
    let base64 = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-.~:!@#$%^&*".contains(&byte));
    text.len() >= 12 && base64 && (is_opaque(text) || is_password(text) && entropy(text.as_bytes()) >= 3.2)
}
