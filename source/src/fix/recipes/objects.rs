//! What stands behind a load: the refusal for an object that is not there, and the comparison of its owner.

use super::ownership::Owner;
use crate::fix::denial;
use crate::fix::draft::{Case, FixDraft};
use crate::fix::loads::{Load, LoadKind};
use crate::fix::owning::Known;
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::style::{indent_at, line_end};
use crate::ir::{Expr, ExprKind, Span, Statement, StatementKind, walk_statements};
use crate::routes::FrameworkName;
use crate::words::{CALLERS, is_one_of};

/// Refuses an object that is not there, where the handler would use it all the same.
pub(super) fn deny_if_absent(case: &Case<'_>, draft: &mut FixDraft, load: &Load<'_>) {
    let Some(name) = load.name() else { return };
    let refused = denial::has_or_refusal(case, load.call)
        || denial::of_object(case, name, load.statement).is_some()
        || refuses_itself(case, load);
    // An object that is only passed on is serialised as nothing, which leaks nothing.
    if refused || !is_used_whole(case, name, load.statement) {
        return;
    }
    let refusal = denial::refusal_statement(case, draft, 404);
    let test = if case.style_is_python() { format!("{name} is None") } else { format!("!{name}") };
    insert_after(case, draft, load.statement, &denial::refusal_lines(case, &test, &refusal));
}

/// `first_or_404`, `get_object_or_404`
fn refuses_itself(case: &Case<'_>, load: &Load<'_>) -> bool {
    let written = case.text(load.statement.span);
    written.contains("_or_404")
        || written.contains("OrThrow")
        || written.contains("OrFail")
        || written.contains(".objects.get(")
        || written.contains(".one()")
        || written.contains("scalar_one()")
}

/// Whether a part of the object is used later without a question whether it is there.
fn is_used_whole(case: &Case<'_>, name: &str, after: &Statement) -> bool {
    let mut used = false;
    let mut asked = false;
    walk_statements(
        &case.function().body,
        &mut |statement| {
            if let StatementKind::If { test, .. } = &statement.kind
                && statement.span.start > after.span.end
            {
                let text = case.text(test.span);
                asked |= text.contains(name);
            }
        },
        &mut |expr| {
            if expr.span.start > after.span.end
                && let ExprKind::Index(object, _) | ExprKind::Member(object, _) = &*expr.kind
            {
                used |= object.name() == Some(name);
            }
        },
    );
    used && !asked
}

/// Inserts lines behind a statement, in its block.
pub(super) fn insert_after(case: &Case<'_>, draft: &mut FixDraft, statement: &Statement, lines: &[String]) {
    let text = &case.module.text;
    let indent = indent_at(text, statement.span.start).to_owned();
    let at = line_end(text, statement.span.end.saturating_sub(1).max(statement.span.start));
    let mut made = case.style.lines(&indent, lines);

    if at == text.len() && !text.ends_with('\n') {
        made = format!("{}{}", case.style.newline, made.trim_end());
    }
    draft.insert(&case.module.path, at, made);
}

/// Compares the owner of what is loaded with the caller behind the load. Returns whether a predicate of the project does
/// it, which knows the owner better than anything here.
pub(super) fn compare_after(
    case: &Case<'_>,
    draft: &mut FixDraft,
    load: &Load<'_>,
    (owner, value): (&Owner, &str),
    known: &Known,
) -> Result<bool, FixRefusal> {
    let Some(name) = load.name() else { return hoist_returned_load(case, draft, load, owner, value).map(|()| false) };
    let (stranger, by_predicate) = stranger_test(case, draft, name, (owner, value), known);
    draft.why = "what is loaded is refused to all but its owner, as if it were not there".to_owned();
    refuse_stranger(case, draft, load, (name, &stranger));

    Ok(by_predicate)
}

/// Compares the parent of what is loaded with the one that the path names. Returns nothing where what is loaded has no name.
pub(super) fn compare_parent(
    case: &Case<'_>,
    draft: &mut FixDraft,
    load: &Load<'_>,
    (column, parent): (&str, &str),
    known: &Known,
) -> Option<()> {
    let name = load.name()?;
    let is_python = case.style_is_python();
    let field = match is_python && is_read_by_key(case, name, load_is_row(known)) {
        true => format!("{name}[{}]", case.style.quoted(column)),
        false => format!("{name}.{column}"),
    };
    let stranger = match is_python && is_number(case, parent) {
        true => format!("{field} != {parent}"),
        false => differs_from_path(case, &field, parent),
    };

    refuse_stranger(case, draft, load, (name, &stranger));
    Some(())
}

/// Returns the test that a value is not the one in the path. The path has a text, and the value may be a number.
pub(super) fn differs_from_path(case: &Case<'_>, value: &str, parameter: &str) -> String {
    if case.style_is_python() {
        return format!("str({value}) != str({parameter})");
    }
    let request = case.function().parameters.first().map_or("req", |first| first.name.as_str());
    format!("String({value}) !== String({request}.params.{parameter})")
}

/// Returns whether the framework gives a parameter of the path as a number: `<int:id>`, `id: int`.
fn is_number(case: &Case<'_>, parameter: &str) -> bool {
    let function = case.function();
    let declared = function.parameters.iter().find(|own| own.name == parameter).and_then(|own| own.declared.as_ref());
    let by_path = |decorator: &Expr| case.text(decorator.span).contains(&format!("<int:{parameter}>"));
    declared.is_some_and(|declared| case.text(declared.span) == "int") || function.decorators.iter().any(by_path)
}

/// Refuses what is loaded where a test holds: in the handler's own refusal of what is not there, or behind the load.
fn refuse_stranger(case: &Case<'_>, draft: &mut FixDraft, load: &Load<'_>, (name, stranger): (&str, &str)) {
    // The refusal that is there keeps its message: a stranger gets exactly what a missing object gets.
    if let Some(existing) = denial::of_object(case, name, load.statement)
        && let StatementKind::If { test, .. } = &existing.kind
    {
        widen_test(case, draft, test, stranger);
        return;
    }
    let absent = if case.style_is_python() { format!("{name} is None") } else { format!("!{name}") };
    let refusal = denial::refusal_statement(case, draft, 404);
    let or = if case.style_is_python() { "or" } else { "||" };
    let may_be_absent = !denial::has_or_refusal(case, load.call) && !refuses_itself(case, load);
    let test = if may_be_absent { format!("{absent} {or} {stranger}") } else { stranger.to_owned() };

    insert_after(case, draft, load.statement, &denial::refusal_lines(case, &test, &refusal));
}

/// `if not x:` becomes `if not x or x.owner != user.id:`
fn widen_test(case: &Case<'_>, draft: &mut FixDraft, test: &Expr, stranger: &str) {
    let or = if case.style_is_python() { "or" } else { "||" };
    let all = matches!(&*test.kind, ExprKind::Logic { all: true, .. });

    // `and` binds stronger than `or` in both languages; the brackets keep the old condition whole.
    if all {
        draft.insert(&case.module.path, test.span.start, "(");
        draft.insert(&case.module.path, test.span.end, format!(") {or} {stranger}"));
    } else {
        draft.insert(&case.module.path, test.span.end, format!(" {or} {stranger}"));
    }
}

/// The test that holds for a stranger: by a predicate of the project where it has one, else by comparing.
fn stranger_test(
    case: &Case<'_>,
    draft: &mut FixDraft,
    name: &str,
    (owner, value): (&Owner, &str),
    known: &Known,
) -> (String, bool) {
    let not = if case.style_is_python() { "not " } else { "!" };
    if let Some((call, place)) = find_owner_predicate(case, name, owner, known) {
        draft.follow(place, call.clone());
        return (format!("{not}{call}"), true);
    }
    let by_key = owner
        .seen
        .as_ref()
        .and_then(|seen| seen.by_key)
        .unwrap_or_else(|| is_read_by_key(case, name, load_is_row(known)));
    let field = if by_key && case.style_is_python() {
        format!("{name}[{}]", case.style.quoted(&owner.column))
    } else {
        // `notebook__owner` of a query is `notebook.owner` of an object.
        format!("{name}.{}", owner.column.replace("__", "."))
    };
    let unequal = if case.style_is_python() { "!=" } else { "!==" };
    (format!("{field} {unequal} {value}"), false)
}

fn load_is_row(known: &Known) -> bool {
    known.uses.iter().any(|used| used.by_key == Some(true))
}

/// A small function of this file that says whether an object is the caller's: `mine(req, note)`.
pub(super) fn find_owner_predicate(
    case: &Case<'_>,
    object: &str,
    owner: &Owner,
    known: &Known,
) -> Option<(String, crate::routes::CodePlace)> {
    let request = case.function().parameters.first().map(|parameter| parameter.name.clone());
    let own = known.owning_functions(case.project).into_iter();
    own.filter(|function| function.module == case.handler.module).find_map(|function| {
        // Only a predicate of two parameters and one statement can be called without knowing more of it.
        let compares = known.uses_in(function.module, function.function.outer_span).any(|used| used.by_key.is_some());
        if !compares || function.function.body.len() != 1 || function.function.parameters.len() != 2 {
            return None;
        }
        let argument = |name: &str| match name {
            "req" | "request" => request.clone(),
            name if is_one_of(name, CALLERS) => Some(owner.caller.clone()),
            _ => Some(object.to_owned()),
        };
        let arguments: Option<Vec<String>> =
            function.function.parameters.iter().map(|parameter| argument(&parameter.name)).collect();
        let call = format!("{}({})", function.function.name, arguments?.join(", "));
        Some((call, case.place(function.module, function.function.span)))
    })
}

/// Whether the handler reads the object by keys; what other objects of the project are read by where it does not show.
fn is_read_by_key(case: &Case<'_>, name: &str, otherwise: bool) -> bool {
    let mut found = None;
    walk_statements(&case.function().body, &mut |_| {}, &mut |expr| match &*expr.kind {
        ExprKind::Index(object, _) if object.name() == Some(name) => found = Some(true),
        ExprKind::Member(object, _) if object.name() == Some(name) => {
            found.get_or_insert(false);
        }
        _ => {}
    });

    found.unwrap_or(otherwise)
}

/// `return load(id)`: what is loaded gets a name first.
fn hoist_returned_load(
    case: &Case<'_>,
    draft: &mut FixDraft,
    load: &Load<'_>,
    owner: &Owner,
    value: &str,
) -> Result<(), FixRefusal> {
    let by_hand = || {
        FixRefusal::new(
            RefusalReason::NotSupported,
            format!("what {} loads is used without a name", case.route()),
            "give it a name, and compare its owner with the caller before it is used",
        )
    };

    let StatementKind::Return(Some(returned)) = &load.statement.kind else { return Err(by_hand()) };
    if case.entry.framework == FrameworkName::NestJs {
        // Services of NestJS return promises, which must be awaited before a field can be read.
        return hoist_promise(case, draft, (load, returned), &format!("{} !== {value}", owner.column))
            .ok_or_else(by_hand);
    }
    if !case.style_is_python() || matches!(load.kind, LoadKind::Other) {
        return Err(by_hand());
    }
    let name = crate::fix::identity::free_name(case, "found");
    let text = &case.module.text;
    let indent = indent_at(text, load.statement.span.start).to_owned();

    // With `or missing()` behind it, the whole is what gets the name.
    let whole = match &*returned.kind {
        ExprKind::Logic { all: false, parts } if parts.first().is_some_and(|first| first.span == load.call.span) => {
            returned.span
        }
        _ => load.call.span,
    };

    let by_key = owner.seen.as_ref().and_then(|seen| seen.by_key).unwrap_or(true);
    let field = if by_key {
        format!("{name}[{}]", case.style.quoted(&owner.column))
    } else {
        format!("{name}.{}", owner.column)
    };
    let refusal = denial::refusal_statement(case, draft, 404);
    let mut lines = vec![format!("{name} = {}", case.text(whole))];
    let absent = if whole == load.call.span { format!("{name} is None or ") } else { String::new() };
    lines.extend(denial::refusal_lines(case, &format!("{absent}{field} != {value}"), &refusal));
    let block = case.style.lines(&indent, &lines);
    draft.insert(&case.module.path, load.statement.span.start, format!("{}{indent}", block.trim_start()));
    draft.replace(&case.module.path, Span { ..whole }, name);
    draft.why = "what is loaded is refused to all but its owner, as if it were not there".to_owned();

    Ok(())
}

/// `return this.notes.one(id)` of NestJS: what comes is waited for, and gets a name. `None` where more is done with it, or
/// the method promises no promise.
fn hoist_promise(
    case: &Case<'_>,
    draft: &mut FixDraft,
    (load, returned): (&Load<'_>, &Expr),
    unequal: &str,
) -> Option<()> {
    let whole = match &*returned.kind {
        ExprKind::Await(inner) => inner,
        _ => returned,
    };
    let function = case.function();
    let declared = function.returns.as_ref().map(|returns| case.text(returns.span));
    // A method that declares another type than a promise cannot become async without breaking its callers.
    if whole.span != load.call.span
        || !function.is_async && declared.is_some_and(|declared| !declared.contains("Promise"))
    {
        return None;
    }
    if !function.is_async {
        let at = function.span.start + case.text(function.span).find(&function.name)?;
        draft.insert(&case.module.path, at, "async ");
    }
    let name = crate::fix::identity::free_name(case, "found");
    let indent = indent_at(&case.module.text, load.statement.span.start).to_owned();
    let end = if case.style.semicolons { ";" } else { "" };
    let refusal = denial::refusal_statement(case, draft, 404);
    let mut lines = vec![format!("const {name} = await {}{end}", case.text(whole.span))];
    lines.extend(denial::refusal_lines(case, &format!("!{name} || {name}.{unequal}"), &refusal));
    let block = case.style.lines(&indent, &lines);
    draft.insert(&case.module.path, load.statement.span.start, format!("{}{indent}", block.trim_start()));
    draft.replace(&case.module.path, returned.span, name);
    draft.why = "what is loaded is refused to all but its owner, as if it were not there".to_owned();

    Some(())
}

impl Case<'_> {
    /// Returns whether the handler is Python.
    pub(in crate::fix) fn style_is_python(&self) -> bool {
        crate::fix::callers::has_keys_apart(self.module)
    }
}
