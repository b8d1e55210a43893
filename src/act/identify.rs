//! Finds what a creation made, and knows it again: only what carries the mark, or repeats what was sent, is taken for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::bodies::Body;
use super::items::{items, list, values_for};
use super::kinds::Acting;
use super::maker::{Created, Fault, Maker};
use crate::model::{Api, Method};
use crate::probe::{Answer, Ask, Caller, Response, SendError, Values, operation_url};
use crate::survey::{BARE_IDS, Object, is_owner_name, scalar_text, words};

impl Maker<'_> {
    /// Finds what was made: in the answer, behind `Location`, or in the list; and only what carries the mark, or repeats
    /// what was sent, is taken for it.
    pub(super) async fn identify(
        &self,
        index: usize,
        sent: &Sent<'_>,
        answer: &Arc<Answer>,
        n: usize,
    ) -> Result<Created, Fault> {
        let response = answer.response().ok_or_else(|| Fault::Told("no answer".to_owned()))?;
        let in_answer = response.json.as_ref().and_then(|json| sent.find(self.api, json));
        let mut found = in_answer.or_else(|| sent.only_answer(self.api, response));
        for reader in std::iter::once(sent.caller).chain(sent.heirs.iter().map(String::as_str)) {
            if found.is_none() {
                found = self.identify_by_reading(&Sent { caller: reader, ..*sent }, response).await?;
            }
        }
        let Some((id, object)) =
            found.and_then(|object| Some((scalar_text(&id_value_of(self.api, sent.acting, &object)?)?, object)))
        else {
            if let Some(journal) = self.probe.journal() {
                journal.made(n, sent.named_as_created(self.api, response), None);
            }
            return Err(Fault::Told("it was made, but its id could not be told from the answer".to_owned()));
        };
        if let Some(journal) = self.probe.journal() {
            journal.made(n, Some(id.clone()), None);
        }
        let object = Object { created_by: Some(sent.caller.to_owned()), reference: false, ..object };
        Ok(Created {
            caller: sent.caller.to_owned(),
            object,
            id,
            producer: index,
            values: sent.values.clone(),
            marker: sent.marker.to_owned(),
            body: sent.body.cloned(),
            entry: n,
            answer: Arc::clone(answer),
        })
    }

    async fn identify_by_reading(&self, sent: &Sent<'_>, response: &Response) -> Result<Option<Object>, SendError> {
        let mut ids: Vec<Value> = Vec::new();
        ids.extend(response.json.as_ref().into_iter().flat_map(objects_in).take(3).filter_map(|fields| {
            id_value_of(self.api, sent.acting, &Object::of(&sent.context.resource, fields, BTreeMap::new()))
        }));
        let location = response
            .header("location")
            .and_then(|place| place.split(['?', '#']).next())
            .map(|place| place.trim_end_matches('/'));
        ids.extend(
            location
                .and_then(|place| place.rsplit('/').next())
                .filter(|id| !id.is_empty())
                .map(|id| Value::String(id.to_owned())),
        );
        for id in ids {
            let mut object = sent.context.clone();
            object.fields.insert("id".to_owned(), id);
            for operation in items(self.api, sent.acting, Method::Get).into_iter().take(1) {
                let Some(url) = values_for(self.api, operation, &object, sent.values)
                    .and_then(|values| operation_url(self.probe.base_url(), operation, &values).ok())
                else {
                    continue;
                };
                let answer = self.probe.look_again(&Ask::get(Caller::Identity(sent.caller.to_owned()), url)).await?;
                let json = answer
                    .response()
                    .filter(|response| response.is_success())
                    .and_then(|response| response.json.as_ref());
                if let Some(mut seen) = json.and_then(|json| sent.find(self.api, json)) {
                    for (name, value) in object.fields.clone() {
                        seen.fields.entry(name).or_insert(value);
                    }
                    return Ok(Some(seen));
                }
            }
        }
        let Some(url) = list(self.api, sent.acting)
            .and_then(|operation| operation_url(self.probe.base_url(), operation, sent.values).ok())
        else {
            return Ok(None);
        };
        if sent.marker.is_empty() {
            return Ok(None);
        }
        let answer = self.probe.look_again(&Ask::get(Caller::Identity(sent.caller.to_owned()), url)).await?;
        Ok(answer.response().and_then(|response| response.json.as_ref()).and_then(|json| sent.find(self.api, json)))
    }
}

/// What was sent to make an object.
pub(super) struct Sent<'s> {
    pub(super) acting: &'s Acting,
    pub(super) caller: &'s str,
    pub(super) marker: &'s str,
    pub(super) body: Option<&'s Body>,
    pub(super) values: &'s Values,
    pub(super) context: &'s Object,
    pub(super) heirs: &'s [String],
}

impl Sent<'_> {
    /// The id that a 201 names (RFC 9110 §15.3.2) where the API has no way to look at it: good enough to remove what was
    /// made by, and not to work with. Ids of the request, and the envelope's own numbers, are none.
    fn named_as_created(&self, api: &Api, response: &Response) -> Option<String> {
        let fields = response.json.as_ref().filter(|_| response.status == 201)?.as_object()?;
        if !items(api, self.acting, Method::Get).is_empty() {
            // It was looked at, and did not show what was sent.
            return None;
        }
        let id = ["id", "_id", "uuid"].iter().find_map(|name| scalar_text(fields.get(*name)?))?;
        let sent = |value: &Value| scalar_text(value).as_deref() == Some(id.as_str());
        let known =
            self.values.values().any(sent) || self.body.is_some_and(|body| body.value.to_string().contains(&id));
        (!known && id != response.status.to_string()).then_some(id)
    }

    /// The object of an answer that is the one that was made.
    fn find(&self, api: &Api, json: &Value) -> Option<Object> {
        let own = |fields: &&Map<String, Value>| {
            if self.marker.is_empty() { self.repeats(fields) } else { carries(fields, self.marker) }
        };
        let with_id = |fields: &Map<String, Value>| {
            let mut object = Object::of(&self.context.resource, fields, self.context.context.clone());
            object.seen_by.insert(self.caller.to_owned());
            id_value_of(api, self.acting, &object).is_some().then_some(object)
        };
        objects_in(json).filter(own).find_map(with_id)
    }

    /// Nothing of what was sent can be known again: then the outermost object of a 201 is the new one, if nothing telling was
    /// sent or it points back at the parent it was made under, and unless it has the id of that parent.
    fn only_answer(&self, api: &Api, response: &Response) -> Option<Object> {
        if response.status != 201 {
            return None;
        }
        let fields = response.json.as_ref().and_then(|json| objects_in(json).find(|fields| fields.len() > 1))?;
        let object = Object::of(&self.context.resource, fields, self.context.context.clone());
        let id = scalar_text(&id_value_of(api, self.acting, &object)?)?;
        let parents: Vec<String> = self.values.values().filter_map(scalar_text).collect();
        let points_back = fields.values().filter_map(scalar_text).any(|value| parents.contains(&value));
        let known = self.sent_nothing_telling() || points_back;
        (known && !parents.contains(&id)).then_some(object)
    }

    fn sent_nothing_telling(&self) -> bool {
        let sent = self.body.and_then(|body| body.value.as_object());
        self.marker.is_empty() && !sent.is_some_and(|fields| fields.values().any(|value| scalar_text(value).is_some()))
    }

    /// Without a mark: every scalar that was sent is there, and there is one.
    fn repeats(&self, fields: &Map<String, Value>) -> bool {
        let sent: Vec<(&String, &Value)> = self
            .body
            .and_then(|body| body.value.as_object())
            .into_iter()
            .flatten()
            .filter(|(_, value)| scalar_text(value).is_some())
            .collect();
        !sent.is_empty()
            && sent.iter().all(|(name, value)| fields.get(*name).and_then(scalar_text) == scalar_text(value))
    }
}

/// Whether a field of an object holds a marker.
pub fn carries(fields: &Map<String, Value>, marker: &str) -> bool {
    !marker.is_empty() && fields.values().any(|value| value.as_str().is_some_and(|text| text.contains(marker)))
}

/// All objects of an answer, outer ones first.
pub fn objects_in(json: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    let mut open = std::collections::VecDeque::from([(json, 0_u8)]);
    let mut left = 4_000_u32;
    std::iter::from_fn(move || {
        while let Some((value, depth)) = open.pop_front() {
            left = left.checked_sub(1)?;
            match value {
                Value::Array(items) if depth < 8 => open.extend(items.iter().map(|item| (item, depth + 1))),
                Value::Object(fields) => {
                    if depth < 8 {
                        open.extend(
                            fields
                                .values()
                                .filter(|inner| inner.is_array() || inner.is_object())
                                .map(|inner| (inner, depth + 1)),
                        );
                    }
                    return Some(fields);
                }
                _ => {}
            }
        }
        None
    })
}

/// The bare or own id of an object.
pub fn id_value(object: &Object) -> Option<Value> {
    let bare =
        BARE_IDS.iter().take(6).find_map(|name| object.fields.get(*name)).filter(|value| scalar_text(value).is_some());
    bare.cloned().or_else(|| own_name_id(object))
}

/// `note_id` of a note; also a slug or name where nothing else is there.
fn own_name_id(object: &Object) -> Option<Value> {
    let own = |name: &&String| {
        let parts = words(name);
        parts.len() > 1
            && parts.last().is_some_and(|word| {
                matches!(word.as_str(), "id" | "uuid" | "guid" | "slug" | "number" | "code" | "key")
            })
            && parts.first() == words(&object.resource).first()
    };
    // `account_id` is an owner's, but for an account its own.
    let is_simple = words(&object.resource).len() == 1;
    let named = object
        .fields
        .keys()
        .filter(|name| is_simple || !is_owner_name(name))
        .find(own)
        .and_then(|name| object.fields.get(name));
    named
        .or_else(|| BARE_IDS.iter().skip(6).find_map(|name| object.fields.get(*name)))
        .filter(|value| scalar_text(value).is_some())
        .cloned()
}

/// The id by which the API's own addresses name the object.
fn id_value_of(api: &Api, create: &Acting, object: &Object) -> Option<Value> {
    let operations = [Method::Get, Method::Delete, Method::Patch, Method::Put]
        .into_iter()
        .flat_map(|method| items(api, create, method));
    let slot =
        operations.into_iter().find_map(|operation| crate::survey::slots(api, operation).into_iter().next_back());
    match slot {
        Some(slot) => object.slot_value(&slot).cloned(),
        None => id_value(object),
    }
}
