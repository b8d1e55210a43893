//! What the source tree tells: which handler stands behind an operation. Reads text only, within bounds.

mod facts;
mod index;
mod judging;
mod matching;
mod requests;
mod trace;

pub use facts::{AccessFacts, CodeFacts, HandlerFacts, TokenFact, TokenFaultKind};
pub use index::{CodeIndex, SourceUnread, UndocumentedRoute};
pub use judging::{HandlerWord, HandlerWords, OwnerTie, SourceWords};

pub use routewarden_source::reading::OwnershipWord;
