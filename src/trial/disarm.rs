//! Spare accounts that were signed up with more than others have, where no account was seen to be removed: their rights are
//! set back to an ordinary account's, and the report calls them what they are.

use serde_json::{Map, Value};

use super::lab::Lab;
use super::mirror::Mirrored;
use crate::act::{Acting, Spare};
use crate::model::clean_name;
use crate::probe::SendError;

/// Most operations that are tried on one account.
const MAX_TRIES: usize = 3;

impl Lab<'_> {
    /// Sets back what spare accounts were signed up with, where they may stay.
    ///
    /// # Errors
    /// A fault that stops the scan.
    pub async fn disarm_spares(&self) -> Result<(), SendError> {
        let (Some(journal), Some(model)) = (self.maker.probe.journal(), self.model()) else { return Ok(()) };
        let lasting = self.spares.lasting();

        if lasting.is_empty() {
            return Ok(());
        }
        let Some(ordinary) = self.mirror(&self.who(model)).await? else { return Ok(()) };

        for (spare, further) in lasting {
            let Some(view) = self.mirror(&self.who_spare(&spare)).await? else { continue };
            let names = further.keys().map(|name| format!("`{}`", clean_name(name, 40))).collect::<Vec<_>>().join(", ");
            // A field that an ordinary account shows as well gave this one no more than others have.
            let got = further.iter().any(|(name, value)| view.shows(name, value) && !ordinary.shows(name, value));

            if !got {
                journal.nature(
                    spare.entry,
                    &format!("an account that asked for {names} when it signed up, and did not get it"),
                );
            } else if self.set_back(&spare, &view, &ordinary, &further).await? {
                journal.nature(spare.entry, &format!("an account that was signed up with {names}, which was set back"));
            }
        }

        Ok(())
    }

    /// Sets fields of a spare account to what an ordinary one shows; true where the account shows it then.
    async fn set_back(
        &self,
        spare: &Spare,
        view: &Mirrored,
        ordinary: &Mirrored,
        further: &Map<String, Value>,
    ) -> Result<bool, SendError> {
        let old = |name: &String| ordinary.value(name).map(|(value, _)| (name.clone(), value.clone()));
        let old: Map<String, Value> = further.keys().filter_map(old).collect();
        let changes = |acting: &&Acting| acting.left_alone.is_none() && self.changes_account(acting);

        for acting in self.maker.acting.iter().filter(changes).take(MAX_TRIES) {
            if self.change_account(acting, &spare.name, spare, view, &old).await?.is_err() {
                continue;
            }
            // A success may have changed nothing: the account's own view decides.
            let now = self.mirror(&self.who_spare(spare)).await?;

            if now.is_some_and(|now| old.iter().all(|(name, value)| now.shows(name, value))) {
                return Ok(true);
            }
        }

        Ok(false)
    }
}
