//! Which function of a registration is the handler, and which run before it.

use std::rc::Rc;
use std::sync::Arc;

use super::run::{Closure, JsValue, ScriptArgument};
use crate::ir::{Expr, ExprKind, Function, Spread, walk_statements};

/// Lists within lists that are taken apart; a list may hold itself.
const MOST_LISTS: usize = 4;
/// Wrappers within wrappers that are looked through.
const MOST_WRAPPERS: usize = 6;

/// Returns what was given, with lists taken apart as Express does.
pub(super) fn flatten_lists(items: &[ScriptArgument]) -> Vec<ScriptArgument> {
    let mut found = Vec::new();
    flatten_into(items, &mut found, 0);
    found
}

fn flatten_into(items: &[ScriptArgument], found: &mut Vec<ScriptArgument>, depth: usize) {
    for item in items {
        match &item.value {
            JsValue::List(inner) if depth < MOST_LISTS => {
                let inner: Vec<ScriptArgument> = inner
                    .borrow()
                    .iter()
                    .map(|value| ScriptArgument { value: value.clone(), ..item.clone() })
                    .collect();
                flatten_into(&inner, found, depth + 1);
            }
            value if value.is_nothing() => {}
            _ => found.push(item.clone()),
        }
    }
}

/// Splits the functions of a route: those before the handler, and the handler. What comes after it guards nothing.
pub(super) fn split_handler(items: &[ScriptArgument]) -> Option<(Vec<ScriptArgument>, ScriptArgument)> {
    let items = flatten_lists(items);
    let ends = |given: &ScriptArgument| match &given.value {
        // What another middleware may stand for instead is not taken for the end.
        JsValue::Function(closure) => !closure.is_doubtful && ends_request(&closure.function),
        _ => false,
    };
    let usable: Vec<&ScriptArgument> = items.iter().filter(|given| !is_fault_handler(&given.value)).collect();
    // Without a function that surely ends the request, Express programs put the handler last.
    let place = usable.iter().position(|given| ends(given)).unwrap_or(usable.len().checked_sub(1)?);
    let handler = usable.get(place).copied()?.clone();

    Some((usable.iter().take(place).map(|given| (*given).clone()).collect(), handler))
}

/// Returns whether a function cannot pass a request on.
fn ends_request(function: &Function) -> bool {
    // With rest parameters or `arguments` the body can reach `next` without naming it.
    if function.parameters.iter().any(|parameter| parameter.spread != Spread::One)
        || mentions_name(function, "arguments")
    {
        return false;
    }
    match function.parameters.get(2) {
        // Without a third parameter the function has no `next` to pass the request on.
        None => function.parameters.len() == 2,
        Some(next) => !mentions_name(function, &next.name),
    }
}

/// Returns whether a function is called with faults only: it has four parameters.
pub(super) fn is_fault_handler(value: &JsValue) -> bool {
    matches!(value, JsValue::Function(closure) if closure.function.parameters.len() == 4)
}

fn mentions_name(function: &Function, name: &str) -> bool {
    let mut found = false;
    walk_statements(&function.body, &mut |_| {}, &mut |expr| found |= expr.name() == Some(name));
    found
}

/// Returns the function that does the work: behind wrappers of the project and of packages.
pub(super) fn unwrap_handler(value: &JsValue) -> Option<Rc<Closure>> {
    let mut current = value.clone();
    for _ in 0..MOST_WRAPPERS {
        match &current {
            JsValue::Function(closure) => match wrapped_function(closure) {
                Some(inner) => current = inner,
                None => return Some(closure.clone()),
            },
            JsValue::Made(made) => {
                // Wrappers of packages take options first and the function last.
                let functions = flatten_lists(&made.arguments).into_iter().rev().map(|given| given.value);
                current = functions.into_iter().find(is_callable)?;
            }
            _ => return None,
        }
    }

    None
}

fn is_callable(value: &JsValue) -> bool {
    match value {
        JsValue::Function(_) => true,
        JsValue::Made(made) => made.arguments.iter().any(|given| is_callable(&given.value)),
        _ => false,
    }
}

/// Returns the function that a wrapper was given and hands its own request to.
fn wrapped_function(closure: &Rc<Closure>) -> Option<JsValue> {
    let first = closure.function.parameters.first()?;
    let mut found = None;
    walk_statements(&closure.function.body, &mut |_| {}, &mut |expr| {
        let Some((callee, arguments)) = expr.call() else { return };
        let through = matches!(&*callee.kind, ExprKind::Member(_, name) if matches!(name.as_str(), "call" | "apply"));
        // A wrapper hands on its own request; a call without it is only a helper.
        let passes = arguments.iter().take(2).any(|argument| argument.value.name() == Some(&first.name));

        if !passes {
            return;
        }
        let callee = match &*callee.kind {
            ExprKind::Member(object, _) if through => object,
            _ => callee,
        };
        found = found.take().or_else(|| captured_value(closure, callee));
    });

    // A recursive function would unwrap to itself for ever.
    let is_other =
        |value: &JsValue| !matches!(value, JsValue::Function(other) if Arc::ptr_eq(&other.function, &closure.function));
    found.filter(|value| is_callable(value) && is_other(value)).or_else(|| last_of_list(closure))
}

/// What a name of the function around a wrapper holds.
fn captured_value(closure: &Rc<Closure>, callee: &Expr) -> Option<JsValue> {
    match &*callee.kind {
        ExprKind::Name(name) => {
            let is_own = closure.function.parameters.iter().any(|parameter| parameter.name == *name);
            if is_own { None } else { closure.scope.get_inner(name) }
        }
        ExprKind::Member(object, name) => match captured_value(closure, object)? {
            JsValue::Object(object) => object.get(name),
            _ => None,
        },
        _ => None,
    }
}

/// The last function of a list that a wrapper was given and goes through.
fn last_of_list(closure: &Rc<Closure>) -> Option<JsValue> {
    let mut found = None;
    walk_statements(&closure.function.body, &mut |_| {}, &mut |expr| {
        let ExprKind::Call { callee, .. } = &*expr.kind else { return };
        if let ExprKind::Member(object, name) = &*callee.kind
            && matches!(name.as_str(), "reduce" | "forEach" | "map")
            && let Some(JsValue::List(items)) = captured_value(closure, object)
        {
            found = items.borrow().iter().rev().find(|item| is_callable(item)).cloned();
        }
    });

    found
}
