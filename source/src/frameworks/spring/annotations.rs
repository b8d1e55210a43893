//! Annotations of Spring, also those of the project that carry others.

use crate::ir::{Argument, Expr, ExprKind, argument_named, dotted_text, last_part};
use crate::project::{ModuleId, Project, Resolved};

/// Annotations within annotations deeper than this are not read.
const MOST_DEPTH: usize = 4;

/// An annotation and where it is written.
#[derive(Clone)]
pub(super) struct Annotation {
    /// The module.
    pub(super) module: ModuleId,
    /// Its name without its package.
    pub(super) name: String,
    /// The whole.
    pub(super) expr: Expr,
}

impl Annotation {
    /// Returns what it is given.
    pub(super) fn arguments(&self) -> &[Argument] {
        self.expr.call().map_or(&[], |(_, arguments)| arguments)
    }

    /// Returns what it is given under one of these names; a value without a name is `value`.
    pub(super) fn value(&self, names: &[&str]) -> Option<&Expr> {
        let arguments = self.arguments();
        let named = names.iter().find_map(|name| argument_named(arguments, name));
        let bare = || arguments.iter().find(|argument| argument.name.is_none()).map(|argument| &argument.value);
        named.or_else(|| if names.contains(&"value") { bare() } else { None })
    }
}

/// Returns the annotations of a declaration, and those that annotations of the project carry themselves.
pub(super) fn read_annotations(project: &Project, module: ModuleId, decorators: &[Expr]) -> Vec<Annotation> {
    let mut found = Vec::new();
    collect_annotations(project, module, decorators, 0, &mut found);
    found
}

fn collect_annotations(
    project: &Project,
    module: ModuleId,
    decorators: &[Expr],
    depth: usize,
    found: &mut Vec<Annotation>,
) {
    for decorator in decorators {
        let callee = decorator.call().map_or(decorator, |(callee, _)| callee);
        let Some(name) = dotted_text(callee) else { continue };
        // The annotation stands before those that it carries, so a nearer one is found first.
        found.push(Annotation { module, name: last_part(&name).to_owned(), expr: decorator.clone() });
        if depth < MOST_DEPTH
            && let Some(Resolved::Class(class)) = project.resolve(module, &name)
        {
            collect_annotations(project, class.module, &class.class.decorators, depth + 1, found);
        }
    }
}

/// Returns the one with that name.
pub(super) fn find_annotation<'a>(annotations: &'a [Annotation], name: &str) -> Option<&'a Annotation> {
    annotations.iter().find(|annotation| annotation.name == name)
}

/// Returns the texts that a value stands for; absent where one is not known.
pub(super) fn texts_of_value(project: &Project, module: ModuleId, value: &Expr) -> Option<Vec<String>> {
    match &*value.kind {
        ExprKind::List(items) => items.iter().map(|item| project.constant(module, item)).collect(),
        _ => match project.resolve_expr(module, value) {
            Some(Resolved::Value(of, _, list)) if matches!(&*list.kind, ExprKind::List(_)) => {
                texts_of_value(project, of, &list)
            }
            _ => project.constant(module, value).map(|text| vec![text]),
        },
    }
}
