//! Methods of what is known: of requests and responses, of what was loaded, of the caller.

use std::rc::Rc;

use super::calls::Call;
use super::engine::{Cx, Engine};
use super::facts::{Fact, Facts, Key, Tie};
use super::idioms::{self, Does, Shape};
use super::report::AccessVerb;
use super::state::State;
use super::value::{Kind, Labels, Part, Query, Truth, Value};
use super::words;

impl Engine<'_> {
    pub(super) fn on_receiver(&mut self, cx: &Cx, state: &mut State, call: &Call) -> Option<Value> {
        let receiver = call.receiver.clone()?;
        match &receiver.kind {
            Kind::Request(part) => self.request_call(cx, *part, call),
            Kind::Response => {
                for given in &call.given {
                    let settled = self.settle(cx, state, given.value.clone(), call.span);
                    if !matches!(call.name, "redirect" | "set" | "header" | "setHeader" | "cookie") {
                        self.note_use(cx, state, &settled, AccessVerb::Read, call.span);
                    }
                }
                Some(Value::kind(Kind::Response))
            }
            Kind::Query(_) => self.verb(cx, state, call, (Shape::Query, &receiver)),
            Kind::Class(_, class) => {
                let own = class.as_ref().and_then(|class| self.project.method(class, call.name));
                if own.is_some() {
                    return None;
                }
                self.verb(cx, state, call, (Shape::Class, &receiver))
            }
            Kind::Repository(_) => self.verb(cx, state, call, (Shape::Repository, &receiver)),
            Kind::Connection => self.connection_call(cx, state, call, &receiver),
            Kind::Store(_) => self.store_call(cx, state, call, &receiver),
            Kind::Text(text, parts) if call.name == "format" => {
                let parts = parts.iter().cloned().chain(call.given.iter().map(|given| given.value.clone())).collect();
                let labels = receiver.labels.with(call.labels());
                Some(Value { labels, kind: Kind::Text(text.clone(), Rc::new(parts)), ..Value::default() })
            }
            Kind::Instance(_) | Kind::Function(..) if !receiver.labels.is_chosen() => None,
            Kind::Record(entries) if matches!(call.name, "get" | "pop") => {
                let key = call.text(0)?;
                super::state::find(entries, key).cloned()
            }
            Kind::Condition(_) => Some(receiver.clone()),
            _ if matches!(call.name, "in_" | "is_" | "contains" | "eq" | "__eq__")
                && receiver.labels.is_plain()
                && receiver.field.is_some() =>
            {
                let value = call.positional(0).cloned().unwrap_or_default();
                let clause = super::queries::equal(receiver.field.as_deref().unwrap_or(""), &value);
                Some(Value { labels: value.labels, kind: Kind::Condition(Rc::new(vec![clause])), ..Value::default() })
            }
            _ if receiver.labels.is_plain() => None,
            _ => self.on_labelled(cx, state, call, &receiver),
        }
    }

    /// `request.args.get('id')`, `request.get_json()`
    pub(super) fn request_call(&mut self, cx: &Cx, part: Part, call: &Call) -> Option<Value> {
        if matches!(call.name, "switchToHttp" | "getRequest") {
            return Some(Value::kind(Kind::Request(part)));
        }
        if let Some(body) = idioms::request_method(call.name).filter(|_| part == Part::Whole) {
            return Some(match call.text(0) {
                Some(key) if call.name != "get_json" => self.of_request(cx, body, key, call.span),
                _ => self.part_of_request(body, call.name),
            });
        }
        match (call.text(0), part) {
            (Some(key), _)
                if matches!(call.name, "get" | "getlist" | "pop" | "get_argument" | "getAll" | "getOrDefault") =>
            {
                Some(self.of_request(cx, if part == Part::Whole { Part::Headers } else { part }, key, call.span))
            }
            (None, Part::Path) if matches!(call.name, "get" | "pop") => Some(Value::of(self.path_labels())),
            (None, Part::Body | Part::Query) if call.labels().is_plain() && !call.given.is_empty() => {
                let from =
                    if part == Part::Body { super::report::IdOrigin::Body } else { super::report::IdOrigin::Query };
                Some(Value::of(self.client("*", from)))
            }
            (_, Part::Whole) if words::is_one_of(call.name, &words::SUBJECT_NAMES) => {
                Some(self.ask_caller(cx, call.span))
            }
            _ => Some(Value::kind(Kind::Request(part))).filter(|_| part != Part::Whole),
        }
    }

    /// A method of something that was loaded, or of the caller.
    pub(super) fn on_labelled(&mut self, cx: &Cx, state: &mut State, call: &Call, receiver: &Value) -> Option<Value> {
        let labels = call.labels();
        let given_function = call.given.iter().any(|given| matches!(given.value.kind, Kind::Function(..)));
        let mark = self.mark(cx, call.span);
        if idioms::EQUALS.contains(&call.name) {
            let sign = if matches!(call.name, "equals" | "isEqual" | "equalsIgnoreCase") { "==" } else { "in" };
            let other = call.positional(0).cloned().unwrap_or_default();
            let yes = self.equal(cx, state, (&other, receiver), (sign, &[]), call.span);
            return Some(Value { truth: Some(Rc::new(Truth { yes, no: Facts::default() })), ..Value::default() });
        }
        if given_function {
            let made = self.call_back(cx, state, call, &receiver.plain());
            let truth = made.into_iter().find_map(|value| value.truth);
            let truth = truth.map(|truth| Rc::new(Truth { yes: truth.yes.clone(), no: Facts::default() }));
            return Some(Value {
                truth: truth.filter(|_| matches!(call.name, "some" | "every" | "find" | "anyMatch" | "any")),
                ..receiver.plain()
            });
        }
        let is_subject = receiver.labels.subject && !receiver.labels.is_chosen();
        if is_subject {
            return self.on_caller(cx, state, call, (receiver, labels));
        }
        if receiver.labels.objects.is_empty() {
            return None;
        }
        if receiver.field.is_some() && call.text(0).is_none() {
            // `order.items.filter_by(id=..)`
            let query = Query { parents: receiver.labels.objects, mark, ..Query::default() };
            let does = idioms::verb(Shape::Query, call.name);
            if does.is_some_and(|does| !matches!(does, Does::Delete | Does::Update | Does::Create)) {
                let value = Value::kind(Kind::Query(Rc::new(query)));
                return self.verb(cx, state, call, (Shape::Query, &value));
            }
        }
        let name = words::plain(call.name);
        if matches!(
            name.as_str(),
            "delete" | "destroy" | "remove" | "deleteone" | "deleteinstance" | "harddelete" | "softdelete"
        ) {
            self.note_use(cx, state, receiver, AccessVerb::Delete, call.span);
        } else if idioms::CHANGES.iter().any(|word| name.starts_with(word)) {
            self.note_use(cx, state, receiver, AccessVerb::Mutate, call.span);
        } else if words::holds_one_of(call.name, &words::GUARD_PARTS) && (labels.subject || labels.tenant) {
            let yes = self.tie(receiver.labels, Tie::Access, mark);
            return Some(Value { truth: Some(Rc::new(Truth { yes, no: Facts::default() })), ..Value::default() });
        }
        self.password(call, receiver, mark).or_else(|| {
            let labels = Labels { subject: false, ..receiver.labels.with(labels) };
            Some(Value { field: receiver.field.clone(), ..Value::of(labels) })
        })
    }

    /// `user.check_password(..)`: who knows it is let in.
    pub(super) fn password(&self, call: &Call, receiver: &Value, mark: super::facts::Mark) -> Option<Value> {
        let plain = words::plain(call.name);
        let checks = plain.contains("passw")
            || (plain.contains("verify") && words::holds_one_of(call.name, &words::SECRET_WORDS));
        let yes = checks.then(|| self.tie(receiver.labels, Tie::Access, mark))?;
        Some(Value { truth: Some(Rc::new(Truth { yes, no: Facts::default() })), ..Value::default() })
    }

    /// A method of the caller: a role, what belongs to it, or a decision on an object.
    pub(super) fn on_caller(
        &mut self,
        cx: &Cx,
        state: &mut State,
        call: &Call,
        (receiver, labels): (&Value, Labels),
    ) -> Option<Value> {
        let mark = self.mark(cx, call.span);
        let plain = words::plain(call.name);
        if words::holds_one_of(call.name, &words::GUARD_PARTS) && labels.is_chosen() {
            let yes = self.tie(labels, Tie::Access, mark);
            return Some(Value { truth: Some(Rc::new(Truth { yes, no: Facts::default() })), ..Value::default() });
        }
        let is_role =
            words::holds_one_of(call.name, &words::ROLE_PARTS) || plain.starts_with("hasperm") || plain == "can";
        if is_role && !labels.is_chosen() {
            let yes = Facts::of(vec![Fact { key: Key::Role, tie: Tie::Access, mark }]);
            return Some(Value { truth: Some(Rc::new(Truth { yes, no: Facts::default() })), ..Value::default() });
        }
        if is_role {
            let yes = self.tie(labels, Tie::Access, mark);
            return Some(Value { truth: Some(Rc::new(Truth { yes, no: Facts::default() })), ..Value::default() });
        }
        let from_caller = Query { from_subject: true, mark, ..Query::default() };
        if receiver.field.is_some() && idioms::verb(Shape::Query, call.name).is_some() {
            let value = Value::kind(Kind::Query(Rc::new(from_caller)));
            return self.verb(cx, state, call, (Shape::Query, &value));
        }
        // Sequelize: `user.getInvoices({ where: { id } })`
        let is_getter =
            call.name.strip_prefix("get").and_then(|rest| rest.chars().next()).is_some_and(char::is_uppercase);
        if is_getter && !words::is_one_of(call.name, &words::SUBJECT_CALLS) && labels.is_chosen() {
            let query = Query { clauses: self.clauses_given(call), ..from_caller };
            return Some(self.send(cx, state, &query, false));
        }
        if !labels.objects.is_empty() && self.statement_is(call.span) {
            self.note_relation(cx, state, &Value::of(labels), call.span);
        }
        Some(Value::subject())
    }
}
