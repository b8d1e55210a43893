//! Java's expressions.

use std::sync::Arc;

use tree_sitter::Node;

use super::Java;
use crate::ir::{Argument, Expr, ExprKind, Function, Spread, Statement, StatementKind};
use crate::lang::reader::{make_expression, make_statement, named_children, node_span};

impl Java<'_> {
    /// Lowers an expression; one that is nested too deep has no parts.
    pub(super) fn expr(&self, node: Node) -> Expr {
        self.reader
            .deeper(|| self.lower_expr(node))
            .unwrap_or_else(|| make_expression(node, ExprKind::Other(Vec::new())))
    }

    fn lower_expr(&self, node: Node) -> Expr {
        let kind = match node.kind() {
            "identifier" | "type_identifier" | "this" | "super" => ExprKind::Name(self.reader.text(node).to_owned()),
            "field_access" => ExprKind::Member(self.field(node, "object"), self.reader.field_text(node, "field")),
            "scoped_identifier" | "scoped_type_identifier" => self.scoped(node),
            "method_invocation" => self.invocation(node),
            "object_creation_expression" => self.creation(node),
            "array_access" => ExprKind::Index(self.field(node, "array"), self.field(node, "index")),
            "string_literal" => ExprKind::Text(self.string(node)),
            "character_literal" => ExprKind::Text(self.reader.text(node).trim_matches('\'').to_owned()),
            "decimal_integer_literal"
            | "hex_integer_literal"
            | "octal_integer_literal"
            | "binary_integer_literal"
            | "decimal_floating_point_literal"
            | "hex_floating_point_literal"
            | "true"
            | "false"
            | "null_literal" => ExprKind::Constant(self.reader.text(node).to_owned()),
            "binary_expression" => self.binary(node),
            "unary_expression" => match self.reader.field_text(node, "operator").as_str() {
                "!" => ExprKind::Not(self.field(node, "operand")),
                operator => ExprKind::Operation(operator.to_owned(), vec![self.field(node, "operand")]),
            },
            "update_expression" => ExprKind::Operation("++".to_owned(), self.exprs(node)),
            "assignment_expression" => ExprKind::Assign(self.field(node, "left"), self.field(node, "right")),
            "ternary_expression" => ExprKind::Choice {
                test: self.field(node, "condition"),
                yes: self.field(node, "consequence"),
                no: self.field(node, "alternative"),
            },
            "instanceof_expression" => ExprKind::Compare(self.exprs(node), vec!["instanceof".to_owned()]),
            "lambda_expression" => self.lambda(node),
            "method_reference" => self.reference(node),
            "parenthesized_expression" => return self.only(node),
            // A cast changes the type only, which the tree does not keep.
            "cast_expression" => return self.field(node, "value"),
            "class_literal" => ExprKind::Member(self.only(node), "class".to_owned()),
            "array_initializer" | "element_value_array_initializer" => ExprKind::List(self.exprs(node)),
            "array_creation_expression" => match node.child_by_field_name("value") {
                Some(value) => return self.expr(value),
                None => ExprKind::Other(self.exprs(node)),
            },
            "generic_type" => match named_children(node).as_slice() {
                [of, parts] => {
                    ExprKind::Index(self.expr(*of), make_expression(*parts, ExprKind::List(self.exprs(*parts))))
                }
                _ => ExprKind::Other(self.exprs(node)),
            },
            "marker_annotation" | "annotation" => return self.annotation(node),
            "void_type" | "integral_type" | "floating_point_type" | "boolean_type" => {
                ExprKind::Name(self.reader.text(node).to_owned())
            }
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

    /// `a.b.C`
    fn scoped(&self, node: Node) -> ExprKind {
        match named_children(node).as_slice() {
            [scope, name] => ExprKind::Member(self.expr(*scope), self.reader.text(*name).to_owned()),
            _ => ExprKind::Name(self.reader.text(node).to_owned()),
        }
    }

    fn invocation(&self, node: Node) -> ExprKind {
        let name = self.reader.field_text(node, "name");
        let callee = match (node.child_by_field_name("object"), node.child_by_field_name("name")) {
            (Some(object), Some(end)) => {
                let whole =
                    crate::ir::Span { end: node_span(end).end, end_line: node_span(end).end_line, ..node_span(node) };
                Expr::new(ExprKind::Member(self.expr(object), name), whole)
            }
            (_, Some(place)) => make_expression(place, ExprKind::Name(name)),
            _ => make_expression(node, ExprKind::Name(name)),
        };

        ExprKind::Call { callee, arguments: self.arguments(node), made: false }
    }

    /// `new Name(..)`; the methods of a class without a name are among its arguments.
    fn creation(&self, node: Node) -> ExprKind {
        let made = self.field(node, "type");
        // Type arguments are dropped, so that `new Base<Order>()` is known by `Base`.
        let callee = match &*made.kind {
            ExprKind::Index(of, _) => of.clone(),
            _ => made,
        };
        let mut arguments = self.arguments(node);

        // Handlers and filters are often written as classes without a name.
        for body in named_children(node).into_iter().filter(|child| child.kind() == "class_body") {
            for method in named_children(body).into_iter().flat_map(|member| self.member(member)) {
                if let StatementKind::Function(function) = &method.kind {
                    let value = Expr::new(ExprKind::Function(function.clone()), method.span);
                    arguments.push(Argument { name: None, spread: Spread::One, value, span: method.span });
                }
            }
        }

        ExprKind::Call { callee, arguments, made: true }
    }

    fn arguments(&self, node: Node) -> Vec<Argument> {
        let list = node.child_by_field_name("arguments").map(named_children).unwrap_or_default();
        let argument =
            |child: Node| Argument { name: None, spread: Spread::One, value: self.expr(child), span: node_span(child) };
        list.into_iter().map(argument).collect()
    }

    fn binary(&self, node: Node) -> ExprKind {
        let operator = self.reader.field_text(node, "operator");
        let parts = vec![self.field(node, "left"), self.field(node, "right")];

        match operator.as_str() {
            "&&" | "||" => ExprKind::Logic { all: operator == "&&", parts },
            "==" | "!=" | "<" | ">" | "<=" | ">=" => ExprKind::Compare(parts, vec![operator]),
            _ => ExprKind::Operation(operator, parts),
        }
    }

    /// `orders::list` is what it refers to.
    fn reference(&self, node: Node) -> ExprKind {
        match named_children(node).as_slice() {
            [of, name] => ExprKind::Member(self.expr(*of), self.reader.text(*name).to_owned()),
            _ => ExprKind::Other(self.exprs(node)),
        }
    }

    fn lambda(&self, node: Node) -> ExprKind {
        let body = node.child_by_field_name("body");
        let statements: Vec<Statement> = match body {
            Some(block) if block.kind() == "block" => self.block(block),
            Some(value) => vec![make_statement(value, StatementKind::Return(Some(self.expr(value))))],
            None => Vec::new(),
        };
        ExprKind::Function(Arc::new(Function {
            name: String::new(),
            parameters: node.child_by_field_name("parameters").map(|list| self.parameters(list)).unwrap_or_default(),
            body: statements,
            decorators: Vec::new(),
            returns: None,
            is_async: false,
            span: node_span(node),
            body_span: body.map(node_span).unwrap_or_default(),
            outer_span: node_span(node),
            is_damaged: node.has_error(),
        }))
    }

    fn string(&self, node: Node) -> String {
        let mut text = String::new();
        for child in named_children(node) {
            let part = self.reader.text(child);
            match (child.kind(), part) {
                ("escape_sequence", "\\n") => text.push('\n'),
                ("escape_sequence", "\\t") => text.push('\t'),
                ("escape_sequence", part) => text.push_str(part.trim_start_matches('\\')),
                _ => text.push_str(part),
            }
        }

        text
    }
}
