//! Whether a function may refuse a caller, and as what: by the faults it raises and the answers it returns, in itself and
//! in what it calls.

use std::sync::Arc;

use super::survey::{ScopeId, Survey, callee_name};
use crate::ir::{Expr, ExprKind, Function, Statement, StatementKind, dotted, walk_expr, walk_statements};
use crate::project::FunctionRef;
use crate::words::{CREDENTIAL_WORDS, FORBIDDEN_WORDS, GUARD_VERBS, UNAUTHENTICATED_WORDS, has_word};

/// Calls within calls are followed no deeper.
const MOST_DEPTH: usize = 4;

/// How a function may refuse.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::frameworks) struct Refusal {
    /// As a caller without a credential: 401, or sent to the sign-in.
    pub unauthenticated: bool,
    /// As one who may not: 403.
    pub forbidden: bool,
    /// Otherwise.
    pub other: bool,
}

impl Refusal {
    /// Returns whether it may refuse at all.
    pub(in crate::frameworks) fn any(self) -> bool {
        self.unauthenticated || self.forbidden || self.other
    }

    fn add(&mut self, other: Refusal) {
        self.unauthenticated |= other.unauthenticated;
        self.forbidden |= other.forbidden;
        self.other |= other.other;
    }
}

impl Survey<'_> {
    /// Returns how a function may refuse.
    pub(in crate::frameworks) fn refusal(&self, function: &FunctionRef) -> Refusal {
        self.refusal_within(function, 0)
    }

    fn refusal_within(&self, function: &FunctionRef, depth: usize) -> Refusal {
        let key = (function.module, function.function.span.start);
        if let Some(known) = self.known_refusals.borrow().get(&key) {
            return *known;
        }
        let Some(at) = self.of_function.get(&key).copied().filter(|_| depth < MOST_DEPTH) else {
            return Refusal::default();
        };
        // A function that calls itself refuses by what else it does.
        self.known_refusals.borrow_mut().insert(key, Refusal::default());
        let found = self.read_refusal(at, &function.function, depth);
        self.known_refusals.borrow_mut().insert(key, found);
        found
    }

    fn read_refusal(&self, at: ScopeId, function: &Arc<Function>, depth: usize) -> Refusal {
        let mut found = Refusal::default();
        let (mut thrown, mut returned, mut calls): (Vec<&Expr>, Vec<&Expr>, Vec<&Expr>) = Default::default();
        walk_statements(
            &function.body,
            &mut |statement: &Statement| match &statement.kind {
                StatementKind::Throw(parts) => thrown.extend(parts.first()),
                StatementKind::Return(Some(value)) => returned.push(value),
                _ => {}
            },
            &mut |expr| {
                if expr.call().is_some() {
                    calls.push(expr);
                }
            },
        );
        for value in thrown {
            found.add(of_fault(value));
        }
        for value in returned {
            found.add(of_answer(value));
        }
        for call in calls {
            found.add(self.of_call(at, call, depth));
        }
        found
    }

    fn of_call(&self, at: ScopeId, call: &Expr, depth: usize) -> Refusal {
        let Some((callee, _)) = call.call() else { return Refusal::default() };
        let Some(name) = callee_name(callee) else { return Refusal::default() };
        if name == "abort" {
            let known = codes(call);
            return if known.any() { known } else { Refusal { other: true, ..known } };
        }
        // A decorator calls the handler, and what a parameter stands for is not this function's own doing.
        let inner = self.scope_at(self.module(at), call.span).unwrap_or(at);
        if let Some(called) = self.called_function(inner, callee) {
            return self.refusal_within(&called, depth + 1);
        }
        let verifies = has_word(name, GUARD_VERBS) && has_word(name, CREDENTIAL_WORDS) && !name.starts_with("is_");
        let verifies = verifies && !name.starts_with("check_password") && !name.starts_with("validate_password");
        Refusal { unauthenticated: verifies && name.contains("_in_request"), ..Refusal::default() }
    }

    fn called_function(&self, at: ScopeId, callee: &Expr) -> Option<FunctionRef> {
        let head = dotted(callee)?;
        let head = head.split('.').next().unwrap_or_default().to_owned();
        if self.is_parameter(at, &head) && head != "self" && head != "cls" {
            return None;
        }
        self.function(at, callee)
    }
}

/// `raise Unauthorized(..)`, `raise HTTPException(status_code=401)`
fn of_fault(value: &Expr) -> Refusal {
    let known = codes(value);
    if known.any() {
        return known;
    }
    let callee = value.call().map_or(value, |(callee, _)| callee);
    let name = callee_name(callee).unwrap_or_default();
    let unauthenticated = has_word(name, UNAUTHENTICATED_WORDS);
    let forbidden = !unauthenticated && has_word(name, FORBIDDEN_WORDS);
    Refusal { unauthenticated, forbidden, other: !unauthenticated && !forbidden }
}

/// `return jsonify(..), 401`, `return redirect(url_for("login"))`, `return login_manager.unauthorized()`
fn of_answer(value: &Expr) -> Refusal {
    let mut found = codes(value);
    let name = value.call().and_then(|(callee, _)| callee_name(callee)).unwrap_or_default();
    if has_word(name, &["redirect", "redirectresponse"]) || name.ends_with("RedirectResponse") {
        let mut to_login = false;
        walk_expr(value, &mut |part| {
            let text = match &*part.kind {
                ExprKind::Text(text) | ExprKind::Template(text, _) | ExprKind::Name(text) => text.to_lowercase(),
                ExprKind::Member(_, name) => name.to_lowercase(),
                _ => return,
            };
            to_login |=
                ["login", "signin", "sign-in", "sign_in", "authenticate"].iter().any(|word| text.contains(word));
        });
        found.unauthenticated |= to_login;
    }
    found.unauthenticated |= matches!(name, "unauthorized" | "unauthenticated" | "challenge");
    found.forbidden |= matches!(name, "forbidden" | "permission_denied");
    found
}

/// The status codes 401 and 403 in an expression, written as numbers or by their names.
fn codes(expr: &Expr) -> Refusal {
    let mut found = Refusal::default();
    walk_expr(expr, &mut |part| match &*part.kind {
        ExprKind::Constant(written) => {
            found.unauthenticated |= written == "401";
            found.forbidden |= written == "403";
        }
        ExprKind::Name(name) | ExprKind::Member(_, name) => {
            found.unauthenticated |= matches!(name.as_str(), "UNAUTHORIZED" | "HTTP_401_UNAUTHORIZED");
            found.forbidden |= matches!(name.as_str(), "FORBIDDEN" | "HTTP_403_FORBIDDEN");
        }
        _ => {}
    });
    found
}
