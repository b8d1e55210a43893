//! Follows the statements of URL configurations as far as lists, routers and views go. Both arms of a condition are
//! followed; what is asked of the running program is not known.

use std::collections::HashMap;

use super::values::{DjangoRouter, DjangoValue};
use crate::ir::{Expr, ExprKind, Function, Import, Span, Statement, StatementKind};
use crate::project::{ClassRef, FunctionRef, ImportTarget, Module, ModuleId, Project, Resolved};

/// More steps are not taken in one project.
const MOST_STEPS: usize = 2_000_000;
/// Calls and names deeper within each other are not followed.
const MOST_DEPTH: usize = 40;
/// More rounds of one loop are not followed.
const MOST_ROUNDS: usize = 200;

/// What the URL configurations of a project come to.
pub(super) struct UrlReader<'p> {
    pub(super) project: &'p Project,
    /// The routers that are made anywhere.
    pub(super) routers: Vec<DjangoRouter>,
    /// What could not be told.
    pub(super) unclear: Vec<String>,
    /// The modules of the settings.
    pub(super) settings: Vec<ModuleId>,
    modules: HashMap<ModuleId, HashMap<String, DjangoValue>>,
    steps: usize,
    depth: usize,
}

/// The names that are known at one place.
#[derive(Debug, Clone)]
pub(super) struct DjangoScope {
    /// The module.
    pub(super) module: ModuleId,
    /// What its variables stand for.
    pub(super) names: HashMap<String, DjangoValue>,
    /// What was returned.
    returned: Vec<DjangoValue>,
    /// Whether every way so far has returned.
    is_done: bool,
    /// Whether it is a call of a function: its variables are what it was given.
    pub(super) is_called: bool,
}

impl DjangoScope {
    /// Makes an empty one.
    pub(super) fn new(module: ModuleId) -> Self {
        DjangoScope { module, names: HashMap::new(), returned: Vec::new(), is_done: false, is_called: false }
    }

    /// Makes one for the other arm of a condition.
    fn arm(&self) -> Self {
        DjangoScope { names: self.names.clone(), is_called: self.is_called, ..DjangoScope::new(self.module) }
    }
}

impl<'p> UrlReader<'p> {
    pub(super) fn new(project: &'p Project) -> Self {
        UrlReader {
            project,
            routers: Vec::new(),
            unclear: Vec::new(),
            settings: Vec::new(),
            modules: HashMap::new(),
            steps: 0,
            depth: 0,
        }
    }

    /// Follows a module once.
    pub(super) fn follow(&mut self, id: ModuleId) {
        let project = self.project;
        let Some(module) = project.module(id).filter(|_| !self.modules.contains_key(&id)) else { return };
        // Marked before it is followed, so that modules that import each other come to an end.
        self.modules.insert(id, HashMap::new());
        let mut scope = DjangoScope::new(id);
        self.statements(&mut scope, &module.statements);

        self.modules.insert(id, scope.names);
    }

    /// Returns a value that a module that deals with routes gives a name.
    pub(super) fn named(&mut self, id: ModuleId, name: &str) -> Option<DjangoValue> {
        // Modules of models or helpers are not followed for a name, which keeps the steps few.
        let is_routing = self.project.module(id).is_some_and(deals_with_routes);
        if is_routing {
            self.follow(id);
        }
        self.modules.get(&id)?.get(name).cloned()
    }

    /// Returns a value of a module that was followed.
    pub(super) fn followed(&self, id: ModuleId, name: &str) -> Option<DjangoValue> {
        self.modules.get(&id)?.get(name).cloned()
    }

    /// Does one step deeper; what is too deep or too much is not known.
    pub(super) fn deeper(&mut self, act: impl FnOnce(&mut Self) -> DjangoValue) -> DjangoValue {
        self.steps += 1;
        if self.depth >= MOST_DEPTH || self.steps > MOST_STEPS {
            // Noted at the first step beyond the limit only, or the note would repeat for each further step.
            if self.steps == MOST_STEPS + 1 {
                self.unclear.push(format!("routes of Django: more than {MOST_STEPS} steps are not followed"));
            }
            return DjangoValue::Unknown;
        }

        self.depth += 1;
        let value = act(self);
        self.depth -= 1;
        value
    }

    /// Follows statements in order.
    pub(super) fn statements(&mut self, scope: &mut DjangoScope, statements: &[Statement]) {
        for statement in statements {
            if scope.is_done {
                return;
            }
            self.statement(scope, statement);
        }
    }

    fn statement(&mut self, scope: &mut DjangoScope, statement: &Statement) {
        match &statement.kind {
            StatementKind::Assign(targets, Some(value)) => self.assign(scope, targets, value),
            StatementKind::Expr(expr) => self.effect(scope, expr),
            StatementKind::If { test, body, otherwise } => match self.decide(scope, test) {
                Some(true) => self.statements(scope, body),
                Some(false) => self.statements(scope, otherwise),
                None => {
                    let leans = self.leaning(scope, test);
                    // Both arms are followed, as settings of a server decide and both sets of routes may be live.
                    let mut other = scope.arm();
                    self.statements(scope, body);
                    self.statements(&mut other, otherwise);

                    // Of two texts one alone can be a path: the one by the settings as they are written.
                    if leans == Some(false) {
                        std::mem::swap(scope, &mut other);
                    }
                    merge_scopes(scope, other);
                }
            },
            StatementKind::For { target, source, body, .. } => self.rounds(scope, target, source, body),
            StatementKind::While { body, .. } | StatementKind::With { body, .. } | StatementKind::Block(body) => {
                self.statements(scope, body);
            }
            StatementKind::Try { body, handlers, otherwise, finally } => {
                let mut other = scope.arm();
                self.statements(scope, body);
                self.statements(scope, otherwise);

                for handler in handlers {
                    self.statements(&mut other, handler);
                }
                merge_scopes(scope, other);
                self.statements(scope, finally);
            }
            StatementKind::Function(function) => {
                let function = FunctionRef { module: scope.module, function: function.clone(), class: None };
                scope.names.insert(function.function.name.clone(), DjangoValue::Function(function));
            }
            StatementKind::Class(class) => {
                let class = ClassRef { module: scope.module, class: class.clone() };
                scope.names.insert(class.class.name.clone(), DjangoValue::Class(class));
            }
            StatementKind::Import(import) if import.names.iter().any(|name| name.name == "*") => {
                self.take_all(scope, import);
            }
            // What follows in this round is not done; another arm may go on.
            StatementKind::Jump | StatementKind::Throw(_) | StatementKind::Return(None) => scope.is_done = true,
            StatementKind::Return(Some(value)) => {
                let value = self.eval(scope, value);
                scope.returned.push(value);
                scope.is_done = true;
            }
            _ => {}
        }
    }

    /// `from .base import *`: what follows may add to lists that stand there.
    fn take_all(&mut self, scope: &mut DjangoScope, import: &Import) {
        let target = ImportTarget { module: import.module.clone(), level: import.level, name: None };
        let project = self.project;
        let from = project.module(scope.module).and_then(|module| project.imported_module(module, &target));
        let Some(module) = from.and_then(|from| project.module(from)) else { return };

        if module.text.contains("INSTALLED_APPS") || deals_with_routes(module) {
            self.follow(module.id);
            let names = self.modules.get(&module.id).into_iter().flatten();
            // A star leaves out names with an underscore, as Python does.
            let public = names.filter(|(name, _)| !name.starts_with('_'));
            scope.names.extend(public.map(|(name, value)| (name.clone(), value.clone())));
        }
    }

    fn assign(&mut self, scope: &mut DjangoScope, targets: &[Expr], value: &Expr) {
        let mut made = self.eval(scope, value);
        for target in targets {
            if self.is_added(scope.module, target, value) {
                let before = self.eval(scope, target);
                made = before.add(made);
            }
            self.bind(scope, target, made.clone());
        }
    }

    /// `a += b` is lowered as `a = b`; its text says which.
    fn is_added(&self, module: ModuleId, target: &Expr, value: &Expr) -> bool {
        let between = Span { start: target.span.end, end: value.span.start, ..Span::default() };
        self.project.text(module, between).trim().starts_with("+=")
    }

    /// Binds a name, names to the items of a list, or an entry of a dictionary.
    pub(super) fn bind(&mut self, scope: &mut DjangoScope, target: &Expr, value: DjangoValue) {
        match &*target.kind {
            ExprKind::Name(name) => {
                scope.names.insert(name.clone(), value);
            }
            ExprKind::List(parts) => {
                let items = match &value {
                    // Lists of different length cannot be paired, so a wrong view is not bound to a name.
                    DjangoValue::List(items) if items.len() == parts.len() => items.to_vec(),
                    _ => vec![DjangoValue::Unknown; parts.len()],
                };
                for (part, item) in parts.iter().zip(items) {
                    self.bind(scope, part, item);
                }
            }
            ExprKind::Index(table, key) => {
                let key = self.eval(scope, key);
                let changed = self.eval(scope, table).with_entry(key, value);
                changed.into_iter().for_each(|changed| self.bind(scope, table, changed));
            }
            _ => {}
        }
    }

    fn rounds(&mut self, scope: &mut DjangoScope, target: &Expr, source: &Expr, body: &[Statement]) {
        let source = self.eval(scope, source);
        let mut items = source.items();

        if items.is_empty() && source.is_unknown() {
            // Followed once: what it declares is named as not clear.
            items.push(DjangoValue::Unknown);
        }
        for item in items.into_iter().take(MOST_ROUNDS) {
            self.bind(scope, target, item);
            self.statements(scope, body);

            // A round that returned may be one that never is.
            scope.is_done = false;
        }
    }

    /// Calls a function of the project with these names; returns what it returns.
    pub(super) fn run(
        &mut self,
        module: ModuleId,
        function: &Function,
        names: HashMap<String, DjangoValue>,
    ) -> DjangoValue {
        self.deeper(|reader| {
            let mut scope = DjangoScope { names, is_called: true, ..DjangoScope::new(module) };
            reader.statements(&mut scope, &function.body);
            scope.returned.into_iter().reduce(DjangoValue::either).unwrap_or(DjangoValue::Unknown)
        })
    }

    /// Returns what a name stands for at one place.
    pub(super) fn name(&mut self, scope: &DjangoScope, name: &str) -> DjangoValue {
        if let Some(value) = scope.names.get(name) {
            return value.clone();
        }
        self.global(scope.module, name)
    }

    /// Returns what a name at the top of a module stands for.
    pub(super) fn global(&mut self, module: ModuleId, name: &str) -> DjangoValue {
        if let Some(value) = self.modules.get(&module).and_then(|names| names.get(name)) {
            return value.clone();
        }
        let project = self.project;

        match project.resolve(module, name) {
            Some(found) => self.resolved(found),
            None => DjangoValue::Outside(project.full_name(module, name)),
        }
    }

    /// Returns the value of what a name was resolved to.
    pub(super) fn resolved(&mut self, found: Resolved) -> DjangoValue {
        match found {
            Resolved::Function(function) => DjangoValue::Function(function),
            Resolved::Class(class) => DjangoValue::Class(class),
            Resolved::Module(module) => DjangoValue::Module(module),
            Resolved::Value(module, name, value) => {
                if let Some(known) = self.named(module, &name) {
                    return known;
                }
                self.deeper(|reader| reader.eval(&mut DjangoScope::new(module), &value))
            }
        }
    }
}

/// Returns whether a module may declare routes or make routers.
pub(super) fn deals_with_routes(module: &Module) -> bool {
    ["urlpatterns", "Router(", ".register(", "path("].iter().any(|word| module.text.contains(word))
}

/// Leaves what either arm leaves; an arm that returned leaves only what it returned.
fn merge_scopes(scope: &mut DjangoScope, other: DjangoScope) {
    scope.returned.extend(other.returned);
    if other.is_done {
        return;
    }
    if scope.is_done {
        scope.names = other.names;
        scope.is_done = false;
        return;
    }
    for (name, value) in other.names {
        let merged = match scope.names.remove(&name) {
            Some(known) => known.either(value),
            None => value,
        };
        scope.names.insert(name, merged);
    }
}
