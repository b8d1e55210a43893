//! Readings of a text in which a value may hide: as it stands, with escapes undone, with white space dropped.
//! Every byte of a reading knows the bytes of the text that it came from.

use std::ops::Range;

/// A text that was escaped more often than this is not followed further.
const MAX_ROUNDS: usize = 3;

/// One reading of a text.
pub(super) struct View {
    /// What is searched.
    pub bytes: Vec<u8>,
    /// For each byte the span of the text that it was read from; empty when this is the text itself.
    spans: Vec<(u32, u32)>,
    /// Whether characters were dropped, so that unrelated neighbours touch.
    pub squeezed: bool,
}

impl View {
    /// The range of the original text behind a range of this reading.
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        if self.spans.is_empty() || range.is_empty() {
            return range;
        }
        let start = self.span(range.start).0;
        let end = self.span(range.end - 1).1;
        start..end.max(start)
    }

    /// Whether this is the text itself.
    pub fn is_text(&self) -> bool {
        self.spans.is_empty() && !self.squeezed
    }

    /// The bytes of the text behind one byte of this reading.
    pub fn span(&self, index: usize) -> (usize, usize) {
        match self.spans.get(index) {
            Some(&(start, end)) => (start as usize, end as usize),
            None => (index, index + 1),
        }
    }

    /// An empty reading, to be made from this one.
    pub fn child(&self, squeezed: bool) -> Self {
        Self { bytes: Vec::with_capacity(self.bytes.len()), spans: Vec::with_capacity(self.bytes.len()), squeezed }
    }

    /// Adds bytes that were read from a span of the text.
    pub fn push(&mut self, bytes: &[u8], span: (usize, usize)) {
        for byte in bytes {
            self.bytes.push(*byte);
            self.spans.push((to_u32(span.0), to_u32(span.1)));
        }
    }
}

/// Which escapes are undone. A value that looks escaped itself (`50%41`) is found only when its own kind is left alone.
#[derive(Clone, Copy, PartialEq)]
enum Escapes {
    All,
    Backslash,
    Percent,
}

/// All readings of a text, the text itself first.
pub(super) fn views(text: &str) -> Vec<View> {
    let chains = layers(text);
    let gap = chains.first().and_then(|chain| chain.last()).and_then(squeezed);
    chains.into_iter().flatten().chain(gap).collect()
}

/// The text, and below it one layer of escapes after the other undone; behind that chain those in which escapes of
/// one kind alone are undone, where the text has several. No chain is empty.
pub(super) fn layers(text: &str) -> Vec<Vec<View>> {
    let whole = || vec![View { bytes: text.as_bytes().to_vec(), spans: Vec::new(), squeezed: false }];
    let mut all = whole();
    follow(&mut all, Escapes::All);
    let mut chains = vec![all];
    let n_kinds = [text.contains('\\'), text.contains('%'), text.contains('&')].iter().filter(|has| **has).count();
    if n_kinds > 1 {
        for escapes in [Escapes::Backslash, Escapes::Percent] {
            let mut only = whole();
            follow(&mut only, escapes);
            only.remove(0);
            chains.push(only);
        }
    }
    chains.retain(|chain| !chain.is_empty());
    chains
}

fn follow(chain: &mut Vec<View>, escapes: Escapes) {
    for _ in 0..MAX_ROUNDS {
        match chain.last().and_then(|view| unescaped(view, escapes)) {
            Some(view) => chain.push(view),
            None => break,
        }
    }
}

fn to_u32(index: usize) -> u32 {
    // Input is cut at 2 MiB before it comes here.
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// Undoes one layer of escapes; `None` when there is none.
fn unescaped(view: &View, escapes: Escapes) -> Option<View> {
    if !view.bytes.iter().any(|byte| matches!(byte, b'\\' | b'%' | b'&')) {
        return None;
    }
    let mut out = view.child(false);
    let mut changed = false;
    let mut at = 0;
    while let Some(rest) = view.bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let (consumed, decoded) = match escape(rest, escapes) {
            Some((consumed, decoded)) => {
                changed = true;
                (consumed, decoded)
            }
            None => (1, Decoded::Byte(rest.first().copied().unwrap_or_default())),
        };
        let span = (view.span(at).0, view.span(at + consumed - 1).1);
        match decoded {
            Decoded::Byte(byte) => out.push(&[byte], span),
            Decoded::Char(character) => out.push(character.encode_utf8(&mut [0; 4]).as_bytes(), span),
        }
        at += consumed;
    }
    changed.then_some(out)
}

/// Drops white space and invisible characters, in which long values are wrapped; `None` when there are none.
fn squeezed(view: &View) -> Option<View> {
    let mut out = view.child(true);
    let mut at = 0;
    while let Some(rest) = view.bytes.get(at..).filter(|rest| !rest.is_empty()) {
        match invisible(rest) {
            0 => {
                let byte = rest.first().copied().unwrap_or_default();
                out.push(&[byte], view.span(at));
                at += 1;
            }
            dropped => at += dropped,
        }
    }
    (out.bytes.len() < view.bytes.len()).then_some(out)
}

/// How many bytes of white space or of an invisible character stand here.
fn invisible(rest: &[u8]) -> usize {
    match rest {
        [b' ' | b'\t' | b'\r' | b'\n', ..] => 1,
        // Soft hyphen, no-break space; zero-width and bidi characters; word joiner; byte order mark.
        [0xc2, 0xad | 0xa0, ..] => 2,
        [0xe2, 0x80, 0x8b..=0x8f | 0xa8..=0xae, ..] | [0xe2, 0x81, 0xa0..=0xaf, ..] | [0xef, 0xbb, 0xbf, ..] => 3,
        _ => 0,
    }
}

enum Decoded {
    Byte(u8),
    Char(char),
}

/// The escape at the start of `rest`: how long it is and what it stands for.
fn escape(rest: &[u8], escapes: Escapes) -> Option<(usize, Decoded)> {
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
            Some((consumed, Decoded::Byte(hex(*high)? * 16 + hex(*low)?)))
        }
        [b'\\', b'n' | b'r' | b't' | b'b' | b'f', ..] => Some((2, Decoded::Byte(b'\n'))),
        [b'\\', byte @ (b'"' | b'\'' | b'\\' | b'/'), ..] => Some((2, Decoded::Byte(*byte))),
        [b'&', ..] => entity(rest),
        _ => None,
    }
}

fn unicode_escape(rest: &[u8]) -> Option<(usize, Decoded)> {
    if rest.get(2) == Some(&b'{') {
        let digits = rest.get(3..)?.iter().take(7).position(|byte| *byte == b'}')?;
        let code =
            rest.get(3..3 + digits)?.iter().try_fold(0, |value, digit| Some(value * 16 + u32::from(hex(*digit)?)))?;
        return Some((digits + 4, Decoded::Char(char::from_u32(code)?)));
    }
    let first = hex4(rest.get(2..6)?)?;
    if (0xd800..0xdc00).contains(&first) && rest.get(6..8) == Some(b"\\u".as_slice()) {
        let second = hex4(rest.get(8..12)?)?;
        let combined = 0x1_0000 + ((first - 0xd800) << 10) + second.checked_sub(0xdc00)?;
        return Some((12, Decoded::Char(char::from_u32(combined)?)));
    }
    Some((6, Decoded::Char(char::from_u32(first)?)))
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

fn entity(rest: &[u8]) -> Option<(usize, Decoded)> {
    if let Some((name, byte)) = ENTITIES.iter().find(|(name, _)| rest.starts_with(name.as_bytes())) {
        return Some((name.len(), Decoded::Byte(*byte)));
    }
    let digits = rest.strip_prefix(b"&#")?;
    let (radix, mark) = if matches!(digits.first(), Some(b'x' | b'X')) { (16, 1) } else { (10, 0) };
    let digits = digits.get(mark..)?;
    let length = digits.iter().take(8).take_while(|byte| char::from(**byte).is_digit(radix)).count();
    let code = u32::from_str_radix(std::str::from_utf8(digits.get(..length)?).ok()?, radix).ok()?;
    // Browsers do without the semicolon.
    let consumed = 2 + mark + length + usize::from(digits.get(length) == Some(&b';'));
    Some((consumed, Decoded::Char(char::from_u32(code)?)))
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn hex4(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| Some(value * 16 + u32::from(hex(*digit)?)))
}
