//! What an attack made instead of changing anything: a PUT that makes the attacker's own object where it has none of that
//! name. It is the scan's to remove, as any other.

use super::funnel::Trial;
use super::shot::{ExpectedEffect, Spot, Tried};
use crate::model::{ANONYMOUS, Method};
use crate::probe::{SendError, WriteKind, WriteNote};

impl Trial<'_> {
    /// Notes what a write made for its sender, where its sender is shown it at the address of the owner's object and the
    /// owner's stays as it was.
    pub(super) async fn keep_stray(&self, tried: &Tried, on: Spot<'_>) -> Result<(), SendError> {
        let (ExpectedEffect::Value(field, value), Some(created)) = (&tried.wanted, on.subject.object()) else {
            return Ok(());
        };
        // A PUT to an address where nothing is makes something there (RFC 9110 section 9.3.4).
        let made = self.acting.operation.method == Method::Put
            && !tried.has_effect()
            && tried.caller != self.owner
            && tried.caller != ANONYMOUS
            && tried.answer.response().is_some_and(|response| response.is_success());
        let Some(journal) = self.lab.maker.probe.journal().filter(|_| made) else { return Ok(()) };
        let seen = self.lab.view(&tried.caller, created).await?;

        if !seen.is_some_and(|seen| seen.shows(field, value)) {
            return Ok(());
        }
        // What was made goes by the same address as the owner's object.
        let like = journal.entry(created.entry);
        let bare = WriteNote::bare(&self.acting.operation.id.0, &tried.caller, WriteKind::Creates);
        let marker = value.as_str().map(str::to_owned).unwrap_or_default();
        let note = WriteNote { marker, undo: like.and_then(|entry| entry.note.undo), ..bare };
        journal.stray(note, &created.id);

        Ok(())
    }
}
