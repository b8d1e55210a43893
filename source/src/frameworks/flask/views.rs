//! What answers a route: a function, or a class with a method for each HTTP method, and what is wrapped around it.

use super::METHODS;
use super::mounts::guards_of;
use crate::frameworks::python::{GuardSite, Meaning, PythonSurvey, ScopeId, read_guard};
use crate::ir::{Expr, ExprKind, argument_at, argument_named};
use crate::project::{ClassRef, FunctionRef};
use crate::routes::Guard;

/// Wrappers around wrappers are followed no deeper.
const MOST_WRAPPERS: usize = 8;

/// What answers a route.
pub(super) struct FlaskView {
    pub(super) answers: Answers,
    /// What is wrapped around it, outermost first.
    pub(super) wrappers: Vec<(ScopeId, Expr)>,
}

/// A function or a class.
pub(super) enum Answers {
    Function(FunctionRef),
    Class(ClassRef),
}

/// Returns what a `view_func` or a resource is.
pub(super) fn view_of(survey: &PythonSurvey, at: ScopeId, expr: &Expr) -> Option<FlaskView> {
    let mut wrappers = Vec::new();
    let (mut at, mut expr) = (at, expr.clone());

    for _ in 0..MOST_WRAPPERS {
        if let Some((callee, arguments)) = expr.call() {
            if let ExprKind::Member(object, method) = &*callee.kind
                && method == "as_view"
            {
                let class = survey.class(at, object)?;
                return Some(FlaskView { answers: Answers::Class(class), wrappers });
            }
            let Some(inner) = argument_at(arguments, 0).cloned() else { break };
            // The first argument of a wrapper is the view; the callee may guard it.
            wrappers.push((at, callee.clone()));
            expr = inner;
            continue;
        }

        wrappers.extend(find_wrappers(survey, at, &expr));
        match survey.assigned(at, &expr).into_iter().next() {
            Some((of, value)) if value.call().is_some() => (at, expr) = (of, value),
            _ => break,
        }
    }

    let answers = survey.meanings(at, &expr).into_iter().find_map(|meaning| match meaning {
        Meaning::Function(function) => Some(Answers::Function(function)),
        Meaning::Class(class) => Some(Answers::Class(class)),
        Meaning::Value(of, value) => match &*value.kind {
            ExprKind::Function(function) => Some(Answers::Function(survey.handler(of, function))),
            _ => None,
        },
        Meaning::Module(_) => None,
    })?;

    Some(FlaskView { answers, wrappers })
}

/// What is wrapped around a view under its own name: `view = guard(view)`, also for each guard of a list.
fn find_wrappers(survey: &PythonSurvey, at: ScopeId, view: &Expr) -> Vec<(ScopeId, Expr)> {
    let mut wrappers = Vec::new();
    for (of, value) in survey.assigned(at, view) {
        let Some((callee, arguments)) = value.call() else { continue };
        // Only an assignment that takes the old view wraps it; any other one replaces it.
        if argument_at(arguments, 0).is_none_or(|given| given.name() != view.name()) {
            continue;
        }
        // The target of a loop stands for one of what the loop goes over.
        let looped = survey.assigned(of, callee).into_iter().find_map(|(from, bound)| match &*bound.kind {
            ExprKind::Other(parts) => parts.first().map(|source| (from, source.clone())),
            _ => None,
        });
        match looped {
            Some((from, source)) => wrappers.extend(list_items(survey, (from, &source)).into_iter().rev()),
            None => wrappers.push((of, callee.clone())),
        }
    }

    wrappers
}

/// Returns the methods of a class-based view that answer requests, each with the HTTP methods that it answers.
pub(super) fn methods_of(
    survey: &PythonSurvey,
    at: ScopeId,
    class: &ClassRef,
    given: Option<&[String]>,
) -> Vec<(Vec<String>, FunctionRef)> {
    let mut found = Vec::new();
    for name in METHODS {
        let Some(method) = survey.project.method(class, name) else { continue };
        let http = name.to_ascii_uppercase();

        if given.is_none_or(|given| given.contains(&http)) {
            found.push((vec![http], method));
        }
    }

    // `dispatch_request` answers all methods that the class lists, unless verbs have methods of their own.
    if let (true, Some(method)) = (found.is_empty(), survey.project.method(class, "dispatch_request")) {
        let own = || {
            let (module, value) = survey.project.class_field(class, "methods")?;
            survey.texts(survey.scope_at(module, value.span).unwrap_or(at), &value)
        };
        let methods = given.map(<[String]>::to_vec).or_else(own).unwrap_or_else(|| vec!["GET".to_owned()]);
        found.push((methods, method));
    }

    found
}

/// Returns the guards that a class-based view puts around one of its methods: `decorators`, `method_decorators`.
pub(super) fn class_guards(survey: &PythonSurvey, site: GuardSite, class: &ClassRef, method: &str) -> Vec<Guard> {
    let mut guards = Vec::new();
    for field in ["decorators", "method_decorators"] {
        let Some((module, value)) = survey.project.class_field(class, field) else { continue };
        let Some(of) = survey.scope_at(module, value.span) else { continue };
        let place = GuardSite { at: of, ..site };

        match &*value.kind {
            // `{"get": [login_required]}`
            ExprKind::Record(entries) => {
                for entry in entries {
                    if entry.key.as_ref().and_then(|key| survey.text(of, key)).as_deref() == Some(method) {
                        guards.extend(guards_of(survey, place, &entry.value));
                    }
                }
            }
            _ => guards.extend(guards_of(survey, place, &value)),
        }
    }

    guards
}

/// Returns the guards among what is wrapped around a handler, outermost first.
pub(super) fn wrapper_guards(survey: &PythonSurvey, site: GuardSite, wrappers: &[(ScopeId, Expr)]) -> Vec<Guard> {
    let read = |(of, wrapper): &(ScopeId, Expr)| read_guard(survey, GuardSite { at: *of, ..site }, wrapper);
    wrappers.iter().filter_map(read).collect()
}

/// Returns the items of a list, which may stand behind names and be put together with `+`.
pub(super) fn list_items(survey: &PythonSurvey, (at, list): (ScopeId, &Expr)) -> Vec<(ScopeId, Expr)> {
    let mut items = Vec::new();
    for meaning in survey.meanings(at, list) {
        let Meaning::Value(of, value) = meaning else { continue };
        match &*value.kind {
            ExprKind::List(parts) => items.extend(parts.iter().map(|part| (of, part.clone()))),
            ExprKind::Operation(sign, parts) if sign == "+" => {
                parts.iter().for_each(|part| items.extend(list_items(survey, (of, part))));
            }
            _ => {}
        }
    }

    items
}

/// Returns the methods that a route is given: `methods=[..]`.
pub(super) fn given_methods(
    survey: &PythonSurvey,
    at: ScopeId,
    arguments: &[crate::ir::Argument],
) -> Option<Vec<String>> {
    let texts = argument_named(arguments, "methods").and_then(|methods| survey.texts(at, methods))?;
    Some(texts.iter().map(|method| method.to_ascii_uppercase()).collect())
}
