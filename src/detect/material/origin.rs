//! Knows for each byte of a decoded text the byte of the answer that it was read from.

/// Where the bytes of a text come from.
#[derive(Debug, Clone, Default)]
pub(super) struct MaterialOrigin {
    /// Where its first byte stands.
    base: usize,
    /// Places of the text, and what they stand for, behind each escape; between them both go on alike.
    jumps: Vec<(usize, usize)>,
}

impl MaterialOrigin {
    /// A part that begins at `base` and is not decoded.
    pub fn from(base: usize) -> Self {
        Self { base, jumps: Vec::new() }
    }

    /// The origin of a part that begins at `start` of this text, decoded with these jumps.
    pub fn below(&self, start: usize, jumps: Vec<(usize, usize)>) -> Self {
        let jumps = jumps.into_iter().map(|(at, source)| (at, self.of(start + source))).collect();
        Self { base: self.of(start), jumps }
    }

    /// The byte of the answer behind a byte of this text.
    pub fn of(&self, at: usize) -> usize {
        let behind = self.jumps.partition_point(|(place, _)| *place <= at);
        match behind.checked_sub(1).and_then(|index| self.jumps.get(index)) {
            Some((place, source)) => source + (at - place),
            None => self.base + at,
        }
    }
}

/// A JSON string without its escapes (RFC 8259 §7), and behind each escape its place and that of the source. What is no
/// escape stays as it is, half a surrogate pair becomes U+FFFD.
pub(super) fn unescape_json(text: &str) -> (String, Vec<(usize, usize)>) {
    let (mut out, mut jumps) = (String::with_capacity(text.len()), Vec::new());
    let mut at = 0;

    while let Some(rest) = text.get(at..) {
        let Some(plain) = rest.find('\\') else {
            out.push_str(rest);
            break;
        };
        out.push_str(rest.get(..plain).unwrap_or_default());
        let (character, length) = decode_escape(rest.get(plain..).unwrap_or_default());
        out.push(character);
        at += plain + length;
        jumps.push((out.len(), at));
    }

    (out, jumps)
}

/// What an escape stands for, and its length; the backslash itself where it begins none.
fn decode_escape(rest: &str) -> (char, usize) {
    match rest.as_bytes().get(1) {
        Some(b'n') => ('\n', 2),
        Some(b'r') => ('\r', 2),
        Some(b't') => ('\t', 2),
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        Some(b'u') => decode_unicode_escape(rest),
        Some(byte @ (b'"' | b'\\' | b'/')) => (char::from(*byte), 2),
        _ => ('\\', 1),
    }
}

fn decode_unicode_escape(rest: &str) -> (char, usize) {
    let digits = |at: usize| {
        let digits = rest.get(at..at + 4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(first) = digits(2) else { return ('\\', 1) };
    let low = rest.get(6..8).filter(|mark| *mark == "\\u").and_then(|_| digits(8));

    match low {
        Some(low) if (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(&low) => {
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00);
            (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
        }
        _ => (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6),
    }
}
