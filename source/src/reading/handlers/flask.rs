//! Flask: hooks, decorators that wrap the handler and may hand it the caller, parts of the path by name.

use std::rc::Rc;

use super::super::engine::{Cx, FunctionFrame, HandlerReader};
use super::super::follow::CallArgument;
use super::super::report::IdOrigin;
use super::super::state::State;
use super::super::value::{CodeValue, ValueKind};
use super::super::words;
use crate::ir::{Expr, Spread};
use crate::project::FunctionRef;
use crate::routes::{RouteEntry, path_parameters};

impl HandlerReader<'_> {
    pub(super) fn read_flask(&mut self, cx: &Cx, mut state: State, entry: &RouteEntry, function: &FunctionRef) {
        self.run_hooks(cx, &mut state, entry);
        let mut handed = Vec::new();

        for decorator in self.wrappers(cx, function) {
            handed.extend(self.wrap(cx, &mut state, entry, &decorator));
        }
        self.bind_path(cx, &mut state, (entry, function), handed);
        self.read_body(cx, state, function);
    }

    /// Decorators of the handler, and those of its class.
    fn wrappers(&self, cx: &Cx, function: &FunctionRef) -> Vec<Expr> {
        let mut all = Vec::new();
        if let Some(class) = &function.class {
            for field in ["decorators", "method_decorators"] {
                if let Some((_, value)) = self.project.class_field(class, field)
                    && let crate::ir::ExprKind::List(items) = &*value.kind
                {
                    // Decorators of a class are applied in the order of the list, so that the last one runs first.
                    all.extend(items.iter().rev().cloned());
                }
            }
        }

        let _ = cx;
        all.extend(function.function.decorators.iter().cloned());
        all
    }

    /// Runs a decorator's wrapper up to where it calls the handler. Returns what it hands to it.
    pub(super) fn wrap(
        &mut self,
        cx: &Cx,
        state: &mut State,
        entry: &RouteEntry,
        decorator: &Expr,
    ) -> Vec<CallArgument> {
        let frame = self.run_wrapper(cx, state, entry, decorator);
        // A decorator that cannot be read, or that never calls the handler, is known by its name alone.
        let Some(frame) = frame.filter(|frame| !frame.nexts.is_empty()) else {
            self.learn_by_name(cx, state, decorator);
            return Vec::new();
        };
        let mut nexts = frame.nexts.into_iter();
        let Some((mut joined, handed)) = nexts.next() else { return Vec::new() };

        // Several calls of the handler are several paths, and only what all of them prove is known.
        for (next, _) in nexts {
            joined = joined.joined(&next);
        }
        self.learn(state, &joined.facts);
        state.left = joined.left;
        handed.into_iter().filter(|given| given.spread == Spread::One).collect()
    }

    fn run_wrapper(
        &mut self,
        cx: &Cx,
        state: &mut State,
        entry: &RouteEntry,
        decorator: &Expr,
    ) -> Option<FunctionFrame> {
        let inner = Cx { depth: cx.depth + 1, ..cx.clone() };
        let made = self.eval(&inner, state, decorator);
        let ValueKind::Function(outer, around) = made.kind else { return None };
        let wrapper =
            self.follow(&inner, state, &outer, &around, vec![CallArgument::plain(CodeValue::kind(ValueKind::Next))]);
        let ValueKind::Function(wrapper, around) = wrapper.kind else { return None };
        let record = self.path_record(entry);
        let given = vec![CallArgument { name: None, spread: Spread::Named, value: record }];

        Some(self.run(&inner, state, &wrapper, &around, given))
    }

    /// Binds what decorators hand over first, then parts of the path by their names.
    fn bind_path(
        &mut self,
        cx: &Cx,
        state: &mut State,
        (entry, function): (&RouteEntry, &FunctionRef),
        handed: Vec<CallArgument>,
    ) {
        let parameters_of = self.own_parameters(function, state);
        let in_path: Vec<String> = path_parameters(&entry.path);
        let mut positional = handed.iter().filter(|given| given.name.is_none());

        for parameter in parameters_of {
            let named = handed.iter().find(|given| given.name.as_deref() == Some(parameter.name.as_str()));
            let value = if in_path.contains(&parameter.name) {
                CodeValue::of(self.client(&parameter.name, IdOrigin::Path))
            } else if let Some(named) = named {
                named.value.clone()
            } else if parameter.spread == Spread::Named {
                self.path_record(entry)
            } else if let Some(first) = positional.next() {
                first.value.clone()
            } else {
                self.by_parameter(cx, parameter)
            };
            self.bind_parameter(cx, state, parameter, &value);
        }
    }

    /// A parameter that neither the path nor a decorator of the project gives: a library's decorator does.
    fn by_parameter(&mut self, cx: &Cx, parameter: &crate::ir::FunctionParameter) -> CodeValue {
        let name = parameter.name.as_str();
        // Libraries such as connexion hand the caller over under these names.
        if words::simplify_name(name).starts_with("current")
            || matches!(name, "user" | "auth_user" | "user_id" | "identity" | "token_info")
        {
            return self.ask_caller(cx, parameter.span);
        }
        // flask-smorest and webargs hand the body over under these names.
        if matches!(name, "body" | "data" | "json_data" | "payload" | "args" | "new_data" | "update_data" | "form") {
            return self.part_of_request(super::super::value::Part::Body, name);
        }
        let _ = Rc::new(());
        CodeValue::default()
    }
}
