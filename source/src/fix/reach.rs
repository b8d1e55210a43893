//! The functions that a handler runs through: itself, its guards, and what they call in the project.

use super::draft::Case;
use super::identity::find_dependency;
use super::owning::resolve_function;
use crate::frameworks::rest_setting;
use crate::ir::{Expr, ExprKind, argument_at, dotted_text, last_part, literal_text, walk_statements};
use crate::project::{FunctionRef, ModuleId, Resolved};
use crate::routes::FrameworkName;

/// More functions are not looked at.
const MOST_FUNCTIONS: usize = 60;

/// Returns the functions that a handler runs through, the handler first.
pub(super) fn reached_functions(case: &Case<'_>) -> Vec<FunctionRef> {
    let mut found = vec![case.handler.clone()];
    let mut at = 0;

    while let Some(function) = found.get(at).cloned() {
        for next in called_functions(case, &function) {
            let known =
                found.iter().any(|known| known.module == next.module && known.function.span == next.function.span);
            if !known && found.len() < MOST_FUNCTIONS {
                found.push(next);
            }
        }

        at += 1;
    }

    found
}

fn called_functions(case: &Case<'_>, function: &FunctionRef) -> Vec<FunctionRef> {
    let mut found = Vec::new();
    let mut names: Vec<Expr> = Vec::new();

    for decorator in &function.function.decorators {
        names.push(decorator.call().map_or(decorator, |(callee, _)| callee).clone());
    }
    for parameter in &function.function.parameters {
        for part in parameter.declared.iter().chain(&parameter.default) {
            if let Some((module, dependency)) = find_dependency(case.project, function.module, part) {
                found.extend(resolve_to_function(case, module, &dependency));
            }
        }
    }

    walk_statements(&function.function.body, &mut |_| {}, &mut |expr| {
        if let ExprKind::Call { callee, .. } = &*expr.kind {
            names.push(callee.clone());
        }
    });
    found.extend(names.iter().filter_map(|name| resolve_to_function(case, function.module, name)));

    // Methods of the view's own class cannot be found by name in the module.
    if let Some(class) = &function.class {
        let own = names.iter().filter_map(|name| match &*name.kind {
            ExprKind::Member(object, method) if object.name() == Some("self") => case.project.method(class, method),
            _ => None,
        });
        found.extend(own);
    }

    if function.function.span == case.function().span && case.entry.framework == FrameworkName::Django {
        found.extend(find_authenticators(case));
    }
    // What the declaration names beside the handler: `Depends(f)`, a middleware.
    if function.function.span == case.function().span
        && let Some((module, call)) = super::ways::find_declaration(case.project, case.entry)
    {
        let mut inner = Vec::new();
        crate::ir::walk_expr(&call, &mut |part| inner.push(part.clone()));
        found.extend(inner.iter().filter_map(|part| resolve_to_function(case, module, part)));
    }
    found
}

/// What finds out who calls a view of the REST framework: the methods of its authentication classes, which the view, its
/// decorators or the settings name.
fn find_authenticators(case: &Case<'_>) -> Vec<FunctionRef> {
    const FIELD: &str = "authentication_classes";
    let is_it = |decorator: &&Expr| {
        let callee = decorator.call().and_then(|(callee, _)| dotted_text(callee));
        callee.is_some_and(|name| last_part(&name) == FIELD)
    };
    let of_function = case.function().decorators.iter().find(is_it);
    // As in the REST framework: the decorator overrides the class, and the class overrides the settings.
    let of_function = of_function.and_then(|decorator| argument_at(decorator.call()?.1, 0)).cloned();
    let own = of_function.map(|list| (case.handler.module, list));
    let of_class = || case.handler.class.as_ref().and_then(|class| case.project.class_field(class, FIELD));
    let of_settings = || rest_setting(case.project, "DEFAULT_AUTHENTICATION_CLASSES");
    let Some((module, list)) = own.or_else(of_class).or_else(of_settings) else { return Vec::new() };
    let ExprKind::List(items) = &*list.kind else { return Vec::new() };
    let class = |item: &Expr| match literal_text(item) {
        Some(full) => case.project.resolve_full(module, full),
        None => case.project.resolve_expr(module, item),
    };
    let mut found = Vec::new();

    for item in items {
        if let Some(Resolved::Class(class)) = class(item) {
            found.extend(case.project.method(&class, "authenticate"));
        }
    }
    found
}

fn resolve_to_function(case: &Case<'_>, module: ModuleId, name: &Expr) -> Option<FunctionRef> {
    match resolve_function(case.project, module, name)? {
        Resolved::Function(found) => Some(found),
        _ => None,
    }
}
