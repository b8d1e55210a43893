//! Makes objects of the scan's own, one per caller and creating operation, and knows them again by what they carry.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use super::bodies::{self, Body, marker, put};
use super::items::{items, list, undo, values_for};
use super::kinds::{Acting, Kind};
use super::repair::{complaints, mend};
use crate::model::{Api, Effect, Method, Operation, Outcome, Place, clean};
use crate::probe::{
    Answer, Ask, Caller, Probe, Response, SendError, Values, WriteKind, WriteNote, operation_url, serialize_body,
};
use crate::spec::Samples;
use crate::survey::{
    BARE_IDS, Object, is_me_word, is_owner_name, is_soft_error, is_strong_owner_name, resource_of_path, role_word,
    scalar_text, words,
};

/// Most times that one body is mended.
const MAX_REPAIRS: usize = 3;
/// Most objects that one caller makes in a scan.
const MAX_PER_CALLER: usize = 60;

/// One object that the scan made.
#[derive(Debug, Clone)]
pub struct Created {
    /// Who made it.
    pub caller: String,
    /// What it is: fields, context, ids.
    pub object: Object,
    /// Its id.
    pub id: String,
    /// The creating operation, as an index into the acting operations.
    pub producer: usize,
    /// Values of the creating operation's path.
    pub values: Values,
    /// A text that stands in it and nowhere else; empty where it has none.
    pub marker: String,
    /// The body that made it.
    pub body: Option<Body>,
    /// Its creation's number in the journal.
    pub entry: usize,
    /// The answer of the creation.
    pub answer: Arc<Answer>,
}

/// Why an operation made nothing for a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotMade {
    /// The operation.
    pub operation: String,
    /// For whom.
    pub caller: String,
    /// Why.
    pub because: String,
}

/// How an object is made otherwise than usual.
#[derive(Debug, Clone, Default)]
pub struct Unusual {
    /// As whom the request is sent, where it is not the caller whose it is meant to be.
    pub sender: Option<String>,
    /// Fields of the body, whatever the schema says of them.
    pub fields: Vec<(String, Value)>,
    /// Whose the object may become instead.
    pub heirs: Vec<String>,
}

/// What came of making an object otherwise than usual.
#[derive(Debug)]
pub enum Unusually {
    /// It was made.
    Made(Box<Created>),
    /// It was not; the answer, where there was one, and why.
    Not(Option<Arc<Answer>>, String),
}

/// Makes objects.
#[derive(Debug)]
pub struct Maker<'a> {
    /// The API.
    pub api: &'a Api,
    /// The way to it.
    pub probe: &'a Probe,
    /// Its operations that change state.
    pub acting: &'a [Acting],
    /// Held only to read or add.
    made: Mutex<Vec<Created>>,
    not_made: Mutex<Vec<NotMade>>,
    /// Bodies that were accepted, by creating operation.
    accepted: Mutex<HashMap<usize, Body>>,
    /// Objects of the common stock that bodies refer to, by caller and resource.
    stock: Mutex<HashMap<(String, String), Result<Value, String>>>,
}

/// What stands in the way of making an object.
enum Fault {
    Sending(SendError),
    Told(String),
    Refused(Arc<Answer>, String),
}

impl From<SendError> for Fault {
    fn from(error: SendError) -> Self {
        Self::Sending(error)
    }
}

impl<'a> Maker<'a> {
    /// Nothing is made yet.
    pub fn new(api: &'a Api, probe: &'a Probe, acting: &'a [Acting]) -> Self {
        Self {
            api,
            probe,
            acting,
            made: Mutex::default(),
            not_made: Mutex::default(),
            accepted: Mutex::default(),
            stock: Mutex::default(),
        }
    }

    /// Everything that was made so far.
    pub fn made(&self) -> Vec<Created> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was not made, and why.
    pub fn not_made(&self) -> Vec<NotMade> {
        self.not_made.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why nothing of a resource was made, in words.
    pub fn why_not(&self, resource: Option<&str>) -> Option<String> {
        let of = |fault: &&NotMade| {
            let acting = self.acting.iter().find(|acting| acting.operation.id.0 == fault.operation);
            acting.is_some_and(|acting| resource.is_some() && acting.resource.as_deref() == resource)
        };
        let all = self.not_made();
        all.iter()
            .find(of)
            .map(|fault| format!("{} made nothing for {}: {}", fault.operation, fault.caller, fault.because))
    }

    /// Makes what can be made for these callers: parents before children. `wanted` chooses creating operations.
    ///
    /// # Errors
    /// The first fault that stops the scan; objects that could not be made are told by [`Maker::not_made`].
    pub async fn make_all(
        &self,
        callers: &[String],
        wanted: &(dyn Fn(&Acting) -> bool + Sync),
    ) -> Result<(), SendError> {
        let mut producers: Vec<usize> = (0..self.acting.len())
            .filter(|index| self.acting.get(*index).is_some_and(|acting| acting.kind == Kind::Create && wanted(acting)))
            .collect();
        producers.sort_by_key(|index| self.acting.get(*index).map_or(0, |acting| acting.slots.len()));
        for round in 0..2 {
            for index in &producers {
                for caller in callers {
                    let own = |created: &Created| created.producer == *index && created.caller == *caller;
                    if self.made().iter().any(own) || (round > 0 && !self.may_help(*index, caller)) {
                        continue;
                    }
                    self.make(*index, caller).await?;
                }
            }
        }
        Ok(())
    }

    /// Whether a second try may succeed, now that other objects are there.
    fn may_help(&self, index: usize, caller: &str) -> bool {
        let Some(acting) = self.acting.get(index) else { return false };
        let failed = |fault: &NotMade| {
            fault.operation == acting.operation.id.0 && fault.caller == caller && fault.because.starts_with("needs a")
        };
        self.not_made().iter().any(failed)
    }

    /// Makes one object; `None` when that did not work, and [`Maker::not_made`] says why.
    ///
    /// # Errors
    /// A fault that stops the scan.
    pub async fn make(&self, index: usize, caller: &str) -> Result<Option<Created>, SendError> {
        let Some(acting) = self.acting.get(index) else { return Ok(None) };
        let because = match self.try_make(index, acting, caller, &Unusual::default()).await {
            Ok(created) => {
                let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
                made.push(created.clone());
                return Ok(Some(created));
            }
            Err(Fault::Sending(error @ (SendError::Cancelled | SendError::Budget(_)))) => return Err(error),
            Err(Fault::Sending(error)) => error.to_string(),
            Err(Fault::Told(because) | Fault::Refused(_, because)) => because,
        };
        let fault = NotMade { operation: acting.operation.id.0.clone(), caller: caller.to_owned(), because };
        let mut not_made = self.not_made.lock().unwrap_or_else(PoisonError::into_inner);
        not_made.retain(|known| known.operation != fault.operation || known.caller != fault.caller);
        not_made.push(fault);
        Ok(None)
    }

    /// Makes one object otherwise than usual. It does not count among the caller's own afterwards.
    ///
    /// # Errors
    /// A fault that stops the scan.
    pub async fn make_unusually(&self, index: usize, caller: &str, how: &Unusual) -> Result<Unusually, SendError> {
        let Some(acting) = self.acting.get(index) else { return Ok(Unusually::Not(None, "no such operation".into())) };
        match self.try_make(index, acting, caller, how).await {
            Ok(created) => Ok(Unusually::Made(Box::new(created))),
            Err(Fault::Sending(error @ (SendError::Cancelled | SendError::Budget(_)))) => Err(error),
            Err(Fault::Sending(error)) => Ok(Unusually::Not(None, error.to_string())),
            Err(Fault::Told(because)) => Ok(Unusually::Not(None, because)),
            Err(Fault::Refused(answer, because)) => Ok(Unusually::Not(Some(answer), because)),
        }
    }

    async fn try_make(&self, index: usize, acting: &Acting, caller: &str, how: &Unusual) -> Result<Created, Fault> {
        let sender = how.sender.as_deref().unwrap_or(caller);
        if let Some(because) = &acting.left_alone {
            return Err(Fault::Told(because.clone()));
        }
        if self.made().iter().filter(|created| created.caller == caller).count() >= MAX_PER_CALLER {
            return Err(Fault::Told(format!("{MAX_PER_CALLER} objects of one caller are enough")));
        }
        let (values, context) = self.parents(acting, caller).await?;
        let marker = marker();
        let mut body = self.body(index, acting, &marker);
        if let Some(body) = &mut body {
            self.refer(acting, caller, body).await?;
            how.apply(body);
        }
        let url = operation_url(self.probe.base_url(), &acting.operation, &values).map_err(Fault::Told)?;
        let undo = undo(self.probe, self.api, acting, self.acting, &values, &context);
        let mut said = String::new();
        let mut last = None;
        for _ in 0..=MAX_REPAIRS {
            let ask = ask(acting, sender, &url, body.as_ref());
            let marked = body.as_ref().is_some_and(|body| !body.marked.is_empty());
            let note = WriteNote {
                operation: acting.operation.id.0.clone(),
                caller: sender.to_owned(),
                kind: WriteKind::Creates,
                marker: if marked { marker.clone() } else { String::new() },
                undo: undo.clone(),
            };
            let written = self.probe.send_write(&ask, note).await?;
            if let Some(journal) = self.probe.journal() {
                how.heirs.iter().for_each(|heir| journal.heir(written.n, heir));
            }
            let Some(response) = written.answer.response() else {
                return Err(Fault::Told("the target gave no answer".to_owned()));
            };
            if response.is_success() && !is_soft_error(response) || matches!(response.status, 302 | 303) {
                if let Some(body) = body.as_ref().filter(|_| how.fields.is_empty()) {
                    self.accepted.lock().unwrap_or_else(PoisonError::into_inner).insert(index, body.clone());
                }
                let sent = Sent {
                    acting,
                    caller,
                    marker: if marked { &marker } else { "" },
                    body: body.as_ref(),
                    values: &values,
                    context: &context,
                    heirs: &how.heirs,
                };
                let created = self.identify(index, &sent, &written.answer, written.n).await?;
                return Ok(created);
            }
            self.nothing(written.n);
            said = told(&written.answer);
            last = Some(Arc::clone(&written.answer));
            let wrong = complaints(response);
            let mended = match (&mut body, response.status) {
                (Some(body), 400 | 409 | 422 | 200..=299) => {
                    let changed = mend(&mut body.value, &wrong, &marker);
                    let changed = changed && self.refer(acting, caller, body).await.is_ok();
                    how.apply(body);
                    changed
                }
                _ => false,
            };
            if !mended {
                break;
            }
        }
        let because = format!("answered {said}");
        Err(last.map_or_else(|| Fault::Told(because.clone()), |answer| Fault::Refused(answer, because.clone())))
    }

    fn nothing(&self, n: usize) {
        if let Some(journal) = self.probe.journal() {
            journal.nothing(n);
        }
    }

    fn body(&self, index: usize, acting: &Acting, marker: &str) -> Option<Body> {
        let accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner).get(&index).cloned();
        match (accepted, bodies::body(self.api, acting, marker)) {
            // What was mended once is right for all; only the marks are new.
            (Some(mut known), Some(fresh)) => {
                for name in &known.marked {
                    let mark = fresh.value.get(name).cloned().unwrap_or_else(|| Value::String(marker.to_owned()));
                    if let Some(place) = known.value.get_mut(name) {
                        *place = mark;
                    }
                }
                Some(known)
            }
            (None, fresh) => fresh.or_else(|| {
                // The document says nothing of a body: many do not, and the refusal tells what is needed.
                let silent = acting.operation.body.is_none() && acting.operation.method == Method::Post;
                silent.then(|| Body {
                    media_type: "application/json".to_owned(),
                    value: Value::Object(Map::new()),
                    marked: Vec::new(),
                })
            }),
            (known, None) => known,
        }
    }

    /// Values of the path, and what they say of the parents.
    async fn parents(&self, acting: &Acting, caller: &str) -> Result<(Values, Object), Fault> {
        let samples = Samples::new(self.api, 1);
        let mut values: Values = acting
            .operation
            .parameters
            .iter()
            .filter(|parameter| parameter.required)
            .map(|parameter| ((parameter.place, parameter.name.clone()), samples.parameter(parameter)))
            .collect();
        let mut context = Object { resource: acting.resource.clone().unwrap_or_default(), ..Object::default() };
        for slot in &acting.slots {
            let own = self.made().into_iter().rev().find_map(|created| {
                let fits = created.caller == caller && slot.resources.contains(&created.object.resource);
                fits.then(|| created.object.slot_value(slot).cloned()).flatten()
            });
            let value = match own {
                Some(value) => value,
                None => self.from_stock(caller, &slot.resources).await?,
            };
            for resource in &slot.resources {
                context.context.insert(resource.clone(), value.clone());
            }
            values.insert((slot.place, slot.name.clone()), value);
        }
        Ok((values, context))
    }

    /// Puts ids of the caller's own objects, or of the common stock, where the body refers to something.
    async fn refer(&self, acting: &Acting, caller: &str, body: &mut Body) -> Result<(), Fault> {
        for reference in bodies::references(self.api, acting.content.as_ref(), &body.value) {
            let own = self
                .made()
                .into_iter()
                .rev()
                .find(|created| created.caller == caller && created.object.resource == reference.resource);
            let value = match own {
                Some(created) => Ok(id_value(&created.object).unwrap_or(Value::String(created.id))),
                None => self.from_stock(caller, std::slice::from_ref(&reference.resource)).await,
            };
            match value {
                Ok(value) => put(&mut body.value, &reference.pointer, value),
                Err(Fault::Told(_)) if !reference.required => {
                    let name =
                        reference.pointer.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
                    if let Some(members) = body.value.as_object_mut() {
                        members.shift_remove(&name);
                    }
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// The id of an object of the common stock: one that a list shows, that names no owner, and that counts nothing which
    /// a reference to it could change.
    async fn from_stock(&self, caller: &str, resources: &[String]) -> Result<Value, Fault> {
        let mut because = format!(
            "needs a {}, and none of {caller}'s own is known",
            resources.first().map_or("parent", String::as_str)
        );
        for resource in resources {
            let key = (caller.to_owned(), resource.clone());
            let known = self.stock.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
            let found = match known {
                Some(found) => found,
                None => {
                    let found = self.look_in_stock(caller, resource).await?;
                    self.stock.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
                    found
                }
            };
            match found {
                Ok(value) => return Ok(value),
                Err(told) if !told.is_empty() => because = told,
                Err(_) => {}
            }
        }
        Err(Fault::Told(because))
    }

    async fn look_in_stock(&self, caller: &str, resource: &str) -> Result<Result<Value, String>, SendError> {
        let reads = |operation: &&Operation| {
            operation.method == Method::Get
                && operation.effect == Effect::Reads
                && !operation.path.contains('{')
                && resource_of_path(&operation.path).as_deref() == Some(resource)
                && !operation.path.rsplit('/').next().is_some_and(is_me_word)
                && role_word(&operation.path).is_none()
        };
        let Some(operation) = self.api.operations.iter().find(reads) else { return Ok(Err(String::new())) };
        let Ok(url) = operation_url(self.probe.base_url(), operation, &Values::new()) else {
            return Ok(Err(String::new()));
        };
        let answer = self.probe.look_again(&Ask::get(Caller::Identity(caller.to_owned()), url)).await?;
        let Some(json) =
            answer.response().filter(|response| response.is_success()).and_then(|response| response.json.as_ref())
        else {
            return Ok(Err(String::new()));
        };
        let mut told = String::new();
        for fields in objects_in(json) {
            let object = Object::of(resource, fields, BTreeMap::new());
            let Some(id) = id_value(&object) else { continue };
            if fields.keys().any(|name| is_strong_owner_name(name)) {
                continue;
            }
            if let Some(counter) =
                fields.iter().find(|(name, value)| value.is_number() && counts(name)).map(|(name, _)| name)
            {
                told = format!("needs a {resource}, whose `{}` the new object might change", clean(counter, 40));
                continue;
            }
            return Ok(Ok(id));
        }
        Ok(Err(told))
    }

    /// Finds what was made: in the answer, behind `Location`, or in the list; and only what carries the mark, or repeats
    /// what was sent, is taken for it.
    async fn identify(&self, index: usize, sent: &Sent<'_>, answer: &Arc<Answer>, n: usize) -> Result<Created, Fault> {
        let response = answer.response().ok_or_else(|| Fault::Told("no answer".to_owned()))?;
        let in_answer = response.json.as_ref().and_then(|json| sent.find(json));
        let mut found = in_answer;
        for reader in std::iter::once(sent.caller).chain(sent.heirs.iter().map(String::as_str)) {
            if found.is_none() {
                found = self.identify_by_reading(&Sent { caller: reader, ..*sent }, response).await?;
            }
        }
        let Some((id, object)) =
            found.and_then(|object| Some((scalar_text(&id_value_of(self.api, sent.acting, &object)?)?, object)))
        else {
            if let Some(journal) = self.probe.journal() {
                journal.made(n, None, None);
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
                if let Some(mut seen) = json.and_then(|json| sent.find(json)) {
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
        Ok(answer.response().and_then(|response| response.json.as_ref()).and_then(|json| sent.find(json)))
    }
}

impl Unusual {
    fn apply(&self, body: &mut Body) {
        let Some(members) = body.value.as_object_mut() else { return };
        for (name, value) in &self.fields {
            members.insert(name.clone(), value.clone());
        }
    }
}

/// What was sent to make an object.
struct Sent<'s> {
    acting: &'s Acting,
    caller: &'s str,
    marker: &'s str,
    body: Option<&'s Body>,
    values: &'s Values,
    context: &'s Object,
    heirs: &'s [String],
}

impl Sent<'_> {
    /// The object of an answer that is the one that was made.
    fn find(&self, json: &Value) -> Option<Object> {
        let own = |fields: &&Map<String, Value>| {
            if self.marker.is_empty() { self.repeats(fields) } else { carries(fields, self.marker) }
        };
        let with_id = |fields: &Map<String, Value>| {
            let mut object = Object::of(&self.context.resource, fields, self.context.context.clone());
            object.seen_by.insert(self.caller.to_owned());
            let has_id = id_value(&object).is_some() || own_name_id(&object).is_some();
            has_id.then_some(object)
        };
        objects_in(json).filter(own).find_map(with_id)
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
    let named =
        object.fields.keys().filter(|name| !is_owner_name(name)).find(own).and_then(|name| object.fields.get(name));
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

/// Fields that count something which other objects change.
fn counts(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "stock"
                | "quantity"
                | "qty"
                | "available"
                | "availability"
                | "remaining"
                | "left"
                | "balance"
                | "credit"
                | "credits"
                | "count"
                | "seats"
                | "inventory"
                | "sold"
                | "views"
                | "likes"
                | "votes"
                | "rating"
                | "score"
                | "average"
                | "total"
                | "uses"
                | "usage"
                | "orders"
                | "reviews"
                | "members"
                | "participants"
        )
    })
}

fn ask(acting: &Acting, caller: &str, url: &url::Url, body: Option<&Body>) -> Ask {
    let headers = acting
        .operation
        .parameters
        .iter()
        .filter(|parameter| parameter.place == Place::Header && parameter.required)
        .map(|parameter| (parameter.name.clone(), "1".to_owned()))
        .collect();
    Ask {
        method: acting.operation.method,
        headers,
        body: body.map(|body| serialize_body(&body.media_type, &body.value)),
        ..Ask::get(Caller::named(caller), url.clone())
    }
}

/// What an answer said, short; its text is redacted already.
fn told(answer: &Answer) -> String {
    match &answer.exchange.outcome {
        Outcome::Response(response) => format!("{}: {}", response.status, clean(&response.body, 120)),
        _ => "nothing".to_owned(),
    }
}
