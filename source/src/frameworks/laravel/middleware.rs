//! Middleware: groups, aliases, and what controllers ask for.

use std::collections::HashMap;

use super::QUERY;
use super::classes::{PhpClasses, own_method};
use super::values::{all_texts, argument_values, call_chain, list_elements, named_argument, text_of, texts_of};
use crate::frameworks::guarding::{is_harmless, make_guard};
use crate::frameworks::query::{At, Sources};
use crate::routes::{Guard, GuardLevel};

/// Groups in groups are read so deep.
const MOST_DEPTH: usize = 6;

/// What names of middleware stand for.
#[derive(Default)]
pub(super) struct Middleware<'s> {
    groups: HashMap<String, Vec<(String, At<'s>)>>,
    aliases: HashMap<String, (String, At<'s>)>,
    /// Runs for every request.
    all: Vec<(String, At<'s>)>,
}

impl<'s> Middleware<'s> {
    pub(super) fn read(sources: &'s Sources<'_>) -> Self {
        let mut found = Middleware::default();
        for matched in sources.roots().flat_map(|root| QUERY.matches(root)) {
            let (Some(value), Some(_)) = (matched.get("value"), matched.get("middleware")) else { continue };
            let is_kernel = value.file.module.path.ends_with("Kernel.php");

            // Controllers have a property `$middleware` too, which does not run for every request.
            match matched.text("property").trim_start_matches('$') {
                "middlewareGroups" => found.take_groups(value),
                "middleware" if is_kernel => {
                    found.all.extend(list_elements(value).into_iter().filter_map(|(_, at)| Some((text_of(at)?, at))));
                }
                "middleware" => {}
                _ => found.take_aliases(value),
            }
        }

        for root in sources.roots().filter(|root| root.file.module.path.ends_with("bootstrap/app.php")) {
            found.take_bootstrap(root);
        }
        found
    }

    fn take_groups(&mut self, value: At<'s>) {
        for (name, list) in list_elements(value) {
            let items = list_elements(list).into_iter().filter_map(|(_, at)| Some((text_of(at)?, at)));
            self.groups.entry(name.unwrap_or_default()).or_default().extend(items);
        }
    }

    fn take_aliases(&mut self, value: At<'s>) {
        for (name, class) in list_elements(value) {
            if let (Some(name), Some(text)) = (name, text_of(class)) {
                self.aliases.insert(name, (text, class));
            }
        }
    }

    /// `$middleware->alias([...])`, `->append(X::class)`, `->api(prepend: [...])`, Lumen's `$app->routeMiddleware([...])`
    fn take_bootstrap(&mut self, root: At<'s>) {
        let mut open = vec![root];
        while let Some(at) = open.pop() {
            open.extend(at.children());
            if at.kind() != "member_call_expression" {
                continue;
            }
            let given = argument_values(at);

            match (at.field_text("name"), given.first()) {
                ("alias" | "routeMiddleware", Some(list)) => self.take_aliases(*list),
                // `Route::middleware(..)` in the same file guards a group of routes, not the application.
                ("append" | "prepend" | "use" | "middleware", Some(list))
                    if !call_chain(at).0.text().contains("Route") =>
                {
                    self.all.extend(list_elements(*list).into_iter().filter_map(|(_, at)| Some((text_of(at)?, at))));
                }
                (group @ ("api" | "web"), Some(_)) => {
                    let lists = at.field("arguments").map(At::children).unwrap_or_default();
                    // What is removed from a group is not added to it.
                    let lists = lists.into_iter().filter(|list| list.field_text("name") != "remove");
                    let values = lists.filter_map(|list| list.children().last().copied());
                    let items = values.flat_map(list_elements).filter_map(|(_, at)| Some((text_of(at)?, at)));
                    self.groups.entry(group.to_owned()).or_default().extend(items);
                }
                _ => {}
            }
        }
    }

    /// Returns the guards of the whole application.
    pub(super) fn of_all(&self, classes: &PhpClasses<'s>) -> Vec<Guard> {
        self.all.iter().flat_map(|(name, at)| self.guards(name, *at, GuardLevel::App, classes)).collect()
    }

    /// Returns the guards that a name of middleware stands for.
    pub(super) fn guards(&self, name: &str, at: At<'s>, level: GuardLevel, classes: &PhpClasses<'s>) -> Vec<Guard> {
        self.guards_within(name, at, level, classes, 0)
    }

    fn guards_within(
        &self,
        name: &str,
        at: At<'s>,
        level: GuardLevel,
        classes: &PhpClasses<'s>,
        depth: usize,
    ) -> Vec<Guard> {
        if let Some(group) = self.groups.get(name).filter(|_| depth < MOST_DEPTH) {
            let each = group.iter().flat_map(|(name, at)| self.guards_within(name, *at, level, classes, depth + 1));
            return each.collect();
        }
        // Without their definition these two groups are Laravel's own, which hold no guard.
        if ["api", "web"].contains(&name) {
            return Vec::new();
        }
        let plain = name.split(':').next().unwrap_or(name);
        let (class, from) = self.aliases.get(plain).map_or((plain, at), |(class, at)| (class.as_str(), *at));
        let body = classes.class(from, class, "").and_then(|class| classes.method(class, "handle")).map(At::text);

        // What a library's alias does is known by its name; `auth:api,admin` asks for no role.
        let shown = plain.rsplit('\\').next().unwrap_or(plain);

        if is_harmless(shown, body) {
            return Vec::new();
        }
        let mut guard = make_guard(shown, body, level, at.place());

        if let (crate::routes::GuardKind::Role(_), Some((_, of))) = (&guard.kind, name.split_once(':')) {
            guard.kind = crate::routes::GuardKind::Role(of.to_owned());
        }
        guard.name = name.to_owned();
        vec![guard]
    }

    /// Returns the guards that a controller puts before a method.
    pub(super) fn of_controller(&self, class: At<'s>, method: &str, classes: &PhpClasses<'s>) -> Vec<Guard> {
        let mut found = Vec::new();
        // Constructors of base classes run first.
        for of in classes.line_of(class).into_iter().rev() {
            if let Some(constructor) = own_method(of, "__construct") {
                found.extend(self.of_constructor(constructor, method, classes));
            }
            let is_static = |at: &At| at.text().contains("static");

            if let Some(own) = own_method(of, "middleware").filter(is_static) {
                found.extend(self.of_listed(own, method, classes));
            }
        }

        found
    }

    /// `$this->middleware('auth')->only('show')`
    fn of_constructor(&self, constructor: At<'s>, method: &str, classes: &PhpClasses<'s>) -> Vec<Guard> {
        let mut found = Vec::new();
        let statements = constructor.field("body").map(At::children).unwrap_or_default();

        for statement in statements.into_iter().filter(|at| at.kind() == "expression_statement") {
            // Only statements that always run are read; one in a condition may not apply.
            let Some(expression) = statement.children().first().copied() else { continue };
            let (base, links) = call_chain(expression);
            let Some(first) = links.first().filter(|link| base.text() == "$this" && link.name == "middleware") else {
                continue;
            };
            let only = links.iter().find(|link| link.name == "only").map(|link| all_texts(link.call));
            let except = links.iter().find(|link| link.name == "except").map(|link| all_texts(link.call));
            // The old way to write it: `middleware('auth', ['only' => ['show']])`.
            let old = argument_values(first.call).get(1).map(|at| list_elements(*at)).unwrap_or_default();
            let of = |name: &str| old.iter().find(|(key, _)| key.as_deref() == Some(name)).map(|(_, at)| texts_of(*at));

            if !reaches_method(method, only.or_else(|| of("only")), except.or_else(|| of("except"))) {
                continue;
            }
            let names = argument_values(first.call).first().map(|at| texts_of(*at)).unwrap_or_default();
            found.extend(names.iter().flat_map(|name| self.guards(name, first.call, GuardLevel::Router, classes)));
        }

        found
    }

    /// `return ['auth', new Middleware('admin', only: ['show'])];`
    fn of_listed(&self, own: At<'s>, method: &str, classes: &PhpClasses<'s>) -> Vec<Guard> {
        let mut found = Vec::new();
        let statements = own.field("body").map(At::children).unwrap_or_default();
        let lists = statements.into_iter().filter(|at| at.kind() == "return_statement");

        for (_, item) in lists.flat_map(At::children).flat_map(list_elements) {
            let listed = item.child("arguments").filter(|_| item.kind() == "object_creation_expression");
            let names = match listed {
                Some(list) => {
                    let only = named_argument(list, "only").map(texts_of);
                    let except = named_argument(list, "except").map(texts_of);
                    let first = list.children().first().and_then(|first| first.children().last().copied());

                    if reaches_method(method, only, except) {
                        first.map(texts_of).unwrap_or_default()
                    } else {
                        Vec::new()
                    }
                }
                None => texts_of(item),
            };

            found.extend(names.iter().flat_map(|name| self.guards(name, item, GuardLevel::Router, classes)));
        }

        found
    }
}

fn reaches_method(method: &str, only: Option<Vec<String>>, except: Option<Vec<String>>) -> bool {
    let has = |list: &[String]| list.iter().any(|name| name.eq_ignore_ascii_case(method));
    only.is_none_or(|only| has(&only)) && !except.is_some_and(|except| has(&except))
}
