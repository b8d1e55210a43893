//! A list has the caller's objects alone.

use super::ownership::{no_identity, owner_column, public_route_refusal};
use crate::fix::callers::{model_of, sql_of};
use crate::fix::draft::{Case, FixDraft};
use crate::fix::identity::{CallerExpression, find_caller};
use crate::fix::loads::find_calls;
use crate::fix::owning::{Known, passes_caller, resolve_function};
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::scope::{Condition, add_to_record, scope_sql};
use crate::ir::{
    Argument, Expr, ExprKind, Span, Statement, StatementKind, dotted_text, last_part, literal_text, walk_statements,
};
use crate::project::Resolved;

/// Makes the change.
pub(super) fn scope_list(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    if case.facts.is_public {
        return Err(public_route_refusal(case));
    }
    let known = Known::of(case);

    if let Some(answer) = super::django::querysets::scope_queryset(case, &known) {
        return answer;
    }
    if let Some(used) = known.uses_in(case.handler.module, case.function().outer_span).next() {
        let place = case.place(case.handler.module, used.span);
        return Err(case.nothing_to_do(format!("the list is scoped to its caller at {}:{}", place.file, place.line)));
    }
    if let Some(place) = through_function(case, &known) {
        return Err(case.nothing_to_do(format!("the list is one of the caller's own at {}:{}", place.file, place.line)));
    }
    let lists = find_lists(case);
    let mut last = None;

    for list in &lists {
        let Some(caller) = find_caller(case, list.statement.span.start) else { return Err(no_identity(case)) };
        match scope_to_owner(case, &known, list, &caller) {
            Ok(draft) => return Ok(draft),
            Err(refusal) => last = Some(refusal),
        }
    }

    if let Some(draft) = in_memory(case, &known) {
        return Ok(draft);
    }
    Err(last.unwrap_or_else(|| {
        FixRefusal::new(
            RefusalReason::NotLocated,
            format!("no load of a list was found in the handler of {}", case.route()),
            "find where the list is loaded, and ask for the caller's objects there",
        )
    }))
}

/// `rows.notes` becomes `rows.notes.filter((row) => mine(req, row))`, where another handler filters its own collection so.
fn in_memory(case: &Case<'_>, known: &Known) -> Option<FixDraft> {
    let (collection, arrow, whole) = find_unfiltered(case, &find_owner_filters(case, known))?;
    let mut draft = FixDraft::new("the list is filtered to the caller's own, as another handler does");

    // The filter speaks of the request by the name that the other handler gives it.
    let request = case.function().parameters.first().map_or("req", |parameter| parameter.name.as_str());
    let written = case.text(arrow);
    let made = if written.contains(request) { written.to_owned() } else { written.replace("req", request) };
    draft.insert(&case.module.path, collection.end, format!(".filter({made})"));
    draft.follow(case.place(case.handler.module, whole), case.text(whole));

    Some(draft)
}

/// The filters of this file that ask whose an object is: what is filtered, the function, and the whole.
fn find_owner_filters(case: &Case<'_>, known: &Known) -> Vec<(Expr, Span, Span)> {
    let is_owning = |value: &Expr| {
        value.call().is_some_and(|(callee, _)| {
            let found = resolve_function(case.project, case.handler.module, callee);
            matches!(found, Some(Resolved::Function(found)) if known.is_owning(case.project, &found))
        })
    };

    let mut found: Vec<(Expr, Span, Span)> = Vec::new();
    walk_statements(&case.module.statements, &mut |_| {}, &mut |expr| {
        let Some((callee, [only])) = expr.call() else { return };
        let ExprKind::Member(receiver, method) = &*callee.kind else { return };
        let ExprKind::Function(arrow) = &*only.value.kind else { return };
        // Only an arrow that returns one call can be moved: it depends on nothing else in its handler.
        let [Statement { kind: StatementKind::Return(Some(value)), .. }] = arrow.body.as_slice() else { return };

        if method == "filter" && is_owning(value) {
            found.push((receiver.clone(), only.span, expr.span));
        }
    });

    found
}

/// A collection of the handler that is like a filtered one: `rows.notes` beside `rows.notebooks`.
fn find_unfiltered(case: &Case<'_>, filters: &[(Expr, Span, Span)]) -> Option<(Span, Span, Span)> {
    let mut found = None;
    walk_statements(&case.function().body, &mut |_| {}, &mut |expr| {
        let ExprKind::Member(base, name) = &*expr.kind else { return };
        let alike = filters.iter().find(|(receiver, ..)| match &*receiver.kind {
            ExprKind::Member(other, of) => case.text(other.span) == case.text(base.span) && of != name,
            _ => false,
        });
        if let (Some((_, arrow, whole)), None) = (alike, found) {
            found = Some((expr.span, *arrow, *whole));
        }
    });

    found
}

/// Where a function that scopes to the caller gets the caller.
fn through_function(case: &Case<'_>, known: &Known) -> Option<crate::routes::CodePlace> {
    let given =
        |_: &Expr, arguments: &[crate::ir::Argument]| arguments.iter().any(|argument| passes_caller(&argument.value));
    find_calls(case, &given).into_iter().find_map(|(call, _)| {
        let Resolved::Function(function) = resolve_function(case.project, case.handler.module, call.call()?.0)? else {
            return None;
        };
        known.is_owning(case.project, &function).then(|| case.place(case.handler.module, call.span))
    })
}

/// How a list is loaded.
enum ListLoad {
    /// A statement of SQL.
    Sql(Span, crate::fix::sql::Sql),
    /// `Model.query`, `Model.objects`, `select(Model)`, `query(Model)`: the piece that a filter goes behind.
    Query(Span, Filter),
    /// `notes.find()`, `prisma.note.findMany({ take: 10 })`: where the conditions stand.
    Record(RecordPlace),
}

/// Where the conditions of a list stand in JavaScript.
#[derive(Clone, Copy)]
enum RecordPlace {
    /// The call has none: they are put here, in `where` or bare.
    New { at: usize, within_where: bool },
    /// A record of conditions.
    Conditions(Span),
    /// A record of options without `where`.
    Options(Span),
}

#[derive(Clone, Copy)]
enum Filter {
    /// `.filter_by(owner=..)`
    ByName,
    /// `.filter(owner=..)`
    Keywords,
    /// `.where(Model.owner == ..)`
    Where,
}

struct List<'a> {
    call: &'a Expr,
    statement: &'a Statement,
    shape: ListLoad,
    table: String,
}

fn find_lists<'a>(case: &'a Case<'_>) -> Vec<List<'a>> {
    let all = find_calls(case, &|_, _| true);
    let found = all.into_iter().filter_map(|(call, statement)| {
        let (callee, arguments) = call.call()?;
        if let Some((literal, read, _)) = sql_of(case.module, arguments) {
            let table = read.table.clone();
            // Other verbs change rows, and are the concern of the ownership of a single object.
            return (read.verb == "SELECT").then_some(List {
                call,
                statement,
                shape: ListLoad::Sql(literal.span, read),
                table,
            });
        }

        let (shape, table) = match read_open_query(call, callee) {
            Some((span, filter, table)) => (ListLoad::Query(span, filter), table),
            None if !case.style_is_python() => {
                let (place, table) = read_find(call, callee, arguments)?;
                (ListLoad::Record(place), table)
            }
            None => return None,
        };
        Some(List { call, statement, shape, table })
    });

    found.collect()
}

/// The piece of a chain that names the model and has no condition yet.
fn read_open_query(call: &Expr, callee: &Expr) -> Option<(Span, Filter, String)> {
    let name = dotted_text(callee);
    if let Some(last) = name.as_deref().map(last_part)
        && matches!(last, "select" | "query")
    {
        let (_, arguments) = call.call()?;
        let model = dotted_text(&arguments.first()?.value)?;
        let is_model = last_part(&model).starts_with(char::is_uppercase);
        // `select()` of SQLAlchemy 2 has `where`; the older `query` of a session has `filter_by`.
        let filter = if last == "select" { Filter::Where } else { Filter::ByName };
        return is_model.then(|| (call.span, filter, last_part(&model).to_owned()));
    }

    let ExprKind::Member(object, method) = &*callee.kind else { return None };
    // A filter may follow only before a page is cut out or the rows are fetched.
    if !matches!(method.as_str(), "all" | "order_by" | "paginate" | "limit" | "filter" | "filter_by") {
        return None;
    }
    let ExprKind::Member(_, holder) = &*object.kind else { return None };
    let model = model_of(object)?;

    match holder.as_str() {
        "query" => Some((object.span, Filter::ByName, model)),
        "objects" => Some((object.span, Filter::Keywords, model)),
        _ => None,
    }
}

/// A call of TypeORM, Prisma, Sequelize or Mongoose that finds many. The method of arrays is given a function, and is none.
fn read_find(call: &Expr, callee: &Expr, arguments: &[Argument]) -> Option<(RecordPlace, String)> {
    let ExprKind::Member(object, method) = &*callee.kind else { return None };
    let table = last_part(&dotted_text(object)?).to_owned();
    let within_where = match method.as_str() {
        "findAll" | "findAndCount" | "findAndCountAll" | "findMany" => true,
        // Models of Mongoose take the conditions bare, repositories of TypeORM in `where`.
        "find" => !table.starts_with(char::is_uppercase),
        "findBy" => false,
        _ => return None,
    };
    let place = match arguments {
        [] => RecordPlace::New { at: call.span.end - 1, within_where },
        [only] => {
            let ExprKind::Record(entries) = &*only.value.kind else { return None };
            let is_where = |key: &Expr| literal_text(key).or_else(|| key.name()) == Some("where");
            match entries.iter().find(|entry| entry.key.as_ref().is_some_and(is_where)) {
                Some(entry) if matches!(&*entry.value.kind, ExprKind::Record(_)) => {
                    RecordPlace::Conditions(entry.value.span)
                }
                Some(_) => return None,
                None if within_where => RecordPlace::Options(only.value.span),
                None => RecordPlace::Conditions(only.value.span),
            }
        }
        _ => return None,
    };
    Some((place, table))
}

/// Writes the condition where a call of JavaScript has its conditions.
fn scope_record(case: &Case<'_>, draft: &mut FixDraft, place: RecordPlace, condition: &Condition) -> bool {
    let Condition { column, value } = condition;
    match place {
        RecordPlace::New { at, within_where } => {
            let bare = format!("{{ {column}: {value} }}");
            let made = if within_where { format!("{{ where: {bare} }}") } else { bare };
            draft.insert(&case.module.path, at, made);
            true
        }
        RecordPlace::Conditions(record) => add_to_record(case, draft, record, column, value),
        RecordPlace::Options(record) => {
            add_to_record(case, draft, record, "where", &format!("{{ {column}: {value} }}"))
        }
    }
}

fn scope_to_owner(
    case: &Case<'_>,
    known: &Known,
    list: &List<'_>,
    caller: &CallerExpression,
) -> Result<FixDraft, FixRefusal> {
    // A column that other tables have is no ground for a change of this one's query.
    let owner = owner_column(case, known, Some(&list.table), caller).filter(|owner| !owner.is_guessed);
    let owner = owner.ok_or_else(|| {
        FixRefusal::new(
            RefusalReason::NoOwner,
            format!("nothing in `{}` names an owner", list.table),
            "say which field it is (`owner_fields`), or decide that the list is for everybody",
        )
    })?;

    let value = format!("{}{}", caller.text, owner.part);
    let mut draft =
        FixDraft::new(format!("the list asks for the owner `{}`: others' objects are not in it", owner.column));
    caller.bring(&case.module.path, &mut draft);
    let condition = Condition { column: owner.column.clone(), value };
    let made = match &list.shape {
        ListLoad::Sql(literal, read) => scope_sql(case, &mut draft, list.call, (*literal, read), &condition),
        ListLoad::Record(place) => scope_record(case, &mut draft, *place, &condition),
        ListLoad::Query(span, filter) => {
            let Condition { column, value } = &condition;
            let added = match filter {
                Filter::ByName => format!(".filter_by({column}={value})"),
                Filter::Keywords => format!(".filter({column}={value})"),
                Filter::Where => format!(".where({}.{column} == {value})", list.table),
            };
            draft.insert(&case.module.path, span.end, added);
            true
        }
    };

    if !made {
        return Err(FixRefusal::new(
            RefusalReason::NotSupported,
            "the values of the statement are not written where it is",
            "add the condition and its value by hand",
        ));
    }

    owner.note(case, &mut draft);
    Ok(draft)
}
