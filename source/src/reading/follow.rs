//! Follows calls into functions of the project.

use std::rc::Rc;
use std::sync::Arc;

use super::engine::{Cx, FunctionFrame, HandlerReader};
use super::facts::{Facts, Key};
use super::state::{State, join_values};
use super::statements::{Ends, none_value};
use super::trail::MOST_DEPTH;
use super::value::{CodeValue, Labels, Names, ValueKind};
use crate::ir::{FunctionParameter, Spread, dotted_text, last_part};
use crate::project::FunctionRef;

/// A value that is given to a function.
#[derive(Clone)]
pub(super) struct CallArgument {
    pub(super) name: Option<Rc<str>>,
    pub(super) spread: Spread,
    pub(super) value: CodeValue,
}

impl CallArgument {
    pub(super) fn plain(value: CodeValue) -> CallArgument {
        CallArgument { name: None, spread: Spread::One, value }
    }
}

impl HandlerReader<'_> {
    /// Reads a function of the project with these arguments, and learns what holds behind it.
    pub(super) fn follow(
        &mut self,
        cx: &Cx,
        state: &mut State,
        function: &FunctionRef,
        around: &Rc<Names>,
        given: Vec<CallArgument>,
    ) -> CodeValue {
        let labels = given.iter().fold(Labels::default(), |labels, given| labels.with(given.value.labels));
        let again = self.stack.iter().position(|known| Arc::ptr_eq(known, &function.function));
        self.trail.enter(&function.function, again);

        // A function that calls itself gives what it was given: a second reading would find the same again.
        if again.is_some() || !self.spend() {
            return CodeValue::of(labels);
        }
        self.trail.reach(cx.depth);

        // A choice of the client that goes deeper might be checked there, so that the gap is reported.
        if cx.depth >= MOST_DEPTH {
            if labels.is_chosen() {
                self.block(format!("`{}` is called too deep within helpers", function.function.name));
            }
            return CodeValue::of(labels);
        }

        if function.function.is_damaged && labels.is_chosen() {
            self.block(format!("`{}` cannot be parsed", function.function.name));
        }
        // Without a choice of the client, and without anything that matters in it, the function changes nothing.
        if labels.is_plain() && self.models.is_dull(function) {
            return CodeValue::default();
        }
        match self.summed_up(cx, state, (function, around), &given) {
            Some(value) => value,
            None => self.follow_body(cx, state, (function, around), given),
        }
    }

    /// Reads the body of a function with these arguments, and learns what holds behind it.
    pub(super) fn follow_body(
        &mut self,
        cx: &Cx,
        state: &mut State,
        (function, around): (&FunctionRef, &Rc<Names>),
        given: Vec<CallArgument>,
    ) -> CodeValue {
        let before = self.accesses.len();
        let frame = self.run(cx, state, function, around, given);
        let own = self.known_of_returned(&frame, before);
        let left = state.left.clone();
        let value = self.collect(state, frame);
        state.left = self.left_behind(cx, function, &left, &state.left);
        self.learn(state, &own);

        value
    }

    /// What is known of each object that was loaded within, on the paths that return it. The caller has no other way to it.
    fn known_of_returned(&self, frame: &FunctionFrame, before: usize) -> Facts {
        let mut own = Facts::default();
        for place in before..self.accesses.len() {
            let ends = frame.ends.iter().filter(|(_, value)| value.labels.objects.has(place));
            let joined = ends.map(|(state, _)| state.facts.clone()).reduce(|one, two| one.or(&two));

            if let Some(fact) = joined.as_ref().and_then(|facts| facts.get(Key::Object(place))) {
                own.add(*fact);
            }
        }

        own
    }

    /// Reads a function and returns what it did, path by path.
    pub(super) fn run(
        &mut self,
        cx: &Cx,
        state: &State,
        function: &FunctionRef,
        around: &Rc<Names>,
        given: Vec<CallArgument>,
    ) -> FunctionFrame {
        let mut inner =
            State { names: around.clone(), left: self.left_for(cx, state, function), facts: state.facts.clone() };
        bind_arguments(self.own_parameters(function, &mut inner), given, &mut inner);
        let within = Cx { module: function.module, class: function.class.clone(), depth: cx.depth + 1 };
        self.run_body(&within, inner, function)
    }

    /// Reads the body of a function whose names are bound.
    pub(super) fn run_body(&mut self, cx: &Cx, mut inner: State, function: &FunctionRef) -> FunctionFrame {
        self.stack.push(function.function.clone());
        self.frames.push(FunctionFrame::default());
        let before = self.statement;
        let ends = self.block_of(cx, &mut inner, &function.function.body);
        self.statement = before;
        self.stack.pop();
        let mut frame = self.frames.pop().unwrap_or_default();

        // A body that comes to its end returns nothing, and that path counts too.
        if ends == Ends::GoesOn {
            frame.ends.push((inner, none_value()));
        }
        frame
    }

    /// Makes one value of the ends of a function.
    pub(super) fn collect(&mut self, state: &mut State, frame: FunctionFrame) -> CodeValue {
        if let Some(outer) = self.frames.last_mut() {
            outer.nexts.extend(frame.nexts);
        }
        let mut ends = frame.ends.into_iter();
        // A function without an end always refuses.
        let Some((mut all, mut value)) = ends.next() else {
            return CodeValue { never: true, ..CodeValue::default() };
        };
        for (end, other) in ends {
            // Both say when they are true, so that the facts of a path go with its value.
            let (one, two) = (with_explicit_truth(&value), with_explicit_truth(&other));
            let merged = join_values((&one, &all.facts), (&two, &end.facts));
            all = all.joined(&end);
            value = merged;
        }

        self.learn(state, &all.facts);
        state.left = all.left;
        value
    }

    /// What `self.x` means is known within the same class only.
    pub(super) fn left_for(&self, cx: &Cx, state: &State, function: &FunctionRef) -> Rc<Names> {
        // Another object's fields would be taken for those of this one.
        if is_of_class(cx, function) || !state.left.iter().any(is_own_field) {
            return state.left.clone();
        }
        Rc::new(state.left.iter().filter(|one| !is_own_field(one)).cloned().collect())
    }

    /// What is left behind a call: the caller's own fields are as they were, and those of another object are forgotten.
    pub(super) fn left_behind(
        &self,
        cx: &Cx,
        function: &FunctionRef,
        before: &Rc<Names>,
        after: &Rc<Names>,
    ) -> Rc<Names> {
        let is_about_fields = || before.iter().chain(after.iter()).any(is_own_field);
        if is_of_class(cx, function) || Rc::ptr_eq(before, after) || !is_about_fields() {
            return after.clone();
        }
        let others = after.iter().filter(|one| !is_own_field(one));
        Rc::new(others.chain(before.iter().filter(|one| is_own_field(one))).cloned().collect())
    }

    /// Returns the parameters without the one that stands for the object itself.
    pub(super) fn own_parameters<'f>(&self, function: &'f FunctionRef, inner: &mut State) -> &'f [FunctionParameter] {
        let is_static = function
            .function
            .decorators
            .iter()
            .any(|decorator| dotted_text(decorator).is_some_and(|name| last_part(&name) == "staticmethod"));
        let parameters = function.function.parameters.as_slice();
        let Some(class) = function.class.as_ref().filter(|_| !is_static) else { return parameters };
        let Some((first, others)) = parameters.split_first() else { return parameters };
        let own = match first.name.as_str() {
            "self" => ValueKind::Instance(class.clone()),
            "cls" => ValueKind::Class(Rc::from(class.class.name.as_str()), Some(class.clone())),
            _ => return parameters,
        };
        inner.set(&first.name, CodeValue::kind(own));
        others
    }
}

/// Whether a function is a method of the class that is being read.
fn is_of_class(cx: &Cx, function: &FunctionRef) -> bool {
    match (&cx.class, &function.class) {
        (Some(one), Some(two)) => Arc::ptr_eq(&one.class, &two.class),
        _ => false,
    }
}

fn is_own_field((name, _): &(Rc<str>, CodeValue)) -> bool {
    name.starts_with("self.") || name.starts_with("this.")
}

fn with_explicit_truth(value: &CodeValue) -> CodeValue {
    CodeValue { truth: Some(value.truth()), ..value.clone() }
}

/// Gives arguments to parameters.
pub(super) fn bind_arguments(parameters: &[FunctionParameter], given: Vec<CallArgument>, inner: &mut State) {
    let mut place = 0;
    for parameter in parameters {
        let default = parameter.default.as_ref().map(super::expressions::constant_of).unwrap_or_default();
        bind_one(parameter, default, inner);
    }
    for one in given {
        match (&one.name, one.spread) {
            (_, Spread::Many | Spread::Named) => {
                for parameter in parameters.iter().skip(place) {
                    let value = spread_into(&one.value, &parameter.name, parameter.spread);
                    if value.labels.is_plain() && matches!(value.kind, ValueKind::Plain) {
                        continue;
                    }
                    bind_one(parameter, value, inner);
                }
            }
            (Some(name), _) => {
                let named = parameters.iter().find(|parameter| parameter.name == **name);
                match named.or_else(|| parameters.iter().find(|parameter| parameter.spread == Spread::Named)) {
                    Some(parameter) if parameter.spread == Spread::Named => {
                        let known = inner.get(&parameter.name).cloned().unwrap_or_default();
                        let mut entries = match &known.kind {
                            ValueKind::Record(entries) => entries.as_ref().clone(),
                            _ => Vec::new(),
                        };
                        entries.push((name.clone(), one.value.clone()));
                        let labels = known.labels.with(one.value.labels);
                        let kind = ValueKind::Record(Rc::new(entries));
                        inner.set(&parameter.name, CodeValue { labels, kind, ..CodeValue::default() });
                    }
                    Some(parameter) => bind_one(parameter, one.value, inner),
                    None => {}
                }
            }
            (None, Spread::One) => {
                let Some(parameter) = parameters.get(place) else { continue };
                if parameter.spread == Spread::Many {
                    let known = inner.get(&parameter.name).cloned().unwrap_or_default();
                    let mut items = match &known.kind {
                        ValueKind::List(items) => items.as_ref().clone(),
                        _ => Vec::new(),
                    };
                    let labels = known.labels.with(one.value.labels);
                    items.push(one.value);
                    inner.set(&parameter.name, CodeValue::labelled(labels, ValueKind::List(Rc::new(items))));
                } else {
                    bind_one(parameter, one.value, inner);
                    place += 1;
                }
            }
        }
    }
}

fn spread_into(value: &CodeValue, name: &str, spread: Spread) -> CodeValue {
    match (&value.kind, spread) {
        (_, Spread::Many | Spread::Named) => value.clone(),
        (ValueKind::Record(entries), _) => super::state::find_value(entries, name).cloned().unwrap_or_default(),
        (ValueKind::List(_), _) => value.plain(),
        _ => value.plain(),
    }
}

fn bind_one(parameter: &FunctionParameter, value: CodeValue, inner: &mut State) {
    for name in &parameter.binds {
        let part = match &value.kind {
            ValueKind::Record(entries) => super::state::find_value(entries, name).cloned().unwrap_or_default(),
            _ => value.plain(),
        };
        inner.set(name, part);
    }

    if !parameter.name.is_empty() {
        inner.set(&parameter.name, value);
    }
}
