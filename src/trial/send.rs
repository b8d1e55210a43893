//! Sends writes; each is noted before it leaves.

use std::collections::BTreeMap;

use url::Url;

use super::lab::Lab;
use crate::act::{Acting, Body, address_id, digests_of, marks_in, objects_in, plan_undo, record_sighting};
use crate::model::Method;
use crate::probe::{
    Ask, AskCaller, Journal, SendError, Values, WriteKind, WriteNote, WriteResult, header_values, leaves_open,
    operation_url, serialize_body,
};
use crate::spec::Samples;
use crate::survey::{Object, is_clear_success, scalar_text};

/// How a request differs from the plain one of the document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Twist {
    /// Another method.
    pub method: Option<Method>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// Further parameters of the query.
    pub query: Vec<(String, String)>,
    /// Other parents in the path, by name: those of the attacker's own.
    pub parents: Values,
}

/// A write before it is sent; each part may differ from the document's.
pub(crate) struct WriteRequest<'a> {
    /// The operation.
    pub(crate) acting: &'a Acting,
    /// Its method, where it is not another one.
    pub(crate) method: Method,
    /// Who sends it.
    pub(crate) caller: AskCaller,
    /// Where it goes.
    pub(crate) url: Url,
    /// Its body.
    pub(crate) body: Option<&'a Body>,
    /// Headers beyond those that the document asks for.
    pub(crate) headers: Vec<(String, String)>,
    /// What it does to what.
    pub(crate) kind: WriteKind,
    /// It is not repeated when the target asks to slow down.
    pub(crate) once: bool,
}

impl<'a> WriteRequest<'a> {
    /// Returns a request without a body that touches what is at an address.
    pub(crate) fn plain(acting: &'a Acting, caller: AskCaller, url: Url) -> Self {
        let method = acting.operation.method;
        Self { acting, method, caller, url, body: None, headers: Vec::new(), kind: WriteKind::Touches, once: false }
    }
}

impl Lab<'_> {
    /// Sends a write with the document's own method and no twist; the guard of writes judges what it is to.
    pub(crate) async fn write(
        &self,
        acting: &Acting,
        caller: AskCaller,
        values: &Values,
        body: Option<&Body>,
    ) -> Result<WriteResult, SendError> {
        let url = self.url(acting, values)?;
        self.send(WriteRequest { body, ..WriteRequest::plain(acting, caller, url) }).await
    }

    /// Returns the address of an operation.
    pub(crate) fn url(&self, acting: &Acting, values: &Values) -> Result<Url, SendError> {
        Ok(operation_url(self.maker.probe.base_url(), &acting.operation, values)?)
    }

    /// Sends a write with its twist.
    pub(super) async fn write_twisted(
        &self,
        acting: &Acting,
        caller: AskCaller,
        values: &Values,
        body: Option<&Body>,
        twist: &Twist,
    ) -> Result<WriteResult, SendError> {
        let mut values = values.clone();
        values.extend(twist.parents.clone());
        let mut url = self.url(acting, &values)?;

        if !twist.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&twist.query);
        }
        let method = twist.method.unwrap_or(acting.operation.method);
        let headers = twist.headers.clone();
        self.send(WriteRequest { method, body, headers, ..WriteRequest::plain(acting, caller, url) }).await
    }

    /// Sends a write in the most general form: also by another method than the document's, and without repeating what was
    /// asked to slow down.
    pub(crate) async fn send(&self, request: WriteRequest<'_>) -> Result<WriteResult, SendError> {
        let WriteRequest { acting, method, caller, url, body, mut headers, kind, once } = request;
        let required = Samples::new(self.maker.api, 1).required(&acting.operation);
        headers.extend(header_values(&acting.operation, &required));
        let bare = WriteNote::bare(acting.operation.id.as_str(), &caller.label(), kind);
        let values = body.map(|body| digests_of(&body.value)).unwrap_or_default();
        let note = WriteNote { values, ..bare };

        if let (Some(journal), Some(body)) = (self.maker.probe.journal(), body) {
            // What is changed is known by what was written into it: noted before that leaves.
            for mark in marks_in(&body.value) {
                journal
                    .mark(&mark)
                    .map_err(|error| SendError::Unbuildable(format!("the journal cannot be kept: {error}")))?;
            }
        }

        let ask = Ask {
            method,
            headers,
            body: body.map(|body| serialize_body(&body.media_type, &body.value)),
            once,
            ..Ask::get(caller, url)
        };

        // Only a creation leaves something behind that has to be removed again.
        if note.kind != WriteKind::Creates {
            return self.maker.probe.send_write(&ask, note).await;
        }
        let note = self.with_way_back(acting, note, body);
        let name = note.caller.clone();

        // Nothing will tell it from others but that it was not there before.
        let listed = match note.marker.is_empty() && acting.slots.is_empty() {
            true => self.maker.listed(acting, &name, &Values::new()).await?,
            false => None,
        };
        let written = self.maker.probe.send_write(&ask, note).await?;
        let is_known = self.note_made(acting, &written).await?;

        if let (Some(listed), Some(journal), false) = (listed, self.maker.probe.journal(), is_known) {
            let id = self.maker.newcomer(acting, &name, body, &listed).await?;
            self.note_id(journal, &written, id).await?;
        }
        Ok(written)
    }

    /// Notes how what a creation makes is known and removed again.
    fn with_way_back(&self, acting: &Acting, note: WriteNote, body: Option<&Body>) -> WriteNote {
        let marker = body.and_then(|body| marks_in(&body.value).into_iter().next()).unwrap_or_default();
        let context = Object { resource: acting.resource.clone().unwrap_or_default(), ..Object::default() };
        let (maker, known) = (self.maker, Values::new());
        let undo = plan_undo(maker, acting, &known, &context);

        WriteNote { marker, undo, ..note }
    }

    /// Notes the id that an answer gives what was made; whether no list needs to be looked at for it.
    async fn note_made(&self, acting: &Acting, written: &WriteResult) -> Result<bool, SendError> {
        let Some(journal) = self.maker.probe.journal() else { return Ok(true) };
        let Some(response) = written.answer.response() else { return Ok(true) };

        if !is_clear_success(response) {
            // A refusal made nothing, while a failure may have made something all the same.
            let is_refused = !leaves_open(response.status);
            if is_refused {
                journal.nothing(written.n);
            }
            return Ok(is_refused);
        }

        let id = response.json.iter().flat_map(objects_in).take(3).find_map(|fields| {
            let object = Object::of(acting.resource.as_deref().unwrap_or_default(), fields, BTreeMap::new());
            address_id(self.maker.api, acting, &object).and_then(|id| scalar_text(&id))
        });
        if let (Some(id), Some(entry)) = (&id, journal.entry(written.n)) {
            journal.made(written.n, Some(id.clone()), None);
            // Only a 201 says that what it names was made (RFC 9110 section 15.3.2).
            if response.status == 201 {
                record_sighting(self.maker.probe, journal, written.n, &entry.note.caller).await?;
            }
        }

        Ok(id.is_some())
    }

    async fn note_id(&self, journal: &Journal, written: &WriteResult, id: Option<String>) -> Result<(), SendError> {
        let Some((id, entry)) = id.zip(journal.entry(written.n)) else { return Ok(()) };
        journal.made(written.n, Some(id), None);
        record_sighting(self.maker.probe, journal, written.n, &entry.note.caller).await
    }
}
