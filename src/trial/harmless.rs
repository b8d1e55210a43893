//! Calls of changing functions that can do no harm: on an object that does not exist, and with a body that must be
//! refused. How they are answered shows whether a guard stands in front.

use std::sync::Arc;

use serde_json::json;

use super::lab::Lab;
use super::send::WriteRequest;
use crate::act::{Acting, Body, build_body, schema_fields};
use crate::model::Method;
use crate::probe::{Answer, AskCaller, ReferenceTarget, SendError, Values, WriteKind};
use crate::spec::Samples;
use crate::survey::{RoleMark, missing_like, scalar_text};

/// Most other functions that are asked for a refusal.
const MAX_NEIGHBOURS: usize = 4;

/// A call that can do no harm.
#[derive(Debug)]
pub(crate) struct Harmless {
    values: Values,
    body: Option<Body>,
    /// What it is, in words.
    pub(crate) what: &'static str,
}

impl Lab<'_> {
    /// Returns the harmless call of a function, where there is one.
    pub(crate) fn harmless(&self, acting: &Acting) -> Option<Harmless> {
        let api = self.maker.api;
        let mut values: Values = Samples::new(api, 1).required(&acting.operation);

        if !acting.slots.is_empty() {
            for slot in &acting.slots {
                let place = (slot.place, slot.name.clone());
                // An id of the same form as the real ones: others are refused before anything is looked up.
                let known = self.survey.objects.for_slot(slot).map(|(_, _, value)| value.clone()).next();
                let like = known.or_else(|| values.get(&place).cloned())?;
                let nothing = missing_like(&like, 17);

                // The guard of writes lets an id pass that was announced as invented.
                if let Some(text) = scalar_text(&nothing) {
                    self.maker.probe.learn_standing(&text, ReferenceTarget::Invented);
                }
                values.insert(place, nothing);
            }

            let body = build_body(api, acting, "");
            return Some(Harmless { values, body, what: "an object that does not exist" });
        }

        let content = acting.content.as_ref()?;
        // Where nothing is required an empty body is valid and makes something.
        let needs = schema_fields(api, content.schema?).iter().any(|field| field.required);
        let body = Body { media_type: content.media_type.clone(), value: json!({}), marked: Vec::new() };
        let what = "a body without what is required";

        // A DELETE without an id may remove everything at its address.
        (needs && acting.operation.method != Method::Delete).then_some(Harmless { values, body: Some(body), what })
    }

    /// Sends the harmless call of a function as a caller.
    pub(crate) async fn send_harmless(
        &self,
        call: &Harmless,
        acting: &Acting,
        caller: AskCaller,
    ) -> Result<Arc<Answer>, SendError> {
        let url = self.url(acting, &call.values)?;
        // A collection may take a body that it should refuse: then the report says that something was left.
        let adds = acting.slots.is_empty() && acting.operation.method == Method::Post;
        let kind = if adds { WriteKind::Creates } else { WriteKind::Tries };
        let request = WriteRequest { body: call.body.as_ref(), kind, ..WriteRequest::plain(acting, caller, url) };
        let sent = self.send(request).await?;

        Ok(sent.answer)
    }

    /// Returns another changing function under a mark that refuses the caller though nothing is wrong but who calls.
    pub(crate) async fn guarded_write(
        &self,
        acting: &Acting,
        caller: &str,
        mark: &RoleMark,
    ) -> Result<Option<(String, Arc<Answer>)>, SendError> {
        let roles = self.survey.people.higher_roles();
        let is_like = |other: &&Acting| {
            other.operation.id != acting.operation.id
                && other.left_alone.is_none()
                && other.slots.is_empty() == acting.slots.is_empty()
                && mark.covers(&other.operation, &roles)
        };

        let mut others: Vec<&Acting> = self.maker.acting.iter().filter(is_like).collect();
        // Functions of one method are the likeliest to share a guard.
        others.sort_by_key(|other| other.operation.method != acting.operation.method);

        for other in others.into_iter().take(MAX_NEIGHBOURS) {
            let Some(call) = self.harmless(other) else { continue };
            let answer = match self.send_harmless(&call, other, AskCaller::named(caller)).await {
                // It would name what is not the scan's own: the next one may do.
                Err(SendError::NotOwn(_)) => continue,
                answer => answer?,
            };
            // 403 is of the caller's rights (RFC 9110 section 15.5.4),
            // while other refusals may be of the body or the id.
            if answer.status() == Some(403) {
                return Ok(Some((other.operation.id.0.clone(), answer)));
            }
        }

        Ok(None)
    }
}
