//! What the checks of the endpoint itself share: beside which operation they ask, and what an answer amounts to.

use std::sync::Arc;

use serde_json::Value;

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::Need;
use crate::model::{Operation, Silence, address_below};
use crate::probe::{Answer, Ask, AskCaller};

/// Returns what a check of the endpoint may send: beside its first question alone.
pub(super) fn plan_beside(cx: &PlanCx<'_>, operation: &Operation, requests: u32) -> Need {
    let is_plain = |known: &&Operation| known.is_graphql() && PlanCx::is_read(known);
    let questions = || cx.api.operations.iter().filter(is_plain);
    let chosen = questions().find(|known| !known.path.contains('{')).or_else(|| questions().next());
    match chosen.is_some_and(|chosen| chosen.id == operation.id) {
        true => Need::Requests(requests),
        false => Need::NotApplicable,
    }
}

/// Asks one of the fixed questions about the endpoint.
pub(super) async fn ask_about(
    cx: &CheckCx<'_>,
    caller: AskCaller,
    what: &str,
    round: u8,
) -> Result<Arc<Answer>, Silence> {
    let none = || Silence::not_applicable("the API has no GraphQL endpoint");
    let service = cx.survey.api.graphql.as_ref().ok_or_else(none)?;
    let url = address_below(cx.probe.base_url(), &service.address_about(what));
    Ok(cx.send(&Ask::get(caller, url).again(round)).await?)
}

/// Returns a caller whom the endpoint serves; strangers where it serves nobody that is known.
pub(super) fn served_caller(cx: &CheckCx<'_>) -> AskCaller {
    let questions = cx.survey.operations.iter().filter(|surveyed| surveyed.operation.is_graphql());
    let served = questions.filter_map(|surveyed| surveyed.valid().next()).next();
    served.map_or(AskCaller::Anonymous, |baseline| AskCaller::named(&baseline.caller))
}

/// Returns how many names a question was answered under: keys of `data`, and of each answer to a batch.
pub(super) fn answered_names(answer: &Answer) -> usize {
    let count = |one: &Value| one.get("data").and_then(Value::as_object).map_or(0, serde_json::Map::len);
    match answer.response().filter(|response| response.is_success()).and_then(|response| response.json.as_ref()) {
        Some(Value::Array(all)) => all.iter().map(count).sum(),
        Some(one) => count(one),
        None => 0,
    }
}

/// Returns the first message of an answer's errors.
pub(super) fn first_error(answer: &Answer) -> Option<&str> {
    let json = answer.response()?.json.as_ref()?;
    json.get("errors")?.get(0)?.get("message")?.as_str()
}
