//! What every Go router asks of the code: its functions, names, calls, types of fields, constant texts.

mod handlers;
mod registering;
mod routers;
mod texts;

use std::collections::HashMap;

use super::query::{At, Matched, SourceQuery, Sources};
use super::scopes::Scopes;
use super::{echo, gin, net_http};
use crate::lang::Language;
use crate::project::Project;
use crate::routes::RouteTable;

pub(super) use routers::{GoDialect, GoRouters};

pub(super) static CODE: SourceQuery = SourceQuery::new(Language::Go, include_str!("golang.scm"));

/// Kinds of nodes that are functions.
pub(super) const FUNCTIONS: [&str; 3] = ["function_declaration", "method_declaration", "func_literal"];
const BLOCKS: [&str; 9] = [
    "block",
    "function_declaration",
    "method_declaration",
    "func_literal",
    "if_statement",
    "for_statement",
    "expression_case",
    "default_case",
    "source_file",
];

/// What tells whether a framework is used, and what finds its routes.
type GoFramework = (fn(&Project) -> bool, fn(&GoCode<'_>) -> RouteTable);

const FRAMEWORKS: [GoFramework; 3] =
    [(gin::is_used, gin::find_routes), (echo::is_used, echo::find_routes), (net_http::is_used, net_http::find_routes)];

/// Finds the routes of every Go framework that the project uses. Its files are parsed once for all of them.
pub(super) fn find_routes(project: &Project) -> RouteTable {
    let mut table = RouteTable::default();
    let used: Vec<GoFramework> = FRAMEWORKS.into_iter().filter(|(is_used, _)| is_used(project)).collect();

    // Parsing every Go file is expensive, so it waits until a framework is mentioned.
    if used.is_empty() {
        return table;
    }
    let sources = Sources::parse(project, Language::Go);
    let code = GoCode::read(&sources);
    used.into_iter().for_each(|(_, find)| table.extend(find(&code)));

    table
}

/// A function or method of the project.
#[derive(Clone, Copy)]
pub(super) struct GoFunction<'s> {
    pub(super) at: At<'s>,
    /// The type that it is a method of.
    pub(super) receiver: Option<&'s str>,
}

/// The Go code of a project.
#[derive(Default)]
pub(super) struct GoCode<'s> {
    pub(super) roots: Vec<At<'s>>,
    functions: HashMap<&'s str, Vec<GoFunction<'s>>>,
    pub(super) scopes: Scopes<'s>,
    /// Values of names at the top of a package.
    globals: HashMap<&'s str, Vec<At<'s>>>,
    /// Values given to fields.
    fields: HashMap<&'s str, Vec<At<'s>>>,
    /// Types of fields, by type and field.
    field_types: HashMap<(&'s str, &'s str), &'s str>,
    /// Calls by the name of what is called.
    calls: HashMap<&'s str, Vec<At<'s>>>,
    /// Imports by file and by the name in it.
    imports: HashMap<usize, Vec<(String, String)>>,
}

impl<'s> GoCode<'s> {
    /// Reads the code.
    pub(super) fn read(sources: &'s Sources<'_>) -> Self {
        let mut code = GoCode { roots: sources.roots().collect(), ..GoCode::default() };
        for root in sources.roots() {
            for matched in CODE.matches(root) {
                code.take(&matched);
            }
        }
        code
    }

    fn take(&mut self, matched: &Matched<'s>) {
        if let Some(function) = matched.get("function") {
            let receiver = matched.get("receiver").and_then(|receiver| type_of_list(receiver, 0));
            self.functions.entry(matched.text("name")).or_default().push(GoFunction { at: function, receiver });
            // The receiver gets a place that no argument has, so that it is never taken for one.
            self.take_parameters(function, matched.get("receiver"), 1000);
            self.take_parameters(function, matched.get("parameters"), 0);
        } else if let Some(closure) = matched.get("closure") {
            self.take_parameters(closure, matched.get("parameters"), 0);
        } else if let (Some(left), Some(right)) = (matched.get("left"), matched.get("right")) {
            self.take_values(matched.get("let").unwrap_or(left), left, right);
        } else if let (Some(key), Some(value)) = (matched.get("key"), matched.get("element")) {
            self.fields.entry(key.text()).or_default().push(unwrap_element(value));
        } else if let (Some(name), Some(fields)) = (matched.get("struct"), matched.get("fields")) {
            self.take_fields(name.text(), fields);
        } else if let (Some(call), Some(callee)) = (matched.get("call"), matched.get("callee")) {
            let name = if callee.kind() == "selector_expression" { callee.field_text("field") } else { callee.text() };
            self.calls.entry(name).or_default().push(call);
        } else if let Some(path) = matched.get("path") {
            let path_text = path.text().trim_matches(['"', '`']);
            let alias = Some(matched.text("alias")).filter(|alias| !alias.is_empty());
            let name = alias.unwrap_or_else(|| package_name(path_text));
            let own = self.imports.entry(path.file.module.id.0).or_default();
            own.push((name.to_owned(), path_text.to_owned()));
        }
    }

    fn take_parameters(&mut self, function: At<'s>, list: Option<At<'s>>, first: usize) {
        let mut place = first;
        for declaration in list.map(At::children).unwrap_or_default() {
            let names: Vec<At> =
                declaration.children().into_iter().filter(|child| child.kind() == "identifier").collect();
            for name in &names {
                self.scopes.add_parameter(*name, declaration, function, place);
                place += 1;
            }
            place += usize::from(names.is_empty());
        }
    }

    fn take_values(&mut self, declaration: At<'s>, left: At<'s>, right: At<'s>) {
        let names = if left.kind() == "identifier" { vec![left] } else { left.children() };
        let values = right.children();

        for (at, name) in names.iter().enumerate() {
            // `a, err := make()` gives the first name what is made.
            let Some(value) = values.get(at).or(values.first().filter(|_| at == 0)) else { continue };

            match name.kind() {
                "identifier" => self.take_value(declaration, *name, *value),
                "selector_expression" => self.fields.entry(name.field_text("field")).or_default().push(*value),
                _ => {}
            }
        }
    }

    fn take_value(&mut self, declaration: At<'s>, name: At<'s>, value: At<'s>) {
        // An assignment reaches beyond the block that it stands in.
        let kinds: &[&str] = if declaration.kind() == "assignment_statement" { &FUNCTIONS } else { &BLOCKS };

        match declaration.within(kinds).filter(|block| block.kind() != "source_file") {
            Some(block) => self.scopes.add_value(name, declaration, block, value),
            None => {
                self.globals.entry(name.text()).or_default().push(value);
            }
        }
    }

    fn take_fields(&mut self, owner: &'s str, fields: At<'s>) {
        for field in fields.children() {
            let Some(kind) = field.field("type").map(bare_type) else { continue };
            let names: Vec<At> =
                field.children().into_iter().filter(|part| part.kind() == "field_identifier").collect();
            for name in &names {
                self.field_types.insert((owner, name.text()), kind);
            }
            // An embedded type is a field with its own name.
            if names.is_empty() {
                self.field_types.insert((owner, kind), kind);
            }
        }
    }

    /// Returns what is imported by that name in the file of a node.
    pub(super) fn import(&self, at: At<'_>, name: &str) -> Option<&str> {
        let own = self.imports.get(&at.file.module.id.0)?;
        own.iter().find(|(alias, _)| alias == name).map(|(_, path)| path.as_str())
    }

    /// Returns whether the file of a node imports a package, of any major version and its subpackages.
    pub(super) fn imports_any(&self, at: At<'_>, packages: &[&str]) -> bool {
        let own = self.imports.get(&at.file.module.id.0);
        own.into_iter().flatten().any(|(_, path)| packages.iter().any(|package| path.starts_with(package)))
    }

    /// Returns the calls of that name.
    pub(super) fn calls_of(&self, name: &str) -> &[At<'s>] {
        self.calls.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the functions of that name.
    pub(super) fn functions_of(&self, name: &str) -> &[GoFunction<'s>] {
        self.functions.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the value of a name at the top of a package, seen from a node.
    pub(super) fn global(&self, at: At<'_>, name: &str) -> Option<At<'s>> {
        self.globals.get(name)?.iter().find(|value| value.folder() == at.folder()).copied()
    }

    /// Returns the value of a name of another package, by the name that the package has in the file.
    pub(super) fn global_of(&self, at: At<'_>, package: &str, name: &str) -> Option<At<'s>> {
        let path = self.import(at, package)?;
        self.globals.get(name)?.iter().find(|value| is_package(path, value.folder())).copied()
    }

    /// Returns the values that a field of that name is given anywhere.
    pub(super) fn field_values(&self, name: &str) -> &[At<'s>] {
        self.fields.get(name).map_or(&[], Vec::as_slice)
    }
}

/// Returns whether a folder of the project is the one of an import.
pub(super) fn is_package(path: &str, folder: &str) -> bool {
    // Module paths carry a host and an owner, while folders are relative to the project.
    let last = folder.rsplit('/').next().unwrap_or(folder);
    !folder.is_empty() && (path.ends_with(&format!("/{folder}")) || package_name(path) == last)
}

/// The name of a package, by its path: the last part that is no version.
fn package_name(path: &str) -> &str {
    let is_version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|letter| letter.is_ascii_digit()))
    };
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or(path);
    if is_version(last) { parts.next().unwrap_or(last) } else { last }
}

/// The name of a type without pointer, package and type arguments.
pub(super) fn bare_type(at: At<'_>) -> &str {
    let text = at.text().trim_start_matches(['*', '&', '[', ']']);
    let text = text.split(['[', '{', '(']).next().unwrap_or(text);
    text.rsplit('.').next().unwrap_or(text).trim()
}

/// The type of the parameter at that place of a list, where each has a name of its own.
fn type_of_list<'s>(list: At<'s>, place: usize) -> Option<&'s str> {
    list.children().get(place)?.field("type").map(bare_type)
}

/// An element of a literal is wrapped once more.
pub(super) fn unwrap_element(at: At<'_>) -> At<'_> {
    if at.kind() == "literal_element" { at.children().first().copied().unwrap_or(at) } else { at }
}
