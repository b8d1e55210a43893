//! Rails: `config/routes.rb` is read as Rails runs it; actions and filters are looked up in the controllers.

mod controllers;
mod options;
mod resources;
mod scope;

use super::inflection::with_optional;
use super::query::{At, SourceQuery, Sources};
use crate::lang::Language;
use crate::project::Project;
use crate::routes::{FrameworkName, RouteEntry, RouteTable, join_paths, normalise_path};
use controllers::Controllers;
use scope::{Drawing, RailsScope};

pub(super) static QUERY: SourceQuery = SourceQuery::new(Language::Ruby, include_str!("rails.scm"));

/// Finds the routes.
pub(super) fn find_routes(project: &Project) -> RouteTable {
    let draws = |module: &crate::project::Module| module.language == Language::Ruby && module.text.contains("routes");
    if !project.modules.iter().any(|module| draws(module)) {
        return RouteTable::default();
    }
    let sources = Sources::parse(project, Language::Ruby);
    let mut drawing = Drawing::new(&sources);
    // An API-only application has no forms, so Rails draws no `new` and `edit`.
    drawing.has_views = !sources.files.iter().any(|file| {
        file.module.path.ends_with("config/application.rb") && file.module.text.contains("api_only = true")
    });
    for (owner, block) in drawing.draws.clone() {
        // What an engine draws is served where the engine is mounted.
        let is_mounted = !owner.contains("pplication") && drawing.mounts_engine(&owner);

        if !is_mounted {
            drawing.run(block, &RailsScope::default());
        }
    }

    drawing.table
}

/// A route, before its handler is looked up.
struct DrawnRoute<'s> {
    at: At<'s>,
    methods: Vec<String>,
    path: String,
    /// With its module: `admin/orders`.
    controller: String,
    action: String,
}

impl<'s> Drawing<'s> {
    fn add(&mut self, route: &DrawnRoute<'s>, scope: &RailsScope) {
        let action = self.controllers.action(&route.controller, &route.action);
        let handler = action.place.unwrap_or_else(|| route.at.place());
        let function = action.function.unwrap_or_else(|| route.action.clone());
        let mut guards = scope.guards.clone();
        guards.extend(action.guards);

        for path in with_optional(&route.path) {
            let path = normalise_path(&join_paths("", path.trim_end_matches('/')));
            self.table.routes.push(RouteEntry {
                framework: FrameworkName::Rails,
                methods: route.methods.clone(),
                path,
                function: function.clone(),
                handler: handler.clone(),
                declared: route.at.place(),
                guards: guards.clone(),
                code: None,
            });
        }
    }
}
