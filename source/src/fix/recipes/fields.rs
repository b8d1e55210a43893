//! Only named fields are taken from a body.

use std::collections::HashSet;

use crate::fix::draft::{Case, Draft};
use crate::fix::identity::each_statement;
use crate::fix::loads::calls;
use crate::fix::proposal::{Idiom, Refusal, RefusalReason};
use crate::fix::style::{line_end, line_start};
use crate::ir::{Expr, ExprKind, Span, Spread, StatementKind, dotted, keyword, last_part, literal, walk_expr};
use crate::project::{ClassRef, Resolved};

/// Makes the change.
pub(super) fn draft(case: &Case<'_>) -> Result<Draft, Refusal> {
    if let Some(answer) = of_owner_alone(case) {
        return answer;
    }
    let mut sound = false;
    match of_model(case) {
        Some(Ok(draft)) => return Ok(draft),
        Some(Err(())) => sound = true,
        None => {}
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
        Some(Err(())) => Err(settled(case)),
        None if sound => Err(settled(case)),
        None => Err(Refusal::new(
            RefusalReason::NotLocated,
            format!("no place was found in the handler of {} that takes a whole body", case.route()),
            "name the fields that a caller may set, one by one",
        )),
    }
}

/// Where the owner alone is not the caller's to set, further fields of the body are another matter.
fn of_owner_alone(case: &Case<'_>) -> Option<Result<Draft, Refusal>> {
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
    (!read && !whole).then(|| Err(settled(case)))
}

fn settled(case: &Case<'_>) -> Refusal {
    case.nothing_to_do(format!("{} takes named fields alone", case.route()))
}

/// The classes that a body is read into.
fn models(case: &Case<'_>) -> Vec<ClassRef> {
    let declared = case.function().parameters.iter().filter_map(|parameter| parameter.declared.as_ref());
    let found = declared.filter_map(|declared| match case.project.resolve_expr(case.handler.module, declared) {
        Some(Resolved::Class(class)) => Some(class),
        _ => None,
    });
    found
        .filter(|class| {
            case.project.bases_of(class).iter().any(|base| base.ends_with("BaseModel") || base.ends_with("Schema"))
        })
        .collect()
}

/// A pydantic model that lets every field in, or names one that is not the caller's to set. `Err` where it is sound.
fn of_model(case: &Case<'_>) -> Option<Result<Draft, ()>> {
    let models = models(case);
    models.first()?;
    for class in &models {
        let module = case.project.module(class.module)?;
        let mut draft = Draft::new(format!(
            "`{}` takes its own fields alone; further ones of a body are left out",
            class.class.name
        ));
        let config = class.class.field("model_config").and_then(|config| config.call().map(|(_, arguments)| arguments));
        let extra = config.and_then(|arguments| keyword(arguments, "extra"));
        if let Some(extra) = extra.filter(|extra| literal(extra) == Some("allow")) {
            draft.replace(
                &module.path,
                extra.span,
                crate::fix::style::Style::of(&module.text, module.language).quoted("ignore"),
            );
        }
        for member in &class.class.members {
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
fn of_owner(case: &Case<'_>) -> Option<Draft> {
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
    let mut draft = Draft::new("the owner is the caller, whatever the body says");
    draft.replace(&case.module.path, whole, case.text(kept));
    Some(draft)
}

/// The handler goes through a list of names: those that are not the caller's to set go. `Err` where none of them is in it.
fn of_names(case: &Case<'_>) -> Option<Result<Draft, ()>> {
    let refused =
        |item: &Expr| literal(item).is_some_and(|name| case.facts.not_settable.iter().any(|field| field == name));
    let why = format!("{} are no longer among the fields that a body may set", case.facts.not_settable.join(", "));
    let mut draft = Draft::new(why);
    let mut lists = false;
    each_statement(&case.function().body, &mut |statement| match &statement.kind {
        StatementKind::Assign(_, Some(value)) => {
            let ExprKind::List(items) = &*value.kind else { return };
            lists |= !items.is_empty() && items.iter().all(|item| literal(item).is_some());
            without(case, &mut draft, &items.iter().map(|item| (item.span, refused(item))).collect::<Vec<_>>());
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
                without(case, &mut draft, &all);
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
fn without(case: &Case<'_>, draft: &mut Draft, items: &[(Span, bool)]) {
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

/// The body as it came: `request.get_json()`, `request.json`, `req.body`, or a name that holds it.
fn is_body(expr: &Expr, names: &HashSet<String>) -> bool {
    if expr.name().is_some_and(|name| names.contains(name)) {
        return true;
    }
    if let ExprKind::Logic { all: false, parts } = &*expr.kind {
        return parts.first().is_some_and(|first| is_body(first, names));
    }
    let written = expr.call().map_or_else(|| dotted(expr), |(callee, _)| dotted(callee)).unwrap_or_default();
    matches!(
        written.as_str(),
        "request.json"
            | "request.get_json"
            | "request.form"
            | "request.data"
            | "req.body"
            | "request.body"
            | "request.form.to_dict"
    )
}

fn body_names(case: &Case<'_>) -> HashSet<String> {
    let mut names = HashSet::new();
    each_statement(&case.function().body, &mut |statement| {
        if let StatementKind::Assign(targets, Some(value)) = &statement.kind
            && let Some(name) = targets.first().and_then(Expr::name)
            && is_body(value, &names)
        {
            names.insert(name.to_owned());
        }
    });
    names
}

/// A place that takes the whole body: `Model(**body)`, `row.update(body)`, `Object.assign(row, req.body)`, a loop with
/// `setattr`. `Err` where such a place takes a filtered one.
fn of_body(case: &Case<'_>) -> Option<Result<Draft, ()>> {
    let names = body_names(case);
    let mut filtered = false;
    each_statement(&case.function().body, &mut |statement| {
        if let StatementKind::Assign(_, Some(value)) = &statement.kind {
            walk_expr(value, &mut |part| {
                filtered |= matches!(&*part.kind, ExprKind::Comprehension { conditions, .. } if !conditions.is_empty())
            });
        }
    });
    let all = calls(case, &|_, _| true);
    for (call, _) in &all {
        let (callee, arguments) = call.call()?;
        let last = match &*callee.kind {
            ExprKind::Member(_, name) => name.clone(),
            _ => dotted(callee).map(|name| last_part(&name).to_owned()).unwrap_or_default(),
        };
        let takes_whole = matches!(
            last.as_str(),
            "update" | "assign" | "create" | "insert" | "updateOne" | "findByIdAndUpdate" | "save" | "values" | "build"
        );
        for argument in arguments {
            let spread = argument.spread == Spread::Named;
            if (spread || takes_whole) && is_body(&argument.value, &names) {
                return only_named(case, argument.value.span).map(Ok);
            }
        }
    }
    let mut looped = None;
    each_statement(&case.function().body, &mut |statement| {
        if let StatementKind::For { source, body, .. } = &statement.kind
            && let Some((callee, _)) = source.call()
            && let ExprKind::Member(object, method) = &*callee.kind
            && method == "items"
            && is_body(object, &names)
            && body.iter().any(|inner| case.text(inner.span).contains("setattr"))
        {
            looped = Some(object.span);
        }
    });
    match looped {
        Some(span) => only_named(case, span).map(Ok),
        None => filtered.then_some(Err(())),
    }
}

/// The body with the fields that a caller may set.
fn only_named(case: &Case<'_>, body: Span) -> Option<Draft> {
    let facts = case.facts;
    let allowed: Vec<&String> = facts.documented.iter().filter(|name| !facts.not_settable.contains(name)).collect();
    let written = case.text(body);
    let mut draft = Draft::new("only named fields of the body are taken");
    let quoted = |names: &[&String]| {
        let all: Vec<String> = names.iter().map(|name| case.style.quoted(name)).collect();
        let comma = if all.len() == 1 && case.style_is_python() { "," } else { "" };
        format!("{}{comma}", all.join(", "))
    };
    let refused: Vec<&String> = facts.not_settable.iter().collect();
    let (names, is_in) = if allowed.is_empty() { (refused, false) } else { (allowed, true) };
    if names.is_empty() {
        return None;
    }
    if !is_in {
        draft.guess(format!(
            "only {} are left out: name the fields that may be set instead",
            facts.not_settable.join(", ")
        ));
    }
    let made = if case.style_is_python() {
        let word = if is_in { "in" } else { "not in" };
        format!("{{name: value for name, value in {written}.items() if name {word} ({})}}", quoted(&names))
    } else {
        let not = if is_in { "" } else { "!" };
        format!(
            "Object.fromEntries(Object.entries({written}).filter(([name]) => {not}[{}].includes(name)))",
            quoted(&names)
        )
    };
    draft.replace(&case.module.path, body, made);
    Some(draft)
}
