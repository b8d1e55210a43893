//! What the settings of a project say of its routes: the root, the middleware, the defaults of the REST framework.

use super::reader::UrlReader;
use super::values::DjangoValue;
use crate::ir::{Expr, ExprKind, Statement, StatementKind, walk_statements};
use crate::project::{Definition, Module, ModuleId, Project};

/// What settings say.
#[derive(Debug, Default)]
pub(super) struct DjangoSettings {
    /// The modules of the root patterns.
    pub(super) roots: Vec<ModuleId>,
    /// The full names of the middleware, in order, and where the list stands.
    pub(super) middleware: Vec<(String, (ModuleId, usize))>,
    /// The permission classes that views of the REST framework have unless they say otherwise.
    pub(super) permissions: Option<(ModuleId, Expr)>,
}

/// Returns whether a file belongs to tests.
pub(super) fn is_of_tests(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "test" | "tests" | "testing" | "conftest.py" | "unittests"))
        || path.rsplit('/').next().is_some_and(|name| name.starts_with("test_") || name == "tests.py")
}

/// Reads the settings of a project.
pub(super) fn read_settings(reader: &mut UrlReader) -> DjangoSettings {
    let project = reader.project;
    let mut settings = DjangoSettings::default();

    for module in project.modules.iter().filter(|module| !is_of_tests(&module.path) && has_settings(module)) {
        reader.follow(module.id);
        reader.settings.push(module.id);

        if let Some(DjangoValue::Text(root)) = reader.followed(module.id, "ROOT_URLCONF") {
            let found = reader.module_named(module.id, &root);
            // Settings for development and production often name the same root.
            settings.roots.extend(found.filter(|found| !settings.roots.contains(found)));
        }
        for middleware in reader.followed(module.id, "MIDDLEWARE").map(|list| list.items()).unwrap_or_default() {
            let Some(name) = middleware.text() else { continue };
            // Several settings add to one list; each middleware guards once, at its first place.
            if !settings.middleware.iter().any(|(known, _)| known == name) {
                let line = line_of_setting(module, "MIDDLEWARE");
                settings.middleware.push((name.to_owned(), (module.id, line)));
            }
        }

        if settings.permissions.is_none() {
            settings.permissions = setting_in(project, module, "DEFAULT_PERMISSION_CLASSES");
        }
    }

    settings
}

fn has_settings(module: &Module) -> bool {
    ["INSTALLED_APPS", "MIDDLEWARE", "REST_FRAMEWORK", "ROOT_URLCONF"]
        .iter()
        .any(|name| module.definitions.contains_key(*name))
}

fn line_of_setting(module: &Module, name: &str) -> usize {
    match module.definitions.get(name) {
        Some(Definition::Value(value)) => value.span.line,
        _ => 1,
    }
}

/// Returns what the settings of the project give to a key of the REST framework, and where.
pub(crate) fn rest_setting(project: &Project, key: &str) -> Option<(ModuleId, Expr)> {
    let mut modules = project.modules.iter().filter(|module| !is_of_tests(&module.path));
    modules.find_map(|module| setting_in(project, module, key))
}

/// `REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": [..]}`, also where the one key is set later.
fn setting_in(project: &Project, module: &Module, key: &str) -> Option<(ModuleId, Expr)> {
    if !module.text.contains(key) {
        return None;
    }
    let mut found = None;
    let mut see_statement = |statement: &Statement| {
        if let StatementKind::Assign(targets, Some(value)) = &statement.kind {
            let is_key = |target: &Expr| match &*target.kind {
                ExprKind::Index(_, index) => project.constant(module.id, index).as_deref() == Some(key),
                _ => false,
            };
            if targets.iter().any(is_key) {
                // The last assignment wins, as it would at runtime.
                found = Some(value.clone());
            }
        }
    };

    walk_statements(&module.statements, &mut see_statement, &mut |_| {});
    let mut see_expr = |expr: &Expr| {
        if let ExprKind::Record(entries) = &*expr.kind {
            let entry = entries.iter().find(|entry| {
                entry.key.as_ref().and_then(|name| project.constant(module.id, name)).as_deref() == Some(key)
            });
            // An assignment to the key overrides the entry in the dictionary.
            if found.is_none() {
                found = entry.map(|entry| entry.value.clone());
            }
        }
    };

    walk_statements(&module.statements, &mut |_| {}, &mut see_expr);
    found.map(|value| (module.id, value))
}
