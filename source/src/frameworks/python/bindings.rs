//! What the names of each scope are given: functions, classes, loops over lists that are written out, modules.

use std::sync::Arc;

use super::survey::{ScopeId, Survey, callee_name};
use super::turns::REGISTERING;
use crate::ir::{Class, Expr, ExprKind, Function, Import, Span, Statement, StatementKind, walk_expr, walk_statements};
use crate::maps::Map;
use crate::project::{ClassRef, Definition, ImportTarget, Module, ModuleId, Resolved};

/// A loop over a longer list is not followed item by item.
const MOST_ITEMS: usize = 100;

/// A module, a function, a class or one turn of a loop, and what is bound in it.
pub(super) struct Scope {
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

impl Scope {
    pub(super) fn new(module: ModuleId, parent: Option<ScopeId>, span: Span) -> Self {
        Scope {
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
}

impl<'p> Survey<'p> {
    pub(super) fn walk_module(&mut self, module: &'p Module) {
        let span = Span { start: 0, end: usize::MAX, line: 1, end_line: usize::MAX };
        let at = self.open(module.id, None, span);
        self.of_module.insert(module.id, at);
        self.walk(at, &module.statements);
    }

    fn open(&mut self, module: ModuleId, parent: Option<ScopeId>, span: Span) -> ScopeId {
        let at = ScopeId(self.scopes.len());
        self.scopes.push(Scope::new(module, parent, span));
        at
    }

    fn walk(&mut self, at: ScopeId, statements: &'p [Statement]) {
        for statement in statements {
            self.walk_statement(at, statement);
        }
    }

    fn walk_statement(&mut self, at: ScopeId, statement: &'p Statement) {
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
    fn walk_parts(&mut self, at: ScopeId, statement: &'p Statement) {
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

    fn walk_function(&mut self, at: ScopeId, function: &'p Arc<Function>) {
        self.define(at, &function.name, Definition::Function(function.clone()));
        self.functions.push((at, function));
        function.decorators.iter().for_each(|part| self.note_calls(at, part));
        for parameter in &function.parameters {
            parameter.default.iter().chain(&parameter.declared).for_each(|part| self.note_calls(at, part));
        }
        let module = self.module(at);
        let inner = self.open(module, Some(at), function.span);
        if let Some(scope) = self.scopes.get_mut(inner.0) {
            scope.function = Some(function.clone());
        }
        self.of_function.insert((module, function.span.start), inner);
        self.walk(inner, &function.body);
    }

    fn walk_class(&mut self, at: ScopeId, class: &'p Arc<Class>) {
        self.define(at, &class.name, Definition::Class(class.clone()));
        self.classes.push((at, class));
        class.decorators.iter().for_each(|part| self.note_calls(at, part));
        let module = self.module(at);
        let inner = self.open(module, Some(at), class.span);
        if let Some(scope) = self.scopes.get_mut(inner.0) {
            scope.class = Some(ClassRef { module, class: class.clone() });
        }
        self.of_class.insert((module, class.span.start), inner);
        self.walk(inner, &class.members);
    }

    /// Walks the body once for each item of a list that is written out, so that names bound together stay together: where
    /// it registers something, since else it is the same each time.
    fn walk_loop(&mut self, at: ScopeId, (target, source): (&'p Expr, &'p Expr), body: &'p [Statement]) {
        let Some((of, items)) = self.items(at, source).filter(|_| registers_within(body)) else {
            return self.walk_open_loop(at, (target, source), body);
        };
        if items.len() > MOST_ITEMS {
            let said = format!("{}: only {MOST_ITEMS} turns of the loop are followed", self.shown(at, source.span));
            self.capped.push(said);
        }
        for item in items.into_iter().take(MOST_ITEMS) {
            let span = body.first().map_or(target.span, |first| first.span);
            let end = body.last().map_or(span, |last| last.span);
            let turn = self.open(self.module(at), Some(at), Span { end: end.end, end_line: end.end_line, ..span });
            self.bind_item(turn, target, (of, &item));
            self.walk(turn, body);
        }
    }

    /// Walks the body of a loop over what is not written out here.
    fn walk_open_loop(&mut self, at: ScopeId, (target, source): (&'p Expr, &'p Expr), body: &'p [Statement]) {
        let inner = if registers_within(body) { self.open(self.module(at), Some(at), target.span) } else { at };
        if let Some(scope) = self.scopes.get_mut(inner.0).filter(|_| inner != at) {
            scope.is_turn = true;
            scope.over = Some((target.clone(), source.clone()));
        }
        // One of them, and not known which.
        self.bind(inner, target, &Expr::new(ExprKind::Other(vec![source.clone()]), target.span));
        self.walk(inner, body);
    }

    fn items(&self, at: ScopeId, source: &Expr) -> Option<(ScopeId, Vec<Expr>)> {
        if let ExprKind::List(items) = &*source.kind {
            return Some((at, items.clone()));
        }
        if let Some(Definition::Value(value)) = source.name().and_then(|name| self.local(at, name)?.first().cloned()) {
            let ExprKind::List(items) = &*value.kind else { return None };
            return Some((at, items.clone()));
        }
        let Some(Resolved::Value(module, _, value)) = self.project.resolve_expr(self.module(at), source) else {
            return None;
        };
        let ExprKind::List(items) = &*value.kind else { return None };
        // A module that is walked later has no scope yet; its names are then looked up from here.
        Some((self.of_module.get(&module).copied().unwrap_or(at), items.clone()))
    }

    pub(super) fn bind_item(&mut self, turn: ScopeId, target: &Expr, (of, item): (ScopeId, &Expr)) {
        match (&*target.kind, &*item.kind) {
            (ExprKind::Name(name), _) => {
                if let Some(scope) = self.scopes.get_mut(turn.0) {
                    scope.bound.insert(name.clone(), (of, item.clone()));
                }
            }
            (ExprKind::List(targets), ExprKind::List(items)) => {
                for (target, item) in targets.iter().zip(items) {
                    self.bind_item(turn, target, (of, item));
                }
            }
            _ => {}
        }
    }

    fn bind(&mut self, at: ScopeId, target: &Expr, value: &Expr) {
        match (&*target.kind, &*value.kind) {
            (ExprKind::Name(name), _) => self.define(at, name, Definition::Value(value.clone())),
            (ExprKind::Member(object, name), _) if matches!(object.name(), Some("self" | "cls")) => {
                let class = self.enclosing_class(at);
                if let Some(scope) = class.and_then(|class| self.scopes.get_mut(class.0)) {
                    scope.fields.entry(name.clone()).or_default().push((at, value.clone()));
                }
            }
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
        if let Some(scope) = self.scopes.get_mut(at.0) {
            scope.locals.entry(name.to_owned()).or_default().push(definition);
        }
    }

    fn bind_import(&mut self, at: ScopeId, import: &Import) {
        let Some(scope) = self.scopes.get_mut(at.0) else { return };
        let target = |name: Option<String>| ImportTarget { module: import.module.clone(), level: import.level, name };
        if import.names.is_empty() {
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

    fn note_calls(&mut self, at: ScopeId, expr: &'p Expr) {
        walk_expr(expr, &mut |part| {
            if let ExprKind::Call { callee, .. } = &*part.kind {
                self.calls.push((at, part));
                self.call_names.push(callee_name(callee).unwrap_or_default());
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
