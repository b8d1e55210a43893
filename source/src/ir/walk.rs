//! Walks over every statement and expression, outer ones first.

use super::expr::{Expr, ExprKind};
use super::stmt::{Function, Statement, StatementKind};

/// Shows every expression within this one, itself first. Statements of functions within are walked too.
pub fn walk_expr<'a>(expr: &'a Expr, see: &mut dyn FnMut(&'a Expr)) {
    see(expr);
    match &*expr.kind {
        ExprKind::Name(_) | ExprKind::Text(_) | ExprKind::Constant(_) => {}
        ExprKind::Member(inner, _) | ExprKind::Not(inner) | ExprKind::Await(inner) => walk_expr(inner, see),
        ExprKind::Call { callee, arguments, .. } => {
            walk_expr(callee, see);
            arguments.iter().for_each(|argument| walk_expr(&argument.value, see));
        }
        ExprKind::Index(left, right) | ExprKind::Assign(left, right) => {
            walk_expr(left, see);
            walk_expr(right, see);
        }
        ExprKind::Template(_, parts)
        | ExprKind::List(parts)
        | ExprKind::Other(parts)
        | ExprKind::Operation(_, parts)
        | ExprKind::Compare(parts, _)
        | ExprKind::Logic { parts, .. } => parts.iter().for_each(|part| walk_expr(part, see)),
        ExprKind::Record(entries) => {
            for entry in entries {
                entry.key.iter().for_each(|key| walk_expr(key, see));
                walk_expr(&entry.value, see);
            }
        }
        ExprKind::Choice { test, yes, no } => [test, yes, no].into_iter().for_each(|part| walk_expr(part, see)),
        ExprKind::Comprehension { body, clauses, conditions } => {
            // Clauses come first, because the body uses the names that they bind.
            for clause in clauses {
                walk_expr(&clause.target, see);
                walk_expr(&clause.source, see);
            }
            conditions.iter().for_each(|condition| walk_expr(condition, see));
            walk_expr(body, see);
        }
        ExprKind::Function(function) => walk_function(function, &mut |_| {}, see),
    }
}

/// Shows every statement and every expression below these, functions and classes included.
pub fn walk_statements<'a>(
    statements: &'a [Statement],
    see: &mut dyn FnMut(&'a Statement),
    see_expr: &mut dyn FnMut(&'a Expr),
) {
    for statement in statements {
        see(statement);
        walk_statement(statement, see, see_expr);
    }
}

fn walk_statement<'a>(
    statement: &'a Statement,
    see: &mut dyn FnMut(&'a Statement),
    see_expr: &mut dyn FnMut(&'a Expr),
) {
    match &statement.kind {
        StatementKind::Assign(targets, value) => {
            targets.iter().chain(value).for_each(|part| walk_expr(part, see_expr));
        }
        StatementKind::Expr(part) | StatementKind::Assert(part) => walk_expr(part, see_expr),
        StatementKind::Return(part) => part.iter().for_each(|part| walk_expr(part, see_expr)),
        StatementKind::Throw(parts) | StatementKind::Delete(parts) => {
            parts.iter().for_each(|part| walk_expr(part, see_expr));
        }
        StatementKind::If { test, body, otherwise } => {
            walk_expr(test, see_expr);
            walk_statements(body, see, see_expr);
            walk_statements(otherwise, see, see_expr);
        }
        StatementKind::For { target, source, body, otherwise } => {
            walk_expr(target, see_expr);
            walk_expr(source, see_expr);
            walk_statements(body, see, see_expr);
            walk_statements(otherwise, see, see_expr);
        }
        StatementKind::While { test, body } => {
            walk_expr(test, see_expr);
            walk_statements(body, see, see_expr);
        }
        StatementKind::With { items, body } => {
            for item in items {
                walk_expr(&item.value, see_expr);
                item.target.iter().for_each(|target| walk_expr(target, see_expr));
            }
            walk_statements(body, see, see_expr);
        }
        StatementKind::Try { body, handlers, otherwise, finally } => {
            walk_statements(body, see, see_expr);
            handlers.iter().for_each(|handler| walk_statements(handler, see, see_expr));
            walk_statements(otherwise, see, see_expr);
            walk_statements(finally, see, see_expr);
        }
        StatementKind::Function(function) => walk_function(function, see, see_expr),
        StatementKind::Class(class) => {
            class.decorators.iter().chain(&class.bases).for_each(|part| walk_expr(part, see_expr));
            walk_statements(&class.members, see, see_expr);
        }
        StatementKind::Block(body) => walk_statements(body, see, see_expr),
        StatementKind::Import(_) | StatementKind::Jump | StatementKind::Other => {}
    }
}

fn walk_function<'a>(function: &'a Function, see: &mut dyn FnMut(&'a Statement), see_expr: &mut dyn FnMut(&'a Expr)) {
    function.decorators.iter().for_each(|part| walk_expr(part, see_expr));
    for parameter in &function.parameters {
        let parts = parameter.default.iter().chain(&parameter.declared).chain(&parameter.decorators);
        parts.for_each(|part| walk_expr(part, see_expr));
    }
    walk_statements(&function.body, see, see_expr);
}
