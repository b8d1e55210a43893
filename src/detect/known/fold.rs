//! What separators, look-alikes and invisible characters become when a text is read for spelled-out values.

use crate::detect::known::Transformation;

/// What becomes of the byte at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FoldClass {
    /// It stays.
    Keep,
    /// It goes.
    Drop,
    /// It depends on what follows.
    Look,
}

/// A class for every byte.
pub(super) type Classes = [FoldClass; 256];

/// A zero stands between the letters of UTF-16 that is read byte by byte.
const SEPARATORS: &[u8] = b"\0 \t\r\n\"'`*,|+\\";
const PUNCTUATION: &[u8] = b"-_.:/";

/// Drops white space, zeros, quotes and the marks of lists and tables; folds characters that look like ASCII.
pub(super) static SQUEEZE: Classes = build_classes(SEPARATORS, true);
/// Drops the punctuation of tokens.
pub(super) static JOIN: Classes = build_classes(PUNCTUATION, false);

#[expect(clippy::indexing_slicing, reason = "evaluated when compiled")]
const fn build_classes(dropped: &[u8], folds: bool) -> Classes {
    let mut all = [FoldClass::Keep; 256];
    let mut at = 0;

    while at < dropped.len() {
        all[dropped[at] as usize] = FoldClass::Drop;
        at += 1;
    }
    if folds {
        all[b'0' as usize] = FoldClass::Look;
        let mut byte = 0x80;

        while byte < 256 {
            all[byte] = FoldClass::Look;
            byte += 1;
        }
    }

    all
}

/// How many bytes a character takes that [`SQUEEZE`] wants looked at, and what stays of it.
pub(super) fn squeeze_character(rest: &[u8]) -> (usize, Option<u8>) {
    match rest {
        // `0x67, 0x78`: a piece that ends behind its two digits.
        [b'0', b'x' | b'X', high, low, next, ..]
            if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() && !next.is_ascii_alphanumeric() =>
        {
            (2, None)
        }
        [byte, ..] if byte.is_ascii() => (1, Some(*byte)),
        _ => fold_first_character(rest),
    }
}

fn fold_first_character(rest: &[u8]) -> (usize, Option<u8>) {
    let length = match rest.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        other => return (1, other.copied()),
    };

    let character = rest.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()?.chars().next());
    let Some(character) = character else { return (1, rest.first().copied()) };
    let kept = match fold_character(character) {
        Fold::Ascii(byte, _) => Some(byte),
        Fold::Invisible => None,
        // One byte stands for it; it is in no value that is looked for.
        Fold::Other => Some(0xff),
    };

    (length, kept)
}

enum Fold {
    Ascii(u8, Transformation),
    Invisible,
    Other,
}

fn fold_character(character: char) -> Fold {
    let code = u32::from(character);
    let ascii = |value: u32, dress| u8::try_from(value).map_or(Fold::Other, |byte| Fold::Ascii(byte, dress));
    let letter = |offset: u32| if offset < 26 { offset + 0x41 } else { offset - 26 + 0x61 };

    match code {
        0xff01..=0xff5e => ascii(code - 0xfee0, Transformation::FullWidth),
        0xe0020..=0xe007e => ascii(code - 0xe_0000, Transformation::Tags),
        // Each mathematical style is an alphabet of 26 capital and 26 small letters.
        0x1d400..=0x1d6a3 => ascii(letter((code - 0x1d400) % 52), Transformation::Styled),
        0x1d7ce..=0x1d7ff => ascii((code - 0x1d7ce) % 10 + 0x30, Transformation::Styled),
        0x24b6..=0x24e9 => ascii(letter(code - 0x24b6), Transformation::Styled),
        0x2010..=0x2015 | 0x2212 => ascii(0x2d, Transformation::Styled),
        0xad
        | 0xa0
        | 0x34f
        | 0x61c
        | 0x180b..=0x180f
        | 0x2000..=0x200f
        | 0x2028..=0x202f
        | 0x205f..=0x206f
        | 0x3000
        | 0xfe00..=0xfe0f
        | 0xfeff
        | 0xe0000..=0xe0fff => Fold::Invisible,
        _ => Fold::Other,
    }
}

/// The most telling dress of a place of the text.
pub(super) fn likely_transformation(source: &str) -> Transformation {
    let mut invisible = false;
    for character in source.chars().filter(|character| !character.is_ascii()) {
        match fold_character(character) {
            Fold::Ascii(_, dress) => return dress,
            Fold::Invisible => invisible = true,
            Fold::Other => {}
        }
    }

    match () {
        () if invisible => Transformation::Invisible,
        () if source.contains("\\u") || source.contains("\\x") || source.contains("\\U") => Transformation::Escaped,
        () if source.contains('&') && source.contains([';', '#']) => Transformation::Html,
        () if source.contains('%') => Transformation::Percent,
        () if source.contains('\\') && !source.contains(' ') && !source.contains("\\n") => Transformation::Escaped,
        () => Transformation::Spaced,
    }
}
