//! Functions of the project that register what they are handed: each call of one is a turn of its own, so that the path
//! and the handler of one call stay together.

use std::rc::Rc;

use super::bindings::PythonScope;
use super::meaning::{Meaning, collect_returned, given_for};
use super::survey::{PythonSurvey, ScopeId, callee_name};
use crate::ir::{Argument, Expr, ExprKind, Function, Spread, walk_expr};
use crate::maps::Map;
use crate::project::ModuleId;

/// More calls of one function are not told apart.
const MOST_TURNS: usize = 2_000;
/// Loops within loops are followed no deeper.
const MOST_LOOPS: usize = 3;
/// The turns of each function and loop that has some.
type Turns = Map<ScopeId, Vec<ScopeId>>;

/// Calls that register a handler or a router.
pub(super) const REGISTERING: [&str; 12] = [
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

impl<'p> PythonSurvey<'p> {
    /// Repeats each registering call for each call of the function that it stands in, where it uses a parameter.
    pub(super) fn unroll(&mut self) {
        let mut turns = Turns::default();
        let mut repeated: Vec<(usize, Vec<ScopeId>)> = Vec::new();

        // Only what depends on a loop or a parameter differs from turn to turn.
        for (number, name) in self.registering_calls() {
            let Some((at, call)) = self.sites.get(number).copied() else { continue };
            let inner = if self.is_open_loop(at) && is_registering(name) {
                self.loop_turns(at, &mut turns, 0)
            } else if self.registers(at, call).is_some() {
                self.turns_of(at, &mut turns)
            } else {
                Vec::new()
            };
            if !inner.is_empty() {
                repeated.push((number, inner));
            }
        }

        if !repeated.is_empty() {
            self.repeat(&repeated);
        }
    }

    /// The calls as they are written that may register something, with what they call.
    fn registering_calls(&self) -> Vec<(usize, &'p str)> {
        let own = self.sites_by_name.iter().filter(|(name, _)| is_registering(name) || DECORATING.contains(name));
        let mut numbers: Vec<(usize, &'p str)> =
            own.flat_map(|(name, numbers)| numbers.iter().map(|number| (*number, *name))).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Puts the turns of calls in their places, and counts anew where each call stands.
    fn repeat(&mut self, repeated: &[(usize, Vec<ScopeId>)]) {
        let mut open = repeated.iter().peekable();
        let (mut calls, mut starts) = (Vec::with_capacity(self.sites.len()), Vec::with_capacity(self.sites.len()));

        for (number, (at, call)) in self.sites.iter().enumerate() {
            starts.push(calls.len());
            match open.next_if(|(next, _)| *next == number) {
                Some((_, turns)) => calls.extend(turns.iter().map(|turn| (*turn, *call))),
                None => calls.push((*at, *call)),
            }
        }

        starts.push(calls.len());
        let places = |number: &usize| match (starts.get(*number), starts.get(number + 1)) {
            (Some(start), Some(end)) => *start..*end,
            _ => 0..0,
        };
        let by_name = self.sites_by_name.iter().map(|(name, own)| (*name, own.iter().flat_map(places).collect()));
        self.calls_by_name = Rc::new(by_name.collect());
        self.calls = calls;
    }

    fn is_open_loop(&self, at: ScopeId) -> bool {
        self.scope(at).is_some_and(|scope| scope.over.is_some())
    }

    /// The turns of a loop over a list that the callers of its function hand in, or that is found elsewhere.
    fn loop_turns(&mut self, at: ScopeId, turns: &mut Turns, depth: usize) -> Vec<ScopeId> {
        if let Some(known) = turns.get(&at) {
            return known.clone();
        }
        let over = self.scope(at).and_then(|scope| Some((scope.over.clone()?, scope.parent?)));
        let Some(((target, source), parent)) = over.filter(|_| depth < MOST_LOOPS) else { return Vec::new() };
        let mut outer = match self.is_open_loop(parent) {
            true => self.loop_turns(parent, turns, depth + 1),
            false => self.turns_of(parent, turns),
        };
        // Without a turn of what is around it, the loop is read once there.
        if outer.is_empty() {
            outer.push(parent);
        }
        let mut made = Vec::new();

        for outer in outer {
            for (of, item) in self.listed_items(outer, &source) {
                if made.len() >= MOST_TURNS {
                    let said = format!("{}: only {MOST_TURNS} turns are followed", self.shown(at, source.span));
                    self.capped.push(said);
                    break;
                }
                let mut scope = PythonScope::new(self.module(at), Some(at), source.span);
                scope.is_turn = true;
                // A loop inside a called function must keep what that call passed.
                scope.bound = self.scope(outer).map(|outer| outer.bound.clone()).unwrap_or_default();
                scope.bind_item(&target, (of, &item));
                made.push(self.add_turn(scope));
            }
        }

        turns.insert(at, made.clone());
        made
    }

    fn listed_items(&self, at: ScopeId, source: &Expr) -> Vec<(ScopeId, Expr)> {
        let mut items = Vec::new();
        for meaning in self.meanings(at, source) {
            if let Meaning::Value(of, value) = meaning
                && let ExprKind::List(parts) = &*value.kind
            {
                items.extend(parts.iter().map(|part| (of, part.clone())));
            }
        }

        items
    }

    /// `Some` where a call registers something by a parameter of the function around it.
    fn registers(&self, at: ScopeId, call: &Expr) -> Option<()> {
        let function = self.scope(at)?.function.as_ref()?;
        let (callee, arguments) = call.call()?;
        let ExprKind::Member(_, name) = &*callee.kind else { return None };
        let registers = REGISTERING.contains(&name.as_str());

        if !registers && !DECORATING.contains(&name.as_str()) {
            return None;
        }
        let by_parameter = arguments.iter().any(|given| mentions_parameter(&given.value, function));
        // A decorator like `get` registers only where the function returns it; elsewhere it may be a client's call.
        (by_parameter && (registers || is_returned(function, call))).then_some(())
    }

    fn turns_of(&mut self, at: ScopeId, turns: &mut Turns) -> Vec<ScopeId> {
        if let Some(known) = turns.get(&at) {
            return known.clone();
        }
        let Some(function) = self.scope(at).and_then(|scope| scope.function.clone()) else {
            return Vec::new();
        };
        let mut made = Vec::new();
        let calls = self.call_numbers(at, &function);

        if calls.len() > MOST_TURNS {
            let said = format!("{}: only {MOST_TURNS} of its calls are followed", self.shown(at, function.span));
            self.capped.push(said);
        }
        for (from, number) in calls.into_iter().take(MOST_TURNS) {
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
        let mut scope = PythonScope::new(module, Some(at), function.span);
        scope.is_turn = true;

        for parameter in function.parameters.iter().filter(|parameter| parameter.spread == Spread::One) {
            if let Some(given) = given_for(function, &parameter.name, arguments) {
                scope.bound.insert(parameter.name.clone(), (from, given.clone()));
            } else if let Some(default) = &parameter.default {
                // A default belongs to the place of the function, an argument to that of the call.
                scope.bound.insert(parameter.name.clone(), (at, default.clone()));
            }
        }

        self.add_turn(scope)
    }

    /// Returns the call that a function of the project returns for this one, and the scope in which to read it:
    /// `@route("/x")` of `def route(path): return blueprint.route("/api" + path)`.
    pub(in crate::frameworks) fn returned_call(&self, at: ScopeId, call: &Expr) -> Option<(ScopeId, Expr)> {
        let (callee, _) = call.call()?;
        callee_name(callee)?;
        let function = self.function(at, callee)?;
        let inner = self.of_function((function.module, function.function.span.start))?;
        let site: (ModuleId, usize) = (self.module(at), call.span.start);
        // Without a turn of its own the call is read in the function as such.
        let turn = self.turns.get(&(inner, site)).copied().unwrap_or(inner);
        let mut returned = Vec::new();
        collect_returned(&function.function.body, &mut returned);
        let returned = returned.into_iter().find(|value| value.call().is_some())?;

        Some((turn, returned.clone()))
    }

    /// Returns what is added to a list after it is made: `checks.append(Depends(signed_in))`.
    pub(in crate::frameworks) fn appended(&self, at: ScopeId, list: &Expr) -> Vec<(ScopeId, Expr)> {
        let Some(name) = list.name() else { return Vec::new() };
        let owner = self.owner(at, name);
        let numbers = self.sites_by_name.get("append").map(Vec::as_slice).unwrap_or_default();
        let sites = numbers.iter().filter_map(|number| self.sites.get(*number));
        let added = sites.filter_map(|(from, call)| {
            let (callee, arguments) = call.call()?;
            let ExprKind::Member(object, _) = &*callee.kind else { return None };
            // A list of the same name in another function is another list.
            let is_same = object.name() == Some(name) && self.owner(*from, name) == owner;
            is_same.then_some(())?;
            Some((*from, crate::ir::argument_at(arguments, 0)?.clone()))
        });

        added.collect()
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
                let Meaning::Value(of, value) = meaning else { continue };
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

fn is_registering(name: &str) -> bool {
    REGISTERING.contains(&name) || name.starts_with("before_")
}

fn mentions_parameter(expr: &Expr, function: &Function) -> bool {
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
