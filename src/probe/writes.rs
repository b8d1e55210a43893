//! Requests that change state: noted in the journal before they leave, never answered from memory, never repeated on a
//! fault.

use std::sync::Arc;

use super::ask::{Answer, Ask, AskCaller};
use super::carried::Carried;
use super::client::{Probe, SendError};
use super::guard::may_remove;

use super::entry::{WriteNote, is_kept_by};
use crate::model::{Credential, Identity};

/// A write with what came of it.
#[derive(Debug, Clone)]
pub struct WriteResult {
    /// Its number in the journal.
    pub n: usize,
    /// The answer.
    pub answer: Arc<Answer>,
}

impl Probe {
    /// Sends a request that changes state.
    ///
    /// # Errors
    /// [`SendError::NoWrites`] without a journal, [`SendError::NotOwn`] where it names what is not the scan's own; else as [`Probe::send`].
    pub async fn send_write(&self, ask: &Ask, note: WriteNote) -> Result<WriteResult, SendError> {
        self.journaled(ask, note, None).await
    }

    /// Sends a request that changes state without a credential, with the cookie jar of this identity: for signing up.
    ///
    /// # Errors
    /// As [`Probe::send_write`].
    pub async fn sign_up(&self, identity: &str, ask: &Ask, note: WriteNote) -> Result<WriteResult, SendError> {
        self.journaled(ask, note, Some(identity)).await
    }

    /// Asks again, past the memory of the ledger: what was written since then shows.
    ///
    /// # Errors
    /// As [`Probe::send`].
    pub async fn look_again(&self, ask: &Ask) -> Result<Arc<Answer>, SendError> {
        if !ask.method.is_safe() {
            return Err(SendError::NoWrites(ask.method.to_string(), "it was not announced as a write"));
        }
        self.send_fresh(ask).await
    }

    /// Signs in once without opening a session: a further token of the identity, or to see what is answered.
    ///
    /// # Errors
    /// [`SendError::Unbuildable`] for an identity that has no sign-in; else as [`Probe::send`].
    pub async fn try_sign_in(&self, identity: &Identity) -> Result<Arc<Answer>, SendError> {
        let Credential::Login(recipe) = &identity.credential else {
            return Err(SendError::Unbuildable(format!("{} does not sign in by a request", identity.name)));
        };
        for secret in identity.credential.secrets() {
            self.redactor().learn(&identity.name, secret);
        }
        let ask =
            self.login_request(identity, recipe, 200).map_err(|error| SendError::Unbuildable(error.to_string()))?;
        // Without a jar: the cookies of a further session must not take the place of the first one's.
        self.transmit(&ask, None, None).await
    }

    /// The same, with the jar of the identity, whose session it is to become.
    ///
    /// # Errors
    /// As [`Probe::send`].
    pub async fn sign_in_request(&self, identity: &str, ask: &Ask) -> Result<Arc<Answer>, SendError> {
        self.send_unsigned_as(identity, ask).await
    }

    async fn journaled(&self, ask: &Ask, note: WriteNote, jar: Option<&str>) -> Result<WriteResult, SendError> {
        let Some(journal) = &self.journal else {
            return Err(SendError::NoWrites(ask.method.to_string(), "the scan is passive"));
        };
        // Checked before the note: a journal should not name writes that never left.
        if let Some(error) = self.halted() {
            return Err(error);
        }
        if jar.is_none() {
            self.admit(ask)?;
        }
        match &self.guard {
            // Removals name what was found by its mark.
            _ if self.is_cleaning() && journal.has_entry(|entry| may_remove(ask, entry)) => {}
            Some(guard) => guard.judge(ask, &note, journal)?,
            None => return Err(SendError::NoWrites(ask.method.to_string(), "nothing judges what it names")),
        }

        let n = journal.before(note).map_err(|error| {
            SendError::Unbuildable(format!("the journal of writes cannot be kept ({error}), so nothing is written"))
        })?;
        journal.carries(n, Carried::of(&ask.url, ask.body.as_ref()));
        // Noted before the request leaves: should its answer never come, the object may be gone.
        let leaving = journal.leaving_by(ask);
        let answer = match (&ask.caller, jar) {
            (AskCaller::Anonymous, jar) => self.transmit(ask, None, jar).await,
            _ => self.send_fresh(ask).await,
        };
        match answer {
            Ok(answer) => {
                journal.after(n, answer.status());
                if answer.status().is_some_and(is_kept_by) {
                    leaving.iter().for_each(|n| journal.kept(*n));
                }
                Ok(WriteResult { n, answer })
            }
            Err(error) => {
                // What was cut off by the end of the scan may have left; anything else never did.
                if !matches!(error, SendError::Cancelled | SendError::Died | SendError::Time(_)) {
                    journal.nothing(n);
                    leaving.iter().for_each(|n| journal.kept(*n));
                }
                Err(error)
            }
        }
    }
}
