//! Tokens that nobody told us about, told by their structure (RFC 7515, RFC 7516, RFC 7519), and what may be said of
//! one without saying it.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::jwt;
use crate::model::clean_name;

const LAX: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const BASE64URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LAX);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LAX);
/// What base64 makes of `eyJ`, the beginning of every token.
pub(super) const WRAPPED: &str = "ZXlK";
/// Longer runs of base64 are files.
const MAX_WRAPPED_BYTES: usize = 64 * 1024;
/// Most tokens of one text that are told.
const MAX_TOKENS: usize = 256;
/// Subject of the sample token of jwt.io, which half of all documentation shows.
const SAMPLE_SUBJECT: &str = "1234567890";

/// How a token is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Header, payload and signature.
    Signed,
    /// `alg: none`, or the signature is not there.
    Unsigned,
    /// Five parts (RFC 7516).
    Encrypted,
}

/// A token of a text, described without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownToken {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// How it is protected.
    pub protection: Protection,
    /// `alg` of the header, cleaned.
    pub algorithm: String,
    /// Whether the header names a key.
    pub has_key_id: bool,
    /// `exp`, in seconds since 1970; `None` when it has none or nobody can read it.
    pub expires: Option<i64>,
    /// Host of `iss`, or `iss` itself, cleaned.
    pub issuer: Option<String>,
    /// Host of the first `aud`, or `aud` itself, cleaned.
    pub audience: Option<String>,
    /// It stood there as base64 of itself.
    pub wrapped: bool,
}

/// The tokens of a text, also those that are base64 once more, in its order; the sample of jwt.io is none.
/// At most 256.
pub fn find_all(text: &str) -> Vec<UnknownToken> {
    let mut found: Vec<UnknownToken> = jwt::find_ranges(text)
        .into_iter()
        .filter_map(|range| describe_token(text.get(range.clone())?, range, false))
        .chain(find_wrapped(text))
        .take(MAX_TOKENS)
        .collect();
    found.sort_by_key(|token| token.range.start);
    found
}

/// The token that begins at `start`, where either beginning of one was seen; no sample of documentation.
pub(super) fn find_at(text: &str, start: usize, wrapped: bool) -> Option<UnknownToken> {
    if wrapped {
        return wrapped_at(text, start).1;
    }
    let range = jwt::range_at(text, start)?;
    describe_token(text.get(range.clone())?, range, false)
}

fn find_wrapped(text: &str) -> Vec<UnknownToken> {
    let mut found: Vec<UnknownToken> = Vec::new();
    let mut end = 0;

    for (start, _) in text.match_indices(WRAPPED) {
        if start >= end {
            let (behind, token) = wrapped_at(text, start);
            end = behind;
            found.extend(token);
        }
    }

    found
}

/// The token in a run of base64, and where that ends.
fn wrapped_at(text: &str, start: usize) -> (usize, Option<UnknownToken>) {
    let bytes = text.as_bytes();
    if start.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(|byte| is_base64(*byte)) {
        return (start, None);
    }
    let rest = bytes.get(start..).unwrap_or_default().iter().take(MAX_WRAPPED_BYTES);
    let end = start + rest.take_while(|byte| is_base64(**byte)).count();
    let coded = text.get(start..end).unwrap_or_default();
    let decoded = BASE64.decode(coded).or_else(|_| BASE64URL.decode(coded));
    let inner = decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let token = inner.and_then(|inner| describe_token(inner.get(jwt::range_at(&inner, 0)?)?, start..end, true));

    (end, token)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
}

fn describe_token(token: &str, range: Range<usize>, wrapped: bool) -> Option<UnknownToken> {
    let parts: Vec<&str> = token.split('.').collect();
    let header = decode_object(parts.first()?)?;
    let algorithm = header.get("alg")?.as_str()?;
    let encrypted = parts.len() == 5 && header.get("enc").is_some();
    let claims = if encrypted { Value::Null } else { decode_object(parts.get(1)?)? };

    if claims.get("sub").and_then(Value::as_str) == Some(SAMPLE_SUBJECT) {
        return None;
    }
    // A token that claims `none` is unsigned, whatever its third part holds.
    let signed = parts.get(2).is_some_and(|part| !part.is_empty()) && !algorithm.eq_ignore_ascii_case("none");
    let protection = match (encrypted, signed) {
        (true, _) => Protection::Encrypted,
        (_, true) => Protection::Signed,
        _ => Protection::Unsigned,
    };
    let audience = claims.get("aud").and_then(|aud| aud.as_array().map_or(Some(aud), |all| all.first()));
    Some(UnknownToken {
        range,
        protection,
        algorithm: clean_name(algorithm, 24),
        has_key_id: header.get("kid").is_some(),
        // RFC 7519 §2 lets a date have a fraction.
        expires: claims.get("exp").and_then(|exp| exp.as_i64().or_else(|| exp.as_f64().map(|exp| exp as i64))),
        issuer: claims.get("iss").and_then(host_of_claim),
        audience: audience.and_then(host_of_claim),
        wrapped,
    })
}

fn decode_object(part: &str) -> Option<Value> {
    serde_json::from_slice::<Value>(&BASE64URL.decode(part).ok()?).ok().filter(Value::is_object)
}

/// Of an address the host alone: a path may name a tenant or a person.
fn host_of_claim(claim: &Value) -> Option<String> {
    let text = claim.as_str()?;
    let shown = text.split_once("://").map_or(text, |(_, rest)| rest);
    let shown = shown.split(['/', '?', '#']).next().unwrap_or_default();
    // An address may carry a user and password before its host.
    let shown = shown.rsplit_once('@').map_or(shown, |(_, host)| host);

    Some(clean_name(shown, 64))
}
