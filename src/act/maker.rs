//! Makes objects of the scan's own, one per caller and creating operation, and knows them again by what they carry.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::accounts::told_within;
use super::bodies::{self, Body, new_marker};
use super::further;
use super::holdings::HeldObject;
use super::identify::Sent;
use super::items::{is_item_of, plan_undo};
use super::kinds::{ActKind, Acting, makes_accounts};
use super::make_fault::MakeFault;
use super::privileges::as_ordinary_user;
use super::relations::{addressed_kinds, mark_references, mark_unknown_kinds};
use super::removability::Removability;
use super::repair::{read_complaints, repair_body};
use super::unusual::{Unusual, Unusually, context_of};
use crate::model::{Api, Method};
use crate::probe::{
    Answer, Ask, AskCaller, Probe, ReferenceTarget, Response, SendError, Undo, Values, WriteKind, WriteNote,
    WriteResult, header_values, leaves_open, operation_url, serialize_body,
};
use crate::survey::{Object, Slot, id_slots, is_clear_success, role_word, scalar_text};

/// Most times that one body is mended.
pub const MAX_REPAIRS: u64 = 3;

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
    /// Something that it refers to was not there: it may succeed when more is made.
    pub lacks_reference: bool,
    /// It would stay, and the user of its caller has not let the scan make what stays.
    pub lacks_consent: bool,
}

impl NotMade {
    /// Returns it in words.
    pub fn in_words(&self) -> String {
        format!("{} made nothing for {}: {}", self.operation, self.caller, self.because)
    }
}

/// How many objects there were when it was looked for what came with them, and what was found.
type CompanionLook = (usize, Option<Value>);

/// Makes objects.
#[derive(Debug)]
pub struct Maker<'a> {
    /// The API.
    pub api: &'a Api,
    /// The way to it.
    pub probe: &'a Probe,
    /// Its operations that change state.
    pub acting: &'a [Acting],
    /// Kinds of objects that addresses name.
    pub(super) kinds: BTreeSet<String>,
    /// What is known of the callers from their sign-up: caller, field, value.
    pub facts: Vec<(String, String, String)>,
    /// What disposable callers had before the scan.
    pub(super) held: Vec<HeldObject>,
    /// Held only to read or add.
    made: Mutex<Vec<Created>>,
    not_made: Mutex<Vec<NotMade>>,
    /// Bodies that were accepted, by creating operation.
    accepted: Mutex<HashMap<usize, Body>>,
    /// Objects of the common stock that bodies refer to, by caller and resource.
    pub(super) stock: Mutex<HashMap<(String, String), Result<Value, String>>>,
    /// What came with what the scan made, by caller and kind.
    pub(super) companions: Mutex<HashMap<(String, String), CompanionLook>>,
    /// What the user must know of accounts that the scan spoilt; held only to read or add.
    pub warnings: Mutex<Vec<String>>,
    /// Why creating operations make nothing, by index; `None` for those that were looked at and do.
    pub(super) singles: Mutex<HashMap<usize, Option<String>>>,
    /// Whether what creating operations make goes again, by index.
    pub(super) removability: Mutex<HashMap<usize, Removability>>,
}

/// An object that is about to be made.
struct PlannedObject<'p> {
    /// The creating operation's index.
    index: usize,
    acting: &'p Acting,
    caller: &'p str,
    how: &'p Unusual,
    /// Of the creating operation's path.
    values: Values,
    /// Its parents.
    context: Object,
    marker: String,
    url: url::Url,
    undo: Option<Undo>,
}

impl PlannedObject<'_> {
    fn sender(&self) -> &str {
        self.how.sender.as_deref().unwrap_or(self.caller)
    }
}

/// A creation that was sent.
struct SentCreation {
    written: WriteResult,
    /// Its body carries the marker.
    is_marked: bool,
    /// What the list showed before, where nothing else will tell it from others.
    listed: Option<BTreeSet<String>>,
}

impl<'a> Maker<'a> {
    /// Nothing is made yet.
    pub fn new(
        api: &'a Api,
        probe: &'a Probe,
        acting: &'a [Acting],
        (facts, held): (Vec<(String, String, String)>, Vec<HeldObject>),
    ) -> Self {
        Self {
            api,
            probe,
            acting,
            kinds: addressed_kinds(api),
            facts,
            held,
            made: Mutex::default(),
            not_made: Mutex::default(),
            accepted: Mutex::default(),
            stock: Mutex::default(),
            companions: Mutex::default(),
            warnings: Mutex::default(),
            singles: Mutex::default(),
            removability: Mutex::default(),
        }
    }

    /// Everything that was made so far.
    pub fn made(&self) -> Vec<Created> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the id of the latest object that a caller made and a slot takes.
    pub(super) fn own_value(&self, caller: &str, slot: &Slot) -> Option<Value> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |created: &&Created| created.caller == caller && slot.resources.contains(&created.object.resource);
        made.iter().rev().filter(fits).find_map(|created| created.object.slot_value(slot).cloned())
    }

    /// Leaves an object out of what checks are given from now on: one that a check has spoilt. It is undone all the same.
    pub fn forget(&self, created: &Created) {
        self.forget_entry(created.entry);
    }

    pub(super) fn forget_entry(&self, n: usize) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).retain(|known| known.entry != n);
    }

    /// What was not made, and why.
    pub fn not_made(&self) -> Vec<NotMade> {
        self.not_made.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why nothing of a resource was made.
    pub fn why_not(&self, resource: Option<&str>) -> Option<NotMade> {
        let of = |fault: &NotMade| {
            let acting = self.acting.iter().find(|acting| acting.operation.id.0 == fault.operation);
            acting.is_some_and(|acting| resource.is_some() && acting.resource.as_deref() == resource)
        };
        self.not_made().into_iter().find(of)
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
            .filter(|index| {
                // What is marked for a higher role is no caller's own to make; whether it could is a check's matter.
                let usual = |acting: &Acting| role_word(&acting.operation.path).is_none();
                self.acting
                    .get(*index)
                    .is_some_and(|acting| acting.kind == ActKind::Create && usual(acting) && wanted(acting))
            })
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
            fault.operation == acting.operation.id.0 && fault.caller == caller && fault.lacks_reference
        };
        self.not_made().iter().any(failed)
    }

    /// Makes one object; `None` when that did not work, and [`Maker::not_made`] says why.
    ///
    /// # Errors
    /// A fault that stops the scan.
    pub async fn make(&self, index: usize, caller: &str) -> Result<Option<Created>, SendError> {
        let Some(acting) = self.acting.get(index) else { return Ok(None) };
        let made = self.try_make(index, acting, caller, &Unusual::default()).await;
        let fault = match made {
            Ok(created) => {
                self.made.lock().unwrap_or_else(PoisonError::into_inner).push(created.clone());
                return Ok(Some(created));
            }
            Err(fault) => fault,
        };
        let (lacks_reference, lacks_consent) =
            (matches!(fault, MakeFault::Lacks(_)), matches!(fault, MakeFault::Stays(_)));
        let (operation, caller) = (acting.operation.id.0.clone(), caller.to_owned());
        let (_, because) = fault.in_words()?;
        let fault = NotMade { operation, caller, because, lacks_reference, lacks_consent };
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
            Err(fault) => fault.in_words().map(|(answer, because)| Unusually::Not(answer, because)),
        }
    }

    async fn try_make(&self, index: usize, acting: &Acting, caller: &str, how: &Unusual) -> Result<Created, MakeFault> {
        if let Some(because) = self.why_not_now(index, acting, (caller, how)) {
            return Err(MakeFault::Told(because));
        }
        let (values, context) = match &how.below {
            Some(below) => (below.home.clone(), context_of(acting, &below.home)),
            None => self.parents(acting, caller).await?,
        };
        let path = how.below.as_ref().map_or(&values, |below| &below.path);
        if let Some(because) = self.why_it_only_changes(index, acting, caller, &values).await? {
            return Err(MakeFault::Told(because));
        }
        let marker = new_marker();
        let mut body = self.body(index, acting, &marker);
        if let Some(body) = &mut body {
            further::add_fields(&mut body.value, &how.fields);
            self.refer(acting, (caller, how), body).await?;
            self.keep_ordinary(acting, body)?;
            further::add_fields(&mut body.value, &how.fields);
        }
        let url = operation_url(self.probe.base_url(), &acting.operation, path)?;
        let undo = plan_undo(self, acting, &values, &context);
        if let Some(because) = self.why_not_in_name(acting, caller, undo.as_ref()) {
            return Err(MakeFault::Stays(because));
        }
        let planned = PlannedObject { index, acting, caller, how, values, context, marker, url, undo };
        let mut last = None;
        for _ in 0..=MAX_REPAIRS {
            let sent = self.send_creation(&planned, body.as_ref()).await?;
            let answer = &sent.written.answer;
            let Some(response) = answer.response() else {
                return Err(MakeFault::Told("the target gave no answer".to_owned()));
            };
            if is_clear_success(response) || matches!(response.status, 302 | 303) {
                return self.take_in(&planned, body, &sent).await;
            }
            if !leaves_open(response.status) {
                self.nothing(sent.written.n);
            }
            last = Some(Arc::clone(answer));
            // Only these refusals are of the body, among them a 2xx with an error in it: mending cures no other.
            let is_mended = match (&mut body, response.status) {
                // A collection is there: what a 404 did not find is something that the body names.
                (Some(body), 404) if acting.slots.is_empty() => self.mend_references(&planned, body, response).await,
                (Some(body), 400 | 409 | 422 | 200..=299) => {
                    self.mend_body(&planned, body, response).await? || self.make_unique(acting, body, response)
                }
                _ => false,
            };
            if !is_mended {
                break;
            }
        }
        let said = last.as_ref().map(|answer| told_within(answer, 120)).unwrap_or_default();
        let because = format!("answered {said}");
        Err(last.map_or_else(|| MakeFault::Told(because.clone()), |answer| MakeFault::Refused(answer, because.clone())))
    }

    async fn send_creation(&self, planned: &PlannedObject<'_>, body: Option<&Body>) -> Result<SentCreation, MakeFault> {
        let PlannedObject { acting, how, values, .. } = planned;
        let sender = planned.sender();
        let ask = build_write_request(acting, sender, &planned.url, values, body);
        let is_marked = body.is_some_and(|body| !body.marked.is_empty());
        let note = WriteNote {
            marker: if is_marked { planned.marker.clone() } else { String::new() },
            undo: planned.undo.clone(),
            heirs: how.heirs.clone(),
            ..WriteNote::bare(acting.operation.id.as_str(), sender, WriteKind::Creates)
        };
        // Nothing will tell it from others but that it was not there before.
        let listed = if is_marked { None } else { self.listed(acting, sender, values).await? };
        let written = self.probe.send_write(&ask, note).await?;
        Ok(SentCreation { written, is_marked, listed })
    }

    /// Finds out what a creation that was answered with success made.
    async fn take_in(
        &self,
        planned: &PlannedObject<'_>,
        body: Option<Body>,
        creation: &SentCreation,
    ) -> Result<Created, MakeFault> {
        let PlannedObject { index, acting, caller, how, .. } = *planned;
        // Only what every object has is kept as the body that works, and is looked for in the answer.
        let plain = body.clone().map(|mut body| {
            further::remove_fields(&mut body.value, &how.fields);
            body
        });
        if let Some(body) = plain.as_ref().filter(|_| !how.insists) {
            self.accepted.lock().unwrap_or_else(PoisonError::into_inner).insert(index, body.clone());
        }
        let sent = Sent {
            acting,
            caller,
            marker: if creation.is_marked { &planned.marker } else { "" },
            body: plain.as_ref(),
            values: &planned.values,
            context: &planned.context,
            heirs: &how.heirs,
            listed: creation.listed.as_ref().map(|listed| (planned.sender(), listed)),
        };
        let created = self.identify(index, &sent, &creation.written.answer, creation.written.n).await?;
        if let Some(because) = self.why_not_again(index, &created) {
            return Err(MakeFault::Told(because));
        }
        self.claim(&created);
        self.count(index, how);
        Ok(Created { body, ..created })
    }

    /// Mends a body by what its refusal says; false when nothing could be changed.
    async fn mend_body(
        &self,
        planned: &PlannedObject<'_>,
        body: &mut Body,
        response: &Response,
    ) -> Result<bool, MakeFault> {
        let PlannedObject { acting, caller, how, .. } = *planned;
        let complaints = read_complaints(response);
        let repaired = repair_body(&mut body.value, &complaints, &planned.marker);
        let said = complaints.iter().map(|complaint| (complaint.field.as_str(), complaint.message.as_str()));
        let fields = further::inner_object(&mut body.value);
        let referred = fields.is_some_and(|fields| mark_references(&self.kinds, said, fields));
        let referred = referred || self.mend_references(planned, body, response).await;
        let is_changed = (repaired || referred) && self.refer(acting, (caller, how), body).await.is_ok();
        self.keep_ordinary(acting, body)?;
        if how.insists {
            further::add_fields(&mut body.value, &how.fields);
        }
        Ok(is_changed)
    }

    /// Fills texts that a refusal shows to be references; whether there are such.
    async fn mend_references(&self, planned: &PlannedObject<'_>, body: &mut Body, said: &Response) -> bool {
        let PlannedObject { acting, caller, how, .. } = *planned;
        let fields = further::inner_object(&mut body.value);
        let is_marked = fields.is_some_and(|fields| mark_unknown_kinds(&self.kinds, said.head(), fields));
        is_marked && self.refer(acting, (caller, how), body).await.is_ok()
    }

    /// Sees to it that an account that is made as any other object is an ordinary user's.
    fn keep_ordinary(&self, acting: &Acting, body: &mut Body) -> Result<(), MakeFault> {
        let is_account = makes_accounts(self.api, acting);
        if is_account { Ok(as_ordinary_user(self.api, acting, body)?) } else { Ok(()) }
    }

    /// Lets the guard of writes know by what an object of the scan's own may be named, and what it refers to.
    fn claim(&self, created: &Created) {
        let producer = self.acting.get(created.producer);
        let mut kinds = vec![created.object.resource.clone()];
        kinds.extend(producer.and_then(|producer| producer.resource.clone()));
        let items = self.api.operations.iter();
        let items = items.filter(|item| producer.is_some_and(|producer| is_item_of(self.api, producer, item)));
        kinds.extend(items.filter_map(|item| id_slots(self.api, item).pop()).flat_map(|slot| slot.resources));
        for kind in &kinds {
            self.probe.learn_standing(&created.id, ReferenceTarget::Made(kind));
            let own = |slot: &&Slot| slot.resources.contains(kind);
            let named = self.acting.iter().flat_map(|acting| &acting.slots).filter(own);
            for value in named.filter_map(|slot| created.object.slot_value(slot)).filter_map(scalar_text) {
                self.probe.learn_standing(&value, ReferenceTarget::Made(kind));
            }
        }
        for (field, value) in &created.object.fields {
            let field = field.rsplit('/').next().unwrap_or(field);
            scalar_text(value)
                .iter()
                .for_each(|value| self.probe.learn_standing(value, ReferenceTarget::Carried(field)));
        }
        let parents = created.values.iter().filter_map(|((_, name), value)| Some((name, scalar_text(value)?)));
        parents.for_each(|(name, value)| self.probe.learn_standing(&value, ReferenceTarget::Carried(name)));
    }

    fn nothing(&self, n: usize) {
        self.probe.journal().iter().for_each(|journal| journal.nothing(n));
    }

    fn body(&self, index: usize, acting: &Acting, marker: &str) -> Option<Body> {
        let accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner).get(&index).cloned();
        match (accepted, bodies::build_body(self.api, acting, marker)) {
            // What was mended once is right for all; only the marks are new.
            (Some(mut known), Some(fresh)) => {
                for name in &known.marked {
                    let mark =
                        further::value_in_body(&fresh.value, name).unwrap_or_else(|| Value::String(marker.to_owned()));
                    if let Some(place) =
                        further::inner_object(&mut known.value).and_then(|members| members.get_mut(name))
                    {
                        *place = mark;
                    }
                }
                Some(known)
            }
            (None, fresh) => fresh.or_else(|| {
                // The document says nothing of a body: many do not, and the refusal tells what is needed.
                let silent = acting.operation.body.is_none() && acting.operation.method == Method::Post;
                silent.then(Body::empty)
            }),
            (known, None) => known,
        }
    }
}

fn build_write_request(acting: &Acting, caller: &str, url: &url::Url, values: &Values, body: Option<&Body>) -> Ask {
    Ask {
        method: acting.operation.method,
        headers: header_values(&acting.operation, values),
        body: body.map(|body| serialize_body(&body.media_type, &body.value)),
        ..Ask::get(AskCaller::named(caller), url.clone())
    }
}
