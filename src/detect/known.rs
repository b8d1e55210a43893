//! Finds values that are known in advance in whatever dress they come: spelled out, escaped, encoded, reversed or cut.
//! Knows nothing of where a text came from.

mod forms;
mod partial;
mod reading;

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use self::forms::Form;
use self::partial::Partial;
use self::reading::Reading;
use crate::model::Secret;

/// Values of fewer characters are not looked for: in megabytes of text they turn up by chance.
pub const MIN_VALUE_CHARS: usize = 12;
/// More places of one text are not reported.
const MAX_HITS: usize = 256;
/// Only this much of one text is searched.
const MAX_TEXT_BYTES: usize = 16 * 1024 * 1024;

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

/// Looks for known values; built once, used on many texts.
///
/// Of a JWT the header is public, and never counts; a part of its payload counts only where it stands alone, is 24
/// characters long and holds a claim that is the caller's own. Any other part counts from 12 characters on.
pub struct KnownFinder {
    machines: Option<Machines>,
}

struct Machines {
    exact: Machine,
    folded: Machine,
    partial: Partial,
}

struct Machine {
    automaton: AhoCorasick,
    forms: Vec<Form>,
}

impl std::fmt::Debug for KnownFinder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KnownFinder").finish_non_exhaustive()
    }
}

impl KnownFinder {
    /// Prepares the search. Values shorter than [`MIN_VALUE_CHARS`] are left out.
    pub fn new(needles: &[Needle]) -> Self {
        let values: Vec<(usize, &str)> = needles
            .iter()
            .enumerate()
            .map(|(index, needle)| (index, needle.value.expose()))
            .filter(|(_, value)| value.chars().count() >= MIN_VALUE_CHARS)
            .collect();
        if values.is_empty() {
            return Self { machines: None };
        }
        let forms: Vec<Form> = values.iter().flat_map(|(needle, value)| forms::of(*needle, value)).collect();
        let (exact, folded): (Vec<Form>, Vec<Form>) = forms.into_iter().partition(|form| form.exact);
        let machines = Machine::new(exact, false).zip(Machine::new(folded, true)).map(|(exact, folded)| Machines {
            exact,
            folded,
            partial: Partial::new(&values),
        });
        Self { machines }
    }

    /// Every place where a value stands, in the order of the text. Where several readings of one place hold it, the
    /// one that shows most of it is told. At most 256 places, of the first 16 MiB.
    pub fn find(&self, text: &str) -> Vec<KnownHit> {
        let Some(machines) = &self.machines else { return Vec::new() };
        let end = (0..=text.len().min(MAX_TEXT_BYTES)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let text = text.get(..end).unwrap_or_default();
        let mut hits = Vec::new();
        reading::each(text, |reading| machines.search(text, reading, &mut hits));
        best(hits)
    }
}

impl Machines {
    fn search(&self, text: &str, reading: &Reading<'_>, hits: &mut Vec<KnownHit>) {
        let limit = hits.len() + MAX_HITS;
        for machine in [&self.exact, &self.folded] {
            for found in machine.automaton.find_overlapping_iter(reading.bytes()) {
                let Some(form) = machine.forms.get(found.pattern().as_usize()) else { continue };
                if hits.len() >= limit {
                    return;
                }
                hits.push(form.hit(text, reading, found.range()));
            }
        }
        self.partial.find(text, reading, limit, hits);
    }
}

impl Machine {
    fn new(forms: Vec<Form>, fold: bool) -> Option<Self> {
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(fold)
            .match_kind(MatchKind::Standard)
            .build(forms.iter().map(|form| &form.bytes))
            .ok()?;
        Some(Self { automaton, forms })
    }
}

/// Leaves of overlapping hits of one needle the one that shows most, and of equal ones the plainest.
fn best(mut hits: Vec<KnownHit>) -> Vec<KnownHit> {
    hits.sort_by_key(|hit| (!hit.whole, usize::MAX - hit.run, hit.transformation, hit.range.start));
    let mut kept: Vec<KnownHit> = Vec::new();
    for hit in hits {
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
