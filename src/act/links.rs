//! Operations that tie one object to another by the path alone: `POST /issues/{issue_id}/labels/{label_id}` puts a label on
//! an issue, and makes none.

use super::items::values_for;
use super::kinds::{ActKind, Acting, collection_path};
use super::maker::Created;
use crate::model::{Api, Effect, Method, Operation, Place, path_shape};
use crate::probe::Values;
use crate::survey::Slot;

/// What ties two kinds of objects, what unties them, and the read that shows what is tied.
#[derive(Debug, Clone, Copy)]
pub struct ObjectLink<'a> {
    /// Ties them.
    pub tie: &'a Acting,
    /// Unties them.
    pub untie: &'a Acting,
    /// Lists what is tied to an object.
    pub list: &'a Operation,
}

/// Returns the link that an operation ties or unties; `None` where it makes what its last slot names, takes a body, or
/// nothing undoes or shows it.
pub fn link_of<'a>(api: &'a Api, all: &'a [Acting], operation: &Operation) -> Option<ObjectLink<'a>> {
    let path = path_shape(operation.path.trim_end_matches('/'));
    let below = path.strip_suffix("/{}").filter(|below| !below.ends_with('}'))?;
    let is_made_there = |acting: &Acting| {
        acting.kind == ActKind::Create && path_shape(collection_path(&acting.operation.path)) == below
    };
    // Where the collection makes such things, the last slot names one of them, and nothing is tied.
    if all.iter().any(is_made_there) {
        return None;
    }
    let at = |kind: ActKind, methods: &[Method]| {
        all.iter().find(|acting| {
            let operation = &acting.operation;
            acting.kind == kind
                && methods.contains(&operation.method)
                && acting.left_alone.is_none()
                && operation.body.is_none()
                && path_shape(operation.path.trim_end_matches('/')) == path
        })
    };

    let (tie, untie) = (at(ActKind::Update, &[Method::Post, Method::Put])?, at(ActKind::Delete, &[Method::Delete])?);
    let is_list = |operation: &&Operation| {
        operation.method == Method::Get
            && operation.effect == Effect::Reads
            && path_shape(operation.path.trim_end_matches('/')) == below
    };
    let list = api.operations.iter().find(is_list)?;
    let apart = |host: &Slot, thing: &Slot| {
        host.place == Place::Path
            && thing.place == Place::Path
            && !host.resources.iter().any(|kind| thing.resources.contains(kind))
    };
    matches!(tie.slots.as_slice(), [.., host, thing] if apart(host, thing)).then_some(ObjectLink { tie, untie, list })
}

impl ObjectLink<'_> {
    /// Returns the values of the path to what is tied to a host.
    pub fn place(&self, api: &Api, host: &Created) -> Option<Values> {
        values_for(api, self.list, &host.object, &host.values)
    }

    /// Returns the values of an operation's path that ties or unties a thing at a place; `None` where the path calls its parents
    /// otherwise than the list.
    pub fn values(&self, acting: &Acting, place: &Values, thing: &Created) -> Option<Values> {
        let (last, parents) = acting.slots.split_last()?;
        let mut values = place.clone();
        let known = |slot: &Slot| place.contains_key(&(slot.place, slot.name.clone()));
        values.insert((last.place, last.name.clone()), thing.object.slot_value(last)?.clone());

        parents.iter().all(known).then_some(values)
    }
}
