//! Python.

mod definitions;
mod expressions;
mod statements;

use tree_sitter::Node;

use super::reader::SyntaxReader;
use crate::ir::Statement;

/// Lowers a module.
pub(super) fn lower_file(text: &str, root: Node) -> Vec<Statement> {
    Python { reader: SyntaxReader::new(text) }.block(root)
}

/// A Python text that is being lowered.
struct Python<'a> {
    reader: SyntaxReader<'a>,
}
