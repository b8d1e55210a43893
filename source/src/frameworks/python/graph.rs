//! Routers, where they are mounted, and the routes that come of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::Span;
use crate::project::{FunctionRef, ModuleId, Project};
use crate::routes::{CodePlace, FrameworkName, Guard, HandlerCode, RouteEntry, RouteTable, join_paths, normalise_path};

/// Routers within routers are followed no deeper.
const MOST_DEPTH: usize = 12;
/// A router is mounted in no more ways.
const MOST_CHAINS: usize = 64;

/// A router by the call that makes it.
pub(in crate::frameworks) type PythonRouterId = (ModuleId, usize);

/// An application, a blueprint, a router, a namespace.
#[derive(Debug, Clone)]
pub(in crate::frameworks) struct PythonRouter {
    /// Whether requests reach it without being mounted.
    pub is_app: bool,
    /// The prefix that it was made with.
    pub prefix: String,
    /// Runs before the handlers of it and of what is mounted in it, applications too.
    pub layers: Vec<Guard>,
    /// Runs before the handlers of it and of routers that are included in it.
    pub guards: Vec<Guard>,
    /// Where it is mounted.
    pub mounts: Vec<PythonMount>,
    /// Where it is made.
    pub place: CodePlace,
}

/// How a router is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::frameworks) enum MountKind {
    /// It becomes a part of its parent.
    Included,
    /// It stays an application of its own, to which only the parent's layers apply.
    Apart,
}

/// One place where a router is mounted.
#[derive(Debug, Clone)]
pub(in crate::frameworks) struct PythonMount {
    pub parent: PythonRouterId,
    pub kind: MountKind,
    pub prefix: String,
    /// Whether the router's own prefix follows.
    pub keeps_own: bool,
    pub guards: Vec<Guard>,
}

/// A route as it is declared on a router.
#[derive(Debug, Clone)]
pub(in crate::frameworks) struct Declaration {
    /// The routers; none where it is not known which.
    pub routers: Vec<PythonRouterId>,
    pub path: String,
    /// In capitals.
    pub methods: Vec<String>,
    pub handler: FunctionRef,
    /// Where it is declared.
    pub at: (ModuleId, Span),
    /// Runs before this handler, outermost first.
    pub guards: Vec<Guard>,
}

/// All routers and routes of a framework.
#[derive(Debug)]
pub(in crate::frameworks) struct Graph {
    framework: FrameworkName,
    pub routers: BTreeMap<PythonRouterId, PythonRouter>,
    pub declared: Vec<Declaration>,
    pub unclear: Vec<String>,
}

/// What a way to a router adds.
#[derive(Debug, Clone, Default)]
struct MountChain {
    prefix: String,
    layers: Vec<Guard>,
    guards: Vec<Guard>,
}

impl Graph {
    pub(in crate::frameworks) fn new(framework: FrameworkName) -> Self {
        Graph { framework, routers: BTreeMap::new(), declared: Vec::new(), unclear: Vec::new() }
    }

    /// Returns the applications above a router, itself where it is one.
    pub(in crate::frameworks) fn apps_of(&self, router: PythonRouterId) -> BTreeSet<PythonRouterId> {
        let (mut apps, mut met, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![router]);
        while let Some(current) = open.pop() {
            let Some(found) = self.routers.get(&current).filter(|_| met.insert(current)) else { continue };
            if found.is_app {
                apps.insert(current);
            }
            open.extend(found.mounts.iter().map(|mount| mount.parent));
        }

        apps
    }

    /// Makes the table of routes.
    pub(in crate::frameworks) fn finish(mut self, project: &Project) -> RouteTable {
        let mut routes = Vec::new();
        let (mut lost, mut capped) = (BTreeSet::new(), BTreeSet::new());

        for declaration in &self.declared {
            // A handler without a known router is served at its own path: Connexion names no router.
            if declaration.routers.is_empty() {
                routes.push(self.entry(project, declaration, &MountChain::default()));
            }
            for router in &declaration.routers {
                // A router that no application is seen to include may still be served: its routes stay, with a
                // note.
                if self.apps_of(*router).is_empty() {
                    lost.insert(*router);
                }
                let chains = self.chains(*router, MOST_DEPTH);

                if chains.len() >= MOST_CHAINS {
                    capped.insert(*router);
                }
                routes.extend(chains.iter().map(|chain| self.entry(project, declaration, chain)));
            }
        }

        for place in lost.iter().filter_map(|router| self.routers.get(router)).map(|router| &router.place) {
            let said = format!("{}:{}: it is not seen where this router is mounted", place.file, place.line);
            self.unclear.push(said);
        }
        for place in capped.iter().filter_map(|router| self.routers.get(router)).map(|router| &router.place) {
            let said =
                format!("{}:{}: only {MOST_CHAINS} places where it is mounted are followed", place.file, place.line);
            self.unclear.push(said);
        }
        RouteTable { routes, unclear: self.unclear }
    }

    fn entry(&self, project: &Project, declaration: &Declaration, chain: &MountChain) -> RouteEntry {
        let handler = &declaration.handler;
        let name = &handler.function.name;
        let class = handler.class.as_ref().map(|class| &class.class.name);
        let guards = [&chain.layers, &chain.guards, &declaration.guards];
        RouteEntry {
            framework: self.framework,
            methods: declaration.methods.clone(),
            path: normalise_path(&join_paths(&chain.prefix, &declaration.path)),
            function: class.map_or(name.clone(), |class| format!("{class}.{name}")),
            handler: project.place(handler.module, handler.function.span),
            declared: project.place(declaration.at.0, declaration.at.1),
            guards: guards.into_iter().flatten().cloned().collect(),
            code: Some(HandlerCode { function: handler.clone(), declaration: declaration.at }),
        }
    }

    /// Returns every way to a router; those that begin at no application only where there are no others.
    fn chains(&self, router: PythonRouterId, depth: usize) -> Vec<MountChain> {
        let Some(found) = self.routers.get(&router) else { return vec![MountChain::default()] };
        // A mount below something that is never served adds no path for clients.
        let reaches = |mount: &&PythonMount| !self.apps_of(mount.parent).is_empty();
        let mut mounts: Vec<&PythonMount> = found.mounts.iter().filter(reaches).collect();

        if mounts.is_empty() && !found.is_app {
            mounts = found.mounts.iter().collect();
        }
        let own =
            MountChain { prefix: found.prefix.clone(), layers: found.layers.clone(), guards: found.guards.clone() };
        if mounts.is_empty() || depth == 0 {
            return vec![own];
        }
        let below = |mount: &PythonMount| {
            let above = self.chains(mount.parent, depth - 1);
            above.into_iter().map(|above| above.mounting(mount, &own)).collect::<Vec<_>>()
        };
        mounts.into_iter().flat_map(below).take(MOST_CHAINS).collect()
    }
}

impl MountChain {
    fn mounting(mut self, mount: &PythonMount, own: &MountChain) -> MountChain {
        // Guards of the parent are dependencies, which do not reach an application that is mounted apart.
        if mount.kind == MountKind::Apart {
            self.guards.clear();
        }
        let own_prefix = if mount.keeps_own { own.prefix.as_str() } else { "" };

        for part in [mount.prefix.as_str(), own_prefix] {
            if !part.is_empty() {
                self.prefix = join_paths(&self.prefix, part);
            }
        }
        // Layers are middleware of the server, so those of the parent run around everything below.
        self.layers.extend(own.layers.iter().cloned());
        self.guards.extend(mount.guards.iter().chain(&own.guards).cloned());
        self
    }
}
