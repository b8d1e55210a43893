//! Imports and exports, of ES modules and of CommonJS. What a module exports is assigned to the exported name, the
//! default to `default`.

use tree_sitter::Node;

use super::JavaScript;
use crate::ir::{Expr, ExprKind, Import, ImportedName, Statement, StatementKind};
use crate::lang::reader::{make_expression, make_statement, named_children};

/// What compilers wrap around `require`.
const WRAPPERS: [&str; 4] = ["__import", "_interopRequire", "__toESM", "_interop_require"];

impl JavaScript<'_> {
    /// Lowers an `import` statement.
    pub(super) fn imports(&self, node: Node) -> Vec<Statement> {
        let mut source = node.child_by_field_name("source");
        let (mut names, mut alias) = (Vec::new(), None);

        for child in named_children(node) {
            match child.kind() {
                "import_clause" => {
                    for part in named_children(child) {
                        match part.kind() {
                            "identifier" => names.push(self.imported("default", self.reader.text(part))),
                            "namespace_import" => alias = named_children(part).first().map(|name| self.text_of(*name)),
                            "named_imports" => names.extend(self.specifiers(part)),
                            _ => {}
                        }
                    }
                }

                // `import a = require('a')`
                "import_require_clause" => {
                    source = child.child_by_field_name("source");
                    alias = named_children(child).first().map(|name| self.text_of(*name));
                }
                _ => {}
            }
        }

        let module = source.map(|source| self.module_text(source)).unwrap_or_default();
        self.import_statements(node, &module, names, alias)
    }

    /// A default import with a namespace import is two.
    fn import_statements(
        &self,
        node: Node,
        module: &str,
        names: Vec<ImportedName>,
        alias: Option<String>,
    ) -> Vec<Statement> {
        let make = |names, alias| {
            make_statement(node, StatementKind::Import(Import { module: module.to_owned(), level: 0, names, alias }))
        };
        if names.is_empty() || alias.is_none() {
            return vec![make(names, alias)];
        }
        vec![make(names, None), make(Vec::new(), alias)]
    }

    fn specifiers(&self, node: Node) -> Vec<ImportedName> {
        let parts = named_children(node).into_iter().filter(|part| part.child_by_field_name("name").is_some());
        let read = |part: Node| {
            let name = self.module_text_of(part, "name");
            let alias = self.module_text_of(part, "alias");
            let alias = if alias.is_empty() { name.clone() } else { alias };
            ImportedName { name, alias }
        };

        parts.map(read).collect()
    }

    /// Lowers an `export` statement.
    pub(super) fn exports(&self, node: Node) -> Vec<Statement> {
        if let Some(source) = node.child_by_field_name("source") {
            return self.reexports(node, &self.module_text(source));
        }
        let mut is_default = false;
        let mut is_assigned = false;
        let mut cursor = node.walk();

        for child in node.children(&mut cursor) {
            is_default |= child.kind() == "default";
            is_assigned |= child.kind() == "=";
        }
        if let Some(declaration) = node.child_by_field_name("declaration") {
            return self.exported_declaration(node, declaration, is_default);
        }
        if let Some(value) = node.child_by_field_name("value") {
            return vec![self.exported_default(node, value)];
        }
        if is_assigned {
            // `export = x` of TypeScript is `module.exports = x`.
            let target = make_expression(node, ExprKind::Member(self.named_at(node, "module"), "exports".to_owned()));
            return vec![make_statement(node, StatementKind::Assign(vec![target], Some(self.only(node))))];
        }
        let clauses = named_children(node).into_iter().filter(|child| child.kind() == "export_clause");
        // An export under its own name needs no statement, as the name is known already.
        let names = clauses.flat_map(|clause| self.specifiers(clause)).filter(|name| name.name != name.alias);
        names
            .map(|name| {
                let (target, value) = (self.named_at(node, &name.alias), self.named_at(node, &name.name));
                make_statement(node, StatementKind::Assign(vec![target], Some(value)))
            })
            .collect()
    }

    fn exported_default(&self, node: Node, value: Node) -> Statement {
        let target = self.named_at(node, "default");
        make_statement(node, StatementKind::Assign(vec![target], Some(self.named_expr(value, "default"))))
    }

    fn exported_declaration(&self, node: Node, declaration: Node, is_default: bool) -> Vec<Statement> {
        let mut made = match declaration.kind() {
            "class_declaration" | "abstract_class_declaration" => {
                let mut decorators = self.decorators(node);
                decorators.extend(self.decorators(declaration));
                vec![make_statement(node, StatementKind::Class(self.class(declaration, decorators, node)))]
            }
            _ => self.reader.deeper(|| self.statement(declaration)).unwrap_or_default(),
        };

        if is_default {
            let name = declaration.child_by_field_name("name").map(|name| self.text_of(name));
            let name = name.filter(|name| !name.is_empty());

            // A default export keeps its name inside of the module.
            if let Some(name) = name {
                let (target, value) = (self.named_at(node, "default"), self.named_at(node, &name));
                made.push(make_statement(node, StatementKind::Assign(vec![target], Some(value))));
            } else {
                made = vec![self.exported_default(node, declaration)];
            }
        }

        made
    }

    /// `export { a as b } from './x'`, `export * from './x'`, `export * as x from './x'`
    fn reexports(&self, node: Node, module: &str) -> Vec<Statement> {
        let (mut names, mut alias) = (Vec::new(), None);
        let mut is_all = true;

        for child in named_children(node) {
            match child.kind() {
                "export_clause" => {
                    names.extend(self.specifiers(child));
                    is_all = false;
                }
                "namespace_export" => {
                    alias = named_children(child).first().map(|name| self.text_of(*name));
                    is_all = false;
                }
                _ => {}
            }
        }

        if is_all {
            names.push(self.imported("*", "*"));
        }
        self.import_statements(node, module, names, alias)
    }

    /// Returns the import that a declaration stands for: `const { a: b } = require('x')`, `= await import('x')`.
    pub(super) fn required(&self, target: Node, value: Node) -> Option<Import> {
        let (module, member) = self.required_module(value)?;
        let import = |names, alias| Some(Import { module: module.clone(), level: 0, names, alias });

        match (target.kind(), member) {
            ("identifier", None) => import(Vec::new(), Some(self.text_of(target))),
            ("identifier", Some(name)) => import(vec![self.imported(&name, self.reader.text(target))], None),
            ("object_pattern", None) => {
                let mut names = Vec::new();
                for part in named_children(target) {
                    match part.kind() {
                        "shorthand_property_identifier_pattern" => {
                            names.push(self.imported(self.reader.text(part), self.reader.text(part)));
                        }
                        "pair_pattern" => {
                            let alias = part.child_by_field_name("value").filter(|v| v.kind() == "identifier")?;
                            let name = part.child_by_field_name("key").map(|key| self.text_of(key))?;
                            names.push(self.imported(&name, self.reader.text(alias)));
                        }
                        // A deeper pattern or a rest needs the whole value, so it stays a declaration.
                        _ => return None,
                    }
                }

                import(names, None)
            }
            _ => None,
        }
    }

    /// `require('x')`, `__importDefault(require('x'))`, `require('x').name`, `await import('x')`
    fn required_module(&self, value: Node) -> Option<(String, Option<String>)> {
        match value.kind() {
            "call_expression" => {
                let callee = value.child_by_field_name("function")?;
                let arguments = named_children(value.child_by_field_name("arguments")?);
                let first = *arguments.first()?;
                let name = self.reader.text(callee);
                let last = name.rsplit('.').next().unwrap_or(name);

                if matches!(name, "require" | "import") && arguments.len() == 1 && first.kind() == "string" {
                    return Some((self.module_text(first), None));
                }
                let wraps = WRAPPERS.iter().any(|wrapper| last.starts_with(wrapper));
                if wraps { self.required_module(first) } else { None }
            }
            "member_expression" => {
                let (module, member) = self.required_module(value.child_by_field_name("object")?)?;
                member.is_none().then(|| (module, Some(self.reader.field_text(value, "property"))))
            }
            "await_expression" | "parenthesized_expression" | "as_expression" => {
                self.required_module(named_children(value).first().copied()?)
            }
            _ => None,
        }
    }

    fn imported(&self, name: &str, alias: &str) -> ImportedName {
        ImportedName { name: name.to_owned(), alias: alias.to_owned() }
    }

    fn named_at(&self, node: Node, name: &str) -> Expr {
        make_expression(node, ExprKind::Name(name.to_owned()))
    }

    fn text_of(&self, node: Node) -> String {
        self.reader.text(node).to_owned()
    }

    fn module_text(&self, node: Node) -> String {
        self.reader.text(node).trim_matches(['"', '\'', '`']).to_owned()
    }

    fn module_text_of(&self, node: Node, field: &str) -> String {
        node.child_by_field_name(field).map(|inner| self.module_text(inner)).unwrap_or_default()
    }
}
