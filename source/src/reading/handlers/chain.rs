//! Express: middleware runs in order; what each leaves in the request, and what it proves, is known to the next.

use std::rc::Rc;

use super::super::engine::{Cx, HandlerReader};
use super::super::follow::CallArgument;
use super::super::report::IdOrigin;
use super::super::state::State;
use super::super::value::{CodeValue, Part, ValueKind};
use crate::ir::{Expr, ExprKind, Span, walk_statements};
use crate::project::{FunctionRef, ModuleId};
use crate::routes::{GuardLevel, HandlerCode, RouteEntry, path_parameters};

impl HandlerReader<'_> {
    pub(super) fn read_chain(&mut self, cx: &Cx, mut state: State, entry: &RouteEntry, code: &HandlerCode) {
        // Middleware of the application and its routers runs before that of the route.
        for guard in entry.guards.iter().filter(|guard| guard.level != GuardLevel::Route) {
            if let Some(function) = self.function_of(guard) {
                self.run_middleware(cx, &mut state, (&function, &Rc::default()));
            }
        }
        let (module, span) = code.declaration;

        for part in self.declared_chain(module, span) {
            // What stands behind the handler runs only for faults, or not at all.
            if part.span.covers(&code.function.function.span) {
                break;
            }
            let at = Cx { module, class: None, depth: cx.depth + 1 };
            let value = self.eval(&at, &mut state, &part);
            let parts = match &value.kind {
                ValueKind::List(items) => items.as_ref().clone(),
                _ => vec![value],
            };
            for one in parts {
                let ValueKind::Function(function, around) = &one.kind else { continue };
                if std::sync::Arc::ptr_eq(&function.function, &code.function.function) {
                    continue;
                }
                self.run_middleware(cx, &mut state, (function, around));
            }

            self.learn_by_name(&at, &mut state, &part);
        }

        let function = &code.function;
        let inner = function.function.parameters.len();
        let values = handler_values(inner);

        for (parameter, value) in function.function.parameters.iter().zip(values) {
            self.bind_parameter(cx, &mut state, parameter, &value);
        }
        for name in path_parameters(&entry.path) {
            self.client(&name, IdOrigin::Path);
        }
        self.read_body(cx, state, function);
    }

    /// Runs a middleware up to where it goes on.
    fn run_middleware(
        &mut self,
        cx: &Cx,
        state: &mut State,
        (function, around): (&FunctionRef, &Rc<super::super::value::Names>),
    ) {
        let inner = Cx { depth: cx.depth + 1, ..cx.clone() };
        let count = function.function.parameters.len();

        if count > 3 {
            // It handles faults.
            return;
        }
        let given = handler_values(count).into_iter().map(CallArgument::plain).collect();
        let frame = self.run(&inner, state, function, around, given);
        let mut nexts = frame.nexts.into_iter();
        let Some((mut joined, _)) = nexts.next() else { return };

        // Several calls of `next` are several paths, and only what all of them prove is known.
        for (next, _) in nexts {
            joined = joined.joined(&next);
        }
        self.learn(state, &joined.facts);

        // The request has one name here and another there.
        state.left = joined.left;
    }

    /// The functions that a route is declared with, behind its path.
    fn declared_chain(&self, module: ModuleId, span: Span) -> Vec<Expr> {
        let Some(module) = self.project.module(module) else { return Vec::new() };
        let mut found: Vec<Expr> = Vec::new();
        walk_statements(&module.statements, &mut |_| {}, &mut |expr| {
            if expr.span == span
                && let ExprKind::Call { arguments, .. } = &*expr.kind
            {
                found = arguments.iter().map(|argument| argument.value.clone()).collect();
            }
        });

        found
    }
}

/// `(req, res, next)`, `(err, req, res, next)`
fn handler_values(count: usize) -> Vec<CodeValue> {
    let all = vec![
        CodeValue::kind(ValueKind::Request(Part::Whole)),
        CodeValue::kind(ValueKind::Response),
        CodeValue::kind(ValueKind::Next),
    ];
    if count > 3 { Some(CodeValue::default()).into_iter().chain(all).collect() } else { all }
}
