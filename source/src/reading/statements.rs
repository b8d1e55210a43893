//! Reads statements, path by path.

use std::rc::Rc;

use super::engine::{Cx, HandlerReader};
use super::facts::Facts;
use super::report::CodeAccessVerb;
use super::state::State;
use super::value::{CodeValue, Part, ValueKind};
use crate::ir::{Expr, ExprKind, Span, Statement, StatementKind, WithItem, dotted_text};

/// Whether anything goes on behind a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    GoesOn,
    Stops,
}

impl HandlerReader<'_> {
    /// Reads statements in order.
    pub(super) fn block_of(&mut self, cx: &Cx, state: &mut State, statements: &[Statement]) -> Ends {
        for statement in statements {
            let before = self.statement;
            self.statement = statement.span;
            let ends = self.statement(cx, state, statement);
            self.statement = before;

            if ends == Ends::Stops {
                return Ends::Stops;
            }
        }

        Ends::GoesOn
    }

    fn statement(&mut self, cx: &Cx, state: &mut State, statement: &Statement) -> Ends {
        let span = statement.span;
        match &statement.kind {
            StatementKind::Assign(targets, Some(value)) => {
                let value = self.eval(cx, state, value);
                targets.iter().for_each(|target| self.assign(cx, state, target, &value, span));
                return ends_of(&value);
            }
            StatementKind::Expr(expr) => {
                let value = self.eval(cx, state, expr);
                self.discarded(cx, state, expr, &value);
                return ends_of(&value);
            }
            StatementKind::If { test, body, otherwise } => return self.branch(cx, state, test, (body, otherwise)),
            StatementKind::Return(value) => {
                self.finish(cx, state, value.as_ref(), span);
                return Ends::Stops;
            }
            StatementKind::Throw(parts) => {
                parts.iter().for_each(|part| drop(self.eval(cx, state, part)));
                return Ends::Stops;
            }
            StatementKind::For { target, source, body, otherwise } => {
                self.each(cx, state, (target, source), body);
                return self.block_of(cx, state, otherwise);
            }
            StatementKind::While { test, body } => self.again(cx, state, test, body),
            StatementKind::With { items, body } => {
                items.iter().for_each(|item| self.open(cx, state, item, span));
                return self.block_of(cx, state, body);
            }
            StatementKind::Try { body, handlers, otherwise, finally } => {
                let ends = self.attempt(cx, state, (body, otherwise), handlers);
                // `finally` runs on every path, and a return in it ends all of them.
                return if self.block_of(cx, state, finally) == Ends::Stops { Ends::Stops } else { ends };
            }
            StatementKind::Assert(test) => {
                let truth = self.eval(cx, state, test).truth();
                self.learn(state, &truth.yes);
            }
            StatementKind::Delete(parts) => {
                for part in parts {
                    let value = self.eval(cx, state, part);
                    self.note_use(cx, state, &value, CodeAccessVerb::Delete, span);
                }
            }
            StatementKind::Function(function) => {
                let value = ValueKind::Function(self.local_function(cx, function), state.names.clone());
                state.set(&function.name, CodeValue::kind(value));
            }
            StatementKind::Block(body) => return self.block_of(cx, state, body),
            StatementKind::Jump => return Ends::Stops,
            StatementKind::Assign(_, None)
            | StatementKind::Class(_)
            | StatementKind::Import(_)
            | StatementKind::Other => {}
        }

        Ends::GoesOn
    }

    fn open(&mut self, cx: &Cx, state: &mut State, item: &WithItem, span: Span) {
        let value = self.eval(cx, state, &item.value);
        if let Some(target) = &item.target {
            self.assign(cx, state, target, &value, span);
        }
    }

    fn each(&mut self, cx: &Cx, state: &mut State, (target, source): (&Expr, &Expr), body: &[Statement]) {
        let value = self.eval(cx, state, source);
        let element = self.element(cx, state, &value, source.span);
        let mut inner = state.clone();
        self.assign(cx, &mut inner, target, &element, target.span);

        self.inner_block(cx, state, inner, body);
    }

    fn again(&mut self, cx: &Cx, state: &mut State, test: &Expr, body: &[Statement]) {
        let truth = self.eval(cx, state, test).truth();
        let mut inner = state.clone();
        self.learn(&mut inner, &truth.yes);
        self.inner_block(cx, state, inner, body);
    }

    /// A block that runs, or not.
    fn inner_block(&mut self, cx: &Cx, state: &mut State, mut inner: State, body: &[Statement]) {
        if self.block_of(cx, &mut inner, body) == Ends::GoesOn {
            *state = state.joined(&inner);
        } else {
            // A body that ends early (`break`) may have given its names before that.
            keep_names(state, inner);
        }
    }

    fn branch(
        &mut self,
        cx: &Cx,
        state: &mut State,
        test: &Expr,
        (body, otherwise): (&[Statement], &[Statement]),
    ) -> Ends {
        let value = self.eval(cx, state, test);
        let truth = value.truth();
        let (mut yes, mut no) = (state.clone(), state.clone());
        self.learn(&mut yes, &truth.yes);
        self.learn(&mut no, &truth.no);
        let yes_ends = self.block_of(cx, &mut yes, body);
        let no_ends = self.block_of(cx, &mut no, otherwise);

        if yes_ends == Ends::Stops && otherwise.is_empty() {
            self.note_denial(test);
            // The owner is sent away and everybody else goes on.
            if truth.yes.ties() && !truth.no.ties() && refuses_request(body) {
                self.suspicions.push(self.mark(cx, test.span));
            }
        } else if yes_ends == Ends::GoesOn && otherwise.is_empty() && truth.no.ties() && !truth.yes.ties() {
            self.suspicions.push(self.mark(cx, test.span));
        }
        match (yes_ends, no_ends) {
            (Ends::Stops, Ends::Stops) => return Ends::Stops,
            (Ends::Stops, Ends::GoesOn) => *state = no,
            (Ends::GoesOn, Ends::Stops) => *state = yes,
            (Ends::GoesOn, Ends::GoesOn) => *state = yes.joined(&no),
        }

        Ends::GoesOn
    }

    /// Keeps the condition of `if not object: 404`, for a patch to widen.
    fn note_denial(&mut self, test: &Expr) {
        let name = match &*test.kind {
            ExprKind::Not(inner) => inner.name(),
            ExprKind::Compare(parts, _) => match parts.as_slice() {
                [name, none] if matches!(&*none.kind, ExprKind::Constant(none) if is_none(none)) => name.name(),
                _ => None,
            },
            _ => None,
        };

        let Some(name) = name else { return };
        let named = self.accesses.iter_mut().rev().find(|access| access.object.as_deref() == Some(name));

        if let Some(access) = named.filter(|access| access.denial.is_none()) {
            access.denial = Some(test.span);
        }
    }

    fn attempt(
        &mut self,
        cx: &Cx,
        state: &mut State,
        (body, otherwise): (&[Statement], &[Statement]),
        handlers: &[Vec<Statement>],
    ) -> Ends {
        let before = state.clone();
        let mut ends = self.block_of(cx, state, body);

        // What was known before is known in a handler; what the body learnt is not, since it may have ended anywhere.
        let mut caught = before;
        keep_names(&mut caught, state.clone());

        if ends == Ends::GoesOn {
            ends = self.block_of(cx, state, otherwise);
        }
        let mut joined = (ends == Ends::GoesOn).then(|| state.clone());

        for handler in handlers {
            let mut path = caught.clone();
            if self.block_of(cx, &mut path, handler) == Ends::GoesOn {
                joined = Some(match joined {
                    Some(known) => known.joined(&path),
                    None => path,
                });
            }
        }

        match joined {
            Some(joined) => {
                *state = joined;
                Ends::GoesOn
            }
            None => Ends::Stops,
        }
    }

    fn finish(&mut self, cx: &Cx, state: &mut State, value: Option<&Expr>, span: Span) {
        let value = match value {
            Some(value) => self.eval(cx, state, value),
            None => none_value(),
        };
        if value.never {
            return;
        }
        // Only what the handler itself returns goes to the client; a helper's value goes to its caller.
        if cx.depth == 0 {
            let settled = self.settle(cx, state, value.clone(), span);
            self.note_use(cx, state, &settled, CodeAccessVerb::Read, span);
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.ends.push((state.clone(), value));
        }
    }

    /// Gives a value to what stands left of `=`.
    pub(super) fn assign(&mut self, cx: &Cx, state: &mut State, target: &Expr, value: &CodeValue, span: Span) {
        match &*target.kind {
            ExprKind::Name(name) => {
                self.name_object(cx, name, value);
                state.set(name, value.clone());
            }
            ExprKind::Member(object, field) => {
                let into = self.eval(cx, state, object);
                self.assign_within(cx, state, (&into, field), value, span);

                // What a hook leaves on the request or the object is read by later code under its written name.
                if let Some(name) = dotted_text(target).filter(|_| is_left(&into)) {
                    state.leave(&name, value.clone());
                }
            }
            ExprKind::Index(object, key) => {
                self.assign_entry(cx, state, (object, key), value, (target.span, span));
            }
            ExprKind::List(targets) => {
                let items = match &value.kind {
                    ValueKind::List(items) if items.len() == targets.len() => Some(items.clone()),
                    _ => None,
                };
                for (place, target) in targets.iter().enumerate() {
                    let item = items.as_ref().and_then(|items| items.get(place)).cloned();
                    self.assign(cx, state, target, &item.unwrap_or_else(|| value.plain()), span);
                }
            }
            ExprKind::Record(entries) => {
                for entry in entries {
                    let name = entry
                        .key
                        .as_ref()
                        .and_then(|key| key.name().or(crate::ir::literal_text(key)))
                        .or(entry.value.name());
                    let part = match name {
                        Some(name) => self.field(cx, state, value, name, target.span),
                        None => value.plain(),
                    };
                    self.assign(cx, state, &entry.value, &part, span);
                }
            }
            ExprKind::Assign(inner, _) => self.assign(cx, state, inner, value, span),
            ExprKind::Other(targets) => {
                targets.iter().for_each(|target| self.assign(cx, state, target, &value.plain(), span));
            }
            _ => {}
        }
    }

    /// `object[key] = value`
    fn assign_entry(
        &mut self,
        cx: &Cx,
        state: &mut State,
        (object, key): (&Expr, &Expr),
        value: &CodeValue,
        (at, span): (Span, Span),
    ) {
        let into = self.eval(cx, state, object);
        let keyed = self.eval(cx, state, key);

        if let ValueKind::Store(_) = into.kind {
            self.change_store(cx, state, (&into, &keyed), at);
            return;
        }
        let field = crate::ir::literal_text(key).unwrap_or_default().to_owned();

        if let Some(name) = dotted_text(object).filter(|_| into.part().is_some()) {
            state.leave(&format!("{name}.{field}"), value.clone());
        }
        if let (ValueKind::Record(entries), Some(name)) = (&into.kind, object.name()) {
            let mut entries = entries.as_ref().clone();
            super::state::set_value(&mut entries, &field, value.clone());
            let kind = ValueKind::Record(Rc::new(entries));
            state.set(name, CodeValue { labels: into.labels.with(value.labels), kind, ..CodeValue::default() });
            return;
        }

        self.assign_within(cx, state, (&into, &field), value, span);
    }

    fn assign_within(
        &mut self,
        cx: &Cx,
        state: &mut State,
        (into, _): (&CodeValue, &str),
        value: &CodeValue,
        span: Span,
    ) {
        // A field of `self` or of the request is no field of a loaded object.
        if !into.labels.objects.is_empty() && !is_left(into) {
            self.note_use(cx, state, into, CodeAccessVerb::Mutate, span);
        } else if !value.labels.objects.is_empty()
            && value.field.is_none()
            && matches!(into.kind, ValueKind::Plain)
            && !into.labels.is_plain()
        {
            self.note_relation(cx, state, value, span);
        }
    }

    /// Remembers what a loaded object is called, for a patch to name it.
    fn name_object(&mut self, cx: &Cx, name: &str, value: &CodeValue) {
        if value.field.is_some() {
            return;
        }
        let statement = self.statement;

        for place in value.labels.objects.iter() {
            if let Some(access) = self.accesses.get_mut(place)
                && access.object.is_none()
                && access.mark.module == cx.module
                && access.statement == statement
            {
                access.object = Some(name.to_owned());
            }
        }
    }

    /// A statement that is only an expression: a guard that returned, or a function that was given an object.
    fn discarded(&mut self, cx: &Cx, state: &mut State, expr: &Expr, value: &CodeValue) {
        if let ExprKind::Logic { all, parts } = &*expr.kind {
            // `inv.owner == uid or abort(403)`
            if let [test, rest] = parts.as_slice() {
                let first = self.eval(cx, state, test).truth();
                let mut path = state.clone();
                let ends = self.eval(cx, &mut path, rest).never;

                // Where the right side never returns, the left one must have decided.
                if ends {
                    self.learn(state, if *all { &first.no } else { &first.yes });
                }
            }
        }

        let _ = self.settle(cx, state, value.clone(), expr.span);
    }
}

/// Nothing goes on behind a call that always throws.
fn ends_of(value: &CodeValue) -> Ends {
    if value.never { Ends::Stops } else { Ends::GoesOn }
}

/// Whether code refuses, rather than only leaves.
fn refuses_request(body: &[Statement]) -> bool {
    let mut found = false;
    let mut see = |statement: &Statement| found |= matches!(statement.kind, StatementKind::Throw(_));
    let mut coded = false;
    crate::ir::walk_statements(body, &mut see, &mut |expr| match &*expr.kind {
        // A status in the answer is a refusal as well as a thrown fault.
        ExprKind::Constant(code) => coded |= matches!(code.as_str(), "401" | "403" | "404"),
        ExprKind::Call { callee, .. } => {
            let name = dotted_text(callee).unwrap_or_default().to_lowercase();
            coded |= ["abort", "forbid", "unauthor", "denied", "deny"].iter().any(|word| name.contains(word));
        }
        _ => {}
    });

    found || coded
}

/// Whether a value is a place where earlier code leaves things for later code.
fn is_left(into: &CodeValue) -> bool {
    matches!(
        into.kind,
        ValueKind::Request(Part::Whole | Part::Session | Part::Locals) | ValueKind::Instance(_) | ValueKind::Response
    )
}

/// Adds the names that another path knows.
fn keep_names(state: &mut State, other: State) {
    for (name, value) in other.names.iter() {
        let merged = match state.get(name) {
            Some(known) => known.merged(value),
            None => value.clone(),
        };
        state.set(name, merged);
    }

    for (name, value) in other.left.iter() {
        if state.left(name).is_none() {
            state.leave(name, value.clone());
        }
    }
}

/// Whether a constant is the one that stands for no object.
pub(super) fn is_none(constant: &str) -> bool {
    matches!(constant, "None" | "null" | "undefined" | "nil")
}

/// Makes the value of nothing.
pub(super) fn none_value() -> CodeValue {
    let truth = super::value::Truth { yes: Facts::impossible(), no: Facts::default() };
    CodeValue { truth: Some(Rc::new(truth)), ..CodeValue::default() }
}
