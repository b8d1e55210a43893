//! What a name or a field stands for: local names, the request, the caller, what the project defines.

use std::rc::Rc;
use std::sync::Arc;

use super::engine::{Cx, Engine, Traces};
use super::facts::{Fact, Facts, Key, Tie};
use super::idioms::{self, PUBLIC_WORDS};
use super::report::IdOrigin;
use super::state::State;
use super::value::{Kind, Labels, Part, Query, Truth, Value};
use super::words;
use crate::ir::{Expr, ExprKind, Function, Span, dotted, last_part};
use crate::lang::Language;
use crate::project::{ClassRef, FunctionRef, ModuleId, Resolved};
use crate::routes::FrameworkName;

impl Engine<'_> {
    /// Returns what a bare name stands for.
    pub(super) fn name(&mut self, cx: &Cx, state: &mut State, name: &str, span: Span) -> Value {
        if let Some(value) = state.get(name) {
            if value.labels.subject && !value.labels.is_chosen() {
                self.identity.get_or_insert(super::facts::Mark { module: cx.module, span });
            }
            return value.clone();
        }
        if matches!(name, "self" | "this") {
            return cx.class.clone().map(|class| Value::kind(Kind::Instance(class))).unwrap_or_default();
        }
        if name == "SAFE_METHODS" {
            return safe_methods();
        }
        let of = (self.framework, cx.module);
        if let Some(value) = self.models.global(of, name) {
            return value;
        }
        if let Some(value) = self.well_known(cx, name, span) {
            return value;
        }
        let before = self.traces();
        let value = self.global(cx, name);
        // What was made of this handler's request is not the next one's.
        if value.labels.is_plain() {
            self.keep_global((of, name), &value, &before);
        }
        value
    }

    /// Keeps what a name at the top of a module stands for. It was made when the program started, for no request: what that
    /// did is not the handler's. A function is only read when it is called, so what it holds may still be asked for.
    fn keep_global(&mut self, (of, name): ((FrameworkName, ModuleId), &str), value: &Value, before: &Traces) {
        let is_whole = !matches!(value.kind, Kind::Function(..) | Kind::Query(_));
        if self.has_found_nothing_since(before) || is_whole && self.can_spend() {
            self.forget_since(before);
            self.models.keep_global(of, name, value.clone());
        }
    }

    /// What is known of a method that is asked for by name: `request.method in SAFE_METHODS`.
    pub(super) fn known_method(first: &Value, second: &Value) -> Option<bool> {
        let Kind::Text(method, _) = &first.kind else { return None };
        match &second.kind {
            Kind::Text(other, parts) if parts.is_empty() => Some(method == other),
            Kind::List(items) => {
                let is_text = |item: &Value| matches!(&item.kind, Kind::Text(_, parts) if parts.is_empty());
                items
                    .iter()
                    .all(is_text)
                    .then(|| items.iter().any(|item| matches!(&item.kind, Kind::Text(other, _) if other == method)))
            }
            _ => None,
        }
    }

    /// `request`, `session`, `g`, `current_user` of a framework.
    fn well_known(&mut self, cx: &Cx, name: &str, span: Span) -> Option<Value> {
        let is_python = self.project.module(cx.module).is_some_and(|module| module.language == Language::Python);
        if !is_python {
            return None;
        }
        let full = self.project.full_name(cx.module, name);
        let is_known = full != name || self.framework == FrameworkName::Flask;
        match last_part(&full) {
            "request" if full.contains("flask") || full == "request" => Some(Value::kind(Kind::Request(Part::Whole))),
            "session" if full.starts_with("flask") => Some(Value::kind(Kind::Request(Part::Session))),
            "g" if full.starts_with("flask") => Some(Value::kind(Kind::Request(Part::Locals))),
            "current_user" | "current_identity" if is_known => {
                let own = self.project.resolve(cx.module, name);
                match own {
                    Some(Resolved::Function(_)) => None,
                    _ => Some(self.ask_caller(cx, span)),
                }
            }
            "current_org" | "current_tenant" | "current_organization" | "current_workspace" => {
                Some(Value::of(Labels { tenant: true, ..Labels::default() }))
            }
            _ => None,
        }
    }

    fn global(&mut self, cx: &Cx, name: &str) -> Value {
        match self.project.resolve(cx.module, name) {
            Some(Resolved::Function(function)) => Value::kind(Kind::Function(function, Rc::default())),
            Some(Resolved::Class(class)) => {
                let name = Rc::from(class.class.name.as_str());
                Value::kind(Kind::Class(name, Some(class)))
            }
            Some(Resolved::Value(module, of, value)) => self.global_value(module, &of, &value),
            Some(Resolved::Module(_)) => Value::default(),
            None => self.by_name(cx, name),
        }
    }

    /// What a value at the top of a module is for.
    fn global_value(&mut self, module: ModuleId, name: &str, value: &Expr) -> Value {
        match &*value.kind {
            ExprKind::Record(_) | ExprKind::List(_) | ExprKind::Comprehension { .. } => {
                Value::kind(Kind::Store(Rc::from(name)))
            }
            ExprKind::Text(text) => Value::kind(Kind::Text(Rc::from(text.as_str()), Rc::default())),
            ExprKind::Call { callee, arguments, .. } => {
                let called = dotted(callee).unwrap_or_default();
                let last = last_part(&called).to_owned();
                if matches!(last.as_str(), "dict" | "defaultdict" | "OrderedDict" | "Map" | "list" | "WeakMap") {
                    return Value::kind(Kind::Store(Rc::from(name)));
                }
                if matches!(last.as_str(), "model" | "define") {
                    let named = arguments.first().and_then(|first| crate::ir::literal(&first.value)).unwrap_or(name);
                    return Value::kind(Kind::Class(Rc::from(named), None));
                }
                if idioms::CONNECTION_MAKERS.iter().any(|maker| last.ends_with(maker)) {
                    return Value::kind(Kind::Connection);
                }
                let wraps = arguments.iter().any(|argument| matches!(&*argument.value.kind, ExprKind::Function(_)));
                let is_own = matches!(self.project.resolve(module, &called), Some(Resolved::Function(_)));
                if wraps || is_own {
                    // `const load = asyncHandler(..)`, `const isAdmin = requireRole('admin')`
                    let made = self.eval(&Cx { module, class: None, depth: 3 }, &mut State::default(), value);
                    if !matches!(made.kind, Kind::Plain) {
                        return made;
                    }
                }
                if let Some(Resolved::Class(class)) = self.project.resolve(module, &called) {
                    if words::holds_one_of(&class.class.name, &["database", "connection"]) {
                        return Value::kind(Kind::Connection);
                    }
                    return Value::kind(Kind::Instance(class));
                }
                if matches!(last.as_str(), "collection" | "get_collection") || last == "Table" {
                    let named = arguments.first().and_then(|first| crate::ir::literal(&first.value)).unwrap_or(name);
                    return Value::kind(Kind::Repository(Rc::from(named)));
                }
                self.by_name(&Cx { module, class: None, depth: 0 }, name)
            }
            // `invoices = db.invoices`, `invoices = db["invoices"]`
            ExprKind::Member(base, field) if self.is_connection(module, base) => {
                if idioms::is_connection(field) {
                    Value::kind(Kind::Connection)
                } else {
                    Value::kind(Kind::Repository(Rc::from(field.as_str())))
                }
            }
            ExprKind::Index(base, key) if self.is_connection(module, base) => match crate::ir::literal(key) {
                Some(key) => Value::kind(Kind::Repository(Rc::from(key))),
                None => Value::default(),
            },
            _ => self.by_name(&Cx { module, class: None, depth: 0 }, name),
        }
    }

    fn is_connection(&mut self, module: ModuleId, base: &Expr) -> bool {
        let cx = Cx { module, class: None, depth: 0 };
        let Some(name) = dotted(base) else { return false };
        match self.project.resolve(module, &name) {
            Some(Resolved::Value(of, named, value)) if value.call().is_some() => {
                matches!(self.global_value(of, &named, &value).kind, Kind::Connection)
            }
            _ => matches!(self.by_name(&cx, last_part(&name)).kind, Kind::Connection),
        }
    }

    /// What a name that nothing defines is for, as far as the name says.
    pub(super) fn by_name(&self, _cx: &Cx, name: &str) -> Value {
        if idioms::is_connection(name) {
            return Value::kind(Kind::Connection);
        }
        if let Some(class) = self.models.service(name) {
            if let Some(model) = self.models.repository(class) {
                return Value::kind(Kind::Repository(model));
            }
            return Value::kind(Kind::Instance(class.clone()));
        }
        let plain = words::plain(name);
        for end in ["repository", "repo", "dao", "collection", "coll", "model"] {
            if let Some(model) = plain.strip_suffix(end).filter(|model| !model.is_empty()) {
                return Value::kind(Kind::Repository(Rc::from(model)));
            }
        }
        if name.chars().next().is_some_and(char::is_uppercase) {
            return Value::kind(Kind::Class(Rc::from(name), None));
        }
        Value::default()
    }

    /// Returns what a field of a value stands for.
    pub(super) fn field(&mut self, cx: &Cx, state: &mut State, of: &Value, field: &str, span: Span) -> Value {
        match &of.kind {
            Kind::Request(part) => return self.of_request(cx, *part, field, span),
            Kind::Class(name, class) => return self.of_class((name, class.as_ref()), field),
            Kind::Instance(class) => return self.of_instance(cx, state, (of, &class.clone()), field, span),
            Kind::Connection => {
                let kind =
                    if idioms::is_connection(field) { Kind::Connection } else { Kind::Repository(Rc::from(field)) };
                return Value::kind(kind);
            }
            Kind::Record(entries) => {
                if let Some(value) = super::state::find(entries, field) {
                    return value.clone();
                }
            }
            Kind::Response if field == "locals" => return Value::kind(Kind::Request(Part::Locals)),
            Kind::Query(query) if matches!(field, "c" | "query" | "objects") => {
                return Value::kind(Kind::Query(query.clone()));
            }
            Kind::Repository(_) if matches!(field, "manager" | "createQueryBuilder" | "query" | "objects") => {
                return of.clone();
            }
            // `client.shop.orders`
            Kind::Repository(_) => return Value::kind(Kind::Repository(Rc::from(field))),
            _ => {}
        }
        let labels = of.labels;
        if labels.subject && !labels.is_chosen() {
            return self.of_caller(cx, field, span);
        }
        if field == "SAFE_METHODS" {
            return safe_methods();
        }
        let mut value = Value { field: Some(Rc::from(field)), ..of.plain() };
        if !labels.objects.is_empty() && words::holds_one_of(field, &PUBLIC_WORDS) {
            let mark = self.mark(cx, span);
            let yes = self.tie(Labels { ids: Default::default(), ..labels }, Tie::Access, mark);
            value.truth = Some(Rc::new(Truth { yes, no: Facts::default() }));
        }
        value
    }

    /// A field of the caller: its role, its group, what belongs to it, or itself.
    fn of_caller(&mut self, cx: &Cx, field: &str, span: Span) -> Value {
        if words::holds_one_of(field, &words::ROLE_PARTS) {
            let fact = Fact { key: Key::Role, tie: Tie::Access, mark: self.mark(cx, span) };
            let truth = Truth { yes: Facts::of(vec![fact]), no: Facts::default() };
            let labels = Labels { role: true, ..Labels::default() };
            return Value { labels, truth: Some(Rc::new(truth)), ..Value::default() };
        }
        if words::is_one_of(field, &words::TENANT_NAMES) {
            return Value::of(Labels { tenant: true, ..Labels::default() });
        }
        Value { field: Some(Rc::from(field)), ..Value::subject() }
    }

    fn of_class(&mut self, (name, class): (&Rc<str>, Option<&ClassRef>), field: &str) -> Value {
        if idioms::QUERY_FIELDS.contains(&field) {
            let query = Query { model: Some(name.clone()), ..Query::default() };
            return Value::kind(Kind::Query(Rc::new(query)));
        }
        if let Some(class) = class {
            if let Some(method) = self.project.method(class, field) {
                return Value::kind(Kind::Function(method, Rc::default()));
            }
            if let Some((module, value)) = self.project.class_field(class, field)
                && matches!(&*value.kind, ExprKind::Record(_) | ExprKind::List(_))
            {
                return self.global_value(module, field, &value);
            }
        }
        Value { field: Some(Rc::from(field)), ..Value::default() }
    }

    fn of_instance(
        &mut self,
        cx: &Cx,
        state: &mut State,
        (of, class): (&Value, &ClassRef),
        field: &str,
        span: Span,
    ) -> Value {
        let is_view = matches!(self.framework, FrameworkName::Django) && cx.class.is_some();
        if is_view && field == "request" {
            return Value::kind(Kind::Request(Part::Whole));
        }
        if is_view && field == "kwargs" {
            return Value::kind(Kind::Request(Part::Path));
        }
        if words::is_one_of(field, &words::SUBJECT_CALLS) {
            return self.ask_caller(cx, span);
        }
        if let Some(value) = self.view_field(cx, class, field) {
            return value;
        }
        if let Some(method) = self.project.method(class, field) {
            let is_property = method
                .function
                .decorators
                .iter()
                .any(|decorator| dotted(decorator).is_some_and(|name| last_part(&name).ends_with("property")));
            if is_property {
                return self.follow(cx, state, &method, &Rc::default(), Vec::new());
            }
            return Value::kind(Kind::Function(method, Rc::default()));
        }
        if let Some((module, value)) = self.project.class_field(class, field) {
            return match &*value.kind {
                ExprKind::Name(_) | ExprKind::Member(..) => self.name(
                    &Cx { module, class: None, depth: 0 },
                    &mut State::default(),
                    &dotted(&value).unwrap_or_default(),
                    span,
                ),
                ExprKind::Call { .. } => {
                    let inner = Cx { module, class: None, depth: cx.depth + 1 };
                    self.eval(&inner, &mut State::default(), &value)
                }
                _ => self.global_value(module, field, &value),
            };
        }
        let typed = self.models.member_type(class, field).map(|declared| self.typed(class.module, &declared));
        if let Some(value) = typed.filter(|value| !matches!(value.kind, Kind::Plain)) {
            return value;
        }
        if words::is_one_of(field, &words::SUBJECT_NAMES) && of.labels.is_plain() && field != "username" && is_view {
            return self.ask_caller(cx, span);
        }
        self.by_name(cx, field)
    }

    /// What a value of a declared type is for: `Repository<Invoice>`, `Session`, `InvoiceService`.
    pub(super) fn typed(&self, module: ModuleId, declared: &Expr) -> Value {
        let (outer, inner) = match &*declared.kind {
            ExprKind::Index(outer, inner) => (dotted(outer), Some(inner)),
            _ => (dotted(declared), None),
        };
        let Some(outer) = outer else { return Value::default() };
        let last = last_part(&outer);
        let inner = inner.and_then(|inner| match &*inner.kind {
            ExprKind::List(items) => items.first().and_then(dotted),
            _ => dotted(inner),
        });
        match (last, inner) {
            (
                "Repository" | "Model" | "MongoRepository" | "Collection" | "EntityRepository" | "TreeRepository"
                | "ModelType",
                Some(model),
            ) => Value::kind(Kind::Repository(Rc::from(last_part(&model)))),
            ("Annotated" | "Optional", Some(inner)) => self.typed_name(module, &inner),
            _ => self.typed_name(module, &outer),
        }
    }

    fn typed_name(&self, module: ModuleId, name: &str) -> Value {
        let last = last_part(name);
        if idioms::CONNECTION_TYPES.contains(&last) {
            return Value::kind(Kind::Connection);
        }
        if let Some(Resolved::Class(class)) = self.project.resolve(module, name) {
            if let Some(model) = self.models.repository(&class) {
                return Value::kind(Kind::Repository(model));
            }
            return Value::kind(Kind::Instance(class));
        }
        if let Some(model) = last.strip_suffix("Repository").filter(|model| !model.is_empty()) {
            return Value::kind(Kind::Repository(Rc::from(model)));
        }
        Value::default()
    }

    /// A part of the request, or of what was left in it.
    pub(super) fn of_request(&mut self, cx: &Cx, part: Part, field: &str, span: Span) -> Value {
        match part {
            Part::Whole => self.of_whole_request(cx, field, span),
            Part::Path => Value::of(self.client(field, IdOrigin::Path)),
            Part::Query => Value::of(self.client(field, IdOrigin::Query)),
            Part::Body => Value::of(self.client(field, IdOrigin::Body)),
            Part::Headers => self.of_headers(field),
            Part::Cookies => Value::token(),
            Part::Session | Part::Locals => self.of_session(cx, part, field, span),
        }
    }

    fn of_whole_request(&mut self, cx: &Cx, field: &str, span: Span) -> Value {
        if let Some(part) = idioms::request_part(field) {
            return self.part_of_request(part, field);
        }
        if let (true, Some(method)) = (field == "method", &self.method) {
            self.trail.asks_method = true;
            return Value::kind(Kind::Text(Rc::from(method.as_str()), Rc::default()));
        }
        if field == "authorization" {
            return Value::token();
        }
        if matches!(field, "app" | "state" | "locals") {
            return Value::kind(Kind::Request(Part::Locals));
        }
        if field == "auth"
            || words::is_one_of(field, &words::SUBJECT_NAMES)
            || words::is_one_of(field, &words::SUBJECT_CALLS)
        {
            return self.ask_caller(cx, span);
        }
        if words::is_one_of(field, &words::TENANT_NAMES) {
            return Value::of(Labels { tenant: true, ..Labels::default() });
        }
        if words::holds_one_of(field, &words::ROLE_PARTS) {
            return self.of_caller(cx, field, span);
        }
        if idioms::is_connection(field) { Value::kind(Kind::Connection) } else { Value::default() }
    }

    fn of_headers(&mut self, field: &str) -> Value {
        let plain = words::plain(field);
        if plain.contains("auth")
            || words::holds_one_of(field, &words::SECRET_WORDS)
            || plain.contains("key")
            || plain.contains("cookie")
        {
            return Value::token();
        }
        let mut labels = self.client(field, IdOrigin::Header);
        labels.claimed =
            ["user", "sub", "account", "identity", "email", "tenant", "org"].iter().any(|word| plain.contains(word));
        if labels.claimed {
            labels.ids = Default::default();
        }
        Value::of(labels)
    }

    fn of_session(&mut self, cx: &Cx, part: Part, field: &str, span: Span) -> Value {
        if words::holds_one_of(field, &words::ROLE_PARTS) {
            return self.of_caller(cx, field, span);
        }
        if words::is_one_of(field, &words::TENANT_NAMES) {
            return Value::of(Labels { tenant: true, ..Labels::default() });
        }
        if idioms::is_connection(field) {
            return Value::kind(Kind::Connection);
        }
        // What stands in a session was put there by the server for this caller.
        let is_callers = part == Part::Session || words::is_one_of(field, &words::SUBJECT_NAMES);
        if is_callers { self.ask_caller(cx, span) } else { Value::default() }
    }

    /// Makes a reference of a function within a function.
    pub(super) fn local_function(&self, cx: &Cx, function: &Arc<Function>) -> FunctionRef {
        FunctionRef { module: cx.module, function: function.clone(), class: cx.class.clone() }
    }
}

/// Methods that change nothing.
fn safe_methods() -> Value {
    let items = ["GET", "HEAD", "OPTIONS"].map(|method| Value::kind(Kind::Text(Rc::from(method), Rc::default())));
    Value::kind(Kind::List(Rc::new(items.to_vec())))
}
