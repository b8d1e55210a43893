//! Functions of libraries that matter, and calls of no known library that load data by their names.

use std::rc::Rc;

use super::calls::Call;
use super::engine::{Cx, HandlerReader};
use super::facts::CallerTie;
use super::follow::CallArgument;
use super::idioms::{self};
use super::report::CodeAccessVerb;
use super::state::State;
use super::value::{CodeValue, Labels, Query, ValueKind};
use super::words;

impl HandlerReader<'_> {
    /// Functions of libraries that matter: conditions, secrets, objects by class.
    pub(super) fn library_call(&mut self, cx: &Cx, state: &mut State, call: &Call) -> Option<CodeValue> {
        let labels = call.labels();
        let mark = self.mark(cx, call.span);

        if let Some(value) = self.condition_call(call, mark) {
            return Some(value);
        }
        match call.name {
            "any" | "all" | "bool" | "Boolean" | "next" | "str" | "int" | "String" | "Number" | "UUID" | "ObjectId"
            | "parseInt" | "list" | "tuple" | "set" | "sorted" => {
                let first = call.positional(0).cloned().unwrap_or_default();
                if matches!(call.name, "int" | "Number" | "parseInt") {
                    self.note_number(&first);
                }
                self.call_back(cx, state, call, &CodeValue::default());
                let settled = self.settle(cx, state, first, call.span);
                return Some(CodeValue { labels, ..settled });
            }
            "isinstance" | "len" | "url_for" | "redirect" | "print" | "hasattr" | "type" | "reverse" => {
                return Some(CodeValue::default());
            }
            "float" | "parseFloat" | "Decimal" => {
                let first = call.positional(0).cloned().unwrap_or_default();
                self.note_number(&first);
                return Some(first.plain());
            }
            "getattr" => {
                let of = call.positional(0).cloned().unwrap_or_default();
                return call.text(1).map(|field| self.field(cx, state, &of, field, call.span)).or(Some(of.plain()));
            }
            "setattr" => {
                let of = call.positional(0).cloned().unwrap_or_default();
                self.note_use(cx, state, &of, CodeAccessVerb::Mutate, call.span);
                return Some(CodeValue::default());
            }
            _ => {}
        }

        if compares_secret(call) {
            let yes = self.tie(Labels { ids: Default::default(), ..labels }, CallerTie::Access, mark);
            return Some(CodeValue::if_true(yes));
        }

        if matches!(
            call.name,
            "open" | "send_file" | "send_from_directory" | "FileResponse" | "sendFile" | "readFile" | "readFileSync"
        ) && labels.is_chosen()
        {
            return Some(if labels.objects.is_empty() {
                self.file(cx, state, call, labels)
            } else {
                CodeValue::of(labels)
            });
        }

        self.object_or_404(cx, state, call)
    }

    /// Functions that make conditions and queries.
    fn condition_call(&self, call: &Call, mark: super::facts::CodeMark) -> Option<CodeValue> {
        let labels = call.labels();
        match call.name {
            "and_" | "and" | "all_" | "Q" | "In" | "Equal" | "Filter" => {
                let clauses = self.clauses_given(call);
                Some(CodeValue::labelled(labels, ValueKind::Condition(Rc::new(clauses))))
            }
            "select" | "update" | "delete" | "exists" if call.receiver.is_none() => {
                let models = call.given.iter().filter_map(|given| match &given.value.kind {
                    ValueKind::Class(name, _) | ValueKind::Repository(name) => Some(name.clone()),
                    _ => None,
                });
                let query = Query {
                    model: models.into_iter().next(),
                    sends: super::verbs::sends_of(call.name),
                    mark,
                    ..Query::default()
                };

                Some(CodeValue::kind(ValueKind::Query(Rc::new(query))))
            }
            "or_" | "or" => {
                let arms = call.given.iter().map(|given| super::queries::clauses_of_value(&given.value)).collect();
                let kind = ValueKind::Condition(Rc::new(vec![super::value::QueryCondition::Any(arms)]));
                Some(CodeValue { labels, kind, ..CodeValue::default() })
            }
            "eq" | "inArray" => {
                let column = call.positional(0).and_then(|column| column.field.clone()).unwrap_or_default();
                let value = call.positional(1).cloned().unwrap_or_default();
                let kind = ValueKind::Condition(Rc::new(vec![super::queries::equal_clause(&column, &value)]));
                Some(CodeValue { labels, kind, ..CodeValue::default() })
            }
            _ if idioms::NEGATIONS.contains(&call.name) => {
                Some(CodeValue::kind(ValueKind::Condition(Rc::new(vec![super::value::QueryCondition::Other]))))
            }
            _ => None,
        }
    }

    /// A file whose path a client chooses.
    pub(super) fn file(&mut self, cx: &Cx, state: &mut State, call: &Call, labels: Labels) -> CodeValue {
        let bound = super::value::ColumnBinding { column: Rc::from("path"), labels, field: None };
        let query = Query {
            model: Some(Rc::from("file")),
            clauses: vec![super::value::QueryCondition::Equal(bound)],
            mark: self.mark(cx, call.span),
            ..Query::default()
        };

        self.send(cx, state, &query, false)
    }

    /// `get_object_or_404(Invoice, pk=pk)`, `get_or_404(Model.get_by_id, id)`
    pub(super) fn object_or_404(&mut self, cx: &Cx, state: &mut State, call: &Call) -> Option<CodeValue> {
        let plain = words::simplify_name(call.name);
        if !plain.contains("404") && !plain.starts_with("getobject") && plain != "getlistor404" {
            return None;
        }
        let (first, rest) = call.given.split_first()?;
        let mut query = match &first.value.kind {
            ValueKind::Class(name, _) => Query { model: Some(name.clone()), ..Query::default() },
            ValueKind::Query(query) => query.as_ref().clone(),
            ValueKind::Repository(name) => Query { model: Some(name.clone()), ..Query::default() },
            // `get_object_or_404(request.user.notes, pk=pk)` looks among the caller's own.
            _ if first.value.labels.subject => Query { from_subject: true, ..Query::default() },
            _ if !first.value.labels.objects.is_empty() => {
                Query { parents: first.value.labels.objects, ..Query::default() }
            }
            ValueKind::Function(function, around) => {
                let (function, around) = (function.clone(), around.clone());
                let value = self.follow(cx, state, &function, &around, rest.to_vec());
                self.learn_presence(state, &value);
                return Some(value);
            }
            _ => return None,
        };

        query.mark = self.mark(cx, call.span);
        query.clauses.extend(rest.iter().flat_map(clauses_of_given));
        let value = self.send(cx, state, &query, false);
        self.learn_presence(state, &value);

        Some(value)
    }

    /// A call of no library that is known, that by its name loads data by an id.
    pub(super) fn guess(
        &mut self,
        cx: &Cx,
        state: &mut State,
        call: &Call,
        (labels, _): (Labels, Labels),
    ) -> Option<CodeValue> {
        if labels.ids.is_empty() || !labels.objects.is_empty() || !idioms::is_datalike(call.name, call.dotted) {
            return None;
        }
        let mut clauses: Vec<_> = call.given.iter().flat_map(clauses_of_given).collect();
        clauses.retain(|clause| !matches!(clause, super::value::QueryCondition::Other));
        let name = words::simplify_name(call.name);
        let sends = if name.starts_with("delete") || name.starts_with("remove") {
            super::value::Sends::Delete
        } else if name.starts_with("update") || name.starts_with("set") {
            super::value::Sends::Update
        } else {
            super::value::Sends::Load
        };
        let root = call.dotted.rsplit('.').nth(1).filter(|root| root.chars().next().is_some_and(char::is_uppercase));
        let query =
            Query { model: root.map(Rc::from), clauses, sends, mark: self.mark(cx, call.span), ..Query::default() };
        let value = self.send(cx, state, &query, false);

        // A guess is weighed less than an access by a known library.
        for place in value.labels.objects.iter() {
            if let Some(access) = self.accesses.get_mut(place) {
                access.is_guess = true;
            }
        }
        Some(value)
    }

    /// Everything that a call was given, as conditions.
    pub(super) fn clauses_given(&self, call: &Call) -> Vec<super::value::QueryCondition> {
        call.given.iter().flat_map(clauses_of_given).collect()
    }
}

/// Whether a call compares a secret with what is known of it.
fn compares_secret(call: &Call) -> bool {
    let name = words::simplify_name(call.name);
    matches!(
        name.as_str(),
        "comparedigest"
            | "checkpasswordhash"
            | "verifypassword"
            | "checkpassword"
            | "timingsafeequal"
            | "validatepassword"
    ) || call.dotted.ends_with("bcrypt.compare")
        || call.dotted.ends_with("bcrypt.checkpw")
}

/// Reads one argument as conditions.
pub(super) fn clauses_of_given(given: &CallArgument) -> Vec<super::value::QueryCondition> {
    match &given.name {
        Some(name) if idioms::OPTION_KEYS.contains(&&**name) => Vec::new(),
        Some(name) if idioms::CONDITION_KEYS.contains(&&**name) => super::queries::clauses_of_value(&given.value),
        Some(name) if name.ends_with("__ne") || name.ends_with("__not") || name.ends_with("__nin") => {
            vec![super::value::QueryCondition::Other]
        }
        // `owner__id=..` is a condition on the owner.
        Some(name) => vec![super::queries::equal_clause(
            name.split("__").next().filter(|_| !name.starts_with("__")).unwrap_or(name),
            &given.value,
        )],
        None if matches!(given.value.kind, ValueKind::Function(..)) => Vec::new(),
        None => super::queries::clauses_of_value(&given.value),
    }
}
