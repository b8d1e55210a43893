//! Which router an expression is: made, built up by methods, returned by a function, handed on as a parameter.

use std::collections::HashMap;

use super::{FUNCTIONS, RustCode, last_part};
use crate::frameworks::graph::{GraphRoute, GraphRouterId, Moment, RouterGraph, RouterMount};
use crate::frameworks::guarding::{is_harmless, make_guard};
use crate::frameworks::query::{At, NodeKey};
use crate::frameworks::scopes::NameBinding;
use crate::routes::{Guard, GuardLevel};

/// Longer chains of names and calls are not followed.
const MOST_STEPS: usize = 200;

/// How a framework makes routers.
pub(in crate::frameworks) struct RustDialect {
    /// Ends of the paths of functions that make a router.
    pub(in crate::frameworks) makers: &'static [&'static str],
    /// Parts of the types of parameters that are routers.
    pub(in crate::frameworks) types: &'static [&'static str],
    /// The method that hands a router to a function.
    pub(in crate::frameworks) hands_over: &'static str,
}

/// The routers of a framework in Rust code.
pub(in crate::frameworks) struct RustRouters<'s, 'c> {
    pub(in crate::frameworks) code: &'c RustCode<'s>,
    pub(in crate::frameworks) graph: RouterGraph,
    dialect: &'static RustDialect,
    known: HashMap<NodeKey, GraphRouterId>,
    /// The calls that made routers, for what stands in their arguments.
    pub(in crate::frameworks) made_by: HashMap<GraphRouterId, At<'s>>,
}

impl<'s, 'c> RustRouters<'s, 'c> {
    pub(in crate::frameworks) fn new(code: &'c RustCode<'s>, dialect: &'static RustDialect) -> Self {
        RustRouters { code, graph: RouterGraph::default(), dialect, known: HashMap::new(), made_by: HashMap::new() }
    }

    /// Returns when something is done.
    pub(in crate::frameworks) fn moment(&self, at: At<'_>) -> Moment {
        Moment::of(at, &FUNCTIONS)
    }

    /// Returns the router that an expression is.
    pub(in crate::frameworks) fn find(&mut self, at: At<'s>) -> Option<GraphRouterId> {
        self.find_within(at, 0)
    }

    fn find_within(&mut self, at: At<'s>, steps: usize) -> Option<GraphRouterId> {
        if steps > MOST_STEPS {
            return None;
        }
        match at.kind() {
            "identifier" => match self.code.scopes.look_up(at.text(), at)? {
                NameBinding::Value(value) => self.find_within(value, steps + 1),
                NameBinding::Parameter(declaration, function, place) => {
                    self.parameter(declaration, function, place, steps)
                }
            },
            "call_expression" => self.called(at, steps),
            "try_expression" | "await_expression" | "reference_expression" | "parenthesized_expression" => {
                self.find_within(*at.children().last()?, steps + 1)
            }
            // The last expression of a block is its value in Rust.
            "block" | "else_clause" => self.find_within(*at.children().last()?, steps + 1),
            "if_expression" => {
                let found = at.field("consequence").and_then(|block| self.find_within(block, steps + 1));
                found.or_else(|| at.field("alternative").and_then(|block| self.find_within(block, steps + 1)))
            }
            "match_expression" => {
                let arms = at.field("body")?.children();
                arms.into_iter().find_map(|arm| self.find_within(arm.field("value")?, steps + 1))
            }
            "return_expression" | "expression_statement" => self.find_within(*at.children().first()?, steps + 1),
            _ => None,
        }
    }

    fn called(&mut self, call: At<'s>, steps: usize) -> Option<GraphRouterId> {
        let callee = call.field("function")?;
        if callee.kind() == "field_expression" {
            // Methods of a router return the router itself, so a chain is the one that it begins with.
            return self.find_within(callee.field("value")?, steps + 1);
        }
        let text = without_arguments(callee.text());
        let is_maker = |maker: &&str| text == **maker || text.ends_with(&format!("::{maker}"));
        // A project may have a function `scope` or `resource` of its own.
        let is_own = callee.kind() == "identifier" && self.code.function_of(callee).is_some();

        if !is_own && self.dialect.makers.iter().any(is_maker) {
            let graph = &mut self.graph;
            let id = *self.known.entry(call.key()).or_insert_with(|| graph.add_router());
            self.made_by.insert(id, call);
            return Some(id);
        }

        // These wrappers hold the router that they are given.
        if ["Ok", "Some", "Box::new", "Arc::new"].contains(&callee.text()) {
            return self.find_within(*call.field("arguments")?.children().first()?, steps + 1);
        }
        let function = self.code.function_of(callee)?;

        // A function that gives back its parameter gives what it was handed here.
        if let Some(place) = self.given_back(function.field("body")?, function, 0) {
            let given = call.field("arguments")?.children().get(place).copied()?;
            return self.find_within(given, steps + 1);
        }
        self.returned(function.field("body")?, steps)
    }

    /// The place of the parameter that an expression at the end of a function builds on.
    fn given_back(&self, at: At<'s>, function: At<'s>, steps: usize) -> Option<usize> {
        if steps > MOST_STEPS {
            return None;
        }
        let next = match at.kind() {
            "identifier" => match self.code.scopes.look_up(at.text(), at)? {
                NameBinding::Value(value) => value,
                NameBinding::Parameter(declaration, of, place) => {
                    let kind = declaration.field_text("type");
                    let is_router = self.dialect.types.iter().any(|part| kind.contains(part));
                    return (of.key() == function.key() && is_router).then_some(place);
                }
            },
            "call_expression" => {
                at.field("function").filter(|callee| callee.kind() == "field_expression")?.field("value")?
            }
            "if_expression" => at.field("consequence")?,
            "match_expression" => *at.field("body")?.children().first()?,
            "match_arm" => at.field("value")?,
            "block" | "expression_statement" | "return_expression" | "parenthesized_expression" => {
                *at.children().last()?
            }
            _ => return None,
        };

        self.given_back(next, function, steps + 1)
    }

    /// A function that returns a router returns the one that it made.
    fn returned(&mut self, body: At<'s>, steps: usize) -> Option<GraphRouterId> {
        // The value at the end comes first; returns inside are the exceptions.
        if let Some(found) = self.find_within(body, steps + 1) {
            return Some(found);
        }
        let mut open = body.children();

        while let Some(at) = open.pop() {
            if at.kind() == "return_expression"
                && let Some(found) = self.find_within(at, steps + 1)
            {
                return Some(found);
            }
            // A closure has returns of its own.
            if !FUNCTIONS.contains(&at.kind()) {
                open.extend(at.children());
            }
        }

        None
    }

    /// A parameter is what its callers hand over.
    fn parameter(
        &mut self,
        declaration: At<'s>,
        function: At<'s>,
        place: usize,
        steps: usize,
    ) -> Option<GraphRouterId> {
        if let Some(known) = self.known.get(&declaration.key()) {
            return Some(*known);
        }
        let kind = declaration.field_text("type");

        // The parameter of a closure has no type, so only a type that is written can rule a router out.
        if !kind.is_empty() && !self.dialect.types.iter().any(|part| kind.contains(part)) {
            return None;
        }
        let id = self.graph.add_router();
        // Known before callers are followed, since functions can hand a router to each other.
        self.known.insert(declaration.key(), id);
        let parents = self.handed_over(function, place);

        // With one caller it is the caller's router itself, so that what it is given here is mounted with it.
        if let [(given, _)] = parents.as_slice() {
            let own = self.find_within(*given, steps + 1).unwrap_or(id);
            self.known.insert(declaration.key(), own);
            return Some(own);
        }
        for (given, call) in parents {
            if let Some(parent) = self.find_within(given, steps + 1) {
                let moment = self.moment(call);
                let prefix = String::new();
                self.graph.mount(id, RouterMount { parent, prefix, guards: Vec::new(), moment, is_alias: true });
            }
        }

        Some(id)
    }

    /// What callers give for a parameter, and the calls.
    fn handed_over(&self, function: At<'s>, place: usize) -> Vec<(At<'s>, At<'s>)> {
        let mut parents = Vec::new();
        // `.configure(routes)` and `.pipe(routes)` call the function with the router before the dot.
        for call in self.code.calls_of(self.dialect.hands_over) {
            let given = call.field("arguments").and_then(|list| list.children().first().copied());
            let is_own =
                given.and_then(|given| self.code.function_of(given)).is_some_and(|own| own.key() == function.key());
            if is_own && let Some(receiver) = call.field("function").and_then(|callee| callee.field("value")) {
                parents.push((receiver, *call));
            }
        }

        for call in self.code.calls_of(function.field_text("name")) {
            let is_own = call.field("function").and_then(|callee| self.code.function_of(callee));
            let given = call.field("arguments").and_then(|list| list.children().get(place).copied());
            if is_own.is_some_and(|own| own.key() == function.key())
                && let Some(given) = given
            {
                parents.push((given, *call));
            }
        }

        parents
    }

    /// Makes the guards of a layer, outermost first.
    pub(in crate::frameworks) fn layer_guards(&self, at: At<'s>, level: GuardLevel) -> Vec<Guard> {
        let called = at.field("function").filter(|_| at.kind() == "call_expression");
        let method = called.map_or("", last_part);
        let arguments = at.field("arguments").map(At::children).unwrap_or_default();

        if called.is_some_and(|callee| callee.kind() == "field_expression") && ["layer", "wrap"].contains(&method) {
            // `ServiceBuilder::new().layer(a).layer(b)` runs `a` first.
            let inner = called.and_then(|callee| callee.field("value"));
            let mut guards = inner.map(|inner| self.layer_guards(inner, level)).unwrap_or_default();
            guards.extend(arguments.first().into_iter().flat_map(|own| self.layer_guards(*own, level)));
            return guards;
        }

        // What changes answers runs after the handler.
        let is_after = ["map_response", "map_response_with_state"].contains(&method);

        if is_after || called.is_some_and(|callee| callee.text().ends_with("ServiceBuilder::new")) {
            return Vec::new();
        }
        let runs = match method {
            "from_fn" | "from_extractor" | "map_request" | "wrap_fn" => arguments.first().copied(),
            "from_fn_with_state" | "map_request_with_state" => arguments.get(1).copied(),
            _ => None,
        };
        let body = runs.or_else(|| arguments.last().copied()).and_then(|runs| self.code.function_of(runs));
        // The last argument may be plain data, so it is a body only where the layer is known to run it.
        let body = body.map(At::text).filter(|_| runs.is_some() || method == "bearer" || method == "basic");
        // A closure has no name, so the whole layer is shown instead.
        let named = runs.filter(|runs| runs.kind() != "closure_expression").unwrap_or(at);

        if is_harmless(named.text(), body) {
            return Vec::new();
        }
        vec![make_guard(named.text(), body, level, at.place())]
    }

    /// Puts a route on a router.
    pub(in crate::frameworks) fn put_route(
        &mut self,
        router: GraphRouterId,
        call: At<'s>,
        (methods, path): (Vec<String>, String),
        handler: At<'s>,
        guards: Vec<Guard>,
    ) {
        let found = self.code.function_of(handler);
        let extractors = found.map(|found| self.code.extractor_guards(found)).unwrap_or_default();
        let function = match found {
            Some(found) if found.kind() == "closure_expression" => String::new(),
            Some(found) => found.field_text("name").to_owned(),
            None if handler.kind() == "closure_expression" => String::new(),
            None => handler.text().split(['(', '<']).next().unwrap_or("").rsplit("::").next().unwrap_or("").to_owned(),
        };

        self.graph.add_route(GraphRoute {
            router,
            moment: self.moment(call),
            methods,
            path,
            guards: guards.into_iter().chain(extractors).collect(),
            function,
            handler: found.unwrap_or(handler).place(),
            declared: declared_at(call).place(),
        });
    }
}

/// The place of a call in a chain is the line of its method.
pub(super) fn declared_at(call: At<'_>) -> At<'_> {
    let callee = call.field("function").filter(|callee| callee.kind() == "field_expression");
    callee.and_then(|callee| callee.field("field")).unwrap_or(call)
}

/// `Router::<State>::new` without its type arguments.
fn without_arguments(text: &str) -> String {
    match (text.find("::<"), text.rfind('>')) {
        (Some(start), Some(end)) => {
            format!("{}{}", text.get(..start).unwrap_or(""), text.get(end + 1..).unwrap_or(""))
        }
        _ => text.to_owned(),
    }
}
