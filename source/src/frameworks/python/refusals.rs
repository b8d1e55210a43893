//! Whether a function may refuse a caller, and as what: by the faults it raises and the answers it returns, in itself and
//! in what it calls.

use std::sync::Arc;

use super::guards::lets_strangers_in;
use super::meaning::{Meaning, collect_returned};
use super::survey::{PythonSurvey, ScopeId, callee_name};
use crate::ir::{Expr, ExprKind, Function, Statement, StatementKind, dotted_text, walk_expr};
use crate::project::FunctionRef;
use crate::words::{CREDENTIAL_WORDS, FORBIDDEN_WORDS, UNAUTHENTICATED_WORDS, has_word};

/// Calls within calls are followed no deeper.
const MOST_DEPTH: usize = 4;

/// How a function may refuse.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::frameworks) struct FunctionRefusal {
    /// As a caller without a credential: 401, or sent to the sign-in.
    pub unauthenticated: bool,
    /// As one who may not: 403.
    pub forbidden: bool,
    /// Otherwise.
    pub other: bool,
}

impl FunctionRefusal {
    /// Returns whether it may refuse at all.
    pub(in crate::frameworks) fn any(self) -> bool {
        self.unauthenticated || self.forbidden || self.other
    }

    fn and(mut self, other: FunctionRefusal) -> Self {
        self.add(other);
        self
    }

    fn add(&mut self, other: FunctionRefusal) {
        self.unauthenticated |= other.unauthenticated;
        self.forbidden |= other.forbidden;
        self.other |= other.other;
    }
}

impl PythonSurvey<'_> {
    /// Returns how a function may refuse.
    pub(in crate::frameworks) fn refusal(&self, function: &FunctionRef) -> FunctionRefusal {
        self.refusal_within(function, 0)
    }

    fn refusal_within(&self, function: &FunctionRef, depth: usize) -> FunctionRefusal {
        let key = (function.module, function.function.span.start);
        if let Some(known) = self.known_refusals.borrow().get(&key) {
            return *known;
        }
        let Some(at) = self.of_function(key).filter(|_| depth < MOST_DEPTH) else {
            return FunctionRefusal::default();
        };
        // A function that calls itself refuses by what else it does.
        self.known_refusals.borrow_mut().insert(key, FunctionRefusal::default());
        let found = self.read_refusal(at, &function.function, depth);
        self.known_refusals.borrow_mut().insert(key, found);

        found
    }

    fn read_refusal(&self, at: ScopeId, function: &Arc<Function>, depth: usize) -> FunctionRefusal {
        let mut found = FunctionRefusal::default();
        for statement in &function.body {
            found.add(self.of_statement(at, statement, depth));
        }
        found
    }

    fn of_all(&self, at: ScopeId, statements: &[Statement], depth: usize) -> FunctionRefusal {
        let mut found = FunctionRefusal::default();
        statements.iter().for_each(|statement| found.add(self.of_statement(at, statement, depth)));
        found
    }

    fn of_statement(&self, at: ScopeId, statement: &Statement, depth: usize) -> FunctionRefusal {
        match &statement.kind {
            StatementKind::Throw(parts) => parts.first().map(of_fault).unwrap_or_default(),
            StatementKind::Return(Some(value)) => self.of_expr(at, value, depth).and(of_answer(value)),
            StatementKind::Assign(_, Some(value)) | StatementKind::Expr(value) => self.of_expr(at, value, depth),
            StatementKind::If { test, body, otherwise } => {
                let test = self.of_expr(at, test, depth);
                // A test may call what refuses: `if not verify(request): ..`.
                test.and(self.of_all(at, body, depth)).and(self.of_all(at, otherwise, depth))
            }
            StatementKind::For { body, otherwise, .. } => {
                self.of_all(at, body, depth).and(self.of_all(at, otherwise, depth))
            }
            StatementKind::With { items, body } => {
                let mut found = self.of_all(at, body, depth);
                items.iter().for_each(|item| found.add(self.of_expr(at, &item.value, depth)));
                found
            }
            StatementKind::While { body, .. } | StatementKind::Block(body) => self.of_all(at, body, depth),
            StatementKind::Try { body, handlers, otherwise, finally } => {
                let mut caught = FunctionRefusal::default();
                handlers.iter().for_each(|handler| caught.add(self.of_all(at, handler, depth)));

                // What is caught and goes unanswered refuses nothing; `raise` alone passes it on.
                let passes = handlers.is_empty() || caught.any() || handlers.iter().flatten().any(is_bare_raise);
                let tried = if passes { self.of_all(at, body, depth) } else { answers_in(body) };
                tried.and(caught).and(self.of_all(at, otherwise, depth)).and(self.of_all(at, finally, depth))
            }

            // A decorator's wrapper.
            StatementKind::Function(inner) => self.read_refusal(at, inner, depth),
            _ => FunctionRefusal::default(),
        }
    }

    fn of_expr(&self, at: ScopeId, expr: &Expr, depth: usize) -> FunctionRefusal {
        let mut found = FunctionRefusal::default();
        walk_expr(expr, &mut |part| {
            if part.call().is_some() {
                found.add(self.of_call(at, part, depth));
            }
        });
        found
    }

    fn of_call(&self, at: ScopeId, call: &Expr, depth: usize) -> FunctionRefusal {
        let Some((callee, arguments)) = call.call() else { return FunctionRefusal::default() };
        let Some(name) = callee_name(callee) else { return FunctionRefusal::default() };

        // `abort()` ends the request, with whatever code.
        if name == "abort" {
            let known = refusal_codes(call);
            return if known.any() { known } else { FunctionRefusal { other: true, ..known } };
        }
        // A decorator calls the handler, and what a parameter stands for is not this function's own doing.
        let inner = self.scope_at(self.module(at), call.span).unwrap_or(at);

        if let Some(called) = self.called_function(inner, callee) {
            // Any function may fail; only what speaks of the caller is a refusal of this one too.
            return FunctionRefusal { other: false, ..self.refusal_within(&called, depth + 1) };
        }
        // `verify_jwt_in_request()` of a library.
        let verifies = name.ends_with("_in_request") && has_word(name, CREDENTIAL_WORDS);
        FunctionRefusal { unauthenticated: verifies && !lets_strangers_in(arguments), ..FunctionRefusal::default() }
    }

    fn called_function(&self, at: ScopeId, callee: &Expr) -> Option<FunctionRef> {
        let head = dotted_text(callee)?;
        let head = head.split('.').next().unwrap_or_default().to_owned();

        // What a parameter stands for is decided by callers; methods of the same object are its own doing.
        if self.is_parameter(at, &head) && head != "self" && head != "cls" {
            return None;
        }
        self.meanings(at, callee).into_iter().find_map(|meaning| match meaning {
            Meaning::Function(function) => Some(function),
            Meaning::Class(class) => self.project.method(&class, "__init__"),
            // `check = KeyChecker(..)`, `check(request)`
            Meaning::Value(of, value) if value.span != callee.span => {
                let class = value.call().and_then(|(made, _)| self.class(of, made))?;
                self.project.method(&class, "__call__")
            }
            _ => None,
        })
    }
}

fn is_bare_raise(statement: &Statement) -> bool {
    matches!(&statement.kind, StatementKind::Throw(parts) if parts.is_empty())
}

/// The refusals that are returned rather than raised.
fn answers_in(statements: &[Statement]) -> FunctionRefusal {
    let mut returned = Vec::new();
    collect_returned(statements, &mut returned);
    returned.into_iter().map(of_answer).fold(FunctionRefusal::default(), FunctionRefusal::and)
}

/// `raise Unauthorized(..)`, `raise HTTPException(status_code=401)`
fn of_fault(value: &Expr) -> FunctionRefusal {
    let known = refusal_codes(value);
    if known.any() {
        return known;
    }
    let callee = value.call().map_or(value, |(callee, _)| callee);
    let name = callee_name(callee).unwrap_or_default();

    // A raised redirect ends the request; only one to the sign-in speaks of a missing credential.
    if name.to_lowercase().contains("redirect") {
        return FunctionRefusal { unauthenticated: speaks_of_login(value), other: true, ..known };
    }
    let unauthenticated = has_word(name, UNAUTHENTICATED_WORDS);
    // A name with words of both speaks of a missing credential first.
    let forbidden = !unauthenticated && has_word(name, FORBIDDEN_WORDS);
    FunctionRefusal { unauthenticated, forbidden, other: !unauthenticated && !forbidden }
}

/// `return jsonify(..), 401`, `return redirect(url_for("login"))`, `return login_manager.unauthorized()`
fn of_answer(value: &Expr) -> FunctionRefusal {
    let mut found = refusal_codes(value);
    let name = value.call().and_then(|(callee, _)| callee_name(callee)).unwrap_or_default();

    if name.to_lowercase().contains("redirect") {
        found.unauthenticated |= speaks_of_login(value);
    }
    found.unauthenticated |= matches!(name, "unauthorized" | "unauthenticated" | "challenge");
    found.forbidden |= matches!(name, "forbidden" | "permission_denied");
    found
}

/// `redirect(url_for("auth.login"))`
fn speaks_of_login(value: &Expr) -> bool {
    let mut found = false;
    walk_expr(value, &mut |part| {
        let text = match &*part.kind {
            ExprKind::Text(text) | ExprKind::Template(text, _) | ExprKind::Name(text) => text.to_lowercase(),
            ExprKind::Member(_, name) => name.to_lowercase(),
            _ => return,
        };
        found |= ["login", "signin", "sign-in", "sign_in", "authenticate"].iter().any(|word| text.contains(word));
    });

    found
}

/// The status codes 401 and 403 in an expression, written as numbers or by their names.
fn refusal_codes(expr: &Expr) -> FunctionRefusal {
    let mut found = FunctionRefusal::default();
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
