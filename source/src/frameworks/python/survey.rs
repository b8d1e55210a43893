//! One walk over the modules: every function, class and call with the scope in which it stands.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::bindings::{ModuleWalk, PythonScope};
use super::meaning::Meaning;
use super::refusals::FunctionRefusal;
use crate::ir::{Class, Expr, ExprKind, Function, Span, dotted_text, last_part};
use crate::lang::Language;
use crate::maps::Map;
use crate::parallel;
use crate::project::{FunctionRef, Module, ModuleId, Project};

/// The place of a scope: in the walk over its module, or among the turns of a survey, which stand behind all modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::frameworks) struct ScopeId {
    module: Option<ModuleId>,
    place: usize,
}

impl ScopeId {
    /// Returns that of a scope of a module.
    pub(super) fn in_module(module: ModuleId, place: usize) -> ScopeId {
        ScopeId { module: Some(module), place }
    }

    /// Returns that of a turn.
    pub(super) fn of_turn(place: usize) -> ScopeId {
        ScopeId { module: None, place }
    }

    /// Returns its place in its list.
    pub(super) fn place(self) -> usize {
        self.place
    }
}

/// The key of a function or class: its module, and the first byte of it.
pub(super) type DefinitionKey = (ModuleId, usize);

/// What stands in the Python modules of a project, without its tests.
pub(in crate::frameworks) struct PythonSurvey<'p> {
    pub(in crate::frameworks) project: &'p Project,
    /// By module; absent for those that are not walked.
    walks: Vec<Option<&'p ModuleWalk>>,
    /// Calls of functions and turns of loops that are told apart.
    turn_scopes: Vec<PythonScope>,
    /// Functions in the order of their places, each with the scope in which it is defined.
    pub(in crate::frameworks) functions: Vec<(ScopeId, &'p Arc<Function>)>,
    /// Classes, likewise.
    pub(in crate::frameworks) classes: Vec<(ScopeId, &'p Arc<Class>)>,
    /// Calls, likewise.
    pub(super) calls: Vec<(ScopeId, &'p Expr)>,
    /// What was not followed to its end, for people.
    pub(in crate::frameworks) capped: Vec<String>,
    /// The calls as they are written; those above are repeated for each turn.
    pub(super) sites: Vec<(ScopeId, &'p Expr)>,
    /// The turn for a call of a function.
    pub(super) turns: Map<(ScopeId, DefinitionKey), ScopeId>,
    /// The calls as they are written, by the last part of what they call.
    pub(super) sites_by_name: Rc<Map<&'p str, Vec<usize>>>,
    /// The calls with their turns, likewise.
    pub(super) calls_by_name: Rc<Map<&'p str, Vec<usize>>>,
    pub(super) known_parameters: RefCell<Map<(ScopeId, String), Vec<Meaning>>>,
    /// Names of classes with the full names of what they extend.
    pub(super) bases: OnceCell<Vec<(String, Vec<String>)>>,
    pub(super) known_meanings: RefCell<Map<(ScopeId, Span), Vec<Meaning>>>,
    /// How deep the search for meanings is.
    pub(super) depth: Cell<usize>,
    pub(super) known_refusals: RefCell<Map<DefinitionKey, FunctionRefusal>>,
}

impl<'p> PythonSurvey<'p> {
    /// Walks over the modules of a project.
    pub(in crate::frameworks) fn of(project: &'p Project) -> Self {
        // Tests build applications of their own, whose routes are never served.
        let is_read = |module: &Module| module.language == Language::Python && !is_test(&module.path);
        // No walk needs another, so they are made side by side and then taken in order.
        parallel::map(&project.modules, |module| {
            if is_read(module) {
                module.surveyed(|| ModuleWalk::of(module));
            }
        });
        let walk = |module: &'p Arc<Module>| is_read(module).then(|| module.surveyed(|| ModuleWalk::of(module)))?;
        let walks: Vec<Option<&ModuleWalk>> = project.modules.iter().map(walk).collect();
        let all = || walks.iter().copied().flatten();
        let calls: Vec<(ScopeId, &Expr)> = all().flat_map(|walk| &walk.calls).map(|(at, call)| (*at, call)).collect();
        let sites_by_name = Rc::new(by_name(&calls));
        let mut survey = PythonSurvey {
            project,
            functions: all().flat_map(|walk| &walk.functions).map(|(at, function)| (*at, function)).collect(),
            classes: all().flat_map(|walk| &walk.classes).map(|(at, class)| (*at, class)).collect(),
            capped: all().flat_map(|walk| walk.capped.iter().cloned()).collect(),
            walks,
            turn_scopes: Vec::new(),
            sites: calls.clone(),
            calls,
            turns: Map::default(),
            calls_by_name: sites_by_name.clone(),
            sites_by_name,
            known_parameters: RefCell::default(),
            bases: OnceCell::new(),
            known_meanings: RefCell::default(),
            depth: Cell::new(0),
            known_refusals: RefCell::default(),
        };

        // Turns are made last, because they need the meanings of the whole project.
        survey.unroll();
        survey
    }

    /// Returns a scope.
    pub(super) fn scope(&self, at: ScopeId) -> Option<&PythonScope> {
        match at.module {
            Some(module) => self.walk_of(module)?.scopes.get(at.place),
            None => self.turn_scopes.get(at.place),
        }
    }

    /// Adds a turn.
    pub(super) fn add_turn(&mut self, scope: PythonScope) -> ScopeId {
        self.turn_scopes.push(scope);
        ScopeId::of_turn(self.turn_scopes.len() - 1)
    }

    /// Returns all scopes that are written.
    pub(super) fn written_scopes(&self) -> impl Iterator<Item = &PythonScope> {
        self.walks.iter().flatten().flat_map(|walk| &walk.scopes)
    }

    fn walk_of(&self, module: ModuleId) -> Option<&'p ModuleWalk> {
        self.walks.get(module.0).copied().flatten()
    }

    /// Returns the scope of a module.
    pub(super) fn of_module(&self, module: ModuleId) -> Option<ScopeId> {
        self.walk_of(module).map(|_| ScopeId::in_module(module, 0))
    }

    /// Returns the scope of a function.
    pub(super) fn of_function(&self, (module, start): DefinitionKey) -> Option<ScopeId> {
        self.walk_of(module)?.of_function.get(&start).copied()
    }

    /// Returns the scope of a class.
    pub(super) fn of_class(&self, (module, start): DefinitionKey) -> Option<ScopeId> {
        self.walk_of(module)?.of_class.get(&start).copied()
    }

    /// Returns the calls of what has such a name, in the order of their places. The name is empty for what has none.
    pub(in crate::frameworks) fn calls_of_name(&self, is_meant: impl Fn(&str) -> bool) -> Vec<(ScopeId, &'p Expr)> {
        let meant = self.calls_by_name.iter().filter(|(name, _)| is_meant(name));
        let mut numbers: Vec<usize> = meant.flat_map(|(_, numbers)| numbers).copied().collect();
        numbers.sort_unstable();
        numbers.into_iter().filter_map(|number| self.calls.get(number).copied()).collect()
    }

    /// Returns the module of a scope.
    pub(in crate::frameworks) fn module(&self, at: ScopeId) -> ModuleId {
        self.scope(at).map_or(ModuleId(usize::MAX), |scope| scope.module)
    }

    /// Returns the innermost scope of a module that covers a piece of it.
    pub(in crate::frameworks) fn scope_at(&self, module: ModuleId, span: Span) -> Option<ScopeId> {
        let scopes = &self.walk_of(module)?.scopes;
        // Scopes follow the one that they stand in, so the last that covers is the innermost.
        let place = scopes.iter().rposition(|scope| scope.span.covers(&span)).unwrap_or(0);
        Some(ScopeId::in_module(module, place))
    }

    /// Returns the scope in which a function is defined: where its decorators and defaults are read.
    pub(in crate::frameworks) fn defining(&self, function: &FunctionRef) -> Option<ScopeId> {
        let inner = self.of_function((function.module, function.function.span.start))?;
        self.scope(inner)?.parent
    }

    /// Returns where a piece stands, for messages.
    pub(in crate::frameworks) fn shown(&self, at: ScopeId, span: Span) -> String {
        let place = self.project.place(self.module(at), span);
        format!("{}:{}", place.file, place.line)
    }

    /// Returns the full name of a dotted expression: `flask.Blueprint`.
    pub(in crate::frameworks) fn full_name(&self, at: ScopeId, expr: &Expr) -> Option<String> {
        let name = dotted_text(expr)?;
        let (head, rest) = name.split_once('.').map_or((name.as_str(), None), |(head, rest)| (head, Some(rest)));

        match self.local_import(at, head) {
            Some(full) => Some(rest.map_or(full.clone(), |rest| format!("{full}.{rest}"))),
            None => Some(self.project.full_name(self.module(at), &name)),
        }
    }
}

/// The places of calls by the last part of what they call; it is empty where that has no name.
fn by_name<'p>(calls: &[(ScopeId, &'p Expr)]) -> Map<&'p str, Vec<usize>> {
    let mut found: Map<&str, Vec<usize>> = Map::default();
    for (at, (_, call)) in calls.iter().enumerate() {
        let name = match &*call.kind {
            ExprKind::Call { callee, .. } => callee_name(callee).unwrap_or_default(),
            _ => "",
        };
        found.entry(name).or_default().push(at);
    }

    found
}

/// Returns the last part of what is called.
pub(super) fn callee_name(callee: &Expr) -> Option<&str> {
    match &*callee.kind {
        ExprKind::Name(name) | ExprKind::Member(_, name) => Some(last_part(name)),
        _ => None,
    }
}

/// Returns whether a file holds tests: what they set up is no part of the application.
fn is_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let in_tests = folders.split('/').any(|folder| matches!(folder, "test" | "tests" | "testing"));
    in_tests || name.starts_with("test_") || name.ends_with("_test.py") || name == "conftest.py"
}
