//! Signs the callers of an earlier scan in again, so that what it left can be undone as them. A target that limits how
//! often one may sign in is waited for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::act::{ShutOut, find_way_in, shut_out};
use crate::model::{ANONYMOUS, Identity, Secret};
use crate::probe::{Journal, JournalEntry, Probe, Saved};

/// Longest time that the sign-ins of one undoing take by being limited.
const LONGEST: Duration = Duration::from_secs(120);
/// First pause where a limit does not say how long it lasts; each further one is twice as long, up to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(15);

/// The callers of an earlier scan while they sign in again.
pub(super) struct SigningBack<'a> {
    probe: &'a Probe,
    journal: &'a Journal,
    password: &'a (dyn Fn(&str) -> Secret + Sync),
    /// Nothing is waited for beyond this.
    until: Instant,
}

impl<'a> SigningBack<'a> {
    /// Begins now, and waits no longer than the limit of the scan.
    pub(super) fn new(
        probe: &'a Probe,
        journal: &'a Journal,
        password: &'a (dyn Fn(&str) -> Secret + Sync),
        max_time: Option<Duration>,
    ) -> Self {
        let until = Instant::now() + max_time.map_or(LONGEST, |most| most.min(LONGEST));
        Self { probe, journal, password, until }
    }

    /// Signs in all callers that the undoing needs; returns those that cannot act, with the reason.
    pub(super) async fn all(&self, identities: &[Identity]) -> BTreeMap<String, ShutOut> {
        let mut shut = BTreeMap::new();
        // A caller above the rank of a user may remove what its owner cannot, so it signs in as well.
        for identity in identities.iter().filter(|identity| self.needs(&identity.name) || identity.rank > 10) {
            if let Err(reason) = self.one_within_limits(identity).await {
                shut.insert(identity.name.clone(), reason);
            }
        }
        for (name, reason) in self.lost(identities) {
            shut.entry(name).or_insert(reason);
        }
        shut
    }

    /// Whether something is to be undone as a caller.
    fn needs(&self, name: &str) -> bool {
        let puts_back = |saved: &Saved| saved.note.caller == name && !saved.is_put_back;
        let removes = |entry: &JournalEntry| {
            let note = &entry.note;
            let is_heir = note.heirs.iter().any(|heir| heir == name);
            note.caller == name || note.account.as_deref() == Some(name) || is_heir
        };
        self.journal.saved().iter().any(puts_back) || self.journal.has_entry(removes)
    }

    /// Signs a caller in, again and again while the target asks to wait and there is time.
    async fn one_within_limits(&self, identity: &Identity) -> Result<(), ShutOut> {
        let mut pause = FIRST_PAUSE;
        loop {
            let Err(reason) = self.one(identity).await else { return Ok(()) };
            let Some(wish) = reason.again_in else { return Err(reason) };
            // Limits that announce a second again and again must not be asked every second.
            let next = Instant::now() + wish.max(pause);

            if next > self.until {
                return Err(reason);
            }
            pause = (pause * 2).min(LAST_PAUSE);

            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                () = self.probe.cancelled() => return Err(reason),
            }
        }
    }

    async fn one(&self, identity: &Identity) -> Result<(), ShutOut> {
        let name = &identity.name;
        let notes = self.journal.accounts();
        let is_account = notes.iter().any(|note| note.name == *name);
        let is_known = notes.iter().any(|note| note.name == *name && !note.token.is_empty());

        if is_account && !is_known {
            return find_way_in(self.probe, self.journal, name, &(self.password)(name)).await;
        }
        match self.probe.sign_in(identity).await.map_err(|error| shut_out(&error)) {
            // Whether an answer such as 404 judges the account, and how long a limit lasts, its form shows.
            Err(reason) if reason.waits && is_account => {
                find_way_in(self.probe, self.journal, name, &(self.password)(name)).await
            }
            known => known,
        }
    }

    /// Returns the callers of the journal that are not there any more.
    fn lost(&self, identities: &[Identity]) -> Vec<(String, ShutOut)> {
        let entries = self.journal.entries();
        let callers: BTreeSet<&String> =
            entries.iter().flat_map(|entry| entry.note.heirs.iter().chain([&entry.note.caller])).collect();
        let is_there = |name: &str| identities.iter().any(|identity| identity.name == name);
        let gone = callers.into_iter().filter(|name| name.as_str() != ANONYMOUS && !is_there(name));
        gone.map(|name| {
            // A throw-away account whose token came with its sign-up is lost with the process that had it.
            let own = entries.iter().any(|entry| entry.note.account.as_ref() == Some(name));
            let reason = match own {
                true => ShutOut::for_good(format!("{name} has no sign-in, and its token was lost with the scan")),
                false => ShutOut::for_now(format!("{name} is not in the configuration of that scan any more")),
            };
            (name.clone(), reason)
        })
        .collect()
    }
}
