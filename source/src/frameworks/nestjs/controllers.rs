//! Controllers, and the routes of their methods.

use std::collections::HashSet;
use std::sync::Arc;

use super::decorators::{Decorator, decorators_of, field_of, texts_of};
use super::guards::{guards_of, own_guards};
use super::settings::{DeclaredClass, NestSettings, script_classes};
use crate::ir::{ExprKind, Function};
use crate::project::{ClassRef, FunctionRef, ModuleId, Project};
use crate::routes::{FrameworkName, GuardLevel, HandlerCode, RouteEntry, RouteTable, join_paths, normalise_path};

/// Decorators that declare a route, and its method; empty for every one.
const DECLARING: [(&str, &str); 10] = [
    ("All", ""),
    ("Delete", "DELETE"),
    ("Get", "GET"),
    ("Head", "HEAD"),
    ("Options", "OPTIONS"),
    ("Patch", "PATCH"),
    ("Post", "POST"),
    ("Put", "PUT"),
    ("Search", "SEARCH"),
    ("Sse", "GET"),
];

/// A controller.
struct Controller<'p> {
    class: ClassRef,
    decorators: Vec<Decorator>,
    paths: Vec<String>,
    versions: Vec<String>,
    settings: &'p NestSettings,
}

/// Returns the routes of all controllers.
pub(super) fn find_routes(project: &Project, settings: &NestSettings) -> RouteTable {
    let mut table = RouteTable::default();
    for declared in script_classes(project) {
        if let Some(controller) = read_controller(project, settings, &declared, &mut table) {
            controller.add_routes(project, &mut table);
        }
    }
    table
}

fn read_controller<'p>(
    project: &Project,
    settings: &'p NestSettings,
    declared: &DeclaredClass,
    table: &mut RouteTable,
) -> Option<Controller<'p>> {
    let module = declared.module.id;
    let decorators = decorators_of(project, module, &declared.class.decorators);
    let declaring = decorators.iter().find(|decorator| decorator.name == "Controller")?.clone();
    let paths = paths_of(project, &declaring, table)?;
    let mut versions = declaring.field("version").map(|list| texts_of(project, module, list)).unwrap_or_default();
    versions.extend(version_of(project, &decorators));
    let class = ClassRef { module, class: declared.class.clone() };

    Some(Controller { class, decorators, paths, versions, settings })
}

/// The paths that a decorator names; one that is empty where it names none.
fn paths_of(project: &Project, decorator: &Decorator, table: &mut RouteTable) -> Option<Vec<String>> {
    let Some(first) = decorator.arguments.first() else { return Some(vec![String::new()]) };
    let value = match &*first.value.kind {
        // A controller with options but without a path is served at the root.
        ExprKind::Record(_) => match field_of(&first.value, "path") {
            Some(path) => path,
            None => return Some(vec![String::new()]),
        },
        _ => &first.value,
    };

    let paths = project.constants(decorator.module, value);
    if paths.is_empty() {
        let place = project.place(decorator.module, decorator.span);
        table.unclear.push(format!("{}:{}: the path is made at runtime", place.file, place.line));
        return None;
    }
    Some(paths)
}

fn version_of(project: &Project, decorators: &[Decorator]) -> Vec<String> {
    let found = decorators.iter().find(|decorator| decorator.name == "Version");
    found.map(|decorator| decorator.texts(project)).unwrap_or_default()
}

impl Controller<'_> {
    /// Adds the routes of the methods, of what the class extends too; the nearest of a name counts.
    fn add_routes(&self, project: &Project, table: &mut RouteTable) {
        let mut seen: HashSet<String> = HashSet::new();
        for part in project.line_of(&self.class) {
            for method in part.class.methods() {
                // A method that is overridden is served once, with the decorators of the nearest class.
                if seen.insert(method.name.clone()) {
                    self.add_method(project, part.module, method, table);
                }
            }
        }
    }

    fn add_method(&self, project: &Project, module: ModuleId, method: &Arc<Function>, table: &mut RouteTable) {
        let decorators = decorators_of(project, module, &method.decorators);
        for decorator in &decorators {
            let Some((_, verb)) = DECLARING.iter().find(|(name, _)| *name == decorator.name) else { continue };
            let Some(paths) = paths_of(project, decorator, table) else { continue };
            let guards = guards_of(
                project,
                self.settings,
                [
                    own_guards(project, &self.decorators, GuardLevel::Router),
                    own_guards(project, &decorators, GuardLevel::Route),
                ],
            );
            let own_versions = version_of(project, &decorators);

            for path in self.whole_paths(&paths, &own_versions) {
                table.routes.push(RouteEntry {
                    framework: FrameworkName::NestJs,
                    methods: if verb.is_empty() { Vec::new() } else { vec![(*verb).to_owned()] },
                    path,
                    function: format!("{}.{}", self.class.class.name, method.name),
                    handler: project.place(module, method.span),
                    declared: project.place(module, decorator.span),
                    guards: guards.clone(),
                    code: Some(HandlerCode {
                        function: FunctionRef { module, function: method.clone(), class: Some(self.class.clone()) },
                        declaration: (module, decorator.span),
                    }),
                });
            }
        }
    }

    /// Returns the paths of a method: prefix, version, module, controller, method.
    fn whole_paths(&self, paths: &[String], own_versions: &[String]) -> Vec<String> {
        let settings = self.settings;
        // A version of the method replaces that of the class, and both replace the default.
        let named = if own_versions.is_empty() { &self.versions } else { own_versions };
        let named = if named.is_empty() { &settings.default_versions } else { named };
        let versions: Vec<String> = match &settings.version_prefix {
            Some(prefix) if !named.is_empty() => named.iter().map(|version| version_part(prefix, version)).collect(),
            _ => vec![String::new()],
        };
        let key = Arc::as_ptr(&self.class.class).addr();
        let above = settings.module_prefixes.get(&key).cloned().unwrap_or_default();
        let mut found = Vec::new();

        for version in &versions {
            for controller in &self.paths {
                for path in paths {
                    let own = [above.as_str(), controller, path]
                        .iter()
                        .fold(String::new(), |whole, part| join_parts(&whole, part));
                    // The exclusions are written without prefix and version.
                    let is_excluded = settings.excluded.contains(&normalise_path(&join_paths("", &own)));
                    let prefix = if is_excluded { "" } else { settings.prefix.as_str() };
                    let whole =
                        [prefix, version, &own].iter().fold(String::new(), |whole, part| join_parts(&whole, part));
                    found.push(normalise_path(if whole.is_empty() { "/" } else { &whole }));
                }
            }
        }

        found
    }
}

/// `VERSION_NEUTRAL` has no part in the path.
fn version_part(prefix: &str, version: &str) -> String {
    if version == "VERSION_NEUTRAL" { String::new() } else { format!("{prefix}{version}") }
}

/// Joins two parts of a path; a slash at the end says nothing.
fn join_parts(whole: &str, part: &str) -> String {
    let part = part.trim_matches('/');
    if part.is_empty() { whole.to_owned() } else { format!("{whole}/{part}") }
}
