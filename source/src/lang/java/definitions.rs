//! Java's classes, interfaces, records, enums, their fields and methods.

use std::sync::Arc;

use tree_sitter::Node;

use super::Java;
use crate::ir::{Argument, Class, Expr, ExprKind, Function, Parameter, Spread, Statement, StatementKind};
use crate::lang::reader::{expr, fields, named, span, statement};

impl Java<'_> {
    /// Lowers a class, an interface, a record, an enum or an annotation type.
    pub(super) fn class(&self, node: Node) -> Arc<Class> {
        let body = node.child_by_field_name("body");
        let mut bases = Vec::new();
        for child in named(node) {
            if matches!(child.kind(), "superclass" | "super_interfaces" | "extends_interfaces") {
                self.types_within(child, &mut bases);
            }
        }
        Arc::new(Class {
            name: self.reader.field_text(node, "name"),
            bases,
            members: body.map(|body| self.members(body)).unwrap_or_default(),
            decorators: self.annotations(node),
            span: span(node),
            body_span: body.map(span).unwrap_or_default(),
        })
    }

    fn types_within(&self, node: Node, found: &mut Vec<Expr>) {
        for child in named(node) {
            match child.kind() {
                "type_list" => self.types_within(child, found),
                // `extends Base<Order>` is known by `Base`.
                "generic_type" => found.extend(named(child).first().map(|of| self.expr(*of))),
                _ => found.push(self.expr(child)),
            }
        }
    }

    fn members(&self, body: Node) -> Vec<Statement> {
        let lower = || named(body).into_iter().flat_map(|child| self.member(child)).collect();
        self.reader.deeper(lower).unwrap_or_default()
    }

    /// Lowers what stands in the body of a class.
    pub(super) fn member(&self, node: Node) -> Vec<Statement> {
        match node.kind() {
            "field_declaration" | "constant_declaration" => self.variables(node),
            "method_declaration" | "constructor_declaration" | "compact_constructor_declaration" => {
                vec![statement(node, StatementKind::Function(self.method(node)))]
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
            statement(declarator, StatementKind::Assign(vec![target], value))
        };
        fields(node, "declarator").into_iter().map(declare).collect()
    }

    fn method(&self, node: Node) -> Arc<Function> {
        let body = node.child_by_field_name("body");
        let name = node.child_by_field_name("name");
        // The place of a method is where its name and its type stand, below its annotations.
        let first = node.child_by_field_name("type").or(name).map(span).unwrap_or_default();
        let line = name.map_or(first.line, |name| span(name).line);
        Arc::new(Function {
            name: self.reader.field_text(node, "name"),
            parameters: node.child_by_field_name("parameters").map(|list| self.parameters(list)).unwrap_or_default(),
            body: body.map(|body| self.block(body)).unwrap_or_default(),
            decorators: self.annotations(node),
            returns: node.child_by_field_name("type").map(|declared| self.expr(declared)),
            is_async: false,
            span: crate::ir::Span { start: first.start, line, ..span(node) },
            body_span: body.map(span).unwrap_or_default(),
            outer_span: span(node),
            is_damaged: node.has_error(),
        })
    }

    /// Lowers the parameters of a method or a lambda.
    pub(super) fn parameters(&self, list: Node) -> Vec<Parameter> {
        if list.kind() == "identifier" {
            return vec![self.parameter(list, self.reader.text(list), Spread::One)];
        }
        let read = |node: Node| match node.kind() {
            "formal_parameter" | "catch_formal_parameter" => {
                Some(self.parameter(node, &self.reader.field_text(node, "name"), Spread::One))
            }
            "spread_parameter" => {
                let name = named(node).into_iter().find(|child| child.kind() == "variable_declarator")?;
                Some(self.parameter(node, &self.reader.field_text(name, "name"), Spread::Many))
            }
            "identifier" => Some(self.parameter(node, self.reader.text(node), Spread::One)),
            _ => None,
        };
        named(list).into_iter().filter_map(read).collect()
    }

    fn parameter(&self, node: Node, name: &str, spread: Spread) -> Parameter {
        Parameter {
            name: name.to_owned(),
            default: None,
            spread,
            declared: node.child_by_field_name("type").map(|declared| self.expr(declared)),
            decorators: self.annotations(node),
            binds: Vec::new(),
            span: span(node),
        }
    }

    /// Lowers the annotations of a declaration: `@Name` is a name, `@Name(..)` a call.
    pub(super) fn annotations(&self, node: Node) -> Vec<Expr> {
        let modifiers = named(node).into_iter().filter(|child| child.kind() == "modifiers");
        let annotations = modifiers.flat_map(named).filter(|child| child.kind().ends_with("annotation"));
        annotations.map(|annotation| self.annotation(annotation)).collect()
    }

    /// Lowers one annotation.
    pub(super) fn annotation(&self, node: Node) -> Expr {
        let name = self.field(node, "name");
        let Some(list) = node.child_by_field_name("arguments") else { return Expr { span: span(node), ..name } };
        let argument = |child: Node| match child.kind() {
            "element_value_pair" => Argument {
                name: Some(self.reader.field_text(child, "key")),
                spread: Spread::One,
                value: self.field(child, "value"),
                span: span(child),
            },
            _ => Argument { name: None, spread: Spread::One, value: self.expr(child), span: span(child) },
        };
        let arguments = named(list).into_iter().map(argument).collect();
        expr(node, ExprKind::Call { callee: name, arguments, made: false })
    }
}
