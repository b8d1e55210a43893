//! JavaScript's statements.

use tree_sitter::Node;

use super::JavaScript;
use crate::ir::{Expr, ExprKind, Statement, StatementKind};
use crate::lang::reader::{field_children, make_expression, make_statement, named_children, node_span};

impl JavaScript<'_> {
    /// Lowers the statements of a block.
    pub(super) fn block(&self, node: Node) -> Vec<Statement> {
        let lower = || named_children(node).into_iter().flat_map(|child| self.statement(child)).collect();
        let lowered = self.reader.deeper(lower).unwrap_or_default();
        super::compiled::restore_decorators(lowered)
    }

    /// Lowers what a field holds: a block, or one statement without braces.
    pub(super) fn field_block(&self, node: Node, name: &str) -> Vec<Statement> {
        node.child_by_field_name(name).map(|body| self.body(body)).unwrap_or_default()
    }

    fn body(&self, node: Node) -> Vec<Statement> {
        match node.kind() {
            "statement_block" => self.block(node),
            "else_clause" => named_children(node).first().map(|inner| self.body(*inner)).unwrap_or_default(),
            _ => self.reader.deeper(|| self.statement(node)).unwrap_or_default(),
        }
    }

    /// Lowers one statement; some are several.
    pub(super) fn statement(&self, node: Node) -> Vec<Statement> {
        let kind = match node.kind() {
            "expression_statement" => return self.expression_statement(node),
            "lexical_declaration" | "variable_declaration" | "using_declaration" => return self.declaration(node),
            "function_declaration" | "generator_function_declaration" => {
                StatementKind::Function(self.function(node, Vec::new(), ""))
            }
            "class_declaration" | "abstract_class_declaration" => {
                StatementKind::Class(self.class(node, self.decorators(node), node))
            }
            "if_statement" => StatementKind::If {
                test: self.field(node, "condition"),
                body: self.field_block(node, "consequence"),
                otherwise: self.field_block(node, "alternative"),
            },
            "return_statement" => StatementKind::Return(named_children(node).first().map(|value| self.expr(*value))),
            "throw_statement" => StatementKind::Throw(self.exprs(node)),
            "for_in_statement" => StatementKind::For {
                target: self.field_pattern(node, "left"),
                source: self.field(node, "right"),
                body: self.field_block(node, "body"),
                otherwise: Vec::new(),
            },
            "for_statement" => StatementKind::Block(self.counted(node)),
            "while_statement" | "do_statement" => {
                StatementKind::While { test: self.field(node, "condition"), body: self.field_block(node, "body") }
            }
            "try_statement" => self.tried(node),
            "switch_statement" => return self.switched(node),
            "import_statement" => return self.imports(node),
            "export_statement" => return self.exports(node),
            "enum_declaration" => self.enumeration(node),
            "break_statement" | "continue_statement" => StatementKind::Jump,
            "labeled_statement" => return self.field_block(node, "body"),
            "statement_block" | "ERROR" => StatementKind::Block(self.block(node)),
            "internal_module" | "module" => StatementKind::Block(self.field_block(node, "body")),
            "class_static_block" => StatementKind::Block(self.field_block(node, "body")),
            _ => StatementKind::Other,
        };

        vec![make_statement(node, kind)]
    }

    fn expression_statement(&self, node: Node) -> Vec<Statement> {
        let parts = named_children(node).into_iter().flat_map(|inner| match inner.kind() {
            // Minified code joins statements by commas.
            "sequence_expression" => named_children(inner),
            _ => vec![inner],
        });
        parts.flat_map(|inner| self.standing(inner, node)).collect()
    }

    /// An expression that is a statement of its own.
    fn standing(&self, node: Node, whole: Node) -> Vec<Statement> {
        let kind = match node.kind() {
            "assignment_expression" => self.assignment(node),
            "augmented_assignment_expression" => {
                let lowered = self.expr(node);
                match &*lowered.kind {
                    ExprKind::Assign(target, value) => StatementKind::Assign(vec![target.clone()], Some(value.clone())),
                    _ => StatementKind::Expr(lowered),
                }
            }
            "unary_expression" if self.reader.field_text(node, "operator") == "delete" => {
                StatementKind::Delete(vec![self.field(node, "argument")])
            }
            // `namespace A {}` is an expression in the grammar.
            "internal_module" => return self.statement(node),
            _ => StatementKind::Expr(self.expr(node)),
        };

        vec![make_statement(whole, kind)]
    }

    /// `a = b = value`
    fn assignment(&self, node: Node) -> StatementKind {
        let mut targets = Vec::new();
        let mut current = node;

        loop {
            targets.push(self.field_pattern(current, "left"));
            match current.child_by_field_name("right") {
                Some(right) if right.kind() == "assignment_expression" => current = right,
                right => return StatementKind::Assign(targets, right.map(|right| self.expr(right))),
            }
        }
    }

    fn declaration(&self, node: Node) -> Vec<Statement> {
        let declared = named_children(node).into_iter().filter(|child| child.kind() == "variable_declarator");
        declared.map(|child| self.declarator(child)).collect()
    }

    fn declarator(&self, node: Node) -> Statement {
        let (name, value) = (node.child_by_field_name("name"), node.child_by_field_name("value"));
        // A `require` is an import, so that names of modules are resolved in one way.
        if let (Some(name), Some(value)) = (name, value)
            && let Some(import) = self.required(name, value)
        {
            return make_statement(node, StatementKind::Import(import));
        }
        let target = self.field_pattern(node, "name");
        let value = value.map(|value| self.named_expr(value, target.name().unwrap_or_default()));
        make_statement(node, StatementKind::Assign(vec![target], value))
    }

    /// `for (let i = 0; i < n; i++)`
    fn counted(&self, node: Node) -> Vec<Statement> {
        let first = node.child_by_field_name("initializer");
        let mut made: Vec<Statement> = first.map(|first| self.statement(first)).unwrap_or_default();
        let mut body = self.field_block(node, "body");

        if let Some(step) = node.child_by_field_name("increment") {
            body.extend(self.standing(step, step));
        }
        made.push(make_statement(node, StatementKind::While { test: self.field(node, "condition"), body }));
        made
    }

    fn tried(&self, node: Node) -> StatementKind {
        let handler = node.child_by_field_name("handler").map(|handler| self.field_block(handler, "body"));
        let finally = node.child_by_field_name("finalizer").map(|last| self.field_block(last, "body"));
        StatementKind::Try {
            body: self.field_block(node, "body"),
            handlers: handler.into_iter().collect(),
            otherwise: Vec::new(),
            finally: finally.unwrap_or_default(),
        }
    }

    /// A `switch` is a chain of comparisons; a case without statements belongs to the next one.
    fn switched(&self, node: Node) -> Vec<Statement> {
        let subject = self.field(node, "value");
        let cases = node.child_by_field_name("body").map(named_children).unwrap_or_default();
        let mut groups: Vec<(Vec<Expr>, Node, Vec<Statement>)> = Vec::new();
        let (mut waiting, mut last) = (Vec::new(), Vec::new());

        for case in cases {
            let body: Vec<Statement> =
                field_children(case, "body").into_iter().flat_map(|inner| self.case_body(inner)).collect();
            if case.kind() == "switch_default" {
                // Cases right before the default lead to it anyway.
                waiting.clear();
                last = body;
                continue;
            }
            let compared = vec![subject.clone(), self.field(case, "value")];
            waiting.push(make_expression(case, ExprKind::Compare(compared, vec!["===".to_owned()])));

            // A case without a body falls through to the next one.
            if !body.is_empty() {
                groups.push((std::mem::take(&mut waiting), case, body));
            }
        }

        let chain = |otherwise: Vec<Statement>, (mut tests, case, body): (Vec<Expr>, Node, Vec<Statement>)| {
            let test = match (tests.pop(), tests.is_empty()) {
                (Some(one), true) => one,
                (one, _) => {
                    tests.extend(one);
                    Expr::new(ExprKind::Logic { all: false, parts: tests }, node_span(case))
                }
            };

            vec![make_statement(case, StatementKind::If { test, body, otherwise })]
        };

        // From the last case to the first, as each is the alternative of the one before.
        groups.into_iter().rev().fold(last, chain)
    }

    /// Lowers a statement of a case; the `break` that ends the case says nothing in a chain.
    fn case_body(&self, node: Node) -> Vec<Statement> {
        match node.kind() {
            "break_statement" => vec![make_statement(node, StatementKind::Block(Vec::new()))],
            "statement_block" => {
                let mut body = self.block(node);
                let last = named_children(node).last().map(|last| last.kind());

                // Only the last `break` ends the case; any other one stands in a condition.
                if last == Some("break_statement") {
                    body.pop();
                }
                body
            }
            _ => self.reader.deeper(|| self.statement(node)).unwrap_or_default(),
        }
    }
}
