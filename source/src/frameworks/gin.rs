//! Gin.

use super::golang::{GoCode, GoDialect, GoRouters};
use super::graph::{GraphRoute, Reach};
use super::query::{At, Matched, SourceQuery, Sources};
use crate::lang::Language;
use crate::project::Project;
use crate::routes::{FrameworkName, GuardLevel, RouteTable, join};

pub(super) static QUERY: SourceQuery = SourceQuery::new(Language::Go, include_str!("gin.scm"));
const PACKAGES: [&str; 1] = ["github.com/gin-gonic/gin"];
static DIALECT: GoDialect =
    GoDialect { makers: &["gin.New", "gin.Default"], groups: &["Group"], with: &[], same: &["Use"], closures: &[] };

/// Finds the routes.
pub(super) fn find(project: &Project) -> RouteTable {
    if !Sources::mention(project, Language::Go, &PACKAGES) {
        return RouteTable::default();
    }
    let sources = Sources::parse(project, Language::Go);
    let code = GoCode::read(&sources);
    let mut routers = GoRouters::new(&code, &DIALECT);
    for root in code.roots.iter().filter(|root| code.speaks(**root, &PACKAGES)) {
        for matched in QUERY.matches(*root) {
            read(&mut routers, &matched);
        }
    }
    routers.graph.into_table(FrameworkName::Gin, join)
}

fn read<'s>(routers: &mut GoRouters<'s, '_>, matched: &Matched<'s>) {
    let (Some(operand), Some(list)) = (matched.get("router"), matched.get("arguments")) else { return };
    let arguments = list.children();
    if routers.code.import(operand, operand.text()).is_some() {
        return;
    }
    if let Some(call) = matched.get("use") {
        routers.put_guards(operand, call, &arguments, Reach::Later);
    } else if let Some(call) = matched.get("route") {
        let arguments: Vec<At> = arguments;
        let (methods, rest) = routers.code.methods(matched.text("verb"), &arguments);
        let [path, middleware @ .., handler] = rest else { return };
        let Some(text) = routers.code.constant(*path) else {
            routers.graph.unclear.push(call.note("the path is made at runtime"));
            return;
        };
        routers.put_route(operand, call, (methods, text), *handler, middleware);
    }
}

impl<'s> GoRouters<'s, '_> {
    /// Puts middleware on a router.
    pub(super) fn put_guards(&mut self, operand: At<'s>, call: At<'s>, middleware: &[At<'s>], reach: Reach) {
        let id = self.router(operand);
        let moment = self.moment(call);
        for guard in self.guards(middleware, GuardLevel::Router) {
            self.graph.guard(id, moment, reach, guard);
        }
    }

    /// Puts a route on a router.
    pub(super) fn put_route(
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
    pub(super) fn speaks(&self, root: At<'s>, packages: &[&str]) -> bool {
        const ALL: [&str; 5] = [
            "github.com/gin-gonic/gin",
            "github.com/labstack/echo",
            "github.com/go-chi/chi",
            "github.com/gorilla/mux",
            "github.com/gofiber/fiber",
        ];
        self.imports_any(root, packages) || !self.imports_any(root, &ALL)
    }

    /// Returns the methods that a call registers, and the arguments after them.
    pub(super) fn methods<'a>(&self, verb: &str, arguments: &'a [At<'s>]) -> (Vec<String>, &'a [At<'s>]) {
        let rest = arguments.get(1..).unwrap_or_default();
        match (verb, arguments.first()) {
            ("Any", _) => (Vec::new(), arguments),
            ("Handle" | "Add" | "Method" | "MethodFunc", Some(first)) => {
                (self.constant(*first).into_iter().map(|method| method.to_ascii_uppercase()).collect(), rest)
            }
            ("Match", Some(first)) => (self.texts(*first), rest),
            _ => (vec![verb.to_ascii_uppercase()], arguments),
        }
    }

    /// Returns the texts of a list.
    pub(super) fn texts(&self, at: At<'s>) -> Vec<String> {
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
