//! What a call of a model leaves behind: conversations, memories, whatever its answer names.

use serde_json::Value;

use super::conversation;
use super::talk::{Stop, Talk};
use crate::act::marked_in;
use crate::model::{Method, Operation, Place};
use crate::probe::{ID_PLACE, Undo, Values, Written, operation_url};
use crate::survey::words;

/// Most lists that are looked at for a planted word.
const MOST_LISTS: usize = 3;
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

/// Notes what the call has left behind, where the API can remove it: what its answer names and the request did not, the
/// conversation that the request began, and what a list shows with the planted word in it.
pub(super) async fn note(
    talk: &Talk<'_>,
    written: &Written,
    sent: &Value,
    (who, planted): (&str, Option<&str>),
) -> Result<(), Stop> {
    let Some(journal) = talk.cx.maker.probe.journal() else { return Ok(()) };
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
    let kept = kept.or_else(|| begun(talk, written, sent, who));
    let kept = match (kept, planted) {
        (None, Some(word)) => remembered(talk, who, word).await?,
        (kept, _) => kept,
    };
    match kept {
        Some((id, undo)) => journal.made(written.n, Some(id), undo),
        None => journal.nothing(written.n),
    }
    Ok(())
}

/// The conversation that a request began under an id of its own.
fn begun(talk: &Talk<'_>, written: &Written, sent: &Value, who: &str) -> Option<(String, Option<Undo>)> {
    written.answer.response().filter(|response| response.is_success())?;
    sent.as_object()?.iter().filter(|(name, _)| conversation::is_named(name)).find_map(|(name, id)| {
        let id = id.as_str().filter(|id| !conversation::is_made(talk, who, id))?;
        Some((id.to_owned(), Some(undo(talk, name, who)?)))
    })
}

/// What the API lists to the caller with a planted word in it, and how it is removed there.
async fn remembered(talk: &Talk<'_>, who: &str, word: &str) -> Result<Option<(String, Option<Undo>)>, Stop> {
    let api = talk.cx.maker.api;
    let lists = api.operations.iter().filter(|operation| {
        operation.method == Method::Get && operation.path_parameters().is_empty() && is_of_talk(&operation.path)
    });
    for list in lists.take(MOST_LISTS) {
        let below = format!("{}/{{", list.path.trim_end_matches('/'));
        let item = |operation: &&Operation| operation.path.strip_prefix(&below).is_some_and(|rest| !rest.contains('/'));
        let Some(removes) = api.operations.iter().filter(item).find(|other| other.method == Method::Delete) else {
            continue;
        };
        let look = api.operations.iter().filter(item).find(|other| other.method == Method::Get);
        let Some(url) = address(talk, list, who) else { continue };
        let Ok(parsed) = url::Url::parse(&url) else { continue };
        if let Some(id) = marked_in(talk.cx.maker.probe, who, &parsed, word).await? {
            let undo = address(talk, removes, who).map(|removal| Undo {
                method: Method::Delete.to_string(),
                url: removal,
                look: look.and_then(|look| address(talk, look, who)),
                list: Some(url),
            });
            return Ok(Some((id, undo)));
        }
    }
    Ok(None)
}

/// Whether a path is that of what is said and kept.
fn is_of_talk(path: &str) -> bool {
    const WORDS: [&str; 14] = [
        "memory",
        "memories",
        "message",
        "messages",
        "history",
        "conversation",
        "conversations",
        "chat",
        "chats",
        "thread",
        "threads",
        "session",
        "sessions",
        "turns",
    ];
    words(path).iter().any(|word| WORDS.contains(&word.as_str()))
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
    let look = api.operations.iter().find(|other| other.method == Method::Get && other.path == removes.path);
    let look = look.and_then(|look| address(talk, look, who));
    Some(Undo { method: Method::Delete.to_string(), url: address(talk, removes, who)?, look, list: None })
}

/// The address of an operation, with a place for the id where its path ends in a slot.
fn address(talk: &Talk<'_>, operation: &Operation, who: &str) -> Option<String> {
    let mut values: Values = talk.values(who);
    if let Some(slot) = operation.path_parameters().last() {
        values.insert((Place::Path, slot.name.clone()), Value::String(ID_PLACE.to_owned()));
    }
    operation_url(talk.cx.maker.probe.base_url(), operation, &values).ok().map(String::from)
}
