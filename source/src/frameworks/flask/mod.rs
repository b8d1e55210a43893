//! Flask, and what is built on it: blueprints, class-based views, restful, restx, smorest, APIFlask.

mod connexion;
mod declare;
mod hooks;
mod mounts;
mod views;

use super::python::{Graph, PythonSurvey};
use super::uses::uses_python;
use crate::project::Project;
use crate::routes::{FrameworkName, RouteTable};

/// Methods with a decorator of their own, and with a method of a class-based view.
const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];
/// Packages that bring Flask with them.
const PACKAGES: [&str; 10] = [
    "apiflask",
    "connexion",
    "flask",
    "flask_appbuilder",
    "flask_openapi3",
    "flask_restful",
    "flask_restplus",
    "flask_restx",
    "flask_smorest",
    "quart",
];

/// Finds the routes.
pub(super) fn find_routes(project: &Project) -> RouteTable {
    if !uses_python(project, &PACKAGES) {
        return RouteTable::default();
    }
    let survey = PythonSurvey::of(project);
    let mut graph = Graph::new(FrameworkName::Flask);
    mounts::collect_routers(&survey, &mut graph);
    mounts::collect_mounts(&survey, &mut graph);
    // Hooks need the mounts, as those of a blueprint may hold for its whole application.
    hooks::collect_guards(&survey, &mut graph);
    declare::collect_routes(&survey, &mut graph);
    connexion::collect_operations(&survey, &mut graph);
    graph.unclear.extend(survey.capped.iter().cloned());

    graph.finish(project)
}
