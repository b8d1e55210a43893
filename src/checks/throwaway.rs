//! Throw-away accounts as a precondition: what checks that need one say where there is none.

use super::acting::ActCx;
use crate::act::Account;
use crate::model::Silence;

impl<'a> ActCx<'a> {
    /// Returns the throw-away account that spare ones are made like.
    ///
    /// # Errors
    /// `NotTried` where there is none.
    pub(super) fn need_model(&self) -> Result<&'a Account, Silence> {
        self.model().ok_or_else(|| self.lacks_account("needs a throw-away account"))
    }

    /// Returns that no throw-away account was at hand, with the step that is left: to let the scan make some, or what
    /// stood in the way where it was to.
    pub(super) fn lacks_account(&self, because: &str) -> Silence {
        let silence = Silence::not_tried(because);
        match self.accounts.faults.first() {
            Some(fault) => silence.with_help(fault.clone()),
            None if self.accounts.made.is_empty() => silence
                .with_help("scan with --auto-accounts, so that accounts of the scan's own may be tried and changed"),
            None => silence,
        }
    }
}
