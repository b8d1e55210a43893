//! Whether every name that a change brings is known where it is used.

use std::collections::{BTreeMap, HashSet};

use super::edits;
use crate::ir::{Expr, ExprKind, Function, Span, Statement, StatementKind, walk_expr, walk_statements};
use crate::lang::Language;
use crate::project::{Module, Project};

/// Names that a language has by itself, as far as recipes use them; types of TypeScript too.
const OF_PYTHON: [&str; 34] = [
    "Exception",
    "False",
    "KeyError",
    "None",
    "PermissionError",
    "True",
    "TypeError",
    "ValueError",
    "__name__",
    "all",
    "any",
    "bool",
    "bytes",
    "dict",
    "enumerate",
    "filter",
    "float",
    "frozenset",
    "getattr",
    "hasattr",
    "int",
    "isinstance",
    "len",
    "list",
    "map",
    "max",
    "min",
    "open",
    "print",
    "range",
    "set",
    "str",
    "super",
    "tuple",
];
const OF_JAVASCRIPT: [&str; 36] = [
    "Array",
    "Boolean",
    "Buffer",
    "Date",
    "Error",
    "JSON",
    "Map",
    "Math",
    "Number",
    "Object",
    "Partial",
    "Promise",
    "Record",
    "RegExp",
    "Set",
    "String",
    "URL",
    "__dirname",
    "__filename",
    "any",
    "arguments",
    "boolean",
    "console",
    "fetch",
    "globalThis",
    "module",
    "number",
    "object",
    "process",
    "require",
    "setTimeout",
    "string",
    "this",
    "undefined",
    "unknown",
    "void",
];

/// Returns a name within the changed pieces that is not known there.
pub(super) fn find_unbound_name(
    project: &Project,
    before: &BTreeMap<String, String>,
    texts: &BTreeMap<String, String>,
) -> Option<String> {
    texts.iter().find_map(|(file, new)| {
        let module = project.module_at(file)?;
        let old = before.get(file).map_or("", String::as_str);

        // What stands in the new text is what would be replaced on the way back.
        let pieces: Vec<Span> = edits::changed_pieces(file, new, old).into_iter().map(|edit| edit.span).collect();
        unbound_in(module, &pieces)
    })
}

fn unbound_in(module: &Module, pieces: &[Span]) -> Option<String> {
    let scopes = collect_scopes(module);
    let mut used: Vec<(&str, Span)> = Vec::new();
    let mut see = |expr: &'_ Expr| {
        // Names that the change did not touch were there before, and are not its fault.
        let touched = pieces.iter().any(|piece| expr.span.start < piece.end && piece.start < expr.span.end);
        // `#0` stands for a parameter that is a pattern, and is not written.
        if let ExprKind::Name(name) = &*expr.kind
            && touched
            && !name.starts_with('#')
        {
            used.push((expr.span.text(&module.text), expr.span));
        }
    };

    walk_statements(&module.statements, &mut |_| {}, &mut see);
    let own: &[&str] = if module.language == Language::Python { &OF_PYTHON } else { &OF_JAVASCRIPT };
    let known = |name: &str, span: Span| {
        own.contains(&name)
            || module.definitions.contains_key(name)
            || module.imports.contains_key(name)
            // A star import may bring any name, so that nothing can be called unbound there.
            || !module.stars.is_empty()
            || scopes.iter().any(|(scope, names)| scope.covers(&span) && names.contains(name))
    };

    used.into_iter().find(|(name, span)| !known(name, *span)).map(|(name, _)| name.to_owned())
}

/// Each function with the names that it binds, and the module's own.
fn collect_scopes(module: &Module) -> Vec<(Span, HashSet<String>)> {
    let whole = Span { start: 0, end: module.text.len(), line: 1, end_line: usize::MAX };
    let mut found = vec![(whole, bound_by(&module.statements))];
    let mut functions: Vec<&Function> = Vec::new();
    let mut lambdas: Vec<&Function> = Vec::new();
    let mut comprehensions: Vec<(Span, HashSet<String>)> = Vec::new();
    walk_statements(
        &module.statements,
        &mut |statement| {
            if let StatementKind::Function(function) = &statement.kind {
                functions.push(function);
            }
        },
        &mut |expr| match &*expr.kind {
            ExprKind::Function(function) => lambdas.push(function),
            ExprKind::Comprehension { clauses, .. } => {
                let mut names = HashSet::new();
                clauses.iter().for_each(|clause| collect_bound_names(&clause.target, &mut names));
                comprehensions.push((expr.span, names));
            }
            _ => {}
        },
    );
    for function in functions.into_iter().chain(lambdas) {
        let mut names = bound_by(&function.body);
        names.extend(function.parameters.iter().map(|parameter| parameter.name.clone()));
        names.extend(function.parameters.iter().flat_map(|parameter| parameter.binds.iter().cloned()));
        found.push((function.outer_span, names));
    }

    found.extend(comprehensions);
    found
}

/// The names that statements bind, those of functions within too: where exactly a name is bound is the parser's concern,
/// not this one's, which looks for names that are bound nowhere.
fn bound_by(statements: &[Statement]) -> HashSet<String> {
    let mut names = HashSet::new();
    walk_statements(
        statements,
        &mut |statement| match &statement.kind {
            StatementKind::Assign(targets, _) => {
                targets.iter().for_each(|target| collect_bound_names(target, &mut names))
            }
            StatementKind::For { target, .. } => collect_bound_names(target, &mut names),
            StatementKind::With { items, .. } => {
                items
                    .iter()
                    .filter_map(|item| item.target.as_ref())
                    .for_each(|target| collect_bound_names(target, &mut names));
            }
            StatementKind::Function(function) => {
                names.insert(function.name.clone());
            }
            StatementKind::Class(class) => {
                names.insert(class.name.clone());
            }
            _ => {}
        },
        &mut |_| {},
    );
    names
}

fn collect_bound_names(target: &Expr, names: &mut HashSet<String>) {
    walk_expr(target, &mut |part| {
        if let Some(name) = part.name() {
            names.insert(name.to_owned());
        }
    });
}
