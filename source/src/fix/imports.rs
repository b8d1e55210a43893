//! Makes a name known in a file: finds how it is known already, else extends an import line, else adds one.

use super::draft::{Case, FixDraft};
use super::style::{line_end, line_start};
use crate::ir::{Span, StatementKind, walk_statements};
use crate::lang::Language;
use crate::project::{ModuleId, Project, Resolved};

/// Makes a name of a library known in the handler's file, and returns how it is written there.
pub(super) fn bring_name(case: &Case<'_>, draft: &mut FixDraft, module: &str, name: &str) -> String {
    bring_into(case.project, case.handler.module, draft, module, name)
}

/// Makes `module.name` known in a file, and returns how it is written there.
pub(super) fn bring_into(project: &Project, into: ModuleId, draft: &mut FixDraft, module: &str, name: &str) -> String {
    let Some(file) = project.module(into) else { return name.to_owned() };
    for (alias, target) in &file.imports {
        if target.level == 0 && target.module == module {
            match &target.name {
                Some(found) if found == name => return alias.clone(),
                None if file.language == Language::Python => return format!("{alias}.{name}"),
                _ => {}
            }
        }
    }

    add_import(file, draft, module, name);
    name.to_owned()
}

/// Makes a function or value of another module of the project known in a file, and returns how it is written there.
/// `None` where importing it would go in a circle.
pub(super) fn bring_own(
    project: &Project,
    into: ModuleId,
    draft: &mut FixDraft,
    from: ModuleId,
    name: &str,
) -> Option<String> {
    if into == from {
        return Some(name.to_owned());
    }
    let file = project.module(into)?;

    for (alias, target) in &file.imports {
        let found = project.imported_module(file, target);
        match &target.name {
            Some(imported) if imported == name && found == Some(from) => return Some(alias.clone()),
            None if found == Some(from) => return Some(format!("{alias}.{name}")),
            // `from package import module`
            Some(_) => {
                if let Some(Resolved::Module(module)) = project.resolve(into, alias)
                    && module == from
                {
                    return Some(format!("{alias}.{name}"));
                }
            }
            None => {}
        }
    }

    // Python would fail at start with a circular import, which no check of names would see.
    if imports_module(project, from, into, 0) {
        return None;
    }
    let module = own_module_name(project, into, from)?;
    add_import(file, draft, &module, name);
    Some(name.to_owned())
}

/// Whether a module imports another one, directly or through others.
fn imports_module(project: &Project, from: ModuleId, to: ModuleId, steps: usize) -> bool {
    let Some(file) = project.module(from).filter(|_| steps < 6) else { return false };
    file.imports.values().any(|target| {
        let found = project.imported_module(file, target);
        found.is_some_and(|found| found == to || (found != from && imports_module(project, found, to, steps + 1)))
    })
}

/// How files of this project write the name of that module; by its path where none does.
fn own_module_name(project: &Project, into: ModuleId, of: ModuleId) -> Option<String> {
    let target = project.module(of)?;
    let here = project.module(into)?;

    if target.language != Language::Python {
        return Some(relative_import(&here.path, &as_imported(here, &target.path)));
    }
    // A name that other files use for the module is sure; the path may begin above the package root.
    for module in &project.modules {
        for import in module.imports.values() {
            if import.level == 0 && import.name.is_some() && project.imported_module(module, import) == Some(of) {
                return Some(import.module.clone());
            }
        }
    }

    let path = target.path.strip_suffix(".py")?.trim_end_matches("/__init__");
    Some(path.replace('/', "."))
}

/// A path as imports write it: TypeScript's without its end, or with that of what it is compiled to where this file has such.
fn as_imported(here: &crate::project::Module, path: &str) -> String {
    let stem = [".tsx", ".ts"].iter().find_map(|end| path.strip_suffix(end));
    let Some(stem) = stem else { return path.to_owned() };
    // TypeScript compiled to ES modules requires the ending `.js` of the output in its imports.
    let has_end = here.imports.values().any(|import| import.module.starts_with('.') && import.module.ends_with(".js"));
    if has_end { format!("{stem}.js") } else { stem.to_owned() }
}

fn relative_import(from: &str, to: &str) -> String {
    let mut from: Vec<&str> = from.split('/').collect();
    from.pop();
    let to: Vec<&str> = to.split('/').collect();
    let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(from.len() - same);
    let rest = to.get(same..).unwrap_or_default().join("/");

    if up.is_empty() { format!("./{rest}") } else { format!("{up}{rest}") }
}

fn add_import(file: &crate::project::Module, draft: &mut FixDraft, module: &str, name: &str) {
    let full = format!("{module}.{name}");
    if draft.imports.contains(&full) {
        return;
    }
    draft.imports.push(full);

    match file.language {
        Language::Python => add_python(file, draft, module, name),
        Language::Java => add_java(file, draft, module, name),
        _ => add_javascript(file, draft, module, name),
    }
}

/// Import statements at the top of a file: whole span, module with its dots, last name.
fn top_imports(file: &crate::project::Module) -> Vec<(Span, String, bool)> {
    let found = file.statements.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Import(import) => {
            let module = format!("{}{}", ".".repeat(import.level), import.module);
            let named = !import.names.is_empty() && import.names.iter().all(|name| name.name != "*");
            Some((statement.span, module, named))
        }
        _ => None,
    });

    found.collect()
}

fn add_python(file: &crate::project::Module, draft: &mut FixDraft, module: &str, name: &str) {
    let imports = top_imports(file);
    let text = &file.text;

    // `import a` without a name adds `import module`.
    if let Some((span, _, _)) = imports.iter().find(|(_, of, named)| of == module && *named && !name.is_empty()) {
        let written = span.text(text);
        let at = match written.rfind(')') {
            // A list in brackets may end with a comma, behind which a second one would be a fault.
            Some(close) => span.start + written.get(..close).unwrap_or("").trim_end().trim_end_matches(',').len(),
            None => span.end,
        };
        draft.insert(&file.path, at, format!(", {name}"));
        return;
    }

    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let line = if name.is_empty() {
        format!("import {module}{newline}")
    } else {
        format!("from {module} import {name}{newline}")
    };
    draft.insert(&file.path, place_of_import(file, &imports, module, name.is_empty()), line);
}

/// Keeps to the order of the imports: with its kind, before the first that is later in the alphabet.
fn place_of_import(
    file: &crate::project::Module,
    imports: &[(Span, String, bool)],
    module: &str,
    plain: bool,
) -> usize {
    let text = &file.text;
    let group = |name: &str| (is_standard(name), name.starts_with('.'));
    let alike: Vec<&(Span, String, bool)> =
        imports.iter().filter(|(_, of, _)| is_standard(of) == is_standard(module) && !of.starts_with('.')).collect();
    let later =
        alike.iter().find(|(_, of, named)| (*named, of.as_str()) > (!plain, module) && group(of) == group(module));
    if let Some((span, _, _)) = later {
        return line_start(text, span.start);
    }
    if let Some((span, _, _)) = alike.last().copied().or_else(|| imports.last()) {
        return line_end(text, span.end);
    }
    let docstring = file
        .statements
        .first()
        .filter(|first| matches!(&first.kind, StatementKind::Expr(value) if crate::ir::literal_text(value).is_some()));
    docstring.map_or(0, |first| line_end(text, first.span.end))
}

fn is_standard(module: &str) -> bool {
    const MODULES: [&str; 30] = [
        "abc",
        "asyncio",
        "base64",
        "collections",
        "contextlib",
        "datetime",
        "enum",
        "functools",
        "hashlib",
        "hmac",
        "html",
        "http",
        "io",
        "ipaddress",
        "itertools",
        "json",
        "logging",
        "math",
        "os",
        "pathlib",
        "random",
        "re",
        "secrets",
        "socket",
        "sqlite3",
        "sys",
        "time",
        "typing",
        "urllib",
        "uuid",
    ];
    module.split('.').next().is_some_and(|head| MODULES.contains(&head) || head == "traceback" || head == "__future__")
}

/// Behind the last import, else behind the line that names the package.
fn add_java(file: &crate::project::Module, draft: &mut FixDraft, module: &str, name: &str) {
    let newline = if file.text.contains("\r\n") { "\r\n" } else { "\n" };
    let last = top_imports(file).last().map(|(span, _, _)| line_end(&file.text, span.end));
    let package = file.text.starts_with("package ").then(|| line_end(&file.text, 0));
    draft.insert(&file.path, last.or(package).unwrap_or(0), format!("import {module}.{name};{newline}"));
}

fn add_javascript(file: &crate::project::Module, draft: &mut FixDraft, module: &str, name: &str) {
    let text = &file.text;
    let imports = top_imports(file);
    let same = imports.iter().find(|(span, of, named)| of == module && *named && span.text(text).contains('}'));

    if let Some((span, _, _)) = same {
        let written = span.text(text);
        if let Some(close) = written.find('}') {
            let before = written.get(..close).unwrap_or("").trim_end().trim_end_matches(',');
            draft.insert(&file.path, span.start + before.len(), format!(", {name}"));
            return;
        }
    }

    let style = super::style::CodeStyle::of(text, file.language);
    let end = if style.semicolons { ";" } else { "" };
    let from = style.quoted(module);
    // A file with `require` alone is CommonJS, where `import` would be a syntax error.
    let uses_require = text.contains("require(") && !text.contains("import ");
    let line = if uses_require {
        format!("const {{ {name} }} = require({from}){end}{}", style.newline)
    } else {
        format!("import {{ {name} }} from {from}{end}{}", style.newline)
    };
    let at = imports.last().map_or(0, |(span, _, _)| line_end(text, span.end));
    draft.insert(&file.path, at, line);
}

/// Returns whether a library is imported anywhere in the project, and where first.
pub(super) fn imported_at(project: &Project, library: &str) -> Option<(ModuleId, Span)> {
    let head = |module: &str| module.split('.').next() == Some(library) || module == library;
    project.modules.iter().find_map(|module| {
        let mut found = None;
        walk_statements(
            &module.statements,
            &mut |statement| {
                if let StatementKind::Import(import) = &statement.kind
                    && import.level == 0
                    && head(&import.module)
                {
                    found.get_or_insert((module.id, statement.span));
                }
            },
            &mut |_| {},
        );
        found
    })
}

/// Writes an expression of another file in this one: each of its names as it is known here, brought in where it is not.
/// `None` where one is known only there.
pub(super) fn transplant_expression(
    case: &Case<'_>,
    draft: &mut FixDraft,
    from: ModuleId,
    expr: &crate::ir::Expr,
) -> Option<String> {
    let there = case.project.module(from)?;
    let written = expr.span.text(&there.text);

    if from == case.handler.module {
        return Some(written.to_owned());
    }
    let mut names: Vec<(Span, String)> = Vec::new();
    crate::ir::walk_expr(expr, &mut |part| {
        if let Some(name) = part.name() {
            names.push((part.span, name.to_owned()));
        }
    });
    let mut made = written.to_owned();
    // From the end to the start, so that earlier places stay valid while names change their length.
    names.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));

    for (span, name) in names {
        let here = bring_as_there(case, draft, from, &name)?;
        let (start, end) = (span.start - expr.span.start, span.end - expr.span.start);
        made.replace_range(start..end, &here);
    }
    Some(made)
}

/// Makes a name known here that is known in another file, and returns how it is written here.
fn bring_as_there(case: &Case<'_>, draft: &mut FixDraft, from: ModuleId, name: &str) -> Option<String> {
    let there = case.project.module(from)?;
    if there.definitions.contains_key(name) {
        return bring_own(case.project, case.handler.module, draft, from, name);
    }
    let Some(target) = there.imports.get(name) else {
        // What the language has by itself is known everywhere.
        let of_language = ["None", "Number", "String", "dict", "int", "list", "process", "str"];
        return (of_language.contains(&name) || name == "Depends").then(|| name.to_owned());
    };
    let own = case.project.imported_module(there, target);

    match (&target.name, own) {
        (Some(imported), Some(module)) => bring_own(case.project, case.handler.module, draft, module, imported),
        (Some(imported), None) => Some(bring_name(case, draft, &target.module, imported)),
        (None, _) => {
            if !case.module.imports.contains_key(name) {
                add_import(case.module, draft, &target.module, "");
            }
            Some(name.to_owned())
        }
    }
}
