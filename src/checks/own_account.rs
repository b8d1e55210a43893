//! Functions that are guarded for a higher role: what checks of roles look at before and after.

use std::sync::Arc;

use super::acting::ActCx;
use super::authz::marks::{marked, roles_of};
use super::context::CheckCx;
use crate::act::Acting;
use crate::model::Silence;
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

    /// Returns what guarded functions answer a caller now: the first that serves it, or else the last that was asked.
    pub(super) async fn ask_all_guarded(&self, account: &str, caller: &str) -> Result<Option<Served>, SendError> {
        let mut last = None;
        for surveyed in self.guarded(account).into_iter().take(2) {
            let Some(after) = self.ask_guarded(surveyed, caller).await? else { continue };
            let before = surveyed.by.get(account).map(|own| Arc::clone(&own.first));
            let asked = Served { operation: surveyed.operation.id.0.clone(), before, after };
            if asked.serves() {
                return Ok(Some(asked));
            }
            last = Some(asked);
        }
        Ok(last)
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

/// A guarded function before and after.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) operation: String,
    /// Its refusal of an account of the lower role.
    pub(super) before: Option<Arc<Answer>>,
    pub(super) after: Arc<Answer>,
}

impl Served {
    /// Whether it serves the caller now.
    pub(super) fn serves(&self) -> bool {
        is_served(&self.after)
    }
}

/// Whether an answer of a guarded function serves: data came back.
pub(super) fn is_served(answer: &Answer) -> bool {
    read_answer(answer) == Reading::Data && answer.response().is_some_and(|response| !is_soft_error(response))
}

/// Returns why nothing can be tried on accounts.
pub(super) fn no_account(cx: &ActCx<'_>, acting: &Acting) -> Silence {
    let silence = Silence::not_tried("needs a throw-away account");
    if !cx.accounts.made.is_empty() {
        return silence;
    }
    let id = &acting.operation.id;
    silence.with_help(format!("scan with --auto-accounts, so that {id} may be tried on an account of the scan's own"))
}
