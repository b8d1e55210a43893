//! actix-web.

use std::collections::HashMap;

use super::graph::{GraphRoute, GraphRouterId, GuardReach, RouterMount};
use super::guarding::{is_harmless, make_guard};
use super::query::{At, Matched, NodeKey, SourceQuery, Sources};
use super::rustcode::{RustCode, RustDialect, RustRouters, is_in_tests, last_part};
use crate::lang::Language;
use crate::project::Project;
use crate::routes::{FrameworkName, Guard, GuardLevel, RouteTable};

pub(super) static QUERY: SourceQuery = SourceQuery::new(Language::Rust, include_str!("actix.scm"));
static DIALECT: RustDialect = RustDialect {
    makers: &["App::new", "web::scope", "scope", "Scope::new", "web::resource", "resource", "Resource::new"],
    types: &["App", "Resource", "Scope", "ServiceConfig"],
    hands_over: "configure",
};
const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// What the attributes of a function say.
struct Annotated<'s> {
    function: At<'s>,
    routes: Vec<(Vec<String>, String)>,
    guards: Vec<Guard>,
    is_registered: bool,
}

struct Actix<'s, 'c> {
    routers: RustRouters<'s, 'c>,
    annotated: HashMap<NodeKey, Annotated<'s>>,
}

/// Returns whether the project speaks of it.
pub(super) fn is_used(project: &Project) -> bool {
    Sources::mention(project, Language::Rust, &["actix_web"])
}

/// Finds the routes in the Rust code of a project.
pub(super) fn find_routes(code: &RustCode<'_>) -> RouteTable {
    let mut actix = Actix { routers: RustRouters::new(code, &DIALECT), annotated: HashMap::new() };
    let matches: Vec<Matched> = code.roots.iter().flat_map(|root| QUERY.matches(*root)).collect();
    // Attributes are collected first: a scope may serve a handler that stands further down, or in a later file.
    matches.iter().for_each(|matched| actix.annotate(matched));
    matches.iter().for_each(|matched| actix.read(matched));
    actix.name_unregistered();

    // A scope and what is in it are put behind one another as they are.
    actix.routers.graph.into_table(FrameworkName::Actix, |prefix, path| {
        let path = if path.is_empty() || path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        format!("{}{path}", prefix.trim_end_matches('/'))
    })
}

impl<'s> Actix<'s, '_> {
    fn annotate(&mut self, matched: &Matched<'s>) {
        let (Some(attribute), Some(arguments)) = (matched.get("attribute"), matched.get("arguments")) else { return };
        let name = matched.text("name").rsplit("::").next().unwrap_or("");

        if name != "route" && !METHODS.contains(&name) {
            return;
        }
        // Other attributes and comments may stand between the one with the path and the function.
        let mut next = attribute.node.next_named_sibling();

        while let Some(node) = next.filter(|node| node.kind() != "function_item") {
            next = if node.kind() == "attribute_item" || node.kind().contains("comment") {
                node.next_named_sibling()
            } else {
                None
            };
        }

        let Some(function) = next.map(|node| attribute.with(node)) else { return };
        let text = arguments.text();
        let texts: Vec<&str> = text.split('"').skip(1).step_by(2).collect();
        let Some(path) = texts.first() else { return };
        let named = |name: &str| -> Vec<String> {
            let parts = text.split(name).skip(1);
            parts.filter_map(|part| part.trim_start().strip_prefix('=')?.split('"').nth(1).map(str::to_owned)).collect()
        };
        let methods = if name == "route" { named("method") } else { vec![name.to_ascii_uppercase()] };
        let entry = self.annotated.entry(function.key()).or_insert_with(|| Annotated {
            function,
            routes: Vec::new(),
            guards: Vec::new(),
            is_registered: false,
        });

        entry.routes.push((methods, (*path).to_owned()));
        let wraps = named("wrap").into_iter().filter(|wrap| !is_harmless(wrap, None));
        entry.guards.extend(wraps.map(|wrap| make_guard(&wrap, None, GuardLevel::Route, attribute.place())));
    }

    fn read(&mut self, matched: &Matched<'s>) {
        let (Some(call), Some(receiver), Some(list)) =
            (matched.get("act"), matched.get("router"), matched.get("arguments"))
        else {
            return;
        };
        // Servers built in tests declare routes that the deployed program does not have.
        if is_in_tests(call) {
            return;
        }
        let Some(router) = self.routers.find(receiver) else { return };
        let verb = matched.text("verb");

        match (verb, list.children().as_slice()) {
            ("service", [service]) => self.serve(router, call, *service),
            ("route", [path, route]) => match self.routers.code.constant(*path) {
                Some(path) => self.put(router, call, &path, *route),
                None => self.routers.graph.unclear.push(path.note("the path is made at runtime")),
            },
            ("route", [route]) => self.put(router, call, "", *route),
            // Only on a resource do these name a method for its own path; on a `Route` they are read in `put`.
            ("to", [handler]) if self.is_resource(router) => {
                self.routers.put_route(router, call, (Vec::new(), String::new()), *handler, Vec::new());
            }
            (verb, [handler]) if METHODS.contains(&verb) && self.is_resource(router) => {
                let methods = vec![verb.to_ascii_uppercase()];
                self.routers.put_route(router, call, (methods, String::new()), *handler, Vec::new());
            }
            // In actix a wrap reaches all services of its scope, also those that are added after it.
            ("wrap" | "wrap_fn", [layer]) => {
                let moment = self.routers.moment(call);
                for guard in self.routers.layer_guards(*layer, GuardLevel::Router) {
                    self.routers.graph.guard(router, moment, GuardReach::All, guard);
                }
            }
            _ => {}
        }
    }

    fn is_resource(&self, router: GraphRouterId) -> bool {
        let made = self.routers.made_by.get(&router).and_then(|call| call.field("function"));
        made.is_some_and(|callee| last_part(callee) == "resource" || callee.text().ends_with("Resource::new"))
    }

    /// `.service(scope)`, `.service(handler)`, `.service((a, b))`, `.service(services![a, b])`
    fn serve(&mut self, parent: GraphRouterId, call: At<'s>, service: At<'s>) {
        if service.kind() == "tuple_expression" {
            return service.children().into_iter().for_each(|one| self.serve(parent, call, one));
        }
        if service.kind() == "macro_invocation" {
            return self.serve_listed(parent, call, service);
        }
        if let Some(child) = self.routers.find(service) {
            let made = self.routers.made_by.get(&child).copied();
            let argument = made.and_then(|made| made.field("arguments")?.children().first().copied());
            let prefix = argument.and_then(|argument| self.routers.code.constant(argument));

            // Without a known prefix the routes are kept, and the note warns that their paths may be incomplete.
            if argument.is_some() && prefix.is_none() {
                self.routers.graph.unclear.push(service.note("the prefix is made at runtime"));
            }
            let moment = self.routers.moment(call);
            let prefix = prefix.unwrap_or_default();
            self.routers
                .graph
                .mount(child, RouterMount { parent, prefix, guards: Vec::new(), moment, is_alias: false });
        } else if let Some(function) = self.routers.code.function_of(service) {
            self.register(parent, call, function);
        }
    }

    fn serve_listed(&mut self, parent: GraphRouterId, call: At<'s>, service: At<'s>) {
        let Some(tokens) = service.child("token_tree") else { return };
        for name in tokens.text().trim_matches(['(', ')', '[', ']']).split(',') {
            let name: String = name.split_whitespace().collect();
            if let Some(function) = self.routers.code.function_at(service, &name) {
                self.register(parent, call, function);
            }
        }
    }

    fn register(&mut self, router: GraphRouterId, call: At<'s>, function: At<'s>) {
        let moment = self.routers.moment(call);
        let extractors = self.routers.code.extractor_guards(function);
        let Some(annotated) = self.annotated.get_mut(&function.key()) else { return };
        annotated.is_registered = true;

        for (methods, path) in &annotated.routes {
            self.routers.graph.add_route(GraphRoute {
                router,
                moment,
                methods: methods.clone(),
                path: path.clone(),
                guards: annotated.guards.iter().chain(&extractors).cloned().collect(),
                function: function.field_text("name").to_owned(),
                handler: function.place(),
                declared: function.place(),
            });
        }
    }

    /// `web::get().wrap(m).to(h)`, `web::method(Method::PUT).to(h)`, `web::to(h)`
    fn put(&mut self, router: GraphRouterId, call: At<'s>, path: &str, route: At<'s>) {
        let mut methods = Vec::new();
        let mut guards = Vec::new();
        let mut handler = None;
        let mut at = Some(route);

        // The chain is read from its end to its start, so the first `to` that is met is the one that holds.
        while let Some(part) = at.filter(|part| part.kind() == "call_expression") {
            let Some(callee) = part.field("function") else { break };
            let arguments = part.field("arguments").map(At::children).unwrap_or_default();

            match (last_part(callee), arguments.first()) {
                ("to", Some(first)) => handler = handler.or(Some(*first)),
                ("method" | "guard", Some(first)) => methods.extend(method_named(first.text())),
                ("wrap", Some(first)) => guards.extend(self.routers.layer_guards(*first, GuardLevel::Route)),
                (name, _) if METHODS.contains(&name) => methods.push(name.to_ascii_uppercase()),
                _ => {}
            }

            at = callee.field("value").filter(|_| callee.kind() == "field_expression");
        }

        if let Some(handler) = handler {
            self.routers.put_route(router, call, (methods, path.to_owned()), handler, guards);
        }
    }

    fn name_unregistered(&mut self) {
        let mut notes: Vec<String> = Vec::new();
        for annotated in self.annotated.values().filter(|annotated| !annotated.is_registered) {
            // Attributes like `#[get("..")]` exist in other frameworks too; only files that name actix count.
            let own = annotated.function.file.module.text.contains("actix_web");
            notes.extend(
                own.then(|| annotated.function.note("no application or scope that is read serves this handler")),
            );
        }

        self.routers.graph.unclear.extend(notes);
    }
}

/// `Method::PUT`, `guard::Put()`
fn method_named(text: &str) -> Option<String> {
    let last = text.trim_end_matches("()").rsplit("::").next()?.to_ascii_lowercase();
    METHODS.contains(&last.as_str()).then(|| last.to_ascii_uppercase())
}
