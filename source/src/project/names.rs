//! Collects what the names at the top of a module stand for.

use super::{Definition, ImportTarget, Module, exports};
use crate::ir::{Import, Statement, StatementKind, walk_statements};
use crate::lang::Language;

/// Fills definitions and imports of a module.
pub(super) fn collect_definitions(module: &mut Module) {
    let statements = std::mem::take(&mut module.statements);
    collect_top(module, &statements);
    let mut imports = Vec::new();
    let mut inner = Vec::new();
    walk_statements(
        &statements,
        &mut |statement| match &statement.kind {
            StatementKind::Import(import) => imports.push(import),
            StatementKind::Assign(targets, Some(value)) => inner.push((targets, value)),
            _ => {}
        },
        &mut |_| {},
    );
    for import in imports {
        collect_import(module, import);
    }
    // Applications and routers are often made in a function: their names are known too, after those at the top.
    for (targets, value) in inner {
        for name in targets.iter().filter_map(|target| target.name()) {
            let known = module.imports.contains_key(name) || module.definitions.contains_key(name);
            if !known && value.call().is_some() {
                module.definitions.insert(name.to_owned(), Definition::Value(value.clone()));
            }
        }
    }

    module.statements = statements;
}

fn collect_top(module: &mut Module, statements: &[Statement]) {
    for statement in statements {
        if module.language.is_script() {
            exports::collect_exports(module, statement);
        }
        match &statement.kind {
            StatementKind::Function(function) => {
                module.definitions.insert(function.name.clone(), Definition::Function(function.clone()));
            }
            StatementKind::Class(class) => {
                module.definitions.insert(class.name.clone(), Definition::Class(class.clone()));
                if module.language == Language::Java {
                    collect_members(module, &class.members);
                }
            }
            StatementKind::Assign(targets, Some(value)) => {
                for name in targets.iter().filter_map(|target| target.name()) {
                    // `export { x as default }` and the like.
                    if value.name() != Some(name) {
                        module
                            .definitions
                            .entry(name.to_owned())
                            .or_insert_with(|| exports::definition_from_value(value));
                    }
                }
            }
            StatementKind::If { body, otherwise, .. } => {
                collect_top(module, body);
                collect_top(module, otherwise);
            }
            StatementKind::Try { body, handlers, otherwise, .. } => {
                collect_top(module, body);
                handlers.iter().for_each(|handler| collect_top(module, handler));
                collect_top(module, otherwise);
            }
            StatementKind::With { body, .. } | StatementKind::Block(body) => collect_top(module, body),
            _ => {}
        }
    }
}

/// Fields and classes within a class of Java are known by their bare names in its file.
fn collect_members(module: &mut Module, members: &[Statement]) {
    for member in members {
        match &member.kind {
            StatementKind::Assign(targets, Some(value)) => {
                for name in targets.iter().filter_map(|target| target.name()) {
                    module.definitions.entry(name.to_owned()).or_insert(Definition::Value(value.clone()));
                }
            }
            StatementKind::Class(class) => {
                module.definitions.entry(class.name.clone()).or_insert(Definition::Class(class.clone()));
                collect_members(module, &class.members);
            }
            _ => {}
        }
    }
}

fn collect_import(module: &mut Module, import: &Import) {
    let target = |name: Option<String>| ImportTarget { module: import.module.clone(), level: import.level, name };
    if import.names.is_empty() {
        let (alias, target) = match (&import.alias, module.language) {
            (Some(alias), _) => (alias.clone(), target(None)),
            // `import a.b` makes `a` known, through which `a.b` is reached.
            (None, Language::Python) => {
                let head = import.module.split('.').next().unwrap_or_default().to_owned();
                (head.clone(), ImportTarget { module: head, level: 0, name: None })
            }
            // It is imported for what it does, and has no name here.
            (None, _) => return,
        };

        module.imports.insert(alias, target);
    }

    for name in &import.names {
        if name.name == "*" {
            module.stars.push(target(None));
        } else {
            module.imports.insert(name.alias.clone(), target(Some(name.name.clone())));
        }
    }
}
