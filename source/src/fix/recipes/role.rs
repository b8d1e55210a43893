//! A route asks for a role, in the way in which its sibling does.

use super::django;
use super::guard::{caller_call, forbidden_statement, put_argument, put_dependency, put_guard};
use super::ownership::{no_identity, public_route_refusal};
use crate::fix::denial;
use crate::fix::draft::{Case, FixDraft};
use crate::fix::identity::{CallerExpression, find_caller, names_role};
use crate::fix::imports::transplant_expression;
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::style::{indent_at, line_end};
use crate::fix::tables::Tables;
use crate::fix::ways::{GuardDemand, GuardUsage, Put, best_way, find_declaration, ways_of};
use crate::ir::{ExprKind, argument_named, walk_statements};
use crate::routes::GuardKind;
use crate::words::{ACCOUNTS, simplify_name};

/// Makes the change.
pub(super) fn require_role(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    if case.facts.is_public {
        return Err(public_route_refusal(case));
    }
    if let Some(guard) = case.entry.guards.iter().find(|guard| matches!(guard.kind, GuardKind::Role(_))) {
        return Err(case.nothing_to_do(format!("{} asks for a role by `{}`", case.route(), guard.name)));
    }
    if let Some(way) = ways_of(case.project, case.entry, GuardDemand::Role).first() {
        let because = format!("{} asks for a role at {}:{}", case.route(), way.place.file, way.place.line);
        return Err(case.nothing_to_do(because));
    }
    if let Some(place) = compares_role(case) {
        return Err(case.nothing_to_do(format!("{} compares the caller's role at line {place}", case.route())));
    }
    let of_django = django::permissions::require_permission(case, GuardDemand::Role);
    let of_framework = of_django.or_else(|| django::mixins::add_mixin(case, GuardDemand::Role));

    if let Some(answer) = of_framework.or_else(|| super::nest_more::require_role(case)) {
        return answer;
    }
    // A guard for another role would let the wrong callers in.
    let wanted = |way: &GuardUsage| match &case.facts.role {
        Some(role) => simplify_name(case.project.text(way.module, way.expr.span)).contains(&simplify_name(role)),
        None => true,
    };
    match best_way(case, GuardDemand::Role, &wanted) {
        Some(way) => by_way(case, &way),
        None => by_comparison(case),
    }
}

fn by_way(case: &Case<'_>, way: &GuardUsage) -> Result<FixDraft, FixRefusal> {
    let what = case.project.text(way.module, way.expr.span).to_owned();
    let mut draft = FixDraft::new(format!("the route asks for the role as {}:{} does", way.place.file, way.place.line));
    put_role(case, &mut draft, way).ok_or_else(|| {
        FixRefusal::new(
            RefusalReason::NotSupported,
            format!("the guard `{what}` of {}:{} cannot be put on {}", way.place.file, way.place.line, case.route()),
            "import it there, and put it on the route by hand",
        )
    })?;

    draft.follow(way.place.clone(), what);
    Ok(draft)
}

/// The stronger guard takes the place of the weaker one, where it asks for both; else it comes beside it.
fn put_role(case: &Case<'_>, draft: &mut FixDraft, way: &GuardUsage) -> Option<()> {
    let text = transplant_expression(case, draft, way.module, &way.expr)?;
    let file = case.module.path.clone();

    match way.put {
        Put::Call => match caller_call(case) {
            // The stronger call gives the caller as well, so that the weaker one is not needed beside it.
            Some(weaker) => {
                draft.replace(&file, weaker, text);
                Some(())
            }
            None => put_guard(case, draft, way),
        },
        Put::Parameter => {
            let own = ways_of(case.project, case.entry, GuardDemand::Credential);
            match own.iter().find(|own| own.put == Put::Parameter) {
                Some(weaker) => {
                    draft.replace(&file, weaker.expr.span, text);
                    Some(())
                }
                None => put_guard(case, draft, way),
            }
        }
        Put::Dependency => {
            let (module, call) = find_declaration(case.project, case.entry)?;
            let (_, arguments) = call.call()?;
            let weaker = match argument_named(arguments, "dependencies").map(|list| &*list.kind) {
                Some(ExprKind::List(items)) if items.len() == 1 => items.first().map(|item| item.span),
                _ => None,
            };
            // A list with more than one dependency, or with one of another kind, must keep what it has.
            let only_credential = case.entry.guards.iter().all(|guard| guard.kind == GuardKind::Authentication);

            match weaker.filter(|_| only_credential) {
                Some(weaker) => {
                    draft.replace(&case.project.module(module)?.path.clone(), weaker, text);
                    Some(())
                }
                None => put_dependency(case, draft, &text),
            }
        }
        Put::Argument => put_argument(case, draft, &text),
        Put::Decorator => put_guard(case, draft, way),
    }
}

/// Whether the handler itself compares a role.
fn compares_role(case: &Case<'_>) -> Option<usize> {
    let mut found = None;
    walk_statements(&case.function().body, &mut |_| {}, &mut |expr| {
        let sides = match &*expr.kind {
            ExprKind::Compare(parts, _) => parts.as_slice(),
            ExprKind::Not(inner) => std::slice::from_ref(inner),
            _ => return,
        };
        let is_role = sides.iter().any(|side| {
            let name = match &*side.kind {
                ExprKind::Member(_, name) => name.clone(),
                ExprKind::Index(_, key) => crate::ir::literal_text(key).unwrap_or_default().to_owned(),
                _ => return false,
            };
            names_role(&name) && crate::fix::callers::caller_of(case.module, side).is_some()
        });

        if is_role {
            found.get_or_insert(expr.span.line);
        }
    });

    found
}

/// The project has no guard for a role: the caller's own field is compared.
fn by_comparison(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    let Some(role) = &case.facts.role else {
        return Err(FixRefusal::new(
            RefusalReason::MissingFact,
            format!("no route of this project asks for a role in a way that fits {}", case.route()),
            "say which role the route is for (`role`)",
        ));
    };

    let first = case.function().body.last().map_or(case.function().span.end, |last| last.span.end);
    let caller = find_caller(case, first).ok_or_else(|| no_identity(case))?;
    let mut draft = FixDraft::new(format!("all but `{role}` are refused"));
    caller.bring(&case.module.path, &mut draft);
    let test = role_test(case, &mut draft, &caller, role);
    let refusal = forbidden_statement(case, &mut draft);
    let lines = denial::refusal_lines(case, &test, &refusal);
    let body = crate::fix::ways::body_start(&case.handler).ok_or_else(|| no_identity(case))?;
    let indent = indent_at(&case.module.text, body.start).to_owned();
    let made = case.style.lines(&indent, &lines);

    // The caller must be known before it is asked for its role.
    let at =
        if caller.from > body.start { line_end(&case.module.text, caller.from.saturating_sub(1)) } else { body.start };
    if at == body.start {
        draft.insert(&case.module.path, at, format!("{}{indent}", made.trim_start()));
    } else {
        draft.insert(&case.module.path, at, made);
    }
    Ok(draft)
}

fn role_test(case: &Case<'_>, draft: &mut FixDraft, caller: &CallerExpression, role: &str) -> String {
    let tables = Tables::of(case.project);
    let columns = ACCOUNTS.iter().filter_map(|table| tables.columns(table)).flatten();
    let column = columns.into_iter().find(|column| names_role(&column.name)).map(|column| column.name.clone());
    let field = column.unwrap_or_else(|| {
        draft.guess(format!("that the field `role` of `{}` holds `{role}`", caller.text));
        "role".to_owned()
    });
    let by_key = crate::fix::callers::owner_uses(case.project, &[]).iter().any(|used| used.part.starts_with('['));
    let read = if by_key && case.style_is_python() {
        format!("{}[{}]", caller.text, case.style.quoted(&field))
    } else {
        format!("{}.{field}", caller.text)
    };
    // A flag such as `is_admin` is a truth value, which equals no name of a role.
    if field.starts_with("is_") || field.starts_with("is") && field.chars().nth(2).is_some_and(char::is_uppercase) {
        return if case.style_is_python() { format!("not {read}") } else { format!("!{read}") };
    }
    let unequal = if case.style_is_python() { "!=" } else { "!==" };
    format!("{read} {unequal} {}", case.style.quoted(role))
}
