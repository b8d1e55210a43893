//! Finds the route that serves an operation. Document and source often differ by a prefix (a server's path, a gateway, a
//! mount that is made at runtime): the prefixes that explain most operations are learnt first.

use std::collections::{BTreeMap, BTreeSet};

use routewarden_source::routes::RouteEntry;

use crate::model::{Api, Method, Operation, OperationId};

/// A path without what does not matter: parameters have no name, and there is no slash at the end.
type RouteShape = Vec<String>;

/// What stands before the path on one side alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Offset {
    /// The document's path begins with it.
    Document(RouteShape),
    /// The route's path begins with it.
    Source(RouteShape),
}

/// Which routes serve which operations.
#[derive(Debug, Default)]
pub(super) struct Binding {
    /// The place of the route of each operation that has one.
    pub(super) bound: BTreeMap<OperationId, usize>,
    /// Every route and method that may serve an operation of the document.
    pub(super) documented: BTreeSet<(usize, Method)>,
    /// What most routes differ by from the document's paths; none where no route serves any operation.
    offset: Option<Offset>,
    /// The path of the document's server.
    base: RouteShape,
}

impl Binding {
    /// Returns the path by which the document would name a route; none where it lies beside the document's server.
    pub(super) fn path_in_document(&self, route: &str) -> Option<String> {
        let own: Vec<&str> = route.split('/').filter(|part| !part.is_empty()).collect();
        let full: Vec<&str> = match self.offset.as_ref()? {
            Offset::Document(prefix) => prefix.iter().map(String::as_str).chain(own).collect(),
            Offset::Source(prefix) => {
                let rest = route_shape(route).strip_prefix(prefix.as_slice())?.len();
                own.get(own.len().saturating_sub(rest)..)?.to_vec()
            }
        };

        // The document's paths begin below its server; a route above it has no name there.
        let below = full.strip_prefix(self.base.iter().map(String::as_str).collect::<Vec<_>>().as_slice())?;
        let end = if route.ends_with('/') && !below.is_empty() { "/" } else { "" };
        // A parameter of the prefix has lost its name, and a path without one cannot be asked.
        (!below.contains(&"{}")).then(|| format!("/{}{end}", below.join("/")))
    }
}

/// An operation as clients reach it.
#[derive(Debug, Clone)]
pub(super) struct ReachedRoute {
    id: OperationId,
    method: Method,
    path: RouteShape,
}

impl ReachedRoute {
    /// Returns an operation of a document.
    pub(super) fn of_document(api: &Api, operation: &Operation) -> Self {
        Self { id: operation.id.clone(), method: operation.method, path: document_path(api, operation) }
    }

    /// Returns an operation below a base URL.
    pub(super) fn below(base_url: &str, method: Method, path: &str) -> Self {
        let full = format!("{}/{}", path_of(base_url), path.trim_start_matches('/'));
        Self { id: OperationId(format!("{method} {path}")), method, path: route_shape(&full) }
    }
}

/// Binds the routes to the operations that they serve; `base` is the address of the server.
pub(super) fn bind_routes(operations: &[ReachedRoute], base: &str, routes: &[RouteEntry]) -> Binding {
    let shapes: Vec<RouteShape> = routes.iter().map(|route| route_shape(&route.path)).collect();
    let mut by_last: BTreeMap<&str, Vec<usize>> = BTreeMap::new();

    for (at, shape) in shapes.iter().enumerate() {
        by_last.entry(shape.last().map_or("", String::as_str)).or_default().push(at);
    }
    let mut candidates: BTreeMap<OperationId, Vec<(Offset, usize)>> = BTreeMap::new();
    let mut votes: BTreeMap<Offset, usize> = BTreeMap::new();
    let mut documented = BTreeSet::new();

    for operation in operations {
        let path = &operation.path;
        let near = by_last.get(path.last().map_or("", String::as_str)).into_iter().flatten();
        let served = near.filter(|at| routes.get(**at).is_some_and(|route| serves_method(route, operation)));
        let found: Vec<(Offset, usize)> =
            served.filter_map(|at| Some((path_offset(path, shapes.get(*at)?)?, *at))).collect();
        // Each operation has one vote for a prefix, however many routes end like it.
        let offsets: BTreeSet<&Offset> = found.iter().map(|(offset, _)| offset).collect();
        offsets.into_iter().for_each(|offset| *votes.entry(offset.clone()).or_default() += 1);
        documented.extend(found.iter().map(|(_, at)| (*at, operation.method)));
        candidates.insert(operation.id.clone(), found);
    }

    let chosen =
        candidates.into_iter().filter_map(|(id, found)| Some((choose_route(&id, &found, &votes, routes)?, id)));
    let bound = chosen.map(|(at, id)| (id, at)).collect();
    let offset =
        // Of equal votes the plain path wins: a prefix needs more to be believed.
        votes.iter().max_by_key(|(offset, votes)| (**votes, is_none(offset))).map(|(offset, _)| offset.clone());
    Binding { bound, documented, offset, base: route_shape(&path_of(base)) }
}

/// The route with the offset that explains most; none where two different handlers are as likely.
fn choose_route(
    id: &OperationId,
    found: &[(Offset, usize)],
    votes: &BTreeMap<Offset, usize>,
    routes: &[RouteEntry],
) -> Option<usize> {
    let weight = |offset: &Offset| votes.get(offset).copied().unwrap_or_default();
    let (best, _) = found.iter().max_by_key(|(offset, _)| (weight(offset), is_none(offset)))?;

    // A lone likeness behind a prefix is chance; the same path is not.
    let most = votes.values().copied().max().unwrap_or_default();

    if !is_none(best) && (weight(best) * 10 < most || (weight(best) < 2 && votes.len() > 1)) {
        return None;
    }
    let equals: Vec<usize> = found.iter().filter(|(offset, _)| offset == best).map(|(_, at)| *at).collect();
    // Of routes that differ in names of parameters alone, the one with the document's own names is meant.
    let named = |at: &&usize| routes.get(**at).is_some_and(|route| id.as_str().ends_with(&route.path));
    let chosen = equals.iter().find(named).or_else(|| equals.first())?;
    let handler = |at: &usize| routes.get(*at).map(|route| &route.handler);
    let one = equals.iter().all(|at| handler(at) == handler(chosen)) || equals.iter().filter(named).count() == 1;

    one.then_some(*chosen)
}

fn is_none(offset: &Offset) -> bool {
    matches!(offset, Offset::Document(prefix) | Offset::Source(prefix) if prefix.is_empty())
}

fn serves_method(route: &RouteEntry, operation: &ReachedRoute) -> bool {
    let method = operation.method.as_str();
    // A route that names no method serves all of them.
    route.methods.is_empty() || route.methods.iter().any(|served| served == method)
}

/// The path as clients send it, with the path of the server before it.
fn document_path(api: &Api, operation: &Operation) -> RouteShape {
    let server = operation.servers.first().or_else(|| api.servers.first());
    let base = server.map(|server| path_of(&server.url)).unwrap_or_default();
    route_shape(&format!("{base}/{}", operation.path.trim_start_matches('/')))
}

/// The path of a URL or of a relative address.
fn path_of(url: &str) -> String {
    let after =
        url.split_once("://").map_or(url, |(_, rest)| rest.find('/').and_then(|at| rest.get(at..)).unwrap_or(""));
    after.trim_end_matches('/').to_owned()
}

fn route_shape(path: &str) -> RouteShape {
    path.split('/').filter(|part| !part.is_empty()).map(without_names).collect()
}

/// `{id}.json` is `{}.json`
fn without_names(part: &str) -> String {
    let mut made = String::new();
    let mut rest = part;

    while let Some((before, after)) = rest.split_once('{') {
        made.push_str(before);
        made.push_str("{}");
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    made.push_str(rest);
    made
}

/// Returns what stands before the shorter path in the longer one.
fn path_offset(document: &RouteShape, source: &RouteShape) -> Option<Offset> {
    if document.len() >= source.len() {
        document.strip_suffix(source.as_slice()).map(|prefix| Offset::Document(prefix.to_vec()))
    } else {
        source.strip_suffix(document.as_slice()).map(|prefix| Offset::Source(prefix.to_vec()))
    }
}
