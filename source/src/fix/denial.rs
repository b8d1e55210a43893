//! How a handler refuses: in its own way where it has one, else as its siblings do, else in the framework's way.

use super::draft::{Case, FixDraft};
use super::identity::{each_statement, inner_blocks};
use super::imports::bring_name;
use crate::ir::{Expr, ExprKind, Statement, StatementKind, dotted_text, last_part};
use crate::lang::Language;
use crate::routes::FrameworkName;

/// Returns the condition in the handler that already refuses when an object is not there, and follows a statement in the
/// same block.
pub(super) fn of_object<'a>(case: &'a Case<'_>, name: &str, after: &Statement) -> Option<&'a Statement> {
    let block = block_of(&case.handler.function.body, after)?;
    let at = block.iter().position(|statement| statement.span == after.span)?;
    let next = block.get(at + 1)?;
    let StatementKind::If { test, body, .. } = &next.kind else { return None };

    // A condition that only logs or sets a default does not refuse, and a stranger would get through it.
    (asks_whether_there(test, name) && leaves_function(body)).then_some(next)
}

/// Returns the block that a statement stands in.
pub(super) fn block_of<'a>(statements: &'a [Statement], wanted: &Statement) -> Option<&'a [Statement]> {
    if statements.iter().any(|statement| statement.span == wanted.span) {
        return Some(statements);
    }
    statements.iter().flat_map(inner_blocks).find_map(|block| block_of(block, wanted))
}

/// `not x`, `x is None`, `!x`, `x === undefined`, and such a thing among others in an `or`.
fn asks_whether_there(test: &Expr, name: &str) -> bool {
    match &*test.kind {
        ExprKind::Not(inner) => inner.name() == Some(name),
        ExprKind::Compare(parts, operators) => {
            let empty = parts.iter().any(|part| {
                matches!(&*part.kind, ExprKind::Constant(word) if matches!(word.as_str(), "None" | "null" | "undefined"))
                    || part.name() == Some("undefined")
            });
            // `is not None` guards the branch for an object that is there, so only equality counts as the refusal.
            let equal = operators.iter().all(|word| matches!(word.as_str(), "is" | "==" | "==="));
            empty && equal && parts.iter().any(|part| part.name() == Some(name))
        }
        ExprKind::Logic { all: false, parts } => parts.iter().any(|part| asks_whether_there(part, name)),
        _ => false,
    }
}

/// Returns whether a block leaves the function.
pub(super) fn leaves_function(body: &[Statement]) -> bool {
    body.last().is_some_and(|last| match &last.kind {
        StatementKind::Return(_) | StatementKind::Throw(_) => true,
        StatementKind::Expr(value) => is_refusal_call(value),
        StatementKind::Block(inner) => leaves_function(inner),
        _ => false,
    })
}

/// `abort(404)`
pub(super) fn is_refusal_call(value: &Expr) -> bool {
    let name = value.call().and_then(|(callee, _)| dotted_text(callee)).unwrap_or_default();
    matches!(last_part(&name), "abort" | "redirect" | "throwError")
}

/// Returns the statement by which the handler or its neighbours refuse with this status, and makes its names known.
/// `404` hides that there is such an object.
pub(super) fn refusal_statement(case: &Case<'_>, draft: &mut FixDraft, status: u16) -> String {
    if let Some(own) = find_usual_refusal(case, status) {
        return own;
    }
    let end = if case.style.semicolons { ";" } else { "" };

    match case.entry.framework {
        FrameworkName::Flask => {
            let abort = bring_name(case, draft, "flask", "abort");
            format!("{abort}({status})")
        }
        FrameworkName::FastApi => {
            let fault = bring_name(case, draft, "fastapi", "HTTPException");
            format!("raise {fault}(status_code={status})")
        }
        // Django answers these exceptions with 404, 400 and 403 by itself.
        FrameworkName::Django if status == 404 => {
            let fault = bring_name(case, draft, "django.http", "Http404");
            format!("raise {fault}")
        }
        FrameworkName::Django if status == 400 => {
            let fault = bring_name(case, draft, "django.core.exceptions", "SuspiciousOperation");
            format!("raise {fault}")
        }
        FrameworkName::Django => {
            let fault = bring_name(case, draft, "django.core.exceptions", "PermissionDenied");
            format!("raise {fault}")
        }
        FrameworkName::NestJs => {
            let name = match status {
                400 => "BadRequestException",
                404 => "NotFoundException",
                _ => "ForbiddenException",
            };
            let fault = bring_name(case, draft, "@nestjs/common", name);
            format!("throw new {fault}(){end}")
        }
        _ => {
            let response = case.function().parameters.get(1).map_or("res", |parameter| parameter.name.as_str());
            format!("return {response}.status({status}).end(){end}")
        }
    }
}

/// The way in which handlers of this file refuse with this status, where all its names are the same in each handler:
/// `abort(404)`, `raise HTTPException(404, "..")`, `return missing(res)`.
fn find_usual_refusal(case: &Case<'_>, status: u16) -> Option<String> {
    let status = status.to_string();
    let own = case.handler.function.clone();
    let mut counts: Vec<(String, usize)> = Vec::new();
    let mut see = |statement: &Statement| {
        let StatementKind::If { body, .. } = &statement.kind else { return };
        let Some(last) = only_statement(body).filter(|last| last.span.line == last.span.end_line) else { return };
        let written = case.text(last.span);
        // The handler's own refusal outweighs those of its neighbours, however many they are.
        let here = own.span.covers(&last.span);
        let is_kind = matches!(&last.kind, StatementKind::Throw(_) | StatementKind::Expr(_) | StatementKind::Return(_));
        if is_kind
            && (written.contains(&status) || (status == "404" && written.contains("missing(")))
            && is_portable(case, last)
        {
            match counts.iter_mut().find(|(known, _)| known == written) {
                Some((_, count)) => *count += if here { 100 } else { 1 },
                None => counts.push((written.to_owned(), if here { 100 } else { 1 })),
            }
        }
    };

    for statement in &case.module.statements {
        each_inner(statement, &mut see);
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(written, _)| written)
}

fn only_statement(body: &[Statement]) -> Option<&Statement> {
    match body {
        [only] => match &only.kind {
            StatementKind::Block(inner) => self::only_statement(inner),
            _ => Some(only),
        },
        _ => None,
    }
}

/// Shows the statements of everything below, handlers that are arrows of a call too.
fn each_inner<'a>(statement: &'a Statement, see: &mut dyn FnMut(&'a Statement)) {
    crate::ir::walk_statements(std::slice::from_ref(statement), see, &mut |_| {});
}

/// Whether a refusal uses only what every handler of the file has.
fn is_portable(case: &Case<'_>, statement: &Statement) -> bool {
    let parameters: Vec<&str> = case.function().parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    let mut portable = true;
    // A message built from a local name of one handler would be unbound in another one.
    crate::ir::walk_statements(std::slice::from_ref(statement), &mut |_| {}, &mut |expr| {
        if let Some(name) = expr.name() {
            portable &= case.module.definitions.contains_key(name)
                || case.module.imports.contains_key(name)
                || parameters.contains(&name);
        }
    });

    portable
}

/// Returns the lines `if test: refusal` in the language of the handler.
pub(super) fn refusal_lines(case: &Case<'_>, test: &str, refusal: &str) -> Vec<String> {
    if case.module.language == Language::Python {
        vec![format!("if {test}:"), format!("{}{refusal}", case.style.unit())]
    } else {
        vec![format!("if ({test}) {refusal}")]
    }
}

/// Returns whether the handler refuses somewhere with an `or`: `load(..) or abort(404)`.
pub(super) fn has_or_refusal(case: &Case<'_>, load: &Expr) -> bool {
    let mut found = false;
    each_statement(&case.function().body, &mut |statement| {
        for expr in super::loads::own_exprs(statement) {
            crate::ir::walk_expr(expr, &mut |part| {
                if let ExprKind::Logic { all: false, parts } = &*part.kind
                    && parts.first().is_some_and(|first| first.span.covers(&load.span))
                {
                    found = true;
                }
            });
        }
    });

    found
}
