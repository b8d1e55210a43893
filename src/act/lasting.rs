//! Kinds of objects that stay: of what was seen not to go again only as much is made as a check cannot do without.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use super::kinds::Acting;
use super::maker::{Created, Maker};
use super::removal::{Cleaner, NO_WAY, Removal};
use super::unusual::Unusual;
use crate::model::Secret;
use crate::probe::{JournalEntry, Undo, WriteKind};

/// Most objects of a kind that stays, beyond one for each caller: what one trial and its repetition need. As many may be
/// made with something unusual in them.
const MAX_LASTING: usize = 2;
/// Most objects that one caller makes in a scan.
const MAX_PER_CALLER: usize = 60;
/// What lets a scan make what stays.
pub const LET_STAY: &str = "mark the identities `writes = \"own\"` in routewarden.toml: what nothing removes is made then, stays, and is listed";

/// Returns whether a thing went, or why it did not; nothing where the target says nothing now.
fn went_by(removal: Removal) -> Option<Result<(), String>> {
    match removal {
        // Many servers show the effect of a removal a moment later.
        Removal::Undone | Removal::Nothing | Removal::Lags { .. } => Some(Ok(())),
        Removal::Remains(because) | Removal::Barred(because) => Some(Err(because)),
        Removal::Unknown(because) | Removal::Untraced(because) => Some(Err(because)),
        Removal::Waits(_) | Removal::Silent(_) => None,
    }
}

fn is_unusual(how: &Unusual) -> bool {
    how.sender.is_some() || !how.fields.is_empty() || how.below.is_some()
}

/// An object that a check has made and needs no more.
struct SpareObject {
    /// Of the creating operation.
    index: usize,
    entry: JournalEntry,
    /// It was made as any other.
    is_usual: bool,
}

impl Maker<'_> {
    /// Returns why nothing is made by an operation now, whatever it would be made of.
    pub(super) fn why_not_now(&self, index: usize, acting: &Acting, (caller, how): (&str, &Unusual)) -> Option<String> {
        let own = || self.made().iter().filter(|created| created.caller == caller).count();
        let too_many =
            || (own() >= MAX_PER_CALLER).then(|| format!("{MAX_PER_CALLER} objects of one caller are enough"));
        acting.left_alone.clone().or_else(too_many).or_else(|| self.why_no_more(index, acting, (caller, how)))
    }

    /// Returns why no further object is made by an operation: those before it stay, and there are as many as a check needs.
    fn why_no_more(&self, index: usize, acting: &Acting, (caller, how): (&str, &Unusual)) -> Option<String> {
        let entries = self.lasting_entries(acting);
        let stays = self.why_it_stays(index, acting, &entries)?;
        let made = self.made();
        let owners: BTreeSet<&str> =
            made.iter().filter(|created| created.producer == index).map(|created| created.caller.as_str()).collect();
        // Where entries are left and no caller has one of them, what was made was not identified or was spoilt.
        let is_first = !owners.contains(caller) && (!owners.is_empty() || entries.is_empty());
        let mut known = self.removability.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(index).or_default();
        let [usual, unusual] = known.made;

        // What a trial has removed does not stay.
        let is_gone = |entry: &JournalEntry| {
            let is_of_kind = entry.note.operation == acting.operation.id.as_str();
            is_of_kind && entry.note.kind == WriteKind::Creates && (entry.undone || entry.may_be_removed())
        };
        let gone = self.probe.journal().map_or(0, |journal| journal.entries_where(is_gone).len());
        let is_enough = match is_unusual(how) {
            true => unusual >= MAX_LASTING,
            false => usual >= owners.len() + MAX_LASTING + gone,
        };
        // An object without a known id serves no check, and no address removes it.
        let nameless = entries.iter().filter(|entry| entry.ids.is_empty()).count();

        if is_first || !is_enough && nameless < MAX_LASTING {
            return None;
        }
        known.unmade += 1;
        Some(format!("no more are made, since what {} makes stays: {stays}", acting.operation.id))
    }

    /// Counts an object that was made.
    pub(super) fn count(&self, index: usize, how: &Unusual) {
        let mut known = self.removability.lock().unwrap_or_else(PoisonError::into_inner);
        let [usual, unusual] = &mut known.entry(index).or_default().made;
        *(if is_unusual(how) { unusual } else { usual }) += 1;
    }

    /// Returns another object of a kind and caller that a check has left as it was, where no more are made.
    pub fn another(&self, created: &Created) -> Option<Created> {
        let is_left = |other: &Created| {
            let entry = self.probe.journal().and_then(|journal| journal.entry(other.entry));
            entry.is_some_and(|entry| !entry.may_be_removed() && !entry.undone)
        };
        self.made().into_iter().rev().find(|other| {
            let is_alike = other.producer == created.producer && other.caller == created.caller;
            is_alike && other.entry != created.entry && is_left(other)
        })
    }

    /// Returns why nothing is made in the name of a configured identity that would stay there: its user let the scan make
    /// what it removes again.
    pub(super) fn why_not_in_name(&self, acting: &Acting, caller: &str, undo: Option<&Undo>) -> Option<String> {
        let identity = self.probe.identities().iter().find(|identity| identity.name == caller)?;
        let has_way = undo.is_some_and(|undo| !undo.url.is_empty());

        // What lies in an object of the scan's own goes with that, and a throw-away account is no user's.
        if has_way || identity.consent.covers_what_was_there() || self.stands_in_own(acting) || self.is_account(caller)
        {
            return None;
        }
        Some(format!(
            "not made as {caller}: {NO_WAY}, so that it would stay; `writes = \"own\"` or `disposable = true` under \
             [identities.{caller}] lets the scan make it"
        ))
    }

    /// Returns whether a caller is a throw-away account.
    pub(super) fn is_account(&self, caller: &str) -> bool {
        let accounts = self.probe.journal().map(|journal| journal.accounts()).unwrap_or_default();
        accounts.iter().any(|account| account.name == caller)
    }

    /// Returns what an operation made that may still be there, as the journal has it.
    fn lasting_entries(&self, acting: &Acting) -> Vec<JournalEntry> {
        let operation = acting.operation.id.as_str();
        let is_there = |entry: &JournalEntry| {
            let is_made = !entry.nothing && !entry.undone && entry.status.is_some_and(|status| status < 400);
            is_made && entry.note.kind == WriteKind::Creates && entry.note.operation == operation
        };
        self.probe.journal().map(|journal| journal.entries_where(is_there)).unwrap_or_default()
    }

    /// Returns why what an operation makes stays, where that was seen, or the document has no way to remove it.
    fn why_it_stays(&self, index: usize, acting: &Acting, entries: &[JournalEntry]) -> Option<String> {
        let known = self.removability.lock().unwrap_or_else(PoisonError::into_inner).get(&index).cloned();
        match known.and_then(|known| known.tried) {
            Some(Ok(())) => return None,
            Some(Err(because)) => return Some(because),
            None => {}
        }
        if entries.iter().any(|entry| entry.ids.is_empty()) {
            return Some("its id is not shown".to_owned());
        }
        let has_way = |entry: &JournalEntry| entry.note.undo.as_ref().is_some_and(|undo| !undo.url.is_empty());

        // What stands in something of the scan's own may go with that.
        let is_alone = !self.stands_in_own(acting);
        (is_alone && !entries.is_empty() && !entries.iter().any(has_way)).then(|| NO_WAY.to_owned())
    }

    /// Returns whether an operation makes parts of what the scan has made.
    fn stands_in_own(&self, acting: &Acting) -> bool {
        let made = self.made();
        let is_own = |kind: &String| made.iter().any(|created| created.object.resource == *kind);
        acting.slots.iter().flat_map(|slot| &slot.resources).any(is_own)
    }

    /// Removes one object of each kind that a check has made and needs no more, once in a scan: it would be removed at the
    /// end, and shows now whether others go as well.
    pub async fn try_removals(&self) {
        let Some(journal) = self.probe.journal() else { return };
        for spare in self.spare_objects() {
            if self.probe.halted().is_some() {
                return;
            }
            // Only the removal of an account signs in, and these are objects.
            let no_password = |_: &str| Secret::new(String::new());
            let removal = Cleaner::new(self.probe, journal, &no_password).remove(&spare.entry).await;

            if removal == Removal::Undone {
                journal.undone(spare.entry.n);
            }
            // Its removal was tried, with success or not: no check may rely on it any more.
            self.forget_entry(spare.entry.n);

            if let Some(went) = went_by(removal) {
                let mut known = self.removability.lock().unwrap_or_else(PoisonError::into_inner);
                known.entry(spare.index).or_default().learn(went, spare.is_usual);
            }
        }
    }

    /// Returns the latest object of each kind whose removal is still to be tried, of those that are no caller's only one.
    fn spare_objects(&self) -> Vec<SpareObject> {
        let made = self.made();
        let producers: BTreeSet<usize> = made.iter().map(|created| created.producer).collect();
        let is_open = |index: &usize| {
            let known = self.removability.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(index).is_none_or(|known| known.tried.is_none())
        };
        let spare = producers.into_iter().filter(is_open).filter_map(|index| {
            let mut firsts: BTreeMap<&str, usize> = BTreeMap::new();
            for created in made.iter().filter(|created| created.producer == index) {
                firsts.entry(&created.caller).or_insert(created.entry);
            }
            let is_free = |entry: &&JournalEntry| {
                let has_way = entry.note.undo.as_ref().is_some_and(|undo| !undo.url.is_empty());
                let is_first = firsts.values().any(|n| *n == entry.n);
                has_way && !is_first && !entry.ids.is_empty() && entry.note.heirs.is_empty() && !entry.may_be_removed()
            };
            let entries = self.lasting_entries(self.acting.get(index)?);
            let entry = entries.iter().rev().find(|entry| is_free(entry) && !self.holds_something(entry))?.clone();
            let is_usual = made.iter().any(|created| created.entry == entry.n);
            Some(SpareObject { index, entry, is_usual })
        });

        spare.collect()
    }

    /// Returns whether something that the scan made stands in a thing, which may keep it.
    fn holds_something(&self, entry: &JournalEntry) -> bool {
        let below: Vec<String> = entry.ids.iter().map(|id| format!("/{id}/")).collect();
        let is_below = |other: &JournalEntry| {
            let undo = other.note.undo.iter().filter(|_| other.n != entry.n && !other.undone);
            let places = undo.flat_map(|undo| [Some(&undo.url), undo.list.as_ref()]).flatten();
            places.into_iter().any(|place| below.iter().any(|id| place.contains(id)))
        };
        self.probe.journal().is_some_and(|journal| !journal.entries_where(is_below).is_empty())
    }

    /// Says of which kinds no more was made, and why.
    pub fn unmade_notes(&self) -> Vec<String> {
        let known = self.removability.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut notes = Vec::new();

        for (index, _) in known.into_iter().filter(|(_, known)| known.unmade > 0) {
            let Some(acting) = self.acting.get(index) else { continue };
            let because = self.why_it_stays(index, acting, &self.lasting_entries(acting)).unwrap_or_default();
            let operation = &acting.operation.id;
            notes.push(format!(
                "what {operation} makes stays ({because}), so checks made no more of it than they had to"
            ));
        }

        notes.sort();
        notes
    }
}
