//! One caller cannot ask without end: by the project's own limiter, else by a small one in the process, which is said to
//! be a proposal.

use super::decorators::put_decorator;
use super::guard::put_argument;
use crate::fix::draft::{Case, FixDraft};
use crate::fix::imports::{bring_name, bring_own, imported_at};
use crate::fix::proposal::{FixRefusal, Idiom, RefusalReason};
use crate::fix::style::{indent_at, line_start};
use crate::fix::ways::{body_start, find_declaration};
use crate::ir::{Expr, dotted_text};
use crate::project::{Definition, ModuleId};
use crate::routes::FrameworkName;

/// Requests in a minute, where the scan names none.
const USUAL: u32 = 10;
const HELPER: &str = "refuse_too_many";
const MIDDLEWARE: &str = "refuseTooMany";

/// Makes the change.
pub(super) fn limit_rate(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    if is_limited(case) {
        return Err(case.nothing_to_do(format!("{} limits how often it may be asked", case.route())));
    }
    let per_minute = case.facts.per_minute.unwrap_or(USUAL);

    let of_framework = super::django::throttles::throttle_view(case, per_minute);
    if let Some(answer) = of_framework.or_else(|| super::nest_more::limit_calls(case, per_minute)) {
        return answer;
    }
    if let Some(draft) = by_library(case, per_minute) {
        return Ok(draft);
    }
    match case.entry.framework {
        FrameworkName::Flask | FrameworkName::FastApi => by_helper(case, per_minute),
        FrameworkName::Express => by_middleware(case, per_minute),
        _ => Err(FixRefusal::new(
            RefusalReason::NotSupported,
            "the project has no limiter, and there is no small one for this framework",
            "add the framework's own limiter to this route",
        )),
    }
}

fn is_limited(case: &Case<'_>) -> bool {
    let text = case.text(case.function().outer_span);
    let declared = find_declaration(case.project, case.entry)
        .map(|(module, call)| case.project.text(module, call.span).to_owned());
    let own = case.text(case.function().body_span);

    // The status in the handler's own text, not in a comment: comments are no part of the tree.
    let answers = own.contains("429") || own.contains("TOO_MANY_REQUESTS");
    let head = |text: &str| text.split(own).next().unwrap_or("").to_owned();
    let around = format!("{}{}", head(text), head(&declared.unwrap_or_default())).to_ascii_lowercase();

    let is_helped = own.contains(HELPER) || around.contains(&MIDDLEWARE.to_ascii_lowercase());

    answers || is_helped || around.contains("limit") || around.contains("throttle") || around.contains("fewcalls")
}

/// A value of the project that is made by a call of this name.
fn made_by(case: &Case<'_>, maker: &str) -> Option<(ModuleId, String, Expr)> {
    case.project.modules.iter().find_map(|module| {
        module.definitions.iter().find_map(|(name, definition)| match definition {
            Definition::Value(value) => {
                let (callee, _) = value.call()?;
                let full = case.project.full_name(module.id, &dotted_text(callee)?);
                full.ends_with(maker).then(|| (module.id, name.clone(), value.clone()))
            }
            _ => None,
        })
    })
}

fn by_library(case: &Case<'_>, per_minute: u32) -> Option<FixDraft> {
    let mut draft = FixDraft::new(format!("one caller may ask {per_minute} times in a minute"));
    match case.entry.framework {
        FrameworkName::Flask | FrameworkName::FastApi => {
            let library =
                if case.entry.framework == FrameworkName::Flask { "flask_limiter.Limiter" } else { "slowapi.Limiter" };
            let (module, name, value) = made_by(case, library)?;
            let limiter = bring_own(case.project, case.handler.module, &mut draft, module, &name)?;
            put_decorator(
                case,
                &mut draft,
                &format!("{limiter}.limit({})", case.style.quoted(&format!("{per_minute}/minute"))),
            );

            // slowapi looks for the request among the parameters.
            let has_request = case.function().parameters.iter().any(|parameter| parameter.name == "request");

            if case.entry.framework == FrameworkName::FastApi && !has_request {
                request_parameter(case, &mut draft)?;
            }
            let library = library.split('.').next().unwrap_or(library).to_owned();
            draft.idiom = Idiom::Library { name: library, place: case.place(module, value.span) };
            Some(draft)
        }
        FrameworkName::Express => {
            let (module, span) = imported_at(case.project, "express-rate-limit")?;
            let name = bring_name(case, &mut draft, "express-rate-limit", "rateLimit");
            put_argument(case, &mut draft, &format!("{name}({{ windowMs: 60_000, limit: {per_minute} }})"))?;
            draft.idiom = Idiom::Library { name: "express-rate-limit".to_owned(), place: case.place(module, span) };
            Some(draft)
        }
        _ => None,
    }
}

fn request_parameter(case: &Case<'_>, draft: &mut FixDraft) -> Option<()> {
    let declared = bring_name(case, draft, "fastapi", "Request");
    let written = case.text(case.function().span);
    let open = case.function().span.start + written.find('(')? + 1;
    let comma = if case.function().parameters.is_empty() { "" } else { ", " };
    draft.insert(&case.module.path, open, format!("request: {declared}{comma}"));

    Some(())
}

/// A function beside the handler counts; it is asked first.
fn by_helper(case: &Case<'_>, per_minute: u32) -> Result<FixDraft, FixRefusal> {
    let no_place = || FixRefusal::new(RefusalReason::NotLocated, "the handler has no body", "add the limiter by hand");
    let mut draft = FixDraft::new(format!(
        "one address may ask {per_minute} times in a minute; the count is kept in this process: a proposal, since the project has no limiter"
    ));
    draft.review.push("behind a proxy, or in several processes, use a limiter with a shared store".to_owned());
    let file = &case.module.path;
    let is_flask = case.entry.framework == FrameworkName::Flask;
    let (who, refusal) = if is_flask {
        let request = bring_name(case, &mut draft, "flask", "request");
        let abort = bring_name(case, &mut draft, "flask", "abort");
        (format!("{request}.remote_addr"), format!("{abort}(429)"))
    } else {
        let fault = bring_name(case, &mut draft, "fastapi", "HTTPException");
        if !case.function().parameters.iter().any(|parameter| parameter.name == "request") {
            request_parameter(case, &mut draft).ok_or_else(no_place)?;
        }
        ("request.client.host".to_owned(), format!("raise {fault}(status_code=429)"))
    };

    // A monotonic clock is not moved by corrections of the time of day.
    let monotonic = bring_name(case, &mut draft, "time", "monotonic");
    let unit = case.style.unit();
    let lines = [
        "_recent_calls = {}".to_owned(),
        String::new(),
        String::new(),
        format!("def {HELPER}(who, per_minute={per_minute}):"),
        format!("{unit}now = {monotonic}()"),
        format!("{unit}recent = [at for at in _recent_calls.get(who, []) if at > now - 60]"),
        format!("{unit}if len(recent) >= per_minute:"),
        format!("{unit}{unit}{refusal}"),
        format!("{unit}_recent_calls[who] = [*recent, now]"),
        String::new(),
        String::new(),
    ];
    // Another route of the file may have brought it already.
    if !case.module.text.contains(&format!("def {HELPER}(")) {
        let top = line_start(&case.module.text, case.function().outer_span.start);
        draft.insert(file, top, case.style.lines("", &lines));
    }
    let first = body_start(&case.handler).ok_or_else(no_place)?;
    let indent = indent_at(&case.module.text, first.start);
    draft.insert(file, first.start, format!("{HELPER}({who}){}{indent}", case.style.newline));

    Ok(draft)
}

/// A function before the handler counts.
fn by_middleware(case: &Case<'_>, per_minute: u32) -> Result<FixDraft, FixRefusal> {
    let mut draft = FixDraft::new(format!(
        "one address may ask {per_minute} times in a minute; the count is kept in this process: a proposal, since the project has no limiter"
    ));
    draft.review.push("behind a proxy, or in several processes, use a limiter with a shared store".to_owned());
    put_argument(case, &mut draft, MIDDLEWARE).ok_or_else(|| {
        FixRefusal::new(
            RefusalReason::NotLocated,
            "where the route is declared was not found",
            "add the limiter by hand",
        )
    })?;

    let unit = case.style.unit();
    let end = if case.style.semicolons { ";" } else { "" };
    let lines = [
        format!("const recentCalls = new Map(){end}"),
        String::new(),
        format!("function {MIDDLEWARE}(req, res, next) {{"),
        format!("{unit}const now = Date.now(){end}"),
        format!("{unit}const recent = (recentCalls.get(req.ip) ?? []).filter((at) => at > now - 60_000){end}"),
        format!(
            "{unit}if (recent.length >= {per_minute}) return res.status(429).set({0}, {1}).end(){end}",
            case.style.quoted("Retry-After"),
            case.style.quoted("60")
        ),
        format!("{unit}recentCalls.set(req.ip, [...recent, now]){end}"),
        format!("{unit}next(){end}"),
        "}".to_owned(),
        String::new(),
    ];
    let (module, call) = find_declaration(case.project, case.entry).ok_or_else(|| {
        FixRefusal::new(
            RefusalReason::NotLocated,
            "where the route is declared was not found",
            "add the limiter by hand",
        )
    })?;

    // Another route of the file may have brought it already.
    let file = case.project.module(module).filter(|module| !module.text.contains(&format!("function {MIDDLEWARE}(")));
    if let Some(file) = file {
        draft.insert(&file.path, line_start(&file.text, call.span.start), case.style.lines("", &lines));
    }
    Ok(draft)
}
