//! What the source says of each handler: whether it ties the object that it reaches to its caller, and which ones it ties.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use routewarden_source::reading::{AccessReading, AccessWord, CodeAccessVerb, OwnershipReader, OwnershipWord};
use tokio::sync::watch;

use super::index::CodeIndex;
use crate::model::{HandlerPlace, OperationId, clean_text};

/// Longer reasons are cut.
const MOST_REASON: usize = 300;
/// More ties of one handler say nothing more.
const MOST_TIES: usize = 8;

/// What the source says of one handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlerWord {
    /// Where it stands.
    pub place: HandlerPlace,
    /// Whether it ties its objects to its caller.
    pub word: OwnershipWord,
    /// Why.
    pub because: String,
    /// A role decides who reaches what it serves.
    pub is_role_gated: bool,
    /// The objects that it holds to their owner on every path.
    pub ties: Vec<OwnerTie>,
}

/// An object that a handler holds to its owner, as the code reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerTie {
    /// The model, table or collection, as the code calls it.
    pub model: Option<String>,
    /// The values of the request by which a client names it.
    pub ids: Vec<String>,
    /// The line, and what it does.
    pub because: String,
}

/// What the source says of all handlers.
pub type HandlerWords = BTreeMap<OperationId, HandlerWord>;

/// What the source says of the handlers, once they are read: a scan goes on meanwhile.
#[derive(Debug, Clone, Default)]
pub struct SourceWords(Option<watch::Receiver<Option<Arc<HandlerWords>>>>);

impl SourceWords {
    /// Makes the words that arrive through a channel.
    pub fn awaited(words: watch::Receiver<Option<Arc<HandlerWords>>>) -> Self {
        Self(Some(words))
    }

    /// Waits at most so long for what was read; nothing where there is no source, or the reading failed.
    pub async fn within(&self, patience: Duration) -> Arc<HandlerWords> {
        let Some(mut words) = self.0.clone() else { return Arc::default() };
        let arrived = tokio::time::timeout(patience, words.wait_for(Option::is_some)).await;
        arrived.ok().and_then(Result::ok).and_then(|words| words.clone()).unwrap_or_default()
    }
}

impl CodeIndex {
    /// Reads the handler of every operation that has one.
    pub fn judge_all(&self) -> HandlerWords {
        let reader = OwnershipReader::new(self.project());
        let (ids, entries): (Vec<_>, Vec<_>) = self.bound().unzip();
        let judged = ids.into_iter().zip(reader.read_all(&entries)).filter_map(|(id, reading)| {
            let because = clean_text(&reading.because, MOST_REASON);
            let is_role_gated = reading.accesses.iter().any(|access| access.how == AccessWord::RoleGated);
            let ties = reading.accesses.iter().filter(|access| access.how == AccessWord::OwnerChecked);
            let ties =
                // What is just being created is its caller's anyway: that it is tied shows no check of an owner.
                ties.filter(|access| access.what != CodeAccessVerb::Create).take(MOST_TIES).map(tie_of).collect();
            Some((id.clone(), HandlerWord { place: self.place(id)?, word: reading.word, because, is_role_gated, ties }))
        });

        judged.collect()
    }
}

fn tie_of(access: &AccessReading) -> OwnerTie {
    OwnerTie {
        model: access.model.as_ref().map(|model| clean_text(model, 100)),
        ids: access.ids.iter().map(|id| id.name.clone()).collect(),
        because: clean_text(&access.because, MOST_REASON),
    }
}
