//! Writes values, facts and accesses as they are where ids and objects have other places: what one function comes to is
//! the same whichever handler calls it, only the places differ.

use std::rc::Rc;

use super::engine::{AccessGuard, CodeAccess, Use};
use super::facts::{CodeMark, Facts, Key, OwnershipFact};
use super::value::{CodeValue, ColumnBinding, Labels, Names, PlaceSet, Query, QueryCondition, Truth, ValueKind};

/// Where each id and each object is on the other side. What has no place there is left out. A line that something rested on
/// before is only cited: inside, another mark stands for it.
#[derive(Debug, Default)]
pub(super) struct Renumbering {
    pub(super) ids: Vec<PlaceSet>,
    pub(super) objects: Vec<PlaceSet>,
    /// The marks for which others stand on the other side.
    marks: Vec<CodeMark>,
    is_outward: bool,
}

impl Renumbering {
    /// Makes one for ids that are in this order on the other side.
    pub(super) fn inward(ids: &[usize], marks: Vec<CodeMark>) -> Renumbering {
        let mut places = vec![PlaceSet::default(); ids.iter().max().map_or(0, |most| most + 1)];
        for (new, old) in ids.iter().enumerate() {
            if let Some(place) = places.get_mut(*old) {
                *place = PlaceSet::of(new);
            }
        }
        Renumbering { ids: places, objects: Vec::new(), marks, is_outward: false }
    }

    /// Makes the way back.
    pub(super) fn outward(ids: &[usize], marks: Vec<CodeMark>) -> Renumbering {
        let ids = ids.iter().map(|old| PlaceSet::of(*old)).collect();
        Renumbering { ids, objects: Vec::new(), marks, is_outward: true }
    }

    pub(super) fn mark(&self, mark: CodeMark) -> CodeMark {
        if self.is_outward {
            return mark.stands_for().and_then(|number| self.marks.get(number)).copied().unwrap_or(mark);
        }
        // A mark that is only cited stands for itself outside, so that summaries do not depend on the call.
        let number = self.marks.iter().position(|known| *known == mark);
        number.map_or(mark, CodeMark::stand_in)
    }

    pub(super) fn ids(&self, ids: PlaceSet) -> PlaceSet {
        renumber_places(&self.ids, ids)
    }

    pub(super) fn objects(&self, objects: PlaceSet) -> PlaceSet {
        renumber_places(&self.objects, objects)
    }

    pub(super) fn labels(&self, labels: Labels) -> Labels {
        Labels { ids: self.ids(labels.ids), objects: self.objects(labels.objects), ..labels }
    }

    pub(super) fn value(&self, value: &CodeValue) -> CodeValue {
        CodeValue {
            labels: self.labels(value.labels),
            kind: self.kind(&value.kind),
            truth: value.truth.as_ref().map(|truth| self.truth(truth)),
            field: value.field.clone(),
            never: value.never,
        }
    }

    fn kind(&self, kind: &ValueKind) -> ValueKind {
        match kind {
            ValueKind::Query(query) => ValueKind::Query(Rc::new(self.query(query))),
            ValueKind::Condition(clauses) => ValueKind::Condition(Rc::new(self.clauses(clauses))),
            ValueKind::Text(text, parts) if !parts.is_empty() => ValueKind::Text(text.clone(), self.values(parts)),
            ValueKind::Record(entries) => ValueKind::Record(self.names(entries)),
            ValueKind::List(items) => ValueKind::List(self.values(items)),
            ValueKind::Function(function, around) if !around.is_empty() => {
                ValueKind::Function(function.clone(), self.names(around))
            }
            other => other.clone(),
        }
    }

    fn values(&self, values: &[CodeValue]) -> Rc<Vec<CodeValue>> {
        Rc::new(values.iter().map(|value| self.value(value)).collect())
    }

    pub(super) fn names(&self, names: &Rc<Names>) -> Rc<Names> {
        if names.is_empty() {
            return names.clone();
        }
        Rc::new(names.iter().map(|(name, value)| (name.clone(), self.value(value))).collect())
    }

    fn truth(&self, truth: &Rc<Truth>) -> Rc<Truth> {
        if truth.yes.is_empty() && truth.no.is_empty() {
            return truth.clone();
        }
        Rc::new(Truth { yes: self.facts(&truth.yes), no: self.facts(&truth.no) })
    }

    fn query(&self, query: &Query) -> Query {
        Query { clauses: self.clauses(&query.clauses), parents: self.objects(query.parents), ..query.clone() }
    }

    fn clauses(&self, clauses: &[QueryCondition]) -> Vec<QueryCondition> {
        let clause = |clause: &QueryCondition| match clause {
            QueryCondition::Equal(bound) => {
                QueryCondition::Equal(ColumnBinding { labels: self.labels(bound.labels), ..bound.clone() })
            }
            QueryCondition::Any(arms) => QueryCondition::Any(arms.iter().map(|arm| self.clauses(arm)).collect()),
            QueryCondition::Other => QueryCondition::Other,
        };

        clauses.iter().map(clause).collect()
    }

    /// Returns the facts on what has a place on the other side.
    pub(super) fn facts(&self, facts: &Facts) -> Facts {
        let mut made = if facts.is_impossible { Facts::impossible() } else { Facts::default() };
        facts.iter().for_each(|fact| self.fact(*fact).for_each(|fact| made.add(fact)));
        made
    }

    /// Returns one fact for each place that its subject has.
    pub(super) fn fact(&self, fact: OwnershipFact) -> impl Iterator<Item = OwnershipFact> {
        let (role, ids, objects) = match fact.key {
            Key::Role => (Some(Key::Role), PlaceSet::default(), PlaceSet::default()),
            Key::Id(place) => (None, self.ids(PlaceSet::of(place)), PlaceSet::default()),
            Key::Object(place) => (None, PlaceSet::default(), self.objects(PlaceSet::of(place))),
        };
        let keys = role.into_iter().chain(ids.iter().map(Key::Id)).chain(objects.iter().map(Key::Object));
        let mark = self.mark(fact.mark);
        keys.map(move |key| OwnershipFact { key, mark, ..fact })
    }

    /// Returns what is done with an object.
    pub(super) fn use_of(&self, one: &Use) -> Use {
        let guard = one.guard.map(|guard| AccessGuard { mark: self.mark(guard.mark), ..guard });
        Use { guard, ..one.clone() }
    }

    /// Returns an access without what is done with its object.
    pub(super) fn access(&self, access: &CodeAccess) -> CodeAccess {
        CodeAccess {
            mark: self.mark(access.mark),
            clauses: self.clauses(&access.clauses),
            labels: self.labels(access.labels),
            parents: self.objects(access.parents),
            ups: self.objects(access.ups),
            uses: Vec::new(),
            model: access.model.clone(),
            object: access.object.clone(),
            subject: access.subject.clone(),
            ..*access
        }
    }
}

fn renumber_places(places: &[PlaceSet], old: PlaceSet) -> PlaceSet {
    let new = old.iter().filter_map(|place| places.get(place));
    new.fold(PlaceSet::default(), |all, place| all.with(*place))
}

#[cfg(test)]
mod tests {
    use super::super::facts::CallerTie;
    use super::*;

    #[test]
    fn what_goes_in_and_out_again_is_what_it_was() {
        let labels = Labels { ids: PlaceSet::of(2).with(PlaceSet::of(7)), ..Labels::default() };
        let (inward, outward) = (Renumbering::inward(&[7, 2], Vec::new()), Renumbering::outward(&[7, 2], Vec::new()));
        let inner = inward.labels(labels);
        assert_eq!(inner.ids, PlaceSet::of(0).with(PlaceSet::of(1)));

        assert_eq!(outward.labels(inner), labels);
    }

    #[test]
    fn a_line_that_is_only_cited_comes_back() {
        let mark = CodeMark { module: crate::project::ModuleId(4), ..CodeMark::default() };
        let inner = Renumbering::inward(&[], vec![CodeMark::default(), mark]).mark(mark);
        assert_eq!(inner, CodeMark::stand_in(1));
        assert_eq!(Renumbering::outward(&[], vec![CodeMark::default(), mark]).mark(inner), mark);
    }

    #[test]
    fn facts_on_what_has_no_place_are_left_out() {
        let fact = |key| OwnershipFact { key, tie: CallerTie::Owner, mark: Default::default() };
        let facts = Facts::of(vec![fact(Key::Role), fact(Key::Id(3)), fact(Key::Id(1)), fact(Key::Object(0))]);
        let inner = Renumbering::inward(&[3], Vec::new()).facts(&facts);
        assert_eq!(inner.iter().map(|fact| fact.key).collect::<Vec<_>>(), [Key::Role, Key::Id(0)]);
    }
}
