//! Looks for one thing that a scan made: at its own addresses, and in its list.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use url::Url;

use super::identify::{contains_marker, id_value, objects_in};
use super::print::{has_id, is_like, is_made_by, is_marked, print_of};
use super::tombstones::removal_sign;
use crate::probe::{Answer, Ask, AskCaller, ID_PLACE, Journal, JournalEntry, Probe, Response, SendError, WriteKind};
use crate::survey::{Object, is_soft_error, resource_of_path, scalar_text, split_words};

/// Most addresses of its own at which one thing is looked for.
const MAX_PLACES: usize = 4;
/// Items from which a list may have a next page.
const SHORT_LIST: usize = 50;

/// What looking for one thing came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sighting {
    /// It is there, under this id, as an address shows.
    Own { id: Option<String>, address: String },
    /// It is there, and says of itself that it was removed.
    Tombstone { id: Option<String>, address: String, sign: String },
    /// Something stands there that is like it and shows no mark: it is its own if the target's data was not reset.
    Likely { id: Option<String>, address: String },
    /// The target did not answer, failed, or asked to wait.
    Silent(String),
    /// Where it was stands something that the scan did not make.
    Other(String),
    /// An address that has shown it shows it no more.
    Gone,
    /// Its address refuses the caller.
    Refused(String),
    /// A whole list of its kind does not have it.
    Unlisted,
    /// Nothing can be said.
    Unseen,
}

/// Looks for one thing as a caller.
pub(super) struct Looker<'a> {
    pub(super) probe: &'a Probe,
    pub(super) journal: &'a Journal,
    pub(super) caller: &'a str,
    /// Set as soon as the target serves something.
    pub(super) alive: &'a AtomicBool,
}

impl Looker<'_> {
    /// Looks at the thing's own addresses, the newest id first, and in its list where they do not show it.
    pub(super) async fn find(&self, entry: &JournalEntry) -> Result<Sighting, SendError> {
        let list = entry.note.undo.as_ref().and_then(|undo| undo.list.clone());
        let Some(list) = list else { return self.at_its_own(entry).await };
        let (own, listed) = match entry.may_be_removed() {
            // Likely both are needed: that it is not there is said by the list.
            true => {
                let (own, listed) = tokio::join!(self.at_its_own(entry), self.in_list(&list, entry));
                (own?, listed?)
            }
            false => match self.at_its_own(entry).await? {
                own @ Sighting::Own { .. } => return Ok(own),
                own => (own, self.in_list(&list, entry).await?),
            },
        };

        Ok(match (own, listed) {
            (own @ Sighting::Own { .. }, _) | (_, own @ Sighting::Own { .. }) => own,
            // A list that fails, and has never shown it, does not hold up what its own address says.
            (Sighting::Gone, Sighting::Silent(_)) if !entry.shown.contains(&list) => Sighting::Gone,
            (own, listed) => stronger_sighting(own, listed),
        })
    }

    async fn at_its_own(&self, entry: &JournalEntry) -> Result<Sighting, SendError> {
        let mut worst = Sighting::Unseen;
        for address in known_addresses(entry) {
            match self.at(&address, entry).await? {
                own @ Sighting::Own { .. } => return Ok(own),
                other => worst = stronger_sighting(worst, other),
            }
        }

        Ok(worst)
    }

    async fn get(&self, address: &str) -> Result<Option<Result<Arc<Answer>, String>>, SendError> {
        let Ok(url) = Url::parse(address) else { return Ok(None) };
        let answer = self.probe.look_again(&Ask::get(AskCaller::named(self.caller), url)).await?;

        if answer.response().is_some_and(Response::is_success) {
            self.alive.store(true, Ordering::Relaxed);
        }
        Ok(Some(match inconclusive_reason(&answer) {
            Some(because) => Err(because),
            None => Ok(answer),
        }))
    }

    async fn at(&self, address: &str, entry: &JournalEntry) -> Result<Sighting, SendError> {
        let answer = match self.get(address).await? {
            None => return Ok(Sighting::Unseen),
            Some(Err(because)) => return Ok(Sighting::Silent(because)),
            Some(Ok(answer)) => answer,
        };
        let Some(response) = answer.response() else { return Ok(Sighting::Unseen) };
        // Only an address that has shown the object can say by a 404 that it is gone.
        let absent = if entry.shown.contains(address) { Sighting::Gone } else { Sighting::Unseen };

        if matches!(response.status, 404 | 410) {
            return Ok(absent);
        }
        if !response.is_success() {
            return Ok(Sighting::Refused(format!("status {}", response.status)));
        }
        let resource = resource_of(entry);
        Ok(match own_in(response, entry, self.journal, &resource) {
            Some(fields) => {
                let id = id_in(&fields, entry, &resource).or_else(|| entry.ids.last().cloned());
                self.journal.shown(entry.n, address);
                self.journal.sighted(entry.n);
                let address = address.to_owned();
                match removal_sign(&fields).map(str::to_owned) {
                    Some(sign) => Sighting::Tombstone { id, address, sign },
                    None => Sighting::Own { id, address },
                }
            }
            // Some servers answer with success, and an empty body or an error in it, where nothing is.
            None if is_soft_error(response) || is_bare(response) => absent,
            None => match likely_in(response, entry, self.journal, &resource) {
                Some(id) => Sighting::Likely { id, address: address.to_owned() },
                None => Sighting::Other(address.to_owned()),
            },
        })
    }

    /// Returns the id of something in a list that shows a mark of the scan and has an id of nothing that is known: what got
    /// another id by a change.
    fn renamed_in(&self, json: &Value, entry: &JournalEntry, resource: &str) -> Option<String> {
        if entry.note.kind == WriteKind::SignsUp || entry.ids.is_empty() {
            return None;
        }
        let is_free = |id: &String| !self.journal.has_entry(|other| other.ids.contains(id));
        let marked = objects_in(json).filter(|fields| is_marked(fields, self.journal));
        marked.filter_map(|fields| id_in(fields, entry, resource)).find(is_free)
    }

    async fn in_list(&self, list: &str, entry: &JournalEntry) -> Result<Sighting, SendError> {
        let answer = match self.get(list).await? {
            None => return Ok(Sighting::Unseen),
            Some(Err(because)) => return Ok(Sighting::Silent(because)),
            Some(Ok(answer)) => answer,
        };
        // That a list is not there says nothing of what it showed.
        let Some(response) = answer.response().filter(|response| response.is_success()) else {
            return Ok(Sighting::Unseen);
        };
        let Some(json) = response.json.as_ref().filter(|_| !is_soft_error(response)) else {
            return Ok(Sighting::Unseen);
        };
        let resource = resource_of(entry);
        let named = |fields: &&Map<String, Value>| {
            has_id(fields, &entry.ids, &resource) && is_made_by(fields, entry, self.journal, &resource)
        };
        let own: Vec<_> = objects_in(json)
            .filter(|fields| named(fields) || contains_marker(fields, &entry.note.marker))
            .filter(|fields| id_in(fields, entry, &resource).is_some())
            .collect();
        let ids: BTreeSet<String> = own.iter().filter_map(|fields| id_in(fields, entry, &resource)).collect();
        let by_name: Vec<_> = own.iter().filter(|fields| named(fields)).collect();

        // Two would mean that the mark is not the object's own.
        let id = match by_name.first() {
            Some(fields) => id_in(fields, entry, &resource),
            None if ids.len() == 1 => ids.into_iter().next(),
            None => None,
        };
        let address = list.to_owned();

        match id {
            Some(id) => {
                self.journal.shown(entry.n, list);
                self.journal.known_as(entry.n, &id);
                let signs: Option<Vec<&str>> = own.iter().map(|fields| removal_sign(fields)).collect();
                let id = Some(id);
                Ok(match signs.and_then(|signs| signs.first().map(|sign| (*sign).to_owned())) {
                    Some(sign) => Sighting::Tombstone { id, address, sign },
                    None => Sighting::Own { id, address },
                })
            }
            None if !own.is_empty() => Ok(Sighting::Unseen),
            None => Ok(self.not_named_in((response, json), list, entry, &resource)),
        }
    }

    /// What a list says of a thing that it names by none of its ids and marks.
    fn not_named_in(
        &self,
        (response, json): (&Response, &Value),
        list: &str,
        entry: &JournalEntry,
        resource: &str,
    ) -> Sighting {
        let address = list.to_owned();
        if let Some(id) = self.renamed_in(json, entry, resource) {
            self.journal.known_as(entry.n, &id);
            self.journal.shown(entry.n, list);
            return Sighting::Own { id: Some(id), address };
        }
        match likely_in(response, entry, self.journal, resource) {
            Some(id) => Sighting::Likely { id, address },
            // A part of a list cannot show that something is missing from the whole.
            None if !is_whole_list(response, json) => Sighting::Unseen,
            None if entry.shown.contains(list) => Sighting::Gone,
            None => Sighting::Unlisted,
        }
    }
}

/// Keeps where a thing that was just made shows, and what it looks like there, so that it is known again later.
///
/// # Errors
/// As [`Probe::send`].
pub async fn record_sighting(probe: &Probe, journal: &Journal, n: usize, caller: &str) -> Result<(), SendError> {
    let Some(entry) = journal.entry(n) else { return Ok(()) };
    let list = entry.note.undo.as_ref().and_then(|undo| undo.list.clone());

    for address in known_addresses(&entry).into_iter().chain(list).take(1) {
        let Ok(url) = Url::parse(&address) else { continue };
        let answer = probe.look_again(&Ask::get(AskCaller::named(caller), url)).await?;
        let response = answer.response().filter(|response| response.is_success() && !is_soft_error(response));
        let resource = resource_of(&entry);
        let shown = response.and_then(|response| response.json.as_ref()).and_then(|json| {
            let is_it = |fields: &&Map<String, Value>| has_id(fields, &entry.ids, &resource);
            objects_in(json).find(is_it)
        });
        if let Some(fields) = shown {
            journal.print(n, print_of(fields));
            journal.shown(n, &address);
        }
    }

    Ok(())
}

/// Returns the thing's own addresses: those that the document gives its ids, the newest first, and those that showed it.
pub(super) fn known_addresses(entry: &JournalEntry) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let undo = entry.note.undo.as_ref();

    if let Some(look) = undo.and_then(|undo| undo.look.as_ref()) {
        match look.contains(ID_PLACE) {
            true => found.extend(entry.ids.iter().rev().map(|id| with_id(look, id))),
            false => found.push(look.clone()),
        }
    }

    let list = undo.and_then(|undo| undo.list.as_ref());
    found.extend(entry.shown.iter().filter(|address| Some(*address) != list).cloned());
    let mut seen = BTreeSet::new();
    found.retain(|address| seen.insert(address.clone()));
    found.truncate(MAX_PLACES);

    found
}

/// Returns an address with an id in its place.
pub(super) fn with_id(address: &str, id: &str) -> String {
    // Hyphen and underscore are unreserved (RFC 3986 section
    // 2.3), and some routers compare paths as they are written.
    address.replace(
        ID_PLACE,
        &utf8_percent_encode(id, NON_ALPHANUMERIC).to_string().replace("%2D", "-").replace("%5F", "_"),
    )
}

/// Returns why an answer says nothing now: none, a failure, a wish to wait.
pub(super) fn inconclusive_reason(answer: &Answer) -> Option<String> {
    match answer.status() {
        None => Some("the target did not answer".to_owned()),
        Some(429) => Some(match answer.asks_to_wait().map(|wait| wait.as_secs()).filter(|seconds| *seconds > 0) {
            Some(seconds) => format!("the target asks to wait {seconds} s (status 429)"),
            None => "the target asks to wait (status 429)".to_owned(),
        }),
        Some(status) if status >= 500 => Some(format!("the target failed (status {status})")),
        Some(_) => None,
    }
}

/// Of two sightings the one that says more of what can be done.
fn stronger_sighting(one: Sighting, other: Sighting) -> Sighting {
    let rank = |sighting: &Sighting| match sighting {
        Sighting::Own { .. } => 8,
        Sighting::Tombstone { .. } => 7,
        Sighting::Likely { .. } => 6,
        Sighting::Silent(_) => 5,
        Sighting::Other(_) => 4,
        Sighting::Gone => 3,
        Sighting::Unlisted => 2,
        Sighting::Refused(_) => 1,
        Sighting::Unseen => 0,
    };

    if rank(&other) > rank(&one) { other } else { one }
}

fn resource_of(entry: &JournalEntry) -> String {
    if entry.note.kind == WriteKind::SignsUp {
        return "user".to_owned();
    }
    let path = entry.note.operation.split_once(' ').map_or("", |(_, path)| path);
    resource_of_path(path).unwrap_or_default()
}

/// Returns the object of an answer that is what the scan made.
fn own_in(response: &Response, entry: &JournalEntry, journal: &Journal, resource: &str) -> Option<Map<String, Value>> {
    // What is no JSON, such as a download, may carry the mark all the same.
    let Some(json) = &response.json else {
        let marked = !entry.note.marker.is_empty() && response.text.contains(&entry.note.marker);
        return marked.then(Map::new);
    };
    let own = |fields: &&Map<String, Value>| is_made_by(fields, entry, journal, resource);
    let mut all: Vec<&Map<String, Value>> = objects_in(json).filter(own).collect();

    // `{"id": 7, "result": {"title": ...}}`: what carries the mark may say of itself that it was removed, or not.
    all.sort_by_key(|fields| !has_id(fields, &entry.ids, resource));
    all.first().map(|fields| (*fields).clone())
}

/// Returns the id of an object of an answer that is like what was made.
fn likely_in(response: &Response, entry: &JournalEntry, journal: &Journal, resource: &str) -> Option<Option<String>> {
    let found = objects_in(response.json.as_ref()?).find(|fields| is_like(fields, entry, journal, resource))?;
    Some(id_in(found, entry, resource))
}

/// Returns the id by which an object of an entry's kind goes.
fn id_in(fields: &Map<String, Value>, entry: &JournalEntry, resource: &str) -> Option<String> {
    // The name of the slot says which of several ids the address takes.
    let slot = entry.note.undo.as_ref().and_then(|undo| undo.slot.as_deref()).map(split_words);
    let by_slot = fields.iter().find(|(name, _)| slot.as_ref().is_some_and(|slot| split_words(name) == *slot));

    if let Some(id) = by_slot.and_then(|(_, value)| scalar_text(value)) {
        return Some(id);
    }
    let known = fields.iter().find_map(|(name, value)| {
        let text = scalar_text(value)?;
        let one = Map::from_iter([(name.clone(), value.clone())]);
        (entry.ids.contains(&text) && has_id(&one, std::slice::from_ref(&text), resource)).then_some(text)
    });
    known.or_else(|| id_value(&Object::of(resource, fields, Default::default())).and_then(|value| scalar_text(&value)))
}

/// Returns true for lists that show all that they have: what such a list does not show is not in it.
pub fn is_whole_list(response: &Response, json: &Value) -> bool {
    // The row may stand in the part that was cut off.
    if response.truncated {
        return false;
    }
    let items = |value: &Value| value.as_array().map(Vec::len);
    let outer = json.as_object();
    // The longest array is the list, and shorter ones are links or facets around it.
    let count = items(json).or_else(|| outer.into_iter().flat_map(|fields| fields.values()).filter_map(items).max());
    let Some(count) = count else { return is_bare(response) };
    let goes_on = outer.into_iter().flatten().any(|(name, value)| {
        let name = name.to_ascii_lowercase().replace(['_', '-'], "");
        let next = name.starts_with("next") && !value.is_null() && value != "" && value != false;
        let more = matches!(name.as_str(), "hasmore" | "hasnext") && value == true;
        let total = matches!(name.as_str(), "total" | "count" | "totalcount" | "totalitems" | "totalelements")
            && value.as_u64().is_some_and(|total| total > count as u64);
        next || more || total
    });

    count < SHORT_LIST && !goes_on
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
