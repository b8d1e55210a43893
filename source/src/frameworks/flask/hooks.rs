//! `before_request` and its kin: what runs before every handler of an application or blueprint.

use crate::frameworks::python::{Graph, GuardSite, PythonSurvey, ScopeId, read_guard};
use crate::ir::{Expr, ExprKind, argument_at};
use crate::routes::GuardLevel;

/// Hooks that run before every handler of the application.
const FOR_ALL: [&str; 2] = ["app_url_value_preprocessor", "before_app_request"];
/// Hooks that run before the handlers of what they are put on.
const FOR_OWN: [&str; 2] = ["before_request", "url_value_preprocessor"];

/// Adds the hooks to the routers that they guard.
pub(super) fn collect_guards(survey: &PythonSurvey, graph: &mut Graph) {
    for (at, function) in &survey.functions {
        for decorator in &function.decorators {
            let callee = decorator.call().map_or(decorator, |(callee, _)| callee);
            let ExprKind::Member(object, hook) = &*callee.kind else { continue };
            let name = Expr::new(ExprKind::Name(function.name.clone()), function.span);
            add_hook(survey, graph, (*at, object, hook), &name);
        }
    }

    for (at, call) in survey.calls_of_name(|name| FOR_ALL.contains(&name) || FOR_OWN.contains(&name)) {
        let Some((callee, arguments)) = call.call() else { continue };
        let ExprKind::Member(object, hook) = &*callee.kind else { continue };

        if let Some(hooked) = argument_at(arguments, 0) {
            add_hook(survey, graph, (at, object, hook), hooked);
        }
    }
}

fn add_hook(survey: &PythonSurvey, graph: &mut Graph, (at, object, hook): (ScopeId, &Expr, &str), hooked: &Expr) {
    let for_all = FOR_ALL.contains(&hook);
    if !for_all && !FOR_OWN.contains(&hook) {
        return;
    }
    for id in survey.routers(graph, at, object) {
        // A hook `before_app_request` of a blueprint runs for all requests of its application.
        let is_app = graph.routers.get(&id).is_some_and(|router| router.is_app) || for_all;
        let level = if is_app { GuardLevel::App } else { GuardLevel::Router };
        let site = GuardSite { at, level, span: hooked.span };
        let guard = read_guard(survey, site, hooked);
        let Some(guard) = guard else { continue };
        let guard = match hooked.name() {
            Some(name) => guard.named(name),
            None => guard,
        };
        let on = if is_app { graph.apps_of(id) } else { [id].into() };

        for id in on {
            if let Some(router) = graph.routers.get_mut(&id) {
                router.layers.push(guard.clone());
            }
        }
    }
}
