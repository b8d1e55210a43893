//! What runs before a view and may refuse: middleware, decorators, mixins. Permission classes are read in `permissions`.

use super::bodies::{denial_kind, test_kind};
use super::classes::ViewMethodHandler;
use super::permissions::ViewRequest;
use super::settings::DjangoSettings;
use super::values::{DjangoView, Wrapper};
use crate::ir::{Argument, Expr, ExprKind, argument_at, argument_named, dotted_text, last_part};
use crate::project::{ClassRef, FunctionRef, ModuleId, Project, Resolved};
use crate::routes::{CodePlace, Guard, GuardKind, GuardLevel};

/// Reads guards.
pub(super) struct DjangoGuardReader<'p> {
    pub(super) project: &'p Project,
    /// Those of every route.
    pub(super) app: Vec<Guard>,
    /// The permission classes of views that name none.
    pub(super) defaults: Option<(ModuleId, Expr)>,
}

impl<'p> DjangoGuardReader<'p> {
    pub(super) fn new(project: &'p Project, settings: &DjangoSettings) -> Self {
        let mut reader = DjangoGuardReader { project, app: Vec::new(), defaults: settings.permissions.clone() };
        let named = settings.middleware.iter();
        reader.app = named.filter_map(|(name, (module, line))| reader.middleware(name, *module, *line)).collect();
        reader
    }

    fn middleware(&self, name: &str, module: ModuleId, line: usize) -> Option<Guard> {
        let last = last_part(name);
        let kind = match self.project.resolve_full(module, name) {
            Some(Resolved::Class(class)) => {
                // Django calls a middleware through one of these; other methods run after the view has answered.
                let methods = ["__call__", "process_request", "process_view"];
                let methods = methods.iter().filter_map(|method| self.project.method(&class, method));
                let own = methods.into_iter().find_map(|method| denial_kind(self.project, &method));
                own.or_else(|| self.project.bases_of(&class).iter().find_map(|base| middleware_kind(last_part(base))))
            }
            Some(Resolved::Function(function)) => denial_kind(self.project, &function),
            _ => middleware_kind(last),
        }?;
        let file = self.project.module(module).map(|module| module.path.clone()).unwrap_or_default();
        Some(Guard { name: last.to_owned(), kind, level: GuardLevel::App, place: CodePlace { file, line } })
    }

    /// Returns the guards of a view that is a function.
    pub(super) fn of_function(&self, view: &DjangoView, function: &FunctionRef, methods: &[String]) -> Vec<Guard> {
        let mut guards = self.of_wrappers(view);
        let decorators = &function.function.decorators;
        let is_named = |decorator: &Expr, name: &str| {
            let callee = decorator.call().map_or(decorator, |(callee, _)| callee);
            dotted_text(callee).is_some_and(|dotted| last_part(&dotted) == name)
        };
        // Permission classes hold for views of the REST framework only; plain views of Django ignore them.
        if decorators.iter().any(|decorator| is_named(decorator, "api_view")) {
            let own = decorators.iter().find(|decorator| is_named(decorator, "permission_classes"));
            let own = own.and_then(|decorator| argument_at(decorator.call()?.1, 0)).cloned();
            let own = own.map(|value| (function.module, value));
            let level = if own.is_some() { GuardLevel::Route } else { GuardLevel::App };

            if let Some(asked) = own.or_else(|| self.defaults.clone()) {
                guards.extend(self.permission_guards(&asked, level, &ViewRequest::of_methods(methods)));
            }
        }

        guards.extend(
            decorators.iter().filter_map(|decorator| self.decorator(function.module, decorator, GuardLevel::Route)),
        );
        self.once(guards)
    }

    /// Returns the guards of one method of a view that is a class.
    pub(super) fn of_class(&self, view: &DjangoView, class: &ClassRef, answer: &ViewMethodHandler) -> Vec<Guard> {
        let mut guards = self.of_wrappers(view);
        for part in self.project.line_of(class) {
            for decorator in &part.class.decorators {
                guards.extend(self.class_decorator(part.module, decorator, answer));
            }
        }
        guards.extend(self.mixins(class));
        guards.extend(self.permissions_of(view, class, answer));

        if let Some(function) = &answer.function {
            for decorator in &function.function.decorators {
                guards.extend(self.method_decorator(function.module, decorator, GuardLevel::Route));
            }
        }
        // A decorator of `dispatch` runs for every method of the class.
        if let Some(dispatch) = self.project.method(class, "dispatch").filter(|_| answer.action != "dispatch") {
            for decorator in &dispatch.function.decorators {
                guards.extend(self.method_decorator(dispatch.module, decorator, GuardLevel::Router));
            }
        }
        self.once(guards)
    }

    /// Returns the guards of every route, and those put around a view where it is declared.
    pub(super) fn of_wrappers(&self, view: &DjangoView) -> Vec<Guard> {
        let wrappers = view.wrappers.iter();
        let around = wrappers.filter_map(|Wrapper { module, expr }| self.decorator(*module, expr, GuardLevel::Route));
        self.app.iter().cloned().chain(around).collect()
    }

    /// `@method_decorator(login_required, name="dispatch")` on a class.
    fn class_decorator(&self, module: ModuleId, decorator: &Expr, answer: &ViewMethodHandler) -> Vec<Guard> {
        let Some((_, arguments)) = decorator.call() else { return Vec::new() };
        let name = argument_named(arguments, "name").and_then(|name| self.project.constant(module, name));
        // A class decorator without a name wraps the whole view, which `dispatch` stands for.
        let name = name.unwrap_or_else(|| "dispatch".to_owned());
        let reaches = name == "dispatch" || name == answer.action || name == answer.method.to_ascii_lowercase();
        let level = if name == "dispatch" { GuardLevel::Router } else { GuardLevel::Route };

        if reaches { self.method_decorator(module, decorator, level) } else { Vec::new() }
    }

    /// A decorator of a method, bare or in `method_decorator`.
    fn method_decorator(&self, module: ModuleId, decorator: &Expr, level: GuardLevel) -> Vec<Guard> {
        let inner = decorator
            .call()
            .filter(|(callee, _)| dotted_text(callee).is_some_and(|name| last_part(&name) == "method_decorator"));
        let Some((_, arguments)) = inner else { return self.decorator(module, decorator, level).into_iter().collect() };
        let Some(first) = argument_at(arguments, 0) else { return Vec::new() };
        let parts = match &*first.kind {
            ExprKind::List(parts) => parts.clone(),
            _ => vec![first.clone()],
        };
        parts.iter().filter_map(|part| self.decorator(module, part, level)).collect()
    }

    /// A decorator of a function, or what is put around a view.
    fn decorator(&self, module: ModuleId, decorator: &Expr, level: GuardLevel) -> Option<Guard> {
        let (callee, arguments) = decorator.call().unwrap_or((decorator, &[]));
        let name = dotted_text(callee)?;
        let kind = match self.project.resolve(module, &name) {
            Some(Resolved::Function(function)) => {
                denial_kind(self.project, &function).map(|kind| named_role(self.project, module, kind, arguments))
            }
            Some(Resolved::Value(of, _, value)) => {
                // `admin_only = user_passes_test(is_admin)`
                return self.decorator(of, &value, level).map(|guard| Guard { name: name.clone(), ..guard });
            }
            _ => self.outside_decorator(module, &self.project.full_name(module, &name), arguments),
        }?;
        let name = self.project.text(module, decorator.span);
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(Guard { name, kind, level, place: self.project.place(module, decorator.span) })
    }

    fn outside_decorator(&self, module: ModuleId, full: &str, arguments: &[Argument]) -> Option<GuardKind> {
        let text = || argument_at(arguments, 0).map(|first| self.project.constants(module, first).join(", "));
        match last_part(full) {
            "login_required" | "async_login_required" => Some(GuardKind::Authentication),
            "login_not_required" => Some(GuardKind::Public),
            "permission_required" => Some(GuardKind::Role(text().unwrap_or_default())),
            "staff_member_required" => Some(GuardKind::Role("staff".to_owned())),
            "user_passes_test" => Some(self.test(module, argument_at(arguments, 0))),
            other => by_name(other, text().filter(|text| !text.is_empty())),
        }
    }

    /// What `user_passes_test` asks.
    fn test(&self, module: ModuleId, test: Option<&Expr>) -> GuardKind {
        let Some(test) = test else { return GuardKind::Unknown };
        if let ExprKind::Function(function) = &*test.kind {
            return test_kind(self.project, &FunctionRef { module, function: function.clone(), class: None });
        }
        match self.project.resolve_expr(module, test) {
            Some(Resolved::Function(function)) => test_kind(self.project, &function),
            _ => GuardKind::Unknown,
        }
    }

    /// Classes above a view that refuse.
    fn mixins(&self, class: &ClassRef) -> Vec<Guard> {
        let place = self.project.place(class.module, class.class.span);
        let guard =
            |name: &str, kind| Guard { name: name.to_owned(), kind, level: GuardLevel::Router, place: place.clone() };
        let mut guards = Vec::new();

        // A mixin of the project may have one of these names, and is then judged by its body below.
        for base in self.project.bases_of(class) {
            let name = last_part(&base);
            let kind = match name {
                "LoginRequiredMixin" if is_outside(&base) => Some(GuardKind::Authentication),
                "PermissionRequiredMixin" if is_outside(&base) => Some(GuardKind::Role(self.required(class))),
                "UserPassesTestMixin" => Some(
                    self.project
                        .method(class, "test_func")
                        .map_or(GuardKind::Unknown, |test| test_kind(self.project, &test)),
                ),
                "StaffuserRequiredMixin" => Some(GuardKind::Role("staff".to_owned())),
                "SuperuserRequiredMixin" => Some(GuardKind::Role("superuser".to_owned())),
                _ => None,
            };

            guards.extend(kind.map(|kind| guard(name, kind)));
        }

        // A class of the project whose way in refuses.
        for part in self.project.line_of(class) {
            for name in ["as_view", "dispatch", "initial"] {
                let Some(function) = part.class.method(name) else { continue };
                let function =
                    FunctionRef { module: part.module, function: function.clone(), class: Some(class.clone()) };
                let name = format!("{}.{name}", part.class.name);
                guards.extend(denial_kind(self.project, &function).map(|kind| guard(&name, kind)));
            }
        }

        guards
    }

    fn required(&self, class: &ClassRef) -> String {
        let field = self.project.class_field(class, "permission_required");
        field.map(|(module, value)| self.project.constants(module, &value).join(", ")).unwrap_or_default()
    }

    /// Each guard once, in order.
    fn once(&self, guards: Vec<Guard>) -> Vec<Guard> {
        let mut kept: Vec<Guard> = Vec::new();
        for guard in guards {
            // Views that inherit from two mixins meet the same guard on both ways.
            if !kept.iter().any(|known| known.name == guard.name && known.place == guard.place) {
                kept.push(guard);
            }
        }
        kept
    }
}

fn is_outside(base: &str) -> bool {
    base.starts_with("django.")
        || base.starts_with("braces.")
        || base.starts_with("rules.")
        || base.starts_with("guardian.")
}

fn middleware_kind(name: &str) -> Option<GuardKind> {
    name.contains("LoginRequired").then_some(GuardKind::Authentication)
}

/// What a decorator says by its name alone.
fn by_name(name: &str, text: Option<String>) -> Option<GuardKind> {
    let lower = name.to_ascii_lowercase();
    let demands = ["require", "only", "check", "must", "has_", "needs"].iter().any(|word| lower.contains(word));
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));

    // A name like `login_view` speaks of a login but refuses nothing, so a word of demand is needed.
    if !demands {
        return None;
    }
    // Roles are looked for first: `require_admin_token` asks for more than a token.
    if has(&["permission", "perm_", "role", "scope", "admin", "staff", "superuser", "group"]) {
        return Some(GuardKind::Role(text.unwrap_or_else(|| name.to_owned())));
    }
    has(&["login", "auth", "signed_in", "token"]).then_some(GuardKind::Authentication)
}

/// A guard that is given a role by text names it.
fn named_role(project: &Project, module: ModuleId, kind: GuardKind, arguments: &[Argument]) -> GuardKind {
    let text = arguments.first().map(|first| project.constants(module, &first.value).join(", "));
    match (kind, text) {
        (GuardKind::Role(_), Some(text)) if !text.is_empty() => GuardKind::Role(text),
        (kind, _) => kind,
    }
}
