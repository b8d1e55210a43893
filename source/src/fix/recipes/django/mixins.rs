//! A class-based view of Django itself asks for a credential or a role by a class that comes first among those above it.

use super::view::{ViewClass, is_rest};
use crate::fix::draft::{Case, FixDraft, handler_of};
use crate::fix::imports::{bring_name, transplant_expression};
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::ways::GuardDemand;
use crate::ir::{Expr, dotted_text, last_part};
use crate::project::{FunctionRef, ModuleId};
use crate::routes::{CodePlace, GuardKind, RouteEntry};

/// Those that need something further in the class.
const WITH_MORE: [&str; 2] = ["PermissionRequiredMixin", "UserPassesTestMixin"];

/// Makes the change for a view of Django itself. `None` for anything else, or where nothing fits.
pub(in crate::fix::recipes) fn add_mixin(case: &Case<'_>, asked: GuardDemand) -> Option<Result<FixDraft, FixRefusal>> {
    let view = ViewClass::of(case).filter(|_| !is_rest(case.project, case.entry, &case.handler))?;
    // Names must be known in the file of the class, which may be another one than the handler's.
    let handler = FunctionRef { module: view.module.id, ..case.handler.clone() };
    let here = Case { module: view.module, handler, ..case.clone() };
    let first = view.class.class.bases.first()?;
    let found = case.sibling.and_then(|sibling| mixin_of(case, sibling, asked)).or_else(|| {
        let entries = case.routes.routes.iter();
        let mut all: Vec<_> = entries.filter_map(|entry| mixin_of(case, entry, asked)).collect();
        all.sort_by_key(|(module, ..)| *module != view.module.id);
        all.into_iter().next()
    });

    let mut draft = FixDraft::new("the view refuses by a class that comes before the others above it");
    let text = match found {
        Some((module, base, place)) => {
            let Some(text) = transplant_expression(&here, &mut draft, module, &base) else {
                return Some(Err(FixRefusal::new(
                    RefusalReason::NotSupported,
                    format!("the class of {}:{} that refuses cannot be imported here", place.file, place.line),
                    "import it, and put it first among the classes above the view",
                )));
            };

            draft.follow(place, text.clone());
            text
        }
        None if asked == GuardDemand::Credential => {
            bring_name(&here, &mut draft, "django.contrib.auth.mixins", "LoginRequiredMixin")
        }
        None => return None,
    };

    // Python looks for methods from left to right: only a mixin that stands first runs before the view.
    draft.insert(&view.module.path, first.span.start, format!("{text}, "));
    Some(Ok(draft))
}

/// The class above a view that refuses, as its guards name it.
fn mixin_of(case: &Case<'_>, entry: &RouteEntry, asked: GuardDemand) -> Option<(ModuleId, Expr, CodePlace)> {
    let class = handler_of(case.project, entry)?.class?;
    let is_asked = |kind: &GuardKind| match asked {
        GuardDemand::Credential => *kind == GuardKind::Authentication,
        GuardDemand::Role => matches!(kind, GuardKind::Role(_)),
    };
    let guards: Vec<&str> =
        entry.guards.iter().filter(|guard| is_asked(&guard.kind)).map(|guard| guard.name.as_str()).collect();
    let base = class.class.bases.iter().find(|base| {
        let name = dotted_text(base).unwrap_or_default();
        let last = last_part(&name);
        !WITH_MORE.contains(&last) && guards.iter().any(|guard| guard.split('.').next() == Some(last))
    })?;
    Some((class.module, base.clone(), case.place(class.module, base.span)))
}
