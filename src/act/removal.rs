//! Removes one thing that a scan made: it is read first, removed only where it shows that it is the scan's own, and
//! looked for afterwards.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

use super::accounts::identity_of;
use super::lockout::ShutOut;
use super::sighting::{Looker, Sighting, inconclusive_reason, with_id};
use super::unique::unique_id;
use super::ways_in::find_way_in;
use crate::model::{Method, Secret};
use crate::probe::{
    Answer, Ask, AskCaller, ID_PLACE, Journal, JournalEntry, Probe, Response, SendError, Undo, WriteKind, WriteNote,
    is_kept_by,
};
use crate::survey::is_clear_success;

/// How long things are waited for that are still shown after their removal was taken: many servers commit a little later.
pub(super) const LATE_LOOKS: [Duration; 2] = [Duration::from_millis(150), Duration::from_millis(500)];
pub(super) const NO_WAY: &str = "no operation of the document removes it";
/// Its address does not take the id.
pub(super) const UNBUILDABLE: &str = "the address that removes it cannot be built from its id";
const NO_ID: &str = "its id is not known";
const NO_PROOF: &str = "no address shows whether it is what the scan made, so it is not removed";
const FOREIGN: &str = "what stands at its address does not show that the scan made it, so it is not removed";
const UNTRACED: &str = "no address has ever shown it, and the list of its kind does not";
const BY_ITSELF: &str = "nothing shows it any more, and nothing that removes it was sent";

/// What came of removing one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Removal {
    /// It is gone: what removes it was sent, and it was looked for.
    Undone,
    /// It was never made.
    Nothing,
    /// Nothing shows it, neither its answer nor a list: likely it was not made.
    Untraced(String),
    /// What removes it was taken, and a look right after it still shows it: many servers commit a little later.
    Lags {
        /// The caller whose removal was taken.
        caller: String,
        /// What was sent, and its answer.
        said: String,
    },
    /// It is there, or was never removed, and nothing more can be done.
    Remains(String),
    /// It is there, and the target lets nobody of the scan's callers remove it.
    Barred(String),
    /// Neither can be shown, and nothing more can be done.
    Unknown(String),
    /// It can be tried again when this has changed.
    Waits(String),
    /// It can be tried again when the target answers.
    Silent(String),
}

impl Removal {
    pub(super) fn remains(because: &str) -> Self {
        Self::Remains(because.to_owned())
    }

    fn unknown(because: &str) -> Self {
        Self::Unknown(because.to_owned())
    }

    /// Of what two callers came to, what leaves more to do.
    fn or_graver(self, other: Self) -> Self {
        let rank = |removal: &Self| match removal {
            Self::Lags { .. } => 6,
            Self::Silent(_) => 5,
            Self::Waits(_) => 4,
            Self::Remains(_) | Self::Barred(_) => 3,
            Self::Untraced(_) => 2,
            Self::Unknown(_) => 1,
            Self::Undone | Self::Nothing => 0,
        };

        if rank(&other) > rank(&self) { other } else { self }
    }
}

/// What removals are carried out with.
pub struct Cleaner<'a> {
    /// The way to the target.
    pub probe: &'a Probe,
    /// What was made.
    pub journal: &'a Journal,
    /// The password of a throw-away account.
    pub password: &'a (dyn Fn(&str) -> Secret + Sync),
    /// Callers that could not sign in.
    pub shut_out: BTreeMap<String, ShutOut>,
    /// The target was seen to work.
    pub(super) alive: AtomicBool,
    /// What says of itself that it was removed, by its number: the field that says so.
    pub(super) marked_removed: Mutex<BTreeMap<usize, String>>,
}

impl std::fmt::Debug for Cleaner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cleaner").field("shut_out", &self.shut_out).finish_non_exhaustive()
    }
}

impl<'a> Cleaner<'a> {
    /// Nothing is removed yet, and all callers can act.
    pub fn new(probe: &'a Probe, journal: &'a Journal, password: &'a (dyn Fn(&str) -> Secret + Sync)) -> Self {
        let (alive, marked_removed) = (AtomicBool::new(false), Mutex::default());
        Self { probe, journal, password, shut_out: BTreeMap::new(), alive, marked_removed }
    }

    /// Removes one thing, as its maker, as those whose it may have become, and then as those of higher rank.
    pub(super) async fn remove(&self, entry: &JournalEntry) -> Removal {
        let Some(undo) = &entry.note.undo else {
            return match entry.is_doubtful() {
                false => Removal::remains(NO_WAY),
                true => Removal::Untraced(format!("{}, and no operation of the document shows it", in_doubt(entry))),
            };
        };

        let mut came_to: Option<Removal> = None;
        for caller in self.callers(entry) {
            let tried = match self.shut_out.get(&caller) {
                Some(shut) if shut.waits => Removal::Waits(shut.because.clone()),
                // It may be shut out since it is gone.
                Some(_) if is_account_of(entry, &caller) && entry.may_be_removed() => {
                    self.judge_lost(&caller, entry).await.unwrap_or_else(|error| Self::in_words(&error))
                }
                Some(shut) => Removal::Unknown(shut.because.clone()),
                None => self.try_as(&caller, entry, undo).await,
            };

            // Where no operation removes it, another caller can do no more.
            let is_over = undo.url.is_empty() && matches!(tried, Removal::Remains(_));
            if is_over || matches!(tried, Removal::Undone | Removal::Nothing) {
                return tried;
            }
            came_to = Some(came_to.map_or(tried.clone(), |known| known.or_graver(tried)));
        }
        came_to.unwrap_or_else(|| Removal::unknown("no caller is left that could remove it"))
    }

    /// Removes one thing by itself, and waits until it is gone where it is still shown at first.
    pub(super) async fn remove_and_wait(&self, entry: &JournalEntry) -> Removal {
        let mut removal = self.remove(entry).await;
        for pause in LATE_LOOKS {
            let Removal::Lags { caller, said } = &removal else { break };
            tokio::time::sleep(pause).await;
            removal = self.look_late(entry, caller, said).await;
        }
        removal
    }

    async fn try_as(&self, caller: &str, entry: &JournalEntry, undo: &Undo) -> Removal {
        let tried = match is_account_of(entry, caller) {
            true => self.remove_itself(caller, entry, undo).await,
            false => self.remove_as(caller, entry, undo).await,
        };
        tried.unwrap_or_else(|error| Self::in_words(&error))
    }

    /// Judges what was not sent, or not answered.
    pub(super) fn in_words(error: &SendError) -> Removal {
        match error {
            SendError::SessionGone(name) => Removal::Waits(format!("the session of {name} has ended")),
            SendError::Scope(_) | SendError::Unbuildable(_) | SendError::NotOwn(_) => {
                Removal::Unknown(error.to_string())
            }
            error => Removal::Silent(error.to_string()),
        }
    }

    fn callers(&self, entry: &JournalEntry) -> Vec<String> {
        let mut callers = vec![entry.note.caller.clone()];
        let ranked = self.probe.identities().iter().filter(|identity| identity.rank > 10);
        let others = entry.note.heirs.iter().cloned().chain(ranked.map(|identity| identity.name.clone()));
        for other in others {
            if !callers.contains(&other) {
                callers.push(other);
            }
        }
        callers
    }

    async fn find(&self, caller: &str, n: usize) -> Result<Sighting, SendError> {
        let Some(entry) = self.journal.entry(n) else { return Ok(Sighting::Unseen) };
        let looker = Looker { probe: self.probe, journal: self.journal, caller, alive: &self.alive };
        let seen = looker.find(&entry).await?;
        if let Sighting::Tombstone { sign, .. } = &seen {
            self.marked_removed.lock().unwrap_or_else(PoisonError::into_inner).insert(n, sign.clone());
        }
        Ok(seen)
    }

    async fn remove_as(&self, caller: &str, entry: &JournalEntry, undo: &Undo) -> Result<Removal, SendError> {
        let mut seen = self.find(caller, entry.n).await?;
        if let Sighting::Likely { id, address } = seen {
            seen = match self.stands(caller).await? {
                true => Sighting::Own { id, address },
                false => Sighting::Other(address),
            };
        }
        let id = match seen {
            Sighting::Own { .. } if undo.url.is_empty() => return Ok(Removal::remains(NO_WAY)),
            Sighting::Tombstone { .. } if entry.may_be_removed() => return Ok(Removal::Undone),
            Sighting::Own { id, .. } | Sighting::Tombstone { id, .. } => id.or_else(|| entry.ids.last().cloned()),
            // What an address answers for what is not there may be a refusal; a whole list is surer.
            Sighting::Gone | Sighting::Unlisted if entry.may_be_removed() => return Ok(Removal::Undone),
            other => {
                return match unique_id(entry, undo).filter(|_| other == Sighting::Unseen) {
                    Some(id) => self.remove_unshown(caller, (entry, undo), &id).await,
                    None => Ok(judge_unseen(&other, entry, undo)),
                };
            }
        };
        let Some(id) = id.or_else(|| (!undo.url.contains(ID_PLACE)).then(String::new)) else {
            return Ok(Removal::remains(NO_ID));
        };
        let Some(answer) = self.send_removal(caller, entry, undo, &id).await? else {
            return Ok(Removal::remains(UNBUILDABLE));
        };
        // The target serves what is asked of it: a removal that fails is that operation's own fault.
        if let Some(because) = inconclusive_reason(&answer).filter(|_| answer.status() != Some(500)) {
            return Ok(Removal::Silent(because));
        }
        self.look_after(caller, entry, undo, &answer).await
    }

    /// Looks for a thing as the caller that made it.
    pub(super) async fn look_as_maker(&self, entry: &JournalEntry) -> Result<Sighting, SendError> {
        self.find(&entry.note.caller, entry.n).await
    }

    /// Returns whether its address, or the whole list of its kind, shows a thing no more.
    pub(super) async fn is_gone_by_itself(&self, entry: &JournalEntry) -> bool {
        matches!(self.look_as_maker(entry).await, Ok(Sighting::Gone | Sighting::Unlisted))
    }

    /// Whether the throw-away account of a caller is there: then the target's data was not reset since, and ids are still of
    /// what they were given to.
    async fn stands(&self, caller: &str) -> Result<bool, SendError> {
        let of_caller = |entry: &JournalEntry| entry.note.account.as_deref() == Some(caller) && !entry.nothing;
        let Some(account) = self.journal.entries().into_iter().rev().find(of_caller) else { return Ok(false) };
        Ok(matches!(self.find(&account.note.caller, account.n).await?, Sighting::Own { .. }))
    }

    /// Looks whether a thing is gone right after what removes it was sent.
    async fn look_after(
        &self,
        caller: &str,
        entry: &JournalEntry,
        undo: &Undo,
        answer: &Answer,
    ) -> Result<Removal, SendError> {
        let said = format!("{} answered status {}", undo.method, answer.status().unwrap_or(0));
        let seen = self.find(caller, entry.n).await?;
        Ok(match is_taken(answer) {
            true => judge_taken(&seen, caller, &said),
            false => judge_refused(&seen, answer, &said),
        })
    }

    /// Looks once more for a thing that was still shown after its removal was taken.
    pub(super) async fn look_late(&self, entry: &JournalEntry, caller: &str, said: &str) -> Removal {
        match self.find(caller, entry.n).await {
            Ok(seen) => judge_taken(&seen, caller, said),
            Err(error) => Self::in_words(&error),
        }
    }

    /// Sends what removes a thing; `None` where its address cannot be built.
    pub(super) async fn send_removal(
        &self,
        caller: &str,
        entry: &JournalEntry,
        undo: &Undo,
        id: &str,
    ) -> Result<Option<Arc<Answer>>, SendError> {
        let Ok(url) = Url::parse(&with_id(&undo.url, id)) else { return Ok(None) };
        let method = Method::parse(&undo.method).unwrap_or(Method::Delete);
        let ask = Ask { method, ..Ask::get(AskCaller::named(caller), url) };
        let note = WriteNote::bare(&entry.note.operation, caller, WriteKind::Touches);
        if !id.is_empty() {
            // Found by its mark: from here on the id stands for what the scan made, for the guard of writes too.
            self.journal.known_as(entry.n, id);
        }
        // The process may end before the answer comes: the next one finds nothing then, and must know why.
        self.journal.leaving(entry.n);
        let answer = self.probe.send_write(&ask, note).await?.answer;
        if is_taken(&answer) {
            self.journal.sent(entry.n);
        } else if answer.status().is_some_and(is_kept_by) {
            self.journal.kept(entry.n);
        }
        Ok(Some(answer))
    }

    /// Removes an account as itself. Its session may end with it: then the sign-in shows whether it is gone.
    async fn remove_itself(&self, name: &str, entry: &JournalEntry, undo: &Undo) -> Result<Removal, SendError> {
        if entry.is_doubtful() && self.probe.sessions().get(name).is_none() {
            // A sign-up that failed may have made it all the same. Whether it is let in, is judged below.
            let _ = find_way_in(self.probe, self.journal, name, &(self.password)(name)).await;
        }
        let shown = match self.find(name, entry.n).await {
            Ok(Sighting::Silent(because)) => return Ok(Removal::Silent(because)),
            Ok(Sighting::Own { id, .. } | Sighting::Tombstone { id, .. }) => Some(id),
            Ok(_) | Err(SendError::SessionGone(_)) => None,
            Err(error) => return Err(error),
        };
        if undo.url.is_empty() {
            return Ok(Removal::remains(NO_WAY));
        }
        let known = match shown {
            Some(id) => Some(id),
            None => self.known_by_sign_in(name, entry).await?,
        };
        let Some(id) = known else { return self.judge_lost(name, entry).await };
        let Some(id) = id.or_else(|| (!undo.url.contains(ID_PLACE)).then(String::new)) else {
            return Ok(Removal::remains(NO_ID));
        };
        let Some(answer) = self.send_removal(name, entry, undo, &id).await? else {
            return Ok(Removal::remains(UNBUILDABLE));
        };
        if let Some(because) = inconclusive_reason(&answer) {
            return Ok(Removal::Silent(because));
        }
        let said = format!("{} answered status {}", undo.method, answer.status().unwrap_or(0));
        if !is_taken(&answer) {
            return Ok(Removal::Remains(said));
        }
        self.judge_account(name, entry, &said).await
    }

    /// Judges an account after what removes it was taken.
    async fn judge_account(&self, name: &str, entry: &JournalEntry, said: &str) -> Result<Removal, SendError> {
        let had_shown = self.journal.entry(entry.n).is_some_and(|entry| !entry.shown.is_empty());
        let looked = match self.find(name, entry.n).await {
            Ok(Sighting::Own { .. }) => return Ok(Removal::Remains(format!("{said}, and it is still there"))),
            Ok(Sighting::Silent(because)) => return Ok(Removal::Silent(because)),
            Ok(looked) => Some(looked),
            Err(SendError::SessionGone(_)) => None,
            Err(error) => return Err(error),
        };
        Ok(match self.signs_in(name).await? {
            Some(Ok(true)) => Removal::Remains(format!("{said}, and it still signs in")),
            Some(Ok(false)) => Removal::Undone,
            // A sign-in that asks to wait says nothing; an address that had shown the account shows it no more.
            Some(Err(_)) if had_shown && !matches!(looked, Some(Sighting::Unseen)) => Removal::Undone,
            Some(Err(because)) => Removal::Silent(because),
            None if matches!(looked, Some(Sighting::Unseen)) => {
                Removal::Unknown(format!("{said}, and no address shows whether it is gone"))
            }
            None => Removal::Undone,
        })
    }

    /// Returns the id by which an account may be removed, where its sign-in alone shows that it is the scan's own: nobody
    /// else has its password.
    async fn known_by_sign_in(&self, name: &str, entry: &JournalEntry) -> Result<Option<Option<String>>, SendError> {
        let lets_in = matches!(self.signs_in(name).await?, Some(Ok(true)));
        Ok(lets_in.then(|| entry.ids.last().cloned()))
    }

    /// Judges an account that nothing shows.
    async fn judge_lost(&self, name: &str, entry: &JournalEntry) -> Result<Removal, SendError> {
        Ok(match self.signs_in(name).await? {
            Some(Err(because)) => Removal::Silent(because),
            Some(Ok(true)) => Removal::remains(NO_PROOF),
            Some(Ok(false)) if entry.may_be_removed() => Removal::Undone,
            // The sign-up was under way when the scan ended, or failed, and it made nothing.
            Some(Ok(false)) if entry.is_doubtful() => Removal::Nothing,
            Some(Ok(false)) => Removal::unknown("it is not let in any more, and nothing that removes it was sent"),
            None if entry.may_be_removed() => {
                Removal::unknown("what removes it was sent, and no sign-in shows whether it is gone")
            }
            None => Removal::unknown(BY_ITSELF),
        })
    }

    /// Whether an account signs in with its password; `None` where no operation signs it in, an error where the target
    /// does not say.
    async fn signs_in(&self, name: &str) -> Result<Option<Result<bool, String>>, SendError> {
        let notes = self.journal.accounts();
        let Some(note) = notes.iter().rev().find(|note| note.name == name && !note.operation.is_empty()) else {
            return Ok(None);
        };
        let identity = identity_of(note, (self.password)(name));
        let answer = self.probe.try_sign_in(&identity).await?;
        if let Some(because) = inconclusive_reason(&answer) {
            return Ok(Some(Err(because)));
        }
        // Whatever stands before a target that is down may answer 404 for it.
        if !answer.response().is_some_and(is_judged) {
            return Ok(Some(Err(format!("the sign-in answered status {}", answer.status().unwrap_or(0)))));
        }
        self.alive.store(true, Ordering::Relaxed);
        let response = answer.response().filter(|response| is_clear_success(response));
        let has_token = note.token.is_empty() || self.probe.further_token(&identity, &answer).is_some();
        Ok(Some(Ok(response.is_some() && has_token)))
    }
}

/// Returns true for an answer of a sign-in that is a judgement of who signs in: a limit, a lock and a failure are none.
pub fn is_judged(response: &Response) -> bool {
    let refuses = matches!(response.status, 400 | 401 | 403 | 410 | 422);
    response.status < 400 || refuses || response.status == 404 && response.json.is_some()
}

fn is_taken(answer: &Answer) -> bool {
    answer.response().is_some_and(|response| is_clear_success(response) || matches!(response.status, 404 | 410))
}

/// Judges what is seen of a thing after what removes it was taken.
fn judge_taken(seen: &Sighting, caller: &str, said: &str) -> Removal {
    match seen {
        Sighting::Own { .. } | Sighting::Likely { .. } => {
            Removal::Lags { caller: caller.to_owned(), said: said.to_owned() }
        }
        // What stands there now is not the scan's, so that what was removed is gone.
        Sighting::Gone | Sighting::Tombstone { .. } | Sighting::Other(_) | Sighting::Unlisted => Removal::Undone,
        _ => judge_hidden(seen, said),
    }
}

/// Judges what is seen of a thing after what removes it was refused.
fn judge_refused(seen: &Sighting, answer: &Answer, said: &str) -> Removal {
    // Of access, or of the method: what else is there plays no part in it.
    let is_barred = matches!(answer.status(), Some(401 | 403 | 405 | 501));
    match seen {
        Sighting::Own { .. } | Sighting::Likely { .. } if is_barred => Removal::Barred(said.to_owned()),
        Sighting::Own { .. } | Sighting::Likely { .. } => Removal::Remains(said.to_owned()),
        _ => judge_hidden(seen, said),
    }
}

/// Judges a thing that is not shown after its removal, where that does not say that it is gone.
fn judge_hidden(seen: &Sighting, said: &str) -> Removal {
    match seen {
        Sighting::Silent(because) => Removal::Silent(because.clone()),
        Sighting::Refused(refused) => Removal::Unknown(format!("{said}, and its address then answers {refused}")),
        Sighting::Unseen => Removal::Unknown(format!("{said}, and no address shows whether it is gone")),
        _ => Removal::Unknown(format!("{said}, and it is not shown any more")),
    }
}

/// Whether a thing is the account of a caller.
fn is_account_of(entry: &JournalEntry, caller: &str) -> bool {
    entry.note.kind == WriteKind::SignsUp && entry.note.account.as_deref() == Some(caller)
}

/// Says why it is not known whether a write was done.
fn in_doubt(entry: &JournalEntry) -> String {
    match entry.status {
        Some(status) => format!("what was to make it failed (status {status})"),
        None => "it was under way when the scan ended".to_owned(),
    }
}

/// Judges what is not there to be removed.
fn judge_unseen(sighting: &Sighting, entry: &JournalEntry, undo: &Undo) -> Removal {
    match sighting {
        Sighting::Silent(because) => Removal::Silent(because.clone()),
        Sighting::Other(_) => Removal::remains(FOREIGN),
        // The creation was under way when the scan ended, or failed, and a whole list does not show it.
        Sighting::Unlisted if entry.is_doubtful() && entry.ids.is_empty() => Removal::Nothing,
        Sighting::Unlisted if entry.shown.is_empty() => Removal::Untraced(UNTRACED.to_owned()),
        Sighting::Gone | Sighting::Unlisted => Removal::unknown(BY_ITSELF),
        Sighting::Refused(said) => {
            Removal::Unknown(format!("its address answers {said}, so nothing shows what is there"))
        }
        _ if entry.is_doubtful() && entry.ids.is_empty() => {
            Removal::Untraced(format!("{}, and nothing shows it", in_doubt(entry)))
        }
        _ if undo.look.is_none() && undo.list.is_none() => Removal::remains(NO_PROOF),
        _ if entry.ids.is_empty() => Removal::remains(NO_ID),
        _ => Removal::remains(NO_PROOF),
    }
}
