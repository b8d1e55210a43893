//! Where a handler loads what a client names: the calls that get a parameter of the request.

use std::collections::HashSet;

use super::callers::{collection_of, model_of, sql_of, strip_converters};
use super::draft::Case;
use super::identity::each_statement;
use super::sql::Sql;
use crate::ir::{Argument, Expr, ExprKind, Span, Statement, StatementKind, dotted_text, last_part, walk_expr};
use crate::project::{FunctionRef, Resolved};
use crate::words::simplify_name;

/// In which way a load names what it loads.
#[derive(Debug, Clone)]
pub(super) enum LoadKind {
    /// A statement of SQL: its literal, and its reading.
    Sql(Span, Sql),
    /// `filter_by(id=id)`, `objects.get(pk=id)`, `get_object_or_404(Model, pk=id)`
    Keywords,
    /// `Model.query.get_or_404(id)`, `session.get(Model, id)`, `findByPk(id)`
    ByKey,
    /// `where(Model.id == id)`
    Conditions,
    /// `findOne({ where: { id } })`: the record that has the id.
    Record(Span),
    /// A function of the project.
    Helper(FunctionRef),
    /// Anything else.
    Other,
}

/// One load.
#[derive(Debug, Clone)]
pub(super) struct Load<'a> {
    /// The call.
    pub call: &'a Expr,
    /// Its statement.
    pub statement: &'a Statement,
    /// In which way.
    pub kind: LoadKind,
    /// Table or model, where it is known.
    pub table: Option<String>,
}

impl<'a> Load<'a> {
    /// Returns callee and arguments.
    pub(super) fn parts(&self) -> Option<(&'a Expr, &'a [Argument])> {
        self.call.call()
    }

    /// Returns the name that what is loaded gets: `found = load(..)`, `found = load(..) or abort(404)`.
    pub(super) fn name(&self) -> Option<&'a str> {
        let StatementKind::Assign(targets, Some(value)) = &self.statement.kind else { return None };
        let whole = match &*value.kind {
            ExprKind::Logic { all: false, parts } => parts.first()?,
            ExprKind::Await(inner) => inner,
            _ => value,
        };
        let is_load = whole.span == self.call.span || ends_chain(whole, self.call.span);
        targets.first()?.name().filter(|_| is_load)
    }
}

/// Whether a call is followed by further calls alone: `load(..).first()`.
fn ends_chain(whole: &Expr, call: Span) -> bool {
    match &*whole.kind {
        ExprKind::Call { callee, .. } => match &*callee.kind {
            ExprKind::Member(object, _) => object.span == call || ends_chain(object, call),
            _ => false,
        },
        ExprKind::Await(inner) => inner.span == call || ends_chain(inner, call),
        _ => false,
    }
}

/// The names that hold a parameter of the request, after conversions.
pub(super) fn names_of(case: &Case<'_>, parameter: &str) -> HashSet<String> {
    let mut names = HashSet::from([parameter.to_owned()]);
    each_statement(&case.function().body, &mut |statement| {
        if let StatementKind::Assign(targets, Some(value)) = &statement.kind
            && let Some(name) = targets.first().and_then(Expr::name)
            && is_id(value, &names, parameter)
        {
            names.insert(name.to_owned());
        }
    });

    names
}

/// Whether an expression is the parameter: `id`, `str(id)`, `req.params.id`, `self.kwargs["pk"]`.
pub(super) fn is_id(expr: &Expr, names: &HashSet<String>, parameter: &str) -> bool {
    let expr = strip_converters(expr);
    match &*expr.kind {
        ExprKind::Name(name) => names.contains(name),
        ExprKind::Member(object, name) => {
            name == parameter && dotted_text(object).is_some_and(|name| is_parameters(&name))
        }
        ExprKind::Index(object, key) => {
            crate::ir::literal_text(key) == Some(parameter)
                && dotted_text(object).is_some_and(|name| is_parameters(&name))
        }
        // `request.data.get("id")`
        ExprKind::Call { callee, arguments, .. } => match &*callee.kind {
            ExprKind::Member(object, method) => {
                method == "get"
                    && arguments.first().and_then(|first| crate::ir::literal_text(&first.value)) == Some(parameter)
                    && dotted_text(object).is_some_and(|name| is_parameters(&name))
            }
            _ => false,
        },
        // A sign before the value (`+id` in JavaScript) converts it to a number.
        ExprKind::Operation(_, parts) => matches!(parts.as_slice(), [only] if is_id(only, names, parameter)),
        _ => false,
    }
}

fn is_parameters(holder: &str) -> bool {
    const HOLDERS: [&str; 13] = [
        "GET",
        "POST",
        "args",
        "body",
        "data",
        "form",
        "json",
        "kwargs",
        "params",
        "path_params",
        "query",
        "query_params",
        "view_args",
    ];
    HOLDERS.contains(&last_part(holder))
}

/// Whether an argument has the parameter, not below a further call.
pub(super) fn mentions_parameter(expr: &Expr, names: &HashSet<String>, parameter: &str) -> bool {
    if is_id(expr, names, parameter) {
        return true;
    }
    match &*expr.kind {
        ExprKind::List(parts) | ExprKind::Compare(parts, _) | ExprKind::Template(_, parts) => {
            parts.iter().any(|part| mentions_parameter(part, names, parameter))
        }
        ExprKind::Record(entries) => entries.iter().any(|entry| mentions_parameter(&entry.value, names, parameter)),
        _ => false,
    }
}

/// Finds the loads of a parameter, in order.
pub(super) fn find_loads<'a>(case: &'a Case<'_>, parameter: &str) -> Vec<Load<'a>> {
    let names = names_of(case, parameter);
    let wanted = |_: &Expr, arguments: &[Argument]| {
        arguments.iter().any(|argument| mentions_parameter(&argument.value, &names, parameter))
    };
    find_calls(case, &wanted)
        .into_iter()
        .filter_map(|(call, statement)| read_load(case, call, statement, &names, parameter))
        .collect()
}

/// Finds the calls of a handler that are like this, each with its statement.
pub(super) fn find_calls<'a>(
    case: &'a Case<'_>,
    wanted: &dyn Fn(&Expr, &[Argument]) -> bool,
) -> Vec<(&'a Expr, &'a Statement)> {
    let mut found: Vec<(&Expr, &Statement)> = Vec::new();
    each_statement(&case.handler.function.body, &mut |statement| {
        for expr in own_exprs(statement) {
            walk_expr(expr, &mut |part| {
                if let ExprKind::Call { callee, arguments, .. } = &*part.kind
                    && wanted(callee, arguments)
                    && !found.iter().any(|(known, _)| known.span == part.span)
                {
                    found.push((part, statement));
                }
            });
        }
    });

    found
}

/// Finds the call that is made on what another one gives: `.all()` of `prepare(..).all()`.
pub(super) fn find_call_on<'a>(case: &'a Case<'_>, first: &Expr) -> Option<&'a Expr> {
    let all = find_calls(
        case,
        &|callee, _| matches!(&*callee.kind, ExprKind::Member(object, _) if object.span == first.span),
    );
    all.first().map(|(call, _)| *call)
}

/// The expressions of a statement itself, those of its blocks left out.
pub(super) fn own_exprs(statement: &Statement) -> Vec<&Expr> {
    match &statement.kind {
        StatementKind::Assign(targets, value) => targets.iter().chain(value).collect(),
        StatementKind::Expr(part) | StatementKind::Assert(part) => vec![part],
        StatementKind::Return(part) => part.iter().collect(),
        StatementKind::Throw(parts) | StatementKind::Delete(parts) => parts.iter().collect(),
        StatementKind::If { test, .. } | StatementKind::While { test, .. } => vec![test],
        StatementKind::For { source, .. } => vec![source],
        StatementKind::With { items, .. } => items.iter().map(|item| &item.value).collect(),
        _ => Vec::new(),
    }
}

fn read_load<'a>(
    case: &Case<'_>,
    call: &'a Expr,
    statement: &'a Statement,
    names: &HashSet<String>,
    parameter: &str,
) -> Option<Load<'a>> {
    let (callee, arguments) = call.call()?;
    let written = dotted_text(callee);
    let last = written.as_deref().map(last_part).or_else(|| match &*callee.kind {
        ExprKind::Member(_, name) => Some(name.as_str()),
        _ => None,
    })?;
    if is_no_load(last) {
        return None;
    }
    let model = model_of(callee).or_else(|| {
        let first = &arguments.first()?.value;
        let Some(first) = dotted_text(first) else {
            // `get_object_or_404(Note.objects.all(), pk=pk)`
            return first.call().and_then(|(callee, _)| model_of(callee));
        };
        last_part(&first).starts_with(char::is_uppercase).then(|| last_part(&first).to_owned())
    });

    // The order matters: SQL names its table, a helper hides its own, and a keyword is surer than a guess by the
    // method's name.
    let (kind, table) = if let Some((literal, read, _)) = sql_of(case.module, arguments) {
        let table = read.table.clone();
        (LoadKind::Sql(literal.span, read), Some(table))
    } else if let Some(Resolved::Function(found)) = case.project.resolve_expr(case.handler.module, callee) {
        (LoadKind::Helper(found), None)
    } else if arguments
        .iter()
        .any(|argument| argument.name.is_some() && mentions_parameter(&argument.value, names, parameter))
    {
        (LoadKind::Keywords, model)
    } else if let Some(record) = arguments.iter().find_map(|argument| record_with(&argument.value, names, parameter)) {
        (LoadKind::Record(record), model.or_else(|| collection_of(callee)))
    } else if arguments.iter().any(|argument| matches!(&*argument.value.kind, ExprKind::Compare(..))) {
        let of = arguments.iter().find_map(|argument| match &*argument.value.kind {
            ExprKind::Compare(parts, _) => parts.iter().find_map(model_of),
            _ => None,
        });
        (LoadKind::Conditions, model.or(of))
    } else if model.is_some() && is_by_key(last) {
        (LoadKind::ByKey, model)
    } else {
        (LoadKind::Other, model)
    };
    Some(Load { call, statement, kind, table })
}

fn is_by_key(last: &str) -> bool {
    const WORDS: [&str; 12] = [
        "find",
        "findById",
        "findByIdAndDelete",
        "findByIdAndUpdate",
        "findByPk",
        "first_or_404",
        "get",
        "get_or_404",
        "getOne",
        "getReferenceById",
        "one",
        "one_or_404",
    ];
    WORDS.contains(&last)
}

fn is_no_load(last: &str) -> bool {
    const WORDS: [&str; 34] = [
        "abort",
        "append",
        "arraylength",
        "bool",
        "date",
        "debug",
        "dict",
        "dumps",
        "end",
        "error",
        "exception",
        "executescript",
        "float",
        "format",
        "httpexception",
        "info",
        "int",
        "json",
        "jsonify",
        "jsonresponse",
        "len",
        "list",
        "log",
        "number",
        "parseint",
        "print",
        "redirect",
        "send",
        "str",
        "string",
        "urlfor",
        "uuid",
        "warn",
        "warning",
    ];
    WORDS.contains(&simplify_name(last).as_str())
}

/// The innermost record that has the parameter.
fn record_with(expr: &Expr, names: &HashSet<String>, parameter: &str) -> Option<Span> {
    let ExprKind::Record(entries) = &*expr.kind else { return None };
    // The innermost record is the condition itself; an outer one holds options such as `include` beside `where`.
    entries
        .iter()
        .find_map(|entry| record_with(&entry.value, names, parameter))
        .or_else(|| entries.iter().any(|entry| is_id(&entry.value, names, parameter)).then_some(expr.span))
}
