//! Values that an answer should never carry, sensitive by name and by value alike (METHODS 3.4).

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::personal::is_card_number;

/// Longer values are looked at only up to here.
const MAX_VALUE_BYTES: usize = 64 * 1024;

/// What a field gives away. Holds no part of the value but its public prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposed {
    /// `password`, `password-hash`, `secret`, `private-key`, `card-number`, `token`, `one-time-code`.
    pub kind: &'static str,
    /// The reason in a few words: `a bcrypt hash`.
    pub why: String,
}

/// Keys whose beginning names the vendor: prefix, least length of the whole, kind, vendor.
const VENDOR_KEYS: [(&str, usize, &str, &str); 24] = [
    ("sk_live_", 20, "secret", "a Stripe secret key"),
    ("rk_live_", 20, "secret", "a Stripe restricted key"),
    ("whsec_", 24, "secret", "a Stripe webhook secret"),
    ("sk-ant-", 30, "secret", "an Anthropic API key"),
    ("sk-proj-", 30, "secret", "an OpenAI API key"),
    ("ghp_", 36, "token", "a GitHub token"),
    ("gho_", 36, "token", "a GitHub token"),
    ("ghs_", 36, "token", "a GitHub token"),
    ("github_pat_", 40, "token", "a GitHub token"),
    ("glpat-", 20, "token", "a GitLab token"),
    ("xoxb-", 24, "token", "a Slack token"),
    ("xoxp-", 24, "token", "a Slack token"),
    ("xapp-", 24, "token", "a Slack token"),
    ("AIza", 39, "secret", "a Google API key"),
    ("ya29.", 30, "token", "a Google access token"),
    ("SG.", 50, "secret", "a SendGrid key"),
    ("npm_", 36, "token", "an npm token"),
    ("pypi-", 40, "token", "a PyPI token"),
    ("dop_v1_", 60, "token", "a DigitalOcean token"),
    ("shpat_", 32, "token", "a Shopify token"),
    ("hf_", 30, "token", "a Hugging Face token"),
    ("hvs.", 24, "token", "a Vault token"),
    ("AKIA", 20, "secret", "an AWS access key id"),
    ("AGE-SECRET-KEY-1", 40, "private-key", "an age private key"),
];

/// Beginnings of password hashes that need no name to be told.
const HASHES: [(&str, &str); 19] = [
    ("$2a$", "bcrypt"),
    ("$2b$", "bcrypt"),
    ("$2y$", "bcrypt"),
    ("$argon2", "Argon2"),
    ("argon2$", "Argon2"),
    ("$pbkdf2", "PBKDF2"),
    ("pbkdf2:", "PBKDF2"),
    ("pbkdf2_sha", "PBKDF2"),
    ("$scrypt$", "scrypt"),
    ("scrypt:", "scrypt"),
    ("$7$", "scrypt"),
    ("$1$", "MD5-crypt"),
    ("$5$", "SHA-256-crypt"),
    ("$6$", "SHA-512-crypt"),
    ("$y$", "yescrypt"),
    ("sha1$", "SHA-1"),
    ("sha256$", "SHA-256"),
    ("md5$", "MD5"),
    ("{SSHA}", "salted SHA-1"),
];

static CONNECTION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)^[a-z][a-z0-9+.\-]{1,20}://[^\s:@/]*:([^\s@/]{3,})@[a-z0-9\[]"#).ok());

/// Says what a field of this name with this value gives away; `None` is the usual answer. Needs both: a value under
/// a harmless name counts only when its own shape is proof (a private key, a vendor's key, a password hash).
/// E-mail addresses, masks, booleans, empty values and objects are nothing.
pub fn sensitive_value(name: &str, value: &Value) -> Option<Exposed> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        // Booleans and null tell that there is a password, not which; objects are schemas or are walked by the caller.
        _ => return None,
    };

    // `***` and `string` stand where a sound application masks the value.
    if text.len() > MAX_VALUE_BYTES || is_placeholder(&text) {
        return None;
    }
    by_shape(&text, value.is_string()).or_else(|| by_name(name, &text, value.is_string()))
}

fn build_exposure(kind: &'static str, why: impl Into<String>) -> Option<Exposed> {
    Some(Exposed { kind, why: why.into() })
}

/// Values that are proof by themselves.
fn by_shape(text: &str, is_string: bool) -> Option<Exposed> {
    if !is_string {
        return None;
    }
    if text.starts_with("-----BEGIN ") && text.get(..64.min(text.len())).is_some_and(|h| h.contains("PRIVATE KEY-----"))
    {
        return build_exposure("private-key", "a PEM private key");
    }
    if let Some((_, algorithm)) = HASHES.iter().find(|(prefix, _)| text.starts_with(prefix) && text.len() >= 20) {
        return build_exposure("password-hash", format!("a {algorithm} hash"));
    }
    // A sentence may begin like a key; a key goes on in these characters to its end.
    let is_token = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    let vendor = VENDOR_KEYS.iter().find(|(prefix, length, ..)| text.starts_with(prefix) && text.len() >= *length);

    match vendor {
        Some((_, _, kind, what)) if is_token => build_exposure(kind, *what),
        _ if CONNECTION.as_ref().is_some_and(|regex| regex.is_match(text)) => {
            build_exposure("secret", "an address with a password in it")
        }
        _ => None,
    }
}

/// Values whose meaning comes from the name.
fn by_name(written: &str, text: &str, is_string: bool) -> Option<Exposed> {
    let name = &*normalise_name(written);
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));

    // `lifespan` and `japan` end in `pan` as well: only the check digit decides.
    if ends(&["cardnumber", "creditcard", "ccnumber", "pan", "primaryaccountnumber", "cardno"]) {
        return is_card_number(text).then(|| build_exposure("card-number", "a full card number (Luhn holds)"))?;
    }
    // The lengths of MD5, SHA-1 and the SHA-2 family in hexadecimal digits.
    let hash_length = matches!(text.len(), 32 | 40 | 56 | 64 | 96 | 128);
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());

    // A number is a count of passwords, or when one was changed.
    let password_name = is_string && is_password_name(name) && !is_about_passwords(written, text);

    // A bare `hash` is a file's or a commit's as often as a password's; only its shape can tell, and that was asked before.
    if hash_length && is_hex && (password_name || is_hash_name(name)) {
        return build_exposure("password-hash", format!("{} hexadecimal digits, an unsalted hash", text.len()));
    }
    if is_hash_name(name) && text.len() >= 20 && !text.contains(' ') {
        return build_exposure("password-hash", "a hash under a password-hash name");
    }
    // `pwd` is a folder as well.
    let is_path = text.starts_with(['/', '~']) || text.get(1..3) == Some(":\\");

    // An address under such a name leads to where it is reset; what has more than 256 characters is a text.
    if password_name && !is_path && !text.contains("://") && text.len() <= 256 {
        return build_exposure("password", "a password in clear");
    }
    // Codes are sent as numbers at times; keys and tokens are not.
    if !is_string {
        return (ends(&["pincode", "otp", "cvv", "cvc"]) || name == "pin")
            .then(|| build_exposure("one-time-code", "a code in clear"))?;
    }
    let random = looks_random(text);

    if ends(&["privatekey"]) && random {
        return build_exposure("private-key", "a key under a private-key name");
    }
    if ends(&["secret", "secretkey", "apikey", "apisecret", "accesskey", "signingkey", "encryptionkey", "masterkey"])
        && random
    {
        return build_exposure("secret", "a random value under a secret's name");
    }
    if ends(&["otp", "cvv", "cvc", "otpcode", "mfacode", "verificationcode", "resetcode"]) || name == "pin" {
        // `pin: "pinned"` and `otp: "enabled"` are states and have no digit.
        let is_code = (3..=10).contains(&text.len()) && text.bytes().any(|byte| byte.is_ascii_digit());
        return is_code.then(|| build_exposure("one-time-code", "a code in clear"))?;
    }
    // The `session_id` of a chat or of an upload is an id: UUIDs are what objects are numbered by.
    let names_session = ends(&["sessionid"]) && !is_uuid(text);
    let names_token = ends(&["resettoken", "refreshtoken", "sessiontoken", "apitoken", "accesstoken", "authtoken"]);

    if (names_token || names_session) && random {
        return build_exposure("token", "a random value under a token's name");
    }
    None
}

/// Whether a text is a UUID (RFC 9562 section 4).
fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn normalise_name(name: &str) -> String {
    name.chars().take(128).filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn is_password_name(name: &str) -> bool {
    ["password", "passwd", "pwd", "passphrase", "passcode"].iter().any(|ending| name.ends_with(ending))
        || name == "pass"
}

/// Whether a field says something about passwords and is none: by the first word of its name, or by a value that is a
/// time, a setting, or a sentence about them.
fn is_about_passwords(name: &str, text: &str) -> bool {
    // `forgotPassword`, `reset_password`: the first word, however words are joined.
    let end = name.char_indices().skip(1).find(|(_, c)| c.is_ascii_uppercase() || "_-. ".contains(*c));
    let first = name.get(..end.map_or(name.len(), |(at, _)| at)).unwrap_or_default().to_ascii_lowercase();
    let asks = [
        "forgot", "reset", "change", "has", "needs", "require", "requires", "policy", "no", "without", "last", "is",
        "with", "must", "can", "allow", "enable", "disable", "use", "uses", "show", "hide", "min", "max", "by", "num",
        "count",
    ];
    let settings = [
        "enabled",
        "disabled",
        "required",
        "optional",
        "allowed",
        "forbidden",
        "never",
        "always",
        "expired",
        "valid",
        "invalid",
        "weak",
        "strong",
        "unknown",
        "ok",
        "off",
        "on",
    ];

    // Words before `password` that say whose or which one it is: behind them stands the password itself.
    let of_whom = ["user", "plain", "clear", "current", "old", "new", "login", "db", "database", "admin", "root", "my"];
    let lower = text.to_ascii_lowercase();
    let is_date = text.len() >= 10
        && text.get(..10).is_some_and(|day| {
            day.char_indices().all(|(at, c)| if matches!(at, 4 | 7) { c == '-' } else { c.is_ascii_digit() })
        });
    asks.contains(&&*first)
        || settings.contains(&&*lower)
        || is_date
        || lower.contains("password") && lower.contains(' ')

        // Passphrases have spaces; a sentence under another compound name is about passwords.
        || first.len() < name.len() && !of_whom.contains(&&*first) && lower.trim().contains(' ')
}

fn is_hash_name(name: &str) -> bool {
    [
        "passwordhash",
        "hashedpassword",
        "pwhash",
        "passhash",
        "pwdhash",
        "passworddigest",
        "encryptedpassword",
        "passwdhash",
    ]
    .iter()
    .any(|known| name.ends_with(known))
}

/// Empty, masked, or a word that stands for a value.
pub fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let letters = lower.trim_matches(|c| "[]<>(){}*• \"'.".contains(c));
    // `**** **** **** 1234` is masked although its last digits show: half of the characters is enough.
    let n_masked = text.chars().filter(|c| "*•●xX#".contains(*c)).count();
    let words = [
        "",
        "set",
        "unset",
        "hidden",
        "redacted",
        "masked",
        "filtered",
        "none",
        "null",
        "nil",
        "n/a",
        "removed",
        "secret",
        "string",
        "password",
        "true",
        "false",
        "yes",
        "no",
        "encrypted",
        "protected",
        "omitted",
        "not set",
        "your_password",
    ];

    words.contains(&letters) || text.starts_with("[redacted:") || n_masked >= 3 && n_masked * 2 >= text.chars().count()
}

/// Long, without spaces, of more than one class of characters: not a word, not a URL.
fn looks_random(text: &str) -> bool {
    let has = |test: fn(&u8) -> bool| text.bytes().any(|byte| test(&byte));
    let cased = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let is_word = !has(u8::is_ascii_alphabetic) || !(has(u8::is_ascii_digit) || cased);
    let is_path = text.contains([' ', '/']) && !text.starts_with("eyJ");

    (16..=8192).contains(&text.len()) && !is_word && !is_path
}
