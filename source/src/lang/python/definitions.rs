//! Python's functions and classes.

use std::sync::Arc;

use tree_sitter::Node;

use super::Python;
use crate::ir::{Class, Expr, Function, FunctionParameter, Spread, Statement, StatementKind};
use crate::lang::reader::{make_statement, named_children, node_span};

impl Python<'_> {
    /// Lowers a definition with its decorators.
    pub(super) fn decorated(&self, node: Node) -> Option<Statement> {
        let decorators = named_children(node).into_iter().filter(|child| child.kind() == "decorator");
        let decorators: Vec<Expr> =
            decorators.filter_map(|child| child.named_child(0)).map(|inner| self.expr(inner)).collect();
        let definition = node.child_by_field_name("definition")?;
        let kind = match definition.kind() {
            "function_definition" => StatementKind::Function(self.function(definition, decorators, node)),
            "class_definition" => StatementKind::Class(self.class(definition, decorators, node)),
            _ => return None,
        };
        Some(make_statement(node, kind))
    }

    /// Lowers a function; `outer` is it with its decorators.
    pub(super) fn function(&self, node: Node, decorators: Vec<Expr>, outer: Node) -> Arc<Function> {
        let parameters = node.child_by_field_name("parameters").map(|list| self.parameters(list)).unwrap_or_default();
        let body = node.child_by_field_name("body");
        Arc::new(Function {
            name: self.reader.field_text(node, "name"),
            parameters,
            body: body.map(|body| self.block(body)).unwrap_or_default(),
            decorators,
            returns: node.child_by_field_name("return_type").map(|declared| self.expr(declared)),
            is_async: node.child(0).is_some_and(|first| first.kind() == "async"),
            span: node_span(node),
            body_span: body.map(node_span).unwrap_or_default(),
            outer_span: node_span(outer),
            is_damaged: node.has_error(),
        })
    }

    /// Lowers a class; `outer` is it with its decorators.
    pub(super) fn class(&self, node: Node, decorators: Vec<Expr>, outer: Node) -> Arc<Class> {
        let bases = node.child_by_field_name("superclasses").map(named_children).unwrap_or_default();
        // `metaclass=..` and other keywords are no bases.
        let bases = bases.into_iter().filter(|base| base.kind() != "keyword_argument");
        let body = node.child_by_field_name("body");
        Arc::new(Class {
            name: self.reader.field_text(node, "name"),
            bases: bases.map(|base| self.expr(base)).collect(),
            members: body.map(|body| self.block(body)).unwrap_or_default(),
            decorators,
            span: node_span(outer),
            body_span: body.map(node_span).unwrap_or_default(),
        })
    }

    /// Lowers a list of parameters.
    pub(super) fn parameters(&self, list: Node) -> Vec<FunctionParameter> {
        named_children(list).into_iter().filter_map(|node| self.parameter(node)).collect()
    }

    fn parameter(&self, node: Node) -> Option<FunctionParameter> {
        let declared = node.child_by_field_name("type").map(|declared| self.expr(declared));
        let default = node.child_by_field_name("value").map(|value| self.expr(value));
        let (name, spread) = match node.kind() {
            "identifier" => (self.reader.text(node), Spread::One),
            "default_parameter" | "typed_default_parameter" => {
                (node.child_by_field_name("name").map(|name| self.reader.text(name))?, Spread::One)
            }
            "typed_parameter" => {
                // `*args: int` wraps the splat, which says how many values the parameter takes.
                let inner = node.named_child(0)?;
                (self.reader.text(inner), spread_of(inner))
            }
            "list_splat_pattern" | "dictionary_splat_pattern" => (self.reader.text(node), spread_of(node)),
            _ => return None,
        };

        Some(FunctionParameter {
            name: name.trim_start_matches('*').to_owned(),
            default,
            spread,
            declared,
            decorators: Vec::new(),
            binds: Vec::new(),
            span: node_span(node),
        })
    }
}

fn spread_of(node: Node) -> Spread {
    match node.kind() {
        "list_splat_pattern" => Spread::Many,
        "dictionary_splat_pattern" => Spread::Named,
        _ => Spread::One,
    }
}
