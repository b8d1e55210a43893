//! The forms in which a whole value may stand in a text.

use std::collections::HashSet;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::codes;
use super::reading::{KnownReading, join_bytes, looks_escaped, squeeze_bytes, unescaped_once};
use super::words::{is_bounded, is_key, is_word};
use super::{EXACT_BELOW, KnownHit, LEAST_BLACKENED, MIN_VALUE_CHARS, SearchPurpose, Transformation};
use crate::detect::jwt;
use crate::detect::names::is_sensitive_name;

/// Forms shorter than this prove nothing where unrelated words touch, nor with other capital letters.
const MIN_FORM_BYTES: usize = 12;
/// Values shorter than this are found only where they are a whole string, parameter or text.
const MIN_ANYWHERE: usize = 6;
/// What is left of a long value without its separators counts from so many bytes on, where they were dropped.
const MIN_SQUEEZED: usize = 8;
/// Claims that make the payload of a token one of a kind: whose it is, or when it was made.
const TELLING_CLAIMS: [&str; 8] = ["sub", "jti", "sid", "nonce", "email", "iat", "exp", "auth_time"];

/// In which readings a form counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum FormScope {
    Any,
    /// Where nothing was dropped.
    Unbroken,
    /// Where something was.
    Broken,
    /// Where nothing was dropped, as a whole string, parameter or text.
    Alone,
}

/// One way to write a value.
#[derive(Debug, Clone)]
pub(super) struct KnownForm {
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
    scope: FormScope,
    /// Whether the value is words, so that as it is it counts only where they do not go on.
    word: bool,
}

/// All forms of a value, also as they are when separators were dropped from a text.
pub(super) fn build_all(needle: usize, value: &str, purpose: SearchPurpose) -> Vec<KnownForm> {
    let n_chars = value.chars().count();
    let base = KnownForm {
        bytes: value.as_bytes().to_vec(),
        exact: false,
        needle,
        transformation: Transformation::Plain,
        run: n_chars,
        whole: true,
        plain: false,
        scope: FormScope::Any,
        word: purpose == SearchPurpose::Redaction && is_word(value),
    };

    let forms = match purpose {
        SearchPurpose::Proof if n_chars < MIN_VALUE_CHARS => Vec::new(),
        SearchPurpose::Proof if n_chars < EXACT_BELOW => exact_forms(&base, value),
        SearchPurpose::Redaction if value.len() < LEAST_BLACKENED => Vec::new(),
        // A password `password` must not blacken every key of that name.
        SearchPurpose::Redaction if value.len() < MIN_ANYWHERE || is_sensitive_name(value) => {
            vec![KnownForm { exact: true, scope: FormScope::Alone, ..base }]
        }
        SearchPurpose::Redaction if n_chars < MIN_VALUE_CHARS => short_value_forms(&base, value),
        _ => disguised_forms(&base, value, purpose),
    };

    let mut seen = HashSet::new();
    forms.into_iter().filter(|form| seen.insert((form.exact, form.scope, form.bytes.clone()))).collect()
}

/// A value that is too short for a proof in any other dress: as it is, or in an encoding that keeps every character.
fn exact_forms(base: &KnownForm, value: &str) -> Vec<KnownForm> {
    let exact = |form: KnownForm| KnownForm { exact: true, scope: FormScope::Unbroken, ..form };
    let mut forms = vec![exact(KnownForm { plain: true, ..base.clone() })];
    forms.extend(escaped_forms(base, value).into_iter().map(exact));
    // Encoders write hexadecimal digits in either case, which changes no character of the value.
    forms.push(KnownForm { scope: FormScope::Unbroken, ..hex_form(base, value) });
    forms.extend(base64_forms(base, value).into_iter().map(exact));
    forms.retain(|form| form.bytes.len() >= MIN_FORM_BYTES);

    forms
}

/// A value of a few characters: in the dresses that servers give it.
fn short_value_forms(base: &KnownForm, value: &str) -> Vec<KnownForm> {
    let mut forms = vec![KnownForm { plain: true, ..base.clone() }, hex_form(base, value)];
    forms.extend(escaped_forms(base, value));
    forms.extend(base64_forms(base, value));
    forms.retain(|form| form.bytes.len() >= MIN_ANYWHERE);

    // So few letters come about by chance where unrelated words touch.
    for form in forms.iter_mut().filter(|form| form.bytes.len() < MIN_FORM_BYTES) {
        form.scope = FormScope::Unbroken;
    }
    forms
}

fn disguised_forms(base: &KnownForm, value: &str, purpose: SearchPurpose) -> Vec<KnownForm> {
    let form = |bytes: Vec<u8>, exact, transformation| KnownForm { bytes, exact, transformation, ..base.clone() };
    let bytes = value.as_bytes();
    let mut forms = vec![
        KnownForm { plain: true, ..base.clone() },
        form(value.chars().rev().collect::<String>().into_bytes(), false, Transformation::Reversed),
        form(bytes.iter().map(rot13_byte).collect(), false, Transformation::Rot13),
        form(bytes.iter().map(rot47_byte).collect(), true, Transformation::Rot47),
        hex_form(base, value),
    ];

    // Where JSON escapes its quotes and undoing that undoes as well what looks like an escape in it.
    let turned: String = value.bytes().map(|byte| char::from(rot47_byte(&byte))).collect();

    if let Some(spoiled) = serde_json::to_string(&turned).ok().and_then(|json| unescaped_once(&json)) {
        let spoiled = spoiled.get(1..spoiled.len().saturating_sub(1)).unwrap_or_default().to_vec();
        forms.push(form(spoiled, true, Transformation::Rot47));
    }
    forms.extend(escaped_forms(base, value));
    forms.extend(base64_forms(base, value));
    let codes = codes::encodings_of(value, base64_cores).into_iter();
    forms.extend(codes.map(|code| form(code.bytes, code.exact, code.transformation)));
    forms.extend(token_segments(value, purpose).map(|segment| KnownForm {
        run: segment.len(),
        whole: false,
        ..form(segment.as_bytes().to_vec(), false, Transformation::Part)
    }));
    // A reading without separators lacks those of the value as well, so the form has to lose them too.
    let broken: Vec<KnownForm> = forms.iter().flat_map(without_separators).collect();
    forms
        .into_iter()
        .chain(broken)
        .filter(|form| form.scope == FormScope::Broken || form.bytes.len() >= MIN_FORM_BYTES)
        .collect()
}

/// The value as JSON, forms and addresses write it. Undoing escapes finds the same, except where the value itself looks
/// escaped.
fn escaped_forms(base: &KnownForm, value: &str) -> Vec<KnownForm> {
    let json = serde_json::to_string(value).unwrap_or_default();
    let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default();
    let form =
        |text: &str, transformation| KnownForm { bytes: text.as_bytes().to_vec(), transformation, ..base.clone() };
    let mut forms = vec![
        form(json, Transformation::Escaped),
        // PHP escapes the slashes of JSON unless it is asked not to.
        form(&json.replace('/', "\\/"), Transformation::Escaped),
        form(&value.replace(' ', "+"), Transformation::Percent),
        form(&utf8_percent_encode(value, NON_ALPHANUMERIC).to_string(), Transformation::Percent),
        form(&value.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>(), Transformation::Percent),
    ];
    forms.retain(|form| form.bytes != value.as_bytes());
    let trimmed = value.trim();

    // A secret that was read from a file ends in a line break, which the application may drop.
    if trimmed.len() < value.len() && trimmed.len() >= MIN_ANYWHERE {
        forms.push(form(trimmed, Transformation::Plain));
    }
    forms
}

fn hex_form(base: &KnownForm, value: &str) -> KnownForm {
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    KnownForm { bytes: hex.into_bytes(), transformation: Transformation::Hex, ..base.clone() }
}

/// Base64 of a text that holds the value and, of longer values, base64 of that, as a credential in a cookie.
fn base64_forms(base: &KnownForm, value: &str) -> Vec<KnownForm> {
    let form = |bytes, transformation| KnownForm { bytes, exact: true, transformation, ..base.clone() };
    let mut forms = Vec::new();

    for core in base64_cores(value.as_bytes()) {
        if value.len() >= MIN_FORM_BYTES {
            let outer = base64_cores(&core).into_iter();
            forms.extend(outer.map(|outer| form(outer, Transformation::DoubleBase64)));
        }
        forms.push(form(core, Transformation::Base64));
    }

    forms
}

/// Payload and signature of a JWT give it away by themselves; the header is the same for everybody.
fn token_segments(value: &str, purpose: SearchPurpose) -> impl Iterator<Item = &str> {
    let token = jwt::parse(value);
    // For redaction the beginning is enough: a token that does not parse is still a credential.
    let is_token = token.is_some() || value.starts_with("eyJ") && purpose == SearchPurpose::Redaction;

    // A payload such as `{"role":"user"}` may be anybody's.
    let telling = purpose == SearchPurpose::Redaction || token.is_some_and(|token| is_one_of_a_kind(&token.payload));
    let parts = value.split('.').enumerate().skip(1);
    let parts = parts.filter(move |(index, part)| is_token && part.len() >= MIN_FORM_BYTES && (telling || *index > 1));

    parts.map(|(_, part)| part)
}

fn is_one_of_a_kind(payload: &Value) -> bool {
    TELLING_CLAIMS.iter().any(|name| payload.get(name).is_some_and(|claim| !claim.is_null()))
}

/// A form as it stands in a text from which separators were dropped, where that is another.
fn without_separators(form: &KnownForm) -> Vec<KnownForm> {
    let again = |bytes: Vec<u8>| KnownForm { bytes, plain: false, scope: FormScope::Broken, ..form.clone() };
    let squeezed = squeeze_bytes(&form.bytes);
    let joined = join_bytes(&squeezed);
    let mut forms = Vec::new();

    if joined != squeezed && joined.len() >= MIN_FORM_BYTES {
        forms.push(again(joined));
    }
    if squeezed != form.bytes && squeezed.len() >= MIN_SQUEEZED {
        forms.push(again(squeezed));
    }
    forms
}

impl KnownForm {
    /// Whether undoing escapes would spoil it.
    pub fn looks_escaped(&self) -> bool {
        self.transformation == Transformation::Plain && self.scope != FormScope::Broken && looks_escaped(&self.bytes)
    }

    /// Whether it stands at a place of a reading.
    pub fn is_at(&self, reading: &KnownReading<'_>, start: usize) -> bool {
        let there = reading.bytes().get(start..start + self.bytes.len());
        there
            .is_some_and(|there| if self.exact { there == self.bytes } else { there.eq_ignore_ascii_case(&self.bytes) })
            && self.counts(reading, start)
    }

    fn counts(&self, reading: &KnownReading<'_>, start: usize) -> bool {
        // A password that is a word stands in other words and as a key, where it gives nothing away.
        if self.word && self.transformation == Transformation::Plain {
            let (bytes, place) = reading.unbroken(start..start + self.bytes.len());
            if !is_bounded(bytes, &place) {
                return false;
            }
        }

        match self.scope {
            FormScope::Any => true,
            FormScope::Unbroken => !reading.touches(),
            FormScope::Broken => reading.touches(),
            FormScope::Alone => !reading.touches() && stands_alone(reading.bytes(), start..start + self.bytes.len()),
        }
    }

    /// The hit for a place in a reading of the text.
    pub fn hit(&self, text: &str, reading: &KnownReading<'_>, start: usize) -> KnownHit {
        let place = start..start + self.bytes.len();
        let same = reading.bytes().get(place.clone()).is_some_and(|bytes| bytes == self.bytes.as_slice());
        let range = match self.transformation {
            // Beyond a gap it is another word that follows.
            Transformation::Base64 | Transformation::DoubleBase64 if !reading.touches() => {
                reading.source(with_base64_neighbours(reading.bytes(), place))
            }
            _ => reading.source(place),
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

/// Whether a place is a whole JSON string (not a key), a whole parameter value, or the whole text.
fn stands_alone(bytes: &[u8], place: Range<usize>) -> bool {
    let before = place.start.checked_sub(1).and_then(|at| bytes.get(at)).copied();
    let after = bytes.get(place.end).copied();

    match (before, after) {
        (None, None) => true,
        (Some(open @ (b'"' | b'\'')), Some(close)) if open == close => !is_key(bytes, &place),
        (Some(b'='), None | Some(b'&' | b';' | b'\r' | b'\n')) => true,
        _ => false,
    }
}

/// Up to two characters on each side belong to the value as well.
fn with_base64_neighbours(bytes: &[u8], place: Range<usize>) -> Range<usize> {
    let is_base64 = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte);
    // They hold the first and last bits of the value beside bits of what stands around it.
    let before = bytes.get(..place.start).unwrap_or_default().iter().rev().take(2).take_while(is_base64).count();
    let after = bytes.get(place.end..).unwrap_or_default().iter().take(2).take_while(is_base64).count();
    place.start - before..place.end + after
}

fn rot13_byte(byte: &u8) -> u8 {
    match byte {
        b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (byte - b'A' + 13) % 26 + b'A',
        _ => *byte,
    }
}

fn rot47_byte(byte: &u8) -> u8 {
    if (33..127).contains(byte) { (byte - 33 + 47) % 94 + 33 } else { *byte }
}

/// The parts of base64(x ‖ value ‖ y) that depend on the value alone, for every length of x modulo 3.
fn base64_cores(value: &[u8]) -> Vec<Vec<u8>> {
    let mut cores = Vec::new();
    for before in 0..3 {
        let mut padded = vec![0; before];
        padded.extend_from_slice(value);
        // Characters that also hold bits of x or y are left off.
        let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);

        for coded in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            cores.extend(coded.as_bytes().get(first..last).map(<[u8]>::to_vec));
        }
    }

    cores
}
