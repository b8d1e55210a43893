//! Tokens that are read without being verified, or written whole into a log: places in the code, without a judgement of
//! what follows from them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ir::{
    Argument, Expr, ExprKind, Function, Span, StatementKind, argument_named, dotted_text, last_part, literal_text,
};
use crate::ir::{walk_expr, walk_statements};
use crate::project::{Module, Project};
use crate::routes::CodePlace;

/// More places of one project say nothing more.
const MOST_FAULTS: usize = 50;
/// Names of values that hold a whole credential.
const TOKEN_NAMES: [&str; 8] =
    ["accesstoken", "authorization", "bearertoken", "idtoken", "jwt", "jwttoken", "refreshtoken", "token"];
/// Methods that write into a log.
const LOG_METHODS: [&str; 9] = ["critical", "debug", "error", "exception", "info", "log", "trace", "warn", "warning"];

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenFaultKind {
    /// Its claims are read, and its signature is not looked at.
    Unverified,
    /// It is written whole into a log.
    Logged,
}

/// A place where a token is not handled as a credential.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenFault {
    /// What is wrong.
    pub kind: TokenFaultKind,
    /// Where.
    pub place: CodePlace,
    /// The function around it; empty where it has no name.
    pub function: String,
    /// The code, on one line, cut where it is long.
    pub text: String,
}

/// Returns the places of a project, tests left out, where a token is read unverified or logged.
pub fn find_token_faults(project: &Project) -> Vec<TokenFault> {
    let mut found = Vec::new();
    for module in project.modules.iter().filter(|module| !is_test(&module.path)) {
        for function in module_functions(module) {
            find_in(project, module, &function, &mut found);
        }
    }
    found.sort_by(|a, b| (&a.place, a.kind).cmp(&(&b.place, b.kind)));
    found.truncate(MOST_FAULTS);
    found
}

/// The functions of a module, the innermost first: a place belongs to the nearest one around it.
fn module_functions(module: &Module) -> Vec<Arc<Function>> {
    let mut found: Vec<Arc<Function>> = Vec::new();
    let mut inner: Vec<Arc<Function>> = Vec::new();
    walk_statements(
        &module.statements,
        &mut |statement| {
            if let StatementKind::Function(function) = &statement.kind {
                found.push(function.clone());
            }
        },
        &mut |expr| {
            if let ExprKind::Function(function) = &*expr.kind {
                inner.push(function.clone());
            }
        },
    );
    found.extend(inner);
    found.sort_by_key(|function| function.outer_span.end.saturating_sub(function.outer_span.start));
    found
}

fn find_in(project: &Project, module: &Module, function: &Function, found: &mut Vec<TokenFault>) {
    let mut faults: Vec<(TokenFaultKind, Span)> = Vec::new();
    let mut verifies = false;
    let mut see = |expr: &Expr| {
        let Some((callee, arguments)) = expr.call() else { return };
        let name = dotted_text(callee).unwrap_or_default();

        match reads_token(project, module, &name, arguments) {
            Some(true) => verifies = true,
            Some(false) => faults.push((TokenFaultKind::Unverified, expr.span)),
            None if is_log_call(&name) && arguments.iter().any(|argument| shows_token(&argument.value)) => {
                faults.push((TokenFaultKind::Logged, expr.span));
            }
            None => {}
        }
    };

    walk_statements(&function.body, &mut |_| {}, &mut see);
    // A place in an inner function was found with that function already.
    let known: BTreeSet<CodePlace> = found.iter().map(|fault| fault.place.clone()).collect();

    // Reading the header first, to choose the key, is how verifying begins.
    for (kind, span) in faults.into_iter().filter(|(kind, _)| !verifies || *kind == TokenFaultKind::Logged) {
        let place = project.place(module.id, span);
        if !known.contains(&place) {
            let text = project.text(module.id, span).split_whitespace().collect::<Vec<_>>().join(" ");
            let text = text.chars().take(120).collect();
            found.push(TokenFault { kind, place, function: function.name.clone(), text });
        }
    }
}

/// Returns whether a call that takes a token apart verifies it; `None` for other calls.
fn reads_token(project: &Project, module: &Module, name: &str, arguments: &[Argument]) -> Option<bool> {
    let full = project.full_name(module.id, name);
    let last = last_part(name);
    let is_of = |library: &str| full.split(['.', '/', ':']).any(|part| part == library);

    if module.language.is_script() {
        let is_jwt = is_of("jsonwebtoken") || is_of("jwt");
        return match last {
            "verify" if is_jwt => Some(true),
            "jwtVerify" | "verifyAsync" => Some(true),
            // `complete: true` reads the header to choose a key, as a first step of verifying.
            "decode" if is_jwt => Some(false).filter(|_| !asks_for(arguments, "complete", "true")),
            "jwtDecode" | "jwt_decode" | "decodeJwt" => Some(false),
            _ => None,
        };
    }

    match last {
        // PyJWT and jose verify by default, so that only a switch turns it off.
        "decode" if is_of("jwt") || is_of("jose") => Some(!is_switched_off(arguments)),
        "get_unverified_claims" => Some(false),
        _ => None,
    }
}

/// `options={"verify_signature": False}`, `verify=False`, `algorithms=["none"]`
fn is_switched_off(arguments: &[Argument]) -> bool {
    let is_false =
        |value: &Expr| matches!(&*value.kind, ExprKind::Constant(text) if text.eq_ignore_ascii_case("false"));
    let takes_none = |value: &Expr| match &*value.kind {
        ExprKind::List(items) => {
            items.iter().any(|item| literal_text(item).is_some_and(|text| text.eq_ignore_ascii_case("none")))
        }
        _ => false,
    };

    asks_for(arguments, "verify_signature", "false")
        || argument_named(arguments, "verify").is_some_and(is_false)
        || argument_named(arguments, "algorithms").is_some_and(takes_none)
}

/// Returns whether one of the arguments is a record with this entry.
fn asks_for(arguments: &[Argument], key: &str, wanted: &str) -> bool {
    let mut found = false;
    for argument in arguments {
        walk_expr(&argument.value, &mut |expr| {
            let ExprKind::Record(entries) = &*expr.kind else { return };
            found |= entries.iter().any(|entry| {
                let named = entry.key.as_ref().and_then(|name| literal_text(name).or(name.name()));
                let is_it = matches!(&*entry.value.kind, ExprKind::Constant(text) if text.eq_ignore_ascii_case(wanted));
                named == Some(key) && is_it
            });
        });
    }

    found
}

fn is_log_call(name: &str) -> bool {
    let Some((receiver, method)) = name.rsplit_once('.') else { return name == "print" };
    let receiver = last_part(receiver).to_ascii_lowercase();
    LOG_METHODS.contains(&method) && (receiver.contains("log") || receiver == "console")
}

/// Returns whether a value holds a whole token: its length, a part of it or its hash is none.
fn shows_token(value: &Expr) -> bool {
    match &*value.kind {
        ExprKind::Name(name) | ExprKind::Member(_, name) => is_token_name(name),
        ExprKind::Index(_, key) => literal_text(key).is_some_and(is_token_name),
        ExprKind::Template(_, parts) | ExprKind::Operation(_, parts) => parts.iter().any(shows_token),
        ExprKind::Call { callee, arguments, .. } => {
            let is_get = matches!(callee.name(), Some("get" | "header"))
                || dotted_text(callee).is_some_and(|name| matches!(last_part(&name), "get" | "header"));
            is_get && arguments.first().and_then(|first| literal_text(&first.value)).is_some_and(is_token_name)
        }
        _ => false,
    }
}

fn is_token_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    TOKEN_NAMES.contains(&plain.to_ascii_lowercase().as_str())
}

/// Returns whether a file holds tests: what they set up is no part of the application.
fn is_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let in_tests = folders.split('/').any(|part| matches!(part, "test" | "tests" | "testing" | "__tests__" | "e2e"));
    in_tests || name.starts_with("test_") || ["_test.", ".test.", ".spec."].iter().any(|part| name.contains(part))
}
