//! NestJS: roles and limits in decorators.

use super::decorators::put_decorator;
use super::nest::{decorator_name, use_guard};
use super::ssrf::top_of;
use crate::fix::draft::{Case, FixDraft, handler_of};
use crate::fix::imports::{bring_name, imported_at, transplant_expression};
use crate::fix::proposal::{FixRefusal, Idiom, RefusalReason};
use crate::ir::Expr;
use crate::lang::Language;
use crate::routes::{FrameworkName, GuardKind, RouteEntry};
use crate::words::simplify_name;

const LIMITER: &str = "FewCallsGuard";

/// Lets a route ask for a role as another route does: its mark, and the guard that reads it. `None` for another framework,
/// and where no route asks for this role.
pub(super) fn require_role(case: &Case<'_>) -> Option<Result<FixDraft, FixRefusal>> {
    if case.entry.framework != FrameworkName::NestJs {
        return None;
    }
    let wanted = case.facts.role.as_deref().map(simplify_name);
    let asks = |entry: &&RouteEntry| {
        let has_role = |kind: &GuardKind| match (kind, &wanted) {
            (GuardKind::Role(roles), Some(wanted)) => simplify_name(roles).contains(wanted.as_str()),
            (GuardKind::Role(roles), None) => !roles.is_empty(),
            _ => false,
        };

        entry.framework == FrameworkName::NestJs && entry.guards.iter().any(|guard| has_role(&guard.kind))
    };
    let mut routes: Vec<&RouteEntry> = case.routes.routes.iter().filter(asks).collect();
    routes.sort_by_key(|entry| entry.handler.file != case.entry.handler.file);
    let sibling = case.sibling.filter(|sibling| asks(sibling));
    sibling.into_iter().chain(routes).find_map(|entry| role_of_route(case, entry)).map(Ok)
}

/// Brings the mark of a route's role, and what guards that route and not this one.
fn role_of_route(case: &Case<'_>, other: &RouteEntry) -> Option<FixDraft> {
    let theirs = handler_of(case.project, other)?;
    let class = theirs.class.as_ref().map(|class| class.class.decorators.as_slice()).unwrap_or_default();
    let decorators: Vec<&Expr> = theirs.function.decorators.iter().chain(class).collect();
    let named = |decorator: &Expr| decorator_name(decorator).map(|name| simplify_name(&name)).unwrap_or_default();
    let is_mark = |decorator: &Expr| ["role", "permission", "scope"].iter().any(|word| named(decorator).contains(word));
    let mark = decorators.iter().find(|decorator| is_mark(decorator))?;
    let guards: Vec<&Expr> = decorators
        .iter()
        .filter(|decorator| named(decorator) == "useguards")
        .filter_map(|decorator| decorator.call())
        .flat_map(|(_, arguments)| arguments.iter().map(|argument| &argument.value))
        .collect();

    let place = &other.handler;
    let mut draft = FixDraft::new(format!(
        "the route asks for the role as `{}` of {}:{} does",
        other.function, place.file, place.line
    ));
    let text = transplant_expression(case, &mut draft, theirs.module, mark)?;
    let has = |guard: &Expr| {
        let name = case.project.text(theirs.module, guard.span);
        case.entry.guards.iter().any(|own| own.name == name)
    };
    let missing: Vec<String> = guards
        .into_iter()
        .filter(|guard| !has(guard))
        .map(|guard| transplant_expression(case, &mut draft, theirs.module, guard))
        .collect::<Option<_>>()?;
    if !missing.is_empty() {
        use_guard_behind(case, &mut draft, &missing.join(", "));
    }
    put_decorator(case, &mut draft, text.trim_start_matches('@'));
    draft.follow(place.clone(), text);
    Some(draft)
}

/// Puts a guard behind those that the method has: one that asks for a role needs the caller that they bring.
fn use_guard_behind(case: &Case<'_>, draft: &mut FixDraft, text: &str) {
    for decorator in &case.handler.function.decorators {
        let Some((_, arguments)) = decorator.call() else { continue };
        if let (Some("UseGuards"), Some(last)) = (decorator_name(decorator).as_deref(), arguments.last()) {
            draft.insert(&case.module.path, last.span.end, format!(", {text}"));
            return;
        }
    }
    use_guard(case, draft, text);
}

/// Limits how often a route may be asked. `None` for another framework.
pub(super) fn limit_calls(case: &Case<'_>, per_minute: u32) -> Option<Result<FixDraft, FixRefusal>> {
    if case.entry.framework != FrameworkName::NestJs {
        return None;
    }
    Some(by_throttler(case, per_minute).map_or_else(|| by_guard(case, per_minute), Ok))
}

/// `@Throttle(..)` of the project's own library.
fn by_throttler(case: &Case<'_>, per_minute: u32) -> Option<FixDraft> {
    let (module, span) = imported_at(case.project, "@nestjs/throttler")?;
    let mut draft = FixDraft::new(format!("one caller may ask {per_minute} times in a minute"));
    let is_used = case.project.modules.iter().any(|module| {
        module.text.contains("ThrottlerGuard")
            && (module.text.contains("APP_GUARD") || module.text.contains("useGlobalGuards"))
    });
    // Without the guard the mark is read by nobody.
    if !is_used {
        let guard = bring_name(case, &mut draft, "@nestjs/throttler", "ThrottlerGuard");
        use_guard(case, &mut draft, &guard);
    }
    let name = bring_name(case, &mut draft, "@nestjs/throttler", "Throttle");
    put_decorator(case, &mut draft, &format!("{name}({{ default: {{ limit: {per_minute}, ttl: 60_000 }} }})"));
    draft.idiom = Idiom::Library { name: "@nestjs/throttler".to_owned(), place: case.place(module, span) };
    Some(draft)
}

/// A guard in the same file counts.
fn by_guard(case: &Case<'_>, per_minute: u32) -> Result<FixDraft, FixRefusal> {
    if case.handler.class.is_none() {
        return Err(FixRefusal::new(
            RefusalReason::NotLocated,
            "the method of the route was not found in a controller",
            "add the limiter by hand",
        ));
    }
    let mut draft = FixDraft::new(format!(
        "one address may ask {per_minute} times in a minute; the count is kept in this process: a proposal, since the project has no limiter"
    ));
    draft.review.push("behind a proxy, or in several processes, use a limiter with a shared store".to_owned());
    use_guard(case, &mut draft, LIMITER);

    // Another route of the file may have brought it already.
    if !case.module.text.contains(&format!("class {LIMITER} ")) {
        add_guard_class(case, &mut draft, per_minute);
    }
    Ok(draft)
}

fn add_guard_class(case: &Case<'_>, draft: &mut FixDraft, per_minute: u32) {
    let unit = case.style.unit();
    let end = if case.style.semicolons { ";" } else { "" };
    let is_plain = case.module.language == Language::JavaScript;
    let mut bring = |name: &str| bring_name(case, draft, "@nestjs/common", name);
    let (mark, fault) = (bring("Injectable"), bring("HttpException"));
    let (kinds, head, given) = if is_plain {
        (String::new(), format!("class {LIMITER} {{"), "context".to_owned())
    } else {
        let (guard, context) = (bring("CanActivate"), bring("ExecutionContext"));
        let head = format!("class {LIMITER} implements {guard} {{");
        ("<string, number[]>".to_owned(), head, format!("context: {context}"))
    };
    let lines = [
        format!("const recentCalls = new Map{kinds}(){end}"),
        String::new(),
        format!("@{mark}()"),
        head,
        format!("{unit}canActivate({given}) {{"),
        format!("{unit}{unit}const {{ ip }} = context.switchToHttp().getRequest(){end}"),
        format!("{unit}{unit}const now = Date.now(){end}"),
        format!("{unit}{unit}const recent = (recentCalls.get(ip) ?? []).filter((at) => at > now - 60_000){end}"),
        format!(
            "{unit}{unit}if (recent.length >= {per_minute}) throw new {fault}({}, 429){end}",
            case.style.quoted("Too Many Requests")
        ),
        format!("{unit}{unit}recentCalls.set(ip, [...recent, now]){end}"),
        format!("{unit}{unit}return true{end}"),
        format!("{unit}}}"),
        "}".to_owned(),
        String::new(),
    ];
    let at = top_of(case);
    draft.insert(&case.module.path, at, case.style.lines("", &lines));
}
