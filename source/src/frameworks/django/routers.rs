//! Routers of the REST framework, nested ones too: which paths and actions a registration gives.

use std::rc::Rc;

use super::calls::{class_of, settings_of};
use super::classes::has_action;
use super::paths::{of_regex, of_route};
use super::reader::{DjangoScope, UrlReader};
use super::values::{DjangoRouter, DjangoValue, DjangoView, Registration, Setting, UrlPattern};
use crate::ir::{
    Argument, Expr, ExprKind, Function, StatementKind, argument_at, argument_named, dotted_text, last_part,
};
use crate::project::{ClassRef, FunctionRef, ModuleId, Project};

/// Routers within routers deeper than this are not followed.
const MOST_NESTED: usize = 8;

/// What a list of things serves, and what one of them does.
const LIST_ACTIONS: [(&str, &str); 2] = [("GET", "list"), ("POST", "create")];
const DETAIL_ACTIONS: [(&str, &str); 4] =
    [("GET", "retrieve"), ("PUT", "update"), ("PATCH", "partial_update"), ("DELETE", "destroy")];

/// A method that a decorator makes an action: `@action(detail=True, methods=["post"])`.
struct ExtraAction {
    name: String,
    is_detail: bool,
    path: String,
    methods: Vec<(String, String)>,
    settings: Vec<Setting>,
}

/// The path of a route of a router of the project, with its places, and which action serves which method.
type OwnRoute = (String, Vec<(String, String)>);

/// A path of a registration, which action serves which method, and what the action is given by name.
type RegisteredPath = (String, Vec<(String, String)>, Vec<Setting>);

impl UrlReader<'_> {
    /// Returns a router, where the class that is called is one.
    pub(super) fn made_router(
        &mut self,
        scope: &mut DjangoScope,
        call: &Expr,
        class: Option<&ClassRef>,
        arguments: &[Argument],
    ) -> Option<DjangoValue> {
        let names = match class {
            Some(class) => self.project.bases_of(class),
            None => vec![self.project.full_name(scope.module, &dotted_text(call.call()?.0)?)],
        };
        if !names.iter().any(|name| is_router(name)) {
            return None;
        }
        let parent = argument_at(arguments, 0).or_else(|| argument_named(arguments, "parent_router"));
        let parent = parent.map(|parent| self.eval(scope, parent));
        let parent = match parent {
            Some(DjangoValue::Router(parent)) => Some(self.parent(scope, parent, arguments)?),
            _ => None,
        };
        let slash = self.slash(scope, class, arguments);
        let made = (scope.module, call.span);
        // A router in a function that is called twice stays one, unless it is nested below another parent.
        let known = self.routers.iter().position(|router| router.made == made && router.parent == parent);
        Some(DjangoValue::Router(known.unwrap_or_else(|| {
            self.routers.push(DjangoRouter { made, class: class.cloned(), slash, parent, registered: Vec::new() });
            self.routers.len() - 1
        })))
    }

    fn parent(
        &mut self,
        scope: &mut DjangoScope,
        parent: usize,
        arguments: &[Argument],
    ) -> Option<(usize, String, String)> {
        let prefix = argument_at(arguments, 1).or_else(|| argument_named(arguments, "parent_prefix"))?;
        let prefix = self.eval(scope, prefix).text()?.to_owned();
        let lookup = argument_named(arguments, "lookup").or_else(|| argument_at(arguments, 2));
        let lookup = lookup.map(|lookup| self.eval(scope, lookup));
        // `nested_1` is the default of drf-nested-routers.
        let lookup = lookup.as_ref().and_then(DjangoValue::text).unwrap_or("nested_1").to_owned();

        Some((parent, prefix, lookup))
    }

    fn slash(&mut self, scope: &mut DjangoScope, class: Option<&ClassRef>, arguments: &[Argument]) -> String {
        let written = argument_named(arguments, "trailing_slash").cloned().map(|value| (scope.module, value));
        let written = written.or_else(|| {
            let class = class?;
            self.project.class_field(class, "trailing_slash").or_else(|| own_slash(self.project, class))
        });
        // The REST framework ends paths with a slash unless the router says otherwise.
        let Some((module, value)) = written else { return "/".to_owned() };

        match (&*value.kind, self.eval(&mut DjangoScope::new(module), &value)) {
            (ExprKind::Constant(word), _) if word == "False" => String::new(),
            (_, DjangoValue::Text(text)) => of_regex(&text).into_iter().next().unwrap_or_default(),
            _ => "/".to_owned(),
        }
    }

    /// `router.register(..).register("lines", Lines, parents_query_lookups=["order"])`: below one thing of the first.
    pub(super) fn register_below(
        &mut self,
        scope: &mut DjangoScope,
        call: &Expr,
        (router, place): (usize, usize),
        arguments: &[Argument],
    ) -> DjangoValue {
        let prefix = argument_at(arguments, 0).or_else(|| argument_named(arguments, "prefix"));
        let prefix = prefix.map(|prefix| self.eval(scope, prefix));
        let lookups = argument_named(arguments, "parents_query_lookups").map(|lookups| self.eval(scope, lookups));
        // The last lookup belongs to the registration right above.
        let lookup = lookups.and_then(|lookups| lookups.items().last().and_then(DjangoValue::text).map(str::to_owned));
        let view = argument_at(arguments, 1).or_else(|| argument_named(arguments, "viewset"));
        let view = view.map_or(DjangoValue::Unknown, |view| self.eval(scope, view));
        let above = self.routers.get(router).and_then(|router| router.registered.get(place));
        let above = above.and_then(|above| above.prefix.clone());
        let prefix = match (above, lookup, prefix.as_ref().and_then(DjangoValue::text)) {
            (Some(above), Some(lookup), Some(prefix)) => {
                Some(format!("{above}/(?P<parent_lookup_{lookup}>[^/.]+)/{prefix}"))
            }
            _ => None,
        };

        self.registered(router, Registration { prefix, view, declared: (scope.module, call.span) })
    }

    /// Returns the patterns of a router.
    pub(super) fn router_patterns(&mut self, router: usize) -> Vec<DjangoValue> {
        let Some(found) = self.routers.get(router).cloned() else { return Vec::new() };
        let above = self.above(&found, 0);
        let mut patterns = Vec::new();
        // A nested router has no root view of its own below its parent.
        patterns.extend(self.root_view(&found).filter(|_| found.parent.is_none()));

        for registration in &found.registered {
            match (&registration.prefix, &above) {
                (Some(prefix), Some(above)) => {
                    for prefix in of_regex(prefix) {
                        let prefix = format!("{above}{prefix}");
                        patterns.extend(self.registration_patterns(&found, registration, &prefix));
                    }
                }
                // The registration is kept without a path, so that the report names it as unclear.
                _ => patterns.push(DjangoValue::Pattern(Rc::new(UrlPattern {
                    paths: Vec::new(),
                    target: registration.view.clone(),
                    declared: registration.declared,
                }))),
            }
        }

        patterns
    }

    /// A router of the project may have a root of its own: `APIRootView = OurRoot`.
    fn root_view(&mut self, router: &DjangoRouter) -> Option<DjangoValue> {
        let (module, view) = self.project.class_field(router.class.as_ref()?, "APIRootView")?;
        let target = self.eval(&mut DjangoScope::new(module), &view);
        class_of(&target)?;
        Some(DjangoValue::Pattern(Rc::new(UrlPattern { paths: vec![String::new()], target, declared: router.made })))
    }

    /// The path above a nested router; absent where its parent does not have that prefix.
    fn above(&self, router: &DjangoRouter, depth: usize) -> Option<String> {
        let Some((parent, prefix, lookup)) = &router.parent else { return Some(String::new()) };
        let parent = self.routers.get(*parent).filter(|_| depth < MOST_NESTED)?;
        let of = parent.registered.iter().find(|registration| registration.prefix.as_ref() == Some(prefix))?;
        let name = class_of(&of.view).map_or_else(|| "pk".to_owned(), |class| lookup_name(self.project, class));
        let above = self.above(parent, depth + 1)?;
        let prefix = of_regex(prefix).into_iter().next().unwrap_or_default();
        let start = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };

        Some(format!("{above}{start}{{{lookup}_{name}}}/"))
    }

    fn registration_patterns(
        &mut self,
        router: &DjangoRouter,
        registration: &Registration,
        prefix: &str,
    ) -> Vec<DjangoValue> {
        let slash = &router.slash;
        let Some(class) = class_of(&registration.view) else {
            let target = registration.view.clone();
            let paths = vec![trim_slash(&format!("{prefix}{slash}"))];
            return vec![DjangoValue::Pattern(Rc::new(UrlPattern { paths, target, declared: registration.declared }))];
        };
        let made = self.registered_paths(router, class, prefix);
        let patterns = made.into_iter().filter(|(_, actions, _)| !actions.is_empty());
        let patterns = patterns.map(|(path, actions, settings)| {
            let target = DjangoValue::Class(class.clone());
            let target = DjangoValue::View(Rc::new(DjangoView {
                target,
                actions: Some(actions),
                settings,
                wrappers: Vec::new(),
            }));

            DjangoValue::Pattern(Rc::new(UrlPattern {
                paths: vec![trim_slash(&path)],
                target,
                declared: registration.declared,
            }))
        });

        patterns.collect()
    }

    /// The paths of one registration, what serves which method on each, and what the actions are given by name.
    fn registered_paths(&mut self, router: &DjangoRouter, class: &ClassRef, prefix: &str) -> Vec<RegisteredPath> {
        let slash = &router.slash;
        let name = lookup_name(self.project, class);
        let own = router.class.as_ref().and_then(|class| self.own_routes(class));
        let written = own.unwrap_or_else(standard_routes);
        let mut made = Vec::new();

        for (path, mut actions) in written {
            // A router offers only the actions that the view has; the others answer 405.
            actions.retain(|(_, action)| has_action(self.project, class, action));
            let path = path.replace("{prefix}", prefix).replace("{trailing_slash}", slash);
            made.push((path.replace("{lookup}", &format!("{{{name}}}")), actions, Vec::new()));
        }
        for extra in self.extra_actions(class) {
            let start = if extra.is_detail { format!("{prefix}/{{{name}}}") } else { prefix.to_owned() };
            made.push((format!("{start}/{}{slash}", extra.path), extra.methods, extra.settings));
        }
        made
    }

    /// `routes = [Route(url=r"^{prefix}$", mapping={"get": "list"}, ..)]` of a router of the project.
    fn own_routes(&mut self, class: &ClassRef) -> Option<Vec<OwnRoute>> {
        let (module, value) = self.project.class_field(class, "routes")?;
        let ExprKind::List(items) = &*value.kind else { return None };
        let mut scope = DjangoScope::new(module);
        let mut routes = Vec::new();

        for item in items {
            let Some((_, arguments)) = item.call() else { continue };
            let url = argument_named(arguments, "url").or_else(|| argument_at(arguments, 0));
            let mapping = argument_named(arguments, "mapping").or_else(|| argument_at(arguments, 1));
            let (Some(url), Some(mapping)) = (url, mapping) else { continue };
            let (url, mapping) = (self.eval(&mut scope, url), self.eval(&mut scope, mapping));
            let (Some(url), DjangoValue::Pairs(pairs)) = (url.text(), mapping) else { continue };
            let texts = pairs
                .iter()
                .filter_map(|(method, action)| Some((method.text()?.to_ascii_uppercase(), action.text()?.to_owned())));
            routes.push((url.trim_start_matches('^').trim_end_matches('$').to_owned(), texts.collect()));
        }

        Some(routes)
    }

    /// The actions that decorators make, of the class and what it extends.
    fn extra_actions(&mut self, class: &ClassRef) -> Vec<ExtraAction> {
        let mut seen: Vec<String> = Vec::new();
        let mut actions: Vec<ExtraAction> = Vec::new();

        for part in self.project.line_of(class) {
            for method in part.class.methods() {
                // The nearest class wins, as in Python; mapped methods belong to another action.
                if mapped_action(method).is_some() || seen.contains(&method.name) {
                    continue;
                }
                seen.push(method.name.clone());
                actions.extend(self.extra_action(part.module, method));
            }

            // `@close.mapping.delete`
            for method in part.class.methods() {
                let Some((of, http)) = mapped_action(method) else { continue };
                let action = actions.iter_mut().find(|action| action.name == of);

                if let Some(action) = action {
                    action.methods.push((http, method.name.clone()));
                }
            }
        }

        actions
    }

    fn extra_action(&mut self, module: ModuleId, method: &Function) -> Option<ExtraAction> {
        let decorator = method.decorators.iter().find_map(|decorator| {
            let (callee, arguments) = decorator.call()?;
            let name = dotted_text(callee)?;
            let name = last_part(&name).to_owned();
            matches!(name.as_str(), "action" | "detail_route" | "list_route").then_some((name, arguments))
        });

        let (name, arguments) = decorator?;
        let mut scope = DjangoScope::new(module);
        let methods = argument_named(arguments, "methods").or_else(|| argument_at(arguments, 0));
        let methods = methods.map(|methods| self.eval(&mut scope, methods).items()).unwrap_or_default();
        let mut methods: Vec<String> =
            methods.iter().filter_map(DjangoValue::text).map(str::to_ascii_uppercase).collect();
        // `@action` without methods serves GET.
        if methods.is_empty() {
            methods.push("GET".to_owned());
        }
        // `action(methods, detail, url_path, url_name)`; the older decorators have nothing but methods by place.
        let path = argument_named(arguments, "url_path").or_else(|| argument_at(arguments, 2));
        let path = path.map(|path| self.eval(&mut scope, path));
        let path = path.as_ref().and_then(DjangoValue::text).unwrap_or(&method.name);
        let detail = argument_named(arguments, "detail").or_else(|| argument_at(arguments, 1));
        let is_true = |value: &Expr| matches!(&*value.kind, ExprKind::Constant(word) if word == "True");
        Some(ExtraAction {
            name: method.name.clone(),
            is_detail: name == "detail_route" || detail.is_some_and(is_true),
            path: of_regex(&of_route_in_regex(path)).into_iter().next().unwrap_or_default(),
            methods: methods.into_iter().map(|http| (http, method.name.clone())).collect(),
            settings: settings_of(module, arguments),
        })
    }
}

/// The routes of the routers that the REST framework has.
fn standard_routes() -> Vec<OwnRoute> {
    let texts = |actions: &[(&str, &str)]| {
        actions.iter().map(|(method, action)| ((*method).to_owned(), (*action).to_owned())).collect()
    };
    vec![
        ("{prefix}{trailing_slash}".to_owned(), texts(&LIST_ACTIONS)),
        ("{prefix}/{lookup}{trailing_slash}".to_owned(), texts(&DETAIL_ACTIONS)),
    ]
}

/// A path of an action may be a regular expression or, with newer routers, a route.
fn of_route_in_regex(path: &str) -> String {
    if path.contains("(?") { path.to_owned() } else { of_route(path).replace('{', "(?P<").replace('}', ">x)") }
}

/// `@close.mapping.delete`: the action and the method of HTTP.
fn mapped_action(method: &Function) -> Option<(String, String)> {
    method.decorators.iter().find_map(|decorator| {
        let name = dotted_text(decorator)?;
        let (of, http) = name.split_once(".mapping.")?;
        Some((of.to_owned(), http.to_ascii_uppercase()))
    })
}

/// `def __init__(self): self.trailing_slash = "/?"`
fn own_slash(project: &Project, class: &ClassRef) -> Option<(ModuleId, Expr)> {
    let FunctionRef { module, function, .. } = project.method(class, "__init__")?;
    function.body.iter().find_map(|statement| match &statement.kind {
        StatementKind::Assign(targets, Some(value)) => {
            let is_slash = targets.iter().any(|target| dotted_text(target).as_deref() == Some("self.trailing_slash"));
            is_slash.then(|| (module, value.clone()))
        }
        _ => None,
    })
}

/// Returns the name of the parameter by which a set of views finds one thing.
fn lookup_name(project: &Project, class: &ClassRef) -> String {
    let field = |name: &str| {
        let (module, value) = project.class_field(class, name)?;
        project.constant(module, &value)
    };
    field("lookup_url_kwarg").or_else(|| field("lookup_field")).unwrap_or_else(|| "pk".to_owned())
}

/// A path of a router never begins with a slash.
fn trim_slash(path: &str) -> String {
    path.strip_prefix('/').unwrap_or(path).to_owned()
}

/// Whether a class that is not part of the project is a router.
fn is_router(full: &str) -> bool {
    let last = last_part(full);
    let known = ["rest_framework", "drf", "ninja"].iter().any(|head| full.starts_with(head));
    last.ends_with("Router") && known && !full.starts_with("ninja")
        || matches!(last, "DefaultRouter" | "SimpleRouter" | "NestedSimpleRouter" | "NestedDefaultRouter")
        || matches!(last, "ExtendedDefaultRouter" | "ExtendedSimpleRouter" | "BulkRouter")
}
