//! Which origins a setting of CORS lets in: a list, a star, or a function that is asked for each.

use crate::ir::{Expr, ExprKind, Function, StatementKind, walk_statements};
use crate::project::{Module, Project, Resolved};

/// Whom a setting lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OriginAccess {
    /// Every origin.
    All,
    /// Those that it names.
    Named,
    /// Those that a function lets in, which is not read.
    Decided,
}

/// Returns whom a value lets in, also behind a name.
pub(super) fn origin_access(project: &Project, module: &Module, value: &Expr) -> OriginAccess {
    match project.resolve_expr(module.id, value) {
        Some(Resolved::Function(found)) => of_function(&found.function),
        Some(Resolved::Value(_, _, value)) => of_value(&value),
        _ => of_value(value),
    }
}

/// Returns whether a literal lets every origin in.
pub(super) fn is_open(value: &Expr) -> bool {
    of_value(value) == OriginAccess::All
}

fn of_value(value: &Expr) -> OriginAccess {
    let is_all = match &*value.kind {
        ExprKind::Text(text) => text == "*" || text == ".*",
        ExprKind::List(items) => items.iter().any(is_open),
        // `origin: true` of Express repeats the origin that asks, which is open to all of them.
        ExprKind::Constant(word) => word == "true" || word == "True",
        ExprKind::Function(function) => return of_function(function),
        _ => false,
    };
    if is_all { OriginAccess::All } else { OriginAccess::Named }
}

/// A function lets every origin in where all that it answers says yes, and it always answers.
fn of_function(function: &Function) -> OriginAccess {
    let parameter = |place: usize| function.parameters.get(place).map(|parameter| parameter.name.as_str());
    let (origin, callback) = (parameter(0), parameter(1));
    let says_yes = |value: &Expr| match &*value.kind {
        ExprKind::Name(name) => Some(name.as_str()) == origin,
        _ => is_open(value),
    };
    // `callback(null, true)`
    let answer = |expr: &Expr| {
        let (callee, arguments) = expr.call()?;
        (callee.name()? == callback?).then(|| arguments.get(1).is_some_and(|second| says_yes(&second.value)))
    };
    let (mut answers, mut returned): (Vec<bool>, Vec<bool>) = (Vec::new(), Vec::new());
    let mut conditions = 0;
    walk_statements(
        &function.body,
        &mut |statement| match &statement.kind {
            StatementKind::If { .. } | StatementKind::Throw(_) => conditions += 1,
            StatementKind::Return(Some(value)) if callback.is_none() => returned.push(says_yes(value)),
            _ => {}
        },
        &mut |expr| answers.extend(answer(expr)),
    );
    answers.extend(returned);
    let always = !answers.is_empty() && answers.iter().all(|yes| *yes);
    // A condition around the only answer leaves the others without one.
    if always && conditions == 0 { OriginAccess::All } else { OriginAccess::Decided }
}
