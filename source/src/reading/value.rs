//! What is known of a value while a handler is read: what it was made of, and what it is for.

use std::rc::Rc;

use super::facts::{CodeMark, Facts};
use crate::project::{ClassRef, FunctionRef};

/// A small set of places in a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct PlaceSet(u64);

impl PlaceSet {
    /// How many there can be.
    pub(super) const MOST: usize = 64;

    pub(super) fn of(place: usize) -> PlaceSet {
        // A place beyond the width is in no set, rather than in a wrong one.
        PlaceSet(1u64.checked_shl(u32::try_from(place).unwrap_or(u32::MAX)).unwrap_or(0))
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the set as a number: a bit for each place.
    pub(super) fn bits(self) -> u64 {
        self.0
    }

    pub(super) fn with(self, other: PlaceSet) -> PlaceSet {
        PlaceSet(self.0 | other.0)
    }

    pub(super) fn without(self, other: PlaceSet) -> PlaceSet {
        PlaceSet(self.0 & !other.0)
    }

    pub(super) fn has(self, place: usize) -> bool {
        self.0 & PlaceSet::of(place).0 != 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let place = left.trailing_zeros();
            left &= left.checked_sub(1)?;
            usize::try_from(place).ok()
        })
    }
}

/// What a value was made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Labels {
    /// The caller.
    pub(super) subject: bool,
    /// A group of the caller.
    pub(super) tenant: bool,
    /// A role of the caller.
    pub(super) role: bool,
    /// An identity that a header claims and nothing proves.
    pub(super) claimed: bool,
    /// A credential.
    pub(super) token: bool,
    /// Values of the request that a client chooses.
    pub(super) ids: PlaceSet,
    /// Objects that were loaded.
    pub(super) objects: PlaceSet,
}

impl Labels {
    pub(super) fn with(self, other: Labels) -> Labels {
        Labels {
            subject: self.subject || other.subject,
            tenant: self.tenant || other.tenant,
            role: self.role || other.role,
            claimed: self.claimed || other.claimed,
            token: self.token || other.token,
            ids: self.ids.with(other.ids),
            objects: self.objects.with(other.objects),
        }
    }

    /// Whether a client has a say in it: by an id, or by an object that it named.
    pub(super) fn is_chosen(&self) -> bool {
        !self.ids.is_empty() || !self.objects.is_empty()
    }

    pub(super) fn is_plain(&self) -> bool {
        *self == Labels::default()
    }
}

/// A part of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Path,
    Query,
    Body,
    Headers,
    Cookies,
    Session,
    /// `res.locals`, `g`, `ctx.state`, `request.state`: what earlier code left for later code.
    Locals,
}

/// What a value is for.
#[derive(Debug, Clone, Default)]
pub(super) enum ValueKind {
    #[default]
    Plain,
    /// A query that was not sent yet.
    Query(Rc<Query>),
    /// Conditions for a query.
    Condition(Rc<Vec<QueryCondition>>),
    /// A class: a model, a schema, a service.
    Class(Rc<str>, Option<ClassRef>),
    /// An object of a class of the project.
    Instance(ClassRef),
    /// Something that holds the objects of one model: a repository, a collection, a manager.
    Repository(Rc<str>),
    /// A table in memory.
    Store(Rc<str>),
    /// A connection, a session, a cursor.
    Connection,
    /// A part of the request.
    Request(Part),
    /// The response that is being made.
    Response,
    /// The function that goes on with the next part of a chain.
    Next,
    /// A text, with `{}` where values stand.
    Text(Rc<str>, Rc<Vec<CodeValue>>),
    Record(Rc<Vec<(Rc<str>, CodeValue)>>),
    List(Rc<Vec<CodeValue>>),
    /// A function, and the names around it.
    Function(FunctionRef, Rc<Names>),
}

/// Names and what they stand for.
pub(super) type Names = Vec<(Rc<str>, CodeValue)>;

/// A value.
#[derive(Debug, Clone, Default)]
pub(super) struct CodeValue {
    pub(super) labels: Labels,
    pub(super) kind: ValueKind,
    /// What holds where it is true, and where it is not.
    pub(super) truth: Option<Rc<Truth>>,
    /// The field of the object that it is, where it is one.
    pub(super) field: Option<Rc<str>>,
    /// Nothing goes on behind it: a call that always throws.
    pub(super) never: bool,
}

/// What holds where a value is true, and where it is not.
#[derive(Debug, Clone, Default)]
pub(super) struct Truth {
    pub(super) yes: Facts,
    pub(super) no: Facts,
}

/// One condition of a query.
#[derive(Debug, Clone)]
pub(super) enum QueryCondition {
    /// A column that is to be equal to a value.
    Equal(ColumnBinding),
    /// Any of these.
    Any(Vec<Vec<QueryCondition>>),
    /// A condition that narrows nothing down to one caller or id.
    Other,
}

/// A column and the value that it is to be equal to.
#[derive(Debug, Clone)]
pub(super) struct ColumnBinding {
    pub(super) column: Rc<str>,
    pub(super) labels: Labels,
    /// The field of the object that the value is.
    pub(super) field: Option<Rc<str>>,
}

/// What a query does when it is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Sends {
    #[default]
    Load,
    Update,
    Delete,
    Create,
}

/// A query.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pub(super) model: Option<Rc<str>>,
    pub(super) clauses: Vec<QueryCondition>,
    /// Objects that it starts from: `order.items`.
    pub(super) parents: PlaceSet,
    /// Whether it starts from the caller: `current_user.invoices`.
    pub(super) from_subject: bool,
    pub(super) sends: Sends,
    pub(super) mark: CodeMark,
}

impl CodeValue {
    pub(super) fn of(labels: Labels) -> CodeValue {
        CodeValue { labels, ..CodeValue::default() }
    }

    pub(super) fn kind(kind: ValueKind) -> CodeValue {
        CodeValue { kind, ..CodeValue::default() }
    }

    /// A condition that is known to say something where it holds.
    pub(super) fn if_true(yes: Facts) -> CodeValue {
        CodeValue { truth: Some(Rc::new(Truth { yes, no: Facts::default() })), ..CodeValue::default() }
    }

    pub(super) fn labelled(labels: Labels, kind: ValueKind) -> CodeValue {
        CodeValue { labels, kind, ..CodeValue::default() }
    }

    pub(super) fn subject() -> CodeValue {
        CodeValue::of(Labels { subject: true, ..Labels::default() })
    }

    pub(super) fn token() -> CodeValue {
        CodeValue::of(Labels { token: true, ..Labels::default() })
    }

    /// Keeps what it was made of.
    pub(super) fn plain(&self) -> CodeValue {
        CodeValue::of(self.labels)
    }

    pub(super) fn part(&self) -> Option<Part> {
        match self.kind {
            ValueKind::Request(part) => Some(part),
            _ => None,
        }
    }

    /// Makes one value of two that stand for the same name on two paths. Truth is joined with the paths' facts elsewhere.
    pub(super) fn merged(&self, other: &CodeValue) -> CodeValue {
        let keep = !matches!(self.kind, ValueKind::Plain);
        CodeValue {
            labels: self.labels.with(other.labels),
            kind: if keep { self.kind.clone() } else { other.kind.clone() },
            truth: None,
            field: self.field.clone().filter(|field| other.field.as_ref() == Some(field)),
            never: self.never && other.never,
        }
    }
}

/// Returns everything that these conditions were made of.
pub(super) fn labels_of(clauses: &[QueryCondition]) -> Labels {
    clauses.iter().fold(Labels::default(), |labels, clause| match clause {
        QueryCondition::Equal(bound) => labels.with(bound.labels),
        QueryCondition::Any(arms) => arms.iter().fold(labels, |labels, arm| labels.with(labels_of(arm))),
        QueryCondition::Other => labels,
    })
}
