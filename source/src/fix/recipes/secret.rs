//! Secrets stay out of the log, and out of what a model reads.

use crate::fix::draft::{Case, FixDraft};
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::reach::reached_functions;
use crate::ir::{Expr, ExprKind, dotted_text, last_part, walk_statements};
use crate::project::Module;
use crate::words::simplify_name;

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
pub(super) fn of_logs(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    let mut draft = FixDraft::new("secrets are no longer written to the log");
    let mut logs = false;

    // A secret is often logged by a helper, so that all functions the handler runs through are searched.
    for function in reached_functions(case) {
        let Some(module) = case.project.module(function.module) else { continue };
        walk_statements(&function.function.body, &mut |_| {}, &mut |expr| {
            let Some((callee, arguments)) = expr.call() else { return };
            if !is_log(&dotted_text(callee).unwrap_or_default()) {
                return;
            }
            logs = true;

            for argument in arguments {
                redact_secret(module, &mut draft, &argument.value, SecretSink::Log);
            }
        });
    }

    draft_or_refusal(case, draft, logs, "log")
}

/// Takes secrets out of the texts that a model is given.
pub(super) fn of_model(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    let mut draft =
        FixDraft::new("secrets are no longer in what the model reads: whoever carries out its calls adds them");
    let mut texts = false;

    for function in reached_functions(case) {
        let Some(module) = case.project.module(function.module) else { continue };
        walk_statements(&function.function.body, &mut |_| {}, &mut |expr| match &*expr.kind {
            ExprKind::List(items) if items.iter().any(is_text) => {
                texts = true;
                for item in items {
                    redact_secret(module, &mut draft, item, SecretSink::Model);
                }
            }
            ExprKind::Record(entries) => {
                for entry in entries {
                    let key = entry.key.as_ref().and_then(crate::ir::literal_text).unwrap_or_default();
                    if key == "content" && is_text(&entry.value) {
                        texts = true;
                        redact_secret(module, &mut draft, &entry.value, SecretSink::Model);
                    }
                }
            }
            _ => {}
        });
    }

    if !draft.changes.is_empty() {
        draft.review.push("add the credentials where the call is carried out, not where it is described".to_owned());
    }
    draft_or_refusal(case, draft, texts, "text for a model")
}

fn draft_or_refusal(case: &Case<'_>, draft: FixDraft, found: bool, what: &str) -> Result<FixDraft, FixRefusal> {
    if !draft.changes.is_empty() {
        return Ok(draft);
    }
    if found {
        return Err(case.nothing_to_do(format!("no secret by its name stands in a {what} of {}", case.route())));
    }
    Err(FixRefusal::new(
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
enum SecretSink {
    Log,
    Model,
}

/// Puts a word in the place of a secret. What only speaks of a secret (its length, whether it is there) stays.
fn redact_secret(module: &Module, draft: &mut FixDraft, expr: &Expr, within: SecretSink) {
    match &*expr.kind {
        ExprKind::Template(_, parts) => {
            // Without a placeholder left, a literal of Python needs its sign no more.
            let written = expr.span.text(&module.text);

            if written.starts_with(['f', 'F']) && parts.iter().all(is_secret) {
                draft.replace(&module.path, crate::ir::Span { end: expr.span.start + 1, ..expr.span }, "");
            }
            for part in parts.iter().filter(|part| is_secret(part)) {
                let text = match within {
                    SecretSink::Log => "\"[redacted]\"".to_owned(),
                    SecretSink::Model => "\"[held by the server]\"".to_owned(),
                };
                // Within a literal of double quotes, the word stands without the brackets of a placeholder.
                replace_hole(module, draft, expr, part, text.trim_matches('"'));
            }
        }
        _ if is_secret(expr) => {
            let style = crate::fix::style::CodeStyle::of(&module.text, module.language);
            draft.replace(&module.path, expr.span, style.quoted("[redacted]"));
        }
        ExprKind::Record(entries) => {
            entries.iter().for_each(|entry| redact_secret(module, draft, &entry.value, within))
        }
        ExprKind::List(items) => items.iter().for_each(|item| redact_secret(module, draft, item, within)),
        _ => {}
    }
}

/// `{token}` and `${token}` within a literal become the word.
fn replace_hole(module: &Module, draft: &mut FixDraft, literal: &Expr, part: &Expr, word: &str) {
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
        ExprKind::Index(_, key) => crate::ir::literal_text(key).unwrap_or_default().to_owned(),
        ExprKind::Call { callee, arguments, .. } => {
            let got = dotted_text(callee).is_some_and(|name| last_part(&name) == "get");
            let key = arguments.first().and_then(|first| crate::ir::literal_text(&first.value));
            key.filter(|_| got).unwrap_or_default().to_owned()
        }
        _ => return false,
    };

    let name = simplify_name(&name);
    // Short words end too many harmless names, so that only longer ones count as an ending.
    SECRETS.iter().any(|secret| name == *secret || (secret.len() > 5 && name.ends_with(secret)))
}
