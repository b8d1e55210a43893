//! FastAPI and Starlette.

mod declare;
mod dependencies;
mod listed;
mod mounts;

use super::python::{Graph, PythonSurvey};
use super::uses::uses_python;
use crate::project::Project;
use crate::routes::{FrameworkName, RouteTable};

/// Methods with a decorator of their own.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Finds the routes.
pub(super) fn find_routes(project: &Project) -> RouteTable {
    if !uses_python(project, &["fastapi", "starlette"]) {
        return RouteTable::default();
    }
    let survey = PythonSurvey::of(project);
    let mut graph = Graph::new(FrameworkName::FastApi);
    // Routers must be known before mounts, and mounts before routes, as each refers to the one before.
    mounts::collect_routers(&survey, &mut graph);
    mounts::collect_mounts(&survey, &mut graph);
    declare::collect_routes(&survey, &mut graph);
    listed::collect_routes(&survey, &mut graph);
    graph.unclear.extend(survey.capped.iter().cloned());

    graph.finish(project)
}
