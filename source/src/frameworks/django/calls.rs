//! Calls in URL configurations: patterns, includes, routers, views and what is put around them.

use std::collections::HashMap;
use std::rc::Rc;

use super::eval::fill_places;
use super::paths::{of_regex, of_route};
use super::reader::{DjangoScope, UrlReader};
use super::values::{DjangoValue, DjangoView, Registration, Setting, UrlPattern, Wrapper};
use crate::ir::{Argument, Expr, ExprKind, Spread, argument_at, argument_named, last_part};
use crate::project::{ClassRef, FunctionRef, ModuleId};

impl UrlReader<'_> {
    /// Follows an expression that stands for itself: `urlpatterns.append(..)`, `router.register(..)`.
    pub(super) fn effect(&mut self, scope: &mut DjangoScope, expr: &Expr) {
        let Some((callee, arguments)) = expr.call() else {
            self.eval(scope, expr);
            return;
        };
        if let ExprKind::Member(object, method) = &*callee.kind {
            let value = argument_at(arguments, if method == "insert" { 1 } else { 0 });
            let is_place = matches!(&*object.kind, ExprKind::Name(_) | ExprKind::Index(..));

            if let (true, "append" | "extend" | "insert", Some(value)) = (is_place, method.as_str(), value) {
                let value = self.eval(scope, value);
                let added =
                    if method == "extend" { DjangoValue::list(value.items()) } else { DjangoValue::list(vec![value]) };
                let before = self.eval(scope, object);

                // Other values have methods of these names too; what is not known yet may be a list of patterns.
                if matches!(before, DjangoValue::List(_) | DjangoValue::RouterUrls(_) | DjangoValue::Unknown) {
                    self.bind(scope, object, before.add(added));
                    return;
                }
            }
        }

        self.eval(scope, expr);
    }

    /// Evaluates a call.
    pub(super) fn call(
        &mut self,
        scope: &mut DjangoScope,
        call: &Expr,
        callee: &Expr,
        arguments: &[Argument],
    ) -> DjangoValue {
        if let ExprKind::Member(object, method) = &*callee.kind {
            let object = self.eval(scope, object);
            if let Some(value) = self.method(scope, call, &object, (method, arguments)) {
                return value;
            }
        }

        let called = self.eval(scope, callee);
        match &called {
            DjangoValue::Outside(full) => self.outside(scope, call, full, arguments),
            DjangoValue::Function(function) => self.project_call(scope, call, &function.clone(), arguments),
            DjangoValue::Class(class) => {
                let class = class.clone();
                self.made_router(scope, call, Some(&class), arguments).unwrap_or(DjangoValue::Class(class))
            }
            // `cache_page(60)(view)`
            _ => self.wrapped(scope, callee, arguments).unwrap_or(DjangoValue::Unknown),
        }
    }

    /// Calls of methods of what is known.
    fn method(
        &mut self,
        scope: &mut DjangoScope,
        call: &Expr,
        object: &DjangoValue,
        (method, arguments): (&str, &[Argument]),
    ) -> Option<DjangoValue> {
        match (object, method) {
            (DjangoValue::Class(_) | DjangoValue::Outside(_), "as_view") => {
                Some(self.as_view(scope, object, arguments))
            }
            (DjangoValue::Router(router), "register") => {
                let value = self.register(scope, call, *router, arguments);
                Some(value)
            }
            (DjangoValue::Registered(router, place), "register") => {
                Some(self.register_below(scope, call, (*router, *place), arguments))
            }
            (DjangoValue::Router(router), "get_urls") => Some(DjangoValue::RouterUrls(*router)),
            (DjangoValue::Registry(router), "extend") => {
                let other = argument_at(arguments, 0).map(|value| self.eval(scope, value));
                if let Some(DjangoValue::Registry(other)) = other {
                    let taken = self.routers.get(other).map(|other| other.registered.clone()).unwrap_or_default();
                    self.routers.get_mut(*router)?.registered.extend(taken);
                }
                Some(DjangoValue::Unknown)
            }
            (DjangoValue::Text(text), "format") => {
                let values: Vec<DjangoValue> =
                    arguments.iter().map(|argument| self.eval(scope, &argument.value)).collect();
                Some(fill_places(text, "{}", &values))
            }
            (DjangoValue::Text(text), "strip" | "lstrip" | "rstrip" | "removeprefix" | "removesuffix") => {
                let cut = argument_at(arguments, 0).map(|cut| self.eval(scope, cut));
                Some(DjangoValue::Text(strip_text(text, method, cut.as_ref().and_then(DjangoValue::text)).to_owned()))
            }
            (DjangoValue::Pairs(pairs), "items") => {
                let items = pairs.iter().map(|(key, value)| DjangoValue::list(vec![key.clone(), value.clone()]));
                Some(DjangoValue::list(items.collect()))
            }
            (DjangoValue::Pairs(pairs), "values") => {
                Some(DjangoValue::list(pairs.iter().map(|(_, value)| value.clone()).collect()))
            }
            (DjangoValue::Pairs(pairs), "keys") => {
                Some(DjangoValue::list(pairs.iter().map(|(key, _)| key.clone()).collect()))
            }
            _ => None,
        }
    }

    /// Calls of what is not part of the project.
    fn outside(&mut self, scope: &mut DjangoScope, call: &Expr, full: &str, arguments: &[Argument]) -> DjangoValue {
        let first = argument_at(arguments, 0);
        match last_part(full) {
            name @ ("path" | "re_path" | "url") => self.pattern(scope, call, name, arguments),
            "include" => {
                let Some(first) = first.or_else(|| argument_named(arguments, "arg")) else {
                    return DjangoValue::Unknown;
                };
                let value = self.eval(scope, first);
                DjangoValue::Include(Box::new(value))
            }
            "format_suffix_patterns" | "list" | "tuple" | "sorted" | "reversed" | "set" => {
                let value = first.map(|first| self.eval(scope, first));
                value.map_or(DjangoValue::Unknown, |value| DjangoValue::list(value.items()))
            }
            "get_app_configs" => DjangoValue::list(self.installed()),
            "i18n_patterns" | "patterns" => self.spread(scope, arguments),
            // Static files carry no data of a caller, so they are no routes to be tested.
            "static" | "staticfiles_urlpatterns" => DjangoValue::list(Vec::new()),
            _ => match self.made_router(scope, call, None, arguments) {
                Some(router) => router,
                None => {
                    let callee = call.call().map_or(call, |(callee, _)| callee);
                    let wrapped = self.wrapped(scope, callee, arguments);
                    wrapped.or_else(|| self.loaded(scope, arguments)).unwrap_or_else(|| {
                        // An object of a class that is not part of the project.
                        DjangoValue::Outside(full.to_owned())
                    })
                }
            },
        }
    }

    /// The installed applications that are part of the project: their modules of routes are often asked for by name.
    fn installed(&self) -> Vec<DjangoValue> {
        let lists = self.settings.iter().filter_map(|module| self.followed(*module, "INSTALLED_APPS"));
        let mut names: Vec<String> = Vec::new();

        for item in lists.flat_map(|list| list.items()) {
            let Some(text) = item.text() else { continue };
            // `shop.apps.ShopConfig` is the application `shop`.
            let name = text.split(".apps.").next().unwrap_or(text).to_owned();
            let is_own = self.settings.iter().any(|from| self.module_named(*from, &name).is_some());

            if is_own && !names.contains(&name) {
                names.push(name);
            }
        }

        names.into_iter().map(DjangoValue::App).collect()
    }

    /// All arguments, as one list of patterns.
    fn spread(&mut self, scope: &mut DjangoScope, arguments: &[Argument]) -> DjangoValue {
        let mut made = Vec::new();
        // `i18n_patterns` has named arguments that are options, not patterns.
        for argument in arguments.iter().filter(|argument| argument.name.is_none()) {
            let value = self.eval(scope, &argument.value);
            if argument.spread == Spread::Many { made.extend(value.items()) } else { made.push(value) }
        }
        DjangoValue::list(made)
    }

    fn pattern(&mut self, scope: &mut DjangoScope, call: &Expr, name: &str, arguments: &[Argument]) -> DjangoValue {
        let written = argument_at(arguments, 0)
            .or_else(|| argument_named(arguments, "route"))
            .or_else(|| argument_named(arguments, "regex"));
        let written = written.map(|written| self.eval(scope, written));
        let text = written.as_ref().and_then(DjangoValue::text);
        let paths = match (name, text) {
            // `path` takes routes with `<int:pk>`; `re_path` and the old `url` take regular expressions.
            ("path", Some(text)) => vec![of_route(text)],
            (_, Some(text)) => of_regex(text),
            _ => Vec::new(),
        };
        let view = argument_at(arguments, 1).or_else(|| argument_named(arguments, "view"));
        let target = view.map_or(DjangoValue::Unknown, |view| self.eval(scope, view));
        DjangoValue::Pattern(Rc::new(UrlPattern { paths, target, declared: (scope.module, call.span) }))
    }

    fn as_view(&mut self, scope: &mut DjangoScope, class: &DjangoValue, arguments: &[Argument]) -> DjangoValue {
        let actions = argument_at(arguments, 0).or_else(|| argument_named(arguments, "actions"));
        let actions = actions.map(|actions| match self.eval(scope, actions) {
            DjangoValue::Pairs(pairs) => {
                let text = |value: &DjangoValue| value.text().map(str::to_owned);
                let named = pairs.iter().filter_map(|(method, action)| Some((text(method)?, text(action)?)));
                named.map(|(method, action)| (method.to_ascii_uppercase(), action)).collect()
            }
            _ => Vec::new(),
        });

        let settings = settings_of(scope.module, arguments);
        DjangoValue::View(Rc::new(DjangoView { target: class.clone(), actions, settings, wrappers: Vec::new() }))
    }

    /// A view among the arguments of what is not known: `login_required(view)`.
    pub(super) fn wrapped(
        &mut self,
        scope: &mut DjangoScope,
        callee: &Expr,
        arguments: &[Argument],
    ) -> Option<DjangoValue> {
        let values = arguments.iter().map(|argument| self.eval(scope, &argument.value)).collect::<Vec<_>>();
        let inner = values.into_iter().find(DjangoValue::is_view)?;
        let mut view = match inner {
            DjangoValue::View(view) => (*view).clone(),
            target => DjangoView { target, actions: None, settings: Vec::new(), wrappers: Vec::new() },
        };
        // Wrappers are kept outermost first, and this one is put around all that are known.
        view.wrappers.insert(0, Wrapper { module: scope.module, expr: callee.clone() });
        Some(DjangoValue::View(Rc::new(view)))
    }

    /// Something that a function loads by its name: `import_string("shop.views.Order")`, `get_class("shop.views", "Order")`.
    fn loaded(&mut self, scope: &mut DjangoScope, arguments: &[Argument]) -> Option<DjangoValue> {
        let first = self.eval(scope, argument_at(arguments, 0)?);
        let from = first.text()?.to_owned();
        let Some(second) = argument_at(arguments, 1) else { return self.dotted(scope.module, &from) };

        match self.eval(scope, second) {
            DjangoValue::Text(name) => self.dotted(scope.module, &format!("{from}.{name}")),
            DjangoValue::List(names) => {
                let mut found = Vec::new();
                for name in names.iter() {
                    let name = format!("{from}.{}", name.text()?);
                    found.push(self.dotted(scope.module, &name).unwrap_or(DjangoValue::Unknown));
                }
                Some(DjangoValue::list(found))
            }
            _ => None,
        }
    }

    /// A function of the project: one that makes a view or patterns, one that wraps a view, or one that loads by name.
    fn project_call(
        &mut self,
        scope: &mut DjangoScope,
        call: &Expr,
        function: &FunctionRef,
        arguments: &[Argument],
    ) -> DjangoValue {
        let names = self.bound(scope, function, arguments);
        let made = self.run(function.module, &function.function, names);
        // What the function returns is kept only where it can be a part of a URL configuration.
        if matches!(
            made,
            DjangoValue::List(_)
                | DjangoValue::Pattern(_)
                | DjangoValue::Include(_)
                | DjangoValue::Text(_)
                | DjangoValue::Pairs(_)
        ) {
            return made;
        }
        // What is put around a view is the view still, whatever function does it.
        let callee = call.call().map_or(call, |(callee, _)| callee);

        if let Some(view) = self.wrapped(scope, callee, arguments) {
            return view;
        }
        match made {
            DjangoValue::Unknown | DjangoValue::Outside(_) => self.loaded(scope, arguments).unwrap_or(made),
            made => made,
        }
    }

    fn bound(
        &mut self,
        scope: &mut DjangoScope,
        function: &FunctionRef,
        arguments: &[Argument],
    ) -> HashMap<String, DjangoValue> {
        let mut names = HashMap::new();
        let mut parameters = function.function.parameters.as_slice();
        // A method that is called on its class or object gets `self` without an argument.
        if let (Some(class), Some((first, rest))) = (&function.class, parameters.split_first())
            && matches!(first.name.as_str(), "self" | "cls")
        {
            names.insert(first.name.clone(), DjangoValue::Class(class.clone()));
            parameters = rest;
        }
        for parameter in function.function.parameters.iter() {
            if let Some(default) = &parameter.default {
                // Python evaluates defaults where the function is defined: names of the caller are unknown there.
                let value = self.eval(&mut DjangoScope::new(function.module), default);
                names.insert(parameter.name.clone(), value);
            }
        }

        let mut places = parameters.iter();
        for argument in arguments {
            let value = self.eval(scope, &argument.value);
            match (&argument.name, argument.spread) {
                (Some(name), _) => {
                    names.insert(name.clone(), value);
                }
                (None, Spread::One) => {
                    names.extend(places.next().map(|parameter| (parameter.name.clone(), value)));
                }
                _ => {}
            }
        }

        // A parameter without a value must shadow a global of the same name.
        for parameter in parameters {
            names.entry(parameter.name.clone()).or_insert(DjangoValue::Unknown);
        }
        names
    }

    fn register(&mut self, scope: &mut DjangoScope, call: &Expr, router: usize, arguments: &[Argument]) -> DjangoValue {
        let prefix = argument_at(arguments, 0).or_else(|| argument_named(arguments, "prefix"));
        let prefix = prefix.map(|prefix| self.eval(scope, prefix));
        let prefix = prefix.as_ref().and_then(DjangoValue::text).map(str::to_owned);
        let view = argument_at(arguments, 1).or_else(|| argument_named(arguments, "viewset"));
        let view = view.map_or(DjangoValue::Unknown, |view| self.eval(scope, view));

        self.registered(router, Registration { prefix, view, declared: (scope.module, call.span) })
    }

    /// Adds a registration once.
    pub(super) fn registered(&mut self, router: usize, registration: Registration) -> DjangoValue {
        let Some(found) = self.routers.get_mut(router) else { return DjangoValue::Unknown };
        // A function that registers may be run several times, and its registration must not count twice.
        let same =
            |known: &Registration| known.declared == registration.declared && known.prefix == registration.prefix;
        let place = found.registered.iter().position(same).unwrap_or_else(|| {
            found.registered.push(registration.clone());
            found.registered.len() - 1
        });
        DjangoValue::Registered(router, place)
    }
}

/// `text.rstrip("/")` and its like.
fn strip_text<'t>(text: &'t str, method: &str, cut: Option<&str>) -> &'t str {
    let is_cut = |letter: char| cut.map_or(letter.is_whitespace(), |cut| cut.contains(letter));
    match (method, cut) {
        ("removeprefix", Some(cut)) => text.strip_prefix(cut).unwrap_or(text),
        ("removesuffix", Some(cut)) => text.strip_suffix(cut).unwrap_or(text),
        ("lstrip", _) => text.trim_start_matches(is_cut),
        ("rstrip", _) => text.trim_end_matches(is_cut),
        _ => text.trim_matches(is_cut),
    }
}

/// Returns what a call is given by name.
pub(super) fn settings_of(module: ModuleId, arguments: &[Argument]) -> Vec<Setting> {
    let named = arguments.iter().filter_map(|argument| Some((argument.name.clone()?, argument.value.clone())));
    named.map(|(name, value)| Setting { name, module, value }).collect()
}

/// Returns the class of a view, where it is one of the project.
pub(super) fn class_of(view: &DjangoValue) -> Option<&ClassRef> {
    match view {
        DjangoValue::Class(class) => Some(class),
        _ => None,
    }
}
