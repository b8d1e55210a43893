//! What a call of a model leaves behind: conversations, memories, whatever its answer names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::sessions;
use super::stop::Stop;
use super::talk::Talk;
use crate::act::{ActKind, record_sighting};
use crate::model::{Effect, Method, Operation, Place};
use crate::probe::{Ask, AskCaller, ID_PLACE, JournalEntry, Undo, Values, WriteResult, operation_url};
use crate::survey::{role_word, scalar_text, split_words};

/// Most lists that are looked at for a planted word.
const MOST_LISTS: usize = 3;
/// Ids of what each list showed a caller before anything was said, by path.
pub(crate) type Listed = BTreeMap<String, BTreeSet<String>>;

/// What lists of conversations and memories show a caller before the first word: none of it is the scan's.
pub(crate) async fn list_existing_items(talk: &Talk<'_>, who: &str) -> Result<Arc<Listed>, Stop> {
    let memory = talk.cx.memory;
    if let Some(listed) = memory.listed(who) {
        return Ok(listed);
    }
    let mut listed = Listed::new();

    for list in removable_lists(talk) {
        let items = fetch_items(talk, list, who).await?;
        listed.insert(list.path.clone(), items.into_iter().map(|(id, _)| id).collect());
    }
    Ok(memory.keep_listed(who, listed))
}

/// Notes what the call has left behind, where the API can remove it: what its answer names and the request did not, the
/// conversation that the request began, and what a list shows with the planted word in it. What was there before is not
/// the scan's.
pub(crate) async fn record_leftovers(
    talk: &Talk<'_>,
    written: &WriteResult,
    sent: &Value,
    (who, planted): (&str, Option<&str>),
    before: &Listed,
) -> Result<(), Stop> {
    let Some(journal) = talk.cx.maker.probe.journal() else { return Ok(()) };
    let named = find_named_id(talk, written, sent, who).or_else(|| find_begun_conversation(talk, written, sent, who));
    let mut kept = named.filter(|(id, _)| !is_old(talk, before, id));

    // Only where the answer names nothing: each list that is looked through costs a request.
    if let (None, Some(word)) = (&kept, planted) {
        kept = find_planted_item(talk, who, word, before).await?;
    }
    // Every call within one conversation names it again, and it is to be noted once.
    let own = talk.acting.operation.id.as_str();
    let same = |entry: &JournalEntry, id: &String| entry.object.as_ref() == Some(id) && entry.note.operation == own;
    let noted = |id: &String| journal.has_entry(|entry| same(entry, id));

    match kept.filter(|(id, _)| !noted(id)) {
        Some((id, undo)) => {
            journal.made(written.n, Some(id), undo);
            record_sighting(talk.cx.maker.probe, journal, written.n, who).await?;
        }
        None => journal.nothing(written.n),
    }

    Ok(())
}

/// Whether it was there before the scan said anything.
fn is_old(talk: &Talk<'_>, before: &Listed, id: &str) -> bool {
    let known = &talk.cx.survey.objects.known;
    // The invoice 5 says nothing of the conversation 5.
    let number = id.bytes().all(|byte| byte.is_ascii_digit());
    let is_same = |resource: &str| !number || sessions::is_named(resource) || is_of_talk(resource);
    let seen =
        known.iter().any(|((resource, known), object)| known == id && object.created_by.is_none() && is_same(resource));
    seen || before.values().any(|ids| ids.contains(id))
}

/// What the answer names and the request did not.
fn find_named_id(talk: &Talk<'_>, written: &WriteResult, sent: &Value, who: &str) -> Option<(String, Option<Undo>)> {
    let json = written.answer.response().filter(|response| response.is_success())?.json.as_ref()?;
    let fields = json.as_object()?.iter();
    // A field for the conversation speaks of what was begun; a bare `id` may be that of one message.
    let (talks, others): (Vec<_>, Vec<_>) = fields.partition(|(name, _)| sessions::is_named(name));
    let ids = others.into_iter().filter(|(name, _)| *name == "id");
    talks.into_iter().chain(ids).find_map(|(name, id)| {
        let id = scalar_text(id)?;
        let new = sent.get(name).and_then(scalar_text).as_ref() != Some(&id) && !id.is_empty() && id.len() <= 100;
        let plain = !id.contains(char::is_whitespace);
        let undo = find_undo(talk, name, who);

        // What names a conversation is left behind also where nothing removes it: the report says so.
        let conversation = name != "id" && !name.to_ascii_lowercase().starts_with("session");
        (new && plain && (conversation || undo.is_some())).then_some((id, undo))
    })
}

/// The conversation that a request began under an id of its own.
fn find_begun_conversation(
    talk: &Talk<'_>,
    written: &WriteResult,
    sent: &Value,
    who: &str,
) -> Option<(String, Option<Undo>)> {
    written.answer.response().filter(|response| response.is_success())?;
    // The prompt itself may have a name such as `chat`.
    let prompt = talk.facing.prompt.as_deref().and_then(|pointer| pointer.split('/').nth(1)).unwrap_or_default();
    let fields = sent.as_object()?.iter().filter(|(name, _)| *name != prompt && sessions::is_named(name));
    fields.into_iter().find_map(|(name, id)| {
        let id = id.as_str().filter(|id| !sessions::is_made(talk, who, id))?;
        Some((id.to_owned(), Some(find_undo(talk, name, who)?)))
    })
}

/// What the API lists to the caller with a planted word in it, and how it is removed there.
async fn find_planted_item(
    talk: &Talk<'_>,
    who: &str,
    word: &str,
    before: &Listed,
) -> Result<Option<(String, Option<Undo>)>, Stop> {
    for list in removable_lists(talk) {
        let old = before.get(&list.path);
        let items = fetch_items(talk, list, who).await?;
        let new = items
            .into_iter()
            .find(|(id, item)| item.to_string().contains(word) && old.is_some_and(|old| !old.contains(id)));
        let Some((id, _)) = new else { continue };
        let look =
            talk.cx.maker.api.operations.iter().find(|other| is_item(list, other) && other.method == Method::Get);
        let undo = find_removal(talk, list).and_then(|removes| undone_by(talk, removes, (look, Some(list)), who));
        return Ok(Some((id, undo)));
    }

    Ok(None)
}

/// Lists of conversations and memories from which single ones can be removed.
fn removable_lists<'t>(talk: &'t Talk<'_>) -> Vec<&'t Operation> {
    let fits = |operation: &&Operation| {
        operation.method == Method::Get
            && operation.effect == Effect::Reads
            && operation.path_parameters().is_empty()
            && is_of_talk(&operation.path)
            && find_removal(talk, operation).is_some()
    };

    talk.cx.maker.api.operations.iter().filter(fits).take(MOST_LISTS).collect()
}

/// What removes an item of a list, where the scan may call it.
fn find_removal<'t>(talk: &'t Talk<'_>, list: &Operation) -> Option<&'t Operation> {
    allowed_removals(talk).find(|operation| is_item(list, operation))
}

/// The operations that remove single things, and that a scan may call.
fn allowed_removals<'t>(talk: &'t Talk<'_>) -> impl Iterator<Item = &'t Operation> {
    let acting = talk.cx.maker.acting.iter();
    let allowed = acting.filter(|acting| acting.kind == ActKind::Delete && acting.left_alone.is_none());
    // A removal that is meant for a higher role may reach things of others.
    allowed.map(|acting| &*acting.operation).filter(|operation| role_word(&operation.path).is_none())
}

fn is_item(list: &Operation, other: &Operation) -> bool {
    let below = format!("{}/{{", list.path.trim_end_matches('/'));
    other.path.strip_prefix(&below).is_some_and(|rest| !rest.trim_end_matches('/').contains('/'))
}

/// The items of a list as a caller sees it, with their ids; not what stands within them.
async fn fetch_items(talk: &Talk<'_>, list: &Operation, who: &str) -> Result<Vec<(String, Value)>, Stop> {
    let Some(url) = operation_address(talk, list, who).and_then(|url| url::Url::parse(&url).ok()) else {
        return Ok(Vec::new());
    };
    // Past the ledger: the list is asked before and after a call, and must not come from memory.
    let answer = talk.cx.maker.probe.look_again(&Ask::get(AskCaller::named(who), url)).await?;
    let Some(json) = answer.response().filter(|it| it.is_success()).and_then(|it| it.json.as_ref()) else {
        return Ok(Vec::new());
    };
    // Lists often stand in an envelope, such as `{items: […]}`.
    let inner = || json.as_object().into_iter().flatten().find_map(|(_, field)| field.as_array());
    let items = json.as_array().or_else(inner).map(Vec::as_slice).unwrap_or_default();
    let id = |item: &Value| ["id", "_id", "uuid", "sid"].iter().find_map(|name| scalar_text(item.get(*name)?));

    Ok(items.iter().filter_map(|item| Some((id(item)?, item.clone()))).collect())
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
    split_words(path).iter().any(|word| WORDS.contains(&word.as_str()))
}

/// How the API removes it: a DELETE below the operation's own path, or one whose last slot has the field's name.
fn find_undo(talk: &Talk<'_>, name: &str, who: &str) -> Option<Undo> {
    let api = talk.cx.maker.api;
    let own = talk.acting.operation.path.trim_end_matches('/');
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '-', '{', '}'], "");
    let thing = plain(name).trim_end_matches("id").to_owned();
    let removes = allowed_removals(talk).find(|operation| {
        let Some((before, slot)) = operation.path.trim_end_matches('/').rsplit_once('/') else { return false };
        let named = !thing.is_empty()
            && (plain(slot) == plain(name)
                || before.rsplit('/').next().is_some_and(|last| plain(last).trim_end_matches('s') == thing));
        slot.starts_with('{') && (named || before == own && name == "id")
    })?;

    // Whether a removal worked shows where the same path is read afterwards.
    let look = api.operations.iter().find(|other| other.method == Method::Get && other.path == removes.path);
    undone_by(talk, removes, (look, None), who)
}

/// Removal by one operation, looked after by the others.
fn undone_by(
    talk: &Talk<'_>,
    removes: &Operation,
    (look, list): (Option<&Operation>, Option<&Operation>),
    who: &str,
) -> Option<Undo> {
    let at = |operation: Option<&Operation>| operation.and_then(|operation| operation_address(talk, operation, who));
    Some(Undo {
        method: Method::Delete.to_string(),
        url: at(Some(removes))?,
        look: at(look),
        list: at(list),
        slot: None,
    })
}

/// The address of an operation, with a place for the id where its path ends in a slot.
fn operation_address(talk: &Talk<'_>, operation: &Operation, who: &str) -> Option<String> {
    let mut values: Values = talk.values(who);
    // The last slot is that of the thing itself; those before it name what the thing stands in.
    if let Some(slot) = operation.path_parameters().last() {
        values.insert((Place::Path, slot.name.clone()), Value::String(ID_PLACE.to_owned()));
    }
    operation_url(talk.cx.maker.probe.base_url(), operation, &values).ok().map(String::from)
}
