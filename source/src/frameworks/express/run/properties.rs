//! Fields and methods of values.

use std::rc::Rc;
use std::sync::Arc;

use super::machine::{Frame, Machine};
use super::statements::Flow;
use super::values::{ClassValue, Closure, Given, Object, Value};
use crate::ir::{Function, Span, StatementKind};
use crate::project::ModuleId;

/// Longer chains of classes are not followed.
const MOST_CLASSES: usize = 24;

impl Machine<'_> {
    /// Returns a field or a method of a value.
    pub(super) fn property(&mut self, value: &Value, name: &str) -> Value {
        match value {
            Value::Object(object) => self.field(value, object, name),
            Value::Module(id) => self.exported(*id, Some(name), 0),
            Value::Class(class) => self.static_member(class, name),
            Value::External(of) if name == "default" => Value::External(of.clone()),
            Value::External(of) => Value::External(Rc::from(format!("{of}.{name}"))),
            Value::Function(closure) => {
                let own = closure.fields.get(name);
                match (own, name) {
                    (Some(own), _) => own,
                    (None, "prototype") => {
                        let made = Value::Object(Rc::new(Object::default()));
                        closure.fields.set("prototype", made.clone());
                        made
                    }
                    (None, _) => Value::Method(Rc::new((value.clone(), name.to_owned()))),
                }
            }
            Value::Router(id) => {
                let own = self.routers.get(id.0).and_then(|router| router.fields.get(name));
                own.unwrap_or_else(|| Value::Method(Rc::new((value.clone(), name.to_owned()))))
            }
            Value::List(_) | Value::Text(_) | Value::RouteOf(..) if name != "length" => {
                Value::Method(Rc::new((value.clone(), name.to_owned())))
            }
            Value::List(items) => Value::Constant(Rc::from(items.borrow().len().to_string())),
            _ => Value::Unknown,
        }
    }

    /// Returns what stands at a key.
    pub(super) fn element(&mut self, value: &Value, key: &Value) -> Value {
        match (value, key) {
            (Value::List(items), Value::Constant(place)) => {
                let place = place.parse::<usize>().ok();
                place.and_then(|place| items.borrow().get(place).cloned()).unwrap_or_else(Value::undefined)
            }
            (_, Value::Text(name)) => self.property(value, name),
            _ => Value::Unknown,
        }
    }

    /// Gives a field a value.
    pub(super) fn set_property(&mut self, object: &Value, name: &str, value: Value) {
        let keeps = |known: Option<Value>| known.is_some() && matches!(value, Value::Unknown);
        match object {
            Value::Object(object) if !keeps(object.get(name)) => object.set(name, value),
            Value::Class(class) => class.fields.set(name, value),
            Value::Function(closure) => closure.fields.set(name, value),
            Value::Router(id) => {
                if let Some(router) = self.routers.get(id.0) {
                    router.fields.set(name, value);
                }
            }
            _ => {}
        }
    }

    fn field(&mut self, whole: &Value, object: &Rc<Object>, name: &str) -> Value {
        if let Some(value) = object.get(name) {
            return value;
        }
        let getter = object.getters.borrow().get(name).cloned();
        if let Some(getter) = getter {
            return self.call(&getter, whole.clone(), &[]);
        }
        match &object.made_of {
            Some(Value::Class(class)) => self.member(class, whole, name),
            Some(Value::Object(prototype)) => self.field(whole, &prototype.clone(), name),
            Some(_) => Value::Unknown,
            None if object.is_open.get() => Value::Unknown,
            None => Value::undefined(),
        }
    }

    /// Returns a method of a class or of what it extends, for that `this`; a getter is asked.
    pub(super) fn member(&mut self, class: &Rc<ClassValue>, this: &Value, name: &str) -> Value {
        if name == "constructor" {
            return Value::Class(class.clone());
        }
        let mut current = class.clone();
        for _ in 0..MOST_CLASSES {
            if let Some(function) = self.method_in(&current, name, false) {
                let method = method_of(&current, function.clone(), this.clone(), class);
                if self.is_getter(current.module, &function) {
                    return self.call(&method, this.clone(), &[]);
                }
                return method;
            }
            match &current.base {
                Some(Value::Class(base)) => current = base.clone(),
                Some(Value::Function(base)) => {
                    return match base.fields.get("prototype") {
                        Some(Value::Object(prototype)) => self.field(this, &prototype, name),
                        _ => Value::Unknown,
                    };
                }
                Some(_) => return Value::Unknown,
                None => return Value::undefined(),
            }
        }
        Value::Unknown
    }

    fn static_member(&mut self, class: &Rc<ClassValue>, name: &str) -> Value {
        let mut current = class.clone();
        for _ in 0..MOST_CLASSES {
            if let Some(value) = current.fields.get(name) {
                return value;
            }
            if let Some(function) = self.method_in(&current, name, true) {
                return method_of(&current, function, Value::Class(class.clone()), class);
            }
            let Some(Value::Class(base)) = &current.base else { break };
            current = base.clone();
        }
        Value::Unknown
    }

    /// Returns a method of a class; static ones and others may have the same name.
    fn method_in(&self, class: &ClassValue, name: &str, is_static: bool) -> Option<Arc<Function>> {
        let mut named = class.class.methods().filter(|method| method.name == name);
        named.find(|method| self.is_static(class.module, method) == is_static).cloned()
    }

    /// Returns whether a method is one of the class itself.
    pub(super) fn is_static(&self, module: ModuleId, function: &Function) -> bool {
        let head = self.project.text(module, Span { end: function.body_span.start, ..function.outer_span });
        head.split('(').next().is_some_and(|head| head.split_whitespace().any(|word| word == "static"))
    }

    fn is_getter(&self, module: ModuleId, function: &Function) -> bool {
        let head = Span { end: function.body_span.start, ..function.span };
        let head = self.project.text(module, head).trim_start();
        head.strip_prefix("public ").unwrap_or(head).starts_with("get ")
    }

    /// Makes an instance of a class, or of a function that is used like one.
    pub(super) fn instance(&mut self, value: &Value, given: &[Given]) -> Value {
        match value {
            Value::Class(class) => {
                let made = Rc::new(Object { made_of: Some(value.clone()), ..Object::default() });
                let this = Value::Object(made);
                self.instances.entry(Arc::as_ptr(&class.class)).or_insert_with(|| this.clone());
                self.construct(class, &this, given, 0);
                this
            }
            Value::Function(closure) => {
                let prototype = self.property(value, "prototype");
                let this = Value::Object(Rc::new(Object { made_of: Some(prototype), ..Object::default() }));
                let own = closure.with_this(this.clone());
                match self.call_closure(&own, given) {
                    value @ (Value::Router(_) | Value::Object(_) | Value::Function(_)) => value,
                    _ => this,
                }
            }
            _ => Value::Unknown,
        }
    }

    /// Gives an instance its fields and follows the constructor, the base's first.
    pub(super) fn construct(&mut self, class: &Rc<ClassValue>, this: &Value, given: &[Given], steps: usize) {
        if steps > MOST_CLASSES {
            return;
        }
        let frame =
            Frame { module: class.module, scope: class.scope.clone(), this: this.clone(), home: Some(class.clone()) };
        let constructor = class.class.method("constructor").cloned();
        if constructor.is_none() {
            self.construct_base(class, this, given, steps);
        }
        for member in &class.class.members {
            let StatementKind::Assign(targets, Some(value)) = &member.kind else { continue };
            if self.project.text(class.module, member.span).trim_start().contains("static ") {
                continue;
            }
            let value = self.eval(&frame, value);
            targets.iter().filter_map(|t| t.name()).for_each(|name| self.set_property(this, name, value.clone()));
        }
        let Some(constructor) = constructor else { return };
        let is_typed =
            self.project.module(class.module).is_some_and(|m| m.language != crate::lang::Language::JavaScript);
        if is_typed {
            // `constructor(private readonly users: Users)` gives a field; which parameters do is not told apart.
            for (parameter, given) in constructor.parameters.iter().zip(given) {
                self.set_property(this, &parameter.name, given.value.clone());
            }
        }
        if let Value::Function(closure) = method_of(class, constructor, this.clone(), class) {
            self.call_closure(&closure, given);
        }
    }

    /// Follows the constructor of what a class extends.
    pub(super) fn construct_base(&mut self, class: &Rc<ClassValue>, this: &Value, given: &[Given], steps: usize) {
        match &class.base {
            Some(Value::Class(base)) => self.construct(&base.clone(), this, given, steps + 1),
            Some(Value::Function(base)) => {
                self.call_closure(&base.with_this(this.clone()), given);
            }
            _ => {}
        }
    }

    /// Follows a body and returns its result.
    pub(super) fn result_of(&mut self, frame: &Frame, function: &Function) -> Value {
        match self.run_block(frame, &function.body) {
            Flow::Return(value) | Flow::Perhaps(value) => value,
            _ => Value::undefined(),
        }
    }
}

/// Makes a method of what a class declares.
fn method_of(home: &Rc<ClassValue>, function: Arc<Function>, this: Value, through: &Rc<ClassValue>) -> Value {
    Value::Function(Rc::new(Closure {
        module: home.module,
        function,
        scope: home.scope.clone(),
        this,
        home: Some(home.clone()),
        through: Some(through.clone()),
        is_doubtful: false,
        bound: Vec::new(),
        fields: Rc::default(),
    }))
}
