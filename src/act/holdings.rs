//! What was there before the scan and belongs to an identity that may be written to freely.

use serde_json::Value;

use super::maker::Maker;
use crate::model::Identity;
use crate::survey::{Object, Sign, Slot, Survey};

/// An object of a disposable identity, seen before anything was written.
#[derive(Debug, Clone)]
pub struct HeldObject {
    /// Whose it is.
    pub caller: String,
    /// By what addresses name it.
    pub id: String,
    /// What it is.
    pub object: Object,
}

/// Returns what disposable identities own, as a survey saw it: only what others are plainly not meant to have.
pub fn find_held_objects(survey: &Survey, identities: &[Identity]) -> Vec<HeldObject> {
    let is_disposable =
        |name: &String| identities.iter().any(|known| known.name == *name && known.consent.is_disposable());
    let held = survey.owners.iter().filter_map(|(key, (caller, signs))| {
        let object = survey.objects.known.get(key).filter(|object| !object.reference)?;
        let is_own = is_disposable(caller) && signs.iter().any(Sign::shows_intent);
        is_own.then(|| HeldObject { caller: caller.clone(), id: key.1.clone(), object: object.clone() })
    });
    held.collect()
}

impl Maker<'_> {
    /// Returns the id of an object of a disposable caller that a slot takes: what is made may lie in it, or refer to it.
    pub(super) fn held(&self, caller: &str, slot: &Slot) -> Option<Value> {
        self.held_of(caller, slot).find_map(|held| held.object.slot_value(slot).cloned())
    }

    /// Returns the objects of a disposable caller that a slot may take.
    pub fn held_of<'s>(&'s self, caller: &'s str, slot: &'s Slot) -> impl Iterator<Item = &'s HeldObject> {
        let fits = move |held: &&HeldObject| held.caller == caller && slot.resources.contains(&held.object.resource);
        self.held.iter().filter(fits)
    }
}
