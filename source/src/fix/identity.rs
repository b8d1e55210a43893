//! What holds the caller in a handler, and what must be added so that it has a name.

use super::callers::{OwnerUse, caller_of, is_same_table, names_a_caller};
use super::draft::{Case, FixDraft};
use super::edits::TextReplacement;
use super::style::indent_at;
use super::ways::{GuardDemand, ways_of};
use crate::ir::{
    Expr, ExprKind, FunctionParameter, Span, Spread, Statement, StatementKind, dotted_text, last_part, walk_expr,
    walk_statements,
};
use crate::project::{FunctionRef, ModuleId, Project, Resolved};
use crate::routes::{FrameworkName, GuardKind, path_parameters};
use crate::words::{CALLERS, is_one_of, simplify_name};

/// More calls within calls are not followed.
const MOST_STEPS: usize = 4;

/// What holds the caller.
#[derive(Debug, Clone)]
pub(super) struct CallerExpression {
    /// How it is written: `user`, `req.user`, `get_jwt_identity()`.
    pub text: String,
    /// Known from this byte on.
    pub from: usize,
    /// What must be changed so that it is known.
    pub changes: Vec<TextReplacement>,
    /// The call that gives it, where it is one: `security.current_user()`.
    pub call: Option<String>,
}

impl CallerExpression {
    /// Puts what is needed into a draft.
    pub(super) fn bring(&self, file: &str, draft: &mut FixDraft) {
        for change in &self.changes {
            let span = Span { start: change.start, end: change.end, ..Span::default() };
            draft.replace(file, span, change.text.clone());
        }
    }
}

/// Finds what holds the caller before a byte of the handler, the nearest to hand first.
pub(super) fn find_caller(case: &Case<'_>, before: usize) -> Option<CallerExpression> {
    // What the handler has already needs no change; the further down the list, the more is changed or assumed.
    from_parameter(case)
        .or_else(|| from_local(case, before))
        .or_else(|| from_dropped(case, before))
        .or_else(|| from_nested(case, before))
        .or_else(|| from_surroundings(case))
}

fn from_parameter(case: &Case<'_>) -> Option<CallerExpression> {
    let of_path = path_parameters(&case.entry.path);
    let function = case.function();

    for parameter in &function.parameters {
        // A part of the path comes from the client: a parameter `user` of `/users/{user}` is no proof of who calls.
        if of_path.contains(&parameter.name) || parameter.spread != Spread::One {
            continue;
        }
        let injected = parameter
            .declared
            .iter()
            .chain(&parameter.default)
            .find_map(|part| find_dependency(case.project, case.handler.module, part));
        let gives_caller = match &injected {
            Some(dependency) => gives_caller(case.project, dependency.0, &dependency.1, 0),
            // FastAPI fills a parameter without a dependency from the request itself, so that its name proves
            // nothing there.
            None => case.entry.framework != FrameworkName::FastApi && is_one_of(&parameter.name, CALLERS),
        };
        if !gives_caller {
            continue;
        }
        let (mut text, mut changes) = (parameter.name.clone(), Vec::new());

        // `_: User` is asked for and not used: it gets the name that others give it.
        if text.starts_with('_') {
            let start = parameter.span.start;
            let written = case.text(Span { start, end: start + text.len(), ..parameter.span });

            // The name may stand behind a decorator or a modifier; without its exact place it cannot be renamed.
            if written != text {
                continue;
            }
            text = free_name(case, "user");
            changes.push(TextReplacement { start, end: start + parameter.name.len(), text: text.clone() });
        }

        return Some(CallerExpression { text, from: function.body_span.start, changes, call: None });
    }

    None
}

/// The function that a parameter is filled by: `Depends(f)`, `Annotated[T, Depends(f)]`, or a name that stands for it.
pub(super) fn find_dependency(project: &Project, module: ModuleId, part: &Expr) -> Option<(ModuleId, Expr)> {
    dependency_within(project, module, part, 0)
}

fn dependency_within(project: &Project, module: ModuleId, part: &Expr, steps: usize) -> Option<(ModuleId, Expr)> {
    if steps > MOST_STEPS {
        return None;
    }
    match &*part.kind {
        ExprKind::Call { callee, arguments, .. } => {
            let name = dotted_text(callee)?;
            let is_depends = matches!(last_part(&name), "Depends" | "Security");
            arguments.first().filter(|_| is_depends).map(|first| (module, first.value.clone()))
        }
        ExprKind::Index(_, parts) => match &*parts.kind {
            ExprKind::List(items) => items.iter().find_map(|item| dependency_within(project, module, item, steps + 1)),
            _ => None,
        },
        ExprKind::Name(_) | ExprKind::Member(..) => match project.resolve_expr(module, part)? {
            Resolved::Value(of, _, value) => dependency_within(project, of, &value, steps + 1),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a dependency gives the caller and refuses strangers.
fn gives_caller(project: &Project, module: ModuleId, function: &Expr, steps: usize) -> bool {
    let Some(name) = dotted_text(function) else { return false };
    let plain_name = simplify_name(last_part(&name));

    // An optional dependency lets strangers through, so that the caller may be absent.
    if plain_name.contains("optional") {
        return false;
    }
    names_a_caller(&plain_name)
        || match project.resolve_expr(module, function) {
            Some(Resolved::Function(found)) => proves_caller(project, &found, steps),
            _ => false,
        }
}

/// Whether a function of the project finds out who calls: it decodes a token, reads a session, or asks one that does; and
/// refuses where there is nobody.
pub(super) fn proves_caller(project: &Project, function: &FunctionRef, steps: usize) -> bool {
    if steps > MOST_STEPS {
        return false;
    }
    let (mut proves, mut gives) = (false, false);
    let (mut throws, mut refuses) = (false, false);
    walk_statements(
        &function.function.body,
        &mut |statement| match &statement.kind {
            // A function that returns only `True` or `None` checks the caller and does not hand it on.
            StatementKind::Return(Some(value)) => gives |= !matches!(&*value.kind, ExprKind::Constant(_)),
            StatementKind::Throw(_) => throws = true,
            _ => {}
        },
        &mut |expr| {
            if let Some((callee, arguments)) = expr.call() {
                let name = dotted_text(callee).unwrap_or_default();
                let last = simplify_name(last_part(&name));
                refuses |= matches!(last.as_str(), "abort" | "unauthorized" | "throw");
                proves |= matches!(last.as_str(), "decode" | "verify" | "jwtverify" | "verifyidtoken");
                let inner = || match project.resolve_expr(function.module, callee) {
                    Some(Resolved::Function(inner)) => proves_caller(project, &inner, steps + 1),
                    _ => false,
                };
                if arguments.is_empty() && (names_a_caller(&last) || inner()) {
                    proves = true;
                    refuses = true;
                }
            }
        },
    );
    for parameter in &function.function.parameters {
        for part in parameter.declared.iter().chain(&parameter.default) {
            if let Some((module, inner)) = find_dependency(project, function.module, part)
                && gives_caller(project, module, &inner, steps + 1)
            {
                (proves, refuses) = (true, true);
            }
        }
    }

    proves && gives && (refuses || throws)
}

/// Whether a call gives the caller.
pub(super) fn is_caller_call(case: &Case<'_>, expr: &Expr) -> bool {
    let Some((callee, arguments)) = expr.call() else { return false };
    let Some(name) = dotted_text(callee) else { return false };
    let plain_name = simplify_name(last_part(&name));
    // With any other argument the call may look up an account that the client names.
    let takes_request = arguments.iter().all(|argument| {
        dotted_text(&argument.value).is_some_and(|name| matches!(name.as_str(), "request" | "req" | "self.request"))
    });
    if !takes_request {
        return false;
    }
    names_a_caller(&plain_name)
        || match case.project.resolve_expr(case.handler.module, callee) {
            Some(Resolved::Function(found)) => proves_caller(case.project, &found, 0),
            _ => false,
        }
}

fn from_local(case: &Case<'_>, before: usize) -> Option<CallerExpression> {
    let mut found = None;
    each_statement(&case.function().body, &mut |statement| {
        if statement.span.end > before || found.is_some() {
            return;
        }
        if let StatementKind::Assign(targets, Some(value)) = &statement.kind
            && let Some(name) = targets.first().and_then(Expr::name)
        {
            let is_caller = is_caller_call(case, value) || caller_of(case.module, value).is_some();
            // A name that the path has too is what the client sent, converted.
            if is_caller && case.entry.path.find(&format!("{{{name}}}")).is_none() {
                let call = is_caller_call(case, value).then(|| case.text(value.span).to_owned());
                found = Some(CallerExpression {
                    text: name.to_owned(),
                    from: statement.span.end,
                    changes: Vec::new(),
                    call,
                });
            }
        }
    });

    found
}

/// `current_user()` as a statement of its own: it is asked, and what it gives is dropped.
fn from_dropped(case: &Case<'_>, before: usize) -> Option<CallerExpression> {
    let mut found = None;
    each_statement(&case.function().body, &mut |statement| {
        if let StatementKind::Expr(value) = &statement.kind
            && statement.span.end <= before
            && found.is_none()
            && is_caller_call(case, value)
        {
            let name = usual_name(case, value);
            let start = statement.span.start;
            let keyword = if super::callers::has_keys_apart(case.module) { "" } else { "const " };
            let changes = vec![TextReplacement { start, end: start, text: format!("{keyword}{name} = ") }];
            let call = Some(case.text(value.span).to_owned());
            found = Some(CallerExpression { text: name, from: statement.span.end, changes, call });
        }
    });

    found
}

/// `own(current_user(), id)`: the call moves to a line before, and gets a name.
fn from_nested(case: &Case<'_>, before: usize) -> Option<CallerExpression> {
    let mut found: Option<(Span, Expr)> = None;
    each_statement(&case.function().body, &mut |statement| {
        let (StatementKind::Expr(value) | StatementKind::Assign(_, Some(value)) | StatementKind::Return(Some(value))) =
            &statement.kind
        else {
            return;
        };
        if statement.span.start > before || found.is_some() {
            return;
        }
        walk_expr(value, &mut |part| {
            if found.is_none() && part.span != value.span && is_caller_call(case, part) {
                found = Some((statement.span, part.clone()));
            }
        });
    });

    let (statement, call) = found?;
    let name = usual_name(case, &call);
    let written = case.text(call.span);
    let indent = indent_at(&case.module.text, statement.start);
    let keyword = if super::callers::has_keys_apart(case.module) { "" } else { "const " };
    let line = format!("{keyword}{name} = {written}{}{indent}", case.style.newline);
    let changes = vec![
        TextReplacement { start: statement.start, end: statement.start, text: line },
        TextReplacement { start: call.span.start, end: call.span.end, text: name.clone() },
    ];

    Some(CallerExpression { text: name, from: statement.start, changes, call: Some(written.to_owned()) })
}

/// What a guard leaves for the handler: `req.user`, `request.user`, `g.user`, flask-login's `current_user`.
fn from_surroundings(case: &Case<'_>) -> Option<CallerExpression> {
    // Without a guard that asks for a credential the attribute may be absent, or hold a stranger.
    let by_kind = |kind: &GuardKind| matches!(kind, GuardKind::Authentication | GuardKind::Role(_));
    let guarded = case.entry.guards.iter().any(|guard| by_kind(&guard.kind))
        || !ways_of(case.project, case.entry, GuardDemand::Credential).is_empty();
    if !guarded {
        return None;
    }
    let made = |text: String| {
        Some(CallerExpression { text, from: case.function().body_span.start, changes: Vec::new(), call: None })
    };
    let names: Vec<&str> = case.function().parameters.iter().map(|parameter| parameter.name.as_str()).collect();

    match case.entry.framework {
        FrameworkName::Express => {
            let request = names.first().filter(|name| !name.is_empty())?;
            let field = left_on(case.project, &["req", "request"]).unwrap_or_else(|| "user".to_owned());
            made(format!("{request}.{field}"))
        }
        FrameworkName::NestJs => of_nest(case),
        FrameworkName::Django => match names.as_slice() {
            ["self", "request", ..] | ["request", ..] => made("request.user".to_owned()),
            ["self", ..] => made("self.request.user".to_owned()),
            _ => None,
        },
        FrameworkName::Flask => {
            let imported = |name: &str| case.module.imports.contains_key(name);
            let login = case.project.full_name(case.module.id, "current_user");
            if login.contains("flask_login") || login.contains("flask_security") || login.contains("flask_jwt_extended")
            {
                return made("current_user".to_owned());
            }
            if imported("get_jwt_identity") {
                return made("get_jwt_identity()".to_owned());
            }
            let field = left_on(case.project, &["g"]).filter(|_| imported("g"));
            field.and_then(|field| made(format!("g.{field}"))).or_else(|| {
                let on_request = left_on(case.project, &["request"]).filter(|_| imported("request"))?;
                made(format!("request.{on_request}"))
            })
        }
        _ => None,
    }
}

/// What a method of a controller is given: the caller by a decorator of the project, else by the request. One that is given
/// neither asks for the caller as another method of its file does.
fn of_nest(case: &Case<'_>) -> Option<CallerExpression> {
    let from = case.function().body_span.start;
    let made = |text: String, changes: Vec<TextReplacement>| CallerExpression { text, from, changes, call: None };
    let asking = |parameter: &&FunctionParameter| parameter.decorators.iter().any(gives_caller_by_name);
    let own = &case.handler.function.parameters;

    if let Some(given) = own.iter().find(asking) {
        return Some(made(given.name.clone(), Vec::new()));
    }
    let is_request = |decorator: &Expr| matches!(decorator_name(decorator).as_deref(), Some("Req" | "Request"));

    if let Some(request) = own.iter().find(|parameter| parameter.decorators.iter().any(is_request)) {
        let field = left_on(case.project, &["req", "request"]).unwrap_or_else(|| "user".to_owned());
        return Some(made(format!("{}.{field}", request.name), Vec::new()));
    }
    let class = case.handler.class.as_ref()?;
    let others = class.class.methods().flat_map(|method| &method.parameters);
    let other = others.into_iter().find(asking)?;
    let written = case.text(other.span);
    let signs: Vec<String> = other
        .decorators
        .iter()
        .map(|decorator| format!("@{} ", case.text(decorator.span).trim_start_matches('@')))
        .collect();
    // A parser may leave the decorators out of the parameter's span, and without them the framework would not fill
    // it.
    let parameter = if written.starts_with('@') { written.to_owned() } else { format!("{}{written}", signs.concat()) };
    let change = match own.last() {
        Some(last) => TextReplacement { start: last.span.end, end: last.span.end, text: format!(", {parameter}") },
        None => {
            let open = case.function().span.start + case.text(case.function().span).find('(')? + 1;
            TextReplacement { start: open, end: open, text: parameter }
        }
    };

    Some(made(other.name.clone(), vec![change]))
}

fn decorator_name(decorator: &Expr) -> Option<String> {
    let callee = decorator.call().map_or(decorator, |(callee, _)| callee);
    dotted_text(callee).map(|name| last_part(&name).to_owned())
}

/// `@CurrentUser()`, `@User()`
fn gives_caller_by_name(decorator: &Expr) -> bool {
    decorator_name(decorator).is_some_and(|name| names_a_caller(&simplify_name(&name)) || is_one_of(&name, CALLERS))
}

/// The attribute under which guards of this project leave the caller on the request.
fn left_on(project: &Project, holders: &[&str]) -> Option<String> {
    let mut found = None;
    for module in &project.modules {
        walk_statements(
            &module.statements,
            &mut |statement| {
                if let StatementKind::Assign(targets, Some(_)) = &statement.kind
                    && let Some(ExprKind::Member(object, name)) = targets.first().map(|target| &*target.kind)
                    && object.name().is_some_and(|holder| holders.contains(&holder))
                    && is_one_of(name, CALLERS)
                {
                    found.get_or_insert_with(|| name.clone());
                }
            },
            &mut |_| {},
        );
    }

    found
}

/// The name that this project usually gives to what a call gives.
fn usual_name(case: &Case<'_>, call: &Expr) -> String {
    let written = case.text(call.span);
    let callee = call.call().and_then(|(callee, _)| dotted_text(callee)).unwrap_or_default();
    let last = last_part(&callee).to_owned();
    let mut usual = None;

    for module in &case.project.modules {
        each_statement(&module.statements, &mut |statement| {
            if let StatementKind::Assign(targets, Some(value)) = &statement.kind
                && let Some(name) = targets.first().and_then(Expr::name)
                && (value.span.text(&module.text) == written
                    || value
                        .call()
                        .and_then(|(callee, _)| dotted_text(callee))
                        .is_some_and(|name| last_part(&name) == last))
            {
                usual.get_or_insert_with(|| name.to_owned());
            }
        });
    }

    let by_name = if simplify_name(&last).contains("user") { "user" } else { "caller" };
    free_name(case, &usual.unwrap_or_else(|| by_name.to_owned()))
}

/// A name that the handler does not use for something else.
pub(super) fn free_name(case: &Case<'_>, wanted: &str) -> String {
    let mut used = Vec::new();
    walk_statements(&case.function().body, &mut |_| {}, &mut |expr| used.extend(expr.name().map(str::to_owned)));
    used.extend(case.function().parameters.iter().map(|parameter| parameter.name.clone()));
    let candidates = [wanted.to_owned(), format!("current_{wanted}"), format!("{wanted}_of_request")];

    candidates.iter().find(|name| !used.contains(name)).cloned().unwrap_or_else(|| wanted.to_owned())
}

/// Returns which part of the caller names an owner in this project, and where that was seen. Prefers the same table and
/// column.
pub(super) fn part_of<'u>(
    identity: &CallerExpression,
    uses: &'u [OwnerUse],
    table: Option<&str>,
    column: &str,
) -> Option<&'u OwnerUse> {
    let compatible = |used: &&OwnerUse| {
        let (ours, theirs) = (simplify_name(&identity.text), simplify_name(&used.root));
        let both_users = ours.contains("user") == theirs.contains("user");
        ours == theirs || identity.call.as_deref() == Some(&used.root) || (both_users && !theirs.contains("id"))
    };
    let score = |used: &&OwnerUse| {
        let same_table = matches!((table, used.table.as_deref()), (Some(a), Some(b)) if is_same_table(a, b));
        (same_table, used.column == column, used.root == identity.text)
    };
    // Among equals the last wins in `max_by_key`, so the order is reversed to keep the first.
    uses.iter().filter(compatible).rev().max_by_key(score)
}

/// Shows the statements of a function in order, those of functions within left out.
pub(super) fn each_statement<'a>(statements: &'a [Statement], see: &mut dyn FnMut(&'a Statement)) {
    for statement in statements {
        see(statement);
        for block in inner_blocks(statement) {
            each_statement(block, see);
        }
    }
}

/// Returns the blocks of a statement.
pub(super) fn inner_blocks(statement: &Statement) -> Vec<&[Statement]> {
    match &statement.kind {
        StatementKind::If { body, otherwise, .. } | StatementKind::For { body, otherwise, .. } => {
            vec![body, otherwise]
        }
        StatementKind::While { body, .. } | StatementKind::With { body, .. } | StatementKind::Block(body) => vec![body],
        StatementKind::Try { body, handlers, otherwise, finally } => {
            let mut all: Vec<&[Statement]> = vec![body];
            all.extend(handlers.iter().map(Vec::as_slice));
            all.extend([otherwise.as_slice(), finally.as_slice()]);
            all
        }
        _ => Vec::new(),
    }
}

/// Returns whether a name speaks of a role.
pub(super) fn names_role(name: &str) -> bool {
    crate::words::has_word(name, crate::words::ROLE_WORDS)
}
