//! Controllers: classes whose methods are mapped to paths.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::annotations::{Annotation, find_annotation, read_annotations, texts_of_value};
use super::guards::SpringGuardReader;
use super::is_of_tests;
use super::properties::Properties;
use crate::ir::{Class, ExprKind, Function, Statement, StatementKind, argument_named, dotted_text, last_part};
use crate::lang::Language;
use crate::project::{ClassRef, FunctionRef, ModuleId, Project};
use crate::routes::{FrameworkName, HandlerCode, RouteEntry, RouteTable, join_paths, normalise_path};

/// Annotations that map a method, and the method of HTTP that each stands for.
const MAPPINGS: [(&str, &str); 6] = [
    ("DeleteMapping", "DELETE"),
    ("GetMapping", "GET"),
    ("PatchMapping", "PATCH"),
    ("PostMapping", "POST"),
    ("PutMapping", "PUT"),
    ("RequestMapping", ""),
];

/// A prefix that the configuration puts before controllers: those with one annotation, those of packages, or all.
struct Prefix {
    path: String,
    annotation: Option<String>,
    packages: Vec<String>,
}

impl Prefix {
    fn reaches(&self, marks: &BTreeSet<String>, file: &str) -> bool {
        let is_in = |package: &String| file.contains(&format!("{}/", package.trim_end_matches('.').replace('.', "/")));
        self.annotation.as_ref().is_none_or(|name| marks.contains(name))
            && (self.packages.is_empty() || self.packages.iter().any(is_in))
    }
}

/// What a mapping says.
struct Mapping {
    methods: Vec<String>,
    /// Absent where a path is not known.
    paths: Option<Vec<String>>,
    annotation: Annotation,
}

/// Finds the routes of all controllers.
pub(super) fn find_routes(
    project: &Project,
    properties: &Properties,
    guards: &SpringGuardReader,
    table: &mut RouteTable,
) {
    let prefixes = find_path_prefixes(project, properties);
    for module in project.modules.iter().filter(|module| module.language == Language::Java && !is_of_tests(module)) {
        let mut classes = Vec::new();
        classes_within(&module.statements, &mut classes);

        for class in classes {
            let class = ClassRef { module: module.id, class };
            if let Some(marks) = controller_annotations(project, &class) {
                let before = prefixes.iter().filter(|prefix| prefix.reaches(&marks, &module.path));
                let before: String = before.map(|prefix| prefix.path.as_str()).collect();
                let reader = ControllerReader { project, properties, guards, class: &class, before };
                reader.read(table);
            }
        }
    }
}

fn classes_within(statements: &[Statement], found: &mut Vec<Arc<Class>>) {
    for statement in statements {
        if let StatementKind::Class(class) = &statement.kind {
            found.push(class.clone());
            classes_within(&class.members, found);
        }
    }
}

/// The annotations of a class, where they make it a controller. Clients of other services (`@FeignClient`) are none, and
/// an interface is none by itself.
fn controller_annotations(project: &Project, class: &ClassRef) -> Option<BTreeSet<String>> {
    let text = project.text(class.module, class.class.span);
    let own = read_annotations(project, class.module, &class.class.decorators);
    let is_mark = |name: &str| {
        matches!(name, "RestController" | "Controller" | "RepositoryRestController" | "BasePathAwareController")
    };
    let is_controller = own.iter().any(|annotation| is_mark(&annotation.name));
    let head = text.get(..class.class.body_span.start.saturating_sub(class.class.span.start)).unwrap_or("");
    // An abstract class or an interface is not served itself, only what extends or implements it.
    let is_declaration =
        head.contains("@interface") || head.split_whitespace().any(|word| word == "interface" || word == "abstract");
    (is_controller && !is_declaration).then(|| own.into_iter().map(|annotation| annotation.name).collect())
}

/// `configurer.addPathPrefix("/api", HandlerTypePredicate.forAnnotation(RestController.class))`
fn find_path_prefixes(project: &Project, properties: &Properties) -> Vec<Prefix> {
    let mut found = Vec::new();
    for module in project.modules.iter().filter(|module| module.text.contains("addPathPrefix") && !is_of_tests(module))
    {
        crate::ir::walk_statements(&module.statements, &mut |_| {}, &mut |expr| {
            let Some((callee, arguments)) = expr.call() else { return };
            if !matches!(&*callee.kind, ExprKind::Member(_, name) if name == "addPathPrefix") {
                return;
            }
            let Some(first) = arguments.first() else { return };
            let path = project.constant(module.id, &first.value).and_then(|path| properties.filled(&path));
            let Some(path) = path else { return };
            let (mut annotation, mut packages) = (None, Vec::new());

            // A predicate limits the prefix to some controllers; without one it is put before all.
            if let Some(predicate) = arguments.get(1) {
                crate::ir::walk_expr(&predicate.value, &mut |inner| match &*inner.kind {
                    ExprKind::Member(of, name) if name == "class" => {
                        annotation = dotted_text(of).map(|name| last_part(&name).to_owned());
                    }
                    ExprKind::Text(package) => packages.push(package.clone()),
                    _ => {}
                });
            }

            found.push(Prefix { path: format!("/{}", path.trim_matches('/')), annotation, packages });
        });
    }

    found
}

struct ControllerReader<'a> {
    project: &'a Project,
    properties: &'a Properties,
    guards: &'a SpringGuardReader<'a>,
    class: &'a ClassRef,
    before: String,
}

impl ControllerReader<'_> {
    fn read(&self, table: &mut RouteTable) {
        let line = self.project.line_of(self.class);
        // The nearest mapping of a class counts, its own or that of what it extends.
        let of_class = line.iter().find_map(|part| {
            let own = read_annotations(self.project, part.module, &part.class.decorators);
            self.mapping(find_annotation(&own, "RequestMapping")?.clone())
        });
        let mut seen: Vec<(String, usize)> = Vec::new();

        for part in &line {
            for method in part.class.methods() {
                // Java distinguishes methods by their parameters too, so a name alone would hide an overload.
                let key = (method.name.clone(), method.parameters.len());
                let mapped = self.mapped(part.module, method);
                let is_hidden = seen.contains(&key);

                if let (Some(mapping), false) = (mapped, is_hidden) {
                    seen.push(key);
                    self.route(of_class.as_ref(), &mapping, (part.module, method), table);
                }
            }
        }
    }

    /// The mapping of a method.
    fn mapped(&self, module: ModuleId, method: &Function) -> Option<Mapping> {
        let own = read_annotations(self.project, module, &method.decorators);
        let found = own.iter().find(|annotation| MAPPINGS.iter().any(|(name, _)| *name == annotation.name));
        self.mapping(found?.clone())
    }

    fn mapping(&self, annotation: Annotation) -> Option<Mapping> {
        let (_, method) = MAPPINGS.iter().find(|(name, _)| *name == annotation.name)?;
        let mut methods: Vec<String> =
            Some((*method).to_owned()).filter(|method| !method.is_empty()).into_iter().collect();
        if let Some(value) = argument_named(annotation.arguments(), "method") {
            let mut names = Vec::new();
            match &*value.kind {
                ExprKind::List(items) => names.extend(items.iter().filter_map(dotted_text)),
                _ => names.extend(dotted_text(value)),
            }
            methods.extend(names.iter().map(|name| last_part(name).to_owned()));
        }

        let paths = match annotation.value(&["value", "path"]) {
            Some(value) => texts_of_value(self.project, annotation.module, value)
                .and_then(|paths| paths.iter().map(|path| self.properties.filled(path)).collect()),
            None => Some(vec![String::new()]),
        };
        Some(Mapping { methods, paths, annotation })
    }

    fn route(
        &self,
        of_class: Option<&Mapping>,
        mapping: &Mapping,
        (module, method): (ModuleId, &Arc<Function>),
        table: &mut RouteTable,
    ) {
        let declared = self.project.place(mapping.annotation.module, mapping.annotation.expr.span);
        let above = of_class.map_or(Some(vec![String::new()]), |of_class| of_class.paths.clone());
        // An unknown prefix of the class makes all its paths unknown, and wrong paths would only give 404.
        let (Some(above), Some(paths)) = (above, &mapping.paths) else {
            table.unclear.push(format!("{}:{}: the path is made at runtime", declared.file, declared.line));
            return;
        };
        let (function, name) = self.handler(module, method);

        // A method has the methods of its class where it names none.
        let methods = if mapping.methods.is_empty() {
            of_class.map(|of_class| of_class.methods.clone()).unwrap_or_default()
        } else {
            mapping.methods.clone()
        };
        let bare = vec![String::new()];
        let paths = if paths.is_empty() { &bare } else { paths };

        for above in if above.is_empty() { bare.clone() } else { above } {
            for path in paths {
                let inner = format!("{}{}", self.before, join_parts(&above, path));
                // The context path is no part of what filter chains match, so guards see the path without it.
                let path = normalise_path(&join_paths(&self.properties.prefix(), &inner));
                let inner = normalise_path(&inner);
                let guards = self.guards.of_method(self.class, &function, (&methods, &inner));
                table.routes.push(RouteEntry {
                    framework: FrameworkName::Spring,
                    methods: methods.clone(),
                    path,
                    function: name.clone(),
                    handler: self.project.place(function.module, function.function.span),
                    declared: declared.clone(),
                    guards,
                    code: Some(HandlerCode {
                        function: function.clone(),
                        declaration: (mapping.annotation.module, mapping.annotation.expr.span),
                    }),
                });
            }
        }
    }

    /// The method of the class that does what an interface maps; otherwise the method where the mapping is.
    fn handler(&self, module: ModuleId, method: &Arc<Function>) -> (FunctionRef, String) {
        let line = self.project.line_of(self.class);
        let does = line.iter().find_map(|part| {
            let same = |own: &&Arc<Function>| {
                // A method of an interface has no body, so the class that implements it is the handler.
                own.name == method.name && own.parameters.len() == method.parameters.len() && own.body_span.end > 0
            };
            part.class.methods().find(same).map(|own| (part.module, own.clone()))
        });

        let (module, function) = does.unwrap_or((module, method.clone()));
        let name = format!("{}.{}", self.class.class.name, function.name);
        (FunctionRef { module, function, class: Some(self.class.clone()) }, name)
    }
}

/// Joins as Spring does: one slash between, and none behind where the second is empty.
fn join_parts(above: &str, path: &str) -> String {
    let above = above.trim_end_matches('/');
    let above = if above.is_empty() || above.starts_with('/') { above.to_owned() } else { format!("/{above}") };
    if path.is_empty() { above } else { format!("{above}/{}", path.trim_start_matches('/')) }
}
