//! Asks for a change of a route, and shows what is proposed.

use std::path::Path;
use std::sync::Arc;

use routewarden_source::fix::{CodeFixRequest, FixFacts, FixRefusal, Proposal, RemedyKind, propose_fix};
use routewarden_source::frameworks::find_routes;
use routewarden_source::ir::Function;
use routewarden_source::project::{FunctionRef, Project, Resolved};
use routewarden_source::routes::{FrameworkName, Guard, GuardKind, GuardLevel, HandlerCode, RouteEntry, RouteTable};
use routewarden_source::tree::{SourceTree, TreeLimits};

use crate::project::project;

/// A project with its routes.
pub struct Given {
    pub project: Project,
    pub routes: RouteTable,
}

impl Given {
    pub fn of(files: &[(&str, &str)]) -> Given {
        let project = project(files);
        let routes = find_routes(&project);
        Given { project, routes }
    }

    /// An example of the repository.
    pub fn example(name: &str) -> Given {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name);
        Given::folder(&root)
    }

    pub fn folder(root: &Path) -> Given {
        let project = Project::parse(SourceTree::read(root, &TreeLimits::default()).unwrap());
        let routes = find_routes(&project);
        Given { project, routes }
    }

    pub fn route(&self, route: &str) -> &RouteEntry {
        let (method, path) = route.split_once(' ').unwrap();
        let found = self
            .routes
            .routes
            .iter()
            .find(|entry| entry.path == path && entry.methods.iter().any(|known| known == method));
        found.unwrap_or_else(|| {
            panic!(
                "{route} among {:?}",
                self.routes.routes.iter().map(|entry| (&entry.methods, &entry.path)).collect::<Vec<_>>()
            )
        })
    }

    /// The same, of one file: an example may serve a route in two versions.
    pub fn route_in(&self, file: &str, route: &str) -> &RouteEntry {
        let (method, path) = route.split_once(' ').unwrap();
        let found = self.routes.routes.iter().find(|entry| {
            entry.path == path && entry.handler.file == file && entry.methods.iter().any(|known| known == method)
        });
        found.unwrap_or_else(|| panic!("{route} in {file}"))
    }

    pub fn ask<'a>(&'a self, entry: &'a RouteEntry, remedy: RemedyKind, facts: FixFacts) -> CodeFixRequest<'a> {
        CodeFixRequest { project: &self.project, routes: &self.routes, entry, remedy, sibling: None, facts }
    }

    pub fn fix(&self, route: &str, remedy: RemedyKind) -> Result<Proposal, FixRefusal> {
        propose_fix(&self.ask(self.route(route), remedy, FixFacts::default()))
    }

    pub fn fix_with(&self, route: &str, remedy: RemedyKind, facts: FixFacts) -> Result<Proposal, FixRefusal> {
        propose_fix(&self.ask(self.route(route), remedy, facts))
    }
}

/// The lines that go and come, without headers and context.
pub fn changed(proposal: &Proposal) -> String {
    let lines = proposal.diff.lines().filter(|line| {
        (line.starts_with('+') || line.starts_with('-')) && !line.starts_with("+++") && !line.starts_with("---")
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// Asserts that everything was verified.
pub fn assert_verified(proposal: &Proposal) {
    let made = proposal.verification;
    assert!(
        made.parses && made.reanalysed && made.idempotent && made.names_bound && made.applies,
        "{made:?}\n{}",
        proposal.diff
    );
}

pub fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Fields that a caller must not set.
pub fn facts(not_settable: &[&str]) -> FixFacts {
    FixFacts { not_settable: strings(not_settable), ..FixFacts::default() }
}

/// Asserts what changes in a project of one file and that everything was verified.
pub fn assert_changed(file: (&str, &str), route: &str, remedy: RemedyKind, facts: FixFacts, lines: &str) -> Proposal {
    let given = Given::of(&[file]);
    let made = given.fix_with(route, remedy, facts).unwrap_or_else(|refusal| panic!("{route}: {refusal:?}"));
    assert_eq!(changed(&made), lines, "{}", made.diff);
    assert_verified(&made);
    made
}

/// A route that is given by hand, of a framework whose routes are not read here: `views.py`, `note` or `Class.method`.
pub fn by_hand(project: &Project, framework: FrameworkName, (file, name): (&str, &str), path: &str) -> RouteEntry {
    let module = project.module_at(file).unwrap();
    let function = match project.resolve(module.id, name) {
        Some(Resolved::Function(function)) => function,
        // A method that the class has from its library.
        _ => {
            let (class, method) = name.split_once('.').unwrap();
            let Some(Resolved::Class(class)) = project.resolve(module.id, class) else { panic!("{name}") };
            let span = class.class.span;
            let function = Function {
                name: method.to_owned(),
                parameters: Vec::new(),
                body: Vec::new(),
                decorators: Vec::new(),
                returns: None,
                is_async: false,
                span,
                body_span: span,
                outer_span: span,
                is_damaged: false,
            };
            FunctionRef { module: module.id, function: Arc::new(function), class: Some(class) }
        }
    };
    let place = project.place(module.id, function.function.span);
    let guard = Guard {
        name: "IsAuthenticated".to_owned(),
        kind: GuardKind::Authentication,
        level: GuardLevel::App,
        place: place.clone(),
    };
    RouteEntry {
        framework,
        methods: vec!["GET".to_owned()],
        path: path.to_owned(),
        function: name.to_owned(),
        handler: place.clone(),
        declared: place,
        guards: vec![guard],
        code: Some(HandlerCode { declaration: (module.id, function.function.outer_span), function }),
    }
}
