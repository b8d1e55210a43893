//! Credentials that nobody told us about: tokens by structure, `Bearer` and `Basic` values, passwords in addresses.

use std::ops::Range;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use regex::Regex;

use super::{jwt, secrets, wrapped};

static AUTHORIZATION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b(bearer|basic|token|apikey)[ \t]{1,3}([A-Za-z0-9._~+/\-]{8,}=*)").ok());
static ADDRESS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)\b[a-z][a-z0-9+.\-]{1,20}://[^\s:@/"'<>\\]*:([^\s@/"'<>\\]+)@[a-z0-9\[]"#).ok());
static PRIVATE_KEY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"-----BEGIN [A-Z ]{0,24}PRIVATE KEY-----[A-Za-z0-9+/=\s\\,:\-]{16,}?(?:-----END [A-Z ]{0,24}PRIVATE KEY-----|$)").ok()
});

/// The ranges of unknown credentials and what to call them.
pub(super) fn find_unknown(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut found: Vec<_> = jwt::find_ranges(text).into_iter().map(|range| (range, "jwt")).collect();
    if let Some(regex) = AUTHORIZATION.as_ref() {
        for captures in regex.captures_iter(text) {
            let (Some(scheme), Some(value)) = (captures.get(1), captures.get(2)) else { continue };
            if is_credential(&scheme.as_str().to_ascii_lowercase(), value.as_str()) {
                // The full stop of a sentence is not part of it.
                let length = value.as_str().trim_end_matches('.').len();
                found.push((value.start()..value.start() + length, "credential"));
            }
        }
    }

    // Of an address the password alone goes: scheme, user and host show the reader where it belonged.
    let whole = [(&ADDRESS, 1, "password"), (&PRIVATE_KEY, 0, "private-key")];
    for (regex, group, name) in whole {
        let Some(regex) = regex.as_ref() else { continue };
        found.extend(regex.captures_iter(text).filter_map(|c| c.get(group)).map(|m| (m.range(), name)));
    }
    // Vendors' keys: the finding that tells of one must not show it in its own evidence.
    found.extend(secrets::scan_text(text).into_iter().map(|secret| (secret.range, "secret")));
    // Manifests keep keys in base64 (a Secret of Kubernetes), where the prefix of the vendor does not show.
    let hidden = wrapped::find_runs(text).filter(|(_, plain)| !secrets::scan_text(plain).is_empty());
    found.extend(hidden.map(|(range, _)| (range, "secret")));

    found
}

/// Tells a credential from prose such as "bearer authentication" and from placeholders.
fn is_credential(scheme: &str, value: &str) -> bool {
    // Basic is base64 of `user:password` (RFC 7617): without a colon it is a word of a sentence.
    if scheme == "basic" {
        return STANDARD_NO_PAD.decode(value.trim_end_matches('=')).is_ok_and(|bytes| bytes.contains(&b':'));
    }
    let has = |test: fn(&char) -> bool| value.chars().any(|c| test(&c));
    // `Bearer authentication` is prose: such words have no digit, hardly mixed case, and fewer than 24 letters.
    let mixed = has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && value.len() >= 16;
    has(char::is_ascii_digit) || mixed || value.len() >= 24
}
