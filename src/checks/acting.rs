//! What checks that write work with: objects of the scan's own, writes that are noted before they leave, and the owner's
//! own view of what became of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use url::Url;

use super::context::CheckCx;
use crate::act::{
    Account, Accounts, Acting, Body, Change, Created, Maker, SpareMaker, carries, change, id_value, is_tombstone,
    items, list, marker, object_for, objects_in, other_lists, values_for,
};
use crate::conversation::TalkCx;
use crate::model::{CheckId, Draft, Method, Mode, Operation, OperationId, Verdict, clean_name};
use crate::probe::{
    Answer, Ask, Caller, SendError, Values, WriteKind, WriteNote, Written, header_values, operation_url, serialize_body,
};
use crate::spec::Samples;
use crate::survey::{
    Object, Person, Reading, Sign, is_owner_name, is_soft_error, is_strong_owner_name, scalar_text, succeeds,
};

/// What a caller was seen to be able to do on an operation that changes state; for the ownership matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The operation.
    pub operation: OperationId,
    /// Who tried.
    pub caller: String,
    /// Whose object it was; empty where it was nobody's.
    pub owner: String,
    /// It had an effect.
    pub effect: bool,
    /// How that is known.
    pub because: String,
}

/// What checks that write work with.
#[derive(Debug)]
pub struct ActCx<'a> {
    /// The survey and the way to the target.
    pub check: &'a CheckCx<'a>,
    /// Makes objects.
    pub maker: &'a Maker<'a>,
    /// The throw-away accounts.
    pub accounts: &'a Accounts,
    /// Makes spare accounts, for what may spoil an account.
    pub(super) spares: SpareMaker<'a>,
    /// How much the scan may do.
    pub mode: Mode,
    /// Held only to add.
    accesses: Mutex<Vec<Access>>,
    /// Proofs that an account got a higher role by an operation; held only to add or read.
    raised: Mutex<Vec<(OperationId, Draft)>>,
    /// Operations on which fields that callers must not set were tried.
    tried: Mutex<Vec<OperationId>>,
    /// What checks said so far; held only to add or read.
    verdicts: Mutex<BTreeMap<(OperationId, CheckId), Verdict>>,
}

/// What an owner sees of its own object.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The answer.
    pub answer: Arc<Answer>,
    /// The object in it; `None` when it is not there (any more).
    pub object: Option<Map<String, Value>>,
    /// The answer said something: it was no fault, no overload.
    pub telling: bool,
}

impl Seen {
    /// Whether a field of the object has this value.
    pub fn shows(&self, field: &str, value: &Value) -> bool {
        self.object.as_ref().is_some_and(|object| has(object, field, value, 0))
    }

    /// The scalar fields of the object.
    pub fn fields(&self) -> BTreeMap<String, Value> {
        let scalar = |(name, value): (&String, &Value)| {
            (!value.is_object() && !value.is_array()).then(|| (name.clone(), value.clone()))
        };
        self.object.iter().flatten().filter_map(scalar).collect()
    }
}

fn has(object: &Map<String, Value>, field: &str, value: &Value, depth: u8) -> bool {
    let same = |seen: &Value| match (scalar_text(seen), scalar_text(value)) {
        (Some(seen), Some(wanted)) => seen == wanted,
        _ => seen == value,
    };
    object.get(field).is_some_and(same)
        || depth < 3 && object.values().filter_map(Value::as_object).any(|inner| has(inner, field, value, depth + 1))
}

/// Whether a write to an object is meant to be its owner's alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// Something shows it.
    ForOwner(String),
    /// Nothing shows it: what everybody may edit looks the same.
    Unclear(String),
}

impl<'a> ActCx<'a> {
    /// Nothing was tried yet.
    pub fn new(check: &'a CheckCx<'a>, maker: &'a Maker<'a>, accounts: &'a Accounts, mode: Mode) -> Self {
        let spares = SpareMaker::new(maker.api, maker.probe, maker.acting);
        Self {
            check,
            maker,
            accounts,
            spares,
            mode,
            accesses: Mutex::default(),
            raised: Mutex::default(),
            tried: Mutex::default(),
            verdicts: Mutex::default(),
        }
    }

    /// Returns what talks with models work with.
    pub fn talking(&self) -> TalkCx<'a> {
        let CheckCx { survey, shared, llm, .. } = *self.check;
        let (memory, secrets) = (&shared.llm, &shared.secrets);
        TalkCx { survey, llm, memory, secrets, maker: self.maker, accounts: self.accounts, mode: self.mode }
    }

    /// What was seen of who can do what.
    pub fn accesses(&self) -> Vec<Access> {
        self.accesses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what a check said of an operation.
    pub fn keep_verdict(&self, operation: &OperationId, check: &'static str, verdict: &Verdict) {
        let key = (operation.clone(), CheckId::from(check));
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner).insert(key, verdict.clone());
    }

    /// Returns what another check said of an operation; it has to stand under `after` of the check that asks.
    pub(super) fn earlier(&self, check: &'static str, operation: &OperationId) -> Option<Verdict> {
        let key = (operation.clone(), CheckId::from(check));
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// Keeps the proof that an operation gave an account a higher role: what one check has shown, another need not try.
    pub(super) fn keep_raise(&self, acting: &Acting, draft: Draft) {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).push((acting.operation.id.clone(), draft));
    }

    /// Keeps that fields which callers must not set were tried on an operation.
    pub(super) fn keep_tried_fields(&self, acting: &Acting) {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).push(acting.operation.id.clone());
    }

    /// Whether they were.
    pub(super) fn has_tried_fields(&self, acting: &Acting) -> bool {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).contains(&acting.operation.id)
    }

    /// Such a proof.
    pub(super) fn raise_by(&self, acting: &Acting) -> Option<Draft> {
        let raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        raised.iter().find(|(id, _)| *id == acting.operation.id).map(|(_, draft)| draft.clone())
    }

    /// Notes what a caller was seen to be able to do.
    pub(super) fn note(&self, acting: &Acting, caller: &str, owner: &str, effect: bool, because: impl Into<String>) {
        let access = Access {
            operation: acting.operation.id.clone(),
            caller: caller.to_owned(),
            owner: owner.to_owned(),
            effect,
            because: because.into(),
        };
        self.accesses.lock().unwrap_or_else(PoisonError::into_inner).push(access);
    }

    /// Signed-in callers of one rank, as intruder and owner; strangers to each other first.
    pub(super) fn pairs(&self) -> Vec<(&'a Person, &'a Person)> {
        let people = &self.check.survey.people.all;
        let mut pairs: Vec<(&Person, &Person)> = people
            .iter()
            .flat_map(|owner| people.iter().map(move |intruder| (intruder, owner)))
            .filter(|(intruder, owner)| intruder.name != owner.name && intruder.rank == owner.rank)
            .filter(|(intruder, owner)| intruder.signed_in && owner.signed_in)
            .collect();
        pairs.sort_by_key(|(intruder, owner)| (owner.rank, !owner.groups.is_disjoint(&intruder.groups)));
        pairs
    }

    /// The throw-away account of an identity, where it is one.
    pub(super) fn account(&self, name: &str) -> Option<&'a Account> {
        self.accounts.made.iter().find(|account| account.name == name)
    }

    /// The latest object of a caller that an operation's last slot takes, with the values of the operation's path.
    pub(super) fn target(&self, acting: &Acting, owner: &str) -> Option<(Created, Values)> {
        object_for(self.maker, acting, owner)
    }

    /// The creating operation of an object.
    pub(super) fn producer(&self, created: &Created) -> Option<&'a Acting> {
        self.maker.acting.get(created.producer)
    }

    /// The values of an operation's path for an object.
    pub(super) fn values(&self, operation: &Operation, created: &Created) -> Option<Values> {
        values_for(self.maker.api, operation, &created.object, &created.values)
    }

    /// One more object of the same kind for the same caller.
    pub(super) async fn fresh(&self, created: &Created) -> Result<Option<Created>, SendError> {
        self.maker.make(created.producer, &created.caller).await
    }

    /// Sends a write to an object that the scan made, or that does not exist.
    pub(super) async fn write(
        &self,
        acting: &Acting,
        caller: Caller,
        values: &Values,
        body: Option<&Body>,
    ) -> Result<Written, SendError> {
        let url = self.url(acting, values)?;
        self.write_to(acting, caller, url, body, Vec::new(), WriteKind::Touches).await
    }

    /// The address of an operation.
    pub(super) fn url(&self, acting: &Acting, values: &Values) -> Result<Url, SendError> {
        operation_url(self.maker.probe.base_url(), &acting.operation, values).map_err(SendError::Unbuildable)
    }

    /// The same at an address, with headers beyond those that the document asks for.
    pub(super) async fn write_to(
        &self,
        acting: &Acting,
        caller: Caller,
        url: Url,
        body: Option<&Body>,
        headers: Vec<(String, String)>,
        kind: WriteKind,
    ) -> Result<Written, SendError> {
        self.send(acting, acting.operation.method, caller, url, body, headers, kind, false).await
    }

    /// The most general form: also another method than the document's, and without repeating what is told to slow down.
    #[expect(clippy::too_many_arguments, reason = "each part of a request may differ from the document's")]
    pub(super) async fn send(
        &self,
        acting: &Acting,
        method: Method,
        caller: Caller,
        url: Url,
        body: Option<&Body>,
        mut headers: Vec<(String, String)>,
        kind: WriteKind,
        once: bool,
    ) -> Result<Written, SendError> {
        let required = Samples::new(self.maker.api, 1).required(&acting.operation);
        headers.extend(header_values(&acting.operation, &required));
        let note = WriteNote::bare(acting.operation.id.as_str(), &caller.label(), kind);
        let ask = Ask {
            method,
            headers,
            body: body.map(|body| serialize_body(&body.media_type, &body.value)),
            once,
            ..Ask::get(caller, url)
        };
        self.maker.probe.send_write(&ask, note).await
    }

    /// A body that changes a field of an object to a value that it did not have.
    pub(super) fn change(&self, acting: &Acting, present: &BTreeMap<String, Value>, avoid: &[Value]) -> Option<Change> {
        change(self.maker.api, acting, present, &marker(), avoid)
    }

    /// What a caller sees of an object now: at its own address, or else in its list. `None` where neither is declared.
    pub(super) async fn view(&self, caller: &str, created: &Created) -> Result<Option<Seen>, SendError> {
        let Some(producer) = self.producer(created) else { return Ok(None) };
        let api = self.maker.api;
        for operation in items(api, producer, Method::Get).into_iter().take(2) {
            let Some(url) = self
                .values(operation, created)
                .and_then(|values| operation_url(self.maker.probe.base_url(), operation, &values).ok())
            else {
                continue;
            };
            return self.look(caller, url, created).await.map(Some);
        }
        let listed = list(api, producer)
            .and_then(|operation| operation_url(self.maker.probe.base_url(), operation, &created.values).ok());
        if let Some(url) = listed {
            return self.look(caller, url, created).await.map(Some);
        }
        for operation in other_lists(api, producer).take(2) {
            let Ok(url) = operation_url(self.maker.probe.base_url(), operation, &created.values) else { continue };
            let seen = self.look(caller, url, created).await?;
            if seen.object.is_some() {
                return Ok(Some(seen));
            }
        }
        Ok(None)
    }

    async fn look(&self, caller: &str, url: Url, created: &Created) -> Result<Seen, SendError> {
        let answer = self.maker.probe.look_again(&Ask::get(Caller::named(caller), url)).await?;
        let response = answer.response();
        let telling =
            response.is_some_and(|response| response.status < 500 && response.status != 429 && !response.truncated);
        let json = response.filter(|response| succeeds(response)).and_then(|response| response.json.as_ref());
        let own_id = |fields: &&Map<String, Value>| {
            let object = Object::of(&created.object.resource, fields, BTreeMap::new());
            id_value(&object).and_then(|value| scalar_text(&value))
                == id_value(&created.object).and_then(|value| scalar_text(&value))
        };
        let marked = |fields: &&Map<String, Value>| carries(fields, &created.marker);
        let object = json
            .and_then(|json| objects_in(json).find(own_id).or_else(|| objects_in(json).find(marked)))
            .filter(|fields| !is_tombstone(fields))
            .cloned();
        Ok(Seen { answer, object, telling })
    }

    /// Whether an answer to a write is an outright refusal, and its sign. Silence on this proves nothing: the owner's
    /// view does.
    pub(super) fn refusal(answer: &Answer) -> Option<String> {
        let response = answer.response()?;
        match response.status {
            status @ (300..=399 | 401..=499) => Some(format!("status {status}")),
            400 => Some("status 400".to_owned()),
            status if is_soft_error(response) => Some(format!("status {status} with an error in it")),
            _ => None,
        }
    }

    /// Whether an answer says nothing: overload, a fault, no answer.
    pub(super) fn no_answer(answer: &Answer) -> Option<String> {
        match answer.status() {
            None => Some("the target gave no answer".to_owned()),
            Some(429) => Some("the target limits the rate (429)".to_owned()),
            Some(status) if status >= 500 => Some(format!("the target failed (status {status})")),
            Some(_) => None,
        }
    }

    /// Whether a created object is meant to be its maker's alone to change.
    pub(super) async fn meant(
        &self,
        created: &Created,
        intruder: &Person,
        owner: &Person,
        seen: &Seen,
    ) -> Result<Meant, SendError> {
        let fields: Vec<(String, Value)> =
            seen.object.iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
        if let Some(field) = fields
            .iter()
            .find(|(name, value)| is_strong_owner_name(name) && self.names(owner, name, value))
            .map(|(name, _)| name)
        {
            return Ok(Meant::ForOwner(format!("its field `{}` names {}", clean_name(field, 60), owner.name)));
        }
        for (key, (name, signs)) in &self.check.survey.owners {
            let same = key.0 == created.object.resource
                && self
                    .check
                    .survey
                    .objects
                    .known
                    .get(key)
                    .is_some_and(|object| object.created_by.as_deref() == Some(owner.name.as_str()));
            if same
                && *name == owner.name
                && let Some(sign) = signs.iter().find(|sign| {
                    !matches!(sign, Sign::Created | Sign::IsCaller)
                        && (sign.shows_intent() || matches!(sign, Sign::ScopedList { .. }))
                })
            {
                return Ok(Meant::ForOwner(sign.because(name)));
            }
        }
        // Another route to the very object that refuses the intruder.
        if let Some(view) = self.view(&intruder.name, created).await?
            && view.telling
            && view.object.is_none()
        {
            return Ok(Meant::ForOwner(format!(
                "{} cannot even read it (status {})",
                intruder.name,
                view.answer.status().unwrap_or(0)
            )));
        }
        let maker = fields
            .iter()
            .find(|(name, value)| is_owner_name(name) && self.names(owner, name, value))
            .map(|(name, _)| name);
        Ok(match maker {
            Some(field) => Meant::Unclear(format!(
                "its field `{}` names {}, and nothing shows that others may not change it",
                clean_name(field, 60),
                owner.name
            )),
            None => Meant::Unclear(format!("{} made it, and nothing else shows that it is {0}'s alone", owner.name)),
        })
    }

    /// Whether a value stands for a person.
    pub(super) fn names(&self, person: &Person, field: &str, value: &Value) -> bool {
        let by_value = |value: &Value| {
            scalar_text(value).is_some_and(|text| {
                self.check.survey.people.named_in(field, &text).is_some_and(|found| found.name == person.name)
            })
        };
        by_value(value) || value.as_object().is_some_and(|inner| inner.values().any(by_value))
    }

    /// How an answer of a read reads without any shapes of refusal: for whole answers of unknown routes.
    pub(super) fn reading(answer: &Answer) -> Reading {
        crate::survey::read(answer, &[], &std::collections::BTreeSet::new(), &[])
    }
}
