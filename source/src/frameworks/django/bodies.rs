//! Reads what a guard of the project does: whether it refuses, and by what it decides.

use crate::ir::{Expr, ExprKind, Statement, StatementKind, dotted_text, last_part, walk_statements};
use crate::project::{FunctionRef, Project, Resolved};
use crate::routes::GuardKind;
use crate::words::{DENIALS, ROLES, SIGNED_IN};

/// Helpers of helpers deeper than this are not read.
const MOST_DEPTH: usize = 3;

/// What was seen in a body.
#[derive(Debug, Default)]
struct BodyGuardFacts {
    refuses: bool,
    signed_in: bool,
    role: Option<String>,
}

/// Returns what a function keeps out, where some way through it refuses.
pub(super) fn denial_kind(project: &Project, function: &FunctionRef) -> Option<GuardKind> {
    let seen = read_body(project, function, 0);
    seen.refuses.then(|| guard_kind(&seen)).filter(|kind| *kind != GuardKind::Unknown)
}

/// Returns what a test asks of a caller: its answer decides.
pub(super) fn test_kind(project: &Project, function: &FunctionRef) -> GuardKind {
    guard_kind(&read_body(project, function, 0))
}

fn guard_kind(seen: &BodyGuardFacts) -> GuardKind {
    match (&seen.role, seen.signed_in) {
        (Some(role), _) => GuardKind::Role(role.clone()),
        (None, true) => GuardKind::Authentication,
        (None, false) => GuardKind::Unknown,
    }
}

fn read_body(project: &Project, function: &FunctionRef, depth: usize) -> BodyGuardFacts {
    let mut seen = BodyGuardFacts::default();
    let mut called: Vec<&Expr> = Vec::new();
    let mut names: Vec<(&str, Option<String>)> = Vec::new();
    let mut refuses = false;
    let mut see_statement = |statement: &Statement| match &statement.kind {
        StatementKind::Throw(thrown) => refuses |= thrown.iter().any(is_denial),
        StatementKind::Return(Some(value)) => refuses |= is_denial(value),
        _ => {}
    };
    walk_statements(&function.function.body, &mut see_statement, &mut |expr| match &*expr.kind {
        ExprKind::Member(_, name) | ExprKind::Name(name) => names.push((name, None)),
        ExprKind::Call { callee, arguments, .. } => {
            called.push(callee);
            let text = arguments.first().and_then(|first| project.constant(function.module, &first.value));

            if let (ExprKind::Member(_, name), Some(text)) = (&*callee.kind, text) {
                names.push((name, Some(text)));
            }
        }
        _ => {}
    });

    // A refusal counts wherever it is made, as it may be kept in a variable before it is returned.
    seen.refuses = refuses || called.iter().any(|callee| is_denial(callee));
    seen.signed_in = names.iter().any(|(name, _)| SIGNED_IN.binary_search(&lowercase_name(name).as_str()).is_ok());
    let roles = names.iter().filter(|(name, _)| ROLES.binary_search(&lowercase_name(name).as_str()).is_ok());
    // A role in a text (`has_role("admin")`) names what is asked better than the name of the function.
    let with_text = roles.clone().find_map(|(_, text)| text.clone());
    seen.role = with_text.or_else(|| roles.map(|(name, _)| (*name).to_owned()).next());

    // Guards often leave the decision to a helper, such as a method of the same class.
    if depth < MOST_DEPTH {
        for callee in called {
            let helper = resolve_helper(project, function, callee);
            let Some(helper) = helper.filter(|helper| helper.function.span != function.function.span) else { continue };
            let inner = read_body(project, &helper, depth + 1);
            seen.refuses |= inner.refuses;
            seen.signed_in |= inner.signed_in;
            seen.role = seen.role.or(inner.role);
        }
    }

    seen
}

/// A function of the project that is called, or a method of the same class.
fn resolve_helper(project: &Project, function: &FunctionRef, callee: &Expr) -> Option<FunctionRef> {
    let name = dotted_text(callee)?;
    if let (Some(method), Some(class)) = (name.strip_prefix("self."), &function.class) {
        return project.method(class, method);
    }
    match project.resolve(function.module, &name) {
        Some(Resolved::Function(found)) => Some(found),
        _ => None,
    }
}

/// `raise PermissionDenied`, `return HttpResponseForbidden()`, `return Response(status=401)`
fn is_denial(expr: &Expr) -> bool {
    let (callee, arguments) = expr.call().unwrap_or((expr, &[]));
    let Some(name) = dotted_text(callee) else { return false };
    let refuses = |value: &Expr| match &*value.kind {
        // 404 is among them: sound applications hide what a caller must not see as if it did not exist.
        ExprKind::Constant(code) => matches!(code.as_str(), "401" | "403" | "404"),
        _ => dotted_text(value).is_some_and(|name| ["_401_", "_403_"].iter().any(|code| name.contains(code))),
    };
    DENIALS.binary_search(&last_part(&name)).is_ok() || arguments.iter().any(|argument| refuses(&argument.value))
}

fn lowercase_name(name: &str) -> String {
    name.to_ascii_lowercase()
}
