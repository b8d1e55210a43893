//! Calls that make routers, and which router an expression stands for.

use std::collections::{HashMap, HashSet};

use super::graph::{Graph, PythonRouterId};
use super::meaning::Meaning;
use super::survey::{PythonSurvey, ScopeId, callee_name};
use crate::ir::{Argument, Expr, ExprKind, dotted_text, last_part};
use crate::project::{ClassRef, FunctionRef};

/// A call that makes a router.
pub(in crate::frameworks) struct RouterCreation<'s> {
    pub at: ScopeId,
    pub call: &'s Expr,
    pub arguments: &'s [Argument],
    /// The framework's own class that is made or extended.
    pub class: &'static str,
    /// The project's class in between.
    pub own: Option<ClassRef>,
}

impl<'p> PythonSurvey<'p> {
    /// Returns the calls that make an object of one of these classes, or of one of the project that extends one.
    pub(in crate::frameworks) fn made(&self, classes: &[&'static str]) -> Vec<RouterCreation<'p>> {
        let extending = self.extending(classes);
        let aliases = self.aliases(classes);
        let names: HashSet<&str> =
            classes.iter().copied().chain(extending.keys().copied()).chain(aliases.iter().copied()).collect();
        let mut calls: Vec<usize> =
            names.iter().filter_map(|name| self.calls_by_name.get(name)).flatten().copied().collect();
        // Calls in the order of their places give the same routes at every run.
        calls.sort_unstable();
        let mut made = Vec::new();

        for (at, call) in calls.into_iter().filter_map(|at| self.calls.get(at)) {
            let call: &'p Expr = call;
            let Some((callee, arguments)) = call.call() else { continue };
            let Some(name) = callee_name(callee) else { continue };
            let own = extending.get(name).and_then(|class| self.class(*at, callee).map(|own| (*class, own)));

            if let Some((class, own)) = own {
                made.push(RouterCreation { at: *at, call, arguments, class, own: Some(own) });
            } else if (classes.contains(&name) || aliases.contains(name))
                && let Some(class) = classes.iter().find(|class| self.is_class((*at, callee), class))
            {
                made.push(RouterCreation { at: *at, call, arguments, class, own: None });
            }
        }

        made
    }

    /// Other names under which one of these classes is imported.
    fn aliases(&self, classes: &[&'static str]) -> HashSet<&str> {
        let imports = self.written_scopes().flat_map(|scope| &scope.imports);
        let meant = imports.filter(|(_, target)| target.name.as_deref().is_some_and(|name| classes.contains(&name)));
        meant.map(|(alias, _)| alias.as_str()).collect()
    }

    /// Names of the project's classes that extend one of these, and which.
    fn extending(&self, classes: &[&'static str]) -> HashMap<&str, &'static str> {
        let known = |bases: &Vec<String>| {
            let known = |base: &String| classes.iter().find(|known| last_part(base) == **known).copied();
            bases.iter().find_map(known)
        };
        let all = self.bases.get_or_init(|| self.all_bases());
        all.iter().filter_map(|(name, bases)| known(bases).map(|known| (name.as_str(), known))).collect()
    }

    /// The full names of what each class extends, worked out once.
    fn all_bases(&self) -> Vec<(String, Vec<String>)> {
        let extending = self.classes.iter().filter(|(_, class)| !class.bases.is_empty());
        let bases = |(at, class): &(ScopeId, &std::sync::Arc<crate::ir::Class>)| {
            let class = ClassRef { module: self.module(*at), class: (*class).clone() };
            (class.class.name.clone(), self.project.bases_of(&class))
        };
        extending.map(bases).collect()
    }

    fn is_class(&self, (at, callee): (ScopeId, &Expr), class: &str) -> bool {
        // A class of the project with that name is none of the framework.
        let full = self.full_name(at, callee);
        full.is_some_and(|full| last_part(&full) == class) && self.class(at, callee).is_none()
    }

    /// Returns the routers that an expression may stand for. One that is handed in from outside is the application,
    /// where there is only one.
    pub(in crate::frameworks) fn routers(&self, graph: &Graph, at: ScopeId, expr: &Expr) -> Vec<PythonRouterId> {
        let meanings = self.meanings(at, expr);
        let mut found: Vec<PythonRouterId> =
            meanings.iter().filter_map(|meaning| self.router(graph, meaning)).collect();
        found.sort();
        found.dedup();
        // `self.app` or `module.router` may be unknown while the object that holds it is a router.
        if found.is_empty()
            && let ExprKind::Member(object, name) = &*expr.kind
            && matches!(name.as_str(), "app" | "router" | "blueprint")
        {
            return self.routers(graph, at, object);
        }
        // Applications are often handed to `create_routes(app)` by code that is not seen.
        if found.is_empty() && meanings.is_empty() && !self.is_foreign(at, expr) {
            found.extend(graph.only_app());
        }
        found
    }

    /// Whether a name is imported from a package that is not in the project, and is none for the application at hand.
    fn is_foreign(&self, at: ScopeId, expr: &Expr) -> bool {
        let Some(name) = dotted_text(expr) else { return false };
        let head = name.split('.').next().unwrap_or_default();
        let Some(full) = self.local_import(at, head) else { return false };
        let package = full.split('.').next().unwrap_or_default();

        // `current_app` of Flask stands for the application at hand.
        head != "current_app" && self.project.python_module(package).is_none()
    }

    fn router(&self, graph: &Graph, meaning: &Meaning) -> Option<PythonRouterId> {
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
        let class = self.scope(at).and_then(|scope| scope.class.clone());
        FunctionRef { module: self.module(at), function: function.clone(), class }
    }
}

impl Graph {
    /// Returns the application, where there is only one.
    pub(in crate::frameworks) fn only_app(&self) -> Option<PythonRouterId> {
        // An application that is mounted is a part of another one.
        let mut apps = self.routers.iter().filter(|(_, router)| router.is_app && router.mounts.is_empty());
        let first = apps.next().map(|(id, _)| *id)?;
        apps.next().is_none().then_some(first)
    }
}
