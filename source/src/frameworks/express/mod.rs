//! Express: applications and routers with what is registered on them in order, however that is put together.

mod guards;
mod handlers;
mod paths;
mod refusals;
mod run;
mod table;

use crate::project::Project;
use crate::routes::RouteTable;

/// Finds the routes of Express.
pub(super) fn find(project: &Project) -> RouteTable {
    if !uses_express(project) {
        return RouteTable::default();
    }
    let mut machine = run::Machine::new(project);
    machine.run();
    table::make(&mut machine)
}

/// Returns whether a script names the package, in an import or wherever else, or a manifest does.
fn uses_express(project: &Project) -> bool {
    let names =
        |text: &str| ["'express'", "\"express\"", "express-promise-router"].iter().any(|name| text.contains(name));
    let mut scripts = project.modules.iter().filter(|module| module.language.is_script());
    scripts.any(|module| names(&module.text))
        || project.tree.files.iter().any(|file| file.path.ends_with("package.json") && names(&file.text))
}
