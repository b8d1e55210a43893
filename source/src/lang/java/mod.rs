//! Java.

mod definitions;
mod expressions;
mod statements;

use tree_sitter::Node;

use super::reader::Reader;
use crate::ir::Statement;

/// Lowers a file.
pub(super) fn lower(text: &str, root: Node) -> Vec<Statement> {
    Java { reader: Reader::new(text) }.block(root)
}

/// A Java text that is being lowered.
struct Java<'a> {
    reader: Reader<'a>,
}
