//! Notices a target whose data was reset while the scan was under way: what the scan made and its accounts are gone at
//! once, and their ids may be given to rows of others.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::removal::is_judged;
use super::sighting::{Looker, Sighting};
use crate::probe::{Journal, JournalEntry, Probe, SendError, WriteKind};

/// Most objects that are looked at.
const MAX_OBJECTS: usize = 3;
/// Most accounts that are looked at.
const MAX_ACCOUNTS: usize = 2;
/// A thing that was seen so shortly ago is not looked at again: a look of its own takes about as long.
const JUST_NOW: Duration = Duration::from_millis(60);

/// Returns true when nothing of what the scan made first, and none of its accounts, is there any more. One look is enough
/// where the oldest object is there, and none where one of the oldest was seen to be the scan's own just now.
///
/// # Errors
/// As [`Probe::send`].
pub async fn was_reset(probe: &Probe, journal: &Journal) -> Result<bool, SendError> {
    let stands = |entry: &JournalEntry| !entry.sent && !entry.undone && !entry.nothing && !entry.shown.is_empty();
    let entries = journal.entries_where(stands);
    let of = |kind: WriteKind| entries.iter().filter(move |entry| entry.note.kind == kind);
    let objects: Vec<&JournalEntry> = of(WriteKind::Creates).take(MAX_OBJECTS).collect();
    let accounts: Vec<&JournalEntry> = of(WriteKind::SignsUp).take(MAX_ACCOUNTS).collect();

    // A single thing may have gone for a reason of its own.
    if objects.len() + accounts.len() < 2 || accounts.is_empty() && objects.len() < MAX_OBJECTS {
        return Ok(false);
    }
    let just_seen = |entry: &&JournalEntry| entry.sighted.is_some_and(|at| at.elapsed() < JUST_NOW);

    if objects.iter().any(just_seen) {
        return Ok(false);
    }
    for entry in objects.into_iter().chain(accounts) {
        if !is_lost(probe, journal, entry).await? || !is_refused(probe, entry).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn is_lost(probe: &Probe, journal: &Journal, entry: &JournalEntry) -> Result<bool, SendError> {
    let caller = entry.note.caller.as_str();
    let alive = AtomicBool::new(false);

    match (Looker { probe, journal, caller, alive: &alive }).find(entry).await {
        // After a reset the target may not know the caller either, and refuse it.
        Ok(Sighting::Gone | Sighting::Other(_) | Sighting::Refused(_)) | Err(SendError::SessionGone(_)) => Ok(true),
        Ok(_) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether an account does not sign in any more: a session alone may end for many reasons. What is no account, and what
/// signs in by no request, is taken as it was seen.
async fn is_refused(probe: &Probe, entry: &JournalEntry) -> Result<bool, SendError> {
    let account = entry.note.account.as_deref();
    let Some(identity) = probe.identities().iter().find(|identity| Some(identity.name.as_str()) == account) else {
        return Ok(true);
    };
    match probe.try_sign_in(identity).await {
        Ok(answer) => Ok(answer.response().is_some_and(|response| response.status >= 400 && is_judged(response))),
        Err(SendError::Unbuildable(_)) => Ok(true),
        Err(error) => Err(error),
    }
}
