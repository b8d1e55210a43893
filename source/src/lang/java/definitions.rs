//! Java's classes, interfaces, records, enums, their fields and methods.

use std::sync::Arc;

use tree_sitter::Node;

use super::Java;
use crate::ir::{Argument, Class, Expr, ExprKind, Function, FunctionParameter, Spread, Statement, StatementKind};
use crate::lang::reader::{field_children, make_expression, make_statement, named_children, node_span};

impl Java<'_> {
    /// Lowers a class, an interface, a record, an enum or an annotation type.
    pub(super) fn class(&self, node: Node) -> Arc<Class> {
        let body = node.child_by_field_name("body");
        let mut bases = Vec::new();

        for child in named_children(node) {
            if matches!(child.kind(), "superclass" | "super_interfaces" | "extends_interfaces") {
                self.types_within(child, &mut bases);
            }
        }
        Arc::new(Class {
            name: self.reader.field_text(node, "name"),
            bases,
            members: body.map(|body| self.members(body)).unwrap_or_default(),
            decorators: self.annotations(node),
            span: node_span(node),
            body_span: body.map(node_span).unwrap_or_default(),
        })
    }

    fn types_within(&self, node: Node, found: &mut Vec<Expr>) {
        for child in named_children(node) {
            match child.kind() {
                "type_list" => self.types_within(child, found),
                // `extends Base<Order>` is known by `Base`.
                "generic_type" => found.extend(named_children(child).first().map(|of| self.expr(*of))),
                _ => found.push(self.expr(child)),
            }
        }
    }

    fn members(&self, body: Node) -> Vec<Statement> {
        let lower = || named_children(body).into_iter().flat_map(|child| self.member(child)).collect();
        self.reader.deeper(lower).unwrap_or_default()
    }

    /// Lowers what stands in the body of a class.
    pub(super) fn member(&self, node: Node) -> Vec<Statement> {
        match node.kind() {
            "field_declaration" | "constant_declaration" => self.variables(node),
            "method_declaration" | "constructor_declaration" | "compact_constructor_declaration" => {
                vec![make_statement(node, StatementKind::Function(self.method(node)))]
            }
            "enum_body_declarations" => self.members(node),
            "static_initializer" => self.block(node),
            _ => self.statement(node),
        }
    }

    /// Lowers fields or local variables: one assignment each.
    pub(super) fn variables(&self, node: Node) -> Vec<Statement> {
        let declare = |declarator: Node| {
            let target = self.field(declarator, "name");
            let value = declarator.child_by_field_name("value").map(|value| self.expr(value));
            make_statement(declarator, StatementKind::Assign(vec![target], value))
        };
        field_children(node, "declarator").into_iter().map(declare).collect()
    }

    fn method(&self, node: Node) -> Arc<Function> {
        let body = node.child_by_field_name("body");
        let name = node.child_by_field_name("name");

        // The place of a method is where its name and its type stand, below its annotations.
        let first = node.child_by_field_name("type").or(name).map(node_span).unwrap_or_default();
        let line = name.map_or(first.line, |name| node_span(name).line);
        Arc::new(Function {
            name: self.reader.field_text(node, "name"),
            parameters: node.child_by_field_name("parameters").map(|list| self.parameters(list)).unwrap_or_default(),
            body: body.map(|body| self.block(body)).unwrap_or_default(),
            decorators: self.annotations(node),
            returns: node.child_by_field_name("type").map(|declared| self.expr(declared)),
            is_async: false,
            span: crate::ir::Span { start: first.start, line, ..node_span(node) },
            body_span: body.map(node_span).unwrap_or_default(),
            outer_span: node_span(node),
            is_damaged: node.has_error(),
        })
    }

    /// Lowers the parameters of a method or a lambda.
    pub(super) fn parameters(&self, list: Node) -> Vec<FunctionParameter> {
        if list.kind() == "identifier" {
            return vec![self.parameter(list, self.reader.text(list), Spread::One)];
        }
        let read = |node: Node| match node.kind() {
            "formal_parameter" | "catch_formal_parameter" => {
                Some(self.parameter(node, &self.reader.field_text(node, "name"), Spread::One))
            }
            "spread_parameter" => {
                let name = named_children(node).into_iter().find(|child| child.kind() == "variable_declarator")?;
                Some(self.parameter(node, &self.reader.field_text(name, "name"), Spread::Many))
            }
            "identifier" => Some(self.parameter(node, self.reader.text(node), Spread::One)),
            _ => None,
        };

        named_children(list).into_iter().filter_map(read).collect()
    }

    fn parameter(&self, node: Node, name: &str, spread: Spread) -> FunctionParameter {
        FunctionParameter {
            name: name.to_owned(),
            default: None,
            spread,
            declared: node.child_by_field_name("type").map(|declared| self.expr(declared)),
            decorators: self.annotations(node),
            binds: Vec::new(),
            span: node_span(node),
        }
    }

    /// Lowers the annotations of a declaration: `@Name` is a name, `@Name(..)` a call.
    pub(super) fn annotations(&self, node: Node) -> Vec<Expr> {
        let modifiers = named_children(node).into_iter().filter(|child| child.kind() == "modifiers");
        let annotations = modifiers.flat_map(named_children).filter(|child| child.kind().ends_with("annotation"));
        annotations.map(|annotation| self.annotation(annotation)).collect()
    }

    /// Lowers one annotation.
    pub(super) fn annotation(&self, node: Node) -> Expr {
        // An annotation without brackets stays a name, so that both forms have the same callee.
        let name = self.field(node, "name");
        let Some(list) = node.child_by_field_name("arguments") else { return Expr { span: node_span(node), ..name } };
        let argument = |child: Node| match child.kind() {
            "element_value_pair" => Argument {
                name: Some(self.reader.field_text(child, "key")),
                spread: Spread::One,
                value: self.field(child, "value"),
                span: node_span(child),
            },
            _ => Argument { name: None, spread: Spread::One, value: self.expr(child), span: node_span(child) },
        };

        let arguments = named_children(list).into_iter().map(argument).collect();
        make_expression(node, ExprKind::Call { callee: name, arguments, made: false })
    }
}
