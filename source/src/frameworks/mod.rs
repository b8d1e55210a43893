//! One file a framework: which routes it declares, and what guards them.

mod django;
mod spring;

use crate::project::Project;
use crate::routes::RouteTable;

/// Finds the routes of every framework that the project uses.
pub fn find_routes(project: &Project) -> RouteTable {
    let mut table = RouteTable::default();
    table.extend(django::find(project));
    table.extend(spring::find(project));
    table.settle()
}
