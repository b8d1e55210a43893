//! Objects that were there before the scan and that their owner lets it write to: changed, put back, and compared.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::funnel::Trial;
use super::lab::Lab;
use super::look::ObjectView;
use crate::act::{Acting, Body, Created, changed_fields};
use crate::model::{Effect, Method, Operation, Place, Silence, path_shape};
use crate::probe::{AskCaller, SavedNote, Values, header_values, operation_url, serialize_body};
use crate::spec::Samples;
use crate::survey::{Slot, id_slots, resource_of_name};

/// The producer, and the number in the journal, of what the scan did not make.
const NOT_MADE: usize = usize::MAX;

impl<'a> Lab<'a> {
    /// Returns an object that the user names under `owns` of an identity and lets the scan write to. It is changed alone,
    /// never removed.
    pub(crate) fn granted(&self, acting: &Acting, owner: &str) -> Option<Created> {
        let identity = self.maker.probe.identities().iter().find(|identity| identity.name == owner)?;
        // With parents in the path it is not known below which of them the object lies.
        let slot = acting.slots.last().filter(|slot| slot.place == Place::Path && acting.slots.len() == 1)?;

        if !identity.consent.covers_what_was_there() || acting.operation.method == Method::Delete {
            return None;
        }
        let named = identity.owns.iter().filter(|(parameter, _)| fits_slot(slot, parameter)).flat_map(|(_, ids)| ids);
        let known = named.filter_map(|id| {
            let of_kind = |resource: &String| self.survey.objects.known.get(&(resource.clone(), id.clone()));
            let object = slot.resources.iter().find_map(of_kind)?;
            Some((id, object))
        });
        let held = self.maker.held_of(owner, slot).filter_map(|held| {
            let now = self.survey.objects.known.get(&(held.object.resource.clone(), held.id.clone()))?;
            Some((&held.id, now))
        });
        let known = known.chain(held);
        known.filter_map(|(id, object)| self.as_created(acting, owner, (id, object))).next()
    }

    fn as_created(
        &self,
        acting: &Acting,
        owner: &str,
        (id, object): (&String, &crate::survey::Object),
    ) -> Option<Created> {
        let reader = self.reader_of(acting)?;
        let shown = self.survey.operations.iter().find(|known| known.operation.id == reader.id)?;
        Some(Created {
            caller: owner.to_owned(),
            object: object.clone(),
            id: id.clone(),
            producer: NOT_MADE,
            values: Values::new(),
            marker: String::new(),
            body: None,
            entry: NOT_MADE,
            answer: Arc::clone(&shown.by.get(owner)?.first),
        })
    }

    /// Returns the read of an operation's own path.
    fn reader_of(&self, acting: &Acting) -> Option<&'a Operation> {
        let path = path_shape(&acting.operation.path);
        let mut reads = self.maker.api.operations.iter();
        reads.find(|operation| {
            operation.method == Method::Get && operation.effect == Effect::Reads && path_shape(&operation.path) == path
        })
    }

    /// Returns the read that shows an object which the scan did not make.
    pub(super) fn reader_of_granted(&self, created: &Created) -> Option<&'a Operation> {
        let takes = |operation: &&Operation| {
            let found = id_slots(self.maker.api, operation);
            operation.method == Method::Get
                && operation.effect == Effect::Reads
                && matches!(found.as_slice(), [slot] if slot.resources.contains(&created.object.resource))
                && operation.path.trim_end_matches('/').ends_with('}')
        };

        self.maker.api.operations.iter().filter(|_| is_granted(created)).find(takes)
    }
}

fn fits_slot(slot: &Slot, parameter: &str) -> bool {
    parameter == slot.name || resource_of_name(parameter).is_some_and(|kind| slot.resources.contains(&kind))
}

/// Whether an object was there before the scan.
pub(super) fn is_granted(created: &Created) -> bool {
    created.entry == NOT_MADE
}

/// What was there before the scan, and the request that puts it back.
pub(super) struct Kept {
    n: usize,
    values: Values,
    body: Body,
    original: Map<String, Value>,
}

impl Trial<'_> {
    /// Notes how an object looks that was there before the scan, and how it is put back; `None` for what the scan made.
    ///
    /// # Errors
    /// Where it could not be put back: then it is not changed.
    pub(super) async fn save(&self) -> Result<Option<Kept>, Silence> {
        let Some(created) = self.subject.object().filter(|created| is_granted(created)) else { return Ok(None) };
        let seen = self.before(&self.subject).await?;
        let kept = self.kept(created, &seen)?;
        Ok(Some(kept))
    }

    fn kept(&self, created: &Created, seen: &ObjectView) -> Result<Kept, Silence> {
        let unknown = || Silence::undecided("the request that would put it back could not be made");
        let (lab, operation) = (self.lab, &self.acting.operation);
        let original = seen.object.clone().unwrap_or_default();
        // The body that puts the object back must be there before anything is changed.
        let mut body = lab.change(self.acting, &seen.fields(), &[]).ok_or_else(unknown)?.body;
        give_back(&mut body.value, &original);
        let values = lab.values(operation, created).ok_or_else(unknown)?;
        let reader = lab.reader_of_granted(created).ok_or_else(unknown)?;
        let read = lab.values(reader, created).ok_or_else(unknown)?;
        let look = operation_url(lab.maker.probe.base_url(), reader, &read).map_err(|_| unknown())?;
        let (content_type, bytes) = serialize_body(&body.media_type, &body.value);
        let note = SavedNote {
            operation: operation.id.0.clone(),
            caller: self.owner.clone(),
            object: created.id.clone(),
            method: operation.method.to_string(),
            url: lab.url(self.acting, &values)?.to_string(),
            headers: header_values(operation, &Samples::new(lab.maker.api, 1).required(operation)),
            content_type,
            body: String::from_utf8(bytes).map_err(|_| unknown())?,
            look: look.to_string(),
            original: original.clone(),
        };

        let journal = lab.maker.probe.journal().ok_or_else(unknown)?;
        // A crash after the change must not lose the original.
        let n =
            journal.save(note).map_err(|error| Silence::undecided(format!("the journal cannot be kept: {error}")))?;
        Ok(Kept { n, values, body, original })
    }

    /// Puts an object back as it was, as its owner, and looks at it again. The undoing tries once more where it is not.
    pub(super) async fn put_back(&self, kept: &Kept) -> Result<(), Silence> {
        self.lab.write(self.acting, AskCaller::named(&self.owner), &kept.values, Some(&kept.body)).await?;
        let now = self.subject.view(self.lab, &self.owner).await?.and_then(|seen| seen.object);
        if let (Some(now), Some(journal)) = (now, self.lab.maker.probe.journal())
            && changed_fields(&kept.original, &now).is_empty()
        {
            journal.put_back(kept.n);
        }
        Ok(())
    }
}

/// Puts the original values into a body, whatever it wraps.
fn give_back(value: &mut Value, original: &Map<String, Value>) {
    let Value::Object(members) = value else { return };
    for (name, value) in members.iter_mut() {
        match original.get(name) {
            Some(known) => value.clone_from(known),
            None => give_back(value, original),
        }
    }
}
