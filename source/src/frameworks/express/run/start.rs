//! Starts a program: runs its modules, then what nothing in the project calls and yet registers routes: the function that
//! a command starts, the class that a container makes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::machine::{Frame, Machine};
use super::routers::METHODS;
use super::values::{Given, Value};
use crate::ir::{Expr, ExprKind, Function, Span, Statement, dotted, last_part, literal, walk_statements};
use crate::project::{Definition, Module, ModuleId};

/// How far from a registration a function may be that is called for it.
const MOST_LEVELS: usize = 3;
/// Folders of programs that are not served.
const ASIDE: [&str; 9] = ["__mocks__", "__tests__", "benchmarks", "e2e", "fixtures", "mocks", "spec", "test", "tests"];

/// A function that may be called for the routes that it registers.
struct Start {
    module: ModuleId,
    function: Arc<Function>,
    /// The name by which the class of a method is known.
    class: Option<String>,
    calls: HashSet<String>,
    level: usize,
}

impl Machine<'_> {
    /// Runs the program.
    pub fn run(&mut self) {
        let project = self.project;
        let modules: Vec<&Module> =
            project.modules.iter().filter(|module| module.language.is_script() && !is_aside(&module.path)).collect();
        for module in &modules {
            self.run_module(module.id);
        }
        let mut starts: Vec<Start> = modules.iter().flat_map(|module| self.starts_of(module)).collect();
        rank(&mut starts);
        starts.retain(|start| start.level > 0);
        starts.sort_by_key(|start| std::cmp::Reverse(start.level));
        let mut instances: HashMap<(ModuleId, String), Value> = HashMap::new();
        for start in &starts {
            if !self.called.contains(&Arc::as_ptr(&start.function)) {
                self.begin(start, &mut instances);
            }
        }
    }

    fn begin(&mut self, start: &Start, instances: &mut HashMap<(ModuleId, String), Value>) {
        let given = self.assumed(start.module, &start.function);
        let Some(class) = &start.class else {
            let value = self.known_function(start);
            self.call(&value, Value::Unknown, &given);
            return;
        };
        let key = (start.module, class.clone());
        let instance = match instances.get(&key) {
            Some(instance) => instance.clone(),
            None => {
                let value = self.exported_or_own(start.module, class);
                let Value::Class(of) = &value else { return };
                let constructor = of.class.method("constructor").cloned();
                let given = constructor.map(|made| self.assumed(start.module, &made)).unwrap_or_default();
                let instance = self.instance(&value, &given);
                instances.insert(key, instance.clone());
                instance
            }
        };
        if self.called.contains(&Arc::as_ptr(&start.function)) {
            return;
        }
        let method = self.property(&instance, &start.function.name);
        self.call(&method, instance, &given);
    }

    fn exported_or_own(&mut self, module: ModuleId, name: &str) -> Value {
        let own = self.modules.get(&module).and_then(|run| run.scope.get(name));
        own.unwrap_or_else(|| self.exported(module, Some(name), 0))
    }

    fn known_function(&mut self, start: &Start) -> Value {
        let known = self.exported_or_own(start.module, &start.function.name);
        match &known {
            Value::Function(closure) if Arc::ptr_eq(&closure.function, &start.function) => known,
            _ => {
                let Some(run) = self.modules.get(&start.module).cloned() else { return Value::Unknown };
                let frame = Frame { module: start.module, scope: run.scope, this: Value::Unknown, home: None };
                self.closure(&frame, &start.function)
            }
        }
    }

    /// Returns what a function is given that is called from elsewhere: a router where it registers on a parameter.
    fn assumed(&mut self, module: ModuleId, function: &Function) -> Vec<Given> {
        let receivers = receivers(function);
        let mut given = Vec::new();
        for parameter in &function.parameters {
            let value = if receivers.contains(&parameter.name) {
                self.new_router(false, true)
            } else {
                let bound: Vec<&String> = parameter.binds.iter().filter(|name| receivers.contains(*name)).collect();
                let fields = bound.into_iter().map(|name| (name.clone(), self.new_router(false, true))).collect();
                let value = Self::object(fields);
                if let Value::Object(object) = &value {
                    object.is_open.set(true);
                }
                if parameter.binds.is_empty() { Value::Unknown } else { value }
            };
            given.push(Given { value, module, span: parameter.span });
        }
        given
    }

    fn starts_of(&self, module: &Module) -> Vec<Start> {
        let mut found = Vec::new();
        let mut add = |function: &Arc<Function>, class: Option<&str>| {
            found.push(Start {
                module: module.id,
                function: function.clone(),
                class: class.map(str::to_owned),
                calls: called_names(&function.body),
                level: usize::from(self.registers(function)),
            });
        };
        let mut names: Vec<&String> = module.definitions.keys().collect();
        names.sort();
        for name in names {
            match module.definitions.get(name) {
                Some(Definition::Function(function)) => add(function, None),
                Some(Definition::Class(class)) => class.methods().for_each(|method| add(method, Some(&class.name))),
                _ => {}
            }
        }
        found
    }

    /// Returns whether a function has calls in it that may register a route.
    pub(super) fn registers(&self, function: &Function) -> bool {
        let mut found = false;
        walk_statements(&function.body, &mut |_| {}, &mut |expr| found |= is_registration(expr));
        found
    }
}

/// Gives the functions that call one that registers a level above it.
fn rank(starts: &mut [Start]) {
    for level in 1..=MOST_LEVELS {
        let mut names: HashSet<String> = HashSet::new();
        for start in starts.iter().filter(|start| start.level == level) {
            names.extend(start.class.clone());
            if !METHODS.contains(&start.function.name.as_str()) && start.function.name != "constructor" {
                names.insert(start.function.name.clone());
            }
        }
        for start in starts.iter_mut().filter(|start| start.level == 0 || start.level == level) {
            let own = |name: &&String| **name == start.function.name || start.class.as_ref() == Some(*name);
            if start.calls.iter().filter(|name| !own(name)).any(|name| names.contains(name)) {
                start.level = level + 1;
            }
        }
    }
}

fn called_names(body: &[Statement]) -> HashSet<String> {
    let mut names = HashSet::new();
    walk_statements(body, &mut |_| {}, &mut |expr| {
        if let ExprKind::Call { callee, .. } = &*expr.kind
            && let Some(name) = dotted(callee)
        {
            names.insert(last_part(&name).to_owned());
        }
    });
    names
}

/// The names on which a function registers.
fn receivers(function: &Function) -> HashSet<String> {
    let mut names = HashSet::new();
    walk_statements(&function.body, &mut |_| {}, &mut |expr| {
        if let ExprKind::Call { callee, .. } = &*expr.kind
            && is_registration(expr)
            && let ExprKind::Member(object, _) | ExprKind::Index(object, _) = &*callee.kind
        {
            names.extend(object.name().map(str::to_owned));
        }
    });
    names
}

/// `x.get('/path', handler)`, `x.use(..)`, `x[method](path, handler)`, `x.route('/path')`
fn is_registration(expr: &Expr) -> bool {
    let ExprKind::Call { callee, arguments, made: false } = &*expr.kind else { return false };
    let first = arguments.first().map(|first| &first.value);
    let is_path = |value: &Expr| match &*value.kind {
        ExprKind::Text(text) => text.starts_with('/') || text == "*",
        ExprKind::Constant(text) => text.starts_with('/'),
        ExprKind::Call { .. } | ExprKind::Function(_) | ExprKind::Record(_) => false,
        _ => true,
    };
    match &*callee.kind {
        ExprKind::Member(_, name) if name == "use" => !arguments.is_empty(),
        ExprKind::Member(_, name) if name == "route" => first.is_some_and(|first| literal(first).is_some()),
        ExprKind::Member(_, name) => {
            METHODS.contains(&name.as_str()) && arguments.len() > 1 && first.is_some_and(is_path)
        }
        ExprKind::Index(..) => arguments.len() > 1,
        _ => false,
    }
}

/// Returns whether a file belongs to tests or examples beside the program.
fn is_aside(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    folders.split('/').any(|folder| ASIDE.contains(&folder))
        || [".test.", ".spec.", ".d.ts", "-test.", ".config.", ".e2e"].iter().any(|part| name.contains(part))
}

/// Gives what is not known for each parameter.
pub(super) fn unknowns(module: ModuleId, function: &Function) -> Vec<Given> {
    let make = |span: Span| Given { value: Value::Unknown, module, span };
    function.parameters.iter().map(|parameter| make(parameter.span)).collect()
}
