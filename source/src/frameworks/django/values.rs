//! What an expression of a URL configuration comes to: patterns, routers, views, and what is not known.

use std::rc::Rc;
use std::sync::Arc;

use crate::ir::{Expr, Span, last_part};
use crate::project::{ClassRef, FunctionRef, ModuleId};

/// Longer lists are cut.
const MOST_ITEMS: usize = 5_000;

/// What an expression comes to.
#[derive(Debug, Clone)]
pub(super) enum DjangoValue {
    /// A list or a tuple.
    List(Rc<Vec<DjangoValue>>),
    /// A text.
    Text(String),
    /// `True`, `False`, and `None` as `False`.
    Flag(bool),
    /// A dictionary.
    Pairs(Rc<Vec<(DjangoValue, DjangoValue)>>),
    /// `path(..)`, `re_path(..)`, `url(..)`
    Pattern(Rc<UrlPattern>),
    /// `include(..)` of these.
    Include(Box<DjangoValue>),
    /// A router, by its place in the list of routers.
    Router(usize),
    /// What one registration of a router returns: the router, and the place of the registration.
    Registered(usize, usize),
    /// The patterns of a router.
    RouterUrls(usize),
    /// The registrations of a router.
    Registry(usize),
    /// A view with what is put around it.
    View(Rc<DjangoView>),
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
    pub(super) target: DjangoValue,
    /// The call that declares it.
    pub(super) declared: (ModuleId, Span),
}

/// A view with what is put around it.
#[derive(Debug, Clone)]
pub(super) struct DjangoView {
    /// A class, a function, or something outside of the project.
    pub(super) target: DjangoValue,
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
pub(super) struct DjangoRouter {
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
    pub(super) view: DjangoValue,
    /// The call that registers it.
    pub(super) declared: (ModuleId, Span),
}

impl DjangoValue {
    /// Makes a list.
    pub(super) fn list(items: Vec<DjangoValue>) -> DjangoValue {
        DjangoValue::List(Rc::new(items))
    }

    /// Returns the text, where it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            DjangoValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns whether nothing is known of it.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, DjangoValue::Unknown)
    }

    /// Returns whether a path can lead to it.
    pub(super) fn is_view(&self) -> bool {
        matches!(self, DjangoValue::View(_) | DjangoValue::Function(_))
    }

    /// Returns this and what is added to it.
    pub(super) fn add(self, other: DjangoValue) -> DjangoValue {
        match (self, other) {
            (DjangoValue::Text(left), DjangoValue::Text(right)) => DjangoValue::Text(left + &right),
            // A text plus something unknown is no path that could be called.
            (DjangoValue::Text(_), _) | (_, DjangoValue::Text(_)) => DjangoValue::Unknown,
            // A list keeps its known part: patterns that cannot be seen must not hide those that can.
            (DjangoValue::Unknown, other) => other,
            (left, DjangoValue::Unknown) => left,
            (left, right) => {
                let mut items = [left.items(), right.items()].concat();
                items.truncate(MOST_ITEMS);
                DjangoValue::list(items)
            }
        }
    }

    /// Returns its items; what is no list is one item of its own, for a walk to look into.
    pub(super) fn items(&self) -> Vec<DjangoValue> {
        match self {
            DjangoValue::List(items) => items.to_vec(),
            DjangoValue::Unknown | DjangoValue::Flag(_) => Vec::new(),
            DjangoValue::Pairs(pairs) => pairs.iter().map(|(key, _)| key.clone()).collect(),
            other => vec![other.clone()],
        }
    }

    /// Returns a dictionary with one more entry, or another one for its key. `None` where it is none, or the key is not known.
    pub(super) fn with_entry(self, key: DjangoValue, value: DjangoValue) -> Option<DjangoValue> {
        key.text()?;
        let mut pairs = match &self {
            DjangoValue::Pairs(pairs) => pairs.to_vec(),
            // `dict()`, `defaultdict(list)`, `OrderedDict()`
            DjangoValue::Outside(full) if last_part(full).to_lowercase().ends_with("dict") => Vec::new(),
            _ => return None,
        };

        let is_full = pairs.len() >= MOST_ITEMS;
        match pairs.iter_mut().find(|(known, _)| known.text() == key.text()) {
            Some((_, known)) => *known = value,
            None if is_full => return None,
            None => pairs.push((key, value)),
        }
        Some(DjangoValue::Pairs(Rc::new(pairs)))
    }

    /// Returns what either arm of a condition leaves: both lists, or whichever is known.
    pub(super) fn either(self, other: DjangoValue) -> DjangoValue {
        match (&self, &other) {
            // The same value on both arms must not be listed twice.
            _ if self.is_same(&other) => self,
            (DjangoValue::List(left), DjangoValue::List(right)) => {
                // An arm that only adds to what was there leaves all of it in.
                let shared = left.iter().zip(right.iter()).take_while(|(a, b)| a.is_same(b)).count();
                let added = right.iter().skip(shared).cloned();
                DjangoValue::list(left.iter().cloned().chain(added).take(MOST_ITEMS).collect())
            }
            (DjangoValue::Unknown | DjangoValue::Outside(_) | DjangoValue::Flag(_), DjangoValue::Unknown) => self,
            (DjangoValue::Unknown | DjangoValue::Outside(_) | DjangoValue::Flag(_), _) => other,
            // Of two values that exclude each other the first stays; the reader swaps arms by the settings.
            _ => self,
        }
    }

    /// Returns whether both are certainly one.
    pub(super) fn is_same(&self, other: &DjangoValue) -> bool {
        match (self, other) {
            (DjangoValue::List(left), DjangoValue::List(right)) => Rc::ptr_eq(left, right),
            (DjangoValue::Pairs(left), DjangoValue::Pairs(right)) => Rc::ptr_eq(left, right),
            (DjangoValue::Pattern(left), DjangoValue::Pattern(right)) => Rc::ptr_eq(left, right),
            (DjangoValue::View(left), DjangoValue::View(right)) => Rc::ptr_eq(left, right),
            (DjangoValue::Router(left), DjangoValue::Router(right)) => left == right,
            (DjangoValue::RouterUrls(left), DjangoValue::RouterUrls(right)) => left == right,
            (DjangoValue::Registry(left), DjangoValue::Registry(right)) => left == right,
            (DjangoValue::Text(left), DjangoValue::Text(right)) => left == right,
            (DjangoValue::Outside(left), DjangoValue::Outside(right)) => left == right,
            (DjangoValue::Flag(left), DjangoValue::Flag(right)) => left == right,
            (DjangoValue::Module(left), DjangoValue::Module(right)) => left == right,
            (DjangoValue::Class(left), DjangoValue::Class(right)) => Arc::ptr_eq(&left.class, &right.class),
            (DjangoValue::Function(left), DjangoValue::Function(right)) => Arc::ptr_eq(&left.function, &right.function),
            (DjangoValue::Include(left), DjangoValue::Include(right)) => left.is_same(right),
            (DjangoValue::Unknown, DjangoValue::Unknown) => true,
            _ => false,
        }
    }

    /// Returns whether it counts as true. Absent where that is not known.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            DjangoValue::Flag(flag) => Some(*flag),
            DjangoValue::Text(text) => Some(!text.is_empty()),
            DjangoValue::List(items) => Some(!items.is_empty()),
            DjangoValue::Pairs(pairs) => Some(!pairs.is_empty()),
            DjangoValue::Class(_) | DjangoValue::Function(_) | DjangoValue::Module(_) | DjangoValue::Router(_) => {
                Some(true)
            }
            // Objects of classes, views and what lies outside may define their own truth.
            _ => None,
        }
    }
}
