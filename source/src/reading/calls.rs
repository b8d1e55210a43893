//! Reads calls: the caller's identity, the request, queries, guards, functions of the project.

use std::rc::Rc;

use super::engine::{Cx, Engine};
use super::expressions::merge;
use super::facts::{Fact, Facts, Key, Tie};
use super::follow::Given;
use super::idioms::{self, Does, Shape};
use super::report::AccessVerb;
use super::state::State;
use super::value::{Kind, Labels, Part, Query, Truth, Value};
use super::words;
use crate::ir::{Argument, Expr, ExprKind, Span, Spread, dotted, last_part, literal};
use crate::project::Resolved;

/// A call whose receiver and arguments were read.
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) dotted: &'a str,
    pub(super) span: Span,
    pub(super) receiver: Option<Value>,
    pub(super) given: Vec<Given>,
    pub(super) arguments: &'a [Argument],
}

impl Call<'_> {
    pub(super) fn labels(&self) -> Labels {
        merge(self.given.iter().map(|given| &given.value))
    }

    pub(super) fn positional(&self, place: usize) -> Option<&Value> {
        self.given
            .iter()
            .filter(|given| given.name.is_none() && given.spread == Spread::One)
            .nth(place)
            .map(|given| &given.value)
    }

    pub(super) fn text(&self, place: usize) -> Option<&str> {
        self.arguments.get(place).and_then(|argument| literal(&argument.value))
    }
}

impl Engine<'_> {
    /// Reads a call.
    pub(super) fn call(&mut self, cx: &Cx, state: &mut State, expr: &Expr) -> Value {
        let ExprKind::Call { callee, arguments, made } = &*expr.kind else { return Value::default() };
        if !self.spend() {
            return Value::default();
        }
        let path = dotted(callee).unwrap_or_default();
        let name = match &*callee.kind {
            ExprKind::Member(_, name) | ExprKind::Name(name) => name.as_str(),
            _ => "",
        };
        if let Some(value) = self.view_call(cx, state, (callee, name), arguments) {
            return value;
        }
        let target = self.target(cx, state, (callee, &path));
        let receiver = match &*callee.kind {
            ExprKind::Member(object, _) if target.is_none() => Some(self.eval(cx, state, object)),
            _ => None,
        };
        let given = self.arguments(cx, state, arguments);
        let call = Call { name, dotted: &path, span: expr.span, receiver, given, arguments };
        if let Some(value) = self.identity_call(cx, state, &call, target.as_ref()) {
            return value;
        }
        if let Some(value) = self.sql_call(cx, state, &call) {
            return value;
        }
        if let Some(target) = target {
            return self.known_target(cx, state, &call, (target, *made));
        }
        if let Some(value) = self.on_receiver(cx, state, &call) {
            return value;
        }
        let callee_value = match &*callee.kind {
            ExprKind::Member(_, name) => {
                let of = call.receiver.clone().unwrap_or_default();
                self.field(cx, state, &of, name, callee.span)
            }
            _ => self.eval(cx, state, callee),
        };
        match &callee_value.kind {
            Kind::Function(function, around) => {
                let (function, around) = (function.clone(), around.clone());
                self.guarded_follow(cx, state, &call, (&function, &around))
            }
            Kind::Next => self.go_on(state, &call),
            Kind::Class(class, _) => self.make(cx, state, &call, &class.clone()),
            // `knex('invoices')`
            Kind::Connection if call.text(0).is_some() => Value::kind(Kind::Query(Rc::new(Query {
                model: call.text(0).map(Rc::from),
                mark: self.mark(cx, call.span),
                ..Query::default()
            }))),
            Kind::Connection => Value::kind(Kind::Connection),
            _ => self.unknown_call(cx, state, &call),
        }
    }

    /// Finds the function or class of the project that a dotted name means, where its first part is no local name.
    fn target(&self, cx: &Cx, state: &State, (callee, path): (&Expr, &str)) -> Option<Resolved> {
        let (root, _) = path.split_once('.')?;
        let is_local = state.get(root).is_some() || matches!(root, "self" | "this" | "cls");
        if is_local || !matches!(&*callee.kind, ExprKind::Member(..)) {
            return None;
        }
        match self.project.resolve(cx.module, path)? {
            found @ (Resolved::Function(_) | Resolved::Class(_)) => Some(found),
            _ => None,
        }
    }

    fn known_target(&mut self, cx: &Cx, state: &mut State, call: &Call, (target, _): (Resolved, bool)) -> Value {
        match target {
            Resolved::Function(function) => self.guarded_follow(cx, state, call, (&function, &Rc::default())),
            Resolved::Class(class) => self.make(cx, state, call, &Rc::from(class.class.name.as_str())),
            _ => Value::default(),
        }
    }

    fn arguments(&mut self, cx: &Cx, state: &mut State, arguments: &[Argument]) -> Vec<Given> {
        let read = arguments.iter().map(|argument| Given {
            name: argument.name.as_deref().map(Rc::from),
            spread: argument.spread,
            value: self.eval(cx, state, &argument.value),
        });
        read.collect()
    }

    /// Calls that never return, that give the caller, or that open a credential.
    fn identity_call(&mut self, cx: &Cx, state: &mut State, call: &Call, target: Option<&Resolved>) -> Option<Value> {
        let is_own = target.is_some() || (call.receiver.is_none() && self.is_own(cx, state, call.name));
        if idioms::STOPS.contains(&call.name)
            && !is_own
            && !call.receiver.as_ref().is_some_and(|of| of.labels.is_chosen())
        {
            return Some(Value { never: true, ..Value::default() });
        }
        if !is_own && words::is_one_of(call.name, &words::SUBJECT_CALLS) {
            return Some(self.ask_caller(cx, call.span));
        }
        let plain = words::plain(call.dotted);
        let opens = matches!(
            call.name,
            "decode" | "verify" | "decode_token" | "jwt_decode" | "jwtVerify" | "verifyIdToken" | "verify_id_token"
        ) && (plain.contains("jwt")
            || plain.contains("token")
            || plain.contains("jose")
            || plain.contains("jsonwebtoken")
            || call.labels().token)
            && !is_own;
        if opens {
            // A callback gets what was opened.
            let value = self.ask_caller(cx, call.span);
            self.call_back(cx, state, call, &value);
            return Some(value);
        }
        None
    }

    fn is_own(&mut self, cx: &Cx, state: &mut State, name: &str) -> bool {
        matches!(state.get(name).map(|value| &value.kind), Some(Kind::Function(..)))
            || matches!(self.project.resolve(cx.module, name), Some(Resolved::Function(_)))
    }

    /// A statement in SQL, whatever sends it.
    fn sql_call(&mut self, cx: &Cx, state: &mut State, call: &Call) -> Option<Value> {
        let (text, parts, rest) = match (&call.receiver, call.given.split_first()) {
            (Some(Value { kind: Kind::Text(text, parts), .. }), _)
                if super::sql::is_statement(text)
                    && !matches!(call.name, "format" | "strip" | "replace" | "join" | "lower" | "bindparams") =>
            {
                (text.clone(), parts.clone(), call.given.as_slice())
            }
            (_, Some((first, rest))) => match &first.value.kind {
                Kind::Text(text, parts) if super::sql::is_statement(text) => (text.clone(), parts.clone(), rest),
                _ => return None,
            },
            _ => return None,
        };
        if matches!(call.name, "text" | "SQL" | "prepare" | "literal" | "print" | "debug" | "info" | "dedent" | "sql") {
            return Some(Value { labels: merge(parts.iter()), kind: Kind::Text(text, parts), ..Value::default() });
        }
        let given = placeholders(rest);
        let statement = super::sql::read(&text, &parts, &given)?;
        if statement.sends == super::value::Sends::Create {
            return Some(Value::default());
        }
        let query = Query {
            model: statement.table,
            clauses: statement.clauses,
            sends: statement.sends,
            mark: self.mark(cx, call.span),
            ..Query::default()
        };
        let value = self.send(cx, state, &query, (statement.is_many, false));
        self.call_back(cx, state, call, &value);
        // `cursor.execute(..)` leaves its rows in the cursor.
        let cursor = call.dotted.rsplit_once('.').map(|(cursor, _)| cursor);
        if let Some(cursor) = cursor.filter(|cursor| !cursor.contains('.') && state.get(cursor).is_some()) {
            let kept = state.get(cursor).cloned().unwrap_or_default();
            state.set(cursor, Value { kind: Kind::Connection, truth: None, ..Value { labels: value.labels, ..kept } });
        }
        Some(value)
    }

    /// Runs functions that are given to a call: callbacks that get what it gives.
    pub(super) fn call_back(&mut self, cx: &Cx, state: &mut State, call: &Call, value: &Value) -> Vec<Value> {
        let functions: Vec<_> = call
            .given
            .iter()
            .filter_map(|given| match &given.value.kind {
                Kind::Function(function, around) => Some((function.clone(), around.clone())),
                _ => None,
            })
            .collect();
        let mut made = Vec::new();
        for (function, around) in functions {
            let first = function.function.parameters.first().map(|first| first.name.as_str()).unwrap_or_default();
            let is_after_error =
                matches!(first, "err" | "error" | "e" | "_" | "_err") && function.function.parameters.len() > 1;
            let arguments = if is_after_error {
                vec![Given::plain(Value::default()), Given::plain(value.clone())]
            } else {
                vec![Given::plain(value.clone())]
            };
            let mut path = state.clone();
            // Names of the place where it stands may have changed since.
            let names = if around.is_empty() { around } else { Rc::new(state.names.clone()) };
            let inner = Cx { depth: cx.depth + 1, ..cx.clone() };
            let result = self.follow(&inner, &mut path, &function, &names, arguments);
            made.push(result);
        }
        made
    }

    /// The next part of a chain runs here.
    fn go_on(&mut self, state: &State, call: &Call) -> Value {
        let is_error = call.given.len() == 1 && self.framework_is_chain() && call.text(0) != Some("route");
        if !is_error {
            let given = call.given.clone();
            if let Some(frame) = self.frames.last_mut() {
                frame.nexts.push((state.clone(), given));
            }
        }
        Value::default()
    }

    fn framework_is_chain(&self) -> bool {
        matches!(self.framework, crate::routes::FrameworkName::Express | crate::routes::FrameworkName::NestJs)
    }

    /// A function of the project; where its body proves nothing, its name may still say that it decides.
    fn guarded_follow(
        &mut self,
        cx: &Cx,
        state: &mut State,
        call: &Call,
        (function, around): (&crate::project::FunctionRef, &Rc<super::value::Names>),
    ) -> Value {
        let before = state.facts.clone();
        let identity = self.identity;
        let value = self.follow(cx, state, function, around, call.given.clone());
        let labels = call.labels();
        let truth = value.truth.clone().unwrap_or_default();
        let learnt = |facts: &Facts| facts.iter().any(|fact| before.get(fact.key).is_none() && fact.tie != Tie::Absent);
        let is_proved = learnt(&state.facts) || learnt(&truth.yes) || learnt(&truth.no);
        if !is_proved && labels.is_chosen() && words::holds_one_of(call.name, &words::GUARD_PARTS) {
            let asks = labels.subject || labels.tenant || self.identity != identity || self.asks_caller(function);
            if asks && can_refuse(&function.function.body) {
                return self.named_guard(cx, state, call, value);
            }
        }
        if !is_proved
            && !value.labels.subject
            && !value.labels.is_chosen()
            && words::is_one_of(call.name, &words::SUBJECT_CALLS)
        {
            return self.ask_caller(cx, call.span);
        }
        value
    }

    fn asks_caller(&self, function: &crate::project::FunctionRef) -> bool {
        let mut asks = false;
        crate::ir::walk_statements(&function.function.body, &mut |_| {}, &mut |expr| {
            let name = match &*expr.kind {
                ExprKind::Name(name) | ExprKind::Member(_, name) => name,
                _ => return,
            };
            asks |= words::is_one_of(name, &words::SUBJECT_CALLS) || words::plain(name).contains("currentuser");
        });
        asks
    }

    /// A guard that is known by its name alone.
    fn named_guard(&mut self, cx: &Cx, state: &mut State, call: &Call, value: Value) -> Value {
        let mut labels = call.labels();
        if let Some(receiver) = &call.receiver {
            labels = labels.with(receiver.labels);
        }
        let mark = self.mark(cx, call.span);
        let facts = self.tie(labels, Tie::Access, mark);
        if call.span == self.statement || self.statement_is(call.span) {
            self.learn(state, &facts);
        }
        Value { truth: Some(Rc::new(Truth { yes: facts, no: Facts::default() })), ..value }
    }

    /// Whether a call is the whole of the statement that is read.
    fn statement_is(&self, span: Span) -> bool {
        self.statement.end.abs_diff(span.end) <= 1 && self.statement.start + 6 >= span.start
    }

    /// An object of a class is made.
    fn make(&mut self, cx: &Cx, state: &mut State, call: &Call, class: &Rc<str>) -> Value {
        let labels = call.labels();
        if idioms::NEGATIONS.contains(&call.name) {
            return Value::kind(Kind::Condition(Rc::new(vec![super::value::Clause::Other])));
        }
        if call.name == "Q" || call.name == "In" || call.name == "Equal" {
            let clauses = self.clauses_given(call);
            return Value { labels, kind: Kind::Condition(Rc::new(clauses)), ..Value::default() };
        }
        let found = self.project.resolve(cx.module, class);
        if let Some(Resolved::Class(found)) = found {
            if self.models.is_model(&found.class.name) && !labels.objects.is_empty() {
                self.note_relation(cx, state, &Value::of(Labels { ids: Default::default(), ..labels }), call.span);
                return Value::default();
            }
            let is_service = !self.models.is_model(&found.class.name)
                && found.class.methods().any(|method| method.name != "__init__");
            let kind = if is_service { Kind::Instance(found) } else { Kind::Plain };
            return Value { labels: Labels { subject: false, ..labels }, kind, ..Value::default() };
        }
        if matches!(&**class, "ObjectId" | "String" | "Number" | "UUID" | "Types") {
            return Value::of(labels);
        }
        Value::of(Labels { subject: false, ..labels })
    }

    fn on_receiver(&mut self, cx: &Cx, state: &mut State, call: &Call) -> Option<Value> {
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
    fn request_call(&mut self, cx: &Cx, part: Part, call: &Call) -> Option<Value> {
        if matches!(call.name, "switchToHttp" | "getRequest") {
            return Some(Value::kind(Kind::Request(part)));
        }
        if let Some(body) = idioms::request_method(call.name).filter(|_| part == Part::Whole) {
            return Some(match call.text(0) {
                Some(key) if call.name != "get_json" => self.of_request(cx, body, key, call.span),
                _ => Value::kind(Kind::Request(body)),
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
    fn on_labelled(&mut self, cx: &Cx, state: &mut State, call: &Call, receiver: &Value) -> Option<Value> {
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
    fn password(&self, call: &Call, receiver: &Value, mark: super::facts::Mark) -> Option<Value> {
        let plain = words::plain(call.name);
        let checks = plain.contains("passw")
            || (plain.contains("verify") && words::holds_one_of(call.name, &words::SECRET_WORDS));
        let yes = checks.then(|| self.tie(receiver.labels, Tie::Access, mark))?;
        Some(Value { truth: Some(Rc::new(Truth { yes, no: Facts::default() })), ..Value::default() })
    }

    /// A method of the caller: a role, what belongs to it, or a decision on an object.
    fn on_caller(
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
            return Some(self.send(cx, state, &query, (false, false)));
        }
        if !labels.objects.is_empty() && self.statement_is(call.span) {
            self.note_relation(cx, state, &Value::of(labels), call.span);
        }
        Some(Value::subject())
    }

    /// Anything else: what goes in comes out, and a guard is known by its name.
    fn unknown_call(&mut self, cx: &Cx, state: &mut State, call: &Call) -> Value {
        let labels = call.labels();
        let receiver = call.receiver.as_ref().map(|receiver| receiver.labels).unwrap_or_default();
        let name = words::plain(call.name);
        let mark = self.mark(cx, call.span);
        if let Some(value) = self.library_call(cx, state, call) {
            return value;
        }
        if idioms::CONNECTION_MAKERS.contains(&call.name) || (idioms::is_connection(call.name) && labels.is_plain()) {
            return Value::kind(Kind::Connection);
        }
        // `asyncHandler(async (req, res) => ..)`
        if let ([one], None) = (call.given.as_slice(), &call.receiver) {
            if matches!(one.value.kind, Kind::Function(..)) {
                return one.value.clone();
            }
        }
        if words::holds_one_of(call.name, &words::GUARD_PARTS)
            && labels.is_chosen()
            && (labels.subject || labels.tenant || self.statement_is(call.span) || call.dotted.starts_with("self."))
        {
            return self.named_guard(cx, state, call, Value::default());
        }
        let is_role = words::holds_one_of(
            call.name,
            &[
                "isadmin",
                "hasrole",
                "isstaff",
                "issuperuser",
                "hasperm",
                "checkrole",
                "requirerole",
                "requireadmin",
                "hasanyrole",
                "hasauthority",
            ],
        );
        if is_role && !labels.is_chosen() {
            let yes = Facts::of(vec![Fact { key: Key::Role, tie: Tie::Access, mark }]);
            if self.statement_is(call.span) {
                self.learn(state, &yes);
            }
            return Value { truth: Some(Rc::new(Truth { yes, no: Facts::default() })), ..Value::default() };
        }
        if idioms::DISCARDS.contains(&call.name)
            || idioms::DISCARDED_ROOTS.iter().any(|root| call.dotted.starts_with(root))
        {
            return Value::default();
        }
        self.call_back(cx, state, call, &Value::of(Labels { subject: false, ..labels }));
        if let Some(value) = self.guess(cx, state, call, (labels, receiver)) {
            return value;
        }
        if self.statement_is(call.span)
            && !labels.objects.is_empty()
            && !name.starts_with("log")
            && !name.starts_with("refresh")
        {
            let what = if name.starts_with("delete") || name.starts_with("remove") {
                AccessVerb::Delete
            } else {
                AccessVerb::Mutate
            };
            if idioms::CHANGES.iter().any(|word| name.starts_with(word))
                || what == AccessVerb::Delete
                || name.starts_with("save")
            {
                self.note_use(cx, state, &Value::of(labels), what, call.span);
            } else {
                self.note_relation(cx, state, &Value::of(labels), call.span);
            }
        }
        let opens_token = (labels.token || receiver.token) && !labels.is_chosen() && !labels.subject;
        if opens_token
            && ["verify", "decode", "validate", "authenticate", "check", "get", "load", "parse", "find"]
                .iter()
                .any(|word| name.contains(word))
            && !name.starts_with("getheader")
        {
            return self.ask_caller(cx, call.span);
        }
        let mut all = labels.with(receiver);
        // A signed blob that was opened is no longer the client's choice.
        if matches!(call.name, "unsign" | "unserialize" | "decrypt")
            || (call.name == "loads" && !call.dotted.starts_with("json") && !call.dotted.starts_with("yaml"))
        {
            all = Labels { token: true, ids: Default::default(), ..all };
        }
        let keeps_subject = all.subject && !all.is_chosen();
        all.subject = keeps_subject;
        Value::of(all)
    }

    /// Functions of libraries that matter: conditions, secrets, objects by class.
    fn library_call(&mut self, cx: &Cx, state: &mut State, call: &Call) -> Option<Value> {
        let labels = call.labels();
        let mark = self.mark(cx, call.span);
        let name = words::plain(call.name);
        match call.name {
            "and_" | "and" | "all_" | "Q" | "In" | "Equal" | "Filter" => {
                let clauses = self.clauses_given(call);
                return Some(Value { labels, kind: Kind::Condition(Rc::new(clauses)), ..Value::default() });
            }
            "select" | "update" | "delete" | "exists" if call.receiver.is_none() => {
                let models = call.given.iter().filter_map(|given| match &given.value.kind {
                    Kind::Class(name, _) | Kind::Repository(name) => Some(name.clone()),
                    _ => None,
                });
                let query = Query {
                    model: models.into_iter().next(),
                    sends: super::verbs::sends_of(call.name),
                    mark,
                    ..Query::default()
                };
                return Some(Value::kind(Kind::Query(Rc::new(query))));
            }
            "or_" | "or" => {
                let arms = call.given.iter().map(|given| super::queries::clauses_of_value(&given.value)).collect();
                let kind = Kind::Condition(Rc::new(vec![super::value::Clause::Any(arms)]));
                return Some(Value { labels, kind, ..Value::default() });
            }
            "eq" | "inArray" => {
                let column = call.positional(0).and_then(|column| column.field.clone()).unwrap_or_default();
                let value = call.positional(1).cloned().unwrap_or_default();
                let kind = Kind::Condition(Rc::new(vec![super::queries::equal(&column, &value)]));
                return Some(Value { labels, kind, ..Value::default() });
            }
            "any" | "all" | "bool" | "Boolean" | "next" | "str" | "int" | "String" | "Number" | "UUID" | "ObjectId"
            | "parseInt" | "list" | "tuple" | "set" | "sorted" => {
                let first = call.positional(0).cloned().unwrap_or_default();
                self.call_back(cx, state, call, &Value::default());
                let settled = self.settle(cx, state, first, call.span);
                return Some(Value { labels, ..settled });
            }
            "isinstance" | "len" | "url_for" | "redirect" | "print" | "hasattr" | "type" | "reverse" => {
                return Some(Value::default());
            }
            "getattr" => {
                let of = call.positional(0).cloned().unwrap_or_default();
                return call.text(1).map(|field| self.field(cx, state, &of, field, call.span)).or(Some(of.plain()));
            }
            "setattr" => {
                let of = call.positional(0).cloned().unwrap_or_default();
                self.note_use(cx, state, &of, AccessVerb::Mutate, call.span);
                return Some(Value::default());
            }
            _ if idioms::NEGATIONS.contains(&call.name) => {
                return Some(Value::kind(Kind::Condition(Rc::new(vec![super::value::Clause::Other]))));
            }
            _ => {}
        }
        let compares_secret = matches!(
            name.as_str(),
            "comparedigest"
                | "checkpasswordhash"
                | "verifypassword"
                | "checkpassword"
                | "timingsafeequal"
                | "validatepassword"
        ) || call.dotted.ends_with("bcrypt.compare")
            || call.dotted.ends_with("bcrypt.checkpw");
        if compares_secret {
            let yes = self.tie(Labels { ids: Default::default(), ..labels }, Tie::Access, mark);
            return Some(Value { truth: Some(Rc::new(Truth { yes, no: Facts::default() })), ..Value::default() });
        }
        if matches!(
            call.name,
            "open" | "send_file" | "send_from_directory" | "FileResponse" | "sendFile" | "readFile" | "readFileSync"
        ) && labels.is_chosen()
        {
            return Some(if labels.objects.is_empty() {
                self.file(cx, state, call, labels)
            } else {
                Value::of(labels)
            });
        }
        self.object_or_404(cx, state, call)
    }

    /// A file whose path a client chooses.
    fn file(&mut self, cx: &Cx, state: &mut State, call: &Call, labels: Labels) -> Value {
        let bound = super::value::Bound { column: Rc::from("path"), labels, field: None };
        let query = Query {
            model: Some(Rc::from("file")),
            clauses: vec![super::value::Clause::Equal(bound)],
            mark: self.mark(cx, call.span),
            ..Query::default()
        };
        self.send(cx, state, &query, (false, false))
    }

    /// `get_object_or_404(Invoice, pk=pk)`, `get_or_404(Model.get_by_id, id)`
    fn object_or_404(&mut self, cx: &Cx, state: &mut State, call: &Call) -> Option<Value> {
        let plain = words::plain(call.name);
        if !plain.contains("404") && !plain.starts_with("getobject") && plain != "getlistor404" {
            return None;
        }
        let (first, rest) = call.given.split_first()?;
        let mut query = match &first.value.kind {
            Kind::Class(name, _) => Query { model: Some(name.clone()), ..Query::default() },
            Kind::Query(query) => query.as_ref().clone(),
            Kind::Repository(name) => Query { model: Some(name.clone()), ..Query::default() },
            _ if first.value.labels.subject => Query { from_subject: true, ..Query::default() },
            _ if !first.value.labels.objects.is_empty() => {
                Query { parents: first.value.labels.objects, ..Query::default() }
            }
            Kind::Function(function, around) => {
                let (function, around) = (function.clone(), around.clone());
                let value = self.follow(cx, state, &function, &around, rest.to_vec());
                self.learn_presence(state, &value);
                return Some(value);
            }
            _ => return None,
        };
        query.mark = self.mark(cx, call.span);
        query.clauses.extend(rest.iter().flat_map(clauses_of_given));
        let value = self.send(cx, state, &query, (false, false));
        self.learn_presence(state, &value);
        Some(value)
    }

    /// A call of no library that is known, that by its name loads data by an id.
    fn guess(&mut self, cx: &Cx, state: &mut State, call: &Call, (labels, _): (Labels, Labels)) -> Option<Value> {
        if labels.ids.is_empty() || !labels.objects.is_empty() || !idioms::is_datalike(call.name, call.dotted) {
            return None;
        }
        let mut clauses: Vec<_> = call.given.iter().flat_map(clauses_of_given).collect();
        clauses.retain(|clause| !matches!(clause, super::value::Clause::Other));
        let name = words::plain(call.name);
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
        let value = self.send(cx, state, &query, (false, false));
        for place in value.labels.objects.iter() {
            if let Some(access) = self.accesses.get_mut(place) {
                access.is_guess = true;
            }
        }
        Some(value)
    }

    /// Everything that a call was given, as conditions.
    pub(super) fn clauses_given(&self, call: &Call) -> Vec<super::value::Clause> {
        call.given.iter().flat_map(clauses_of_given).collect()
    }
}

/// Reads one argument as conditions.
pub(super) fn clauses_of_given(given: &Given) -> Vec<super::value::Clause> {
    match &given.name {
        Some(name) if idioms::OPTION_KEYS.contains(&&**name) => Vec::new(),
        Some(name) if idioms::CONDITION_KEYS.contains(&&**name) => super::queries::clauses_of_value(&given.value),
        Some(name) if name.ends_with("__ne") || name.ends_with("__not") || name.ends_with("__nin") => {
            vec![super::value::Clause::Other]
        }
        Some(name) => vec![super::queries::equal(
            name.split("__").next().filter(|_| !name.starts_with("__")).unwrap_or(name),
            &given.value,
        )],
        None if matches!(given.value.kind, Kind::Function(..)) => Vec::new(),
        None => super::queries::clauses_of_value(&given.value),
    }
}

/// The values that stand at the placeholders of a statement.
fn placeholders(rest: &[Given]) -> super::sql::Given {
    let mut given = super::sql::Given::default();
    for one in rest {
        match (&one.value.kind, &one.name) {
            (Kind::Function(..), _) => {}
            (Kind::List(items), _) => given.positional.extend(items.iter().cloned()),
            (Kind::Record(entries), _) => {
                for (name, value) in entries.iter() {
                    match (&**name, &value.kind) {
                        ("replacements" | "bind" | "values" | "params", Kind::List(items)) => {
                            given.positional.extend(items.iter().cloned())
                        }
                        ("replacements" | "bind" | "values" | "params", Kind::Record(inner)) => {
                            given.named.extend(inner.iter().cloned())
                        }
                        _ => given.named.push((name.clone(), value.clone())),
                    }
                }
            }
            (_, Some(name)) if !matches!(&**name, "params" | "parameters" | "args") => {
                given.named.push((name.clone(), one.value.clone()))
            }
            _ => given.positional.push(one.value.clone()),
        }
    }
    given
}

/// Whether a body has a way to refuse.
fn can_refuse(body: &[crate::ir::Statement]) -> bool {
    let mut refuses = false;
    let mut see = |statement: &crate::ir::Statement| match &statement.kind {
        crate::ir::StatementKind::Throw(_) => refuses = true,
        crate::ir::StatementKind::Return(Some(value)) => {
            let is_decision = match &*value.kind {
                ExprKind::Constant(text) => matches!(text.as_str(), "False" | "false"),
                ExprKind::Compare(..) | ExprKind::Logic { .. } | ExprKind::Not(_) => true,
                ExprKind::Call { callee, .. } => dotted(callee).is_some_and(|name| {
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
            stops |= dotted(callee).is_some_and(|name| idioms::STOPS.contains(&last_part(&name)));
        }
    });
    refuses || stops
}
