//! Shows route tables as lines, one a route.

use routewarden_source::frameworks::find_routes;
use routewarden_source::routes::{GuardKind, RouteEntry, RouteTable};

use crate::project::project;

/// Reads the routes of these files.
pub fn table(files: &[(&str, &str)]) -> RouteTable {
    find_routes(&project(files))
}

/// Shows the routes of these files: `GET,PUT /a/{id} Type.method file.go:7 [route authentication RequireUser]`.
pub fn lines(files: &[(&str, &str)]) -> Vec<String> {
    let mut lines: Vec<String> = table(files).routes.iter().map(line).collect();
    lines.sort();
    lines
}

fn line(entry: &RouteEntry) -> String {
    let methods = if entry.methods.is_empty() { "*".to_owned() } else { entry.methods.join(",") };
    let guards = entry.guards.iter().map(|guard| {
        let kind = match &guard.kind {
            GuardKind::Authentication => "authentication".to_owned(),
            GuardKind::Role(of) => format!("role({of})"),
            GuardKind::Public => "public".to_owned(),
            GuardKind::Unknown => "unknown".to_owned(),
        };
        format!(" [{:?} {kind} {}]", guard.level, guard.name).to_lowercase()
    });
    let handler = format!("{}:{}", entry.handler.file, entry.handler.line);
    let head = [methods.as_str(), &entry.path, &entry.function, &handler];
    let head: Vec<&str> = head.into_iter().filter(|part| !part.is_empty()).collect();
    head.join(" ") + &guards.collect::<String>()
}
