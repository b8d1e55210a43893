//! Names that say what stands under them is secret, and the forms of values that are.

use super::allow::{is_placeholder, is_sample, shannon_entropy};
use super::found::{Certainty, FoundSecret};
use super::generic::is_opaque;
use super::random::{is_scrambled, is_wordy};

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
const SECRETS: [&str; 26] = [
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
    "webhookkey",
    "hmackey",
    "aeskey",
    "jwtkey",
    "integrationkey",
    "secretkeybase",
    "servicerolekey",
];
/// What `…pass` belongs to where it means a password: a boarding pass is none.
const LOGINS: [&str; 21] = [
    "db", "database", "smtp", "mail", "email", "imap", "ftp", "sftp", "ssh", "user", "root", "admin", "ldap", "redis",
    "mysql", "pg", "postgres", "mongo", "proxy", "login", "auth",
];
/// Parts of names that are about a secret, or of values that are public.
const HARMLESS: [&str; 33] = [
    "synctoken",
    "changetoken",
    "deltatoken",
    "pagingtoken",
    "csrf",
    "xsrf",
    "pagetoken",
    "nexttoken",
    "continuation",
    "cursor",
    "idempotency",
    "publishable",
    "public",
    "forgot",
    "hint",
    "policy",
    "haspassword",
    "changepassword",
    "hassecret",
    "masked",
    "fingerprint",
    "hashof",
    "expires",
    "etag",
    "authenticity",
    "antiforgery",
    "verificationtoken",
    "captcha",
    "formtoken",
    "nonce",
    "pattern",
    "regex",
    "placeholder",
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

/// What stands under a name that says it is secret, and has the form of it.
pub(in crate::detect) fn value_of(name: &str, text: &str) -> Option<FoundSecret> {
    if let Some(found) =
        text.contains(' ').then(|| super::phrase::find_in_field(&normalise_name(name)?, text)).flatten()
    {
        return Some(found);
    }
    // Prose is most of what stands in documents, and no secret.
    if text.len() < 6 || text.bytes().any(|byte| byte == b' ') {
        return None;
    }
    let found = |rule: &str, confidence| {
        Some(FoundSecret { rule: rule.to_owned(), range: 0..text.len(), confidence, prefix: None })
    };
    // The form of a hash is proof under any name, so it goes before the names that are harmless.
    if is_hash(text) {
        return found("password-hash", Certainty::High);
    }
    let name = normalise_name(name)?;
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));

    if HARMLESS.iter().any(|part| name.contains(part)) || is_no_secret(text) {
        return None;
    }
    let is_pass = name.strip_suffix("pass").is_some_and(|of| LOGINS.iter().any(|login| of.ends_with(login)));

    match () {
        () if (ends(&PASSWORDS) || is_pass) && is_password(text) => found("field-password", Certainty::Medium),
        () if ends(&SECRETS) && is_random(text) => found("field-secret", Certainty::Medium),
        () if (ends(&TOKENS) || name == "token") && is_random(text) => found("field-token", Certainty::Medium),
        // Names of tokens are endless: under one that is not listed the value itself has to be long and random.
        () if name.ends_with("token") && text.len() >= 24 && is_opaque(text) && !is_wordy(text) => {
            found("field-token", Certainty::Medium)
        }
        () => None,
    }
}

/// Letters and digits of a name in lower case; `None` for a name that is known to guard against forgery.
fn normalise_name(name: &str) -> Option<String> {
    let plain: String =
        name.chars().take(128).filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    // Frameworks send `_token` with each form.
    (name.trim() != "_token").then_some(())?;

    // `the api key header`, `apiKeyValue`.
    let bare = ["header", "value"].into_iter().find_map(|tail| plain.strip_suffix(tail)).map(str::to_owned);
    Some(bare.filter(|bare| !bare.is_empty()).unwrap_or(plain))
}

/// Whether [`value_of`] may find something under this name: what reads millions of names asks this of each name once.
pub(in crate::detect) fn may_name_secret(name: &str) -> bool {
    let Some(name) = normalise_name(name) else { return false };
    let endings =
        PASSWORDS.iter().chain(&TOKENS).chain(&SECRETS).chain(&["token", "pass"]).chain(&super::phrase::NAMES);
    endings.into_iter().any(|ending| name.ends_with(ending))
}

/// Whether a value is a password hash by its beginning, whatever its name.
pub(in crate::detect) fn is_hash(text: &str) -> bool {
    text.len() >= 30 && HASHES.iter().any(|start| text.starts_with(start))
}

/// Masked, a template, an address, prose, a path, or a sample.
fn is_no_secret(text: &str) -> bool {
    text.len() > 4096
        || text.chars().any(|c| c.is_whitespace() || c.is_control())
        || text.contains("://")
        || text.starts_with("arn:")
        || text.starts_with(['/', '~', '#'])

        // Tokens with a structure are told by it; keys that stand in pages are public.
        || text.starts_with("eyJ")
        || text.starts_with("pk.")
        || text.starts_with("pk_live_")
        || text.starts_with("pk_test_")
        || is_code(text)
        || is_placeholder(text)
        || is_sample(text)
        || crate::detect::exposure::is_placeholder(text)
}

/// A pattern that values are held against, or a text that something is filled into.
fn is_code(text: &str) -> bool {
    let parts = ["(?", "[a-z", "[A-Z", "[0-9", "\\d", "\\w", "#{", "@{", "{0}", "{}"];
    let is_filled = text.contains("%(") && text.contains(")s");
    is_filled || parts.iter().any(|part| text.contains(part)) || text.starts_with('^') && text.ends_with('$')
}

fn is_password(text: &str) -> bool {
    let digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let letter = text.bytes().any(|byte| byte.is_ascii_alphabetic());
    let other = text.bytes().any(|byte| byte.is_ascii_punctuation() && !b"_-.".contains(&byte));
    (6..=256).contains(&text.len()) && letter && (digit || other)
}

/// Long and mixed, and no name of a program. A UUID counts: under a secret's own name it is the secret.
fn is_random(text: &str) -> bool {
    let base64 = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-.~:!@#$%^&*()".contains(&byte));
    let mixed = is_scrambled(text) || is_opaque(text) || is_password(text) && shannon_entropy(text.as_bytes()) >= 3.2;
    text.len() >= 12 && base64 && mixed && !is_wordy(text)
}
