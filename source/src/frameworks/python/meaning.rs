//! What an expression may stand for where it is written: through the names of functions, parameters and what calls pass
//! for them, what functions return, and fields of classes.

use std::collections::HashSet;
use std::sync::Arc;

use super::bindings::Scope;
use super::survey::{ScopeId, Survey};
use crate::ir::{Argument, Expr, ExprKind, Function, Span, Spread, Statement, StatementKind, dotted, keyword};
use crate::project::{ClassRef, Definition, FunctionRef, ImportTarget, ModuleId, Resolved};

/// Longer chains are not followed.
const MOST_STEPS: usize = 14;
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

/// What was met on the way, and what was found.
#[derive(Default)]
struct Search {
    met: HashSet<(ScopeId, Span)>,
    found: Vec<Meaning>,
}

impl Survey<'_> {
    /// Returns what an expression may stand for.
    pub(in crate::frameworks) fn meanings(&self, at: ScopeId, expr: &Expr) -> Vec<Meaning> {
        let mut search = Search::default();
        self.follow((at, expr), 0, &mut search);
        search.found
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

    /// Returns the definitions of a name in a scope or around it.
    pub(super) fn local(&self, at: ScopeId, name: &str) -> Option<&Vec<Definition>> {
        self.around(at).find_map(|(_, scope)| scope.locals.get(name))
    }

    /// Returns the value that a name is given, before what that stands for.
    pub(in crate::frameworks) fn assigned(&self, at: ScopeId, expr: &Expr) -> Option<(ScopeId, Expr)> {
        let name = expr.name()?;
        let (of, scope) = self.around(at).find(|(_, scope)| scope.locals.contains_key(name))?;
        match scope.locals.get(name)?.first()? {
            Definition::Value(value) => Some((of, value.clone())),
            _ => None,
        }
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
            let scope = self.scopes.get(current.0)?;
            if scope.class.is_some() {
                return Some(current);
            }
            next = scope.parent;
        }
        None
    }

    /// The scopes whose names can be used here, innermost first. Names of a class are not known in its methods.
    fn around(&self, at: ScopeId) -> impl Iterator<Item = (ScopeId, &Scope)> {
        let step = |id: &ScopeId| self.scopes.get(id.0).and_then(|scope| scope.parent);
        let scopes = std::iter::successors(Some(at), step);
        let scopes = scopes.filter_map(|id| self.scopes.get(id.0).map(|scope| (id, scope)));
        scopes.filter(move |(id, scope)| *id == at || scope.class.is_none())
    }

    /// Returns whether a name is a parameter of the function here or of one around it.
    pub(super) fn is_parameter(&self, at: ScopeId, name: &str) -> bool {
        let found = self.around(at).find(|(_, scope)| {
            scope.locals.contains_key(name) || scope.function.as_ref().is_some_and(|own| has_parameter(own, name))
        });
        found.is_some_and(|(_, scope)| scope.function.as_ref().is_some_and(|own| has_parameter(own, name)))
    }

    fn follow(&self, (at, expr): (ScopeId, &Expr), steps: usize, search: &mut Search) {
        if steps > MOST_STEPS || search.found.len() >= MOST_MEANINGS || !search.met.insert((at, expr.span)) {
            return;
        }
        match &*expr.kind {
            ExprKind::Name(name) => self.follow_name((at, name), steps, search),
            ExprKind::Member(object, name) => self.follow_member((at, expr), (object, name), steps, search),
            ExprKind::Call { callee, .. } => self.follow_call((at, expr), callee, steps, search),
            ExprKind::Await(inner) => self.follow((at, inner), steps + 1, search),
            ExprKind::Choice { yes, no, .. } => {
                self.follow((at, yes), steps + 1, search);
                self.follow((at, no), steps + 1, search);
            }
            ExprKind::Logic { parts, .. } => parts.iter().for_each(|part| self.follow((at, part), steps + 1, search)),
            _ => search.found.push(Meaning::Value(at, expr.clone())),
        }
    }

    fn follow_name(&self, (at, name): (ScopeId, &str), steps: usize, search: &mut Search) {
        for (id, scope) in self.around(at) {
            if let Some((of, item)) = scope.bound.get(name) {
                return self.follow((*of, item), steps + 1, search);
            }
            let parameter = scope.function.as_ref().is_some_and(|function| has_parameter(function, name));
            let locals = scope.locals.get(name);
            let imported = scope.imports.get(name);
            for definition in locals.into_iter().flatten() {
                self.follow_definition(id, definition, steps, search);
            }
            if let Some(target) = imported {
                search.found.extend(self.imported(scope.module, target, steps));
            }
            if parameter {
                search.found.extend(self.parameter(id, name, steps));
            }
            if parameter || locals.is_some() || imported.is_some() {
                return;
            }
        }
        // What is left stands behind `import *`, or is made in another function of the module.
        if let Some(found) = self.project.resolve(self.module(at), name) {
            self.follow_resolved(found, steps, search);
        }
    }

    fn follow_definition(&self, at: ScopeId, definition: &Definition, steps: usize, search: &mut Search) {
        let module = self.module(at);
        match definition {
            Definition::Function(function) => {
                search.found.push(Meaning::Function(FunctionRef { module, function: function.clone(), class: None }));
            }
            Definition::Class(class) => {
                search.found.push(Meaning::Class(ClassRef { module, class: class.clone() }));
            }
            Definition::Value(value) => self.follow((at, value), steps + 1, search),
        }
    }

    fn follow_resolved(&self, found: Resolved, steps: usize, search: &mut Search) {
        match found {
            Resolved::Function(function) => search.found.push(Meaning::Function(function)),
            Resolved::Class(class) => search.found.push(Meaning::Class(class)),
            Resolved::Module(module) => search.found.push(Meaning::Module(module)),
            Resolved::Value(module, _, value) => {
                if let Some(at) = self.scope_at(module, value.span) {
                    self.follow((at, &value), steps + 1, search);
                }
            }
        }
    }

    fn imported(&self, from: ModuleId, target: &ImportTarget, steps: usize) -> Vec<Meaning> {
        let Some(resolved) = self.project.resolve_import(from, target) else { return Vec::new() };
        let mut search = Search::default();
        // A name of another module is followed there, where it may be bound several times.
        match (&resolved, &target.name) {
            (Resolved::Value(module, name, _), Some(_)) if !name.contains('.') => {
                if let Some(at) = self.of_module.get(module) {
                    self.follow_name((*at, name), steps + 1, &mut search);
                }
            }
            _ => {}
        }
        if search.found.is_empty() {
            self.follow_resolved(resolved, steps + 1, &mut search);
        }
        search.found
    }

    fn follow_member(
        &self,
        (at, expr): (ScopeId, &Expr),
        (object, name): (&Expr, &str),
        steps: usize,
        search: &mut Search,
    ) {
        if matches!(object.name(), Some("self" | "cls")) && self.enclosing_class(at).is_some() {
            let class =
                self.enclosing_class(at).and_then(|id| self.scopes.get(id.0)).and_then(|scope| scope.class.clone());
            return class.iter().for_each(|class| self.follow_field(class, name, steps, search));
        }
        let before = search.found.len();
        for meaning in self.meanings_within(at, object, steps) {
            match meaning {
                Meaning::Module(module) => match self.of_module.get(&module) {
                    Some(inner) if self.has_name(*inner, name) => self.follow_name((*inner, name), steps + 1, search),
                    _ => {
                        let found = self.project.resolve(module, name);
                        found.into_iter().for_each(|found| self.follow_resolved(found, steps, search));
                    }
                },
                Meaning::Class(class) => self.follow_field(&class, name, steps, search),
                Meaning::Value(of, value) => {
                    let class = value.call().and_then(|(callee, _)| self.class(of, callee));
                    class.iter().for_each(|class| self.follow_field(class, name, steps, search));
                }
                Meaning::Function(_) => {}
            }
        }
        if search.found.len() == before
            && let Some(found) = dotted(expr).and_then(|name| self.project.resolve(self.module(at), &name))
        {
            self.follow_resolved(found, steps, search);
        }
    }

    fn has_name(&self, at: ScopeId, name: &str) -> bool {
        self.scopes.get(at.0).is_some_and(|scope| scope.locals.contains_key(name) || scope.imports.contains_key(name))
    }

    fn meanings_within(&self, at: ScopeId, expr: &Expr, steps: usize) -> Vec<Meaning> {
        let mut search = Search::default();
        self.follow((at, expr), steps + 1, &mut search);
        search.found
    }

    /// What a class, or what it extends, has under a name.
    fn follow_field(&self, class: &ClassRef, name: &str, steps: usize, search: &mut Search) {
        for part in self.project.line_of(class) {
            let Some(id) = self.of_class.get(&(part.module, part.class.span.start)) else { continue };
            let Some(scope) = self.scopes.get(id.0) else { continue };
            let fields = scope.fields.get(name).map(Vec::as_slice).unwrap_or_default();
            for (at, value) in fields {
                self.follow((*at, value), steps + 1, search);
            }
            for definition in scope.locals.get(name).into_iter().flatten() {
                match definition {
                    Definition::Function(function) => search.found.push(Meaning::Function(FunctionRef {
                        module: part.module,
                        function: function.clone(),
                        class: Some(class.clone()),
                    })),
                    other => self.follow_definition(*id, other, steps, search),
                }
            }
            if !fields.is_empty() || scope.locals.contains_key(name) {
                return;
            }
        }
    }

    /// A call of a function of the project stands for what that returns; any other call for itself.
    fn follow_call(&self, (at, expr): (ScopeId, &Expr), callee: &Expr, steps: usize, search: &mut Search) {
        let before = search.found.len();
        if matches!(&*callee.kind, ExprKind::Name(_) | ExprKind::Member(..)) {
            for meaning in self.meanings_within(at, callee, steps) {
                let Meaning::Function(function) = meaning else { continue };
                self.follow_returns(&function, steps, search);
            }
        }
        if search.found.len() == before {
            search.found.push(Meaning::Value(at, expr.clone()));
        }
    }

    fn follow_returns(&self, function: &FunctionRef, steps: usize, search: &mut Search) {
        let Some(inner) = self.of_function.get(&(function.module, function.function.span.start)) else { return };
        let mut returned = Vec::new();
        collect_returned(&function.function.body, &mut returned);
        for value in returned {
            self.follow((*inner, value), steps + 1, search);
        }
    }

    /// What calls of a function pass for a parameter, else its default.
    fn parameter(&self, at: ScopeId, name: &str, steps: usize) -> Vec<Meaning> {
        let key = (at, name.to_owned());
        if let Some(known) = self.known_parameters.borrow().get(&key) {
            return known.clone();
        }
        // A function that calls itself meets no more than what was found so far.
        self.known_parameters.borrow_mut().insert(key.clone(), Vec::new());
        let found = self.passed(at, name, steps);
        self.known_parameters.borrow_mut().insert(key, found.clone());
        found
    }

    fn passed(&self, at: ScopeId, name: &str, steps: usize) -> Vec<Meaning> {
        let mut search = Search::default();
        let Some(scope) = self.scopes.get(at.0) else { return Vec::new() };
        let Some(function) = &scope.function else { return Vec::new() };
        for (from, arguments) in self.calls_of(at, function) {
            let given = given_for(function, name, arguments);
            given.iter().for_each(|given| self.follow((from, given), steps + 1, &mut search));
        }
        let own = function.parameters.iter().find(|parameter| parameter.name == name);
        if let (true, Some(default)) = (search.found.is_empty(), own.and_then(|own| own.default.as_ref())) {
            self.follow((at, default), steps + 1, &mut search);
        }
        search.found
    }

    /// The calls of a function, or of its class where it is an initialiser.
    fn calls_of<'s>(&'s self, at: ScopeId, function: &'s Arc<Function>) -> Vec<(ScopeId, &'s [Argument])> {
        let class = self.scopes.get(at.0).and_then(|scope| scope.parent).and_then(|id| self.scopes.get(id.0));
        let class = class.and_then(|scope| scope.class.as_ref());
        let name = match class {
            Some(class) if function.name == "__init__" => class.class.name.as_str(),
            _ => function.name.as_str(),
        };
        let numbers = self.calls_by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let calls = numbers.iter().take(MOST_MEANINGS).filter_map(|number| self.calls.get(*number));
        let calls = calls.filter_map(|(from, call)| call.call().map(|(callee, arguments)| (*from, callee, arguments)));
        let is_meant = |(from, callee, _): &(ScopeId, &Expr, &[Argument])| {
            self.meanings(*from, callee).iter().any(|meaning| match meaning {
                Meaning::Function(found) => Arc::ptr_eq(&found.function, function),
                Meaning::Class(found) => class.is_some_and(|class| Arc::ptr_eq(&class.class, &found.class)),
                _ => false,
            })
        };
        calls.filter(is_meant).map(|(from, _, arguments)| (from, arguments)).collect()
    }
}

fn has_parameter(function: &Function, name: &str) -> bool {
    function.parameters.iter().any(|parameter| parameter.name == name)
}

/// The argument that a call gives for a parameter.
fn given_for<'a>(function: &Function, name: &str, arguments: &'a [Argument]) -> Option<&'a Expr> {
    if let Some(named) = keyword(arguments, name) {
        return Some(named);
    }
    let own = |name: &str| matches!(name, "self" | "cls");
    let plain = function.parameters.iter().filter(|parameter| !own(&parameter.name) && parameter.spread == Spread::One);
    let place = plain.into_iter().position(|parameter| parameter.name == name)?;
    crate::ir::argument(arguments, place)
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
