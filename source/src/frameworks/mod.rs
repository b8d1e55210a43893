//! One file a framework: which routes it declares, and what guards them.

mod django;
mod express;
mod fastapi;
mod flask;
mod python;
mod uses;

use crate::project::Project;
use crate::routes::RouteTable;

/// Finds the routes of every framework that the project uses.
pub fn find_routes(project: &Project) -> RouteTable {
    let mut table = RouteTable::default();
    table.extend(flask::find(project));
    table.extend(fastapi::find(project));
    table.extend(django::find(project));
    table.extend(express::find(project));
    table.settle()
}
