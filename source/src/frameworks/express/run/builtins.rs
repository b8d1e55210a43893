//! What the language's own functions give, as far as routes are put together with them.

use std::cell::RefCell;
use std::rc::Rc;

use super::machine::{Machine, ScriptFrame};
use super::values::{JsValue, ScriptArgument, ScriptObject, UNKNOWN_PART};
use crate::ir::Expr;

/// What a middleware passes a request on with, while it is asked whether it always does.
pub(super) const NEXT: &str = "\u{3}next";
/// Elements of a list that a callback is shown.
const MOST_TURNS: usize = 400;

impl Machine<'_> {
    /// Returns what a function of a package or of the language gives.
    pub(super) fn call_external(
        &mut self,
        frame: &ScriptFrame,
        whole: &Expr,
        name: &str,
        given: Vec<ScriptArgument>,
    ) -> JsValue {
        if name == NEXT {
            // `next(error)` refuses, and a `next()` under an unknown condition proves nothing.
            self.has_passed |= given.is_empty() && self.doubts == 0 && !self.may_have_ended;
            return JsValue::Unknown;
        }
        if let Some(made) = self.make_router(name) {
            return made;
        }
        let first = given.first().map(|first| first.value.clone()).unwrap_or_default();
        let entries = |object: &Rc<ScriptObject>| -> Vec<(String, JsValue)> {
            let names = object.order.borrow().clone();
            names.into_iter().map(|name| (name.clone(), object.get(&name).unwrap_or_default())).collect()
        };
        match (name, &first) {
            ("Object.keys", JsValue::Object(object)) => {
                JsValue::list(entries(object).into_iter().map(|(name, _)| JsValue::text(&name)).collect())
            }
            ("Object.values", JsValue::Object(object)) => {
                JsValue::list(entries(object).into_iter().map(|(_, value)| value).collect())
            }
            ("Object.entries", JsValue::Object(object)) => JsValue::list(
                entries(object)
                    .into_iter()
                    .map(|(name, value)| JsValue::list(vec![JsValue::text(&name), value]))
                    .collect(),
            ),
            ("Object.assign", JsValue::Object(target)) => {
                for given in given.iter().skip(1) {
                    if let JsValue::Object(more) = &given.value {
                        entries(more).into_iter().for_each(|(name, value)| target.set(&name, value));
                    }
                }
                first
            }
            // Promises are followed as if they had been fulfilled: routes are registered on the good way.
            ("Object.freeze" | "Object.seal" | "Promise.resolve" | "Promise.all" | "Array.from", _) => first,
            ("Object.create", JsValue::Object(_)) => {
                JsValue::Object(Rc::new(ScriptObject { made_of: Some(first), ..ScriptObject::default() }))
            }
            ("Object.defineProperty", JsValue::Object(object)) => {
                define_property(object, &given);
                first
            }
            ("Array.isArray", JsValue::List(_)) => JsValue::truth(true),
            ("Array.isArray", JsValue::Text(_) | JsValue::Function(_) | JsValue::Object(_) | JsValue::Router(_)) => {
                JsValue::truth(false)
            }
            ("path.join" | "path.posix.join" | "url-join" | "urljoin", JsValue::Text(_)) => join_paths(&given),
            ("String", JsValue::Text(_)) => first,
            _ => self.unfollowed(frame, whole, name.to_owned(), given),
        }
    }

    /// Returns what a method of a list gives.
    pub(super) fn call_list(
        &mut self,
        items: &Rc<RefCell<Vec<JsValue>>>,
        name: &str,
        given: &[ScriptArgument],
    ) -> JsValue {
        if let Some(made) = self.change_list(items, name, given) {
            return made;
        }
        let all = items.borrow().clone();
        let first = given.first().map(|first| first.value.clone()).unwrap_or_default();

        match name {
            "forEach" | "map" | "flatMap" => {
                let mut made = Vec::new();
                for (place, item) in all.iter().take(MOST_TURNS).enumerate() {
                    made.push(self.call_with(&first, given, item, place));
                }
                if name == "flatMap" { flatten_once(made) } else { JsValue::list(made) }
            }
            "reduce" => {
                let start = given.get(1).map(|given| given.value.clone());
                let mut items = all.into_iter().take(MOST_TURNS);
                let Some(mut made) = start.or_else(|| items.next()) else { return JsValue::Unknown };

                for item in items {
                    let Some(place) = given.first() else { break };
                    let make = |value: JsValue| ScriptArgument { value, ..place.clone() };
                    made = self.call(&first, JsValue::Unknown, &[make(made), make(item)]);
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
                JsValue::list(kept)
            }
            "concat" => {
                let more = given.iter().map(|given| given.value.clone());
                flatten_once(vec![JsValue::list(all)].into_iter().chain(more).collect())
            }
            "flat" => flatten_once(all),
            "slice" => JsValue::list(sliced(&all, given)),
            "join" => {
                let by = if let JsValue::Text(by) = &first { by.to_string() } else { ",".to_owned() };
                let texts = all.iter().map(|item| match item {
                    JsValue::Text(text) => text.to_string(),
                    _ => UNKNOWN_PART.to_string(),
                });
                JsValue::text(&texts.collect::<Vec<_>>().join(&by))
            }
            _ => JsValue::Unknown,
        }
    }

    /// Returns what a method gives that changes the list itself.
    fn change_list(
        &mut self,
        items: &Rc<RefCell<Vec<JsValue>>>,
        name: &str,
        given: &[ScriptArgument],
    ) -> Option<JsValue> {
        // The order of middleware decides what guards a route, so it is kept as the program makes it.
        let made = match name {
            "push" | "unshift" => {
                let at = if name == "push" { items.borrow().len() } else { 0 };
                items.borrow_mut().splice(at..at, given.iter().map(|given| given.value.clone()));
                JsValue::Unknown
            }
            "pop" => items.borrow_mut().pop().unwrap_or_else(JsValue::undefined),
            "shift" if items.borrow().is_empty() => JsValue::undefined(),
            "shift" => items.borrow_mut().remove(0),
            "reverse" => {
                items.borrow_mut().reverse();
                JsValue::List(items.clone())
            }
            "sort" => {
                self.sort_list(items, given);
                JsValue::List(items.clone())
            }
            _ => return None,
        };
        Some(made)
    }

    /// `names.sort()`; by what a function of the program says, the order is not known.
    fn sort_list(&mut self, items: &Rc<RefCell<Vec<JsValue>>>, given: &[ScriptArgument]) {
        if let Some(by) = given.first() {
            // Lists of plain texts are sorted for many reasons, and what guards a route is none.
            let is_plain = |item: &JsValue| matches!(item, JsValue::Text(_) | JsValue::Constant(_) | JsValue::Unknown);
            let may_guard = items.borrow().len() > 1 && !items.borrow().iter().all(is_plain);
            if may_guard {
                self.note(by.module, by.span, "the order of a list is made at runtime");
            }
            return;
        }
        let text = |item: &JsValue| if let JsValue::Text(text) = item { Some(text.to_string()) } else { None };
        // What is not a text is kept in its place, as its own way to be written is not followed.
        if items.borrow().iter().all(|item| text(item).is_some()) {
            items.borrow_mut().sort_by_key(text);
        }
    }

    fn call_with(&mut self, callback: &JsValue, given: &[ScriptArgument], item: &JsValue, place: usize) -> JsValue {
        let Some(first) = given.first() else { return JsValue::Unknown };
        let make = |value: JsValue| ScriptArgument { value, module: first.module, span: first.span };
        let place = JsValue::Constant(Rc::from(place.to_string()));
        self.call(callback, JsValue::Unknown, &[make(item.clone()), make(place)])
    }

    /// Returns what a method of a text gives.
    pub(super) fn call_text(&mut self, text: &str, name: &str, given: &[ScriptArgument]) -> JsValue {
        let first = match given.first().map(|first| &first.value) {
            Some(JsValue::Text(first)) => Some(first.to_string()),
            _ => None,
        };
        match (name, first) {
            ("toLowerCase" | "toLocaleLowerCase", _) => JsValue::text(&text.to_lowercase()),
            ("toUpperCase" | "toLocaleUpperCase", _) => JsValue::text(&text.to_uppercase()),
            ("trim" | "toString", _) => JsValue::text(text),
            ("concat", Some(more)) => JsValue::text(&format!("{text}{more}")),
            // An unknown part may be the very start or end that is asked for.
            ("startsWith", Some(start)) if !text.contains(UNKNOWN_PART) => JsValue::truth(text.starts_with(&start)),
            ("endsWith", Some(end)) if !text.contains(UNKNOWN_PART) => JsValue::truth(text.ends_with(&end)),
            ("split", Some(by)) if !by.is_empty() => JsValue::list(text.split(&by).map(JsValue::text).collect()),
            _ => JsValue::Unknown,
        }
    }
}

/// `Object.defineProperty(object, "name", { value, get })`
fn define_property(object: &Rc<ScriptObject>, given: &[ScriptArgument]) {
    let name = given.get(1).map(|given| &given.value);
    let how = given.get(2).map(|given| &given.value);

    if let (Some(JsValue::Text(name)), Some(JsValue::Object(how))) = (name, how) {
        if let Some(getter) = how.get("get") {
            // Compiled modules define getters before the values behind them exist, so they are asked later.
            object.getters.borrow_mut().insert(name.to_string(), getter);
        } else if let Some(value) = how.get("value") {
            object.set(name, value);
        }
    }
}

/// `list.slice(1, -1)`: the part of a list; all of it where the places are not known.
fn sliced(all: &[JsValue], given: &[ScriptArgument]) -> Vec<JsValue> {
    let place = |argument: Option<&ScriptArgument>, absent: usize| match argument.map(|argument| &argument.value) {
        // A negative place counts from the end.
        Some(JsValue::Constant(text)) => match text.parse::<isize>() {
            Ok(from_end) if from_end < 0 => Some(all.len().saturating_sub(from_end.unsigned_abs())),
            Ok(place) => Some(place.unsigned_abs().min(all.len())),
            Err(_) => None,
        },
        None => Some(absent),
        _ => None,
    };
    match (place(given.first(), 0), place(given.get(1), all.len())) {
        (Some(from), Some(to)) => all.get(from..to).unwrap_or_default().to_vec(),
        _ => all.to_vec(),
    }
}

fn flatten_once(items: Vec<JsValue>) -> JsValue {
    let mut made = Vec::new();
    for item in items {
        match item {
            JsValue::List(more) => made.extend(more.borrow().iter().cloned()),
            other => made.push(other),
        }
    }

    JsValue::list(made)
}

fn join_paths(given: &[ScriptArgument]) -> JsValue {
    let texts = given.iter().map(|given| match &given.value {
        JsValue::Text(text) => text.to_string(),
        _ => UNKNOWN_PART.to_string(),
    });
    let joined = texts.collect::<Vec<_>>().join("/");
    let mut made = String::new();

    for letter in joined.chars() {
        if letter != '/' || !made.ends_with('/') {
            made.push(letter);
        }
    }
    JsValue::text(&made)
}
