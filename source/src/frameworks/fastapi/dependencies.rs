//! What dependencies keep out: those of applications, routers and routes, of parameters, and those that they depend on.

use crate::frameworks::python::{GuardSite, Meaning, PythonSurvey, ScopeId, read_guard};
use crate::ir::{
    Argument, Expr, ExprKind, Function, FunctionParameter, StatementKind, argument_at, argument_named, dotted_text,
    last_part,
};
use crate::project::ClassRef;
use crate::routes::{Guard, GuardKind};

/// Dependencies of dependencies are followed no deeper.
const MOST_DEPTH: usize = 6;

/// Returns the guards of `dependencies=[..]`.
pub(super) fn listed_guards(survey: &PythonSurvey, site: GuardSite, list: &Expr) -> Vec<Guard> {
    let mut guards = Vec::new();
    add_listed(survey, site, (site.at, list), &mut guards);
    guards
}

fn add_listed(survey: &PythonSurvey, site: GuardSite, (at, list): (ScopeId, &Expr), guards: &mut Vec<Guard>) {
    match &*list.kind {
        ExprKind::List(items) => items.iter().for_each(|item| add_item(survey, site, (at, item), guards)),
        _ => {
            for meaning in survey.meanings(at, list) {
                if let Meaning::Value(of, value) = meaning
                    && let ExprKind::List(items) = &*value.kind
                {
                    items.iter().for_each(|item| add_item(survey, site, (of, item), guards));
                }
            }

            // Lists of dependencies may be filled later by `append`.
            for (of, item) in survey.appended(at, list) {
                add_item(survey, site, (of, &item), guards);
            }
        }
    }
}

fn add_item(survey: &PythonSurvey, site: GuardSite, (at, item): (ScopeId, &Expr), guards: &mut Vec<Guard>) {
    match depends_arguments(item) {
        Some(arguments) => add_dependency(survey, site, (at, item, arguments, None), 0, guards),
        // `authenticated = Depends(get_user)`
        None => {
            for meaning in survey.meanings(at, item) {
                if let Meaning::Value(of, value) = meaning
                    && let Some(arguments) = depends_arguments(&value)
                {
                    add_dependency(survey, site, (of, &value, arguments, None), 0, guards);
                }
            }
        }
    }
}

/// Returns the guards that the fields of a handler's class bring: `user = Depends(get_user)` of a class-based view.
pub(super) fn field_guards(survey: &PythonSurvey, site: GuardSite, class: &ClassRef) -> Vec<Guard> {
    let mut guards = Vec::new();
    for member in &class.class.members {
        if let StatementKind::Assign(_, Some(value)) = &member.kind
            && let Some(arguments) = depends_arguments(value)
        {
            add_dependency(survey, site, (site.at, value, arguments, None), 0, &mut guards);
        }
    }

    guards
}

/// Returns the guards that the parameters of a handler bring, outermost first.
pub(super) fn parameter_guards(survey: &PythonSurvey, site: GuardSite, function: &Function) -> Vec<Guard> {
    let mut guards = Vec::new();
    add_parameters(survey, site, (site.at, function), 0, &mut guards);
    guards
}

fn add_parameters(
    survey: &PythonSurvey,
    site: GuardSite,
    (at, function): (ScopeId, &Function),
    depth: usize,
    guards: &mut Vec<Guard>,
) {
    for parameter in &function.parameters {
        for (of, item) in dependencies_of(survey, at, parameter) {
            let Some(arguments) = depends_arguments(&item) else { continue };
            add_dependency(survey, site, (of, &item, arguments, parameter.declared.as_ref()), depth, guards);
        }
    }
}

/// The `Depends(..)` of a parameter: its default, a part of its `Annotated[..]`, or behind the name of such a type.
fn dependencies_of(survey: &PythonSurvey, at: ScopeId, parameter: &FunctionParameter) -> Vec<(ScopeId, Expr)> {
    let mut found = Vec::new();
    for written in parameter.default.iter().chain(&parameter.declared) {
        add_annotated((at, written), &mut found);
        // `CurrentUser = Annotated[User, Depends(..)]` is the form that FastAPI recommends.
        if matches!(&*written.kind, ExprKind::Name(_) | ExprKind::Member(..)) {
            for meaning in survey.meanings(at, written) {
                if let Meaning::Value(of, value) = meaning {
                    add_annotated((of, &value), &mut found);
                }
            }
        }
    }

    found
}

fn add_annotated((at, expr): (ScopeId, &Expr), found: &mut Vec<(ScopeId, Expr)>) {
    match &*expr.kind {
        ExprKind::Call { .. } if depends_arguments(expr).is_some() => found.push((at, expr.clone())),
        ExprKind::Index(of, parts) if dotted_text(of).is_some_and(|name| last_part(&name) == "Annotated") => {
            if let ExprKind::List(parts) = &*parts.kind {
                let parts = parts.iter().filter(|part| depends_arguments(part).is_some());
                found.extend(parts.map(|part| (at, part.clone())));
            }
        }
        _ => {}
    }
}

/// The arguments of `Depends(..)` or `Security(..)`.
fn depends_arguments(expr: &Expr) -> Option<&[Argument]> {
    let (callee, arguments) = expr.call()?;
    let name = dotted_text(callee)?;
    matches!(last_part(&name), "Depends" | "Security").then_some(arguments)
}

fn add_dependency(
    survey: &PythonSurvey,
    site: GuardSite,
    (at, item, arguments, declared): (ScopeId, &Expr, &[Argument], Option<&Expr>),
    depth: usize,
    guards: &mut Vec<Guard>,
) {
    // `Depends()` without an argument takes the declared type as the dependency.
    let Some(called) = argument_named(arguments, "dependency").or_else(|| argument_at(arguments, 0)).or(declared)
    else {
        return;
    };
    if depth < MOST_DEPTH {
        // What a dependency depends on is added first, because it runs first.
        add_deeper(survey, site, (at, called), depth + 1, guards);
    }
    let inner = GuardSite { at, ..site };
    let Some(mut guard) = read_guard(survey, inner, called) else { return };
    guard.place = survey.project.place(survey.module(site.at), site.span);
    survey.project.text(survey.module(at), item.span).clone_into(&mut guard.name);
    let scopes = argument_named(arguments, "scopes").and_then(|scopes| survey.texts(at, scopes));

    // `Security(.., scopes=[..])` demands more of a caller than the dependency itself.
    if let Some(scopes) = scopes.filter(|scopes| !scopes.is_empty()) {
        guard.kind = GuardKind::Role(scopes.join(", "));
    }
    if !guards.iter().any(|known| known.name == guard.name && known.kind == guard.kind) {
        guards.push(guard);
    }
}

/// What a dependency itself depends on runs before it.
fn add_deeper(
    survey: &PythonSurvey,
    site: GuardSite,
    (at, called): (ScopeId, &Expr),
    depth: usize,
    guards: &mut Vec<Guard>,
) {
    let callee = called.call().map_or(called, |(callee, _)| callee);
    for meaning in survey.meanings(at, callee) {
        match meaning {
            Meaning::Function(function) => {
                let Some(inner) = survey.defining(&function) else { continue };
                add_parameters(survey, site, (inner, &function.function), depth, guards);

                // `require_role("admin")` returns the function that is the dependency.
                if called.call().is_some() {
                    for returned in survey.meanings(at, called) {
                        let Meaning::Function(function) = returned else { continue };
                        let Some(inner) = survey.defining(&function) else { continue };
                        add_parameters(survey, site, (inner, &function.function), depth, guards);
                    }
                }
            }
            Meaning::Class(class) => {
                // An instance as dependency is called; a class is constructed.
                let name = if called.call().is_some() { "__call__" } else { "__init__" };
                add_method(survey, site, (&class, name), depth, guards);
            }
            Meaning::Value(of, value) => {
                let class = value.call().and_then(|(made, _)| survey.class(of, made));
                class.iter().for_each(|class| add_method(survey, site, (class, "__call__"), depth, guards));
            }
            Meaning::Module(_) => {}
        }
    }
}

fn add_method(
    survey: &PythonSurvey,
    site: GuardSite,
    (class, name): (&ClassRef, &str),
    depth: usize,
    guards: &mut Vec<Guard>,
) {
    let Some(method) = survey.project.method(class, name) else { return };
    let Some(inner) = survey.defining(&method) else { return };
    add_parameters(survey, site, (inner, &method.function), depth, guards);
}

/// Returns the guard that a middleware's class is.
pub(super) fn middleware_guard(survey: &PythonSurvey, site: GuardSite, class: &Expr) -> Option<Guard> {
    read_guard(survey, site, class)
}
