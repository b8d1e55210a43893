//! The readings of a text in which a value may hide: as it stands, with escapes undone, with separators dropped and
//! look-alike characters folded, and with the punctuation of tokens dropped as well.

use std::cell::OnceCell;
use std::ops::Range;

use super::Transformation;
use crate::detect::views::{self, View};

/// So many short pieces in a row make a spelled-out word.
const SPELLED_PIECES: usize = 4;
/// Longest piece of a word that is spelled out.
const SPELLED_PIECE_BYTES: usize = 8;

/// One reading. Where its bytes came from is worked out when somebody asks.
pub(super) struct Reading<'a> {
    bytes: Bytes<'a>,
    /// The reading that this one was made from, and how.
    made: Option<(&'a View, Rule)>,
    view: OnceCell<View>,
}

enum Bytes<'a> {
    View(&'a View),
    Own(Vec<u8>),
}

/// How many bytes the character at the start takes, and what becomes of it.
type Rule = fn(&[u8]) -> (usize, Step);

/// What becomes of the character at a place.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Keep(u8),
    Drop,
}

impl<'a> Reading<'a> {
    fn of(view: &'a View) -> Self {
        Self { bytes: Bytes::View(view), made: None, view: OnceCell::new() }
    }

    /// `None` when nothing would change.
    fn made(from: &'a View, step: Rule) -> Option<Self> {
        let bytes = apply(&from.bytes, step);
        let changed = bytes != from.bytes;
        changed.then(|| Self { bytes: Bytes::Own(bytes), made: Some((from, step)), view: OnceCell::new() })
    }

    /// What is searched.
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::View(view) => &view.bytes,
            Bytes::Own(bytes) => bytes,
        }
    }

    /// Whether this is the text itself.
    pub fn is_text(&self) -> bool {
        matches!(self.bytes, Bytes::View(view) if view.is_text())
    }

    /// Whether separators were dropped, so that unrelated neighbours touch.
    pub fn touches(&self) -> bool {
        self.made.is_some()
    }

    /// The range of the text behind a range of this reading.
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        match (&self.bytes, self.made) {
            (Bytes::View(view), _) => view.source(range),
            (_, Some((from, step))) => self.view.get_or_init(|| traced(from, step)).source(range),
            (_, None) => range,
        }
    }

    /// By what a place of the text differs from what was read there.
    pub fn dress(&self, text: &str, range: &Range<usize>) -> Transformation {
        if self.is_text() {
            return Transformation::Plain;
        }
        dress(text.get(range.clone()).unwrap_or_default())
    }
}

/// Calls back with every reading of a text that differs from the ones before.
pub(super) fn each(text: &str, mut search: impl FnMut(&Reading<'_>)) {
    for chain in views::layers(text) {
        for view in &chain {
            search(&Reading::of(view));
        }
        let Some(view) = chain.last() else { continue };
        let Some(reading) = Reading::made(view, squeeze) else {
            join(view, &mut search);
            continue;
        };
        search(&reading);
        if is_spelled(reading.bytes()) {
            join(&traced(view, squeeze), &mut search);
        }
    }
}

fn join(view: &View, search: &mut impl FnMut(&Reading<'_>)) {
    if is_spelled(&view.bytes)
        && let Some(reading) = Reading::made(view, drop_punctuation)
    {
        search(&reading);
    }
}

/// Bytes without separators, look-alikes folded.
pub(super) fn squeezed(bytes: &[u8]) -> Vec<u8> {
    apply(bytes, squeeze)
}

/// Bytes without the punctuation of tokens.
pub(super) fn joined(bytes: &[u8]) -> Vec<u8> {
    apply(bytes, drop_punctuation)
}

fn apply(bytes: &[u8], step: Rule) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let (consumed, step) = step(rest);
        if let Step::Keep(byte) = step {
            out.push(byte);
        }
        at += consumed.max(1);
    }
    out
}

fn traced(from: &View, step: Rule) -> View {
    let mut out = from.child(true);
    let mut at = 0;
    while let Some(rest) = from.bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let (consumed, step) = step(rest);
        let consumed = consumed.max(1);
        if let Step::Keep(byte) = step {
            let end = from.span(at + consumed - 1).1;
            out.push(&[byte], (from.span(at).0, end));
        }
        at += consumed;
    }
    out
}

/// Drops white space, quotes and the marks of lists and tables; folds characters that look like ASCII.
fn squeeze(rest: &[u8]) -> (usize, Step) {
    match rest {
        [b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'`' | b'*' | b',' | b'|' | b'+' | b'\\', ..] => (1, Step::Drop),
        // `0x67, 0x78`: a piece that ends behind its two digits.
        [b'0', b'x' | b'X', high, low, next, ..]
            if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() && !next.is_ascii_alphanumeric() =>
        {
            (2, Step::Drop)
        }
        [byte, ..] if byte.is_ascii() => (1, Step::Keep(*byte)),
        _ => folded(rest),
    }
}

fn drop_punctuation(rest: &[u8]) -> (usize, Step) {
    match rest {
        [b'-' | b'_' | b'.' | b':' | b'/', ..] => (1, Step::Drop),
        [byte, ..] => (1, Step::Keep(*byte)),
        [] => (1, Step::Drop),
    }
}

fn folded(rest: &[u8]) -> (usize, Step) {
    let head = rest.get(..rest.len().min(4)).unwrap_or_default();
    let character = (1..=head.len()).find_map(|length| std::str::from_utf8(head.get(..length)?).ok()?.chars().next());
    let Some(character) = character else {
        return (1, Step::Keep(rest.first().copied().unwrap_or_default()));
    };
    let step = match fold(character) {
        Fold::Ascii(byte, _) => Step::Keep(byte),
        Fold::Invisible => Step::Drop,
        // One byte stands for it; it is in no value that is looked for.
        Fold::Other => Step::Keep(0xff),
    };
    (character.len_utf8(), step)
}

enum Fold {
    Ascii(u8, Transformation),
    Invisible,
    Other,
}

fn fold(character: char) -> Fold {
    let code = u32::from(character);
    let ascii = |value: u32, dress| u8::try_from(value).map_or(Fold::Other, |byte| Fold::Ascii(byte, dress));
    let letter = |offset: u32| if offset < 26 { offset + 0x41 } else { offset - 26 + 0x61 };
    match code {
        0xff01..=0xff5e => ascii(code - 0xfee0, Transformation::FullWidth),
        0xe0020..=0xe007e => ascii(code - 0xe_0000, Transformation::Tags),
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

/// Whether something is spelled out piece by piece: `g-x-7`, `67:78:37`.
fn is_spelled(bytes: &[u8]) -> bool {
    let (mut n_pieces, mut length) = (0, 0);
    for byte in bytes {
        match byte {
            b'-' | b'_' | b'.' | b':' | b'/' if (1..=SPELLED_PIECE_BYTES).contains(&length) => {
                n_pieces += 1;
                length = 0;
            }
            b'-' | b'_' | b'.' | b':' | b'/' if length == 0 && n_pieces > 0 => {}
            _ if byte.is_ascii_alphanumeric() => {
                length += 1;
                if length > SPELLED_PIECE_BYTES {
                    n_pieces = 0;
                }
            }
            _ => (n_pieces, length) = (0, 0),
        }
        if n_pieces >= SPELLED_PIECES {
            return true;
        }
    }
    false
}

/// The most telling dress of a place of the text.
fn dress(source: &str) -> Transformation {
    let mut invisible = false;
    for character in source.chars().filter(|character| !character.is_ascii()) {
        match fold(character) {
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
