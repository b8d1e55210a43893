//! What a class-based view loads comes from its queryset: it has the caller's objects alone.

use super::allowed::allowed_of;
use super::sources::{Source, sources_of};
use super::view::ViewClass;
use crate::fix::callers::model_of;
use crate::fix::draft::{Case, FixDraft};
use crate::fix::identity::CallerExpression;
use crate::fix::owning::Known;
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::recipes::ownership::{Owner, no_identity, owner_column};
use crate::ir::{ExprKind, dotted_text, walk_statements};
use crate::project::{FunctionRef, Resolved};
use crate::reading::{OwnershipWord, read_ownership};
use crate::routes::{FrameworkName, GuardKind, RouteEntry};

/// Makes the change for a view that loads from a queryset. `None` for anything else.
pub(in crate::fix::recipes) fn scope_queryset(case: &Case<'_>, known: &Known) -> Option<Result<FixDraft, FixRefusal>> {
    let view = ViewClass::of(case)?;
    if !loads_from_queryset(case, &case.handler, 0) {
        return None;
    }
    let own = case.project.method(view.class, "get_queryset");
    let field = ["queryset", "model"].iter().find_map(|name| case.project.class_field(view.class, name));

    if own.is_none() && field.is_none() {
        return None;
    }
    // A view that checks by a permission on the object needs no second check in the query.
    if let Some(refusal) = is_checked(case) {
        return Some(Err(refusal));
    }
    let model = field.as_ref().and_then(|(_, value)| model_of(value));
    Some(match &own {
        Some(own) => scoped_in(case, known, own, model.as_deref()),
        None => scoped_by_method(case, known, &view, model.as_deref()),
    })
}

/// Refuses where the reading of the handler says that every object is tied to its caller: by the queryset, by a permission
/// on the object, by a comparison. Where it does not say, a permission on the object is believed.
pub(in crate::fix::recipes) fn is_checked(case: &Case<'_>) -> Option<FixRefusal> {
    if case.entry.framework != FrameworkName::Django {
        return None;
    }
    let reading = read_ownership(case.project, case.entry);
    let because = match reading.word {
        OwnershipWord::Checked => reading.because,
        OwnershipWord::Unknown if loads_from_queryset(case, &case.handler, 0) => object_permission(case)?,
        _ => return None,
    };
    Some(case.nothing_to_do(format!("{} asks whose the object is: {because}", case.route())))
}

/// The permission of the view that looks at the object and its caller, whatever the method.
fn object_permission(case: &Case<'_>) -> Option<String> {
    let allowed = allowed_of(case.project, case.entry)?;
    allowed.items.iter().find_map(|(item, _)| {
        let found = match crate::ir::literal_text(item) {
            Some(full) => case.project.resolve_full(allowed.module, full),
            None => case.project.resolve_expr(allowed.module, item),
        };
        let Some(Resolved::Class(class)) = found else { return None };
        let method = case.project.method(&class, "has_object_permission")?;
        let module = case.project.module(method.module)?;
        let mut speaks = false;
        walk_statements(&method.function.body, &mut |_| {}, &mut |expr| {
            speaks |= crate::fix::callers::caller_of(module, expr).is_some();
        });
        // A permission that lets safe methods pass refuses writers alone, and a stranger may still read.
        let lets_read = method.function.body_span.text(&module.text).contains("SAFE_METHODS");
        let place = case.place(method.module, method.function.span);
        (speaks && !lets_read).then(|| format!("`{}` does, at {}:{}", class.class.name, place.file, place.line))
    })
}

/// Returns whether a handler, or what it calls of its class for the object, takes it from the queryset.
fn loads_from_queryset(case: &Case<'_>, handler: &FunctionRef, steps: usize) -> bool {
    let Some(class) = case.handler.class.as_ref().filter(|_| steps < 3) else { return false };
    let own_object = || {
        let found = case.project.method(class, "get_object")?;
        (found.function.span != handler.function.span).then_some(found)
    };
    let through_object = || own_object().is_none_or(|found| loads_from_queryset(case, &found, steps + 1));

    // What is made is not loaded.
    let makes = matches!(handler.function.name.as_str(), "create" | "post") && !is_form_of_object(case);

    // An empty body stands for a method that the framework's mixin implements.
    if handler.function.body.is_empty() {
        return !makes && (handler.function.name == "list" || through_object());
    }
    let mut found = false;
    walk_statements(&handler.function.body, &mut |_| {}, &mut |expr| match &*expr.kind {
        ExprKind::Call { callee, .. } => {
            let name = dotted_text(callee).unwrap_or_default();
            let above = matches!(&*callee.kind, ExprKind::Member(object, _) if is_super(object));
            found |= matches!(name.as_str(), "self.get_queryset" | "self.filter_queryset") || (above && !makes);
            found |= name == "self.get_object" && through_object();
        }
        ExprKind::Member(..) => found |= dotted_text(expr).is_some_and(|name| name == "self.queryset"),
        _ => {}
    });

    found
}

/// Returns whether a form of Django's own views is sent for an object that is there.
fn is_form_of_object(case: &Case<'_>) -> bool {
    let bases = case.handler.class.as_ref().map(|class| case.project.bases_of(class)).unwrap_or_default();
    bases.iter().any(|base| base.ends_with("UpdateView") || base.ends_with("DeleteView"))
}

fn is_super(object: &crate::ir::Expr) -> bool {
    object.call().is_some_and(|(callee, _)| callee.name() == Some("super"))
}

fn is_guarded(entry: &RouteEntry) -> bool {
    entry.guards.iter().any(|guard| matches!(guard.kind, GuardKind::Authentication | GuardKind::Role(_)))
}

/// The owner of the objects, and what it must equal.
fn owner_of(case: &Case<'_>, known: &Known, model: Option<&str>) -> Result<(Owner, String), FixRefusal> {
    if !is_guarded(case.entry) {
        return Err(no_identity(case));
    }
    // The guard proves that `request.user` is an account; without it this is an anonymous one.
    let caller = CallerExpression { text: "self.request.user".to_owned(), from: 0, changes: Vec::new(), call: None };
    // A filter by a guessed column could empty the list for its owners too.
    let owner = owner_column(case, known, model, &caller).filter(|owner| !owner.is_guessed);
    let owner = owner.ok_or_else(|| {
        let name = case.handler.class.as_ref().map(|class| class.class.name.clone()).unwrap_or_default();
        FixRefusal::new(
            RefusalReason::NoOwner,
            format!("nothing in the model of `{name}` names an owner"),
            "say which field it is (`owner_fields`), or decide that the objects are for everybody",
        )
    })?;

    let value = format!("{}{}", caller.text, owner.part);
    Ok((owner, value))
}

/// Filters what `get_queryset` gives for this action, where it has no owner yet.
fn scoped_in(case: &Case<'_>, known: &Known, own: &FunctionRef, model: Option<&str>) -> Result<FixDraft, FixRefusal> {
    let sources = sources_of(case, known, own);
    let open: Vec<&Source> = sources.iter().filter(|source| !source.is_scoped).collect();
    let place = case.place(own.module, own.function.span);

    if open.is_empty() {
        let because = format!("the queryset is scoped to its caller at {}:{}", place.file, place.line);
        return Err(case.nothing_to_do(because));
    }
    let file = case.project.module(own.module).map(|module| module.path.clone()).unwrap_or_default();
    let mut draft = FixDraft::new("");

    for source in open {
        let Some(piece) = source.piece else {
            return Err(FixRefusal::new(
                RefusalReason::NotLocated,
                format!("where the queryset of {}:{} begins was not found", place.file, place.line),
                "filter what it returns by the owner of the objects",
            ));
        };

        let (owner, value) = owner_of(case, known, source.model.as_deref().or(model))?;
        draft.insert(&file, piece.end, format!(".filter({}={value})", owner.column));
        owner.note(case, &mut draft);
    }

    draft.why = format!(
        "the queryset of {}:{} has the caller's objects alone here: a stranger's is not found",
        place.file, place.line
    );
    Ok(draft)
}

/// Gives the view a `get_queryset` of its own.
fn scoped_by_method(
    case: &Case<'_>,
    known: &Known,
    view: &ViewClass<'_>,
    model: Option<&str>,
) -> Result<FixDraft, FixRefusal> {
    let (owner, value) = owner_of(case, known, model)?;
    let name = &view.class.class.name;
    let filtered = format!("super().get_queryset().filter({}={value})", owner.column);
    let unit = view.unit();
    let mut lines = vec!["def get_queryset(self):".to_owned()];
    let mut draft = match open_beside(case, view) {
        // Strangers may read: only what changes is held to its owner.
        Some(test) => {
            lines.push(format!("{unit}if {test}:"));
            lines.push(format!("{unit}{unit}return {filtered}"));
            lines.push(format!("{unit}return super().get_queryset()"));
            FixDraft::new(format!(
                "the queryset has the caller's objects alone here; what else `{name}` serves stays as it is, since some of it is open"
            ))
        }
        None => {
            lines.push(format!("{unit}return {filtered}"));
            FixDraft::new(format!(
                "the queryset has the caller's objects alone, for every action of `{name}`: a stranger's is not found"
            ))
        }
    };

    view.put_method(&mut draft, &lines);
    owner.note(case, &mut draft);
    Ok(draft)
}

/// The test for what is asked here, where other routes of the view let strangers in.
fn open_beside(case: &Case<'_>, view: &ViewClass<'_>) -> Option<String> {
    let others = super::view::routes_of(case, view.class);
    if !others.iter().any(|entry| !is_guarded(entry)) {
        return None;
    }
    let method = case.entry.methods.first()?;
    let quoted = |name: &str| case.style.quoted(name);
    Some(if method == "GET" {
        format!("self.action == {}", quoted(crate::ir::last_part(&case.entry.function)))
    } else {
        format!("self.request.method not in ({}, {}, {})", quoted("GET"), quoted("HEAD"), quoted("OPTIONS"))
    })
}
