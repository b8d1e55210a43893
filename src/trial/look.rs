//! What a caller sees of an object now: at its own address, or else in a list.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use serde_json::{Map, Value};
use url::Url;

use super::lab::Lab;
use super::values::has_value;
use crate::act::{
    Acting, Created, contains_marker, id_value, is_like_made_by, is_marked, is_tombstone, item_operations,
    list_operation, objects_in, other_lists,
};
use crate::model::{Api, Effect, Method, Operation, path_shape};
use crate::probe::{Answer, Ask, SendError, operation_url};
use crate::survey::{Object, is_clear_success, scalar_text, singular_of};

/// What an owner sees of its own object.
#[derive(Debug, Clone)]
pub struct ObjectView {
    /// The answer.
    pub answer: Arc<Answer>,
    /// The object in it; `None` when it is not there (any more).
    pub object: Option<Map<String, Value>>,
    /// The answer said something: it was no fault, no overload.
    pub telling: bool,
}

impl ObjectView {
    /// Returns what an answer of success shows by a search in it; what says of itself that it was removed is not there.
    fn find_in(answer: Arc<Answer>, find: impl FnOnce(&Value) -> Option<&Map<String, Value>>) -> Self {
        let telling = is_telling(&answer);
        let response = answer.response().filter(|response| is_clear_success(response));
        let found = response.and_then(|response| response.json.as_ref()).and_then(find);
        let object = found.filter(|fields| !is_tombstone(fields)).cloned();
        Self { answer, object, telling }
    }

    /// Whether a field of the object has this value.
    pub fn shows(&self, field: &str, value: &Value) -> bool {
        self.object.as_ref().is_some_and(|object| has_value(object, field, value, 0))
    }

    /// Whether the object is not there (any more).
    pub fn is_gone(&self) -> bool {
        self.telling && self.object.is_none()
    }

    /// Returns the scalar fields of the object.
    pub fn fields(&self) -> BTreeMap<String, Value> {
        let scalar = |(name, value): (&String, &Value)| {
            (!value.is_object() && !value.is_array()).then(|| (name.clone(), value.clone()))
        };

        self.object.iter().flatten().filter_map(scalar).collect()
    }
}

impl<'a> Lab<'a> {
    /// Returns what a caller sees of an object now: at its own address, or else in its list. `None` where neither is
    /// declared.
    pub(crate) async fn view(&self, caller: &str, created: &Created) -> Result<Option<ObjectView>, SendError> {
        Ok(self.view_by_route(caller, created).await?.map(|(_, seen)| seen))
    }

    /// Returns the same with the route.
    pub(super) async fn view_by_route(
        &self,
        caller: &str,
        created: &Created,
    ) -> Result<Option<(&'a Operation, ObjectView)>, SendError> {
        let api = self.maker.api;
        let Some(producer) = self.producer(created) else {
            let reader = self.reader_of_granted(created);
            let url = reader.and_then(|reader| Some((reader, self.values(reader, created)?)));
            let url = url.and_then(|(reader, values)| {
                operation_url(self.maker.probe.base_url(), reader, &values).ok().map(|url| (reader, url))
            });
            return match url {
                Some((reader, url)) => Ok(Some((reader, self.look(caller, url, created).await?))),
                None => Ok(None),
            };
        };

        // Its own address shows the object alone, while a list may show one part of many.
        for operation in item_operations(api, producer, Method::Get).into_iter().take(2) {
            let Some(url) = self
                .values(operation, created)
                .and_then(|values| operation_url(self.maker.probe.base_url(), operation, &values).ok())
            else {
                continue;
            };

            return Ok(Some((operation, self.look_at_its(caller, url, created).await?)));
        }

        if let Some(operation) = list_operation(api, producer)
            && let Ok(url) = operation_url(self.maker.probe.base_url(), operation, &created.values)
        {
            return Ok(Some((operation, self.look_at_its(caller, url, created).await?)));
        }

        if let Some(operation) = parent_operation(api, producer)
            && let Ok(url) = operation_url(self.maker.probe.base_url(), operation, &created.values)
        {
            let seen = self.look_within(caller, url, created).await?;
            // Not every read of a parent shows what lies below it: one that has shown such a thing says when it is gone.
            if self.keeps_showing(created.producer, &seen) {
                return Ok(Some((operation, seen)));
            }
        }

        // Other lists may show what is published alone, so that only their showing the object counts.
        for operation in other_lists(api, producer).take(2) {
            let Ok(url) = operation_url(self.maker.probe.base_url(), operation, &created.values) else { continue };
            let seen = self.look(caller, url, created).await?;

            if seen.object.is_some() {
                return Ok(Some((operation, seen)));
            }
        }

        Ok(None)
    }

    /// Looks at an address of the object's own, or at its list, and notes that it was shown there.
    async fn look_at_its(&self, caller: &str, url: Url, created: &Created) -> Result<ObjectView, SendError> {
        let address = url.to_string();
        let seen = self.look(caller, url, created).await?;

        if let (Some(journal), Some(fields)) = (self.maker.probe.journal(), &seen.object) {
            journal.shown(created.entry, &address);
            // An id alone may be another row's, after a reset.
            if is_marked(fields, journal) {
                journal.sighted(created.entry);
            }
        }

        Ok(seen)
    }

    /// Looks for an object among the parts that its parent shows: in a member with the name of its kind, or by its mark.
    async fn look_within(&self, caller: &str, url: Url, created: &Created) -> Result<ObjectView, SendError> {
        let kind = &created.object.resource;
        let is_it = |fields: &&Map<String, Value>| {
            let id = id_value(&Object::of(kind, fields, BTreeMap::new())).and_then(|value| scalar_text(&value));
            id.as_ref() == Some(&created.id)
        };
        let answer = self.maker.probe.look_again(&Ask::get(self.caller(caller), url)).await?;

        Ok(ObjectView::find_in(answer, |json| {
            let parts = objects_in(json).flatten().filter(|(name, _)| singular_of(name) == *kind);
            let marked = objects_in(json).find(|fields| contains_marker(fields, &created.marker));
            marked.or_else(|| parts.flat_map(|(_, part)| objects_in(part)).find(is_it))
        }))
    }

    /// Returns whether a view of a parent says something of what a creating operation makes below it.
    fn keeps_showing(&self, producer: usize, seen: &ObjectView) -> bool {
        let mut known = self.shown_within.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.object.is_some() {
            known.insert(producer);
        }

        known.contains(&producer)
    }

    async fn look(&self, caller: &str, url: Url, created: &Created) -> Result<ObjectView, SendError> {
        let answer = self.maker.probe.look_again(&Ask::get(self.caller(caller), url)).await?;
        let own_id = |fields: &&Map<String, Value>| {
            let object = Object::of(&created.object.resource, fields, BTreeMap::new());
            id_value(&object).and_then(|value| scalar_text(&value))
                == id_value(&created.object).and_then(|value| scalar_text(&value))
        };

        let marked = |fields: &&Map<String, Value>| contains_marker(fields, &created.marker);
        let journal = self.maker.probe.journal();
        let entry = journal.and_then(|journal| journal.entry(created.entry));

        // After a reset another row may have the id: what was marked must show a mark, or what was made.
        let is_own = |fields: &&Map<String, Value>| {
            let known = journal
                .zip(entry.as_ref())
                .is_none_or(|(journal, entry)| is_like_made_by(fields, entry, journal, &created.object.resource));
            own_id(fields) && (created.marker.is_empty() || known)
        };

        // An update may have given the object another id: then its mark shows it.
        Ok(ObjectView::find_in(answer, |json| objects_in(json).find(is_own).or_else(|| objects_in(json).find(marked))))
    }
}

/// Returns the read of the object below which an operation makes something: `/plans/{id}` for `/plans/{id}/meals`.
fn parent_operation<'a>(api: &'a Api, create: &Acting) -> Option<&'a Operation> {
    let path = path_shape(&create.operation.path);
    let (parent, _) = path.trim_end_matches('/').rsplit_once('/').filter(|(parent, _)| parent.ends_with("{}"))?;
    let mut reads = api.operations.iter().filter(|operation| operation.method == Method::Get);
    reads.find(|operation| operation.effect == Effect::Reads && path_shape(&operation.path) == parent)
}

/// Whether an answer says something of what it shows: it is no fault, no overload, and whole.
pub(super) fn is_telling(answer: &Answer) -> bool {
    let response = answer.response();
    response.is_some_and(|response| response.status < 500 && response.status != 429 && !response.truncated)
}
