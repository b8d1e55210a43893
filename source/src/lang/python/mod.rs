//! Python.

mod definitions;
mod expressions;
mod statements;

use tree_sitter::Node;

use super::reader::Reader;
use crate::ir::Statement;

/// Lowers a module.
pub(super) fn lower(text: &str, root: Node) -> Vec<Statement> {
    Python { reader: Reader::new(text) }.block(root)
}

/// A Python text that is being lowered.
struct Python<'a> {
    reader: Reader<'a>,
}
