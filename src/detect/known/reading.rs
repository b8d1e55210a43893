//! The readings of a text in which a value may hide: as it stands, with escapes undone, with separators dropped and
//! look-alike characters folded, and with the punctuation of tokens dropped as well. A reading is made only where the
//! text holds something that calls for it.

use std::borrow::Cow;
use std::ops::Range;

use super::Transformation;
use super::escapes::{self, DecodedEscape, Escapes};
use super::fold::{self, Classes, FoldClass};

/// A text that was escaped more often than this is not followed further.
const MAX_ROUNDS: usize = 3;
/// So far apart are the places of a reading that know where they came from.
const MARK_BYTES: usize = 1024;
/// So many short pieces in a row make a spelled-out word.
const SPELLED_PIECES: usize = 4;
/// Longest piece of a word that is spelled out.
const SPELLED_PIECE_BYTES: usize = 8;

/// One reading. Where its bytes came from is worked out when somebody asks.
pub(super) struct KnownReading<'a> {
    bytes: Cow<'a, [u8]>,
    /// The reading that this one was made from, and how.
    made: Option<(&'a KnownReading<'a>, ReadingRule)>,
    /// Places of this reading and of the one that it was made from that correspond.
    marks: Vec<(usize, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadingRule {
    Unescape(Escapes),
    Squeeze,
    Join,
}

/// How many bytes are read at a place, and what becomes of them.
struct ReadingStep {
    consumed: usize,
    bytes: [u8; 4],
    n_bytes: usize,
}

impl<'a> KnownReading<'a> {
    fn of(text: &'a str) -> Self {
        Self { bytes: Cow::Borrowed(text.as_bytes()), made: None, marks: Vec::new() }
    }

    /// `None` when nothing would change.
    fn made(from: &'a KnownReading<'a>, rule: ReadingRule) -> Option<Self> {
        let (bytes, marks) = match rule {
            ReadingRule::Unescape(escapes) => unescape_with_marks(&from.bytes, escapes)?,
            ReadingRule::Squeeze => filter_bytes(&from.bytes, &fold::SQUEEZE)?,
            ReadingRule::Join => filter_bytes(&from.bytes, &fold::JOIN)?,
        };
        Some(Self { bytes: Cow::Owned(bytes), made: Some((from, rule)), marks })
    }

    /// What is searched.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether separators were dropped, so that unrelated neighbours touch.
    pub fn touches(&self) -> bool {
        matches!(self.made, Some((_, ReadingRule::Squeeze | ReadingRule::Join)))
    }

    /// The range of the text behind a range of this reading.
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        match self.made {
            Some((from, rule)) if !range.is_empty() => from.source(self.behind(&from.bytes, rule, &range)),
            _ => range,
        }
    }

    /// A range of this reading in the one below it from which nothing was dropped.
    pub fn unbroken(&self, range: Range<usize>) -> (&[u8], Range<usize>) {
        match self.made {
            Some((from, rule @ (ReadingRule::Squeeze | ReadingRule::Join))) => {
                from.unbroken(self.behind(&from.bytes, rule, &range))
            }
            _ => (&self.bytes, range),
        }
    }

    fn behind(&self, from: &[u8], rule: ReadingRule, range: &Range<usize>) -> Range<usize> {
        // Marks are sparse, since hits are rare: from the nearest one on the rule is applied once more.
        let mark = self.marks.partition_point(|(place, _)| *place <= range.start).saturating_sub(1);
        let (mut place, mut at) = self.marks.get(mark).copied().unwrap_or_default();
        let mut start = None;

        while let Some(rest) = from.get(at..).filter(|rest| !rest.is_empty()) {
            let step = rule.step(rest);
            place += step.n_bytes;

            if step.n_bytes > 0 && start.is_none() && place > range.start {
                start = Some(at);
            }
            at += step.consumed;

            if place >= range.end {
                break;
            }
        }

        start.unwrap_or(at)..at
    }

    /// By what a place of the text differs from what was read there.
    pub fn dress(&self, text: &str, range: &Range<usize>) -> Transformation {
        match self.made {
            None => Transformation::Plain,
            Some(_) => fold::likely_transformation(text.get(range.clone()).unwrap_or_default()),
        }
    }
}

impl ReadingRule {
    fn step(self, rest: &[u8]) -> ReadingStep {
        let (consumed, kept) = match self {
            Self::Unescape(escapes) => match escapes::decode_escape(rest, escapes) {
                Some((consumed, DecodedEscape::Char(character))) => {
                    let mut bytes = [0; 4];
                    let n_bytes = character.encode_utf8(&mut bytes).len();
                    return ReadingStep { consumed, bytes, n_bytes };
                }
                Some((consumed, DecodedEscape::Byte(byte))) => (consumed, Some(byte)),
                None => (1, rest.first().copied()),
            },
            Self::Squeeze => filter_next_byte(rest, &fold::SQUEEZE),
            Self::Join => filter_next_byte(rest, &fold::JOIN),
        };

        let bytes = [kept.unwrap_or_default(), 0, 0, 0];
        ReadingStep { consumed: consumed.max(1), bytes, n_bytes: usize::from(kept.is_some()) }
    }
}

/// Calls back with the readings of a text. `looks_escaped`: whether a value that is looked for looks escaped itself.
pub(super) fn visit_all(text: &str, looks_escaped: bool, search: &mut dyn FnMut(&KnownReading<'_>)) {
    let whole = KnownReading::of(text);
    search(&whole);
    visit_layers(&whole, Escapes::All, MAX_ROUNDS, search);
    let n_kinds = ['\\', '%', '&'].iter().filter(|kind| text.contains(**kind)).count();

    // A value with `%41` in it is spoilt when all escapes are undone, so kinds are undone one by one as well.
    if looks_escaped && n_kinds > 1 {
        for escapes in [Escapes::Backslash, Escapes::Percent] {
            if let Some(reading) = KnownReading::made(&whole, ReadingRule::Unescape(escapes)) {
                search(&reading);
                visit_layers(&reading, escapes, MAX_ROUNDS - 1, search);
            }
        }
    }
}

/// Undoes one layer of escapes after the other, then drops what stands between characters.
fn visit_layers(
    reading: &KnownReading<'_>,
    escapes: Escapes,
    rounds: usize,
    search: &mut dyn FnMut(&KnownReading<'_>),
) {
    // Separators are dropped below the last layer alone: a backslash is one, and escapes would fall apart.
    let next = if rounds > 0 { KnownReading::made(reading, ReadingRule::Unescape(escapes)) } else { None };
    if let Some(next) = next {
        search(&next);
        return visit_layers(&next, escapes, rounds - 1, search);
    }
    match KnownReading::made(reading, ReadingRule::Squeeze) {
        Some(squeezed) => {
            search(&squeezed);
            visit_joined(&squeezed, search);
        }
        None => visit_joined(reading, search),
    }
}

fn visit_joined(reading: &KnownReading<'_>, search: &mut dyn FnMut(&KnownReading<'_>)) {
    // Punctuation is dropped only where something is spelled out: elsewhere unrelated words would touch.
    if is_spelled(reading.bytes())
        && let Some(joined) = KnownReading::made(reading, ReadingRule::Join)
    {
        search(&joined);
    }
}

/// A text with all layers of escapes undone; `None` when it has none.
pub(in crate::detect) fn unescape_text(text: &str) -> Option<String> {
    let (bytes, _) = unescaped_by_layers(text)?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Places of what was decoded, and the places that they were read from.
pub(in crate::detect) type Jumps = Vec<(usize, usize)>;

/// All layers of escapes undone, and of each layer the places behind its escapes with the places they were read from;
/// `None` when there are no escapes. The bytes need not be UTF-8.
pub(in crate::detect) fn unescaped_by_layers(text: &str) -> Option<(Vec<u8>, Vec<Jumps>)> {
    let (mut bytes, jumps) = unescape_layer(text.as_bytes())?;
    let mut layers = vec![jumps];
    while layers.len() < MAX_ROUNDS
        && let Some((next, jumps)) = unescape_layer(&bytes)
    {
        bytes = next;
        layers.push(jumps);
    }
    Some((bytes, layers))
}

fn unescape_layer(bytes: &[u8]) -> Option<(Vec<u8>, Jumps)> {
    let mut at = escapes::find_first(bytes, Escapes::All)?;
    let mut out = bytes.get(..at)?.to_vec();
    let mut jumps = Vec::new();

    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let step = ReadingRule::Unescape(Escapes::All).step(rest);
        out.extend(step.bytes.iter().take(step.n_bytes));
        at += step.consumed;

        if step.consumed > 1 {
            jumps.push((out.len(), at));
        }
    }

    Some((out, jumps))
}

/// One layer of escapes undone; `None` when there is none.
pub(super) fn unescaped_once(text: &str) -> Option<Vec<u8>> {
    unescape_with_marks(text.as_bytes(), Escapes::All).map(|(bytes, _)| bytes)
}

/// Whether bytes would be read in another way were their escapes undone.
pub(super) fn looks_escaped(bytes: &[u8]) -> bool {
    escapes::find_first(bytes, Escapes::All).is_some()
}

/// Bytes without separators, look-alikes folded.
pub(super) fn squeeze_bytes(bytes: &[u8]) -> Vec<u8> {
    filter_bytes(bytes, &fold::SQUEEZE).map_or_else(|| bytes.to_vec(), |(kept, _)| kept)
}

/// Bytes without the punctuation of tokens.
pub(super) fn join_bytes(bytes: &[u8]) -> Vec<u8> {
    filter_bytes(bytes, &fold::JOIN).map_or_else(|| bytes.to_vec(), |(kept, _)| kept)
}

/// What a reading holds, and its marks.
type MarkedBytes = (Vec<u8>, Vec<(usize, usize)>);

fn unescape_with_marks(bytes: &[u8], escapes: Escapes) -> Option<MarkedBytes> {
    escapes::find_first(bytes, escapes)?;
    let mut out = Vec::with_capacity(bytes.len());
    let mut marks = Vec::with_capacity(bytes.len() / MARK_BYTES * 2 + 1);
    let mut at = 0;
    let mut due = 0;

    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if out.len() >= due {
            marks.push((out.len(), at));
            due = out.len() + MARK_BYTES;
        }
        let plain = rest.get(..MARK_BYTES).unwrap_or(rest);
        let plain = plain.iter().position(|byte| escapes::is_escape_start(*byte)).unwrap_or(plain.len());

        if plain > 0 {
            out.extend_from_slice(rest.get(..plain).unwrap_or_default());
            at += plain;
            continue;
        }
        let step = ReadingRule::Unescape(escapes).step(rest);
        out.extend_from_slice(step.bytes.get(..step.n_bytes).unwrap_or_default());
        at += step.consumed;
    }

    Some((out, marks))
}

/// Drops and folds by classes. Most bytes take neither branch nor look.
fn filter_bytes(bytes: &[u8], classes: &Classes) -> Option<MarkedBytes> {
    let mut out = vec![0; bytes.len()];
    let mut marks = Vec::with_capacity(bytes.len() / MARK_BYTES + 1);
    let (mut at, mut n_kept, mut folded) = (0, 0, false);

    while at < bytes.len() {
        marks.push((n_kept, at));
        let end = bytes.len().min(at + MARK_BYTES);

        while at < end {
            let byte = bytes.get(at).copied().unwrap_or_default();
            let class = classes.get(usize::from(byte)).copied().unwrap_or(FoldClass::Keep);
            let (consumed, kept) = match class {
                FoldClass::Look => fold::squeeze_character(bytes.get(at..).unwrap_or_default()),
                _ => (1, None),
            };
            folded |= consumed > 1;

            // Each byte is written, and counted only where it stays: dropping takes no branch.
            if let Some(slot) = out.get_mut(n_kept) {
                *slot = kept.unwrap_or(byte);
            }
            n_kept += usize::from(class == FoldClass::Keep || kept.is_some());
            at += consumed;
        }
    }

    out.truncate(n_kept);
    (folded || n_kept < bytes.len()).then_some((out, marks))
}

fn filter_next_byte(rest: &[u8], classes: &Classes) -> (usize, Option<u8>) {
    let byte = rest.first().copied().unwrap_or_default();
    match classes.get(usize::from(byte)) {
        Some(FoldClass::Look) => fold::squeeze_character(rest),
        Some(FoldClass::Drop) => (1, None),
        _ => (1, Some(byte)),
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
