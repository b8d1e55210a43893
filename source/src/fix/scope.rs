//! Puts a further condition into a load, in the way in which it is written: SQL, keywords, conditions, records.

use super::callers::sql_of;
use super::draft::{Case, FixDraft};
use super::loads::{Load, LoadKind, find_call_on};
use super::sql::{PlaceholderStyle, Sql};
use crate::ir::{Argument, Expr, ExprKind, Span, dotted_text, last_part, walk_statements};
use crate::lang::Language;

/// A condition: the column, and what it must equal, as written in the handler's language.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    /// The column.
    pub column: String,
    /// The value.
    pub value: String,
}

/// Adds the condition to a load. Returns whether there is a way.
pub(super) fn scope_load(
    case: &Case<'_>,
    draft: &mut FixDraft,
    load: &Load<'_>,
    condition: &Condition,
    key: &str,
) -> bool {
    let Some((callee, arguments)) = load.parts() else { return false };
    match &load.kind {
        LoadKind::Sql(literal, read) => scope_sql(case, draft, load.call, (*literal, read), condition),
        LoadKind::Keywords => {
            let Some(last) = arguments.last() else { return false };
            draft.insert(&case.module.path, last.span.end, format!(", {}={}", condition.column, condition.value));
            true
        }
        LoadKind::Conditions => scope_conditions(case, draft, load, arguments, condition),
        LoadKind::ByKey => scope_by_key(case, draft, load, (callee, arguments), (condition, key)),
        LoadKind::Record(record) => scope_record(case, draft, (callee, *record), condition),
        // What a helper does with its arguments is not known, so that the object is compared after it.
        LoadKind::Helper(_) | LoadKind::Other => false,
    }
}

/// Adds the condition to a statement of SQL and its value to the values.
pub(super) fn scope_sql(
    case: &Case<'_>,
    draft: &mut FixDraft,
    call: &Expr,
    (literal, read): (Span, &Sql),
    condition: &Condition,
) -> bool {
    let Some((_, arguments)) = call.call() else { return false };
    let file = &case.module.path;
    let usual = usual_mark(case);
    let Some(scoped) = read.scoped(&condition.column, &usual) else { return false };
    let Some(at) = arguments.iter().position(|argument| argument.value.span.covers(&literal)) else { return false };
    let rest = arguments.get(at + 1..).unwrap_or_default();

    // Nothing is known of values that stand for many.
    if rest.iter().any(|argument| argument.spread != crate::ir::Spread::One) {
        return false;
    }
    let made = match rest {
        [] if is_prepared(call) => scoped.name.is_none() && add_to_run(case, draft, call, condition, scoped.place),
        // Marks that a placeholder brings take their values from somewhere that is not read.
        [] if scoped.place.is_none() => false,
        [] => {
            let Some(after) = arguments.get(at) else { return false };
            let values = new_values(case, call, &condition.value, scoped.name.as_deref());
            draft.insert(file, after.span.end, format!(", {values}"));
            true
        }
        [only] if matches!(&*only.value.kind, ExprKind::List(_)) => {
            add_to_list(case, draft, &only.value, &condition.value, scoped.place)
        }
        [only] if matches!(&*only.value.kind, ExprKind::Record(_)) => {
            let name = scoped.name.clone().unwrap_or_else(|| condition.column.clone());
            add_to_record(case, draft, only.value.span, &name, &condition.value)
        }
        // One value for an unknown number of marks is a list, and so is what the drivers of Python are given.
        [only] if scoped.place.is_none() || takes_sequence(case, call, &only.value) => false,
        many if many.iter().all(|argument| argument.name.is_none()) => {
            // Marks without numbers take values by place, so that the new one must stand where its mark stands.
            match scoped.place.and_then(|place| many.get(place)) {
                Some(next) => draft.insert(file, next.span.start, format!("{}, ", condition.value)),
                None => match many.last() {
                    Some(last) => draft.insert(file, last.span.end, format!(", {}", condition.value)),
                    None => return false,
                },
            }

            true
        }
        _ => false,
    };

    // The statement is changed only where its value found a place; one without the other would fail at run time.
    if made {
        for (offset, text) in scoped.insertions {
            draft.insert(file, literal.start + offset, text);
        }
    }
    made
}

/// `db.prepare("..")`
fn is_prepared(call: &Expr) -> bool {
    call.call().is_some_and(|(callee, _)| matches!(&*callee.kind, ExprKind::Member(_, name) if name == "prepare"))
}

/// Adds a value to the call that runs a prepared statement, which takes its values only then: `.all(id)`.
fn add_to_run(case: &Case<'_>, draft: &mut FixDraft, call: &Expr, condition: &Condition, place: Option<usize>) -> bool {
    let (Some(next), Some(place)) = (find_call_on(case, call), place) else { return false };
    let value = condition.value.as_str();
    let arguments = next.call().map_or(&[][..], |(_, arguments)| arguments);
    let file = &case.module.path;
    let is_list = |argument: &Argument| matches!(&*argument.value.kind, ExprKind::List(_) | ExprKind::Record(_));
    match (arguments.get(place), arguments.last()) {
        // A list or a record holds all values, and places in it are counted otherwise.
        _ if arguments.iter().any(is_list) => return false,
        (Some(behind), _) => draft.insert(file, behind.span.start, format!("{value}, ")),
        (None, Some(last)) => draft.insert(file, last.span.end, format!(", {value}")),
        (None, None) => draft.insert(file, next.span.end - 1, value),
    }
    true
}

/// The mark that other statements of the project use; the usual one of its library where there is no other.
fn usual_mark(case: &Case<'_>) -> PlaceholderStyle {
    let mut found = None;
    for module in &case.project.modules {
        walk_statements(&module.statements, &mut |_| {}, &mut |expr| {
            if let Some((_, arguments)) = expr.call()
                && found.is_none()
                && let Some((_, read, _)) = sql_of(module, arguments)
            {
                found = read.marks.first().map(|(_, mark)| mark.clone());
            }
        });
    }

    let imported = |name: &str| super::imports::imported_at(case.project, name).is_some();
    found.unwrap_or_else(|| {
        if imported("psycopg") || imported("psycopg2") || imported("pymysql") {
            PlaceholderStyle::Percent
        } else if imported("pg") || imported("asyncpg") {
            PlaceholderStyle::Dollar(0)
        } else {
            PlaceholderStyle::Question
        }
    })
}

/// The values of a statement that had none, in the way in which the same function is called elsewhere.
fn new_values(case: &Case<'_>, call: &Expr, value: &str, name: Option<&str>) -> String {
    if let Some(name) = name {
        return format!("{{{}: {value}}}", case.style.quoted(name));
    }
    let last = call.call().and_then(|(callee, _)| dotted_text(callee)).unwrap_or_default();
    let last = last_part(&last).to_owned();
    let mut plain = None;

    for module in &case.project.modules {
        walk_statements(&module.statements, &mut |_| {}, &mut |expr| {
            let Some((callee, arguments)) = expr.call() else { return };
            let same = dotted_text(callee).is_some_and(|name| last_part(&name) == last);

            if same && plain.is_none() && arguments.len() > 1 && sql_of(module, arguments).is_some() {
                plain = arguments.get(1).map(|second| !matches!(&*second.value.kind, ExprKind::List(_)));
            }
        });
    }

    match (plain, case.module.language) {
        (Some(true), _) => value.to_owned(),
        // Drivers for Python take a tuple, those for JavaScript an array.
        (_, Language::Python) => format!("({value},)"),
        _ => format!("[{value}]"),
    }
}

/// Whether a name stands for all values of a statement: `cursor.execute(sql, values)`.
fn takes_sequence(case: &Case<'_>, call: &Expr, value: &Expr) -> bool {
    let name = call.call().and_then(|(callee, _)| dotted_text(callee)).unwrap_or_default();
    let is_driver = matches!(last_part(&name), "execute" | "executemany") && name.contains('.');
    is_driver && case.module.language == Language::Python && value.name().is_some()
}

fn add_to_list(case: &Case<'_>, draft: &mut FixDraft, list: &Expr, value: &str, place: Option<usize>) -> bool {
    let ExprKind::List(items) = &*list.kind else { return false };
    let file = &case.module.path;

    if let Some(next) = place.and_then(|place| items.get(place)) {
        draft.insert(file, next.span.start, format!("{value}, "));
        return true;
    }
    match items.last() {
        Some(last) => {
            draft.insert(file, last.span.end, format!(", {value}"));
            // `(id,)` needs its comma no more.
            let tail = Span { start: last.span.end, end: list.span.end, ..list.span };
            if case.text(tail).trim_end_matches(')').trim() == ","
                && let Some(comma) = case.text(tail).find(',')
            {
                let start = last.span.end + comma;
                draft.replace(file, Span { start, end: start + 1, ..list.span }, "");
            }
        }
        None => {
            let comma = if case.module.language == Language::Python { "," } else { "" };
            draft.insert(file, list.span.start + 1, format!("{value}{comma}"));
        }
    }

    true
}

/// Adds an entry to a dictionary or an object.
pub(super) fn add_to_record(case: &Case<'_>, draft: &mut FixDraft, record: Span, name: &str, value: &str) -> bool {
    let written = case.text(record);
    let Some(inner) = written.strip_suffix('}') else { return false };
    let key = if case.module.language == Language::Python { case.style.quoted(name) } else { name.to_owned() };
    let end = inner.trim_end().len();
    let before = if inner.trim_end().ends_with(['{', ',']) { " " } else { ", " };
    draft.insert(&case.module.path, record.start + end, format!("{before}{key}: {value}"));

    true
}

/// `where(Model.id == id)`, also `filter(..)`: a further argument of the same model.
fn scope_conditions(
    case: &Case<'_>,
    draft: &mut FixDraft,
    load: &Load<'_>,
    arguments: &[Argument],
    condition: &Condition,
) -> bool {
    // Conditions that are given one behind the other are joined by AND in SQLAlchemy.
    let Some(last) = arguments.last() else { return false };
    let model = arguments.iter().find_map(|argument| match &*argument.value.kind {
        ExprKind::Compare(parts, _) => parts.iter().find_map(|part| match &*part.kind {
            ExprKind::Member(object, _) => dotted_text(object).filter(|_| super::callers::model_of(part).is_some()),
            _ => None,
        }),
        _ => None,
    });

    let Some(model) = model.or_else(|| load.table.clone()) else { return false };
    let added = format!(", {model}.{} == {}", condition.column, condition.value);
    draft.insert(&case.module.path, last.span.end, added);
    true
}

/// `Model.query.get_or_404(id)` becomes a filter by key and owner, which every later call still fits.
fn scope_by_key(
    case: &Case<'_>,
    draft: &mut FixDraft,
    load: &Load<'_>,
    (callee, arguments): (&Expr, &[Argument]),
    (condition, key): (&Condition, &str),
) -> bool {
    let ExprKind::Member(object, method) = &*callee.kind else { return false };
    let file = &case.module.path;
    let Condition { column, value } = condition;
    let last = arguments.last().map(|argument| case.text(argument.value.span)).unwrap_or_default();
    let on = case.text(object.span);
    let made = if case.module.language == Language::Python {
        let of_query = on.ends_with(".query");
        match (method.as_str(), arguments.len()) {
            // `session.get` and others have no filter that takes a second column.
            ("get" | "get_or_404", 1) if of_query => {
                let end = if method == "get" { "first" } else { "first_or_404" };
                format!("{on}.filter_by({key}={last}, {column}={value}).{end}()")
            }
            _ => return false,
        }
    } else {
        match method.as_str() {
            "findByPk" => format!("{on}.findOne({{ where: {{ {key}: {last}, {column}: {value} }} }})"),
            "findById" => format!("{on}.findOne({{ _id: {last}, {column}: {value} }})"),
            "findByIdAndDelete" => format!("{on}.findOneAndDelete({{ _id: {last}, {column}: {value} }})"),
            _ => return false,
        }
    };

    draft.replace(file, load.call.span, made);
    true
}

/// `findOne({ where: { id } })`; a unique lookup of Prisma takes no further fields, and becomes a first one.
fn scope_record(case: &Case<'_>, draft: &mut FixDraft, (callee, record): (&Expr, Span), condition: &Condition) -> bool {
    if let ExprKind::Member(object, method) = &*callee.kind {
        // `findUnique` of older Prisma takes unique fields alone, so that a further condition needs `findFirst`.
        let first = match method.as_str() {
            "findUnique" => Some("findFirst"),
            "findUniqueOrThrow" => Some("findFirstOrThrow"),
            _ => None,
        };
        if let Some(first) = first {
            let written = case.text(callee.span);
            let offset = written.rfind(method.as_str()).unwrap_or(object.span.end - callee.span.start + 1);
            let start = callee.span.start + offset;
            draft.replace(&case.module.path, Span { start, end: start + method.len(), ..record }, first);
        }
    }

    add_to_record(case, draft, record, &condition.column, &condition.value)
}
