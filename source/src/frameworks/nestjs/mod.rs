//! NestJS: controllers with their decorators, what the application sets for all of them, and the guards at each level.

mod controllers;
mod decorators;
mod guards;
mod settings;

use crate::project::Project;
use crate::routes::RouteTable;

/// Finds the routes of NestJS.
pub(super) fn find_routes(project: &Project) -> RouteTable {
    let scripts = || project.modules.iter().filter(|module| module.language.is_script());
    let is_used = scripts().any(|module| module.imports.values().any(|target| target.module == "@nestjs/common"));

    if !is_used {
        return RouteTable::default();
    }
    let settings = settings::read(project);
    controllers::find_routes(project, &settings)
}
