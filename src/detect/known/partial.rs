//! Parts of values: runs of characters that a text and a value have in common.

use std::collections::HashMap;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::index::{GRAM, IndexEntry, gram_from_bytes};
use super::reading::{KnownReading, join_bytes, squeeze_bytes};
use super::words::is_common_part;
use super::{EXACT_BELOW, KnownHit, MIN_VALUE_CHARS, SearchPurpose, Transformation};
use crate::detect::names::is_sensitive_name;

/// A run of a random value that is this long gives it away: by chance 12 characters agree in 100 MB once in 10^8 texts.
const RUN: usize = 12;
/// In the payload of a JWT, whose claim names are everybody's, a run must be longer.
const PAYLOAD_RUN: usize = 24;
/// Runs such as `xxxxxxxxxxxx` or `000000000001` stand everywhere.
const MIN_VARIETY: usize = 5;
/// The same where a text is only to be kept back.
const MIN_VARIETY_TO_KEEP_BACK: usize = 4;
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
enum PartialMark {
    /// The same for everybody.
    Public,
    /// Encodes claims; the number is that of a claim of the caller's own, or 0.
    Payload(u8),
    /// The value's own.
    Own,
}

/// A value of which parts count.
pub(super) struct PartialReference {
    needle: usize,
    purpose: SearchPurpose,
    bytes: Vec<u8>,
    marks: Vec<PartialMark>,
}

/// The values of which parts count: as they are, and as they stand where separators were dropped.
pub(super) fn build_references(values: &[(usize, &str)], purpose: SearchPurpose) -> Vec<PartialReference> {
    // A part of a short value comes about by chance; what is kept back may be too much, a proof may not.
    let counts = |value: &str| match purpose {
        SearchPurpose::Proof => value.chars().count() >= EXACT_BELOW,
        SearchPurpose::Redaction => value.len() >= MIN_VALUE_CHARS && !is_sensitive_name(value),
    };
    let mut all: Vec<PartialReference> = values
        .iter()
        .filter(|(_, value)| counts(value))
        .flat_map(|(at, value)| PartialReference::all(*at, value, purpose))
        .collect();
    if purpose == SearchPurpose::Proof {
        mark_what_is_shared(&mut all);
    }
    all
}

/// The grams by which parts are found.
pub(super) fn reference_grams(references: &[PartialReference]) -> impl Iterator<Item = (u64, IndexEntry)> {
    references.iter().enumerate().flat_map(|(index, reference)| {
        reference.bytes.windows(GRAM).enumerate().filter_map(move |(at, window)| {
            let marks = reference.marks.get(at..at + GRAM).unwrap_or_default();
            // A gram of public characters would call for a comparison at each token of any caller.
            let is_public = marks.iter().all(|mark| *mark == PartialMark::Public);
            gram_from_bytes(window).filter(|_| !is_public).map(|gram| (gram, IndexEntry::Run(index, at)))
        })
    })
}

/// What two values have in common (`demo-token-of-`) tells neither of them, unless one holds the other.
fn mark_what_is_shared(references: &mut [PartialReference]) {
    let holds = |outer: &[u8], inner: &[u8]| outer.windows(inner.len().max(1)).any(|window| window == inner);
    let mut owners: HashMap<u64, Option<usize>> = HashMap::new();

    for reference in references.iter() {
        let holders = references.iter().filter(|other| holds(&other.bytes, &reference.bytes));
        // A token shares all of itself with the header value that holds it, which is the same secret.
        let outermost = holders.max_by_key(|holder| holder.bytes.len());
        let needle = outermost.map_or(reference.needle, |outermost| outermost.needle);

        for gram in reference.bytes.windows(GRAM).filter_map(gram_from_bytes) {
            let owner = owners.entry(gram).or_insert(Some(needle));
            *owner = owner.filter(|owner| *owner == needle);
        }
    }

    for reference in references {
        let shared =
            |window| gram_from_bytes(window).is_some_and(|gram| owners.get(&gram).is_some_and(Option::is_none));
        let places = reference.bytes.windows(GRAM).enumerate().filter(|(_, window)| shared(window));

        for (at, _) in places {
            // Payload keeps its marks: whose its claims are was decided by their names.
            let own = reference.marks.iter_mut().skip(at).take(GRAM).filter(|mark| **mark == PartialMark::Own);
            own.for_each(|mark| *mark = PartialMark::Public);
        }
    }
}

impl PartialReference {
    fn all(needle: usize, value: &str, purpose: SearchPurpose) -> Vec<Self> {
        let whole = Self { needle, purpose, bytes: value.as_bytes().to_vec(), marks: value_marks(value, purpose) };
        let squeezed = whole.kept(squeeze_bytes);
        let joined = squeezed.kept(join_bytes);
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
        Self { bytes, marks, ..*self }
    }

    /// The longest run around a gram: where it starts in the text, and which part of the value it is.
    pub fn extend(&self, text: &[u8], in_text: usize, in_value: usize) -> (usize, Range<usize>) {
        let same = |(a, b): &(&u8, &u8)| a.eq_ignore_ascii_case(b);
        let before = text.get(..in_text).unwrap_or_default().iter().rev();
        let before = before.zip(self.bytes.get(..in_value).unwrap_or_default().iter().rev());
        let before = before.take_while(same).count();
        let after = text.get(in_text..).unwrap_or_default().iter();
        let after = after.zip(self.bytes.get(in_value..).unwrap_or_default());
        let after = after.take_while(same).count();

        (in_text - before, in_value - before..in_value + after)
    }

    /// The hit for a run, where it counts. The whole value is a form of its own.
    pub fn hit(&self, reading: &KnownReading<'_>, start: usize, run: &Range<usize>) -> Option<KnownHit> {
        let length = run.len();
        if length == self.bytes.len() || !self.counts(reading, start, run) {
            return None;
        }
        let range = reading.source(start..start + length);
        Some(KnownHit { needle: self.needle, transformation: Transformation::Part, run: length, whole: false, range })
    }

    /// Whether a run proves that the value was there or, for redaction, whether it tells enough to be kept back.
    fn counts(&self, reading: &KnownReading<'_>, start: usize, run: &Range<usize>) -> bool {
        let bytes = self.bytes.get(run.clone()).unwrap_or_default();
        let marks = self.marks.get(run.clone()).unwrap_or_default();
        let own: Vec<u8> =
            bytes.iter().zip(marks).filter(|(_, mark)| **mark == PartialMark::Own).map(|(byte, _)| *byte).collect();
        let n_payload = marks.iter().filter(|mark| matches!(mark, PartialMark::Payload(_))).count();

        if self.purpose == SearchPurpose::Redaction {
            let varied = || has_variety(bytes, MIN_VARIETY_TO_KEEP_BACK);
            // A run that begins in a public prefix counts with it, once a character of its own follows.
            let opaque = own.len() >= RUN || n_payload == 0 && !own.is_empty() && bytes.len() >= RUN;
            let is_own = opaque && varied() && !is_common_part(bytes, self.bytes.len());
            return n_payload >= PAYLOAD_RUN || is_own;
        }

        if own.len() >= RUN {
            return has_variety(&own.to_ascii_lowercase(), MIN_VARIETY);
        }
        // Another token of the same person begins alike; a part that goes on in another way is not of this one.
        n_payload >= PAYLOAD_RUN
            && !reading.touches()
            && stands_alone(reading.bytes(), start..start + run.len())
            && self.holds_claim(marks)
    }

    fn holds_claim(&self, marks: &[PartialMark]) -> bool {
        let count =
            |marks: &[PartialMark], claim| marks.iter().filter(|mark| **mark == PartialMark::Payload(claim)).count();
        let mut claims = marks.iter().filter_map(|mark| match mark {
            PartialMark::Payload(claim) if *claim > 0 => Some(*claim),
            _ => None,
        });
        // Half an e-mail address may be that of another caller: the claim has to be there whole.
        claims.any(|claim| count(marks, claim) == count(&self.marks, claim))
    }
}

fn value_marks(value: &str, purpose: SearchPurpose) -> Vec<PartialMark> {
    if purpose == SearchPurpose::Proof && is_made_by_a_clock(value) {
        return vec![PartialMark::Public; value.len()];
    }
    let public = PUBLIC_PREFIXES.iter().find(|prefix| value.starts_with(**prefix)).map_or(0, |prefix| prefix.len());
    let mut marks = Vec::with_capacity(value.len());

    for segment in value.split('.') {
        if !marks.is_empty() {
            marks.push(PartialMark::Public);
        }
        match decode_segment(segment) {
            Some(header) if header.1.get("alg").is_some() => marks.extend(segment.bytes().map(|_| PartialMark::Public)),
            Some(payload) => marks.extend(payload_marks(segment, &payload)),
            None => marks.extend(segment.bytes().map(|_| PartialMark::Own)),
        }
    }

    marks.iter_mut().take(public).for_each(|mark| *mark = PartialMark::Public);
    marks
}

fn decode_segment(segment: &str) -> Option<(String, Value)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(segment.trim_end_matches('=')).ok()?).ok()?;
    let value = serde_json::from_str::<Value>(&text).ok().filter(Value::is_object)?;
    Some((text, value))
}

fn payload_marks(segment: &str, (text, claims): &(String, Value)) -> Vec<PartialMark> {
    let mut marks = vec![PartialMark::Payload(0); segment.len()];
    for (name, number) in OWN_CLAIMS.iter().zip(1u8..) {
        let Some(value) = claims.get(name) else { continue };
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        // A claim that JSON writes with escapes is not found, and counts as the property of no caller.
        let Some(start) = text.find(&shown) else { continue };
        let chars = (start * 8).div_ceil(6)..(start + shown.len()) * 8 / 6;

        if chars.len() >= MIN_CLAIM_CHARS {
            marks.get_mut(chars).into_iter().flatten().for_each(|mark| *mark = PartialMark::Payload(number));
        }
    }

    marks
}

/// Whether no character of base64url touches a place.
fn stands_alone(text: &[u8], range: Range<usize>) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
    !is_part(range.start.checked_sub(1).and_then(|at| text.get(at))) && !is_part(text.get(range.end))
}

/// Whether so many different bytes stand in a run.
pub(super) fn has_variety(run: &[u8], least: usize) -> bool {
    let mut seen = [false; 256];
    run.iter().for_each(|byte| seen.get_mut(usize::from(*byte)).into_iter().for_each(|seen| *seen = true));
    seen.iter().filter(|seen| **seen).count() >= least
}

/// Identifiers that are made of a clock and a machine: the next one has most of its characters. They count whole.
fn is_made_by_a_clock(value: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    let is_hex = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();

    match lengths.as_slice() {
        // An identifier of MongoDB.
        [24] => is_hex,
        // A UUID of version 1, 2 or 6.
        [8, 4, 4, 4, 12] => is_hex && parts.get(2).is_some_and(|part| part.starts_with(['1', '2', '6'])),
        _ => false,
    }
}
