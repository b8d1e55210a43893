//! The minimal API: `MapGet`, `MapGroup`, and what is put on them.

use std::collections::HashMap;

use super::{AppGuards, CSharpCode, FUNCTIONS, without_public};
use crate::frameworks::graph::{GraphRoute, GraphRouterId, GuardReach, Moment, RouterGraph, RouterMount};
use crate::frameworks::guarding::{is_harmless, make_guard};
use crate::frameworks::query::{At, NodeKey};
use crate::frameworks::scopes::NameBinding;
use crate::routes::{CodePlace, FrameworkName, Guard, GuardKind, GuardLevel, RouteTable, join_paths};

/// Longer chains of names and calls are not followed.
const MOST_STEPS: usize = 24;
const VERBS: [(&str, &str); 6] = [
    ("MapGet", "GET"),
    ("MapPost", "POST"),
    ("MapPut", "PUT"),
    ("MapPatch", "PATCH"),
    ("MapDelete", "DELETE"),
    ("Map", ""),
];

/// Finds the routes of the minimal API.
pub(super) fn find_routes(code: &CSharpCode<'_>, app: &AppGuards) -> RouteTable {
    let mut minimal = Minimal { code, graph: RouterGraph::default(), known: HashMap::new(), named: HashMap::new() };
    for (name, call, router) in &code.calls {
        minimal.read(name, *call, *router);
    }
    let mut table =
        minimal.graph.into_table(FrameworkName::AspNet, |prefix, path| join_paths(prefix, path.trim_matches('/')));
    for route in &mut table.routes {
        let path = format!("{}{}", app.base.trim_end_matches('/'), route.path);
        route.path = if path.len() > 1 { path.trim_end_matches('/').to_owned() } else { path };
        let guards = app.all.iter().chain(&route.guards).cloned().collect();
        route.guards = without_public(guards);
    }

    table
}

struct Minimal<'s, 'c> {
    code: &'c CSharpCode<'s>,
    graph: RouterGraph,
    known: HashMap<NodeKey, GraphRouterId>,
    /// Routers that nothing more is known of than their names in a file.
    named: HashMap<String, GraphRouterId>,
}

impl<'s> Minimal<'s, '_> {
    fn read(&mut self, name: &str, call: At<'s>, router: At<'s>) {
        let arguments = argument_values(call);
        let verb = VERBS.iter().find(|(own, _)| *own == name).map(|(_, verb)| *verb);
        let (methods, rest) = match (name, verb, arguments.as_slice()) {
            ("MapMethods", _, [path, methods, handler, ..]) => (self.texts(*methods), vec![*path, *handler]),
            (_, Some(""), rest) => (Vec::new(), rest.to_vec()),
            (_, Some(verb), rest) => (vec![verb.to_owned()], rest.to_vec()),
            _ => return,
        };

        let [path, .., handler] = rest.as_slice() else { return };
        let Some(path) = self.code.constant(*path) else {
            // `Map` is a common name of other libraries, so a first argument that is no text proves nothing.
            if name != "Map" {
                self.graph.unclear.push(call.note("the path is made at runtime"));
            }
            return;
        };

        let id = self.router(router);
        let (function, place) = self.handler(*handler);
        let declared = call.field("function").and_then(|callee| callee.field("name")).unwrap_or(call);
        let guards =
            self.later_guards(call, GuardLevel::Route).into_iter().chain(self.lambda_guards(*handler)).collect();
        self.graph.add_route(GraphRoute {
            router: id,
            moment: Moment::of(call, &FUNCTIONS),
            methods,
            path,
            guards,
            function,
            handler: place,
            declared: declared.place(),
        });
    }

    fn texts(&self, at: At<'s>) -> Vec<String> {
        let mut open = vec![at];
        let mut found = Vec::new();

        while let Some(at) = open.pop() {
            match self.code.constant(at) {
                Some(text) => found.push(text.to_ascii_uppercase()),
                None if at.kind() == "member_access_expression" => {
                    found.push(at.field_text("name").to_ascii_uppercase());
                }
                None => open.extend(at.children().into_iter().rev()),
            }
        }

        found
    }

    /// `.RequireAuthorization("admin")`, `.AllowAnonymous()`, `.AddEndpointFilter<F>()` behind a call.
    fn later_guards(&self, call: At<'s>, level: GuardLevel) -> Vec<Guard> {
        let mut found = Vec::new();
        let mut at = call;

        while let Some(member) = at.parent().filter(|up| up.kind() == "member_access_expression") {
            let Some(outer) = member.parent().filter(|up| up.kind() == "invocation_expression") else { break };
            found.extend(self.convention(member.field_text("name"), outer, level));
            at = outer;
        }
        found
    }

    fn convention(&self, name: &str, call: At<'s>, level: GuardLevel) -> Option<Guard> {
        let first = argument_values(call).first().and_then(|first| self.code.constant(*first));
        let text = call.field("arguments").map_or("", At::text);
        let name = name.to_owned();
        let place = call.field("function").and_then(|callee| callee.field("name")).unwrap_or(call).place();
        let kind = match name.as_str() {
            "AllowAnonymous" => GuardKind::Public,
            "RequireAuthorization" => {
                let of = first.or_else(|| text.split("RequireRole(\"").nth(1)?.split('"').next().map(str::to_owned));
                of.map_or(GuardKind::Authentication, GuardKind::Role)
            }
            // A filter may validate or log only: the body of its class decides whether it guards.
            _ if name.starts_with("AddEndpointFilter") => {
                let of = name.split(['<', '>']).nth(1).unwrap_or("");
                let body = self.code.classes.get(of).and_then(|known| known.first()).map(|class| class.text());
                let body = body.or_else(|| of.is_empty().then_some(text));
                let shown = if of.is_empty() { name.as_str() } else { of };
                return (!is_harmless(shown, body)).then(|| make_guard(shown, body, level, place));
            }
            _ => return None,
        };

        Some(Guard { name: format!("{name}{text}"), kind, level, place })
    }

    /// `[Authorize] (int id) => …`
    fn lambda_guards(&self, handler: At<'s>) -> Vec<Guard> {
        if handler.kind() == "lambda_expression" {
            return self.code.attribute_guards(handler, GuardLevel::Route);
        }
        let named = self.method(handler);
        named.map(|method| self.code.attribute_guards(method, GuardLevel::Route)).unwrap_or_default()
    }

    fn handler(&self, handler: At<'s>) -> (String, CodePlace) {
        if let Some(method) = self.method(handler) {
            let owner = method.within(&["class_declaration"]).map_or("", |class| class.field_text("name"));
            let name = method.field("name").unwrap_or(method);
            let function = if owner.is_empty() { name.text().to_owned() } else { format!("{owner}.{}", name.text()) };
            return (function, name.place());
        }

        let is_lambda = handler.kind().contains("lambda") || handler.kind().contains("anonymous");
        (if is_lambda { String::new() } else { handler.text().to_owned() }, handler.place())
    }

    fn method(&self, handler: At<'s>) -> Option<At<'s>> {
        if let ("identifier", Some(NameBinding::Value(value))) =
            (handler.kind(), self.code.scopes.look_up(handler.text(), handler))
        {
            return (value.key() != handler.key()).then(|| self.method(value)).flatten();
        }
        let (owner, name) = match handler.kind() {
            "identifier" => ("", handler.text()),
            "member_access_expression" => (handler.field_text("expression"), handler.field_text("name")),
            _ => return None,
        };
        let known = self.code.functions.get(name)?;
        let class_of = |method: &At<'s>| method.within(&["class_declaration"]);
        let own = known.iter().find(|method| {
            let class = class_of(method).map_or("", |class| class.field_text("name"));
            if owner.is_empty() {
                class_of(method).map(At::key) == handler.within(&["class_declaration"]).map(At::key)
                    && method.file.module.id == handler.file.module.id
            } else {
                owner.rsplit('.').next() == Some(class)
            }
        });

        // A name that occurs once in the project is unambiguous even without its class.
        own.or(match known.as_slice() {
            [one] => Some(one),
            _ => None,
        })
        .copied()
    }

    fn router(&mut self, at: At<'s>) -> GraphRouterId {
        self.find(at, 0).unwrap_or_else(|| {
            // A router of unknown origin is one for each file and name, so that its own guards reach its routes.
            let key = format!("{}:{}", at.file.module.id.0, at.text());
            let graph = &mut self.graph;
            *self.named.entry(key).or_insert_with(|| graph.add_router())
        })
    }

    fn find(&mut self, at: At<'s>, steps: usize) -> Option<GraphRouterId> {
        if steps > MOST_STEPS {
            return None;
        }
        if let Some(known) = self.known.get(&at.key()) {
            return Some(*known);
        }
        match at.kind() {
            "identifier" => match self.code.scopes.look_up(at.text(), at)? {
                NameBinding::Value(value) if value.key() != at.key() => self.find(value, steps + 1),
                NameBinding::Value(_) => None,
                NameBinding::Parameter(declaration, function, place) => {
                    Some(self.parameter(declaration, function, place, steps))
                }
            },
            "invocation_expression" => {
                let callee = at.field("function").filter(|callee| callee.kind() == "member_access_expression")?;
                let operand = callee.field("expression")?;

                match callee.field_text("name") {
                    "MapGroup" => Some(self.group(at, operand)),
                    // An own extension that returns the router, and conventions that are put on it.
                    _ => self.find(operand, steps + 1),
                }
            }
            "parenthesized_expression" | "await_expression" => self.find(*at.children().first()?, steps + 1),
            _ => None,
        }
    }

    fn group(&mut self, call: At<'s>, operand: At<'s>) -> GraphRouterId {
        let parent = self.router(operand);
        let id = self.graph.add_router();
        self.known.insert(call.key(), id);
        let prefix = argument_values(call).first().and_then(|first| self.code.constant(*first));

        if prefix.is_none() {
            self.graph.unclear.push(call.note("the prefix is made at runtime"));
        }
        let guards = self.later_guards(call, GuardLevel::Router);
        let moment = Moment::of(call, &FUNCTIONS);
        let prefix = prefix.unwrap_or_default();
        self.graph.mount(id, RouterMount { parent, prefix, guards, moment, is_alias: false });
        self.put_statements(id, call);

        id
    }

    /// `group.RequireAuthorization();` on a name of the group.
    fn put_statements(&mut self, id: GraphRouterId, call: At<'s>) {
        let Some(name) = call.within(&["variable_declarator"]).and_then(|at| at.field("name")) else { return };
        let own: Vec<(At, &str)> = self
            .code
            .calls
            .iter()
            .filter(|(_, other, router)| {
                let is_it = router.kind() == "identifier" && router.text() == name.text();
                let bound = is_it.then(|| self.code.scopes.look_up(router.text(), *router)).flatten();
                let is_own = matches!(bound, Some(NameBinding::Value(value)) if value.node.start_byte() <= call.node.start_byte() && call.node.end_byte() <= value.node.end_byte());
                is_own && other.file.module.id == call.file.module.id
            })
            .map(|(verb, other, _)| (*other, *verb))
            .collect();
        // Guards on the name of a group hold for all its routes: conventions apply when the endpoints are built.
        for (other, verb) in own {
            let moment = Moment::of(other, &FUNCTIONS);
            if let Some(guard) = self.convention(verb, other, GuardLevel::Router) {
                self.graph.guard(id, moment, GuardReach::All, guard);
            }
        }
    }

    /// `public static void MapOrders(this IEndpointRouteBuilder app)` is called as `app.MapOrders()`.
    fn parameter(&mut self, declaration: At<'s>, function: At<'s>, place: usize, steps: usize) -> GraphRouterId {
        if let Some(known) = self.known.get(&declaration.key()) {
            return *known;
        }
        let id = self.graph.add_router();
        // Known before its callers are followed: an extension may call itself, or two may call each other.
        self.known.insert(declaration.key(), id);
        let is_extension = declaration.text().starts_with("this ");
        let own = function.field_text("name");
        let calls: Vec<(At, At)> = self
            .code
            .calls
            .iter()
            .filter(|(name, ..)| *name == own)
            .map(|(_, call, router)| (*call, *router))
            .collect();
        for (call, router) in calls {
            // A call as an extension method passes one argument less than the method has parameters.
            let given = if is_extension
                && argument_values(call).len() < function.field("parameters").map_or(0, |list| list.children().len())
            {
                Some(router)
            } else {
                argument_values(call).get(place).copied()
            };
            let Some(given) = given else { continue };
            let parent = if steps < MOST_STEPS { self.router(given) } else { continue };
            let moment = Moment::of(call, &FUNCTIONS);
            let prefix = String::new();

            // A group that is made in the same chain has what stands behind it already.
            let is_chain = given.kind() == "invocation_expression";
            let guards = if is_chain { Vec::new() } else { self.later_guards(call, GuardLevel::Router) };
            self.graph.mount(id, RouterMount { parent, prefix, is_alias: guards.is_empty(), guards, moment });
        }

        id
    }
}

/// The values of a call's arguments.
fn argument_values(call: At<'_>) -> Vec<At<'_>> {
    let list = call.field("arguments").map(At::children).unwrap_or_default();
    list.into_iter().filter_map(|argument| argument.children().last().copied()).collect()
}
