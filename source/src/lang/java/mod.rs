//! Java.

mod definitions;
mod expressions;
mod statements;

use tree_sitter::Node;

use super::reader::SyntaxReader;
use crate::ir::Statement;

/// Lowers a file.
pub(super) fn lower_file(text: &str, root: Node) -> Vec<Statement> {
    Java { reader: SyntaxReader::new(text) }.block(root)
}

/// A Java text that is being lowered.
struct Java<'a> {
    reader: SyntaxReader<'a>,
}
