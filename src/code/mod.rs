//! What the source tree tells: which handler stands behind an operation. Reads text only, within bounds.

mod index;
mod matching;
mod trace;

pub use index::CodeIndex;
