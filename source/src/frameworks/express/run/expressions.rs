//! Follows expressions.

use std::rc::Rc;

use super::machine::{Frame, Machine};
use super::values::{Given, Object, UNKNOWN_PART, Value};
use crate::ir::{Argument, Entry, Expr, ExprKind, Spread};

impl Machine<'_> {
    /// Returns what an expression may be.
    pub(super) fn eval(&mut self, frame: &Frame, expr: &Expr) -> Value {
        self.deeper(|machine| machine.eval_kind(frame, expr)).unwrap_or_default()
    }

    fn eval_kind(&mut self, frame: &Frame, expr: &Expr) -> Value {
        match &*expr.kind {
            ExprKind::Name(name) => self.name(frame, name),
            ExprKind::Member(object, name) => {
                let object = self.eval(frame, object);
                self.property(&object, name)
            }
            ExprKind::Call { callee, arguments, made } => self.eval_call(frame, expr, callee, arguments, *made),
            ExprKind::Index(object, key) => {
                let object = self.eval(frame, object);
                let key = self.eval(frame, key);
                self.element(&object, &key)
            }
            ExprKind::Text(text) => Value::text(text),
            ExprKind::Template(text, parts) => self.template(frame, text, parts),
            ExprKind::Constant(text) => Value::Constant(Rc::from(text.as_str())),
            ExprKind::Logic { all, parts } => self.logic(frame, *all, parts),
            ExprKind::Not(inner) => match self.eval(frame, inner).holds() {
                Some(holds) => Value::truth(!holds),
                None => Value::Unknown,
            },
            ExprKind::Compare(parts, signs) => self.compare(frame, parts, signs),
            ExprKind::List(parts) => self.items(frame, parts),
            ExprKind::Record(entries) => self.record(frame, entries),
            ExprKind::Choice { test, yes, no } => match self.eval(frame, test).holds() {
                Some(true) => self.eval(frame, yes),
                Some(false) => self.eval(frame, no),
                None => {
                    let yes = self.doubting(|machine| machine.eval(frame, yes));
                    let no = self.doubting(|machine| machine.eval(frame, no));
                    yes.or_better(no)
                }
            },
            ExprKind::Assign(target, value) => {
                let value = self.eval(frame, value);
                self.bind(frame, target, value.clone(), false);
                value
            }
            ExprKind::Operation(sign, parts) => self.operation(frame, sign, parts),
            ExprKind::Function(function) => self.closure(frame, function),
            ExprKind::Await(inner) => self.eval(frame, inner),
            ExprKind::Comprehension { .. } => Value::Unknown,
            ExprKind::Other(parts) => {
                parts.iter().for_each(|part| {
                    self.eval(frame, part);
                });
                Value::Unknown
            }
        }
    }

    fn name(&mut self, frame: &Frame, name: &str) -> Value {
        match name {
            "this" => return frame.this.clone(),
            "undefined" => return Value::undefined(),
            _ => {}
        }
        if let Some(value) = frame.scope.get(name) {
            return value;
        }
        if let Some(value) = self.imported(frame.module, name) {
            return value;
        }
        let module = self.project.module(frame.module);
        let is_own = module.is_some_and(|module| module.definitions.contains_key(name));
        // A name of this module that is not given yet is not known; any other is one of the language.
        if is_own { Value::Unknown } else { Value::External(Rc::from(name)) }
    }

    fn template(&mut self, frame: &Frame, text: &str, parts: &[Expr]) -> Value {
        let mut made = String::new();
        let mut pieces = text.split("{}");
        made.push_str(pieces.next().unwrap_or(""));
        for (part, piece) in parts.iter().zip(pieces) {
            let part = self.eval(frame, part);
            push_part(&mut made, &part);
            made.push_str(piece);
        }
        Value::text(&made)
    }

    fn logic(&mut self, frame: &Frame, all: bool, parts: &[Expr]) -> Value {
        let mut best: Option<Value> = None;
        let mut doubts = 0;
        for part in parts {
            let value = self.eval(frame, part);
            match value.holds() {
                Some(holds) if holds != all => {
                    best = Some(best.map_or(value.clone(), |best| best.or_better(value)));
                    break;
                }
                Some(_) => best = best.or(Some(value)),
                None => {
                    best = Some(best.map_or(value.clone(), |best| best.or_better(value)));
                    self.doubts += 1;
                    doubts += 1;
                }
            }
            if doubts == 0 {
                best = parts.last().filter(|last| std::ptr::eq(*last, part)).and(best);
            }
        }
        self.doubts -= doubts;
        best.unwrap_or_else(|| Value::truth(all))
    }

    fn compare(&mut self, frame: &Frame, parts: &[Expr], signs: &[String]) -> Value {
        let values: Vec<Value> = parts.iter().map(|part| self.eval(frame, part)).collect();
        let ([one, other], [sign]) = (values.as_slice(), signs) else { return Value::Unknown };
        let same = match (one, other) {
            (Value::Text(one), Value::Text(other)) if !one.contains(UNKNOWN_PART) && !other.contains(UNKNOWN_PART) => {
                one == other
            }
            (Value::Constant(one), Value::Constant(other)) => one == other,
            (Value::Unknown | Value::Made(_) | Value::External(_), _) => return Value::Unknown,
            (_, Value::Unknown | Value::Made(_) | Value::External(_)) => return Value::Unknown,
            (Value::Constant(_), _) | (_, Value::Constant(_)) => false,
            _ => return Value::Unknown,
        };
        match sign.as_str() {
            "==" | "===" => Value::truth(same),
            "!=" | "!==" => Value::truth(!same),
            _ => Value::Unknown,
        }
    }

    fn items(&mut self, frame: &Frame, parts: &[Expr]) -> Value {
        let mut items = Vec::new();
        for part in parts {
            match &*part.kind {
                // `...more`
                ExprKind::Other(inner) if inner.len() == 1 => {
                    for inner in inner {
                        match self.eval(frame, inner) {
                            Value::List(more) => items.extend(more.borrow().iter().cloned()),
                            _ => items.push(Value::Unknown),
                        }
                    }
                }
                _ => items.push(self.eval(frame, part)),
            }
        }
        Value::list(items)
    }

    fn record(&mut self, frame: &Frame, entries: &[Entry]) -> Value {
        let object = Object::default();
        for entry in entries {
            let value = self.eval(frame, &entry.value);
            let key = entry.key.as_ref().map(|key| self.eval(frame, key));
            match (key, value) {
                (Some(Value::Text(name)), value) => object.set(&name, value),
                (Some(_), _) => object.is_open.set(true),
                (None, Value::Object(more)) => {
                    let names = more.order.borrow().clone();
                    names.iter().for_each(|name| object.set(name, more.get(name).unwrap_or_default()));
                    object.is_open.set(object.is_open.get() || more.is_open.get());
                }
                (None, value) => object.is_open.set(object.is_open.get() || !value.is_nothing()),
            }
        }
        Value::Object(Rc::new(object))
    }

    fn operation(&mut self, frame: &Frame, sign: &str, parts: &[Expr]) -> Value {
        let values: Vec<Value> = parts.iter().map(|part| self.eval(frame, part)).collect();
        match (sign, values.as_slice()) {
            ("+", [one, other]) if matches!(one, Value::Text(_)) || matches!(other, Value::Text(_)) => {
                let mut made = String::new();
                push_part(&mut made, one);
                push_part(&mut made, other);
                Value::text(&made)
            }
            ("typeof", [value]) => match value {
                Value::Text(_) => Value::text("string"),
                Value::Function(_) | Value::Class(_) | Value::Router(_) | Value::Method(_) => Value::text("function"),
                Value::Object(_) | Value::List(_) | Value::Module(_) => Value::text("object"),
                Value::Constant(text) if &**text == "undefined" => Value::text("undefined"),
                _ => Value::Unknown,
            },
            ("void", _) => Value::undefined(),
            _ => Value::Unknown,
        }
    }

    /// Evaluates the arguments of a call.
    pub(super) fn given(&mut self, frame: &Frame, arguments: &[Argument]) -> Vec<Given> {
        let mut given = Vec::new();
        for argument in arguments {
            let value = self.eval(frame, &argument.value);
            let make = |value: Value| Given { value, module: frame.module, span: argument.span };
            match (argument.spread, value) {
                (Spread::One, value) => given.push(make(value)),
                (_, Value::List(items)) => given.extend(items.borrow().iter().cloned().map(make)),
                (_, _) => given.push(make(Value::Unknown)),
            }
        }
        given
    }
}

fn push_part(made: &mut String, part: &Value) {
    match part {
        Value::Text(text) => made.push_str(text),
        Value::Constant(text) if text.starts_with(|first: char| first.is_ascii_digit()) => made.push_str(text),
        value if value.is_nothing() => {}
        _ => made.push(UNKNOWN_PART),
    }
}
