//! Starts a program: runs its modules, then what nothing in the project calls and yet registers routes: the function that
//! a command starts, the class that a container makes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::machine::{Machine, ScriptFrame};
use super::routers::METHODS;
use super::values::{JsValue, ScriptArgument};
use crate::ir::{Class, Expr, ExprKind, Function, Span, dotted_text, literal_text, walk_statements};
use crate::project::{Definition, Module, ModuleId, Resolved};

/// Folders of programs that are not served.
const ASIDE: [&str; 9] = ["__mocks__", "__tests__", "benchmarks", "e2e", "fixtures", "mocks", "spec", "test", "tests"];

/// A function that may be called for the routes that it registers.
struct StartFunction {
    module: ModuleId,
    function: Arc<Function>,
    /// The class of a method, and the name by which it is known.
    class: Option<Arc<Class>>,
    /// Whether it registers itself.
    registers: bool,
    /// The functions that it calls and the classes that it makes.
    calls: HashSet<usize>,
}

impl Machine<'_> {
    /// Runs the program.
    pub fn run(&mut self) {
        let project = self.project;
        let modules: Vec<&Module> = project
            .modules
            .iter()
            .map(AsRef::as_ref)
            .filter(|module| module.language.is_script() && !is_aside(&module.path))
            .collect();
        // Modules run first, since most programs register routes while they load.
        for module in &modules {
            self.run_module(module.id);
        }
        let starts: Vec<StartFunction> = modules.iter().flat_map(|module| self.starts_of(module)).collect();

        // The functions that reach most registrations come first, as they hand real routers to the others.
        for start in rank_starts(&starts) {
            if !self.called.contains(&Arc::as_ptr(&start.function)) {
                self.begin(start);
            }
        }
    }

    fn begin(&mut self, start: &StartFunction) {
        let given = self.assumed(start.module, &start.function);
        let Some(class) = &start.class else {
            let value = self.known_function(start);
            self.call(&value, JsValue::Unknown, &given);
            return;
        };
        let value = self.exported_or_own(start.module, &class.name);
        let JsValue::Class(of) = &value else { return };

        if self.is_static(start.module, &start.function) {
            let method = self.property(&value, &start.function.name);
            self.call(&method, value, &given);
            return;
        }
        // What is made somewhere, itself or what extends it, registers there what it registers.
        let is_extended = of.class.method("constructor").is_some_and(|made| self.called.contains(&Arc::as_ptr(made)));
        let known = self.instances.get(&Arc::as_ptr(&of.class)).cloned();
        let instance = match known {
            Some(known) => known,
            None if is_extended => return,
            None => {
                let constructor = of.class.method("constructor").cloned();
                let given = constructor.map(|made| self.assumed(start.module, &made)).unwrap_or_default();
                self.instance(&value, &given)
            }
        };

        if self.called.contains(&Arc::as_ptr(&start.function)) {
            return;
        }
        let method = self.property(&instance, &start.function.name);
        self.call(&method, instance, &given);
    }

    fn exported_or_own(&mut self, module: ModuleId, name: &str) -> JsValue {
        let own = self.modules.get(&module).and_then(|run| run.scope.get(name));
        own.unwrap_or_else(|| self.exported(module, Some(name), 0))
    }

    fn known_function(&mut self, start: &StartFunction) -> JsValue {
        let known = self.exported_or_own(start.module, &start.function.name);
        match &known {
            JsValue::Function(closure) if Arc::ptr_eq(&closure.function, &start.function) => known,
            _ => {
                let Some(run) = self.modules.get(&start.module).cloned() else { return JsValue::Unknown };
                let frame = ScriptFrame { module: start.module, scope: run.scope, this: JsValue::Unknown, home: None };
                self.closure(&frame, &start.function)
            }
        }
    }

    /// Returns what a function is given that is called from elsewhere: a router where it registers on a parameter.
    fn assumed(&mut self, module: ModuleId, function: &Function) -> Vec<ScriptArgument> {
        let receivers = registering_names(function);
        let mut given = Vec::new();

        for parameter in &function.parameters {
            let below = |name: &String| name.strip_prefix(&format!("{}.", parameter.name)).map(str::to_owned);
            let bound = parameter.binds.iter().filter(|name| receivers.contains(*name)).cloned();
            let fields: Vec<String> = receivers.iter().filter_map(below).chain(bound).collect();
            let value = if receivers.contains(&parameter.name) {
                self.new_router(false, true)
            } else if fields.is_empty() {
                JsValue::Unknown
            } else {
                self.open_object(fields)
            };
            given.push(ScriptArgument { value, module, span: parameter.span });
        }

        given
    }

    /// Makes an object that has routers in these fields, and others that are not known.
    fn open_object(&mut self, mut fields: Vec<String>) -> JsValue {
        fields.sort();
        let fields = fields.into_iter().map(|name| (name, self.new_router(false, true))).collect();
        let value = Self::object(fields);

        if let JsValue::Object(object) = &value {
            object.is_open.set(true);
        }
        value
    }

    fn starts_of(&self, module: &Module) -> Vec<StartFunction> {
        let mut found = Vec::new();
        let mut add = |function: &Arc<Function>, class: Option<&Arc<Class>>| {
            found.push(StartFunction {
                module: module.id,
                function: function.clone(),
                class: class.cloned(),
                registers: self.registers(function),
                calls: self.called_by(module.id, function),
            });
        };

        let mut names: Vec<&String> = module.definitions.keys().collect();
        // Sorted names make the order of routes the same at every run.
        names.sort();

        for name in names {
            match module.definitions.get(name) {
                Some(Definition::Function(function)) => add(function, None),
                Some(Definition::Class(class)) => class.methods().for_each(|method| add(method, Some(class))),
                _ => {}
            }
        }

        found
    }

    /// Returns the functions of the project that a function calls, and the classes that it makes.
    fn called_by(&self, module: ModuleId, function: &Function) -> HashSet<usize> {
        let mut found = HashSet::new();
        walk_statements(&function.body, &mut |_| {}, &mut |expr| {
            let ExprKind::Call { callee, .. } = &*expr.kind else { return };
            match self.project.resolve_expr(module, callee) {
                Some(Resolved::Function(called)) => found.insert(Arc::as_ptr(&called.function).addr()),
                Some(Resolved::Class(made)) => found.insert(Arc::as_ptr(&made.class).addr()),
                _ => false,
            };
        });

        found
    }

    /// Returns whether a function has calls in it that may register a route.
    pub(super) fn registers(&self, function: &Function) -> bool {
        let mut found = false;
        walk_statements(&function.body, &mut |_| {}, &mut |expr| found |= is_registration(expr));
        found
    }
}

/// Returns those from which a registration is reached, the ones that reach most of them first.
fn rank_starts(starts: &[StartFunction]) -> Vec<&StartFunction> {
    let mut by_key: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, start) in starts.iter().enumerate() {
        by_key.entry(start.key()).or_default().push(at);
    }
    let reach = |first: usize| {
        let (mut seen, mut open, mut n_found) = (HashSet::from([first]), vec![first], 0usize);
        while let Some(at) = open.pop() {
            let Some(start) = starts.get(at) else { continue };
            n_found += usize::from(start.registers);
            let next = start.calls.iter().filter_map(|key| by_key.get(key)).flatten();
            open.extend(next.filter(|next| seen.insert(**next)));
        }

        n_found
    };

    let mut ranked: Vec<(usize, &StartFunction)> =
        starts.iter().enumerate().map(|(at, start)| (reach(at), start)).filter(|(n_found, _)| *n_found > 0).collect();
    ranked.sort_by_key(|(n_found, _)| std::cmp::Reverse(*n_found));
    ranked.into_iter().map(|(_, start)| start).collect()
}

impl StartFunction {
    /// What a call names that leads here: the function, or the class.
    fn key(&self) -> usize {
        match &self.class {
            Some(class) => Arc::as_ptr(class).addr(),
            None => Arc::as_ptr(&self.function).addr(),
        }
    }
}

/// The names on which a function registers.
fn registering_names(function: &Function) -> HashSet<String> {
    let mut names = HashSet::new();
    walk_statements(&function.body, &mut |_| {}, &mut |expr| {
        if let ExprKind::Call { callee, .. } = &*expr.kind
            && is_registration(expr)
            && let ExprKind::Member(object, _) | ExprKind::Index(object, _) = &*callee.kind
        {
            names.extend(dotted_text(object).filter(|name| name.split('.').count() <= 2));
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
        // `map.get(make(), x)` and `cache.set({..})` have no path in first place.
        ExprKind::Call { .. } | ExprKind::Function(_) | ExprKind::Record(_) => false,
        _ => true,
    };

    match &*callee.kind {
        ExprKind::Member(_, name) if name == "use" => !arguments.is_empty(),
        ExprKind::Member(_, name) if name == "route" => first.is_some_and(|first| literal_text(first).is_some()),
        // A single argument is a reader (`map.get(key)`), so a route needs a handler behind the path.
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
pub(super) fn unknown_arguments(module: ModuleId, function: &Function) -> Vec<ScriptArgument> {
    let make = |span: Span| ScriptArgument { value: JsValue::Unknown, module, span };
    function.parameters.iter().map(|parameter| make(parameter.span)).collect()
}
