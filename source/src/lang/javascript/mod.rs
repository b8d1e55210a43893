//! JavaScript, TypeScript and TSX. Types are dropped, except those of parameters, which say what is injected.

mod compiled;
mod definitions;
mod expressions;
mod imports;
mod patterns;
mod statements;

use tree_sitter::Node;

use super::reader::{Reader, expr, named};
use crate::ir::{Expr, ExprKind, Statement};

/// Lowers a module.
pub(super) fn lower(text: &str, root: Node) -> Vec<Statement> {
    JavaScript { reader: Reader::new(text) }.block(root)
}

/// A JavaScript text that is being lowered.
struct JavaScript<'a> {
    reader: Reader<'a>,
}

impl JavaScript<'_> {
    /// Lowers every named child.
    fn exprs(&self, node: Node) -> Vec<Expr> {
        named(node).into_iter().map(|child| self.expr(child)).collect()
    }

    /// Lowers the expression in a field; an empty one where it is absent.
    fn field(&self, node: Node, name: &str) -> Expr {
        match node.child_by_field_name(name) {
            Some(field) => self.expr(field),
            None => expr(node, ExprKind::Other(Vec::new())),
        }
    }

    /// Lowers the first named child.
    fn only(&self, node: Node) -> Expr {
        match named(node).first() {
            Some(inner) => self.expr(*inner),
            None => expr(node, ExprKind::Other(Vec::new())),
        }
    }
}
