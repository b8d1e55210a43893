//! The language of `routes/*.php`.

use super::values::{Link, all_texts, argument_values, call_chain, list_elements, text_of, texts_of};
use super::{GroupScope, Registry};
use crate::frameworks::inflection::singular_form;
use crate::frameworks::query::At;
use crate::routes::{CodePlace, FrameworkName, Guard, GuardLevel, RouteEntry, join_paths, normalise_path};

/// Groups in groups are run so deep.
const MOST_DEPTH: usize = 24;
const VERBS: [&str; 9] = ["get", "post", "put", "patch", "delete", "options", "any", "match", "addRoute"];
/// Action, methods, whether it stands on a member, what is added to the path.
const ACTIONS: [(&str, &[&str], bool, &str); 7] = [
    ("index", &["GET"], false, ""),
    ("create", &["GET"], false, "create"),
    ("store", &["POST"], false, ""),
    ("show", &["GET"], true, ""),
    ("edit", &["GET"], true, "edit"),
    ("update", &["PUT", "PATCH"], true, ""),
    ("destroy", &["DELETE"], true, ""),
];

/// One way that a registering call leads to.
struct RegisteredRoute<'s> {
    call: At<'s>,
    methods: Vec<String>,
    path: String,
    handler: LaravelAction<'s>,
    guards: Vec<Guard>,
    /// Names of middleware that are taken off again.
    without: Vec<String>,
}

/// A handler.
#[derive(Clone)]
struct LaravelAction<'s> {
    function: String,
    place: CodePlace,
    class: Option<At<'s>>,
    method: String,
}

impl<'s> Registry<'s> {
    /// Runs the statements of a file, a closure or a method.
    pub(super) fn run_statements(&mut self, at: At<'s>, scope: &GroupScope) {
        if scope.depth > MOST_DEPTH {
            self.table.unclear.push(at.note("groups of routes within it are not followed any deeper"));
            return;
        }
        for child in at.children() {
            match child.kind() {
                "member_call_expression" | "scoped_call_expression" => self.run_chain(child, scope),
                "require_expression" | "require_once_expression" | "include_expression" | "include_once_expression" => {
                    self.run_named_file(child, scope);
                }
                _ => self.run_statements(child, scope),
            }
        }
    }

    fn run_chain(&mut self, at: At<'s>, scope: &GroupScope) {
        let (base, links) = call_chain(at);
        // Other chains may contain closures that register routes.
        if !is_router(base) {
            // `$this->routes(function () { Route::… })`, `->withRouting(then: function () { … })`
            self.run_statements(at, scope);
            return;
        }
        let is_act = |link: &Link| {
            VERBS.contains(&link.name)
                || ["group", "resource", "apiResource", "resources", "apiResources", "singleton", "apiSingleton"]
                    .contains(&link.name)
                || ["view", "redirect", "permanentRedirect", "fallback"].contains(&link.name)
        };

        let Some(act) = links.iter().position(is_act) else { return };
        let before = links.get(..act).unwrap_or_default();
        let after = links.get(act + 1..).unwrap_or_default();
        let Some(link) = links.get(act).copied() else { return };
        let inner = self.scoped(before, scope);

        match link.name {
            "group" => self.run_group(link.call, &inner),
            // A fallback answers what no route matches, so it has no path of its own.
            "fallback" => {}
            "resource" | "apiResource" | "singleton" | "apiSingleton" => {
                if let [name, class, ..] = argument_values(link.call).as_slice() {
                    self.add_resource(link, (*name, *class), after, &inner);
                }
            }
            "resources" | "apiResources" => {
                for (name, class) in
                    argument_values(link.call).first().map(|list| list_elements(*list)).unwrap_or_default()
                {
                    self.add_named_resource(link, (name.unwrap_or_default(), class), after, &inner);
                }
            }
            _ => self.add_verb(link, after, &inner),
        }
    }

    /// What stands before the registering call: `prefix`, `middleware`, `controller`, `namespace`.
    fn scoped(&self, links: &[Link<'s>], scope: &GroupScope) -> GroupScope {
        let mut inner = GroupScope { depth: scope.depth + 1, ..scope.clone() };
        for link in links {
            let texts = all_texts(link.call);
            match (link.name, texts.first()) {
                ("prefix", Some(prefix)) => inner.prefix = join_paths(&inner.prefix, prefix.trim_matches('/')),
                ("middleware", _) => inner.guards.extend(self.named_guards(&texts, link.call, GuardLevel::Router)),
                // `withoutMiddleware` takes off by the name under which it was put on.
                ("withoutMiddleware", _) => inner.guards.retain(|guard| !texts.contains(&guard.name)),
                ("controller", Some(class)) => inner.controller = Some(class.clone()),
                ("namespace", Some(namespace)) => inner.namespace = format!("{}\\{namespace}", inner.namespace),
                _ => {}
            }
        }

        inner
    }

    fn named_guards(&self, names: &[String], at: At<'s>, level: GuardLevel) -> Vec<Guard> {
        names.iter().flat_map(|name| self.middleware.guards(name, at, level, &self.classes)).collect()
    }

    fn run_group(&mut self, call: At<'s>, scope: &GroupScope) {
        let mut inner = scope.clone();
        let given = argument_values(call);
        let Some(body) = given.last().copied() else { return };

        if given.len() > 1 {
            for (key, value) in given.first().map(|list| list_elements(*list)).unwrap_or_default() {
                match (key.as_deref(), text_of(value)) {
                    (Some("prefix"), Some(prefix)) => {
                        inner.prefix = join_paths(&inner.prefix, prefix.trim_matches('/'))
                    }
                    (Some("middleware"), _) => {
                        // Old groups write several names in one text: `auth|admin`.
                        let names: Vec<String> =
                            texts_of(value).iter().flat_map(|text| text.split('|').map(str::to_owned)).collect();
                        inner.guards.extend(self.named_guards(&names, value, GuardLevel::Router));
                    }
                    (Some("namespace"), Some(name)) => inner.namespace = format!("{}\\{name}", inner.namespace),
                    (Some("controller"), Some(class)) => inner.controller = Some(class),
                    _ => {}
                }
            }
        }

        match body.kind() {
            "anonymous_function" | "anonymous_function_creation_expression" | "arrow_function" => {
                match body.field("body") {
                    Some(one) if one.kind().ends_with("call_expression") => self.run_chain(one, &inner),
                    Some(body) => self.run_statements(body, &inner),
                    None => {}
                }
            }
            _ => self.run_named_file(body, &inner),
        }
    }

    /// `base_path('routes/api.php')`, `__DIR__.'/auth.php'`
    fn run_named_file(&mut self, at: At<'s>, scope: &GroupScope) {
        let text = at.text();
        let named = text.split(['\'', '"']).find(|part| part.ends_with(".php"));
        let Some(end) = named.map(|part| part.trim_start_matches(['.', '/'])) else { return };
        let here = at.folder();
        let known = self.files.iter().filter(|(path, _)| format!("/{path}").ends_with(&format!("/{end}")));
        // Of files with the same end the one below the calling file is meant, else the shortest path.
        let nearest = known.max_by_key(|(path, _)| (path.starts_with(here), std::cmp::Reverse(path.len())));
        let Some((path, root)) = nearest.map(|(path, root)| ((*path).to_owned(), *root)) else { return };

        // A file that loads itself would not come to an end.
        if path == at.file.module.path {
            return;
        }
        self.run_files.push(path);
        self.run_statements(root, &GroupScope { depth: scope.depth + 1, ..scope.clone() });
    }

    fn add_verb(&mut self, link: Link<'s>, after: &[Link<'s>], scope: &GroupScope) {
        let given = argument_values(link.call);
        let (methods, rest) = match (link.name, given.as_slice()) {
            ("match" | "addRoute", [first, rest @ ..]) => {
                (texts_of(*first).iter().map(|method| method.to_ascii_uppercase()).collect(), rest)
            }
            ("any" | "redirect" | "permanentRedirect", rest) => (Vec::new(), rest),
            ("view", rest) => (vec!["GET".to_owned()], rest),
            (verb, rest) => (vec![verb.to_ascii_uppercase()], rest),
        };

        let Some(path) = rest.first() else { return };
        let Some(path) = text_of(*path) else {
            self.table.unclear.push(link.call.note("the path is made at runtime"));
            return;
        };
        // A view or redirect has no handler of the project.
        let is_served = !["view", "redirect", "permanentRedirect"].contains(&link.name);
        let target = rest.get(1).copied().filter(|_| is_served);
        let mut handler = self.action(link.call, target, scope);
        let mut guards = Vec::new();
        // Lumen: `$router->get('x', ['middleware' => 'auth', 'uses' => 'C@m'])`
        if let Some(list) = target.filter(|target| target.kind() == "array_creation_expression") {
            for (key, value) in list_elements(list) {
                match key.as_deref() {
                    Some("uses") => handler = self.action(link.call, Some(value), scope),
                    Some("middleware") => guards.extend(self.named_guards(&texts_of(value), value, GuardLevel::Route)),
                    _ => {}
                }
            }
        }

        guards.extend(self.after_guards(after));
        let without = removed_middleware(after);
        let path = join_paths(&scope.prefix, path.trim_matches('/'));
        self.add(RegisteredRoute { call: link.call, methods, path, handler, guards, without }, scope);
    }

    fn after_guards(&self, after: &[Link<'s>]) -> Vec<Guard> {
        let own = after.iter().filter(|link| ["middleware", "can"].contains(&link.name));
        own.flat_map(|link| {
            let texts = all_texts(link.call);
            let names = if link.name == "can" { vec![format!("can:{}", texts.join(","))] } else { texts };
            self.named_guards(&names, link.call, GuardLevel::Route)
        })
        .collect()
    }

    fn action(&self, call: At<'s>, target: Option<At<'s>>, scope: &GroupScope) -> LaravelAction<'s> {
        let none = LaravelAction { function: String::new(), place: call.place(), class: None, method: String::new() };
        let Some(target) = target else { return none };

        if ["anonymous_function", "anonymous_function_creation_expression", "arrow_function"].contains(&target.kind()) {
            return LaravelAction { place: target.place(), ..none };
        }
        let texts = texts_of(target);
        let (class, method) = match (texts.as_slice(), &scope.controller) {
            ([class, method], _) => (class.clone(), method.clone()),
            ([one], _) if one.contains('@') => {
                one.split_once('@').map(|(class, method)| (class.to_owned(), method.to_owned())).unwrap_or_default()
            }
            // In a group with a controller a text is a method; `X::class` is always an invokable class.
            ([one], Some(class)) if target.kind() != "class_constant_access_expression" => (class.clone(), one.clone()),
            ([one], _) => (one.clone(), "__invoke".to_owned()),
            _ => return none,
        };

        self.method(call, &class, &method, scope)
    }

    fn method(&self, call: At<'s>, class: &str, method: &str, scope: &GroupScope) -> LaravelAction<'s> {
        let found = self.classes.class(call, class, &scope.namespace);
        let own = found.and_then(|found| self.classes.method(found, method));
        let short = class.rsplit('\\').next().unwrap_or(class);
        LaravelAction {
            function: format!("{short}.{method}"),
            place: own.or(found).unwrap_or(call).place(),
            class: found,
            method: method.to_owned(),
        }
    }

    fn add_resource(
        &mut self,
        link: Link<'s>,
        (name, class): (At<'s>, At<'s>),
        after: &[Link<'s>],
        scope: &GroupScope,
    ) {
        match text_of(name) {
            Some(name) => self.add_named_resource(link, (name, class), after, scope),
            None => self.table.unclear.push(link.call.note("the path is made at runtime")),
        }
    }

    fn add_named_resource(
        &mut self,
        link: Link<'s>,
        (name, class): (String, At<'s>),
        after: &[Link<'s>],
        scope: &GroupScope,
    ) {
        let Some(class) = text_of(class) else { return };
        let listed = |name: &str| after.iter().find(|link| link.name == name).map(|link| all_texts(link.call));
        let options = argument_values(link.call).get(2).map(|list| list_elements(*list)).unwrap_or_default();
        let old =
            |name: &str| options.iter().find(|(key, _)| key.as_deref() == Some(name)).map(|(_, at)| texts_of(*at));
        let only = listed("only").or_else(|| old("only"));
        let except = listed("except").or_else(|| old("except")).unwrap_or_default();
        // A singleton has no identifier and no collection.
        let is_single = link.name.to_ascii_lowercase().contains("singleton");
        let is_api = link.name.starts_with("api");
        let is_shallow = after.iter().any(|link| link.name == "shallow");
        let (collection, member) = resource_paths(&name, &renamed_parameters(after), (is_single, is_shallow));
        let has = |names: &[String], action: &str| names.iter().any(|name| name == action);

        for (action, methods, is_member, end) in ACTIONS {
            let of_single = ["show", "edit", "update"].contains(&action);
            let is_given = !(is_api && ["create", "edit"].contains(&action)) && (!is_single || of_single);
            // `only` may ask for an action that an API resource leaves out by default.
            let wanted = only.as_ref().map_or(is_given, |only| has(only, action));

            if !wanted || has(&except, action) {
                continue;
            }
            let path = join_paths(if is_member { &member } else { &collection }, end);
            let registered = RegisteredRoute {
                call: link.call,
                methods: methods.iter().map(|method| (*method).to_owned()).collect(),
                path: join_paths(&scope.prefix, path.trim_matches('/')),
                handler: self.method(link.call, &class, action, scope),
                guards: self.after_guards(after),
                without: removed_middleware(after),
            };

            self.add(registered, scope);
        }
    }

    fn add(&mut self, registered: RegisteredRoute<'s>, scope: &GroupScope) {
        let handler = registered.handler;
        let mut guards = self.middleware.of_all(&self.classes);
        guards.extend(scope.guards.iter().cloned());
        guards.extend(registered.guards);

        // The middleware of a controller runs inside that of its route.
        if let Some(class) = handler.class {
            guards.extend(self.middleware.of_controller(class, &handler.method, &self.classes));
        }
        // Names are taken off at the end, as a route may lift what its group or controller put on.
        guards.retain(|guard| !registered.without.contains(&guard.name));
        let path = registered.path;

        // `{id?}` may be left out.
        let mut paths = vec![path.clone()];

        if path.ends_with("?}") {
            paths.extend(path.rfind("/{").and_then(|at| path.get(..at)).map(str::to_owned));
        }
        for path in paths {
            let path = normalise_path(&path);
            let path = if path.len() > 1 { path.trim_end_matches('/').to_owned() } else { path };
            self.table.routes.push(RouteEntry {
                framework: FrameworkName::Laravel,
                methods: registered.methods.clone(),
                path,
                function: handler.function.clone(),
                handler: handler.place.clone(),
                declared: registered.call.place(),
                guards: guards.clone(),
                code: None,
            });
        }
    }
}

/// `Route::`, `$router->`, `$api->`, `$app->router->`, `$this->router->`
fn is_router(base: At<'_>) -> bool {
    let text = base.text().trim_start_matches('\\');
    ["Route", "$router", "$api", "$route", "Illuminate\\Support\\Facades\\Route"].contains(&text)
        || text.ends_with("->router")
}

fn removed_middleware(after: &[Link<'_>]) -> Vec<String> {
    after.iter().filter(|link| link.name == "withoutMiddleware").flat_map(|link| all_texts(link.call)).collect()
}

/// `->parameters(['photos' => 'slug'])`, `->parameter('photos', 'slug')`
fn renamed_parameters(after: &[Link<'_>]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for link in after {
        let given = argument_values(link.call);
        match (link.name, given.as_slice()) {
            ("parameters", [list]) => {
                found.extend(list_elements(*list).into_iter().filter_map(|(key, value)| Some((key?, text_of(value)?))));
            }
            ("parameter", [name, value]) => found.extend(text_of(*name).zip(text_of(*value))),
            _ => {}
        }
    }

    found
}

/// The paths of a collection and of a member: `photos.comments` is nested.
fn resource_paths(name: &str, renamed: &[(String, String)], (is_single, is_shallow): (bool, bool)) -> (String, String) {
    let parameter = |part: &str| {
        let last = part.rsplit('/').next().unwrap_or(part);
        let own = renamed.iter().find(|(name, _)| name == last).map(|(_, own)| own.clone());
        own.unwrap_or_else(|| singular_form(last).replace('-', "_"))
    };
    let parts: Vec<&str> = name.split('.').collect();
    let Some((last, above)) = parts.split_last() else { return (String::new(), String::new()) };
    let above: String =
        above.iter().map(|part| format!("/{}/{{{}}}", part.trim_matches('/'), parameter(part))).collect();
    let last = last.trim_matches('/');
    let collection = format!("{above}/{last}");
    let member = match (is_single, is_shallow) {
        (true, _) => collection.clone(),
        (false, true) => format!("/{last}/{{{}}}", parameter(last)),
        (false, false) => format!("{collection}/{{{}}}", parameter(last)),
    };
    (collection, member)
}
