//! What is known at one place of the code, and how two paths come together.

use std::rc::Rc;

use super::facts::{Facts, Key, OwnershipFact};
use super::value::{CodeValue, Names, Query, QueryCondition, Truth, ValueKind};

/// What is known at one place of the code.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// Local names. Shared: at most places where paths part, most of them stay as they are on both.
    pub(super) names: Rc<Names>,
    /// What earlier code left for later code: `g.user`, `req.user`, `self.invoice`.
    pub(super) left: Rc<Names>,
    pub(super) facts: Facts,
}

impl State {
    pub(super) fn get(&self, name: &str) -> Option<&CodeValue> {
        find_value(&self.names, name)
    }

    pub(super) fn set(&mut self, name: &str, value: CodeValue) {
        set_value(Rc::make_mut(&mut self.names), name, value);
    }

    pub(super) fn left(&self, name: &str) -> Option<&CodeValue> {
        find_value(&self.left, name)
    }

    pub(super) fn leave(&mut self, name: &str, value: CodeValue) {
        set_value(Rc::make_mut(&mut self.left), name, value);
    }

    /// Takes the names that a path has beyond these.
    pub(super) fn take_new(&mut self, path: &State) {
        if Rc::ptr_eq(&self.names, &path.names) {
            return;
        }
        for (name, known) in path.names.iter() {
            if self.get(name).is_none() {
                self.set(name, known.clone());
            }
        }
    }

    /// Makes one state of the states at the ends of two paths.
    pub(super) fn joined(&self, other: &State) -> State {
        if self.facts.is_impossible {
            return other.clone();
        }
        if other.facts.is_impossible {
            return self.clone();
        }
        State {
            names: join_names((&self.names, &self.facts), (&other.names, &other.facts)),
            left: join_names((&self.left, &self.facts), (&other.left, &other.facts)),
            facts: self.facts.or(&other.facts),
        }
    }
}

pub(super) fn find_value<'a>(names: &'a Names, name: &str) -> Option<&'a CodeValue> {
    names.iter().rev().find(|(known, _)| &**known == name).map(|(_, value)| value)
}

pub(super) fn set_value(names: &mut Names, name: &str, value: CodeValue) {
    match names.iter_mut().find(|(known, _)| &**known == name) {
        Some((_, known)) => *known = value,
        None => names.push((Rc::from(name), value)),
    }
}

fn join_names(one: (&Rc<Names>, &Facts), two: (&Rc<Names>, &Facts)) -> Rc<Names> {
    // What says when it is true says more where two paths come together; all else stays what it is.
    if Rc::ptr_eq(one.0, two.0) && one.0.iter().all(|(_, value)| value.truth.is_none()) {
        return one.0.clone();
    }
    let mut joined: Names = Vec::with_capacity(one.0.len().max(two.0.len()));

    for (place, (name, value)) in one.0.iter().enumerate() {
        let value = match find_near(two.0, place, name) {
            Some(other) => join_values((value, one.1), (other, two.1)),
            None => value.clone(),
        };
        joined.push((name.clone(), value));
    }

    for (place, (name, value)) in two.0.iter().enumerate() {
        if find_near(one.0, place, name).is_none() {
            joined.push((name.clone(), value.clone()));
        }
    }
    Rc::new(joined)
}

/// Returns what a name stands for, which is mostly at the same place on both of two paths.
fn find_near<'a>(names: &'a Names, place: usize, name: &Rc<str>) -> Option<&'a CodeValue> {
    match names.get(place) {
        Some((known, value)) if Rc::ptr_eq(known, name) => Some(value),
        _ => find_value(names, name),
    }
}

/// Joins two values of one name. Where one of them says when it is true, the facts of its path go with it: so a flag that
/// is set on the checked path alone stays a check.
pub(super) fn join_values(one: (&CodeValue, &Facts), two: (&CodeValue, &Facts)) -> CodeValue {
    let mut value = one.0.merged(two.0);
    if let (ValueKind::Query(first), ValueKind::Query(second)) = (&one.0.kind, &two.0.kind) {
        let has_role = |facts: &Facts| facts.get(Key::Role).is_some();
        value.kind = match (has_role(one.1), has_role(two.1)) {
            // Staff sees all, everybody else their own: that is a tie to the owner.
            (true, false) => ValueKind::Query(second.clone()),
            (false, true) => ValueKind::Query(first.clone()),
            _ => ValueKind::Query(Rc::new(merge_queries(first, second))),
        };
    }

    if one.0.truth.is_some() || two.0.truth.is_some() {
        let (first, second) = (one.0.truth(), two.0.truth());
        let side = |a: &Facts, b: &Facts| facts_along_path(one.1, a).or(&facts_along_path(two.1, b));
        value.truth = Some(Rc::new(Truth { yes: side(&first.yes, &second.yes), no: side(&first.no, &second.no) }));
    }
    value
}

/// A query that is one or the other: what both ask for, and then one of what each asks for alone.
fn merge_queries(one: &Query, two: &Query) -> Query {
    let same = |(a, b): &(&QueryCondition, &QueryCondition)| match (a, b) {
        (QueryCondition::Equal(a), QueryCondition::Equal(b)) => a.column == b.column && a.labels == b.labels,
        (QueryCondition::Other, QueryCondition::Other) => true,
        _ => false,
    };
    // Conditions before the branch are the same on both sides, and stay certain.
    let common = one.clauses.iter().zip(&two.clauses).take_while(same).count();
    let mut clauses: Vec<QueryCondition> = one.clauses.iter().take(common).cloned().collect();
    let rest = |query: &Query| query.clauses.iter().skip(common).cloned().collect::<Vec<_>>();
    let (first, second) = (rest(one), rest(two));

    // A side without conditions of its own lets every row through, so that the others tie nothing.
    if !first.is_empty() && !second.is_empty() {
        clauses.push(QueryCondition::Any(vec![first, second]));
    }
    let model = one.model.clone().or_else(|| two.model.clone());
    // Rows begin at the caller only where both paths do.
    let from_subject = one.from_subject && two.from_subject;
    Query { model, clauses, parents: one.parents.with(two.parents), from_subject, ..one.clone() }
}

fn facts_along_path(path: &Facts, side: &Facts) -> Facts {
    if side.is_impossible {
        return Facts::impossible();
    }
    let mut all = path.clone();
    all.and(side);
    all
}

impl CodeValue {
    /// Returns what holds where it is true and where it is not. An object that is not there cannot leak.
    pub(super) fn truth(&self) -> Rc<Truth> {
        if let Some(truth) = &self.truth {
            return truth.clone();
        }
        let absent = |place| OwnershipFact {
            key: Key::Object(place),
            tie: super::facts::CallerTie::Absent,
            mark: Default::default(),
        };
        let absent = match self.field {
            // An empty field is not an absent object.
            Some(_) => Facts::default(),
            None => Facts::of(self.labels.objects.iter().map(absent).collect()),
        };
        Rc::new(Truth { yes: Facts::default(), no: absent })
    }
}
