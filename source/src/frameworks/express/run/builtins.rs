//! What the language's own functions give, as far as routes are put together with them.

use std::cell::RefCell;
use std::rc::Rc;

use super::machine::{Frame, Machine};
use super::values::{Given, Object, UNKNOWN_PART, Value};
use crate::ir::Expr;

/// What a middleware passes a request on with, while it is asked whether it always does.
pub(super) const NEXT: &str = "\u{3}next";
/// Elements of a list that a callback is shown.
const MOST_TURNS: usize = 400;

impl Machine<'_> {
    /// Returns what a function of a package or of the language gives.
    pub(super) fn call_external(&mut self, frame: &Frame, whole: &Expr, name: &str, given: Vec<Given>) -> Value {
        if name == NEXT {
            self.has_passed |= given.is_empty() && self.doubts == 0 && !self.may_have_ended;
            return Value::Unknown;
        }
        if let Some(made) = self.make_router(frame, whole, name) {
            return made;
        }
        let first = given.first().map(|first| first.value.clone()).unwrap_or_default();
        let entries = |object: &Rc<Object>| -> Vec<(String, Value)> {
            let names = object.order.borrow().clone();
            names.into_iter().map(|name| (name.clone(), object.get(&name).unwrap_or_default())).collect()
        };
        match (name, &first) {
            ("Object.keys", Value::Object(object)) => {
                Value::list(entries(object).into_iter().map(|(name, _)| Value::text(&name)).collect())
            }
            ("Object.values", Value::Object(object)) => {
                Value::list(entries(object).into_iter().map(|(_, value)| value).collect())
            }
            ("Object.entries", Value::Object(object)) => Value::list(
                entries(object).into_iter().map(|(name, value)| Value::list(vec![Value::text(&name), value])).collect(),
            ),
            ("Object.assign", Value::Object(target)) => {
                for given in given.iter().skip(1) {
                    if let Value::Object(more) = &given.value {
                        entries(more).into_iter().for_each(|(name, value)| target.set(&name, value));
                    }
                }
                first
            }
            ("Object.freeze" | "Object.seal" | "Promise.resolve" | "Promise.all" | "Array.from", _) => first,
            ("Object.create", Value::Object(_)) => {
                Value::Object(Rc::new(Object { made_of: Some(first), ..Object::default() }))
            }
            ("Object.defineProperty", Value::Object(object)) => {
                define(object, &given);
                first
            }
            ("Array.isArray", Value::List(_)) => Value::truth(true),
            ("Array.isArray", Value::Text(_) | Value::Function(_) | Value::Object(_) | Value::Router(_)) => {
                Value::truth(false)
            }
            ("path.join" | "path.posix.join" | "url-join" | "urljoin", Value::Text(_)) => join(&given),
            ("String", Value::Text(_)) => first,
            _ => self.unfollowed(frame, whole, name.to_owned(), given),
        }
    }

    /// Returns what a method of a list gives.
    pub(super) fn call_list(&mut self, items: &Rc<RefCell<Vec<Value>>>, name: &str, given: &[Given]) -> Value {
        let all = items.borrow().clone();
        let first = given.first().map(|first| first.value.clone()).unwrap_or_default();
        match name {
            "push" | "unshift" => {
                items.borrow_mut().extend(given.iter().map(|given| given.value.clone()));
                Value::Unknown
            }
            "forEach" | "map" | "flatMap" => {
                let mut made = Vec::new();
                for (place, item) in all.iter().take(MOST_TURNS).enumerate() {
                    made.push(self.call_with(&first, given, item, place));
                }
                if name == "flatMap" { flat(made) } else { Value::list(made) }
            }
            "reduce" => {
                let start = given.get(1).map(|given| given.value.clone());
                let mut items = all.into_iter().take(MOST_TURNS);
                let Some(mut made) = start.or_else(|| items.next()) else { return Value::Unknown };
                for item in items {
                    let Some(place) = given.first() else { break };
                    let make = |value: Value| Given { value, ..place.clone() };
                    made = self.call(&first, Value::Unknown, &[make(made), make(item)]);
                }
                made
            }
            "filter" => {
                let mut kept = Vec::new();
                for (place, item) in all.iter().take(MOST_TURNS).enumerate() {
                    let verdict = self.call_with(&first, given, item, place);
                    if verdict.holds() != Some(false) {
                        kept.push(item.clone());
                    }
                }
                Value::list(kept)
            }
            "concat" => {
                let more = given.iter().map(|given| given.value.clone());
                flat(vec![Value::list(all)].into_iter().chain(more).collect())
            }
            "flat" => flat(all),
            "slice" | "reverse" | "sort" => Value::list(all),
            "join" => {
                let by = if let Value::Text(by) = &first { by.to_string() } else { ",".to_owned() };
                let texts = all.iter().map(|item| match item {
                    Value::Text(text) => text.to_string(),
                    _ => UNKNOWN_PART.to_string(),
                });
                Value::text(&texts.collect::<Vec<_>>().join(&by))
            }
            _ => Value::Unknown,
        }
    }

    fn call_with(&mut self, callback: &Value, given: &[Given], item: &Value, place: usize) -> Value {
        let Some(first) = given.first() else { return Value::Unknown };
        let make = |value: Value| Given { value, module: first.module, span: first.span };
        let place = Value::Constant(Rc::from(place.to_string()));
        self.call(callback, Value::Unknown, &[make(item.clone()), make(place)])
    }

    /// Returns what a method of a text gives.
    pub(super) fn call_text(&mut self, text: &str, name: &str, given: &[Given]) -> Value {
        let first = match given.first().map(|first| &first.value) {
            Some(Value::Text(first)) => Some(first.to_string()),
            _ => None,
        };
        match (name, first) {
            ("toLowerCase" | "toLocaleLowerCase", _) => Value::text(&text.to_lowercase()),
            ("toUpperCase" | "toLocaleUpperCase", _) => Value::text(&text.to_uppercase()),
            ("trim" | "toString", _) => Value::text(text),
            ("concat", Some(more)) => Value::text(&format!("{text}{more}")),
            ("startsWith", Some(start)) if !text.contains(UNKNOWN_PART) => Value::truth(text.starts_with(&start)),
            ("endsWith", Some(end)) if !text.contains(UNKNOWN_PART) => Value::truth(text.ends_with(&end)),
            ("split", Some(by)) if !by.is_empty() => Value::list(text.split(&by).map(Value::text).collect()),
            _ => Value::Unknown,
        }
    }
}

/// `Object.defineProperty(object, "name", { value, get })`
fn define(object: &Rc<Object>, given: &[Given]) {
    let name = given.get(1).map(|given| &given.value);
    let how = given.get(2).map(|given| &given.value);
    if let (Some(Value::Text(name)), Some(Value::Object(how))) = (name, how) {
        if let Some(getter) = how.get("get") {
            object.getters.borrow_mut().insert(name.to_string(), getter);
        } else if let Some(value) = how.get("value") {
            object.set(name, value);
        }
    }
}

fn flat(items: Vec<Value>) -> Value {
    let mut made = Vec::new();
    for item in items {
        match item {
            Value::List(more) => made.extend(more.borrow().iter().cloned()),
            other => made.push(other),
        }
    }
    Value::list(made)
}

fn join(given: &[Given]) -> Value {
    let texts = given.iter().map(|given| match &given.value {
        Value::Text(text) => text.to_string(),
        _ => UNKNOWN_PART.to_string(),
    });
    let joined = texts.collect::<Vec<_>>().join("/");
    let mut made = String::new();
    for letter in joined.chars() {
        if letter != '/' || !made.ends_with('/') {
            made.push(letter);
        }
    }
    Value::text(&made)
}
