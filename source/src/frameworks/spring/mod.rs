//! Spring: controllers with mappings, of their own or from what they extend and implement, and router functions.

mod annotations;
mod chains;
mod controllers;
mod expressions;
mod functions;
mod guards;
mod matchers;
mod properties;

use crate::lang::Language;
use crate::project::{Module, Project};
use crate::routes::RouteTable;

use guards::SpringGuardReader;
use properties::Properties;

/// Finds the routes that controllers and router functions declare.
pub(super) fn find_routes(project: &Project) -> RouteTable {
    let mut table = RouteTable::default();
    if !project.modules.iter().any(|module| uses_spring(module)) {
        return table;
    }
    let properties = Properties::read(project);
    let guards = SpringGuardReader::new(project);
    controllers::find_routes(project, &properties, &guards, &mut table);
    functions::find_routes(project, &properties, &guards, &mut table);

    table
}

fn uses_spring(module: &Module) -> bool {
    module.language == Language::Java && module.text.contains("org.springframework")
}

/// Returns whether a file belongs to tests.
fn is_of_tests(module: &Module) -> bool {
    module.path.split('/').any(|part| matches!(part, "test" | "androidTest" | "integrationTest" | "testFixtures"))
}
