//! axum.

use super::graph::{GraphRouterId, GuardReach, RouterMount};
use super::query::{At, Matched, SourceQuery, Sources};
use super::rustcode::{RustCode, RustDialect, RustRouters, is_in_tests, last_part};
use crate::lang::Language;
use crate::project::Project;
use crate::routes::{FrameworkName, Guard, GuardLevel, RouteTable, join_paths};

pub(super) static QUERY: SourceQuery = SourceQuery::new(Language::Rust, include_str!("axum.scm"));
static DIALECT: RustDialect = RustDialect {
    makers: &["Router::new", "Router::default", "OpenApiRouter::new", "OpenApiRouter::with_openapi", "ApiRouter::new"],
    types: &["Router"],
    hands_over: "pipe",
};
const METHODS: [&str; 9] = ["get", "post", "put", "patch", "delete", "head", "options", "trace", "any"];

/// Returns whether the project speaks of it.
pub(super) fn is_used(project: &Project) -> bool {
    Sources::mention(project, Language::Rust, &["axum"])
}

/// Finds the routes in the Rust code of a project.
pub(super) fn find_routes(code: &RustCode<'_>) -> RouteTable {
    let mut routers = RustRouters::new(code, &DIALECT);
    for root in &code.roots {
        for matched in QUERY.matches(*root) {
            read_call(&mut routers, &matched);
        }
    }
    routers.graph.into_table(FrameworkName::Axum, join_nested)
}

/// The root of what is nested is the prefix itself.
fn join_nested(prefix: &str, path: &str) -> String {
    if path == "/" && !prefix.is_empty() && prefix != "/" { prefix.to_owned() } else { join_paths(prefix, path) }
}

fn read_call<'s>(routers: &mut RustRouters<'s, '_>, matched: &Matched<'s>) {
    let (Some(call), Some(receiver), Some(list)) =
        (matched.get("act"), matched.get("router"), matched.get("arguments"))
    else {
        return;
    };
    if is_in_tests(call) {
        return;
    }
    let Some(router) = routers.find(receiver) else { return };

    match (matched.text("verb"), list.children().as_slice()) {
        ("route" | "api_route", [path, served, ..]) => match routers.code.constant(*path) {
            Some(path) => put_methods(routers, router, call, &path, *served),
            None => routers.graph.unclear.push(path.note("the path is made at runtime")),
        },
        ("routes", [listed, ..]) => put_annotated(routers, router, call, *listed),
        ("nest" | "nest_service" | "nest_api_service", [prefix, nested, ..]) => {
            let prefix = routers.code.constant(*prefix);
            if prefix.is_none() {
                routers.graph.unclear.push(call.note("the prefix is made at runtime"));
            }
            mount_child(routers, router, call, prefix.unwrap_or_default(), *nested);
        }
        ("merge", [merged, ..]) => mount_child(routers, router, call, String::new(), *merged),
        ("layer" | "route_layer", [layer, ..]) => {
            let moment = routers.moment(call);
            for guard in routers.layer_guards(*layer, GuardLevel::Router).into_iter().rev() {
                routers.graph.guard(router, moment, GuardReach::Earlier, guard);
            }
        }
        _ => {}
    }
}

fn mount_child<'s>(
    routers: &mut RustRouters<'s, '_>,
    parent: GraphRouterId,
    call: At<'s>,
    prefix: String,
    child: At<'s>,
) {
    if let Some(child) = routers.find(child) {
        let moment = routers.moment(call);
        routers.graph.mount(child, RouterMount { parent, prefix, guards: Vec::new(), moment, is_alias: false });
    }
}

/// One method of a route.
struct ServedMethod<'s> {
    methods: Vec<String>,
    handler: At<'s>,
    guards: Vec<Guard>,
}

fn put_methods<'s>(routers: &mut RustRouters<'s, '_>, router: GraphRouterId, call: At<'s>, path: &str, served: At<'s>) {
    let mut found = Vec::new();
    collect_methods(routers, served, &mut found, 0);

    // The path is served in some way, so silence would hide an endpoint from the user.
    if found.is_empty() {
        routers.graph.unclear.push(served.note("which methods the route serves is not written here"));
    }
    for one in found {
        routers.put_route(router, call, (one.methods, path.to_owned()), one.handler, one.guards);
    }
}

/// `get(a).post(b).layer(l)`: what is served, in that order.
fn collect_methods<'s>(routers: &RustRouters<'s, '_>, at: At<'s>, found: &mut Vec<ServedMethod<'s>>, steps: usize) {
    if steps > 40 {
        return;
    }
    if at.kind() == "identifier"
        && let Some(super::scopes::NameBinding::Value(value)) = routers.code.scopes.look_up(at.text(), at)
    {
        return collect_methods(routers, value, found, steps + 1);
    }
    let Some(callee) = at.field("function").filter(|_| at.kind() == "call_expression") else { return };
    let arguments = at.field("arguments").map(At::children).unwrap_or_default();
    let is_method = callee.kind() == "field_expression";

    if let Some(before) = callee.field("value").filter(|_| is_method) {
        collect_methods(routers, before, found, steps + 1);
    }
    // The forms of axum (`get_service`) and aide (`get_with`) serve the same methods as the plain ones.
    let name = last_part(callee).trim_end_matches("_service").trim_end_matches("_with");
    let (methods, handler) = match (name, arguments.as_slice()) {
        ("any", [handler, ..]) => (Vec::new(), *handler),
        ("on", [filter, handler, ..]) => (filter_methods(filter.text()), *handler),
        (name, [handler, ..]) if METHODS.contains(&name) => (vec![name.to_ascii_uppercase()], *handler),
        // A layer of a method router wraps only what stands before it, and runs before the guards of those.
        ("layer" | "route_layer", [layer, ..]) if is_method => {
            let guards = routers.layer_guards(*layer, GuardLevel::Route);
            for one in found.iter_mut() {
                one.guards.splice(0..0, guards.iter().cloned());
            }
            return;
        }
        (_, []) if !is_method => {
            // A function of the project that gives what is served.
            let body = routers.code.function_of(callee).and_then(|function| function.field("body"));

            if let Some(last) = body.and_then(|body| body.children().last().copied()) {
                collect_methods(routers, last, found, steps + 1);
            }
            return;
        }
        _ => return,
    };

    found.push(ServedMethod { methods, handler, guards: Vec::new() });
}

/// `MethodFilter::GET.or(MethodFilter::POST)`
fn filter_methods(text: &str) -> Vec<String> {
    // Filters are written in capitals; a lower-case `get` in the expression is something else.
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words
        .filter(|word| METHODS.contains(&word.to_ascii_lowercase().as_str()) && !word.chars().any(char::is_lowercase))
        .map(str::to_owned)
        .collect()
}

/// `.routes(routes!(a, b))` of utoipa: method and path stand in an attribute of the handler.
fn put_annotated<'s>(routers: &mut RustRouters<'s, '_>, router: GraphRouterId, call: At<'s>, listed: At<'s>) {
    let Some(tokens) = listed.child("token_tree").filter(|_| listed.kind() == "macro_invocation") else { return };
    for name in tokens.text().trim_matches(['(', ')', '[', ']']).split(',') {
        let name: String = name.split_whitespace().collect();
        let function = routers.code.function_at(listed, &name);
        let known = function.and_then(|function| Some((function, read_annotation(function)?)));
        let Some((function, (methods, path))) = known else {
            if !name.is_empty() {
                routers.graph.unclear.push(listed.note(&format!("where `{name}` is declared is not in this project")));
            }
            continue;
        };

        let found = routers.code.extractor_guards(function);
        let moment = routers.moment(call);
        routers.graph.add_route(super::graph::GraphRoute {
            router,
            moment,
            methods,
            path,
            guards: found,
            function: function.field_text("name").to_owned(),
            handler: function.place(),
            declared: call.place(),
        });
    }
}

fn read_annotation(function: At<'_>) -> Option<(Vec<String>, String)> {
    // The attribute stands above the function, with further attributes and documentation between them.
    let before = std::iter::successors(function.node.prev_named_sibling(), tree_sitter::Node::prev_named_sibling);
    let attributes = before.take_while(|node| node.kind() == "attribute_item" || node.kind().contains("comment"));
    let text = attributes.map(|node| function.with(node).text()).find(|text| text.contains("utoipa::path"))?;
    let (_, rest) = text.split_once("path")?;
    let (_, path) = rest.split_once("path")?;
    let path = path.split('"').nth(1)?.to_owned();
    let words = rest.split(|letter: char| !letter.is_alphanumeric());
    let method = words.into_iter().find(|word| METHODS.contains(word))?;

    Some((vec![method.to_ascii_uppercase()], path))
}
