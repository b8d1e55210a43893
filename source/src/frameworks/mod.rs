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

use crate::parallel;
use crate::project::Project;
use crate::routes::RouteTable;

pub(crate) use django::{asks_for, is_rest_view, rest_setting};

/// What finds the routes of each framework, or of each language whose frameworks share their reading.
const FINDERS: [fn(&Project) -> RouteTable; 11] = [
    flask::find_routes,
    fastapi::find_routes,
    django::find_routes,
    express::find_routes,
    nestjs::find_routes,
    golang::find_routes,
    rustcode::find_routes,
    rails::find_routes,
    laravel::find_routes,
    aspnet::find_routes,
    spring::find_routes,
];

/// Finds the routes of every framework that the project uses.
pub fn find_routes(project: &Project) -> RouteTable {
    let mut table = RouteTable::default();
    // None of them needs another.
    parallel::map(&FINDERS, |find| find(project)).into_iter().for_each(|own| table.extend(own));
    // A file that could not be parsed in time may declare routes, so the user must learn of it.
    let given_up = project.modules.iter().filter(|module| module.took_too_long());
    table.unclear.extend(given_up.map(|module| format!("{}: parsing it takes too long", module.path)));

    table.settle()
}
