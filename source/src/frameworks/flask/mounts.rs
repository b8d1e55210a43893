//! Applications, blueprints, APIs and namespaces, and where they are registered.

use super::views::list_items;
use crate::frameworks::python::{
    Graph, GuardSite, MountKind, PythonMount, PythonRouter, PythonRouterId, PythonSurvey, RouterCreation, ScopeId,
    read_guard,
};
use crate::ir::{Argument, Expr, ExprKind, argument_at, argument_named};
use crate::routes::{Guard, GuardLevel};

const APPS: [&str; 4] = ["Flask", "APIFlask", "OpenAPI", "Quart"];
/// Calls that put a router on another.
const REGISTERING: [&str; 5] = ["add_namespace", "init_app", "register_api", "register_api_view", "register_blueprint"];
const BLUEPRINTS: [&str; 4] = ["Blueprint", "APIBlueprint", "Namespace", "APIView"];

/// Makes a router of every call that makes one.
pub(super) fn collect_routers(survey: &PythonSurvey, graph: &mut Graph) {
    for made in survey.made(&APPS).into_iter().chain(survey.made(&BLUEPRINTS)).chain(survey.made(&["Api", "RestApi"])) {
        if is_foreign(survey, &made) {
            continue;
        }
        let router = router_of(survey, &made);
        graph.routers.insert((survey.module(made.at), made.call.span.start), router);
    }

    // `api.namespace("orders", path="/orders")` makes one and adds it.
    for (at, call) in survey.calls_of_name(|name| name == "namespace") {
        let Some((callee, arguments)) = call.call() else { continue };
        let ExprKind::Member(object, _) = &*callee.kind else { continue };
        let parents = survey.routers(graph, at, object);
        let made = RouterCreation { at, call, arguments, class: "Namespace", own: None };
        let mut router = router_of(survey, &made);
        router.mounts = parents.into_iter().map(|parent| included_mount(parent, None, Vec::new())).collect();

        if !router.mounts.is_empty() {
            graph.routers.insert((survey.module(at), call.span.start), router);
        }
    }
}

/// Other libraries have classes of these names too.
fn is_foreign(survey: &PythonSurvey, made: &RouterCreation) -> bool {
    if made.own.is_some() {
        return false;
    }
    let full = made.call.call().and_then(|(callee, _)| survey.full_name(made.at, callee)).unwrap_or_default();
    let head = full.split('.').next().unwrap_or_default();

    match made.class {
        // These names are common, so the import must come from a library of Flask.
        "Api" | "RestApi" | "Namespace" | "OpenAPI" | "APIView" => !head.contains("flask") && !head.contains("rest"),
        _ => matches!(head, "sanic" | "socketio" | "argparse"),
    }
}

fn router_of(survey: &PythonSurvey, made: &RouterCreation) -> PythonRouter {
    let is_app = APPS.contains(&made.class);
    let text = |name: &str| argument_named(made.arguments, name).and_then(|value| survey.text(made.at, value));
    let prefix = match made.class {
        // A namespace of restx is served below its name unless it has a path.
        "Namespace" => text("path").or_else(|| {
            let name = argument_named(made.arguments, "name").or_else(|| argument_at(made.arguments, 0));
            name.and_then(|name| survey.text(made.at, name)).map(|name| format!("/{name}"))
        }),
        "Api" | "RestApi" => text("prefix"),
        _ => text("url_prefix"),
    };

    let site = GuardSite { at: made.at, level: GuardLevel::Router, span: made.call.span };
    let decorators = argument_named(made.arguments, "decorators");
    PythonRouter {
        is_app,
        prefix: prefix.unwrap_or_default(),
        layers: Vec::new(),
        guards: decorators.map(|list| guards_of(survey, site, list)).unwrap_or_default(),
        mounts: Vec::new(),
        place: survey.project.place(survey.module(made.at), made.call.span),
    }
}

/// The guards in a list of decorators; the first of it is the innermost.
pub(super) fn guards_of(survey: &PythonSurvey, site: GuardSite, list: &Expr) -> Vec<Guard> {
    // Flask applies such a list in order, so its last decorator stands outermost.
    let items = list_items(survey, (site.at, list)).into_iter().rev();
    items.filter_map(|(of, item)| read_guard(survey, GuardSite { at: of, ..site }, &item)).collect()
}

fn included_mount(parent: PythonRouterId, prefix: Option<String>, guards: Vec<Guard>) -> PythonMount {
    // A prefix at registration replaces the one that the blueprint was made with.
    let keeps_own = prefix.is_none();
    PythonMount { parent, kind: MountKind::Included, prefix: prefix.unwrap_or_default(), keeps_own, guards }
}

/// Follows `register_blueprint`, `add_namespace`, `Api(app)` and `api.init_app(app)`.
pub(super) fn collect_mounts(survey: &PythonSurvey, graph: &mut Graph) {
    for made in survey.made(&["Api", "RestApi"]) {
        let id = (survey.module(made.at), made.call.span.start);
        let given = ["app", "blueprint"].iter().find_map(|name| argument_named(made.arguments, name));

        if let Some(parent) = given.or_else(|| argument_at(made.arguments, 0)) {
            let parents = survey.routers(graph, made.at, parent);
            mount_routers(graph, &[id], &parents, None);
        }
    }

    for (at, call) in survey.calls_of_name(|name| REGISTERING.contains(&name)) {
        let Some((callee, arguments)) = call.call() else { continue };
        let ExprKind::Member(object, method) = &*callee.kind else { continue };

        match method.as_str() {
            "init_app" => {
                let child = known_routers(survey, graph, at, object);
                let Some(parent) = argument_at(arguments, 0).filter(|_| !child.is_empty()) else { continue };
                let parents = survey.routers(graph, at, parent);
                mount_routers(graph, &child, &parents, None);
            }
            _ => register_blueprint(survey, graph, (at, call), (object, arguments)),
        }
    }
}

fn register_blueprint(
    survey: &PythonSurvey,
    graph: &mut Graph,
    (at, call): (ScopeId, &Expr),
    (object, arguments): (&Expr, &[Argument]),
) {
    let names = ["blueprint", "ns", "api", "api_view"];
    let child = argument_at(arguments, 0).or_else(|| names.iter().find_map(|name| argument_named(arguments, name)));
    let Some(child) = child else { return };
    let prefix = ["url_prefix", "path"]
        .iter()
        .find_map(|name| argument_named(arguments, name))
        .or_else(|| argument_at(arguments, 1));
    let text = prefix.and_then(|prefix| survey.text(at, prefix));
    // `url_prefix=None` is written out by some projects and leaves the blueprint its own prefix.
    let is_none =
        prefix.is_some_and(|prefix| matches!(&*prefix.kind, ExprKind::Constant(written) if written == "None"));
    if prefix.is_some() && text.is_none() && !is_none {
        graph.unclear.push(format!("{}: the prefix is made at runtime", survey.shown(at, call.span)));
    }
    let children = known_routers(survey, graph, at, child);

    if children.is_empty() {
        graph.unclear.push(format!("{}: what is registered is made at runtime", survey.shown(at, call.span)));
    }
    let parents = survey.routers(graph, at, object);
    mount_routers(graph, &children, &parents, text);
}

/// The routers behind an expression, without guessing that it is the application.
fn known_routers(survey: &PythonSurvey, graph: &Graph, at: ScopeId, expr: &Expr) -> Vec<PythonRouterId> {
    // A guess that the child is the only application would register that on itself.
    let only = graph.only_app();
    survey.routers(graph, at, expr).into_iter().filter(|id| Some(*id) != only).collect()
}

fn mount_routers(graph: &mut Graph, children: &[PythonRouterId], parents: &[PythonRouterId], prefix: Option<String>) {
    for child in children {
        for parent in parents.iter().filter(|parent| *parent != child) {
            if let Some(router) = graph.routers.get_mut(child) {
                router.mounts.push(included_mount(*parent, prefix.clone(), Vec::new()));
            }
        }
    }
}
