//! JavaScript, TypeScript and TSX. Types are dropped, except those of parameters, which say what is injected.

mod compiled;
mod definitions;
mod expressions;
mod imports;
mod patterns;
mod statements;

use tree_sitter::Node;

use super::reader::{SyntaxReader, make_expression, named_children};
use crate::ir::{Expr, ExprKind, Statement};

/// Lowers a module.
pub(super) fn lower_file(text: &str, root: Node) -> Vec<Statement> {
    JavaScript { reader: SyntaxReader::new(text) }.block(root)
}

/// A JavaScript text that is being lowered.
struct JavaScript<'a> {
    reader: SyntaxReader<'a>,
}

impl JavaScript<'_> {
    /// Lowers every named child.
    fn exprs(&self, node: Node) -> Vec<Expr> {
        named_children(node).into_iter().map(|child| self.expr(child)).collect()
    }

    /// Lowers the expression in a field; an empty one where it is absent.
    fn field(&self, node: Node, name: &str) -> Expr {
        match node.child_by_field_name(name) {
            Some(field) => self.expr(field),
            None => make_expression(node, ExprKind::Other(Vec::new())),
        }
    }

    /// Lowers the first named child.
    fn only(&self, node: Node) -> Expr {
        match named_children(node).first() {
            Some(inner) => self.expr(*inner),
            None => make_expression(node, ExprKind::Other(Vec::new())),
        }
    }
}
