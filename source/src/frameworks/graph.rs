//! Routers that hang in one another: routes and guards are put on a router, a router is mounted on others under a prefix,
//! and what clients see is read off the ways from a route to the routers that hang on nothing.

use super::query::At;
use crate::project::ModuleId;
use crate::routes::{CodePlace, FrameworkName, Guard, GuardLevel, RouteEntry, RouteTable, normalise_path};

/// A router on more routers than this is read on the first ones.
const MOST_WAYS: usize = 32;
/// Routers within routers are followed so far.
const MOST_DEPTH: usize = 16;

/// A router of a graph.
pub(super) type GraphRouterId = usize;

/// Where something is done: file, function within it, and byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    module: ModuleId,
    scope: usize,
    byte: usize,
}

impl Moment {
    /// Returns the moment of a node; `functions` are the kinds whose bodies are read from top to bottom.
    pub(super) fn of(at: At<'_>, functions: &[&str]) -> Self {
        let scope = at.within(functions).map_or(0, |scope| scope.node.start_byte());
        Moment { module: at.file.module.id, scope, byte: at.node.end_byte() }
    }

    fn is_before(self, other: Moment) -> Option<bool> {
        // The order is known only within one function; across functions it depends on who calls first.
        (self.module == other.module && self.scope == other.scope).then_some(self.byte < other.byte)
    }
}

/// Which routes of a router a guard that is put on it reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GuardReach {
    /// Those that are declared after it.
    Later,
    /// Those that are declared before it.
    Earlier,
    /// All.
    All,
}

impl GuardReach {
    fn reaches(self, guard: Moment, route: Moment) -> bool {
        match self {
            // Where the order is unknown the guard counts, as an invented gap would be a false finding.
            GuardReach::Later => guard.is_before(route).unwrap_or(true),
            GuardReach::Earlier => route.is_before(guard).unwrap_or(true),
            GuardReach::All => true,
        }
    }
}

/// A route on a router.
pub(super) struct GraphRoute {
    pub(super) router: GraphRouterId,
    pub(super) moment: Moment,
    pub(super) methods: Vec<String>,
    pub(super) path: String,
    pub(super) guards: Vec<Guard>,
    pub(super) function: String,
    pub(super) handler: CodePlace,
    pub(super) declared: CodePlace,
}

/// A router on another.
pub(super) struct RouterMount {
    pub(super) parent: GraphRouterId,
    pub(super) prefix: String,
    pub(super) guards: Vec<Guard>,
    pub(super) moment: Moment,
    /// It is the same router by another name: a parameter, a field.
    pub(super) is_alias: bool,
}

#[derive(Default)]
struct GraphRouter {
    mounts: Vec<RouterMount>,
    guards: Vec<(Moment, GuardReach, Guard)>,
}

/// One way to a router: its prefix, and the guards on it, outermost first.
#[derive(Clone, Default)]
struct MountPath {
    prefix: String,
    guards: Vec<Guard>,
}

/// All routers of a project, in one framework.
#[derive(Default)]
pub(super) struct RouterGraph {
    routers: Vec<GraphRouter>,
    routes: Vec<GraphRoute>,
    pub(super) unclear: Vec<String>,
}

impl RouterGraph {
    /// Adds a router that hangs on nothing yet.
    pub(super) fn add_router(&mut self) -> GraphRouterId {
        self.routers.push(GraphRouter::default());
        self.routers.len() - 1
    }

    /// Hangs a router on another.
    pub(super) fn mount(&mut self, child: GraphRouterId, mount: RouterMount) {
        if child != mount.parent
            && let Some(router) = self.routers.get_mut(child)
        {
            router.mounts.push(mount);
        }
    }

    /// Puts a guard on a router.
    pub(super) fn guard(&mut self, router: GraphRouterId, moment: Moment, reach: GuardReach, guard: Guard) {
        if let Some(router) = self.routers.get_mut(router) {
            router.guards.push((moment, reach, guard));
        }
    }

    /// Puts a route on a router.
    pub(super) fn add_route(&mut self, route: GraphRoute) {
        self.routes.push(route);
    }

    /// Reads off the routes as clients see them. `joined` puts a path below a prefix.
    pub(super) fn into_table(self, framework: FrameworkName, joined: fn(&str, &str) -> String) -> RouteTable {
        let mut table = RouteTable { routes: Vec::new(), unclear: self.unclear.clone() };
        for route in &self.routes {
            let mut ways = Vec::new();
            self.collect_ways(route.router, route.moment, joined, &mut Vec::new(), &mut ways);

            if ways.len() > MOST_WAYS {
                let note = format!("only {MOST_WAYS} of the places where its router hangs are read");
                table.unclear.push(format!("{}:{}: {note}", route.declared.file, route.declared.line));
            }
            for mut way in ways.into_iter().take(MOST_WAYS) {
                way.guards.extend(route.guards.iter().cloned());
                table.routes.push(RouteEntry {
                    framework,
                    methods: route.methods.clone(),
                    path: normalise_path(&joined(&way.prefix, &route.path)),
                    function: route.function.clone(),
                    handler: route.handler.clone(),
                    declared: route.declared.clone(),
                    guards: way.guards,
                    code: None,
                });
            }
        }

        table
    }

    fn is_app(&self, router: &GraphRouter, depth: usize) -> bool {
        // An alias of a root is the root itself; any real mount makes a router a part of something.
        let is_app = |mount: &RouterMount| {
            mount.is_alias && self.routers.get(mount.parent).is_some_and(|parent| self.is_app(parent, depth + 1))
        };
        depth < MOST_DEPTH && router.mounts.iter().all(is_app)
    }

    fn collect_ways(
        &self,
        id: GraphRouterId,
        moment: Moment,
        joined: fn(&str, &str) -> String,
        open: &mut Vec<GraphRouterId>,
        ways: &mut Vec<MountPath>,
    ) {
        let Some(router) = self.routers.get(id) else { return };
        // Routers may be handed in circles through parameters and fields.
        if open.contains(&id) || open.len() > MOST_DEPTH {
            return;
        }
        open.push(id);
        let level = if self.is_app(router, 0) { GuardLevel::App } else { GuardLevel::Router };
        let reaching = router.guards.iter().filter(|(at, reach, _)| reach.reaches(*at, moment));
        let mut own: Vec<Guard> = reaching.map(|(_, _, guard)| Guard { level, ..guard.clone() }).collect();

        // What is put around the routes so far stands outside of what was put there before.
        if router.guards.iter().any(|(_, reach, _)| *reach == GuardReach::Earlier) {
            own.reverse();
        }
        let before = ways.len();

        for mount in &router.mounts {
            let mut above = Vec::new();
            self.collect_ways(mount.parent, mount.moment, joined, open, &mut above);

            for mut way in above.into_iter().take(MOST_WAYS + 1) {
                if !mount.prefix.is_empty() {
                    way.prefix = joined(&way.prefix, &mount.prefix);
                }
                way.guards.extend(mount.guards.iter().cloned());
                // What the parent and the mount do runs before what the router does itself.
                way.guards.extend(own.iter().cloned());
                ways.push(way);
            }
        }

        // A router that hangs on nothing is a root, and its prefix begins there.
        if ways.len() == before {
            ways.push(MountPath { prefix: String::new(), guards: own });
        }
        open.pop();
    }
}
