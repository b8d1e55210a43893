//! Express: applications and routers with what is registered on them in order, however that is put together.

mod guards;
mod handlers;
mod paths;
mod refusals;
mod run;
mod table;

use std::thread;

use crate::project::Project;
use crate::routes::RouteTable;

/// The stack of the thread that follows a program.
const STACK_BYTES: usize = 64 << 20;

/// Finds the routes of Express.
pub(super) fn find_routes(project: &Project) -> RouteTable {
    if !uses_express(project) {
        return RouteTable::default();
    }
    let follow = || {
        let mut machine = run::Machine::new(project);
        machine.run();
        table::routes_from_machine(&mut machine)
    };
    // Calls within calls take more stack than the threads of a server have.
    thread::scope(|scope| {
        let started = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, follow);
        let unread = || RouteTable {
            unclear: vec!["the start of the program could not be followed".to_owned()],
            ..RouteTable::default()
        };
        // A panic of the thread costs the routes of Express only; the other frameworks are still reported.
        started.ok().and_then(|thread| thread.join().ok()).unwrap_or_else(unread)
    })
}

/// Returns whether a script names the package, in an import or wherever else, or a manifest does.
fn uses_express(project: &Project) -> bool {
    let names =
        |text: &str| ["'express'", "\"express\"", "express-promise-router"].iter().any(|name| text.contains(name));
    let mut scripts = project.modules.iter().filter(|module| module.language.is_script());
    scripts.any(|module| names(&module.text))
        || project.tree.files.iter().any(|file| file.path.ends_with("package.json") && names(&file.text))
}
