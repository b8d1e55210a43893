//! One walk over the modules: every function, class and call with the scope in which it stands.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::bindings::Scope;
use super::meaning::Meaning;
use super::refusals::Refusal;
use crate::ir::{Class, Expr, Function, Span, dotted, last_part};
use crate::lang::Language;
use crate::maps::Map;
use crate::project::{FunctionRef, ModuleId, Project};

/// The place of a scope in its survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::frameworks) struct ScopeId(pub(super) usize);

/// The key of a function or class: its module, and the first byte of it.
pub(super) type Start = (ModuleId, usize);

/// What stands in the Python modules of a project, without its tests.
pub(in crate::frameworks) struct Survey<'p> {
    pub(in crate::frameworks) project: &'p Project,
    pub(super) scopes: Vec<Scope>,
    /// Functions in the order of their places, each with the scope in which it is defined.
    pub(in crate::frameworks) functions: Vec<(ScopeId, &'p Arc<Function>)>,
    /// Classes, likewise.
    pub(in crate::frameworks) classes: Vec<(ScopeId, &'p Arc<Class>)>,
    /// Calls, likewise.
    pub(super) calls: Vec<(ScopeId, &'p Expr)>,
    /// The last part of what each of the calls that are written calls; empty where that has no name.
    pub(super) call_names: Vec<&'p str>,
    pub(super) of_module: Map<ModuleId, ScopeId>,
    pub(super) of_function: Map<Start, ScopeId>,
    pub(super) of_class: Map<Start, ScopeId>,
    /// What was not followed to its end, for people.
    pub(in crate::frameworks) capped: Vec<String>,
    /// The calls as they are written; those above are repeated for each turn.
    pub(super) sites: Vec<(ScopeId, &'p Expr)>,
    /// The turn for a call of a function.
    pub(super) turns: Map<(ScopeId, Start), ScopeId>,
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
    pub(super) known_refusals: RefCell<Map<Start, Refusal>>,
}

impl<'p> Survey<'p> {
    /// Walks over the modules of a project.
    pub(in crate::frameworks) fn of(project: &'p Project) -> Self {
        let mut survey = Survey {
            project,
            scopes: Vec::new(),
            functions: Vec::new(),
            classes: Vec::new(),
            calls: Vec::new(),
            call_names: Vec::new(),
            capped: Vec::new(),
            sites: Vec::new(),
            turns: Map::default(),
            of_module: Map::default(),
            of_function: Map::default(),
            of_class: Map::default(),
            sites_by_name: Rc::default(),
            calls_by_name: Rc::default(),
            known_parameters: RefCell::default(),
            bases: OnceCell::new(),
            known_meanings: RefCell::default(),
            depth: Cell::new(0),
            known_refusals: RefCell::default(),
        };
        let is_read = |path: &str| !is_test(path);
        for module in &project.modules {
            if module.language == Language::Python && is_read(&module.path) {
                survey.walk_module(module);
            }
        }
        survey.sites_by_name = Rc::new(by_name(&survey.call_names));
        survey.calls_by_name = survey.sites_by_name.clone();
        survey.sites.clone_from(&survey.calls);
        survey.unroll();
        survey
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
        self.scopes.get(at.0).map_or(ModuleId(usize::MAX), |scope| scope.module)
    }

    /// Returns the innermost scope of a module that covers a piece of it.
    pub(in crate::frameworks) fn scope_at(&self, module: ModuleId, span: Span) -> Option<ScopeId> {
        let mut at = *self.of_module.get(&module)?;
        // Scopes follow the one that they stand in, so the last that covers is the innermost.
        for (number, scope) in self.scopes.iter().enumerate().skip(at.0) {
            if scope.module != module {
                break;
            }
            if scope.span.covers(&span) {
                at = ScopeId(number);
            }
        }
        Some(at)
    }

    /// Returns the scope in which a function is defined: where its decorators and defaults are read.
    pub(in crate::frameworks) fn defining(&self, function: &FunctionRef) -> Option<ScopeId> {
        let inner = self.of_function.get(&(function.module, function.function.span.start))?;
        self.scopes.get(inner.0)?.parent
    }

    /// Returns where a piece stands, for messages.
    pub(in crate::frameworks) fn shown(&self, at: ScopeId, span: Span) -> String {
        let place = self.project.place(self.module(at), span);
        format!("{}:{}", place.file, place.line)
    }

    /// Returns the full name of a dotted expression: `flask.Blueprint`.
    pub(in crate::frameworks) fn full_name(&self, at: ScopeId, expr: &Expr) -> Option<String> {
        let name = dotted(expr)?;
        let (head, rest) = name.split_once('.').map_or((name.as_str(), None), |(head, rest)| (head, Some(rest)));
        match self.local_import(at, head) {
            Some(full) => Some(rest.map_or(full.clone(), |rest| format!("{full}.{rest}"))),
            None => Some(self.project.full_name(self.module(at), &name)),
        }
    }
}

fn by_name<'p>(names: &[&'p str]) -> Map<&'p str, Vec<usize>> {
    let mut found: Map<&str, Vec<usize>> = Map::default();
    for (at, name) in names.iter().enumerate() {
        found.entry(name).or_default().push(at);
    }
    found
}

/// Returns the last part of what is called.
pub(super) fn callee_name(callee: &Expr) -> Option<&str> {
    match &*callee.kind {
        crate::ir::ExprKind::Name(name) | crate::ir::ExprKind::Member(_, name) => Some(last_part(name)),
        _ => None,
    }
}

/// Returns whether a file holds tests: what they set up is no part of the application.
fn is_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let in_tests = folders.split('/').any(|folder| matches!(folder, "test" | "tests" | "testing"));
    in_tests || name.starts_with("test_") || name.ends_with("_test.py") || name == "conftest.py"
}
