//! Functions that are guarded for a higher role, by the marks of the document: what checks of roles look at.

use super::acting::ActCx;
use super::context::CheckCx;
use crate::act::Acting;
use crate::model::Silence;
use crate::probe::SendError;
use crate::survey::{Surveyed, marked};
use crate::trial::HigherRoles;

pub(super) use crate::trial::{Mirrored, Served, is_served};

/// Returns what the document and the callers say of higher roles.
pub(super) fn higher_roles(cx: &CheckCx<'_>) -> HigherRoles {
    let names = cx.survey.people.higher_roles();
    let is_marked = |operation: &&crate::model::Operation| marked(operation, &names).is_some();
    let operations = cx.survey.api.operations.iter().filter(is_marked).map(|operation| operation.id.clone()).collect();
    HigherRoles { names, operations }
}

impl<'a> ActCx<'a> {
    /// Functions that are marked as a higher role's, refuse an account, and refuse strangers.
    pub(super) fn guarded(&self, name: &str) -> Vec<&'a Surveyed> {
        self.guarded_from(name, &higher_roles(self.check))
    }

    /// Returns what guarded functions answer a caller now: the first that serves it, or else the last that was asked.
    pub(super) async fn ask_all_guarded(&self, account: &str, caller: &str) -> Result<Option<Served>, SendError> {
        self.ask_guarded_from(account, caller, &higher_roles(self.check)).await
    }
}

/// Returns why nothing can be tried on accounts.
pub(super) fn no_account(cx: &ActCx<'_>, acting: &Acting) -> Silence {
    cx.no_account(acting)
}
