//! Functions of the project that register what they are handed: each call of one is a turn of its own, so that the path
//! and the handler of one call stay together.

use std::collections::HashMap;

use super::bindings::Scope;
use super::meaning::{collect_returned, given_for};
use super::survey::{ScopeId, Survey, callee_name};
use crate::ir::{Argument, Expr, ExprKind, Function, Spread, walk_expr};
use crate::project::ModuleId;

/// More calls of one function are not told apart.
const MOST_TURNS: usize = 2_000;
/// Calls that register a handler or a router.
const REGISTERING: [&str; 12] = [
    "add_api_route",
    "add_namespace",
    "add_resource",
    "add_route",
    "add_url_rule",
    "include_router",
    "mount",
    "register",
    "register_api",
    "register_blueprint",
    "resource",
    "route",
];
/// Decorators that are named after methods; in any other place they are something else.
const DECORATING: [&str; 9] = ["api_route", "delete", "get", "head", "options", "patch", "post", "put", "route"];

impl Survey<'_> {
    /// Repeats each registering call for each call of the function that it stands in, where it uses a parameter.
    pub(super) fn unroll(&mut self) {
        let mut turns: HashMap<ScopeId, Vec<ScopeId>> = HashMap::new();
        let mut calls = Vec::new();
        for (at, call) in std::mem::take(&mut self.calls) {
            let inner = match self.registers(at, call) {
                Some(()) => self.turns_of(at, &mut turns),
                None => Vec::new(),
            };
            if inner.is_empty() {
                calls.push((at, call));
            }
            calls.extend(inner.into_iter().map(|turn| (turn, call)));
        }
        self.calls = calls;
    }

    /// `Some` where a call registers something by a parameter of the function around it.
    fn registers(&self, at: ScopeId, call: &Expr) -> Option<()> {
        let function = self.scopes.get(at.0)?.function.as_ref()?;
        let (callee, arguments) = call.call()?;
        let ExprKind::Member(_, name) = &*callee.kind else { return None };
        let registers = REGISTERING.contains(&name.as_str())
            || (DECORATING.contains(&name.as_str()) && is_returned(function, call));
        (registers && arguments.iter().any(|given| mentions(&given.value, function))).then_some(())
    }

    fn turns_of(&mut self, at: ScopeId, turns: &mut HashMap<ScopeId, Vec<ScopeId>>) -> Vec<ScopeId> {
        if let Some(known) = turns.get(&at) {
            return known.clone();
        }
        let Some(function) = self.scopes.get(at.0).and_then(|scope| scope.function.clone()) else {
            return Vec::new();
        };
        let mut made = Vec::new();
        for (from, number) in self.call_numbers(at, &function).into_iter().take(MOST_TURNS) {
            let Some((_, call)) = self.sites.get(number).copied() else { continue };
            let arguments = call.call().map(|(_, arguments)| arguments.to_vec()).unwrap_or_default();
            let module = self.module(from);
            let turn = self.open_turn(at, from, (&function, &arguments));
            self.turns.insert((at, (module, call.span.start)), turn);
            made.push(turn);
        }
        turns.insert(at, made.clone());
        made
    }

    fn open_turn(&mut self, at: ScopeId, from: ScopeId, (function, arguments): (&Function, &[Argument])) -> ScopeId {
        let module = self.module(at);
        let mut scope = Scope::new(module, Some(at), function.span);
        scope.is_turn = true;
        for parameter in function.parameters.iter().filter(|parameter| parameter.spread == Spread::One) {
            if let Some(given) = given_for(function, &parameter.name, arguments) {
                scope.bound.insert(parameter.name.clone(), (from, given.clone()));
            } else if let Some(default) = &parameter.default {
                scope.bound.insert(parameter.name.clone(), (at, default.clone()));
            }
        }
        let turn = ScopeId(self.scopes.len());
        self.scopes.push(scope);
        turn
    }

    /// Returns the call that a function of the project returns for this one, and the scope in which to read it:
    /// `@route("/x")` of `def route(path): return blueprint.route("/api" + path)`.
    pub(in crate::frameworks) fn returned_call(&self, at: ScopeId, call: &Expr) -> Option<(ScopeId, Expr)> {
        let (callee, _) = call.call()?;
        callee_name(callee)?;
        let function = self.function(at, callee)?;
        let inner = *self.of_function.get(&(function.module, function.function.span.start))?;
        let site: (ModuleId, usize) = (self.module(at), call.span.start);
        let turn = self.turns.get(&(inner, site)).copied().unwrap_or(inner);
        let mut returned = Vec::new();
        collect_returned(&function.function.body, &mut returned);
        let returned = returned.into_iter().find(|value| value.call().is_some())?;
        Some((turn, returned.clone()))
    }

    /// Returns the arguments of a call with those that `**settings` brings.
    pub(in crate::frameworks) fn arguments(&self, at: ScopeId, call: &Expr) -> Vec<Argument> {
        let mut made = Vec::new();
        let written = call.call().map(|(_, arguments)| arguments).unwrap_or_default();
        for argument in written {
            made.push(argument.clone());
            if argument.spread != Spread::Named {
                continue;
            }
            for meaning in self.meanings(at, &argument.value) {
                let super::meaning::Meaning::Value(of, value) = meaning else { continue };
                made.extend(self.entries(of, &value));
            }
        }
        made
    }

    /// The entries of `{"methods": [..]}` or `dict(methods=[..])` as arguments.
    fn entries(&self, at: ScopeId, value: &Expr) -> Vec<Argument> {
        match &*value.kind {
            ExprKind::Record(entries) => {
                let named = entries.iter().filter_map(|entry| {
                    let name = self.text(at, entry.key.as_ref()?)?;
                    let value = entry.value.clone();
                    Some(Argument { name: Some(name), spread: Spread::One, span: value.span, value })
                });
                named.collect()
            }
            ExprKind::Call { callee, arguments, .. } if callee.name() == Some("dict") => arguments.clone(),
            _ => Vec::new(),
        }
    }
}

fn mentions(expr: &Expr, function: &Function) -> bool {
    let mut found = false;
    walk_expr(expr, &mut |part| {
        found |= part.name().is_some_and(|name| function.parameters.iter().any(|parameter| parameter.name == name));
    });
    found
}

fn is_returned(function: &Function, call: &Expr) -> bool {
    let mut returned = Vec::new();
    collect_returned(&function.body, &mut returned);
    returned.iter().any(|value| value.span.covers(&call.span))
}
