//! Calls that make routers, and which router an expression stands for.

use std::collections::HashMap;

use super::graph::{Graph, RouterId};
use super::meaning::Meaning;
use super::survey::{ScopeId, Survey, callee_name};
use crate::ir::{Argument, Expr, ExprKind, last_part};
use crate::project::{ClassRef, FunctionRef};

/// A call that makes a router.
pub(in crate::frameworks) struct Made<'s> {
    pub at: ScopeId,
    pub call: &'s Expr,
    pub arguments: &'s [Argument],
    /// The framework's own class that is made or extended.
    pub class: &'static str,
    /// The project's class in between.
    pub own: Option<ClassRef>,
}

impl<'p> Survey<'p> {
    /// Returns the calls that make an object of one of these classes, or of one of the project that extends one.
    pub(in crate::frameworks) fn made(&self, classes: &[&'static str]) -> Vec<Made<'p>> {
        let extending = self.extending(classes);
        let mut made = Vec::new();
        for (at, call) in &self.calls {
            let call: &'p Expr = call;
            let Some((callee, arguments)) = call.call() else { continue };
            let Some(name) = callee_name(callee) else { continue };
            let own = extending.get(name).and_then(|class| self.class(*at, callee).map(|own| (*class, own)));
            if let Some((class, own)) = own {
                made.push(Made { at: *at, call, arguments, class, own: Some(own) });
            } else if let Some(class) = classes.iter().find(|class| self.is_class((*at, callee), class)) {
                made.push(Made { at: *at, call, arguments, class, own: None });
            }
        }
        made
    }

    /// Names of the project's classes that extend one of these, and which.
    fn extending(&self, classes: &[&'static str]) -> HashMap<String, &'static str> {
        let mut found = HashMap::new();
        for (at, class) in &self.classes {
            if class.bases.is_empty() {
                continue;
            }
            let bases = self.project.bases_of(&ClassRef { module: self.module(*at), class: (*class).clone() });
            let known = bases.iter().find_map(|base| classes.iter().find(|known| last_part(base) == **known));
            if let Some(known) = known {
                found.insert(class.name.clone(), *known);
            }
        }
        found
    }

    fn is_class(&self, (at, callee): (ScopeId, &Expr), class: &str) -> bool {
        let full = self.full_name(at, callee);
        full.is_some_and(|full| last_part(&full) == class) && self.class(at, callee).is_none()
    }

    /// Returns the routers that an expression may stand for. One that is handed in from outside is the application,
    /// where there is only one.
    pub(in crate::frameworks) fn routers(&self, graph: &Graph, at: ScopeId, expr: &Expr) -> Vec<RouterId> {
        let meanings = self.meanings(at, expr);
        let mut found: Vec<RouterId> = meanings.iter().filter_map(|meaning| self.router(graph, meaning)).collect();
        found.sort();
        found.dedup();
        if found.is_empty()
            && let ExprKind::Member(object, name) = &*expr.kind
            && matches!(name.as_str(), "app" | "router" | "blueprint")
        {
            return self.routers(graph, at, object);
        }
        if found.is_empty() && meanings.is_empty() {
            found.extend(graph.only_app());
        }
        found
    }

    fn router(&self, graph: &Graph, meaning: &Meaning) -> Option<RouterId> {
        let Meaning::Value(of, value) = meaning else { return None };
        let id = (self.module(*of), value.span.start);
        graph.routers.contains_key(&id).then_some(id)
    }

    /// Returns a function as a handler: with its class, where it stands in one.
    pub(in crate::frameworks) fn handler(
        &self,
        at: ScopeId,
        function: &std::sync::Arc<crate::ir::Function>,
    ) -> FunctionRef {
        let class = self.scopes.get(at.0).and_then(|scope| scope.class.clone());
        FunctionRef { module: self.module(at), function: function.clone(), class }
    }
}

impl Graph {
    /// Returns the application, where there is only one.
    pub(in crate::frameworks) fn only_app(&self) -> Option<RouterId> {
        let mut apps = self.routers.iter().filter(|(_, router)| router.is_app && router.mounts.is_empty());
        let first = apps.next().map(|(id, _)| *id)?;
        apps.next().is_none().then_some(first)
    }
}
