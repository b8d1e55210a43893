//! A route asks for a credential, in the way in which its sibling does.

use super::decorators::put_decorator;
use super::ownership::public_route_refusal;
use super::{django, nest};
use crate::fix::callers::names_a_caller;
use crate::fix::denial;
use crate::fix::draft::{Case, FixDraft};
use crate::fix::identity::{find_caller, is_caller_call};
use crate::fix::imports::{bring_name, transplant_expression};
use crate::fix::owning::resolve_function;
use crate::fix::proposal::{FixRefusal, Idiom, RefusalReason};
use crate::fix::style::indent_at;
use crate::fix::ways::{
    GuardDemand, GuardUsage, Put, best_way, body_start, find_declaration, middle_arguments, refuses_callers, ways_of,
};
use crate::ir::{
    Expr, ExprKind, Span, Statement, StatementKind, argument_named, dotted_text, last_part, walk_statements,
};
use crate::project::{FunctionRef, Resolved};
use crate::routes::{FrameworkName, GuardKind};
use crate::words::simplify_name;

/// Makes the change.
pub(super) fn require_credential(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    if case.facts.is_public {
        return Err(public_route_refusal(case));
    }
    let asks = |kind: &GuardKind| matches!(kind, GuardKind::Authentication | GuardKind::Role(_));

    if let Some(guard) = case.entry.guards.iter().find(|guard| asks(&guard.kind)) {
        let because = format!("{} asks for a credential by `{}`", case.route(), guard.name);
        return Err(case.nothing_to_do(because));
    }
    if let Some(way) = ways_of(case.project, case.entry, GuardDemand::Credential).first() {
        let because = format!("{} asks for a credential at {}:{}", case.route(), way.place.file, way.place.line);
        return Err(case.nothing_to_do(because));
    }
    let is_django = case.entry.framework == FrameworkName::Django;

    // Django has a caller for everyone: `request.user` of a stranger is one without a name.
    if is_django && django::permissions::asks_itself(case.function()) {
        return Err(
            case.nothing_to_do(format!("the handler of {} asks whether its caller has signed in", case.route()))
        );
    }
    if let Some(caller) = find_caller(case, case.function().span.end).filter(|_| !is_django) {
        return Err(case.nothing_to_do(format!("the handler of {} asks who calls: `{}`", case.route(), caller.text)));
    }
    if let Some(place) = asked_of_value(case) {
        let because = format!("the handler of {} asks who calls at {}:{}", case.route(), place.file, place.line);
        return Err(case.nothing_to_do(because));
    }
    let of_django = django::permissions::require_permission(case, GuardDemand::Credential);

    // Django and NestJS declare their guards on classes, so that their recipes come before those for functions.
    if let Some(answer) = of_django.or_else(|| django::mixins::add_mixin(case, GuardDemand::Credential)) {
        return answer;
    }
    if let Some(answer) = nest::require_guard(case) {
        return answer;
    }
    // What another route does fits the project's accounts; a library's decorator is the second choice.
    match best_way(case, GuardDemand::Credential, &|_| true) {
        Some(way) => by_way(case, &way),
        None => by_framework(case),
    }
}

/// `current_user(visitor)`: what an optional guard left is asked for in the handler.
fn asked_of_value(case: &Case<'_>) -> Option<crate::routes::CodePlace> {
    let all = crate::fix::loads::find_calls(case, &|callee, _| {
        dotted_text(callee).is_some_and(|name| names_a_caller(&simplify_name(last_part(&name))))
    });
    let refusing = |callee: &Expr| match resolve_function(case.project, case.handler.module, callee) {
        Some(Resolved::Function(found)) => refuses_callers(&found),
        _ => false,
    };
    let asked = all.into_iter().find(|(call, _)| call.call().is_some_and(|(callee, _)| refusing(callee)));
    asked.map(|(call, _)| case.place(case.handler.module, call.span))
}

/// Asks in the way of another route.
fn by_way(case: &Case<'_>, way: &GuardUsage) -> Result<FixDraft, FixRefusal> {
    let what = case.project.text(way.module, way.expr.span).to_owned();
    let mut draft =
        FixDraft::new(format!("the route asks for a credential as {}:{} does", way.place.file, way.place.line));
    put_guard(case, &mut draft, way).ok_or_else(|| {
        FixRefusal::new(
            RefusalReason::NotSupported,
            format!("the guard `{what}` of {}:{} cannot be put on {}", way.place.file, way.place.line, case.route()),
            "import it there, and put it on the route by hand",
        )
    })?;

    draft.follow(way.place.clone(), what);
    Ok(draft)
}

/// Puts a guard on the route.
pub(super) fn put_guard(case: &Case<'_>, draft: &mut FixDraft, way: &GuardUsage) -> Option<()> {
    let text = transplant_expression(case, draft, way.module, &way.expr)?;
    match way.put {
        Put::Call => put_call(case, draft, way, &text),
        Put::Decorator => {
            put_decorator(case, draft, &text);
            Some(())
        }
        Put::Parameter => put_parameter(case, draft, way, &text),
        Put::Dependency => put_dependency(case, draft, &text),
        Put::Argument => put_argument(case, draft, &text),
    }
}

/// A call at the start of the handler; it takes the place of a call that does only a part of it.
fn put_call(case: &Case<'_>, draft: &mut FixDraft, way: &GuardUsage, text: &str) -> Option<()> {
    let guard = match resolve_function(case.project, way.module, way.expr.call()?.0)? {
        Resolved::Function(guard) => guard,
        _ => return None,
    };
    let file = &case.module.path;

    // Both calls side by side would read the token twice, and leave the weak reading in place.
    if let Some(weaker) = weaker_call(case, &guard) {
        draft.replace(file, weaker, text);
        return Some(());
    }
    let first = body_start(&case.handler)?;
    let indent = indent_at(&case.module.text, first.start);
    let end = if case.style.semicolons { ";" } else { "" };
    draft.insert(file, first.start, format!("{text}{end}{}{indent}", case.style.newline));

    Some(())
}

/// A statement of the handler that calls what the guard calls itself: it reads a token and does not prove it.
fn weaker_call(case: &Case<'_>, guard: &FunctionRef) -> Option<Span> {
    let calls = |function: &FunctionRef| {
        let mut called: Vec<FunctionRef> = Vec::new();
        walk_statements(&function.function.body, &mut |_| {}, &mut |expr| {
            if let ExprKind::Call { callee, .. } = &*expr.kind
                && let Some(Resolved::Function(inner)) = resolve_function(case.project, function.module, callee)
            {
                called.push(inner);
            }
        });

        called
    };

    let inner = calls(guard);
    let is_weaker = |statement: &Statement| match &statement.kind {
        StatementKind::Expr(value) => {
            value.call().filter(|(_, arguments)| arguments.is_empty()).and_then(|(callee, _)| {
                match resolve_function(case.project, case.handler.module, callee)? {
                    Resolved::Function(found) => inner
                        .iter()
                        .any(|other| other.module == found.module && other.function.span == found.function.span)
                        .then_some(value.span),
                    _ => None,
                }
            })
        }
        _ => None,
    };

    case.function().body.iter().find_map(is_weaker)
}

/// A parameter before the first that has a default.
fn put_parameter(case: &Case<'_>, draft: &mut FixDraft, way: &GuardUsage, text: &str) -> Option<()> {
    let written = way.parameter.clone()?;
    let there = case.project.text(way.module, way.expr.span);
    let mut parameter = written.replace(there, text);

    // Asked for and not used there: it may be used here.
    if let Some(rest) = parameter.strip_prefix("_:") {
        parameter = format!("user:{rest}");
    }
    let has_default = parameter.contains('=');
    let parameters = &case.function().parameters;
    // Python refuses a parameter without a default behind one that has one.
    let first_default = parameters.iter().find(|parameter| parameter.default.is_some());
    let file = &case.module.path;

    match (first_default.filter(|_| !has_default), parameters.last()) {
        (Some(next), _) => draft.insert(file, next.span.start, format!("{parameter}, ")),
        (None, Some(last)) => draft.insert(file, last.span.end, format!(", {parameter}")),
        (None, None) => {
            let written = case.text(case.function().span);
            let open = written.find('(')?;
            draft.insert(file, case.function().span.start + open + 1, parameter);
        }
    }

    Some(())
}

/// `dependencies=[Depends(f)]` where the route is declared; beside those that are there.
pub(super) fn put_dependency(case: &Case<'_>, draft: &mut FixDraft, text: &str) -> Option<()> {
    let (module, call) = find_declaration(case.project, case.entry)?;
    let file = &case.project.module(module)?.path;
    let (_, arguments) = call.call()?;

    // A route has one list of dependencies: a second keyword of that name would be a syntax error.
    if let Some(list) = argument_named(arguments, "dependencies") {
        let ExprKind::List(items) = &*list.kind else { return None };
        match items.last() {
            Some(last) => draft.insert(file, last.span.end, format!(", {text}")),
            None => draft.insert(file, list.span.start + 1, text),
        }
        return Some(());
    }

    let last = arguments.last()?;
    draft.insert(file, last.span.end, format!(", dependencies=[{text}]"));
    Some(())
}

/// An argument before the handler, behind those that are there.
pub(super) fn put_argument(case: &Case<'_>, draft: &mut FixDraft, text: &str) -> Option<()> {
    let (module, call) = find_declaration(case.project, case.entry)?;
    let file = &case.project.module(module)?.path;
    let (_, arguments) = call.call()?;
    let before = middle_arguments(arguments, &case.handler);

    // Behind the guards that are there, since a later one may rely on what they left on the request.
    if let Some(last) = before.last() {
        draft.insert(file, last.span.end, format!(", {text}"));
        return Some(());
    }
    let own = arguments.iter().find(|argument| is_handler(case, &argument.value))?;
    draft.insert(file, own.value.span.start, format!("{text}, "));
    Some(())
}

fn is_handler(case: &Case<'_>, value: &Expr) -> bool {
    match &*value.kind {
        ExprKind::Function(function) => function.span == case.function().span,
        _ => dotted_text(value).is_some_and(|name| name == case.function().name),
    }
}

/// The framework's or its library's own guard, where the project has the library.
fn by_framework(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    const LIBRARIES: [(FrameworkName, &str, &str, &str); 4] = [
        (FrameworkName::Flask, "flask_login", "login_required", "login_required"),
        (FrameworkName::Flask, "flask_jwt_extended", "jwt_required", "jwt_required()"),
        (FrameworkName::Django, "django.contrib.auth.decorators", "login_required", "login_required"),
        (FrameworkName::Flask, "flask_security", "auth_required", "auth_required()"),
    ];

    for (framework, library, name, text) in LIBRARIES {
        let head = library.split('.').next().unwrap_or(library);
        let Some((module, span)) = crate::fix::imports::imported_at(case.project, head) else { continue };

        // A library of one framework cannot guard a route of another one in the same project.
        if framework != case.entry.framework {
            continue;
        }
        // A decorator for functions that is put on a method of a view gets the view for a request, and fails for everyone.
        if framework == FrameworkName::Django && case.handler.class.is_some() {
            continue;
        }
        let mut draft = FixDraft::new(format!("the route asks for a credential by `{text}` of {library}"));
        let written = bring_name(case, &mut draft, library, name);
        put_decorator(case, &mut draft, &text.replacen(name, &written, 1));
        draft.idiom = Idiom::Library { name: library.to_owned(), place: case.place(module, span) };
        return Ok(draft);
    }

    Err(FixRefusal::new(
        RefusalReason::MissingFact,
        format!("no other route of this project asks for a credential in a way that fits {}", case.route()),
        "decide how callers prove who they are, put it on one route, and ask again",
    ))
}

/// Returns the call in the handler that gives the caller, to be replaced by a stronger one.
pub(super) fn caller_call(case: &Case<'_>) -> Option<Span> {
    let all = crate::fix::loads::find_calls(case, &|_, _| true);
    all.into_iter().find(|(call, _)| is_caller_call(case, call)).map(|(call, _)| call.span)
}

/// Returns the statement that refuses with 403.
pub(super) fn forbidden_statement(case: &Case<'_>, draft: &mut FixDraft) -> String {
    denial::refusal_statement(case, draft, 403)
}
