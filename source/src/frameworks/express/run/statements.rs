//! Follows statements.

use std::rc::Rc;
use std::sync::Arc;

use super::machine::{Frame, Machine};
use super::values::{ClassValue, Closure, Object, ScopeNames, Value};
use crate::ir::{Class, Expr, ExprKind, Function, Span, Statement, StatementKind};

/// Elements of a list that a loop looks at.
const MOST_TURNS: usize = 400;

/// How a block ends.
pub(super) enum Flow {
    /// With what comes after it.
    Next,
    /// With a result.
    Return(Value),
    /// With what comes after it, unless it ended with this result before.
    Perhaps(Value),
    /// With a fault, or a jump.
    Stop,
}

impl Machine<'_> {
    /// Follows the statements of a block.
    pub(super) fn run_block(&mut self, frame: &Frame, statements: &[Statement]) -> Flow {
        for statement in statements {
            if let StatementKind::Function(function) = &statement.kind {
                let closure = self.closure(frame, function);
                frame.scope.declare(&function.name, closure);
            }
        }
        let mut perhaps: Option<Value> = None;
        for statement in statements {
            if !self.step() {
                break;
            }
            match self.run_statement(frame, statement) {
                (Flow::Next, maybe) => perhaps = better(perhaps, maybe),
                (Flow::Perhaps(value), maybe) => perhaps = better(better(perhaps, Some(value)), maybe),
                (Flow::Return(value), maybe) => {
                    let value = better(better(perhaps, maybe), Some(value)).unwrap_or_default();
                    return Flow::Return(value);
                }
                (Flow::Stop, maybe) => return better(perhaps, maybe).map_or(Flow::Stop, Flow::Return),
            }
        }
        perhaps.map_or(Flow::Next, Flow::Perhaps)
    }

    /// Follows one statement: how it ends, and what it may return otherwise.
    fn run_statement(&mut self, frame: &Frame, statement: &Statement) -> (Flow, Option<Value>) {
        match &statement.kind {
            StatementKind::Assign(targets, value) => self.run_assign(frame, statement.span, targets, value.as_ref()),
            StatementKind::Expr(value) => {
                self.eval(frame, value);
            }
            StatementKind::If { test, body, otherwise } => return self.run_if(frame, test, body, otherwise),
            StatementKind::Return(value) => {
                let value = value.as_ref().map_or_else(Value::undefined, |value| self.eval(frame, value));
                return (Flow::Return(value), None);
            }
            StatementKind::Throw(_) | StatementKind::Jump => return (Flow::Stop, None),
            StatementKind::For { target, source, body, .. } => {
                return (Flow::Next, self.run_for(frame, target, source, body));
            }
            StatementKind::While { test, body } => {
                self.eval(frame, test);
                let flow = self.doubting(|machine| machine.run_block(frame, body));
                return (Flow::Next, returned(flow));
            }
            StatementKind::Try { body, finally, .. } => {
                let flow = self.run_block(frame, body);
                self.run_block(frame, finally);
                return match flow {
                    Flow::Stop => (Flow::Next, None),
                    flow => (flow, None),
                };
            }
            // Names of a block are those of its function: what is lost is a name that an inner block hides.
            StatementKind::Block(body) | StatementKind::With { body, .. } => {
                return match self.run_block(frame, body) {
                    Flow::Stop => (Flow::Next, None),
                    flow => (flow, None),
                };
            }
            StatementKind::Class(class) => {
                let value = self.class(frame, class);
                frame.scope.declare(&class.name, value);
            }
            StatementKind::Import(import) => {
                let is_top = self.modules.get(&frame.module).is_some_and(|run| Rc::ptr_eq(&run.scope, &frame.scope));
                if !is_top {
                    self.bind_import(frame, import);
                }
            }
            StatementKind::Function(_) | StatementKind::Assert(_) | StatementKind::Delete(_) | StatementKind::Other => {
            }
        }
        (Flow::Next, None)
    }

    fn run_assign(&mut self, frame: &Frame, span: Span, targets: &[Expr], value: Option<&Expr>) {
        let made = value.map_or_else(Value::undefined, |value| self.eval(frame, value));
        let declares = self.is_declaration(frame, span);
        for target in targets {
            self.bind(frame, target, made.clone(), declares);
        }
    }

    /// Returns whether a statement declares what it assigns.
    fn is_declaration(&self, frame: &Frame, span: Span) -> bool {
        let text = self.project.module(frame.module).map(|module| &*module.text).unwrap_or("");
        let before = text.get(..span.start).unwrap_or("").trim_end();
        ["const", "let", "var", ","].iter().any(|word| before.ends_with(word))
            || span.text(text).starts_with("export")
            || span.text(text).starts_with("enum")
    }

    fn run_if(
        &mut self,
        frame: &Frame,
        test: &Expr,
        body: &[Statement],
        otherwise: &[Statement],
    ) -> (Flow, Option<Value>) {
        match self.eval(frame, test).holds() {
            Some(true) => (self.run_block(frame, body), None),
            Some(false) => (self.run_block(frame, otherwise), None),
            None => {
                let first = self.doubting(|machine| machine.run_block(frame, body));
                let second = self.doubting(|machine| machine.run_block(frame, otherwise));
                self.may_have_ended |= !matches!((&first, &second), (Flow::Next, Flow::Next));
                match (first, second) {
                    (Flow::Return(one), Flow::Return(other)) => (Flow::Return(one.or_better(other)), None),
                    (Flow::Return(value), Flow::Stop) | (Flow::Stop, Flow::Return(value)) => {
                        (Flow::Return(value), None)
                    }
                    (Flow::Stop, Flow::Stop) => (Flow::Stop, None),
                    (one, other) => (Flow::Next, returned(one).or(returned(other))),
                }
            }
        }
    }

    fn run_for(&mut self, frame: &Frame, target: &Expr, source: &Expr, body: &[Statement]) -> Option<Value> {
        let items = match self.eval(frame, source) {
            Value::List(items) => Some(items.borrow().clone()),
            Value::Object(object) => Some(object.order.borrow().iter().map(|name| Value::text(name)).collect()),
            _ => None,
        };
        let mut perhaps = None;
        let mut turn = |machine: &mut Self, item: Value| {
            let inner = Frame { scope: ScopeNames::within(&frame.scope), ..frame.clone() };
            machine.bind(&inner, target, item, true);
            let flow = machine.run_block(&inner, body);
            perhaps = better(perhaps.take(), returned(flow));
        };
        match items {
            Some(items) => items.into_iter().take(MOST_TURNS).for_each(|item| turn(self, item)),
            None => self.doubting(|machine| turn(machine, Value::Unknown)),
        }
        perhaps
    }

    /// Makes a function of what is declared.
    pub(super) fn closure(&mut self, frame: &Frame, function: &Arc<Function>) -> Value {
        Value::Function(Rc::new(Closure {
            module: frame.module,
            function: function.clone(),
            scope: frame.scope.clone(),
            this: frame.this.clone(),
            home: frame.home.clone(),
            through: None,
            is_doubtful: self.doubts > 0,
            bound: Vec::new(),
            fields: Rc::default(),
        }))
    }

    /// Makes a class of what is declared.
    pub(super) fn class(&mut self, frame: &Frame, class: &Arc<Class>) -> Value {
        let base = class.bases.first().map(|base| self.eval(frame, base));
        let base = base.filter(|base| !base.is_nothing());
        let made = Rc::new(ClassValue {
            module: frame.module,
            class: class.clone(),
            scope: frame.scope.clone(),
            base,
            fields: Rc::new(Object::default()),
        });
        for member in &class.members {
            // Static fields are told from others by their text; both are known of the class here.
            if let StatementKind::Assign(targets, Some(value)) = &member.kind
                && self.project.text(frame.module, member.span).trim_start().contains("static ")
            {
                let value = self.eval(frame, value);
                targets.iter().filter_map(|target| target.name()).for_each(|name| made.fields.set(name, value.clone()));
            }
        }
        Value::Class(made)
    }

    /// Gives a target a value: a name, a member, or a pattern.
    pub(super) fn bind(&mut self, frame: &Frame, target: &Expr, value: Value, declares: bool) {
        match &*target.kind {
            ExprKind::Name(name) if declares => frame.scope.declare(name, value),
            ExprKind::Name(name) => {
                // What was known is not given up for what is not.
                let keeps = matches!(value, Value::Unknown) && self.doubts > 0 && frame.scope.get(name).is_some();
                if !keeps {
                    frame.scope.assign(name, value);
                }
            }
            ExprKind::Member(object, name) => {
                let object = self.eval(frame, object);
                self.set_property(&object, name, value);
            }
            ExprKind::Index(object, key) => {
                let object = self.eval(frame, object);
                if let Value::Text(name) = self.eval(frame, key) {
                    self.set_property(&object, &name, value);
                }
            }
            ExprKind::Record(entries) => {
                for entry in entries {
                    let Some(key) = &entry.key else {
                        self.bind(frame, &entry.value, value.clone(), declares);
                        continue;
                    };
                    let part = match self.eval(frame, key) {
                        Value::Text(name) => self.property(&value, &name),
                        _ => Value::Unknown,
                    };
                    self.bind(frame, &entry.value, part, declares);
                }
            }
            ExprKind::List(parts) => {
                for (place, part) in parts.iter().enumerate() {
                    let item = match &value {
                        Value::List(items) => items.borrow().get(place).cloned().unwrap_or_else(Value::undefined),
                        _ => Value::Unknown,
                    };
                    self.bind(frame, part, item, declares);
                }
            }
            ExprKind::Assign(inner, default) => {
                let value = match value {
                    Value::Unknown => self.eval(frame, default),
                    value if value.is_nothing() => self.eval(frame, default),
                    value => value,
                };
                self.bind(frame, inner, value, declares);
            }
            _ => {}
        }
    }
}

fn returned(flow: Flow) -> Option<Value> {
    match flow {
        Flow::Return(value) | Flow::Perhaps(value) => Some(value),
        _ => None,
    }
}

fn better(one: Option<Value>, other: Option<Value>) -> Option<Value> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.or_better(other)),
        (one, other) => one.or(other),
    }
}
