//! Calls of changing functions that can do no harm: on an object that does not exist, and with a body that must be
//! refused. What they are told shows whether a guard stands in front.

use std::sync::Arc;

use serde_json::json;

use super::marks::{marked, roles_of};
use crate::act::{Acting, Body, fields};
use crate::checks::acting::ActCx;
use crate::model::Method;
use crate::probe::{Answer, Caller, SendError, Values, WriteKind};
use crate::spec::Samples;
use crate::survey::{Reading, Surveyed, missing_like};

/// Most other functions that are asked for a refusal.
const MAX_NEIGHBOURS: usize = 4;

/// A call that can do no harm.
#[derive(Debug)]
pub(super) struct Harmless {
    values: Values,
    body: Option<Body>,
    /// What it is, in words.
    pub(super) what: &'static str,
}

/// The harmless call of a function, where there is one.
pub(super) fn harmless(cx: &ActCx<'_>, acting: &Acting) -> Option<Harmless> {
    let api = cx.maker.api;
    let mut values: Values = Samples::new(api, 1).required(&acting.operation);
    if !acting.slots.is_empty() {
        for slot in &acting.slots {
            let place = (slot.place, slot.name.clone());
            // An id of the same form as the real ones: others are refused before anything is looked up.
            let known = cx.check.survey.objects.for_slot(slot).map(|(_, _, value)| value.clone()).next();
            let like = known.or_else(|| values.get(&place).cloned())?;
            values.insert(place, missing_like(&like, 17));
        }
        return Some(Harmless {
            values,
            body: crate::act::body(api, acting, ""),
            what: "an object that does not exist",
        });
    }
    let content = acting.content.as_ref()?;
    let needs = fields(api, content.schema?).iter().any(|field| field.required);
    let body = Body { media_type: content.media_type.clone(), value: json!({}), marked: Vec::new() };
    (needs && acting.operation.method != Method::Delete).then_some(Harmless {
        values,
        body: Some(body),
        what: "a body without what is required",
    })
}

impl Harmless {
    /// Sends it as somebody.
    pub(super) async fn send(&self, cx: &ActCx<'_>, acting: &Acting, caller: Caller) -> Result<Arc<Answer>, SendError> {
        let url = cx.url(acting, &self.values)?;
        // A collection may take a body that it should refuse: then the report says that something was left.
        let adds = acting.slots.is_empty() && acting.operation.method == Method::Post;
        let kind = if adds { WriteKind::Creates } else { WriteKind::Tries };
        let sent = cx.write_to(acting, caller, url, self.body.as_ref(), Vec::new(), kind).await?;
        Ok(sent.answer)
    }
}

/// Another function of higher roles that refuses a caller: a read that the survey asked, or else the harmless call of
/// another changing function.
pub(super) async fn guarded_nearby(
    cx: &ActCx<'_>,
    acting: &Acting,
    caller: &str,
) -> Result<Option<(String, Arc<Answer>)>, SendError> {
    let roles = roles_of(cx.check);
    let refused = |surveyed: &&Surveyed| {
        marked(&surveyed.operation, &roles).is_some()
            && matches!(surveyed.anonymous_reading(), Some(Reading::Refused(_)))
            && surveyed.by.get(caller).is_some_and(|own| own.first.status() == Some(403))
    };
    let reads = cx.check.survey.operations.iter().filter(refused);
    let read = reads.filter_map(|surveyed| Some((surveyed, surveyed.by.get(caller)?))).next();
    if let Some((surveyed, own)) = read {
        return Ok(Some((surveyed.operation.id.0.clone(), Arc::clone(&own.first))));
    }
    guarded_write(cx, acting, caller).await
}

/// Another changing function that refuses the caller though nothing is wrong but who calls.
pub(super) async fn guarded_write(
    cx: &ActCx<'_>,
    acting: &Acting,
    caller: &str,
) -> Result<Option<(String, Arc<Answer>)>, SendError> {
    let roles = roles_of(cx.check);
    let is_like = |other: &&Acting| {
        other.operation.id != acting.operation.id
            && other.left_alone.is_none()
            && other.slots.is_empty() == acting.slots.is_empty()
            && marked(&other.operation, &roles).is_some()
    };
    let mut others: Vec<&Acting> = cx.maker.acting.iter().filter(is_like).collect();
    others.sort_by_key(|other| other.operation.method != acting.operation.method);
    for other in others.into_iter().take(MAX_NEIGHBOURS) {
        let Some(call) = harmless(cx, other) else { continue };
        let answer = call.send(cx, other, Caller::named(caller)).await?;
        if answer.status() == Some(403) {
            return Ok(Some((other.operation.id.0.clone(), answer)));
        }
    }
    Ok(None)
}
