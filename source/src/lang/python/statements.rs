//! Python's statements.

use tree_sitter::Node;

use super::Python;
use crate::ir::{Expr, ExprKind, Import, ImportedName, Statement, StatementKind, WithItem};
use crate::lang::reader::{field_children, make_expression, make_statement, named_children, node_span};

impl Python<'_> {
    /// Lowers the statements of a block.
    pub(super) fn block(&self, node: Node) -> Vec<Statement> {
        let lower = || named_children(node).into_iter().flat_map(|child| self.statement(child)).collect();
        self.reader.deeper(lower).unwrap_or_default()
    }

    /// Lowers the block in a field.
    pub(super) fn field_block(&self, node: Node, name: &str) -> Vec<Statement> {
        node.child_by_field_name(name).map(|block| self.block(block)).unwrap_or_default()
    }

    fn statement(&self, node: Node) -> Vec<Statement> {
        let kind = match node.kind() {
            "expression_statement" => return self.expressions(node),
            "decorated_definition" => return self.decorated(node).into_iter().collect(),
            "function_definition" => StatementKind::Function(self.function(node, Vec::new(), node)),
            "class_definition" => StatementKind::Class(self.class(node, Vec::new(), node)),
            "if_statement" => self.condition(node),
            "return_statement" => StatementKind::Return(named_children(node).first().map(|value| self.expr(*value))),
            "raise_statement" => StatementKind::Throw(self.exprs(node)),
            "for_statement" => StatementKind::For {
                target: self.field(node, "left"),
                source: self.field(node, "right"),
                body: self.field_block(node, "body"),
                otherwise: self.alternative(node),
            },
            "while_statement" => {
                StatementKind::While { test: self.field(node, "condition"), body: self.field_block(node, "body") }
            }
            "with_statement" => StatementKind::With { items: self.opened(node), body: self.field_block(node, "body") },
            "try_statement" => self.tried(node),
            "match_statement" => return self.matched(node),
            "import_statement" => return self.imports(node),
            "import_from_statement" => StatementKind::Import(self.import_from(node)),
            "assert_statement" => match named_children(node).first() {
                Some(test) => StatementKind::Assert(self.expr(*test)),
                None => StatementKind::Other,
            },
            "delete_statement" => StatementKind::Delete(self.exprs(node)),
            "break_statement" | "continue_statement" => StatementKind::Jump,
            // A damaged piece may still hold whole statements.
            "block" | "ERROR" => return self.block(node),
            _ => StatementKind::Other,
        };

        vec![make_statement(node, kind)]
    }

    fn expressions(&self, node: Node) -> Vec<Statement> {
        let lower = |child: Node| match child.kind() {
            "assignment" | "augmented_assignment" => self.assignment(child),
            _ => make_statement(child, StatementKind::Expr(self.expr(child))),
        };
        named_children(node).into_iter().map(lower).collect()
    }

    /// `a = b = value`
    fn assignment(&self, node: Node) -> Statement {
        let mut targets = Vec::new();
        let mut current = node;

        loop {
            targets.extend(current.child_by_field_name("left").map(|left| self.expr(left)));
            match current.child_by_field_name("right") {
                Some(right) if right.kind() == "assignment" => current = right,
                right => {
                    let value = right.map(|right| self.expr(right));
                    return make_statement(node, StatementKind::Assign(targets, value));
                }
            }
        }
    }

    fn condition(&self, node: Node) -> StatementKind {
        let mut otherwise = Vec::new();
        // From the last alternative to the first, as each holds those behind it.
        for other in field_children(node, "alternative").into_iter().rev() {
            otherwise = match other.kind() {
                "else_clause" => self.field_block(other, "body"),
                _ => {
                    let test = self.field(other, "condition");
                    let body = self.field_block(other, "consequence");
                    vec![make_statement(other, StatementKind::If { test, body, otherwise })]
                }
            };
        }

        let body = self.field_block(node, "consequence");
        StatementKind::If { test: self.field(node, "condition"), body, otherwise }
    }

    fn alternative(&self, node: Node) -> Vec<Statement> {
        node.child_by_field_name("alternative").map(|other| self.field_block(other, "body")).unwrap_or_default()
    }

    fn opened(&self, node: Node) -> Vec<WithItem> {
        let clauses = named_children(node).into_iter().filter(|child| child.kind() == "with_clause");
        let values = clauses.flat_map(named_children).filter_map(|item| item.child_by_field_name("value"));
        values.map(|value| self.with_item(value)).collect()
    }

    fn with_item(&self, value: Node) -> WithItem {
        let parts = named_children(value);
        match (value.kind(), parts.first()) {
            ("as_pattern", Some(opened)) => {
                let alias = value.child_by_field_name("alias").and_then(|alias| alias.named_child(0));
                WithItem { value: self.expr(*opened), target: alias.map(|alias| self.expr(alias)) }
            }
            _ => WithItem { value: self.expr(value), target: None },
        }
    }

    fn tried(&self, node: Node) -> StatementKind {
        let (mut handlers, mut otherwise, mut finally) = (Vec::new(), Vec::new(), Vec::new());
        let last_block = |child: Node| {
            // The block comes last, behind the kinds of faults and the name.
            let block = named_children(child).into_iter().rev().find(|part| part.kind() == "block");
            block.map(|block| self.block(block)).unwrap_or_default()
        };
        for child in named_children(node) {
            match child.kind() {
                "except_clause" | "except_group_clause" => handlers.push(last_block(child)),
                "else_clause" => otherwise = self.field_block(child, "body"),
                "finally_clause" => finally = last_block(child),
                _ => {}
            }
        }

        StatementKind::Try { body: self.field_block(node, "body"), handlers, otherwise, finally }
    }

    /// A `match` is read as a chain of conditions that are not known.
    fn matched(&self, node: Node) -> Vec<Statement> {
        let mut otherwise = Vec::new();
        let cases = node.child_by_field_name("body").map(named_children).unwrap_or_default();

        for case in cases.into_iter().rev() {
            let body = self.field_block(case, "consequence");
            // Patterns are not evaluated, so every case may be the one that is taken.
            let test = Expr::new(ExprKind::Other(vec![self.field(node, "subject")]), node_span(case));
            otherwise = vec![make_statement(case, StatementKind::If { test, body, otherwise })];
        }
        otherwise
    }

    fn imports(&self, node: Node) -> Vec<Statement> {
        let lower = |child: Node| {
            let (module, alias) = match child.kind() {
                "aliased_import" => (self.reader.field_text(child, "name"), self.reader.field_text(child, "alias")),
                _ => (self.reader.text(child).to_owned(), String::new()),
            };
            let alias = Some(alias).filter(|alias| !alias.is_empty());
            make_statement(node, StatementKind::Import(Import { module, level: 0, names: Vec::new(), alias }))
        };

        named_children(node).into_iter().map(lower).collect()
    }

    fn import_from(&self, node: Node) -> Import {
        let written = self.reader.field_text(node, "module_name");
        let level = written.chars().take_while(|letter| *letter == '.').count();
        let mut names: Vec<ImportedName> =
            field_children(node, "name").into_iter().map(|name| self.imported_name(name)).collect();
        if named_children(node).iter().any(|child| child.kind() == "wildcard_import") {
            names.push(ImportedName { name: "*".to_owned(), alias: "*".to_owned() });
        }
        Import { module: written.trim_start_matches('.').trim().to_owned(), level, names, alias: None }
    }

    fn imported_name(&self, node: Node) -> ImportedName {
        if node.kind() == "aliased_import" {
            return ImportedName {
                name: self.reader.field_text(node, "name"),
                alias: self.reader.field_text(node, "alias"),
            };
        }

        let name = self.reader.text(node).to_owned();
        ImportedName { alias: name.clone(), name }
    }

    /// Lowers every named child.
    pub(super) fn exprs(&self, node: Node) -> Vec<Expr> {
        named_children(node).into_iter().map(|child| self.expr(child)).collect()
    }

    /// Lowers the expression in a field; an empty one where it is absent.
    pub(super) fn field(&self, node: Node, name: &str) -> Expr {
        match node.child_by_field_name(name) {
            Some(field) => self.expr(field),
            None => make_expression(node, ExprKind::Other(Vec::new())),
        }
    }
}
