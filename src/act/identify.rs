//! Finds what a creation made, and knows it again: only what carries the mark, or repeats what was sent, is taken for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::bodies::Body;
use super::items::{item_operations, list_operation, values_for};
use super::kinds::Acting;
use super::make_fault::MakeFault;
use super::maker::{Created, Maker};
use super::print::print_of;
use super::sighting::{is_whole_list, record_sighting};
use crate::model::{Api, Method};
use crate::probe::{Answer, Ask, AskCaller, Journal, Response, SendError, Values, operation_url};
use crate::survey::{BARE_IDS, Object, ends_in_id, is_clear_success, is_owner_name, scalar_text, split_words};

/// Most rows of one answer that are looked at.
const MAX_ROWS: usize = 2_000;

impl Maker<'_> {
    /// Finds what was made: in the answer, behind `Location`, or in the list; and only what carries the mark, or repeats
    /// what was sent, is taken for it.
    pub(super) async fn identify(
        &self,
        index: usize,
        sent: &Sent<'_>,
        answer: &Arc<Answer>,
        n: usize,
    ) -> Result<Created, MakeFault> {
        let response = answer.response().ok_or_else(|| MakeFault::Told("no answer".to_owned()))?;
        let in_answer = response.json.as_ref().and_then(|json| sent.find(self.api, json));
        let mut found = in_answer.or_else(|| sent.only_answer(self.api, response));

        // Where its maker may not read it back, the callers whose it may have become are asked.
        for reader in std::iter::once(sent.caller).chain(sent.heirs.iter().map(String::as_str)) {
            if found.is_none() {
                found = self.identify_by_reading(&Sent { caller: reader, ..*sent }, response).await?;
            }
        }
        let Some((id, object)) =
            found.and_then(|object| Some((scalar_text(&address_id(self.api, sent.acting, &object)?)?, object)))
        else {
            // What cannot be identified was made all the same: the undoing has to look for it.
            if let Some(journal) = self.probe.journal() {
                self.name_unidentified(journal, sent, response, n).await?;
            }
            return Err(MakeFault::Told("it was made, but its id could not be told from the answer".to_owned()));
        };

        if let Some(journal) = self.probe.journal() {
            journal.made(n, Some(id.clone()), None);
            let plain = object.fields.iter().filter(|(name, _)| !name.contains('/'));
            journal.print(n, print_of(&plain.map(|(name, value)| (name.clone(), value.clone())).collect()));

            // Without a mark the object is known again by its fields alone, so they are kept now.
            if sent.marker.is_empty() {
                record_sighting(self.probe, journal, n, sent.caller).await?;
            }
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

    /// Notes what is known of what was made and is not shown to the caller that it was made for.
    async fn name_unidentified(
        &self,
        journal: &Journal,
        sent: &Sent<'_>,
        response: &Response,
        n: usize,
    ) -> Result<(), SendError> {
        let named = sent.named_as_created(response);
        // Only a 201 says that it made what it names; that is what is known of it from now on.
        let mut shows_to = Some(sent.caller).filter(|_| named.is_some() && response.status == 201);
        let id = match (named, sent.listed) {
            (None, Some((sender, listed))) => {
                let id = self.newcomer(sent.acting, sender, sent.body, listed).await?;
                shows_to = Some(sender).filter(|_| id.is_some());
                id
            }
            (named, _) => named,
        };

        journal.made(n, id, None);
        match shows_to {
            Some(reader) => record_sighting(self.probe, journal, n, reader).await,
            None => Ok(()),
        }
    }

    async fn identify_by_reading(&self, sent: &Sent<'_>, response: &Response) -> Result<Option<Object>, SendError> {
        // The objects of the answer are candidates alone: a read at its address shows which one was made.
        let mut ids: Vec<Value> = Vec::new();
        ids.extend(response.json.as_ref().into_iter().flat_map(objects_in).take(3).filter_map(|fields| {
            address_id(self.api, sent.acting, &Object::of(&sent.context.resource, fields, BTreeMap::new()))
        }));
        ids.extend(location_id(response).map(Value::String));

        for id in ids {
            let mut object = sent.context.clone();
            object.fields.insert("id".to_owned(), id);

            for operation in item_operations(self.api, sent.acting, Method::Get).into_iter().take(1) {
                let Some(url) = values_for(self.api, operation, &object, sent.values)
                    .and_then(|values| operation_url(self.probe.base_url(), operation, &values).ok())
                else {
                    continue;
                };
                let answer = self.probe.look_again(&Ask::get(AskCaller::Identity(sent.caller.to_owned()), url)).await?;
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

        // A list may be paged, so it is asked only where no address shows the object.
        let Some(url) = self.list_of(sent.acting, sent.values) else { return Ok(None) };
        // Without a mark and an earlier list, a row could be any caller's.
        if sent.marker.is_empty() && sent.listed.is_none() {
            return Ok(None);
        }
        let answer = self.probe.look_again(&Ask::get(AskCaller::Identity(sent.caller.to_owned()), url)).await?;
        let json = answer.response().and_then(|response| response.json.as_ref());
        Ok(json.and_then(|json| match sent.marker.is_empty() {
            true => sent.newcomer(self.api, json),
            false => sent.find(self.api, json),
        }))
    }

    /// Returns the id of what a write made for a caller, as the list shows that was looked at before.
    ///
    /// # Errors
    /// As [`Probe::send`](crate::probe::Probe::send).
    pub async fn newcomer(
        &self,
        acting: &Acting,
        caller: &str,
        body: Option<&Body>,
        listed: &BTreeSet<String>,
    ) -> Result<Option<String>, SendError> {
        let (values, heirs) = (Values::new(), Vec::new());
        let context = Object { resource: acting.resource.clone().unwrap_or_default(), ..Object::default() };
        let sent = Sent {
            acting,
            caller,
            marker: "",
            body,
            values: &values,
            context: &context,
            heirs: &heirs,
            listed: Some((caller, listed)),
        };

        let Some(url) = self.list_of(acting, &values) else { return Ok(None) };
        let answer = self.probe.look_again(&Ask::get(AskCaller::named(caller), url)).await?;
        let json = answer.response().and_then(|response| response.json.as_ref());
        let object = json.and_then(|json| sent.newcomer(self.api, json));

        Ok(object.and_then(|object| address_id(self.api, acting, &object)).and_then(|id| scalar_text(&id)))
    }

    fn list_of(&self, acting: &Acting, values: &Values) -> Option<url::Url> {
        list_operation(self.api, acting)
            .and_then(|operation| operation_url(self.probe.base_url(), operation, values).ok())
    }

    /// Returns the ids that the list of a kind shows a caller before an object without a mark is made; `None` where no list
    /// shows all that there is.
    ///
    /// # Errors
    /// As [`Probe::send`](crate::probe::Probe::send).
    pub async fn listed(
        &self,
        acting: &Acting,
        caller: &str,
        values: &Values,
    ) -> Result<Option<BTreeSet<String>>, SendError> {
        let Some(url) = self.list_of(acting, values) else { return Ok(None) };
        let answer = self.probe.look_again(&Ask::get(AskCaller::named(caller), url)).await?;
        let response = answer.response().filter(|response| is_clear_success(response));
        // Before a list in parts every row of a later part would look new.
        let whole = response.and_then(|response| response.json.as_ref().filter(|json| is_whole_list(response, json)));

        Ok(whole.map(|json| objects_in(json).filter_map(|fields| self.id_of(acting, fields)).collect()))
    }

    fn id_of(&self, acting: &Acting, fields: &Map<String, Value>) -> Option<String> {
        let object = Object::of(acting.resource.as_deref().unwrap_or_default(), fields, BTreeMap::new());
        address_id(self.api, acting, &object).and_then(|id| scalar_text(&id))
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
    /// Who sent it, and what that one's list showed before.
    pub(super) listed: Option<(&'s str, &'s BTreeSet<String>)>,
}

impl Sent<'_> {
    /// The id that an answer of success names, in its outermost object or in the one that this wraps, or behind `Location`:
    /// good enough to look for what was made, and not to work with. Ids of the request, and the envelope's own numbers, are
    /// none.
    fn named_as_created(&self, response: &Response) -> Option<String> {
        let sent = |id: &String| {
            let same = |value: &Value| scalar_text(value).as_ref() == Some(id);
            self.values.values().any(same) || self.body.is_some_and(|body| body.value.to_string().contains(id.as_str()))
        };
        let new = |id: &String| !id.is_empty() && id.len() <= 200 && !sent(id) && *id != response.status.to_string();
        let in_object = |fields: &Map<String, Value>| {
            let object = Object::of(&self.context.resource, fields, BTreeMap::new());
            let bare = ["id", "_id", "uuid"].iter().find_map(|name| fields.get(*name)).and_then(scalar_text);
            bare.or_else(|| own_name_id(&object).and_then(|value| scalar_text(&value))).filter(new)
        };
        let by_place = || location_id(response).filter(new);
        response.json.as_ref().into_iter().flat_map(outermost_objects).find_map(in_object).or_else(by_place)
    }

    /// The object of an answer that is the one that was made. Where an envelope has the id and what it wraps has the mark
    /// (`{"id": 7, "result": {...}}`, JSON:API), both are one object.
    fn find(&self, api: &Api, json: &Value) -> Option<Object> {
        let own = |fields: &&Map<String, Value>| {
            if self.marker.is_empty() { self.repeats(fields) } else { contains_marker(fields, self.marker) }
        };
        let with_id = |fields: &Map<String, Value>| {
            let mut object = Object::of(&self.context.resource, fields, self.context.context.clone());
            object.seen_by.insert(self.caller.to_owned());
            address_id(api, self.acting, &object).is_some().then_some(object)
        };
        let in_envelope = || {
            let wrapped = outermost_objects(json).collect::<Vec<_>>();
            let inner = wrapped.iter().rev().find(|fields| own(fields))?;
            let outer = wrapped.iter().find(|fields| bare_id(fields).is_some())?;
            let mut joined = (*inner).clone();
            let scalars = outer.iter().filter(|(_, value)| scalar_text(value).is_some());

            for (name, value) in scalars {
                joined.entry(name.clone()).or_insert_with(|| value.clone());
            }
            with_id(&joined)
        };

        // A title may stand in an address, and an id beside it or around it is surer.
        let by_id = objects_in(json).filter(own).filter(|fields| bare_id(fields).is_some()).find_map(with_id);
        by_id.or_else(in_envelope).or_else(|| objects_in(json).filter(own).find_map(with_id))
    }

    /// The one object of a list that was not there before and contradicts nothing that was sent.
    fn newcomer(&self, api: &Api, json: &Value) -> Option<Object> {
        let (_, before) = self.listed.filter(|(sender, _)| *sender == self.caller)?;
        let mut found: BTreeMap<String, Object> = BTreeMap::new();

        for fields in objects_in(json).filter(|fields| self.fits(fields)) {
            let mut object = Object::of(&self.context.resource, fields, self.context.context.clone());
            object.seen_by.insert(self.caller.to_owned());
            let id = address_id(api, self.acting, &object).and_then(|id| scalar_text(&id));
            found.extend(id.filter(|id| !before.contains(id)).map(|id| (id, object)));
        }

        // Of two, one is another caller's.
        if found.len() == 1 { found.into_values().next() } else { None }
    }

    /// Nothing of what was sent can be known again as it is: then the outermost object of a 201 that has an id is the new
    /// one, if nothing telling was sent, or it points back at the parent it was made under, or repeats most of what was sent
    /// (numbers and times come back in another form), and unless it is that parent.
    fn only_answer(&self, api: &Api, response: &Response) -> Option<Object> {
        if response.status != 201 {
            return None;
        }
        let json = response.json.as_ref()?;
        let parents: Vec<String> = self.values.values().filter_map(scalar_text).collect();
        outermost_objects(json).filter(|fields| fields.len() > 1).find_map(|fields| {
            let object = Object::of(&self.context.resource, fields, self.context.context.clone());
            let id = scalar_text(&address_id(api, self.acting, &object)?)?;
            let points_back = fields.values().filter_map(scalar_text).any(|value| parents.contains(&value));
            let known = self.sent_nothing_telling() || points_back || self.repeats_mostly(fields);
            // Two counters may give child and parent one number: then another field names the parent.
            let names_parent = fields.iter().any(|(name, value)| {
                let is_own = BARE_IDS.contains(&name.as_str());
                !is_own && ends_in_id(name) && scalar_text(value).is_some_and(|text| parents.contains(&text))
            });
            let is_parent = parents.contains(&id) && !names_parent;
            (known && !is_parent && id != response.status.to_string()).then_some(object)
        })
    }

    fn sent_nothing_telling(&self) -> bool {
        self.marker.is_empty() && self.sent_scalars().next().is_none()
    }

    /// Returns whether an object has something of what was sent, if anything was, and nothing else in its place.
    fn fits(&self, fields: &Map<String, Value>) -> bool {
        // A field that the object shows with another value contradicts; one that it lacks does not.
        let is_same = |(name, value): (&String, String)| Some(fields.get(name).and_then(scalar_text)? == value);
        let known: Vec<bool> = self.sent_scalars().filter_map(is_same).collect();
        known.iter().all(|same| *same) && (!known.is_empty() || self.sent_scalars().next().is_none())
    }

    /// Returns whether an object repeats at least two of the scalars that were sent, and half of them.
    fn repeats_mostly(&self, fields: &Map<String, Value>) -> bool {
        let (repeated, sent) = self.count_repeated(fields);
        repeated >= 2 && repeated * 2 >= sent
    }

    /// Without a mark: every scalar that was sent is there, and there is one.
    fn repeats(&self, fields: &Map<String, Value>) -> bool {
        let (repeated, sent) = self.count_repeated(fields);
        sent > 0 && repeated == sent
    }

    /// Returns how many of the scalars that were sent an object has, and how many there were.
    fn count_repeated(&self, fields: &Map<String, Value>) -> (usize, usize) {
        let same = |(name, text): &(&String, String)| fields.get(*name).and_then(scalar_text).as_ref() == Some(text);
        (self.sent_scalars().filter(same).count(), self.sent_scalars().count())
    }

    /// Returns the scalars of the body, as texts.
    fn sent_scalars(&self) -> impl Iterator<Item = (&String, String)> {
        let sent = self.body.and_then(|body| body.value.as_object()).into_iter().flatten();
        sent.filter_map(|(name, value)| Some((name, scalar_text(value)?)))
    }
}

/// The outermost object of an answer, and those that it wraps alone: `{data: {..}}`, `{data, permissions}`, `[{..}]`.
fn outermost_objects(json: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    let mut open = std::collections::VecDeque::from([(json, 0_u8)]);
    std::iter::from_fn(move || {
        while let Some((value, depth)) = open.pop_front() {
            match value {
                Value::Array(items) if items.len() == 1 => open.extend(items.first().map(|item| (item, depth))),
                Value::Object(fields) => {
                    let inner = fields.values().filter(|inner| inner.is_object() || inner.is_array());
                    open.extend(inner.filter(|_| depth < 2).map(|inner| (inner, depth + 1)));
                    return Some(fields);
                }
                _ => {}
            }
        }

        None
    })
}

/// The id that an object has under one of the plainest names.
fn bare_id(fields: &Map<String, Value>) -> Option<String> {
    BARE_IDS.iter().take(6).find_map(|name| fields.get(*name).and_then(scalar_text))
}

/// The last part of the address behind `Location`.
fn location_id(response: &Response) -> Option<String> {
    let place = response.header("location")?.split(['?', '#']).next()?.trim_end_matches('/');
    let last = place.rsplit('/').next().filter(|id| !id.is_empty())?;
    Some(percent_encoding::percent_decode_str(last).decode_utf8_lossy().into_owned())
}

/// Whether a field of an object holds a marker.
pub fn contains_marker(fields: &Map<String, Value>, marker: &str) -> bool {
    !marker.is_empty() && fields.values().any(|value| value.as_str().is_some_and(|text| text.contains(marker)))
}

/// All objects of an answer, outer ones first.
pub fn objects_in(json: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    let mut open = std::collections::VecDeque::from([(json, 0_u8)]);
    // A hostile answer must not keep the scan busy, by its size or by its depth.
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

/// The outermost objects of an answer that have an id: what stands inside one of them is a part of it, or of another kind.
pub fn rows_in<'j>(json: &'j Value, resource: &str) -> Vec<&'j Map<String, Value>> {
    let mut rows = Vec::new();
    let mut open = std::collections::VecDeque::from([(json, 0_u8)]);

    while let Some((value, depth)) = open.pop_front() {
        match value {
            _ if depth > 8 || rows.len() >= MAX_ROWS => {}
            Value::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(fields)
                if !is_page(fields) && id_value(&Object::of(resource, fields, BTreeMap::new())).is_some() =>
            {
                rows.push(fields);
            }
            Value::Object(fields) => open.extend(fields.values().map(|inner| (inner, depth + 1))),
            _ => {}
        }
    }

    rows
}

/// Whether an object is a page of others, whose number is none of theirs: `{"content": [...], "number": 0, "totalElements": 9}`.
fn is_page(fields: &Map<String, Value>) -> bool {
    let is_paging =
        |name: &&String| split_words(name).first().is_some_and(|word| PAGING.split(' ').any(|it| it == word));
    let holds_rows = fields.values().filter_map(Value::as_array).any(|rows| rows.iter().all(Value::is_object));
    holds_rows && fields.keys().filter(is_paging).count() >= 2
}

/// The bare or own id of an object.
pub fn id_value(object: &Object) -> Option<Value> {
    let bare =
        BARE_IDS.iter().take(6).find_map(|name| object.fields.get(*name)).filter(|value| scalar_text(value).is_some());
    bare.cloned().or_else(|| own_name_id(object))
}

/// First words of what pages say of themselves.
const PAGING: &str = "total page pages pageable count next previous limit offset cursor has per size";

/// `note_id` of a note; also a slug or name where nothing else is there.
fn own_name_id(object: &Object) -> Option<Value> {
    let own = |name: &&String| {
        let parts = split_words(name);
        parts.len() > 1
            && parts.last().is_some_and(|word| {
                matches!(word.as_str(), "id" | "uuid" | "guid" | "slug" | "number" | "code" | "key")
            })
            && parts.first() == split_words(&object.resource).first()
    };

    // `account_id` is an owner's, but for an account its own.
    let is_simple = split_words(&object.resource).len() == 1;
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
pub fn address_id(api: &Api, create: &Acting, object: &Object) -> Option<Value> {
    // The routes to one object share its slot as a rule; the read counts first, as it has to find the object.
    let operations = [Method::Get, Method::Delete, Method::Patch, Method::Put]
        .into_iter()
        .flat_map(|method| item_operations(api, create, method));
    let slot =
        operations.into_iter().find_map(|operation| crate::survey::id_slots(api, operation).into_iter().next_back());
    match slot {
        Some(slot) => object.slot_value(&slot).cloned(),
        None => id_value(object),
    }
}
