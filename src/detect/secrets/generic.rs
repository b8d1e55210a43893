//! Secrets without a vendor: private keys, passwords in addresses and connection strings, credentials in headers.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::allow::{is_placeholder, is_sample, shannon_entropy};
pub(super) use super::assigned::find_assigned_name;
use super::found::{Certainty, FoundSecret};
use super::random::is_scrambled;

/// What to look for behind a fixed text or a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generic {
    Pem,
    /// The same in base64 once more, as clusters and pipelines keep keys.
    WrappedPem,
    Putty,
    Address,
    Authorization,
    ConnectionPassword,
    /// A value that is assigned to a secret's name.
    Named,
    PasswordHash,
    /// The signature of an address that grants what it names to whoever has it.
    SignedAddress,
    OneTimeSeed,
    Cookie,
    Jwk,
    /// The words that a wallet is made from.
    Phrase,
}

/// Texts that stand at such places, as written.
pub(super) const FIXED: [(&str, Generic); 30] = [
    ("-----BEGIN ", Generic::Pem),
    ("LS0tLS1CRUdJTi", Generic::WrappedPem),
    ("PuTTY-User-Key-File-", Generic::Putty),
    ("://", Generic::Address),
    ("$2a$", Generic::PasswordHash),
    ("$2b$", Generic::PasswordHash),
    ("$2y$", Generic::PasswordHash),
    ("$argon2", Generic::PasswordHash),
    ("pbkdf2_sha", Generic::PasswordHash),
    ("pbkdf2:sha", Generic::PasswordHash),
    ("scrypt:", Generic::PasswordHash),
    ("$scrypt$", Generic::PasswordHash),
    ("$pbkdf2", Generic::PasswordHash),
    ("$y$", Generic::PasswordHash),
    ("$7$", Generic::PasswordHash),
    ("$S$", Generic::PasswordHash),
    ("$H$", Generic::PasswordHash),
    ("$apr1$", Generic::PasswordHash),
    ("$1$", Generic::PasswordHash),
    ("{PBKDF2", Generic::PasswordHash),
    ("$6$", Generic::PasswordHash),
    ("$5$", Generic::PasswordHash),
    ("$P$", Generic::PasswordHash),
    ("{SSHA", Generic::PasswordHash),
    ("X-Amz-Signature=", Generic::SignedAddress),
    ("X-Goog-Signature=", Generic::SignedAddress),
    ("&sig=", Generic::SignedAddress),
    ("otpauth://", Generic::OneTimeSeed),
    ("\"kty\"", Generic::Jwk),
    ("\\\"kty\\\"", Generic::Jwk),
];
/// The same, in any case.
pub(super) const WORDS: [(&str, Generic); 37] = [
    ("authorization", Generic::Authorization),
    ("password=", Generic::ConnectionPassword),
    ("pwd=", Generic::ConnectionPassword),
    ("password", Generic::Named),
    ("passwd", Generic::Named),
    ("passphrase", Generic::Named),
    ("secret", Generic::Named),
    ("token", Generic::Named),
    ("api_key", Generic::Named),
    ("api-key", Generic::Named),
    ("apikey", Generic::Named),
    ("access_key", Generic::Named),
    ("accesskey", Generic::Named),
    ("private_key", Generic::Named),
    ("signing_key", Generic::Named),
    ("encryption_key", Generic::Named),
    ("_key", Generic::Named),
    ("api key", Generic::Named),
    ("access key", Generic::Named),
    ("private key", Generic::Named),
    ("privatekey", Generic::Named),
    ("signingkey", Generic::Named),
    ("encryptionkey", Generic::Named),
    ("masterkey", Generic::Named),
    ("accountkey", Generic::Named),
    ("sharedkey", Generic::Named),
    ("_pass", Generic::Named),
    ("dbpass", Generic::Named),
    ("smtppass", Generic::Named),
    ("mnemonic", Generic::Phrase),
    ("seed_phrase", Generic::Phrase),
    ("seedphrase", Generic::Phrase),
    ("seed phrase", Generic::Phrase),
    ("recovery_phrase", Generic::Phrase),
    ("recoveryphrase", Generic::Phrase),
    ("recovery phrase", Generic::Phrase),
    ("cookie", Generic::Cookie),
];

/// Longest private key.
const MAX_KEY_BYTES: usize = 16 * 1024;

/// What a rule of this file or of the fields finds, in words.
pub(super) fn describe_rule(id: &str) -> Option<&'static str> {
    Some(match id {
        "private-key" => "a private key",
        "address-password" => "an address with a password in it",
        "connection-string" => "a connection string with a password in it",
        "authorization-header" => "a credential of an Authorization header",
        "field-password" => "a password under a password's name",
        "field-secret" => "a random value under a secret's name",
        "field-token" => "a random value under a token's name",
        "password-hash" => "a password hash",
        "signed-address" => "the signature of an address that opens it to everybody",
        "session-cookie" => "a session's cookie",
        "one-time-seed" => "the seed of one-time passwords",
        "recovery-phrase" => "the words that a wallet is made from",
        _ => return None,
    })
}

impl Generic {
    /// Looks at the place of a hit.
    pub fn look(self, text: &[u8], hit: Range<usize>) -> Option<FoundSecret> {
        match self {
            Self::Pem => find_pem_key(text, hit.start),
            Self::WrappedPem => wrapped_pem(text, hit.start),
            Self::Putty => find_putty_key(text, hit.start),
            Self::Address => find_address_password(text, hit),
            Self::Authorization => find_authorization(text, hit),
            Self::ConnectionPassword => find_connection_password(text, hit),
            Self::Named => super::named::find_assigned(text, hit),
            Self::PasswordHash => password_hash(text, hit.start),
            Self::SignedAddress => signed_address(text, hit),
            Self::OneTimeSeed => one_time_seed(text, hit.end),
            Self::Cookie => super::named::find_session_cookie(text, hit.end),
            Self::Jwk => super::named::private_jwk(text, hit.start),
            Self::Phrase => super::phrase::find_assigned(text, hit),
        }
    }
}

fn found_by_rule(rule: &str, range: Range<usize>, confidence: Certainty) -> Option<FoundSecret> {
    Some(FoundSecret { rule: rule.to_owned(), range, confidence, prefix: None })
}

/// A private key in PEM form (RFC 7468), an OpenSSH or a PGP one; in JSON its line breaks are escaped.
fn find_pem_key(text: &[u8], start: usize) -> Option<FoundSecret> {
    let label_start = start + "-----BEGIN ".len();
    let window = text.get(label_start..text.len().min(label_start + 48))?;
    let label_end = window.windows(5).position(|five| five == b"-----")?;
    let label = std::str::from_utf8(window.get(..label_end)?).ok()?;
    (label.contains("PRIVATE KEY") && !label.contains("PUBLIC")).then_some(())?;
    let body_start = label_start + label_end + 5;
    let body = text.get(body_start..text.len().min(body_start + MAX_KEY_BYTES))?;
    // A key ends with the JSON string that holds it, also where its last line was cut off.
    let quoted = body.iter().position(|byte| *byte == b'"').unwrap_or(body.len());
    let body = body.get(..quoted)?;
    let length = body.windows(5).position(|five| five == b"-----").unwrap_or(body.len());
    let body = body.get(..length)?;
    has_key_data(body).then_some(())?;
    let behind = body_start + length;
    let closing = "-----END -----".len() + label.len();
    let end = if text.get(behind..)?.starts_with(b"-----END ") { behind + closing } else { behind };

    found_by_rule("private-key", start..end.min(text.len()), Certainty::High)
}

/// Whether enough base64 that is no sample stands there; headers such as `Proc-Type` may come first.
fn has_key_data(body: &[u8]) -> bool {
    // JSON within JSON escapes a line break more than once, and some escape the slashes too.
    let text = String::from_utf8_lossy(body);
    let unescaped = text.replace("\\n", "\n").replace("\\r", "\n").replace("\\/", "/");
    let data: String = unescaped
        .split(['\n', '\r', ' '])
        .map(|line| line.trim_matches(|c: char| c.is_whitespace() || c == '\\'))
        .filter(|line| line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)))
        .collect();
    // Every key of a kind begins alike; what is random stands behind.
    let middle = data.len() / 2;
    let random = data.get(middle..data.len().min(middle + 64)).unwrap_or(&data);

    data.len() >= 40 && shannon_entropy(data.as_bytes()) >= 3.5 && !is_sample(random)
}

/// The same in base64; certificates and public keys begin alike and are none.
fn wrapped_pem(text: &[u8], start: usize) -> Option<FoundSecret> {
    super::shape::begins_word(text, start).then_some(())?;
    let body = text.get(start..text.len().min(start + MAX_KEY_BYTES * 2))?;
    let escape = |at: usize| body.get(at) == Some(&b'\\') && body.get(at + 1) == Some(&b'/');
    let of_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    let length =
        (0..body.len()).take_while(|at| body.get(*at).is_some_and(|byte| of_base64(*byte) || escape(*at))).count();
    let coded = String::from_utf8_lossy(body.get(..length)?).replace("\\/", "/");
    let decoded = STANDARD_NO_PAD.decode(coded.trim_end_matches('=')).ok()?;
    find_pem_key(&decoded, 0)?;

    found_by_rule("private-key", start..start + length, Certainty::High)
}

fn find_putty_key(text: &[u8], start: usize) -> Option<FoundSecret> {
    let body = text.get(start..text.len().min(start + MAX_KEY_BYTES))?;
    let mark = b"Private-Lines:";
    let at = body.windows(mark.len()).position(|window| window == mark)?;
    let rest = body.get(at + mark.len()..)?;

    // The number of lines, the lines, and what authenticates them.
    let of_lines = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=\\ \r\n".contains(byte);
    let data = rest.iter().take_while(|byte| of_lines(byte)).count();
    has_key_data(rest.get(..data)?).then_some(())?;

    // The lines run into `Private-MAC: …`.
    let sum = rest.get(data..)?.strip_prefix(b"-MAC: ").unwrap_or_default();
    let digits = sum.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let end = start + at + mark.len() + data + if digits > 0 { "-MAC: ".len() + digits } else { 0 };

    found_by_rule("private-key", start..end, Certainty::High)
}

/// The password of `scheme://user:password@host` (RFC 3986 §3.2.1).
fn find_address_password(text: &[u8], hit: Range<usize>) -> Option<FoundSecret> {
    let before = text.get(..hit.start)?.iter().rev().take(20);
    let scheme = before.take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
    (scheme >= 2).then_some(())?;
    let rest = text.get(hit.end..text.len().min(hit.end + 512))?;
    // What ends an authority (RFC 3986 §3.2), or the string, tag or list that the address stands in.
    let length = rest.iter().take_while(|byte| !b"/?#\"'`<>\\ \t\r\n,;()".contains(byte)).count();
    let authority = std::str::from_utf8(rest.get(..length)?).ok()?;
    // The last one: passwords hold an `@` that should have been encoded.
    let (user_info, host) = authority.rsplit_once('@')?;
    let (user, password) = user_info.split_once(':')?;
    let plain = percent_encoding::percent_decode_str(password).decode_utf8_lossy();

    // A made-up host does not make a random password a sample.
    let real_host = host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
        && (!is_placeholder(host) || is_mixed(&plain));
    // `:pserver:anoncvs@` names a method, not a password.
    let is_method = user.is_empty() && password.contains(':');
    let real = plain.len() >= 6
        && !is_method
        && !is_placeholder(&plain)
        && *plain != *user
        && !is_placeholder_user(user)
        && !is_sample(&plain)
        && real_host
        && (is_varied(&plain) || plain.len() >= 16);
    let start = hit.end + user.len() + 1;
    real.then_some(())?;

    found_by_rule("address-password", start..start + password.len(), Certainty::High)
}

fn is_placeholder_user(user: &str) -> bool {
    !user.is_empty() && user.starts_with(['<', '$', '{', '%', '['])
}

/// Random beyond what a writer of manuals makes up.
fn is_mixed(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let mixed = value.len() >= 12 && digits >= 2 && is_varied(value) && shannon_entropy(value.as_bytes()) >= 3.2;
    (mixed || is_scrambled(value)) && !is_sample(value)
}

/// More than one class of characters: no word of a manual.
fn is_varied(value: &str) -> bool {
    let digit = value.bytes().any(|byte| byte.is_ascii_digit());
    let upper = value.bytes().any(|byte| byte.is_ascii_uppercase());
    let lower = value.bytes().any(|byte| byte.is_ascii_lowercase());
    let other = value.bytes().any(|byte| !byte.is_ascii_alphanumeric());

    [digit, upper, lower, other].into_iter().filter(|has| *has).count() >= 2
}

/// The credential behind `Authorization: Basic`, `Bearer`, `Token` and the like (RFC 9110 §11.6.2).
fn find_authorization(text: &[u8], hit: Range<usize>) -> Option<FoundSecret> {
    let (_, start) = find_assigned_name(text, hit)?;
    let rest = text.get(start..text.len().min(start + 24))?;
    let scheme_length = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let scheme = std::str::from_utf8(rest.get(..scheme_length)?).ok()?.to_ascii_lowercase();
    let known = ["basic", "bearer", "token", "apikey", "bot", "splunk", "ssws", "key"].contains(&scheme.as_str());
    let gap = rest.get(scheme_length..)?.iter().take_while(|byte| **byte == b' ').count();
    (known && gap > 0).then_some(())?;
    let value_start = start + scheme_length + gap;
    let value = text.get(value_start..text.len().min(value_start + 8192))?;
    let length = value.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte)).count();
    let value = std::str::from_utf8(value.get(..length)?).ok()?.trim_end_matches('.');
    let real = if scheme == "basic" { is_basic(value) && !is_sample(value) } else { is_opaque(value) };
    real.then_some(())?;

    found_by_rule("authorization-header", value_start..value_start + value.len(), Certainty::High)
}

/// `user:password` in base64 with a password that is no placeholder (RFC 7617).
fn is_basic(value: &str) -> bool {
    let decoded = STANDARD_NO_PAD.decode(value.trim_end_matches('=')).unwrap_or_default();
    let Ok(text) = String::from_utf8(decoded) else { return false };
    let known = ["aladdin:open sesame", "aladdin:opensesame"].contains(&text.to_ascii_lowercase().as_str());
    let printable = text.chars().all(|c| !c.is_control());
    !known
        && printable
        && text.split_once(':').is_some_and(|(user, password)| {
            // Stripe and others take their key as the user, with an empty password.
            let secret = if password.is_empty() { user } else { password };
            secret.len() >= 6 && !is_placeholder(secret) && is_varied(secret) && !is_sample(secret)
        })
}

/// A random value as bearer tokens are (RFC 6750). Tokens that have a structure are found by it, not here.
pub(super) fn is_opaque(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let mixed = digits >= 2 && letters >= 2 && shannon_entropy(value.as_bytes()) >= 3.0;
    value.len() >= 20
        && (mixed || is_scrambled(value))
        && !is_placeholder(value)
        && !is_sample(value)
        && !value.starts_with("eyJ")
}

/// A password hash in the modular crypt format, or as frameworks and directories write it (RFC 2307).
fn password_hash(text: &[u8], start: usize) -> Option<FoundSecret> {
    let rest = text.get(start..text.len().min(start + 300))?;
    let of_hash = |byte: &u8| byte.is_ascii_alphanumeric() || b"$./+=:,_-{}".contains(byte);
    let length = rest.iter().take_while(|byte| of_hash(byte)).count();
    let value = std::str::from_utf8(rest.get(..length)?).ok()?.trim_end_matches([',', '.', ':', '}']);
    // The last field is the digest; those before it are parameters that many hashes share.
    let body = value.rsplit(['$', '}']).next()?;
    let real = value.len() >= 30 && body.len() >= 20 && shannon_entropy(body.as_bytes()) >= 3.5 && !is_sample(body);
    real.then_some(())?;

    found_by_rule("password-hash", start..start + value.len(), Certainty::High)
}

/// The signature in the query of an address (AWS Signature Version 4, Google's V4, a shared access signature).
fn signed_address(text: &[u8], hit: Range<usize>) -> Option<FoundSecret> {
    let rest = text.get(hit.end..text.len().min(hit.end + 600))?;
    let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"%+/=-_".contains(byte)).count();
    let value = std::str::from_utf8(rest.get(..length)?).ok()?;
    let real = value.len() >= 40 && shannon_entropy(value.as_bytes()) >= 3.2 && !is_sample(value);
    real.then_some(())?;

    // Medium, since such addresses are made to be handed to a client, and expire.
    found_by_rule("signed-address", hit.end..hit.end + length, Certainty::Medium)
}

/// The secret of `otpauth://totp/…?secret=…`.
fn one_time_seed(text: &[u8], start: usize) -> Option<FoundSecret> {
    let rest = text.get(start..text.len().min(start + 400))?;
    let mark = b"secret=";
    let at = rest.windows(mark.len()).position(|window| window == mark)? + mark.len();
    let ended = rest.get(..at)?.iter().any(|byte| byte.is_ascii_whitespace() || b"\"'<>".contains(byte));
    let value = rest.get(at..)?;
    let length = value.iter().take_while(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7')).count();
    let value = std::str::from_utf8(value.get(..length)?).ok()?;

    // The seed of the documentation of the format.
    let sample = value.starts_with("JBSWY3DPEHPK3PXP");
    (!ended && !sample && length >= 16 && shannon_entropy(value.as_bytes()) >= 2.8).then_some(())?;
    found_by_rule("one-time-seed", start + at..start + at + length, Certainty::High)
}

/// `Server=…;Password=…;` as ADO.NET, JDBC and ODBC write it.
fn find_connection_password(text: &[u8], hit: Range<usize>) -> Option<FoundSecret> {
    let before = text.get(hit.start.saturating_sub(300)..hit.start)?.to_ascii_lowercase();
    let line = before.rsplit(|byte| b"\n\"'".contains(byte)).next()?;
    // `password=` alone is any form or log: a server or user in the same string makes it a connection.
    let names: [&[u8]; 6] = [b"server=", b"data source=", b"host=", b"user id=", b"uid=", b"username="];
    let is_connection =
        line.contains(&b';') && names.iter().any(|name| line.windows(name.len()).any(|window| window == *name));
    is_connection.then_some(())?;
    let rest = text.get(hit.end..text.len().min(hit.end + 256))?;
    let length = rest.iter().take_while(|byte| !b";\"'<>\\ \t\r\n&".contains(byte)).count();
    let password = std::str::from_utf8(rest.get(..length)?).ok()?;
    let real = password.len() >= 4 && !is_placeholder(password) && !is_sample(password) && is_varied(password);
    real.then_some(())?;

    found_by_rule("connection-string", hit.end..hit.end + length, Certainty::High)
}
