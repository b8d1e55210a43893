//! Decorators of classes and methods, behind those that the project puts together of others.

use crate::ir::{Argument, Expr, ExprKind, Span, StatementKind, dotted_text, last_part};
use crate::project::{ModuleId, Project, Resolved};

/// Decorators within decorators that are looked through.
const MOST_STEPS: usize = 4;

/// A decorator, called or not.
#[derive(Debug, Clone)]
pub(super) struct Decorator {
    /// Where it is written.
    pub module: ModuleId,
    /// Its name, without the package: `Get`.
    pub name: String,
    /// What it is given.
    pub arguments: Vec<Argument>,
    /// The decorator.
    pub span: Span,
}

/// Returns the decorators that stand on something; `applyDecorators(..)` of the project is taken apart.
pub(super) fn decorators_of(project: &Project, module: ModuleId, written: &[Expr]) -> Vec<Decorator> {
    let mut found = Vec::new();
    written.iter().for_each(|decorator| add_decorators(project, module, decorator, &mut found, 0));
    found
}

fn add_decorators(project: &Project, module: ModuleId, written: &Expr, found: &mut Vec<Decorator>, steps: usize) {
    let (callee, arguments) = written.call().map_or((written, Vec::new()), |(callee, given)| (callee, given.to_vec()));
    let Some(called) = dotted_text(callee) else { return };
    let name = last_part(&project.full_name(module, &called)).to_owned();
    if let Some((inner_module, parts)) = put_together(project, module, callee)
        && steps < MOST_STEPS
    {
        let before = found.len();
        parts.iter().for_each(|part| add_decorators(project, inner_module, part, found, steps + 1));

        // They stand where the one that holds them is written.
        found.iter_mut().skip(before).for_each(|decorator| decorator.span = written.span);
    }

    // The decorator itself is kept too: its name may say that it lets strangers in or asks for roles.
    found.push(Decorator { module, name, arguments, span: written.span });
}

/// The parts of a function of the project that returns `applyDecorators(..)`.
fn put_together(project: &Project, module: ModuleId, callee: &Expr) -> Option<(ModuleId, Vec<Expr>)> {
    let Some(Resolved::Function(found)) = project.resolve_expr(module, callee) else { return None };
    let returned = found.function.body.iter().find_map(|statement| match &statement.kind {
        StatementKind::Return(Some(value)) => Some(value),
        _ => None,
    })?;
    let (callee, arguments) = returned.call()?;
    let is_list = last_part(&dotted_text(callee)?) == "applyDecorators";
    is_list.then(|| (found.module, arguments.iter().map(|argument| argument.value.clone()).collect()))
}

impl Decorator {
    /// Returns the value of a field of the first argument, where that is a record.
    pub fn field(&self, name: &str) -> Option<&Expr> {
        field_of(&self.arguments.first()?.value, name)
    }

    /// Returns the texts among the arguments.
    pub fn texts(&self, project: &Project) -> Vec<String> {
        self.arguments.iter().flat_map(|argument| texts_of(project, self.module, &argument.value)).collect()
    }
}

/// Returns the texts of an expression; members of enumerations that are not read are named.
pub(super) fn texts_of(project: &Project, module: ModuleId, value: &Expr) -> Vec<String> {
    match &*value.kind {
        ExprKind::List(items) => items.iter().flat_map(|item| texts_of(project, module, item)).collect(),
        _ => match project.constant(module, value) {
            Some(text) => vec![text],
            // A member like `Role.Admin` names the role well enough where its value is not known.
            None => dotted_text(value).map(|name| last_part(&name).to_owned()).into_iter().collect(),
        },
    }
}

/// Returns the value of a field of a record.
pub(super) fn field_of<'e>(record: &'e Expr, name: &str) -> Option<&'e Expr> {
    let ExprKind::Record(entries) = &*record.kind else { return None };
    let entry = entries.iter().find(|entry| entry.key.as_ref().and_then(crate::ir::literal_text) == Some(name));
    entry.map(|entry| &entry.value)
}
