//! Guards that are functions: known by their bodies, or by their names alone.

use std::rc::Rc;

use super::calls::Call;
use super::engine::{Cx, HandlerReader};
use super::facts::{CallerTie, Facts};
use super::idioms::{self};
use super::state::State;
use super::value::{CodeValue, Truth};
use super::words;
use crate::ir::{ExprKind, Span, dotted_text, last_part};

impl HandlerReader<'_> {
    /// A function of the project; where its body proves nothing, its name may still say that it decides.
    pub(super) fn guarded_follow(
        &mut self,
        cx: &Cx,
        state: &mut State,
        call: &Call,
        (function, around): (&crate::project::FunctionRef, &Rc<super::value::Names>),
    ) -> CodeValue {
        let before = state.facts.clone();
        let identity = self.identity;
        let value = self.follow(cx, state, function, around, call.given.clone());
        let labels = call.labels();
        let truth = value.truth.clone().unwrap_or_default();
        // An object that is absent is no tie: such a fact does not make the function a guard.
        let learnt =
            |facts: &Facts| facts.iter().any(|fact| before.get(fact.key).is_none() && fact.tie != CallerTie::Absent);
        let is_proved = learnt(&state.facts) || learnt(&truth.yes) || learnt(&truth.no);

        // A name is believed only where the body asks who calls and can refuse.
        if !is_proved && labels.is_chosen() && words::holds_one_of(call.name, &words::GUARD_PARTS) {
            let asks = labels.subject || labels.tenant || self.identity != identity || self.asks_caller(function);
            if asks && can_refuse(&function.function.body) {
                return self.named_guard(cx, state, call, value);
            }
        }

        // A helper that is named after the caller and gives nothing of the client's stands for the caller.
        if !is_proved
            && !value.labels.subject
            && !value.labels.is_chosen()
            && words::is_one_of(call.name, &words::SUBJECT_CALLS)
        {
            return self.ask_caller(cx, call.span);
        }
        value
    }

    pub(super) fn asks_caller(&self, function: &crate::project::FunctionRef) -> bool {
        self.models.asks_caller(function)
    }

    /// A guard that is known by its name alone.
    pub(super) fn named_guard(&mut self, cx: &Cx, state: &mut State, call: &Call, value: CodeValue) -> CodeValue {
        let mut labels = call.labels();
        if let Some(receiver) = &call.receiver {
            labels = labels.with(receiver.labels);
        }
        let mark = self.mark(cx, call.span);
        let facts = self.tie(labels, CallerTie::Access, mark);

        // A guard within a larger expression decides only where its answer is used.
        if call.span == self.statement || self.statement_is(call.span) {
            self.learn(state, &facts);
        }
        CodeValue { truth: Some(Rc::new(Truth { yes: facts, no: Facts::default() })), ..value }
    }

    /// Whether a call is the whole of the statement that is read.
    pub(super) fn statement_is(&self, span: Span) -> bool {
        // Parsers end a statement before or behind its semicolon, and `await` stands before the call.
        self.statement.end.abs_diff(span.end) <= 1 && self.statement.start + 6 >= span.start
    }
}

/// Whether a body has a way to refuse.
fn can_refuse(body: &[crate::ir::Statement]) -> bool {
    let mut refuses = false;
    let mut see = |statement: &crate::ir::Statement| match &statement.kind {
        crate::ir::StatementKind::Throw(_) => refuses = true,
        // A guard that gives a truth value leaves the refusal to its caller.
        crate::ir::StatementKind::Return(Some(value)) => {
            let is_decision = match &*value.kind {
                ExprKind::Constant(text) => matches!(text.as_str(), "False" | "false"),
                ExprKind::Compare(..) | ExprKind::Logic { .. } | ExprKind::Not(_) => true,
                ExprKind::Call { callee, .. } => dotted_text(callee).is_some_and(|name| {
                    matches!(last_part(&name), "bool" | "any" | "all" | "exists" | "isdisjoint" | "intersection")
                }),
                _ => false,
            };

            refuses |= is_decision;
        }
        _ => {}
    };

    let mut stops = false;
    crate::ir::walk_statements(body, &mut see, &mut |expr| {
        if let ExprKind::Call { callee, .. } = &*expr.kind {
            stops |= dotted_text(callee).is_some_and(|name| idioms::STOPS.contains(&last_part(&name)));
        }
    });
    refuses || stops
}
