//! What a piece of middleware keeps out, from its name and, where it stands in the project, from its body.

use crate::guard_words;
use crate::routes::{CodePlace, Guard, GuardKind, GuardLevel};

/// Makes a guard. `body` is the text of what it runs, where the project has it.
pub(super) fn make_guard(name: &str, body: Option<&str>, level: GuardLevel, place: CodePlace) -> Guard {
    Guard { name: shorten_name(name), kind: judge_guard(name, body), level, place }
}

/// Returns whether a piece of middleware is known to refuse no caller: it logs, compresses, adds headers.
pub(super) fn is_harmless(name: &str, body: Option<&str>) -> bool {
    let plain = guard_words::in_words(called_name(name));
    let names_guard =
        promises_guard(&plain, &guard_words::GUARDING) || promises_guard(&plain, &guard_words::ROLE_GUARDING);
    match body {
        Some(body) => !has_refusal(body) && !names_guard,
        // Without a body only a name that promises to pass, and nothing else, makes it harmless.
        None => guard_words::has_word(&plain, &guard_words::PASSING) && !names_guard,
    }
}

/// Returns what a guard keeps out.
fn judge_guard(name: &str, body: Option<&str>) -> GuardKind {
    let plain = guard_words::in_words(called_name(name));
    if guard_words::has_word(&plain, &guard_words::LETTING_IN) {
        return GuardKind::Public;
    }
    // A name that promises to refuse, on a body that never does, is only a name.
    if body.is_some_and(|body| !has_refusal(body) && !hands_on(body)) {
        return GuardKind::Unknown;
    }
    // Roles come first, because `require_admin_auth` contains words of both.
    if promises_guard(&plain, &guard_words::ROLE_GUARDING) {
        return GuardKind::Role(first_text(name).unwrap_or_else(|| called_name(name).to_owned()));
    }
    if promises_guard(&plain, &guard_words::GUARDING) || body.is_some_and(asks_for_credential) {
        return GuardKind::Authentication;
    }
    GuardKind::Unknown
}

/// `find_auth_source` loads something that is called so; it promises nothing.
fn promises_guard(plain: &[String], list: &[&str]) -> bool {
    let loads = plain.first().is_some_and(|first| guard_words::LOADING.contains(&first.as_str()));
    !loads && guard_words::has_word(plain, list)
}

/// Returns the name of what is called: `RequireRole` of `auth.RequireRole("admin")`.
pub(super) fn called_name(name: &str) -> &str {
    let head = name.split(['(', ',', '<', ' ']).next().unwrap_or(name);
    if head.is_empty() { name } else { head }
}

/// The first text among the arguments.
fn first_text(name: &str) -> Option<String> {
    let quote = name.find(['"', '\'', '`'])?;
    let rest = name.get(quote + 1..)?;
    let close = name.get(quote..=quote)?;
    rest.split_once(close).map(|(text, _)| text.to_owned()).filter(|text| !text.is_empty())
}

/// Returns whether a body has an answer that refuses.
fn has_refusal(body: &str) -> bool {
    let small = body.to_ascii_lowercase();
    guard_words::REFUSALS.iter().any(|word| small.contains(word))
}

/// It hands the work to something else that is known by its name: `return authz.Middleware(next)`.
fn hands_on(body: &str) -> bool {
    let Some((_, inner)) = body.split_once(['{', '\n']) else { return false };
    let calls = inner.split('(').filter_map(|before| before.rsplit([' ', '\t', '\n', '=', '!', ',']).next());
    // Only a short body hands on; a long one calls many things with such names by chance.
    inner.lines().count() <= 8
        && calls.into_iter().any(|name| guard_words::has_word(&guard_words::in_words(name), &guard_words::GUARDING))
}

fn asks_for_credential(body: &str) -> bool {
    let small = body.to_ascii_lowercase();
    guard_words::CREDENTIAL_REFUSALS.iter().any(|word| small.contains(word))
}

fn shorten_name(name: &str) -> String {
    let one_line = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() <= 120 { one_line } else { one_line.chars().take(119).chain(['…']).collect() }
}
