//! What a JavaScript module exports, collected as its definitions.

use super::{Definition, ImportTarget, Module};
use crate::ir::{
    Argument, Expr, ExprKind, RecordEntry, Statement, StatementKind, argument_at, dotted_text, last_part, literal_text,
};

/// What `module.exports` is called among the definitions.
pub(super) const WHOLE: &str = "module.exports";

/// Adds what one statement at the top of a module exports.
pub(super) fn collect_exports(module: &mut Module, statement: &Statement) {
    match &statement.kind {
        StatementKind::Assign(targets, Some(value)) => {
            targets.iter().for_each(|target| collect_assigned(module, target, value));
        }
        StatementKind::Expr(value) => {
            if let Some((callee, arguments)) = value.call() {
                collect_call(module, callee, arguments);
            }
        }
        _ => {}
    }
}

fn collect_assigned(module: &mut Module, target: &Expr, value: &Expr) {
    if let ExprKind::Record(entries) = &*target.kind {
        return collect_pattern(module, entries, value);
    }
    let Some(name) = dotted_text(target) else { return };

    if name == WHOLE {
        if let ExprKind::Record(entries) = &*value.kind {
            entries.iter().for_each(|entry| collect_entry(module, entry));
        }
        add_definition(module, WHOLE, value);
    } else if let Some(name) = name.strip_prefix("module.exports.").or_else(|| name.strip_prefix("exports.")) {
        add_definition(module, name, value);
    }
}

/// `const { list, get: one } = controller`
fn collect_pattern(module: &mut Module, entries: &[RecordEntry], value: &Expr) {
    if dotted_text(value).is_none() {
        return;
    }
    for entry in entries {
        let key = entry.key.as_ref().and_then(literal_text);
        if let (Some(key), Some(name)) = (key, entry.value.name()) {
            let part = Expr::new(ExprKind::Member(value.clone(), key.to_owned()), entry.value.span);
            add_definition(module, name, &part);
        }
    }
}

fn collect_entry(module: &mut Module, entry: &RecordEntry) {
    match entry.key.as_ref().and_then(literal_text) {
        Some(name) => add_definition(module, name, &entry.value),
        // `...require('./more')`
        None => module.stars.extend(required_module(&entry.value)),
    }
}

/// `Object.defineProperty(exports, "x", { get: function () { return y.x } })`, `__exportStar(require("./x"), exports)`
fn collect_call(module: &mut Module, callee: &Expr, arguments: &[Argument]) {
    let Some(name) = dotted_text(callee) else { return };
    if last_part(&name) == "__exportStar" {
        module.stars.extend(argument_at(arguments, 0).and_then(required_module));
    }
    if name != "Object.defineProperty" {
        return;
    }
    let of = argument_at(arguments, 0).and_then(dotted_text);
    let name = argument_at(arguments, 1).and_then(literal_text);
    // Compilers of TypeScript export through getters, so that the value stands in what they return.
    let getter = argument_at(arguments, 2).and_then(getter_value);

    if let (Some("exports"), Some(name), Some(value)) = (of.as_deref(), name, getter) {
        add_definition(module, name, &value);
    }
}

fn getter_value(descriptor: &Expr) -> Option<Expr> {
    let ExprKind::Record(entries) = &*descriptor.kind else { return None };
    let get = entries.iter().find(|entry| entry.key.as_ref().and_then(literal_text) == Some("get"))?;
    let ExprKind::Function(function) = &*get.value.kind else { return None };
    function.body.iter().find_map(|statement| match &statement.kind {
        StatementKind::Return(Some(value)) => Some(value.clone()),
        _ => None,
    })
}

/// The module of `require('./x')`.
fn required_module(value: &Expr) -> Option<ImportTarget> {
    let (callee, arguments) = value.call()?;
    let module = argument_at(arguments, 0).and_then(literal_text)?;
    let target = ImportTarget { module: module.to_owned(), level: 0, name: None };
    (callee.name() == Some("require")).then_some(target)
}

fn add_definition(module: &mut Module, name: &str, value: &Expr) {
    let is_void = matches!(&*value.kind, ExprKind::Operation(sign, _) if sign == "void");
    // `exports.x = x` says nothing that the name does not say already.
    if is_void || value.name() == Some(name) {
        return;
    }
    let made = definition_from_value(value);
    module.definitions.entry(name.to_owned()).or_insert(made);
}

/// Returns what a name is given by a value.
pub(super) fn definition_from_value(value: &Expr) -> Definition {
    match &*value.kind {
        ExprKind::Function(function) => Definition::Function(function.clone()),
        _ => Definition::Value(value.clone()),
    }
}
