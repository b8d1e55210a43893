//! The mixed path: another owner's child under a parent of the attacker's own. A rule that asks whose the parent is, and not
//! whether the child is below it, lets it through.

use serde_json::Value;

use super::funnel::Trial;
use super::send::Twist;
use crate::act::Created;
use crate::model::{Place, clean_name};
use crate::probe::Values;
use crate::survey::{Baseline, ObjectKey, Slot, Survey, Surveyed, scalar_text};

/// Whether there is a mixed path.
#[derive(Debug)]
pub(super) enum MixedPath {
    /// The operation has no parents, or the attacker's own are the owner's too.
    None,
    /// The attacker has no parent of its own of this kind.
    NoParent(String),
    /// The path with the attacker's own parents, in words.
    Found(Twist, String),
}

impl Trial<'_> {
    /// Returns the path of an object below parents that are the attacker's own.
    pub(super) fn mixed_path(&self, on: &Created) -> MixedPath {
        let Some((_, parents)) = self.acting.slots.split_last().filter(|(_, parents)| !parents.is_empty()) else {
            return MixedPath::None;
        };
        let Some(values) = self.lab.values(&self.acting.operation, on).filter(|_| self.naming.is_none()) else {
            return MixedPath::None;
        };
        let mut twist = Twist::default();
        let (mut said, mut missing) = (Vec::new(), None);

        for slot in parents.iter().filter(|slot| slot.place == Place::Path) {
            let key = (slot.place, slot.name.clone());
            let theirs = values.get(&key).and_then(scalar_text);
            let kind = slot.resources.first().map_or(slot.name.as_str(), String::as_str);

            match self.own_parent(slot, on) {
                // A parent that both have proves nothing, since its rule lets both in.
                Some(own) if scalar_text(&own) == theirs => {}
                Some(own) => {
                    let id = scalar_text(&own).unwrap_or_default();
                    said.push(format!("{} {}", clean_name(kind, 40), clean_name(&id, 60)));
                    twist.parents.insert(key, own);
                }
                None => missing = Some(clean_name(kind, 40).to_string()),
            }
        }

        match missing {
            // One parent of the attacker's own is enough.
            _ if !twist.parents.is_empty() => MixedPath::Found(twist, said.join(", ")),
            Some(kind) => MixedPath::NoParent(kind),
            None => MixedPath::None,
        }
    }

    /// Returns whether the operation has parents, and the attacker none of its own.
    pub(super) fn lacks_parent(&self) -> bool {
        self.subject.object().is_some_and(|object| matches!(self.mixed_path(object), MixedPath::NoParent(_)))
    }

    /// Returns a parent of the attacker's own: that of its own object of the kind, or one that it made.
    fn own_parent(&self, slot: &Slot, on: &Created) -> Option<Value> {
        let made = self.lab.maker.made();
        let mut own = made.iter().rev().filter(|created| created.caller == self.attacker);
        let of_sibling = |created: &Created| {
            let values = self.lab.values(&self.acting.operation, created)?;
            values.get(&(slot.place, slot.name.clone())).cloned()
        };
        // Where the attacker has such an object already, it is surely let into that parent.
        let sibling = own.clone().filter(|created| created.producer == on.producer).find_map(of_sibling);
        let parent = || {
            own.find(|created| slot.resources.contains(&created.object.resource))
                .and_then(|created| created.object.slot_value(slot).cloned())
        };
        // One that the scan did not make stays out of it: the child may end up below it.
        sibling.or_else(parent)
    }
}

/// Returns the value of a slot for an object that is known to be a caller's own.
fn known_own(survey: &Survey, slot: &Slot, caller: &str) -> Option<Value> {
    let is_own = |key: &ObjectKey| survey.owner(key).is_some_and(|(name, _)| name == caller);
    survey.objects.for_slot(slot).find(|(key, ..)| is_own(key)).map(|(_, _, value)| value.clone())
}

/// Returns the values of a read of an owner's child below the intruder's own parents; `None` where it has none, or the
/// child is below them rightly.
pub(crate) fn mixed_values(survey: &Survey, surveyed: &Surveyed, child: &Baseline, intruder: &str) -> Option<Values> {
    let (_, parents) = surveyed.slots.split_last()?;
    let own = surveyed.valid_of(intruder);
    let mut values = child.values.clone();

    for slot in parents {
        let place = (slot.place, slot.name.clone());
        let from_own = own.and_then(|own| own.values.get(&place)).cloned();
        values.insert(place, from_own.or_else(|| known_own(survey, slot, intruder))?);
    }
    // Children may be numbered within their parents: under its own parent the number is the intruder's own child.
    let is_listed = |key: &ObjectKey, parent: &str| {
        survey.objects.lists.iter().any(|((_, context), callers)| {
            context.split('&').any(|part| part.split_once('=').is_some_and(|(_, value)| value == parent))
                && callers.get(intruder).is_some_and(|listed| listed.contains(key))
        })
    };

    let nearest = parents.last().and_then(|slot| values.get(&(slot.place, slot.name.clone()))).and_then(scalar_text);
    let is_own = own.is_some_and(|own| own.values == values)
        || child.object.as_ref().zip(nearest).is_some_and(|(key, parent)| is_listed(key, &parent));
    (values != child.values && !is_own).then_some(values)
}
