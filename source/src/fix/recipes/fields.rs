//! Only named fields are taken from a body.

use super::bodies::of_body;
use super::schemas::{body_models, is_shared, of_schema};
use crate::fix::draft::{Case, FixDraft};
use crate::fix::identity::each_statement;
use crate::fix::proposal::{FixRefusal, Idiom, RefusalReason};
use crate::fix::style::{line_end, line_start};
use crate::ir::{Expr, ExprKind, Span, StatementKind, argument_named, literal_text, walk_expr};

/// Makes the change.
pub(super) fn allow_named_fields(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    if let Some(answer) = super::django::serialized::allow_list(case) {
        return answer;
    }
    // An owner that the caller may set is mended by taking the caller's own, which leaves the rest of the body
    // alone.
    if let Some(answer) = of_owner_alone(case) {
        return answer;
    }
    let mut sound = false;

    for answer in [of_model(case), of_schema(case)] {
        match answer {
            Some(Ok(draft)) => return Ok(draft),
            Some(Err(())) => sound = true,
            None => {}
        }
    }

    if let Some(draft) = of_owner(case) {
        return Ok(draft);
    }
    match of_names(case) {
        Some(Ok(draft)) => return Ok(draft),
        Some(Err(())) => sound = true,
        None => {}
    }
    match of_body(case) {
        Some(Ok(draft)) => Ok(draft),
        Some(Err(())) => Err(already_named_refusal(case)),
        None if sound => Err(already_named_refusal(case)),
        None => Err(FixRefusal::new(
            RefusalReason::NotLocated,
            format!("no place was found in the handler of {} that takes a whole body", case.route()),
            "name the fields that a caller may set, one by one",
        )),
    }
}

/// Where the owner alone is not the caller's to set, further fields of the body are another matter.
fn of_owner_alone(case: &Case<'_>) -> Option<Result<FixDraft, FixRefusal>> {
    let fields = &case.facts.not_settable;
    let owners = fields.iter().all(|field| crate::words::is_one_of(field, crate::words::OWNER_FIELDS));

    if fields.is_empty() || !owners {
        return None;
    }
    if let Some(draft) = of_owner(case) {
        return Some(Ok(draft));
    }
    let read = fields.iter().any(|field| is_read(case, field));
    let whole = of_body(case).is_some();
    (!read && !whole).then(|| Err(already_named_refusal(case)))
}

fn already_named_refusal(case: &Case<'_>) -> FixRefusal {
    case.nothing_to_do(format!("{} takes named fields alone", case.route()))
}

/// A pydantic model that lets every field in, or names one that is not the caller's to set. `Err` where it is sound.
fn of_model(case: &Case<'_>) -> Option<Result<FixDraft, ()>> {
    let models = body_models(case);
    models.first()?;

    // What another route takes as well stays in a model that this one can take less of.
    let narrowed = of_schema(case);

    for class in &models {
        let module = case.project.module(class.module)?;
        let mut draft = FixDraft::new(format!(
            "`{}` takes its own fields alone; further ones of a body are left out",
            class.class.name
        ));
        let config = class.class.field("model_config").and_then(|config| config.call().map(|(_, arguments)| arguments));
        let extra = config.and_then(|arguments| argument_named(arguments, "extra"));

        // `ignore` and not `forbid`: clients that send further fields go on working.
        if let Some(extra) = extra.filter(|extra| literal_text(extra) == Some("allow")) {
            draft.replace(
                &module.path,
                extra.span,
                crate::fix::style::CodeStyle::of(&module.text, module.language).quoted("ignore"),
            );
        }

        // A model that another route shares must keep its field, since that route may be meant to set it.
        let stays = match &narrowed {
            Some(Ok(_)) => is_shared(case, class),
            Some(Err(())) => true,
            None => false,
        };
        for member in class.class.members.iter().filter(|_| !stays) {
            if let StatementKind::Assign(targets, _) = &member.kind
                && let Some(name) = targets.first().and_then(Expr::name)
                && case.facts.not_settable.iter().any(|field| field == name)
                && !is_read(case, name)
            {
                let start = line_start(&module.text, member.span.start);
                draft.replace(
                    &module.path,
                    Span { start, end: line_end(&module.text, member.span.end), ..member.span },
                    "",
                );
            }
        }

        if !draft.changes.is_empty() {
            draft.idiom =
                Idiom::Library { name: "pydantic".to_owned(), place: case.place(class.module, class.class.span) };
            return Some(Ok(draft));
        }
    }

    Some(Err(()))
}

/// Whether the handler reads the field by name: it may not go from the model then.
fn is_read(case: &Case<'_>, field: &str) -> bool {
    !calls_member(case, field).is_empty()
}

fn calls_member(case: &Case<'_>, field: &str) -> Vec<Span> {
    let mut found = Vec::new();
    crate::ir::walk_statements(&case.function().body, &mut |_| {}, &mut |expr| {
        if let ExprKind::Member(_, name) = &*expr.kind
            && name == field
        {
            found.push(expr.span);
        }
    });

    found
}

/// `owner = body.owner or user.id`: the caller's own is taken whatever the body says.
fn of_owner(case: &Case<'_>) -> Option<FixDraft> {
    let is_caller = |expr: &Expr| crate::fix::callers::caller_of(case.module, expr).is_some();
    let of_body = |expr: &Expr| {
        let mut found = false;
        walk_expr(expr, &mut |part| {
            if let ExprKind::Member(_, name) = &*part.kind {
                found |=
                    case.facts.not_settable.contains(name) || crate::words::is_one_of(name, crate::words::OWNER_FIELDS);
            }
        });

        found && !is_caller(expr)
    };

    let mut change: Option<(Span, Span)> = None;
    crate::ir::walk_statements(&case.function().body, &mut |_| {}, &mut |expr| {
        let kept = match &*expr.kind {
            ExprKind::Choice { yes, no, .. } if is_caller(yes) && of_body(no) => Some(yes),
            ExprKind::Choice { yes, no, .. } if is_caller(no) && of_body(yes) => Some(no),
            ExprKind::Logic { all: false, parts } => match parts.as_slice() {
                [body, caller] if of_body(body) && is_caller(caller) => Some(caller),
                _ => None,
            },
            _ => None,
        };

        if let (Some(kept), None) = (kept, change) {
            change = Some((expr.span, kept.span));
        }
    });

    let (whole, kept) = change?;
    let mut draft = FixDraft::new("the owner is the caller, whatever the body says");
    draft.replace(&case.module.path, whole, case.text(kept));
    Some(draft)
}

/// The handler goes through a list of names: those that are not the caller's to set go. `Err` where none of them is in it.
fn of_names(case: &Case<'_>) -> Option<Result<FixDraft, ()>> {
    let refused =
        |item: &Expr| literal_text(item).is_some_and(|name| case.facts.not_settable.iter().any(|field| field == name));
    let why = format!("{} are no longer among the fields that a body may set", case.facts.not_settable.join(", "));
    let mut draft = FixDraft::new(why);
    let mut lists = false;
    each_statement(&case.function().body, &mut |statement| match &statement.kind {
        StatementKind::Assign(_, Some(list)) | StatementKind::For { source: list, .. } => {
            let ExprKind::List(items) = &*list.kind else { return };
            lists |= !items.is_empty() && items.iter().all(|item| literal_text(item).is_some());
            remove_items(case, &mut draft, &items.iter().map(|item| (item.span, refused(item))).collect::<Vec<_>>());
        }
        StatementKind::Expr(value) => {
            let Some((callee, arguments)) = value.call() else { return };
            let ExprKind::Member(_, method) = &*callee.kind else { return };
            let all: Vec<(Span, bool)> =
                arguments.iter().map(|argument| (argument.span, refused(&argument.value))).collect();
            // `allowed.push('role')`, `allowed.append("role")`
            if !matches!(method.as_str(), "push" | "append" | "add") {
                return;
            }
            if !all.is_empty() && all.iter().all(|(_, refused)| *refused) {
                let text = &case.module.text;
                let start = line_start(text, statement.span.start);
                let whole = Span { start, end: line_end(text, statement.span.end), ..statement.span };
                draft.replace(&case.module.path, whole, "");
            } else {
                remove_items(case, &mut draft, &all);
            }
        }
        _ => {}
    });

    if !draft.changes.is_empty() {
        return Some(Ok(draft));
    }
    (lists && !case.facts.not_settable.is_empty()).then_some(Err(()))
}

/// Takes away items of a list with the comma behind or before them.
fn remove_items(case: &Case<'_>, draft: &mut FixDraft, items: &[(Span, bool)]) {
    for (at, (span, refused)) in items.iter().enumerate() {
        if !refused {
            continue;
        }
        let next = items.get(at + 1).map(|(next, _)| next.start);
        let before = items.get(..at).unwrap_or_default().iter().rev().find(|(_, refused)| !refused);
        let whole = match (before, next) {
            // What stands before it and stays: from its end, or from the end of the item that goes too.
            (Some((before, _)), _) => {
                let start = items.get(at.saturating_sub(1)).map_or(before.end, |(last, _)| last.end);
                Span { start, end: span.end, ..*span }
            }
            (None, Some(next)) => Span { start: span.start, end: next, ..*span },
            (None, None) => *span,
        };

        draft.replace(&case.module.path, whole, "");
    }
}
