//! Reads expressions: what each value was made of, and what holds where it is true.

use std::rc::Rc;

use super::engine::{Cx, HandlerReader};
use super::facts::{CallerTie, CodeMark, Facts, Key};
use super::report::CodeAccessVerb;
use super::state::State;
use super::statements::{is_none, none_value};
use super::value::{CodeValue, ColumnBinding, Labels, Part, Query, QueryCondition, Truth, ValueKind};
use super::words;
use crate::ir::{ComprehensionClause as Loop, Expr, ExprKind, RecordEntry, Span, dotted_text, literal_text};

impl HandlerReader<'_> {
    /// Reads an expression.
    pub(super) fn eval(&mut self, cx: &Cx, state: &mut State, expr: &Expr) -> CodeValue {
        match &*expr.kind {
            ExprKind::Name(name) => self.name(cx, state, name, expr.span),
            ExprKind::Member(object, field) => {
                let is_left = !state.left.is_empty();
                if let Some(left) =
                    is_left.then(|| dotted_text(expr)).flatten().and_then(|name| state.left(&name).cloned())
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
            ExprKind::Text(text) => CodeValue::kind(ValueKind::Text(Rc::from(text.as_str()), Rc::new(Vec::new()))),
            ExprKind::Template(text, parts) => {
                let parts: Vec<CodeValue> = parts.iter().map(|part| self.eval(cx, state, part)).collect();
                let labels = merge_labels(parts.iter());
                CodeValue::labelled(labels, ValueKind::Text(Rc::from(text.as_str()), Rc::new(parts)))
            }
            ExprKind::Constant(text) => constant_from_text(text),
            ExprKind::Not(inner) => {
                let truth = self.eval(cx, state, inner).truth();
                value_with_truth(Truth { yes: truth.no.clone(), no: truth.yes.clone() })
            }
            ExprKind::Logic { all, parts } => self.logic(cx, state, *all, parts),
            ExprKind::Compare(parts, signs) => self.compare(cx, state, (parts, signs), expr.span),
            ExprKind::List(items) => {
                let items: Vec<CodeValue> = items.iter().map(|item| self.eval(cx, state, item)).collect();
                CodeValue::labelled(merge_labels(items.iter()), ValueKind::List(Rc::new(items)))
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
                CodeValue::kind(ValueKind::Function(reference, state.names.clone()))
            }
            ExprKind::Other(parts) => {
                let parts: Vec<CodeValue> = parts.iter().map(|part| self.eval(cx, state, part)).collect();
                match parts.as_slice() {
                    [one] => one.clone(),
                    _ => CodeValue::of(merge_labels(parts.iter())),
                }
            }
        }
    }

    fn logic(&mut self, cx: &Cx, state: &mut State, all: bool, parts: &[Expr]) -> CodeValue {
        let mut path = state.clone();
        let mut value = CodeValue { never: false, ..CodeValue::default() };
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
                truth = Truth { no: truth.no.or(&no), yes: combine_facts(&truth.yes, &own.yes) };
                self.learn(&mut path, &own.yes);
            } else {
                let mut yes = truth.no.clone();
                yes.and(&own.yes);
                truth = Truth { yes: truth.yes.or(&yes), no: combine_facts(&truth.no, &own.no) };
                self.learn(&mut path, &own.no);
            }
            value = if place == 0 { part } else { value.merged(&part) };
            state.take_new(&path);
        }
        value.never = false;
        value.truth = Some(Rc::new(truth));
        value
    }

    fn compare(&mut self, cx: &Cx, state: &mut State, (parts, signs): (&[Expr], &[String]), span: Span) -> CodeValue {
        let values: Vec<CodeValue> = parts.iter().map(|part| self.eval(cx, state, part)).collect();
        let ([first, second], [sign]) = (values.as_slice(), signs) else { return CodeValue::default() };
        let sign = sign.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_method =
            matches!(parts.first().map(|part| &*part.kind), Some(ExprKind::Member(_, field)) if field == "method");
        if let Some(holds) = Self::known_method(first, second).filter(|_| is_method) {
            let is_negative = matches!(sign.as_str(), "!=" | "!==" | "not in");
            return constant_from_text(if holds == is_negative { "False" } else { "True" });
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
            "==" | "===" | "is" | "in" | "contains" => value_with_truth(truth),
            "!=" | "!==" | "is not" | "not in" | "<>" => value_with_truth(Truth { yes: truth.no, no: truth.yes }),
            _ => CodeValue::default(),
        };
        made.kind = comparison_condition(first, second, &sign);
        made
    }

    /// Returns what holds where two values are equal, or where the first is within the second.
    pub(super) fn equal(
        &mut self,
        cx: &Cx,
        state: &State,
        (one, two): (&CodeValue, &CodeValue),
        (sign, parts): (&str, &[Expr]),
        span: Span,
    ) -> Facts {
        let mark = self.mark(cx, span);
        let (a, b) = (one.labels, two.labels);
        let tie = if sign == "in" { CallerTie::Access } else { CallerTie::Owner };
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
                    return role_facts(mark);
                }
            }
            if caller.tenant && other.is_chosen() {
                return self.tie(other, CallerTie::Access, mark);
            }
            if caller.role {
                return role_facts(mark);
            }
            if caller.claimed && other.is_chosen() {
                return self.tie(other, CallerTie::Claimed, mark);
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
                return self.tie(Labels { ids: Default::default(), ..value.labels }, CallerTie::Access, mark);
            }
        }
        self.equal_objects(state, (one, two), mark)
    }

    /// Two objects, or an object and an id: where one is tied, so is the other.
    fn equal_objects(&mut self, state: &State, (one, two): (&CodeValue, &CodeValue), mark: CodeMark) -> Facts {
        let mut facts = Facts::default();
        for (from, to) in [(one, two), (two, one)] {
            let objects = from.labels.objects.iter().filter_map(|object| self.guard(&state.facts, object));
            let ids = from.labels.ids.iter().filter_map(|id| {
                state
                    .facts
                    .get(Key::Id(id))
                    .map(|fact| super::engine::AccessGuard { tie: Some(fact.tie), mark: fact.mark })
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
    fn narrow(&mut self, chosen: Labels, of: &CodeValue) {
        if chosen.ids.is_empty() || !chosen.objects.is_empty() || of.labels.objects.is_empty() {
            return;
        }
        for place in of.labels.objects.iter() {
            if let Some(access) =
                self.accesses.get_mut(place).filter(|access| access.is_many && access.labels.ids.is_empty())
            {
                let column = of.field.clone().unwrap_or_default();
                access.labels = access.labels.with(chosen);
                access.clauses.push(QueryCondition::Equal(ColumnBinding { column, labels: chosen, field: None }));
                access.is_many = false;
            }
        }
    }

    fn record(&mut self, cx: &Cx, state: &mut State, entries: &[RecordEntry]) -> CodeValue {
        let mut made = Vec::with_capacity(entries.len());
        let mut labels = Labels::default();
        for entry in entries {
            let value = self.eval(cx, state, &entry.value);
            labels = labels.with(value.labels);
            match &entry.key {
                Some(key) => {
                    let name = literal_text(key)
                        .or(key.name())
                        .map(str::to_owned)
                        .or_else(|| dotted_text(key))
                        .unwrap_or_default();
                    made.push((Rc::from(name), value));
                }
                None => match value.kind {
                    ValueKind::Record(inner) => made.extend(inner.iter().cloned()),
                    _ => made.push((Rc::from("..."), value)),
                },
            }
        }
        CodeValue::labelled(labels, ValueKind::Record(Rc::new(made)))
    }

    fn choice(&mut self, cx: &Cx, state: &mut State, test: &Expr, (yes, no): (&Expr, &Expr)) -> CodeValue {
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
    ) -> CodeValue {
        let mut inner = state.clone();
        let mut source_labels = Labels::default();
        for clause in clauses {
            let source = self.eval(cx, &mut inner, &clause.source);
            let element = match &source.kind {
                ValueKind::Store(_) | ValueKind::Query(_) => {
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
        CodeValue { labels: made.labels.with(source_labels), ..CodeValue::if_true(yes) }
    }

    /// The elements of a table in memory or of a query for which conditions hold.
    pub(super) fn filtered(
        &mut self,
        cx: &Cx,
        state: &mut State,
        source: &CodeValue,
        (target, conditions): (&Expr, &[Expr]),
        span: Span,
    ) -> CodeValue {
        let mut query = match &source.kind {
            ValueKind::Query(query) => query.as_ref().clone(),
            ValueKind::Store(name) => Query { model: Some(name.clone()), ..Query::default() },
            _ => return source.plain(),
        };
        query.mark = self.mark(cx, span);
        let mut inner = state.clone();
        self.assign(cx, &mut inner, target, &CodeValue::default(), span);
        for condition in conditions {
            query.clauses.extend(self.clauses_of(cx, &mut inner, condition));
        }
        let is_many = !query.clauses.iter().any(names_object);
        self.send(cx, state, &query, is_many)
    }

    /// One element of a value that holds many.
    pub(super) fn element(&mut self, cx: &Cx, state: &mut State, value: &CodeValue, span: Span) -> CodeValue {
        match &value.kind {
            ValueKind::Store(name) => {
                let query = Query { model: Some(name.clone()), mark: self.mark(cx, span), ..Query::default() };
                self.send(cx, state, &query, true)
            }
            ValueKind::Query(_) => self.settle(cx, state, value.clone(), span),
            ValueKind::List(items) if items.len() == 1 => items.first().cloned().unwrap_or_default(),
            _ => value.plain(),
        }
    }

    fn operation(&mut self, cx: &Cx, state: &mut State, sign: &str, parts: &[Expr]) -> CodeValue {
        let values: Vec<CodeValue> = parts.iter().map(|part| self.eval(cx, state, part)).collect();
        let labels = merge_labels(values.iter());
        let kind = match (values.as_slice(), sign) {
            (
                [CodeValue { kind: ValueKind::Text(a, first), .. }, CodeValue { kind: ValueKind::Text(b, second), .. }],
                "+",
            ) => {
                let parts = first.iter().chain(second.iter()).cloned().collect();
                ValueKind::Text(Rc::from(format!("{a}{b}")), Rc::new(parts))
            }
            ([CodeValue { kind: ValueKind::Text(a, first), .. }, other], "+") => {
                let parts = first.iter().cloned().chain(Some(other.plain())).collect();
                ValueKind::Text(Rc::from(format!("{a}{{}}")), Rc::new(parts))
            }
            ([CodeValue { kind: ValueKind::Text(text, _), .. }, other], "%") => {
                let parts = match &other.kind {
                    ValueKind::List(items) => items.as_ref().clone(),
                    _ => vec![other.plain()],
                };
                ValueKind::Text(Rc::from(text.replace("%s", "{}").replace("%d", "{}")), Rc::new(parts))
            }
            ([one, two], "&" | "|") => match (&one.kind, &two.kind, sign) {
                (ValueKind::Condition(a), ValueKind::Condition(b), "&") => {
                    ValueKind::Condition(Rc::new(a.iter().chain(b.iter()).cloned().collect()))
                }
                (ValueKind::Condition(a), ValueKind::Condition(b), _) => ValueKind::Condition(Rc::new(vec![
                    QueryCondition::Any(vec![a.as_ref().clone(), b.as_ref().clone()]),
                ])),
                (ValueKind::Query(query), _, _) => ValueKind::Query(query.clone()),
                _ => ValueKind::Plain,
            },
            ([CodeValue { kind: ValueKind::Condition(_), .. }], "~") => {
                ValueKind::Condition(Rc::new(vec![QueryCondition::Other]))
            }
            _ => ValueKind::Plain,
        };
        CodeValue { labels, kind, ..CodeValue::default() }
    }

    fn index(&mut self, cx: &Cx, state: &mut State, (object, key): (&Expr, &Expr), span: Span) -> CodeValue {
        let keyed = self.eval(cx, state, key);
        let name = literal_text(key).map(str::to_owned);
        if let (Some(object), Some(name)) = (dotted_text(object), &name)
            && let Some(left) = state.left(&format!("{object}.{name}"))
        {
            return left.clone();
        }
        let value = self.eval(cx, state, object);
        match (&value.kind, &name) {
            (ValueKind::Store(store), _) => {
                let bound = ColumnBinding { column: Rc::from(""), labels: keyed.labels, field: keyed.field.clone() };
                let query = Query {
                    model: Some(store.clone()),
                    clauses: vec![QueryCondition::Equal(bound)],
                    mark: self.mark(cx, span),
                    ..Query::default()
                };
                self.send(cx, state, &query, false)
            }
            (ValueKind::Request(Part::Path), None) => CodeValue::of(self.path_labels()),
            (ValueKind::Query(_), _) => self.settle(cx, state, value.clone(), span),
            (_, Some(name)) => {
                let entry = self.field(cx, state, &value, name, span);
                self.note_entry(&value, &entry);
                entry
            }
            (ValueKind::List(items), None) => CodeValue::of(merge_labels(items.iter())),
            // A field whose name is computed: `record[name]`.
            _ => CodeValue { field: Some(Rc::from("")), ..value.plain() },
        }
    }

    /// Changes an entry of a table in memory.
    pub(super) fn change_store(
        &mut self,
        cx: &Cx,
        state: &mut State,
        (into, key): (&CodeValue, &CodeValue),
        span: Span,
    ) {
        let ValueKind::Store(store) = &into.kind else { return };
        if !key.labels.is_chosen() {
            // A key that the server made up is a new one.
            self.note_made(store);
            return;
        }
        let bound = ColumnBinding { column: Rc::from(""), labels: key.labels, field: key.field.clone() };
        let query = Query {
            model: Some(store.clone()),
            clauses: vec![QueryCondition::Equal(bound)],
            mark: self.mark(cx, span),
            ..Query::default()
        };
        let value = self.send(cx, state, &query, false);
        self.note_use(cx, state, &value, CodeAccessVerb::Mutate, span);
    }
}

/// Whether a condition names one object.
pub(super) fn names_object(clause: &QueryCondition) -> bool {
    match clause {
        QueryCondition::Equal(bound) => {
            bound.labels.is_chosen() && (words::is_id(&bound.column) || words::is_primary(&bound.column))
        }
        QueryCondition::Any(arms) => arms.iter().flatten().any(names_object),
        QueryCondition::Other => false,
    }
}

/// What a comparison is as a condition of a query.
fn comparison_condition(first: &CodeValue, second: &CodeValue, sign: &str) -> ValueKind {
    if !matches!(sign, "==" | "===" | "in" | "<<") {
        return ValueKind::Condition(Rc::new(vec![QueryCondition::Other]));
    }
    let column = |value: &CodeValue| value.field.clone().filter(|_| value.labels.is_plain());
    let (column, value) = match (column(first), column(second)) {
        (Some(column), _) => (column, second),
        (None, Some(column)) => (column, first),
        (None, None) => return ValueKind::Plain,
    };
    let bound = ColumnBinding { column, labels: value.labels, field: value.field.clone() };
    ValueKind::Condition(Rc::new(vec![QueryCondition::Equal(bound)]))
}

fn role_facts(mark: CodeMark) -> Facts {
    Facts::of(vec![super::facts::OwnershipFact { key: Key::Role, tie: CallerTie::Access, mark }])
}

fn combine_facts(one: &Facts, two: &Facts) -> Facts {
    let mut all = one.clone();
    all.and(two);
    all
}

fn value_with_truth(truth: Truth) -> CodeValue {
    CodeValue { truth: Some(Rc::new(truth)), ..CodeValue::default() }
}

fn with_truth(mut value: CodeValue) -> CodeValue {
    value.truth = Some(value.truth());
    value
}

/// Returns the value of a default.
pub(super) fn constant_of(expr: &Expr) -> CodeValue {
    match &*expr.kind {
        ExprKind::Constant(text) => constant_from_text(text),
        _ => CodeValue::default(),
    }
}

fn constant_from_text(text: &str) -> CodeValue {
    match text {
        "True" | "true" => value_with_truth(Truth { yes: Facts::default(), no: Facts::impossible() }),
        "False" | "false" | "0" => value_with_truth(Truth { yes: Facts::impossible(), no: Facts::default() }),
        _ if is_none(text) => none_value(),
        _ => CodeValue::default(),
    }
}

/// Returns what all of these were made of.
pub(super) fn merge_labels<'a>(values: impl Iterator<Item = &'a CodeValue>) -> Labels {
    values.fold(Labels::default(), |labels, value| labels.with(value.labels))
}
