//! Objects that were there before the scan and that their owner lets it write to: changed, put back, and compared.

use std::sync::{Arc, PoisonError};

use serde_json::{Map, Value};

use super::funnel::Trial;
use super::lab::Lab;
use super::look::Seen;
use super::subject::Subject;
use super::values::agrees;
use crate::act::{Acting, Created, Restored, shape};
use crate::model::{Effect, Method, Operation, Place, Silence};
use crate::probe::{Caller, Values};
use crate::survey::{Slot, looks_volatile, resource_of_name, scalar_text, slots};

/// The producer, and the number in the journal, of what the scan did not make.
const NOT_MADE: usize = usize::MAX;

impl<'a> Lab<'a> {
    /// Returns an object that the user names under `owns` of an identity and lets the scan write to. It is changed alone,
    /// never removed.
    pub(crate) fn granted(&self, acting: &Acting, owner: &str) -> Option<Created> {
        let identity = self.maker.probe.identities().iter().find(|identity| identity.name == owner)?;
        let slot = acting.slots.last().filter(|slot| slot.place == Place::Path && acting.slots.len() == 1)?;
        if !identity.consent.covers_what_was_there() || acting.operation.method == Method::Delete {
            return None;
        }
        let named = identity.owns.iter().filter(|(parameter, _)| fits(slot, parameter)).flat_map(|(_, ids)| ids);
        let known = named.filter_map(|id| {
            let of_kind = |resource: &String| self.survey.objects.known.get(&(resource.clone(), id.clone()));
            let object = slot.resources.iter().find_map(of_kind)?;
            Some((id, object))
        });
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
        let path = shape(&acting.operation.path);
        let mut reads = self.maker.api.operations.iter();
        reads.find(|operation| {
            operation.method == Method::Get && operation.effect == Effect::Reads && shape(&operation.path) == path
        })
    }

    /// Returns the read that shows an object which the scan did not make.
    pub(super) fn reader_of_granted(&self, created: &Created) -> Option<&'a Operation> {
        let takes = |operation: &&Operation| {
            let found = slots(self.maker.api, operation);
            operation.method == Method::Get
                && operation.effect == Effect::Reads
                && matches!(found.as_slice(), [slot] if slot.resources.contains(&created.object.resource))
                && operation.path.trim_end_matches('/').ends_with('}')
        };
        self.maker.api.operations.iter().filter(|_| is_granted(created)).find(takes)
    }
}

fn fits(slot: &Slot, parameter: &str) -> bool {
    parameter == slot.name || resource_of_name(parameter).is_some_and(|kind| slot.resources.contains(&kind))
}

/// Whether an object was there before the scan.
pub(super) fn is_granted(created: &Created) -> bool {
    created.entry == NOT_MADE
}

impl Trial<'_> {
    /// Returns how an object looks that was there before the scan, to be put back afterwards.
    pub(super) async fn save(&self) -> Result<Option<Seen>, Silence> {
        match self.subject.object().filter(|created| is_granted(created)) {
            Some(_) => self.before(&self.subject).await.map(Some),
            None => Ok(None),
        }
    }

    /// Puts an object back as it was, as its owner, looks at it again, and keeps for the report what became of it.
    pub(super) async fn put_back(&self, saved: &Seen) -> Result<(), Silence> {
        let Subject::Object(created) = &self.subject else { return Ok(()) };
        let because = self.restore(created, saved).await?;
        let restored = Restored {
            operation: self.acting.operation.id.0.clone(),
            identity: self.owner.clone(),
            object: created.id.clone(),
            because,
        };
        self.lab.maker.restored.lock().unwrap_or_else(PoisonError::into_inner).push(restored);
        Ok(())
    }

    /// Returns why it is not as it was; `None` where it is.
    async fn restore(&self, created: &Created, saved: &Seen) -> Result<Option<String>, Silence> {
        let unknown = || Some("the request that would put it back could not be made".to_owned());
        let original = saved.object.clone().unwrap_or_default();
        let Some(change) = self.lab.change(self.acting, &saved.fields(), &[]) else { return Ok(unknown()) };
        let Some(values) = self.lab.values(&self.acting.operation, created) else { return Ok(unknown()) };
        let mut body = change.body;
        give_back(&mut body.value, &original);
        self.lab.write(self.acting, Caller::named(&self.owner), &values, Some(&body)).await?;
        let now = self.subject.view(self.lab, &self.owner).await?.and_then(|seen| seen.object);
        let Some(now) = now else { return Ok(Some("its owner is not shown it any more".to_owned())) };
        let differs = |(name, value): &(&String, &Value)| {
            let is_time = scalar_text(value).is_some_and(|text| looks_volatile(&text));
            !is_time && !now.get(*name).is_some_and(|present| agrees(present, value))
        };
        let changed: Vec<&String> = original.iter().filter(differs).map(|(name, _)| name).collect();
        let listed = crate::model::clean(&changed.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", "), 200);
        Ok((!changed.is_empty()).then(|| format!("not as it was before the scan: {listed}")))
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
