//! Patterns that take values apart: a record or a list of what is bound; a default is an assignment within.

use tree_sitter::Node;

use super::JavaScript;
use crate::ir::{Expr, ExprKind, RecordEntry};
use crate::lang::reader::{make_expression, named_children};

impl JavaScript<'_> {
    /// Lowers the pattern in a field.
    pub(super) fn field_pattern(&self, node: Node, name: &str) -> Expr {
        match node.child_by_field_name(name) {
            Some(field) => self.pattern(field),
            None => make_expression(node, ExprKind::Other(Vec::new())),
        }
    }

    /// Lowers a pattern; a name and anything else that can be assigned to is lowered as an expression.
    pub(super) fn pattern(&self, node: Node) -> Expr {
        let lower = || match node.kind() {
            "object_pattern" => make_expression(
                node,
                ExprKind::Record(named_children(node).into_iter().filter_map(|part| self.bound(part)).collect()),
            ),
            "array_pattern" => make_expression(
                node,
                ExprKind::List(named_children(node).into_iter().map(|part| self.pattern(part)).collect()),
            ),
            "assignment_pattern" | "object_assignment_pattern" => {
                make_expression(node, ExprKind::Assign(self.field_pattern(node, "left"), self.field(node, "right")))
            }
            "shorthand_property_identifier_pattern" => {
                make_expression(node, ExprKind::Name(self.reader.text(node).to_owned()))
            }
            "rest_pattern" => match named_children(node).first() {
                Some(inner) => self.pattern(*inner),
                None => make_expression(node, ExprKind::Other(Vec::new())),
            },
            _ => self.expr(node),
        };

        self.reader.deeper(lower).unwrap_or_else(|| make_expression(node, ExprKind::Other(Vec::new())))
    }

    fn bound(&self, node: Node) -> Option<RecordEntry> {
        match node.kind() {
            "pair_pattern" => Some(RecordEntry {
                key: node.child_by_field_name("key").map(|key| self.key(key)),
                value: self.field_pattern(node, "value"),
            }),
            // An entry without a key takes what the others leave.
            "rest_pattern" => Some(RecordEntry { key: None, value: self.pattern(node) }),
            "object_assignment_pattern" => {
                let name = self.reader.field_text(node, "left");
                Some(RecordEntry { key: Some(make_expression(node, ExprKind::Text(name))), value: self.pattern(node) })
            }
            "shorthand_property_identifier_pattern" => {
                let name = self.reader.text(node).to_owned();
                Some(RecordEntry { key: Some(make_expression(node, ExprKind::Text(name))), value: self.pattern(node) })
            }
            _ => None,
        }
    }
}

/// Returns the names that a pattern binds.
pub(super) fn bound_names(pattern: &Expr) -> Vec<String> {
    let mut names = Vec::new();
    collect_names(pattern, &mut names);
    names
}

fn collect_names(pattern: &Expr, names: &mut Vec<String>) {
    match &*pattern.kind {
        ExprKind::Name(name) => names.push(name.clone()),
        ExprKind::Record(entries) => entries.iter().for_each(|entry| collect_names(&entry.value, names)),
        ExprKind::List(parts) => parts.iter().for_each(|part| collect_names(part, names)),
        ExprKind::Assign(target, _) => collect_names(target, names),
        _ => {}
    }
}
