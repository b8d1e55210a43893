//! What Go's routers have in common where they take middleware and routes.

use super::{GoCode, GoRouters};
use crate::frameworks::graph::{GraphRoute, GuardReach};
use crate::frameworks::query::At;
use crate::routes::GuardLevel;

impl<'s> GoRouters<'s, '_> {
    /// Puts middleware on a router.
    pub(in crate::frameworks) fn put_guards(
        &mut self,
        operand: At<'s>,
        call: At<'s>,
        middleware: &[At<'s>],
        reach: GuardReach,
    ) {
        let id = self.router(operand);
        let moment = self.moment(call);

        for guard in self.guards(middleware, GuardLevel::Router) {
            self.graph.guard(id, moment, reach, guard);
        }
    }

    /// Puts a route on a router.
    pub(in crate::frameworks) fn put_route(
        &mut self,
        operand: At<'s>,
        call: At<'s>,
        (methods, path): (Vec<String>, String),
        handler: At<'s>,
        middleware: &[At<'s>],
    ) {
        let router = self.router(operand);
        let mut guards = self.guards(middleware, GuardLevel::Route);
        let found = self.code.handler(handler);
        guards.extend(found.guards);
        self.graph.add_route(GraphRoute {
            router,
            moment: self.moment(call),
            methods,
            path,
            guards,
            function: found.function,
            handler: found.place,
            declared: call.place(),
        });
    }
}

impl<'s> GoCode<'s> {
    /// Returns whether a file may speak to a framework: it imports it, or none.
    pub(in crate::frameworks) fn speaks(&self, root: At<'s>, packages: &[&str]) -> bool {
        const ALL: [&str; 5] = [
            "github.com/gin-gonic/gin",
            "github.com/labstack/echo",
            "github.com/go-chi/chi",
            "github.com/gorilla/mux",
            "github.com/gofiber/fiber",
        ];
        // A file without any of these imports may still register on a router that it is handed.
        self.imports_any(root, packages) || !self.imports_any(root, &ALL)
    }

    /// Returns the methods that a call registers, and the arguments after them.
    pub(in crate::frameworks) fn methods<'a>(
        &self,
        verb: &str,
        arguments: &'a [At<'s>],
    ) -> (Vec<String>, &'a [At<'s>]) {
        let rest = arguments.get(1..).unwrap_or_default();
        match (verb, arguments.first()) {
            // `Any` serves every method, which an empty list stands for.
            ("Any", _) => (Vec::new(), arguments),
            ("Handle" | "Add" | "Method" | "MethodFunc", Some(first)) => {
                (self.constant(*first).into_iter().map(|method| method.to_ascii_uppercase()).collect(), rest)
            }
            ("Match", Some(first)) => (self.texts(*first), rest),
            _ => (vec![verb.to_ascii_uppercase()], arguments),
        }
    }

    /// Returns the texts of a list.
    pub(in crate::frameworks) fn texts(&self, at: At<'s>) -> Vec<String> {
        let mut open = vec![at];
        let mut found = Vec::new();

        while let Some(at) = open.pop() {
            match self.constant(at) {
                Some(text) => found.push(text),
                None => open.extend(at.children().into_iter().rev()),
            }
        }

        found
    }
}
