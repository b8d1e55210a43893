//! What the verbs of data libraries do with queries, models, repositories, connections and tables in memory.

use std::rc::Rc;

use super::calls::Call;
use super::engine::{Cx, HandlerReader};
use super::expressions::names_object;
use super::idioms::{self, Does, VerbReceiver};
use super::libraries::clauses_of_given;
use super::queries::{clauses_of_value, equal_clause};
use super::report::CodeAccessVerb;
use super::state::State;
use super::value::{CodeValue, ColumnBinding, Labels, Query, QueryCondition, Sends, ValueKind};
use super::words;

impl HandlerReader<'_> {
    /// A verb on a query, a model or a repository. `None` where no library has such a verb.
    pub(super) fn verb(
        &mut self,
        cx: &Cx,
        state: &mut State,
        call: &Call,
        (shape, receiver): (VerbReceiver, &CodeValue),
    ) -> Option<CodeValue> {
        let mut query = match &receiver.kind {
            ValueKind::Query(query) => query.as_ref().clone(),
            ValueKind::Class(name, _) | ValueKind::Repository(name) => {
                Query { model: Some(name.clone()), ..Query::default() }
            }
            _ => return None,
        };

        let named = self.named_finder(call, &query);
        if let Some(query) = named {
            return Some(self.sent(cx, state, call, (query, !call.name.contains("All") && call.name.contains("By"))));
        }
        let Some(does) = idioms::find_verb(shape, call.name) else {
            // A class of nobody's library: what it makes is not data.
            return if shape == VerbReceiver::Query { Some(self.chained(cx, call, query)) } else { None };
        };
        query.mark = self.mark(cx, call.span);

        // Django's `all()` sends nothing yet.
        let is_lazy = call.name == "all" && self.framework == crate::routes::FrameworkName::Django;
        match if is_lazy { Does::Chain } else { does } {
            Does::Chain => {
                if let Some(ValueKind::Class(name, _)) = call.positional(0).map(|first| &first.kind) {
                    query.model.get_or_insert(name.clone());
                }
                Some(CodeValue::kind(ValueKind::Query(Rc::new(query))))
            }
            Does::Exclude => Some(CodeValue::kind(ValueKind::Query(Rc::new(query)))),
            Does::Narrow => {
                query.clauses.extend(self.narrowing(call));
                if call.given.iter().any(|given| matches!(given.value.kind, ValueKind::Function(..))) {
                    return Some(self.sent(cx, state, call, (query, call.name != "find")));
                }
                Some(CodeValue::kind(ValueKind::Query(Rc::new(query))))
            }
            Does::Fetch => {
                // `.first(cb)`, `.then(row => ..)` take no conditions.
                Some(self.sent(cx, state, call, (query, idioms::FETCHES_ONE.contains(&call.name))))
            }
            Does::FetchOne | Does::FetchMany => {
                query.clauses.extend(self.narrowing(call));
                Some(self.sent(cx, state, call, (query, does == Does::FetchOne)))
            }
            Does::Update | Does::Delete => Some(self.change(cx, state, call, (query, shape, does))),
            Does::Create => {
                query.model.iter().for_each(|model| self.note_made(model));
                let labels = call.labels();
                let parents = CodeValue::of(Labels { ids: Default::default(), ..labels });
                self.note_relation(cx, state, &parents, call.span);
                Some(CodeValue::default())
            }
        }
    }

    fn chained(&mut self, cx: &Cx, call: &Call, mut query: Query) -> CodeValue {
        query.mark = self.mark(cx, call.span);
        CodeValue::kind(ValueKind::Query(Rc::new(query)))
    }

    /// Sends a query at this call, and runs its callbacks.
    fn sent(&mut self, cx: &Cx, state: &mut State, call: &Call, (query, is_one): (Query, bool)) -> CodeValue {
        let is_many = !is_one && !query.clauses.iter().any(names_object);
        let mut query = query;
        query.mark = self.mark(cx, call.span);
        let value = self.send(cx, state, &query, is_many);
        self.call_back(cx, state, call, &value);

        // Behind a load that throws, the object is there, and what follows from that is known.
        if idioms::throws_if_absent(call.name) {
            self.learn_presence(state, &value);
        }
        value
    }

    fn change(
        &mut self,
        cx: &Cx,
        state: &mut State,
        call: &Call,
        (mut query, shape, does): (Query, VerbReceiver, Does),
    ) -> CodeValue {
        query.sends = if does == Does::Update { Sends::Update } else { Sends::Delete };
        let has_conditions =
            call.given.iter().any(|given| given.name.is_none() && !matches!(given.value.kind, ValueKind::Function(..)));
        if shape == VerbReceiver::Query {
            // `queryset.update(paid=True)`; Mongoose and knex narrow before.
            let waits = call.name == "update" && query.clauses.is_empty() && query.parents.is_empty();

            if waits {
                return CodeValue::kind(ValueKind::Query(Rc::new(query)));
            }
            return self.sent(cx, state, call, (query, false));
        }

        if !has_conditions && shape == VerbReceiver::Class {
            // `Invoice.update(paid=True).where(..)`
            return CodeValue::kind(ValueKind::Query(Rc::new(query)));
        }
        // `repository.delete(invoice)`, `repository.save(invoice)`
        if let Some(object) = call.positional(0).filter(|first| {
            !first.labels.objects.is_empty() && first.field.is_none() && !matches!(first.kind, ValueKind::Record(_))
        }) {
            let what = if does == Does::Update { CodeAccessVerb::Mutate } else { CodeAccessVerb::Delete };
            self.note_use(cx, state, &object.clone(), what, call.span);
            return object.clone();
        }
        let with_where = call.given.iter().find(|given| match &given.value.kind {
            ValueKind::Record(entries) => entries.iter().any(|(name, _)| idioms::CONDITION_KEYS.contains(&&**name)),
            _ => false,
        });
        match with_where {
            Some(given) => query.clauses.extend(clauses_of_given(given)),
            // Without a key for conditions, the first argument is the filter in the drivers of Mongo.
            None => query.clauses.extend(call.positional(0).map(clauses_of_value).unwrap_or_default()),
        }
        let named = call.given.iter().filter(|given| given.name.is_some());

        // Named arguments of a deletion are conditions; those of an update are new values.
        if does == Does::Delete {
            query.clauses.extend(named.flat_map(clauses_of_given));
        }
        self.sent(cx, state, call, (query, false))
    }

    /// The conditions that a call adds.
    fn narrowing(&self, call: &Call) -> Vec<QueryCondition> {
        let positional: Vec<CodeValue> = call
            .given
            .iter()
            .filter(|given| given.name.is_none() && !matches!(given.value.kind, ValueKind::Function(..)))
            .map(|given| given.value.clone())
            .collect();
        match positional.as_slice() {
            // `.where('id', id)`, `.where('id', '=', id)`, `.where('invoice.id = :id', { id })`
            [CodeValue { kind: ValueKind::Text(text, parts), .. }, rest @ ..] if !rest.is_empty() => {
                let is_column = text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.'));
                match rest {
                    [value] if is_column => vec![equal_clause(text.rsplit('.').next().unwrap_or(text), value)],
                    [CodeValue { kind: ValueKind::Text(sign, _), .. }, value] if is_column => {
                        if matches!(&**sign, "=" | "==" | "in" | "array-contains") {
                            vec![equal_clause(text, value)]
                        } else {
                            vec![QueryCondition::Other]
                        }
                    }
                    _ => fragment_clauses(text, parts, rest),
                }
            }
            _ => self.clauses_given(call),
        }
    }

    /// `findByIdAndOwnerId(id, owner)`, `existsByIdAndOwner(..)`
    fn named_finder(&self, call: &Call, query: &Query) -> Option<Query> {
        let (verb, columns) = call.name.split_once("By")?;
        let known =
            ["find", "get", "read", "query", "exists", "count", "delete", "remove", "findFirst", "findOne", "findAll"];
        if !known.contains(&verb)
            || columns.is_empty()
            || matches!(columns, "Pk" | "Id" | "IdAndUpdate" | "IdAndDelete" | "IdAndRemove" | "OrFail" | "PrimaryKey")
                && !matches!(verb, "delete" | "exists")
        {
            return None;
        }
        let columns = columns.split("OrderBy").next().unwrap_or(columns);
        let mut query = query.clone();
        let mut values = call.given.iter().map(|given| &given.value);
        let arms: Vec<Vec<QueryCondition>> = columns
            .split("Or")
            .map(|arm| {
                let bound = arm.split("And").map(|column| {
                    let is_negative = column.ends_with("Not") || column.ends_with("NotIn");
                    let value = values.next().cloned().unwrap_or_default();
                    if is_negative { QueryCondition::Other } else { equal_clause(column, &value) }
                });
                bound.collect()
            })
            .collect();
        match arms.as_slice() {
            [one] => query.clauses.extend(one.iter().cloned()),
            _ => query.clauses.push(QueryCondition::Any(arms)),
        }
        if matches!(verb, "delete" | "remove") {
            query.sends = Sends::Delete;
        }
        Some(query)
    }

    /// `session.query(Invoice)`, `session.get(Invoice, id)`, `session.execute(query)`, `session.delete(invoice)`
    pub(super) fn connection_call(
        &mut self,
        cx: &Cx,
        state: &mut State,
        call: &Call,
        receiver: &CodeValue,
    ) -> Option<CodeValue> {
        if matches!(
            call.name,
            "fetchone" | "fetchall" | "fetchmany" | "first" | "mappings" | "scalars" | "scalar" | "one" | "all"
        ) && call.given.is_empty()
        {
            return Some(receiver.plain());
        }
        if matches!(call.name, "collection" | "get_collection" | "model" | "getRepository" | "table" | "from")
            && let Some(name) = call.text(0)
        {
            return Some(CodeValue::kind(ValueKind::Repository(Rc::from(name))));
        }
        let Some(first) = call.positional(0).cloned() else {
            // `db.select().from(invoices)`
            if matches!(call.name, "select" | "delete" | "update") {
                return Some(CodeValue::kind(ValueKind::Query(Rc::new(Query {
                    sends: sends_of(call.name),
                    ..Query::default()
                }))));
            }

            return Some(if idioms::is_connection(call.name) || call.name == "begin" {
                receiver.clone()
            } else {
                CodeValue::default()
            });
        };

        match &first.kind {
            ValueKind::Class(name, _) | ValueKind::Repository(name) => Some(self.on_class_given(cx, state, call, name)),
            ValueKind::Query(query) => {
                let query = query.as_ref().clone();
                let is_one = query.clauses.iter().any(names_object)
                    || matches!(call.name, "scalar" | "scalar_one" | "first_or_404" | "one_or_404" | "fetch_one");
                Some(self.sent(cx, state, call, (query, is_one)))
            }
            _ if !first.labels.objects.is_empty() && first.field.is_none() => {
                self.object_given(cx, state, call, &first);
                Some(first)
            }
            // With a choice of the client in it, the call is looked at once more as one of an unknown library.
            _ if matches!(call.name, "collection" | "query" | "execute" | "get" | "run" | "all")
                && call.labels().is_chosen() =>
            {
                None
            }
            _ => Some(CodeValue { never: false, ..self.leftover(cx, state, call) }),
        }
    }

    /// `session.delete(invoice)`, `session.merge(invoice)`
    fn object_given(&mut self, cx: &Cx, state: &State, call: &Call, object: &CodeValue) {
        let name = words::simplify_name(call.name);
        let starts = |words: &[&str]| words.iter().any(|word| name.starts_with(word));

        if starts(&["delete", "remove"]) {
            self.note_use(cx, state, object, CodeAccessVerb::Delete, call.span);
        } else if starts(&["merge", "save", "persist", "update"]) {
            self.note_use(cx, state, object, CodeAccessVerb::Mutate, call.span);
        }
    }

    fn leftover(&mut self, cx: &Cx, state: &mut State, call: &Call) -> CodeValue {
        let value = CodeValue::of(Labels { subject: false, ..call.labels() });
        self.call_back(cx, state, call, &CodeValue::kind(ValueKind::Connection));
        value
    }

    fn on_class_given(&mut self, cx: &Cx, state: &mut State, call: &Call, name: &Rc<str>) -> CodeValue {
        let mut query = Query {
            model: Some(name.clone()),
            mark: self.mark(cx, call.span),
            sends: sends_of(call.name),
            ..Query::default()
        };

        // With the model alone the query is only begun; further arguments are conditions.
        if matches!(call.name, "query" | "select" | "createQueryBuilder" | "update" | "delete" | "from")
            && call.given.len() <= 1
        {
            return CodeValue::kind(ValueKind::Query(Rc::new(query)));
        }
        query.clauses.extend(call.given.iter().skip(1).flat_map(clauses_of_given));
        let is_many = matches!(call.name, "find" | "findBy" | "query" | "select" | "paginate");

        if matches!(call.name, "query" | "select") {
            return CodeValue::kind(ValueKind::Query(Rc::new(query)));
        }
        self.sent(cx, state, call, (query, !is_many))
    }

    /// `STORE.get(id)`, `invoices.find(i => i.id === id)`
    pub(super) fn store_call(
        &mut self,
        cx: &Cx,
        state: &mut State,
        call: &Call,
        receiver: &CodeValue,
    ) -> Option<CodeValue> {
        let ValueKind::Store(store) = &receiver.kind else { return None };
        let mut query = Query { model: Some(store.clone()), mark: self.mark(cx, call.span), ..Query::default() };

        match call.name {
            "get" | "pop" | "delete" | "setdefault" | "at" | "__getitem__" => {
                let key = call.positional(0).cloned().unwrap_or_default();
                query.clauses.push(equal_clause("", &key));

                if matches!(call.name, "pop" | "delete") {
                    query.sends = Sends::Delete;
                }
                Some(self.send(cx, state, &query, false))
            }
            "find" | "filter" | "findIndex" | "some" | "findLast" => {
                let function = call.given.first().and_then(|given| match &given.value.kind {
                    ValueKind::Function(function, _) => Some(function.function.clone()),
                    _ => None,
                })?;
                let body = function.body.first().and_then(|statement| match &statement.kind {
                    crate::ir::StatementKind::Return(Some(value)) => Some(value.clone()),
                    _ => None,
                });
                let name = function.parameters.first().map(|first| first.name.clone()).unwrap_or_default();
                let target = crate::ir::Expr::new(crate::ir::ExprKind::Name(name), call.span);
                let conditions: Vec<_> = body.into_iter().collect();
                Some(self.filtered(cx, state, receiver, (&target, &conditions), call.span))
            }
            "values" | "items" | "entries" | "copy" | "map" | "forEach" => {
                if call.given.is_empty() {
                    return Some(receiver.clone());
                }
                let element = self.element(cx, state, receiver, call.span);
                self.call_back(cx, state, call, &element);
                Some(element)
            }
            "remove" | "splice" => {
                let object = CodeValue::of(call.labels());
                self.note_use(cx, state, &object, CodeAccessVerb::Delete, call.span);
                Some(CodeValue::default())
            }
            "set" => {
                let key = call.positional(0).cloned().unwrap_or_default();
                self.change_store(cx, state, (receiver, &key), call.span);
                Some(CodeValue::default())
            }
            "append" | "push" | "add" | "insert" | "unshift" => {
                self.note_made(store);
                Some(CodeValue::default())
            }
            _ => Some(CodeValue::default()),
        }
    }
}

pub(super) fn sends_of(name: &str) -> Sends {
    match name {
        "delete" | "remove" | "softDelete" => Sends::Delete,
        "update" => Sends::Update,
        _ => Sends::Load,
    }
}

/// A condition in SQL with its values behind it.
fn fragment_clauses(text: &str, parts: &[CodeValue], rest: &[CodeValue]) -> Vec<QueryCondition> {
    let mut parts = parts.to_vec();
    for value in rest {
        match &value.kind {
            ValueKind::Record(entries) => {
                // `:id` stands for the entry of that name.
                let named: Vec<(Rc<str>, CodeValue)> = entries.as_ref().clone();
                let replaced =
                    named.iter().fold(text.to_owned(), |text, (name, _)| text.replace(&format!(":{name}"), "{}"));
                let mut order: Vec<(usize, CodeValue)> = named
                    .iter()
                    .filter_map(|(name, value)| text.find(&format!(":{name}")).map(|at| (at, value.clone())))
                    .collect();
                // The values must stand in the order of their marks in the text.
                order.sort_by_key(|(at, _)| *at);
                let values: Vec<CodeValue> = order.into_iter().map(|(_, value)| value).collect();
                return super::sql::read_conditions(&replaced, &values);
            }
            ValueKind::List(items) => parts.extend(items.iter().cloned()),
            _ => parts.push(value.clone()),
        }
    }

    super::sql::read_conditions(text, &parts)
}

/// Makes the condition that names an object by its key.
pub(super) fn by_key(labels: Labels) -> QueryCondition {
    QueryCondition::Equal(ColumnBinding { column: Rc::from(""), labels, field: None })
}
