//! One JSON text: its strings that have to be looked at once more are written among the lines, JSON within them is read
//! on, and what was found in the text as it stands learns where that is.

use std::ops::Range;

use super::super::secrets::{SecretSweep, is_hash, value_of};
use super::super::wrapped;
use super::Coding;
use super::json::{Event, JsonPiece, JsonReader};
use super::lines::{LEAST_BYTES, is_coded};
use super::origin::{MaterialOrigin, unescape_json};
use super::search::{Search, SearchSource};

/// JSON within strings is followed so often.
const MAX_INNER: usize = 4;

/// What was found in a text as it stands, in order, and how far the reading is.
pub(super) struct SeenLeaf<'s> {
    pub sweep: &'s SecretSweep,
    /// Where it stands, and the way there once that is known.
    pub places: Vec<(Range<usize>, Option<String>)>,
    words: usize,
    fixed: usize,
    place: usize,
}

impl<'s> SeenLeaf<'s> {
    pub fn new(sweep: &'s SecretSweep, places: Vec<(Range<usize>, Option<String>)>) -> Self {
        Self { sweep, places, words: 0, fixed: 0, place: 0 }
    }

    /// Begins to read at a place.
    pub fn go_to(&mut self, at: usize) {
        self.words = self.sweep.words.partition_point(|place| *place < at);
        self.fixed = self.sweep.fixed.partition_point(|place| *place < at);
        self.place = self.places.partition_point(|(range, _)| range.start < at);
    }

    /// Forgets the ways that were told from a place on.
    fn forget(&mut self, at: usize) {
        for (_, path) in self.places.iter_mut().filter(|(range, _)| range.start >= at) {
            *path = None;
        }
    }

    fn has_word(&mut self, range: &Range<usize>) -> bool {
        has_next(&self.sweep.words, &mut self.words, range)
    }

    fn has_fixed(&mut self, range: &Range<usize>) -> bool {
        has_next(&self.sweep.fixed, &mut self.fixed, range)
    }

    /// Tells what begins before the end of a string or name where it stands.
    fn tell(&mut self, end: usize, pointer: impl Fn() -> String) {
        while let Some((_, path)) = self.places.get_mut(self.place).filter(|(range, _)| range.start < end) {
            path.get_or_insert_with(&pointer);
            self.place += 1;
        }
    }
}

fn has_next(places: &[usize], next: &mut usize, range: &Range<usize>) -> bool {
    while places.get(*next).is_some_and(|place| *place < range.start) {
        *next += 1;
    }
    places.get(*next).is_some_and(|place| *place < range.end)
}

/// Reads a part of a text as JSON; whether it is some. What was cut off behind its beginning is.
pub(super) fn read_json(
    search: &mut Search,
    source: &SearchSource<'_>,
    part: Range<usize>,
    seen: &mut SeenLeaf<'_>,
) -> bool {
    let Some(mut reader) = JsonReader::new(source.text, part.clone()) else { return false };
    seen.go_to(part.start);
    let mut before = search.mark();

    loop {
        if source.inner == 0 && search.flush_full() {
            // What the lines of earlier parts held was found just now: a fault of this part must not drop it.
            before = search.mark();
        }
        match reader.next() {
            Event::Name(name) => {
                // One sweep over the whole text found the words: here only their places are compared.
                if seen.has_word(&name.range) {
                    reader.mark();
                }
                seen.tell(name.range.end, || format!("{}{}", source.path, reader.pointer()));
            }
            Event::Text(text) => {
                if reader.is_naming() {
                    reader.call(&text, seen.has_word(&text.range));
                }
                read_string(search, source, &reader, &text, seen);
            }
            Event::End | Event::Cut => return true,
            Event::Deep => {
                search.cap_depth();
                return true;
            }
            Event::Fault => {
                search.back_to(before);
                seen.forget(part.start);
                return false;
            }
        }
    }
}

fn read_string(
    search: &mut Search,
    source: &SearchSource<'_>,
    reader: &JsonReader<'_>,
    piece: &JsonPiece,
    seen: &mut SeenLeaf<'_>,
) {
    seen.tell(piece.range.end, || format!("{}{}", source.path, reader.pointer()));
    let fixed = seen.has_fixed(&piece.range);
    let raw = source.text.get(piece.range.clone()).unwrap_or_default();
    let long = raw.len() >= LEAST_BYTES;
    let name = reader.secret_name();
    // Most strings need no second look: what stands in them plainly was found in the raw text.
    let again = long && (piece.escaped || fixed || reader.is_marked() || piece.coded && is_coded(raw));

    // The slashes of base64 are escaped at times, and its lines broken.
    let in_base64 = wrapped::may_be(raw) || piece.escaped && long;
    // All known hashes begin with one of these, and most strings do not.
    let hashed = raw.starts_with(['$', 'a', 'p', 's', 'b']) && is_hash(raw);

    if !(again || in_base64 || hashed || name.is_some()) {
        return;
    }
    let (decoded, jumps) = if piece.escaped { unescape_json(raw) } else { (String::new(), Vec::new()) };
    let text = if piece.escaped { decoded.as_str() } else { raw };
    let origin = source.origin.as_ref().map(|origin| origin.below(piece.range.start, jumps));
    let coding = if piece.escaped && source.coding == Coding::Plain { Coding::Json } else { source.coding };
    let path = format!("{}{}", source.path, reader.pointer());

    // The quotes of JSON within a string are escaped: without a backslash there is none to read.
    if piece.escaped && text.trim_start().starts_with(['{', '[', '"']) {
        let inner = source.inner + 1;
        if inner > MAX_INNER {
            search.cap_depth();
        } else if search.inner(&SearchSource {
            text,
            origin: origin.clone(),
            path: format!("{path}/(json)"),
            coding,
            inner,
        }) {
            return;
        }
    }

    let by_name = name.or_else(|| is_hash(text).then_some("")).and_then(|name| value_of(name, text));
    if let Some(found) = by_name {
        search.named(found, text, (&path, coding), origin.as_ref());
    }
    if in_base64 {
        let whole = origin.as_ref().map(|origin| origin.of(0)..origin.of(text.len()));
        search.lines.add_wrapped(text, &path, whole);
    }
    if again {
        search.lines.add(reader.last_names(), text, (&path, coding), origin.as_ref());
    }
}

/// The way of an origin for a part that is not decoded.
pub(super) fn plain_origin() -> Option<MaterialOrigin> {
    Some(MaterialOrigin::from(0))
}
