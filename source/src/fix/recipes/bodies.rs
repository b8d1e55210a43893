//! Where a handler takes the body of a request whole: in a call, in a loop over its fields, or through a filter that lets
//! more pass than callers may set.

use std::collections::HashSet;

use super::narrowing::{narrow_filter, narrow_loop, narrow_whole};
use crate::fix::draft::{Case, FixDraft, handler_of};
use crate::fix::identity::each_statement;
use crate::fix::loads::find_calls;
use crate::fix::owning::resolve_function;
use crate::ir::{
    ComprehensionClause, Expr, ExprKind, FunctionParameter, Span, Spread, Statement, StatementKind, dotted_text,
    last_part, walk_expr, walk_statements,
};
use crate::project::{FunctionRef, ModuleId, Resolved};
use crate::routes::FrameworkName;

/// Functions that give the body are followed so far.
const MOST_STEPS: usize = 2;

/// A place that takes the whole body: `Model(**body)`, `row.update(body)`, `Object.assign(row, req.body)`, a loop with
/// `setattr`. `Err` where such a place takes a filtered one.
pub(super) fn of_body(case: &Case<'_>) -> Option<Result<FixDraft, ()>> {
    let bodies = Bodies::of(case);
    let mut sound = false;

    // Filters and loops come first: where the fields are taken one by one, the body as a whole is not what is
    // stored.
    for filter in bodies.filters() {
        match narrow_filter(case, &filter) {
            Some(draft) => return Some(Ok(draft)),
            None => sound = true,
        }
    }

    for taken in bodies.loops() {
        match narrow_loop(case, &taken) {
            Some(draft) => return Some(Ok(draft)),
            None => sound = true,
        }
    }

    match bodies.whole() {
        Some(span) => narrow_whole(case, span).map(Ok),
        None => sound.then_some(Err(())),
    }
}

/// A comprehension over the fields of a body.
pub(super) struct FieldFilter<'a> {
    /// What the name of a field is called in it.
    pub key: &'a str,
    /// Where the fields come from: `body.items()`.
    pub source: Span,
    /// What is asked of each.
    pub conditions: &'a [Expr],
}

/// A loop over the fields of a body that sets each.
pub(super) struct FieldLoop<'a> {
    /// What the name of a field is called in it.
    pub key: &'a str,
    /// The body of the request, as the loop goes through it; absent where it goes through a list of names.
    pub fields: Option<Span>,
    /// Names that the loop goes through, where they are listed elsewhere.
    pub names: Vec<String>,
    /// Where the fields come from.
    pub source: Span,
    /// What is done with each.
    pub statements: &'a [Statement],
}

/// The bodies of requests in a handler.
pub(super) struct Bodies<'a> {
    case: &'a Case<'a>,
    names: HashSet<String>,
}

impl<'a> Bodies<'a> {
    pub(super) fn of(case: &'a Case<'a>) -> Bodies<'a> {
        Bodies { case, names: names_in(case, &case.handler, 0) }
    }

    /// Returns whether an expression is the body as it came.
    pub(super) fn is_body(&self, expr: &Expr) -> bool {
        is_body(self.case, self.case.handler.module, expr, &self.names, 0)
    }

    /// The body whose names, or names and values, an expression goes through.
    fn fields_of<'e>(&self, source: &'e Expr) -> Option<&'e Expr> {
        if self.is_body(source) {
            return Some(source);
        }
        let (callee, arguments) = source.call()?;
        let ExprKind::Member(object, method) = &*callee.kind else { return None };
        let of_object = object.name() == Some("Object") && matches!(method.as_str(), "entries" | "keys");
        let through = if of_object {
            arguments.first().map(|argument| &argument.value)?
        } else {
            matches!(method.as_str(), "items" | "keys").then_some(object)?
        };
        self.is_body(through).then_some(through)
    }

    fn filters(&self) -> Vec<FieldFilter<'_>> {
        let mut found = Vec::new();
        walk_statements(&self.case.handler.function.body, &mut |_| {}, &mut |expr| {
            let ExprKind::Comprehension { body, clauses, conditions } = &*expr.kind else { return };
            let [ComprehensionClause { target, source }] = clauses.as_slice() else { return };
            let Some(key) = first_name(target).filter(|_| self.fields_of(source).is_some()) else { return };
            let mut keeps_name = false;
            walk_expr(body, &mut |part| keeps_name |= part.name() == Some(key));

            // A comprehension that drops the names keeps only values, and sets no field by name.
            if keeps_name {
                found.push(FieldFilter { key, source: source.span, conditions });
            }
        });

        found
    }

    fn loops(&self) -> Vec<FieldLoop<'_>> {
        let mut found = Vec::new();
        each_statement(&self.case.handler.function.body, &mut |statement| {
            let StatementKind::For { target, source, body, .. } = &statement.kind else { return };
            let Some(key) = first_name(target).filter(|key| sets_by(body, key)) else { return };
            let fields = self.fields_of(source).map(|fields| fields.span);
            let names = match (fields, &*source.kind) {
                // A list of names in the code decides what is set, even where the loop never mentions the body.
                (None, ExprKind::Name(_) | ExprKind::Member(..)) => {
                    self.case.project.constants(self.case.handler.module, source)
                }
                _ => Vec::new(),
            };

            if fields.is_some() || !names.is_empty() {
                found.push(FieldLoop { key, fields, names, source: source.span, statements: body });
            }
        });

        found
    }

    /// The first body that a call takes as it came.
    fn whole(&self) -> Option<Span> {
        for (call, _) in find_calls(self.case, &|_, _| true) {
            let (callee, arguments) = call.call()?;
            let last = match &*callee.kind {
                ExprKind::Member(_, name) => name.clone(),
                _ => dotted_text(callee).map(|name| last_part(&name).to_owned()).unwrap_or_default(),
            };
            let takes_whole = matches!(
                last.as_str(),
                "update"
                    | "assign"
                    | "create"
                    | "insert"
                    | "updateOne"
                    | "findByIdAndUpdate"
                    | "save"
                    | "values"
                    | "build"
            );

            for argument in arguments {
                let spread = argument.spread == Spread::Named;
                // `**body` hands every field on as an argument, whichever function takes it.
                if (spread || takes_whole) && self.is_body(&argument.value) {
                    return Some(argument.value.span);
                }
            }
        }

        None
    }
}

/// The name of a field, where a name or a pair is bound: `name`, `name, value`.
fn first_name(target: &Expr) -> Option<&str> {
    match &*target.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::List(parts) => parts.first()?.name(),
        _ => None,
    }
}

/// Returns whether statements set what a name calls: `setattr(user, name, value)`, `user[name] = value`.
fn sets_by(statements: &[Statement], key: &str) -> bool {
    let mut found = false;
    let is_key = |expr: &Expr| matches!(&*expr.kind, ExprKind::Index(_, by) if by.name() == Some(key));
    let see_expr = |expr: &Expr| match &*expr.kind {
        ExprKind::Call { callee, arguments, .. } => {
            dotted_text(callee).as_deref() == Some("setattr")
                && arguments.get(1).is_some_and(|second| second.value.name() == Some(key))
        }
        ExprKind::Assign(target, _) => is_key(target),
        _ => false,
    };

    each_statement(statements, &mut |statement| {
        if let StatementKind::Assign(targets, _) = &statement.kind {
            found |= targets.iter().any(is_key);
        }
    });
    walk_statements(statements, &mut |_| {}, &mut |expr| found |= see_expr(expr));
    found
}

/// The body as it came: `request.get_json()`, `request.json`, `req.body`, a name that holds it, or a function of the
/// project that gives it.
fn is_body(case: &Case<'_>, module: ModuleId, expr: &Expr, names: &HashSet<String>, steps: usize) -> bool {
    let within = |part: &Expr| is_body(case, module, part, names, steps);
    match &*expr.kind {
        ExprKind::Name(name) if names.contains(name) => return true,
        // `request.get_json() or {}` is still the body; the right side is a default.
        ExprKind::Logic { all: false, parts } => return parts.first().is_some_and(within),
        ExprKind::Choice { yes, no, .. } => return within(yes) || within(no),
        ExprKind::Await(inner) => return within(inner),
        _ => {}
    }

    let written = expr.call().map_or_else(|| dotted_text(expr), |(callee, _)| dotted_text(callee)).unwrap_or_default();
    let is_of_request = matches!(
        written.as_str(),
        "request.json"
            | "request.get_json"
            | "request.form"
            | "request.data"
            | "req.body"
            | "request.body"
            | "request.form.to_dict"
    );
    is_of_request || (steps < MOST_STEPS && gives_body(case, module, expr, steps + 1))
}

/// Returns whether a call is of a function of the project that returns the body of the request.
fn gives_body(case: &Case<'_>, module: ModuleId, expr: &Expr, steps: usize) -> bool {
    let Some((callee, _)) = expr.call() else { return false };
    let Some(Resolved::Function(function)) = resolve_function(case.project, module, callee) else { return false };
    let is_handler =
        handler_of(case.project, case.entry).is_some_and(|own| own.function.span == function.function.span);
    if is_handler || function.function.is_damaged {
        return false;
    }
    let names = names_in(case, &function, steps);
    let mut found = false;
    each_statement(&function.function.body, &mut |statement| {
        if let StatementKind::Return(Some(value)) = &statement.kind {
            found |= is_body(case, function.module, value, &names, steps);
        }
    });
    found
}

/// Whether the framework fills a parameter of the handler with the whole body: `body: dict` of FastAPI, `@Body() body` of
/// NestJS.
fn is_given_body(case: &Case<'_>, parameter: &FunctionParameter) -> bool {
    match case.entry.framework {
        FrameworkName::FastApi => {
            let declared = parameter.declared.as_ref().map(|declared| case.text(declared.span)).unwrap_or_default();
            let is_record = ["Dict[", "dict["].iter().any(|word| declared.contains(word)) || declared == "dict";
            let of_other = parameter.default.as_ref().and_then(Expr::call).and_then(|(callee, _)| dotted_text(callee));
            is_record && of_other.is_none_or(|name| last_part(&name) == "Body") && !declared.contains("Depends")
        }
        FrameworkName::NestJs => parameter.decorators.iter().any(|decorator| {
            let called = decorator.call().map(|(callee, arguments)| (dotted_text(callee), arguments.is_empty()));
            matches!(called, Some((Some(name), true)) if last_part(&name) == "Body")
        }),
        _ => false,
    }
}

/// The names of a function that hold the body.
fn names_in(case: &Case<'_>, function: &FunctionRef, steps: usize) -> HashSet<String> {
    let mut names = HashSet::new();
    if steps == 0 {
        let given = function.function.parameters.iter().filter(|parameter| is_given_body(case, parameter));
        names.extend(given.map(|parameter| parameter.name.clone()));
    }
    each_statement(&function.function.body, &mut |statement| {
        if let StatementKind::Assign(targets, Some(value)) = &statement.kind
            && let Some(name) = targets.first().and_then(Expr::name)
            && is_body(case, function.module, value, &names, steps)
        {
            names.insert(name.to_owned());
        }
    });

    names
}
