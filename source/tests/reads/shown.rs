//! Routes and guards as lines, for comparing.

use routewarden_source::routes::RouteEntry;

/// `GET /path file:line function`, in the order of the table.
pub fn shown(routes: &[RouteEntry]) -> Vec<String> {
    let line = |route: &RouteEntry| {
        let place = &route.handler;
        format!("{} {} {}:{} {}", route.methods.join(","), route.path, place.file, place.line, route.function)
    };
    routes.iter().map(line).collect()
}

/// `/path name kind level` of every guard.
pub fn guards(routes: &[RouteEntry]) -> Vec<String> {
    let lines = |route: &RouteEntry| {
        let path = route.path.clone();
        let line = move |guard: &routewarden_source::routes::Guard| {
            format!("{path} {} {:?} {:?}", guard.name, guard.kind, guard.level)
        };
        route.guards.iter().map(line).collect::<Vec<_>>()
    };
    routes.iter().flat_map(lines).collect()
}
