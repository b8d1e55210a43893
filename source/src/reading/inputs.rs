//! What the reading of a called function can depend on: what it is given, what was left for it, what is known of both. It is
//! written down so that two calls with the same text are read alike.

use super::engine::{CodeAccess, HandlerReader};
use super::facts::{CodeMark, Facts, Key};
use super::follow::CallArgument;
use super::renumber::Renumbering;
use super::report::IdOrigin;
use super::value::{CodeValue, Labels, Names, Part, PlaceSet, Query, QueryCondition, Sends, ValueKind, labels_of};
use crate::ir::{Function, Spread};
use crate::project::{ClassRef, FunctionRef};
use crate::routes::FrameworkName;

/// The ids that a call can have to do with, in the order in which they are met.
#[derive(Debug, Default)]
pub(super) struct Reachable {
    pub(super) ids: Vec<usize>,
    /// Lines that something rests on, which are only cited.
    pub(super) marks: Vec<CodeMark>,
    met: Labels,
    /// It is given functions that hold names of their own.
    is_open: bool,
}

impl HandlerReader<'_> {
    /// Returns what a call can have to do with. `None` where that is more than ids: what is known of objects, of what they
    /// were loaded by and belong to, is hardly ever the same at two calls.
    pub(super) fn reachable(&self, given: &[CallArgument], left: &Names, known: &Facts) -> Option<Reachable> {
        let mut found = Reachable::default();
        // Views of Django reach for the path by themselves.
        if self.framework == FrameworkName::Django {
            found.take(self.path_labels());
        }
        given.iter().for_each(|given| found.value(&given.value));
        left.iter().for_each(|(_, value)| found.value(value));
        let ids = found.met.ids;
        let is_loaded =
            |access: &CodeAccess| !access.labels.ids.is_empty() && access.labels.ids.without(ids).is_empty();
        // Objects have histories that hardly repeat, so that a summary would cost more than it saves.
        if found.is_open || !found.met.objects.is_empty() || self.accesses.iter().any(is_loaded) {
            return None;
        }
        found.cite_known(known);
        Some(found)
    }
}

impl Reachable {
    fn take(&mut self, labels: Labels) {
        self.ids.extend(labels.ids.without(self.met.ids).iter());
        self.met = self.met.with(labels);
    }

    fn value(&mut self, value: &CodeValue) {
        self.take(value.labels);
        if let Some(truth) = &value.truth {
            self.facts(&truth.yes);
            self.facts(&truth.no);
        }
        match &value.kind {
            ValueKind::Query(query) => self.take(Labels { objects: query.parents, ..labels_of(&query.clauses) }),
            ValueKind::Condition(clauses) => self.take(labels_of(clauses)),
            ValueKind::Text(_, parts) | ValueKind::List(parts) => parts.iter().for_each(|part| self.value(part)),
            ValueKind::Record(entries) => entries.iter().for_each(|(_, value)| self.value(value)),
            ValueKind::Function(_, around) => self.is_open |= !around.is_empty(),
            _ => {}
        }
    }

    fn facts(&mut self, facts: &Facts) {
        for fact in facts.iter() {
            self.cite(fact.mark);
            match fact.key {
                Key::Role => {}
                Key::Id(place) => self.take(Labels { ids: PlaceSet::of(place), ..Labels::default() }),
                Key::Object(place) => self.take(Labels { objects: PlaceSet::of(place), ..Labels::default() }),
            }
        }
    }

    /// Cites what is known of what was met.
    fn cite_known(&mut self, known: &Facts) {
        for fact in known.iter() {
            if matches!(fact.key, Key::Role) || matches!(fact.key, Key::Id(place) if self.met.ids.has(place)) {
                self.cite(fact.mark);
            }
        }
    }

    fn cite(&mut self, mark: CodeMark) {
        if !self.marks.contains(&mark) {
            self.marks.push(mark);
        }
    }
}

/// Everything that the reading of a called function can depend on, as bytes. Functions and classes are written as their
/// addresses, which stay what they are while their project is read.
pub(super) struct InputText<'r> {
    bytes: Vec<u8>,
    places: &'r Renumbering,
}

impl<'r> InputText<'r> {
    pub(super) fn new(places: &'r Renumbering) -> InputText<'r> {
        InputText { bytes: Vec::with_capacity(256), places }
    }

    pub(super) fn finish(self) -> Box<[u8]> {
        self.bytes.into()
    }

    pub(super) fn number(&mut self, number: usize) {
        self.bytes.extend(number.to_le_bytes());
    }

    fn tag(&mut self, tag: u8) {
        self.bytes.push(tag);
    }

    pub(super) fn text(&mut self, text: &str) {
        // The length comes first, so that two texts side by side cannot be read as another pair.
        self.number(text.len());
        self.bytes.extend(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        self.tag(u8::from(text.is_some()));
        self.text(text.unwrap_or_default());
    }

    fn address<T>(&mut self, of: *const T) {
        self.number(of.addr());
    }

    pub(super) fn function(&mut self, function: &FunctionRef) {
        self.address::<Function>(std::sync::Arc::as_ptr(&function.function));
        self.class(function.class.as_ref());
    }

    fn class(&mut self, class: Option<&ClassRef>) {
        self.number(class.map_or(0, |class| std::sync::Arc::as_ptr(&class.class).addr()));
    }

    pub(super) fn mark(&mut self, mark: CodeMark) {
        let mark = self.places.mark(mark);
        self.number(mark.module.0);
        self.number(mark.span.start);
        self.number(mark.span.end);
    }

    pub(super) fn origin(&mut self, from: IdOrigin) {
        self.tag(from as u8);
    }

    fn places(&mut self, ids: PlaceSet, objects: PlaceSet) {
        self.bytes.extend(self.places.ids(ids).bits().to_le_bytes());
        self.bytes.extend(self.places.objects(objects).bits().to_le_bytes());
    }

    fn labels(&mut self, labels: Labels) {
        let flags = [labels.subject, labels.tenant, labels.role, labels.claimed, labels.token];
        self.tag(flags.iter().fold(0, |all, flag| all << 1 | u8::from(*flag)));
        self.places(labels.ids, labels.objects);
    }

    pub(super) fn given(&mut self, given: &CallArgument) {
        self.optional(given.name.as_deref());
        self.tag(match given.spread {
            Spread::One => 0,
            Spread::Many => 1,
            Spread::Named => 2,
        });
        self.value(&given.value);
    }

    pub(super) fn names(&mut self, names: &Names) {
        self.number(names.len());
        for (name, value) in names {
            self.text(name);
            self.value(value);
        }
    }

    fn value(&mut self, value: &CodeValue) {
        self.labels(value.labels);
        self.optional(value.field.as_deref());
        self.tag(u8::from(value.never) << 1 | u8::from(value.truth.is_some()));

        if let Some(truth) = &value.truth {
            self.facts(&truth.yes);
            self.facts(&truth.no);
        }
        self.kind(&value.kind);
    }

    fn kind(&mut self, kind: &ValueKind) {
        match kind {
            ValueKind::Plain => self.tag(0),
            ValueKind::Query(query) => {
                self.tag(1);
                self.query(query);
            }
            ValueKind::Condition(clauses) => {
                self.tag(2);
                self.clauses(clauses);
            }
            ValueKind::Class(name, class) => {
                self.tag(3);
                self.text(name);
                self.class(class.as_ref());
            }
            ValueKind::Instance(class) => {
                self.tag(4);
                self.class(Some(class));
            }
            ValueKind::Repository(name) => {
                self.tag(5);
                self.text(name);
            }
            ValueKind::Store(name) => {
                self.tag(6);
                self.text(name);
            }
            ValueKind::Connection => self.tag(7),
            ValueKind::Request(part) => {
                self.tag(8);
                self.tag(part_number(*part));
            }
            ValueKind::Response => self.tag(9),
            ValueKind::Next => self.tag(10),
            ValueKind::Text(text, parts) => {
                self.tag(11);
                self.text(text);
                self.values(parts);
            }
            ValueKind::Record(entries) => {
                self.tag(12);
                self.names(entries);
            }
            ValueKind::List(items) => {
                self.tag(13);
                self.values(items);
            }
            ValueKind::Function(function, _) => {
                self.tag(14);
                self.function(function);
            }
        }
    }

    fn values(&mut self, values: &[CodeValue]) {
        self.number(values.len());
        values.iter().for_each(|value| self.value(value));
    }

    fn query(&mut self, query: &Query) {
        self.optional(query.model.as_deref());
        self.clauses(&query.clauses);
        self.places(PlaceSet::default(), query.parents);
        self.tag(u8::from(query.from_subject));
        self.sends(query.sends);

        self.mark(query.mark);
    }

    fn sends(&mut self, sends: Sends) {
        self.tag(match sends {
            Sends::Load => 0,
            Sends::Update => 1,
            Sends::Delete => 2,
            Sends::Create => 3,
        });
    }

    fn clauses(&mut self, clauses: &[QueryCondition]) {
        self.number(clauses.len());
        for clause in clauses {
            match clause {
                QueryCondition::Other => self.tag(0),
                QueryCondition::Equal(bound) => {
                    self.tag(1);
                    self.text(&bound.column);
                    self.labels(bound.labels);
                    self.optional(bound.field.as_deref());
                }
                QueryCondition::Any(arms) => {
                    self.tag(2);
                    self.number(arms.len());
                    arms.iter().for_each(|arm| self.clauses(arm));
                }
            }
        }
    }

    /// Writes the facts on what has a place.
    pub(super) fn facts(&mut self, facts: &Facts) {
        self.tag(u8::from(facts.is_impossible));
        for fact in facts.iter() {
            let (tag, ids, objects) = match fact.key {
                Key::Role => (1, PlaceSet::default(), PlaceSet::default()),
                Key::Id(place) => (2, PlaceSet::of(place), PlaceSet::default()),
                Key::Object(place) => (3, PlaceSet::default(), PlaceSet::of(place)),
            };
            let has_place = !self.places.ids(ids).is_empty() || !self.places.objects(objects).is_empty();

            // Facts on what the call cannot reach do not change its reading.
            if tag == 1 || has_place {
                self.tag(tag);
                self.places(ids, objects);
                self.tag(fact.tie as u8);
                self.mark(fact.mark);
            }
        }

        self.tag(0);
    }
}

fn part_number(part: Part) -> u8 {
    match part {
        Part::Whole => 0,
        Part::Path => 1,
        Part::Query => 2,
        Part::Body => 3,
        Part::Headers => 4,
        Part::Cookies => 5,
        Part::Session => 6,
        Part::Locals => 7,
    }
}
