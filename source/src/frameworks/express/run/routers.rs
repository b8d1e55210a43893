//! Applications and routers, and what is registered on them, in order.

use std::rc::Rc;

use super::machine::{Machine, ScriptFrame};
use super::values::{JsValue, ScriptArgument, ScriptObject, UNKNOWN_PART};
use crate::ir::{Expr, Span};
use crate::project::ModuleId;

/// Methods of a router that register a route; `all` is every method.
pub(super) const METHODS: [&str; 9] = ["all", "delete", "get", "head", "options", "patch", "post", "put", "trace"];
/// What makes an application.
const APPLICATIONS: [&str; 1] = ["express"];
/// What makes a router.
const ROUTERS: [&str; 4] = ["express-promise-router", "express.Router", "router", "express-promise-router.Router"];
/// Stands before a pattern that is a regular expression.
pub(in crate::frameworks::express) const PATTERN: char = '\u{2}';

/// The place of a router in the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::frameworks::express) struct ExpressRouterId(pub usize);

/// An application or a router.
pub(in crate::frameworks::express) struct RouterData {
    /// What was registered, in order.
    pub layers: Vec<Layer>,
    /// Whether it is an application.
    pub is_app: bool,
    /// Whether it stands for a parameter that is given from elsewhere.
    pub is_assumed: bool,
    /// Its fields.
    pub fields: ScriptObject,
}

/// One registration.
#[derive(Clone)]
pub(in crate::frameworks::express) struct Layer {
    /// What it registers.
    pub kind: LayerKind,
    /// The paths as written; one `""` where there is none.
    pub paths: Vec<String>,
    /// What it was given besides.
    pub items: Vec<ScriptArgument>,
    /// Where it is written.
    pub module: ModuleId,
    /// The call.
    pub span: Span,
    /// The calls that led to it, outermost first.
    pub sites: Vec<(ModuleId, Span)>,
    /// Whether it happens only under a condition that is not known.
    pub is_doubtful: bool,
}

/// What a registration registers.
#[derive(Clone, PartialEq)]
pub(in crate::frameworks::express) enum LayerKind {
    /// A route for a method; empty for all.
    Route(String),
    /// A middleware, or another router below a path.
    Use,
    /// What looks at a parameter.
    Param,
}

impl Machine<'_> {
    /// Makes an application or a router where that is what is called.
    pub(super) fn make_router(&mut self, name: &str) -> Option<JsValue> {
        let is_app = APPLICATIONS.contains(&name);
        (is_app || ROUTERS.contains(&name)).then(|| self.new_router(is_app, false))
    }

    /// Makes a router.
    pub(super) fn new_router(&mut self, is_app: bool, is_assumed: bool) -> JsValue {
        let id = ExpressRouterId(self.routers.len());
        self.routers.push(RouterData { layers: Vec::new(), is_app, is_assumed, fields: ScriptObject::default() });
        JsValue::Router(id)
    }

    /// Returns what a method of a router gives, after it has registered what it registers.
    pub(super) fn call_router(
        &mut self,
        frame: &ScriptFrame,
        whole: &Expr,
        id: ExpressRouterId,
        name: &str,
        given: Vec<ScriptArgument>,
    ) -> JsValue {
        match name {
            "use" => {
                let (paths, items) = self.split_use(&given);
                self.add(id, LayerKind::Use, paths, items, (frame.module, whole.span));
            }
            "param" => {
                let paths = given.first().and_then(|first| self.paths(&first.value)).unwrap_or_default();
                let items = given.get(1..).unwrap_or_default().to_vec();
                self.add(id, LayerKind::Param, paths, items, (frame.module, whole.span));
            }
            "route" => {
                let path = given.first().map(|first| first.value.clone()).unwrap_or_default();
                return JsValue::RouteOf(id, Rc::new(path));
            }
            // `app.get('setting')`
            "get" if given.len() < 2 => return JsValue::Unknown,
            _ if METHODS.contains(&name) => {
                let path = given.first().map(|first| first.value.clone()).unwrap_or_default();
                let items = given.get(1..).unwrap_or_default().to_vec();
                self.add_route((id, &path), name, items, (frame.module, whole.span));
            }
            _ => {
                self.unfollowed(frame, whole, name.to_owned(), given);
                return JsValue::Unknown;
            }
        }

        JsValue::Router(id)
    }

    /// Returns what a method of `router.route(path)` gives.
    pub(super) fn call_route(
        &mut self,
        whole: &Expr,
        frame: &ScriptFrame,
        (id, path): (ExpressRouterId, &Rc<JsValue>),
        name: &str,
        given: Vec<ScriptArgument>,
    ) -> JsValue {
        if METHODS.contains(&name) {
            // A chain begins where its first call does; the line of this one is where its name stands.
            let span = given.first().map_or(whole.span, |first| Span {
                start: first.span.start,
                line: first.span.line,
                ..whole.span
            });
            self.add_route((id, path), name, given, (frame.module, span));
        }

        JsValue::RouteOf(id, path.clone())
    }

    fn add_route(
        &mut self,
        (id, path): (ExpressRouterId, &JsValue),
        name: &str,
        items: Vec<ScriptArgument>,
        (module, span): (ModuleId, Span),
    ) {
        // Without a handler the call reads a setting or is a mistake, but registers no route.
        if items.is_empty() {
            return;
        }
        let is_assumed = self.routers.get(id.0).is_some_and(|router| router.is_assumed);

        // Many things have a method `get`: what is only taken for a router must be given a function.
        if is_assumed && !items.last().is_some_and(|last| is_function(&last.value)) {
            return;
        }
        let method = if name == "all" { String::new() } else { name.to_ascii_uppercase() };

        match self.paths(path) {
            Some(paths) => self.add(id, LayerKind::Route(method), paths, items, (module, span)),
            None => self.note(module, span, "the path is made at runtime"),
        }
    }

    fn add(
        &mut self,
        id: ExpressRouterId,
        kind: LayerKind,
        paths: Vec<String>,
        items: Vec<ScriptArgument>,
        (module, span): (ModuleId, Span),
    ) {
        let layer = Layer { kind, paths, items, module, span, sites: self.sites.clone(), is_doubtful: self.doubts > 0 };
        if let Some(router) = self.routers.get_mut(id.0) {
            router.layers.push(layer);
        }
    }

    /// Splits what `use` is given into paths and the rest.
    fn split_use(&self, given: &[ScriptArgument]) -> (Vec<String>, Vec<ScriptArgument>) {
        let first = given.first();
        let paths = first.and_then(|first| match &first.value {
            JsValue::List(items) if items.borrow().iter().all(|item| matches!(item, JsValue::Text(_))) => {
                self.paths(&first.value)
            }
            JsValue::List(_) => None,
            // A path from a variable and a middleware from a variable look alike; the name decides.
            JsValue::Unknown | JsValue::Made(_) if given.len() > 1 => {
                self.is_called_path(first).then(|| vec![UNKNOWN_PART.to_string()])
            }
            value => self.paths(value),
        });

        match paths {
            // With a single argument it is the middleware itself, even if it is a text.
            Some(paths) if given.len() > 1 => (paths, given.get(1..).unwrap_or_default().to_vec()),
            _ => (vec![String::new()], given.to_vec()),
        }
    }

    /// Returns whether something that is not known is called like a path.
    fn is_called_path(&self, given: &ScriptArgument) -> bool {
        let text = self.project.text(given.module, given.span).to_ascii_lowercase();
        ["path", "prefix", "url", "uri", "base", "root", "endpoint"].iter().any(|word| text.contains(word))
    }

    /// Returns the paths that a value stands for.
    fn paths(&self, value: &JsValue) -> Option<Vec<String>> {
        match value {
            JsValue::Text(text) => Some(vec![text.to_string()]),
            JsValue::Constant(text) if text.starts_with('/') => Some(vec![format!("{PATTERN}{text}")]),
            JsValue::List(items) => {
                let found: Vec<String> = items
                    .borrow()
                    .iter()
                    .filter(|item| !matches!(item, JsValue::List(_)))
                    .filter_map(|item| self.paths(item))
                    .flatten()
                    .collect();
                (!found.is_empty()).then_some(found)
            }
            _ => None,
        }
    }
}

/// Returns whether a value is a function, or is made of one.
fn is_function(value: &JsValue) -> bool {
    match value {
        JsValue::Function(_) => true,
        JsValue::Made(made) => made.arguments.iter().any(|given| matches!(given.value, JsValue::Function(_))),
        JsValue::List(items) => {
            items.borrow().iter().any(|item| !matches!(item, JsValue::List(_)) && is_function(item))
        }
        _ => false,
    }
}
