//! The routes of a source tree, each bound to the operation that it serves.

use std::path::{Path, PathBuf};

use routewarden_source::frameworks::find_routes;
use routewarden_source::project::Project;
use routewarden_source::routes::{RouteEntry, RouteTable};
use routewarden_source::tree::{SourceTree, TreeLimits};
use thiserror::Error;

use super::matching::{Binding, ReachedRoute, bind_routes};
use super::trace;
use crate::model::{Api, HandlerPlace, Method, OperationId, clean_text, name_first};

/// Longer lists of what was left out are cut.
const MOST_NOTED: usize = 5;

/// A source tree with its routes, bound to the operations of a document.
#[derive(Debug)]
pub struct CodeIndex {
    project: Project,
    table: RouteTable,
    binding: Binding,
    operations: usize,
}

/// A route of the source that no operation of the document names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndocumentedRoute {
    /// The method.
    pub method: Method,
    /// The path as the document would write it.
    pub path: String,
    /// Where its handler stands.
    pub place: HandlerPlace,
    /// Its place among all routes.
    pub at: usize,
}

/// A source tree that cannot be read.
#[derive(Debug, Error)]
#[error("the source `{}` cannot be read: {error}", folder.display())]
pub struct SourceUnread {
    folder: PathBuf,
    error: std::io::Error,
}

impl CodeIndex {
    /// Reads a source tree and finds its routes.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn read(folder: &Path) -> Result<CodeIndex, SourceUnread> {
        let tree = SourceTree::read(folder, &TreeLimits::default())
            .map_err(|error| SourceUnread { folder: folder.to_owned(), error })?;
        let project = Project::parse(tree);
        let table = find_routes(&project);
        Ok(CodeIndex { project, table, binding: Binding::default(), operations: 0 })
    }

    /// Binds the routes to the operations of a document.
    pub fn bind(&mut self, api: &Api) {
        let reached: Vec<ReachedRoute> =
            api.operations.iter().map(|operation| ReachedRoute::of_document(api, operation)).collect();
        let base = api.servers.first().map(|server| server.url.as_str()).unwrap_or_default();
        self.binding = bind_routes(&reached, base, &self.table.routes);
        self.operations = reached.len();
    }

    /// Binds the routes to operations that are known by method and path alone, as a report has them.
    pub fn bind_paths(&mut self, base_url: &str, paths: &[(Method, String)]) {
        let reached: Vec<ReachedRoute> =
            paths.iter().map(|(method, path)| ReachedRoute::below(base_url, *method, path)).collect();
        self.binding = bind_routes(&reached, base_url, &self.table.routes);
        self.operations = reached.len();
    }

    /// Returns the routes as they were found, for what is to be changed in them.
    pub fn table(&self) -> &RouteTable {
        &self.table
    }

    /// Returns the tree, lowered.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Returns the folder of the tree.
    pub fn root(&self) -> &Path {
        &self.project.tree.root
    }

    /// Returns all routes.
    pub fn routes(&self) -> &[RouteEntry] {
        &self.table.routes
    }

    /// Returns how many operations have a handler here, and how many there are.
    pub fn share(&self) -> (usize, usize) {
        (self.binding.bound.len(), self.operations)
    }

    /// Returns the route that serves an operation.
    pub fn entry(&self, operation: &OperationId) -> Option<&RouteEntry> {
        self.binding.bound.get(operation).and_then(|at| self.table.routes.get(*at))
    }

    /// Returns the route of an operation, whether the document names it or not.
    pub(super) fn any_entry(&self, operation: &OperationId) -> Option<&RouteEntry> {
        // Only asked for routes that the document lacks: the list is made anew each time.
        let beside = || self.undocumented().into_iter().find(|route| route.id() == *operation);
        self.entry(operation).or_else(|| self.table.routes.get(beside()?.at))
    }

    /// Returns each operation with the route that serves it.
    pub fn bound(&self) -> impl Iterator<Item = (&OperationId, &RouteEntry)> {
        self.binding.bound.iter().filter_map(|(id, at)| Some((id, self.table.routes.get(*at)?)))
    }

    /// Returns where the handler of an operation stands.
    pub fn place(&self, operation: &OperationId) -> Option<HandlerPlace> {
        self.entry(operation).map(place_of)
    }

    /// Returns where the last frame of a stack trace in a text stands, if it is in this tree.
    pub fn place_in_trace(&self, text: &str) -> Option<HandlerPlace> {
        trace::nearest_frame(text, &self.project.tree)
    }

    /// Returns every route, one for each method: method, path as clients reach it, and where the handler stands.
    pub fn all_routes(&self) -> Vec<(Method, String, HandlerPlace)> {
        let of = |entry: &RouteEntry| {
            let (path, place) = (clean_text(&entry.path, 500), place_of(entry));
            let methods: Vec<Method> = entry.methods.iter().filter_map(|name| Method::parse(name)).collect();
            methods.into_iter().map(move |method| (method, path.clone(), place.clone())).collect::<Vec<_>>()
        };
        self.table.routes.iter().flat_map(of).collect()
    }

    /// Returns the routes that no operation of the document names, one for each method.
    pub fn undocumented(&self) -> Vec<UndocumentedRoute> {
        let mut found = Vec::new();
        for (at, entry) in self.table.routes.iter().enumerate() {
            // A route beside the document's server is of another API, which the user did not name.
            let Some(path) = self.binding.path_in_document(&entry.path) else { continue };
            let methods = entry.methods.iter().filter_map(|name| Method::parse(name));
            let unknown = methods.filter(|method| !self.binding.documented.contains(&(at, *method)));
            let path = clean_text(&path, 500);
            found.extend(unknown.map(|method| UndocumentedRoute {
                method,
                path: path.clone(),
                place: place_of(entry),
                at,
            }));
        }

        found
    }

    /// Returns what the reader of a report should know: what was not read, and what could not be told.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let left_out = self.project.left_out.iter().map(|item| format!("{} ({})", item.path, item.because));
        notes.extend(list_first_few("not read of the source", &left_out.collect::<Vec<_>>()));
        notes.extend(list_first_few("routes of the source that are made at runtime", &self.table.unclear));

        notes
    }
}

impl UndocumentedRoute {
    /// Returns the operation that it is.
    pub fn id(&self) -> OperationId {
        OperationId(format!("{} {}", self.method, self.path))
    }
}

/// Returns where a handler stands.
pub(super) fn place_of(entry: &RouteEntry) -> HandlerPlace {
    HandlerPlace {
        file: clean_text(&entry.handler.file, 500),
        line: u32::try_from(entry.handler.line).unwrap_or(u32::MAX),
        function: clean_text(&entry.function, 200),
    }
}

/// One sentence with the first few of many.
fn list_first_few(what: &str, items: &[String]) -> Option<String> {
    (!items.is_empty()).then(|| format!("{what}: {}", name_first(items, MOST_NOTED, |item| clean_text(item, 200))))
}
