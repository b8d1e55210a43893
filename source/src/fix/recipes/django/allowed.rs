//! Which permission classes the views of a project have, and which of them a view should have too.

use super::view::{find_decorator, is_rest};
use crate::fix::draft::{Case, handler_of};
use crate::fix::ways::GuardDemand;
use crate::frameworks::rest_setting;
use crate::ir::{Expr, ExprKind, argument_at, argument_named, literal_text};
use crate::project::{ModuleId, Project, Resolved};
use crate::routes::{CodePlace, GuardKind, RouteEntry};

/// The permission classes of a view.
#[derive(Debug, Clone)]
pub(super) struct Allowed {
    /// The file.
    pub module: ModuleId,
    /// Each with what it keeps out.
    pub items: Vec<(Expr, GuardKind)>,
    /// Where the list stands.
    pub place: CodePlace,
}

/// Returns the permission classes of a route, as its view, its decorators or the settings of the project list them.
pub(super) fn allowed_of(project: &Project, entry: &RouteEntry) -> Option<Allowed> {
    let handler = handler_of(project, entry)?;
    if !is_rest(project, entry, &handler) {
        return None;
    }
    // As in the REST framework: the action overrides the function or class, and those override the settings.
    let of_action = find_decorator(&handler.function, "action")
        .and_then(|action| argument_named(action.call()?.1, "permission_classes"));
    let of_function =
        || find_decorator(&handler.function, "permission_classes").and_then(|known| argument_at(known.call()?.1, 0));
    let own = of_action.or_else(of_function).map(|list| (handler.module, list.clone()));
    let of_class = || handler.class.as_ref().and_then(|class| project.class_field(class, "permission_classes"));
    let (module, list) = own.or_else(of_class).or_else(|| of_settings(project, entry))?;
    let (module, list) = match project.resolve_expr(module, &list) {
        Some(Resolved::Value(of, _, value)) => (of, value),
        _ => (module, list),
    };
    let ExprKind::List(items) = &*list.kind else { return None };
    let kind = |item: &Expr| {
        let text = literal_text(item).unwrap_or_else(|| project.text(module, item.span));
        entry.guards.iter().find(|guard| guard.name == text).map(|guard| guard.kind.clone())
    };
    let items: Vec<(Expr, GuardKind)> =
        items.iter().filter_map(|item| kind(item).map(|kind| (item.clone(), kind))).collect();
    Some(Allowed { module, items, place: project.place(module, list.span) })
}

/// `DEFAULT_PERMISSION_CLASSES`, where the guards of the route come from there.
fn of_settings(project: &Project, entry: &RouteEntry) -> Option<(ModuleId, Expr)> {
    let (module, list) = rest_setting(project, "DEFAULT_PERMISSION_CLASSES")?;
    let place = project.place(module, list.span);
    // The settings count only where the route's guards were read from them: a view may have overridden them.
    entry.guards.iter().any(|guard| guard.place.file == place.file).then_some((module, list))
}

/// Returns the permissions that a view should have: its sibling's, else the usual ones of its file, else of the project.
pub(super) fn best_of(case: &Case<'_>, asked: GuardDemand) -> Option<Allowed> {
    let has = |allowed: &Allowed| {
        allowed.items.iter().any(|(item, kind)| match asked {
            // One that asks whose an object is fits the objects of its own view.
            GuardDemand::Credential => {
                *kind == GuardKind::Authentication && !asks_of_object(case.project, allowed.module, item)
            }
            GuardDemand::Role => matches!(kind, GuardKind::Role(_)) && fits_role(case, allowed.module, item, kind),
        })
    };

    // The scan saw the sibling hold, which is more than any count of views shows.
    let sibling = case.sibling.and_then(|sibling| allowed_of(case.project, sibling)).filter(has);
    if sibling.is_some() {
        return sibling;
    }
    let all: Vec<Allowed> =
        case.routes.routes.iter().filter_map(|entry| allowed_of(case.project, entry)).filter(has).collect();
    let here = |allowed: &Allowed| allowed.module == case.handler.module;
    let text = |allowed: &Allowed| -> Vec<String> {
        allowed.items.iter().map(|(item, _)| case.project.text(allowed.module, item.span).to_owned()).collect()
    };
    let count = |allowed: &Allowed| all.iter().filter(|other| text(other) == text(allowed)).count();

    // What names classes for one view is nearer than what the settings say of all.
    let named = |allowed: &Allowed| allowed.items.iter().all(|(item, _)| literal_text(item).is_none());
    all.iter().rev().max_by_key(|allowed| (here(allowed), named(allowed), count(allowed))).cloned()
}

/// Returns whether a permission of this project looks at the object too.
pub(super) fn asks_of_object(project: &Project, module: ModuleId, item: &Expr) -> bool {
    let found = match literal_text(item) {
        Some(full) => project.resolve_full(module, full),
        None => project.resolve_expr(module, item),
    };
    matches!(found, Some(Resolved::Class(class)) if project.method(&class, "has_object_permission").is_some())
}

/// Whether a permission is for the role that the scan saw served. One that names none is for whom it is called after.
fn fits_role(case: &Case<'_>, module: ModuleId, item: &Expr, kind: &GuardKind) -> bool {
    let Some(role) = &case.facts.role else { return true };
    let plain = |text: &str| crate::words::simplify_name(text);
    let text = plain(case.project.text(module, item.span));
    let of_kind = match kind {
        GuardKind::Role(name) => plain(name),
        _ => String::new(),
    };
    // `IsAdministrator` and `staff` are for an `admin`.
    let is_admin = ["admin", "staff", "superuser", "root"];
    let speaks = |text: &str| is_admin.iter().any(|word| text.contains(word));
    text.contains(&plain(role))
        || of_kind.contains(&plain(role))
        || (speaks(&plain(role)) && (speaks(&text) || speaks(&of_kind)))
}
