//! Fields and methods of values.

use std::rc::Rc;
use std::sync::Arc;

use super::machine::{Machine, ScriptFrame};
use super::statements::Flow;
use super::values::{ClassValue, Closure, JsValue, ScriptArgument, ScriptObject};
use crate::ir::{Function, Span, StatementKind};
use crate::project::ModuleId;

/// Longer chains of classes are not followed.
const MOST_CLASSES: usize = 24;

impl Machine<'_> {
    /// Returns a field or a method of a value.
    pub(super) fn property(&mut self, value: &JsValue, name: &str) -> JsValue {
        match value {
            JsValue::Object(object) => self.field(value, object, name),
            JsValue::Module(id) => self.exported(*id, Some(name), 0),
            JsValue::Class(class) => self.static_member(class, name),
            JsValue::External(of) if name == "default" => JsValue::External(of.clone()),
            JsValue::External(of) => JsValue::External(Rc::from(format!("{of}.{name}"))),
            JsValue::Function(closure) => {
                let own = closure.fields.get(name);
                match (own, name) {
                    (Some(own), _) => own,
                    (None, "prototype") => {
                        let made = JsValue::Object(Rc::new(ScriptObject::default()));
                        closure.fields.set("prototype", made.clone());
                        made
                    }
                    // An unknown field becomes a method that remembers its owner, for `call` and `bind`.
                    (None, _) => JsValue::Method(Rc::new((value.clone(), name.to_owned()))),
                }
            }
            JsValue::Router(id) => {
                let own = self.routers.get(id.0).and_then(|router| router.fields.get(name));
                own.unwrap_or_else(|| JsValue::Method(Rc::new((value.clone(), name.to_owned()))))
            }
            JsValue::List(_) | JsValue::Text(_) | JsValue::RouteOf(..) if name != "length" => {
                JsValue::Method(Rc::new((value.clone(), name.to_owned())))
            }
            JsValue::List(items) => JsValue::Constant(Rc::from(items.borrow().len().to_string())),
            _ => JsValue::Unknown,
        }
    }

    /// Returns what stands at a key.
    pub(super) fn element(&mut self, value: &JsValue, key: &JsValue) -> JsValue {
        match (value, key) {
            (JsValue::List(items), JsValue::Constant(place)) => {
                let place = place.parse::<usize>().ok();
                place.and_then(|place| items.borrow().get(place).cloned()).unwrap_or_else(JsValue::undefined)
            }
            (_, JsValue::Text(name)) => self.property(value, name),
            _ => JsValue::Unknown,
        }
    }

    /// Gives a field a value.
    pub(super) fn set_property(&mut self, object: &JsValue, name: &str, value: JsValue) {
        // An unknown value does not replace one that is known, as what is known may carry routes.
        let keeps = |known: Option<JsValue>| known.is_some() && matches!(value, JsValue::Unknown);
        match object {
            JsValue::Object(object) if !keeps(object.get(name)) => object.set(name, value),
            JsValue::Class(class) => class.fields.set(name, value),
            JsValue::Function(closure) => closure.fields.set(name, value),
            JsValue::Router(id) => {
                if let Some(router) = self.routers.get(id.0) {
                    router.fields.set(name, value);
                }
            }
            _ => {}
        }
    }

    fn field(&mut self, whole: &JsValue, object: &Rc<ScriptObject>, name: &str) -> JsValue {
        if let Some(value) = object.get(name) {
            return value;
        }
        let getter = object.getters.borrow().get(name).cloned();

        if let Some(getter) = getter {
            return self.call(&getter, whole.clone(), &[]);
        }
        match &object.made_of {
            Some(JsValue::Class(class)) => self.member(class, whole, name),
            Some(JsValue::Object(prototype)) => self.field(whole, &prototype.clone(), name),
            Some(_) => JsValue::Unknown,
            // An open object may have the field; a closed one has it certainly not.
            None if object.is_open.get() => JsValue::Unknown,
            None => JsValue::undefined(),
        }
    }

    /// Returns a method of a class or of what it extends, for that `this`; a getter is asked.
    pub(super) fn member(&mut self, class: &Rc<ClassValue>, this: &JsValue, name: &str) -> JsValue {
        if name == "constructor" {
            return JsValue::Class(class.clone());
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
                Some(JsValue::Class(base)) => current = base.clone(),
                Some(JsValue::Function(base)) => {
                    return match base.fields.get("prototype") {
                        Some(JsValue::Object(prototype)) => self.field(this, &prototype, name),
                        _ => JsValue::Unknown,
                    };
                }
                Some(_) => return JsValue::Unknown,
                None => return JsValue::undefined(),
            }
        }

        JsValue::Unknown
    }

    fn static_member(&mut self, class: &Rc<ClassValue>, name: &str) -> JsValue {
        let mut current = class.clone();
        for _ in 0..MOST_CLASSES {
            if let Some(value) = current.fields.get(name) {
                return value;
            }
            if let Some(function) = self.method_in(&current, name, true) {
                return method_of(&current, function, JsValue::Class(class.clone()), class);
            }
            let Some(JsValue::Class(base)) = &current.base else { break };
            current = base.clone();
        }

        JsValue::Unknown
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
    pub(super) fn instance(&mut self, value: &JsValue, given: &[ScriptArgument]) -> JsValue {
        match value {
            JsValue::Class(class) => {
                let made = Rc::new(ScriptObject { made_of: Some(value.clone()), ..ScriptObject::default() });
                let this = JsValue::Object(made);
                // The first instance is kept for start functions, which need an object whose fields are filled.
                self.instances.entry(Arc::as_ptr(&class.class)).or_insert_with(|| this.clone());
                self.construct(class, &this, given, 0);
                this
            }
            JsValue::Function(closure) => {
                let prototype = self.property(value, "prototype");
                let this =
                    JsValue::Object(Rc::new(ScriptObject { made_of: Some(prototype), ..ScriptObject::default() }));
                let own = closure.with_this(this.clone());

                match self.call_closure(&own, given) {
                    // A constructor that returns an object replaces `this`, as in the language.
                    value @ (JsValue::Router(_) | JsValue::Object(_) | JsValue::Function(_)) => value,
                    _ => this,
                }
            }
            _ => JsValue::Unknown,
        }
    }

    /// Gives an instance its fields and follows the constructor, the base's first.
    pub(super) fn construct(&mut self, class: &Rc<ClassValue>, this: &JsValue, given: &[ScriptArgument], steps: usize) {
        if steps > MOST_CLASSES {
            return;
        }
        let frame = ScriptFrame {
            module: class.module,
            scope: class.scope.clone(),
            this: this.clone(),
            home: Some(class.clone()),
        };

        let constructor = class.class.method("constructor").cloned();
        // With a constructor the base is followed by its `super` call; without one at once.
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

        if let JsValue::Function(closure) = method_of(class, constructor, this.clone(), class) {
            self.call_closure(&closure, given);
        }
    }

    /// Follows the constructor of what a class extends.
    pub(super) fn construct_base(
        &mut self,
        class: &Rc<ClassValue>,
        this: &JsValue,
        given: &[ScriptArgument],
        steps: usize,
    ) {
        match &class.base {
            Some(JsValue::Class(base)) => self.construct(&base.clone(), this, given, steps + 1),
            Some(JsValue::Function(base)) => {
                self.call_closure(&base.with_this(this.clone()), given);
            }
            _ => {}
        }
    }

    /// Follows a body and returns its result.
    pub(super) fn result_of(&mut self, frame: &ScriptFrame, function: &Function) -> JsValue {
        match self.run_block(frame, &function.body) {
            Flow::Return(value) | Flow::Perhaps(value) => value,
            _ => JsValue::undefined(),
        }
    }
}

/// Makes a method of what a class declares.
fn method_of(home: &Rc<ClassValue>, function: Arc<Function>, this: JsValue, through: &Rc<ClassValue>) -> JsValue {
    JsValue::Function(Rc::new(Closure {
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
