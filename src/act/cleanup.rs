//! Undoes what a scan made, last first, and looks whether it is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::Url;

use super::identify::{carries, id_value, objects_in};
use crate::model::Method;
use crate::probe::{
    Answer, Ask, Caller, Entry, ID_PLACE, Journal, Probe, Response, SendError, Undo, WriteKind, WriteNote,
};
use crate::survey::{Object, ends_in_id, is_soft_error, resource_of_name, scalar_text, succeeds};

/// Requests that undoing one write takes at most.
const REQUESTS_EACH: u64 = 8;

/// One thing that the scan made, and whether it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Method and path template.
    pub operation: String,
    /// Who made it.
    pub identity: String,
    /// Its id; what it is known by where none could be told.
    pub object: String,
    /// It is gone, and that was looked at.
    pub undone: bool,
    /// Why it is left, where it is.
    pub because: Option<String>,
}

/// What came of removing one thing.
enum Removal {
    /// It is gone.
    Gone,
    /// It is left, and why.
    Left(String),
}

impl Removal {
    fn left(because: &str) -> Self {
        Self::Left(because.to_owned())
    }

    fn gone_or(is_gone: bool, because: &str) -> Self {
        if is_gone { Self::Gone } else { Self::left(because) }
    }
}

const NO_WAY: &str = "no operation of the document removes it";
const NO_ID: &str = "its id is not known";
const NO_ANSWER: &str = "the target did not answer";

/// What came of undoing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// Everything that the scan made, in the order it was made.
    pub rows: Vec<Leftover>,
    /// Nothing is left that a later try could remove.
    pub finished: bool,
    /// Of the rows that are gone, those that nothing removed by themselves: they went with what they belonged to, or
    /// only their address did.
    pub went_along: usize,
}

/// Undoes everything in the journal that is not undone yet. What cannot be is told, not hidden.
pub async fn clean_up(probe: &Probe, journal: &Journal) -> Cleaned {
    let entries: Vec<Entry> = journal.entries().into_iter().filter(made_something).collect();
    let open = entries.iter().filter(|entry| !entry.undone).count() as u64;
    probe.begin_cleaning(open.saturating_mul(REQUESTS_EACH).saturating_add(20));
    let mut sweep = Sweep { probe, journal, silent: 0, finished: true, gone: BTreeSet::new(), left: BTreeMap::new() };
    let is_account = |entry: &&Entry| entry.note.kind == WriteKind::SignsUp;
    let is_passive = |entry: &&Entry| entry.note.undo.as_ref().is_some_and(|undo| undo.url.is_empty());
    // Last first; then what may have gone with what it hung below; the accounts, as whom all this is done, at the end.
    for entry in entries.iter().rev().filter(|entry| !is_account(entry)) {
        sweep.undo(entry).await;
    }
    for entry in entries.iter().filter(|entry| is_passive(entry) && !is_account(entry)) {
        sweep.undo(entry).await;
    }
    for entry in entries.iter().rev().filter(is_account) {
        sweep.undo(entry).await;
    }
    let row = |entry: &Entry| Leftover {
        operation: entry.note.operation.clone(),
        identity: entry.note.caller.clone(),
        object: entry.object.clone().unwrap_or_else(|| entry.note.marker.clone()),
        undone: sweep.gone.contains(&entry.n),
        because: (!sweep.gone.contains(&entry.n))
            .then(|| sweep.left.get(&entry.n).cloned().unwrap_or_else(|| NO_ANSWER.to_owned())),
    };
    let went_along = entries.iter().filter(|entry| is_passive(entry) && sweep.gone.contains(&entry.n)).count();
    Cleaned { rows: entries.iter().map(row).collect(), finished: sweep.finished, went_along }
}

/// The undoing under way.
struct Sweep<'a> {
    probe: &'a Probe,
    journal: &'a Journal,
    /// Faults in a row: a target that is gone is not asked on and on, as that would only keep the user waiting.
    silent: u32,
    finished: bool,
    gone: BTreeSet<usize>,
    /// Why an entry is left.
    left: BTreeMap<usize, String>,
}

impl Sweep<'_> {
    async fn undo(&mut self, entry: &Entry) {
        if entry.undone || self.gone.contains(&entry.n) {
            self.gone.insert(entry.n);
            return;
        }
        if self.silent >= 3 {
            return;
        }
        match remove(self.probe, self.journal, entry).await {
            Ok(Removal::Gone) => {
                self.silent = 0;
                self.journal.undone(entry.n);
                self.gone.insert(entry.n);
            }
            Ok(Removal::Left(because)) => {
                self.silent = 0;
                self.left.insert(entry.n, because);
            }
            Err(error) => {
                tracing::debug!("{} was not undone: {error}", entry.note.operation);
                self.silent += 1;
                self.finished = false;
            }
        }
    }
}

fn made_something(entry: &Entry) -> bool {
    matches!(entry.note.kind, WriteKind::Creates | WriteKind::SignsUp)
        && !entry.nothing
        && entry.status.is_none_or(|status| status < 400)
}

async fn remove(probe: &Probe, journal: &Journal, entry: &Entry) -> Result<Removal, SendError> {
    let Some(undo) = &entry.note.undo else { return Ok(Removal::left(NO_WAY)) };
    if undo.url.is_empty() {
        return Ok(Removal::gone_or(went_with_parent(probe, entry, undo).await?, NO_WAY));
    }
    let needs_id = undo.url.contains(ID_PLACE);
    let id = match &entry.object {
        Some(id) => Some(id.clone()),
        None if needs_id => find_by_marker(probe, entry, undo).await?,
        None => None,
    };
    if needs_id && id.is_none() {
        // The creation was under way when the scan ended, and nothing carries its mark: it never happened.
        let looked = entry.status.is_none() && undo.list.is_some() && !entry.note.marker.is_empty();
        if looked {
            journal.nothing(entry.n);
        }
        return Ok(Removal::gone_or(looked, NO_ID));
    }
    let id = id.unwrap_or_default();
    if !entry.heirs.is_empty() {
        let removed = remove_for_all(probe, entry, undo, &id).await?;
        return Ok(Removal::gone_or(removed, "its removal was sent, and it is still there"));
    }
    remove_by_id(probe, entry, undo, &id).await
}

/// Removes what is known by its id: as its maker, then as those of higher rank.
async fn remove_by_id(probe: &Probe, entry: &Entry, undo: &Undo, id: &str) -> Result<Removal, SendError> {
    let mut callers: Vec<String> = vec![entry.note.caller.clone()];
    let ranked = probe.identities().iter().filter(|identity| identity.rank > 10 && !callers.contains(&identity.name));
    callers.extend(ranked.map(|identity| identity.name.clone()).collect::<Vec<_>>());
    let mut because = None;
    for caller in callers {
        if is_gone_already(probe, &caller, entry, undo, id).await? {
            return Ok(Removal::Gone);
        }
        let answer = match send_removal(probe, &caller, entry, undo, id).await {
            Ok(Some(answer)) => answer,
            Ok(None) => return Ok(Removal::left("the address that removes it cannot be built from its id")),
            // An account that is gone has no session any more.
            Err(SendError::SessionGone(_)) if entry.note.kind == WriteKind::SignsUp => return Ok(Removal::Gone),
            Err(SendError::SessionGone(_)) => {
                because.get_or_insert_with(|| format!("the session of {caller} has ended"));
                continue;
            }
            Err(error) => return Err(error),
        };
        let accepted =
            answer.response().is_some_and(|response| succeeds(response) || matches!(response.status, 404 | 410));
        match is_gone(probe, &caller, entry, undo, id).await? {
            Some(gone) if gone => return Ok(Removal::Gone),
            None if accepted => return Ok(Removal::Gone),
            _ => {
                let status = answer.status().map_or_else(|| "nothing".to_owned(), |status| format!("status {status}"));
                because.get_or_insert_with(|| format!("{} answered {status}", undo.method));
            }
        }
    }
    Ok(Removal::Left(because.unwrap_or_else(|| NO_ANSWER.to_owned())))
}

/// What the API cannot remove may be gone with what it belonged to: then neither its address nor its list show it.
async fn went_with_parent(probe: &Probe, entry: &Entry, undo: &Undo) -> Result<bool, SendError> {
    let id = entry.object.clone().unwrap_or_default();
    if id.is_empty() && entry.note.marker.is_empty() {
        return Ok(false);
    }
    let look = undo.look.clone().filter(|_| !id.is_empty());
    let seen = Undo { look, ..undo.clone() };
    Ok(is_gone(probe, &entry.note.caller, entry, &seen, &id).await? == Some(true))
}

/// Removes what may be its maker's or an heir's: whoever finds it removes it. That one of them does not find it says
/// nothing of the other.
async fn remove_for_all(probe: &Probe, entry: &Entry, undo: &Undo, id: &str) -> Result<bool, SendError> {
    let (mut removed, mut unclear) = (false, false);
    for caller in entry.heirs.iter().chain(std::iter::once(&entry.note.caller)) {
        if is_gone_already(probe, caller, entry, undo, id).await? {
            continue;
        }
        let accepted = delete_as(probe, caller, entry, undo, id).await?;
        match is_gone(probe, caller, entry, undo, id).await? {
            Some(true) => removed = true,
            None if accepted => removed = true,
            _ => unclear = true,
        }
    }
    Ok(removed || !unclear)
}

/// Deletes as a caller; whether the answer takes it.
async fn delete_as(probe: &Probe, caller: &str, entry: &Entry, undo: &Undo, id: &str) -> Result<bool, SendError> {
    match send_removal(probe, caller, entry, undo, id).await {
        Ok(answer) => Ok(answer.is_some_and(|answer| answer.response().is_some_and(succeeds))),
        Err(SendError::SessionGone(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Sends what removes an object; `None` where its address cannot be built.
async fn send_removal(
    probe: &Probe,
    caller: &str,
    entry: &Entry,
    undo: &Undo,
    id: &str,
) -> Result<Option<Arc<Answer>>, SendError> {
    let Ok(url) = Url::parse(&with_id(&undo.url, id)) else { return Ok(None) };
    let method = Method::parse(&undo.method).unwrap_or(Method::Delete);
    let ask = Ask { method, ..Ask::get(Caller::named(caller), url) };
    let note = WriteNote::bare(&entry.note.operation, caller, WriteKind::Touches);
    Ok(Some(probe.send_write(&ask, note).await?.answer))
}

fn with_id(address: &str, id: &str) -> String {
    address.replace(
        ID_PLACE,
        &utf8_percent_encode(id, NON_ALPHANUMERIC).to_string().replace("%2D", "-").replace("%5F", "_"),
    )
}

/// Whether it is gone before anything was sent to remove it: only that its address is not there any more says so. A fresh
/// conversation is an empty list, and some things are made archived.
async fn is_gone_already(probe: &Probe, caller: &str, entry: &Entry, undo: &Undo, id: &str) -> Result<bool, SendError> {
    look(probe, caller, entry, undo, id).await.map(|looked| matches!(looked, Looked::Gone))
}

/// Whether an object is gone, as far as its own address or its list tell; `None` where neither does. What a list does
/// not show may stand on its next page, unless the list is empty.
async fn is_gone(probe: &Probe, caller: &str, entry: &Entry, undo: &Undo, id: &str) -> Result<Option<bool>, SendError> {
    Ok(match look(probe, caller, entry, undo, id).await? {
        Looked::Gone | Looked::Removed => Some(true),
        Looked::There => Some(false),
        Looked::Unclear => None,
    })
}

/// What a look at an object's address, or else at its list, shows.
enum Looked {
    /// The address is not there.
    Gone,
    /// It answers, and shows nothing, or something that was removed.
    Removed,
    There,
    Unclear,
}

async fn look(probe: &Probe, caller: &str, entry: &Entry, undo: &Undo, id: &str) -> Result<Looked, SendError> {
    let own = undo.look.as_ref().map(|look| with_id(look, id));
    let address = own.or_else(|| undo.list.clone());
    let Some(url) = address.and_then(|address| Url::parse(&address).ok()) else { return Ok(Looked::Unclear) };
    let answer = match probe.look_again(&Ask::get(Caller::named(caller), url)).await {
        Ok(answer) => answer,
        Err(SendError::SessionGone(_)) if entry.note.kind == WriteKind::SignsUp => return Ok(Looked::Gone),
        Err(error) => return Err(error),
    };
    let Some(response) = answer.response() else { return Ok(Looked::Unclear) };
    if matches!(response.status, 404 | 410) {
        return Ok(Looked::Gone);
    }
    if entry.note.kind == WriteKind::SignsUp && matches!(response.status, 401 | 403) {
        return Ok(Looked::Gone);
    }
    if !response.is_success() {
        return Ok(Looked::Unclear);
    }
    if is_soft_error(response) {
        return Ok(Looked::Removed);
    }
    let path = entry.note.operation.split_once(' ').map_or("", |(_, path)| path);
    let resource = crate::survey::resource_of_path(path).unwrap_or_default();
    Ok(match sight(response, &entry.note.marker, id, &resource) {
        Sight::There => Looked::There,
        Sight::Removed => Looked::Removed,
        Sight::Unseen if is_bare(response) => Looked::Removed,
        Sight::Unseen => Looked::Unclear,
    })
}

/// What an answer shows of an object.
enum Sight {
    There,
    /// It says of itself that it was removed.
    Removed,
    Unseen,
}

/// Looks for an object in an answer: by its mark, or its id where it has none.
fn sight(response: &Response, marker: &str, id: &str, resource: &str) -> Sight {
    let Some(json) = &response.json else {
        let shown = !marker.is_empty() && response.text.contains(marker);
        return if shown { Sight::There } else { Sight::Unseen };
    };
    // An id of letters and digits is nobody else's under any name; the `userId` 5 of an address says nothing of the
    // address 5.
    let is_word = id.len() >= 8 && id.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_own = |name: &String| {
        is_word
            || crate::survey::BARE_IDS.contains(&name.as_str())
            || ends_in_id(name) && resource_of_name(name).is_none_or(|named| named == resource)
    };
    let is_id = |(name, value): (&String, &Value)| is_own(name) && scalar_text(value).as_deref() == Some(id);
    // A check may have changed the field that carried the mark: the id tells as well.
    let ours = objects_in(json)
        .filter(|fields| carries(fields, marker) || !id.is_empty() && fields.iter().any(is_id))
        .map(is_tombstone);
    match ours.reduce(|one, other| one && other) {
        Some(true) => Sight::Removed,
        Some(false) => Sight::There,
        None => Sight::Unseen,
    }
}

/// An answer without content, as some APIs say that nothing is there.
fn is_bare(response: &Response) -> bool {
    match &response.json {
        Some(Value::Null) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(fields)) => fields.is_empty(),
        Some(_) => false,
        None => response.text.trim().is_empty(),
    }
}

/// Whether an object says of itself that it was removed.
pub fn is_tombstone(fields: &serde_json::Map<String, Value>) -> bool {
    fields.iter().any(|(name, value)| {
        let name = name.to_ascii_lowercase().replace(['_', '-'], "");
        match value {
            Value::Bool(flag) => {
                *flag
                    && matches!(
                        name.as_str(),
                        "deleted" | "isdeleted" | "removed" | "archived" | "isarchived" | "trashed" | "tombstone"
                    )
            }
            Value::String(text) => {
                matches!(name.as_str(), "status" | "state" | "lifecycle")
                    && matches!(
                        text.to_ascii_lowercase().as_str(),
                        "deleted" | "removed" | "archived" | "trashed" | "inactive" | "cancelled" | "canceled"
                    )
                    || matches!(name.as_str(), "deletedat" | "removedat" | "archivedat" | "deletedon")
                        && !text.is_empty()
            }
            Value::Number(_) => matches!(name.as_str(), "deletedat" | "removedat"),
            _ => false,
        }
    })
}

async fn find_by_marker(probe: &Probe, entry: &Entry, undo: &Undo) -> Result<Option<String>, SendError> {
    let (Some(list), false) = (&undo.list, entry.note.marker.is_empty()) else { return Ok(None) };
    let Ok(url) = Url::parse(list) else { return Ok(None) };
    for caller in std::iter::once(&entry.note.caller).chain(&entry.heirs) {
        let found = marked_in(probe, caller, &url, &entry.note.marker).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

async fn marked_in(probe: &Probe, caller: &str, list: &Url, marker: &str) -> Result<Option<String>, SendError> {
    let answer = probe.look_again(&Ask::get(Caller::named(caller), list.clone())).await?;
    let Some(json) = answer.response().and_then(|response| response.json.as_ref()) else { return Ok(None) };
    let resource = crate::survey::resource_of_path(list.path()).unwrap_or_default();
    let ids: BTreeSet<String> = objects_in(json)
        .filter(|fields| carries(fields, marker))
        .filter_map(|fields| id_value(&Object::of(&resource, fields, Default::default())))
        .filter_map(|value| scalar_text(&value))
        .collect();
    // Two would mean that the mark is not the object's own.
    Ok(if ids.len() == 1 { ids.into_iter().next() } else { None })
}
