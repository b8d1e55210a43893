//! One file a framework: which routes it declares, and what guards them.

mod actix;
mod aspnet;
mod axum;
mod django;
mod echo;
mod express;
mod fastapi;
mod flask;
mod gin;
mod golang;
mod graph;
mod guarding;
mod inflection;
mod laravel;
mod nestjs;
mod net_http;
mod python;
mod query;
mod rails;
mod rustcode;
mod scopes;
mod spring;
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
    table.extend(nestjs::find(project));
    table.extend(golang::find(project));
    table.extend(axum::find(project));
    table.extend(actix::find(project));
    table.extend(rails::find(project));
    table.extend(laravel::find(project));
    table.extend(aspnet::find(project));
    table.extend(spring::find(project));
    table.settle()
}
