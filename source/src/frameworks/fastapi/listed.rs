//! Starlette's way: `routes=[Route("/x", handler), Mount("/y", routes=[..])]`.

use super::dependencies::parameter_guards;
use super::mounts::mount_router;
use crate::frameworks::python::{Declaration, Graph, GuardSite, Meaning, PythonRouterId, PythonSurvey, ScopeId};
use crate::ir::{Argument, Expr, ExprKind, argument_at, argument_named, dotted_text, last_part};
use crate::project::FunctionRef;
use crate::routes::{GuardLevel, join_paths};

/// Mounts within mounts are followed no deeper.
const MOST_DEPTH: usize = 8;
/// Methods of a class-based endpoint.
const ENDPOINT_METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "options"];

/// Where a list of routes is mounted.
struct Listing<'a> {
    router: PythonRouterId,
    prefix: &'a str,
    depth: usize,
}

/// Collects the routes that applications and routers are made with.
pub(super) fn collect_routes(survey: &PythonSurvey, graph: &mut Graph) {
    for made in survey.made(&["FastAPI", "Starlette", "APIRouter", "Router"]) {
        let router = (survey.module(made.at), made.call.span.start);
        let plain = argument_at(made.arguments, 0).filter(|_| made.class == "Router");
        // Only `Router` takes the list in first place; the others have it by name.
        let Some(list) = argument_named(made.arguments, "routes").or(plain) else { continue };

        if graph.routers.contains_key(&router) {
            add_list(survey, graph, &Listing { router, prefix: "", depth: 0 }, (made.at, list));
        }
    }
}

fn add_list(survey: &PythonSurvey, graph: &mut Graph, listing: &Listing, (at, list): (ScopeId, &Expr)) {
    if listing.depth > MOST_DEPTH {
        return;
    }
    match &*list.kind {
        ExprKind::List(items) => items.iter().for_each(|item| add_items(survey, graph, listing, (at, item))),
        ExprKind::Operation(sign, parts) if sign == "+" => {
            parts.iter().for_each(|part| add_list(survey, graph, listing, (at, part)));
        }
        _ => {
            for meaning in survey.meanings(at, list) {
                let Meaning::Value(of, value) = meaning else { continue };
                // A name that means itself would be followed for ever.
                if value.span != list.span && matches!(&*value.kind, ExprKind::List(_) | ExprKind::Operation(..)) {
                    let deeper = Listing { depth: listing.depth + 1, ..*listing };
                    add_list(survey, graph, &deeper, (of, &value));
                }
            }
        }
    }
}

fn add_items(survey: &PythonSurvey, graph: &mut Graph, listing: &Listing, (at, item): (ScopeId, &Expr)) {
    // `*other_routes`
    if let ExprKind::Other(parts) = &*item.kind {
        parts.iter().for_each(|part| add_list(survey, graph, listing, (at, part)));
        return;
    }
    for meaning in survey.meanings(at, item) {
        let Meaning::Value(of, value) = meaning else { continue };
        let Some((callee, arguments)) = value.call() else { continue };
        let Some(path) = argument_named(arguments, "path").or_else(|| argument_at(arguments, 0)) else { continue };
        let Some(path) = survey.text(of, path) else {
            graph.unclear.push(format!("{}: the path is made at runtime", survey.shown(of, value.span)));
            continue;
        };
        let whole = join_paths(listing.prefix, &path);

        match dotted_text(callee).as_deref().map(last_part) {
            Some("Route" | "APIRoute") => add_route(survey, graph, listing, (of, &value, &whole)),
            Some("Mount") => {
                let deeper = Listing { prefix: &whole, depth: listing.depth + 1, ..*listing };
                add_mount(survey, graph, &deeper, (of, arguments));
            }
            _ => {}
        }
    }
}

fn add_mount(survey: &PythonSurvey, graph: &mut Graph, listing: &Listing, (at, arguments): (ScopeId, &[Argument])) {
    if let Some(list) = argument_named(arguments, "routes") {
        add_list(survey, graph, listing, (at, list));
    }
    if let Some(app) = argument_named(arguments, "app").or_else(|| argument_at(arguments, 1)) {
        mount_router(survey, graph, (at, app), (listing.router, listing.prefix));
    }
}

fn add_route(survey: &PythonSurvey, graph: &mut Graph, listing: &Listing, (at, route, path): (ScopeId, &Expr, &str)) {
    let arguments = survey.arguments(at, route);
    let endpoint = argument_named(&arguments, "endpoint").or_else(|| argument_at(&arguments, 1));
    let given = argument_named(&arguments, "methods").and_then(|methods| survey.texts(at, methods));
    let answering = endpoint.map(|endpoint| answering_functions(survey, at, endpoint, given)).unwrap_or_default();

    if answering.is_empty() {
        graph.unclear.push(format!("{}: the handler is made at runtime", survey.shown(at, route.span)));
    }
    for (methods, handler) in answering {
        let place = survey.defining(&handler).unwrap_or(at);
        let site = GuardSite { at: place, level: GuardLevel::Route, span: handler.function.span };
        graph.declared.push(Declaration {
            routers: vec![listing.router],
            path: path.to_owned(),
            methods,
            guards: parameter_guards(survey, site, &handler.function),
            handler,
            at: (survey.module(at), route.span),
        });
    }
}

/// The functions that answer, each with its methods: a class has one for each.
fn answering_functions(
    survey: &PythonSurvey,
    at: ScopeId,
    endpoint: &Expr,
    given: Option<Vec<String>>,
) -> Vec<(Vec<String>, FunctionRef)> {
    // An `HTTPEndpoint` has a method for each verb, so the list of methods does not apply to it.
    if let Some(class) = survey.class(at, endpoint) {
        let methods = ENDPOINT_METHODS.into_iter();
        let methods = methods.filter_map(|name| survey.project.method(&class, name).map(|found| (name, found)));
        return methods.map(|(name, found)| (vec![name.to_ascii_uppercase()], found)).collect();
    }
    // Starlette answers GET where no methods are given.
    let methods = given.unwrap_or_else(|| vec!["GET".to_owned()]);
    let methods: Vec<String> = methods.iter().map(|method| method.to_ascii_uppercase()).collect();
    survey.function(at, endpoint).map(|function| (methods, function)).into_iter().collect()
}
