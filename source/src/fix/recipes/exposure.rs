//! An answer has the fields that are meant to be seen. Where the columns are written in a query, there; else where the
//! answer is made.

use crate::fix::callers::sql_of;
use crate::fix::draft::{Case, FixDraft};
use crate::fix::loads::find_calls;
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::reach::reached_functions;
use crate::fix::tables::Tables;
use crate::ir::{Class, Expr, ExprKind, Span, StatementKind, dotted_text, last_part, literal_text, walk_statements};
use crate::project::{Module, Resolved};
use crate::routes::FrameworkName;

/// Makes the change.
pub(super) fn hide_leaking_fields(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    let leaking = &case.facts.leaking;
    if leaking.is_empty() {
        return Err(FixRefusal::new(
            RefusalReason::MissingFact,
            "which fields must not be seen is not known",
            "name them (`leaking`)",
        ));
    }

    match super::django::serialized::hide_serialized_fields(case) {
        Some(Ok(draft)) => return Ok(draft),
        // What the serializer does not show may be put beside it.
        Some(Err(refusal)) => return of_entries(case).ok_or(refusal),
        None => {}
    }

    // What is written field by field is the surest place; a narrower query is the last one before the answer
    // itself.
    if let Some(draft) = of_entries(case).or_else(|| of_model(case)).or_else(|| of_columns(case)) {
        return Ok(draft);
    }
    if names_columns(case) {
        return Err(case.nothing_to_do(format!("the query reads other columns than {}", leaking_field_names(case))));
    }
    of_answer(case)
}

fn is_leaking_field(case: &Case<'_>, name: &str) -> bool {
    case.facts.leaking.iter().any(|leaking| leaking == name)
}

fn leaking_field_names(case: &Case<'_>) -> String {
    case.facts.leaking.join(", ")
}

/// The answer is written field by field: the entry goes. Looks at the handler and at what it calls (`to_dict`).
fn of_entries(case: &Case<'_>) -> Option<FixDraft> {
    let mut draft = FixDraft::new(format!("the answer no longer has {}", leaking_field_names(case)));
    let mut found = false;

    for function in reached_functions(case) {
        let module = case.project.module(function.module)?;
        // A record that is stored, or passed on, is no answer.
        let mut returned: Vec<Expr> = Vec::new();
        walk_statements(
            &function.function.body,
            &mut |statement| {
                if let StatementKind::Return(Some(value)) = &statement.kind {
                    returned.push(value.clone());
                }
            },
            &mut |_| {},
        );
        for value in &returned {
            crate::ir::walk_expr(value, &mut |expr| {
                let ExprKind::Record(entries) = &*expr.kind else { return };
                if takes_apart(module, expr) {
                    return;
                }
                for (at, entry) in entries.iter().enumerate() {
                    let Some(key) = &entry.key else { continue };
                    if is_leaking_field(case, literal_text(key).or_else(|| key.name()).unwrap_or_default()) {
                        let next = entries.get(at + 1).and_then(|next| next.key.as_ref()).map(|key| key.span.start);
                        let before =
                            at.checked_sub(1).and_then(|at| entries.get(at)).map(|before| before.value.span.end);
                        let (start, end) = match (next, before) {
                            (Some(next), _) => (key.span.start, next),
                            (None, Some(before)) => (before, entry.value.span.end),
                            (None, None) => (key.span.start, entry.value.span.end),
                        };
                        draft.replace(&module.path, Span { start, end, ..key.span }, "");
                        found = true;
                    }
                }
            });
        }
    }

    found.then_some(draft)
}

/// Whether a record is a pattern that leaves fields out: `({ password, ...rest }) => rest`.
fn takes_apart(module: &Module, record: &Expr) -> bool {
    module.text.get(record.span.end..).is_some_and(|behind| behind.starts_with(") =>"))
}

/// FastAPI: the class of the answer has the field, and is no class of a body.
fn of_model(case: &Case<'_>) -> Option<FixDraft> {
    let returns = case.function().returns.as_ref()?;
    let mut class = None;
    crate::ir::walk_expr(returns, &mut |part| {
        if let Some(Resolved::Class(found)) = case.project.resolve_expr(case.handler.module, part) {
            class = Some(found);
        }
    });
    let class = class?;

    // A body that is read by the same class needs the field, a password for instance.
    if is_taken(case, &class.class) {
        return None;
    }
    let module = case.project.module(class.module)?;
    let mut draft = FixDraft::new(format!(
        "`{}` no longer has {}: the framework leaves out what it does not name",
        class.class.name,
        leaking_field_names(case)
    ));

    for member in &class.class.members {
        if let StatementKind::Assign(targets, _) = &member.kind
            && targets.first().and_then(Expr::name).is_some_and(|name| is_leaking_field(case, name))
        {
            let start = crate::fix::style::line_start(&module.text, member.span.start);
            let end = crate::fix::style::line_end(&module.text, member.span.end);
            draft.replace(&module.path, Span { start, end, ..member.span }, "");
        }
    }

    (!draft.changes.is_empty()).then_some(draft)
}

/// Whether a route takes the class as its body.
fn is_taken(case: &Case<'_>, class: &Class) -> bool {
    case.routes.routes.iter().filter_map(|entry| crate::fix::draft::handler_of(case.project, entry)).any(|handler| {
        handler.function.parameters.iter().filter_map(|parameter| parameter.declared.as_ref()).any(|declared| {
            matches!(case.project.resolve_expr(handler.module, declared), Some(Resolved::Class(found)) if found.class.name == class.name)
        })
    })
}

/// The query names its columns, or all of them: those that must not be seen go.
fn of_columns(case: &Case<'_>) -> Option<FixDraft> {
    let tables = Tables::of(case.project);
    let all = find_calls(case, &|_, arguments| sql_of(case.module, arguments).is_some());

    for (call, _) in all {
        let (literal, read, _) = sql_of(case.module, call.call()?.1)?;
        let raw = case.text(literal.span);
        let upper = raw.to_ascii_uppercase();
        let (Some(select), Some(from)) = (upper.find("SELECT"), upper.find("FROM")) else { continue };
        let (start, end) = (select + "SELECT".len(), from);
        let list = raw.get(start..end)?.trim();
        // `*` of a join covers columns of several tables, whose names may collide, so that it cannot be written
        // out.
        let named: Vec<String> = match list {
            "*" if !read.is_joined => tables.columns(&read.table)?.iter().map(|column| column.name.clone()).collect(),
            _ => list.split(',').map(|part| part.trim().to_owned()).collect(),
        };
        let last = |column: &str| column.rsplit('.').next().unwrap_or(column).trim().to_owned();
        // A function among the columns has commas of its own, which the split would tear apart.
        if list == "*" && read.is_joined
            || !named.iter().any(|column| is_leaking_field(case, &last(column)))
            || list.contains('(')
        {
            continue;
        }
        let kept: Vec<String> = named.into_iter().filter(|column| !is_leaking_field(case, &last(column))).collect();
        let mut draft = FixDraft::new(format!("the query no longer reads {}", leaking_field_names(case)));
        let offset = literal.span.start + start + raw.get(start..end)?.len() - raw.get(start..end)?.trim_start().len();
        draft.replace(
            &case.module.path,
            Span { start: offset, end: offset + list.len(), ..literal.span },
            kept.join(", "),
        );
        return Some(draft);
    }

    None
}

/// Whether the handler's own queries name their columns one by one.
fn names_columns(case: &Case<'_>) -> bool {
    let all = find_calls(case, &|_, arguments| sql_of(case.module, arguments).is_some());
    let named = |call: &Expr| {
        let read = call.call().and_then(|(_, arguments)| sql_of(case.module, arguments));
        read.is_some_and(|(literal, read, _)| read.verb == "SELECT" && !case.text(literal.span).contains('*'))
    };
    !all.is_empty() && all.iter().all(|(call, _)| named(call))
}

/// The whole object is given: the named fields are left out where the answer is made.
fn of_answer(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    let not_located = || {
        FixRefusal::new(
            RefusalReason::NotLocated,
            format!("where {} makes its answer was not found", case.route()),
            "name the fields of the answer one by one",
        )
    };

    let mut answers: Vec<&Expr> = Vec::new();
    crate::fix::identity::each_statement(&case.handler.function.body, &mut |statement| match &statement.kind {
        StatementKind::Return(Some(value)) | StatementKind::Expr(value) => answers.extend(response_value(value)),
        _ => {}
    });
    let filtered =
        |answer: &&Expr| case.facts.leaking.iter().any(|name| case.text(answer.span).contains(name.as_str()));
    if answers.iter().any(filtered) {
        return Err(case.nothing_to_do(format!("the answer leaves out {}", leaking_field_names(case))));
    }
    let is_django = case.entry.framework == FrameworkName::Django;
    let is_whole = |answer: &&Expr| is_object(answer) && (!is_django || is_data(case, answer));
    let answer = answers.into_iter().find(is_whole).ok_or_else(not_located)?;
    let mut draft = FixDraft::new(format!("the answer is made without {}", leaking_field_names(case)));
    let written = case.text(answer.span);
    let quoted: Vec<String> = case.facts.leaking.iter().map(|name| case.style.quoted(name)).collect();
    let made = if case.style_is_python() {
        let comma = if quoted.len() == 1 { "," } else { "" };
        format!("{{name: value for name, value in {written}.items() if name not in ({}{comma})}}", quoted.join(", "))
    } else {
        without_fields(case, answer)
    };
    draft.replace(&case.module.path, answer.span, made);
    Ok(draft)
}

/// The answer of JavaScript without the fields. What a call gives may be a promise, whose fields are not there yet.
fn without_fields(case: &Case<'_>, answer: &Expr) -> String {
    let (written, names) = (case.text(answer.span), case.facts.leaking.join(", "));
    let is_call = matches!(&*answer.kind, ExprKind::Call { .. });
    match (is_call, case.function().is_async) {
        (true, true) => format!("(({{ {names}, ...rest }}) => rest)(await {written})"),
        (true, false) => format!("Promise.resolve({written}).then(({{ {names}, ...rest }}) => rest)"),
        (false, _) => format!("(({{ {names}, ...rest }}) => rest)({written})"),
    }
}

/// What is given to the caller: the argument of `jsonify(..)`, `res.json(..)`, the returned object.
fn response_value(value: &Expr) -> Option<&Expr> {
    if let Some((callee, arguments)) = value.call() {
        let name = match &*callee.kind {
            ExprKind::Member(_, name) => name.clone(),
            _ => dotted_text(callee).unwrap_or_default(),
        };
        return match last_part(&name) {
            "jsonify" | "json" | "send" | "JsonResponse" | "Response" | "JSONResponse" => {
                arguments.first().filter(|first| first.name.is_none()).map(|first| &first.value)
            }
            _ => Some(value),
        };
    }

    Some(value)
}

/// `Response(serializer.data)` of one object: what else a view of Django returns is an answer already, or a list.
fn is_data(case: &Case<'_>, answer: &Expr) -> bool {
    let written = case.text(case.function().body_span);
    let is_argument =
        ["Response", "JsonResponse"].iter().any(|name| written.contains(&format!("{name}({}", case.text(answer.span))));
    let is_data = matches!(&*answer.kind, ExprKind::Member(_, name) if name == "data");
    is_argument && (is_data || answer.name().is_some()) && !written.contains("many=True")
}

fn is_object(answer: &Expr) -> bool {
    matches!(&*answer.kind, ExprKind::Name(_) | ExprKind::Call { .. } | ExprKind::Member(..))
}
