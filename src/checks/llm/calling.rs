//! One call of a model on the wire: noted like any write, since a server may keep the conversation.

use std::sync::Arc;

use serde_json::Value;

use super::talk::{Stop, Talk};
use crate::act::Body;
use crate::llm::Shape;
use crate::model::{Method, Operation, Place};
use crate::probe::{
    Answer, Ask, Caller, ID_PLACE, Response, Undo, Values, WriteKind, WriteNote, Written, header_values, operation_url,
    serialize_body,
};
use crate::spec::Samples;

/// Names of fields that name what a call has left behind.
const KEPT: [&str; 9] = [
    "conversation_id",
    "conversationId",
    "thread_id",
    "threadId",
    "chat_id",
    "chatId",
    "session_id",
    "sessionId",
    "id",
];

/// Calls; gives the answer, and the body and content type of what the model said.
pub(super) async fn call(talk: &Talk<'_>, caller: &Caller, body: &Body) -> Result<(Arc<Answer>, String, String), Stop> {
    let (cx, operation) = (talk.cx, &talk.acting.operation);
    let who = caller.label();
    let url = cx.url(talk.acting, &talk.values(&who))?;
    let patience = Some(cx.check.llm.patience());
    let ask = Ask {
        method: operation.method,
        headers: header_values(operation, &Samples::new(cx.maker.api, 1).required(operation)),
        body: Some(serialize_body(&body.media_type, &body.value)),
        patience,
        ..Ask::get(caller.clone(), url.clone())
    };
    let announced = WriteNote::bare(operation.id.as_str(), &who, WriteKind::Creates);
    let written = cx.maker.probe.send_write(&ask, announced).await?;
    note(talk, &written, &body.value, &who);
    let event = written.answer.response().and_then(event_of).filter(|_| talk.facing.shape == Shape::Gradio);
    let answer = match event {
        // A Gradio call only queues; what came of it is an event stream of its own.
        Some(event) => {
            let mut stream = url;
            stream.set_path(&format!("{}/{event}", stream.path().trim_end_matches('/')));
            cx.maker.probe.send(&Ask { patience, ..Ask::get(caller.clone(), stream) }).await?
        }
        None => written.answer,
    };
    let (raw, kind) = answer
        .response()
        .map(|response| (response.text.clone(), response.header("content-type").unwrap_or_default().to_owned()))
        .unwrap_or_default();
    Ok((answer, raw, kind))
}

/// The id of a queued event: letters, digits and dashes, since it becomes a part of a path.
fn event_of(response: &Response) -> Option<String> {
    let id = response.json.as_ref()?.get("event_id")?.as_str()?;
    let plain = !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    plain.then(|| id.to_owned())
}

/// Notes what the call has left behind: what its answer names and the request did not, where the API can remove it.
fn note(talk: &Talk<'_>, written: &Written, sent: &Value, who: &str) {
    let Some(journal) = talk.cx.maker.probe.journal() else { return };
    let answered = written.answer.response().filter(|response| response.is_success());
    let kept = answered.and_then(|response| response.json.as_ref()).and_then(|json| {
        KEPT.iter().find_map(|name| {
            let id = json.get(*name)?;
            let id = id.as_str().map(str::to_owned).or_else(|| id.as_u64().map(|id| id.to_string()))?;
            let new = sent.get(*name) != json.get(*name) && !id.is_empty() && id.len() <= 100;
            let undo = undo(talk, name, who);
            // What names a conversation is left behind also where nothing removes it: the report says so.
            let conversation = ["conversation", "thread", "chat"].iter().any(|start| name.starts_with(start));
            (new && (conversation || undo.is_some())).then_some((id, undo))
        })
    });
    match kept {
        Some((id, undo)) => journal.made(written.n, Some(id), undo),
        None => journal.nothing(written.n),
    }
}

/// How the API removes it: a DELETE below the operation's own path, or one whose last slot has the field's name.
fn undo(talk: &Talk<'_>, name: &str, who: &str) -> Option<Undo> {
    let api = talk.cx.maker.api;
    let own = talk.acting.operation.path.trim_end_matches('/');
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '-', '{', '}'], "");
    let thing = plain(name).trim_end_matches("id").to_owned();
    let removes = api.operations.iter().find(|operation| {
        let Some((before, slot)) = operation.path.trim_end_matches('/').rsplit_once('/') else { return false };
        let named = !thing.is_empty()
            && (plain(slot) == plain(name)
                || before.rsplit('/').next().is_some_and(|last| plain(last).trim_end_matches('s') == thing));
        operation.method == Method::Delete && slot.starts_with('{') && (named || before == own && name == "id")
    })?;
    let address = |operation: &Operation| -> Option<String> {
        let slot = operation.path_parameters().last().map(|parameter| parameter.name.clone())?;
        let mut values: Values = talk.values(who);
        values.insert((Place::Path, slot), Value::String(ID_PLACE.to_owned()));
        operation_url(talk.cx.maker.probe.base_url(), operation, &values).ok().map(String::from)
    };
    let look = api.operations.iter().find(|other| other.method == Method::Get && other.path == removes.path);
    Some(Undo { method: Method::Delete.to_string(), url: address(removes)?, look: look.and_then(address), list: None })
}
