//! Escapes of JSON and programs, of addresses, and of HTML.

/// Which escapes are undone. A value that looks escaped itself (`50%41`) is found only when its own kind is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// All of them.
    All,
    /// Those with a backslash.
    Backslash,
    /// Those with a percent sign.
    Percent,
}

/// Whether an escape can begin with a byte.
pub(super) fn is_escape_start(byte: u8) -> bool {
    matches!(byte, b'\\' | b'%' | b'&')
}

/// Where the first escape stands.
pub(super) fn find_first(bytes: &[u8], escapes: Escapes) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        at += rest.iter().position(|byte| is_escape_start(*byte))?;

        if decode_escape(bytes.get(at..)?, escapes).is_some() {
            return Some(at);
        }
        at += 1;
    }
}

/// What an escape stands for.
pub(super) enum DecodedEscape {
    /// One byte, which may be a part of a character.
    Byte(u8),
    /// A character.
    Char(char),
}

/// The escape at the start of `rest`: how long it is and what it stands for.
pub(super) fn decode_escape(rest: &[u8], escapes: Escapes) -> Option<(usize, DecodedEscape)> {
    let wanted = match rest.first()? {
        b'\\' => escapes != Escapes::Percent,
        b'%' => escapes != Escapes::Backslash,
        _ => escapes == Escapes::All,
    };
    if !wanted {
        return None;
    }
    match rest {
        [b'\\', b'u', ..] => unicode_escape(rest),
        [b'\\', b'x', high, low, ..] | [b'%', high, low, ..] => {
            let consumed = if rest.first() == Some(&b'%') { 3 } else { 4 };
            Some((consumed, DecodedEscape::Byte(hex_digit_value(*high)? * 16 + hex_digit_value(*low)?)))
        }
        // A later reading drops white space of any kind, so one kind stands for all.
        [b'\\', b'n' | b'r' | b't' | b'b' | b'f', ..] => Some((2, DecodedEscape::Byte(b'\n'))),
        [b'\\', byte @ (b'"' | b'\'' | b'\\' | b'/'), ..] => Some((2, DecodedEscape::Byte(*byte))),
        [b'&', ..] => decode_entity(rest),
        _ => None,
    }
}

fn unicode_escape(rest: &[u8]) -> Option<(usize, DecodedEscape)> {
    // `\u{1F600}` is how JavaScript and Rust write a code point.
    if rest.get(2) == Some(&b'{') {
        let digits = rest.get(3..)?.iter().take(7).position(|byte| *byte == b'}')?;
        let code = rest
            .get(3..3 + digits)?
            .iter()
            .try_fold(0, |value, digit| Some(value * 16 + u32::from(hex_digit_value(*digit)?)))?;
        return Some((digits + 4, DecodedEscape::Char(char::from_u32(code)?)));
    }

    let first = parse_hex_digits(rest.get(2..6)?)?;
    // JSON writes a character beyond U+FFFF as two surrogates (RFC 8259 §7).
    if (0xd800..0xdc00).contains(&first) && rest.get(6..8) == Some(b"\\u".as_slice()) {
        let second = parse_hex_digits(rest.get(8..12)?)?;
        let combined = 0x1_0000 + ((first - 0xd800) << 10) + second.checked_sub(0xdc00)?;
        return Some((12, DecodedEscape::Char(char::from_u32(combined)?)));
    }
    Some((6, DecodedEscape::Char(char::from_u32(first)?)))
}

/// The named entities of ASCII characters that stand in tokens (HTML, named character references).
const ENTITIES: [(&str, u8); 31] = [
    ("&amp;", b'&'),
    ("&lt;", b'<'),
    ("&gt;", b'>'),
    ("&quot;", b'"'),
    ("&apos;", b'\''),
    ("&period;", b'.'),
    ("&lowbar;", b'_'),
    ("&UnderBar;", b'_'),
    ("&hyphen;", b'-'),
    ("&dash;", b'-'),
    ("&equals;", b'='),
    ("&plus;", b'+'),
    ("&sol;", b'/'),
    ("&bsol;", b'\\'),
    ("&colon;", b':'),
    ("&semi;", b';'),
    ("&comma;", b','),
    ("&excl;", b'!'),
    ("&num;", b'#'),
    ("&dollar;", b'$'),
    ("&percnt;", b'%'),
    ("&ast;", b'*'),
    ("&commat;", b'@'),
    ("&quest;", b'?'),
    ("&Hat;", b'^'),
    ("&grave;", b'`'),
    ("&vert;", b'|'),
    ("&lpar;", b'('),
    ("&rpar;", b')'),
    ("&lsqb;", b'['),
    ("&rsqb;", b']'),
];

fn decode_entity(rest: &[u8]) -> Option<(usize, DecodedEscape)> {
    if let Some((name, byte)) = ENTITIES.iter().find(|(name, _)| rest.starts_with(name.as_bytes())) {
        return Some((name.len(), DecodedEscape::Byte(*byte)));
    }
    let digits = rest.strip_prefix(b"&#")?;
    let (radix, mark) = if matches!(digits.first(), Some(b'x' | b'X')) { (16, 1) } else { (10, 0) };
    let digits = digits.get(mark..)?;
    let length = digits.iter().take(8).take_while(|byte| char::from(**byte).is_digit(radix)).count();
    let code = u32::from_str_radix(std::str::from_utf8(digits.get(..length)?).ok()?, radix).ok()?;

    // Browsers do without the semicolon.
    let consumed = 2 + mark + length + usize::from(digits.get(length) == Some(&b';'));
    Some((consumed, DecodedEscape::Char(char::from_u32(code)?)))
}

fn hex_digit_value(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn parse_hex_digits(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| Some(value * 16 + u32::from(hex_digit_value(*digit)?)))
}
