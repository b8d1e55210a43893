//! FastAPI: dependencies run before the body, parameters are parts of the path, the query and the body by name and type.

use std::rc::Rc;

use super::super::engine::{Cx, HandlerReader};
use super::super::follow::CallArgument;
use super::super::idioms;
use super::super::report::IdOrigin;
use super::super::state::State;
use super::super::value::{CodeValue, Part, ValueKind};
use super::super::words;
use crate::ir::{
    Argument, Expr, ExprKind, FunctionParameter, Spread, argument_at, argument_named, dotted_text, last_part,
    literal_text,
};
use crate::project::{FunctionRef, ModuleId, Resolved};
use crate::routes::{GuardKind, GuardLevel, RouteEntry, path_parameters};

impl HandlerReader<'_> {
    pub(super) fn read_fastapi(&mut self, cx: &Cx, mut state: State, entry: &RouteEntry, function: &FunctionRef) {
        for guard in &entry.guards {
            // Those of the route stand in its parameters and decorator; one that only asks for a credential ties nothing.
            if guard.level == GuardLevel::Route || guard.kind == GuardKind::Authentication {
                continue;
            }
            if let Some(dependency) = self.function_of(guard) {
                self.run_dependency(cx, &mut state, entry, &dependency);
            }
        }

        for decorator in &function.function.decorators {
            if let Some(list) = decorator.call().and_then(|(_, arguments)| argument_named(arguments, "dependencies"))
                && let ExprKind::List(items) = &*list.kind
            {
                for item in items {
                    self.depend(cx, &mut state, entry, item);
                }
            }
        }

        let parameters_of = self.own_parameters(function, &mut state);
        for parameter in parameters_of {
            let value = self.fastapi_value(cx, &mut state, entry, parameter);
            self.bind_parameter(cx, &mut state, parameter, &value);
        }
        self.read_body(cx, state, function);
    }

    /// Returns what a parameter of a handler or dependency is given.
    fn fastapi_value(
        &mut self,
        cx: &Cx,
        state: &mut State,
        entry: &RouteEntry,
        parameter: &FunctionParameter,
    ) -> CodeValue {
        let markers = self.markers(cx.module, parameter);
        for (module, marker) in &markers {
            let at = Cx { module: *module, ..cx.clone() };
            let Some((callee, arguments)) = marker.call() else { continue };
            let name = dotted_text(callee).unwrap_or_default();

            match last_part(&name) {
                "Depends" | "Security" => return self.depends(&at, state, entry, (marker, arguments, parameter)),
                "Header" => {
                    let alias =
                        argument_named(arguments, "alias").and_then(literal_text).unwrap_or(&parameter.name).to_owned();
                    return self.of_request(cx, Part::Headers, &alias, parameter.span);
                }
                "Cookie" => return CodeValue::token(),
                "Query" => return CodeValue::of(self.client(&parameter.name, IdOrigin::Query)),
                "Path" => return CodeValue::of(self.client(&parameter.name, IdOrigin::Path)),
                "Body" | "Form" | "File" => return CodeValue::of(self.client(&parameter.name, IdOrigin::Body)),
                _ => {}
            }
        }

        // Without a marker FastAPI takes a parameter from the path where the path names it, else by its type.
        if path_parameters(&entry.path).contains(&parameter.name) {
            return CodeValue::of(self.client(&parameter.name, IdOrigin::Path));
        }
        self.by_type(cx, parameter)
    }

    fn by_type(&mut self, cx: &Cx, parameter: &FunctionParameter) -> CodeValue {
        let declared = parameter.declared.as_ref().and_then(|declared| {
            dotted_text(declared).or_else(|| match &*declared.kind {
                ExprKind::Index(_, inner) => dotted_text(inner),
                _ => None,
            })
        });

        let last = declared.as_deref().map(last_part).unwrap_or_default().to_owned();
        if matches!(last.as_str(), "Request" | "HTTPConnection") {
            return CodeValue::kind(ValueKind::Request(Part::Whole));
        }
        if idioms::CONNECTION_TYPES.contains(&last.as_str())
            || (parameter.declared.is_none() && idioms::is_connection(&parameter.name))
        {
            return CodeValue::kind(ValueKind::Connection);
        }
        if matches!(last.as_str(), "Response" | "BackgroundTasks") {
            return CodeValue::default();
        }
        // A class as a type means a body, and a plain type a part of the query.
        match self.project.resolve(cx.module, declared.as_deref().unwrap_or("")) {
            Some(Resolved::Class(_)) => self.part_of_request(Part::Body, "json"),
            _ if matches!(last.as_str(), "dict" | "Dict") || last.ends_with("Request") || last.ends_with("Schema") => {
                self.part_of_request(Part::Body, "json")
            }
            _ => CodeValue::of(self.client(&parameter.name, IdOrigin::Query)),
        }
    }

    /// `Depends(..)` and the like of a parameter: its default, a part of its `Annotated[..]`, or behind that type's name.
    fn markers(&self, module: ModuleId, parameter: &FunctionParameter) -> Vec<(ModuleId, Expr)> {
        let mut found = Vec::new();
        if let Some(default) = &parameter.default {
            found.push((module, default.clone()));
        }
        let Some(declared) = &parameter.declared else { return found };
        self.annotated(module, declared, &mut found, 0);
        found
    }

    fn annotated(&self, module: ModuleId, declared: &Expr, found: &mut Vec<(ModuleId, Expr)>, depth: usize) {
        match &*declared.kind {
            ExprKind::Index(_, inner) => {
                if let ExprKind::List(items) = &*inner.kind {
                    found.extend(items.iter().skip(1).map(|item| (module, item.clone())))
                }
            }
            ExprKind::Name(_) | ExprKind::Member(..) if depth < 3 => {
                if let Some(Resolved::Value(of, _, value)) = self.project.resolve_expr(module, declared) {
                    self.annotated(of, &value, found, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn depends(
        &mut self,
        cx: &Cx,
        state: &mut State,
        entry: &RouteEntry,
        (marker, arguments, parameter): (&Expr, &[Argument], &FunctionParameter),
    ) -> CodeValue {
        let Some(dependency) = argument_at(arguments, 0).or(argument_named(arguments, "dependency")) else {
            // `service: InvoiceService = Depends()`
            return parameter.declared.as_ref().map(|declared| self.typed(cx.module, declared)).unwrap_or_default();
        };
        if self.gives_caller(cx, entry, (dependency, parameter)) {
            return self.ask_caller(cx, marker.span);
        }
        let value = self.depend_on(cx, state, entry, dependency);
        let name = dotted_text(dependency.call().map_or(dependency, |(callee, _)| callee)).unwrap_or_default();
        let says_caller = words::is_one_of(last_part(&name), &words::SUBJECT_CALLS)
            || ["currentuser", "currentactiveuser", "authuser", "loggedinuser", "requireuser", "getuser"]
                .iter()
                .any(|word| words::simplify_name(&name).contains(word));
        if value.labels.subject && !value.labels.is_chosen() {
            self.ask_caller(cx, marker.span);
            return value;
        }
        // A value that shows nothing of its making may be the caller of a library.
        let is_opaque = value.labels.is_plain() && matches!(value.kind, ValueKind::Plain)
            || value.labels.token && !value.labels.is_chosen();
        let names_caller = words::is_one_of(&parameter.name, &words::SUBJECT_NAMES);
        if (says_caller && !value.labels.is_chosen())
            || (is_opaque
                && names_caller
                && words::holds_one_of(
                    &name,
                    &["auth", "user", "jwt", "token", "login", "principal", "session", "verify"],
                ))
        {
            return self.ask_caller(cx, marker.span);
        }
        if matches!(value.kind, ValueKind::Plain) && value.labels.is_plain() {
            let typed =
                parameter.declared.as_ref().map(|declared| self.typed_part(cx.module, declared)).unwrap_or_default();
            if !matches!(typed.kind, ValueKind::Plain) {
                return typed;
            }
            if idioms::is_connection(&parameter.name)
                || words::simplify_name(&name).starts_with("getdb")
                || words::simplify_name(&name).contains("session")
            {
                return CodeValue::kind(ValueKind::Connection);
            }
        }

        value
    }

    /// Whether a dependency is there to find the caller: by its name, or since it keeps out whoever has no credential and
    /// gives something that is called a user. It is not read then: how the caller is found is not what is asked here.
    fn gives_caller(&self, cx: &Cx, entry: &RouteEntry, (dependency, parameter): (&Expr, &FunctionParameter)) -> bool {
        let Some(name) = dotted_text(dependency) else { return false };
        let last = last_part(&name);
        let Some(Resolved::Function(function)) = self.project.resolve(cx.module, &name) else { return false };
        let in_path = path_parameters(&entry.path);

        // A dependency that takes a part of the path may load the object, and must be read.
        if function.function.parameters.iter().any(|parameter| in_path.contains(&parameter.name)) {
            return false;
        }
        if words::is_one_of(last, &words::SUBJECT_CALLS) {
            return true;
        }
        let mut guards = entry.guards.iter().filter(|guard| guard.kind == GuardKind::Authentication);
        let is_authentication = guards.any(|guard| guard.name.contains(last));
        let of_user = |declared: Option<&Expr>| {
            let written = declared.map(|declared| self.project.text(cx.module, declared.span)).unwrap_or_default();
            let outer = written.split(['[', ',', '|']).find(|part| !matches!(part.trim(), "Annotated" | "Optional"));
            let outer = outer.map(|outer| last_part(outer.trim()).to_owned()).unwrap_or_default();
            words::is_one_of(&outer, &words::USER_MODELS) || words::is_one_of(&outer, &words::SUBJECT_NAMES)
        };

        is_authentication
            && (words::is_one_of(&parameter.name, &words::SUBJECT_NAMES) || of_user(parameter.declared.as_ref()))
    }

    fn typed_part(&self, module: ModuleId, declared: &Expr) -> CodeValue {
        self.typed(module, declared)
    }

    /// `Depends(x)` in a list of dependencies.
    fn depend(&mut self, cx: &Cx, state: &mut State, entry: &RouteEntry, item: &Expr) {
        let Some((callee, arguments)) = item.call() else { return };
        if dotted_text(callee).is_some_and(|name| matches!(last_part(&name), "Depends" | "Security"))
            && let Some(dependency) = argument_at(arguments, 0)
        {
            self.depend_on(cx, state, entry, dependency);
        }
    }

    /// Runs what a dependency names: a function, a class, an object that can be called, or what a call of one makes.
    fn depend_on(&mut self, cx: &Cx, state: &mut State, entry: &RouteEntry, dependency: &Expr) -> CodeValue {
        let inner = Cx { depth: cx.depth + 1, ..cx.clone() };
        if let Some(Resolved::Function(function)) = self.project.resolve_expr(cx.module, dependency) {
            return self.run_dependency(&inner, state, entry, &function);
        }
        let value = self.eval(&inner, state, dependency);

        match &value.kind {
            ValueKind::Function(function, around) => {
                let (function, around) = (function.clone(), around.clone());
                self.run_dependency_within(&inner, state, entry, (&function, &around))
            }
            ValueKind::Class(_, Some(class)) | ValueKind::Instance(class) => {
                let called =
                    self.project.method(class, "__call__").filter(|_| matches!(value.kind, ValueKind::Instance(_)));
                match called {
                    Some(function) => self.run_dependency(&inner, state, entry, &function),
                    None => CodeValue::kind(ValueKind::Instance(class.clone())),
                }
            }
            _ => {
                // Schemes of security give the credential.
                let text = self.project.text(cx.module, dependency.span).to_lowercase();
                let is_scheme = ["scheme", "bearer", "oauth2", "api_key", "apikey", "security", "http_basic", "token"]
                    .iter()
                    .any(|word| text.contains(word));
                if is_scheme { CodeValue::token() } else { CodeValue::default() }
            }
        }
    }

    fn run_dependency(&mut self, cx: &Cx, state: &mut State, entry: &RouteEntry, function: &FunctionRef) -> CodeValue {
        self.run_dependency_within(cx, state, entry, (function, &Rc::default()))
    }

    fn run_dependency_within(
        &mut self,
        cx: &Cx,
        state: &mut State,
        entry: &RouteEntry,
        (function, around): (&FunctionRef, &Rc<super::super::value::Names>),
    ) -> CodeValue {
        // Dependencies may depend on each other in a circle.
        if cx.depth > 5 {
            return CodeValue::default();
        }
        let at = Cx { module: function.module, class: function.class.clone(), depth: cx.depth + 1 };
        let parameters_of = self.own_parameters(function, &mut State::default());
        let given: Vec<CallArgument> = parameters_of
            .iter()
            .map(|parameter| {
                let value = self.fastapi_value(&at, state, entry, parameter);
                CallArgument { name: Some(Rc::from(parameter.name.as_str())), spread: Spread::One, value }
            })
            .collect();
        self.follow(cx, state, function, around, given)
    }
}
