//! What axum and actix ask of the code: its functions by their paths, names, calls, constant texts, extractors.

mod extractors;
mod paths;
mod routers;
mod texts;

use std::collections::{HashMap, HashSet};

use super::query::{At, Matched, NodeKey, SourceQuery, Sources};
use super::scopes::Scopes;
use super::{actix, axum};
use crate::lang::Language;
use crate::project::Project;
use crate::routes::RouteTable;

pub(super) use routers::{RustDialect, RustRouters};

pub(super) static CODE: SourceQuery = SourceQuery::new(Language::Rust, include_str!("rustcode.scm"));

/// Kinds of nodes that are functions.
pub(super) const FUNCTIONS: [&str; 2] = ["function_item", "closure_expression"];
const BLOCKS: [&str; 4] = ["block", "function_item", "closure_expression", "match_arm"];

/// What tells whether a framework is used, and what finds its routes.
type RustFramework = (fn(&Project) -> bool, fn(&RustCode<'_>) -> RouteTable);

const FRAMEWORKS: [RustFramework; 2] = [(axum::is_used, axum::find_routes), (actix::is_used, actix::find_routes)];

/// Finds the routes of every Rust framework that the project uses. Its files are parsed and read once for all of them.
pub(super) fn find_routes(project: &Project) -> RouteTable {
    let mut table = RouteTable::default();
    let used: Vec<RustFramework> = FRAMEWORKS.into_iter().filter(|(is_used, _)| is_used(project)).collect();

    // Parsing every Rust file is expensive, so it waits until a framework is mentioned.
    if used.is_empty() {
        return table;
    }
    let sources = Sources::parse(project, Language::Rust);
    let mut code = RustCode::read(&sources);
    code.crates = paths::crate_names(project);
    used.into_iter().for_each(|(_, find)| table.extend(find(&code)));

    table
}

/// The Rust code of a project.
#[derive(Default)]
pub(super) struct RustCode<'s> {
    pub(super) roots: Vec<At<'s>>,
    pub(super) scopes: Scopes<'s>,
    /// By the last part of their path.
    functions: HashMap<&'s str, Vec<At<'s>>>,
    /// The full paths of functions: `shop::handlers::Orders::get`.
    paths: HashMap<NodeKey, Vec<String>>,
    /// The full paths of functions and of all that they stand in.
    known: HashSet<Vec<String>>,
    /// What the project's crates are called, with what the paths of their functions begin with.
    crates: HashMap<String, String>,
    globals: HashMap<&'s str, Vec<At<'s>>>,
    /// What names in a module stand for, by the module's path and the name.
    uses: HashMap<(Vec<String>, String), Vec<String>>,
    /// The modules of which a module brings all names in.
    wildcards: HashMap<Vec<String>, Vec<Vec<String>>>,
    calls: HashMap<&'s str, Vec<At<'s>>>,
    /// Implementations of traits, by the trait's last part and the type's.
    impls: HashMap<(&'s str, &'s str), At<'s>>,
}

impl<'s> RustCode<'s> {
    /// Reads the code.
    pub(super) fn read(sources: &'s Sources<'_>) -> Self {
        let mut code = RustCode { roots: sources.roots().collect(), ..RustCode::default() };
        for root in sources.roots() {
            for matched in CODE.matches(root) {
                code.take(&matched);
            }
        }
        code
    }

    fn take(&mut self, matched: &Matched<'s>) {
        if let Some(function) = matched.get("function") {
            self.functions.entry(matched.text("name")).or_default().push(function);
            let path = paths::path_of(function);
            let ups = (1..=path.len()).rev().filter_map(|length| path.get(..length));
            for up in ups.map_while(|up| (!self.known.contains(up)).then(|| up.to_vec())).collect::<Vec<_>>() {
                self.known.insert(up);
            }
            self.paths.insert(function.key(), path);
            self.take_parameters(function, matched.get("parameters"));
        } else if let Some(closure) = matched.get("closure") {
            self.take_parameters(closure, matched.get("parameters"));
        } else if let (Some(left), Some(right)) = (matched.get("left"), matched.get("right")) {
            self.take_value(matched.get("let").unwrap_or(left), left, right);
        } else if let Some(used) = matched.get("use") {
            let module = paths::module_of(used);
            let mut found = Vec::new();
            paths::collect_uses(used, &[], &mut found);

            for (name, path) in found {
                if name.starts_with('*') {
                    self.wildcards.entry(module.clone()).or_default().push(path);
                } else {
                    self.uses.insert((module.clone(), name), path);
                }
            }
        } else if let (Some(call), Some(callee)) = (matched.get("call"), matched.get("callee")) {
            self.calls.entry(last_part(callee)).or_default().push(call);
        } else if let (Some(made), Some(of)) = (matched.get("trait"), matched.get("type")) {
            let whole = matched.get("impl").unwrap_or(of);
            self.impls.insert((bare_type_name(made.text()), bare_type_name(of.text())), whole);
        }
    }

    fn take_parameters(&mut self, function: At<'s>, list: Option<At<'s>>) {
        for (place, declaration) in list.map(At::children).unwrap_or_default().into_iter().enumerate() {
            let name = declaration.field("pattern").unwrap_or(declaration);
            if let Some(name) = plain_name(name) {
                self.scopes.add_parameter(name, declaration, function, place);
            }
        }
    }

    fn take_value(&mut self, declaration: At<'s>, left: At<'s>, right: At<'s>) {
        // `let (router, api) = …` gives the first name what is made.
        let first = if left.kind() == "tuple_pattern" { left.children().first().copied() } else { Some(left) };
        let Some(name) = first.and_then(plain_name) else { return };
        // An assignment holds for the whole function, a `let` only for its block.
        let kinds: &[&str] = if declaration.kind() == "assignment_expression" { &FUNCTIONS } else { &BLOCKS };

        match declaration.within(kinds) {
            Some(block) => self.scopes.add_value(name, declaration, block, right),
            None => self.globals.entry(name.text()).or_default().push(right),
        }
    }

    /// Returns the calls whose callee ends with that name.
    pub(super) fn calls_of(&self, name: &str) -> &[At<'s>] {
        self.calls.get(name).map_or(&[], Vec::as_slice)
    }
}

fn plain_name(at: At<'_>) -> Option<At<'_>> {
    match at.kind() {
        "identifier" => Some(at),
        "mut_pattern" => at.children().into_iter().find(|child| child.kind() == "identifier"),
        _ => None,
    }
}

/// The last part of what is called: a method's name, or the last part of a path.
pub(super) fn last_part(callee: At<'_>) -> &str {
    match callee.kind() {
        "field_expression" => callee.field_text("field"),
        "scoped_identifier" => callee.field_text("name"),
        "generic_function" => callee.field("function").map_or("", last_part),
        _ => callee.text(),
    }
}

/// The name of a type without its path and arguments.
pub(super) fn bare_type_name(text: &str) -> &str {
    let text = text.trim_start_matches(['&', ' ']).trim_start_matches("mut ");
    let text = text.split('<').next().unwrap_or(text);
    text.rsplit("::").next().unwrap_or(text).trim()
}

/// Returns whether a node stands in a module of tests: what is registered there serves no client.
pub(super) fn is_in_tests(at: At<'_>) -> bool {
    at.ancestors().any(|up| up.kind() == "mod_item" && ["test", "tests"].contains(&up.field_text("name")))
}
