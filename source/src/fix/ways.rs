//! In which ways the routes of a project ask for a credential or a role, so that another one can ask in the same way.

use super::draft::{Case, handler_of};
use super::identity::{each_statement, find_dependency, names_role, proves_caller};
use super::loads::own_exprs;
use super::owning::resolve_function;
use crate::ir::{
    Argument, Expr, ExprKind, Span, StatementKind, argument_named, dotted_text, last_part, walk_expr, walk_statements,
};
use crate::project::{FunctionRef, ModuleId, Project, Resolved};
use crate::routes::{CodePlace, GuardKind, RouteEntry};
use crate::words::{has_word, simplify_name};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GuardDemand {
    /// A credential.
    Credential,
    /// A role.
    Role,
}

/// Where a guard is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Put {
    /// A call in the handler.
    Call,
    /// A decorator above the handler.
    Decorator,
    /// `user: User`
    Parameter,
    /// `dependencies=[Depends(f)]` where the route is declared.
    Dependency,
    /// An argument before the handler where the route is declared.
    Argument,
}

/// One way in which a route asks.
#[derive(Debug, Clone)]
pub(super) struct GuardUsage {
    /// Where it is put.
    pub put: Put,
    /// The file.
    pub module: ModuleId,
    /// The guard: a call, a decorator, a declared type, `Depends(f)`, a name.
    pub expr: Expr,
    /// The whole parameter, for one.
    pub parameter: Option<String>,
    /// Where, for people.
    pub place: CodePlace,
}

/// Returns the ways in which a route asks.
pub(super) fn ways_of(project: &Project, entry: &RouteEntry, asked: GuardDemand) -> Vec<GuardUsage> {
    let Some(handler) = handler_of(project, entry) else { return Vec::new() };
    let reader = GuardUsageReader { project, entry, handler: &handler, asked };
    let mut found = reader.decorators();
    found.extend(reader.parameters());
    found.extend(reader.declared());
    found.extend(reader.called());

    found
}

/// Returns the way that a route should ask in: its sibling's, else the usual one of its file, else of the project.
pub(super) fn best_way(
    case: &Case<'_>,
    asked: GuardDemand,
    wanted: &dyn Fn(&GuardUsage) -> bool,
) -> Option<GuardUsage> {
    let sibling = case.sibling.map(|sibling| ways_of(case.project, sibling, asked)).unwrap_or_default();
    // The scan saw the sibling refuse, which proves more than how often a way is used.
    if let Some(way) = sibling.into_iter().find(|way| wanted(way)) {
        return Some(way);
    }
    let mut all: Vec<GuardUsage> = Vec::new();

    for entry in case.routes.routes.iter().filter(|entry| entry.framework == case.entry.framework) {
        all.extend(ways_of(case.project, entry, asked).into_iter().filter(|way| wanted(way)));
    }
    let text = |way: &GuardUsage| (way.put, case.project.text(way.module, way.expr.span).to_owned());
    let count = |way: &GuardUsage| all.iter().filter(|other| text(other) == text(way)).count();
    let best = all.iter().rev().max_by_key(|way| (way.module == case.handler.module, count(way)));

    best.cloned()
}

struct GuardUsageReader<'a> {
    project: &'a Project,
    entry: &'a RouteEntry,
    handler: &'a FunctionRef,
    asked: GuardDemand,
}

impl GuardUsageReader<'_> {
    fn way(&self, put: Put, module: ModuleId, expr: &Expr) -> GuardUsage {
        GuardUsage { put, module, expr: expr.clone(), parameter: None, place: self.project.place(module, expr.span) }
    }

    fn is_asked(&self, kind: &GuardKind) -> bool {
        match self.asked {
            GuardDemand::Credential => matches!(kind, GuardKind::Authentication),
            GuardDemand::Role => matches!(kind, GuardKind::Role(_)),
        }
    }

    fn decorators(&self) -> Vec<GuardUsage> {
        let module = self.handler.module;
        let known = |decorator: &&Expr| {
            let text = self.project.text(module, decorator.span).trim_start_matches('@');
            self.entry.guards.iter().any(|guard| guard.name == text && self.is_asked(&guard.kind))
        };
        let decorators = self.handler.function.decorators.iter().filter(known);
        decorators.map(|decorator| self.way(Put::Decorator, module, decorator)).collect()
    }

    fn parameters(&self) -> Vec<GuardUsage> {
        let module = self.handler.module;
        let mut found = Vec::new();

        for parameter in &self.handler.function.parameters {
            for part in parameter.declared.iter().chain(&parameter.default) {
                if let Some((of, function)) = find_dependency(self.project, module, part)
                    && self.function_asks(of, &function)
                {
                    let mut way = self.way(Put::Parameter, module, part);
                    way.parameter = Some(self.project.text(module, parameter.span).to_owned());
                    found.push(way);
                }
            }
        }

        found
    }

    /// Whether a function asks for what is looked for.
    fn function_asks(&self, module: ModuleId, function: &Expr) -> bool {
        let name = dotted_text(function).unwrap_or_default();
        let is_role = names_role(last_part(&name));

        match self.asked {
            GuardDemand::Role => {
                // A role by its name is believed where its function cannot be read, as one of a library.
                is_role && self.resolved(module, function).is_none_or(|found| refuses_callers(&found))
            }
            GuardDemand::Credential => {
                // A guard for a role asks for more than a credential, and would refuse ordinary callers.
                !is_role
                    && self.resolved(module, function).is_some_and(|found| {
                        proves_caller(self.project, &found, 0) || {
                            // Looked up in a table rather than decoded.
                            super::callers::names_a_caller(&simplify_name(last_part(&name))) && refuses_callers(&found)
                        }
                    })
            }
        }
    }

    fn resolved(&self, module: ModuleId, function: &Expr) -> Option<FunctionRef> {
        match resolve_function(self.project, module, function)? {
            Resolved::Function(found) => Some(found),
            _ => None,
        }
    }

    /// What stands where the route is declared.
    fn declared(&self) -> Vec<GuardUsage> {
        let Some((module, call)) = find_declaration(self.project, self.entry) else { return Vec::new() };
        let Some((_, arguments)) = call.call() else { return Vec::new() };
        let mut found = Vec::new();

        if let Some(ExprKind::List(items)) = argument_named(arguments, "dependencies").map(|list| &*list.kind) {
            for item in items {
                if let Some((of, function)) = find_dependency(self.project, module, item)
                    && self.function_asks(of, &function)
                {
                    found.push(self.way(Put::Dependency, module, item));
                }
            }
        }

        for argument in middle_arguments(arguments, self.handler) {
            let items = match &*argument.kind {
                ExprKind::List(items) => items.as_slice(),
                _ => std::slice::from_ref(argument),
            };
            for item in items.iter().filter(|item| self.middleware_asks(module, item)) {
                found.push(self.way(Put::Argument, module, item));
            }
        }

        found
    }

    fn middleware_asks(&self, module: ModuleId, item: &Expr) -> bool {
        let text = self.project.text(module, item.span);
        let known = self.entry.guards.iter().find(|guard| guard.name == text);

        if let Some(guard) = known {
            return self.is_asked(&guard.kind);
        }
        let callee = item.call().map_or(item, |(callee, _)| callee);
        let name = dotted_text(callee).unwrap_or_default();
        let words =
            if self.asked == GuardDemand::Role { crate::words::ROLE_WORDS } else { crate::words::CREDENTIAL_WORDS };
        let named = has_word(last_part(&name), words);
        let refuses = self.resolved(module, callee).is_none_or(|found| refuses_callers(&found));

        named && refuses && (self.asked == GuardDemand::Role || !names_role(last_part(&name)))
    }

    /// Calls in the handler itself.
    fn called(&self) -> Vec<GuardUsage> {
        let module = self.handler.module;
        let mut found = Vec::new();
        each_statement(&self.handler.function.body, &mut |statement| {
            if matches!(statement.kind, StatementKind::Function(_) | StatementKind::Class(_)) {
                return;
            }
            for expr in own_exprs(statement) {
                walk_expr(expr, &mut |part| {
                    if let ExprKind::Call { callee, arguments, .. } = &*part.kind
                        // A call with arguments depends on values of its handler, and cannot be put elsewhere.
                        && arguments.is_empty()
                        && self.resolved(module, callee).is_some()
                        && self.function_asks(module, callee)
                    {
                        found.push(self.way(Put::Call, module, part));
                    }
                });
            }
        });

        found
    }
}

/// Returns the call or decorator that declares a route.
pub(super) fn find_declaration(project: &Project, entry: &RouteEntry) -> Option<(ModuleId, Expr)> {
    let (module, span) = entry.code.as_ref()?.declaration;
    let file = project.module(module)?;
    let mut found: Option<Expr> = None;
    let mut see = |expr: &Expr| {
        let fits = expr.span.start >= span.start && expr.span.end <= span.end && expr.call().is_some();
        let wider = found.as_ref().is_none_or(|found| expr.span.covers(&found.span));

        // The widest call is the declaration; those within it are its arguments.
        if fits && wider {
            found = Some(expr.clone());
        }
    };

    let mut decorators: Vec<Expr> = Vec::new();
    walk_statements(
        &file.statements,
        &mut |statement| {
            if let StatementKind::Function(function) = &statement.kind {
                decorators.extend(function.decorators.iter().filter(|decorator| span.covers(&decorator.span)).cloned());
            }
        },
        &mut see,
    );
    decorators.into_iter().next().or(found).map(|found| (module, found))
}

/// The arguments between the path and the handler.
pub(super) fn middle_arguments<'a>(arguments: &'a [Argument], handler: &FunctionRef) -> Vec<&'a Expr> {
    let values: Vec<&Expr> = arguments.iter().map(|argument| &argument.value).collect();
    let own = values.iter().position(|value| {
        matches!(&*value.kind, ExprKind::Function(function) if function.span == handler.function.span)
            || value.name() == Some(handler.function.name.as_str())
    });
    let first = usize::from(values.first().is_some_and(|value| crate::ir::literal_text(value).is_some()));
    own.and_then(|own| values.get(first..own)).unwrap_or_default().to_vec()
}

/// Whether a function refuses anybody.
pub(super) fn refuses_callers(function: &FunctionRef) -> bool {
    let mut found = false;
    let mut answered = false;
    walk_statements(
        &function.function.body,
        &mut |statement| match &statement.kind {
            StatementKind::Throw(_) => answered = true,
            // `return jsonify(..), 403`
            StatementKind::Return(Some(value)) => {
                answered |= matches!(&*value.kind, ExprKind::List(items) if items.iter().any(names_refusing_status))
            }
            _ => {}
        },
        &mut |expr| {
            if let Some((callee, arguments)) = expr.call() {
                found |= is_refusal(callee, arguments);
            }
        },
    );
    found || answered
}

/// Whether a call answers that a caller is not let in: `abort(..)`, `refuse(res, 403)`, `HttpResponseForbidden()`.
fn is_refusal(callee: &Expr, arguments: &[Argument]) -> bool {
    const REFUSALS: &str = "abort deny redirect refuse";
    let name = match &*callee.kind {
        ExprKind::Member(_, name) => name.clone(),
        _ => dotted_text(callee).unwrap_or_default(),
    };
    let last = last_part(&name);
    let status = arguments.first().and_then(|first| number_of(&first.value));

    match last {
        _ if REFUSALS.split(' ').any(|word| word == last) => true,
        // `res.status(code)` gives any status; one that is written says which.
        "status" | "sendStatus" => status.is_none_or(is_refusing_status),
        _ => names_refusal(last) || arguments.iter().any(|argument| names_refusing_status(&argument.value)),
    }
}

/// Whether a value is, or has, a status that refuses: `403`, `{ status: 401 }`, `HttpStatus.FORBIDDEN`.
fn names_refusing_status(value: &Expr) -> bool {
    match &*value.kind {
        ExprKind::Constant(_) => number_of(value).is_some_and(is_refusing_status),
        ExprKind::Name(name) | ExprKind::Member(_, name) => names_refusal(name),
        ExprKind::Record(entries) => entries.iter().any(|entry| names_refusing_status(&entry.value)),
        _ => false,
    }
}

/// Whether a name is that of a status or an answer that refuses: `HTTP_403_FORBIDDEN`, `HttpResponseForbidden`.
fn names_refusal(name: &str) -> bool {
    const ENDS: &str = "forbidden notfound unauthorised unauthorized";
    let name = simplify_name(name);
    ENDS.split(' ').any(|end| name.ends_with(end))
}

fn is_refusing_status(status: u16) -> bool {
    matches!(status, 401 | 403 | 404 | 407)
}

fn number_of(value: &Expr) -> Option<u16> {
    if let ExprKind::Constant(written) = &*value.kind { written.parse().ok() } else { None }
}

/// Returns where a handler's own code begins: its first statement behind a text that documents it.
pub(super) fn body_start(handler: &FunctionRef) -> Option<Span> {
    let body = &handler.function.body;
    let is_text = |statement: &&crate::ir::Statement| matches!(&statement.kind, StatementKind::Expr(value) if crate::ir::literal_text(value).is_some());
    let first = body.first().filter(is_text).and_then(|_| body.get(1)).or_else(|| body.first());
    first.map(|first| first.span)
}
