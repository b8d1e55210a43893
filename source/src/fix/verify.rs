//! Verifies a change before anybody sees it: it parses, the project read again is the same but for it, a second run
//! proposes nothing, names are bound, and the diff applies.

use std::collections::BTreeMap;

use super::draft::{describe_route, handler_of};
use super::edits;
use super::names;
use super::proposal::{FixRefusal, RefusalReason, Verification};
use super::propose;
use super::request::CodeFixRequest;
use crate::frameworks::find_routes;
use crate::lang::Language;
use crate::project::{FunctionRef, ModuleId, Project, Resolved};
use crate::routes::{GuardKind, HandlerCode, RouteEntry, RouteTable};

/// The project as it would be with a change.
pub(super) struct ChangedProject {
    /// The project.
    pub project: Project,
    /// Its routes.
    pub routes: RouteTable,
    entry: Option<RouteEntry>,
    sibling: Option<RouteEntry>,
}

impl ChangedProject {
    /// Reads the project with other texts.
    pub(super) fn of(
        request: &CodeFixRequest<'_>,
        texts: &BTreeMap<String, String>,
    ) -> Result<ChangedProject, FixRefusal> {
        let project = request.project.with(texts);
        let routes = find_routes(&project);
        let entry = find_route_again(request.entry, &project, &routes);
        let sibling = request.sibling.and_then(|sibling| find_route_again(sibling, &project, &routes));

        if entry.is_none() {
            let because = format!("{} is not found any more with the change", describe_route(request.entry));
            return Err(not_verified(because));
        }
        Ok(ChangedProject { project, routes, entry, sibling })
    }

    /// Returns the same request to this project.
    pub(super) fn request<'a>(&'a self, request: &CodeFixRequest<'_>) -> Result<CodeFixRequest<'a>, FixRefusal> {
        let entry = self.entry.as_ref().ok_or_else(|| not_verified("the route is gone with the change"))?;
        Ok(CodeFixRequest {
            project: &self.project,
            routes: &self.routes,
            entry,
            remedy: request.remedy,
            sibling: self.sibling.as_ref(),
            facts: request.facts.clone(),
        })
    }
}

fn not_verified(because: impl Into<String>) -> FixRefusal {
    FixRefusal::new(RefusalReason::NotVerified, because, "change the handler by hand")
}

/// Finds a route again in a project that was changed: by path, methods and function; lines may have moved.
pub(super) fn find_route_again(entry: &RouteEntry, project: &Project, routes: &RouteTable) -> Option<RouteEntry> {
    let same = |other: &&RouteEntry| {
        other.path == entry.path
            && other.methods == entry.methods
            && other.function == entry.function
            && other.handler.file == entry.handler.file
    };

    if let Some(found) = routes.routes.iter().find(same) {
        return Some(found.clone());
    }
    // A route that no framework's file found was given by hand: its function is looked for by its name.
    let module = project.module_at(&entry.handler.file)?;
    let function = match project.resolve(module.id, &entry.function) {
        Some(Resolved::Function(function)) => function,
        _ => of_class(entry, project, module.id)?,
    };
    let mut moved = entry.clone();
    moved.handler.line = function.function.span.line;
    let span = function.function.outer_span;
    moved.code = Some(HandlerCode { declaration: (module.id, span), function });

    Some(moved)
}

/// A method that a class has from its library: the class is looked for.
fn of_class(entry: &RouteEntry, project: &Project, module: ModuleId) -> Option<FunctionRef> {
    let known = &entry.code.as_ref()?.function;
    let class = match project.resolve(module, &known.class.as_ref()?.class.name)? {
        Resolved::Class(class) => class,
        _ => return None,
    };
    Some(FunctionRef { module: class.module, function: known.function.clone(), class: Some(class) })
}

/// Verifies a change. What may not be proposed at all is refused; the rest is written down.
pub(super) fn verify_change(
    request: &CodeFixRequest<'_>,
    before: &BTreeMap<String, String>,
    texts: &BTreeMap<String, String>,
    after: &ChangedProject,
) -> Result<Verification, FixRefusal> {
    let empty = String::new();
    for (file, new) in texts {
        let old = before.get(file).unwrap_or(&empty);
        // Damage that was there before is not the fault of the change.
        if n_damaged(file, new) > n_damaged(file, old) {
            return Err(not_verified(format!("{file} would not parse any more")));
        }
    }

    // Every route counts, not only the changed one: a shared guard may have been taken from others.
    if let Some(lost) = lost_route(request.routes, &after.routes) {
        return Err(not_verified(format!("{lost} would be another route, or have other guards")));
    }
    if let Some(name) = names::find_unbound_name(&after.project, before, texts) {
        return Err(not_verified(format!("the name `{name}` would not be known where it is used")));
    }
    let next = after.request(request)?;
    let applies = texts.iter().all(|(file, new)| edits::diff_applies(before.get(file).map_or("", String::as_str), new));
    Ok(Verification {
        parses: true,
        reanalysed: handler_of(&after.project, next.entry).is_some(),
        idempotent: propose::draft_fix(&next).is_err(),
        names_bound: true,
        applies,
    })
}

fn n_damaged(file: &str, text: &str) -> usize {
    let lowered = Language::of_path(file).and_then(|language| language.lower(text));
    lowered.map_or(0, |lowered| lowered.damaged.len())
}

/// A route that is not there any more, or has fewer guards.
fn lost_route(before: &RouteTable, after: &RouteTable) -> Option<String> {
    // What lets strangers past a guard is none.
    let asking = |entry: &RouteEntry| entry.guards.iter().filter(|guard| guard.kind != GuardKind::Public).count();
    let kept = |entry: &RouteEntry| {
        after.routes.iter().any(|other| {
            let same = other.path == entry.path && other.methods == entry.methods && other.function == entry.function;
            same && asking(other) >= asking(entry)
        })
    };

    // Routes that were given by hand, of a framework that has no file yet, cannot be found again this way.
    let known = !after.routes.is_empty();
    before.routes.iter().find(|entry| known && !kept(entry)).map(describe_route)
}
