//! The routes that applications and routers serve, with what runs before each.

use std::collections::HashSet;

use super::guards::{RegisteredMiddleware, guard_of};
use super::handlers::{flatten_lists, split_handler, unwrap_handler};
use super::paths::{UNKNOWN, covers_path, written_path};
use super::run::{ExpressRouterId, JsValue, Layer, LayerKind, Machine, ScriptArgument};
use crate::ir::Span;
use crate::project::{ClassRef, FunctionRef, ModuleId};
use crate::routes::{
    FrameworkName, Guard, GuardLevel, HandlerCode, RouteEntry, RouteTable, join_paths, normalise_path, path_parameters,
};

/// Routers within routers that are looked at.
const MOST_DEPTH: usize = 24;
/// Routes that are listed.
const MOST_ROUTES: usize = 20_000;

/// A middleware on the way to a route.
#[derive(Clone)]
struct RouteMiddleware {
    guard: Guard,
    below: String,
    parameter: Option<String>,
}

/// Makes the table of what a machine has seen.
pub(super) fn routes_from_machine(machine: &mut Machine) -> RouteTable {
    let layers = machine.routers.iter().flat_map(|router| &router.layers);
    let given = layers.flat_map(|layer| flatten_lists(&layer.items));
    let mounted: HashSet<ExpressRouterId> = given.flat_map(|given| routers_in(&given.value)).collect();
    let mut walk = RouteWalk { table: RouteTable::default(), machine, open: Vec::new() };

    for at in 0..walk.machine.routers.len() {
        let id = ExpressRouterId(at);
        // Only routers that hang on nothing are roots; the others are reached through them, with their guards.
        if !mounted.contains(&id) {
            walk.router(id, "", &mut Vec::new());
        }
    }

    let mut table = walk.table;
    table.unclear.extend(std::mem::take(&mut machine.unclear));
    table
}

struct RouteWalk<'m, 'p> {
    table: RouteTable,
    machine: &'m mut Machine<'p>,
    open: Vec<ExpressRouterId>,
}

impl RouteWalk<'_, '_> {
    /// Walks over what is registered on a router, in order: what stands before a route runs before it.
    fn router(&mut self, id: ExpressRouterId, prefix: &str, standing: &mut Vec<RouteMiddleware>) {
        let Some(router) = self.machine.routers.get(id.0) else { return };
        // A router that is used within itself would never come to an end.
        if self.open.contains(&id) || self.open.len() >= MOST_DEPTH {
            return;
        }
        let layers: Vec<Layer> = router.layers.clone();
        let level = if router.is_app { GuardLevel::App } else { GuardLevel::Router };
        self.open.push(id);

        for layer in &layers {
            if layer.kind == LayerKind::Param {
                self.watched(layer, prefix, level, standing);
                continue;
            }
            for path in &layer.paths {
                let Some(path) = self.path(prefix, path, layer) else { continue };
                match &layer.kind {
                    LayerKind::Route(method) => self.route(layer, method, &path, standing),
                    _ => self.used(layer, &path, level, standing),
                }
            }
        }

        self.open.pop();
    }

    fn path(&mut self, prefix: &str, written: &str, layer: &Layer) -> Option<String> {
        let Some(path) = written_path(written) else {
            let place = self.machine.project.place(layer.module, layer.span);
            self.table.unclear.push(format!("{}:{}: the path is a pattern that is not read", place.file, place.line));
            return None;
        };
        if path.contains(UNKNOWN) {
            let place = self.machine.project.place(layer.module, layer.span);
            self.table.unclear.push(format!("{}:{}: a part of the path is made at runtime", place.file, place.line));
        }
        let whole = normalise_path(&join_paths(prefix, path.trim_matches('/')));
        let whole = whole.trim_end_matches('/');
        Some(if whole.is_empty() { "/".to_owned() } else { whole.to_owned() })
    }

    fn used(&mut self, layer: &Layer, path: &str, level: GuardLevel, standing: &mut Vec<RouteMiddleware>) {
        for given in flatten_lists(&layer.items) {
            let routers = routers_in(&given.value);
            for router in &routers {
                let prefix = if path == "/" { "" } else { path };
                // What a router adds stays inside it, so each one gets its own copy of what stands before it.
                self.router(*router, prefix, &mut standing.clone());
            }
            if routers.is_empty() {
                standing.extend(self.stand(layer, &given, path, level));
            }
        }
    }

    fn watched(&mut self, layer: &Layer, prefix: &str, level: GuardLevel, standing: &mut Vec<RouteMiddleware>) {
        for given in flatten_lists(&layer.items) {
            for name in &layer.paths {
                let made = self.stand(layer, &given, prefix, level);
                standing.extend(made.map(|made| RouteMiddleware { parameter: Some(name.clone()), ..made }));
            }
        }
    }

    fn stand(
        &mut self,
        layer: &Layer,
        given: &ScriptArgument,
        path: &str,
        level: GuardLevel,
    ) -> Option<RouteMiddleware> {
        let guard = guard_of(self.machine, &RegisteredMiddleware { given, level, is_doubtful: layer.is_doubtful })?;
        Some(RouteMiddleware { guard, below: path.to_owned(), parameter: None })
    }

    fn route(&mut self, layer: &Layer, method: &str, path: &str, standing: &mut Vec<RouteMiddleware>) {
        let Some((before, handler)) = split_handler(&layer.items) else { return };
        if self.table.routes.len() >= MOST_ROUTES {
            self.table.unclear.push(format!("only {MOST_ROUTES} routes are listed"));
            return;
        }
        // `router.param` runs only where the path has that parameter.
        let reaches = |standing: &&RouteMiddleware| match &standing.parameter {
            Some(name) => path_parameters(path).contains(name),
            None => covers_path(&standing.below, path),
        };
        let mut guards: Vec<Guard> = standing.iter().filter(reaches).map(|standing| standing.guard.clone()).collect();

        for given in &before {
            let registered = RegisteredMiddleware { given, level: GuardLevel::Route, is_doubtful: false };
            guards.extend(guard_of(self.machine, &registered));
        }
        let entry = self.entry(layer, method, path, &handler);
        self.table.routes.push(RouteEntry { guards, ..entry });

        // What every method of a path passes through stands before what is declared after it.
        if method.is_empty() {
            let below = path.trim_end_matches("/{rest}");
            standing.extend(self.stand(layer, &handler, below, GuardLevel::Router));
        }
    }

    fn entry(&self, layer: &Layer, method: &str, path: &str, handler: &ScriptArgument) -> RouteEntry {
        let project = self.machine.project;
        let found = unwrap_handler(&handler.value);
        let declaration =
            found.as_ref().map_or((layer.module, layer.span), |found| declaration_site(layer, found.module));
        let declared = project.place(declaration.0, declaration.1);
        let (function, place, code) = match &found {
            Some(closure) => {
                let class = closure.through.as_ref();
                let class = class.map(|class| ClassRef { module: class.module, class: class.class.clone() });
                let name = match &class {
                    Some(class) => format!("{}.{}", class.class.name, closure.function.name),
                    None => closure.function.name.clone(),
                };
                let function = FunctionRef { module: closure.module, function: closure.function.clone(), class };
                let place = project.place(closure.module, closure.function.span);
                (name, place, Some(HandlerCode { function, declaration }))
            }
            None => (handler_name(handler), declared.clone(), None),
        };

        RouteEntry {
            framework: FrameworkName::Express,
            methods: if method.is_empty() { Vec::new() } else { vec![method.to_owned()] },
            path: path.to_owned(),
            function,
            handler: place,
            declared,
            guards: Vec::new(),
            code,
        }
    }
}

/// Where a route is declared: the registering call, or the call in the handler's own file that led to it.
fn declaration_site(layer: &Layer, handler: ModuleId) -> (ModuleId, Span) {
    // A helper like `crud(router, '/x', handlers)` would otherwise give all its routes one line.
    if layer.module == handler {
        return (layer.module, layer.span);
    }
    let own = layer.sites.iter().rev().find(|(module, _)| *module == handler);
    own.copied().unwrap_or((layer.module, layer.span))
}

fn handler_name(handler: &ScriptArgument) -> String {
    match &handler.value {
        JsValue::Made(made) => made.name.clone(),
        JsValue::External(name) => name.to_string(),
        _ => String::new(),
    }
}

/// The routers that a value is or was made of.
fn routers_in(value: &JsValue) -> Vec<ExpressRouterId> {
    match value {
        JsValue::Router(id) => vec![*id],
        JsValue::Made(made) => made.arguments.iter().flat_map(|given| routers_in(&given.value)).collect(),
        _ => Vec::new(),
    }
}
