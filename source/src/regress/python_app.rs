//! Finds the application of a Python project as a test may import it: the fixtures of its tests first, then its object,
//! then its factory; never one whose import would start a server.

use super::place::{folder_of, is_within, path_below};
use crate::ir::{Expr, ExprKind, Function, Spread, Statement, StatementKind, dotted_text, last_part, literal_text};
use crate::lang::Language;
use crate::project::{Definition, Module, Project, Resolved};
use crate::routes::RouteEntry;

/// Classes that are an application.
const CLASSES: [&str; 4] = ["APIFlask", "FastAPI", "Flask", "OpenAPI"];
/// Functions that make one.
const FACTORIES: [&str; 8] = [
    "app_factory",
    "build_app",
    "create_app",
    "create_application",
    "get_app",
    "get_application",
    "init_app",
    "make_app",
];
/// Files that applications are in, the likeliest first.
const FILES: [&str; 5] = ["app.py", "main.py", "wsgi.py", "asgi.py", "__init__.py"];
/// Calls at the top of a module that serve until they are stopped.
const SERVES: [&str; 4] = ["run", "serve", "serve_forever", "run_forever"];
/// More folders above are not looked at.
const MOST_FOLDERS: usize = 16;

/// An application that a test may import.
pub(super) struct PythonApp {
    /// The folder that imports begin at.
    pub root: String,
    /// The folder of the test.
    pub folder: String,
    /// Its module, as imports write it.
    pub module: String,
    /// What is imported, or the fixture.
    pub object: AppObject,
    /// Functions that are called when it is started as a program, and not when it is imported: module and name.
    pub setup: Vec<(String, String)>,
    /// Whether more is done then that a test does not repeat.
    pub has_more_setup: bool,
}

/// How a test comes by the application.
pub(super) enum AppObject {
    /// By a fixture of the project.
    Fixture(AppFixture),
    /// By its name.
    Object(String),
    /// By a function.
    Factory(String),
}

/// A fixture of the project.
#[derive(Clone, Copy)]
pub(super) enum AppFixture {
    /// `app`
    App,
    /// `client`
    Client,
}

/// Returns the application of a route.
pub(super) fn find_app(project: &Project, entry: &RouteEntry, client_word: &str) -> Option<PythonApp> {
    let mut found: Vec<(usize, &Module, AppObject)> = python_modules(project)
        // A module that serves on import would never return to the test.
        .filter(|module| !is_test(&module.path) && !serves_on_import(module))
        .filter_map(|module| {
            object_in(project, module).map(|object| (module_rank(module, entry, &object), module, object))
        })
        .collect();
    found.sort_by(|one, other| (one.0, &one.1.path).cmp(&(other.0, &other.1.path)));
    let first = found.into_iter().next();
    let near = first.as_ref().map_or(entry.declared.file.as_str(), |(_, module, _)| module.path.as_str());

    // A fixture of the project knows what an application needs for tests.
    if let Some((conftest, fixture)) = find_fixture(project, near, client_word) {
        let root = first.as_ref().map_or_else(String::new, |(_, module, _)| root_of(project, module));
        let folder = test_folder(project, &root, folder_of(conftest));
        let object = AppObject::Fixture(fixture);
        return Some(PythonApp {
            root,
            folder,
            module: String::new(),
            object,
            setup: Vec::new(),
            has_more_setup: false,
        });
    }

    let (_, module, object) = first?;
    let root = root_of(project, module);
    let (setup, has_more_setup) = setup_of(project, module, &root);
    let folder = test_folder(project, &root, &root);

    Some(PythonApp { folder, module: import_name(&module.path, &root)?, root, object, setup, has_more_setup })
}

/// Returns the folder for a test that no application is imported by.
pub(super) fn server_folder(project: &Project) -> String {
    test_folder(project, "", "")
}

fn python_modules(project: &Project) -> impl Iterator<Item = &Module> {
    project.modules.iter().map(AsRef::as_ref).filter(|module| module.language == Language::Python)
}

fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let folders = folder_of(path).split('/').any(|part| part == "tests" || part == "test");
    folders || name.starts_with("test_") || name.ends_with("_test.py") || name == "conftest.py"
}

/// The module of the route before others, then by the name of the file.
fn module_rank(module: &Module, entry: &RouteEntry, object: &AppObject) -> usize {
    let name = module.path.rsplit('/').next().unwrap_or_default();
    let by_name = FILES.iter().position(|file| *file == name).unwrap_or(FILES.len());
    let is_own = module.path == entry.declared.file;
    let is_factory = matches!(object, AppObject::Factory(_));

    // The file of the route outweighs the kind of the object, and that the name of the file.
    usize::from(!is_own) * 100 + usize::from(is_factory) * 10 + by_name
}

fn object_in(project: &Project, module: &Module) -> Option<AppObject> {
    let is_app = |value: &Expr| {
        let callee = value.call().and_then(|(callee, _)| dotted_text(callee));
        callee.is_some_and(|callee| CLASSES.contains(&last_part(&project.full_name(module.id, &callee))))
    };
    let object = top_level(&module.statements).find_map(|statement| match &statement.kind {
        StatementKind::Assign(targets, Some(value)) if is_app(value) => targets.iter().find_map(Expr::name),
        _ => None,
    });
    let factory = FACTORIES.iter().find(|name| {
        let function = module.definitions.get(**name);
        matches!(function, Some(Definition::Function(function)) if needs_nothing(function))
    });
    object
        .map(|name| AppObject::Object(name.to_owned()))
        .or_else(|| factory.map(|name| AppObject::Factory((*name).to_owned())))
}

/// What an import of the module does, and not what its functions do.
fn top_level(statements: &[Statement]) -> impl Iterator<Item = &Statement> {
    statements.iter().flat_map(|statement| match &statement.kind {
        StatementKind::Try { body, .. } | StatementKind::With { body, .. } => body.as_slice(),
        _ => std::slice::from_ref(statement),
    })
}

fn needs_nothing(function: &Function) -> bool {
    !function.is_async && function.parameters.iter().all(|part| part.default.is_some() || part.spread != Spread::One)
}

/// Returns whether an import of the module serves until it is stopped.
fn serves_on_import(module: &Module) -> bool {
    top_level(&module.statements).any(|statement| {
        let StatementKind::Expr(value) = &statement.kind else { return false };
        let callee = value.call().and_then(|(callee, _)| dotted_text(callee));
        callee.is_some_and(|callee| SERVES.contains(&last_part(&callee)))
    })
}

/// Returns the folder that imports begin at: above every package that the module is in.
fn root_of(project: &Project, module: &Module) -> String {
    let mut folder = folder_of(&module.path).to_owned();
    for _ in 0..MOST_FOLDERS {
        if folder.is_empty() || !is_package(project, &folder) {
            break;
        }
        folder = folder_of(&folder).to_owned();
    }

    folder
}

fn is_package(project: &Project, folder: &str) -> bool {
    let name = folder.rsplit('/').next().unwrap_or_default();
    let is_named = |written: &str| {
        let rest = written.strip_prefix(name);
        // `shop.views` from anywhere, where a file of that name is in the folder.
        rest.and_then(|rest| rest.strip_prefix('.')).is_some_and(|rest| {
            let part = rest.split('.').next().unwrap_or_default();
            python_modules(project).any(|module| {
                module.path == path_below(folder, &format!("{part}.py"))
                    || is_within(&module.path, &path_below(folder, part))
            })
        })
    };

    // A folder without `__init__.py` is a package too where relative imports stand in it.
    project.tree.file(&path_below(folder, "__init__.py")).is_some()
        || python_modules(project).any(|module| {
            let mut targets = module.imports.values().chain(&module.stars);
            targets.any(|target| {
                let is_inside = target.level > 0 && folder_of(&module.path) == folder;
                is_inside || target.level == 0 && is_named(&target.module)
            })
        })
}

/// Returns a module as imports from a folder write it.
fn import_name(path: &str, root: &str) -> Option<String> {
    let path = if root.is_empty() { path } else { path.strip_prefix(root)?.strip_prefix('/')? };
    let name = path.strip_suffix(".py")?;
    let name = name.strip_suffix("/__init__").unwrap_or(name).replace('/', ".");
    let is_name = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|letter: char| letter.is_ascii_digit())
            && part.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    name.split('.').all(is_name).then_some(name)
}

/// Returns what `if __name__ == "__main__"` calls of the project without arguments, and whether it does more.
fn setup_of(project: &Project, module: &Module, root: &str) -> (Vec<(String, String)>, bool) {
    let mut calls = Vec::new();
    let mut has_more = false;

    for statement in module.statements.iter().flat_map(main_body) {
        let StatementKind::Expr(value) = &statement.kind else {
            // Assignments and imports in that block prepare the calls, which the test makes itself.
            has_more |= !matches!(statement.kind, StatementKind::Assign(..) | StatementKind::Import(_));
            continue;
        };
        let Some((callee, arguments)) = value.call() else { continue };
        let name = dotted_text(callee).unwrap_or_default();

        if SERVES.contains(&last_part(&name)) {
            continue;
        }
        match project.resolve_expr(module.id, callee) {
            Some(Resolved::Function(function)) if arguments.is_empty() && function.class.is_none() => {
                let home = project.module(function.module).and_then(|module| import_name(&module.path, root));
                match home {
                    Some(home) => calls.push((home, function.function.name.clone())),
                    None => has_more = true,
                }
            }
            _ => has_more = true,
        }
    }

    (calls, has_more)
}

fn main_body(statement: &Statement) -> &[Statement] {
    match &statement.kind {
        StatementKind::If { test, body, .. } if is_main(test) => body,
        _ => &[],
    }
}

fn is_main(test: &Expr) -> bool {
    let ExprKind::Compare(parts, _) = &*test.kind else { return false };
    parts.iter().any(|part| part.name() == Some("__name__"))
        && parts.iter().any(|part| literal_text(part) == Some("__main__"))
}

/// Returns the nearest `conftest.py` with a fixture for the application or for its client.
fn find_fixture<'a>(project: &'a Project, near: &str, client_word: &str) -> Option<(&'a str, AppFixture)> {
    let mut files: Vec<&Module> =
        python_modules(project).filter(|module| module.path.rsplit('/').next() == Some("conftest.py")).collect();
    let common = |path: &str| path.split('/').zip(near.split('/')).take_while(|(one, other)| one == other).count();
    files.sort_by_key(|module| (std::cmp::Reverse(common(&module.path)), module.path.len()));
    files.into_iter().find_map(|module| {
        let body = |name: &str| match module.definitions.get(name) {
            Some(Definition::Function(function)) if is_fixture(function) => Some(function.body_span.text(&module.text)),
            _ => None,
        };
        // A fixture of that name may be a client for another service.
        let client = body("client").filter(|text| text.contains(client_word));

        match (body("app"), client) {
            (Some(_), _) => Some((module.path.as_str(), AppFixture::App)),
            (None, Some(_)) => Some((module.path.as_str(), AppFixture::Client)),
            (None, None) => None,
        }
    })
}

fn is_fixture(function: &Function) -> bool {
    !function.is_async
        && function.decorators.iter().any(|decorator| {
            let name = dotted_text(decorator.call().map_or(decorator, |(callee, _)| callee));
            name.is_some_and(|name| last_part(&name) == "fixture")
        })
}

/// Returns the folder of the project's tests within a folder, or the usual one below its root.
fn test_folder(project: &Project, root: &str, within: &str) -> String {
    let mut folders: Vec<&str> = python_modules(project)
        .map(|module| module.path.as_str())
        .filter(|path| is_within(path, within) && is_test(path) && !path.ends_with("/__init__.py"))
        .map(folder_of)
        .collect();
    folders.sort_by_key(|folder| (folder.matches('/').count(), folder.len()));

    match folders.first() {
        Some(folder) => (*folder).to_owned(),
        None if within != root => within.to_owned(),
        None => path_below(root, "tests"),
    }
}
