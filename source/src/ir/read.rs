//! Small questions to expressions.

use super::expr::{Argument, Expr, ExprKind, Spread};

/// Returns `a.b.c` for a chain of names; looks through `await`. Absent for anything else.
pub fn dotted_text(expr: &Expr) -> Option<String> {
    match &*expr.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Member(..) | ExprKind::Await(_) => {
            let (mut current, mut length) = (expr, 0);
            // Most chains that end in a call are no names: they are found out before anything is written.
            loop {
                match &*current.kind {
                    ExprKind::Name(name) => {
                        let mut text = String::with_capacity(length + name.len());
                        put_dotted(expr, &mut text);
                        return Some(text);
                    }
                    ExprKind::Member(object, name) => (current, length) = (object, length + 1 + name.len()),
                    ExprKind::Await(inner) => current = inner,
                    _ => return None,
                }
            }
        }
        _ => None,
    }
}

fn put_dotted(expr: &Expr, text: &mut String) {
    match &*expr.kind {
        ExprKind::Name(name) => text.push_str(name),
        ExprKind::Member(object, name) => {
            put_dotted(object, text);
            text.push('.');
            text.push_str(name);
        }
        ExprKind::Await(inner) => put_dotted(inner, text),
        _ => {}
    }
}

/// Returns what stands behind the last dot.
pub fn last_part(dotted: &str) -> &str {
    dotted.rsplit('.').next().unwrap_or(dotted)
}

/// Returns the text of a literal without placeholders.
pub fn literal_text(expr: &Expr) -> Option<&str> {
    match &*expr.kind {
        ExprKind::Text(text) => Some(text),
        _ => None,
    }
}

/// Returns the value of the argument with that name.
pub fn argument_named<'a>(arguments: &'a [Argument], name: &str) -> Option<&'a Expr> {
    arguments.iter().find(|argument| argument.name.as_deref() == Some(name)).map(|argument| &argument.value)
}

/// Returns the value of the argument at that place among those without a name.
pub fn argument_at(arguments: &[Argument], place: usize) -> Option<&Expr> {
    let mut plain = arguments.iter().filter(|argument| argument.name.is_none() && argument.spread == Spread::One);
    plain.nth(place).map(|argument| &argument.value)
}
