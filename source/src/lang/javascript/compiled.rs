//! Puts decorators back where a TypeScript compiler moved them to: `__decorate([Get()], Users.prototype, "list", null)`.

use std::sync::Arc;

use crate::ir::{
    Argument, Class, Expr, ExprKind, Statement, StatementKind, argument_at, dotted_text, last_part, literal_text,
};

/// What one `__decorate` decorates.
struct Decoration {
    class: String,
    member: Option<String>,
    decorators: Vec<Expr>,
}

/// Gives the classes of a block, and their methods and parameters, the decorators that calls after them apply.
pub(super) fn restore_decorators(mut statements: Vec<Statement>) -> Vec<Statement> {
    let decorations: Vec<Decoration> = statements.iter().filter_map(read_decoration).collect();
    // Most files are no output of a compiler and stay as they are.
    if decorations.is_empty() {
        return statements;
    }
    for statement in &mut statements {
        let place = match &mut statement.kind {
            StatementKind::Class(class) => Some(class),
            _ => None,
        };
        if let Some(class) = place {
            let own = decorations.iter().filter(|decoration| decoration.class == class.name);
            let mut restored = Class::clone(class);
            own.for_each(|decoration| restore_decoration(&mut restored, decoration));
            *class = Arc::new(restored);
        } else {
            restore_assigned(statement, &decorations);
        }
    }

    statements
}

/// `let Users = class Users { .. }` becomes the class itself.
fn restore_assigned(statement: &mut Statement, decorations: &[Decoration]) {
    let StatementKind::Assign(targets, Some(value)) = &statement.kind else { return };
    let Some(class) = class_of(value) else { return };
    let names = |decoration: &&Decoration| {
        // A compiler may name the class in the assignment, in the expression, or in both.
        targets.iter().any(|target| target.name() == Some(&decoration.class)) || class.name == decoration.class
    };
    let own: Vec<&Decoration> = decorations.iter().filter(names).collect();

    if own.is_empty() {
        return;
    }
    let mut restored = Class::clone(class);

    if let Some(name) = targets.iter().find_map(|target| target.name()) {
        restored.name = name.to_owned();
    }
    own.into_iter().for_each(|decoration| restore_decoration(&mut restored, decoration));
    statement.kind = StatementKind::Class(Arc::new(restored));
}

/// The class in an expression of the lowering's own making.
fn class_of(value: &Expr) -> Option<&Arc<Class>> {
    let ExprKind::Call { callee, .. } = &*value.kind else { return None };
    let ExprKind::Function(function) = &*callee.kind else { return None };

    match function.body.first().map(|first| &first.kind) {
        // A called function that holds a class may also be the project's own; the same span shows that it is not.
        Some(StatementKind::Class(class)) if function.span == value.span => Some(class),
        _ => None,
    }
}

fn read_decoration(statement: &Statement) -> Option<Decoration> {
    let value = match &statement.kind {
        StatementKind::Expr(value) | StatementKind::Assign(_, Some(value)) => value,
        _ => return None,
    };
    let (callee, arguments) = call_of(value)?;

    if last_part(&dotted_text(callee)?) != "__decorate" {
        return None;
    }
    let ExprKind::List(decorators) = &*argument_at(arguments, 0)?.kind else { return None };
    let target = dotted_text(argument_at(arguments, 1)?)?;
    let member = argument_at(arguments, 2).and_then(literal_text).map(str::to_owned);
    // Static members are decorated on the class itself, others on its prototype.
    let class = target.strip_suffix(".prototype").unwrap_or(&target).to_owned();

    Some(Decoration { class, member, decorators: decorators.clone() })
}

/// `X = X_1 = __decorate(..)` too.
fn call_of(value: &Expr) -> Option<(&Expr, &[Argument])> {
    match &*value.kind {
        ExprKind::Assign(_, inner) => call_of(inner),
        _ => value.call(),
    }
}

fn restore_decoration(class: &mut Class, decoration: &Decoration) {
    let Some(member) = &decoration.member else {
        class.decorators.extend(decoration.decorators.iter().cloned());
        restore_types(class, None, &decoration.decorators);
        return;
    };
    for statement in &mut class.members {
        let StatementKind::Function(function) = &mut statement.kind else { continue };
        if function.name != *member {
            continue;
        }
        let mut restored = (**function).clone();

        for decorator in &decoration.decorators {
            match parameter_decorator(decorator) {
                Some((place, inner)) => {
                    if let Some(parameter) = restored.parameters.get_mut(place) {
                        parameter.decorators.push(inner.clone());
                    }
                }
                None => restored.decorators.push(decorator.clone()),
            }
        }
        *function = Arc::new(restored);
    }

    restore_types(class, Some(member.as_str()), &decoration.decorators);
}

/// `__param(0, Body())`
fn parameter_decorator(decorator: &Expr) -> Option<(usize, &Expr)> {
    let (callee, arguments) = decorator.call()?;
    if last_part(&dotted_text(callee)?) != "__param" {
        return None;
    }
    let ExprKind::Constant(place) = &*argument_at(arguments, 0)?.kind else { return None };
    Some((place.parse().ok()?, argument_at(arguments, 1)?))
}

/// `__metadata("design:paramtypes", [Users, Number])` says the types of the parameters.
fn restore_types(class: &mut Class, member: Option<&str>, decorators: &[Expr]) {
    let types = decorators.iter().find_map(|decorator| {
        let (callee, arguments) = decorator.call()?;
        let is_types = literal_text(argument_at(arguments, 0)?)? == "design:paramtypes";

        match &*argument_at(arguments, 1)?.kind {
            ExprKind::List(types) if is_types && last_part(&dotted_text(callee)?) == "__metadata" => {
                Some(types.clone())
            }
            _ => None,
        }
    });

    let Some(types) = types else { return };
    for statement in &mut class.members {
        let StatementKind::Function(function) = &mut statement.kind else { continue };
        if function.name != member.unwrap_or("constructor") {
            continue;
        }
        let mut restored = (**function).clone();

        for (parameter, declared) in restored.parameters.iter_mut().zip(&types) {
            // A type that is written wins over the one in the metadata.
            parameter.declared.get_or_insert_with(|| declared.clone());
        }
        *function = Arc::new(restored);
    }
}
