//! Java's statements.

use tree_sitter::Node;

use super::Java;
use crate::ir::{Expr, ExprKind, Import, ImportedName, Statement, StatementKind, WithItem};
use crate::lang::reader::{field_children, make_expression, make_statement, named_children, node_span};

impl Java<'_> {
    /// Lowers the statements of a block.
    pub(super) fn block(&self, node: Node) -> Vec<Statement> {
        let lower = || match node.kind() {
            "program"
            | "block"
            | "constructor_body"
            | "static_initializer"
            | "switch_block_statement_group"
            | "ERROR" => named_children(node).into_iter().flat_map(|child| self.statement(child)).collect(),
            _ => self.statement(node),
        };

        self.reader.deeper(lower).unwrap_or_default()
    }

    fn field_block(&self, node: Node, name: &str) -> Vec<Statement> {
        node.child_by_field_name(name).map(|block| self.block(block)).unwrap_or_default()
    }

    /// Lowers one statement.
    pub(super) fn statement(&self, node: Node) -> Vec<Statement> {
        let kind = match node.kind() {
            "import_declaration" => return self.import(node).into_iter().collect(),
            "class_declaration"
            | "interface_declaration"
            | "record_declaration"
            | "enum_declaration"
            | "annotation_type_declaration" => StatementKind::Class(self.class(node)),
            "local_variable_declaration" => return self.variables(node),
            "expression_statement" => return self.expression(node),
            "if_statement" => StatementKind::If {
                test: self.field(node, "condition"),
                body: self.field_block(node, "consequence"),
                otherwise: self.field_block(node, "alternative"),
            },
            "return_statement" | "yield_statement" => {
                StatementKind::Return(named_children(node).first().map(|value| self.expr(*value)))
            }
            "throw_statement" => StatementKind::Throw(self.exprs(node)),
            "for_statement" | "while_statement" | "do_statement" => {
                let mut found: Vec<Statement> =
                    field_children(node, "init").into_iter().flat_map(|init| self.statement(init)).collect();
                let body = self.field_block(node, "body");
                let test = self.field(node, "condition");
                // What the head declares stands before the loop, where the body can see it.
                found.push(make_statement(node, StatementKind::While { test, body }));
                return found;
            }
            "enhanced_for_statement" => StatementKind::For {
                target: self.field(node, "name"),
                source: self.field(node, "value"),
                body: self.field_block(node, "body"),
                otherwise: Vec::new(),
            },
            "try_statement" | "try_with_resources_statement" => return self.tried(node),
            "switch_expression" | "switch_statement" => return self.switched(node),
            "synchronized_statement" => StatementKind::Block(self.field_block(node, "body")),
            // A damaged piece may still hold whole statements.
            "labeled_statement" | "block" | "ERROR" | "constructor_body" => {
                StatementKind::Block(named_children(node).into_iter().flat_map(|child| self.statement(child)).collect())
            }
            "assert_statement" => match named_children(node).first() {
                Some(test) => StatementKind::Assert(self.expr(*test)),
                None => StatementKind::Other,
            },
            "break_statement" | "continue_statement" => StatementKind::Jump,
            "explicit_constructor_invocation" => {
                StatementKind::Expr(make_expression(node, ExprKind::Other(self.exprs(node))))
            }
            _ => StatementKind::Other,
        };

        vec![make_statement(node, kind)]
    }

    fn expression(&self, node: Node) -> Vec<Statement> {
        let Some(inner) = named_children(node).into_iter().next() else { return Vec::new() };
        if inner.kind() == "switch_expression" {
            return self.switched(inner);
        }
        let lowered = self.expr(inner);
        let kind = match &*lowered.kind {
            ExprKind::Assign(target, value) => StatementKind::Assign(vec![target.clone()], Some(value.clone())),
            _ => StatementKind::Expr(lowered),
        };
        vec![make_statement(node, kind)]
    }

    /// `try`; what is opened in its head is open in its body.
    fn tried(&self, node: Node) -> Vec<Statement> {
        let (mut handlers, mut finally, mut items) = (Vec::new(), Vec::new(), Vec::new());
        for child in named_children(node) {
            match child.kind() {
                "catch_clause" => handlers.push(self.field_block(child, "body")),
                "finally_clause" => {
                    finally = named_children(child).into_iter().flat_map(|block| self.block(block)).collect()
                }
                "resource_specification" => {
                    items.extend(named_children(child).into_iter().map(|one| self.resource(one)))
                }
                _ => {}
            }
        }

        let mut body = self.field_block(node, "body");
        if !items.is_empty() {
            // The resource is opened inside of the try, so its failures are caught as well.
            body = vec![make_statement(node, StatementKind::With { items, body })];
        }
        vec![make_statement(node, StatementKind::Try { body, handlers, otherwise: Vec::new(), finally })]
    }

    fn resource(&self, node: Node) -> WithItem {
        match node.child_by_field_name("value") {
            Some(value) => WithItem { value: self.expr(value), target: Some(self.field(node, "name")) },
            None => WithItem { value: make_expression(node, ExprKind::Other(self.exprs(node))), target: None },
        }
    }

    /// A `switch` is a chain of conditions.
    fn switched(&self, node: Node) -> Vec<Statement> {
        let subject = self.field(node, "condition");
        let mut otherwise = Vec::new();
        let arms = node.child_by_field_name("body").map(named_children).unwrap_or_default();

        // From the last arm to the first, as each is the alternative of the one before.
        for arm in arms.into_iter().rev() {
            let (labels, parts): (Vec<Node>, Vec<Node>) =
                named_children(arm).into_iter().partition(|child| child.kind() == "switch_label");
            let body: Vec<Statement> = parts.into_iter().flat_map(|part| self.block(part)).collect();
            let values: Vec<Expr> = labels.into_iter().flat_map(|label| self.exprs(label)).collect();

            // An arm without labels is the default.
            if values.is_empty() {
                otherwise = body;
                continue;
            }
            let values = Expr::new(ExprKind::List(values), node_span(arm));
            let test =
                Expr::new(ExprKind::Compare(vec![subject.clone(), values], vec!["in".to_owned()]), node_span(arm));
            otherwise = vec![make_statement(arm, StatementKind::If { test, body, otherwise })];
        }

        otherwise
    }

    /// `import a.b.Name`, `import static a.b.Name.MEMBER`, `import a.b.*`. A class is in the module of its name.
    fn import(&self, node: Node) -> Option<Statement> {
        let parts = named_children(node);
        let path = self.reader.text(*parts.first()?).to_owned();
        let is_static = self.reader.text(node).split_whitespace().nth(1) == Some("static");
        let (module, name) = if parts.iter().any(|part| part.kind() == "asterisk") {
            (path, "*".to_owned())
        } else {
            let (above, last) = path.rsplit_once('.')?;
            // A static import names a member, so the class before it is the module.
            let module = if is_static { above.to_owned() } else { path.clone() };
            (module, last.to_owned())
        };
        let names = vec![ImportedName { alias: name.clone(), name }];
        Some(make_statement(node, StatementKind::Import(Import { module, level: 0, names, alias: None })))
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
