//! Undoes what a scan made: last first, the accounts at the end, and these only when nothing hangs on them any more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;

use super::removal::{Cleaner, LATE_LOOKS, NO_WAY, Removal};
use super::sighting::{Sighting, known_addresses, with_id};
use super::tombstones::may_say_removed;
use crate::model::{UndoOutcome, clean_name};
use crate::probe::{ID_PLACE, JournalEntry, SavedNote, WriteKind};

/// Requests that undoing one write takes at most.
const REQUESTS_EACH: u64 = 24;
/// Silent answers in a row from which a target is not asked on: it would only keep the user waiting.
const MOST_SILENT: u32 = 3;
/// Reads at a time for what is gone already.
const LOOKS_AT_ONCE: usize = 8;
/// Most things that are named as hanging on an account.
const MAX_NAMED: usize = 3;

/// One thing that the scan made, and what came of undoing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Method and path template.
    pub operation: String,
    /// The caller that made it.
    pub identity: String,
    /// Its id; what it is known by where it has none.
    pub object: String,
    /// An address of its own.
    pub address: Option<String>,
    /// What came of it.
    pub outcome: UndoOutcome,
    /// Why it is left, where it is.
    pub because: Option<String>,
    /// A later try may remove it: what that waits for.
    pub waits_for: Option<String>,
    /// The request that removes it, for doing it by hand.
    pub by_hand: Option<String>,
}

/// What came of undoing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// Everything that the scan made, in the order it was made.
    pub rows: Vec<Leftover>,
    /// Everything is shown to be gone, or nothing more can be done about it.
    pub finished: bool,
}

impl Cleaner<'_> {
    /// Undoes everything in the journal that is not undone yet.
    pub async fn clean_up(&self) -> Cleaned {
        let entries: Vec<JournalEntry> = self.journal.entries().into_iter().filter(made_something).collect();
        let open = entries.iter().filter(|entry| !entry.undone).count() as u64;
        let changed = self.journal.saved().iter().filter(|saved| !saved.is_put_back).count() as u64;
        self.probe.begin_cleaning(open.saturating_add(changed).saturating_mul(REQUESTS_EACH).saturating_add(20));
        let mut backs = Vec::new();

        // Last first too: what was changed twice is then as it was before the first time.
        for saved in self.journal.saved().into_iter().rev() {
            backs.push((self.put_back(&saved).await, saved.note));
        }
        let mut sweep = CleanupRun { cleaner: self, silent: 0, came_to: BTreeMap::new(), waited: BTreeSet::new() };

        sweep.settle_removed(&entries).await;

        // Last first; the accounts, as whom all this is done, at the end. What goes with its parent or not at all is looked
        // at once that is gone.
        for entry in entries.iter().rev().filter(|entry| !is_account(entry) && !has_no_removal(entry)) {
            if !sweep.came_to.contains_key(&entry.n) {
                sweep.undo(entry).await;
            }
        }
        sweep.wait_for_late().await;
        sweep.look_again(&entries).await;
        sweep.wait_for_late().await;
        sweep.forget_companions(&entries).await;

        for entry in entries.iter().rev().filter(|entry| is_account(entry)) {
            match sweep.hanging_on(entry, &entries) {
                Some(kept) if !entry.undone => {
                    sweep.came_to.insert(entry.n, kept);
                }
                _ => sweep.undo(entry).await,
            }
        }

        sweep.wait_for_late().await;
        let mut came_to = sweep.came_to;
        // A sign-in that was refused for good was judged by a target that works.
        let judged = self.shut_out.values().any(|shut| !shut.waits);

        if !judged && !self.alive.load(Ordering::Relaxed) {
            // Whatever stands before a target that is down may answer 404 for it: that shows nothing.
            let all = came_to.values_mut().chain(backs.iter_mut().map(|(removal, _)| removal));

            for removal in all.filter(|removal| matches!(removal, Removal::Unknown(_) | Removal::Untraced(_))) {
                *removal = Removal::Silent("nothing of the target works".to_owned());
            }
        }

        let made = entries.iter().filter_map(|entry| self.row(entry.n, came_to.get(&entry.n)?));
        let rows: Vec<Leftover> =
            made.chain(backs.iter().rev().map(|(removal, note)| row_of_saved(note, removal))).collect();
        let finished = rows.iter().all(|row| row.waits_for.is_none());
        Cleaned { rows, finished }
    }

    fn row(&self, n: usize, removal: &Removal) -> Option<Leftover> {
        let entry = self.journal.entry(n)?;
        if *removal == Removal::Nothing {
            return None;
        }
        let (outcome, because, waits_for) = said_of(removal, "not removed yet");
        let (outcome, because) = match (&entry.note.nature, because) {
            (Some(nature), Some(because)) => (outcome, Some(format!("{nature}; {because}"))),
            (None, Some(because)) => (outcome, Some(because)),
            (_, None) => match self.hidden_because(&entry) {
                Some(because) => (UndoOutcome::Hidden, Some(because)),
                None => (outcome, None),
            },
        };
        let id = entry.ids.last();
        let removes = entry.note.undo.as_ref().filter(|undo| !undo.url.is_empty()).and_then(|undo| {
            // Without its id the address would name another thing, or none.
            let needs_id = undo.url.contains(ID_PLACE);
            let url = if needs_id { with_id(&undo.url, id?) } else { undo.url.clone() };
            Some(format!("{} {url}", undo.method))
        });
        Some(Leftover {
            operation: entry.note.operation.clone(),
            identity: entry.note.caller.clone(),
            object: entry.object.clone().unwrap_or_else(|| entry.note.marker.clone()),
            address: known_addresses(&entry).into_iter().next(),
            outcome,
            because,
            waits_for,
            by_hand: removes,
        })
    }

    /// Returns why something that no read shows any more may be there all the same: the application marks its kind as
    /// removed, or has a field for that.
    fn hidden_because(&self, entry: &JournalEntry) -> Option<String> {
        let marked = self.marked_removed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sign) = marked.get(&entry.n) {
            let sign = clean_name(sign, 60);
            return Some(format!("its removal was taken; the application keeps the row, marked as removed (`{sign}`)"));
        }
        let field = entry.print.keys().find(|name| may_say_removed(name))?;
        let field = clean_name(field, 60);
        Some(format!(
            "nothing shows it any more; its kind has `{field}`, so that the application may keep a hidden row"
        ))
    }
}

/// Returns the outcome in the report's terms, why, and what a later try waits for.
fn said_of(removal: &Removal, not_yet: &str) -> (UndoOutcome, Option<String>, Option<String>) {
    match removal {
        Removal::Undone | Removal::Nothing => (UndoOutcome::Undone, None, None),
        Removal::Remains(because) | Removal::Barred(because) => (UndoOutcome::Remains, Some(because.clone()), None),
        Removal::Unknown(because) | Removal::Untraced(because) => (UndoOutcome::Unknown, Some(because.clone()), None),
        Removal::Lags { said, .. } => (UndoOutcome::Remains, Some(still_there(said)), None),
        Removal::Waits(because) | Removal::Silent(because) => {
            (UndoOutcome::Unknown, Some(format!("{not_yet}: {because}")), Some(because.clone()))
        }
    }
}

fn still_there(said: &str) -> String {
    format!("{said}, and it is still there")
}

/// Something that was there before the scan and was changed with its owner's consent.
fn row_of_saved(note: &SavedNote, removal: &Removal) -> Leftover {
    let (outcome, because, waits_for) = said_of(removal, "not put back yet");
    Leftover {
        operation: note.operation.clone(),
        identity: note.caller.clone(),
        object: note.object.clone(),
        address: None,
        outcome,
        because,
        waits_for,
        by_hand: None,
    }
}

/// The undoing under way.
struct CleanupRun<'a> {
    cleaner: &'a Cleaner<'a>,
    /// Silent answers in a row.
    silent: u32,
    came_to: BTreeMap<usize, Removal>,
    /// What was waited for in vain: a second wait would show nothing new.
    waited: BTreeSet<usize>,
}

impl CleanupRun<'_> {
    /// Settles what the trials have removed already. These are reads alone, so that several go out at a time.
    async fn settle_removed(&mut self, entries: &[JournalEntry]) {
        let cleaner = self.cleaner;
        let is_tried = |entry: &&JournalEntry| {
            let can_look = !cleaner.shut_out.contains_key(&entry.note.caller);
            entry.may_be_removed() && !entry.undone && !is_account(entry) && can_look
        };
        let mut looks: Vec<BoxFuture<'_, (usize, bool)>> = Vec::new();
        for entry in entries.iter().filter(is_tried) {
            looks.push(Box::pin(async move { (entry.n, cleaner.is_gone_by_itself(entry).await) }));
        }
        let seen: Vec<(usize, bool)> = stream::iter(looks).buffered(LOOKS_AT_ONCE).collect().await;

        for (n, _) in seen.into_iter().filter(|(_, is_gone)| *is_gone) {
            self.settle(n, Removal::Undone);
        }
    }

    async fn undo(&mut self, entry: &JournalEntry) {
        let removal = match entry.undone {
            true => Removal::Undone,
            false if self.silent >= MOST_SILENT => Removal::Silent("the target did not answer".to_owned()),
            false => self.cleaner.remove(entry).await,
        };
        self.silent = if matches!(removal, Removal::Silent(_)) { self.silent + 1 } else { 0 };
        self.settle(entry.n, removal);
    }

    fn settle(&mut self, n: usize, removal: Removal) {
        match removal {
            Removal::Undone => self.cleaner.journal.undone(n),
            Removal::Nothing => self.cleaner.journal.nothing(n),
            _ => {}
        }
        self.came_to.insert(n, removal);
    }

    /// Looks again for what was still shown after its removal was taken, with one pause for all of it.
    async fn wait_for_late(&mut self) {
        for pause in LATE_LOOKS {
            let late = self.late();
            if late.iter().all(|(entry, ..)| self.waited.contains(&entry.n)) {
                break;
            }
            tokio::time::sleep(pause).await;

            for (entry, caller, said) in late {
                let removal = self.cleaner.look_late(&entry, &caller, &said).await;
                self.settle(entry.n, removal);
            }
        }

        // What two pauses did not bring to an end stays.
        for (entry, _, said) in self.late() {
            self.waited.insert(entry.n);
            self.came_to.insert(entry.n, Removal::Remains(still_there(&said)));
        }
    }

    /// Returns what is still shown after its removal was taken, with the caller that sent it and what it was answered.
    fn late(&self) -> Vec<(JournalEntry, String, String)> {
        let lags = |(n, removal): (&usize, &Removal)| {
            let Removal::Lags { caller, said } = removal else { return None };
            Some((self.cleaner.journal.entry(*n)?, caller.clone(), said.clone()))
        };
        self.came_to.iter().filter_map(lags).collect()
    }

    /// Tries what is left once more, now that other things are gone: one that stood in what was removed went with it, and
    /// one may have been kept by what it held.
    async fn look_again(&mut self, entries: &[JournalEntry]) {
        for entry in entries.iter().rev().filter(|entry| !is_account(entry)) {
            let (is_left, may_be_freed) = match self.came_to.get(&entry.n) {
                None => (true, true),
                Some(Removal::Remains(_)) => {
                    (true, entries.iter().any(|other| self.is_gone(other) && other.n > entry.n))
                }
                // Its own parts alone may have barred it.
                Some(Removal::Barred(_)) => {
                    (true, entries.iter().any(|other| self.is_gone(other) && stood_in(other, entry)))
                }
                Some(_) => (false, false),
            };

            let Some(entry) = self.cleaner.journal.entry(entry.n).filter(|_| is_left) else { continue };
            let holder = entries.iter().find(|other| self.is_gone(other) && stood_in(&entry, other));

            match holder {
                Some(holder) => match self.cleaner.look_as_maker(&entry).await {
                    Ok(Sighting::Gone | Sighting::Unlisted | Sighting::Unseen | Sighting::Refused(_)) => {
                        let because =
                            format!("it stood in {}, which is gone, and nothing shows it any more", name_of(holder));
                        self.came_to.insert(entry.n, Removal::Untraced(because));
                    }
                    // Nothing removes it: to look once more would show the same.
                    Ok(Sighting::Own { .. }) if has_no_removal(&entry) => {
                        self.settle(entry.n, Removal::remains(NO_WAY));
                    }
                    _ if may_be_freed => self.undo(&entry).await,
                    _ => {}
                },
                None if may_be_freed => self.undo(&entry).await,
                None => {}
            }
        }
    }

    /// Forgets what came with something that the scan made, and went with it.
    async fn forget_companions(&mut self, entries: &[JournalEntry]) {
        for entry in entries.iter().filter(|entry| entry.note.is_companion) {
            let is_settled = matches!(self.came_to.get(&entry.n), Some(Removal::Undone | Removal::Silent(_)));
            if !is_settled && self.cleaner.is_gone_by_itself(entry).await {
                self.cleaner.journal.nothing(entry.n);
                self.came_to.insert(entry.n, Removal::Nothing);
            }
        }
    }

    fn is_gone(&self, entry: &JournalEntry) -> bool {
        self.came_to.get(&entry.n) == Some(&Removal::Undone)
    }

    /// Returns why an account is left: what it made is not known to be gone, and could be an orphan without it.
    fn hanging_on(&self, account: &JournalEntry, entries: &[JournalEntry]) -> Option<Removal> {
        let name = account.note.account.as_deref().unwrap_or(&account.note.caller);
        let is_its =
            |entry: &&JournalEntry| entry.note.caller == name || entry.note.heirs.iter().any(|heir| heir == name);
        let is_there = |entry: &&JournalEntry| {
            // What is untraced was likely never made, and holds no account back.
            let removal = self.came_to.get(&entry.n);
            !is_account(entry)
                && !matches!(removal, None | Some(Removal::Undone | Removal::Nothing | Removal::Untraced(_)))
        };
        let hanging: Vec<&JournalEntry> = entries.iter().filter(is_its).filter(is_there).collect();
        let names: BTreeSet<String> = hanging.iter().take(MAX_NAMED).map(|entry| name_of(entry)).collect();
        let waits = hanging
            .iter()
            .any(|entry| matches!(self.came_to.get(&entry.n), Some(Removal::Waits(_) | Removal::Silent(_))));
        let because = format!(
            "{} of what it made {} not known to be gone ({}), and would hang on an account that is not there",
            hanging.len(),
            if hanging.len() == 1 { "is" } else { "are" },
            names.into_iter().collect::<Vec<_>>().join(", ")
        );

        // What a later try may remove needs its account for that try.
        match (hanging.is_empty(), waits) {
            (true, _) => None,
            (false, true) => Some(Removal::Waits(because)),
            (false, false) => Some(Removal::Remains(because)),
        }
    }
}

fn is_account(entry: &JournalEntry) -> bool {
    entry.note.kind == WriteKind::SignsUp
}

/// Whether something that was surely made is shown by an address, and removed by none.
fn has_no_removal(entry: &JournalEntry) -> bool {
    !entry.undone && !entry.is_doubtful() && entry.note.undo.as_ref().is_some_and(|undo| undo.url.is_empty())
}

/// Returns whether an address of a thing goes on behind one of another's own: `/issues/7/comments` and `/issues/7`.
fn stood_in(entry: &JournalEntry, other: &JournalEntry) -> bool {
    let list = entry.note.undo.as_ref().and_then(|undo| undo.list.clone());
    let places: Vec<String> = known_addresses(entry).into_iter().chain(list).collect();
    // `/issues/71` begins with `/issues/7` and does not stand in it.
    let is_below = |own: &String| {
        places.iter().any(|place| place.strip_prefix(own.as_str()).is_some_and(|rest| rest.starts_with('/')))
    };
    entry.n != other.n && known_addresses(other).iter().any(is_below)
}

fn name_of(entry: &JournalEntry) -> String {
    format!("{} {}", entry.note.operation, entry.object.as_deref().unwrap_or(&entry.note.marker))
}

fn made_something(entry: &JournalEntry) -> bool {
    matches!(entry.note.kind, WriteKind::Creates | WriteKind::SignsUp)
        && !entry.nothing
        && (entry.is_doubtful() || entry.status.is_some_and(|status| status < 400))
}
