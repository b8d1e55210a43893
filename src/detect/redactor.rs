//! Keeps credentials out of everything that is recorded, shown or sent to a model.

use std::collections::HashSet;
use std::io::Write;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use super::known::{HiddenValue, KnownFinder, KnownPlace, Needle};
use super::tripwire::{HiddenRange, Syntax, Tripwire};
use super::{credentials, fields, names};
use crate::model::{Secret, clean_name, clean_text};

/// More than this of one recorded text is not looked at, and not passed on either.
pub const MAX_INPUT_BYTES: usize = 2 * 1024 * 1024;
/// How far before that limit the text is cut, so that no value is cut in two there.
const CUT_MARGIN_BYTES: usize = 256 * 1024;
/// Most header values of a redactor that are known to hold no credential, and the longest of them in bytes.
const MOST_PLAIN_HEADERS: usize = 256;
const LONGEST_PLAIN_HEADER: usize = 256;
const FIELD: &str = "[redacted:field]";

/// Replaces known and unknown credentials in text by `[redacted:NAME]`. Clones share what they know, and values may
/// be added while others search.
///
/// Known values are found as they stand, in JSON, HTML and percent escapes (up to three layers), in base64 (both
/// alphabets, any alignment) and in hexadecimal; values of twelve characters and more also in base64 within base64,
/// wrapped in white space, spelled out, reversed and in every other disguise of [`super::known`]. Values of fewer
/// than six characters, and values that are themselves field names such as `password`, are found only where they are
/// a whole JSON string, a whole parameter or the whole text; values of fewer than three characters are not looked for.
/// Values that are words or short numbers are found, as they stand, only where the word does not go on.
#[derive(Clone, Debug)]
pub struct Redactor {
    /// Held for a push or for the copy of an `Arc` only; searching goes on outside of it.
    state: Arc<RwLock<Arc<RedactorState>>>,
}

struct RedactorState {
    known: Vec<HiddenValue>,
    /// Built by the first search after a value was added: a sign-in adds several at once.
    finder: OnceLock<Option<KnownFinder>>,
    /// Names and values of headers that were searched and stay as they are: a target sends the same ones with each
    /// answer. Held only to look or to add.
    plain_headers: Mutex<HashSet<(String, String)>>,
}

impl std::fmt::Debug for RedactorState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("n_known", &self.known.len()).finish_non_exhaustive()
    }
}

impl RedactorState {
    fn new(known: Vec<HiddenValue>) -> Self {
        Self { known, finder: OnceLock::new(), plain_headers: Mutex::default() }
    }

    /// `None` when there is too much to look for.
    fn finder(&self) -> Option<&KnownFinder> {
        self.finder.get_or_init(|| KnownFinder::to_keep_back(&self.known)).as_ref()
    }
}

/// A range to be replaced and by what. Known values go before guesses where both claim a range.
struct CutRange {
    range: Range<usize>,
    label: String,
    known: bool,
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new()
    }
}

impl Redactor {
    /// Knows no value yet; unknown tokens are found by their structure all the same.
    pub fn new() -> Self {
        let state = RedactorState::new(Vec::new());
        Self { state: Arc::new(RwLock::new(Arc::new(state))) }
    }

    /// Adds a value, with the name that is to stand in its place: `ALICE_TOKEN`.
    pub fn learn(&self, name: &str, value: &Secret) {
        let mut state = self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if value.is_empty() || state.known.iter().any(|known| known.needle.value == *value) {
            return;
        }
        let mut known = state.known.clone();
        let needle = Needle { name: clean_name(name, 64), value: value.clone() };
        known.push(HiddenValue::new(known.len(), needle));
        // A new state: searches under way keep the old one, and headers that were plain are searched again.
        *state = Arc::new(RedactorState::new(known));
    }

    /// Replaces every known value, and unknown tokens, `Bearer` and `Basic` credentials, private keys and passwords
    /// in addresses. What lies beyond [`MAX_INPUT_BYTES`] is dropped and the text says so.
    pub fn text(&self, text: &str) -> String {
        let (shown, left_out) = self.shown(text, MAX_INPUT_BYTES);
        if left_out == 0 {
            return shown;
        }
        format!("{shown}[… {left_out} bytes not shown: only the first 2 MiB are searched]")
    }

    /// Returns [`Redactor::text`] on one line and cut to so many characters. It is cut last: a value that is cut in two is
    /// not known any more.
    pub fn line(&self, text: &str, most: usize) -> String {
        let searched = clean_text(text, most.saturating_add(CUT_MARGIN_BYTES));
        clean_text(&self.text(&searched), most)
    }

    /// [`Redactor::text`] of the beginning of a text, of at most so many bytes, and how many bytes were left out: where
    /// no more is kept, searching the rest would be idle work.
    fn shown(&self, text: &str, most: usize) -> (String, usize) {
        let state = self.state();
        let Some(finder) = state.finder() else { return (TOO_MANY.to_owned(), 0) };
        let (window, keep) = search_window(text, most);

        // Parts count only in the last look at what leaves; a whole value in any disguise counts always.
        let mut cuts = known_cuts(&state, finder.places(window, false));
        let unknown = credentials::find_unknown(window).into_iter();
        cuts.extend(unknown.map(|(range, kind)| CutRange { range, label: kind.to_owned(), known: false }));
        cuts.iter_mut().for_each(|cut| cut.label = format!("[redacted:{}]", cut.label));

        (replace_ranges(window, cuts, keep), text.len().saturating_sub(keep))
    }

    /// [`Redactor::text`], and the values of fields with a sensitive name, whose keys stay.
    pub fn body(&self, content_type: Option<&str>, text: &str) -> String {
        fields_hidden(content_type, self.text(text))
    }

    /// [`Redactor::body`] of the first so many bytes of a text: where no more is kept, searching the rest is idle work.
    /// Says how many bytes follow.
    pub fn beginning(&self, content_type: Option<&str>, text: &str, most: usize) -> String {
        let (shown, left_out) = self.shown(text, most.saturating_add(CUT_MARGIN_BYTES).min(MAX_INPUT_BYTES));
        let hidden = fields_hidden(content_type, shown);
        if left_out == 0 { hidden } else { format!("{hidden}[… {left_out} bytes not shown]") }
    }

    /// The value of a header: of credentials only the scheme, of cookies only names and attributes stay.
    pub fn header(&self, name: &str, value: &str) -> String {
        let name = name.trim().to_ascii_lowercase();
        // Known values go first, so that their names stay in the place of `credential`.
        let text = self.text(value);

        match name.as_str() {
            "authorization" | "proxy-authorization" => redact_authorization(&text),
            "cookie" => text.split(';').map(cookie_pair).collect::<Vec<_>>().join(";"),
            "set-cookie" => match text.split_once(';') {
                Some((pair, attributes)) => format!("{};{attributes}", cookie_pair(pair)),
                None => cookie_pair(&text),
            },
            "location" | "content-location" | "referer" => self.url(value),
            // Says what is wanted, and carries nothing secret.
            "www-authenticate" => text,
            _ if names::is_sensitive_name(&name) => hide_credential(&text),
            _ => text,
        }
    }

    /// [`Redactor::header`], followed by [`Redactor::tripwire`]: for headers that a target wrote.
    pub fn foreign_header(&self, name: &str, value: &str) -> String {
        let state = self.state();
        let key = (name.to_owned(), value.to_owned());

        if state.plain_headers.lock().unwrap_or_else(PoisonError::into_inner).contains(&key) {
            return key.1;
        }
        let shown = self.tripwire(&self.header(name, value)).0;

        if shown == value && value.len() <= LONGEST_PLAIN_HEADER {
            let mut plain = state.plain_headers.lock().unwrap_or_else(PoisonError::into_inner);
            // Values such as dates never come again: what is full is begun anew.
            if plain.len() >= MOST_PLAIN_HEADERS {
                plain.clear();
            }
            plain.insert(key);
        }

        shown
    }

    /// An address: values of sensitive query parameters (also behind `#`), and what [`Redactor::text`] finds.
    pub fn url(&self, url: &str) -> String {
        let text = self.text(url);
        let Some(at) = text.find(['?', '#']) else { return text };
        let (path, query) = text.split_at(at + 1);
        let parts: Vec<String> = query
            // The implicit grant hands tokens over behind `#` (RFC 6749 §4.2.2).
            .split('#')
            .map(|part| replace_ranges(part, as_cuts(fields::parameter_values(part)), part.len()))
            .collect();
        format!("{path}{}", parts.join("#"))
    }

    /// The last look at what leaves the program: known values alone, in every coding, and also cut: twelve
    /// characters in a row give a value away, unless they are words (24 in the payload of a JWT, whose claim names are
    /// everybody's; its header is public). Returns the text without them and how many there were.
    pub fn tripwire(&self, text: &str) -> (String, usize) {
        self.swept(Syntax::Text, text)
    }

    /// [`Redactor::tripwire`] for a text of a format, which it still has when values are gone.
    pub fn swept(&self, syntax: Syntax, text: &str) -> (String, usize) {
        let mut sweep = self.sweep(syntax, Vec::with_capacity(text.len()));
        let swept = sweep.write_all(text.as_bytes()).and_then(|()| sweep.finish());

        match swept {
            Ok((bytes, n_hidden)) => (String::from_utf8_lossy(&bytes).into_owned(), n_hidden),
            // Writing to memory does not fail; without the automata nothing can be vouched for.
            Err(_) => (TOO_MANY.to_owned(), 1),
        }
    }

    /// [`Redactor::swept`] for a text of any length, which passes through to `out` in bounded memory.
    pub fn sweep<W: Write>(&self, syntax: Syntax, out: W) -> Tripwire<W> {
        Tripwire::new(self.clone(), syntax, out)
    }

    /// What of a text the last look keeps back, in its order and without overlaps; `None` when there is too much to
    /// look for.
    pub(super) fn hidden(&self, text: &str) -> Option<Vec<HiddenRange>> {
        let state = self.state();
        let finder = state.finder()?;
        let cuts = merge_cuts(known_cuts(&state, finder.places(text, true)));
        Some(
            cuts.into_iter()
                .map(|cut| HiddenRange { range: widen_to_characters(text, &cut.range), name: cut.label })
                .collect(),
        )
    }

    /// Bytes of the longest value.
    pub(super) fn longest(&self) -> usize {
        self.state().known.iter().map(|known| known.needle.value.expose().len()).max().unwrap_or(0)
    }

    /// Whether values of a field of this name are kept out of every report.
    pub fn is_sensitive_name(name: &str) -> bool {
        names::is_sensitive_name(name)
    }

    fn state(&self) -> Arc<RedactorState> {
        Arc::clone(&self.state.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// What stands for a text in which nothing can be searched.
const TOO_MANY: &str = "[redacted: too many known values to search for]";

/// The cuts of known values, each with the value's name.
fn known_cuts(state: &RedactorState, places: Vec<KnownPlace>) -> Vec<CutRange> {
    let cut = |place: KnownPlace| {
        let name = state.known.get(place.needle)?.needle.name.clone();
        Some(CutRange { range: place.range, label: name, known: true })
    };
    places.into_iter().filter_map(cut).collect()
}

/// A text without the values of fields with a sensitive name.
fn fields_hidden(content_type: Option<&str>, text: String) -> String {
    let is_form = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("x-www-form-urlencoded"));
    // The exact formats go first; pairs then go over the rest, and leave placeholders alone.
    let text = if is_form { replace_ranges(&text, as_cuts(fields::parameter_values(&text)), text.len()) } else { text };
    let text = if text.trim_start().starts_with(['{', '[']) {
        let values = fields::json_values(&text).into_iter().map(|value| CutRange {
            range: value.range,
            label: if value.unquoted { format!("\"{FIELD}\"") } else { FIELD.to_owned() },
            known: false,
        });
        replace_ranges(&text, values.collect(), text.len())
    } else {
        text
    };
    replace_ranges(&text, as_cuts(fields::pair_values(&text)), text.len())
}

/// What is searched, and how much of it is kept.
fn search_window(text: &str, searched: usize) -> (&str, usize) {
    if text.len() <= searched {
        return (text, text.len());
    }
    // The margin is searched and not shown: a value that the cut goes through is found whole.
    let window = text.get(..char_boundary_before(text, searched)).unwrap_or_default();
    (window, char_boundary_before(window, searched.saturating_sub(CUT_MARGIN_BYTES)))
}

fn char_boundary_before(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
}

fn as_cuts(ranges: Vec<Range<usize>>) -> Vec<CutRange> {
    ranges.into_iter().map(|range| CutRange { range, label: FIELD.to_owned(), known: false }).collect()
}

/// Puts the labels in place of the ranges, up to `keep`.
fn replace_ranges(text: &str, cuts: Vec<CutRange>, keep: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;

    for cut in merge_cuts(cuts).iter().filter(|cut| cut.range.start < keep) {
        let range = widen_to_characters(text, &cut.range);
        out.push_str(text.get(at..range.start).unwrap_or_default());
        out.push_str(&cut.label);
        at = range.end;
    }

    out.push_str(text.get(at..keep).unwrap_or_default());
    out
}

/// Overlapping ranges become one.
fn merge_cuts(mut cuts: Vec<CutRange>) -> Vec<CutRange> {
    cuts.sort_by_key(|cut| (cut.range.start, usize::MAX - cut.range.end, !cut.known));
    let mut merged: Vec<CutRange> = Vec::new();

    for cut in cuts {
        match merged.last_mut() {
            Some(last) if cut.range.start < last.range.end => {
                last.range.end = last.range.end.max(cut.range.end);
                if cut.known && !last.known {
                    last.label = cut.label;
                    last.known = true;
                }
            }
            _ => merged.push(cut),
        }
    }

    merged
}

/// A range with the whole of the characters at its ends.
fn widen_to_characters(text: &str, range: &Range<usize>) -> Range<usize> {
    let end = (range.end..=text.len()).find(|index| text.is_char_boundary(*index)).unwrap_or(text.len());
    char_boundary_before(text, range.start)..end
}

fn redact_authorization(value: &str) -> String {
    match value.split_once(' ') {
        // A scheme is a short token (RFC 9110 §11.1); any other first word may be a part of the secret.
        Some((scheme, rest)) if scheme.len() <= 24 && scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') => {
            format!("{scheme} {}", hide_credential(rest))
        }
        _ => hide_credential(value),
    }
}

fn cookie_pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, value)) => format!("{name}={}", hide_credential(value)),
        None => hide_credential(pair),
    }
}

/// Keeps a placeholder that says which value this was; anything else goes.
fn hide_credential(value: &str) -> String {
    if value.is_empty() || fields::is_masked(value) { value.to_owned() } else { "[redacted:credential]".to_owned() }
}
