//! Values that plain text assigns to a secret's name: settings, scripts, logs, what stands between quotes in a program.
//! Stricter than fields of JSON, since text holds programs: a value is only taken where nothing is computed.

use std::ops::Range;

use super::allow::{is_placeholder, is_sample, shannon_entropy};
use super::assigned::{Assignment, find_assignment};
use super::fields::value_of;
use super::found::{Certainty, FoundSecret};
use super::random::{is_scrambled, is_wordy};

/// Least characters of a value, and most.
const LENGTH: (usize, usize) = (12, 512);

/// Looks at what is assigned to the name around a hit.
pub(super) fn find_assigned(text: &[u8], hit: Range<usize>) -> Option<FoundSecret> {
    let end = hit.end;
    let Assignment { noun, start, is_told, .. } = find_assignment(text, &hit)?;
    // In code, a value so far behind a name belongs to something else.
    (start > end && (is_told || start - end <= 48) && !is_of_path(text, &hit, start)).then_some(())?;
    let rest = text.get(start..text.len().min(start + LENGTH.1))?;
    let written = written_value(text, hit.start, start, rest)?;

    // Some JSON escapes its slashes.
    let value = written.replace("\\/", "/");
    (value.len() >= LENGTH.0 && (is_random(&value) || is_scrambled(&value))).then_some(())?;
    let found = value_of(&noun, &value)?;

    Some(FoundSecret { range: start..start + written.len(), ..found })
}

/// Whether it is a part of a path of colons: `arn:aws:secretsmanager:eu-west-1:1:secret:name`.
fn is_of_path(text: &[u8], hit: &Range<usize>, start: usize) -> bool {
    let colon = |at: Option<usize>| at.and_then(|at| text.get(at)) == Some(&b':');
    colon(hit.start.checked_sub(1)) && colon(start.checked_sub(1))
}

/// The value as it stands there: up to the quote that ends it, or to where a word ends.
fn written_value<'a>(text: &[u8], name: usize, start: usize, rest: &'a [u8]) -> Option<&'a str> {
    let quote = start.checked_sub(1).and_then(|at| text.get(at)).filter(|byte| b"\"'`".contains(byte));
    let of_value = |at: usize, byte: u8| {
        let is_slash = byte == b'\\' && rest.get(at + 1) == Some(&b'/');
        byte.is_ascii_graphic() && (byte != b'\\' || is_slash) && Some(&byte) != quote
    };
    let graphic = rest.iter().enumerate().take_while(|(at, byte)| of_value(*at, **byte)).count();
    let ends_line = matches!(rest.get(graphic), None | Some(b'\n' | b'\r'));
    // A password may hold any mark: only a quote, or the end of a line of settings, shows where it ends.
    let whole = match quote {
        Some(_) => rest.get(graphic).is_some_and(|byte| Some(byte) == quote || *byte == b'\\'),
        None => ends_line && is_setting(text, name, start),
    };
    if whole {
        return std::str::from_utf8(rest.get(..graphic)?).ok();
    }
    let length = rest.iter().take_while(|byte| is_of_value(**byte)).count();
    let value = std::str::from_utf8(rest.get(..length)?).ok()?.trim_end_matches(['.', ',', ';', ':', '\\']);
    // `password = getenv(..)` is computed: the word is a function and no value.
    let called = matches!(rest.get(value.len()), Some(b'(' | b'[' | b'{'));

    // `ed25519.PrivateKey`: a member of something.
    let member = value.contains('.') && is_wordy(value);
    (!called && !member).then_some(value)
}

/// Whether a line is `NAME=value` as files of settings have it, where nothing is computed.
fn is_setting(text: &[u8], name: usize, start: usize) -> bool {
    let before = text.get(..name).unwrap_or_default();
    let line = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let written = text.get(line..start).unwrap_or_default();
    let written = written.strip_prefix(b"export ").unwrap_or(written);
    let name = written.strip_suffix(b"=").unwrap_or_default();

    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

/// A session's value in a `Cookie` or `Set-Cookie` line (RFC 6265), under a name that sessions have.
pub(super) fn find_session_cookie(text: &[u8], end: usize) -> Option<FoundSecret> {
    let rest = text.get(end..text.len().min(end + 2048))?;
    let line = rest.iter().position(|byte| *byte == b'\n').map_or(rest, |at| rest.get(..at).unwrap_or(rest));
    let mut from = 0;

    while let Some(at) = line.get(from..)?.iter().position(|byte| *byte == b'=').map(|at| at + from) {
        from = at + 1;
        let name =
            line.get(..at)?.iter().rev().take(40).take_while(|b| b.is_ascii_alphanumeric() || b"._-".contains(b));
        let mut name: Vec<u8> = name.map(u8::to_ascii_lowercase).collect();
        name.reverse();
        let name: String = String::from_utf8(name).ok()?.replace(['.', '_', '-'], "");
        let is_session = ["session", "sessionid", "sid", "sess", "auth", "jwt", "accesstoken", "token"];

        // A token against CSRF is handed to the page on purpose.
        if !is_session.iter().any(|word| name.ends_with(word)) || name.contains("csrf") {
            continue;
        }
        let value = line.get(from..)?;
        let length = value.iter().take_while(|b| b.is_ascii_alphanumeric() || b"%+/=-_.:~".contains(b)).count();
        let value = std::str::from_utf8(value.get(..length)?).ok()?;

        if value.len() >= 16 && is_random(value) && !is_sample(value) && !is_placeholder(value) {
            let range = end + from..end + from + length;
            return Some(FoundSecret {
                rule: "session-cookie".to_owned(),
                range,
                confidence: Certainty::Medium,
                prefix: None,
            });
        }
    }

    None
}

/// The private part of a JSON Web Key (RFC 7518 §6.2.2, §6.3.2): the member `d` beside `kty`.
pub(super) fn private_jwk(text: &[u8], at: usize) -> Option<FoundSecret> {
    // The members of a key come in any order, and those of RSA are long.
    let start = at.saturating_sub(1500);
    let window = text.get(start..text.len().min(at + 2500))?;
    let mark = b"\"d";
    let place = window.windows(mark.len()).enumerate().find_map(|(place, two)| {
        let behind = window.get(place + mark.len()..)?;
        let quotes = behind.iter().take(6).take_while(|byte| b"\\\": ".contains(byte)).count();
        // One quote ends the name and one opens the value: `dp` and `dq` go on with a letter.
        let opened = behind.get(..quotes)?.iter().filter(|byte| **byte == b'"').count() == 2;
        (two == mark && opened).then_some(place + mark.len() + quotes)
    })?;

    let value = window.get(place..)?;
    let length = value.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte)).count();
    let value = std::str::from_utf8(value.get(..length)?).ok()?;
    (length >= 40 && shannon_entropy(value.as_bytes()) >= 3.5 && !is_sample(value)).then_some(())?;
    let range = start + place..start + place + length;

    Some(FoundSecret { rule: "private-key".to_owned(), range, confidence: Certainty::High, prefix: None })
}

fn is_of_value(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"'`<>(){}[],;&|\\".contains(&byte)
}

/// Digits among letters, in no order that a name or a word has.
fn is_random(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();

    // `user.settings.token2`, `Api-Key-V2`: words with separators.
    let longest = value.split(|c: char| !c.is_ascii_alphanumeric()).map(str::len).max().unwrap_or(0);
    digits >= 2 && letters >= 2 && longest >= 8 && shannon_entropy(value.as_bytes()) >= 3.0
}
