//! The functions of a project that tie an object to its caller, and whether a handler uses one for what it loads.

use std::collections::HashSet;
use std::sync::Arc;

use super::callers::{OwnerUse, caller_of, owner_uses, sql_of};
use super::draft::Case;
use super::loads::{Load, LoadKind, find_calls, find_loads, is_id, mentions_parameter, names_of};
use super::tables::Tables;
use super::ways::refuses_callers;
use crate::ir::{Expr, ExprKind, Function, Span, StatementKind, walk_statements};
use crate::project::{FunctionRef, ModuleId, Project, Resolved};
use crate::words::{CALLERS, is_one_of};

/// More calls within calls are not followed.
const MOST_STEPS: usize = 3;

/// What a project says of owners.
pub(super) struct Known {
    /// Tables and models.
    pub tables: Tables,
    /// Where objects are tied to callers.
    pub uses: Vec<OwnerUse>,
}

impl Known {
    /// Reads it from the project of a case.
    pub(super) fn of(case: &Case<'_>) -> Known {
        Known { tables: Tables::of(case.project), uses: owner_uses(case.project, &case.facts.owner_fields) }
    }

    /// Returns whether a function ties what it gets to a caller that it gets too.
    pub(super) fn is_owning(&self, project: &Project, function: &FunctionRef) -> bool {
        self.owning_within(project, function, 0)
    }

    fn owning_within(&self, project: &Project, function: &FunctionRef, steps: usize) -> bool {
        if steps > MOST_STEPS {
            return false;
        }
        if self.uses_in(function.module, function.function.outer_span).next().is_some() {
            return true;
        }
        let mut found = false;
        walk_statements(&function.function.body, &mut |_| {}, &mut |expr| {
            let ExprKind::Call { callee, arguments, .. } = &*expr.kind else { return };
            let passes = arguments.iter().any(|argument| passes_caller(&argument.value));
            if passes
                && !found
                && let Some(Resolved::Function(inner)) = project.resolve_expr(function.module, callee)
            {
                found =
                    !Arc::ptr_eq(&inner.function, &function.function) && self.owning_within(project, &inner, steps + 1);
            }
        });

        found
    }

    /// Returns the uses within a piece of a module.
    pub(super) fn uses_in(&self, module: ModuleId, span: Span) -> impl Iterator<Item = &OwnerUse> {
        self.uses.iter().filter(move |used| used.module == module && span.covers(&used.span))
    }

    /// Returns all functions of the project that tie an object to a caller among their parameters.
    pub(super) fn owning_functions(&self, project: &Project) -> Vec<FunctionRef> {
        let mut found = Vec::new();
        for module in &project.modules {
            for function in named_functions(&module.statements) {
                let takes = function.parameters.iter().any(|parameter| {
                    is_one_of(&parameter.name, CALLERS) || matches!(parameter.name.as_str(), "req" | "request")
                });
                let function = FunctionRef { module: module.id, function, class: None };

                // A decorated function is a handler or is wrapped: calling it directly would skip what the
                // decorator does.
                if takes && function.function.decorators.is_empty() && self.is_owning(project, &function) {
                    found.push(function);
                }
            }
        }

        found
    }
}

/// Whether an argument is the caller, a part of it, or the request that carries it.
pub(super) fn passes_caller(expr: &Expr) -> bool {
    let root = match &*expr.kind {
        ExprKind::Index(object, _) | ExprKind::Member(object, _) => object,
        _ => expr,
    };
    root.name().is_some_and(|name| is_one_of(name, CALLERS) || matches!(name, "req" | "request"))
        || expr.call().is_some()
}

/// The named functions at the top of a module, arrows that are given a name too.
fn named_functions(statements: &[crate::ir::Statement]) -> Vec<Arc<Function>> {
    let mut found = Vec::new();
    for statement in statements {
        match &statement.kind {
            StatementKind::Function(function) => found.push(function.clone()),
            StatementKind::Assign(targets, Some(value)) => {
                if let (Some(name), ExprKind::Function(function)) = (targets.first().and_then(Expr::name), &*value.kind)
                {
                    let mut named = (**function).clone();
                    if named.name.is_empty() {
                        name.clone_into(&mut named.name);
                    }
                    found.push(Arc::new(named));
                }
            }
            StatementKind::Block(body) => found.extend(named_functions(body)),
            _ => {}
        }
    }

    found
}

/// What ties a handler's object to its caller.
#[derive(Debug, Clone)]
pub(super) struct HandlerTie {
    /// Where.
    pub span: Span,
}

/// Finds what ties the object of a parameter to the caller in a handler.
pub(super) fn find_owner_tie(case: &Case<'_>, known: &Known, parameter: &str) -> Option<HandlerTie> {
    let names = names_of(case, parameter);
    let all = find_loads(case, parameter);
    let objects: HashSet<&str> = all.iter().filter_map(Load::name).collect();
    through_function(case, known, parameter, &objects).or_else(|| {
        let own = known.uses_in(case.handler.module, case.function().outer_span);
        let mut own = own.filter(|used| {
            let text = used.span.text(&case.module.text);
            let is_load = all.iter().any(|load| load.call.span.covers(&used.span) || used.span.covers(&load.call.span));
            // A comparison elsewhere in the handler may be about another object, so that it must name this one.
            let is_object = objects
                .iter()
                .chain(names.iter().map(String::as_str).collect::<Vec<_>>().iter())
                .any(|name| has_word(text, name));
            is_load || (used.by_key.is_some() && is_object)
        });

        own.next().map(|used| HandlerTie { span: used.span }).or_else(|| compared_with_id(case, &names, parameter))
    })
}

/// The id itself is compared with a part of the caller: it names the account.
fn compared_with_id(case: &Case<'_>, names: &HashSet<String>, parameter: &str) -> Option<HandlerTie> {
    let mut found = None;
    walk_statements(&case.function().body, &mut |_| {}, &mut |expr| {
        let ExprKind::Compare(parts, _) = &*expr.kind else { return };
        let [left, right] = parts.as_slice() else { return };
        let pair = |id: &Expr, caller: &Expr| {
            is_id(id, names, parameter) && caller_of(case.module, caller).is_some() && !is_id(caller, names, parameter)
        };
        if pair(left, right) || pair(right, left) {
            found.get_or_insert(HandlerTie { span: expr.span });
        }
    });

    found
}

fn through_function(case: &Case<'_>, known: &Known, parameter: &str, objects: &HashSet<&str>) -> Option<HandlerTie> {
    let names = names_of(case, parameter);
    let given = |_: &Expr, arguments: &[crate::ir::Argument]| {
        arguments.iter().any(|argument| {
            mentions_parameter(&argument.value, &names, parameter)
                || argument.value.name().is_some_and(|name| objects.contains(name))
                // `mine(req, find('notes', req.params.id))`
                || argument.value.call().is_some_and(|(_, inner)| {
                    inner.iter().any(|argument| mentions_parameter(&argument.value, &names, parameter))
                })
        })
    };

    find_calls(case, &given).into_iter().find_map(|(call, _)| {
        let (callee, arguments) = call.call()?;
        let Some(Resolved::Function(function)) = resolve_function(case.project, case.handler.module, callee) else {
            return None;
        };
        let passes = arguments.iter().any(|argument| passes_caller(&argument.value));
        let ties = match passes {
            true => known.is_owning(case.project, &function),
            false => asks_by_itself(known, &function),
        };
        ties.then_some(HandlerTie { span: call.span })
    })
}

/// Returns whether a function ties what it gets to a caller that it finds by itself: `g.user`, `current_user`.
fn asks_by_itself(known: &Known, function: &FunctionRef) -> bool {
    let parameters = &function.function.parameters;
    let is_parameter = |root: &str| {
        let name = root.split(['.', '[', '(']).next().unwrap_or(root);
        parameters.iter().any(|parameter| parameter.name == name)
    };
    let mut own = known.uses_in(function.module, function.function.outer_span).filter(|used| !is_parameter(&used.root));

    // What only writes the owner down ties nothing.
    let denies = |used: &OwnerUse| used.by_key.is_none() || refuses_callers(function);
    own.any(denies)
}

/// Returns what a callee stands for; a name that is given an arrow function is that function.
pub(super) fn resolve_function(project: &Project, module: ModuleId, callee: &Expr) -> Option<Resolved> {
    // `const mine = (req, row) => ..` is a value of the module, and a function all the same.
    match project.resolve_expr(module, callee)? {
        Resolved::Value(of, name, value) => match &*value.kind {
            ExprKind::Function(function) => {
                let mut named = (**function).clone();
                named.name = name;
                Some(Resolved::Function(FunctionRef { module: of, function: Arc::new(named), class: None }))
            }
            _ => None,
        },
        found => Some(found),
    }
}

/// Whether the parent that a path names beside the object is tied to the caller: its parameter.
pub(super) fn tied_parent(case: &Case<'_>, known: &Known, but: &str) -> Option<String> {
    let parents = crate::routes::path_parameters(&case.entry.path);
    parents.into_iter().filter(|parent| parent != but).find(|parent| find_owner_tie(case, known, parent).is_some())
}

/// Whether a load is tied to a parent that is tied to the caller: `WHERE id = ? AND project_id = ?`, `notebook=notebook`,
/// `notebook.pages.get(pk=id)`.
pub(super) fn is_tied_to(case: &Case<'_>, load: &Load<'_>, parent: &str) -> bool {
    let Some((callee, arguments)) = load.parts() else { return false };
    let mut names = names_of(case, parent);
    let of_parent = find_loads(case, parent);
    names.extend(
        of_parent.iter().filter(|other| other.call.span != load.call.span).filter_map(Load::name).map(str::to_owned),
    );
    // `notebook.pages.get(..)` begins with what was loaded; the bare parameter is what the client sent.
    let begins = root_name(callee).is_some_and(|root| root != parent && names.contains(root));
    let by_name = load.name().is_some_and(|name| is_compared(case, name, &names_of(case, parent), parent));
    by_name
        || begins
        || match &load.kind {
            LoadKind::Sql(..) => sql_of(case.module, arguments)
                .is_some_and(|(_, _, values)| values.iter().any(|value| mentions_parameter(value, &names, parent))),
            _ => arguments.iter().any(|argument| mentions_parameter(&argument.value, &names, parent)),
        }
}

/// The name that a chain of calls begins with.
fn root_name(expr: &Expr) -> Option<&str> {
    match &*expr.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Member(object, _) | ExprKind::Await(object) => root_name(object),
        ExprKind::Call { callee, .. } => root_name(callee),
        _ => None,
    }
}

/// Returns whether a field of what is loaded is compared with the parent: `line.order_id != order_id`.
fn is_compared(case: &Case<'_>, name: &str, names: &HashSet<String>, parent: &str) -> bool {
    let of_object = |expr: &Expr| match &*super::callers::strip_converters(expr).kind {
        ExprKind::Member(object, _) | ExprKind::Index(object, _) => object.name() == Some(name),
        _ => false,
    };
    let mut found = false;
    walk_statements(&case.function().body, &mut |_| {}, &mut |expr| {
        if let ExprKind::Compare(parts, _) = &*expr.kind
            && let [left, right] = parts.as_slice()
        {
            let pair = |field: &Expr, id: &Expr| of_object(field) && is_id(id, names, parent);
            found |= pair(left, right) || pair(right, left);
        }
    });

    found
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}
