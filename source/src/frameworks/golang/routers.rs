//! Which router an expression is: made, grouped, handed on as a parameter, kept in a field.

use std::collections::HashMap;

use super::{FUNCTIONS, GoCode};
use crate::frameworks::graph::{GraphRouterId, Moment, RouterGraph, RouterMount};
use crate::frameworks::guarding::is_harmless;
use crate::frameworks::query::{At, NodeKey};
use crate::frameworks::scopes::NameBinding;
use crate::routes::{Guard, GuardLevel};

/// Longer chains of names and calls are not followed.
const MOST_STEPS: usize = 24;

/// How a framework makes and groups routers.
pub(in crate::frameworks) struct GoDialect {
    /// Calls that make a router.
    pub(in crate::frameworks) makers: &'static [&'static str],
    /// Methods that give a router below: first the prefix, then middleware.
    pub(in crate::frameworks) groups: &'static [&'static str],
    /// Methods that give a router with more middleware.
    pub(in crate::frameworks) with: &'static [&'static str],
    /// Methods that give the same router.
    pub(in crate::frameworks) same: &'static [&'static str],
    /// Methods that hand a router below to a function.
    pub(in crate::frameworks) closures: &'static [&'static str],
}

/// The routers of a framework in Go code.
pub(in crate::frameworks) struct GoRouters<'s, 'c> {
    pub(in crate::frameworks) code: &'c GoCode<'s>,
    pub(in crate::frameworks) graph: RouterGraph,
    dialect: &'static GoDialect,
    known: HashMap<NodeKey, GraphRouterId>,
    fields: HashMap<String, GraphRouterId>,
}

impl<'s, 'c> GoRouters<'s, 'c> {
    pub(in crate::frameworks) fn new(code: &'c GoCode<'s>, dialect: &'static GoDialect) -> Self {
        GoRouters { code, graph: RouterGraph::default(), dialect, known: HashMap::new(), fields: HashMap::new() }
    }

    /// Returns when something is done.
    pub(in crate::frameworks) fn moment(&self, at: At<'_>) -> Moment {
        Moment::of(at, &FUNCTIONS)
    }

    /// Returns the router that an expression is. One of which nothing is known hangs on nothing.
    pub(in crate::frameworks) fn router(&mut self, at: At<'s>) -> GraphRouterId {
        self.find(at, 0).unwrap_or_else(|| self.known_as(at))
    }

    /// Returns the router that an expression is; `None` where nothing says that it is one.
    pub(in crate::frameworks) fn find(&mut self, at: At<'s>, steps: usize) -> Option<GraphRouterId> {
        if steps > MOST_STEPS {
            return None;
        }
        if let Some(known) = self.known.get(&at.key()) {
            return Some(*known);
        }
        match at.kind() {
            "identifier" => match self.code.scopes.look_up(at.text(), at) {
                Some(NameBinding::Value(value)) => Some(self.value(value, steps)),
                Some(NameBinding::Parameter(declaration, function, place)) => {
                    // A receiver that is a router itself has its routes in its methods.
                    Some(self.parameter(at.text(), declaration, function, place, steps))
                }
                None => self.code.global(at, at.text()).map(|value| self.value(value, steps)),
            },
            "selector_expression" => self.selected(at, steps),
            "call_expression" => self.called(at, steps),
            "unary_expression" => self.find(at.field("operand")?, steps + 1),
            "parenthesized_expression" | "type_assertion_expression" => self.find(*at.children().first()?, steps + 1),
            _ => None,
        }
    }

    fn value(&mut self, value: At<'s>, steps: usize) -> GraphRouterId {
        self.find(value, steps + 1).unwrap_or_else(|| self.known_as(value))
    }

    fn known_as(&mut self, at: At<'s>) -> GraphRouterId {
        let graph = &mut self.graph;
        *self.known.entry(at.key()).or_insert_with(|| graph.add_router())
    }

    /// A parameter is what its callers hand over.
    fn parameter(
        &mut self,
        name: &str,
        declaration: At<'s>,
        function: At<'s>,
        place: usize,
        steps: usize,
    ) -> GraphRouterId {
        let key = name_key(declaration, name);
        if let Some(known) = self.fields.get(&key) {
            return *known;
        }
        let id = self.graph.add_router();
        // Known before callers are followed, as functions that register may call each other.
        self.fields.insert(key, id);

        if function.kind() == "func_literal" {
            self.mount_closure(id, function, steps);
            return id;
        }
        for call in self.code.calls_of(function.field_text("name")) {
            let arguments = call.field("arguments").map(At::children).unwrap_or_default();
            let Some(argument) = arguments.get(place) else { continue };
            let called = call.field("function").and_then(|callee| self.code.function_of(callee, 0));

            // Another function of the same name is called there.
            if called.is_some_and(|called| called.at.key() != function.key()) {
                continue;
            }
            if let Some(parent) = self.find(*argument, steps + 1) {
                self.alias(id, parent, *call);
            }
        }

        id
    }

    /// `r.Route("/x", func(r chi.Router) { … })`
    fn mount_closure(&mut self, id: GraphRouterId, function: At<'s>, steps: usize) {
        let Some(call) = function.within(&["call_expression"]) else { return };
        let Some(callee) = call.field("function").filter(|callee| callee.kind() == "selector_expression") else {
            return;
        };
        let arguments = call.field("arguments").map(At::children).unwrap_or_default();
        let is_argument = arguments.iter().any(|argument| argument.key() == function.key());

        // The parameter of a closure is a router only where a method of the framework calls it.
        if is_argument && self.dialect.closures.contains(&callee.field_text("field")) {
            let Some(parent) = callee.field("operand").map(|operand| self.value(operand, steps)) else { return };
            let prefix = arguments.first().and_then(|first| self.code.constant(*first)).unwrap_or_default();
            self.hang(id, parent, prefix, Vec::new(), call);
        }
    }

    fn selected(&mut self, at: At<'s>, steps: usize) -> Option<GraphRouterId> {
        let (operand, field) = (at.field("operand")?, at.field_text("field"));
        if let Some(value) = self.code.global_of(at, operand.text(), field) {
            return Some(self.value(value, steps));
        }
        // Fields of that name in one package are one router; public ones are one everywhere.
        let is_public = field.chars().next().is_some_and(char::is_uppercase);
        let key = if is_public { field.to_owned() } else { format!("{}/{field}", at.folder()) };

        if let Some(known) = self.fields.get(&key) {
            return Some(*known);
        }
        // The field is known first: its value may be made of the field itself.
        let id = self.graph.add_router();
        self.fields.insert(key, id);

        for value in self.code.field_values(field) {
            if (is_public || value.folder() == at.folder())
                && let Some(parent) = self.find(*value, steps + 1)
            {
                self.alias(id, parent, *value);
            }
        }

        Some(id)
    }

    fn called(&mut self, call: At<'s>, steps: usize) -> Option<GraphRouterId> {
        let callee = call.field("function")?;
        if self.dialect.makers.contains(&callee.text()) {
            return Some(self.known_as(call));
        }
        if callee.kind() == "selector_expression" {
            let (method, operand) = (callee.field_text("field"), callee.field("operand")?);
            let is_package = self.code.import(call, operand.text()).is_some();

            // A function of a package may have the name of a grouping method.
            if !is_package && (self.dialect.groups.contains(&method) || self.dialect.with.contains(&method)) {
                return Some(self.grouped(call, method, operand, steps));
            }
            if !is_package && self.dialect.same.contains(&method) {
                return self.find(operand, steps + 1);
            }
        }

        self.returned(callee, steps)
    }

    fn grouped(&mut self, call: At<'s>, method: &str, operand: At<'s>, steps: usize) -> GraphRouterId {
        let parent = self.value(operand, steps);
        let id = self.known_as(call);
        let arguments = call.field("arguments").map(At::children).unwrap_or_default();
        let (prefix, middleware) = if self.dialect.groups.contains(&method) {
            let prefix = arguments.first().and_then(|first| self.code.constant(*first));
            if prefix.is_none() && !arguments.is_empty() {
                self.graph.unclear.push(call.note("the prefix is made at runtime"));
            }
            (prefix.unwrap_or_default(), arguments.get(1..).unwrap_or_default().to_vec())
        } else {
            (String::new(), arguments)
        };
        let guards = self.guards(&middleware, GuardLevel::Router);
        self.hang(id, parent, prefix, guards, call);
        id
    }

    /// A function of the project that returns a router returns the one that it made.
    fn returned(&mut self, callee: At<'s>, steps: usize) -> Option<GraphRouterId> {
        let function = self.code.function_of(callee, 0)?.at;
        let body = function.field("body")?;
        let mut open = vec![body];

        while let Some(at) = open.pop() {
            if at.kind() == "return_statement" {
                let first = at.children().first().and_then(|list| list.children().first().copied());
                if let Some(found) = first.and_then(|value| self.find(value, steps + 1)) {
                    return Some(found);
                }
            } else if at.kind() != "func_literal" {
                open.extend(at.children());
            }
        }

        None
    }

    /// Returns the guards among pieces of middleware.
    pub(in crate::frameworks) fn guards(&self, middleware: &[At<'s>], level: GuardLevel) -> Vec<Guard> {
        let refusing = middleware.iter().filter(|at| !is_harmless(at.text(), self.code.guard_body(**at)));
        refusing.map(|at| self.code.guard(*at, level)).collect()
    }

    /// Hangs a router on another.
    pub(in crate::frameworks) fn hang(
        &mut self,
        child: GraphRouterId,
        parent: GraphRouterId,
        prefix: String,
        guards: Vec<Guard>,
        at: At<'s>,
    ) {
        let moment = self.moment(at);
        self.graph.mount(child, RouterMount { parent, prefix, guards, moment, is_alias: false });
    }

    /// Says that a router is another one by its name here.
    fn alias(&mut self, child: GraphRouterId, parent: GraphRouterId, at: At<'s>) {
        let mount =
            RouterMount { parent, prefix: String::new(), guards: Vec::new(), moment: self.moment(at), is_alias: true };
        self.graph.mount(child, mount);
    }
}

fn name_key(declaration: At<'_>, name: &str) -> String {
    format!("{}:{}:{name}", declaration.file.module.id.0, declaration.node.start_byte())
}

impl<'s> GoCode<'s> {
    /// Returns whether a router is a group of another one, by the call or by the type of the parameter.
    pub(in crate::frameworks) fn is_group(&self, at: At<'s>) -> bool {
        match self.scopes.look_up(at.text(), at) {
            Some(NameBinding::Value(value)) => {
                value.kind() == "call_expression"
                    && value.field("function").is_some_and(|callee| callee.field_text("field") == "Group")
            }
            Some(NameBinding::Parameter(declaration, ..)) => declaration.field_text("type").ends_with("Group"),
            None => false,
        }
    }
}
