//! What a name or a field stands for: local names, the request, the caller, what the project defines.

use std::rc::Rc;
use std::sync::Arc;

use super::engine::{Cx, HandlerReader, Traces};
use super::facts::{CallerTie, Facts, Key, OwnershipFact};
use super::idioms::{self, PUBLIC_WORDS};
use super::report::IdOrigin;
use super::state::State;
use super::value::{CodeValue, Labels, Part, Query, Truth, ValueKind};
use super::words;
use crate::ir::{Expr, ExprKind, Function, Span, dotted_text, last_part};
use crate::lang::Language;
use crate::project::{ClassRef, FunctionRef, ModuleId, Resolved};
use crate::routes::FrameworkName;

impl HandlerReader<'_> {
    /// Returns what a bare name stands for.
    pub(super) fn name(&mut self, cx: &Cx, state: &mut State, name: &str, span: Span) -> CodeValue {
        if let Some(value) = state.get(name) {
            if value.labels.subject && !value.labels.is_chosen() {
                self.identity.get_or_insert(super::facts::CodeMark { module: cx.module, span });
            }
            return value.clone();
        }

        if matches!(name, "self" | "this") {
            return cx.class.clone().map(|class| CodeValue::kind(ValueKind::Instance(class))).unwrap_or_default();
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
    fn keep_global(&mut self, (of, name): ((FrameworkName, ModuleId), &str), value: &CodeValue, before: &Traces) {
        // A function holds its own body, which is read when it is called; a query is sent later.
        let is_whole = !matches!(value.kind, ValueKind::Function(..) | ValueKind::Query(_));
        if self.has_found_nothing_since(before) || is_whole && self.can_spend() {
            self.forget_since(before);
            self.models.keep_global(of, name, value.clone());
        }
    }

    /// What is known of a method that is asked for by name: `request.method in SAFE_METHODS`.
    pub(super) fn known_method(first: &CodeValue, second: &CodeValue) -> Option<bool> {
        let ValueKind::Text(method, _) = &first.kind else { return None };
        match &second.kind {
            ValueKind::Text(other, parts) if parts.is_empty() => Some(method == other),
            ValueKind::List(items) => {
                let is_text = |item: &CodeValue| matches!(&item.kind, ValueKind::Text(_, parts) if parts.is_empty());
                items.iter().all(is_text).then(|| {
                    items.iter().any(|item| matches!(&item.kind, ValueKind::Text(other, _) if other == method))
                })
            }
            _ => None,
        }
    }

    /// `request`, `session`, `g`, `current_user` of a framework.
    fn well_known(&mut self, cx: &Cx, name: &str, span: Span) -> Option<CodeValue> {
        let is_python = self.project.module(cx.module).is_some_and(|module| module.language == Language::Python);
        if !is_python {
            return None;
        }
        let full = self.project.full_name(cx.module, name);
        let is_known = full != name || self.framework == FrameworkName::Flask;

        match last_part(&full) {
            "request" if full.contains("flask") || full == "request" => {
                Some(CodeValue::kind(ValueKind::Request(Part::Whole)))
            }
            "session" if full.starts_with("flask") => Some(CodeValue::kind(ValueKind::Request(Part::Session))),
            "g" if full.starts_with("flask") => Some(CodeValue::kind(ValueKind::Request(Part::Locals))),
            "current_user" | "current_identity" if is_known => {
                let own = self.project.resolve(cx.module, name);
                match own {
                    Some(Resolved::Function(_)) => None,
                    _ => Some(self.ask_caller(cx, span)),
                }
            }
            "current_org" | "current_tenant" | "current_organization" | "current_workspace" => {
                Some(CodeValue::of(Labels { tenant: true, ..Labels::default() }))
            }
            _ => None,
        }
    }

    fn global(&mut self, cx: &Cx, name: &str) -> CodeValue {
        match self.project.resolve(cx.module, name) {
            Some(Resolved::Function(function)) => CodeValue::kind(ValueKind::Function(function, Rc::default())),
            Some(Resolved::Class(class)) => {
                let name = Rc::from(class.class.name.as_str());
                CodeValue::kind(ValueKind::Class(name, Some(class)))
            }
            Some(Resolved::Value(module, of, value)) => self.global_value(module, &of, &value),
            Some(Resolved::Module(_)) => CodeValue::default(),
            None => self.by_name(cx, name),
        }
    }

    /// What a value at the top of a module is for.
    fn global_value(&mut self, module: ModuleId, name: &str, value: &Expr) -> CodeValue {
        match &*value.kind {
            ExprKind::Record(_) | ExprKind::List(_) | ExprKind::Comprehension { .. } => {
                CodeValue::kind(ValueKind::Store(Rc::from(name)))
            }
            ExprKind::Text(text) => CodeValue::kind(ValueKind::Text(Rc::from(text.as_str()), Rc::default())),
            ExprKind::Call { callee, arguments, .. } => {
                let called = dotted_text(callee).unwrap_or_default();
                let last = last_part(&called).to_owned();

                if matches!(last.as_str(), "dict" | "defaultdict" | "OrderedDict" | "Map" | "list" | "WeakMap") {
                    return CodeValue::kind(ValueKind::Store(Rc::from(name)));
                }
                if matches!(last.as_str(), "model" | "define") {
                    let named =
                        arguments.first().and_then(|first| crate::ir::literal_text(&first.value)).unwrap_or(name);
                    return CodeValue::kind(ValueKind::Class(Rc::from(named), None));
                }
                if idioms::CONNECTION_MAKERS.iter().any(|maker| last.ends_with(maker)) {
                    return CodeValue::kind(ValueKind::Connection);
                }
                let wraps = arguments.iter().any(|argument| matches!(&*argument.value.kind, ExprKind::Function(_)));
                let is_own = matches!(self.project.resolve(module, &called), Some(Resolved::Function(_)));

                if wraps || is_own {
                    // `const load = asyncHandler(..)`, `const isAdmin = requireRole('admin')`
                    let made = self.eval(&Cx { module, class: None, depth: 3 }, &mut State::default(), value);

                    if !matches!(made.kind, ValueKind::Plain) {
                        return made;
                    }
                }
                if let Some(Resolved::Class(class)) = self.project.resolve(module, &called) {
                    if words::holds_one_of(&class.class.name, &["database", "connection"]) {
                        return CodeValue::kind(ValueKind::Connection);
                    }
                    return CodeValue::kind(ValueKind::Instance(class));
                }
                if matches!(last.as_str(), "collection" | "get_collection") || last == "Table" {
                    let named =
                        arguments.first().and_then(|first| crate::ir::literal_text(&first.value)).unwrap_or(name);
                    return CodeValue::kind(ValueKind::Repository(Rc::from(named)));
                }
                self.by_name(&Cx { module, class: None, depth: 0 }, name)
            }
            // `invoices = db.invoices`, `invoices = db["invoices"]`
            ExprKind::Member(base, field) if self.is_connection(module, base) => {
                if idioms::is_connection(field) {
                    CodeValue::kind(ValueKind::Connection)
                } else {
                    CodeValue::kind(ValueKind::Repository(Rc::from(field.as_str())))
                }
            }
            ExprKind::Index(base, key) if self.is_connection(module, base) => match crate::ir::literal_text(key) {
                Some(key) => CodeValue::kind(ValueKind::Repository(Rc::from(key))),
                None => CodeValue::default(),
            },
            _ => self.by_name(&Cx { module, class: None, depth: 0 }, name),
        }
    }

    fn is_connection(&mut self, module: ModuleId, base: &Expr) -> bool {
        let cx = Cx { module, class: None, depth: 0 };
        let Some(name) = dotted_text(base) else { return false };

        match self.project.resolve(module, &name) {
            Some(Resolved::Value(of, named, value)) if value.call().is_some() => {
                matches!(self.global_value(of, &named, &value).kind, ValueKind::Connection)
            }
            _ => matches!(self.by_name(&cx, last_part(&name)).kind, ValueKind::Connection),
        }
    }

    /// What a name that nothing defines is for, as far as the name says.
    pub(super) fn by_name(&self, _cx: &Cx, name: &str) -> CodeValue {
        if idioms::is_connection(name) {
            return CodeValue::kind(ValueKind::Connection);
        }
        if let Some(class) = self.models.service(name) {
            if let Some(model) = self.models.repository(class) {
                return CodeValue::kind(ValueKind::Repository(model));
            }
            return CodeValue::kind(ValueKind::Instance(class.clone()));
        }

        let plain = words::simplify_name(name);
        for end in ["repository", "repo", "dao", "collection", "coll", "model"] {
            if let Some(model) = plain.strip_suffix(end).filter(|model| !model.is_empty()) {
                return CodeValue::kind(ValueKind::Repository(Rc::from(model)));
            }
        }
        if name.chars().next().is_some_and(char::is_uppercase) {
            return CodeValue::kind(ValueKind::Class(Rc::from(name), None));
        }
        CodeValue::default()
    }

    /// Returns what a field of a value stands for.
    pub(super) fn field(&mut self, cx: &Cx, state: &mut State, of: &CodeValue, field: &str, span: Span) -> CodeValue {
        match &of.kind {
            ValueKind::Request(part) => return self.of_request(cx, *part, field, span),
            ValueKind::Class(name, class) => return self.of_class((name, class.as_ref()), field),
            ValueKind::Instance(class) => return self.of_instance(cx, state, (of, &class.clone()), field, span),
            ValueKind::Connection => {
                let kind = if idioms::is_connection(field) {
                    ValueKind::Connection
                } else {
                    ValueKind::Repository(Rc::from(field))
                };
                return CodeValue::kind(kind);
            }
            ValueKind::Record(entries) => {
                if let Some(value) = super::state::find_value(entries, field) {
                    return value.clone();
                }
            }
            ValueKind::Response if field == "locals" => return CodeValue::kind(ValueKind::Request(Part::Locals)),
            ValueKind::Query(query) if matches!(field, "c" | "query" | "objects") => {
                return CodeValue::kind(ValueKind::Query(query.clone()));
            }
            ValueKind::Repository(_) if matches!(field, "manager" | "createQueryBuilder" | "query" | "objects") => {
                return of.clone();
            }
            // `client.shop.orders`
            ValueKind::Repository(_) => return CodeValue::kind(ValueKind::Repository(Rc::from(field))),
            _ => {}
        }

        let labels = of.labels;
        if labels.subject && !labels.is_chosen() {
            return self.of_caller(cx, field, span);
        }
        if field == "SAFE_METHODS" {
            return safe_methods();
        }
        let mut value = CodeValue { field: Some(Rc::from(field)), ..of.plain() };

        // An object that is open to all needs no owner, so that this field counts as access.
        if !labels.objects.is_empty() && words::holds_one_of(field, &PUBLIC_WORDS) {
            let mark = self.mark(cx, span);
            let yes = self.tie(Labels { ids: Default::default(), ..labels }, CallerTie::Access, mark);
            value.truth = Some(Rc::new(Truth { yes, no: Facts::default() }));
        }
        value
    }

    /// A field of the caller: its role, its group, what belongs to it, or itself.
    fn of_caller(&mut self, cx: &Cx, field: &str, span: Span) -> CodeValue {
        // A role of the caller is a right over others' objects, and is kept apart from identity.
        if words::holds_one_of(field, &words::ROLE_PARTS) {
            let fact = OwnershipFact { key: Key::Role, tie: CallerTie::Access, mark: self.mark(cx, span) };
            let truth = Truth { yes: Facts::of(vec![fact]), no: Facts::default() };
            let labels = Labels { role: true, ..Labels::default() };
            return CodeValue { labels, truth: Some(Rc::new(truth)), ..CodeValue::default() };
        }

        if words::is_one_of(field, &words::TENANT_NAMES) {
            return CodeValue::of(Labels { tenant: true, ..Labels::default() });
        }
        CodeValue { field: Some(Rc::from(field)), ..CodeValue::subject() }
    }

    fn of_class(&mut self, (name, class): (&Rc<str>, Option<&ClassRef>), field: &str) -> CodeValue {
        if idioms::QUERY_FIELDS.contains(&field) {
            let query = Query { model: Some(name.clone()), ..Query::default() };
            return CodeValue::kind(ValueKind::Query(Rc::new(query)));
        }
        if let Some(class) = class {
            if let Some(method) = self.project.method(class, field) {
                return CodeValue::kind(ValueKind::Function(method, Rc::default()));
            }
            if let Some((module, value)) = self.project.class_field(class, field)
                && matches!(&*value.kind, ExprKind::Record(_) | ExprKind::List(_))
            {
                return self.global_value(module, field, &value);
            }
        }

        CodeValue { field: Some(Rc::from(field)), ..CodeValue::default() }
    }

    fn of_instance(
        &mut self,
        cx: &Cx,
        state: &mut State,
        (of, class): (&CodeValue, &ClassRef),
        field: &str,
        span: Span,
    ) -> CodeValue {
        let is_view = matches!(self.framework, FrameworkName::Django) && cx.class.is_some();
        if is_view && field == "request" {
            return CodeValue::kind(ValueKind::Request(Part::Whole));
        }
        if is_view && field == "kwargs" {
            return CodeValue::kind(ValueKind::Request(Part::Path));
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
                .any(|decorator| dotted_text(decorator).is_some_and(|name| last_part(&name).ends_with("property")));
            if is_property {
                return self.follow(cx, state, &method, &Rc::default(), Vec::new());
            }
            return CodeValue::kind(ValueKind::Function(method, Rc::default()));
        }

        if let Some((module, value)) = self.project.class_field(class, field) {
            return match &*value.kind {
                ExprKind::Name(_) | ExprKind::Member(..) => self.name(
                    &Cx { module, class: None, depth: 0 },
                    &mut State::default(),
                    &dotted_text(&value).unwrap_or_default(),
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
        if let Some(value) = typed.filter(|value| !matches!(value.kind, ValueKind::Plain)) {
            return value;
        }
        // In a view, fields such as `user` are set by the framework's mixins.
        if words::is_one_of(field, &words::SUBJECT_NAMES) && of.labels.is_plain() && field != "username" && is_view {
            return self.ask_caller(cx, span);
        }
        self.by_name(cx, field)
    }

    /// What a value of a declared type is for: `Repository<Invoice>`, `Session`, `InvoiceService`.
    pub(super) fn typed(&self, module: ModuleId, declared: &Expr) -> CodeValue {
        let (outer, inner) = match &*declared.kind {
            ExprKind::Index(outer, inner) => (dotted_text(outer), Some(inner)),
            _ => (dotted_text(declared), None),
        };
        let Some(outer) = outer else { return CodeValue::default() };
        let last = last_part(&outer);
        let inner = inner.and_then(|inner| match &*inner.kind {
            ExprKind::List(items) => items.first().and_then(dotted_text),
            _ => dotted_text(inner),
        });
        match (last, inner) {
            (
                "Repository" | "Model" | "MongoRepository" | "Collection" | "EntityRepository" | "TreeRepository"
                | "ModelType",
                Some(model),
            ) => CodeValue::kind(ValueKind::Repository(Rc::from(last_part(&model)))),
            ("Annotated" | "Optional", Some(inner)) => self.typed_name(module, &inner),
            _ => self.typed_name(module, &outer),
        }
    }

    fn typed_name(&self, module: ModuleId, name: &str) -> CodeValue {
        let last = last_part(name);
        if idioms::CONNECTION_TYPES.contains(&last) {
            return CodeValue::kind(ValueKind::Connection);
        }
        if let Some(Resolved::Class(class)) = self.project.resolve(module, name) {
            if let Some(model) = self.models.repository(&class) {
                return CodeValue::kind(ValueKind::Repository(model));
            }
            return CodeValue::kind(ValueKind::Instance(class));
        }

        if let Some(model) = last.strip_suffix("Repository").filter(|model| !model.is_empty()) {
            return CodeValue::kind(ValueKind::Repository(Rc::from(model)));
        }
        CodeValue::default()
    }

    /// A part of the request, or of what was left in it.
    pub(super) fn of_request(&mut self, cx: &Cx, part: Part, field: &str, span: Span) -> CodeValue {
        match part {
            Part::Whole => self.of_whole_request(cx, field, span),
            Part::Path => CodeValue::of(self.client(field, IdOrigin::Path)),
            Part::Query => CodeValue::of(self.client(field, IdOrigin::Query)),
            Part::Body => CodeValue::of(self.client(field, IdOrigin::Body)),
            Part::Headers => self.of_headers(field),
            Part::Cookies => CodeValue::token(),
            Part::Session | Part::Locals => self.of_session(cx, part, field, span),
        }
    }

    fn of_whole_request(&mut self, cx: &Cx, field: &str, span: Span) -> CodeValue {
        if let Some(part) = idioms::request_part(field) {
            return self.part_of_request(part, field);
        }
        if let (true, Some(method)) = (field == "method", &self.method) {
            self.trail.asks_method = true;
            return CodeValue::kind(ValueKind::Text(Rc::from(method.as_str()), Rc::default()));
        }
        if field == "authorization" {
            return CodeValue::token();
        }
        if matches!(field, "app" | "state" | "locals") {
            return CodeValue::kind(ValueKind::Request(Part::Locals));
        }
        if field == "auth"
            || words::is_one_of(field, &words::SUBJECT_NAMES)
            || words::is_one_of(field, &words::SUBJECT_CALLS)
        {
            return self.ask_caller(cx, span);
        }
        if words::is_one_of(field, &words::TENANT_NAMES) {
            return CodeValue::of(Labels { tenant: true, ..Labels::default() });
        }
        if words::holds_one_of(field, &words::ROLE_PARTS) {
            return self.of_caller(cx, field, span);
        }
        if idioms::is_connection(field) { CodeValue::kind(ValueKind::Connection) } else { CodeValue::default() }
    }

    fn of_headers(&mut self, field: &str) -> CodeValue {
        let plain = words::simplify_name(field);
        // These headers carry credentials, which prove something; other headers are what the client claims.
        if plain.contains("auth")
            || words::holds_one_of(field, &words::SECRET_WORDS)
            || plain.contains("key")
            || plain.contains("cookie")
        {
            return CodeValue::token();
        }
        let mut labels = self.client(field, IdOrigin::Header);
        labels.claimed =
            ["user", "sub", "account", "identity", "email", "tenant", "org"].iter().any(|word| plain.contains(word));
        // What a header claims of an identity is no id of an object that the client chose.
        if labels.claimed {
            labels.ids = Default::default();
        }
        CodeValue::of(labels)
    }

    fn of_session(&mut self, cx: &Cx, part: Part, field: &str, span: Span) -> CodeValue {
        if words::holds_one_of(field, &words::ROLE_PARTS) {
            return self.of_caller(cx, field, span);
        }
        if words::is_one_of(field, &words::TENANT_NAMES) {
            return CodeValue::of(Labels { tenant: true, ..Labels::default() });
        }
        if idioms::is_connection(field) {
            return CodeValue::kind(ValueKind::Connection);
        }
        // What stands in a session was put there by the server for this caller.
        let is_callers =
            part == Part::Session || words::is_one_of(field, &words::SUBJECT_NAMES) || self.models.leaves_caller(field);
        if is_callers { self.ask_caller(cx, span) } else { CodeValue::default() }
    }

    /// Makes a reference of a function within a function.
    pub(super) fn local_function(&self, cx: &Cx, function: &Arc<Function>) -> FunctionRef {
        FunctionRef { module: cx.module, function: function.clone(), class: cx.class.clone() }
    }
}

/// Methods that change nothing.
fn safe_methods() -> CodeValue {
    let items =
        ["GET", "HEAD", "OPTIONS"].map(|method| CodeValue::kind(ValueKind::Text(Rc::from(method), Rc::default())));
    CodeValue::kind(ValueKind::List(Rc::new(items.to_vec())))
}
