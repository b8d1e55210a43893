//! Class-based views of Django and its REST framework: what they load comes from one queryset, which is scoped to the
//! caller for every action at once.

use super::ownership::{Owner, owner_column};
use crate::fix::callers::model_of;
use crate::fix::draft::{Case, Draft};
use crate::fix::identity::Identity;
use crate::fix::owning::Known;
use crate::fix::proposal::{Refusal, RefusalReason};
use crate::fix::style::{Style, indent_at, line_end};
use crate::ir::{ExprKind, Span, dotted, last_part, walk_statements};
use crate::project::{ClassRef, Module};
use crate::routes::{FrameworkName, GuardKind};

/// Makes the change for a view that has a queryset. `None` for anything else.
pub(super) fn draft(case: &Case<'_>, known: &Known) -> Option<Result<Draft, Refusal>> {
    let class = case.handler.class.as_ref().filter(|_| case.entry.framework == FrameworkName::Django)?;
    let module = case.project.module(class.module)?;
    let own = case.project.method(class, "get_queryset");
    let field = ["queryset", "model"].iter().find_map(|name| case.project.class_field(class, name));
    if own.is_none() && field.is_none() {
        return None;
    }
    if let Some(used) = own.as_ref().and_then(|own| known.uses_in(own.module, own.function.outer_span).next()) {
        let place = case.place(used.module, used.span);
        return Some(Err(
            case.nothing_to_do(format!("the queryset is scoped to its caller at {}:{}", place.file, place.line))
        ));
    }
    let model = own
        .as_ref()
        .and_then(|own| model_within(own.function.body_span, case.project.module(own.module)?))
        .or_else(|| field.as_ref().and_then(|(_, value)| model_of(value)));
    Some(scoped(case, known, (class, module), model))
}

/// The model that a queryset is made of within a piece of a file, and the piece that a filter goes behind.
fn piece_within(span: Span, module: &Module) -> Option<(String, Span)> {
    let mut found = None;
    walk_statements(&module.statements, &mut |_| {}, &mut |expr| {
        if span.covers(&expr.span)
            && found.is_none()
            && let ExprKind::Member(object, holder) = &*expr.kind
            && holder == "objects"
        {
            found = dotted(object).map(|name| (last_part(&name).to_owned(), expr.span));
        }
    });
    found
}

fn model_within(span: Span, module: &Module) -> Option<String> {
    piece_within(span, module).map(|(model, _)| model)
}

fn scoped(
    case: &Case<'_>,
    known: &Known,
    (class, module): (&ClassRef, &Module),
    model: Option<String>,
) -> Result<Draft, Refusal> {
    let guarded =
        case.entry.guards.iter().any(|guard| matches!(guard.kind, GuardKind::Authentication | GuardKind::Role(_)));
    if !guarded {
        return Err(super::ownership::no_identity(case));
    }
    let caller = Identity { text: "self.request.user".to_owned(), from: 0, changes: Vec::new(), call: None };
    let owner = owner_column(case, known, model.as_deref(), &caller).filter(|owner| !owner.is_guessed);
    let owner = owner.ok_or_else(|| {
        Refusal::new(
            RefusalReason::NoOwner,
            format!("nothing in the model of `{}` names an owner", class.class.name),
            "say which field it is (`owner_fields`), or decide that the objects are for everybody",
        )
    })?;
    let value = format!("{}{}", caller.text, owner.part);
    let mut draft = Draft::new(format!(
        "the queryset has the caller's objects alone, for every action of `{}`: a stranger's is not found",
        class.class.name
    ));
    put(case, &mut draft, (class, module), &owner, &value);
    owner.note(case, &mut draft);
    Ok(draft)
}

fn put(case: &Case<'_>, draft: &mut Draft, (class, module): (&ClassRef, &Module), owner: &Owner, value: &str) {
    let filter = format!(".filter({}={value})", owner.column);
    if let Some(own) = case.project.method(class, "get_queryset")
        && let Some(there) = case.project.module(own.module)
        && let Some((_, piece)) = piece_within(own.function.body_span, there)
    {
        draft.insert(&there.path, piece.end, filter);
        return;
    }
    let style = Style::of(&module.text, module.language);
    let first = class.class.members.first().map_or(class.class.body_span.start, |first| first.span.start);
    let indent = indent_at(&module.text, first).to_owned();
    let lines = [
        String::new(),
        "def get_queryset(self):".to_owned(),
        format!("{}return super().get_queryset(){filter}", style.unit()),
    ];
    let end = class.class.members.last().map_or(class.class.span.end, |last| last.span.end);
    let at = line_end(&module.text, end.saturating_sub(1));
    let mut made = style.lines(&indent, &lines);
    if !module.text.get(..at).is_some_and(|before| before.ends_with('\n')) {
        made = format!("{}{}", style.newline, made.trim_end());
    }
    draft.insert(&module.path, at, made);
}
