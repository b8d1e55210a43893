//! The memory that the answers of one scan may take together. What a target sends is its own choice; what is kept of it is
//! not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::ask::Response;
use super::client::Probe;
use super::record::MAX_KEPT;
use super::wire::Received;

/// All answers of a scan together take no more, by estimate.
pub(super) const MOST_HELD: usize = 96 << 20;
/// The JSON of one answer takes no more; of one that would, the text is kept.
pub(super) const MOST_JSON: usize = 12 << 20;
/// An answer takes at most this part of what is free, so that there is always room for small ones.
const PART_OF_FREE: usize = 8;
/// An answer that takes no more is kept as it is, come what may.
const SMALL: usize = 16 << 10;
/// What is kept of the text of an answer for which there is no room.
const SHORT_TEXT: usize = 4 << 10;
/// What is kept of its headers.
const SHORT_HEADERS: usize = 4 << 10;
/// What a record takes besides its texts.
const RECORD_BYTES: usize = 1 << 10;

/// What the answers of a scan take, and how much they may.
#[derive(Debug)]
pub(super) struct AnswerMemory {
    most: usize,
    held: Arc<AtomicUsize>,
}

/// What one answer takes; given back when the answer goes.
#[derive(Debug)]
pub(super) struct Share {
    bytes: usize,
    held: Arc<AtomicUsize>,
}

impl AnswerMemory {
    /// Holds so many bytes.
    pub(super) fn new(most: usize) -> Self {
        Self { most, held: Arc::default() }
    }

    /// Bytes that the answers take now.
    fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Whether an answer that takes so much has room.
    fn has_room(&self, bytes: usize) -> bool {
        bytes <= SMALL || bytes <= self.most.saturating_sub(self.held()) / PART_OF_FREE
    }

    /// Counts an answer for as long as what is returned lives.
    pub(super) fn share(&self, bytes: usize) -> Share {
        self.held.fetch_add(bytes, Ordering::Relaxed);
        Share { bytes, held: Arc::clone(&self.held) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Probe {
    /// Makes room for an answer, by forgetting older ones or by keeping less of it, and says so. Returns what is kept, and
    /// what that takes.
    pub(super) fn with_room(&self, received: Received) -> (Response, usize) {
        let Received { mut response, json_bytes, is_too_much, .. } = received;
        if is_too_much {
            self.note("answers with very many values were kept as text: they are not compared".to_owned());
        }
        let bytes = estimate_bytes(&response, json_bytes);
        let has_room = || self.memory.has_room(bytes);

        // Older answers go first: they can be asked for again, while one that is cut cannot be compared.
        if !has_room() && self.ledger.forget_until(has_room) > 0 {
            self.note(
                "the answers took much memory: the oldest were forgotten, and asked for again at need".to_owned(),
            );
        }
        if has_room() {
            return (response, bytes);
        }
        shorten_response(&mut response);
        self.note("the answers took too much memory: long ones were cut, and have no verdict".to_owned());
        let bytes = estimate_bytes(&response, 0);

        (response, bytes)
    }

    /// Bytes of memory that the answers of the scan take now, by estimate.
    pub fn held_bytes(&self) -> usize {
        self.memory.held()
    }
}

/// What an answer takes by estimate: text, headers and JSON, and once more what the record keeps of the first two.
fn estimate_bytes(response: &Response, json_bytes: usize) -> usize {
    let text = response.text.len();
    text + text.min(MAX_KEPT) + 2 * header_sizes(response).sum::<usize>() + json_bytes + RECORD_BYTES
}

/// Cuts an answer to what there is always room for. It counts as cut, so that nothing is concluded from what is missing.
fn shorten_response(response: &mut Response) {
    response.json = None;
    response.truncated = true;
    let end = (0..=SHORT_TEXT.min(response.text.len())).rev().find(|at| response.text.is_char_boundary(*at));

    // A new text: a shortened one keeps its memory.
    response.text = response.text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned();
    let mut room = SHORT_HEADERS;
    let n_headers = header_sizes(response)
        .take_while(|bytes| {
            let fits = *bytes <= room;
            room = room.saturating_sub(*bytes);
            fits
        })
        .count();
    response.headers.truncate(n_headers);
    response.headers.shrink_to_fit();
}

fn header_sizes(response: &Response) -> impl Iterator<Item = usize> {
    response.headers.iter().map(|(name, value)| name.len() + value.len() + 80)
}
