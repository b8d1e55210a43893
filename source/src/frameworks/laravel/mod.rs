//! Laravel (and Lumen): the files of `routes/` are read as Laravel runs them; controllers give the handlers and more
//! middleware.

mod classes;
mod middleware;
mod routes;
mod values;

use std::collections::HashMap;

use super::query::{At, SourceQuery, Sources};
use crate::lang::Language;
use crate::project::Project;
use crate::routes::{Guard, RouteTable};
use classes::PhpClasses;
use middleware::Middleware;

pub(super) static QUERY: SourceQuery = SourceQuery::new(Language::Php, include_str!("laravel.scm"));

/// Finds the routes.
pub(super) fn find_routes(project: &Project) -> RouteTable {
    let routes = |module: &crate::project::Module| {
        module.language == Language::Php
            && ["Route::", "$router->", "router->group"].iter().any(|text| module.text.contains(text))
    };
    if !project.modules.iter().any(|module| routes(module)) {
        return RouteTable::default();
    }
    let sources = Sources::parse(project, Language::Php);
    let mut registry = Registry::new(&sources);
    registry.run_all();

    registry.table
}

/// What a group of routes is run in.
#[derive(Clone, Default)]
struct GroupScope {
    prefix: String,
    guards: Vec<Guard>,
    controller: Option<String>,
    namespace: String,
    depth: usize,
}

/// The routes as they are registered.
struct Registry<'s> {
    classes: PhpClasses<'s>,
    middleware: Middleware<'s>,
    /// Files by their paths.
    files: HashMap<&'s str, At<'s>>,
    /// Files that were run from another one.
    run_files: Vec<String>,
    api_prefix: String,
    table: RouteTable,
}

impl<'s> Registry<'s> {
    fn new(sources: &'s Sources<'_>) -> Self {
        let files = sources.files.iter().map(|file| (file.module.path.as_str(), file.root())).collect();
        let mut api_prefix = "api".to_owned();

        for given in sources.roots().flat_map(|root| QUERY.matches(root)).filter_map(|found| found.get("given")) {
            let own = values::named_argument(given, "apiPrefix").and_then(values::text_of);
            api_prefix = own.unwrap_or(api_prefix);
        }
        Registry {
            classes: PhpClasses::read(sources),
            middleware: Middleware::read(sources),
            files,
            run_files: Vec::new(),
            api_prefix,
            table: RouteTable::default(),
        }
    }

    /// Runs what loads files of routes first, then the files that nothing loads.
    fn run_all(&mut self) {
        let mut files: Vec<(&str, At<'s>)> = self.files.iter().map(|(path, root)| (*path, *root)).collect();
        // Service providers and `bootstrap/app.php` come first, as they give prefixes to the files that they load.
        files.sort_by_key(|(path, _)| (is_route_file(path), *path));

        for (path, root) in files {
            let text = root.text();
            let registers = ["Route::", "$router->", "router->group", "$api->"].iter().any(|part| text.contains(part));

            if !registers || self.run_files.iter().any(|run| run == path) {
                continue;
            }
            let name = path.rsplit('/').next().unwrap_or(path);

            // In `routes/` too, commands of the console and channels of broadcasting are no routes of HTTP.
            if !is_route_file(path) {
                self.run_statements(root, &GroupScope::default());
            } else if !["console.php", "channels.php"].contains(&name) {
                let scope = self.default_scope(name, root);
                self.run_statements(root, &scope);
            }
        }
    }

    /// Laravel itself serves `routes/api.php` below `api`, and puts each file in its group of middleware.
    fn default_scope(&self, name: &str, root: At<'s>) -> GroupScope {
        let is_lumen = root.text().contains("$router->") && !root.text().contains("Route::");
        let group = name.trim_end_matches(".php");
        let mut scope = GroupScope::default();

        // Lumen gives no prefix of its own, so only Laravel's `routes/api.php` has one.
        if group == "api" && !is_lumen {
            scope.prefix = self.api_prefix.clone();
        }
        if !is_lumen && ["api", "web"].contains(&group) {
            scope.guards = self.middleware.guards(group, root, crate::routes::GuardLevel::Router, &self.classes);
        }
        scope
    }
}

fn is_route_file(path: &str) -> bool {
    path.starts_with("routes/") || path.contains("/routes/") || path.contains("/Routes/")
}
