//! Methods of what is known: of requests and responses, of what was loaded, of the caller.

use std::rc::Rc;

use super::calls::Call;
use super::engine::{Cx, HandlerReader};
use super::facts::{CallerTie, Facts, Key, OwnershipFact};
use super::idioms::{self, Does, VerbReceiver};
use super::report::CodeAccessVerb;
use super::state::State;
use super::value::{CodeValue, Labels, Part, Query, Truth, ValueKind};
use super::words;

impl HandlerReader<'_> {
    pub(super) fn on_receiver(&mut self, cx: &Cx, state: &mut State, call: &Call) -> Option<CodeValue> {
        let receiver = call.receiver.clone()?;
        match &receiver.kind {
            ValueKind::Request(part) => self.request_call(cx, *part, call),
            ValueKind::Response => {
                for given in &call.given {
                    let settled = self.settle(cx, state, given.value.clone(), call.span);
                    // A header or a cookie is no body: what is set there is rarely a loaded object.
                    if !matches!(call.name, "redirect" | "set" | "header" | "setHeader" | "cookie") {
                        self.note_use(cx, state, &settled, CodeAccessVerb::Read, call.span);
                    }
                }

                Some(CodeValue::kind(ValueKind::Response))
            }
            ValueKind::Query(_) => self.verb(cx, state, call, (VerbReceiver::Query, &receiver)),
            ValueKind::Class(_, class) => {
                let own = class.as_ref().and_then(|class| self.project.method(class, call.name));
                // A method of the project on a model is read by its body, not by a library's name for it.
                if own.is_some() {
                    return None;
                }
                self.verb(cx, state, call, (VerbReceiver::Class, &receiver))
            }
            ValueKind::Repository(_) => self.verb(cx, state, call, (VerbReceiver::Repository, &receiver)),
            ValueKind::Connection => self.connection_call(cx, state, call, &receiver),
            ValueKind::Store(_) => self.store_call(cx, state, call, &receiver),
            ValueKind::Text(text, parts) if call.name == "format" => {
                let parts = parts.iter().cloned().chain(call.given.iter().map(|given| given.value.clone())).collect();
                let labels = receiver.labels.with(call.labels());
                Some(CodeValue::labelled(labels, ValueKind::Text(text.clone(), Rc::new(parts))))
            }
            ValueKind::Instance(_) | ValueKind::Function(..) if !receiver.labels.is_chosen() => None,
            ValueKind::Record(entries) if matches!(call.name, "get" | "pop") => {
                let key = call.text(0)?;
                super::state::find_value(entries, key).cloned()
            }
            ValueKind::Condition(_) => Some(receiver.clone()),
            _ if matches!(call.name, "in_" | "is_" | "contains" | "eq" | "__eq__")
                && receiver.labels.is_plain()
                && receiver.field.is_some() =>
            {
                let value = call.positional(0).cloned().unwrap_or_default();
                let clause = super::queries::equal_clause(receiver.field.as_deref().unwrap_or(""), &value);
                Some(CodeValue::labelled(value.labels, ValueKind::Condition(Rc::new(vec![clause]))))
            }
            _ if receiver.labels.is_plain() => None,
            _ => self.on_labelled(cx, state, call, &receiver),
        }
    }

    /// `request.args.get('id')`, `request.get_json()`
    pub(super) fn request_call(&mut self, cx: &Cx, part: Part, call: &Call) -> Option<CodeValue> {
        if matches!(call.name, "switchToHttp" | "getRequest") {
            return Some(CodeValue::kind(ValueKind::Request(part)));
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
            (None, Part::Path) if matches!(call.name, "get" | "pop") => Some(CodeValue::of(self.path_labels())),
            (None, Part::Body | Part::Query) if call.labels().is_plain() && !call.given.is_empty() => {
                let from =
                    if part == Part::Body { super::report::IdOrigin::Body } else { super::report::IdOrigin::Query };
                Some(CodeValue::of(self.client("*", from)))
            }
            (_, Part::Whole) if words::is_one_of(call.name, &words::SUBJECT_NAMES) => {
                Some(self.ask_caller(cx, call.span))
            }
            _ => Some(CodeValue::kind(ValueKind::Request(part))).filter(|_| part != Part::Whole),
        }
    }

    /// A method of something that was loaded, or of the caller.
    pub(super) fn on_labelled(
        &mut self,
        cx: &Cx,
        state: &mut State,
        call: &Call,
        receiver: &CodeValue,
    ) -> Option<CodeValue> {
        let labels = call.labels();
        let given_function = call.given.iter().any(|given| matches!(given.value.kind, ValueKind::Function(..)));
        let mark = self.mark(cx, call.span);

        if idioms::EQUALS.contains(&call.name) {
            let sign = if matches!(call.name, "equals" | "isEqual" | "equalsIgnoreCase") { "==" } else { "in" };
            let other = call.positional(0).cloned().unwrap_or_default();
            let yes = self.equal(cx, state, (&other, receiver), (sign, &[]), call.span);
            return Some(CodeValue::if_true(yes));
        }

        if given_function {
            let made = self.call_back(cx, state, call, &receiver.plain());
            let truth = made.into_iter().find_map(|value| value.truth);
            let truth = truth.map(|truth| Rc::new(Truth { yes: truth.yes.clone(), no: Facts::default() }));
            return Some(CodeValue {
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
            let does = idioms::find_verb(VerbReceiver::Query, call.name);
            if does.is_some_and(|does| !matches!(does, Does::Delete | Does::Update | Does::Create)) {
                let value = CodeValue::kind(ValueKind::Query(Rc::new(query)));
                return self.verb(cx, state, call, (VerbReceiver::Query, &value));
            }
        }
        let name = words::simplify_name(call.name);
        if matches!(
            name.as_str(),
            "delete" | "destroy" | "remove" | "deleteone" | "deleteinstance" | "harddelete" | "softdelete"
        ) {
            self.note_use(cx, state, receiver, CodeAccessVerb::Delete, call.span);
        } else if idioms::CHANGES.iter().any(|word| name.starts_with(word)) {
            self.note_use(cx, state, receiver, CodeAccessVerb::Mutate, call.span);
        } else if words::holds_one_of(call.name, &words::GUARD_PARTS) && (labels.subject || labels.tenant) {
            let yes = self.tie(receiver.labels, CallerTie::Access, mark);
            return Some(CodeValue::if_true(yes));
        }
        self.password(call, receiver, mark).or_else(|| {
            let labels = Labels { subject: false, ..receiver.labels.with(labels) };
            Some(CodeValue { field: receiver.field.clone(), ..CodeValue::of(labels) })
        })
    }

    /// `user.check_password(..)`: who knows it is let in.
    pub(super) fn password(
        &self,
        call: &Call,
        receiver: &CodeValue,
        mark: super::facts::CodeMark,
    ) -> Option<CodeValue> {
        let plain = words::simplify_name(call.name);
        let checks = plain.contains("passw")
            || (plain.contains("verify") && words::holds_one_of(call.name, &words::SECRET_WORDS));
        let yes = checks.then(|| self.tie(receiver.labels, CallerTie::Access, mark))?;
        Some(CodeValue::if_true(yes))
    }

    /// A method of the caller: a role, what belongs to it, or a decision on an object.
    pub(super) fn on_caller(
        &mut self,
        cx: &Cx,
        state: &mut State,
        call: &Call,
        (receiver, labels): (&CodeValue, Labels),
    ) -> Option<CodeValue> {
        let mark = self.mark(cx, call.span);
        let plain = words::simplify_name(call.name);

        // `user.can_edit(note)` decides on an object, and `user.is_admin()` on the caller alone.
        if words::holds_one_of(call.name, &words::GUARD_PARTS) && labels.is_chosen() {
            let yes = self.tie(labels, CallerTie::Access, mark);
            return Some(CodeValue::if_true(yes));
        }
        let is_role =
            words::holds_one_of(call.name, &words::ROLE_PARTS) || plain.starts_with("hasperm") || plain == "can";
        if is_role && !labels.is_chosen() {
            let yes = Facts::of(vec![OwnershipFact { key: Key::Role, tie: CallerTie::Access, mark }]);
            return Some(CodeValue::if_true(yes));
        }
        if is_role {
            let yes = self.tie(labels, CallerTie::Access, mark);
            return Some(CodeValue::if_true(yes));
        }
        let from_caller = Query { from_subject: true, mark, ..Query::default() };

        if receiver.field.is_some() && idioms::find_verb(VerbReceiver::Query, call.name).is_some() {
            let value = CodeValue::kind(ValueKind::Query(Rc::new(from_caller)));
            return self.verb(cx, state, call, (VerbReceiver::Query, &value));
        }
        // Sequelize: `user.getInvoices({ where: { id } })`
        let is_getter =
            call.name.strip_prefix("get").and_then(|rest| rest.chars().next()).is_some_and(char::is_uppercase);
        if is_getter && !words::is_one_of(call.name, &words::SUBJECT_CALLS) && labels.is_chosen() {
            let query = Query { clauses: self.clauses_given(call), ..from_caller };
            return Some(self.send(cx, state, &query, false));
        }
        // An object that is given to the caller, as in `user.watch(note)`, changes no data of the object.
        if !labels.objects.is_empty() && self.statement_is(call.span) {
            self.note_relation(cx, state, &CodeValue::of(labels), call.span);
        }
        Some(CodeValue::subject())
    }
}
