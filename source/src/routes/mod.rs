//! The routes that a project declares: what a framework's file gives, and what it is matched by.

mod path;

use serde::Serialize;

use crate::ir::Span;
use crate::project::{FunctionRef, ModuleId, Project};

pub use path::{join_paths, normalise_path, path_parameters};

/// The methods of HTTP that only read.
pub(crate) const SAFE_METHODS: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

/// The frameworks whose routes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameworkName {
    /// Flask, with blueprints, views, restful, restx, smorest, connexion.
    Flask,
    /// FastAPI and Starlette.
    FastApi,
    /// Django and the REST framework.
    Django,
    /// Express.
    Express,
    /// NestJS.
    NestJs,
    /// Spring Boot.
    Spring,
    /// Gin.
    Gin,
    /// Echo.
    Echo,
    /// Go's own router.
    NetHttp,
    /// Rails.
    Rails,
    /// Laravel.
    Laravel,
    /// ASP.NET Core.
    AspNet,
    /// axum.
    Axum,
    /// actix-web.
    Actix,
}

/// Where something stands, for people and programs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CodePlace {
    /// From the root, with `/`.
    pub file: String,
    /// From 1.
    pub line: usize,
}

/// How far a guard reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuardLevel {
    /// Every route of the application.
    App,
    /// Every route of a router, blueprint, controller or group.
    Router,
    /// This route.
    Route,
}

/// What a guard keeps out, as far as its name and place say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "of")]
pub enum GuardKind {
    /// Callers without a credential.
    Authentication,
    /// Callers without this role, permission or scope; its text where it is written.
    Role(String),
    /// It lets strangers in: `AllowAny`, `permit_all`.
    Public,
    /// Not known from here.
    Unknown,
}

/// Something that runs before a handler and may refuse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guard {
    /// As written: `login_required`, `Depends(get_current_user)`.
    pub name: String,
    /// What it keeps out.
    pub kind: GuardKind,
    /// How far it reaches.
    pub level: GuardLevel,
    /// Where it is put on the route.
    pub place: CodePlace,
}

impl Guard {
    /// Returns it under another name.
    pub(crate) fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }
}

/// One declared route.
#[derive(Debug, Clone)]
pub struct RouteEntry {
    /// Whose.
    pub framework: FrameworkName,
    /// In capitals; empty where every method is served.
    pub methods: Vec<String>,
    /// As clients see it, with `{name}` for parameters: `/orders/{id}`. A rest of a path is `{name}` too.
    pub path: String,
    /// The handler's function, `Class.method` for methods; empty for one without a name.
    pub function: String,
    /// Where the handler stands: the line of its `def`, its arrow, its method.
    pub handler: CodePlace,
    /// Where the route is declared.
    pub declared: CodePlace,
    /// What runs before it, outermost first.
    pub guards: Vec<Guard>,
    /// The handler itself, for languages that are lowered.
    pub code: Option<HandlerCode>,
}

/// The handler of a route.
#[derive(Debug, Clone)]
pub struct HandlerCode {
    /// The function.
    pub function: FunctionRef,
    /// Where the route is declared: decorator or call.
    pub declaration: (ModuleId, Span),
}

impl HandlerCode {
    /// Returns whether the handler is a method that a class has from outside of the project: `function` then stands for
    /// it, has no body, and the class is in `function.class`.
    pub fn is_inherited(&self) -> bool {
        let class = self.function.class.as_ref().map(|class| class.class.span);
        class == Some(self.function.function.outer_span) && self.function.function.body.is_empty()
    }
}

/// The routes of a project.
#[derive(Debug, Clone, Default)]
pub struct RouteTable {
    /// In the order of path, methods and place.
    pub routes: Vec<RouteEntry>,
    /// What could not be told, for people: `app.py:17: the path is made at runtime`.
    pub unclear: Vec<String>,
}

impl RouteTable {
    /// Adds what another table has.
    pub fn extend(&mut self, other: RouteTable) {
        self.routes.extend(other.routes);
        self.unclear.extend(other.unclear);
    }

    /// Sorts the routes and removes those that are there twice.
    pub(crate) fn settle(mut self) -> Self {
        let key = |entry: &RouteEntry| {
            (entry.path.clone(), entry.methods.clone(), entry.handler.clone(), entry.declared.clone())
        };
        self.routes.sort_by_key(key);
        self.routes.dedup_by(|a, b| a.path == b.path && a.methods == b.methods && a.handler == b.handler);
        self.unclear.sort();
        self.unclear.dedup();

        self
    }
}

impl Project {
    /// Returns where a piece of a module stands.
    pub fn place(&self, module: ModuleId, span: Span) -> CodePlace {
        let file = self.module(module).map(|module| module.path.clone()).unwrap_or_default();
        CodePlace { file, line: span.line }
    }
}
