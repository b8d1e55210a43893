//! Reads expressions: what each value was made of, and what holds where it is true.

use std::rc::Rc;

use super::engine::{Cx, Engine};
use super::facts::{Facts, Key, Mark, Tie};
use super::report::AccessVerb;
use super::state::State;
use super::statements::{is_none, none_value};
use super::value::{Bound, Clause, Kind, Labels, Part, Query, Truth, Value};
use super::words;
use crate::ir::{Clause as Loop, Entry, Expr, ExprKind, Span, dotted, literal};

impl Engine<'_> {
    /// Reads an expression.
    pub(super) fn eval(&mut self, cx: &Cx, state: &mut State, expr: &Expr) -> Value {
        match &*expr.kind {
            ExprKind::Name(name) => self.name(cx, state, name, expr.span),
            ExprKind::Member(object, field) => {
                let is_left = !state.left.is_empty();
                if let Some(left) = is_left.then(|| dotted(expr)).flatten().and_then(|name| state.left(&name).cloned())
                {
                    return left;
                }
                let object_value = self.eval(cx, state, object);
                self.field(cx, state, &object_value, field, expr.span)
            }
            ExprKind::Index(object, key) => self.index(cx, state, (object, key), expr.span),
            ExprKind::Call { .. } => self.call(cx, state, expr),
            ExprKind::Await(inner) => {
                let value = self.eval(cx, state, inner);
                self.settle(cx, state, value, expr.span)
            }
            ExprKind::Text(text) => Value::kind(Kind::Text(Rc::from(text.as_str()), Rc::new(Vec::new()))),
            ExprKind::Template(text, parts) => {
                let parts: Vec<Value> = parts.iter().map(|part| self.eval(cx, state, part)).collect();
                let labels = merge(parts.iter());
                Value { labels, kind: Kind::Text(Rc::from(text.as_str()), Rc::new(parts)), ..Value::default() }
            }
            ExprKind::Constant(text) => constant(text),
            ExprKind::Not(inner) => {
                let truth = self.eval(cx, state, inner).truth();
                truthful(Truth { yes: truth.no.clone(), no: truth.yes.clone() })
            }
            ExprKind::Logic { all, parts } => self.logic(cx, state, *all, parts),
            ExprKind::Compare(parts, signs) => self.compare(cx, state, (parts, signs), expr.span),
            ExprKind::List(items) => {
                let items: Vec<Value> = items.iter().map(|item| self.eval(cx, state, item)).collect();
                Value { labels: merge(items.iter()), kind: Kind::List(Rc::new(items)), ..Value::default() }
            }
            ExprKind::Record(entries) => self.record(cx, state, entries),
            ExprKind::Choice { test, yes, no } => self.choice(cx, state, test, (yes, no)),
            ExprKind::Comprehension { body, clauses, conditions } => {
                self.comprehension(cx, state, (body, clauses, conditions), expr.span)
            }
            ExprKind::Assign(target, value) => {
                let value = self.eval(cx, state, value);
                self.assign(cx, state, target, &value, expr.span);
                value
            }
            ExprKind::Operation(sign, parts) => self.operation(cx, state, sign, parts),
            ExprKind::Function(function) => {
                let reference = self.local_function(cx, function);
                Value::kind(Kind::Function(reference, state.names.clone()))
            }
            ExprKind::Other(parts) => {
                let parts: Vec<Value> = parts.iter().map(|part| self.eval(cx, state, part)).collect();
                match parts.as_slice() {
                    [one] => one.clone(),
                    _ => Value::of(merge(parts.iter())),
                }
            }
        }
    }

    fn logic(&mut self, cx: &Cx, state: &mut State, all: bool, parts: &[Expr]) -> Value {
        let mut path = state.clone();
        let mut value = Value { never: false, ..Value::default() };
        let mut truth = Truth { yes: Facts::default(), no: Facts::impossible() };
        if !all {
            truth = Truth { yes: Facts::impossible(), no: Facts::default() };
        }
        for (place, part) in parts.iter().enumerate() {
            let part = self.eval(cx, &mut path, part);
            let own = part.truth();
            if all {
                // What the parts before said holds where this one is asked.
                let mut no = truth.yes.clone();
                no.and(&own.no);
                truth = Truth { no: truth.no.or(&no), yes: both(&truth.yes, &own.yes) };
                self.learn(&mut path, &own.yes);
            } else {
                let mut yes = truth.no.clone();
                yes.and(&own.yes);
                truth = Truth { yes: truth.yes.or(&yes), no: both(&truth.no, &own.no) };
                self.learn(&mut path, &own.no);
            }
            value = if place == 0 { part } else { value.merged(&part) };
            state.take_new(&path);
        }
        value.never = false;
        value.truth = Some(Rc::new(truth));
        value
    }

    fn compare(&mut self, cx: &Cx, state: &mut State, (parts, signs): (&[Expr], &[String]), span: Span) -> Value {
        let values: Vec<Value> = parts.iter().map(|part| self.eval(cx, state, part)).collect();
        let ([first, second], [sign]) = (values.as_slice(), signs) else { return Value::default() };
        let sign = sign.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_method =
            matches!(parts.first().map(|part| &*part.kind), Some(ExprKind::Member(_, field)) if field == "method");
        if let Some(holds) = Self::known_method(first, second).filter(|_| is_method) {
            let is_negative = matches!(sign.as_str(), "!=" | "!==" | "not in");
            return constant(if holds == is_negative { "False" } else { "True" });
        }
        let nothing = |part: Option<&Expr>| {
            part.is_some_and(|part| matches!(&*part.kind, ExprKind::Constant(text) if is_none(text)))
        };
        let truth = if nothing(parts.get(1)) {
            let truth = first.truth();
            Truth { yes: truth.no.clone(), no: truth.yes.clone() }
        } else {
            Truth { yes: self.equal(cx, state, (first, second), (&sign, parts), span), no: Facts::default() }
        };
        let mut made = match sign.as_str() {
            "==" | "===" | "is" | "in" | "contains" => truthful(truth),
            "!=" | "!==" | "is not" | "not in" | "<>" => truthful(Truth { yes: truth.no, no: truth.yes }),
            _ => Value::default(),
        };
        made.kind = condition(first, second, &sign);
        made
    }

    /// Returns what holds where two values are equal, or where the first is within the second.
    pub(super) fn equal(
        &mut self,
        cx: &Cx,
        state: &State,
        (one, two): (&Value, &Value),
        (sign, parts): (&str, &[Expr]),
        span: Span,
    ) -> Facts {
        let mark = self.mark(cx, span);
        let (a, b) = (one.labels, two.labels);
        let tie = if sign == "in" { Tie::Access } else { Tie::Owner };
        for (caller, other) in [(a, b), (b, a)] {
            if other.subject || other.tenant || other.role {
                continue;
            }
            if caller.subject && !caller.is_chosen() {
                if other.is_chosen() {
                    return self.tie(other, tie, mark);
                }
                let text = self.text(mark);
                if words::holds_one_of(&text, &words::ROLE_PARTS) {
                    return role(mark);
                }
            }
            if caller.tenant && other.is_chosen() {
                return self.tie(other, Tie::Access, mark);
            }
            if caller.role {
                return role(mark);
            }
            if caller.claimed && other.is_chosen() {
                return self.tie(other, Tie::Claimed, mark);
            }
        }
        let fields = [one, two].into_iter().filter_map(|value| value.field.as_deref().map(|field| (value, field)));
        for (value, field) in fields.filter(|(value, _)| !value.labels.objects.is_empty()) {
            let is_open = words::holds_one_of(field, &super::idioms::PUBLIC_WORDS)
                || parts.iter().any(|part| {
                    words::holds_one_of(self.project.text(cx.module, part.span), &super::idioms::PUBLIC_WORDS)
                });
            let is_secret = words::holds_one_of(field, &words::SECRET_WORDS)
                && (!a.ids.is_empty() || !b.ids.is_empty() || a.token || b.token);
            if is_open || is_secret {
                return self.tie(Labels { ids: Default::default(), ..value.labels }, Tie::Access, mark);
            }
        }
        self.equal_objects(state, (one, two), mark)
    }

    /// Two objects, or an object and an id: where one is tied, so is the other.
    fn equal_objects(&mut self, state: &State, (one, two): (&Value, &Value), mark: Mark) -> Facts {
        let mut facts = Facts::default();
        for (from, to) in [(one, two), (two, one)] {
            let objects = from.labels.objects.iter().filter_map(|object| self.guard(&state.facts, object));
            let ids = from.labels.ids.iter().filter_map(|id| {
                state.facts.get(Key::Id(id)).map(|fact| super::engine::Guard { tie: Some(fact.tie), mark: fact.mark })
            });
            let Some(tie) = objects.chain(ids).find_map(|guard| guard.tie) else {
                self.narrow(from.labels, to);
                continue;
            };
            let apart = Labels {
                objects: to.labels.objects.without(from.labels.objects),
                ids: to.labels.ids.without(from.labels.ids),
                ..Labels::default()
            };
            facts.and(&self.tie(apart, tie, mark));
        }
        facts
    }

    /// `if item.id == wanted` within a loop: the client chooses which.
    fn narrow(&mut self, chosen: Labels, of: &Value) {
        if chosen.ids.is_empty() || !chosen.objects.is_empty() || of.labels.objects.is_empty() {
            return;
        }
        for place in of.labels.objects.iter() {
            if let Some(access) =
                self.accesses.get_mut(place).filter(|access| access.is_many && access.labels.ids.is_empty())
            {
                let column = of.field.clone().unwrap_or_default();
                access.labels = access.labels.with(chosen);
                access.clauses.push(Clause::Equal(Bound { column, labels: chosen, field: None }));
                access.is_many = false;
            }
        }
    }

    fn record(&mut self, cx: &Cx, state: &mut State, entries: &[Entry]) -> Value {
        let mut made = Vec::with_capacity(entries.len());
        let mut labels = Labels::default();
        for entry in entries {
            let value = self.eval(cx, state, &entry.value);
            labels = labels.with(value.labels);
            match &entry.key {
                Some(key) => {
                    let name =
                        literal(key).or(key.name()).map(str::to_owned).or_else(|| dotted(key)).unwrap_or_default();
                    made.push((Rc::from(name), value));
                }
                None => match value.kind {
                    Kind::Record(inner) => made.extend(inner.iter().cloned()),
                    _ => made.push((Rc::from("..."), value)),
                },
            }
        }
        Value { labels, kind: Kind::Record(Rc::new(made)), ..Value::default() }
    }

    fn choice(&mut self, cx: &Cx, state: &mut State, test: &Expr, (yes, no): (&Expr, &Expr)) -> Value {
        let truth = self.eval(cx, state, test).truth();
        let (mut first, mut second) = (state.clone(), state.clone());
        self.learn(&mut first, &truth.yes);
        self.learn(&mut second, &truth.no);
        let one = self.eval(cx, &mut first, yes);
        let two = self.eval(cx, &mut second, no);
        let mut value = super::state::join_values((&with_truth(one), &first.facts), (&with_truth(two), &second.facts));
        value.never = false;
        value
    }

    fn comprehension(
        &mut self,
        cx: &Cx,
        state: &mut State,
        (body, clauses, conditions): (&Expr, &[Loop], &[Expr]),
        span: Span,
    ) -> Value {
        let mut inner = state.clone();
        let mut source_labels = Labels::default();
        for clause in clauses {
            let source = self.eval(cx, &mut inner, &clause.source);
            let element = match &source.kind {
                Kind::Store(_) | Kind::Query(_) => {
                    self.filtered(cx, &mut inner, &source, (&clause.target, conditions), span)
                }
                _ => self.element(cx, &mut inner, &source, clause.source.span),
            };
            source_labels = source_labels.with(element.labels);
            self.assign(cx, &mut inner, &clause.target, &element, span);
        }
        for condition in conditions {
            let truth = self.eval(cx, &mut inner, condition).truth();
            self.learn(&mut inner, &truth.yes);
        }
        let made = self.eval(cx, &mut inner, body);
        let truth = made.truth();
        // `any(..)` is true where one element makes the body true.
        let mut yes = inner.facts.clone();
        yes.and(&truth.yes);
        Value {
            labels: made.labels.with(source_labels),
            truth: Some(Rc::new(Truth { yes, no: Facts::default() })),
            ..Value::default()
        }
    }

    /// The elements of a table in memory or of a query for which conditions hold.
    pub(super) fn filtered(
        &mut self,
        cx: &Cx,
        state: &mut State,
        source: &Value,
        (target, conditions): (&Expr, &[Expr]),
        span: Span,
    ) -> Value {
        let mut query = match &source.kind {
            Kind::Query(query) => query.as_ref().clone(),
            Kind::Store(name) => Query { model: Some(name.clone()), ..Query::default() },
            _ => return source.plain(),
        };
        query.mark = self.mark(cx, span);
        let mut inner = state.clone();
        self.assign(cx, &mut inner, target, &Value::default(), span);
        for condition in conditions {
            query.clauses.extend(self.clauses_of(cx, &mut inner, condition));
        }
        let is_many = !query.clauses.iter().any(names_object);
        self.send(cx, state, &query, is_many)
    }

    /// One element of a value that holds many.
    pub(super) fn element(&mut self, cx: &Cx, state: &mut State, value: &Value, span: Span) -> Value {
        match &value.kind {
            Kind::Store(name) => {
                let query = Query { model: Some(name.clone()), mark: self.mark(cx, span), ..Query::default() };
                self.send(cx, state, &query, true)
            }
            Kind::Query(_) => self.settle(cx, state, value.clone(), span),
            Kind::List(items) if items.len() == 1 => items.first().cloned().unwrap_or_default(),
            _ => value.plain(),
        }
    }

    fn operation(&mut self, cx: &Cx, state: &mut State, sign: &str, parts: &[Expr]) -> Value {
        let values: Vec<Value> = parts.iter().map(|part| self.eval(cx, state, part)).collect();
        let labels = merge(values.iter());
        let kind = match (values.as_slice(), sign) {
            ([Value { kind: Kind::Text(a, first), .. }, Value { kind: Kind::Text(b, second), .. }], "+") => {
                let parts = first.iter().chain(second.iter()).cloned().collect();
                Kind::Text(Rc::from(format!("{a}{b}")), Rc::new(parts))
            }
            ([Value { kind: Kind::Text(a, first), .. }, other], "+") => {
                let parts = first.iter().cloned().chain(Some(other.plain())).collect();
                Kind::Text(Rc::from(format!("{a}{{}}")), Rc::new(parts))
            }
            ([Value { kind: Kind::Text(text, _), .. }, other], "%") => {
                let parts = match &other.kind {
                    Kind::List(items) => items.as_ref().clone(),
                    _ => vec![other.plain()],
                };
                Kind::Text(Rc::from(text.replace("%s", "{}").replace("%d", "{}")), Rc::new(parts))
            }
            ([one, two], "&" | "|") => match (&one.kind, &two.kind, sign) {
                (Kind::Condition(a), Kind::Condition(b), "&") => {
                    Kind::Condition(Rc::new(a.iter().chain(b.iter()).cloned().collect()))
                }
                (Kind::Condition(a), Kind::Condition(b), _) => {
                    Kind::Condition(Rc::new(vec![Clause::Any(vec![a.as_ref().clone(), b.as_ref().clone()])]))
                }
                (Kind::Query(query), _, _) => Kind::Query(query.clone()),
                _ => Kind::Plain,
            },
            ([Value { kind: Kind::Condition(_), .. }], "~") => Kind::Condition(Rc::new(vec![Clause::Other])),
            _ => Kind::Plain,
        };
        Value { labels, kind, ..Value::default() }
    }

    fn index(&mut self, cx: &Cx, state: &mut State, (object, key): (&Expr, &Expr), span: Span) -> Value {
        let keyed = self.eval(cx, state, key);
        let name = literal(key).map(str::to_owned);
        if let (Some(object), Some(name)) = (dotted(object), &name)
            && let Some(left) = state.left(&format!("{object}.{name}"))
        {
            return left.clone();
        }
        let value = self.eval(cx, state, object);
        match (&value.kind, &name) {
            (Kind::Store(store), _) => {
                let bound = Bound { column: Rc::from(""), labels: keyed.labels, field: keyed.field.clone() };
                let query = Query {
                    model: Some(store.clone()),
                    clauses: vec![Clause::Equal(bound)],
                    mark: self.mark(cx, span),
                    ..Query::default()
                };
                self.send(cx, state, &query, false)
            }
            (Kind::Request(Part::Path), None) => Value::of(self.path_labels()),
            (Kind::Query(_), _) => self.settle(cx, state, value.clone(), span),
            (_, Some(name)) => {
                let entry = self.field(cx, state, &value, name, span);
                self.note_entry(&value, &entry);
                entry
            }
            (Kind::List(items), None) => Value::of(merge(items.iter())),
            // A field whose name is computed: `record[name]`.
            _ => Value { field: Some(Rc::from("")), ..value.plain() },
        }
    }

    /// Changes an entry of a table in memory.
    pub(super) fn change_store(&mut self, cx: &Cx, state: &mut State, (into, key): (&Value, &Value), span: Span) {
        let Kind::Store(store) = &into.kind else { return };
        if !key.labels.is_chosen() {
            // A key that the server made up is a new one.
            self.note_made(store);
            return;
        }
        let bound = Bound { column: Rc::from(""), labels: key.labels, field: key.field.clone() };
        let query = Query {
            model: Some(store.clone()),
            clauses: vec![Clause::Equal(bound)],
            mark: self.mark(cx, span),
            ..Query::default()
        };
        let value = self.send(cx, state, &query, false);
        self.note_use(cx, state, &value, AccessVerb::Mutate, span);
    }
}

/// Whether a condition names one object.
pub(super) fn names_object(clause: &Clause) -> bool {
    match clause {
        Clause::Equal(bound) => {
            bound.labels.is_chosen() && (words::is_id(&bound.column) || words::is_primary(&bound.column))
        }
        Clause::Any(arms) => arms.iter().flatten().any(names_object),
        Clause::Other => false,
    }
}

/// What a comparison is as a condition of a query.
fn condition(first: &Value, second: &Value, sign: &str) -> Kind {
    if !matches!(sign, "==" | "===" | "in" | "<<") {
        return Kind::Condition(Rc::new(vec![Clause::Other]));
    }
    let column = |value: &Value| value.field.clone().filter(|_| value.labels.is_plain());
    let (column, value) = match (column(first), column(second)) {
        (Some(column), _) => (column, second),
        (None, Some(column)) => (column, first),
        (None, None) => return Kind::Plain,
    };
    let bound = Bound { column, labels: value.labels, field: value.field.clone() };
    Kind::Condition(Rc::new(vec![Clause::Equal(bound)]))
}

fn role(mark: Mark) -> Facts {
    Facts::of(vec![super::facts::Fact { key: Key::Role, tie: Tie::Access, mark }])
}

fn both(one: &Facts, two: &Facts) -> Facts {
    let mut all = one.clone();
    all.and(two);
    all
}

fn truthful(truth: Truth) -> Value {
    Value { truth: Some(Rc::new(truth)), ..Value::default() }
}

fn with_truth(mut value: Value) -> Value {
    value.truth = Some(value.truth());
    value
}

/// Returns the value of a default.
pub(super) fn constant_of(expr: &Expr) -> Value {
    match &*expr.kind {
        ExprKind::Constant(text) => constant(text),
        _ => Value::default(),
    }
}

fn constant(text: &str) -> Value {
    match text {
        "True" | "true" => truthful(Truth { yes: Facts::default(), no: Facts::impossible() }),
        "False" | "false" | "0" => truthful(Truth { yes: Facts::impossible(), no: Facts::default() }),
        _ if is_none(text) => none_value(),
        _ => Value::default(),
    }
}

/// Returns what all of these were made of.
pub(super) fn merge<'a>(values: impl Iterator<Item = &'a Value>) -> Labels {
    values.fold(Labels::default(), |labels, value| labels.with(value.labels))
}
