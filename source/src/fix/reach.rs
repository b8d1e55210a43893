//! The functions that a handler runs through: itself, its guards, and what they call in the project.

use super::draft::Case;
use super::identity::dependency;
use super::owning::resolve_function;
use crate::ir::{Expr, ExprKind, walk_statements};
use crate::project::{FunctionRef, ModuleId, Resolved};

/// More functions are not looked at.
const MOST_FUNCTIONS: usize = 60;

/// Returns the functions that a handler runs through, the handler first.
pub(super) fn reached(case: &Case<'_>) -> Vec<FunctionRef> {
    let mut found = vec![case.handler.clone()];
    let mut at = 0;
    while let Some(function) = found.get(at).cloned() {
        for next in called(case, &function) {
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

fn called(case: &Case<'_>, function: &FunctionRef) -> Vec<FunctionRef> {
    let mut found = Vec::new();
    let mut names: Vec<Expr> = Vec::new();
    for decorator in &function.function.decorators {
        names.push(decorator.call().map_or(decorator, |(callee, _)| callee).clone());
    }
    for parameter in &function.function.parameters {
        for part in parameter.declared.iter().chain(&parameter.default) {
            if let Some((module, dependency)) = dependency(case.project, function.module, part) {
                found.extend(resolved(case, module, &dependency));
            }
        }
    }
    walk_statements(&function.function.body, &mut |_| {}, &mut |expr| {
        if let ExprKind::Call { callee, .. } = &*expr.kind {
            names.push(callee.clone());
        }
    });
    found.extend(names.iter().filter_map(|name| resolved(case, function.module, name)));
    // What the declaration names beside the handler: `Depends(f)`, a middleware.
    if function.function.span == case.function().span
        && let Some((module, call)) = super::ways::declaration(case.project, case.entry)
    {
        let mut inner = Vec::new();
        crate::ir::walk_expr(&call, &mut |part| inner.push(part.clone()));
        found.extend(inner.iter().filter_map(|part| resolved(case, module, part)));
    }
    found
}

fn resolved(case: &Case<'_>, module: ModuleId, name: &Expr) -> Option<FunctionRef> {
    match resolve_function(case.project, module, name)? {
        Resolved::Function(found) => Some(found),
        _ => None,
    }
}
