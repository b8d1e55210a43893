//! Applications and routers, where they are included or mounted, and what runs before all of their handlers.

use super::dependencies::{listed_guards, middleware_guard};
use crate::frameworks::python::{
    Graph, GuardSite, MountKind, PythonMount, PythonRouter, PythonSurvey, RouterCreation, ScopeId, read_guard,
};
use crate::ir::{Argument, Expr, ExprKind, Spread, argument_at, argument_named};
use crate::routes::GuardLevel;

/// Makes a router of every call that makes one.
pub(super) fn collect_routers(survey: &PythonSurvey, graph: &mut Graph) {
    for made in survey.made(&["FastAPI", "Starlette", "APIRouter", "Router"]) {
        let full = made.call.call().and_then(|(callee, _)| survey.full_name(made.at, callee));
        let is_other = full.is_some_and(|full| !full.starts_with("starlette") && !full.starts_with("fastapi"));

        // `Router` is a common name of other libraries; a class of the project is judged by what it extends.
        if made.class == "Router" && made.own.is_none() && is_other {
            continue;
        }
        let router = router_of(survey, &made);
        graph.routers.insert((survey.module(made.at), made.call.span.start), router);
    }
}

fn router_of(survey: &PythonSurvey, made: &RouterCreation) -> PythonRouter {
    let is_app = matches!(made.class, "FastAPI" | "Starlette");
    let level = if is_app { GuardLevel::App } else { GuardLevel::Router };
    let site = GuardSite { at: made.at, level, span: made.call.span };
    let given = argument_named(made.arguments, "dependencies");
    PythonRouter {
        is_app,
        prefix: argument_named(made.arguments, "prefix")
            .and_then(|prefix| survey.text(made.at, prefix))
            .unwrap_or_default(),
        layers: listed_middlewares(survey, site, made.arguments),
        guards: given.map(|list| listed_guards(survey, site, list)).unwrap_or_default(),
        mounts: Vec::new(),
        place: survey.project.place(survey.module(made.at), made.call.span),
    }
}

/// `FastAPI(middleware=[Middleware(Guard, ..)])`
fn listed_middlewares(survey: &PythonSurvey, site: GuardSite, arguments: &[Argument]) -> Vec<crate::routes::Guard> {
    let Some(list) = argument_named(arguments, "middleware") else { return Vec::new() };
    let ExprKind::List(items) = &*list.kind else { return Vec::new() };
    let classes = items.iter().filter_map(|item| item.call()).filter_map(|(_, arguments)| argument_at(arguments, 0));
    classes.filter_map(|class| middleware_guard(survey, site, class)).collect()
}

/// Follows `include_router`, `mount`, `add_middleware` and `middleware("http")`.
pub(super) fn collect_mounts(survey: &PythonSurvey, graph: &mut Graph) {
    for (at, call) in survey.calls_of_name(|name| ["include_router", "mount", "add_middleware"].contains(&name)) {
        let Some((callee, arguments)) = call.call() else { continue };
        let ExprKind::Member(object, method) = &*callee.kind else { continue };

        match method.as_str() {
            "include_router" => include_router(survey, graph, (at, call), (object, arguments)),
            "mount" => mount_app(survey, graph, (at, call), (object, arguments)),
            "add_middleware" => {
                let site = GuardSite { at, level: GuardLevel::App, span: call.span };
                let guard = argument_at(arguments, 0).and_then(|class| middleware_guard(survey, site, class));
                add_layer(survey, graph, (at, object), guard);
            }
            _ => {}
        }
    }

    for (at, function) in &survey.functions {
        for decorator in &function.decorators {
            let Some((callee, _)) = decorator.call() else { continue };
            let ExprKind::Member(object, method) = &*callee.kind else { continue };

            if method == "middleware" {
                let site = GuardSite { at: *at, level: GuardLevel::App, span: decorator.span };
                let name = Expr::new(ExprKind::Name(function.name.clone()), function.span);
                let guard = read_guard(survey, site, &name).map(|guard| guard.named(&function.name));
                add_layer(survey, graph, (*at, object), guard);
            }
        }
    }
}

fn add_layer(
    survey: &PythonSurvey,
    graph: &mut Graph,
    (at, object): (ScopeId, &Expr),
    guard: Option<crate::routes::Guard>,
) {
    let Some(guard) = guard else { return };
    for id in survey.routers(graph, at, object) {
        // What is added last runs first.
        if let Some(router) = graph.routers.get_mut(&id) {
            router.layers.insert(0, guard.clone());
        }
    }
}

fn include_router(
    survey: &PythonSurvey,
    graph: &mut Graph,
    (at, call): (ScopeId, &Expr),
    (object, arguments): (&Expr, &[Argument]),
) {
    let Some(child) = argument_named(arguments, "router").or_else(|| argument_at(arguments, 0)) else { return };
    let prefix = argument_named(arguments, "prefix").or_else(|| argument_at(arguments, 1));
    let text = prefix.and_then(|prefix| survey.text(at, prefix));

    if prefix.is_some() && text.is_none() {
        graph.unclear.push(format!("{}: the prefix is made at runtime", survey.shown(at, call.span)));
    }
    let site = GuardSite { at, level: GuardLevel::Router, span: call.span };
    let guards =
        argument_named(arguments, "dependencies").map(|list| listed_guards(survey, site, list)).unwrap_or_default();
    let mount = |parent| PythonMount {
        parent,
        kind: MountKind::Included,
        prefix: text.clone().unwrap_or_default(),
        keeps_own: true,
        guards: guards.clone(),
    };

    attach_mounts(survey, graph, (at, object, child), mount);
}

fn mount_app(
    survey: &PythonSurvey,
    graph: &mut Graph,
    (at, _): (ScopeId, &Expr),
    (object, arguments): (&Expr, &[Argument]),
) {
    // `mount` with a single argument belongs to other libraries.
    let plain = arguments.iter().filter(|given| given.spread == Spread::One).count();
    let Some(path) = argument_named(arguments, "path").or_else(|| argument_at(arguments, 0)).filter(|_| plain >= 2)
    else {
        return;
    };
    let Some(child) = argument_named(arguments, "app").or_else(|| argument_at(arguments, 1)) else { return };
    let Some(prefix) = survey.text(at, path) else { return };
    let mount = |parent| PythonMount {
        parent,
        // A mounted application runs apart, so dependencies of its parent do not guard it.
        kind: MountKind::Apart,
        prefix: prefix.clone(),
        keeps_own: true,
        guards: Vec::new(),
    };

    attach_mounts(survey, graph, (at, object, child), mount);
}

fn attach_mounts(
    survey: &PythonSurvey,
    graph: &mut Graph,
    (at, object, child): (ScopeId, &Expr, &Expr),
    mount: impl Fn((crate::project::ModuleId, usize)) -> PythonMount,
) {
    let parents = survey.routers(graph, at, object);
    let only = graph.only_app();
    // `routers` guesses the only application for what is unknown, and that guess is no child to be mounted.
    let children = survey.routers(graph, at, child).into_iter().filter(|id| Some(*id) != only || parents.len() > 1);

    for child in children.collect::<Vec<_>>() {
        for parent in parents.iter().filter(|parent| **parent != child) {
            if let Some(router) = graph.routers.get_mut(&child) {
                router.mounts.push(mount(*parent));
            }
        }
    }
}

/// Mounts what an expression stands for below a path of a router, as an application of its own.
pub(super) fn mount_router(
    survey: &PythonSurvey,
    graph: &mut Graph,
    (at, child): (ScopeId, &Expr),
    (parent, prefix): ((crate::project::ModuleId, usize), &str),
) {
    for child in survey.routers(graph, at, child).into_iter().filter(|child| *child != parent) {
        if let Some(router) = graph.routers.get_mut(&child) {
            router.mounts.push(PythonMount {
                parent,
                kind: MountKind::Apart,
                prefix: prefix.to_owned(),
                keeps_own: true,
                guards: Vec::new(),
            });
        }
    }
}
