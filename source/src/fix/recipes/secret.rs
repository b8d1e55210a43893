//! Secrets stay out of the log, and out of what a model reads.

use crate::fix::draft::{Case, Draft};
use crate::fix::proposal::{Refusal, RefusalReason};
use crate::fix::reach::reached;
use crate::ir::{Expr, ExprKind, dotted, last_part, walk_statements};
use crate::project::Module;
use crate::words::plain;

/// Names that say that something is a secret.
const SECRETS: [&str; 14] = [
    "accesstoken",
    "apikey",
    "authorization",
    "bearer",
    "clientsecret",
    "credentials",
    "password",
    "passwd",
    "refreshtoken",
    "secret",
    "secretkey",
    "servicekey",
    "session",
    "token",
];

/// Takes secrets out of what is logged.
pub(super) fn of_logs(case: &Case<'_>) -> Result<Draft, Refusal> {
    let mut draft = Draft::new("secrets are no longer written to the log");
    let mut logs = false;
    for function in reached(case) {
        let Some(module) = case.project.module(function.module) else { continue };
        walk_statements(&function.function.body, &mut |_| {}, &mut |expr| {
            let Some((callee, arguments)) = expr.call() else { return };
            if !is_log(&dotted(callee).unwrap_or_default()) {
                return;
            }
            logs = true;
            for argument in arguments {
                redact(module, &mut draft, &argument.value, Within::Log);
            }
        });
    }
    finish(case, draft, logs, "log")
}

/// Takes secrets out of the texts that a model is given.
pub(super) fn of_model(case: &Case<'_>) -> Result<Draft, Refusal> {
    let mut draft =
        Draft::new("secrets are no longer in what the model reads: whoever carries out its calls adds them");
    let mut texts = false;
    for function in reached(case) {
        let Some(module) = case.project.module(function.module) else { continue };
        walk_statements(&function.function.body, &mut |_| {}, &mut |expr| match &*expr.kind {
            ExprKind::List(items) if items.iter().any(is_text) => {
                texts = true;
                for item in items {
                    redact(module, &mut draft, item, Within::Model);
                }
            }
            ExprKind::Record(entries) => {
                for entry in entries {
                    let key = entry.key.as_ref().and_then(crate::ir::literal).unwrap_or_default();
                    if key == "content" && is_text(&entry.value) {
                        texts = true;
                        redact(module, &mut draft, &entry.value, Within::Model);
                    }
                }
            }
            _ => {}
        });
    }
    if !draft.changes.is_empty() {
        draft.review.push("add the credentials where the call is carried out, not where it is described".to_owned());
    }
    finish(case, draft, texts, "text for a model")
}

fn finish(case: &Case<'_>, draft: Draft, found: bool, what: &str) -> Result<Draft, Refusal> {
    if !draft.changes.is_empty() {
        return Ok(draft);
    }
    if found {
        return Err(case.nothing_to_do(format!("no secret by its name stands in a {what} of {}", case.route())));
    }
    Err(Refusal::new(
        RefusalReason::NotLocated,
        format!("no {what} was found that {} writes", case.route()),
        "look for what writes it, and leave the secret out there",
    ))
}

fn is_text(expr: &Expr) -> bool {
    matches!(&*expr.kind, ExprKind::Text(_) | ExprKind::Template(..))
}

fn is_log(name: &str) -> bool {
    let mut parts: Vec<&str> = name.split('.').collect();
    let last = parts.pop().unwrap_or("");
    let holder = parts.last().copied().unwrap_or("");
    let level =
        matches!(last, "debug" | "info" | "warning" | "warn" | "error" | "exception" | "critical" | "log" | "trace");
    let logger = ["log", "logger", "logging", "console", "LOGGER", "LOG", "_logger"].contains(&holder);
    (level && logger) || name == "print"
}

#[derive(Clone, Copy)]
enum Within {
    Log,
    Model,
}

/// Puts a word in the place of a secret. What only speaks of a secret (its length, whether it is there) stays.
fn redact(module: &Module, draft: &mut Draft, expr: &Expr, within: Within) {
    match &*expr.kind {
        ExprKind::Template(_, parts) => {
            // Without a placeholder left, a literal of Python needs its sign no more.
            let written = expr.span.text(&module.text);
            if written.starts_with(['f', 'F']) && parts.iter().all(is_secret) {
                draft.replace(&module.path, crate::ir::Span { end: expr.span.start + 1, ..expr.span }, "");
            }
            for part in parts.iter().filter(|part| is_secret(part)) {
                let text = match within {
                    Within::Log => "\"[redacted]\"".to_owned(),
                    Within::Model => "\"[held by the server]\"".to_owned(),
                };
                // Within a literal of double quotes, the word stands without the brackets of a placeholder.
                replace_hole(module, draft, expr, part, text.trim_matches('"'));
            }
        }
        _ if is_secret(expr) => {
            let style = crate::fix::style::Style::of(&module.text, module.language);
            draft.replace(&module.path, expr.span, style.quoted("[redacted]"));
        }
        ExprKind::Record(entries) => entries.iter().for_each(|entry| redact(module, draft, &entry.value, within)),
        ExprKind::List(items) => items.iter().for_each(|item| redact(module, draft, item, within)),
        _ => {}
    }
}

/// `{token}` and `${token}` within a literal become the word.
fn replace_hole(module: &Module, draft: &mut Draft, literal: &Expr, part: &Expr, word: &str) {
    let text = &module.text;
    let Some(before) = text.get(literal.span.start..part.span.start) else { return };
    let Some(open) = before.rfind('{') else { return };
    let mut start = literal.span.start + open;
    if text.get(..start).is_some_and(|before| before.ends_with('$')) {
        start -= 1;
    }
    let Some(close) = text.get(part.span.end..literal.span.end).and_then(|after| after.find('}')) else { return };
    let span = crate::ir::Span { start, end: part.span.end + close + 1, ..part.span };
    draft.replace(&module.path, span, word);
}

fn is_secret(expr: &Expr) -> bool {
    let name = match &*expr.kind {
        ExprKind::Name(name) | ExprKind::Member(_, name) => name.clone(),
        ExprKind::Index(_, key) => crate::ir::literal(key).unwrap_or_default().to_owned(),
        ExprKind::Call { callee, arguments, .. } => {
            let got = dotted(callee).is_some_and(|name| last_part(&name) == "get");
            let key = arguments.first().and_then(|first| crate::ir::literal(&first.value));
            key.filter(|_| got).unwrap_or_default().to_owned()
        }
        _ => return false,
    };
    let name = plain(&name);
    SECRETS.iter().any(|secret| name == *secret || (secret.len() > 5 && name.ends_with(secret)))
}
