//! Django and the REST framework: URL configurations, routers, views, and what guards them.

mod bodies;
mod calls;
mod classes;
mod emit;
mod eval;
mod guards;
mod paths;
mod permissions;
mod reader;
mod routers;
mod settings;
mod values;

use crate::project::{Module, ModuleId, Project};
use crate::routes::RouteTable;

pub(crate) use permissions::{asks_for, is_rest_view};
pub(crate) use settings::rest_setting;

use emit::Emitter;
use guards::DjangoGuardReader;
use reader::{UrlReader, deals_with_routes};
use settings::{DjangoSettings, is_of_tests, read_settings};

/// Finds the routes that URL configurations declare.
pub(super) fn find_routes(project: &Project) -> RouteTable {
    if !project.modules.iter().any(|module| uses_django(module)) {
        return RouteTable::default();
    }
    let mut reader = UrlReader::new(project);
    let settings = read_settings(&mut reader);

    // Routers are filled wherever they are imported.
    for module in project.modules.iter().filter(|module| deals_with_routes(module) && !is_of_tests(&module.path)) {
        if uses_django(module) {
            reader.follow(module.id);
        }
    }
    emit_routes(project, &mut reader, &settings)
}

fn emit_routes<'p>(project: &'p Project, reader: &mut UrlReader<'p>, settings: &DjangoSettings) -> RouteTable {
    let guards = DjangoGuardReader::new(project, settings);
    let mut emitter = Emitter { reader, guards, table: RouteTable::default(), walked: Vec::new() };

    for root in &settings.roots {
        emitter.module_root(*root);
    }
    // An application without settings of its own is still tested, by the patterns that nothing includes.
    if emitter.table.routes.is_empty() {
        for root in loose_roots(project, &mut emitter) {
            emitter.module_root(root);
        }
    }
    let mut table = emitter.table;
    table.unclear.append(&mut reader.unclear);
    table
}

/// Modules with patterns that no other one includes: a project without settings, or one application of others.
fn loose_roots(project: &Project, emitter: &mut Emitter) -> Vec<ModuleId> {
    let has_patterns = |module: &&Module| module.definitions.contains_key("urlpatterns") && !is_of_tests(&module.path);
    let all: Vec<ModuleId> =
        project.modules.iter().map(AsRef::as_ref).filter(has_patterns).map(|module| module.id).collect();
    // All are walked once only to learn which of them others include.
    for module in &all {
        emitter.module_root(*module);
    }
    let included: Vec<ModuleId> = emitter.walked.drain(..).collect();
    emitter.table = RouteTable::default();
    all.into_iter().filter(|module| !included.contains(module)).collect()
}

fn uses_django(module: &Module) -> bool {
    let heads = ["django", "rest_framework", "rest_framework_nested", "ninja"];
    let targets = module.imports.values().chain(&module.stars);
    targets.into_iter().any(|target| heads.contains(&target.module.split('.').next().unwrap_or_default()))
}
