//! Secrets stay out of the log, and out of what a model reads.

use std::ops::Range;

use crate::fix::draft::{Case, FixDraft};
use crate::fix::holes::find_hole;
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::reach::reached_functions;
use crate::ir::{Expr, ExprKind, Span, dotted_text, last_part, walk_statements};
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

impl SecretSink {
    /// Returns what stands in the place of a secret.
    fn word(self) -> &'static str {
        match self {
            SecretSink::Log => "[redacted]",
            SecretSink::Model => "[held by the server]",
        }
    }
}

/// Puts a word in the place of a secret. What only speaks of a secret (its length, whether it is there) stays.
fn redact_secret(module: &Module, draft: &mut FixDraft, expr: &Expr, within: SecretSink) {
    match &*expr.kind {
        ExprKind::Template(_, parts) => redact_template(module, draft, (expr, parts), within),
        _ if is_secret(expr) => {
            let style = crate::fix::style::CodeStyle::of(&module.text, module.language);
            draft.replace(&module.path, expr.span, style.quoted(within.word()));
        }
        // `"token " + token`, `"token %s" % token`, `token ?? ""`
        ExprKind::Operation(_, parts) | ExprKind::Logic { parts, .. } => {
            parts.iter().for_each(|part| redact_secret(module, draft, part, within))
        }
        ExprKind::Call { callee, arguments, .. } if keeps_text(callee) => {
            if let ExprKind::Member(object, _) = &*callee.kind {
                redact_secret(module, draft, object, within);
            }
            arguments.iter().for_each(|argument| redact_secret(module, draft, &argument.value, within))
        }
        ExprKind::Record(entries) => {
            entries.iter().for_each(|entry| redact_secret(module, draft, &entry.value, within))
        }
        ExprKind::List(items) => items.iter().for_each(|item| redact_secret(module, draft, item, within)),
        _ => {}
    }
}

/// `{token}` and `${token}` within a literal become the word, whatever else stands in the brackets.
fn redact_template(module: &Module, draft: &mut FixDraft, (literal, parts): (&Expr, &[Expr]), within: SecretSink) {
    let written = literal.span.text(&module.text);
    let secrets = parts.iter().filter(|part| carries_secret(part));
    // Quotes within the brackets may be those of the literal, so that the word takes the place of all of them.
    let holes: Vec<Range<usize>> =
        secrets.filter_map(|part| find_hole(&module.text, literal.span, part.span)).collect();
    let is_gone = |part: &Expr| holes.iter().any(|hole| hole.contains(&part.span.start));
    let kept: String = written
        .char_indices()
        .filter(|(at, _)| !holes.iter().any(|hole| hole.contains(&(literal.span.start + at))))
        .map(|(_, letter)| letter)
        .collect();
    let is_bare = parts.iter().all(is_gone) && !kept.contains(['{', '}']);

    // Without a placeholder left, a literal of Python needs its sign no more; it still halves brackets written twice.
    if written.starts_with(['f', 'F']) && is_bare {
        draft.replace(&module.path, Span { end: literal.span.start + 1, ..literal.span }, "");
    }
    for hole in holes {
        draft.replace(&module.path, Span { start: hole.start, end: hole.end, ..literal.span }, within.word());
    }
}

/// Whether a secret is written out by an expression, by itself or within a longer text.
fn carries_secret(expr: &Expr) -> bool {
    match &*expr.kind {
        _ if is_secret(expr) => true,
        ExprKind::Template(_, parts) | ExprKind::Operation(_, parts) | ExprKind::Logic { parts, .. } => {
            parts.iter().any(carries_secret)
        }
        ExprKind::Call { callee, arguments, .. } if keeps_text(callee) => {
            let object = if let ExprKind::Member(object, _) = &*callee.kind { Some(object) } else { None };
            object.into_iter().chain(arguments.iter().map(|argument| &argument.value)).any(carries_secret)
        }
        _ => false,
    }
}

/// Whether what a function is given stands in what it returns: `str(token)`, `token.strip()`, `"..".format(token)`.
fn keeps_text(callee: &Expr) -> bool {
    const KEEPERS: &str = "String concat decode dumps encode format repr str stringify strip toString trim";
    let name = match &*callee.kind {
        ExprKind::Member(_, name) => name.clone(),
        _ => dotted_text(callee).unwrap_or_default(),
    };
    KEEPERS.split(' ').any(|keeper| keeper == last_part(&name))
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
