//! Functions that are guarded for a higher role: what checks of roles look at before and after.

use std::sync::Arc;

use super::acting::ActCx;
use super::authz::marks::{marked, roles_of};
use super::context::CheckCx;
use super::proof::skipped;
use crate::model::Verdict;
use crate::probe::{Answer, Caller, SendError};
use crate::survey::{Reading, Surveyed, is_soft_error};
use crate::trial::read_answer;

pub(super) use crate::trial::Mirrored;

impl<'a> ActCx<'a> {
    /// Functions that are marked as a higher role's, refuse an account, and refuse strangers.
    pub(super) fn guarded(&self, name: &str) -> Vec<&'a Surveyed> {
        let roles = roles_of(self.check);
        let found = self.check.survey.operations.iter().filter(|surveyed| {
            surveyed.slots.is_empty()
                && marked(&surveyed.operation, &roles).is_some()
                && matches!(surveyed.anonymous_reading(), Some(Reading::Refused(_)))
                && surveyed.by.get(name).is_some_and(|own| matches!(own.first.status(), Some(401 | 403)))
        });
        found.collect()
    }

    /// What a guarded function answers a caller now.
    pub(super) async fn ask_guarded(
        &self,
        surveyed: &Surveyed,
        caller: &str,
    ) -> Result<Option<Arc<Answer>>, SendError> {
        let Some(baseline) = surveyed.by.values().next() else { return Ok(None) };
        self.maker.probe.look_again(&CheckCx::as_caller(baseline, Caller::named(caller))).await.map(Some)
    }
}

/// Whether an answer of a guarded function serves: data came back.
pub(super) fn is_served(answer: &Answer) -> bool {
    read_answer(answer) == Reading::Data && answer.response().is_some_and(|response| !is_soft_error(response))
}

/// Why nothing can be tried on accounts.
pub(super) fn no_account() -> Verdict {
    skipped(
        "needs a throw-away account",
        Some("scan with --auto-accounts, so that accounts of the scan's own may be changed"),
    )
}
