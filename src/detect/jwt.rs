//! JSON Web Tokens by structure (RFC 7515, RFC 7516, RFC 7519): finding them in text and taking them apart.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

/// Servers are lax about padding and about the bits behind the last byte; so is this.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// How every token begins: `{"` in base64url.
pub(super) const BEGINNING: &str = "eyJ";
/// Longer tokens fit no header.
const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// A signed (or unsigned) token, taken apart and not verified.
#[derive(Clone, PartialEq)]
pub struct Jwt {
    /// The JOSE header.
    pub header: Value,
    /// The claims.
    pub payload: Value,
    /// The signature; empty when the third part is.
    pub signature: Vec<u8>,
    /// The token as it came.
    pub raw: String,
}

impl std::fmt::Debug for Jwt {
    /// Shows the header alone: claims and signature are the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jwt").field("header", &self.header).finish_non_exhaustive()
    }
}

impl Jwt {
    /// `alg` of the header, as it stands there.
    pub fn algorithm(&self) -> Option<&str> {
        self.header.get("alg").and_then(Value::as_str)
    }

    /// The part that the signature covers: header and payload with the dot between them.
    pub fn signing_input(&self) -> &str {
        self.raw.rsplit_once('.').map_or(self.raw.as_str(), |(input, _)| input)
    }
}

/// Takes a token of three parts apart; `None` when it is none. Nothing is verified.
pub fn parse(token: &str) -> Option<Jwt> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let mut parts = token.split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);

    if parts.next().is_some() {
        return None;
    }
    // RFC 7515 §4.1.1 demands `alg`: three dotted words that decode to objects are no token without it.
    let header = decode_json(header).filter(|header| header.get("alg").is_some())?;
    let payload = decode_json(payload)?;
    Some(Jwt { header, payload, signature: BASE64URL.decode(signature).ok()?, raw: token.to_owned() })
}

/// The ranges of all tokens in a text: JWS with two (signature cut off) or three parts, JWE with five.
pub fn find_ranges(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (start, _) in text.match_indices(BEGINNING) {
        // Payloads begin with `eyJ` too: a start within a token is a part of it.
        if found.last().is_none_or(|last| start >= last.end) {
            found.extend(range_at(text, start));
        }
    }
    found
}

/// The range of the token that begins at `start`, where [`BEGINNING`] stands.
pub(super) fn range_at(text: &str, start: usize) -> Option<Range<usize>> {
    let before = start.checked_sub(1).and_then(|at| text.as_bytes().get(at));
    // Within a longer run of base64 these three letters stand by chance.
    (!before.is_some_and(|byte| is_base64url(*byte))).then_some(())?;
    Some(start..token_end(text, start)?)
}

fn token_end(text: &str, start: usize) -> Option<usize> {
    let header = part_at(text, start)?;
    let header_value = decode_json(header)?;
    let unsigned = header_value.get("alg")?.as_str().is_some_and(|alg| alg.eq_ignore_ascii_case("none"));
    // `enc` stands in headers of encrypted tokens alone, which have five parts (RFC 7516 §9).
    let wanted = if header_value.get("enc").is_some() { 4 } else { 2 };
    let mut end = start + header.len();
    let mut n_parts = 0;

    while n_parts < wanted && text.as_bytes().get(end) == Some(&b'.') {
        let part = part_at(text, end + 1)?;
        // The signature of an unsigned token is empty; behind another, the full stop ends a sentence.
        if part.is_empty() && wanted == 2 && (n_parts == 0 || !unsigned) {
            break;
        }
        end += 1 + part.len();
        n_parts += 1;
    }

    (n_parts > 0).then_some(end)
}

/// The base64url characters from here on.
fn part_at(text: &str, start: usize) -> Option<&str> {
    let limit = text.len().min(start + MAX_TOKEN_BYTES);
    let bytes = text.as_bytes().get(start..limit)?;
    let length = bytes.iter().take_while(|byte| is_base64url(**byte)).count();
    text.get(start..start + length)
}

fn decode_json(part: &str) -> Option<Value> {
    let bytes = BASE64URL.decode(part).ok()?;
    serde_json::from_slice::<Value>(&bytes).ok().filter(Value::is_object)
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}
