//! What a name may hold while a program is followed.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::routers::ExpressRouterId;
use crate::ir::{Class, Function, Span};
use crate::project::ModuleId;

/// Stands in a text for a part that is not known.
pub(in crate::frameworks::express) const UNKNOWN_PART: char = '\u{1}';

/// What an expression may be.
#[derive(Clone, Default)]
pub(in crate::frameworks::express) enum JsValue {
    /// It is not known.
    #[default]
    Unknown,
    /// A text; parts that are not known are `UNKNOWN_PART`.
    Text(Rc<str>),
    /// A number, `true`, `null`, `undefined`, a pattern: as written.
    Constant(Rc<str>),
    /// A list.
    List(Rc<RefCell<Vec<JsValue>>>),
    /// An object, an instance.
    Object(Rc<ScriptObject>),
    /// A function.
    Function(Rc<Closure>),
    /// A class.
    Class(Rc<ClassValue>),
    /// A module.
    Module(ModuleId),
    /// Something of a package or of the language, by its full name.
    External(Rc<str>),
    /// What a call gives that cannot be followed.
    Made(Rc<UnresolvedCall>),
    /// An application or a router.
    Router(ExpressRouterId),
    /// `router.route(path)`
    RouteOf(ExpressRouterId, Rc<JsValue>),
    /// A method of a list, a text, a router, before it is called.
    Method(Rc<(JsValue, String)>),
}

/// An object.
#[derive(Default)]
pub(in crate::frameworks::express) struct ScriptObject {
    /// Its fields.
    pub fields: RefCell<HashMap<String, JsValue>>,
    /// Names in the order in which they were given.
    pub order: RefCell<Vec<String>>,
    /// Functions that make a field when it is asked for.
    pub getters: RefCell<HashMap<String, JsValue>>,
    /// What it is made of: a class, or the prototype of a function.
    pub made_of: Option<JsValue>,
    /// Whether it may have more fields than are known.
    pub is_open: Cell<bool>,
}

/// A function and what it was made within.
pub(in crate::frameworks::express) struct Closure {
    /// Where it stands.
    pub module: ModuleId,
    /// It.
    pub function: Arc<Function>,
    /// The names around it.
    pub scope: ScriptScope,
    /// `this`.
    pub this: JsValue,
    /// The class that declares it, for methods.
    pub home: Option<Rc<ClassValue>>,
    /// The class through which it was reached.
    pub through: Option<Rc<ClassValue>>,
    /// Whether it is made only under a condition that is not known.
    pub is_doubtful: bool,
    /// Arguments that are bound.
    pub bound: Vec<ScriptArgument>,
    /// Fields of the function itself.
    pub fields: Rc<ScriptObject>,
}

/// A class and what it was made within.
pub(in crate::frameworks::express) struct ClassValue {
    /// Where it stands.
    pub module: ModuleId,
    /// It.
    pub class: Arc<Class>,
    /// The names around it.
    pub scope: ScriptScope,
    /// What it extends.
    pub base: Option<JsValue>,
    /// Its static fields.
    pub fields: Rc<ScriptObject>,
}

/// A call that cannot be followed.
pub(in crate::frameworks::express) struct UnresolvedCall {
    /// The full name of what was called; empty where it has none.
    pub name: String,
    /// What it was given.
    pub arguments: Vec<ScriptArgument>,
    /// Where the call stands.
    pub module: ModuleId,
    /// The call.
    pub span: Span,
}

/// A value that was given to a call, and where it was written.
#[derive(Clone)]
pub(in crate::frameworks::express) struct ScriptArgument {
    /// The value.
    pub value: JsValue,
    /// Where it was written.
    pub module: ModuleId,
    /// The argument.
    pub span: Span,
}

/// The names of a function or of a module, and those around it.
pub(in crate::frameworks::express) type ScriptScope = Rc<ScopeNames>;

/// See `Scope`.
#[derive(Default)]
pub(in crate::frameworks::express) struct ScopeNames {
    names: RefCell<HashMap<String, JsValue>>,
    above: Option<ScriptScope>,
}

impl ScopeNames {
    /// Makes a scope within another one.
    pub fn within(above: &ScriptScope) -> ScriptScope {
        Rc::new(ScopeNames { names: RefCell::default(), above: Some(above.clone()) })
    }

    /// Returns what a name holds, here or above.
    pub fn get(&self, name: &str) -> Option<JsValue> {
        let own = self.names.borrow().get(name).cloned();
        own.or_else(|| self.above.as_ref()?.get(name))
    }

    /// Returns what a name holds below the module's own names.
    pub fn get_inner(&self, name: &str) -> Option<JsValue> {
        let above = self.above.as_ref()?;
        let own = self.names.borrow().get(name).cloned();
        own.or_else(|| above.get_inner(name))
    }

    /// Returns what the names below the module's own hold.
    pub fn inner_values(&self) -> Vec<JsValue> {
        // The scope of a module is left out, as its names belong to all its functions.
        let Some(above) = &self.above else { return Vec::new() };
        let mut values: Vec<JsValue> = self.names.borrow().values().cloned().collect();
        values.extend(above.inner_values());
        values
    }

    /// Gives a name of this scope a value.
    pub fn declare(&self, name: &str, value: JsValue) {
        self.names.borrow_mut().insert(name.to_owned(), value);
    }

    /// Gives the nearest name a value.
    pub fn assign(&self, name: &str, value: JsValue) {
        if self.names.borrow().contains_key(name) {
            return self.declare(name, value);
        }
        match self.above.as_ref().filter(|above| above.get(name).is_some()) {
            Some(above) => above.assign(name, value),
            None => self.declare(name, value),
        }
    }
}

impl ScriptObject {
    /// Returns a field.
    pub fn get(&self, name: &str) -> Option<JsValue> {
        self.fields.borrow().get(name).cloned()
    }

    /// Gives a field a value.
    pub fn set(&self, name: &str, value: JsValue) {
        if self.fields.borrow_mut().insert(name.to_owned(), value).is_none() {
            self.order.borrow_mut().push(name.to_owned());
        }
    }
}

impl JsValue {
    /// Makes a text.
    pub fn text(text: &str) -> JsValue {
        JsValue::Text(Rc::from(text))
    }

    /// Makes a list.
    pub fn list(items: Vec<JsValue>) -> JsValue {
        JsValue::List(Rc::new(RefCell::new(items)))
    }

    /// Makes `undefined`.
    pub fn undefined() -> JsValue {
        JsValue::Constant(Rc::from("undefined"))
    }

    /// Makes `true` or `false`.
    pub fn truth(holds: bool) -> JsValue {
        JsValue::Constant(Rc::from(if holds { "true" } else { "false" }))
    }

    /// Returns whether it is `undefined` or `null`.
    pub fn is_nothing(&self) -> bool {
        matches!(self, JsValue::Constant(text) if matches!(&**text, "undefined" | "null"))
    }

    /// Returns whether a condition holds on it, where that is known.
    pub fn holds(&self) -> Option<bool> {
        match self {
            JsValue::Text(text) if text.contains(UNKNOWN_PART) => None,
            JsValue::Text(text) => Some(!text.is_empty()),
            // Numbers and words are kept as written, so falsy ones are compared as texts.
            JsValue::Constant(text) => Some(!matches!(&**text, "undefined" | "null" | "false" | "0" | "NaN")),
            JsValue::Unknown | JsValue::Made(_) | JsValue::External(_) => None,
            _ => Some(true),
        }
    }

    /// Returns the one of two that says more.
    pub fn or_better(self, other: JsValue) -> JsValue {
        if other.rank() > self.rank() { other } else { self }
    }

    fn rank(&self) -> usize {
        match self {
            JsValue::Unknown => 0,
            JsValue::Constant(_) => 1,
            JsValue::Made(_) | JsValue::External(_) => 2,
            JsValue::Text(_) | JsValue::Method(_) => 3,
            JsValue::List(items) => {
                if items.borrow().is_empty() {
                    3
                } else {
                    4
                }
            }
            JsValue::Object(_) | JsValue::Function(_) | JsValue::Class(_) | JsValue::Module(_) => 5,
            JsValue::Router(_) | JsValue::RouteOf(..) => 6,
        }
    }
}

impl Closure {
    /// Makes the same function with another `this`.
    pub fn with_this(&self, this: JsValue) -> Closure {
        Closure { this, ..self.clone() }
    }
}

impl Clone for Closure {
    fn clone(&self) -> Self {
        Closure {
            module: self.module,
            function: self.function.clone(),
            scope: self.scope.clone(),
            this: self.this.clone(),
            home: self.home.clone(),
            through: self.through.clone(),
            is_doubtful: self.is_doubtful,
            bound: self.bound.clone(),
            fields: self.fields.clone(),
        }
    }
}
