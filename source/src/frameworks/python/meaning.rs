//! What an expression may stand for where it is written: through the names of functions, parameters and what calls pass
//! for them, what functions return, and fields of classes.

use std::sync::Arc;

use super::bindings::PythonScope;
use super::survey::{PythonSurvey, ScopeId, callee_name};
use crate::ir::{Argument, Expr, ExprKind, Function, Spread, Statement, StatementKind, argument_named, dotted_text};
use crate::project::{ClassRef, Definition, FunctionRef, ImportTarget, ModuleId, Resolved};

/// Longer chains are not followed.
const MOST_DEPTH: usize = 40;
/// More meanings of one expression are not kept.
const MOST_MEANINGS: usize = 64;

/// One thing that an expression may stand for.
#[derive(Debug, Clone)]
pub(in crate::frameworks) enum Meaning {
    /// A value, and the scope in which it is written.
    Value(ScopeId, Expr),
    /// A function or method.
    Function(FunctionRef),
    /// A class.
    Class(ClassRef),
    /// A module.
    Module(ModuleId),
}

impl PythonSurvey<'_> {
    /// Returns what an expression may stand for.
    pub(in crate::frameworks) fn meanings(&self, at: ScopeId, expr: &Expr) -> Vec<Meaning> {
        self.follow(at, expr)
    }

    /// Returns the function that an expression stands for.
    pub(in crate::frameworks) fn function(&self, at: ScopeId, expr: &Expr) -> Option<FunctionRef> {
        self.meanings(at, expr).into_iter().find_map(|meaning| match meaning {
            Meaning::Function(function) => Some(function),
            _ => None,
        })
    }

    /// Returns the class that an expression stands for.
    pub(in crate::frameworks) fn class(&self, at: ScopeId, expr: &Expr) -> Option<ClassRef> {
        self.meanings(at, expr).into_iter().find_map(|meaning| match meaning {
            Meaning::Class(class) => Some(class),
            _ => None,
        })
    }

    /// Returns the values that a name is given, before what they stand for.
    pub(in crate::frameworks) fn assigned(&self, at: ScopeId, expr: &Expr) -> Vec<(ScopeId, Expr)> {
        let Some(name) = expr.name() else { return Vec::new() };
        let found = self.around(at).find_map(|(of, scope)| scope.locals.get(name).map(|found| (of, found)));
        let Some((of, definitions)) = found else { return Vec::new() };
        // A turn knows what its parameters are; the function as such does not.
        let of = if self.is_turn_of(at, of) { at } else { of };
        let values = definitions.iter().filter_map(|definition| match definition {
            Definition::Value(value) => Some((of, value.clone())),
            _ => None,
        });
        values.collect()
    }

    /// Returns the scope in which a name is bound.
    pub(super) fn owner(&self, at: ScopeId, name: &str) -> Option<ScopeId> {
        self.around(at).find(|(_, scope)| scope.locals.contains_key(name)).map(|(id, _)| id)
    }

    /// Returns the full name of what a function imports under this name.
    pub(super) fn local_import(&self, at: ScopeId, name: &str) -> Option<String> {
        let (_, scope) = self.around(at).find(|(_, scope)| scope.imports.contains_key(name))?;
        let target = scope.imports.get(name)?;
        let module = self.project.absolute(self.project.module(scope.module)?, target);
        Some(target.name.as_ref().map_or(module.clone(), |name| format!("{module}.{name}")))
    }

    /// Returns the scope of the class around a scope.
    pub(super) fn enclosing_class(&self, at: ScopeId) -> Option<ScopeId> {
        let mut next = Some(at);
        while let Some(current) = next {
            let scope = self.scope(current)?;
            if scope.class.is_some() {
                return Some(current);
            }
            next = scope.parent;
        }

        None
    }

    /// The scopes whose names can be used here, innermost first. Names of a class are not known in its methods.
    fn around(&self, at: ScopeId) -> impl Iterator<Item = (ScopeId, &PythonScope)> {
        let step = |id: &ScopeId| self.scope(*id).and_then(|scope| scope.parent);
        let scopes = std::iter::successors(Some(at), step);
        let scopes = scopes.filter_map(|id| self.scope(id).map(|scope| (id, scope)));
        scopes.filter(move |(id, scope)| *id == at || scope.class.is_none())
    }

    /// Returns whether a name is a parameter of the function here or of one around it.
    pub(super) fn is_parameter(&self, at: ScopeId, name: &str) -> bool {
        let found = self.around(at).find(|(_, scope)| {
            scope.locals.contains_key(name) || scope.function.as_ref().is_some_and(|own| has_parameter(own, name))
        });
        found.is_some_and(|(_, scope)| scope.function.as_ref().is_some_and(|own| has_parameter(own, name)))
    }

    /// Finds what an expression may stand for, each expression once. One that is met again on the way to itself stands
    /// for nothing more than what is found otherwise.
    fn follow(&self, at: ScopeId, expr: &Expr) -> Vec<Meaning> {
        let key = (at, expr.span);
        if let Some(known) = self.known_meanings.borrow().get(&key) {
            return known.clone();
        }
        if self.depth.get() >= MOST_DEPTH {
            return Vec::new();
        }
        // Known before it is looked for: an expression that means itself finds nothing and comes to an end.
        self.known_meanings.borrow_mut().insert(key, Vec::new());
        self.depth.set(self.depth.get() + 1);
        let mut found = self.look(at, expr);
        self.depth.set(self.depth.get() - 1);
        found.truncate(MOST_MEANINGS);
        self.known_meanings.borrow_mut().insert(key, found.clone());

        found
    }

    fn look(&self, at: ScopeId, expr: &Expr) -> Vec<Meaning> {
        match &*expr.kind {
            ExprKind::Name(name) => self.follow_name(at, name),
            ExprKind::Member(object, name) => self.follow_member((at, expr), object, name),
            ExprKind::Call { callee, .. } => self.follow_call((at, expr), callee),
            ExprKind::Await(inner) => self.follow(at, inner),
            ExprKind::Choice { yes, no, .. } => [yes, no].into_iter().flat_map(|part| self.follow(at, part)).collect(),
            ExprKind::Logic { parts, .. } => parts.iter().flat_map(|part| self.follow(at, part)).collect(),
            _ => vec![Meaning::Value(at, expr.clone())],
        }
    }

    fn follow_name(&self, at: ScopeId, name: &str) -> Vec<Meaning> {
        for (id, scope) in self.around(at) {
            if let Some((of, item)) = scope.bound.get(name) {
                return self.follow(*of, item);
            }
            // What a function gives its names in one call of it is read as of that call.
            let id = if self.is_turn_of(at, id) { at } else { id };
            let parameter = scope.function.as_ref().is_some_and(|function| has_parameter(function, name));
            let locals = scope.locals.get(name);
            let imported = scope.imports.get(name);

            if !parameter && locals.is_none() && imported.is_none() {
                continue;
            }
            let definitions = locals.into_iter().flatten();
            let mut found: Vec<Meaning> =
                definitions.flat_map(|definition| self.follow_definition(id, definition)).collect();
            if let Some(target) = imported {
                found.extend(self.imported(scope.module, target));
            }
            if parameter {
                found.extend(self.passed(id, name));
            }
            return found;
        }

        // What is left stands behind `import *`, or is made in another function of the module.
        let found = self.project.resolve(self.module(at), name);
        found.map(|found| self.follow_resolved(found)).unwrap_or_default()
    }

    /// Whether a scope is a call of a function, or a turn of a loop in one.
    fn is_turn_of(&self, at: ScopeId, function: ScopeId) -> bool {
        let turn = |id: &ScopeId| self.scope(*id).filter(|scope| scope.is_turn).and_then(|scope| scope.parent);
        std::iter::successors(turn(&at), turn).any(|id| id == function)
    }

    fn follow_definition(&self, at: ScopeId, definition: &Definition) -> Vec<Meaning> {
        let module = self.module(at);
        match definition {
            Definition::Function(function) => {
                vec![Meaning::Function(FunctionRef { module, function: function.clone(), class: None })]
            }
            Definition::Class(class) => vec![Meaning::Class(ClassRef { module, class: class.clone() })],
            Definition::Value(value) => self.follow(at, value),
        }
    }

    fn follow_resolved(&self, found: Resolved) -> Vec<Meaning> {
        match found {
            Resolved::Function(function) => vec![Meaning::Function(function)],
            Resolved::Class(class) => vec![Meaning::Class(class)],
            Resolved::Module(module) => vec![Meaning::Module(module)],
            Resolved::Value(module, _, value) => {
                let at = self.scope_at(module, value.span);
                at.map(|at| self.follow(at, &value)).unwrap_or_default()
            }
        }
    }

    fn imported(&self, from: ModuleId, target: &ImportTarget) -> Vec<Meaning> {
        let Some(resolved) = self.project.resolve_import(from, target) else { return Vec::new() };
        // A name of another module is followed there, where it may be bound several times.
        if let (Resolved::Value(module, name, _), Some(_)) = (&resolved, &target.name)
            && let Some(at) = self.of_module(*module)
            && self.has_name(at, name)
        {
            return self.deeper(|| self.follow_name(at, name));
        }
        self.follow_resolved(resolved)
    }

    /// Does what no expression of its own stands for, a level deeper.
    fn deeper(&self, act: impl FnOnce() -> Vec<Meaning>) -> Vec<Meaning> {
        if self.depth.get() >= MOST_DEPTH {
            return Vec::new();
        }
        self.depth.set(self.depth.get() + 1);
        let found = act();
        self.depth.set(self.depth.get() - 1);

        found
    }

    fn follow_member(&self, (at, expr): (ScopeId, &Expr), object: &Expr, name: &str) -> Vec<Meaning> {
        // `self` stands for the class around it, whichever object of the class it is.
        if matches!(object.name(), Some("self" | "cls"))
            && let Some(class) = self.enclosing_class(at).and_then(|id| self.scope(id)?.class.clone())
        {
            return self.follow_field(&class, name);
        }
        let found: Vec<Meaning> =
            self.follow(at, object).into_iter().flat_map(|meaning| self.follow_below(meaning, name)).collect();
        if !found.is_empty() {
            return found;
        }
        let found = dotted_text(expr).and_then(|name| self.project.resolve(self.module(at), &name));
        found.map(|found| self.follow_resolved(found)).unwrap_or_default()
    }

    /// What stands under a name in a module, a class or an object of one.
    fn follow_below(&self, meaning: Meaning, name: &str) -> Vec<Meaning> {
        match meaning {
            Meaning::Module(module) => match self.of_module(module) {
                Some(inner) if self.has_name(inner, name) => self.deeper(|| self.follow_name(inner, name)),
                _ => {
                    let found = self.project.resolve(module, name).or_else(|| self.project.submodule(module, name));
                    found.map(|found| self.follow_resolved(found)).unwrap_or_default()
                }
            },
            Meaning::Class(class) => self.follow_field(&class, name),
            Meaning::Value(of, value) => {
                let class = value.call().and_then(|(callee, _)| self.class(of, callee));
                class.map(|class| self.follow_field(&class, name)).unwrap_or_default()
            }
            Meaning::Function(_) => Vec::new(),
        }
    }

    fn has_name(&self, at: ScopeId, name: &str) -> bool {
        self.scope(at).is_some_and(|scope| scope.locals.contains_key(name) || scope.imports.contains_key(name))
    }

    /// What a class, or what it extends, has under a name.
    fn follow_field(&self, class: &ClassRef, name: &str) -> Vec<Meaning> {
        for part in self.project.line_of(class) {
            let Some(id) = self.of_class((part.module, part.class.span.start)) else { continue };
            let Some(scope) = self.scope(id) else { continue };
            let fields = scope.fields.get(name).map(Vec::as_slice).unwrap_or_default();
            let mut found: Vec<Meaning> = fields.iter().flat_map(|(at, value)| self.follow(*at, value)).collect();

            for definition in scope.locals.get(name).into_iter().flatten() {
                match definition {
                    Definition::Function(function) => found.push(Meaning::Function(FunctionRef {
                        module: part.module,
                        function: function.clone(),
                        class: Some(class.clone()),
                    })),
                    other => found.extend(self.follow_definition(id, other)),
                }
            }

            // The nearest class that has the name wins, as in Python.
            if !fields.is_empty() || scope.locals.contains_key(name) {
                return found;
            }
        }

        Vec::new()
    }

    /// A call of a function of the project stands for what that returns; any other call for itself.
    fn follow_call(&self, (at, expr): (ScopeId, &Expr), callee: &Expr) -> Vec<Meaning> {
        let mut found = Vec::new();
        if matches!(&*callee.kind, ExprKind::Name(_) | ExprKind::Member(..)) {
            for meaning in self.follow(at, callee) {
                if let Meaning::Function(function) = meaning {
                    found.extend(self.follow_returns(&function));
                }
            }
        }

        if found.is_empty() {
            found.extend(self.module_of_call((at, expr), callee).map(Meaning::Module));
        }
        // A function that returns nothing known leaves the call to stand for itself.
        if found.is_empty() {
            found.push(Meaning::Value(at, expr.clone()));
        }
        found
    }

    /// `importlib.import_module("shop.orders")`
    fn module_of_call(&self, (at, expr): (ScopeId, &Expr), callee: &Expr) -> Option<ModuleId> {
        callee_name(callee).filter(|name| *name == "import_module")?;
        let (_, arguments) = expr.call()?;
        let name = self.text(at, crate::ir::argument_at(arguments, 0)?)?;
        let from = self.project.module(self.module(at))?;
        let level = name.chars().take_while(|letter| *letter == '.').count();
        let module = name.trim_start_matches('.').to_owned();

        self.project.imported_module(from, &ImportTarget { module, level, name: None })
    }

    fn follow_returns(&self, function: &FunctionRef) -> Vec<Meaning> {
        let Some(inner) = self.of_function((function.module, function.function.span.start)) else {
            return Vec::new();
        };
        let mut returned = Vec::new();
        collect_returned(&function.function.body, &mut returned);
        returned.into_iter().flat_map(|value| self.follow(inner, value)).collect()
    }

    /// What calls of a function pass for a parameter, else its default.
    fn passed(&self, at: ScopeId, name: &str) -> Vec<Meaning> {
        let key = (at, name.to_owned());
        if let Some(known) = self.known_parameters.borrow().get(&key) {
            return known.clone();
        }
        // A function that calls itself meets no more than what was found so far.
        self.known_parameters.borrow_mut().insert(key.clone(), Vec::new());
        let found = self.look_passed(at, name);
        self.known_parameters.borrow_mut().insert(key, found.clone());

        found
    }

    fn look_passed(&self, at: ScopeId, name: &str) -> Vec<Meaning> {
        let Some(function) = self.scope(at).and_then(|scope| scope.function.as_ref()) else {
            return Vec::new();
        };
        let mut found = Vec::new();

        for (from, arguments) in self.calls_of(at, function) {
            let given = given_for(function, name, arguments);
            found.extend(given.into_iter().flat_map(|given| self.follow(from, given)));
        }
        let own = function.parameters.iter().find(|parameter| parameter.name == name);

        // A default only holds where no call is seen that passes something.
        if let (true, Some(default)) = (found.is_empty(), own.and_then(|own| own.default.as_ref())) {
            return self.follow(at, default);
        }
        found
    }

    /// The calls of a function, or of its class where it is an initialiser.
    fn calls_of<'s>(&'s self, at: ScopeId, function: &'s Arc<Function>) -> Vec<(ScopeId, &'s [Argument])> {
        let numbers = self.call_numbers(at, function).into_iter().take(MOST_MEANINGS);
        let calls = numbers.filter_map(|(from, number)| self.sites.get(number).map(|(_, call)| (from, *call)));
        calls.filter_map(|(from, call)| call.call().map(|(_, arguments)| (from, arguments))).collect()
    }

    /// The numbers of those calls, each with the scope in which it stands.
    pub(super) fn call_numbers(&self, at: ScopeId, function: &Arc<Function>) -> Vec<(ScopeId, usize)> {
        let class = self.scope(at).and_then(|scope| scope.parent).and_then(|id| self.scope(id));
        let class = class.and_then(|scope| scope.class.as_ref());
        // An initialiser is called by the name of its class.
        let name = match class {
            Some(class) if function.name == "__init__" => class.class.name.as_str(),
            _ => function.name.as_str(),
        };
        let is_meant = |from: ScopeId, callee: &Expr| {
            self.meanings(from, callee).iter().any(|meaning| match meaning {
                Meaning::Function(found) => Arc::ptr_eq(&found.function, function),
                Meaning::Class(found) => class.is_some_and(|class| Arc::ptr_eq(&class.class, &found.class)),
                _ => false,
            })
        };

        let numbers = self.sites_by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let calls = numbers.iter().filter_map(|number| {
            let (from, call) = self.sites.get(*number)?;
            let (callee, _) = call.call()?;
            is_meant(*from, callee).then_some((*from, *number))
        });
        calls.collect()
    }
}

fn has_parameter(function: &Function, name: &str) -> bool {
    function.parameters.iter().any(|parameter| parameter.name == name)
}

/// The argument that a call gives for a parameter.
pub(super) fn given_for<'a>(function: &Function, name: &str, arguments: &'a [Argument]) -> Option<&'a Expr> {
    if let Some(named) = argument_named(arguments, name) {
        return Some(named);
    }
    // Arguments of calls do not count `self`.
    let own = |name: &str| matches!(name, "self" | "cls");
    let plain = function.parameters.iter().filter(|parameter| !own(&parameter.name) && parameter.spread == Spread::One);
    let place = plain.into_iter().position(|parameter| parameter.name == name)?;

    crate::ir::argument_at(arguments, place)
}

/// The values that a function returns, those of functions within it aside.
pub(super) fn collect_returned<'a>(statements: &'a [Statement], returned: &mut Vec<&'a Expr>) {
    for statement in statements {
        match &statement.kind {
            StatementKind::Return(Some(value)) => returned.push(value),
            StatementKind::If { body, otherwise, .. } | StatementKind::For { body, otherwise, .. } => {
                collect_returned(body, returned);
                collect_returned(otherwise, returned);
            }
            StatementKind::While { body, .. } | StatementKind::With { body, .. } | StatementKind::Block(body) => {
                collect_returned(body, returned);
            }
            StatementKind::Try { body, handlers, otherwise, finally } => {
                for part in [body, otherwise, finally].into_iter().chain(handlers) {
                    collect_returned(part, returned);
                }
            }
            _ => {}
        }
    }
}
