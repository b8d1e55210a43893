//! Follows statements.

use std::rc::Rc;
use std::sync::Arc;

use super::machine::{Machine, ScriptFrame};
use super::values::{ClassValue, Closure, JsValue, ScopeNames, ScriptObject};
use crate::ir::{Class, Expr, ExprKind, Function, Span, Statement, StatementKind};

/// Elements of a list that a loop looks at.
const MOST_TURNS: usize = 400;

/// How a block ends.
pub(super) enum Flow {
    /// With what comes after it.
    Next,
    /// With a result.
    Return(JsValue),
    /// With what comes after it, unless it ended with this result before.
    Perhaps(JsValue),
    /// With a fault, or a jump.
    Stop,
}

impl Machine<'_> {
    /// Follows the statements of a block.
    pub(super) fn run_block(&mut self, frame: &ScriptFrame, statements: &[Statement]) -> Flow {
        // Function declarations are hoisted: code above them may call them already.
        for statement in statements {
            if let StatementKind::Function(function) = &statement.kind {
                let closure = self.closure(frame, function);
                frame.scope.declare(&function.name, closure);
            }
        }

        let mut perhaps: Option<JsValue> = None;
        for statement in statements {
            if !self.step() {
                break;
            }
            match self.run_statement(frame, statement) {
                (Flow::Next, maybe) => perhaps = better_value(perhaps, maybe),
                (Flow::Perhaps(value), maybe) => perhaps = better_value(better_value(perhaps, Some(value)), maybe),
                (Flow::Return(value), maybe) => {
                    let value = better_value(better_value(perhaps, maybe), Some(value)).unwrap_or_default();
                    return Flow::Return(value);
                }
                // A fault after a possible result means that this result is the only one that a caller sees.
                (Flow::Stop, maybe) => return better_value(perhaps, maybe).map_or(Flow::Stop, Flow::Return),
            }
        }

        perhaps.map_or(Flow::Next, Flow::Perhaps)
    }

    /// Follows one statement: how it ends, and what it may return otherwise.
    fn run_statement(&mut self, frame: &ScriptFrame, statement: &Statement) -> (Flow, Option<JsValue>) {
        match &statement.kind {
            StatementKind::Assign(targets, value) => self.run_assign(frame, statement.span, targets, value.as_ref()),
            StatementKind::Expr(value) => {
                self.eval(frame, value);
            }
            StatementKind::If { test, body, otherwise } => return self.run_if(frame, test, body, otherwise),
            StatementKind::Return(value) => {
                let value = value.as_ref().map_or_else(JsValue::undefined, |value| self.eval(frame, value));
                return (Flow::Return(value), None);
            }
            StatementKind::Throw(_) | StatementKind::Jump => return (Flow::Stop, None),
            StatementKind::For { target, source, body, .. } => {
                return (Flow::Next, self.run_for(frame, target, source, body));
            }
            StatementKind::While { test, body } => {
                self.eval(frame, test);
                let flow = self.doubting(|machine| machine.run_block(frame, body));
                return (Flow::Next, returned_value(flow));
            }
            // The handlers of a `try` are left out: routes are registered where nothing fails.
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
                // Imports at the top have been resolved before the module ran.
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

    fn run_assign(&mut self, frame: &ScriptFrame, span: Span, targets: &[Expr], value: Option<&Expr>) {
        let made = value.map_or_else(JsValue::undefined, |value| self.eval(frame, value));
        let declares = self.is_declaration(frame, span);

        for target in targets {
            self.bind(frame, target, made.clone(), declares);
        }
    }

    /// Returns whether a statement declares what it assigns.
    fn is_declaration(&self, frame: &ScriptFrame, span: Span) -> bool {
        let text = self.project.module(frame.module).map(|module| &*module.text).unwrap_or("");
        let before = text.get(..span.start).unwrap_or("").trim_end();
        ["const", "let", "var", ","].iter().any(|word| before.ends_with(word))
            || span.text(text).starts_with("export")
            || span.text(text).starts_with("enum")
    }

    fn run_if(
        &mut self,
        frame: &ScriptFrame,
        test: &Expr,
        body: &[Statement],
        otherwise: &[Statement],
    ) -> (Flow, Option<JsValue>) {
        match self.eval(frame, test).holds() {
            Some(true) => (self.run_block(frame, body), None),
            Some(false) => (self.run_block(frame, otherwise), None),
            None => {
                let first = self.doubting(|machine| machine.run_block(frame, body));
                let second = self.doubting(|machine| machine.run_block(frame, otherwise));
                // A branch that may have left the function makes a later `next()` uncertain.
                self.may_have_ended |= !matches!((&first, &second), (Flow::Next, Flow::Next));

                match (first, second) {
                    (Flow::Return(one), Flow::Return(other)) => (Flow::Return(one.or_better(other)), None),
                    (Flow::Return(value), Flow::Stop) | (Flow::Stop, Flow::Return(value)) => {
                        (Flow::Return(value), None)
                    }
                    (Flow::Stop, Flow::Stop) => (Flow::Stop, None),
                    (one, other) => (Flow::Next, returned_value(one).or(returned_value(other))),
                }
            }
        }
    }

    fn run_for(&mut self, frame: &ScriptFrame, target: &Expr, source: &Expr, body: &[Statement]) -> Option<JsValue> {
        let items = match self.eval(frame, source) {
            JsValue::List(items) => Some(items.borrow().clone()),
            JsValue::Object(object) => Some(object.order.borrow().iter().map(|name| JsValue::text(name)).collect()),
            _ => None,
        };
        let mut perhaps = None;
        let mut turn = |machine: &mut Self, item: JsValue| {
            let inner = ScriptFrame { scope: ScopeNames::within(&frame.scope), ..frame.clone() };
            machine.bind(&inner, target, item, true);
            let flow = machine.run_block(&inner, body);
            perhaps = better_value(perhaps.take(), returned_value(flow));
        };

        match items {
            Some(items) => items.into_iter().take(MOST_TURNS).for_each(|item| turn(self, item)),
            // An unknown list may be empty, so its one round is in doubt.
            None => self.doubting(|machine| turn(machine, JsValue::Unknown)),
        }
        perhaps
    }

    /// Makes a function of what is declared.
    pub(super) fn closure(&mut self, frame: &ScriptFrame, function: &Arc<Function>) -> JsValue {
        JsValue::Function(Rc::new(Closure {
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
    pub(super) fn class(&mut self, frame: &ScriptFrame, class: &Arc<Class>) -> JsValue {
        let base = class.bases.first().map(|base| self.eval(frame, base));
        let base = base.filter(|base| !base.is_nothing());
        let made = Rc::new(ClassValue {
            module: frame.module,
            class: class.clone(),
            scope: frame.scope.clone(),
            base,
            fields: Rc::new(ScriptObject::default()),
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

        JsValue::Class(made)
    }

    /// Gives a target a value: a name, a member, or a pattern.
    pub(super) fn bind(&mut self, frame: &ScriptFrame, target: &Expr, value: JsValue, declares: bool) {
        match &*target.kind {
            ExprKind::Name(name) if declares => frame.scope.declare(name, value),
            ExprKind::Name(name) => {
                // What was known is not given up for what is not.
                let keeps = matches!(value, JsValue::Unknown) && self.doubts > 0 && frame.scope.get(name).is_some();

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
                if let JsValue::Text(name) = self.eval(frame, key) {
                    self.set_property(&object, &name, value);
                }
            }
            ExprKind::Record(entries) => {
                for entry in entries {
                    let Some(key) = &entry.key else {
                        // An entry without a key is the rest of the object.
                        self.bind(frame, &entry.value, value.clone(), declares);
                        continue;
                    };
                    let part = match self.eval(frame, key) {
                        JsValue::Text(name) => self.property(&value, &name),
                        _ => JsValue::Unknown,
                    };
                    self.bind(frame, &entry.value, part, declares);
                }
            }
            ExprKind::List(parts) => {
                for (place, part) in parts.iter().enumerate() {
                    let item = match &value {
                        JsValue::List(items) => items.borrow().get(place).cloned().unwrap_or_else(JsValue::undefined),
                        _ => JsValue::Unknown,
                    };
                    self.bind(frame, part, item, declares);
                }
            }
            ExprKind::Assign(inner, default) => {
                let value = match value {
                    JsValue::Unknown => self.eval(frame, default),
                    value if value.is_nothing() => self.eval(frame, default),
                    value => value,
                };
                self.bind(frame, inner, value, declares);
            }
            _ => {}
        }
    }
}

fn returned_value(flow: Flow) -> Option<JsValue> {
    match flow {
        Flow::Return(value) | Flow::Perhaps(value) => Some(value),
        _ => None,
    }
}

fn better_value(one: Option<JsValue>, other: Option<JsValue>) -> Option<JsValue> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.or_better(other)),
        (one, other) => one.or(other),
    }
}
