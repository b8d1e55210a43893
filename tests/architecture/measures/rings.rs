//! Rings: files of one top-level module that use each other, however far around.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};

use super::ParsedFile;

/// Returns groups of files of one module that reach each other by `use` or by path, largest first.
///
/// A name that a `mod.rs` passes on (`pub use child::Name`) leads to the file that it comes from.
pub(crate) fn rings_of(files: &[ParsedFile]) -> Vec<Vec<String>> {
    let modules: BTreeMap<Vec<String>, usize> =
        files.iter().enumerate().map(|(index, file)| (module_path(&file.path), index)).collect();
    let passed_on = passed_on_names(files, &modules);
    let mut uses: Vec<BTreeSet<usize>> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let resolver = Resolver { modules: &modules, passed_on: &passed_on };
        let paths = used_paths(file);
        let found = paths.iter().filter_map(|path| resolver.resolve(path));
        let same = |other: &usize| *other != index && top(&files[*other].path) == top(&file.path);
        uses.push(found.filter(same).collect());
    }
    let mut rings = strong_components(&uses);
    rings.sort_by_key(|ring| std::cmp::Reverse(ring.len()));
    let named = rings.into_iter().map(|ring| ring.into_iter().map(|index| files[index].path.clone()).collect());
    named.collect()
}

/// `src/act/undo.rs` is `[act, undo]`, `src/act/mod.rs` is `[act]`.
fn module_path(path: &str) -> Vec<String> {
    let inside = path.split_once("src/").map_or(path, |(_, inside)| inside).trim_end_matches(".rs");
    let mut parts: Vec<String> = inside.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

fn top(path: &str) -> String {
    module_path(path).into_iter().next().unwrap_or_default()
}

/// Names that a module passes on from a module below it.
type PassedOn = BTreeMap<(usize, String), usize>;

fn passed_on_names(files: &[ParsedFile], modules: &BTreeMap<Vec<String>, usize>) -> PassedOn {
    let mut passed_on = PassedOn::new();
    for (index, file) in files.iter().enumerate() {
        let here = module_path(&file.path);
        let public = file.tree.items.iter().filter_map(|item| match item {
            syn::Item::Use(item) if !matches!(item.vis, syn::Visibility::Inherited) => Some(&item.tree),
            _ => None,
        });
        for path in public.flat_map(|tree| flatten(tree, &[])) {
            let absolute = absolute_path(&path, &here);
            let (Some(name), Some(target)) = (absolute.last().cloned(), longest_module(&absolute, modules)) else {
                continue;
            };
            passed_on.insert((index, name), target);
        }
    }
    passed_on
}

struct Resolver<'a> {
    modules: &'a BTreeMap<Vec<String>, usize>,
    passed_on: &'a PassedOn,
}

impl Resolver<'_> {
    fn resolve(&self, path: &[String]) -> Option<usize> {
        let mut file = longest_module(path, self.modules)?;
        let Some(name) = path.iter().find(|part| self.passed_on.contains_key(&(file, (*part).clone()))) else {
            return Some(file);
        };
        // At most a few modules pass a name on to each other.
        for _ in 0..8 {
            match self.passed_on.get(&(file, name.clone())) {
                Some(next) if *next != file => file = *next,
                _ => break,
            }
        }
        Some(file)
    }
}

fn longest_module(path: &[String], modules: &BTreeMap<Vec<String>, usize>) -> Option<usize> {
    (1..=path.len()).rev().find_map(|length| modules.get(&path[..length]).copied())
}

fn flatten(tree: &syn::UseTree, before: &[String]) -> Vec<Vec<String>> {
    let with = |name: String| [before, &[name]].concat();
    match tree {
        syn::UseTree::Path(path) => flatten(&path.tree, &with(path.ident.to_string())),
        syn::UseTree::Name(name) => vec![with(name.ident.to_string())],
        syn::UseTree::Rename(rename) => vec![with(rename.ident.to_string())],
        syn::UseTree::Glob(_) => vec![before.to_vec()],
        syn::UseTree::Group(group) => group.items.iter().flat_map(|item| flatten(item, before)).collect(),
    }
}

/// Resolves `crate`, `self` and `super`; other first names are taken for children of the module.
fn absolute_path(path: &[String], here: &[String]) -> Vec<String> {
    let mut base = here.to_vec();
    let mut rest = path;
    match rest.first().map(String::as_str) {
        Some("crate") => return rest[1..].to_vec(),
        Some("self") => rest = &rest[1..],
        _ => {}
    }
    while rest.first().is_some_and(|part| part == "super") {
        base.pop();
        rest = &rest[1..];
    }
    [&base, rest].concat()
}

struct PathVisitor {
    here: Vec<String>,
    paths: BTreeSet<Vec<String>>,
}

fn used_paths(file: &ParsedFile) -> BTreeSet<Vec<String>> {
    let mut visitor = PathVisitor { here: module_path(&file.path), paths: BTreeSet::new() };
    visitor.visit_file(&file.tree);
    visitor.paths
}

impl<'ast> Visit<'ast> for PathVisitor {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        // What is only passed on is used by those who ask for it.
        if matches!(item.vis, syn::Visibility::Inherited) {
            let paths = flatten(&item.tree, &[]);
            self.paths.extend(paths.iter().map(|path| absolute_path(path, &self.here)));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if parts.len() > 1 {
            self.paths.insert(absolute_path(&parts, &self.here));
        }
        visit::visit_path(self, path);
    }
}

/// Returns groups of more than one file that all reach each other; the graph is small enough for closures.
fn strong_components(uses: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let reach: Vec<BTreeSet<usize>> = (0..uses.len()).map(|start| reachable(start, uses)).collect();
    let mut placed = BTreeSet::new();
    let mut components = Vec::new();
    for index in 0..uses.len() {
        if placed.contains(&index) {
            continue;
        }
        let ring: Vec<usize> = reach[index].iter().copied().filter(|other| reach[*other].contains(&index)).collect();
        if ring.len() > 1 {
            placed.extend(ring.iter().copied());
            components.push(ring);
        }
    }
    components
}

fn reachable(start: usize, uses: &[BTreeSet<usize>]) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut open = vec![start];
    while let Some(index) = open.pop() {
        for next in &uses[index] {
            if seen.insert(*next) {
                open.push(*next);
            }
        }
    }
    seen
}
