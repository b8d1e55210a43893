//! What is known while a program is followed, and the caps.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::routers::RouterData;
use super::values::{ClassValue, JsValue, ScriptObject, ScriptScope};
use crate::ir::{Class, Function, Span};
use crate::project::{ModuleId, Project};

/// Statements and expressions that are looked at in all.
const MOST_STEPS: usize = 6_000_000;
/// Expressions within expressions, calls included.
const MOST_NESTING: usize = 600;
/// Calls within calls.
const MOST_DEPTH: usize = 40;
/// A function may be entered this often within itself.
const MOST_WITHIN_ITSELF: usize = 2;

/// A program that is followed.
pub(in crate::frameworks::express) struct Machine<'p> {
    /// The program.
    pub project: &'p Project,
    /// Its applications and routers.
    pub routers: Vec<RouterData>,
    /// What could not be told, for people.
    pub unclear: Vec<String>,
    pub(super) modules: HashMap<ModuleId, ModuleRun>,
    pub(super) called: HashSet<*const Function>,
    /// The first instance of each class that was made.
    pub(super) instances: HashMap<*const Class, JsValue>,
    /// How many conditions that are not known stand around what is followed.
    pub(super) doubts: usize,
    /// The calls that led to where the machine is.
    pub(super) sites: Vec<(ModuleId, Span)>,
    /// Whether what is followed may have ended before.
    pub(super) may_have_ended: bool,
    /// Whether a request was certainly passed on.
    pub(super) has_passed: bool,
    steps: usize,
    nesting: usize,
    open: Vec<*const Function>,
}

/// A module that runs or has run.
#[derive(Clone)]
pub(super) struct ModuleRun {
    /// Its names.
    pub scope: ScriptScope,
    /// `module`, whose `exports` may be replaced.
    pub holder: Rc<ScriptObject>,
    /// What `exports` is at first.
    pub exports: Rc<ScriptObject>,
}

/// Where something is evaluated.
#[derive(Clone)]
pub(super) struct ScriptFrame {
    /// The module.
    pub module: ModuleId,
    /// The names.
    pub scope: ScriptScope,
    /// `this`.
    pub this: JsValue,
    /// The class that declares the running method.
    pub home: Option<Rc<ClassValue>>,
}

impl<'p> Machine<'p> {
    /// Makes a machine that has not run anything.
    pub fn new(project: &'p Project) -> Self {
        Machine {
            project,
            routers: Vec::new(),
            unclear: Vec::new(),
            modules: HashMap::new(),
            called: HashSet::new(),
            instances: HashMap::new(),
            doubts: 0,
            sites: Vec::new(),
            may_have_ended: false,
            has_passed: false,
            steps: 0,
            nesting: 0,
            open: Vec::new(),
        }
    }

    /// Counts a step; false where there are none left.
    pub(super) fn step(&mut self) -> bool {
        self.steps += 1;
        if self.steps == MOST_STEPS {
            self.unclear.push(format!("only {MOST_STEPS} steps of the start of a program are followed"));
        }
        self.steps < MOST_STEPS
    }

    /// Enters a function, does one thing, and leaves it. `None` where it may not be entered.
    pub(super) fn entering<T>(&mut self, function: &Arc<Function>, act: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let which = Arc::as_ptr(function);
        let times = self.open.iter().filter(|open| **open == which).count();

        if times >= MOST_WITHIN_ITSELF || self.open.len() >= MOST_DEPTH || !self.step() {
            return None;
        }
        // Marked at entry: a function that has run is not started again as one that nothing calls.
        self.called.insert(which);
        self.open.push(which);
        let made = act(self);
        self.open.pop();

        Some(made)
    }

    /// Does one thing a level deeper. `None` where it is too deep already.
    pub(super) fn deeper<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.nesting >= MOST_NESTING || !self.step() {
            return None;
        }
        self.nesting += 1;
        let made = act(self);
        self.nesting -= 1;

        Some(made)
    }

    /// Does one thing that may or may not happen.
    pub(super) fn doubting<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        self.doubts += 1;
        let made = act(self);
        self.doubts -= 1;
        made
    }

    /// Notes what could not be told, with its place.
    pub(super) fn note(&mut self, module: ModuleId, span: Span, what: &str) {
        let place = self.project.place(module, span);
        self.unclear.push(format!("{}:{}: {what}", place.file, place.line));
    }
}
