//! What ties an object to the caller at a place: a fact, its own conditions, what it belongs to, or the ids that it was
//! loaded by.

use super::engine::{AccessGuard, CodeAccess, HandlerReader};
use super::facts::{CallerTie, Facts, Key};
use super::value::{PlaceSet, QueryCondition};
use super::words;

/// A search for one object. Each access is looked at once: one that gave nothing gives nothing on another way either,
/// since the first that gives something ends the search. Objects are joined in so many ways that following all of them
/// would never end.
struct TieSearch<'a> {
    accesses: &'a [CodeAccess],
    facts: &'a Facts,
    asked: PlaceSet,
}

impl HandlerReader<'_> {
    /// Returns what ties an object to the caller here.
    pub(super) fn guard(&self, facts: &Facts, place: usize) -> Option<AccessGuard> {
        TieSearch { accesses: &self.accesses, facts, asked: PlaceSet::default() }.find(place)
    }
}

impl TieSearch<'_> {
    fn find(&mut self, place: usize) -> Option<AccessGuard> {
        let access = self.accesses.get(place)?;
        if self.asked.has(place) {
            return None;
        }
        self.asked = self.asked.with(PlaceSet::of(place));

        // The conditions of the load itself are the surest tie; a claimed identity is looked at last.
        if let Some(tie) = access.scope.filter(|tie| *tie != CallerTie::Claimed) {
            return Some(AccessGuard { tie: Some(tie), mark: access.mark });
        }
        if let Some(fact) = self.facts.get(Key::Object(place)) {
            return Some(AccessGuard { tie: Some(fact.tie), mark: fact.mark });
        }
        let facts = self.facts;
        let by_parent = access.parents.iter().find_map(|parent| self.find(parent));
        let by_id = by_parent.or_else(|| self.find_by_clauses(access, place));
        let claimed = || access.scope.map(|tie| AccessGuard { tie: Some(tie), mark: access.mark });
        let by_role = || facts.get(Key::Role).map(|fact| AccessGuard { tie: None, mark: fact.mark });

        // A role comes after every tie: an owner check beside it says more.
        by_id.or_else(claimed).or_else(by_role)
    }

    fn find_by_clauses(&mut self, access: &CodeAccess, place: usize) -> Option<AccessGuard> {
        access.clauses.iter().find_map(|clause| {
            let QueryCondition::Equal(bound) = clause else { return None };
            let by_object = bound.labels.objects.iter().find_map(|object| self.find(object));
            by_object.or_else(|| bound.labels.ids.iter().find_map(|id| self.find_by_id(id, (place, &bound.column))))
        })
    }

    /// An id is tied where a fact says so, or where an object that was loaded by it alone is tied.
    fn find_by_id(&mut self, id: usize, (place, column): (usize, &str)) -> Option<AccessGuard> {
        if let Some(fact) = self.facts.get(Key::Id(id)) {
            return Some(AccessGuard { tie: Some(fact.tie), mark: fact.mark });
        }
        let accesses = self.accesses;
        let model = accesses.get(place).and_then(|access| access.model.as_ref());
        let others = accesses.iter().enumerate().filter(|(other, _)| *other != place);
        // An object that was loaded by this id alone ties the id; a list by it may hold others' rows.
        others.filter(|(_, other)| other.labels.ids == PlaceSet::of(id) && !other.is_many).find_map(
            |(other, access)| {
                // The key of one table says nothing of a row of another table with the same key.
                let same = access.model.is_none() || model.is_none() || access.model.as_ref() == model;
                if same || !words::is_primary(column) { self.find(other) } else { None }
            },
        )
    }
}
