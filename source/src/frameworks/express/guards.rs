//! What a middleware keeps out: by its name, and by its body where that is in the project.

use super::handlers::{is_fault_handler, unwrap_handler};
use super::refusals::read_body;
use super::run::{JsValue, Machine, ScriptArgument};
use crate::routes::{Guard, GuardKind, GuardLevel};
use crate::words;

/// Longer names are cut.
const MOST_NAME: usize = 100;
/// Packages that refuse no caller for who it is, by a part of their name.
const HARMLESS: [&str; 26] = [
    "body-parser",
    "bodyparser",
    "compression",
    "connect-history",
    "cookie-parser",
    "cookieparser",
    "cookies",
    "cors",
    "express-fileupload",
    "express.json",
    "express.raw",
    "express.static",
    "express.text",
    "express.urlencoded",
    "favicon",
    "helmet",
    "i18n",
    "method-override",
    "morgan",
    "multer",
    "nocache",
    "pino",
    "response-time",
    "serve-static",
    "session",
    "swagger-ui",
];

/// A middleware as it was registered.
pub(super) struct RegisteredMiddleware<'g> {
    /// What was given.
    pub given: &'g ScriptArgument,
    /// How far it reaches.
    pub level: GuardLevel,
    /// Whether it is there only under a condition that is not known.
    pub is_doubtful: bool,
}

/// Returns the guard that a middleware is; absent where it refuses no caller.
pub(super) fn guard_of(machine: &mut Machine, registered: &RegisteredMiddleware) -> Option<Guard> {
    let given = registered.given;
    // Express calls functions with four parameters only after a fault, so they cannot refuse a caller.
    if is_fault_handler(&given.value) || matches!(given.value, JsValue::Router(_)) {
        return None;
    }
    let name = name_of(machine, given);
    let kind = match &given.value {
        JsValue::Function(_) => kind_of_function(machine, given, &name)?,
        JsValue::Made(made) => match unwrap_handler(&given.value) {
            Some(_) => kind_of_function(machine, given, &name)?,
            None => kind_of_package(&format!("{} {}", made.name, called_name(&name)), &made.arguments)?,
        },
        JsValue::External(of) => kind_of_package(&format!("{of} {}", called_name(&name)), &[])?,
        _ => kind_by_name(&called_name(&name), &[])?,
    };

    // Under an unknown condition the guard may be absent in production, so it proves nothing.
    let is_certain = !registered.is_doubtful || kind == GuardKind::Public;
    let kind = if is_certain { kind } else { GuardKind::Unknown };
    Some(Guard { name, kind, level: registered.level, place: machine.project.place(given.module, given.span) })
}

/// Returns a middleware as written, or the function's name where what is written is long.
fn name_of(machine: &Machine, given: &ScriptArgument) -> String {
    let (made, own) = match &given.value {
        JsValue::Made(made) => (Some((made.module, made.span)), ""),
        JsValue::Function(closure) => (None, closure.function.name.as_str()),
        _ => (None, ""),
    };
    let (module, span) = made.unwrap_or((given.module, given.span));
    let written = machine.project.text(module, span);
    let is_plain = written.len() <= MOST_NAME && !written.contains('\n') && !written.starts_with('[');

    if is_plain || own.is_empty() {
        let line = written.lines().next().unwrap_or_default().trim();
        return line.chars().take(MOST_NAME).collect();
    }
    own.to_owned()
}

/// What a function of the project keeps out; absent where it lets every request pass.
fn kind_of_function(machine: &mut Machine, given: &ScriptArgument, name: &str) -> Option<GuardKind> {
    let closure = unwrap_handler(&given.value)?;
    let verdict = read_body(&closure.function);
    let named = format!("{} {}", called_name(name), closure.function.name);
    let is_called_guard = is_auth_name(&named) || is_role_name(&named);
    // A body that only delegates refuses where its name promises it; otherwise delegating is mere plumbing.
    let may_refuse = verdict.refuses() || (verdict.delegates && is_called_guard);

    if !may_refuse {
        return None;
    }
    // What is certain to pass a request on, with what it was made with here, keeps nothing out.
    if machine.passes_all(&closure) {
        return None;
    }
    // Optional authentication identifies a caller but also lets requests without credentials pass.
    if verdict.lets_strangers_pass {
        return Some(GuardKind::Unknown);
    }
    // 403 alone, without a word of authentication, is the answer to a known caller without the right.
    let only_forbids = verdict.forbids && !verdict.rejects_strangers && !is_auth_name(&named);

    if is_role_name(&named) || only_forbids {
        return Some(GuardKind::Role(machine.texts_around(&closure).join(", ")));
    }
    let is_auth = verdict.rejects_strangers || is_auth_name(&named);
    Some(if is_auth { GuardKind::Authentication } else { GuardKind::Unknown })
}

/// What something of a package keeps out, by its name.
fn kind_of_package(name: &str, arguments: &[ScriptArgument]) -> Option<GuardKind> {
    let small = name.to_ascii_lowercase();
    if HARMLESS.iter().any(|part| small.contains(part)) {
        return None;
    }
    // A package may refuse for reasons that its name does not show.
    Some(kind_by_name(name, arguments).unwrap_or(GuardKind::Unknown))
}

fn kind_by_name(named: &str, arguments: &[ScriptArgument]) -> Option<GuardKind> {
    let texts = arguments.iter().filter_map(|given| match &given.value {
        JsValue::Text(text) => Some(text.to_string()),
        _ => None,
    });
    if words::has_word(named, words::PUBLIC_WORDS) {
        Some(GuardKind::Public)
    } else if is_role_name(named) {
        Some(GuardKind::Role(texts.collect::<Vec<_>>().join(", ")))
    } else if is_auth_name(named) {
        Some(GuardKind::Authentication)
    } else {
        None
    }
}

/// The name of what is called, without what it is given.
fn called_name(name: &str) -> String {
    name.trim_start_matches(['(', '0', ',', ' ']).split(['(', '[', '{']).next().unwrap_or(name).to_owned()
}

fn is_auth_name(name: &str) -> bool {
    words::has_word(name, words::CREDENTIAL_WORDS)
}

fn is_role_name(name: &str) -> bool {
    words::has_word(name, words::ROLE_WORDS)
}
