//! JavaScript's functions and classes.

use std::sync::Arc;

use tree_sitter::Node;

use super::JavaScript;
use super::patterns::bound_names;
use crate::ir::{
    Class, Expr, ExprKind, Function, FunctionParameter, RecordEntry, Span, Spread, Statement, StatementKind,
};
use crate::lang::reader::{field_children, make_expression, make_statement, named_children, node_span};

impl JavaScript<'_> {
    /// Lowers a function of any kind; one without a name of its own gets this one.
    pub(super) fn function(&self, node: Node, decorators: Vec<Expr>, name: &str) -> Arc<Function> {
        let own = node.child_by_field_name("name").map(|own| self.reader.text(own)).unwrap_or_default();
        let own = own.trim_matches(['"', '\'']).to_owned();
        let parameters = self.parameters(node);
        let body = node.child_by_field_name("body");
        let mut statements = self.taken_apart(node);

        // An arrow function without braces returns its expression.
        match body {
            Some(body) if body.kind() == "statement_block" => statements.extend(self.block(body)),
            Some(body) => {
                let value = self.expr(body);
                statements.push(make_statement(body, StatementKind::Return(Some(value))));
            }
            None => {}
        }

        let mut cursor = node.walk();
        let is_async = node.children(&mut cursor).any(|child| child.kind() == "async");
        Arc::new(Function {
            // The name of a function expression wins over that of the variable, as in the language.
            name: if own.is_empty() { name.to_owned() } else { own },
            parameters,
            body: statements,
            decorators,
            returns: node.child_by_field_name("return_type").map(|declared| self.expr(declared)),
            is_async,
            span: span_without_decorators(node),
            body_span: body.map(node_span).unwrap_or_default(),
            outer_span: node_span(node),
            is_damaged: node.has_error(),
        })
    }

    /// Lowers a method.
    pub(super) fn method(&self, node: Node, decorators: Vec<Expr>) -> Arc<Function> {
        let outer = decorators.first().map(|first| first.span);
        let mut function = self.function(node, decorators, "");

        // The decorators stand before the method in TypeScript, so its outer span begins with them.
        if let (Some(outer), Some(made)) = (outer, Arc::get_mut(&mut function)) {
            made.outer_span = Span { end: made.span.end, end_line: made.span.end_line, ..outer };
        }
        function
    }

    /// Lowers a class; `outer` is it with its decorators.
    pub(super) fn class(&self, node: Node, decorators: Vec<Expr>, outer: Node) -> Arc<Class> {
        let body = node.child_by_field_name("body");
        Arc::new(Class {
            name: self.reader.field_text(node, "name"),
            bases: self.bases(node),
            members: body.map(|body| self.members(body)).unwrap_or_default(),
            decorators,
            span: node_span(outer),
            body_span: body.map(node_span).unwrap_or_default(),
        })
    }

    /// Lowers a class that is an expression: a function without parameters that declares and returns it.
    pub(super) fn class_expr(&self, node: Node) -> Expr {
        let class = self.class(node, self.decorators(node), node);
        let name = make_expression(node, ExprKind::Name(class.name.clone()));
        let body = vec![
            make_statement(node, StatementKind::Class(class)),
            make_statement(node, StatementKind::Return(Some(name))),
        ];
        let made = Function {
            name: String::new(),
            parameters: Vec::new(),
            body,
            decorators: Vec::new(),
            returns: None,
            is_async: false,
            span: node_span(node),
            body_span: node_span(node),
            outer_span: node_span(node),
            is_damaged: node.has_error(),
        };

        let callee = make_expression(node, ExprKind::Function(Arc::new(made)));
        make_expression(node, ExprKind::Call { callee, arguments: Vec::new(), made: false })
    }

    /// Lowers the decorators of a node.
    pub(super) fn decorators(&self, node: Node) -> Vec<Expr> {
        field_children(node, "decorator").into_iter().map(|decorator| self.only(decorator)).collect()
    }

    fn bases(&self, node: Node) -> Vec<Expr> {
        let heritage = named_children(node).into_iter().filter(|child| child.kind() == "class_heritage");
        let clauses = heritage.flat_map(named_children);
        let lower = |clause: Node| match clause.kind() {
            "extends_clause" => field_children(clause, "value").into_iter().map(|value| self.expr(value)).collect(),
            "implements_clause" => self.exprs(clause),
            _ => vec![self.expr(clause)],
        };
        clauses.flat_map(lower).collect()
    }

    /// Lowers the body of a class. TypeScript's decorators stand before what they decorate.
    fn members(&self, body: Node) -> Vec<Statement> {
        let mut waiting: Vec<Expr> = Vec::new();
        let mut members = Vec::new();

        for node in named_children(body) {
            if node.kind() == "decorator" {
                waiting.push(self.only(node));
                continue;
            }
            let mut decorators = std::mem::take(&mut waiting);
            decorators.extend(self.decorators(node));
            members.extend(self.reader.deeper(|| self.class_member(node, decorators)).flatten());
        }

        members
    }

    fn class_member(&self, node: Node, decorators: Vec<Expr>) -> Option<Statement> {
        let kind = match node.kind() {
            "method_definition" => StatementKind::Function(self.method(node, decorators)),
            "public_field_definition" | "field_definition" => self.class_field(node, decorators)?,
            "class_static_block" => StatementKind::Block(self.field_block(node, "body")),
            _ => return None,
        };

        Some(make_statement(node, kind))
    }

    /// A field that holds a function is a method to its callers.
    fn class_field(&self, node: Node, decorators: Vec<Expr>) -> Option<StatementKind> {
        let key = node.child_by_field_name("name").or_else(|| node.child_by_field_name("property"))?;
        let name = self.reader.text(key).to_owned();
        let value = node.child_by_field_name("value");

        if let Some(value) = value.filter(|value| matches!(value.kind(), "arrow_function" | "function_expression")) {
            return Some(StatementKind::Function(self.function(value, decorators, &name)));
        }
        let value = value.map(|value| self.named_expr(value, &name));
        Some(StatementKind::Assign(vec![make_expression(key, ExprKind::Name(name))], value))
    }

    fn parameters(&self, node: Node) -> Vec<FunctionParameter> {
        let list = parameter_nodes(node);
        list.into_iter().enumerate().map(|(place, node)| self.parameter(node, place)).collect()
    }

    fn parameter(&self, node: Node, place: usize) -> FunctionParameter {
        let (target, default) = binding_and_default(node);
        let pattern = self.pattern(target);
        let is_rest = target.kind() == "rest_pattern";
        let name = pattern.name().map_or_else(|| format!("#{place}"), str::to_owned);
        FunctionParameter {
            binds: if pattern.name().is_none() { bound_names(&pattern) } else { Vec::new() },
            name,
            default: default.map(|value| self.expr(value)),
            spread: if is_rest { Spread::Many } else { Spread::One },
            declared: node.child_by_field_name("type").map(|declared| self.expr(declared)),
            decorators: self.decorators(node),
            span: node_span(node),
        }
    }

    /// Returns the statements that take the parameters apart which are patterns.
    fn taken_apart(&self, node: Node) -> Vec<Statement> {
        let list = parameter_nodes(node).into_iter().enumerate();
        let lower = |(place, node): (usize, Node)| {
            let pattern = self.pattern(binding_and_default(node).0);
            if pattern.name().is_some() {
                return None;
            }
            let value = make_expression(node, ExprKind::Name(format!("#{place}")));
            Some(make_statement(node, StatementKind::Assign(vec![pattern], Some(value))))
        };

        list.filter_map(lower).collect()
    }

    /// `enum Paths { Users = '/users' }` is a record.
    pub(super) fn enumeration(&self, node: Node) -> StatementKind {
        let members = node.child_by_field_name("body").map(named_children).unwrap_or_default();
        let lower = |member: Node| {
            let key = member.child_by_field_name("name").unwrap_or(member);
            let value = match member.child_by_field_name("value") {
                Some(value) => self.expr(value),
                // A member without a value only needs to differ from the others.
                None => make_expression(member, ExprKind::Constant(self.reader.text(key).to_owned())),
            };
            let name = self.reader.text(key).trim_matches(['"', '\'']).to_owned();
            RecordEntry { key: Some(make_expression(key, ExprKind::Text(name))), value }
        };

        let record = make_expression(node, ExprKind::Record(members.into_iter().map(lower).collect()));
        let name = make_expression(node, ExprKind::Name(self.reader.field_text(node, "name")));
        StatementKind::Assign(vec![name], Some(record))
    }
}

/// The nodes of a function's parameters, without TypeScript's `this`.
fn parameter_nodes(node: Node<'_>) -> Vec<Node<'_>> {
    if let Some(only) = node.child_by_field_name("parameter") {
        return vec![only];
    }
    let list = node.child_by_field_name("parameters").map(named_children).unwrap_or_default();
    // `this` in TypeScript only declares a type and takes no argument.
    let is_this = |node: &Node| node.child_by_field_name("pattern").is_some_and(|pattern| pattern.kind() == "this");
    list.into_iter().filter(|node| node.kind() != "decorator" && !is_this(node)).collect()
}

/// What a parameter binds, and its default.
fn binding_and_default(node: Node<'_>) -> (Node<'_>, Option<Node<'_>>) {
    match node.kind() {
        "required_parameter" | "optional_parameter" => {
            (node.child_by_field_name("pattern").unwrap_or(node), node.child_by_field_name("value"))
        }
        "assignment_pattern" => (node.child_by_field_name("left").unwrap_or(node), node.child_by_field_name("right")),
        _ => (node, None),
    }
}

/// Where a function stands without its decorators.
fn span_without_decorators(node: Node) -> Span {
    let mut cursor = node.walk();
    let first = node.children(&mut cursor).find(|child| child.kind() != "decorator" && child.kind() != "comment");
    let whole = node_span(node);
    first.map_or(whole, |first| Span { start: first.start_byte(), line: first.start_position().row + 1, ..whole })
}
