//! Follows expressions.

use std::rc::Rc;

use super::machine::{Machine, ScriptFrame};
use super::values::{JsValue, ScriptArgument, ScriptObject, UNKNOWN_PART};
use crate::ir::{Argument, Expr, ExprKind, RecordEntry, Spread};

impl Machine<'_> {
    /// Returns what an expression may be.
    pub(super) fn eval(&mut self, frame: &ScriptFrame, expr: &Expr) -> JsValue {
        self.deeper(|machine| machine.eval_kind(frame, expr)).unwrap_or_default()
    }

    fn eval_kind(&mut self, frame: &ScriptFrame, expr: &Expr) -> JsValue {
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
            ExprKind::Text(text) => JsValue::text(text),
            ExprKind::Template(text, parts) => self.template(frame, text, parts),
            ExprKind::Constant(text) => JsValue::Constant(Rc::from(text.as_str())),
            ExprKind::Logic { all, parts } => self.logic(frame, *all, parts),
            ExprKind::Not(inner) => match self.eval(frame, inner).holds() {
                Some(holds) => JsValue::truth(!holds),
                None => JsValue::Unknown,
            },
            ExprKind::Compare(parts, signs) => self.compare(frame, parts, signs),
            ExprKind::List(parts) => self.items(frame, parts),
            ExprKind::Record(entries) => self.record(frame, entries),
            ExprKind::Choice { test, yes, no } => match self.eval(frame, test).holds() {
                Some(true) => self.eval(frame, yes),
                Some(false) => self.eval(frame, no),
                None => {
                    // Both arms are followed in doubt, because either may register routes.
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
            ExprKind::Comprehension { .. } => JsValue::Unknown,
            ExprKind::Other(parts) => {
                parts.iter().for_each(|part| {
                    self.eval(frame, part);
                });
                JsValue::Unknown
            }
        }
    }

    fn name(&mut self, frame: &ScriptFrame, name: &str) -> JsValue {
        match name {
            "this" => return frame.this.clone(),
            "undefined" => return JsValue::undefined(),
            _ => {}
        }
        if let Some(value) = frame.scope.get(name) {
            return value;
        }
        // Imports are asked for after scopes, because a local name hides an import.
        if let Some(value) = self.imported(frame.module, name) {
            return value;
        }
        let module = self.project.module(frame.module);
        let is_own = module.is_some_and(|module| module.definitions.contains_key(name));

        // A name of this module that is not given yet is not known; any other is one of the language.
        if is_own { JsValue::Unknown } else { JsValue::External(Rc::from(name)) }
    }

    fn template(&mut self, frame: &ScriptFrame, text: &str, parts: &[Expr]) -> JsValue {
        let mut made = String::new();
        let mut pieces = text.split("{}");
        made.push_str(pieces.next().unwrap_or(""));

        for (part, piece) in parts.iter().zip(pieces) {
            let part = self.eval(frame, part);
            push_part(&mut made, &part);
            made.push_str(piece);
        }
        JsValue::text(&made)
    }

    fn logic(&mut self, frame: &ScriptFrame, all: bool, parts: &[Expr]) -> JsValue {
        let mut best: Option<JsValue> = None;
        let mut doubts = 0;

        for part in parts {
            let value = self.eval(frame, part);
            match value.holds() {
                Some(holds) if holds != all => {
                    // A part that decides ends the chain, so what follows is never evaluated.
                    best = Some(best.map_or(value.clone(), |best| best.or_better(value)));
                    break;
                }
                Some(_) => best = best.or(Some(value)),
                None => {
                    best = Some(best.map_or(value.clone(), |best| best.or_better(value)));
                    // Whatever stands behind an unknown part runs only in some cases.
                    self.doubts += 1;
                    doubts += 1;
                }
            }

            if doubts == 0 {
                best = parts.last().filter(|last| std::ptr::eq(*last, part)).and(best);
            }
        }

        self.doubts -= doubts;
        best.unwrap_or_else(|| JsValue::truth(all))
    }

    fn compare(&mut self, frame: &ScriptFrame, parts: &[Expr], signs: &[String]) -> JsValue {
        let values: Vec<JsValue> = parts.iter().map(|part| self.eval(frame, part)).collect();
        let ([one, other], [sign]) = (values.as_slice(), signs) else { return JsValue::Unknown };
        let same = match (one, other) {
            (JsValue::Text(one), JsValue::Text(other))
                if !one.contains(UNKNOWN_PART) && !other.contains(UNKNOWN_PART) =>
            {
                one == other
            }
            (JsValue::Constant(one), JsValue::Constant(other)) => one == other,
            // Values of packages and of the environment may be anything, so no comparison with them is decided.
            (JsValue::Unknown | JsValue::Made(_) | JsValue::External(_), _) => return JsValue::Unknown,
            (_, JsValue::Unknown | JsValue::Made(_) | JsValue::External(_)) => return JsValue::Unknown,
            (JsValue::Constant(_), _) | (_, JsValue::Constant(_)) => false,
            _ => return JsValue::Unknown,
        };

        match sign.as_str() {
            "==" | "===" => JsValue::truth(same),
            "!=" | "!==" => JsValue::truth(!same),
            _ => JsValue::Unknown,
        }
    }

    fn items(&mut self, frame: &ScriptFrame, parts: &[Expr]) -> JsValue {
        let mut items = Vec::new();
        for part in parts {
            match &*part.kind {
                // `...more`
                ExprKind::Other(inner) if inner.len() == 1 => {
                    for inner in inner {
                        match self.eval(frame, inner) {
                            JsValue::List(more) => items.extend(more.borrow().iter().cloned()),
                            _ => items.push(JsValue::Unknown),
                        }
                    }
                }
                _ => items.push(self.eval(frame, part)),
            }
        }

        JsValue::list(items)
    }

    fn record(&mut self, frame: &ScriptFrame, entries: &[RecordEntry]) -> JsValue {
        let object = ScriptObject::default();
        for entry in entries {
            let value = self.eval(frame, &entry.value);
            let key = entry.key.as_ref().map(|key| self.eval(frame, key));

            match (key, value) {
                (Some(JsValue::Text(name)), value) => object.set(&name, value),
                // A field with an unknown name may be any field, so an absent one is no longer certain.
                (Some(_), _) => object.is_open.set(true),
                (None, JsValue::Object(more)) => {
                    let names = more.order.borrow().clone();
                    names.iter().for_each(|name| object.set(name, more.get(name).unwrap_or_default()));
                    object.is_open.set(object.is_open.get() || more.is_open.get());
                }
                (None, value) => object.is_open.set(object.is_open.get() || !value.is_nothing()),
            }
        }

        JsValue::Object(Rc::new(object))
    }

    fn operation(&mut self, frame: &ScriptFrame, sign: &str, parts: &[Expr]) -> JsValue {
        let values: Vec<JsValue> = parts.iter().map(|part| self.eval(frame, part)).collect();
        match (sign, values.as_slice()) {
            ("+", [one, other]) if matches!(one, JsValue::Text(_)) || matches!(other, JsValue::Text(_)) => {
                let mut made = String::new();
                push_part(&mut made, one);
                push_part(&mut made, other);
                JsValue::text(&made)
            }
            ("typeof", [value]) => match value {
                JsValue::Text(_) => JsValue::text("string"),
                JsValue::Function(_) | JsValue::Class(_) | JsValue::Router(_) | JsValue::Method(_) => {
                    JsValue::text("function")
                }
                JsValue::Object(_) | JsValue::List(_) | JsValue::Module(_) => JsValue::text("object"),
                JsValue::Constant(text) if &**text == "undefined" => JsValue::text("undefined"),
                _ => JsValue::Unknown,
            },
            ("void", _) => JsValue::undefined(),
            _ => JsValue::Unknown,
        }
    }

    /// Evaluates the arguments of a call.
    pub(super) fn given(&mut self, frame: &ScriptFrame, arguments: &[Argument]) -> Vec<ScriptArgument> {
        let mut given = Vec::new();
        for argument in arguments {
            let value = self.eval(frame, &argument.value);
            let make = |value: JsValue| ScriptArgument { value, module: frame.module, span: argument.span };

            match (argument.spread, value) {
                (Spread::One, value) => given.push(make(value)),
                (_, JsValue::List(items)) => given.extend(items.borrow().iter().cloned().map(make)),
                (_, _) => given.push(make(JsValue::Unknown)),
            }
        }

        given
    }
}

fn push_part(made: &mut String, part: &JsValue) {
    match part {
        JsValue::Text(text) => made.push_str(text),
        JsValue::Constant(text) if text.starts_with(|first: char| first.is_ascii_digit()) => made.push_str(text),
        value if value.is_nothing() => {}
        _ => made.push(UNKNOWN_PART),
    }
}
