//! Python's expressions.

use std::sync::Arc;

use tree_sitter::Node;

use super::Python;
use crate::ir::{Argument, ComprehensionClause, Expr, ExprKind, Function, RecordEntry, Spread, StatementKind};
use crate::lang::reader::{field_children, make_expression, make_statement, named_children, node_span};

impl Python<'_> {
    /// Lowers an expression; one that is nested too deep has no parts.
    pub(super) fn expr(&self, node: Node) -> Expr {
        self.reader
            .deeper(|| self.lower_expr(node))
            .unwrap_or_else(|| make_expression(node, ExprKind::Other(Vec::new())))
    }

    fn lower_expr(&self, node: Node) -> Expr {
        let kind = match node.kind() {
            "identifier" => ExprKind::Name(self.reader.text(node).to_owned()),
            "attribute" => ExprKind::Member(self.field(node, "object"), self.reader.field_text(node, "attribute")),
            "call" => {
                ExprKind::Call { callee: self.field(node, "function"), arguments: self.arguments(node), made: false }
            }
            "subscript" => ExprKind::Index(self.field(node, "value"), self.subscript(node)),
            "string" | "concatenated_string" => self.string(node),
            "integer" | "float" | "true" | "false" | "none" | "ellipsis" => {
                ExprKind::Constant(self.reader.text(node).to_owned())
            }
            "boolean_operator" => ExprKind::Logic {
                all: self.reader.field_text(node, "operator") == "and",
                parts: vec![self.field(node, "left"), self.field(node, "right")],
            },
            "not_operator" => ExprKind::Not(self.field(node, "argument")),
            "comparison_operator" => self.comparison(node),
            "parenthesized_expression" | "type" | "expression_list_item" => return self.only(node),
            "await" => ExprKind::Await(self.only(node)),
            "list" | "tuple" | "set" | "expression_list" | "pattern_list" | "tuple_pattern" | "list_pattern" => {
                ExprKind::List(self.exprs(node))
            }
            "dictionary" => ExprKind::Record(named_children(node).into_iter().map(|child| self.entry(child)).collect()),
            "conditional_expression" => match named_children(node).as_slice() {
                [yes, test, no] => {
                    ExprKind::Choice { test: self.expr(*test), yes: self.expr(*yes), no: self.expr(*no) }
                }
                _ => ExprKind::Other(self.exprs(node)),
            },
            "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression" => {
                self.comprehension(node)
            }
            "named_expression" => ExprKind::Assign(self.field(node, "name"), self.field(node, "value")),
            "binary_operator" => ExprKind::Operation(
                self.reader.field_text(node, "operator"),
                vec![self.field(node, "left"), self.field(node, "right")],
            ),
            "unary_operator" => {
                ExprKind::Operation(self.reader.field_text(node, "operator"), vec![self.field(node, "argument")])
            }
            "lambda" => self.lambda(node),
            "keyword_argument" => return self.field(node, "value"),
            // `Annotated[User, Depends(f)]` in the place of a type.
            "generic_type" => match named_children(node).as_slice() {
                [of, parts] => {
                    ExprKind::Index(self.expr(*of), make_expression(*parts, ExprKind::List(self.exprs(*parts))))
                }
                _ => ExprKind::Other(self.exprs(node)),
            },
            _ => ExprKind::Other(self.exprs(node)),
        };

        make_expression(node, kind)
    }

    fn only(&self, node: Node) -> Expr {
        match named_children(node).first() {
            Some(inner) => self.expr(*inner),
            None => make_expression(node, ExprKind::Other(Vec::new())),
        }
    }

    fn subscript(&self, node: Node) -> Expr {
        match field_children(node, "subscript").as_slice() {
            [one] => self.expr(*one),
            many => make_expression(node, ExprKind::List(many.iter().map(|part| self.expr(*part)).collect())),
        }
    }

    fn arguments(&self, node: Node) -> Vec<Argument> {
        let Some(list) = node.child_by_field_name("arguments") else { return Vec::new() };
        // A generator as the only argument has no brackets of its own.
        if list.kind() != "argument_list" {
            let value = self.expr(list);
            return vec![Argument { name: None, spread: Spread::One, span: value.span, value }];
        }
        named_children(list).into_iter().map(|child| self.argument(child)).collect()
    }

    fn argument(&self, node: Node) -> Argument {
        let (name, spread) = match node.kind() {
            "keyword_argument" => (Some(self.reader.field_text(node, "name")), Spread::One),
            "list_splat" => (None, Spread::Many),
            "dictionary_splat" => (None, Spread::Named),
            _ => (None, Spread::One),
        };

        // The star itself has no value; what is spread stands within it.
        let value = if spread == Spread::One { self.expr(node) } else { self.only(node) };
        Argument { name, spread, value, span: node_span(node) }
    }

    fn comparison(&self, node: Node) -> ExprKind {
        let operators =
            field_children(node, "operators").into_iter().map(|node| self.reader.text(node).to_owned()).collect();
        let parts = named_children(node).into_iter().filter(|child| !matches!(child.kind(), "not in" | "is not"));
        ExprKind::Compare(parts.map(|child| self.expr(child)).collect(), operators)
    }

    fn entry(&self, node: Node) -> RecordEntry {
        match node.kind() {
            "pair" => RecordEntry {
                key: node.child_by_field_name("key").map(|key| self.expr(key)),
                value: self.field(node, "value"),
            },
            _ => RecordEntry { key: None, value: self.only(node) },
        }
    }

    fn comprehension(&self, node: Node) -> ExprKind {
        let (mut clauses, mut conditions) = (Vec::new(), Vec::new());
        for child in named_children(node) {
            match child.kind() {
                "for_in_clause" => {
                    clauses.push(ComprehensionClause {
                        target: self.field(child, "left"),
                        source: self.field(child, "right"),
                    });
                }
                "if_clause" => conditions.push(self.only(child)),
                _ => {}
            }
        }

        ExprKind::Comprehension { body: self.field(node, "body"), clauses, conditions }
    }

    fn lambda(&self, node: Node) -> ExprKind {
        let body = self.field(node, "body");
        let body_span = body.span;
        ExprKind::Function(Arc::new(Function {
            name: String::new(),
            parameters: node.child_by_field_name("parameters").map(|list| self.parameters(list)).unwrap_or_default(),
            body: vec![make_statement(node, StatementKind::Return(Some(body)))],
            decorators: Vec::new(),
            returns: None,
            is_async: false,
            span: node_span(node),
            body_span,
            outer_span: node_span(node),
            is_damaged: node.has_error(),
        }))
    }

    fn string(&self, node: Node) -> ExprKind {
        let (mut text, mut parts) = (String::new(), Vec::new());
        self.string_parts(node, &mut text, &mut parts);
        if parts.is_empty() { ExprKind::Text(text) } else { ExprKind::Template(text, parts) }
    }

    fn string_parts(&self, node: Node, text: &mut String, parts: &mut Vec<Expr>) {
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "string" => self.string_parts(child, text, parts),
                "string_content" => text.push_str(self.reader.text(child)),
                "interpolation" => {
                    parts.extend(child.child_by_field_name("expression").map(|inner| self.expr(inner)));
                    text.push_str("{}");
                }
                _ => {}
            }
        }
    }
}
