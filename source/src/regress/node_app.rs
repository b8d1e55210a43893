//! Finds how a project of JavaScript or TypeScript is tested: its runner, its application as a test may import it, and
//! whether it has supertest.

use serde_json::Value;

use super::place::{folder_of, is_within, path_below};
use crate::ir::{Expr, ExprKind, dotted_text, last_part, walk_statements};
use crate::project::{Definition, Module, Project};
use crate::routes::RouteEntry;

/// Functions that make an application, as people call them.
const FACTORIES: [&str; 6] = ["buildApp", "createApp", "createApplication", "getApp", "makeApp", "setupApp"];

/// What runs the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeRunner {
    /// vitest
    Vitest,
    /// jest
    Jest,
    /// mocha
    Mocha,
    /// Node's own.
    Node,
}

/// How a test comes by the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NodeExport {
    /// Its file, from the root of the project.
    pub path: String,
    /// The name that it is exported by; `default` for the default, `module.exports` for the whole.
    pub name: String,
    /// Whether it is a function that makes the application.
    pub is_factory: bool,
}

/// A file that is started as a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NodeProgram {
    /// Its path from the folder of the manifest.
    pub path: String,
    /// The variable of the environment that gives it its port.
    pub variable: String,
}

/// How a project is tested.
pub(super) struct NodeProject {
    /// The folder of its `package.json`.
    pub root: String,
    /// What runs its tests.
    pub runner: NodeRunner,
    /// Whether files are modules (`import`) rather than scripts (`require`).
    pub is_module: bool,
    /// Whether it has supertest.
    pub has_supertest: bool,
    /// The application; absent where an import would start a server, or nothing is exported.
    pub app: Option<NodeExport>,
    /// The program that opens a port; absent where nothing gives it one.
    pub program: Option<NodeProgram>,
    /// The folder of its tests.
    pub folder: String,
}

impl NodeProject {
    /// Returns whether a test needs a server that runs already.
    pub(super) fn needs_server(&self) -> bool {
        self.app.is_none() && self.program.is_none()
    }
}

/// Reads how the project of a route is tested.
pub(super) fn read_project(project: &Project, entry: &RouteEntry) -> NodeProject {
    let (root, manifest) = nearest_manifest(project, &entry.declared.file);
    let has = |name: &str| {
        ["dependencies", "devDependencies"]
            .iter()
            .any(|part| manifest.get(part).and_then(|part| part.get(name)).is_some())
    };
    let runners = [("vitest", NodeRunner::Vitest), ("jest", NodeRunner::Jest), ("mocha", NodeRunner::Mocha)];
    let runner = runners.iter().find(|(name, _)| has(name)).map_or(NodeRunner::Node, |(_, runner)| *runner);
    let app = find_app(project, &root, entry);

    // Node by itself does not read TypeScript.
    let app = app.filter(|app| runner != NodeRunner::Node && runner != NodeRunner::Mocha || is_script(&app.path));
    NodeProject {
        runner,
        // vitest reads every file as a module.
        is_module: manifest.get("type").and_then(Value::as_str) == Some("module") || runner == NodeRunner::Vitest,
        has_supertest: has("supertest"),
        app,
        program: find_program(project, &root),
        folder: test_folder(project, &root),
        root,
    }
}

fn is_script(path: &str) -> bool {
    [".js", ".mjs", ".cjs"].iter().any(|end| path.ends_with(end))
}

/// The nearest manifest above a file, and its folder.
fn nearest_manifest(project: &Project, path: &str) -> (String, Value) {
    let mut folder = folder_of(path);
    loop {
        if let Some(file) = project.tree.file(&path_below(folder, "package.json")) {
            return (folder.to_owned(), serde_json::from_str(&file.text).unwrap_or(Value::Null));
        }
        if folder.is_empty() {
            return (String::new(), Value::Null);
        }
        folder = folder_of(folder);
    }
}

fn find_app(project: &Project, root: &str, entry: &RouteEntry) -> Option<NodeExport> {
    let own = |module: &&Module| module.language.is_script() && is_within(&module.path, root) && !is_test(&module.path);
    let mut found: Vec<(bool, usize, NodeExport)> = project
        .modules
        .iter()
        .map(AsRef::as_ref)
        .filter(own)
        // A server that is started by an import would keep the test from ending.
        .filter(|module| !listens_on_import(module))
        .filter_map(exported_app)
        .map(|export| (export.path != entry.declared.file, export.path.matches('/').count(), export))
        .collect();
    found.sort_by(|one, other| {
        (one.0, one.1, one.2.is_factory, &one.2.path).cmp(&(other.0, other.1, other.2.is_factory, &other.2.path))
    });
    found.into_iter().next().map(|(_, _, export)| export)
}

/// Finds the file that listens on a port that the environment gives: `app.listen(process.env.PORT ?? 3000)`.
fn find_program(project: &Project, root: &str) -> Option<NodeProgram> {
    let variable = |module: &Module| {
        let mut found = None;
        walk_statements(&module.statements, &mut |_| {}, &mut |expr| {
            let Some((callee, arguments)) = expr.call() else { return };
            if matches!(&*callee.kind, ExprKind::Member(_, name) if name == "listen") {
                let first = arguments.first().map(|first| &first.value);
                let port = first.map(|first| behind_name(module, first));
                found = found.take().or_else(|| port.and_then(|port| variable_in(port.span.text(&module.text))));
            }
        });

        found
    };

    let own = |module: &&std::sync::Arc<Module>| {
        is_script(&module.path)
            && is_within(&module.path, root)
            && !is_test(&module.path)
            && module.text.contains(".listen(")
    };

    let mut found: Vec<(usize, NodeProgram)> = project
        .modules
        .iter()
        .filter(own)
        .filter_map(|module| {
            let path = super::place::from_folder(&module.path, root).to_owned();
            Some((path.matches('/').count(), NodeProgram { path, variable: variable(module)? }))
        })
        .collect();
    found.sort_by(|one, other| (one.0, &one.1.path).cmp(&(other.0, &other.1.path)));
    found.into_iter().next().map(|(_, program)| program)
}

/// Returns what stands behind a name of the module; an expression that is none is itself.
fn behind_name<'a>(module: &'a Module, expr: &'a Expr) -> &'a Expr {
    match expr.name().and_then(|name| module.definitions.get(name)) {
        Some(Definition::Value(value)) => value,
        _ => expr,
    }
}

/// `process.env.PORT`
fn variable_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("process.env.")?;
    let name: String = rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// Returns whether an import of the module may open a port: it listens, and not only where it is the program.
fn listens_on_import(module: &Module) -> bool {
    // Each of these is a question whether the file is the program, or under test.
    let asks =
        ["require.main", "import.meta.main", "import.meta.url ===", "import.meta.filename", "NODE_ENV", "VITEST"];
    module.text.contains(".listen(") && !asks.iter().any(|word| module.text.contains(word))
}

fn exported_app(module: &Module) -> Option<NodeExport> {
    let mut names: Vec<(&String, &Definition)> = module.definitions.iter().collect();
    names.sort_by_key(|(name, _)| (*name != "app", (*name).clone()));
    let is_app = |definition: &Definition| {
        let Definition::Value(value) = definition else { return false };
        let callee = value.call().and_then(|(callee, _)| dotted_text(callee));
        callee.is_some_and(|callee| last_part(&callee) == "express")
    };
    let is_factory = |name: &str, definition: &Definition| {
        let Definition::Function(function) = definition else { return false };
        // An asynchronous factory, or one that needs something, cannot be called blindly.
        FACTORIES.contains(&name) && !function.is_async && function.parameters.iter().all(|part| part.default.is_some())
    };
    names.into_iter().find_map(|(name, definition)| {
        let made = is_factory(name, definition);
        let exported_as = (made || is_app(definition)).then(|| export_of(&module.text, name)).flatten()?;
        Some(NodeExport { path: module.path.clone(), name: exported_as, is_factory: made })
    })
}

/// Returns the name that a local name is exported by.
fn export_of(text: &str, name: &str) -> Option<String> {
    let word = regex::escape(name);
    let is =
        |pattern: &str| regex::Regex::new(&pattern.replace("NAME", &word)).is_ok_and(|pattern| pattern.is_match(text));
    if is(r"(?m)^\s*export\s+default\s+(?:function\s+)?NAME\b") || is(r"export\s*\{[^}]*\bNAME\s+as\s+default\b") {
        return Some("default".to_owned());
    }
    if is(r"(?m)^\s*module\.exports\s*=\s*NAME\s*;?\s*$") {
        return Some("module.exports".to_owned());
    }
    let by_name = is(r"(?m)^\s*export\s+(?:const|let|var|function)\s+NAME\b")
        || is(r"export\s*\{\s*(?:[\w\s,]*,\s*)?NAME\s*[,}]")
        || is(r"module\.exports\s*=\s*\{\s*(?:[\w\s,]*,\s*)?NAME\s*[,}]")
        || is(r"(?m)^\s*(?:module\.)?exports\.NAME\s*=");
    by_name.then(|| name.to_owned())
}

fn is_test(path: &str) -> bool {
    path.contains(".test.")
        || path.contains(".spec.")
        || path.split('/').any(|part| ["test", "tests", "__tests__"].contains(&part))
}

fn test_folder(project: &Project, root: &str) -> String {
    let mut folders: Vec<&str> = project
        .modules
        .iter()
        .filter(|module| module.language.is_script() && is_within(&module.path, root) && is_test(&module.path))
        .map(|module| folder_of(&module.path))
        .collect();
    // The uppermost folder of tests is the one for the whole project.
    folders.sort_by_key(|folder| (folder.matches('/').count(), folder.len()));
    folders.first().map_or_else(|| path_below(root, "test"), |folder| (*folder).to_owned())
}
