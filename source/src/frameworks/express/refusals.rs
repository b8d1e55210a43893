//! What the body of a middleware does with a request that it does not like.

use crate::ir::{
    Expr, ExprKind, Function, Statement, StatementKind, dotted_text, last_part, literal_text, walk_expr,
    walk_statements,
};
use crate::words;

/// Parts of names of faults that say that there is no credential.
const UNAUTHENTICATED: [&str; 4] = ["authenticationerror", "unauthenticated", "unauthorised", "unauthorized"];
/// Parts of names of faults that say that this may not be done.
const FORBIDDEN: [&str; 4] = ["accessdenied", "forbidden", "notallowed", "permission"];

/// What a body does with a request that it does not like.
#[derive(Debug, Default)]
pub(super) struct BodyVerdict {
    /// It answers 401, or throws what means that.
    pub rejects_strangers: bool,
    /// It answers 403.
    pub forbids: bool,
    /// It answers with another fault, throws, or redirects.
    pub ends: bool,
    /// It hands the request to something that is named like a guard.
    pub delegates: bool,
    /// It passes a request on that has no credential.
    pub lets_strangers_pass: bool,
}

/// Reads a middleware's body.
pub(super) fn read_body(function: &Function) -> BodyVerdict {
    let mut verdict = BodyVerdict::default();
    let next = function.parameters.get(2).map_or("next", |next| next.name.as_str());
    let mut thrown: Vec<&Expr> = Vec::new();
    let mut passes = false;
    let see = &mut |statement: &'_ Statement| {
        if let StatementKind::If { test, body, .. } = &statement.kind {
            // A test for a missing credential that leads to `next()` is optional authentication.
            passes |= asks_for_nothing(test) && only_passes(body, next);
        }
    };
    walk_statements(&function.body, see, &mut |_| {});
    walk_statements(
        &function.body,
        &mut |statement| {
            if let StatementKind::Throw(parts) = &statement.kind {
                thrown.extend(parts);
            }
        },
        &mut |_| {},
    );
    verdict.lets_strangers_pass = passes;
    thrown.iter().for_each(|fault| verdict.see_fault(fault));
    walk_statements(&function.body, &mut |_| {}, &mut |expr| {
        if let Some((callee, arguments)) = expr.call() {
            let first = arguments.first().map(|first| &first.value);
            verdict.see_call(callee, first, next);
        }
    });

    verdict
}

impl BodyVerdict {
    /// Returns whether a request may end here.
    pub fn refuses(&self) -> bool {
        self.rejects_strangers || self.forbids || self.ends
    }

    fn see_call(&mut self, callee: &Expr, first: Option<&Expr>, next: &str) {
        let name = dotted_text(callee).unwrap_or_default();
        let last = match &*callee.kind {
            ExprKind::Member(_, last) => last.as_str(),
            _ => last_part(&name),
        };
        match (last, first) {
            ("status" | "sendStatus" | "writeHead" | "code", Some(status)) => match &*status.kind {
                ExprKind::Constant(status) => self.see_status(status),
                _ => self.see_fault(status),
            },
            ("redirect", _) => self.ends = true,
            // `next('route')` and `next('router')` skip handlers and are no faults.
            (_, Some(fault)) if name == next && literal_text(fault).is_none() => self.see_fault(fault),
            _ => {
                self.delegates |=
                    words::has_word(&name, words::CREDENTIAL_WORDS) || words::has_word(&name, words::ROLE_WORDS)
            }
        }
    }

    fn see_status(&mut self, status: &str) {
        match status {
            "401" => self.rejects_strangers = true,
            "403" => self.forbids = true,
            _ => self.ends |= status.starts_with(['3', '4', '5']),
        }
    }

    /// Reads what is thrown, or passed on as a fault: its name, and the statuses in it.
    fn see_fault(&mut self, fault: &Expr) {
        // A thrown fault ends the request whatever it is; its name and numbers only refine the verdict.
        self.ends = true;
        walk_expr(fault, &mut |part| match &*part.kind {
            ExprKind::Constant(status) => self.see_status(status),
            ExprKind::Name(name) | ExprKind::Member(_, name) => {
                let name = name.to_lowercase().replace('_', "");
                self.rejects_strangers |= UNAUTHENTICATED.iter().any(|part| name.contains(part));
                self.forbids |= FORBIDDEN.iter().any(|part| name.contains(part));
            }
            _ => {}
        });
    }
}

/// `!token`, `user === undefined`: a credential that is not there.
fn asks_for_nothing(test: &Expr) -> bool {
    match &*test.kind {
        ExprKind::Not(inner) => is_about_credentials(inner),
        // With `&&` every part must be about a missing credential, or the branch is about something else.
        ExprKind::Logic { all: true, parts } => parts.iter().all(asks_for_nothing),
        ExprKind::Logic { parts, .. } => parts.iter().any(asks_for_nothing),
        ExprKind::Compare(parts, signs) => {
            let is_nothing = |part: &Expr| {
                part.name() == Some("undefined") || matches!(&*part.kind, ExprKind::Constant(text) if text == "null")
            };
            signs.iter().any(|sign| sign.starts_with("=="))
                && parts.iter().any(is_nothing)
                && parts.iter().any(is_about_credentials)
        }
        _ => false,
    }
}

fn is_about_credentials(expr: &Expr) -> bool {
    let mut found = false;
    walk_expr(expr, &mut |part| match &*part.kind {
        ExprKind::Name(name) | ExprKind::Member(_, name) | ExprKind::Text(name) => {
            found |= words::has_word(name, words::CREDENTIAL_WORDS);
        }
        _ => {}
    });

    found
}

/// `return next()`, `next(); return`
fn only_passes(body: &[Statement], next: &str) -> bool {
    let passes =
        |value: &Expr| value.call().is_some_and(|(callee, given)| callee.name() == Some(next) && given.is_empty());
    body.iter().any(|statement| match &statement.kind {
        StatementKind::Return(Some(value)) | StatementKind::Expr(value) => passes(value),
        _ => false,
    })
}
