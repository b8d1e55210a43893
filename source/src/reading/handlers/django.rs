//! Django and its REST framework: function views, class-based views with what they inherit, permission classes.

use std::rc::Rc;

use super::super::engine::{Cx, HandlerReader};
use super::super::facts::{Facts, Key};
use super::super::follow::CallArgument;
use super::super::report::{CodeAccessVerb, IdOrigin};
use super::super::state::State;
use super::super::value::{CodeValue, Part, Query, ValueKind};
use super::super::words;
use crate::frameworks::rest_setting;
use crate::ir::{Expr, ExprKind, dotted_text, last_part, literal_text};
use crate::project::{ClassRef, Resolved};
use crate::routes::{HandlerCode, RouteEntry, path_parameters};

impl HandlerReader<'_> {
    pub(super) fn read_django(&mut self, cx: &Cx, mut state: State, entry: &RouteEntry, code: &HandlerCode) {
        let function = &code.function;
        let Some(class) = function.class.clone() else {
            for decorator in &function.function.decorators {
                self.wrap_view(cx, &mut state, entry, decorator);
            }
            self.bind_view(cx, &mut state, entry, code);
            self.read_body(cx, state, function);
            return;
        };

        let frame_cx = Cx { depth: 0, ..cx.clone() };
        self.class_tests(&frame_cx, &mut state, &class);
        let is_inherited = function.function.body.is_empty();

        if is_inherited {
            self.inherited_action(&frame_cx, &mut state, entry, &class);
        } else {
            for decorator in &function.function.decorators {
                self.wrap_view(cx, &mut state, entry, decorator);
            }
            self.bind_view(cx, &mut state, entry, code);
            self.read_body(cx, state, function);
        }
    }

    fn wrap_view(&mut self, cx: &Cx, state: &mut State, entry: &RouteEntry, decorator: &Expr) {
        let name = decorator.call().map_or(decorator, |(callee, _)| callee);
        let name = dotted_text(name).unwrap_or_default();
        // These decorators are read as guards of the route, and their wrappers tie nothing to an object.
        if matches!(
            last_part(&name),
            "api_view"
                | "action"
                | "permission_classes"
                | "route"
                | "csrf_exempt"
                | "login_required"
                | "require_http_methods"
                | "method_decorator"
        ) {
            return;
        }
        self.wrap(cx, state, entry, decorator);
    }

    fn bind_view(&mut self, cx: &Cx, state: &mut State, entry: &RouteEntry, code: &HandlerCode) {
        let own = self.own_parameters(&code.function, state);
        let in_path: Vec<String> = path_parameters(&entry.path);

        for parameter in own {
            let value = if matches!(parameter.name.as_str(), "request" | "req") {
                CodeValue::kind(ValueKind::Request(Part::Whole))
            } else if parameter.spread == crate::ir::Spread::Named {
                self.path_record(entry)
            } else if parameter.spread == crate::ir::Spread::Many {
                CodeValue::of(self.path_labels())
            } else if in_path.contains(&parameter.name) || parameter.default.is_none() || in_path.len() == 1 {
                let name = if in_path.contains(&parameter.name) || in_path.len() != 1 {
                    parameter.name.clone()
                } else {
                    in_path.first().cloned().unwrap_or_default()
                };
                CodeValue::of(self.client(&name, IdOrigin::Path))
            } else {
                CodeValue::default()
            };
            self.bind_parameter(cx, state, parameter, &value);
        }
    }

    /// `test_func` of `UserPassesTestMixin`, and `dispatch` of a mixin of the project.
    fn class_tests(&mut self, cx: &Cx, state: &mut State, class: &ClassRef) {
        if let Some(test) = self.project.method(class, "test_func") {
            let inner = Cx { depth: cx.depth + 1, ..cx.clone() };
            let truth = self.follow(&inner, state, &test, &Rc::default(), Vec::new()).truth();
            self.learn(state, &truth.yes);
        }
        let bases = self.project.bases_of(class);
        let is_staff = bases.iter().any(|base| {
            words::holds_one_of(last_part(base), &["adminrequired", "staffrequired", "superuserrequired", "adminonly"])
        });
        if is_staff || bases.iter().any(|base| last_part(base) == "PermissionRequiredMixin") {
            let mark = self.mark(cx, class.class.span);
            state.facts.add(super::super::facts::OwnershipFact {
                key: Key::Role,
                tie: super::super::facts::CallerTie::Access,
                mark,
            });
        }
    }

    /// A method that the class has from the framework.
    fn inherited_action(&mut self, cx: &Cx, state: &mut State, entry: &RouteEntry, class: &ClassRef) {
        let action = last_part(&entry.function).to_owned();
        let bases = self.project.bases_of(class);
        let lists = action == "list"
            || (matches!(action.as_str(), "get" | "head") && bases.iter().any(|base| base.contains("List")));
        let creates = matches!(action.as_str(), "create" | "post")
            && !bases.iter().any(|base| base.ends_with("UpdateView") || base.ends_with("DeleteView"));
        if lists {
            let value = self.queryset(cx, state, class);
            let value = self.settle(cx, state, value, class.class.span);
            self.note_use(cx, state, &value, CodeAccessVerb::List, class.class.span);
            return;
        }

        if creates {
            self.hook(cx, state, class, ("perform_create", CodeValue::default()));
            return;
        }
        let object = self.get_object(cx, state, class);
        let (verb, hook) = match action.as_str() {
            "destroy" | "delete" => (CodeAccessVerb::Delete, "perform_destroy"),
            "update" | "partial_update" | "put" | "patch" | "post" => (CodeAccessVerb::Mutate, "perform_update"),
            _ => (CodeAccessVerb::Read, ""),
        };
        if !hook.is_empty() && self.project.method(class, hook).is_some() {
            self.hook(cx, state, class, (hook, object.clone()));
            // A hook for deletion decides itself what goes.
            if verb == CodeAccessVerb::Delete {
                return;
            }
        }

        self.note_use(cx, state, &object, verb, class.class.span);
    }

    /// `perform_update(serializer)`: the serializer holds the object.
    fn hook(&mut self, cx: &Cx, state: &mut State, class: &ClassRef, (name, object): (&str, CodeValue)) {
        let Some(method) = self.project.method(class, name) else { return };
        let inner = Cx { depth: cx.depth + 1, ..cx.clone() };
        self.follow(&inner, state, &method, &Rc::default(), vec![CallArgument::plain(object)]);
    }

    /// `self.get_queryset()` of the class, or what it inherits.
    pub(in super::super) fn queryset(&mut self, cx: &Cx, state: &mut State, class: &ClassRef) -> CodeValue {
        let inner = Cx { depth: cx.depth + 1, class: Some(class.clone()), ..cx.clone() };
        if let Some(method) = self.project.method(class, "get_queryset") {
            return self.follow(&inner, state, &method, &Rc::default(), Vec::new());
        }
        self.declared_queryset(&inner, class)
    }

    /// `queryset = Invoice.objects.all()`, `model = Invoice`
    pub(in super::super) fn declared_queryset(&mut self, cx: &Cx, class: &ClassRef) -> CodeValue {
        for field in ["queryset", "model"] {
            let Some((module, value)) = self.project.class_field(class, field) else { continue };
            return self.unsent(cx, module, &value);
        }
        // The model stands in the serializer: `class Meta: model = Invoice`.
        CodeValue::default()
    }

    /// A query as it is written, not sent: `Invoice.objects.all()` of a class is narrowed later.
    fn unsent(&mut self, cx: &Cx, module: crate::project::ModuleId, value: &Expr) -> CodeValue {
        let at = Cx { module, class: None, depth: cx.depth + 1 };
        let made = self.eval(&at, &mut State::default(), value);

        match made.kind {
            ValueKind::Class(name, _) => {
                CodeValue::kind(ValueKind::Query(Rc::new(Query { model: Some(name), ..Query::default() })))
            }
            kind => CodeValue { kind, ..CodeValue::default() },
        }
    }

    /// `self.get_object()`: one row of the queryset by the path, if every permission lets it through.
    pub(in super::super) fn get_object(&mut self, cx: &Cx, state: &mut State, class: &ClassRef) -> CodeValue {
        if let Some(method) = self.project.method(class, "get_object") {
            let inner = Cx { depth: cx.depth + 1, ..cx.clone() };
            return self.follow(&inner, state, &method, &Rc::default(), Vec::new());
        }
        self.inherited_object(cx, state, class)
    }

    /// What the framework's own `get_object` does.
    pub(in super::super) fn inherited_object(&mut self, cx: &Cx, state: &mut State, class: &ClassRef) -> CodeValue {
        let value = self.queryset(cx, state, class);
        let mut query = match value.kind {
            ValueKind::Query(query) => query.as_ref().clone(),
            // `self.request.user.notes` gives the caller's own, without a query of its own.
            _ if value.labels.subject => return value,
            _ => Query { parents: value.labels.objects, ..Query::default() },
        };
        let path = self.path_labels();

        if !path.ids.is_empty() {
            query.clauses.push(super::super::verbs::by_key(path));
        }
        // A query of the class has no place in the handler, so that the statement stands for it.
        if query.mark.span.end == 0 {
            query.mark = self.mark(cx, if self.statement.end == 0 { class.class.span } else { self.statement });
        }
        let object = self.send(cx, state, &query, false);
        self.learn_presence(state, &object);
        self.check_object(cx, state, class, &object);

        object
    }

    /// `has_object_permission` of every permission class.
    pub(in super::super) fn check_object(&mut self, cx: &Cx, state: &mut State, class: &ClassRef, object: &CodeValue) {
        // Permissions that a method chooses depend on the request, so that none of them is certain.
        let listed = match self.project.method(class, "get_permissions") {
            Some(_) => None,
            None => {
                let own = self.project.class_field(class, "permission_classes");
                own.or_else(|| rest_setting(self.project, "DEFAULT_PERMISSION_CLASSES"))
            }
        };

        let Some((module, listed)) = listed else { return };
        let items: Vec<Expr> = match &*listed.kind {
            ExprKind::List(items) => items.clone(),
            _ => vec![listed.clone()],
        };
        for item in &items {
            let facts = self.permission(cx, state, (module, item), object);
            self.learn(state, &facts);
        }
    }

    fn permission(
        &mut self,
        cx: &Cx,
        state: &mut State,
        (module, item): (crate::project::ModuleId, &Expr),
        object: &CodeValue,
    ) -> Facts {
        match &*item.kind {
            ExprKind::Operation(sign, parts) if sign == "|" => {
                let mut arms = parts.iter().map(|part| self.permission(cx, state, (module, part), object));
                let first = arms.next().unwrap_or_default();
                let rest: Vec<Facts> = arms.collect();
                return rest.iter().fold(first, |all, arm| all.or(arm));
            }
            ExprKind::Operation(sign, parts) if sign == "&" => {
                let mut all = Facts::default();
                for part in parts {
                    all.and(&self.permission(cx, state, (module, part), object));
                }
                return all;
            }
            _ => {}
        }

        let name = dotted_text(item).or_else(|| literal_text(item).map(str::to_owned)).unwrap_or_default();
        if words::holds_one_of(last_part(&name), &["isadmin", "isstaff", "issuperuser"])
            && !words::holds_one_of(&name, &["owner", "author", "readonly"])
        {
            let mark = super::super::facts::CodeMark { module, span: item.span };
            return Facts::of(vec![super::super::facts::OwnershipFact {
                key: Key::Role,
                tie: super::super::facts::CallerTie::Access,
                mark,
            }]);
        }

        // The settings name classes by their full names.
        let found = match literal_text(item) {
            Some(full) => self.project.resolve_full(module, full),
            None => self.project.resolve_expr(module, item),
        };
        let Some(Resolved::Class(permission)) = found else { return Facts::default() };
        let mut facts = Facts::default();

        for (method, with_object) in [("has_permission", false), ("has_object_permission", true)] {
            let Some(function) = self.project.method(&permission, method) else { continue };
            let inner = Cx { depth: cx.depth + 1, ..cx.clone() };
            let mut given = vec![
                CallArgument::plain(CodeValue::kind(ValueKind::Request(Part::Whole))),
                CallArgument::plain(CodeValue::default()),
            ];
            if with_object {
                given.push(CallArgument::plain(object.clone()));
            }
            let mut path = state.clone();
            let truth = self.follow(&inner, &mut path, &function, &Rc::default(), given).truth();
            facts.and(&truth.yes);
        }
        facts
    }
}
