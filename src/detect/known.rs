//! Finds values that are known in advance in whatever dress they come: spelled out, escaped, encoded, reversed or cut.
//! Knows nothing of where a text came from.

mod codes;
mod escapes;
mod fold;
mod forms;
mod index;
mod packed;
mod partial;
mod reading;
mod short;
mod words;

use std::ops::{ControlFlow, Range};
use std::sync::{Arc, OnceLock};

use self::forms::KnownForm;
use self::index::{GRAM, Index, IndexEntry, SURE};
use self::partial::PartialReference;
use self::reading::KnownReading;
pub(super) use self::reading::{unescape_text, unescaped_by_layers};
use self::short::Short;
use crate::model::Secret;

/// Values of fewer characters are not looked for: in megabytes of text they turn up by chance.
pub const MIN_VALUE_CHARS: usize = 12;
/// Values of fewer characters are a proof only letter for letter, or in an encoding that keeps every character: a word
/// with other capital letters, in pieces or reversed is soon found.
pub const EXACT_BELOW: usize = 20;
/// A value of fewer different characters than this (`000000000000`) proves nothing.
const MIN_VARIETY: usize = 5;
/// Values of fewer bytes are not even kept back: they would blacken half of a report.
const LEAST_BLACKENED: usize = 3;
/// More places of one text are not reported.
const MAX_HITS: usize = 256;
/// Only this much of one text is searched.
const MAX_TEXT_BYTES: usize = 16 * 1024 * 1024;

/// What is done with what is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SearchPurpose {
    /// Somebody is told that a value was there.
    Proof,
    /// It is cut out; rather once too often.
    Redaction,
}

/// A value that is looked for: its name (`ALICE_TOKEN`, `canary 1`) and the value.
#[derive(Debug, Clone)]
pub struct Needle {
    /// What the value is called in findings.
    pub name: String,
    /// The value itself.
    pub value: Secret,
}

/// How a value was written where it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transformation {
    /// As it is.
    Plain,
    /// With other capital letters.
    Case,
    /// With white space, commas, quotes or hyphens between its characters.
    Spaced,
    /// Last character first.
    Reversed,
    /// Letters moved by 13.
    Rot13,
    /// Printable ASCII moved by 47.
    Rot47,
    /// As hexadecimal digits.
    Hex,
    /// As base64 of a text that holds it, in either alphabet.
    Base64,
    /// As base64 of base64.
    DoubleBase64,
    /// As base64 that is read backwards, or base64 of the value backwards.
    ReversedBase64,
    /// As base32 of a text that holds it, in either alphabet.
    Base32,
    /// As base85 of a text that holds it, in three alphabets.
    Base85,
    /// In UTF-16, as base64 or hexadecimal digits.
    Utf16,
    /// In a text that is packed with gzip or zlib, as base64.
    Packed,
    /// With `%XX` in it.
    Percent,
    /// With `\u0067` or `\x67` in it.
    Escaped,
    /// With HTML entities in it.
    Html,
    /// In full-width forms (U+FF01 to U+FF5E).
    FullWidth,
    /// In mathematical or circled letters.
    Styled,
    /// In tag characters (U+E0020 to U+E007E), which nobody sees.
    Tags,
    /// With invisible characters between its own.
    Invisible,
    /// A part of it alone.
    Part,
}

impl Transformation {
    /// A stable name: `double-base64`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Case => "case",
            Self::Spaced => "spaced",
            Self::Reversed => "reversed",
            Self::Rot13 => "rot13",
            Self::Rot47 => "rot47",
            Self::Hex => "hex",
            Self::Base64 => "base64",
            Self::DoubleBase64 => "double-base64",
            Self::ReversedBase64 => "reversed-base64",
            Self::Base32 => "base32",
            Self::Base85 => "base85",
            Self::Utf16 => "utf-16",
            Self::Packed => "packed",
            Self::Percent => "percent",
            Self::Escaped => "escaped",
            Self::Html => "html",
            Self::FullWidth => "full-width",
            Self::Styled => "styled",
            Self::Tags => "tags",
            Self::Invisible => "invisible",
            Self::Part => "part",
        }
    }
}

/// A place where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownHit {
    /// Index into the needles.
    pub needle: usize,
    /// How it is written there.
    pub transformation: Transformation,
    /// Characters of the value that were seen. Of the base64 of a value, the characters that it determines.
    pub run: usize,
    /// Whether that is all of it.
    pub whole: bool,
    /// Bytes of the text.
    pub range: Range<usize>,
}

/// A place that a redactor cuts out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownPlace {
    /// Index into the needles.
    pub needle: usize,
    /// Bytes of the text.
    pub range: Range<usize>,
}

/// A value that must not be shown, with the forms in which it may stand. They are worked out once, by the first search: a
/// scan learns a value for every token that it forges, and each search covers all of them.
#[derive(Clone)]
pub(super) struct HiddenValue {
    /// The value and the name that stands in its place.
    pub needle: Needle,
    /// Its place among the values that are searched together.
    index: usize,
    /// Shared by clones, so that they are not made again for them.
    forms: Arc<OnceLock<Vec<Arc<KnownForm>>>>,
}

impl HiddenValue {
    /// Takes a value that stands at this place among the values that are searched together.
    pub(super) fn new(index: usize, needle: Needle) -> Self {
        Self { needle, index, forms: Arc::default() }
    }

    fn forms(&self) -> &[Arc<KnownForm>] {
        let work_out = || forms::build_all(self.index, self.needle.value.expose(), SearchPurpose::Redaction);
        self.forms.get_or_init(|| work_out().into_iter().map(Arc::new).collect())
    }
}

/// Looks for known values; built once, used on many texts.
///
/// Of a JWT the header is public, and never counts; a part of its payload counts only where it stands alone, is 24
/// characters long and holds a claim that is the caller's own. Any other part counts from 12 characters on, unless
/// another needle has it too. Values of fewer than 20 characters count whole and letter for letter alone.
pub struct KnownFinder {
    /// Forms that the index finds.
    forms: Vec<Arc<KnownForm>>,
    references: Vec<PartialReference>,
    index: Index,
    short: Option<Short>,
    looks_escaped: bool,
}

impl std::fmt::Debug for KnownFinder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KnownFinder").finish_non_exhaustive()
    }
}

impl KnownFinder {
    /// Prepares the search for a proof. Values shorter than [`MIN_VALUE_CHARS`], or of fewer than five different
    /// characters, are left out.
    pub fn new(needles: &[Needle]) -> Self {
        let values = needles.iter().enumerate().map(|(index, needle)| (index, needle.value.expose()));
        let values: Vec<_> = values
            .filter(|(_, value)| partial::has_variety(&value.to_ascii_lowercase().into_bytes(), MIN_VARIETY))
            .collect();
        let forms = values
            .iter()
            .flat_map(|(needle, value)| forms::build_all(*needle, value, SearchPurpose::Proof))
            .map(Arc::new);
        // Without short forms there is no automaton that could be too large.
        Self::build(forms.collect(), &values, SearchPurpose::Proof)
            .unwrap_or_else(|| Self::of(Vec::new(), Vec::new(), None))
    }

    /// Prepares the search for what must not be shown; `None` when there is too much to look for.
    pub(super) fn to_keep_back(hidden: &[HiddenValue]) -> Option<Self> {
        let values = hidden.iter().enumerate().map(|(index, hidden)| (index, hidden.needle.value.expose()));
        let forms = hidden.iter().flat_map(|hidden| hidden.forms().iter().cloned());
        Self::build(forms.collect(), &values.collect::<Vec<_>>(), SearchPurpose::Redaction)
    }

    fn build(forms: Vec<Arc<KnownForm>>, values: &[(usize, &str)], purpose: SearchPurpose) -> Option<Self> {
        // The index looks at every fourth place of a text, and so passes over what is shorter.
        let (forms, short): (Vec<_>, Vec<_>) = forms.into_iter().partition(|form| form.bytes.len() >= SURE);
        let short = if short.is_empty() { None } else { Some(Short::new(short)?) };
        Some(Self::of(forms, partial::build_references(values, purpose), short))
    }

    fn of(forms: Vec<Arc<KnownForm>>, references: Vec<PartialReference>, short: Option<Short>) -> Self {
        // The end of a token is its own; its beginning is everybody's.
        let ends = forms.iter().enumerate().flat_map(|(number, form)| {
            let from = form.bytes.len().saturating_sub(SURE);
            let windows = form.bytes.windows(GRAM).enumerate().skip(from);
            windows
                .filter_map(move |(at, window)| Some((index::gram_from_bytes(window)?, IndexEntry::Form(number, at))))
        });

        let index = Index::new(ends.chain(partial::reference_grams(&references)));
        let looks_escaped =
            forms.iter().any(|form| form.looks_escaped()) || short.as_ref().is_some_and(Short::looks_escaped);
        Self { forms, references, index, short, looks_escaped }
    }

    /// Every place where a value stands, in the order of the text. Where several readings of one place hold it, the
    /// one that shows most of it is told. At most 256 places, of the first 16 MiB.
    pub fn find(&self, text: &str) -> Vec<KnownHit> {
        let end = (0..=text.len().min(MAX_TEXT_BYTES)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        keep_best_hits(self.search(text.get(..end).unwrap_or_default(), true, MAX_HITS))
    }

    /// Every place that must not be shown, in no order, some of them twice. `parts`: also where a part of a value
    /// stands that is no segment of a token.
    pub(super) fn places(&self, text: &str, parts: bool) -> Vec<KnownPlace> {
        let hits = self.search(text, parts, usize::MAX);
        hits.into_iter().map(|hit| KnownPlace { needle: hit.needle, range: hit.range }).collect()
    }

    fn search(&self, text: &str, parts: bool, most: usize) -> Vec<KnownHit> {
        let mut hits = Vec::new();
        if self.forms.is_empty() && self.short.is_none() {
            return hits;
        }
        // A hit stands for the whole packed run: a value cannot be cut out of the middle of compressed data.
        packed::visit_all(text.as_bytes(), &mut |range, plain| {
            let within = self.search_readings(plain, parts, most).into_iter();
            hits.extend(within.map(|hit| KnownHit {
                transformation: Transformation::Packed,
                range: range.clone(),
                ..hit
            }));
        });

        hits.extend(self.search_readings(text, parts, most));
        hits
    }

    fn search_readings(&self, text: &str, parts: bool, most: usize) -> Vec<KnownHit> {
        let mut hits = Vec::new();
        reading::visit_all(text, self.looks_escaped, &mut |reading| {
            // Each reading has a limit of its own: one that is full must not keep the next from being searched.
            let limit = hits.len().saturating_add(most);
            self.search_one(text, reading, parts, limit, &mut hits);

            if let Some(short) = &self.short {
                short.each(reading, |form, start| hits.push(form.hit(text, reading, start)));
            }
        });

        hits
    }

    fn search_one(&self, text: &str, reading: &KnownReading<'_>, parts: bool, limit: usize, hits: &mut Vec<KnownHit>) {
        let bytes = reading.bytes();
        // The grams of a run lead to the same run.
        let mut seen: Vec<(usize, Range<usize>)> = vec![(0, 0..0); self.references.len()];
        let _ = self.index.each(bytes, |place, entries| {
            for entry in entries {
                match *entry {
                    IndexEntry::Form(number, at) => {
                        let start = place.checked_sub(at);
                        let form =
                            self.forms.get(number).zip(start).filter(|(form, start)| form.is_at(reading, *start));
                        hits.extend(form.map(|(form, start)| form.hit(text, reading, start)));
                    }
                    IndexEntry::Run(number, at) if parts => {
                        let Some(reference) = self.references.get(number) else { continue };
                        let run = reference.extend(bytes, place, at);

                        if let Some(last) = seen.get_mut(number).filter(|last| **last != run) {
                            hits.extend(reference.hit(reading, run.0, &run.1));
                            *last = run;
                        }
                    }
                    IndexEntry::Run(..) => {}
                }

                if hits.len() >= limit {
                    return ControlFlow::Break(());
                }
            }

            ControlFlow::Continue(())
        });
    }
}

/// Leaves of overlapping hits of one needle the one that shows most, and of equal ones the plainest.
fn keep_best_hits(mut hits: Vec<KnownHit>) -> Vec<KnownHit> {
    hits.sort_by_key(|hit| (!hit.whole, usize::MAX - hit.run, hit.transformation, hit.range.start));
    let mut kept: Vec<KnownHit> = Vec::new();

    for hit in hits {
        // Readings overlap: an escaped value shows in a reading of its own and again in those made from it.
        let covered = kept.iter().any(|other| {
            other.needle == hit.needle && other.range.start < hit.range.end && hit.range.start < other.range.end
        });
        if !covered && kept.len() < MAX_HITS {
            kept.push(hit);
        }
    }

    kept.sort_by_key(|hit| (hit.range.start, hit.needle));
    kept
}
