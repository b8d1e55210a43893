//! Texts in base64 (RFC 4648 §4, §5), of which a whole string is made: how settings and manifests keep secrets from view.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Shorter strings hold no secret that a rule could tell.
const LEAST: usize = 24;
/// Longer ones are files.
const MOST: usize = 8 * 1024;

/// Whether a string may be a text in base64, at a glance: its characters alone.
pub(in crate::detect) fn may_be(text: &str) -> bool {
    let bytes = text.as_bytes();
    (LEAST..=MOST).contains(&bytes.len())
        // What begins with an ASCII letter has the high bit of its first byte clear, and so its first six bits below 32.
        && matches!(bytes.first(), Some(b'A'..=b'Z' | b'a'..=b'f'))
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte))
}

/// The text in a string of base64; `None` where that is none.
pub(in crate::detect) fn text_of(text: &str) -> Option<String> {
    // MIME breaks lines (RFC 2045 §6.8).
    let joined = text.contains('\n').then(|| text.replace(['\r', '\n'], ""));
    let text = joined.as_deref().unwrap_or(text);

    if !may_be(text) {
        return None;
    }
    let bare = text.trim_end_matches('=');
    let bytes = STANDARD_NO_PAD.decode(bare).or_else(|_| URL_SAFE_NO_PAD.decode(bare)).ok()?;
    let text = String::from_utf8(bytes).ok()?;

    // Keys and pictures in base64 have control characters, a text has none.
    text.chars().all(|letter| !letter.is_control() || letter.is_ascii_whitespace()).then_some(text)
}

/// The runs of a raw text that are such strings, escaped slashes and lines included, with what they say.
pub(in crate::detect) fn find_runs(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_=\\".contains(byte);
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let rest = bytes.get(at..)?;
            let start = at + rest.iter().position(is_part)?;
            let length = bytes.get(start..)?.iter().take_while(|byte| is_part(byte)).count();
            at = start + length;
            let Some(run) = text.get(start..at).filter(|run| run.len() >= LEAST) else { continue };
            let bare = run.contains('\\').then(|| run.replace("\\/", "/").replace("\\n", "").replace("\\r", ""));

            if let Some(plain) = text_of(bare.as_deref().unwrap_or(run)) {
                return Some((start..at, plain));
            }
        }

        None
    })
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn runs_are_found_with_escaped_slashes_and_lines() {
        let coded = STANDARD.encode("key??? and more than that");
        assert!(coded.contains('/'), "{coded}");
        let (one, two) = coded.split_at(20);

        for written in [coded.clone(), coded.replace('/', "\\/"), format!("{one}\\n{two}")] {
            let text = format!("{{\"a\": \"{written}\", \"b\": \"0123456789abcdef0123456789abcdef\"}}");
            let found: Vec<_> = find_runs(&text)
                .map(|(range, plain)| (text.get(range).unwrap_or_default().to_owned(), plain))
                .collect();
            assert_eq!(found, [(written, "key??? and more than that".to_owned())], "{text}");
        }
    }
}
