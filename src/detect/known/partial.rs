//! Parts of values: runs of characters that a text and a value have in common.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::reading::{Reading, joined, squeezed};
use super::{KnownHit, Transformation};

/// A run of a random value that is this long gives it away: by chance 12 characters agree in 100 MB once in 10^8 texts.
const RUN: usize = 12;
/// In the payload of a JWT, whose claim names are everybody's, a run must be longer.
const PAYLOAD_RUN: usize = 24;
const GRAM: usize = 8;
/// Every run of 11 characters or more holds a gram that starts at a multiple of this.
const STRIDE: usize = 4;
/// Runs such as `xxxxxxxxxxxx` or `000000000001` stand everywhere.
const MIN_VARIETY: usize = 5;
/// A claim shorter than this tells nobody from his neighbour.
const MIN_CLAIM_CHARS: usize = 6;
/// Beginnings that a vendor gives to every key of a kind.
const PUBLIC_PREFIXES: [&str; 6] =
    ["sk-ant-api03-", "sk-ant-admin01-", "sk-ant-oat01-", "sk-svcacct-", "github_pat_11", "ops_eyJzaWduSW5BZGRyZXNzI"];
/// Claims that are the caller's own, rather than everybody's.
const OWN_CLAIMS: [&str; 14] = [
    "sub",
    "jti",
    "sid",
    "nonce",
    "email",
    "name",
    "oid",
    "uid",
    "user_id",
    "userId",
    "username",
    "preferred_username",
    "session_id",
    "phone_number",
];

/// What a character of a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// The same for everybody.
    Public,
    /// Encodes claims; the number is that of a claim of the caller's own, or 0.
    Payload(u8),
    /// The value's own.
    Own,
}

/// A value in lower case.
struct Reference {
    needle: usize,
    bytes: Vec<u8>,
    marks: Vec<Mark>,
}

/// The grams of all values.
pub(super) struct Partial {
    references: Vec<Reference>,
    grams: HashMap<u64, Vec<(u32, u32)>, BuildHasherDefault<GramHasher>>,
    /// One bit for each hash of a gram; answers nearly every question with no.
    present: Vec<u64>,
}

impl Partial {
    pub fn new(values: &[(usize, &str)]) -> Self {
        let references: Vec<Reference> =
            values.iter().flat_map(|(needle, value)| Reference::all(*needle, value)).collect();
        let mut partial = Self { references: Vec::new(), grams: HashMap::default(), present: vec![0; 1024] };
        for (index, reference) in references.iter().enumerate() {
            for (at, window) in reference.bytes.windows(GRAM).enumerate() {
                let marks = reference.marks.get(at..at + GRAM).unwrap_or_default();
                if marks.iter().all(|mark| *mark == Mark::Public) {
                    continue;
                }
                if let (Some(gram), Ok(index), Ok(at)) = (gram(window), u32::try_from(index), u32::try_from(at)) {
                    let (word, bit) = slot(gram);
                    if let Some(word) = partial.present.get_mut(word) {
                        *word |= bit;
                    }
                    partial.grams.entry(gram).or_default().push((index, at));
                }
            }
        }
        partial.references = references;
        partial
    }

    /// Adds the parts that one reading shows, up to `limit` hits in all.
    pub fn find(&self, text: &str, reading: &Reading<'_>, limit: usize, hits: &mut Vec<KnownHit>) {
        let bytes = reading.bytes();
        for (step, window) in bytes.windows(GRAM).step_by(STRIDE).enumerate() {
            let Some(gram) = gram(window).filter(|gram| self.may_hold(*gram)) else { continue };
            for (index, at) in self.grams.get(&gram).into_iter().flatten() {
                let Some(reference) = self.references.get(*index as usize) else { continue };
                let (start, run) = reference.extend(bytes, step * STRIDE, *at as usize);
                if hits.len() >= limit {
                    return;
                }
                if reference.counts(bytes, start, &run, reading.touches()) {
                    let range = reading.source(start..start + run.len());
                    let again =
                        hits.iter().rev().take(16).any(|hit| hit.needle == reference.needle && hit.range == range);
                    if !again {
                        hits.push(reference.hit(text, reading, range, run.len()));
                    }
                }
            }
        }
    }

    fn may_hold(&self, gram: u64) -> bool {
        let (word, bit) = slot(gram);
        self.present.get(word).is_some_and(|word| word & bit != 0)
    }
}

impl Reference {
    /// The value as it is, and as it stands where separators were dropped.
    fn all(needle: usize, value: &str) -> Vec<Self> {
        let whole = Self { needle, bytes: value.to_ascii_lowercase().into_bytes(), marks: marks(value) };
        let squeezed = whole.kept(squeezed);
        let joined = squeezed.kept(joined);
        let mut all = vec![whole];
        for other in [squeezed, joined] {
            if all.iter().all(|known| known.bytes != other.bytes) {
                all.push(other);
            }
        }
        all
    }

    fn kept(&self, filter: fn(&[u8]) -> Vec<u8>) -> Self {
        let keeps = |byte: &u8| !byte.is_ascii() || !filter(&[*byte]).is_empty();
        let kept = self.bytes.iter().zip(&self.marks).filter(|(byte, _)| keeps(byte));
        let (bytes, marks) = kept.map(|(byte, mark)| (*byte, *mark)).unzip();
        Self { needle: self.needle, bytes, marks }
    }

    /// The longest run around a gram: where it starts in the text, and which part of the value it is.
    fn extend(&self, text: &[u8], in_text: usize, in_value: usize) -> (usize, Range<usize>) {
        let same = |a: &u8, b: &u8| a.to_ascii_lowercase() == *b;
        let before = text.get(..in_text).unwrap_or_default().iter().rev();
        let before = before.zip(self.bytes.get(..in_value).unwrap_or_default().iter().rev());
        let before = before.take_while(|(a, b)| same(a, b)).count();
        let after = text.get(in_text..).unwrap_or_default().iter();
        let after = after.zip(self.bytes.get(in_value..).unwrap_or_default());
        let after = after.take_while(|(a, b)| same(a, b)).count();
        (in_text - before, in_value - before..in_value + after)
    }

    /// Whether a run proves that the value was there.
    fn counts(&self, text: &[u8], start: usize, run: &Range<usize>, touches: bool) -> bool {
        let bytes = self.bytes.get(run.clone()).unwrap_or_default();
        let marks = self.marks.get(run.clone()).unwrap_or_default();
        let own = bytes.iter().zip(marks).filter(|(_, mark)| **mark == Mark::Own).map(|(byte, _)| *byte);
        let own: Vec<u8> = own.collect();
        if own.len() >= RUN {
            return has_variety(&own);
        }
        let n_payload = marks.iter().filter(|mark| matches!(mark, Mark::Payload(_))).count();
        // Another token of the same person begins alike; a part that goes on in another way is not of this one.
        n_payload >= PAYLOAD_RUN && !touches && stands_alone(text, start..start + run.len()) && self.holds_claim(marks)
    }

    fn holds_claim(&self, marks: &[Mark]) -> bool {
        let count = |marks: &[Mark], claim| marks.iter().filter(|mark| **mark == Mark::Payload(claim)).count();
        let mut claims = marks.iter().filter_map(|mark| match mark {
            Mark::Payload(claim) if *claim > 0 => Some(*claim),
            _ => None,
        });
        claims.any(|claim| count(marks, claim) == count(&self.marks, claim))
    }

    fn hit(&self, text: &str, reading: &Reading<'_>, range: Range<usize>, run: usize) -> KnownHit {
        let whole = run == self.bytes.len();
        let transformation = match reading.dress(text, &range) {
            dress if whole => dress,
            _ => Transformation::Part,
        };
        KnownHit { needle: self.needle, transformation, run, whole, range }
    }
}

fn marks(value: &str) -> Vec<Mark> {
    let public = PUBLIC_PREFIXES.iter().find(|prefix| value.starts_with(**prefix)).map_or(0, |prefix| prefix.len());
    let mut marks = Vec::with_capacity(value.len());
    for segment in value.split('.') {
        if !marks.is_empty() {
            marks.push(Mark::Public);
        }
        match decoded(segment) {
            Some(header) if header.1.get("alg").is_some() => marks.extend(segment.bytes().map(|_| Mark::Public)),
            Some(payload) => marks.extend(payload_marks(segment, &payload)),
            None => marks.extend(segment.bytes().map(|_| Mark::Own)),
        }
    }
    marks.iter_mut().take(public).for_each(|mark| *mark = Mark::Public);
    marks
}

fn decoded(segment: &str) -> Option<(String, Value)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(segment.trim_end_matches('=')).ok()?).ok()?;
    let value = serde_json::from_str::<Value>(&text).ok().filter(Value::is_object)?;
    Some((text, value))
}

fn payload_marks(segment: &str, (text, claims): &(String, Value)) -> Vec<Mark> {
    let mut marks = vec![Mark::Payload(0); segment.len()];
    for (name, number) in OWN_CLAIMS.iter().zip(1u8..) {
        let Some(value) = claims.get(name) else { continue };
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let Some(start) = text.find(&shown) else { continue };
        let chars = (start * 8).div_ceil(6)..(start + shown.len()) * 8 / 6;
        if chars.len() >= MIN_CLAIM_CHARS {
            marks.get_mut(chars).into_iter().flatten().for_each(|mark| *mark = Mark::Payload(number));
        }
    }
    marks
}

/// Whether no character of base64url touches a place.
fn stands_alone(text: &[u8], range: Range<usize>) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
    !is_part(range.start.checked_sub(1).and_then(|at| text.get(at))) && !is_part(text.get(range.end))
}

fn has_variety(run: &[u8]) -> bool {
    let mut seen = [false; 256];
    run.iter().for_each(|byte| seen.get_mut(usize::from(*byte)).into_iter().for_each(|seen| *seen = true));
    seen.iter().filter(|seen| **seen).count() >= MIN_VARIETY
}

/// Eight bytes in lower case as one number.
fn gram(window: &[u8]) -> Option<u64> {
    let bytes: [u8; GRAM] = window.try_into().ok()?;
    Some(u64::from_le_bytes(bytes.map(|byte| byte.to_ascii_lowercase())))
}

fn slot(gram: u64) -> (usize, u64) {
    let hash = gram.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
    ((hash >> 6) as usize, 1 << (hash & 63))
}

/// Grams are spread by one multiplication; they come from the scan's own values, not from a stranger.
#[derive(Default)]
struct GramHasher(u64);

impl Hasher for GramHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
