//! What an application sets for all of its controllers: the prefix, versions in the path, guards, prefixes of modules.

use std::collections::HashMap;
use std::sync::Arc;

use super::decorators::{decorators_of, field_of, texts_of};
use crate::ir::{
    Argument, Class, Expr, ExprKind, Span, Statement, StatementKind, argument_at, dotted_text, last_part,
    walk_statements,
};
use crate::project::{Module, ModuleId, Project, Resolved};
use crate::routes::{join_paths, normalise_path};

/// Modules within modules whose prefix is followed.
const MOST_CHILDREN: usize = 8;

/// What an application sets.
#[derive(Default)]
pub(super) struct NestSettings {
    /// `setGlobalPrefix('api')`
    pub prefix: String,
    /// Paths that have no prefix.
    pub excluded: Vec<String>,
    /// What stands before a version in the path; absent where versions do not stand there.
    pub version_prefix: Option<String>,
    /// The version of what names none.
    pub default_versions: Vec<String>,
    /// Guards of every route, as written.
    pub guards: Vec<(ModuleId, Expr)>,
    /// The prefix of each controller that stands in a module with one, by its class.
    pub module_prefixes: HashMap<usize, String>,
}

/// A class of the project, and its module.
pub(super) struct DeclaredClass<'p> {
    /// Where it stands.
    pub module: &'p Module,
    /// It.
    pub class: &'p Arc<Class>,
}

/// Returns the classes of the scripts of a project, tests aside.
pub(super) fn script_classes(project: &Project) -> Vec<DeclaredClass<'_>> {
    let mut found = Vec::new();
    for module in project.modules.iter().filter(|module| module.language.is_script() && !is_test(&module.path)) {
        walk_statements(
            &module.statements,
            &mut |statement: &Statement| {
                if let StatementKind::Class(class) = &statement.kind {
                    found.push(DeclaredClass { module, class });
                }
            },
            &mut |_| {},
        );
    }

    found
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "test" | "tests" | "__tests__" | "e2e" | "__mocks__"))
        || [".spec.", ".test.", ".e2e-spec.", ".d.ts"].iter().any(|part| path.contains(part))
}

/// Reads what the applications of a project set.
pub(super) fn read(project: &Project) -> NestSettings {
    let mut settings = NestSettings::default();
    let scripts = project.modules.iter().filter(|module| module.language.is_script() && !is_test(&module.path));

    for module in scripts {
        walk_statements(&module.statements, &mut |_| {}, &mut |expr| {
            if let Some((callee, arguments)) = expr.call()
                && let ExprKind::Member(_, name) = &*callee.kind
            {
                settings.see_call(project, module.id, name, arguments);
            }
        });
    }

    for declared in script_classes(project) {
        settings.see_module(project, &declared);
    }
    settings
}

impl NestSettings {
    fn see_call(&mut self, project: &Project, module: ModuleId, name: &str, arguments: &[Argument]) {
        let first = argument_at(arguments, 0);
        match (name, first) {
            ("setGlobalPrefix", Some(first)) => {
                // A prefix that is made at runtime leaves the paths without one.
                self.prefix = project.constant(module, first).unwrap_or_default();
                let excluded = argument_at(arguments, 1).and_then(|options| field_of(options, "exclude"));

                if let Some(ExprKind::List(items)) = excluded.map(|excluded| &*excluded.kind) {
                    let paths = items.iter().map(|item| field_of(item, "path").unwrap_or(item));
                    self.excluded = paths
                        .filter_map(|path| project.constant(module, path))
                        .map(|path| normalise_path(&join_paths("", &path)))
                        .collect();
                }
            }
            ("enableVersioning", options) => self.see_versions(project, module, options),
            ("useGlobalGuards", Some(_)) => {
                self.guards.extend(arguments.iter().map(|argument| (module, argument.value.clone())));
            }
            ("register", Some(first)) => self.see_tree(project, module, first, ("", 0)),
            _ => {}
        }
    }

    /// Versions stand in the path unless another place is named.
    fn see_versions(&mut self, project: &Project, module: ModuleId, options: Option<&Expr>) {
        let field = |name: &str| options.and_then(|options| field_of(options, name));
        let kind = field("type").and_then(dotted_text);

        // Versions in a header or media type leave the path as it is.
        if kind.is_some_and(|kind| last_part(&kind) != "URI") {
            return;
        }
        let prefix = field("prefix").and_then(|prefix| project.constant(module, prefix));
        self.version_prefix = Some(prefix.unwrap_or_else(|| "v".to_owned()));
        self.default_versions =
            field("defaultVersion").map(|versions| texts_of(project, module, versions)).unwrap_or_default();
    }

    /// `RouterModule.register([{ path, module, children }])`
    fn see_tree(&mut self, project: &Project, module: ModuleId, nodes: &Expr, (above, depth): (&str, usize)) {
        let ExprKind::List(items) = &*nodes.kind else { return };
        for item in items.iter().filter(|_| depth < MOST_CHILDREN) {
            let own = field_of(item, "path").and_then(|path| project.constant(module, path)).unwrap_or_default();
            let path = join_paths(above, &own);
            // A module may be listed without an object around it.
            let named = field_of(item, "module").unwrap_or(item);

            if let Some(Resolved::Class(class)) = project.resolve_expr(module, named) {
                for decorator in decorators_of(project, class.module, &class.class.decorators) {
                    let controllers = decorator.field("controllers").map(|list| &*list.kind);
                    let Some(ExprKind::List(controllers)) = controllers else { continue };

                    for controller in controllers {
                        if let Some(Resolved::Class(found)) = project.resolve_expr(class.module, controller) {
                            self.module_prefixes.insert(Arc::as_ptr(&found.class).addr(), path.clone());
                        }
                    }
                }
            }

            if let Some(children) = field_of(item, "children") {
                self.see_tree(project, module, children, (&path, depth + 1));
            }
        }
    }

    /// `@Module({ providers: [{ provide: APP_GUARD, useClass: AuthGuard }] })`
    fn see_module(&mut self, project: &Project, declared: &DeclaredClass) {
        let module = declared.module.id;
        for decorator in decorators_of(project, module, &declared.class.decorators) {
            let Some(ExprKind::List(providers)) = decorator.field("providers").map(|list| &*list.kind) else {
                continue;
            };
            for provider in providers.iter().filter(|_| decorator.name == "Module") {
                let is_guard = field_of(provider, "provide").and_then(dotted_text);
                if is_guard.is_some_and(|name| last_part(&name) == "APP_GUARD") {
                    // A guard from a factory is unknown, but it still guards every route.
                    let used = ["useClass", "useExisting", "useValue"].iter().find_map(|name| field_of(provider, name));
                    let unknown = || Expr::new(ExprKind::Name("APP_GUARD".to_owned()), Span::default());
                    self.guards.push((module, used.cloned().unwrap_or_else(unknown)));
                }
            }
        }
    }
}
