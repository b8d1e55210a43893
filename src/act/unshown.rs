//! Removes what no address shows, where its id cannot be that of anything else: the second removal is the look.

use super::removal::{Cleaner, Removal, UNBUILDABLE};
use super::sighting::inconclusive_reason;
use crate::probe::{JournalEntry, SendError, Undo};
use crate::survey::is_clear_success;

impl Cleaner<'_> {
    /// Removes a thing by an id that is nothing else's, and sends the removal once more: an address that took it, and then
    /// says that nothing is there, shows that it is gone.
    pub(super) async fn remove_unshown(
        &self,
        caller: &str,
        (entry, undo): (&JournalEntry, &Undo),
        id: &str,
    ) -> Result<Removal, SendError> {
        let Some(first) = self.send_removal(caller, entry, undo, id).await? else {
            return Ok(Removal::remains(UNBUILDABLE));
        };
        // A 500 is a fault of this operation, and no sign that the target is down.
        if let Some(because) = inconclusive_reason(&first).filter(|_| first.status() != Some(500)) {
            return Ok(Removal::Silent(because));
        }
        let said = format!("{} answered status {}", undo.method, first.status().unwrap_or(0));

        if !first.response().is_some_and(is_clear_success) {
            return Ok(Removal::Unknown(format!("{said}, and no address shows whether it is there")));
        }
        let Some(second) = self.send_removal(caller, entry, undo, id).await? else {
            return Ok(Removal::remains(UNBUILDABLE));
        };
        Ok(match second.status() {
            Some(404 | 410) => Removal::Undone,
            _ => Removal::Unknown(format!("{said}, and no address shows whether it is gone")),
        })
    }
}
