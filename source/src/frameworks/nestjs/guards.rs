//! Guards of NestJS: for the application, on controllers and on methods, and what lets strangers past them.

use super::decorators::Decorator;
use super::settings::NestSettings;
use crate::ir::{Expr, ExprKind, Function, StatementKind, dotted_text, last_part, walk_statements};
use crate::project::{ModuleId, Project, Resolved};
use crate::routes::{Guard, GuardKind, GuardLevel};
use crate::words;

/// Longer names are cut.
const MOST_NAME: usize = 100;

/// What the decorators of a class or of a method say about who may pass.
pub(super) struct OwnGuards {
    guards: Vec<Guard>,
    /// The roles that are asked for; guards by role read them.
    roles: Vec<String>,
    /// A decorator that lets strangers in.
    public: Option<Guard>,
}

/// Returns what decorators say about who may pass.
pub(super) fn own_guards(project: &Project, decorators: &[Decorator], level: GuardLevel) -> OwnGuards {
    let mut own = OwnGuards { guards: Vec::new(), roles: Vec::new(), public: None };
    for decorator in decorators {
        if decorator.name == "UseGuards" {
            let given = decorator.arguments.iter().map(|argument| &argument.value);
            own.guards.extend(given.filter_map(|value| read_guard(project, decorator.module, value, level)));
        } else if is_public(&decorator.name) {
            let place = project.place(decorator.module, decorator.span);
            own.public = Some(Guard { name: decorator.name.clone(), kind: GuardKind::Public, level, place });
        } else if words::has_word(&decorator.name, words::ROLE_WORDS) {
            own.roles.extend(decorator.texts(project));
        }
    }

    own
}

/// `@Public()`, `@SkipAuth()`, `@AllowAnonymous()`, `@NoAuth()`
fn is_public(name: &str) -> bool {
    let found = words::words_of(name);
    let has = |list: &[&str]| found.iter().any(|word| list.contains(&word.as_str()));
    // `RequirePublicKey` has a public word but demands something, so a verb of guards decides.
    has(words::PUBLIC_WORDS) && !has(words::GUARD_VERBS)
        || has(&["no", "skip", "without", "bypass", "disable"]) && has(words::CREDENTIAL_WORDS)
}

/// Returns the guards of a route, outermost first.
pub(super) fn guards_of(project: &Project, settings: &NestSettings, [class, method]: [OwnGuards; 2]) -> Vec<Guard> {
    let app = settings.guards.iter();
    let mut guards: Vec<Guard> =
        app.filter_map(|(module, value)| read_guard(project, *module, value, GuardLevel::App)).collect();
    guards.extend(class.guards);
    guards.extend(method.guards);

    // What is said on the method stands for what is said on the class.
    let roles = if method.roles.is_empty() { class.roles } else { method.roles };

    for guard in guards.iter_mut().filter(|guard| matches!(guard.kind, GuardKind::Role(_))) {
        // A guard by role lets everyone pass where no role is asked for.
        guard.kind = if roles.is_empty() { GuardKind::Unknown } else { GuardKind::Role(roles.join(", ")) };
    }
    if let Some(public) = method.public.or(class.public) {
        // A public mark lifts guards that ask for it; a guard on the method itself was put there on purpose.
        let lifted = guards.iter_mut().filter(|guard| guard.level != GuardLevel::Route);
        lifted.for_each(|guard| guard.kind = GuardKind::Unknown);
        guards.push(public);
    }
    guards
}

/// Returns the guard that an expression is; absent where it lets every request pass.
fn read_guard(project: &Project, module: ModuleId, value: &Expr, level: GuardLevel) -> Option<Guard> {
    let callee = value.call().map_or(value, |(callee, _)| callee);
    let named = dotted_text(callee).unwrap_or_default();
    let named = last_part(&named).to_owned();
    let body = match project.resolve_expr(module, callee) {
        Some(Resolved::Class(class)) => project.method(&class, "canActivate").map(|found| found.function),
        _ => None,
    };
    // A stub that returns `true` is no protection, whatever its name promises.
    if body.as_ref().is_some_and(|body| passes_all(body)) {
        return None;
    }
    // A role is looked for first, as `RolesAuthGuard` has words of both.
    let kind = if words::has_word(&named, words::ROLE_WORDS) {
        GuardKind::Role(String::new())
    } else if words::has_word(&named, words::CREDENTIAL_WORDS) {
        GuardKind::Authentication
    } else {
        body.map_or(GuardKind::Unknown, |body| kind_of_body(&body))
    };
    let written = project.text(module, value.span).lines().next().unwrap_or_default();
    let name = if written.is_empty() { named } else { written.chars().take(MOST_NAME).collect() };
    Some(Guard { name, kind, level, place: project.place(module, value.span) })
}

/// Returns whether `canActivate` has no other result than `true`.
fn passes_all(body: &Function) -> bool {
    let mut refuses = false;
    walk_statements(
        &body.body,
        &mut |statement| match &statement.kind {
            StatementKind::Throw(_) => refuses = true,
            StatementKind::Return(value) => {
                let is_true = value
                    .as_ref()
                    .is_some_and(|value| matches!(&*value.kind, ExprKind::Constant(text) if text == "true"));
                refuses |= !is_true;
            }
            _ => {}
        },
        &mut |_| {},
    );
    !refuses
}

fn kind_of_body(body: &Function) -> GuardKind {
    let mut kind = GuardKind::Unknown;
    walk_statements(
        &body.body,
        &mut |statement| {
            if let StatementKind::Throw(parts) = &statement.kind {
                let names = parts.iter().filter_map(|part| part.call()).filter_map(|(callee, _)| dotted_text(callee));
                if names.into_iter().any(|name| name.contains("Unauthorized")) {
                    kind = GuardKind::Authentication;
                }
            }
        },
        &mut |_| {},
    );
    kind
}
