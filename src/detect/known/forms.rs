//! The forms in which a whole value may stand in a text.

use std::collections::HashSet;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::reading::{Reading, joined, squeezed};
use super::{KnownHit, Transformation};
use crate::detect::jwt;

/// Forms shorter than this prove nothing.
const MIN_FORM_BYTES: usize = 12;

/// One way to write a value.
pub(super) struct Form {
    /// What is looked for.
    pub bytes: Vec<u8>,
    /// Whether capital letters matter.
    pub exact: bool,
    needle: usize,
    transformation: Transformation,
    /// Characters of the value in it.
    run: usize,
    whole: bool,
    /// The value as it is: tells [`Transformation::Plain`] from other capital letters.
    plain: bool,
}

/// All forms of a value, also as they are when separators were dropped from a text.
pub(super) fn of(needle: usize, value: &str) -> Vec<Form> {
    let mut seen = HashSet::new();
    let written = written(needle, value);
    let stripped: Vec<Form> = written.iter().flat_map(without_separators).collect();
    written
        .into_iter()
        .chain(stripped)
        .filter(|form| form.bytes.len() >= MIN_FORM_BYTES && seen.insert((form.exact, form.bytes.clone())))
        .collect()
}

fn written(needle: usize, value: &str) -> Vec<Form> {
    let run = value.chars().count();
    let form = |bytes: Vec<u8>, exact, transformation| Form {
        bytes,
        exact,
        needle,
        transformation,
        run,
        whole: true,
        plain: false,
    };
    let bytes = value.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![
        Form { plain: true, ..form(bytes.to_vec(), false, Transformation::Plain) },
        form(value.chars().rev().collect::<String>().into_bytes(), false, Transformation::Reversed),
        form(bytes.iter().map(rot13).collect(), false, Transformation::Rot13),
        form(bytes.iter().map(rot47).collect(), true, Transformation::Rot47),
        form(hex.into_bytes(), false, Transformation::Hex),
    ];
    for core in base64_cores(bytes) {
        forms.extend(base64_cores(&core).into_iter().map(|outer| form(outer, true, Transformation::DoubleBase64)));
        forms.push(form(core, true, Transformation::Base64));
    }
    forms.extend(segments(value).map(|segment| Form {
        run: segment.len(),
        whole: false,
        ..form(segment.as_bytes().to_vec(), false, Transformation::Part)
    }));
    forms
}

/// Payload and signature of a JWT give it away by themselves; the header is the same for everybody.
fn segments(value: &str) -> impl Iterator<Item = &str> {
    let is_token = jwt::parse(value).is_some();
    value.split('.').skip(1).filter(move |segment| is_token && segment.len() >= MIN_FORM_BYTES)
}

/// A form as it stands in a text from which separators were dropped.
fn without_separators(form: &Form) -> Vec<Form> {
    let again = |bytes: Vec<u8>| Form { bytes, plain: false, ..*form };
    let squeezed = squeezed(&form.bytes);
    let joined = joined(&squeezed);
    vec![again(squeezed), again(joined)]
}

impl Form {
    /// The hit for a place in a reading of the text.
    pub fn hit(&self, text: &str, reading: &Reading<'_>, found: Range<usize>) -> KnownHit {
        let same = reading.bytes().get(found.clone()).is_some_and(|bytes| bytes == self.bytes.as_slice());
        let range = match self.transformation {
            Transformation::Base64 | Transformation::DoubleBase64 if reading.is_text() => {
                with_base64_neighbours(text.as_bytes(), reading.source(found))
            }
            _ => reading.source(found),
        };
        let transformation = match self.transformation {
            Transformation::Plain => match reading.dress(text, &range) {
                Transformation::Plain if self.plain && !same => Transformation::Case,
                dress => dress,
            },
            other => other,
        };
        KnownHit { needle: self.needle, transformation, run: self.run, whole: self.whole, range }
    }
}

/// Up to two characters on each side belong to the value as well.
fn with_base64_neighbours(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let is_base64 = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte);
    let before = bytes.get(..range.start).unwrap_or_default().iter().rev().take(2).take_while(is_base64).count();
    let after = bytes.get(range.end..).unwrap_or_default().iter().take(2).take_while(is_base64).count();
    range.start - before..range.end + after
}

fn rot13(byte: &u8) -> u8 {
    match byte {
        b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (byte - b'A' + 13) % 26 + b'A',
        _ => *byte,
    }
}

fn rot47(byte: &u8) -> u8 {
    if (33..127).contains(byte) { (byte - 33 + 47) % 94 + 33 } else { *byte }
}

/// The parts of base64(x ‖ value ‖ y) that depend on the value alone, for every length of x modulo 3.
fn base64_cores(value: &[u8]) -> Vec<Vec<u8>> {
    let mut cores = Vec::new();
    for before in 0..3 {
        let mut padded = vec![0; before];
        padded.extend_from_slice(value);
        let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        for coded in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            cores.extend(coded.as_bytes().get(first..last).map(<[u8]>::to_vec));
        }
    }
    cores
}
