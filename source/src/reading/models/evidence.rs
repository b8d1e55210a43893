//! What the code of a project shows of its data by use: columns that hold whom an object belongs to, and which model an
//! account is.

use super::super::words;
use super::KnownData;
use crate::ir::{Argument, Expr, ExprKind, Function, StatementKind, dotted_text, last_part, literal_text};
use crate::words::CALLERS;

/// Parts of a caller that name the account.
const ACCOUNT_KEYS: [&str; 6] = ["accountid", "id", "pk", "sub", "uid", "userid"];
/// Columns that say who did something with a row, which need not be whose it is.
const OTHER_PEOPLE: [&str; 8] = ["approv", "assign", "chang", "edit", "last", "modif", "review", "updat"];

/// Notes the columns that an expression ties to the caller: `row.reader_id != user.id`, `{ readerId: req.user.id }`.
pub(super) fn add_ties(known: &mut KnownData, expr: &Expr) {
    match &*expr.kind {
        ExprKind::Compare(parts, operators) => {
            let ([left, right], [operator]) = (parts.as_slice(), operators.as_slice()) else { return };
            if matches!(operator.as_str(), "!=" | "!==" | "==" | "===") {
                add_pair(known, left, right);
                add_pair(known, right, left);
            }
        }

        ExprKind::Call { arguments, .. } => arguments.iter().for_each(|argument| add_argument(known, argument)),
        ExprKind::Record(entries) => {
            for entry in entries {
                let key = entry.key.as_ref().and_then(|key| literal_text(key).or_else(|| key.name()));
                if let Some(key) = key.filter(|key| can_own(key)) {
                    add_column(known, key, &entry.value);
                }
            }
        }

        _ => {}
    }
}

/// Notes the model of an account: what a function gives that finds out who calls.
pub(super) fn add_account(known: &mut KnownData, function: &Function) {
    let name = words::simplify_name(&function.name);
    let Some(returns) = function.returns.as_ref().filter(|_| name.contains("current")) else { return };
    crate::ir::walk_expr(returns, &mut |part| {
        if let Some(model) = part.name().filter(|name| name.starts_with(char::is_uppercase)) {
            known.accounts.insert(super::model_key(model), ());
        }
    });
}

/// Notes under which names a hook leaves the caller for all handlers: `g.member = ..` before each request.
pub(super) fn add_left_caller(known: &mut KnownData, function: &Function) {
    let is_hook = |decorator: &Expr| {
        let name = dotted_text(decorator.call().map_or(decorator, |(callee, _)| callee)).unwrap_or_default();
        last_part(&name).starts_with("before_")
    };
    if !function.decorators.iter().any(is_hook) {
        return;
    }
    crate::ir::walk_statements(
        &function.body,
        &mut |statement| {
            let StatementKind::Assign(targets, Some(_)) = &statement.kind else { return };
            let Some(ExprKind::Member(holder, name)) = targets.first().map(|target| &*target.kind) else { return };
            if holder.name() == Some("g") && crate::words::is_one_of(name, CALLERS) {
                known.left_callers.insert(name.clone(), ());
            }
        },
        &mut |_| {},
    );
}

fn add_argument(known: &mut KnownData, argument: &Argument) {
    if let Some(name) = argument.name.as_deref().filter(|name| can_own(name)) {
        add_column(known, name, &argument.value);
    }
}

fn add_pair(known: &mut KnownData, field: &Expr, caller: &Expr) {
    let name = match &*field.kind {
        ExprKind::Member(_, name) => name.as_str(),
        ExprKind::Index(_, key) => literal_text(key).unwrap_or_default(),
        _ => return,
    };
    if can_own(name) && !names_caller(field) {
        add_column(known, name, caller);
    }
}

fn add_column(known: &mut KnownData, column: &str, value: &Expr) {
    if names_caller(value) {
        known.tied.insert(column.to_owned(), ());
    }
}

/// `founder_id`, `readerId`: a key of something else, not of the row itself.
fn can_own(column: &str) -> bool {
    let is_key = column.len() > 3 && (column.ends_with("_id") || column.ends_with("Id"));
    is_key && !OTHER_PEOPLE.iter().any(|word| column.to_ascii_lowercase().contains(word))
}

/// `g.member.id`, `req.user.userId`, `claims["sub"]`
fn names_caller(expr: &Expr) -> bool {
    let (holder, key) = match &*expr.kind {
        ExprKind::Member(holder, key) => (holder, key.as_str()),
        ExprKind::Index(holder, key) => (holder, literal_text(key).unwrap_or_default()),
        _ => return false,
    };
    let is_caller = dotted_text(holder).is_some_and(|name| crate::words::is_one_of(last_part(&name), CALLERS));
    is_caller && words::is_one_of(key, &ACCOUNT_KEYS)
}
