//! Go's own router with the patterns of Go 1.22, and the routers that speak its types: chi and gorilla.

use super::golang::{GoCode, GoDialect, GoRouters};
use super::graph::GuardReach;
use super::query::{At, Matched, SourceQuery, Sources};
use super::scopes::NameBinding;
use crate::lang::Language;
use crate::project::Project;
use crate::routes::{FrameworkName, Guard, GuardLevel, RouteTable};

pub(super) static QUERY: SourceQuery = SourceQuery::new(Language::Go, include_str!("net_http.scm"));
const PACKAGES: [&str; 3] = ["net/http", "github.com/go-chi/chi", "github.com/gorilla/mux"];
static DIALECT: GoDialect = GoDialect {
    makers: &["http.NewServeMux", "chi.NewRouter", "chi.NewMux", "mux.NewRouter"],
    groups: &["PathPrefix"],
    with: &["With"],
    same: &["Subrouter", "NewRoute", "Host", "StrictSlash", "Schemes", "UseEncodedPath", "SkipClean"],
    closures: &["Route", "Group"],
};
/// Wrappers are taken off so far.
const MOST_WRAPPERS: usize = 8;

/// Returns whether the project uses it.
pub(super) fn is_used(project: &Project) -> bool {
    Sources::mention(project, Language::Go, &["HandleFunc(", ".Handle(", "ServeMux", "mux.NewRouter", "chi."])
}

/// Finds the routes in the Go code of a project.
pub(super) fn find_routes(code: &GoCode<'_>) -> RouteTable {
    let mut routers = GoRouters::new(code, &DIALECT);
    for root in code.roots.iter().filter(|root| code.imports_any(**root, &PACKAGES)) {
        for matched in QUERY.matches(*root) {
            if let Some(served) = matched.get("served") {
                guard_served_router(&mut routers, served);
            } else if let (Some(operand), Some(list)) = (matched.get("router"), matched.get("arguments")) {
                read_call(&mut routers, &matched, operand, &list.children());
            }
        }
    }

    routers.graph.into_table(FrameworkName::NetHttp, join_patterns)
}

/// The root of what is mounted is the place where it is mounted.
fn join_patterns(prefix: &str, path: &str) -> String {
    match (prefix.is_empty(), path) {
        (true, path) => path.to_owned(),
        (false, "" | "/") => prefix.to_owned(),
        (false, path) => format!("{}/{}", prefix.trim_end_matches('/'), path.trim_start_matches('/')),
    }
}

fn read_call<'s>(routers: &mut GoRouters<'s, '_>, matched: &Matched<'s>, operand: At<'s>, arguments: &[At<'s>]) {
    let package = routers.code.import(operand, operand.text());
    if let Some(call) = matched.get("use") {
        // A function `Use` of a package is no method of a router.
        if package.is_none() {
            routers.put_guards(operand, call, arguments, GuardReach::All);
        }
    } else if let Some(call) = matched.get("mount") {
        if let [prefix, mounted] = arguments {
            let prefix = routers.code.constant(*prefix).unwrap_or_default();
            hang_wrapped(routers, operand, call, &prefix, *mounted);
        }
    } else if let Some(call) = matched.get("route") {
        let verb = matched.text("verb");
        match package {
            None if is_other_client(routers, verb, operand, call) => {}
            // Of packages only `http.Handle` and `http.HandleFunc` register, namely on the default mux.
            Some(path) if path != "net/http" || !verb.starts_with("Handle") => {}
            _ => read_route(routers, verb, operand, call, arguments),
        }
    }
}

/// `client.Get(url)` and `header.Get(name)` are no routes: one needs chi in the file, a path and a handler.
fn is_other_client(routers: &GoRouters<'_, '_>, verb: &str, operand: At<'_>, call: At<'_>) -> bool {
    let has_two = call.field("arguments").is_some_and(|list| list.children().len() >= 2);
    let is_chi = routers.code.imports_any(operand, &["github.com/go-chi/chi"]);
    !has_two || (!verb.starts_with("Handle") && !is_chi)
}

fn read_route<'s>(routers: &mut GoRouters<'s, '_>, verb: &str, operand: At<'s>, call: At<'s>, arguments: &[At<'s>]) {
    let is_plain = verb.starts_with("Handle");
    let (methods, rest) = if is_plain { (Vec::new(), arguments) } else { routers.code.methods(verb, arguments) };
    let [pattern, handler] = rest else { return };
    let Some(pattern) = routers.code.constant(*pattern) else {
        routers.graph.unclear.push(call.note("the path is made at runtime"));
        return;
    };
    let (own, path) = split_pattern(&pattern);
    let methods = [methods, own, later_methods(routers.code, call)].concat();

    // A router that is given as a handler adds its own routes instead.
    if is_plain && hang_wrapped(routers, operand, call, &path, *handler) {
        return;
    }
    // A pattern without a slash at its start is the key of something else than a mux.
    if !path.starts_with('/') && !path.is_empty() {
        return;
    }
    routers.put_route(operand, call, (methods, path), *handler, &[]);
}

/// `GET example.com/x/{$}`: the method, and the path as clients see it.
fn split_pattern(pattern: &str) -> (Vec<String>, String) {
    let (method, rest) = match pattern.split_once([' ', '\t']) {
        // Go 1.22 allows a method before the pattern; any other word is part of the path.
        Some((method, rest)) if method.chars().all(|letter| letter.is_ascii_uppercase()) => {
            (vec![method.to_owned()], rest.trim_start())
        }
        _ => (Vec::new(), pattern),
    };

    // A pattern may begin with a host, which clients do not send in the path.
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or(rest);
    (method, path.strip_suffix("{$}").unwrap_or(path).replace("...}", "}"))
}

/// `.Methods("GET", "POST")` after a route of gorilla.
fn later_methods<'s>(code: &GoCode<'s>, call: At<'s>) -> Vec<String> {
    let mut at = call;
    let mut methods = Vec::new();

    while let Some(selector) = at.parent().filter(|parent| parent.kind() == "selector_expression") {
        let Some(outer) = selector.parent().filter(|parent| parent.kind() == "call_expression") else { break };
        if selector.field_text("field") == "Methods" {
            methods.extend(outer.field("arguments").map(|list| code.texts(list)).unwrap_or_default());
        }
        at = outer;
    }

    methods
}

/// Hangs a router that may stand in wrappers below another. `false` where it is none.
fn hang_wrapped<'s>(
    routers: &mut GoRouters<'s, '_>,
    operand: At<'s>,
    call: At<'s>,
    prefix: &str,
    mounted: At<'s>,
) -> bool {
    let Some((inner, stripped, guards)) = unwrap_router(routers, mounted) else { return false };
    let Some(child) = routers.find(inner, 0) else { return false };
    let parent = routers.router(operand);

    // A mux hands the whole path on; only what strips it makes it a prefix.
    let is_chi = call.field("function").is_some_and(|callee| callee.field_text("field") == "Mount");
    let prefix = if is_chi { prefix.to_owned() } else { stripped };
    routers.hang(child, parent, prefix.trim_end_matches('/').to_owned(), guards, call);

    true
}

/// What is served for the whole application: the wrappers around the router run before every route.
fn guard_served_router<'s>(routers: &mut GoRouters<'s, '_>, served: At<'s>) {
    let Some((inner, _, guards)) = unwrap_router(routers, served) else { return };
    let Some(id) = routers.find(inner, 0) else { return };
    let moment = routers.moment(served);

    for guard in guards {
        routers.graph.guard(id, moment, GuardReach::All, guard);
    }
}

/// Takes wrappers off a router: what is left, the prefix that is stripped, and the guards, outermost first.
fn unwrap_router<'s>(routers: &mut GoRouters<'s, '_>, at: At<'s>) -> Option<(At<'s>, String, Vec<Guard>)> {
    let mut guards = Vec::new();
    let mut stripped = String::new();
    let mut at = at;

    for _ in 0..MOST_WRAPPERS {
        if is_router(routers, at) {
            return Some((at, stripped, guards));
        }
        // `handler := auth(mux)` is a wrapper with a name.
        if at.kind() == "identifier" {
            let NameBinding::Value(value) = routers.code.scopes.look_up(at.text(), at)? else { return None };
            at = value;
            continue;
        }
        if at.kind() != "call_expression" {
            return None;
        }
        let arguments = at.field("arguments")?.children();

        if at.field_text("function") == "http.StripPrefix" {
            stripped = arguments.first().and_then(|first| routers.code.constant(*first)).unwrap_or_default();
        } else {
            guards.extend(routers.guards(&[at], GuardLevel::Router));
        }
        // Only the argument that leads to a router is followed; the others are options of the wrapper.
        let inner = arguments.iter().find(|argument| is_wrapped_router(routers, **argument, 0));
        at = *inner?;
    }

    None
}

fn is_wrapped_router<'s>(routers: &mut GoRouters<'s, '_>, at: At<'s>, steps: usize) -> bool {
    if is_router(routers, at) {
        return true;
    }
    let inner = match at.kind() {
        "identifier" => match routers.code.scopes.look_up(at.text(), at) {
            Some(NameBinding::Value(value)) => vec![value],
            _ => Vec::new(),
        },
        "call_expression" => at.field("arguments").map(At::children).unwrap_or_default(),
        _ => Vec::new(),
    };

    steps < MOST_WRAPPERS && inner.into_iter().any(|inner| is_wrapped_router(routers, inner, steps + 1))
}

/// It is made as one, or by a function that makes one.
fn is_router<'s>(routers: &mut GoRouters<'s, '_>, at: At<'s>) -> bool {
    match at.kind() {
        "call_expression" => routers.find(at, 0).is_some(),
        "identifier" => match routers.code.scopes.look_up(at.text(), at) {
            // A name that is its own value would be asked for again and again.
            Some(NameBinding::Value(value)) => value.key() != at.key() && is_router(routers, value),
            Some(NameBinding::Parameter(declaration, ..)) => {
                ["chi.Router", "*http.ServeMux", "*mux.Router", "*chi.Mux"].contains(&declaration.field_text("type"))
            }
            None => routers.code.global(at, at.text()).is_some_and(|value| is_router(routers, value)),
        },
        "selector_expression" => {
            // Only a maker counts here, since fields of that name may hold anything elsewhere.
            let values = routers.code.field_values(at.field_text("field")).to_vec();
            values.into_iter().any(|value| value.key() != at.key() && is_made(value))
        }
        _ => false,
    }
}

fn is_made(at: At<'_>) -> bool {
    at.kind() == "call_expression" && DIALECT.makers.contains(&at.field_text("function"))
}
