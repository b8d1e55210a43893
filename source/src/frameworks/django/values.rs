//! What an expression of a URL configuration comes to: patterns, routers, views, and what is not known.

use std::rc::Rc;
use std::sync::Arc;

use crate::ir::{Expr, Span, last_part};
use crate::project::{ClassRef, FunctionRef, ModuleId};

/// Longer lists are cut.
const MOST_ITEMS: usize = 5_000;

/// What an expression comes to.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// A list or a tuple.
    List(Rc<Vec<Value>>),
    /// A text.
    Text(String),
    /// `True`, `False`, and `None` as `False`.
    Flag(bool),
    /// A dictionary.
    Pairs(Rc<Vec<(Value, Value)>>),
    /// `path(..)`, `re_path(..)`, `url(..)`
    Pattern(Rc<UrlPattern>),
    /// `include(..)` of these.
    Include(Box<Value>),
    /// A router, by its place in the list of routers.
    Router(usize),
    /// What one registration of a router returns: the router, and the place of the registration.
    Registered(usize, usize),
    /// The patterns of a router.
    RouterUrls(usize),
    /// The registrations of a router.
    Registry(usize),
    /// A view with what is put around it.
    View(Rc<View>),
    /// A function of the project.
    Function(FunctionRef),
    /// A class of the project, or an object of it.
    Class(ClassRef),
    /// A module of the project.
    Module(ModuleId),
    /// An installed application, by the name of its package.
    App(String),
    /// Something that is not part of the project, by its full name.
    Outside(String),
    /// Not known.
    Unknown,
}

/// One pattern of a list.
#[derive(Debug)]
pub(super) struct UrlPattern {
    /// The ways that the path may be written; empty where it is not known.
    pub(super) paths: Vec<String>,
    /// A view, or further patterns.
    pub(super) target: Value,
    /// The call that declares it.
    pub(super) declared: (ModuleId, Span),
}

/// A view with what is put around it.
#[derive(Debug, Clone)]
pub(super) struct View {
    /// A class, a function, or something outside of the project.
    pub(super) target: Value,
    /// Which action serves which method; absent where the class's own methods do.
    pub(super) actions: Option<Vec<(String, String)>>,
    /// What `as_view` or `action` is given by name.
    pub(super) settings: Vec<Setting>,
    /// What is put around it where it is declared, outermost first.
    pub(super) wrappers: Vec<Wrapper>,
}

/// A value that a view is given by name.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    /// Its name.
    pub(super) name: String,
    /// Where it is written.
    pub(super) module: ModuleId,
    /// Its value.
    pub(super) value: Expr,
}

/// Something that is put around a view: `login_required(view)`.
#[derive(Debug, Clone)]
pub(super) struct Wrapper {
    /// Where it is written.
    pub(super) module: ModuleId,
    /// The callee; a call itself where it takes options.
    pub(super) expr: Expr,
}

/// A router of the REST framework.
#[derive(Debug, Clone)]
pub(super) struct Router {
    /// Where it is made.
    pub(super) made: (ModuleId, Span),
    /// Its class, where that is part of the project.
    pub(super) class: Option<ClassRef>,
    /// What paths end with.
    pub(super) slash: String,
    /// The router and the prefix in it below which this one lies, and the name of the parent's lookup.
    pub(super) parent: Option<(usize, String, String)>,
    /// What is registered, in order.
    pub(super) registered: Vec<Registration>,
}

/// One registration of a router.
#[derive(Debug, Clone)]
pub(super) struct Registration {
    /// The prefix; absent where it is not known.
    pub(super) prefix: Option<String>,
    /// The set of views.
    pub(super) view: Value,
    /// The call that registers it.
    pub(super) declared: (ModuleId, Span),
}

impl Value {
    /// Makes a list.
    pub(super) fn list(items: Vec<Value>) -> Value {
        Value::List(Rc::new(items))
    }

    /// Returns the text, where it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns whether nothing is known of it.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown)
    }

    /// Returns whether a path can lead to it.
    pub(super) fn is_view(&self) -> bool {
        matches!(self, Value::View(_) | Value::Function(_))
    }

    /// Returns this and what is added to it.
    pub(super) fn add(self, other: Value) -> Value {
        match (self, other) {
            (Value::Text(left), Value::Text(right)) => Value::Text(left + &right),
            (Value::Text(_), _) | (_, Value::Text(_)) => Value::Unknown,
            (Value::Unknown, other) => other,
            (left, Value::Unknown) => left,
            (left, right) => {
                let mut items = [left.items(), right.items()].concat();
                items.truncate(MOST_ITEMS);
                Value::list(items)
            }
        }
    }

    /// Returns its items; what is no list is one item of its own, for a walk to look into.
    pub(super) fn items(&self) -> Vec<Value> {
        match self {
            Value::List(items) => items.to_vec(),
            Value::Unknown | Value::Flag(_) => Vec::new(),
            Value::Pairs(pairs) => pairs.iter().map(|(key, _)| key.clone()).collect(),
            other => vec![other.clone()],
        }
    }

    /// Returns a dictionary with one more entry, or another one for its key. `None` where it is none, or the key is not known.
    pub(super) fn with_entry(self, key: Value, value: Value) -> Option<Value> {
        key.text()?;
        let mut pairs = match &self {
            Value::Pairs(pairs) => pairs.to_vec(),
            // `dict()`, `defaultdict(list)`, `OrderedDict()`
            Value::Outside(full) if last_part(full).to_lowercase().ends_with("dict") => Vec::new(),
            _ => return None,
        };
        let is_full = pairs.len() >= MOST_ITEMS;
        match pairs.iter_mut().find(|(known, _)| known.text() == key.text()) {
            Some((_, known)) => *known = value,
            None if is_full => return None,
            None => pairs.push((key, value)),
        }
        Some(Value::Pairs(Rc::new(pairs)))
    }

    /// Returns what either arm of a condition leaves: both lists, or whichever is known.
    pub(super) fn either(self, other: Value) -> Value {
        match (&self, &other) {
            _ if self.is_same(&other) => self,
            (Value::List(left), Value::List(right)) => {
                // An arm that only adds to what was there leaves all of it in.
                let shared = left.iter().zip(right.iter()).take_while(|(a, b)| a.is_same(b)).count();
                let added = right.iter().skip(shared).cloned();
                Value::list(left.iter().cloned().chain(added).take(MOST_ITEMS).collect())
            }
            (Value::Unknown | Value::Outside(_) | Value::Flag(_), Value::Unknown) => self,
            (Value::Unknown | Value::Outside(_) | Value::Flag(_), _) => other,
            _ => self,
        }
    }

    /// Returns whether both are certainly one.
    pub(super) fn is_same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::List(left), Value::List(right)) => Rc::ptr_eq(left, right),
            (Value::Pairs(left), Value::Pairs(right)) => Rc::ptr_eq(left, right),
            (Value::Pattern(left), Value::Pattern(right)) => Rc::ptr_eq(left, right),
            (Value::View(left), Value::View(right)) => Rc::ptr_eq(left, right),
            (Value::Router(left), Value::Router(right)) => left == right,
            (Value::RouterUrls(left), Value::RouterUrls(right)) => left == right,
            (Value::Registry(left), Value::Registry(right)) => left == right,
            (Value::Text(left), Value::Text(right)) => left == right,
            (Value::Outside(left), Value::Outside(right)) => left == right,
            (Value::Flag(left), Value::Flag(right)) => left == right,
            (Value::Module(left), Value::Module(right)) => left == right,
            (Value::Class(left), Value::Class(right)) => Arc::ptr_eq(&left.class, &right.class),
            (Value::Function(left), Value::Function(right)) => Arc::ptr_eq(&left.function, &right.function),
            (Value::Include(left), Value::Include(right)) => left.is_same(right),
            (Value::Unknown, Value::Unknown) => true,
            _ => false,
        }
    }

    /// Returns whether it counts as true. Absent where that is not known.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Value::Flag(flag) => Some(*flag),
            Value::Text(text) => Some(!text.is_empty()),
            Value::List(items) => Some(!items.is_empty()),
            Value::Pairs(pairs) => Some(!pairs.is_empty()),
            Value::Class(_) | Value::Function(_) | Value::Module(_) | Value::Router(_) => Some(true),
            _ => None,
        }
    }
}
