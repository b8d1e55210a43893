//! JavaScript's expressions.

use tree_sitter::Node;

use super::JavaScript;
use crate::ir::{Argument, Expr, ExprKind, RecordEntry, Spread};
use crate::lang::reader::{make_expression, named_children, node_span};

impl JavaScript<'_> {
    /// Lowers an expression; one that is nested too deep has no parts.
    pub(super) fn expr(&self, node: Node) -> Expr {
        self.reader
            .deeper(|| self.lower_expr(node))
            .unwrap_or_else(|| make_expression(node, ExprKind::Other(Vec::new())))
    }

    /// Lowers an expression; a function or a class without a name gets this one, as the language does.
    pub(super) fn named_expr(&self, node: Node, name: &str) -> Expr {
        match node.kind() {
            "arrow_function" | "function_expression" | "function" | "generator_function" => {
                let lower = || make_expression(node, ExprKind::Function(self.function(node, Vec::new(), name)));
                self.reader.deeper(lower).unwrap_or_else(|| make_expression(node, ExprKind::Other(Vec::new())))
            }
            "parenthesized_expression" => match named_children(node).as_slice() {
                [inner] => self.named_expr(*inner, name),
                _ => self.expr(node),
            },
            _ => self.expr(node),
        }
    }

    fn lower_expr(&self, node: Node) -> Expr {
        let text = || self.reader.text(node).to_owned();
        let kind = match node.kind() {
            "identifier" | "this" | "super" | "import" | "undefined" | "type_identifier" | "predefined_type" => {
                ExprKind::Name(text())
            }
            "property_identifier" | "private_property_identifier" | "statement_identifier" => ExprKind::Text(text()),
            "shorthand_property_identifier" => ExprKind::Name(text()),
            "member_expression" | "nested_identifier" => {
                ExprKind::Member(self.field(node, "object"), self.reader.field_text(node, "property"))
            }
            "nested_type_identifier" => {
                ExprKind::Member(self.field(node, "module"), self.reader.field_text(node, "name"))
            }
            "generic_type" => self.generic(node),
            "subscript_expression" => ExprKind::Index(self.field(node, "object"), self.field(node, "index")),
            "call_expression" => {
                ExprKind::Call { callee: self.field(node, "function"), arguments: self.arguments(node), made: false }
            }
            "new_expression" => {
                ExprKind::Call { callee: self.field(node, "constructor"), arguments: self.arguments(node), made: true }
            }
            "string" | "template_string" => self.string(node),
            "number" | "true" | "false" | "null" | "regex" => ExprKind::Constant(text()),
            "binary_expression" => self.binary(node),
            "unary_expression" => match self.reader.field_text(node, "operator") {
                sign if sign == "!" => ExprKind::Not(self.field(node, "argument")),
                sign => ExprKind::Operation(sign, vec![self.field(node, "argument")]),
            },
            "update_expression" => {
                ExprKind::Operation(self.reader.field_text(node, "operator"), vec![self.field(node, "argument")])
            }
            "assignment_expression" => ExprKind::Assign(self.field_pattern(node, "left"), self.field(node, "right")),
            "augmented_assignment_expression" => self.augmented(node),
            "ternary_expression" => ExprKind::Choice {
                test: self.field(node, "condition"),
                yes: self.field(node, "consequence"),
                no: self.field(node, "alternative"),
            },
            "arrow_function" | "function_expression" | "function" | "generator_function" => {
                ExprKind::Function(self.function(node, Vec::new(), ""))
            }
            "class" => return self.class_expr(node),
            _ => return self.lower_composed(node),
        };

        make_expression(node, kind)
    }

    /// Lowers what has parts: lists, records, patterns, and what only wraps a value.
    fn lower_composed(&self, node: Node) -> Expr {
        let kind = match node.kind() {
            "array" => ExprKind::List(named_children(node).into_iter().map(|child| self.item(child)).collect()),
            "object" => {
                ExprKind::Record(named_children(node).into_iter().filter_map(|child| self.entry(child)).collect())
            }
            "object_pattern" | "array_pattern" | "assignment_pattern" | "rest_pattern" => return self.pattern(node),
            "await_expression" => ExprKind::Await(self.only(node)),
            "sequence_expression" => return self.sequence(node),
            // What is left of these is the value.
            "parenthesized_expression"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression"
            | "instantiation_expression"
            | "spread_element"
            | "type_annotation"
            | "optional_type" => {
                return self.only(node);
            }
            "type_assertion" => match named_children(node).last() {
                Some(value) => return self.expr(*value),
                None => ExprKind::Other(Vec::new()),
            },
            _ => ExprKind::Other(self.exprs(node)),
        };

        make_expression(node, kind)
    }

    /// `Promise<User>` in the place of a type.
    fn generic(&self, node: Node) -> ExprKind {
        let parts = node.child_by_field_name("type_arguments").or_else(|| named_children(node).get(1).copied());
        match (node.child_by_field_name("name"), parts) {
            (Some(of), Some(parts)) => {
                ExprKind::Index(self.expr(of), make_expression(parts, ExprKind::List(self.exprs(parts))))
            }
            _ => ExprKind::Other(self.exprs(node)),
        }
    }

    fn binary(&self, node: Node) -> ExprKind {
        let sign = self.reader.field_text(node, "operator");
        let parts = vec![self.field(node, "left"), self.field(node, "right")];

        match sign.as_str() {
            "&&" => ExprKind::Logic { all: true, parts },
            "||" | "??" => ExprKind::Logic { all: false, parts },
            "==" | "!=" | "===" | "!==" | "<" | ">" | "<=" | ">=" | "in" | "instanceof" => {
                ExprKind::Compare(parts, vec![sign])
            }
            _ => ExprKind::Operation(sign, parts),
        }
    }

    /// `a += b` is `a = a + b`, `a ||= b` is `a = a || b`.
    fn augmented(&self, node: Node) -> ExprKind {
        let sign = self.reader.field_text(node, "operator");
        let target = self.field(node, "left");
        let parts = vec![target.clone(), self.field(node, "right")];
        let value = match sign.as_str() {
            "&&=" => ExprKind::Logic { all: true, parts },
            "||=" | "??=" => ExprKind::Logic { all: false, parts },
            _ => ExprKind::Operation(sign.trim_end_matches('=').to_owned(), parts),
        };
        ExprKind::Assign(target, make_expression(node, value))
    }

    /// `(0, module.name)` is what compilers write for `module.name`.
    fn sequence(&self, node: Node) -> Expr {
        let mut parts = self.exprs(node);
        let plain = |part: &Expr| matches!(&*part.kind, ExprKind::Constant(_));

        match parts.split_last() {
            // Only where the parts before it do nothing may they be dropped; otherwise the walk must meet them.
            Some((_, first)) if first.iter().all(plain) => {
                parts.pop().unwrap_or_else(|| make_expression(node, ExprKind::Other(Vec::new())))
            }
            _ => make_expression(node, ExprKind::Other(parts)),
        }
    }

    fn arguments(&self, node: Node) -> Vec<Argument> {
        let Some(list) = node.child_by_field_name("arguments") else { return Vec::new() };
        if list.kind() != "arguments" {
            // A tagged template: sql`select ..`
            let value = self.expr(list);
            return vec![Argument { name: None, spread: Spread::One, span: value.span, value }];
        }
        let lower = |child: Node| Argument {
            name: None,
            spread: if child.kind() == "spread_element" { Spread::Many } else { Spread::One },
            value: self.expr(child),
            span: node_span(child),
        };

        named_children(list).into_iter().map(lower).collect()
    }

    /// `...more` in a list is kept apart from an item.
    fn item(&self, node: Node) -> Expr {
        let inner = self.expr(node);
        // Without this `[...routes]` would be a list with one list in it.
        if node.kind() == "spread_element" { make_expression(node, ExprKind::Other(vec![inner])) } else { inner }
    }

    fn entry(&self, node: Node) -> Option<RecordEntry> {
        match node.kind() {
            "pair" => {
                let key = node.child_by_field_name("key")?;
                let value = node.child_by_field_name("value")?;
                let key = self.key(key);
                // A function as a value gets the name of its key, as in the language.
                let name = crate::ir::literal_text(&key).unwrap_or_default().to_owned();
                Some(RecordEntry { key: Some(key), value: self.named_expr(value, &name) })
            }
            "method_definition" => {
                let key = self.key(node.child_by_field_name("name")?);
                let function = self.method(node, Vec::new());
                Some(RecordEntry { key: Some(key), value: Expr::new(ExprKind::Function(function), node_span(node)) })
            }
            "shorthand_property_identifier" => {
                let name = self.reader.text(node).to_owned();
                Some(RecordEntry { key: Some(make_expression(node, ExprKind::Text(name))), value: self.expr(node) })
            }
            "spread_element" => Some(RecordEntry { key: None, value: self.only(node) }),
            _ => None,
        }
    }

    /// Lowers the key of an entry; one without brackets is a text.
    pub(super) fn key(&self, node: Node) -> Expr {
        match node.kind() {
            "computed_property_name" => self.only(node),
            "number" => make_expression(node, ExprKind::Text(self.reader.text(node).to_owned())),
            _ => self.expr(node),
        }
    }

    fn string(&self, node: Node) -> ExprKind {
        let (mut text, mut parts) = (String::new(), Vec::new());
        let mut cursor = node.walk();

        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "string_fragment" => text.push_str(self.reader.text(child)),
                "escape_sequence" => text.push_str(&unescape_sequence(self.reader.text(child))),
                "template_substitution" => {
                    parts.push(self.only(child));
                    text.push_str("{}");
                }
                _ => {}
            }
        }

        if parts.is_empty() { ExprKind::Text(text) } else { ExprKind::Template(text, parts) }
    }
}

fn unescape_sequence(written: &str) -> String {
    match written {
        "\\n" => "\n".to_owned(),
        "\\t" => "\t".to_owned(),
        "\\r" => "\r".to_owned(),
        "\\\n" => String::new(),
        // Longer escapes, such as those of code points, stay as they are written.
        _ => written.strip_prefix('\\').filter(|rest| rest.chars().count() == 1).unwrap_or(written).to_owned(),
    }
}
