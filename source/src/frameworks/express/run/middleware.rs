//! Questions to a middleware with what it was made with.

use std::rc::Rc;

use super::builtins::NEXT;
use super::machine::Machine;
use super::values::{Closure, JsValue, ScriptArgument};

impl Machine<'_> {
    /// Returns whether a middleware is certain to pass every request on.
    pub fn passes_all(&mut self, closure: &Closure) -> bool {
        let Some(next) = closure.function.parameters.get(2) else { return false };
        let mut given = super::start::unknown_arguments(closure.module, &closure.function);

        if let Some(last) = given.get_mut(2) {
            *last =
                ScriptArgument { value: JsValue::External(Rc::from(NEXT)), module: closure.module, span: next.span };
        }
        // The question is about the middleware alone, so doubts of its surroundings are put aside and restored.
        let doubts = std::mem::take(&mut self.doubts);
        let before = (self.may_have_ended, self.has_passed);
        (self.may_have_ended, self.has_passed) = (false, false);
        self.call_closure(closure, &given);
        let passes = self.has_passed;
        (self.may_have_ended, self.has_passed) = before;
        self.doubts = doubts;

        passes
    }

    /// Returns the texts that a middleware was made with.
    pub fn texts_around(&self, closure: &Closure) -> Vec<String> {
        let mut texts = Vec::new();
        for value in closure.scope.inner_values() {
            match value {
                JsValue::Text(text) => texts.push(text.to_string()),
                JsValue::List(items) => texts.extend(items.borrow().iter().filter_map(|item| match item {
                    JsValue::Text(text) => Some(text.to_string()),
                    _ => None,
                })),
                _ => {}
            }
        }

        // The map has no order, and reports must be the same at every run.
        texts.sort();
        texts.dedup();
        texts
    }
}
