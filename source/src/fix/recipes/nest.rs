//! NestJS: guards stand in decorators of controllers and of their methods.

use super::decorators::put_decorator;
use crate::fix::draft::{Case, FixDraft};
use crate::fix::imports::{bring_name, imported_at, transplant_expression};
use crate::fix::proposal::{FixRefusal, Idiom, RefusalReason};
use crate::fix::style::{line_end, line_start};
use crate::ir::{Argument, Expr, ExprKind, Span, dotted_text, last_part, walk_statements};
use crate::project::ModuleId;
use crate::routes::{CodePlace, FrameworkName, Guard, GuardKind, GuardLevel, RouteEntry};

/// A guard as another route has it.
struct KnownGuard {
    module: ModuleId,
    /// `JwtAuthGuard`, `AuthGuard('jwt')`
    expr: Expr,
    place: CodePlace,
}

/// Lets a route ask for a credential. `None` for another framework.
pub(super) fn require_guard(case: &Case<'_>) -> Option<Result<FixDraft, FixRefusal>> {
    if case.entry.framework != FrameworkName::NestJs {
        return None;
    }
    // `@Public()` overrides guards of the controller and the application, so that a guard added beside it would not
    // run.
    if let Some(open) = case.entry.guards.iter().find(|guard| guard.kind == GuardKind::Public) {
        return Some(remove_public_mark(case, open));
    }
    match known_guard(case) {
        Some(known) => Some(by_route(case, &known)),
        None => by_passport(case).map(Ok),
    }
}

/// `@Public()` goes: the guard that it lifts asks for the credential then.
fn remove_public_mark(case: &Case<'_>, open: &Guard) -> Result<FixDraft, FixRefusal> {
    let lifted =
        case.entry.guards.iter().any(|guard| guard.level != GuardLevel::Route && guard.kind != GuardKind::Public);
    let decorators = &case.handler.function.decorators;
    let own = decorators.iter().find(|decorator| decorator_name(decorator).as_deref() == Some(open.name.as_str()));
    // Without a guard above it, taking the mark away would leave the route as open as before.
    let Some(own) = own.filter(|_| lifted) else {
        return Err(FixRefusal::new(
            RefusalReason::NotSupported,
            format!("`{}` at {}:{} lets strangers in", open.name, open.place.file, open.place.line),
            "take it from the controller, and put it on the methods that are open on purpose",
        ));
    };

    let mut draft = FixDraft::new(format!("the guard that `{}` lifted asks for the credential again", open.name));
    let text = &case.module.text;
    let (start, end) = (line_start(text, own.span.start), line_end(text, own.span.end));
    let line = text.get(start..end).unwrap_or_default().trim();
    let stands_alone = line.trim_start_matches('@') == case.text(own.span).trim_start_matches('@');
    let whole = Span { start, end, ..own.span };
    draft.replace(&case.module.path, if stands_alone { whole } else { with_sign(text, own.span) }, "");
    draft.review.push(format!("`{}` was put there by someone: whether the route is open on purpose", open.name));

    Ok(draft)
}

/// A decorator with its `@` and the blanks behind it.
fn with_sign(text: &str, span: Span) -> Span {
    let before = text.get(..span.start).unwrap_or_default();
    let start = span.start - usize::from(before.ends_with('@'));
    let behind = text.get(span.end..).unwrap_or_default();
    Span { start, end: span.end + (behind.len() - behind.trim_start_matches(' ').len()), ..span }
}

/// Returns the last name of a decorator.
pub(super) fn decorator_name(decorator: &Expr) -> Option<String> {
    let callee = decorator.call().map_or(decorator, |(callee, _)| callee);
    dotted_text(callee).map(|name| last_part(&name).to_owned())
}

/// The guard of the sibling, else of a route in the same file, else of any.
fn known_guard(case: &Case<'_>) -> Option<KnownGuard> {
    let asks = |guard: &&Guard| guard.kind == GuardKind::Authentication && guard.level != GuardLevel::App;
    let mut routes: Vec<&RouteEntry> =
        case.routes.routes.iter().filter(|entry| entry.framework == FrameworkName::NestJs).collect();
    routes
        .sort_by_key(|entry| (entry.handler.file != case.entry.handler.file, &entry.handler.file, entry.handler.line));
    let guards = case.sibling.into_iter().chain(routes).flat_map(|entry| &entry.guards);

    guards.filter(asks).find_map(|guard| find_guard_expression(case, guard))
}

/// Finds the expression of a guard where it is put.
fn find_guard_expression(case: &Case<'_>, guard: &Guard) -> Option<KnownGuard> {
    let module = case.project.module_at(&guard.place.file)?;
    let mut found = None;
    walk_statements(&module.statements, &mut |_| {}, &mut |expr| {
        let Some((callee, arguments)) = expr.call() else { return };
        if dotted_text(callee).is_none_or(|name| last_part(&name) != "UseGuards") {
            return;
        }
        let is_it = |argument: &&Argument| {
            argument.span.line == guard.place.line && argument.span.text(&module.text) == guard.name
        };
        if let (Some(argument), None) = (arguments.iter().find(is_it), &found) {
            found = Some(argument.value.clone());
        }
    });

    Some(KnownGuard { module: module.id, expr: found?, place: guard.place.clone() })
}

fn by_route(case: &Case<'_>, known: &KnownGuard) -> Result<FixDraft, FixRefusal> {
    let what = case.project.text(known.module, known.expr.span).to_owned();
    let place = format!("{}:{}", known.place.file, known.place.line);
    let mut draft = FixDraft::new(format!("the route asks for a credential as {place} does"));
    let text = transplant_expression(case, &mut draft, known.module, &known.expr).ok_or_else(|| {
        FixRefusal::new(
            RefusalReason::NotSupported,
            format!("the guard `{what}` of {place} cannot be put on {}", case.route()),
            "import it there, and put it on the route by hand",
        )
    })?;

    use_guard(case, &mut draft, &text);
    draft.follow(known.place.clone(), what);
    Ok(draft)
}

/// `@UseGuards(AuthGuard('jwt'))` of Passport, where the project has it and names its strategy.
fn by_passport(case: &Case<'_>) -> Option<FixDraft> {
    let (module, span) = imported_at(case.project, "@nestjs/passport")?;
    let has = |word: &str| case.project.modules.iter().any(|module| module.text.contains(word));
    let strategy = ["jwt", "bearer"]
        .into_iter()
        // A strategy that the project does not install would make every request fail.
        .find(|name| has(&format!("passport-{name}")) || has(&format!("passport-http-{name}")))?;
    let mut draft = FixDraft::new(format!("the route asks for a credential by the strategy `{strategy}` of Passport"));
    let guard = bring_name(case, &mut draft, "@nestjs/passport", "AuthGuard");
    use_guard(case, &mut draft, &format!("{guard}({})", case.style.quoted(strategy)));
    draft.idiom = Idiom::Library { name: "@nestjs/passport".to_owned(), place: case.place(module, span) };

    Some(draft)
}

/// Puts a guard before those that the method has.
pub(super) fn use_guard(case: &Case<'_>, draft: &mut FixDraft, text: &str) {
    for decorator in &case.handler.function.decorators {
        let ExprKind::Call { arguments, .. } = &*decorator.kind else { continue };
        if let (Some("UseGuards"), Some(first)) = (decorator_name(decorator).as_deref(), arguments.first()) {
            // The credential comes first: guards run from left to right, and a role guard needs the caller.
            draft.insert(&case.module.path, first.span.start, format!("{text}, "));
            return;
        }
    }

    let name = bring_name(case, draft, "@nestjs/common", "UseGuards");
    put_decorator(case, draft, &format!("{name}({text})"));
}
