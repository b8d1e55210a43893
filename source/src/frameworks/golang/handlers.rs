//! Which function a handler or a piece of middleware is.

use super::{GoCode, GoFunction, bare_type, is_package};
use crate::frameworks::guarding::make_guard;
use crate::frameworks::query::At;
use crate::frameworks::scopes::NameBinding;
use crate::routes::{CodePlace, Guard, GuardLevel};

/// Longer chains are not followed.
const MOST_STEPS: usize = 6;

/// A handler.
pub(in crate::frameworks) struct FoundHandler {
    pub(in crate::frameworks) function: String,
    pub(in crate::frameworks) place: CodePlace,
    /// What it is wrapped in, outermost first.
    pub(in crate::frameworks) guards: Vec<Guard>,
}

impl<'s> GoCode<'s> {
    /// Returns the handler that an expression gives.
    pub(in crate::frameworks) fn handler(&self, at: At<'s>) -> FoundHandler {
        let mut guards = Vec::new();
        let mut at = at;

        for _ in 0..MOST_STEPS {
            let Some(inner) = self.wrapped(at) else { break };
            let name = at.field("function").map_or("", At::text);

            // An adapter like `http.HandlerFunc(f)` changes the type only, so it is no guard.
            if !is_adapter(name) {
                guards.push(self.guard(at, GuardLevel::Route));
            }
            at = inner;
        }

        let found = self.function_of(at, 0);
        let place = found.as_ref().map_or_else(|| at.place(), |found| found.at.place());
        let function = match &found {
            Some(GoFunction { at, .. }) if at.kind() == "func_literal" => String::new(),
            Some(GoFunction { at, receiver: Some(receiver) }) => format!("{receiver}.{}", at.field_text("name")),
            Some(GoFunction { at, receiver: None }) => at.field_text("name").to_owned(),
            None => at.text().split('(').next().unwrap_or_default().to_owned(),
        };

        FoundHandler { function, place, guards }
    }

    /// What stands in a wrapper: `auth(h)`, `http.HandlerFunc(h)`, `WrapHandler(a.b.c)`.
    fn wrapped(&self, at: At<'s>) -> Option<At<'s>> {
        if at.kind() != "call_expression" {
            return None;
        }
        let arguments = at.field("arguments")?.children();
        let is_handler = |argument: &&At<'s>| match argument.kind() {
            "func_literal" => true,
            "identifier" | "selector_expression" => self.function_of(**argument, 0).is_some(),
            "call_expression" => {
                self.wrapped(**argument).is_some()
                    || argument.field("function").is_some_and(|callee| self.function_of(callee, 0).is_some())
            }
            _ => false,
        };

        // Wrappers take the handler last, behind their options.
        arguments.iter().rev().find(is_handler).copied()
    }

    /// Makes a guard of an expression that gives middleware.
    pub(in crate::frameworks) fn guard(&self, at: At<'s>, level: GuardLevel) -> Guard {
        let text = match self.wrapped(at) {
            // The wrapped handler is no part of the wrapper's name.
            Some(_) => at.field("function").map_or("", At::text),
            None => at.text(),
        };
        make_guard(text, self.guard_body(at), level, at.place())
    }

    /// Returns the text of what a piece of middleware runs, where the project has it.
    pub(in crate::frameworks) fn guard_body(&self, at: At<'s>) -> Option<&'s str> {
        self.function_of(at, 0).map(|found| found.at.text())
    }

    /// Returns the function that an expression is, or that the called one is.
    pub(in crate::frameworks) fn function_of(&self, at: At<'s>, steps: usize) -> Option<GoFunction<'s>> {
        if steps > MOST_STEPS {
            return None;
        }
        match at.kind() {
            "func_literal" => Some(GoFunction { at, receiver: None }),
            "call_expression" => self.function_of(at.field("function")?, steps + 1),
            "parenthesized_expression" => self.function_of(*at.children().first()?, steps + 1),
            "identifier" => match self.scopes.look_up(at.text(), at) {
                Some(NameBinding::Value(value)) => self.function_of(value, steps + 1),
                Some(NameBinding::Parameter(..)) => None,
                None => {
                    let known = self.functions_of(at.text());
                    // Without a receiver a bare name can only mean a function of the same package.
                    let own = known.iter().find(|own| own.receiver.is_none() && own.at.folder() == at.folder());
                    own.copied().or_else(|| self.function_of(self.global(at, at.text())?, steps + 1))
                }
            },
            "selector_expression" => self.selected(at),
            _ => None,
        }
    }

    fn selected(&self, at: At<'s>) -> Option<GoFunction<'s>> {
        let (operand, name) = (at.field("operand")?, at.field_text("field"));
        let known = self.functions_of(name);
        let is_local = self.scopes.look_up(operand.text(), operand).is_some();

        // A local variable hides a package of the same name.
        if let Some(path) = self.import(at, operand.text()).filter(|_| !is_local) {
            let plain = known.iter().filter(|own| own.receiver.is_none());
            return plain.into_iter().find(|own| is_package(path, own.at.folder())).copied();
        }
        let methods: Vec<&GoFunction> = known.iter().filter(|own| own.receiver.is_some()).collect();
        let kind = self.type_of(operand, 0);
        let mut line: Vec<&str> = kind.into_iter().collect();

        // A method may stand on a type that is embedded.
        for at in 0..MOST_STEPS {
            let Some(owner) = line.get(at).copied() else { break };
            let own = methods.iter().find(|own| own.receiver == Some(owner));

            if let Some(own) = own {
                return Some(**own);
            }
            let embedded = self.field_types.iter().filter(|((of, field), kind)| *of == owner && field == *kind);
            line.extend(embedded.map(|(_, kind)| *kind));
        }

        // Without a known type a method is taken only where its name is unambiguous.
        let here = || methods.iter().filter(|own| own.at.folder() == at.folder());
        match methods.as_slice() {
            [one] => Some(**one),
            _ if here().count() == 1 => here().next().map(|own| **own),
            _ => None,
        }
    }

    /// Returns the name of the type of an expression.
    fn type_of(&self, at: At<'s>, steps: usize) -> Option<&'s str> {
        if steps > MOST_STEPS {
            return None;
        }
        match at.kind() {
            "identifier" => match self.scopes.look_up(at.text(), at) {
                Some(NameBinding::Value(value)) => self.type_of(value, steps + 1),
                Some(NameBinding::Parameter(declaration, ..)) => declaration.field("type").map(bare_type),
                None => self.type_of(self.global(at, at.text())?, steps + 1),
            },
            "selector_expression" => {
                let field = at.field_text("field");
                match self.type_of(at.field("operand")?, steps + 1) {
                    Some(owner) => self.field_types.get(&(owner, field)).copied(),
                    None => self.type_of(self.global_of(at, at.field_text("operand"), field)?, steps + 1),
                }
            }
            "unary_expression" => self.type_of(at.field("operand")?, steps + 1),
            "parenthesized_expression" => self.type_of(*at.children().first()?, steps + 1),
            "composite_literal" => at.field("type").map(bare_type),
            "call_expression" if at.field_text("function") == "new" => {
                at.field("arguments")?.children().first().copied().map(bare_type)
            }
            "call_expression" => {
                let made = self.function_of(at.field("function")?, steps + 1)?.at.field("result")?;
                let first = if made.kind() == "parameter_list" { *made.children().first()? } else { made };
                Some(bare_type(first.field("type").unwrap_or(first)))
            }
            _ => None,
        }
    }
}

/// It only makes a handler of a function.
fn is_adapter(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
    ["handlerfunc", "handler", "wraph", "wrapf", "wraphandler", "gethandlerfunc"].contains(&last.as_str())
}
