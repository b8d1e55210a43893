//! Calls of changing functions that can do no harm: on an object that does not exist, and with a body that must be
//! refused. What they are told shows whether a guard stands in front.

use std::sync::Arc;

use serde_json::json;

use super::marks::{Mark, roles_of};
use crate::act::{Acting, Body, fields};
use crate::checks::acting::ActCx;
use crate::model::Method;
use crate::probe::{Answer, Caller, SendError, Values, WriteKind};
use crate::spec::Samples;
use crate::survey::missing_like;

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

/// Returns the harmless call of a function, where there is one.
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
    /// Sends it as a caller.
    pub(super) async fn send(&self, cx: &ActCx<'_>, acting: &Acting, caller: Caller) -> Result<Arc<Answer>, SendError> {
        let url = cx.url(acting, &self.values)?;
        // A collection may take a body that it should refuse: then the report says that something was left.
        let adds = acting.slots.is_empty() && acting.operation.method == Method::Post;
        let kind = if adds { WriteKind::Creates } else { WriteKind::Tries };
        let sent = cx.write_to(acting, caller, url, self.body.as_ref(), Vec::new(), kind).await?;
        Ok(sent.answer)
    }
}

/// Returns another changing function under a mark that refuses the caller though nothing is wrong but who calls.
pub(super) async fn guarded_write(
    cx: &ActCx<'_>,
    acting: &Acting,
    caller: &str,
    mark: &Mark,
) -> Result<Option<(String, Arc<Answer>)>, SendError> {
    let roles = roles_of(cx.check);
    let is_like = |other: &&Acting| {
        other.operation.id != acting.operation.id
            && other.left_alone.is_none()
            && other.slots.is_empty() == acting.slots.is_empty()
            && mark.covers(&other.operation, &roles)
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
