//! The calls of a handler that run a query, and where the text of each is put together.

use super::pieces::holds_text;
use crate::fix::draft::Case;
use crate::fix::identity::each_statement;
use crate::fix::loads::find_calls;
use crate::ir::{Argument, Expr, ExprKind, StatementKind, dotted_text, last_part};

/// A call that runs a query.
pub(super) struct FoundQuery<'a> {
    /// The call that takes the text.
    pub call: &'a Expr,
    /// Callee and arguments of that call.
    pub arguments: &'a [Argument],
    /// What is called, without what it is called on.
    pub method: String,
    /// The expression of the text, also where a name holds it.
    pub text: &'a Expr,
    /// Whether `text("..")` of SQLAlchemy stands around it, which has marks of its own.
    pub is_wrapped: bool,
    /// Whether values are written into the text.
    pub is_made: bool,
}

/// Finds the queries of a handler.
pub(super) fn find_queries<'a>(case: &'a Case<'_>) -> Vec<FoundQuery<'a>> {
    let calls = find_calls(case, &|callee, arguments| !arguments.is_empty() && method_of(callee) != "text");
    calls.into_iter().filter_map(|(call, _)| read_query(case, call)).collect()
}

fn read_query<'a>(case: &'a Case<'_>, call: &'a Expr) -> Option<FoundQuery<'a>> {
    let (callee, arguments) = call.call()?;
    let method = method_of(callee);
    let (text, is_wrapped) = match unwrap_text(&arguments.first()?.value) {
        Some(inner) => (inner, true),
        None => (&arguments.first()?.value, false),
    };
    let text = match text.name() {
        Some(name) if runs_query(&method) => find_only_value(case, name)?,
        _ => text,
    };
    let (text, is_wrapped) = unwrap_text(text).map_or((text, is_wrapped), |inner| (inner, true));
    let is_made = !matches!(&*text.kind, ExprKind::Text(_));
    (holds_text(text) && is_statement(case.text(text.span))).then_some(FoundQuery {
        call,
        arguments,
        method,
        text,
        is_wrapped,
        is_made,
    })
}

/// The name that is called, without what it is called on.
fn method_of(callee: &Expr) -> String {
    match &*callee.kind {
        ExprKind::Member(_, name) => name.clone(),
        _ => dotted_text(callee).map(|name| last_part(&name).to_owned()).unwrap_or_default(),
    }
}

/// `text("..")`
fn unwrap_text(expr: &Expr) -> Option<&Expr> {
    let (callee, arguments) = expr.call()?;
    (method_of(callee) == "text" && arguments.len() == 1).then(|| arguments.first().map(|first| &first.value))?
}

/// Whether a call with this name runs a query, so that a name in it may hold the text of one.
fn runs_query(method: &str) -> bool {
    const METHODS: &str = "$executeRawUnsafe $queryRawUnsafe all each exec execute fetch fetch_all fetch_one fetchrow \
                           fetchval get prepare query queryForList queryForMap queryForObject raw run scalar scalars";
    METHODS.split_ascii_whitespace().any(|known| known == method)
}

/// What a name of the handler holds, where it is set once.
fn find_only_value<'a>(case: &'a Case<'_>, name: &str) -> Option<&'a Expr> {
    let mut values: Vec<Option<&Expr>> = Vec::new();
    each_statement(&case.handler.function.body, &mut |statement| {
        if let StatementKind::Assign(targets, value) = &statement.kind
            && targets.iter().any(|target| target.name() == Some(name))
        {
            values.push(value.as_ref());
        }
    });
    match values.as_slice() {
        [Some(only)] => Some(only),
        _ => None,
    }
}

fn is_statement(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    ["SELECT ", "INSERT ", "UPDATE ", "DELETE "].iter().any(|verb| text.contains(verb))
}
