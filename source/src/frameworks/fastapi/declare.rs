//! Routes: decorators, `add_api_route`, `add_route`.

use super::METHODS;
use super::dependencies::{field_guards, listed_guards, parameter_guards};
use crate::frameworks::python::{Declaration, Graph, GuardSite, PythonRouterId, PythonSurvey, ScopeId};
use crate::ir::{Expr, ExprKind, argument_at, argument_named};
use crate::project::FunctionRef;
use crate::routes::GuardLevel;

/// Collects every declared route.
pub(super) fn collect_routes(survey: &PythonSurvey, graph: &mut Graph) {
    for (at, function) in &survey.functions {
        for decorator in &function.decorators {
            let handler = survey.handler(*at, function);
            let (of, decorator) = survey.returned_call(*at, decorator).unwrap_or_else(|| (*at, decorator.clone()));
            declare_route(survey, graph, (of, &decorator), Some(handler));
        }
    }

    for (at, call) in survey.calls_of_name(|name| ["", "add_api_route", "add_route"].contains(&name)) {
        let Some((callee, arguments)) = call.call() else { continue };
        match &*callee.kind {
            ExprKind::Member(_, method) if matches!(method.as_str(), "add_api_route" | "add_route") => {
                let endpoint = argument_named(arguments, "endpoint").or_else(|| argument_at(arguments, 1));
                let handler = endpoint.and_then(|endpoint| survey.function(at, endpoint));
                declare_route(survey, graph, (at, call), handler);
            }
            // `router.get("/x")(handler)`
            ExprKind::Call { .. } => {
                let Some(handler) = argument_at(arguments, 0).and_then(|given| survey.function(at, given)) else {
                    continue;
                };
                declare_route(survey, graph, (at, callee), Some(handler));
            }
            _ => {}
        }
    }
}

fn declare_route(survey: &PythonSurvey, graph: &mut Graph, (at, call): (ScopeId, &Expr), handler: Option<FunctionRef>) {
    let Some((callee, _)) = call.call() else { return };
    let ExprKind::Member(object, method) = &*callee.kind else { return };
    let plain = METHODS.contains(&method.as_str());

    // Other methods of objects with a decorator are no routes, and need no note.
    if !plain && !matches!(method.as_str(), "api_route" | "route" | "add_api_route" | "add_route") {
        return;
    }
    let Some(routers) = known_routers(survey, graph, (at, object)) else { return };
    let arguments = &survey.arguments(at, call);
    let path = argument_named(arguments, "path").or_else(|| argument_at(arguments, 0));
    let Some(path) = path.and_then(|path| survey.text(at, path)) else {
        graph.unclear.push(format!("{}: the path is made at runtime", survey.shown(at, call.span)));
        return;
    };
    let Some(handler) = handler else {
        graph.unclear.push(format!("{}: the handler is made at runtime", survey.shown(at, call.span)));
        return;
    };
    let methods = if plain {
        vec![method.to_ascii_uppercase()]
    } else {
        let listed = argument_named(arguments, "methods").and_then(|methods| survey.texts(at, methods));
        // `api_route` without methods answers GET only, as in FastAPI.
        listed.unwrap_or_else(|| vec!["GET".to_owned()]).iter().map(|method| method.to_ascii_uppercase()).collect()
    };
    let site = GuardSite { at, level: GuardLevel::Route, span: call.span };
    let mut guards =
        argument_named(arguments, "dependencies").map(|list| listed_guards(survey, site, list)).unwrap_or_default();
    let inner = survey.defining(&handler).unwrap_or(at);
    let place = GuardSite { at: inner, level: GuardLevel::Route, span: handler.function.span };
    let fields = handler.class.as_ref().map(|class| field_guards(survey, place, class)).unwrap_or_default();

    for guard in fields.into_iter().chain(parameter_guards(survey, place, &handler.function)) {
        // A dependency that is met twice runs once.
        if !guards.iter().any(|known| known.name == guard.name) {
            guards.push(guard);
        }
    }

    graph.declared.push(Declaration { routers, path, methods, handler, at: (survey.module(at), call.span), guards });
}

/// The routers that a route is put on. `None` where it is none: `client.get("/x")` is no route.
fn known_routers(survey: &PythonSurvey, graph: &Graph, (at, object): (ScopeId, &Expr)) -> Option<Vec<PythonRouterId>> {
    let routers = survey.routers(graph, at, object);
    (!routers.is_empty()).then_some(routers)
}
