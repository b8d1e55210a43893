//! The words of names: how a name is split into them, and which words of other languages, and of a user's own API, stand
//! for one that the rules know.

mod aliases;
mod tokens;

pub use aliases::{ConceptWords, UnknownConcept, add_words, concept_names, translate_words};
pub use tokens::split_words;
