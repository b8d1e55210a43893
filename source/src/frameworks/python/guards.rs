//! What a guard keeps out: by what its body does to a caller, and by its name where the body is not in the project.

use super::meaning::Meaning;
use super::survey::{PythonSurvey, ScopeId};
use crate::ir::{Argument, Expr, ExprKind, Span, argument_named, dotted_text, last_part, literal_text};
use crate::project::FunctionRef;
use crate::routes::{Guard, GuardKind, GuardLevel};
use crate::words::{CREDENTIAL_WORDS, GUARD_VERBS, PUBLIC_WORDS, ROLE_KINDS, ROLE_WORDS, has_word, words_of};

/// Where a guard is put on a route.
#[derive(Debug, Clone, Copy)]
pub(in crate::frameworks) struct GuardSite {
    pub at: ScopeId,
    pub level: GuardLevel,
    pub span: Span,
}

impl GuardSite {
    /// Returns the same site at another piece.
    pub(in crate::frameworks) fn on(self, span: Span) -> Self {
        GuardSite { span, ..self }
    }
}

/// Returns the guard that an expression is: a decorator, a hook, or what a dependency calls. `None` where it refuses
/// nothing, as far as can be read.
pub(in crate::frameworks) fn read_guard(survey: &PythonSurvey, site: GuardSite, expr: &Expr) -> Option<Guard> {
    let (callee, arguments) = expr.call().unwrap_or((expr, &[]));
    let name = dotted_text(callee)?;
    let kind = kind_of(survey, (site.at, callee), arguments, last_part(&name))?;
    Some(Guard {
        name: survey.project.text(survey.module(site.at), expr.span).to_owned(),
        kind,
        level: site.level,
        place: survey.project.place(survey.module(site.at), site.span),
    })
}

fn kind_of(
    survey: &PythonSurvey,
    (at, callee): (ScopeId, &Expr),
    arguments: &[Argument],
    name: &str,
) -> Option<GuardKind> {
    for meaning in survey.meanings(at, callee) {
        match meaning {
            Meaning::Function(function) => return kind_of_function(survey, &function, arguments),
            Meaning::Class(class) => {
                // An instance is called by `__call__`, a view by `dispatch`, a dependency class by `__init__`.
                let called = ["__call__", "dispatch", "__init__"];
                let method = called.iter().find_map(|method| survey.project.method(&class, method))?;
                return kind_of_body(survey, &method, &class.class.name, arguments);
            }
            Meaning::Value(of, value) => {
                // `oauth2_scheme = OAuth2PasswordBearer(..)`, `is_admin = RoleChecker("admin")`
                if let Some((made, given)) = value.call()
                    && value.span != callee.span
                    && let Some(kind) = made_kind(survey, (of, made), given)
                {
                    return kind;
                }
            }
            Meaning::Module(_) => {}
        }
    }

    kind_by_name(name, arguments)
}

/// What an object that is called as a guard keeps out; absent where the way it is made says nothing.
fn made_kind(survey: &PythonSurvey, (of, made): (ScopeId, &Expr), given: &[Argument]) -> Option<Option<GuardKind>> {
    if let Some(class) = survey.class(of, made) {
        let method = survey.project.method(&class, "__call__")?;
        return Some(kind_of_body(survey, &method, &class.class.name, given));
    }
    let name = dotted_text(made)?;
    let name = last_part(&name);
    let scheme = ["Bearer", "APIKey", "HTTPBasic", "HTTPDigest", "OAuth2", "OpenIdConnect"];

    if !scheme.iter().any(|start| name.contains(start)) {
        return None;
    }
    // `auto_error=False` passes requests without credentials on with `None`.
    let lets_in = argument_named(given, "auto_error")
        .is_some_and(|value| matches!(&*value.kind, ExprKind::Constant(written) if written == "False"));
    Some((!lets_in).then_some(GuardKind::Authentication))
}

/// Returns what a function keeps out.
pub(super) fn kind_of_function(
    survey: &PythonSurvey,
    function: &FunctionRef,
    arguments: &[Argument],
) -> Option<GuardKind> {
    kind_of_body(survey, function, &function.function.name, arguments)
}

fn kind_of_body(
    survey: &PythonSurvey,
    function: &FunctionRef,
    name: &str,
    arguments: &[Argument],
) -> Option<GuardKind> {
    // A body that could not be parsed wholly may hide its refusal, so the name decides.
    if function.function.is_damaged {
        return kind_by_name(name, arguments);
    }
    let refusal = survey.refusal(function);

    // A body that refuses nothing is no guard, whatever its name promises.
    if !refusal.any() {
        return None;
    }
    // It refuses some, and by its name not every stranger.
    if has_word(name, PUBLIC_WORDS) {
        return Some(GuardKind::Unknown);
    }
    if has_word(name, ROLE_WORDS) {
        return Some(GuardKind::Role(role_text(name, arguments)));
    }
    if refusal.unauthenticated || has_word(name, CREDENTIAL_WORDS) {
        return Some(GuardKind::Authentication);
    }
    let texts = role_argument(arguments);

    match (refusal.forbidden, texts) {
        (true, Some(texts)) => Some(GuardKind::Role(texts)),
        _ => Some(GuardKind::Unknown),
    }
}

/// Returns what a guard keeps out whose body is not in the project.
fn kind_by_name(name: &str, arguments: &[Argument]) -> Option<GuardKind> {
    let is_guard = has_word(name, GUARD_VERBS);
    if is_guard && has_word(name, ROLE_WORDS) {
        return Some(GuardKind::Role(role_text(name, arguments)));
    }
    // A public word or `optional=True` lets strangers in even if the name has a word of credentials.
    if has_word(name, PUBLIC_WORDS) || lets_strangers_in(arguments) {
        return None;
    }
    (is_guard && has_word(name, CREDENTIAL_WORDS)).then_some(GuardKind::Authentication)
}

/// `jwt_required(optional=True)` lets strangers in.
pub(super) fn lets_strangers_in(arguments: &[Argument]) -> bool {
    let is_true = |value: &Expr| matches!(&*value.kind, ExprKind::Constant(written) if written == "True");
    argument_named(arguments, "optional").is_some_and(is_true)
}

/// The role in the arguments of a guard, else the word for it in its name; empty where that says only that it is one.
fn role_text(name: &str, arguments: &[Argument]) -> String {
    role_argument(arguments).unwrap_or_else(|| {
        let is_role = |word: &String| ROLE_WORDS.contains(&word.as_str()) && !ROLE_KINDS.contains(&word.as_str());
        words_of(name).into_iter().find(is_role).unwrap_or_default()
    })
}

fn role_argument(arguments: &[Argument]) -> Option<String> {
    let mut texts = Vec::new();
    // Arguments by other names, such as `message="..."`, are no roles.
    let speaks = |argument: &&Argument| argument.name.as_deref().is_none_or(|name| has_word(name, ROLE_WORDS));

    for argument in arguments.iter().filter(speaks) {
        match &*argument.value.kind {
            ExprKind::List(items) => texts.extend(items.iter().filter_map(role_item)),
            _ => texts.extend(role_item(&argument.value)),
        }
    }

    (!texts.is_empty()).then(|| texts.join(", "))
}

/// `"admin"`, `Role.ADMIN`
fn role_item(expr: &Expr) -> Option<String> {
    let member = || dotted_text(expr).filter(|name| name.contains('.')).map(|name| last_part(&name).to_owned());
    literal_text(expr).map(str::to_owned).or_else(member)
}
