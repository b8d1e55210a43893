//! Reads calls: the caller's identity, the request, queries, guards, functions of the project.

use std::rc::Rc;

use super::engine::{Cx, HandlerReader};
use super::expressions::merge_labels;
use super::facts::{CallerTie, Facts, Key, OwnershipFact};
use super::follow::CallArgument;
use super::idioms::{self};
use super::report::CodeAccessVerb;
use super::state::State;
use super::value::{CodeValue, Labels, Query, ValueKind};
use super::words;
use crate::ir::{Argument, Expr, ExprKind, Span, Spread, dotted_text, literal_text};
use crate::project::Resolved;

/// Parts of names of functions that ask for a role.
const ROLE_CALLS: [&str; 10] = [
    "checkrole",
    "hasanyrole",
    "hasauthority",
    "hasperm",
    "hasrole",
    "isadmin",
    "isstaff",
    "issuperuser",
    "requireadmin",
    "requirerole",
];

/// A call whose receiver and arguments were read.
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) dotted: &'a str,
    pub(super) span: Span,
    pub(super) receiver: Option<CodeValue>,
    pub(super) given: Vec<CallArgument>,
    pub(super) arguments: &'a [Argument],
}

impl Call<'_> {
    pub(super) fn labels(&self) -> Labels {
        merge_labels(self.given.iter().map(|given| &given.value))
    }

    pub(super) fn positional(&self, place: usize) -> Option<&CodeValue> {
        self.given
            .iter()
            .filter(|given| given.name.is_none() && given.spread == Spread::One)
            .nth(place)
            .map(|given| &given.value)
    }

    pub(super) fn text(&self, place: usize) -> Option<&str> {
        self.arguments.get(place).and_then(|argument| literal_text(&argument.value))
    }
}

impl HandlerReader<'_> {
    /// Reads a call.
    pub(super) fn call(&mut self, cx: &Cx, state: &mut State, expr: &Expr) -> CodeValue {
        let ExprKind::Call { callee, arguments, made } = &*expr.kind else { return CodeValue::default() };
        if !self.spend() {
            return CodeValue::default();
        }
        let path = dotted_text(callee).unwrap_or_default();
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
            ValueKind::Function(function, around) => {
                let (function, around) = (function.clone(), around.clone());
                self.guarded_follow(cx, state, &call, (&function, &around))
            }
            ValueKind::Next => self.go_on(state, &call),
            ValueKind::Class(class, _) => self.make(cx, state, &call, &class.clone()),
            // `knex('invoices')`
            ValueKind::Connection if call.text(0).is_some() => CodeValue::kind(ValueKind::Query(Rc::new(Query {
                model: call.text(0).map(Rc::from),
                mark: self.mark(cx, call.span),
                ..Query::default()
            }))),
            ValueKind::Connection => CodeValue::kind(ValueKind::Connection),
            _ => self.unknown_call(cx, state, &call),
        }
    }

    /// Finds the function or class of the project that a dotted name means, where its first part is no local name.
    fn target(&self, cx: &Cx, state: &State, (callee, path): (&Expr, &str)) -> Option<Resolved> {
        let (root, _) = path.split_once('.')?;
        // A local name hides a module of the same name.
        let is_local = state.get(root).is_some() || matches!(root, "self" | "this" | "cls");

        if is_local || !matches!(&*callee.kind, ExprKind::Member(..)) {
            return None;
        }
        match self.project.resolve(cx.module, path)? {
            found @ (Resolved::Function(_) | Resolved::Class(_)) => Some(found),
            _ => None,
        }
    }

    fn known_target(&mut self, cx: &Cx, state: &mut State, call: &Call, (target, _): (Resolved, bool)) -> CodeValue {
        match target {
            Resolved::Function(function) => self.guarded_follow(cx, state, call, (&function, &Rc::default())),
            Resolved::Class(class) => self.make(cx, state, call, &Rc::from(class.class.name.as_str())),
            _ => CodeValue::default(),
        }
    }

    fn arguments(&mut self, cx: &Cx, state: &mut State, arguments: &[Argument]) -> Vec<CallArgument> {
        let read = arguments.iter().map(|argument| CallArgument {
            name: argument.name.as_deref().map(Rc::from),
            spread: argument.spread,
            value: self.eval(cx, state, &argument.value),
        });
        read.collect()
    }

    /// Calls that never return, that give the caller, or that open a credential.
    fn identity_call(
        &mut self,
        cx: &Cx,
        state: &mut State,
        call: &Call,
        target: Option<&Resolved>,
    ) -> Option<CodeValue> {
        let is_own = target.is_some() || (call.receiver.is_none() && self.is_own(cx, state, call.name));
        if idioms::STOPS.contains(&call.name)
            && !is_own
            && !call.receiver.as_ref().is_some_and(|of| of.labels.is_chosen())
        {
            return Some(CodeValue { never: true, ..CodeValue::default() });
        }
        if !is_own && words::is_one_of(call.name, &words::SUBJECT_CALLS) {
            return Some(self.ask_caller(cx, call.span));
        }
        let opens = matches!(
            call.name,
            "decode" | "verify" | "decode_token" | "jwt_decode" | "jwtVerify" | "verifyIdToken" | "verify_id_token"
        ) && !is_own
            && (call.labels().token
                || words::holds_one_of(call.dotted, &["jwt", "token"])
                || call.dotted.contains("jose"));
        if opens {
            // A callback gets what was opened.
            let value = self.ask_caller(cx, call.span);
            self.call_back(cx, state, call, &value);
            return Some(value);
        }

        None
    }

    fn is_own(&mut self, cx: &Cx, state: &mut State, name: &str) -> bool {
        matches!(state.get(name).map(|value| &value.kind), Some(ValueKind::Function(..)))
            || matches!(self.project.resolve(cx.module, name), Some(Resolved::Function(_)))
    }

    /// A statement in SQL, whatever sends it.
    fn sql_call(&mut self, cx: &Cx, state: &mut State, call: &Call) -> Option<CodeValue> {
        let rest_of: Vec<CallArgument>;
        let (text, parts, rest) = match (&call.receiver, call.given.split_first()) {
            (Some(CodeValue { kind: ValueKind::Text(text, parts), .. }), _)
                if super::sql::is_statement(text)
                    && !matches!(call.name, "format" | "strip" | "replace" | "join" | "lower" | "bindparams") =>
            {
                (text.clone(), parts.clone(), call.given.as_slice())
            }
            _ if sql_argument(call).is_some() => {
                let place = sql_argument(call).unwrap_or_default();
                let Some(ValueKind::Text(text, parts)) = call.given.get(place).map(|given| given.value.kind.clone())
                else {
                    return None;
                };
                let others = call.given.iter().enumerate().filter(|(at, _)| *at != place);
                rest_of = others.map(|(_, given)| given.clone()).collect();
                (text, parts, rest_of.as_slice())
            }
            (_, Some((first, rest))) => match &first.value.kind {
                ValueKind::Text(text, parts) if super::sql::is_statement(text) => (text.clone(), parts.clone(), rest),
                _ => return None,
            },
            _ => return None,
        };

        if matches!(call.name, "text" | "SQL" | "prepare" | "literal" | "print" | "debug" | "info" | "dedent" | "sql") {
            return Some(CodeValue::labelled(merge_labels(parts.iter()), ValueKind::Text(text, parts)));
        }
        let given = placeholder_values(rest);
        let statement = super::sql::read_statement(&text, &parts, &given)?;

        if statement.sends == super::value::Sends::Create {
            statement.table.iter().for_each(|table| self.note_made(table));
            return Some(CodeValue::default());
        }
        let query = Query {
            model: statement.table,
            clauses: statement.clauses,
            sends: statement.sends,
            mark: self.mark(cx, call.span),
            ..Query::default()
        };

        let value = self.send(cx, state, &query, statement.is_many);
        self.call_back(cx, state, call, &value);

        // `cursor.execute(..)` leaves its rows in the cursor.
        let cursor = call.dotted.rsplit_once('.').map(|(cursor, _)| cursor);

        if let Some(cursor) = cursor.filter(|cursor| !cursor.contains('.') && state.get(cursor).is_some()) {
            let kept = state.get(cursor).cloned().unwrap_or_default();
            state.set(
                cursor,
                CodeValue { kind: ValueKind::Connection, truth: None, ..CodeValue { labels: value.labels, ..kept } },
            );
        }

        Some(value)
    }

    /// Runs functions that are given to a call: callbacks that get what it gives.
    pub(super) fn call_back(&mut self, cx: &Cx, state: &mut State, call: &Call, value: &CodeValue) -> Vec<CodeValue> {
        let functions: Vec<_> = call
            .given
            .iter()
            .filter_map(|given| match &given.value.kind {
                ValueKind::Function(function, around) => Some((function.clone(), around.clone())),
                _ => None,
            })
            .collect();
        let mut made = Vec::new();
        for (function, around) in functions {
            let first = function.function.parameters.first().map(|first| first.name.as_str()).unwrap_or_default();
            let is_after_error =
                // Callbacks of Node get the fault first and the result second.
                matches!(first, "err" | "error" | "e" | "_" | "_err") && function.function.parameters.len() > 1;
            let arguments = if is_after_error {
                vec![CallArgument::plain(CodeValue::default()), CallArgument::plain(value.clone())]
            } else {
                vec![CallArgument::plain(value.clone())]
            };
            let mut path = state.clone();

            // Names of the place where it stands may have changed since.
            let names = if around.is_empty() { around } else { state.names.clone() };
            let inner = Cx { depth: cx.depth + 1, ..cx.clone() };
            let result = self.follow(&inner, &mut path, &function, &names, arguments);
            made.push(result);
        }

        made
    }

    /// The next part of a chain runs here.
    fn go_on(&mut self, state: &State, call: &Call) -> CodeValue {
        // `next(error)` ends the chain in Express; `next('route')` goes on with another route.
        let is_error = call.given.len() == 1 && self.framework_is_chain() && call.text(0) != Some("route");
        if !is_error {
            let given = call.given.clone();
            if let Some(frame) = self.frames.last_mut() {
                frame.nexts.push((state.clone(), given));
            }
        }

        CodeValue::default()
    }

    fn framework_is_chain(&self) -> bool {
        matches!(self.framework, crate::routes::FrameworkName::Express | crate::routes::FrameworkName::NestJs)
    }

    /// An object of a class is made.
    fn make(&mut self, cx: &Cx, state: &mut State, call: &Call, class: &Rc<str>) -> CodeValue {
        let labels = call.labels();
        if idioms::NEGATIONS.contains(&call.name) {
            return CodeValue::kind(ValueKind::Condition(Rc::new(vec![super::value::QueryCondition::Other])));
        }
        if call.name == "Q" || call.name == "In" || call.name == "Equal" {
            let clauses = self.clauses_given(call);
            return CodeValue::labelled(labels, ValueKind::Condition(Rc::new(clauses)));
        }
        let found = self.project.resolve(cx.module, class);

        if let Some(Resolved::Class(found)) = found {
            if self.models.is_model(&found.class.name) {
                self.note_made(&found.class.name);
            }
            // A loaded object that goes into a new row is only put in relation with it.
            if self.models.is_model(&found.class.name) && !labels.objects.is_empty() {
                self.note_relation(cx, state, &CodeValue::of(Labels { ids: Default::default(), ..labels }), call.span);
                return CodeValue::default();
            }
            let is_service = !self.models.is_model(&found.class.name)
                && found.class.methods().any(|method| method.name != "__init__");
            let kind = if is_service { ValueKind::Instance(found) } else { ValueKind::Plain };
            return CodeValue { labels: Labels { subject: false, ..labels }, kind, ..CodeValue::default() };
        }

        if matches!(&**class, "ObjectId" | "String" | "Number" | "UUID" | "Types") {
            if &**class == "Number" {
                call.given.iter().take(1).for_each(|given| self.note_number(&given.value));
            }
            return CodeValue::of(labels);
        }

        CodeValue::of(Labels { subject: false, ..labels })
    }

    /// Anything else: what goes in comes out, and a guard is known by its name.
    fn unknown_call(&mut self, cx: &Cx, state: &mut State, call: &Call) -> CodeValue {
        let labels = call.labels();
        let receiver = call.receiver.as_ref().map(|receiver| receiver.labels).unwrap_or_default();
        let mark = self.mark(cx, call.span);

        if let Some(value) = self.library_call(cx, state, call) {
            return value;
        }
        if idioms::CONNECTION_MAKERS.contains(&call.name) || (idioms::is_connection(call.name) && labels.is_plain()) {
            return CodeValue::kind(ValueKind::Connection);
        }
        // `asyncHandler(async (req, res) => ..)`
        if let ([one], None) = (call.given.as_slice(), &call.receiver)
            && matches!(one.value.kind, ValueKind::Function(..))
        {
            return one.value.clone();
        }
        if labels.is_chosen()
            && words::holds_one_of(call.name, &words::GUARD_PARTS)
            // A guard by its name alone must get the caller, or stand as a statement whose only use is to refuse.
            && (labels.subject || labels.tenant || self.statement_is(call.span) || call.dotted.starts_with("self."))
        {
            return self.named_guard(cx, state, call, CodeValue::default());
        }
        if !labels.is_chosen() && words::holds_one_of(call.name, &ROLE_CALLS) {
            let yes = Facts::of(vec![OwnershipFact { key: Key::Role, tie: CallerTie::Access, mark }]);
            if self.statement_is(call.span) {
                self.learn(state, &yes);
            }
            return CodeValue::if_true(yes);
        }

        // What is logged leaves the handler for no client.
        if idioms::DISCARDS.contains(&call.name)
            || idioms::DISCARDED_ROOTS.iter().any(|root| call.dotted.starts_with(root))
        {
            return CodeValue::default();
        }
        self.call_back(cx, state, call, &CodeValue::of(Labels { subject: false, ..labels }));

        if let Some(value) = self.guess(cx, state, call, (labels, receiver)) {
            return value;
        }
        self.given_away(cx, state, call, labels);
        self.come_out(cx, call, (labels, receiver))
    }

    /// An object is given to an unknown function that stands alone: it is changed, deleted or put in relation there.
    fn given_away(&mut self, cx: &Cx, state: &State, call: &Call, labels: Labels) {
        if labels.objects.is_empty() || !self.statement_is(call.span) {
            return;
        }
        let name = words::simplify_name(call.name);

        if !name.starts_with("log") && !name.starts_with("refresh") {
            let what = if name.starts_with("delete") || name.starts_with("remove") {
                CodeAccessVerb::Delete
            } else {
                CodeAccessVerb::Mutate
            };
            if idioms::CHANGES.iter().any(|word| name.starts_with(word))
                || what == CodeAccessVerb::Delete
                || name.starts_with("save")
            {
                self.note_use(cx, state, &CodeValue::of(labels), what, call.span);
            } else {
                self.note_relation(cx, state, &CodeValue::of(labels), call.span);
            }
        }
    }

    /// What an unknown function gives back: what went in, the caller for a credential, no choice of the client's from a
    /// signed text.
    fn come_out(&mut self, cx: &Cx, call: &Call, (labels, receiver): (Labels, Labels)) -> CodeValue {
        // A value that the client chose is no credential, whatever it was mixed with.
        let opens_token = (labels.token || receiver.token) && !labels.is_chosen() && !labels.subject;
        if opens_token
            && words::holds_one_of(
                call.name,
                &["verify", "decode", "validate", "authenticate", "check", "get", "load", "parse", "find"],
            )
            && !words::simplify_name(call.name).starts_with("getheader")
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
        // A mixture of the caller and a choice of the client is not the caller alone.
        let keeps_subject = all.subject && !all.is_chosen();
        all.subject = keeps_subject;
        CodeValue::of(all)
    }
}

/// The values that stand at the placeholders of a statement.
fn placeholder_values(rest: &[CallArgument]) -> super::sql::PlaceholderValues {
    let mut given = super::sql::PlaceholderValues::default();
    for one in rest {
        match (&one.value.kind, &one.name) {
            (ValueKind::Function(..), _) => {}
            (ValueKind::List(items), _) => given.positional.extend(items.iter().cloned()),
            (ValueKind::Record(entries), _) => {
                for (name, value) in entries.iter() {
                    match (&**name, &value.kind) {
                        ("replacements" | "bind" | "values" | "params", ValueKind::List(items)) => {
                            given.positional.extend(items.iter().cloned())
                        }
                        ("replacements" | "bind" | "values" | "params", ValueKind::Record(inner)) => {
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

/// Returns the place of an argument that is called `query`, `sql` or `statement` and holds a statement.
fn sql_argument(call: &Call) -> Option<usize> {
    call.given.iter().position(|given| {
        let is_named = given.name.as_deref().is_some_and(|name| matches!(name, "query" | "sql" | "statement"));
        is_named && matches!(&given.value.kind, ValueKind::Text(text, _) if super::sql::is_statement(text))
    })
}
