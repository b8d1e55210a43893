//! Follows calls.

use std::rc::Rc;

use super::machine::{Machine, ScriptFrame};
use super::values::{Closure, JsValue, ScopeNames, ScriptArgument, UnresolvedCall};
use crate::ir::{Argument, Expr, ExprKind, Spread, dotted_text};

impl Machine<'_> {
    /// Returns what a call gives.
    pub(super) fn eval_call(
        &mut self,
        frame: &ScriptFrame,
        whole: &Expr,
        callee: &Expr,
        arguments: &[Argument],
        made: bool,
    ) -> JsValue {
        let given = self.given(frame, arguments);
        // The site is kept while the call runs, so that a route can be attributed to the file that asked for it.
        self.sites.push((frame.module, whole.span));
        let value = self.call_given(frame, whole, (callee, made), given);
        self.sites.pop();

        value
    }

    fn call_given(
        &mut self,
        frame: &ScriptFrame,
        whole: &Expr,
        (callee, made): (&Expr, bool),
        given: Vec<ScriptArgument>,
    ) -> JsValue {
        if made {
            let class = self.eval(frame, callee);
            return match &class {
                JsValue::Class(_) | JsValue::Function(_) => self.instance(&class, &given),
                JsValue::External(name) => self.call_external(frame, whole, &name.clone(), given),
                _ => self.unfollowed(frame, whole, dotted_text(callee).unwrap_or_default(), given),
            };
        }

        match &*callee.kind {
            // A project may have a function of its own named `require`.
            ExprKind::Name(name)
                if matches!(name.as_str(), "require" | "import") && frame.scope.get(name).is_none() =>
            {
                match given.first().map(|first| &first.value) {
                    Some(JsValue::Text(module)) => self.required(frame.module, &module.clone()),
                    _ => JsValue::Unknown,
                }
            }
            ExprKind::Name(name) if name == "super" => {
                if let Some(home) = frame.home.clone() {
                    self.construct_base(&home, &frame.this, &given, 0);
                }
                JsValue::undefined()
            }
            ExprKind::Member(object, name) if object.name() == Some("super") => self.call_super(frame, name, &given),
            ExprKind::Member(object, name) => {
                let receiver = self.eval(frame, object);
                self.call_method(frame, whole, &receiver, name, given)
            }
            ExprKind::Index(object, key) => {
                let receiver = self.eval(frame, object);
                match self.eval(frame, key) {
                    JsValue::Text(name) => self.call_method(frame, whole, &receiver, &name, given),
                    key => {
                        let callee = self.element(&receiver, &key);
                        self.call_value(frame, whole, &callee, given)
                    }
                }
            }
            _ => {
                let value = self.eval(frame, callee);
                self.call_value(frame, whole, &value, given)
            }
        }
    }

    fn call_super(&mut self, frame: &ScriptFrame, name: &str, given: &[ScriptArgument]) -> JsValue {
        let base = frame.home.as_ref().and_then(|home| home.base.clone());
        match base {
            Some(JsValue::Class(base)) => {
                let method = self.member(&base, &frame.this, name);
                self.call(&method, frame.this.clone(), given)
            }
            _ => JsValue::Unknown,
        }
    }

    /// Returns what a call of a value gives.
    pub(super) fn call_value(
        &mut self,
        frame: &ScriptFrame,
        whole: &Expr,
        value: &JsValue,
        given: Vec<ScriptArgument>,
    ) -> JsValue {
        match value {
            JsValue::Function(closure) => self.call_closure(closure, &given),
            JsValue::External(name) => self.call_external(frame, whole, &name.clone(), given),
            JsValue::Method(of) => self.call_method(frame, whole, &of.0.clone(), &of.1.clone(), given),
            JsValue::Made(made) => self.unfollowed(frame, whole, made.name.clone(), given),
            _ => {
                let name = whole.call().and_then(|(callee, _)| dotted_text(callee)).unwrap_or_default();
                self.unfollowed(frame, whole, name, given)
            }
        }
    }

    /// Returns what a call of a method gives.
    pub(super) fn call_method(
        &mut self,
        frame: &ScriptFrame,
        whole: &Expr,
        receiver: &JsValue,
        name: &str,
        given: Vec<ScriptArgument>,
    ) -> JsValue {
        match receiver {
            JsValue::Router(id) => {
                // A field of its own comes first: projects overwrite methods of their application.
                let own = self.routers.get(id.0).and_then(|router| router.fields.get(name));
                match own {
                    Some(own) => self.call(&own, receiver.clone(), &given),
                    None => self.call_router(frame, whole, *id, name, given),
                }
            }
            JsValue::RouteOf(id, path) => self.call_route(whole, frame, (*id, path), name, given),
            JsValue::List(items) => self.call_list(&items.clone(), name, &given),
            JsValue::Text(text) => self.call_text(&text.clone(), name, &given),
            JsValue::External(of) if name == "default" => self.call_external(frame, whole, &of.clone(), given),
            JsValue::External(of) => self.call_external(frame, whole, &format!("{of}.{name}"), given),
            JsValue::Function(closure) if matches!(name, "call" | "apply" | "bind") => {
                let own = closure.fields.get(name);
                if own.is_some() { JsValue::Unknown } else { self.call_bound(receiver, name, &given) }
            }
            JsValue::Method(_) if matches!(name, "call" | "apply" | "bind") => {
                self.call_of_method(frame, whole, receiver, name, given)
            }
            JsValue::Object(_) | JsValue::Module(_) | JsValue::Class(_) | JsValue::Function(_) => {
                let method = self.property(receiver, name);
                match &method {
                    JsValue::Function(_) => self.call(&method, receiver.clone(), &given),
                    // A method that a function has not been given is not known.
                    JsValue::Unknown | JsValue::Constant(_) | JsValue::Method(_) => {
                        let text = whole.call().and_then(|(callee, _)| dotted_text(callee)).unwrap_or_default();
                        self.unfollowed(frame, whole, text, given)
                    }
                    _ => self.call_value(frame, whole, &method, given),
                }
            }
            JsValue::Made(made) => self.unfollowed(frame, whole, format!("{}.{name}", made.name), given),
            _ => {
                let text = whole.call().and_then(|(callee, _)| dotted_text(callee)).unwrap_or_default();
                self.unfollowed(frame, whole, text, given)
            }
        }
    }

    /// `f.call(this, a)`, `f.apply(this, [a])`, `f.bind(this, a)`
    fn call_bound(&mut self, function: &JsValue, name: &str, given: &[ScriptArgument]) -> JsValue {
        let JsValue::Function(closure) = function else { return JsValue::Unknown };
        let this = given.first().map(|first| first.value.clone()).unwrap_or_default();
        let rest: Vec<ScriptArgument> = given.get(1..).unwrap_or_default().to_vec();

        match name {
            "call" => self.call(function, this, &rest),
            "apply" => self.call(function, this, &unpack_apply(&rest)),
            _ => {
                let mut made = Closure::clone(closure);
                // What a class was made for keeps its `this` where the new one is not known.
                if !matches!(this, JsValue::Unknown) {
                    made.this = this;
                }
                made.bound.extend(rest);
                JsValue::Function(Rc::new(made))
            }
        }
    }

    /// `router.get.call(router, path, handler)`
    fn call_of_method(
        &mut self,
        frame: &ScriptFrame,
        whole: &Expr,
        method: &JsValue,
        name: &str,
        given: Vec<ScriptArgument>,
    ) -> JsValue {
        let JsValue::Method(of) = method else { return JsValue::Unknown };
        let rest = given.get(1..).unwrap_or_default().to_vec();

        match name {
            "bind" => method.clone(),
            "apply" => self.call_method(frame, whole, &of.0.clone(), &of.1.clone(), unpack_apply(&rest)),
            _ => self.call_method(frame, whole, &of.0.clone(), &of.1.clone(), rest),
        }
    }

    /// Returns what a function gives, called with that `this`.
    pub(super) fn call(&mut self, value: &JsValue, this: JsValue, given: &[ScriptArgument]) -> JsValue {
        match value {
            JsValue::Function(closure) => {
                // An arrow keeps the `this` of its place, and a method its instance where the new one is not known.
                let keeps_this = closure.home.is_some() && matches!(this, JsValue::Unknown) || self.is_arrow(closure);
                if keeps_this {
                    self.call_closure(closure, given)
                } else {
                    self.call_closure(&closure.with_this(this), given)
                }
            }
            _ => JsValue::Unknown,
        }
    }

    fn is_arrow(&self, closure: &Closure) -> bool {
        let head = crate::ir::Span { end: closure.function.body_span.start, ..closure.function.span };
        self.project.text(closure.module, head).trim_end().ends_with("=>")
    }

    /// Returns what a function gives.
    pub(super) fn call_closure(&mut self, closure: &Closure, given: &[ScriptArgument]) -> JsValue {
        let function = closure.function.clone();
        let given: Vec<ScriptArgument> = closure.bound.iter().chain(given).cloned().collect();
        let act = |machine: &mut Self| {
            let scope = ScopeNames::within(&closure.scope);
            let frame = ScriptFrame {
                module: closure.module,
                scope: scope.clone(),
                this: closure.this.clone(),
                home: closure.home.clone(),
            };

            for (place, parameter) in function.parameters.iter().enumerate() {
                let value = if parameter.spread == Spread::Many {
                    JsValue::list(given.iter().skip(place).map(|given| given.value.clone()).collect())
                } else {
                    let value = given.get(place).map_or_else(JsValue::undefined, |given| given.value.clone());
                    match &parameter.default {
                        Some(default) if value.is_nothing() => machine.eval(&frame, default),
                        // An unknown value may be absent, and only the default can be followed then.
                        Some(default) if matches!(value, JsValue::Unknown) => machine.eval(&frame, default),
                        _ => value,
                    }
                };

                scope.declare(&parameter.name, value);
            }

            machine.result_of(&frame, &function)
        };

        self.entering(&function, act).unwrap_or_default()
    }

    /// Makes the result of a call that cannot be followed, after the callbacks that may register routes.
    pub(super) fn unfollowed(
        &mut self,
        frame: &ScriptFrame,
        whole: &Expr,
        name: String,
        given: Vec<ScriptArgument>,
    ) -> JsValue {
        for argument in &given {
            // A callback that registers routes is followed even if its caller is unknown, but only in doubt.
            if let JsValue::Function(closure) = &argument.value
                && self.registers(&closure.function)
            {
                self.doubting(|machine| {
                    machine.call_closure(closure, &super::start::unknown_arguments(closure.module, &closure.function))
                });
            }
        }

        JsValue::Made(Rc::new(UnresolvedCall { name, arguments: given, module: frame.module, span: whole.span }))
    }
}

/// Takes the list of an `apply` apart.
fn unpack_apply(given: &[ScriptArgument]) -> Vec<ScriptArgument> {
    let Some(list) = given.first() else { return Vec::new() };
    match &list.value {
        JsValue::List(items) => {
            let items = items.borrow();
            items.iter().map(|value| ScriptArgument { value: value.clone(), ..list.clone() }).collect()
        }
        _ => Vec::new(),
    }
}
