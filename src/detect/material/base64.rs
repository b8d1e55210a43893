//! Texts in base64 (RFC 4648 §4, §5), of which a whole string is made: how settings and manifests keep secrets from view.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Shorter strings hold no secret that a rule could tell.
const LEAST: usize = 24;
/// Longer ones are files.
const MOST: usize = 8 * 1024;

/// Whether a string may be a text in base64, at a glance: its characters alone.
pub(super) fn may_be(text: &str) -> bool {
    let bytes = text.as_bytes();
    (LEAST..=MOST).contains(&bytes.len())
        // What begins with an ASCII letter has the high bit of its first byte clear, and so its first six bits below 32.
        && matches!(bytes.first(), Some(b'A'..=b'Z' | b'a'..=b'f'))
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte))
}

/// The text in a string of base64; `None` where that is none.
pub(super) fn text_of(text: &str) -> Option<String> {
    if !may_be(text) {
        return None;
    }
    let bare = text.trim_end_matches('=');
    let bytes = STANDARD_NO_PAD.decode(bare).or_else(|_| URL_SAFE_NO_PAD.decode(bare)).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.chars().all(|letter| !letter.is_control() || letter.is_ascii_whitespace()).then_some(text)
}
