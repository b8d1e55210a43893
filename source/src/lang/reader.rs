//! What every lowering asks of the concrete tree.

use std::cell::Cell;

use tree_sitter::Node;

use crate::ir::{Expr, ExprKind, Span, Statement, StatementKind};

/// Deeper nesting is not followed: it is nobody's handler, and the stack has an end.
const MOST_DEPTH: usize = 200;
/// More damaged pieces of a file are not listed.
const MOST_DAMAGED: usize = 200;

/// A text and how deep its tree is being read.
pub(super) struct SyntaxReader<'a> {
    text: &'a str,
    depth: Cell<usize>,
}

impl<'a> SyntaxReader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        SyntaxReader { text, depth: Cell::new(0) }
    }

    /// Returns the text of a node.
    pub(super) fn text(&self, node: Node) -> &'a str {
        self.text.get(node.start_byte()..node.end_byte()).unwrap_or("")
    }

    /// Returns the text of a field; empty where it is absent.
    pub(super) fn field_text(&self, node: Node, name: &str) -> String {
        node.child_by_field_name(name).map(|field| self.text(field).to_owned()).unwrap_or_default()
    }

    /// Does one thing a level deeper. `None` where it is too deep already.
    pub(super) fn deeper<T>(&self, act: impl FnOnce() -> T) -> Option<T> {
        if self.depth.get() >= MOST_DEPTH {
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        let made = act();
        self.depth.set(self.depth.get() - 1);

        Some(made)
    }
}

/// Returns the children that have a name, without comments.
pub(super) fn named_children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    // Comments are extras of every grammar; only of extras is the name of the kind asked for, which takes longer.
    let is_comment = |child: &Node| child.is_extra() && child.kind().contains("comment");
    node.named_children(&mut cursor).filter(|child| !is_comment(child)).collect()
}

/// Returns the children with that field name.
pub(super) fn field_children<'t>(node: Node<'t>, name: &str) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children_by_field_name(name, &mut cursor).collect()
}

/// Returns where a node stands.
pub(super) fn node_span(node: Node) -> Span {
    Span {
        start: node.start_byte(),
        end: node.end_byte(),
        line: node.start_position().row + 1,
        end_line: node.end_position().row + 1,
    }
}

/// Makes an expression of a node.
pub(super) fn make_expression(node: Node, kind: ExprKind) -> Expr {
    Expr::new(kind, node_span(node))
}

/// Makes a statement of a node.
pub(super) fn make_statement(node: Node, kind: StatementKind) -> Statement {
    Statement::new(kind, node_span(node))
}

/// Returns the pieces that could not be parsed.
pub(super) fn damaged_spans(root: Node) -> Vec<Span> {
    let mut found = Vec::new();
    let mut cursor = root.walk();
    let mut open = vec![root];

    while let Some(node) = open.pop() {
        // A node without an error has none below it, so only damaged branches are followed.
        if node.is_error() || node.is_missing() {
            found.push(node_span(node));
        } else if node.has_error() {
            open.extend(node.children(&mut cursor));
        }
        if found.len() >= MOST_DAMAGED {
            break;
        }
    }

    found
}
