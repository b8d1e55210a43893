//! The guard of writes: every request that changes state passes it before it is noted and sent. The sending function itself
//! asks it, so that no caller can go round it.

use std::fmt::Debug;

use thiserror::Error;

use super::ask::Ask;
use super::entry::{ID_PLACE, JournalEntry, Saved, SavedNote, WriteNote};
use super::journal::Journal;

/// What a value stands for that may name an object in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceTarget<'a> {
    /// An object of this kind that the scan made.
    Made(&'a str),
    /// A throw-away account of the scan.
    Account,
    /// The configured identity of this name.
    Identity(&'a str),
    /// An object of this kind that the user gave the scan to write to.
    Granted(&'a str),
    /// An object of this kind that new objects may refer to: nothing in it changes by that.
    Common(&'a str),
    /// What an object of the scan's own has in this field.
    Carried(&'a str),
    /// An object of this kind that the scan was shown and did not make.
    Foreign(&'a str),
    /// No object at all: made up by the scan.
    Invented,
}

/// Why a write is not sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WriteRefused {
    /// The operation, where the journal alone says what may be written.
    #[error("not sent: {0} removes nothing that the journal names")]
    NotInJournal(String),
    /// The identity that the user lets the scan write nothing as.
    #[error("not sent: `writes = \"none\"` says that the scan writes nothing as {0}")]
    NoConsent(String),
    /// The operation.
    #[error("not sent: the document has no {0}")]
    NoOperation(String),
    /// Why the operation is left alone.
    #[error("{0}")]
    LeftAlone(String),
    /// The operation whose address it is not.
    #[error("not sent: its address is not one of {0}")]
    OtherAddress(String),
    /// A function of others' with a value that the scan made up.
    #[error("not sent: the scan makes no {kind}, and does not call a function of others' with a made-up `{field}`")]
    MadeUp {
        /// What the value would name.
        kind: String,
        /// Where it stands.
        field: String,
    },
    /// An object that was there before.
    #[error("not sent: `{field}` names {kind} {value}, which this scan did not make")]
    NotMade {
        /// Where its id stands.
        field: String,
        /// What it is.
        kind: String,
        /// Its id.
        value: String,
    },
    /// The identity whose own account it is about.
    #[error("not sent: it changes the account of {0}, which the scan did not make")]
    Account(String),
    /// Nothing says what it is about.
    #[error("not sent: nothing in it names an object of the scan's own, and it may change what others share")]
    NamesNothing,
}

/// Judges writes.
pub trait WriteGuard: Debug + Send + Sync {
    /// Learns what a value stands for.
    fn learn(&self, value: &str, standing: ReferenceTarget<'_>);

    /// Judges a write by everything that it names.
    ///
    /// # Errors
    /// Why it is not sent.
    fn judge(&self, ask: &Ask, note: &WriteNote, journal: &Journal) -> Result<(), WriteRefused>;
}

/// Whether a request removes just what an entry of the journal says that the scan made.
pub fn is_removal_of(ask: &Ask, entry: &JournalEntry) -> bool {
    removed_by(ask, entry).is_some_and(|id| match id {
        Some(id) => entry.object.as_ref() == Some(&id) || entry.ids.contains(&id),
        None => entry.object.is_some(),
    })
}

/// Whether a request removes what an entry has made: by its id, or as the account that it is.
pub(super) fn removes_entry(ask: &Ask, entry: &JournalEntry) -> bool {
    match removed_by(ask, entry) {
        Some(Some(id)) => entry.object.as_ref() == Some(&id) || entry.ids.contains(&id),
        // `/me` is whoever asks.
        Some(None) => entry.note.account.as_deref() == Some(ask.caller.label().as_str()),
        None => false,
    }
}

/// Whether a request removes what an entry may have made, whose id is found only now.
pub(super) fn may_remove(ask: &Ask, entry: &JournalEntry) -> bool {
    removed_by(ask, entry).is_some()
}

/// Returns the id that a request removes at the address of an entry; the inner one is `None` where that has no place for
/// one, and the outer one where it is another address.
fn removed_by(ask: &Ask, entry: &JournalEntry) -> Option<Option<String>> {
    let undo = entry.note.undo.as_ref().filter(|undo| undo.method == ask.method.as_str() && !undo.url.is_empty())?;
    // Two writings of one address may differ in what they encode.
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (wanted, sent) = (decoded(&undo.url), decoded(ask.url.as_str()));

    match wanted.split_once(ID_PLACE) {
        Some((before, after)) => {
            let id = sent.strip_prefix(before)?.strip_suffix(after)?;
            // Without an id the address is that of a whole collection.
            (!id.is_empty()).then(|| Some(id.to_owned()))
        }
        None => (wanted == sent).then_some(None),
    }
}

/// Returns whether a request is just the one that puts something back as it was.
fn is_put_back_by(ask: &Ask, saved: &SavedNote) -> bool {
    let body = ask.body.as_ref().map(|(_, bytes)| bytes.as_slice());
    // Every part must be as it was saved: another body or caller would make another change.
    ask.method.as_str() == saved.method
        && ask.url.as_str() == saved.url
        && ask.caller.label() == saved.caller
        && body == Some(saved.body.as_bytes())
}

/// Lets through what removes the entries of a journal, and what puts back what was there before: for what an earlier scan left
/// behind.
#[derive(Debug)]
pub struct RemovalGuard {
    /// What was written.
    pub entries: Vec<JournalEntry>,
    /// What was there before and was changed.
    pub saved: Vec<Saved>,
}

impl WriteGuard for RemovalGuard {
    fn learn(&self, _: &str, _: ReferenceTarget<'_>) {}

    fn judge(&self, ask: &Ask, note: &WriteNote, _: &Journal) -> Result<(), WriteRefused> {
        let puts_back = self.saved.iter().any(|saved| is_put_back_by(ask, &saved.note));

        match puts_back || self.entries.iter().any(|entry| may_remove(ask, entry)) {
            true => Ok(()),
            false => Err(WriteRefused::NotInJournal(note.operation.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::model::Method;
    use crate::probe::{AskCaller, JournalHead, Undo, WriteKind};

    #[test]
    fn an_account_removes_what_the_journal_names_and_changes_nothing_else() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let head = JournalHead {
            scan: "undo-s1".to_owned(),
            started_at: "2026-03-01T12:00:00Z".to_owned(),
            base_url: "http://127.0.0.1".to_owned(),
            config: None,
        };
        let journal = Journal::begin(folder.path(), head)?;
        let undo = |path: &str| {
            let url = format!("http://127.0.0.1{path}");
            let undo = Undo { method: "DELETE".to_owned(), url, ..Undo::default() };
            WriteNote { undo: Some(undo), ..WriteNote::bare("DELETE /notes/{id}", "auto-1", WriteKind::Touches) }
        };
        let made = [undo("/notes/__ID__"), undo("/me")];
        let entries = made.into_iter().enumerate().map(|(n, note)| JournalEntry::new(n, note)).collect();
        let guard = RemovalGuard { entries, saved: Vec::new() };
        let judged = |method: Method, path: &str| -> Result<bool, Box<dyn Error>> {
            let url = url::Url::parse(&format!("http://127.0.0.1{path}"))?;
            let ask = Ask { method, ..Ask::get(AskCaller::named("auto-1"), url) };
            Ok(guard.judge(&ask, &WriteNote::bare("x", "auto-1", WriteKind::Touches), &journal).is_ok())
        };

        assert!(judged(Method::Delete, "/notes/17")?);
        assert!(judged(Method::Delete, "/me")?);
        assert!(!judged(Method::Delete, "/orders/17")?, "no entry names it");
        assert!(!judged(Method::Patch, "/me")?, "a change removes nothing");

        Ok(())
    }
}
