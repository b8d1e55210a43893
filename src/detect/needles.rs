//! The forms in which a known value may stand in a text, and the automata that find them.

use std::collections::HashSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::names::is_sensitive_name;
use super::views::View;
use crate::model::Secret;

/// Values shorter than this are found only where they are a whole string, header or parameter value.
const MIN_ANYWHERE: usize = 6;
/// Values shorter than this are not looked for at all: they would blacken half of a report.
const MIN_KNOWN: usize = 3;
/// Forms shorter than this are not looked for regardless of case, nor across dropped white space.
const MIN_FOLDED: usize = 12;
/// A run of a known value that is this long gives it away.
const RUN: usize = 12;
/// In the payload of a JWT, whose claim names are everybody's, a run must be longer.
const PAYLOAD_RUN: usize = 24;
/// Beginnings that a vendor gives to every key of a kind.
const PUBLIC_PREFIXES: [&str; 6] =
    ["sk-ant-api03-", "sk-ant-admin01-", "sk-ant-oat01-", "sk-svcacct-", "github_pat_11", "ops_eyJzaWduSW5BZGRyZXNzI"];

/// One value to be kept out of every text.
#[derive(Clone)]
pub(super) struct Known {
    /// What stands in its place: `ALICE_TOKEN`.
    pub name: String,
    /// The value itself.
    pub value: Secret,
}

/// A place where a known value was found.
pub(super) struct Hit {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// Index into the known values.
    pub known: usize,
}

/// Automata for all known values.
pub(super) struct Needles {
    exact: Automaton,
    folded: Automaton,
    runs: Automaton,
}

struct Automaton {
    machine: AhoCorasick,
    forms: Vec<Form>,
}

#[derive(Clone)]
struct Form {
    bytes: Vec<u8>,
    known: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Anywhere,
    /// Counts only as a whole string or value.
    Whole,
    /// The middle of a base64 text; up to two characters on each side belong to it as well.
    Base64,
}

impl Needles {
    /// Builds the automata; `None` when they would be too large.
    pub fn new(known: &[Known]) -> Option<Self> {
        let (mut exact, mut folded, mut runs) = (Vec::new(), Vec::new(), Vec::new());
        for (index, entry) in known.iter().enumerate() {
            let value = entry.value.expose();
            add_forms(&mut exact, &mut folded, index, value);
            add_runs(&mut runs, index, value);
        }
        Some(Self {
            exact: Automaton::new(exact, false)?,
            folded: Automaton::new(folded, true)?,
            runs: Automaton::new(runs, true)?,
        })
    }

    /// All places of whole values in one reading of the text.
    pub fn whole(&self, view: &View, hits: &mut Vec<Hit>) {
        self.exact.find(view, hits);
        self.folded.find(view, hits);
    }

    /// All places of longer runs of values.
    pub fn runs(&self, view: &View, hits: &mut Vec<Hit>) {
        self.runs.find(view, hits);
    }
}

impl Automaton {
    fn new(forms: Vec<Form>, fold: bool) -> Option<Self> {
        let mut seen = HashSet::new();
        let forms: Vec<Form> = forms.into_iter().filter(|form| seen.insert(form.bytes.clone())).collect();
        let machine = AhoCorasick::builder()
            .ascii_case_insensitive(fold)
            .match_kind(MatchKind::Standard)
            .build(forms.iter().map(|form| &form.bytes))
            .ok()?;
        Some(Self { machine, forms })
    }

    fn find(&self, view: &View, hits: &mut Vec<Hit>) {
        for found in self.machine.find_overlapping_iter(&view.bytes) {
            let Some(form) = self.forms.get(found.pattern().as_usize()) else { continue };
            // Where white space was dropped, unrelated words touch; only a long form proves something there.
            if view.squeezed && (form.bytes.len() < MIN_FOLDED || form.kind == Kind::Whole) {
                continue;
            }
            let range = match form.kind {
                Kind::Anywhere => found.range(),
                Kind::Whole if is_whole(&view.bytes, &found.range()) => found.range(),
                Kind::Whole => continue,
                // Beyond a gap it is another word that follows.
                Kind::Base64 if view.squeezed => found.range(),
                Kind::Base64 => with_base64_neighbours(&view.bytes, found.range()),
            };
            hits.push(Hit { range: view.source(range), known: form.known });
        }
    }
}

fn add_forms(exact: &mut Vec<Form>, folded: &mut Vec<Form>, known: usize, value: &str) {
    if value.len() < MIN_KNOWN {
        return;
    }
    let form = |bytes: &[u8], kind| Form { bytes: bytes.to_vec(), known, kind };
    // A password `password` must not blacken every key of that name.
    if value.len() < MIN_ANYWHERE || is_sensitive_name(value) {
        exact.push(form(value.as_bytes(), Kind::Whole));
        return;
    }
    for text in written(value) {
        let target = if text.len() < MIN_FOLDED { &mut *exact } else { &mut *folded };
        target.push(form(text.as_bytes(), Kind::Anywhere));
    }
    // Escapes and hexadecimal digits come in either case.
    folded.push(form(hex(value.as_bytes()).as_bytes(), Kind::Anywhere));
    folded.push(form(percent_all(value).as_bytes(), Kind::Anywhere));
    folded.push(form(utf8_percent_encode(value, NON_ALPHANUMERIC).to_string().as_bytes(), Kind::Anywhere));
    for core in base64_cores(value.as_bytes()) {
        if value.len() >= MIN_FOLDED {
            // Base64 within base64, as a Basic credential in an encoded cookie.
            exact.extend(base64_cores(&core).iter().map(|outer| form(outer, Kind::Base64)));
        }
        exact.push(form(&core, Kind::Base64));
    }
    let mut parts = value.split('.').skip(1);
    if value.starts_with("eyJ") {
        // Payload and signature give a token away by themselves; the header is the same for everybody.
        folded.extend(parts.by_ref().filter(|part| part.len() >= RUN).map(|p| form(p.as_bytes(), Kind::Anywhere)));
    }
}

/// The value as text, and as JSON and forms write it.
fn written(value: &str) -> Vec<String> {
    let json = serde_json::to_string(value).unwrap_or_default();
    let json = json.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned();
    let mut all = vec![value.to_owned(), json.replace('/', "\\/"), value.replace(' ', "+")];
    if json.len() >= value.len() {
        all.push(json);
    }
    let trimmed = value.trim();
    if trimmed.len() >= MIN_ANYWHERE {
        all.push(trimmed.to_owned());
    }
    all
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn percent_all(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// The parts of base64(x ‖ value ‖ y) that depend on the value alone, for every length of x modulo 3.
fn base64_cores(value: &[u8]) -> Vec<Vec<u8>> {
    let mut cores = Vec::new();
    for before in 0..3 {
        let mut padded = vec![0; before];
        padded.extend_from_slice(value);
        let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        for coded in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            cores.extend(coded.as_bytes().get(first..last).filter(|core| core.len() >= 6).map(<[u8]>::to_vec));
        }
    }
    cores
}

fn add_runs(runs: &mut Vec<Form>, known: usize, value: &str) {
    let form = |bytes: &[u8]| Form { bytes: bytes.to_ascii_lowercase(), known, kind: Kind::Anywhere };
    if is_sensitive_name(value) {
        return;
    }
    if value.starts_with("eyJ") && value.contains('.') {
        for (index, part) in value.split('.').enumerate().skip(1) {
            let length = if index == 1 { PAYLOAD_RUN } else { RUN };
            runs.extend(part.as_bytes().windows(length).map(form));
        }
        return;
    }
    let public = PUBLIC_PREFIXES.iter().find(|prefix| value.starts_with(**prefix)).map_or(0, |prefix| prefix.len());
    let windows = value.as_bytes().windows(RUN).enumerate();
    runs.extend(windows.filter(|(at, run)| at + RUN > public && has_variety(run)).map(|(_, run)| form(run)));
}

/// Runs such as `xxxxxxxxxxxx` or `000000000001` stand everywhere.
fn has_variety(run: &[u8]) -> bool {
    run.iter().collect::<HashSet<_>>().len() >= 4
}

/// Whether a match is a whole JSON string (not a key), a whole parameter value, or the whole text.
fn is_whole(bytes: &[u8], range: &Range<usize>) -> bool {
    let before = range.start.checked_sub(1).and_then(|at| bytes.get(at)).copied();
    let after = bytes.get(range.end).copied();
    match (before, after) {
        (None, None) => true,
        (Some(open @ (b'"' | b'\'')), Some(close)) if open == close => {
            let mut rest = bytes.iter().skip(range.end + 1).skip_while(|byte| byte.is_ascii_whitespace());
            rest.next() != Some(&b':')
        }
        (Some(b'='), None | Some(b'&' | b';' | b'\r' | b'\n')) => true,
        _ => false,
    }
}

fn with_base64_neighbours(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte);
    let before = bytes.get(..range.start).unwrap_or_default().iter().rev().take(2).take_while(|b| is_base64(b)).count();
    let after = bytes.get(range.end..).unwrap_or_default().iter().take(2).take_while(|b| is_base64(b)).count();
    range.start - before..range.end + after
}
