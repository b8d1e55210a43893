//! Only named origins may read with credentials.

use std::sync::Arc;

use super::origins::{OriginAccess, origin_access};
use crate::fix::draft::{Case, FixDraft};
use crate::fix::identity::each_statement;
use crate::fix::proposal::{FixRefusal, Idiom, RefusalReason};
use crate::fix::style::{CodeStyle, indent_at, line_end, line_start};
use crate::ir::{
    Argument, Expr, ExprKind, Function, Span, Statement, StatementKind, argument_named, dotted_text, last_part,
    literal_text, walk_statements,
};
use crate::lang::Language;
use crate::project::Module;

const HEADER: &str = "Access-Control-Allow-Origin";
const NAME: &str = "ALLOWED_ORIGINS";

/// Makes the change. It is one for the whole application, whichever route showed it.
pub(super) fn restrict_origins(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    let mut settled = false;
    let mut unread = None;
    // The handler's own file first: a project may hold more than one application.
    let own = case.project.modules.iter().filter(|module| module.id == case.handler.module);
    let others = case.project.modules.iter().filter(|module| module.id != case.handler.module);

    for module in own.chain(others) {
        let found = of_library(case, module).or_else(|| super::django::origins::of_settings(case, module));
        match found.or_else(|| of_header(case, module)) {
            Some(OriginPolicy::Open(draft)) => return Ok(*draft),
            Some(OriginPolicy::Closed) => settled = true,
            Some(OriginPolicy::Unread(refusal)) => unread = unread.or(Some(*refusal)),
            None => {}
        }
    }

    if let Some(refusal) = unread {
        return Err(refusal);
    }
    if settled {
        return Err(case.nothing_to_do("only named origins are let in"));
    }
    Err(FixRefusal::new(
        RefusalReason::NotLocated,
        format!("nothing in this project sets {HEADER}"),
        "look for it in the gateway or web server in front of the application",
    ))
}

/// What a file says of origins.
pub(super) enum OriginPolicy {
    /// It lets every origin in: the change.
    Open(Box<FixDraft>),
    /// It names those that it lets in.
    Closed,
    /// Code decides, which is not read: what to look at.
    Unread(Box<FixRefusal>),
}

/// Returns the origins that the scan knows, as a list.
pub(super) fn format_origins(case: &Case<'_>, style: CodeStyle) -> String {
    let quoted: Vec<String> = case.facts.origins.iter().map(|origin| style.quoted(origin)).collect();
    format!("[{}]", quoted.join(", "))
}

/// Makes a change that names origins; what it names must be looked at where nothing is known.
pub(super) fn new_origins_draft(case: &Case<'_>, why: &str) -> FixDraft {
    let mut draft = FixDraft::new(why);
    if case.facts.origins.is_empty() {
        draft.review.push("no origin is let in: name those of your own front ends".to_owned());
    }
    draft
}

/// `CORS(app, ..)` of Flask, `CORSMiddleware` of Starlette, `cors({..})` of Express.
fn of_library(case: &Case<'_>, module: &Module) -> Option<OriginPolicy> {
    let style = CodeStyle::of(&module.text, module.language);
    let mut found = None;
    walk_statements(&module.statements, &mut |_| {}, &mut |expr| {
        if found.is_some() {
            return;
        }
        let Some((callee, arguments)) = expr.call() else { return };
        let name = case.project.full_name(module.id, &dotted_text(callee).unwrap_or_default());
        let last = last_part(&name);

        if module.language == Language::Python {
            let middleware = arguments
                .iter()
                .any(|argument| dotted_text(&argument.value).is_some_and(|name| last_part(&name) == "CORSMiddleware"));
            if name == "flask_cors.CORS" {
                found = restrict_in_python(case, module, style, ("flask-cors", "origins"), (expr, arguments));
            } else if last == "add_middleware" && middleware {
                found = restrict_in_python(case, module, style, ("starlette", "allow_origins"), (expr, arguments));
            }
        } else if last == "cors" || name.ends_with("cors.default") || (last == "enableCors") {
            found = restrict_in_javascript(case, module, style, (expr, arguments));
        }
    });

    found
}

fn restrict_in_python(
    case: &Case<'_>,
    module: &Module,
    style: CodeStyle,
    (library, parameter): (&str, &str),
    (call, arguments): (&Expr, &[Argument]),
) -> Option<OriginPolicy> {
    let value = argument_named(arguments, parameter);
    let pattern = arguments.iter().find(|argument| argument.name.as_deref() == Some("allow_origin_regex"));
    let open_pattern =
        pattern.is_some_and(|pattern| literal_text(&pattern.value).is_some_and(|text| text.contains(".*")));
    // Flask's library lets every origin in where none is named.
    let access = value.map(|value| origin_access(case.project, module, value));
    let is_open = access.map_or(library == "flask-cors", |access| access == OriginAccess::All) || open_pattern;

    if !is_open {
        return Some(OriginPolicy::Closed);
    }
    let mut draft = new_origins_draft(case, "only named origins may read answers");
    draft.idiom = Idiom::Library { name: library.to_owned(), place: case.place(module.id, call.span) };
    let list = format_origins(case, style);

    // The list stays empty where no origin is known: a closed default is safe, and the draft asks for a look at it.
    match value {
        Some(value) => draft.replace(&module.path, value.span, list),
        None => draft.insert(&module.path, arguments.last()?.span.end, format!(", {parameter}={list}")),
    }
    if let Some(pattern) = pattern.filter(|_| open_pattern) {
        // A pattern that fits everything would keep the door open beside the list.
        let before = module.text.get(..pattern.span.start)?.trim_end().trim_end_matches(',').len();
        draft.replace(&module.path, Span { start: before, ..pattern.span }, "");
    }
    Some(OriginPolicy::Open(Box::new(draft)))
}

fn restrict_in_javascript(
    case: &Case<'_>,
    module: &Module,
    style: CodeStyle,
    (call, arguments): (&Expr, &[Argument]),
) -> Option<OriginPolicy> {
    let mut draft = new_origins_draft(case, "only named origins may read answers");
    draft.idiom = Idiom::Library { name: "cors".to_owned(), place: case.place(module.id, call.span) };
    let list = format_origins(case, style);
    let Some(options) = arguments.first() else {
        draft.insert(&module.path, call.span.end - 1, format!("{{ origin: {list} }}"));
        return Some(OriginPolicy::Open(Box::new(draft)));
    };
    // Options that are made elsewhere cannot be read here, so that nothing is claimed of them.
    let ExprKind::Record(entries) = &*options.value.kind else { return None };
    let origin = entries
        .iter()
        .find(|entry| entry.key.as_ref().is_some_and(|key| literal_text(key).or_else(|| key.name()) == Some("origin")));
    match origin.map(|entry| (entry, origin_access(case.project, module, &entry.value))) {
        Some((entry, OriginAccess::All)) => draft.replace(&module.path, entry.value.span, list),
        Some((_, OriginAccess::Named)) => return Some(OriginPolicy::Closed),
        Some((entry, OriginAccess::Decided)) => {
            return Some(unread_origins(case, module, entry.value.span, "a function decides which origins are let in"));
        }
        None => draft.insert(&module.path, options.span.start + 1, format!(" origin: {list},")),
    }
    Some(OriginPolicy::Open(Box::new(draft)))
}

/// The header is set by hand: to what came, or to `*`.
fn of_header(case: &Case<'_>, module: &Module) -> Option<OriginPolicy> {
    let (statement, value) = find_header(module)?;
    let whole = enclosing_condition(&module.statements, &statement)?;

    if whole.contains_text(module, NAME) {
        return Some(OriginPolicy::Closed);
    }
    let mut draft = new_origins_draft(case, "the origin that asks is repeated only where it is one of the named ones");
    let style = CodeStyle::of(&module.text, module.language);
    let is_python = module.language == Language::Python;
    let file = &module.path;
    let (origin, is_star) = match literal_text(&value) {
        Some("*") => match asking_origin(case, module, &statement, style) {
            Some(origin) => (origin, true),
            None => return Some(unread_origins(case, module, statement.span, "every origin is let in")),
        },
        // One origin by its name.
        Some(_) => return Some(OriginPolicy::Closed),
        None => (value.span.text(&module.text).to_owned(), false),
    };
    let test = if is_python { format!("{origin} in {NAME}") } else { format!("{NAME}.has({origin})") };

    match whole.condition {
        // `if origin:` asks for it already.
        Some(test_span) if !is_star && test_span.text(&module.text) == origin => draft.replace(file, test_span, test),
        _ if is_python => {
            let indent = indent_at(&module.text, statement.span.start).to_owned();
            let before = Span { end: value.span.start, ..statement.span }.text(&module.text);
            let after = Span { start: value.span.end, ..statement.span }.text(&module.text);
            let lines = format!("if {test}:{}{indent}{}{before}{origin}{after}", style.newline, style.unit());
            draft.replace(file, statement.span, lines);
        }
        _ => {
            draft.insert(file, statement.span.start, format!("if ({test}) "));
            if is_star {
                draft.replace(file, value.span, origin);
            }
        }
    }

    let place = top_of_function(module, &statement)?;
    draft.insert(file, place, declare_origins(case, style, is_python));
    add_vary_header(&mut draft, module, style, &statement);
    Some(OriginPolicy::Open(Box::new(draft)))
}

/// Returns the statement that sets the header, and the value that it gives.
fn find_header(module: &Module) -> Option<(Statement, Expr)> {
    let mut setting: Option<(Statement, Expr)> = None;
    every_statement(&module.statements, &mut |statement| {
        let found = match &statement.kind {
            StatementKind::Assign(targets, Some(value)) => targets.first().and_then(|target| match &*target.kind {
                ExprKind::Index(_, key) if literal_text(key).is_some_and(|key| key.eq_ignore_ascii_case(HEADER)) => {
                    Some(value)
                }
                _ => None,
            }),
            StatementKind::Expr(value) => set_by_call(value),
            _ => None,
        };

        if let (Some(value), None) = (found, &setting) {
            setting = Some((statement.clone(), value.clone()));
        }
    });
    setting
}

/// Shows every statement, those of functions within expressions too: `app.use((req, res) => { .. })`.
fn every_statement<'a>(statements: &'a [Statement], see: &mut dyn FnMut(&'a Statement)) {
    let mut bodies: Vec<&'a [Statement]> = vec![statements];
    walk_statements(statements, &mut |_| {}, &mut |expr| {
        if let ExprKind::Function(function) = &*expr.kind {
            bodies.push(&function.body);
        }
    });
    bodies.into_iter().for_each(|body| walk_statements(body, see, &mut |_| {}));
}

/// Says what to look at where no change can be made of code.
fn unread_origins(case: &Case<'_>, module: &Module, span: Span, what: &str) -> OriginPolicy {
    let place = case.place(module.id, span);
    OriginPolicy::Unread(Box::new(FixRefusal::new(
        RefusalReason::NotSupported,
        format!("{what} at {}:{}", place.file, place.line),
        "let in only the origins of your own front ends there, by a list of their names",
    )))
}

/// How the origin that asks is written where a header is set; `None` where the request is not known there.
fn asking_origin(case: &Case<'_>, module: &Module, statement: &Statement, style: CodeStyle) -> Option<String> {
    let function = innermost_function(&module.statements, statement.span)?;
    if module.language == Language::Python {
        let is_parameter = function.parameters.iter().any(|parameter| parameter.name == "request");
        let is_of_flask = case.project.full_name(module.id, "request") == "flask.request";
        return (is_parameter || is_of_flask).then(|| format!("request.headers.get({})", style.quoted("Origin")));
    }
    // `(req, res) => res.set(..)`: the request stands before what is answered with.
    let StatementKind::Expr(call) = &statement.kind else { return None };
    let ExprKind::Member(response, _) = &*call.call()?.0.kind else { return None };
    let at = function.parameters.iter().position(|parameter| Some(parameter.name.as_str()) == response.name())?;
    let request = function.parameters.get(at.checked_sub(1)?)?;
    Some(format!("{}.headers.origin", request.name))
}

/// Returns the innermost function around a place.
fn innermost_function(statements: &[Statement], wanted: Span) -> Option<Arc<Function>> {
    let (mut found, mut of_expressions): (Vec<Arc<Function>>, Vec<Arc<Function>>) = (Vec::new(), Vec::new());
    every_statement(statements, &mut |statement| {
        if let StatementKind::Function(function) = &statement.kind {
            found.push(function.clone());
        }
    });
    walk_statements(statements, &mut |_| {}, &mut |expr| {
        if let ExprKind::Function(function) = &*expr.kind {
            of_expressions.push(function.clone());
        }
    });
    let around = found.into_iter().chain(of_expressions).filter(|function| function.span.covers(&wanted));
    around.min_by_key(|function| function.span.end - function.span.start)
}

/// Returns the statement that declares the allowed origins, with its line ends.
fn declare_origins(case: &Case<'_>, style: CodeStyle, is_python: bool) -> String {
    let quoted: Vec<String> = case.facts.origins.iter().map(|origin| style.quoted(origin)).collect();
    if is_python {
        let items = if quoted.is_empty() { String::new() } else { format!("{{{}}}", quoted.join(", ")) };
        return format!("{NAME} = frozenset({items}){0}{0}{0}", style.newline);
    }
    let end = if style.semicolons { ";" } else { "" };
    format!("const {NAME} = new Set([{}]){end}{}", quoted.join(", "), style.newline)
}

/// A cache must not give one origin's answer to another.
fn add_vary_header(draft: &mut FixDraft, module: &Module, style: CodeStyle, statement: &Statement) {
    let StatementKind::Assign(targets, _) = &statement.kind else { return };
    let Some(ExprKind::Index(headers, _)) = targets.first().map(|target| &*target.kind) else { return };

    // The project may set `Vary` for all answers in one place.
    if module.text.contains("Vary") {
        return;
    }
    let indent = indent_at(&module.text, statement.span.start);
    let line = format!(
        "{indent}{}[{}] = {}{}",
        headers.span.text(&module.text),
        style.quoted("Vary"),
        style.quoted("Origin"),
        style.newline
    );

    draft.insert(&module.path, line_end(&module.text, statement.span.end), line);
}

/// `res.set('Access-Control-Allow-Origin', req.headers.origin)`
fn set_by_call(value: &Expr) -> Option<&Expr> {
    let (callee, arguments) = value.call()?;
    let ExprKind::Member(_, name) = &*callee.kind else { return None };
    let named = arguments.first().and_then(|first| literal_text(&first.value))?.eq_ignore_ascii_case(HEADER);
    (named && matches!(name.as_str(), "set" | "header" | "setHeader" | "append"))
        .then(|| arguments.get(1).map(|second| &second.value))?
}

/// The condition that a statement stands in.
struct Whole {
    condition: Option<Span>,
    condition_text: Option<Span>,
}

impl Whole {
    fn contains_text(&self, module: &Module, word: &str) -> bool {
        self.condition_text.is_some_and(|span| span.text(&module.text).contains(word))
    }
}

fn enclosing_condition(statements: &[Statement], wanted: &Statement) -> Option<Whole> {
    let mut found = Whole { condition: None, condition_text: None };
    let mut see = |statement: &Statement| {
        if let StatementKind::If { test, body, .. } = &statement.kind
            && body.iter().any(|inner| inner.span.covers(&wanted.span))
        {
            found.condition = Some(test.span);
            found.condition_text = Some(test.span);
        }
    };

    every_statement(statements, &mut see);
    Some(found)
}

/// Where the function that has the statement begins, with its decorators.
fn top_of_function(module: &Module, wanted: &Statement) -> Option<usize> {
    let mut found = None;
    each_statement(&module.statements, &mut |statement| {
        // The outermost statement is taken: the constant belongs at module level, beside the function.
        if statement.span.covers(&wanted.span) && found.is_none() {
            found = Some(line_start(&module.text, statement.span.start));
        }
    });
    found
}
