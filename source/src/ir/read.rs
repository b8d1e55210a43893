//! Small questions to expressions.

use super::expr::{Argument, Expr, ExprKind, Spread};

/// Returns `a.b.c` for a chain of names; looks through `await`. Absent for anything else.
pub fn dotted(expr: &Expr) -> Option<String> {
    match &*expr.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Member(object, name) => dotted(object).map(|object| format!("{object}.{name}")),
        ExprKind::Await(inner) => dotted(inner),
        _ => None,
    }
}

/// Returns what stands behind the last dot.
pub fn last_part(dotted: &str) -> &str {
    dotted.rsplit('.').next().unwrap_or(dotted)
}

/// Returns the text of a literal without placeholders.
pub fn literal(expr: &Expr) -> Option<&str> {
    match &*expr.kind {
        ExprKind::Text(text) => Some(text),
        _ => None,
    }
}

/// Returns the value of the argument with that name.
pub fn keyword<'a>(arguments: &'a [Argument], name: &str) -> Option<&'a Expr> {
    arguments.iter().find(|argument| argument.name.as_deref() == Some(name)).map(|argument| &argument.value)
}

/// Returns the value of the argument at that place among those without a name.
pub fn argument(arguments: &[Argument], place: usize) -> Option<&Expr> {
    let mut plain = arguments.iter().filter(|argument| argument.name.is_none() && argument.spread == Spread::One);
    plain.nth(place).map(|argument| &argument.value)
}
