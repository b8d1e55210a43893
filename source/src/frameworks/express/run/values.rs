//! What a name may hold while a program is followed.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::routers::RouterId;
use crate::ir::{Class, Function, Span};
use crate::project::ModuleId;

/// Stands in a text for a part that is not known.
pub(in crate::frameworks::express) const UNKNOWN_PART: char = '\u{1}';

/// What an expression may be.
#[derive(Clone, Default)]
pub(in crate::frameworks::express) enum Value {
    /// It is not known.
    #[default]
    Unknown,
    /// A text; parts that are not known are `UNKNOWN_PART`.
    Text(Rc<str>),
    /// A number, `true`, `null`, `undefined`, a pattern: as written.
    Constant(Rc<str>),
    /// A list.
    List(Rc<RefCell<Vec<Value>>>),
    /// An object, an instance.
    Object(Rc<Object>),
    /// A function.
    Function(Rc<Closure>),
    /// A class.
    Class(Rc<ClassValue>),
    /// A module.
    Module(ModuleId),
    /// Something of a package or of the language, by its full name.
    External(Rc<str>),
    /// What a call gives that cannot be followed.
    Made(Rc<Made>),
    /// An application or a router.
    Router(RouterId),
    /// `router.route(path)`
    RouteOf(RouterId, Rc<Value>),
    /// A method of a list, a text, a router, before it is called.
    Method(Rc<(Value, String)>),
}

/// An object.
#[derive(Default)]
pub(in crate::frameworks::express) struct Object {
    /// Its fields.
    pub fields: RefCell<HashMap<String, Value>>,
    /// Names in the order in which they were given.
    pub order: RefCell<Vec<String>>,
    /// Functions that make a field when it is asked for.
    pub getters: RefCell<HashMap<String, Value>>,
    /// What it is made of: a class, or the prototype of a function.
    pub made_of: Option<Value>,
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
    pub scope: Scope,
    /// `this`.
    pub this: Value,
    /// The class that declares it, for methods.
    pub home: Option<Rc<ClassValue>>,
    /// The class through which it was reached.
    pub through: Option<Rc<ClassValue>>,
    /// Whether it is made only under a condition that is not known.
    pub is_doubtful: bool,
    /// Arguments that are bound.
    pub bound: Vec<Given>,
    /// Fields of the function itself.
    pub fields: Rc<Object>,
}

/// A class and what it was made within.
pub(in crate::frameworks::express) struct ClassValue {
    /// Where it stands.
    pub module: ModuleId,
    /// It.
    pub class: Arc<Class>,
    /// The names around it.
    pub scope: Scope,
    /// What it extends.
    pub base: Option<Value>,
    /// Its static fields.
    pub fields: Rc<Object>,
}

/// A call that cannot be followed.
pub(in crate::frameworks::express) struct Made {
    /// The full name of what was called; empty where it has none.
    pub name: String,
    /// What it was given.
    pub arguments: Vec<Given>,
    /// Where the call stands.
    pub module: ModuleId,
    /// The call.
    pub span: Span,
}

/// A value that was given to a call, and where it was written.
#[derive(Clone)]
pub(in crate::frameworks::express) struct Given {
    /// The value.
    pub value: Value,
    /// Where it was written.
    pub module: ModuleId,
    /// The argument.
    pub span: Span,
}

/// The names of a function or of a module, and those around it.
pub(in crate::frameworks::express) type Scope = Rc<ScopeNames>;

/// See `Scope`.
#[derive(Default)]
pub(in crate::frameworks::express) struct ScopeNames {
    names: RefCell<HashMap<String, Value>>,
    above: Option<Scope>,
}

impl ScopeNames {
    /// Makes a scope within another one.
    pub fn within(above: &Scope) -> Scope {
        Rc::new(ScopeNames { names: RefCell::default(), above: Some(above.clone()) })
    }

    /// Returns what a name holds, here or above.
    pub fn get(&self, name: &str) -> Option<Value> {
        let own = self.names.borrow().get(name).cloned();
        own.or_else(|| self.above.as_ref()?.get(name))
    }

    /// Returns what a name holds below the module's own names.
    pub fn get_inner(&self, name: &str) -> Option<Value> {
        let above = self.above.as_ref()?;
        let own = self.names.borrow().get(name).cloned();
        own.or_else(|| above.get_inner(name))
    }

    /// Returns what the names below the module's own hold.
    pub fn inner_values(&self) -> Vec<Value> {
        let Some(above) = &self.above else { return Vec::new() };
        let mut values: Vec<Value> = self.names.borrow().values().cloned().collect();
        values.extend(above.inner_values());
        values
    }

    /// Gives a name of this scope a value.
    pub fn declare(&self, name: &str, value: Value) {
        self.names.borrow_mut().insert(name.to_owned(), value);
    }

    /// Gives the nearest name a value.
    pub fn assign(&self, name: &str, value: Value) {
        if self.names.borrow().contains_key(name) {
            return self.declare(name, value);
        }
        match self.above.as_ref().filter(|above| above.get(name).is_some()) {
            Some(above) => above.assign(name, value),
            None => self.declare(name, value),
        }
    }
}

impl Object {
    /// Returns a field.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.fields.borrow().get(name).cloned()
    }

    /// Gives a field a value.
    pub fn set(&self, name: &str, value: Value) {
        if self.fields.borrow_mut().insert(name.to_owned(), value).is_none() {
            self.order.borrow_mut().push(name.to_owned());
        }
    }
}

impl Value {
    /// Makes a text.
    pub fn text(text: &str) -> Value {
        Value::Text(Rc::from(text))
    }

    /// Makes a list.
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Rc::new(RefCell::new(items)))
    }

    /// Makes `undefined`.
    pub fn undefined() -> Value {
        Value::Constant(Rc::from("undefined"))
    }

    /// Makes `true` or `false`.
    pub fn truth(holds: bool) -> Value {
        Value::Constant(Rc::from(if holds { "true" } else { "false" }))
    }

    /// Returns whether it is `undefined` or `null`.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Value::Constant(text) if matches!(&**text, "undefined" | "null"))
    }

    /// Returns whether a condition holds on it, where that is known.
    pub fn holds(&self) -> Option<bool> {
        match self {
            Value::Text(text) if text.contains(UNKNOWN_PART) => None,
            Value::Text(text) => Some(!text.is_empty()),
            Value::Constant(text) => Some(!matches!(&**text, "undefined" | "null" | "false" | "0" | "NaN")),
            Value::Unknown | Value::Made(_) | Value::External(_) => None,
            _ => Some(true),
        }
    }

    /// Returns the one of two that says more.
    pub fn or_better(self, other: Value) -> Value {
        if other.rank() > self.rank() { other } else { self }
    }

    fn rank(&self) -> usize {
        match self {
            Value::Unknown => 0,
            Value::Constant(_) => 1,
            Value::Made(_) | Value::External(_) => 2,
            Value::Text(_) | Value::Method(_) => 3,
            Value::List(items) => {
                if items.borrow().is_empty() {
                    3
                } else {
                    4
                }
            }
            Value::Object(_) | Value::Function(_) | Value::Class(_) | Value::Module(_) => 5,
            Value::Router(_) | Value::RouteOf(..) => 6,
        }
    }
}

impl Closure {
    /// Makes the same function with another `this`.
    pub fn with_this(&self, this: Value) -> Closure {
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
