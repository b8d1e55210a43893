//! One call of a model on the wire: noted like any write, since a server may keep the conversation.

use std::sync::Arc;

use super::kept;
use super::stop::Stop;
use super::talk::Talk;
use crate::act::Body;
use crate::llm::WireFormat;
use crate::model::Place;
use crate::probe::{
    Answer, Ask, AskCaller, Response, SendError, WriteKind, WriteNote, header_values, operation_url, serialize_body,
};
use crate::spec::Samples;

/// Calls; gives the answer, and the body and content type of what the model said. `planted` is a word of the question
/// that stands nowhere else.
pub(crate) async fn call_model(
    talk: &Talk<'_>,
    caller: &AskCaller,
    body: &Body,
    planted: Option<&str>,
) -> Result<(Arc<Answer>, String, String), Stop> {
    let (cx, operation) = (talk.cx, &talk.acting.operation);
    let who = caller.label();
    let mut values = talk.values(&who);

    if talk.facing.by_query {
        let said = body.value.as_object().into_iter().flatten();
        values.extend(said.map(|(name, value)| ((Place::Query, name.clone()), value.clone())));
    }
    let url = operation_url(cx.maker.probe.base_url(), operation, &values).map_err(SendError::from)?;
    let patience = Some(cx.llm.patience());
    let ask = Ask {
        method: operation.method,
        headers: header_values(operation, &Samples::new(cx.maker.api, 1).required(operation)),
        body: (!talk.facing.by_query).then(|| serialize_body(&body.media_type, &body.value)),
        patience,
        // A limit of the rate is an answer: it bounds what one caller can have the model do.
        once: true,
        ..Ask::get(caller.clone(), url.clone())
    };

    // Looked at before the call: what a list shows afterwards and not now is the call's own.
    let before = kept::list_existing_items(talk, &who).await?;
    let announced = WriteNote::bare(operation.id.as_str(), &who, WriteKind::Creates);
    let written = cx.maker.probe.send_write(&ask, announced).await?;
    kept::record_leftovers(talk, &written, &body.value, (&who, planted), &before).await?;
    let event = written.answer.response().and_then(event_of).filter(|_| talk.facing.shape == WireFormat::Gradio);
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
