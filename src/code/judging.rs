//! What the source says of each handler: whether it ties the object that it reaches to its caller.

use std::collections::BTreeMap;

use routewarden_source::reading::{OwnershipReader, OwnershipWord};

use super::index::CodeIndex;
use crate::model::{HandlerPlace, OperationId, clean};

/// Longer reasons are cut.
const MOST_REASON: usize = 300;

/// What the source says of one handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlerWord {
    /// Where it stands.
    pub place: HandlerPlace,
    /// Whether it ties its objects to its caller.
    pub word: OwnershipWord,
    /// Why.
    pub because: String,
}

impl CodeIndex {
    /// Reads the handler of every operation that has one.
    pub fn judge_all(&self) -> BTreeMap<OperationId, HandlerWord> {
        let reader = OwnershipReader::new(self.project());
        let judged = self.bound().filter_map(|(id, entry)| {
            let reading = reader.read(entry);
            let because = clean(&reading.because, MOST_REASON);
            Some((id.clone(), HandlerWord { place: self.place(id)?, word: reading.word, because }))
        });
        judged.collect()
    }
}
