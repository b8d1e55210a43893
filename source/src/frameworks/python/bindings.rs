//! What the names of each scope of one module are given: functions, classes, loops over lists that are written out. It depends
//! on nothing that stands elsewhere, and is kept while other modules are edited.

use std::sync::Arc;

use super::survey::{ScopeId, callee_name};
use super::turns::REGISTERING;
use crate::ir::{Class, Expr, ExprKind, Function, Import, Span, Statement, StatementKind, walk_expr, walk_statements};
use crate::maps::Map;
use crate::project::{ClassRef, Definition, ImportTarget, Module, ModuleId};

/// A loop over a longer list is not followed item by item.
const MOST_ITEMS: usize = 100;

/// A module, a function, a class or one turn of a loop, and what is bound in it.
#[derive(Debug)]
pub(super) struct PythonScope {
    pub(super) module: ModuleId,
    pub(super) parent: Option<ScopeId>,
    pub(super) span: Span,
    /// The function, where it is one.
    pub(super) function: Option<Arc<Function>>,
    /// The class, where it is one.
    pub(super) class: Option<ClassRef>,
    pub(super) locals: Map<String, Vec<Definition>>,
    pub(super) imports: Map<String, ImportTarget>,
    /// What `self.name` is given in the methods of a class.
    pub(super) fields: Map<String, Vec<(ScopeId, Expr)>>,
    /// Names whose values stand in another scope: a loop's target.
    pub(super) bound: Map<String, (ScopeId, Expr)>,
    /// Whether it is one call of the function that is its parent, or a loop in it, or one turn of that.
    pub(super) is_turn: bool,
    /// Target and source of a loop over what is known only when its function is called.
    pub(super) over: Option<(Expr, Expr)>,
}

impl PythonScope {
    pub(super) fn new(module: ModuleId, parent: Option<ScopeId>, span: Span) -> Self {
        PythonScope {
            module,
            parent,
            span,
            function: None,
            class: None,
            locals: Map::default(),
            imports: Map::default(),
            fields: Map::default(),
            bound: Map::default(),
            is_turn: false,
            over: None,
        }
    }

    /// Binds a target to an item, or each of several to its own.
    pub(super) fn bind_item(&mut self, target: &Expr, (of, item): (ScopeId, &Expr)) {
        match (&*target.kind, &*item.kind) {
            (ExprKind::Name(name), _) => {
                self.bound.insert(name.clone(), (of, item.clone()));
            }
            (ExprKind::List(targets), ExprKind::List(items)) => {
                for (target, item) in targets.iter().zip(items) {
                    self.bind_item(target, (of, item));
                }
            }
            _ => {}
        }
    }
}

/// Every function, class and call of one module, with the scope in which it stands.
#[derive(Debug)]
pub(super) struct ModuleWalk {
    module: ModuleId,
    path: String,
    /// The module itself, and what stands in it; each behind the one that it stands in.
    pub(super) scopes: Vec<PythonScope>,
    /// Functions in the order of their places, each with the scope in which it is defined.
    pub(super) functions: Vec<(ScopeId, Arc<Function>)>,
    /// Classes, likewise.
    pub(super) classes: Vec<(ScopeId, Arc<Class>)>,
    /// Calls, likewise.
    pub(super) calls: Vec<(ScopeId, Expr)>,
    /// The scopes of functions, by their first bytes.
    pub(super) of_function: Map<usize, ScopeId>,
    /// The scopes of classes, likewise.
    pub(super) of_class: Map<usize, ScopeId>,
    /// What was not followed to its end, for people.
    pub(super) capped: Vec<String>,
}

impl ModuleWalk {
    /// Walks over a module.
    pub(super) fn of(module: &Module) -> ModuleWalk {
        let mut walk = ModuleWalk {
            module: module.id,
            path: module.path.clone(),
            scopes: Vec::new(),
            functions: Vec::new(),
            classes: Vec::new(),
            calls: Vec::new(),
            of_function: Map::default(),
            of_class: Map::default(),
            capped: Vec::new(),
        };

        // The scope of the module covers every place, so a search for the scope of a place always ends.
        let span = Span { start: 0, end: usize::MAX, line: 1, end_line: usize::MAX };
        let at = walk.open(None, span);
        walk.walk(at, &module.statements);
        walk
    }

    fn open(&mut self, parent: Option<ScopeId>, span: Span) -> ScopeId {
        let at = ScopeId::in_module(self.module, self.scopes.len());
        self.scopes.push(PythonScope::new(self.module, parent, span));
        at
    }

    fn scope(&self, at: ScopeId) -> Option<&PythonScope> {
        self.scopes.get(at.place())
    }

    fn scope_mut(&mut self, at: ScopeId) -> Option<&mut PythonScope> {
        self.scopes.get_mut(at.place())
    }

    /// The scope of the class around a scope.
    fn enclosing_class(&self, at: ScopeId) -> Option<ScopeId> {
        let parent = |at: &ScopeId| self.scope(*at).and_then(|scope| scope.parent);
        std::iter::successors(Some(at), parent).find(|at| self.scope(*at).is_some_and(|scope| scope.class.is_some()))
    }

    /// The definitions of a name in a scope or around it. Names of a class are not known in its methods.
    fn local(&self, at: ScopeId, name: &str) -> Option<&Vec<Definition>> {
        let parent = |at: &ScopeId| self.scope(*at).and_then(|scope| scope.parent);
        let around = std::iter::successors(Some(at), parent).filter_map(|id| Some((id, self.scope(id)?)));
        // Python does not look into the class scope from a method.
        let mut known = around.filter(|(id, scope)| *id == at || scope.class.is_none());
        known.find_map(|(_, scope)| scope.locals.get(name))
    }

    fn walk(&mut self, at: ScopeId, statements: &[Statement]) {
        for statement in statements {
            self.walk_statement(at, statement);
        }
    }

    fn walk_statement(&mut self, at: ScopeId, statement: &Statement) {
        match &statement.kind {
            StatementKind::Function(function) => self.walk_function(at, function),
            StatementKind::Class(class) => self.walk_class(at, class),
            StatementKind::Import(import) => self.bind_import(at, import),
            StatementKind::Assign(targets, Some(value)) => {
                for target in targets {
                    self.bind(at, target, value);
                }
                self.note_calls(at, value);
            }
            StatementKind::For { target, source, body, otherwise } => {
                self.note_calls(at, source);
                self.walk_loop(at, (target, source), body);
                self.walk(at, otherwise);
            }
            StatementKind::With { items, body } => {
                for item in items {
                    item.target.iter().for_each(|target| self.bind(at, target, &item.value));
                    self.note_calls(at, &item.value);
                }
                self.walk(at, body);
            }
            _ => self.walk_parts(at, statement),
        }
    }

    /// Statements that bind nothing themselves.
    fn walk_parts(&mut self, at: ScopeId, statement: &Statement) {
        match &statement.kind {
            StatementKind::Expr(part) | StatementKind::Assert(part) => self.note_calls(at, part),
            StatementKind::Return(part) => part.iter().for_each(|part| self.note_calls(at, part)),
            StatementKind::Throw(parts) | StatementKind::Delete(parts) => {
                parts.iter().for_each(|part| self.note_calls(at, part));
            }
            StatementKind::If { test, body, otherwise } => {
                self.note_calls(at, test);
                self.walk(at, body);
                self.walk(at, otherwise);
            }
            StatementKind::While { test, body } => {
                self.note_calls(at, test);
                self.walk(at, body);
            }
            StatementKind::Try { body, handlers, otherwise, finally } => {
                self.walk(at, body);
                handlers.iter().for_each(|handler| self.walk(at, handler));
                self.walk(at, otherwise);
                self.walk(at, finally);
            }
            StatementKind::Block(body) => self.walk(at, body),
            _ => {}
        }
    }

    fn walk_function(&mut self, at: ScopeId, function: &Arc<Function>) {
        self.define(at, &function.name, Definition::Function(function.clone()));
        self.functions.push((at, function.clone()));
        function.decorators.iter().for_each(|part| self.note_calls(at, part));

        // Defaults and annotations are evaluated outside of the function.
        for parameter in &function.parameters {
            parameter.default.iter().chain(&parameter.declared).for_each(|part| self.note_calls(at, part));
        }
        let inner = self.open(Some(at), function.span);

        if let Some(scope) = self.scope_mut(inner) {
            scope.function = Some(function.clone());
        }
        self.of_function.insert(function.span.start, inner);
        self.walk(inner, &function.body);
    }

    fn walk_class(&mut self, at: ScopeId, class: &Arc<Class>) {
        self.define(at, &class.name, Definition::Class(class.clone()));
        self.classes.push((at, class.clone()));
        class.decorators.iter().for_each(|part| self.note_calls(at, part));
        let inner = self.open(Some(at), class.span);
        let reference = ClassRef { module: self.module, class: class.clone() };

        if let Some(scope) = self.scope_mut(inner) {
            scope.class = Some(reference);
        }
        self.of_class.insert(class.span.start, inner);
        self.walk(inner, &class.members);
    }

    /// Walks the body once for each item of a list that is written out, so that names bound together stay together: where
    /// it registers something, since else it is the same each time.
    fn walk_loop(&mut self, at: ScopeId, (target, source): (&Expr, &Expr), body: &[Statement]) {
        let Some((of, items)) = self.items(at, source).filter(|_| registers_within(body)) else {
            return self.walk_open_loop(at, (target, source), body);
        };
        if items.len() > MOST_ITEMS {
            let place = format!("{}:{}", self.path, source.span.line);
            self.capped.push(format!("{place}: only {MOST_ITEMS} turns of the loop are followed"));
        }
        for item in items.into_iter().take(MOST_ITEMS) {
            // The turn covers the body only, so that the list itself is read outside of it.
            let span = body.first().map_or(target.span, |first| first.span);
            let end = body.last().map_or(span, |last| last.span);
            let turn = self.open(Some(at), Span { end: end.end, end_line: end.end_line, ..span });
            self.scope_mut(turn).into_iter().for_each(|turn| turn.bind_item(target, (of, &item)));
            self.walk(turn, body);
        }
    }

    /// Walks the body of a loop over what is not written out here.
    fn walk_open_loop(&mut self, at: ScopeId, (target, source): (&Expr, &Expr), body: &[Statement]) {
        // A loop that registers nothing needs no scope of its own, and its names stay with the function.
        let inner = if registers_within(body) { self.open(Some(at), target.span) } else { at };
        if let Some(scope) = self.scope_mut(inner).filter(|_| inner != at) {
            scope.is_turn = true;
            scope.over = Some((target.clone(), source.clone()));
        }
        // One of them, and not known which.
        self.bind(inner, target, &Expr::new(ExprKind::Other(vec![source.clone()]), target.span));
        self.walk(inner, body);
    }

    /// The items of a list that is written out here. One that is found elsewhere is looked for when all modules are known.
    fn items(&self, at: ScopeId, source: &Expr) -> Option<(ScopeId, Vec<Expr>)> {
        if let ExprKind::List(items) = &*source.kind {
            return Some((at, items.clone()));
        }
        let Some(Definition::Value(value)) = self.local(at, source.name()?)?.first() else { return None };
        let ExprKind::List(items) = &*value.kind else { return None };
        Some((at, items.clone()))
    }

    fn bind(&mut self, at: ScopeId, target: &Expr, value: &Expr) {
        match (&*target.kind, &*value.kind) {
            (ExprKind::Name(name), _) => self.define(at, name, Definition::Value(value.clone())),
            (ExprKind::Member(object, name), _) if matches!(object.name(), Some("self" | "cls")) => {
                let class = self.enclosing_class(at);
                if let Some(scope) = class.and_then(|class| self.scope_mut(class)) {
                    scope.fields.entry(name.clone()).or_default().push((at, value.clone()));
                }
            }
            // One unknown source is given to each target, so that later code knows that it came from a loop.
            (ExprKind::List(targets), ExprKind::Other(_)) => {
                targets.iter().for_each(|target| self.bind(at, target, value));
            }
            (ExprKind::List(targets), ExprKind::List(values)) if targets.len() == values.len() => {
                targets.iter().zip(values).for_each(|(target, value)| self.bind(at, target, value));
            }
            _ => {}
        }
    }

    fn define(&mut self, at: ScopeId, name: &str, definition: Definition) {
        if let Some(scope) = self.scope_mut(at) {
            scope.locals.entry(name.to_owned()).or_default().push(definition);
        }
    }

    fn bind_import(&mut self, at: ScopeId, import: &Import) {
        let Some(scope) = self.scope_mut(at) else { return };
        let target = |name: Option<String>| ImportTarget { module: import.module.clone(), level: import.level, name };

        if import.names.is_empty() {
            // `import a.b` binds `a`, while `import a.b as c` binds the inner module.
            let head = import.module.split('.').next().unwrap_or_default();
            let (alias, module) = match &import.alias {
                Some(alias) => (alias.as_str(), import.module.as_str()),
                None => (head, head),
            };
            let target = ImportTarget { module: module.to_owned(), level: import.level, name: None };
            scope.imports.insert(alias.to_owned(), target);
        }

        for name in &import.names {
            // What stands behind a star is looked for by the project.
            if name.name != "*" {
                scope.imports.insert(name.alias.clone(), target(Some(name.name.clone())));
            }
        }
    }

    fn note_calls(&mut self, at: ScopeId, expr: &Expr) {
        walk_expr(expr, &mut |part| {
            if matches!(&*part.kind, ExprKind::Call { .. }) {
                self.calls.push((at, part.clone()));
            }
        });
    }
}

fn registers_within(body: &[Statement]) -> bool {
    let mut found = false;
    let is_route = |part: &Expr| {
        let name = part.call().and_then(|(callee, _)| callee_name(callee));
        name.is_some_and(|name| REGISTERING.contains(&name) || name.starts_with("before_"))
    };
    walk_statements(body, &mut |_| {}, &mut |part| found |= is_route(part));
    found
}
