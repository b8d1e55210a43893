//! Puts back what was there before the scan, was changed with its owner's consent, and is not as it was.

use serde_json::{Map, Value};
use url::Url;

use super::identify::objects_in;
use super::print::print_of;
use super::removal::{Cleaner, Removal};
use super::sighting::inconclusive_reason;
use crate::model::Method;
use crate::probe::{Ask, AskCaller, Journal, Saved, SavedNote, SendError, WriteKind, WriteNote};
use crate::survey::{BARE_IDS, ends_in_id, is_clear_success, is_owner_name, looks_volatile, scalar_text};

const UNSHOWN: &str = "its owner is not shown it any more";

/// What its owner sees in the place of a saved object.
enum SavedView {
    /// Fields that are not as they were, by name.
    Shown(Map<String, Value>, Vec<String>),
    Not(Removal),
}

impl Cleaner<'_> {
    /// Puts one thing back as its owner, where it is seen to be what the scan has changed, and compares.
    pub(super) async fn put_back(&self, saved: &Saved) -> Removal {
        match self.shut_out.get(&saved.note.caller) {
            _ if saved.is_put_back => Removal::Undone,
            Some(shut) if shut.waits => Removal::Waits(shut.because.clone()),
            Some(shut) => Removal::Unknown(shut.because.clone()),
            None => self.try_to_put_back(saved).await.unwrap_or_else(|error| Self::in_words(&error)),
        }
    }

    async fn try_to_put_back(&self, saved: &Saved) -> Result<Removal, SendError> {
        let note = &saved.note;
        let (now, changed) = match self.view(note).await? {
            SavedView::Not(removal) => return Ok(removal),
            SavedView::Shown(_, changed) if changed.is_empty() => return Ok(self.is_put_back(saved)),
            SavedView::Shown(now, changed) => (now, changed),
        };
        if !is_of_scan(&now, &changed, self.journal) {
            let because = "what stands at its address does not show that the scan changed it, so it is not overwritten";
            return Ok(Removal::Remains(because.to_owned()));
        }
        let Ok(url) = Url::parse(&note.url) else { return Ok(Removal::Remains(UNSHOWN.to_owned())) };
        let ask = Ask {
            method: Method::parse(&note.method).unwrap_or(Method::Put),
            headers: note.headers.clone(),
            body: Some((note.content_type.clone(), note.body.clone().into_bytes())),
            ..Ask::get(AskCaller::named(&note.caller), url)
        };

        let bare = WriteNote::bare(&note.operation, &note.caller, WriteKind::Touches);
        let answer = self.probe.send_write(&ask, bare).await?.answer;

        if let Some(because) = inconclusive_reason(&answer) {
            return Ok(Removal::Silent(because));
        }
        // The answer to the write is no proof, but the owner's view is.
        Ok(match self.view(note).await? {
            SavedView::Not(removal) => removal,
            SavedView::Shown(_, changed) if changed.is_empty() => self.is_put_back(saved),
            SavedView::Shown(_, changed) => {
                let names = crate::model::clean_text(&changed.join(", "), 200);
                let said = format!("{} answered status {}", note.method, answer.status().unwrap_or(0));
                Removal::Remains(format!("{said}, and it is not as it was before the scan: {names}"))
            }
        })
    }

    fn is_put_back(&self, saved: &Saved) -> Removal {
        self.journal.put_back(saved.n);
        Removal::Undone
    }

    async fn view(&self, note: &SavedNote) -> Result<SavedView, SendError> {
        let unknown = |because: &str| SavedView::Not(Removal::Unknown(because.to_owned()));
        let Ok(url) = Url::parse(&note.look) else { return Ok(unknown(UNSHOWN)) };
        let answer = self.probe.look_again(&Ask::get(AskCaller::named(&note.caller), url)).await?;

        if let Some(because) = inconclusive_reason(&answer) {
            return Ok(SavedView::Not(Removal::Silent(because)));
        }
        let Some(response) = answer.response().filter(|response| is_clear_success(response)) else {
            return Ok(unknown(UNSHOWN));
        };
        self.alive.store(true, std::sync::atomic::Ordering::Relaxed);
        // An envelope around the object, or a part within it, does not have all of its fields.
        let is_it = |fields: &&Map<String, Value>| note.original.keys().all(|name| fields.contains_key(name));
        let Some(now) = response.json.as_ref().and_then(|json| objects_in(json).find(is_it)) else {
            return Ok(unknown(UNSHOWN));
        };
        Ok(SavedView::Shown(now.clone(), changed_fields(&note.original, now)))
    }
}

/// Returns the names of fields that are not as they were; moments are left out, since they change by themselves.
pub fn changed_fields(original: &Map<String, Value>, now: &Map<String, Value>) -> Vec<String> {
    let differs = |(name, value): &(&String, &Value)| {
        let is_time = scalar_text(value).is_some_and(|text| looks_volatile(&text));
        !is_time && !now.get(*name).is_some_and(|present| is_same(present, value))
    };
    original.iter().filter(differs).map(|(name, _)| name.clone()).collect()
}

/// Whether an object that is not as it was is what the scan has changed it into: it still has its ids and its owner, and
/// shows something that the scan has written. After a reset another row may have its id.
fn is_of_scan(now: &Map<String, Value>, changed: &[String], journal: &Journal) -> bool {
    let written = print_of(now);
    let is_written = |name: &&String| {
        written.get(*name).is_some_and(|digest| journal.has_written(name, digest))
            || now.get(*name).and_then(Value::as_str).is_some_and(|text| journal.is_marked(text))
    };
    let says_whose = |name: &&String| BARE_IDS.contains(&name.as_str()) || ends_in_id(name) || is_owner_name(name);
    changed.iter().any(|name| is_written(&name)) && changed.iter().filter(says_whose).all(|name| is_written(&name))
}

/// `1` and `1.0` are one number.
fn is_same(one: &Value, other: &Value) -> bool {
    one == other || one.is_number() && one.as_f64() == other.as_f64()
}
