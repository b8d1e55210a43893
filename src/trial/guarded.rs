//! Functions that are guarded for a higher role: what they answer an account before and after it may have been raised.

use std::sync::Arc;

use super::answers::read_answer;
use super::lab::Lab;
use crate::model::Operation;
use crate::probe::{Answer, AskCaller, SendError};
use crate::survey::{AnswerKind, Surveyed, first_mark, is_soft_error};

/// Most guarded functions that one account is tried on.
const MAX_GUARDED: usize = 2;

/// A guarded function before and after.
#[derive(Debug)]
pub(crate) struct GuardedAnswers {
    /// The function.
    pub(crate) operation: String,
    /// Its refusal of an account of the lower role.
    pub(crate) before: Option<Arc<Answer>>,
    /// Its answer now.
    pub(crate) after: Arc<Answer>,
}

impl GuardedAnswers {
    /// Whether it serves the caller now.
    pub(crate) fn serves(&self) -> bool {
        is_served(&self.after)
    }
}

/// Whether an answer of a guarded function serves: data came back.
pub(crate) fn is_served(answer: &Answer) -> bool {
    read_answer(answer) == AnswerKind::Data && answer.response().is_some_and(|response| !is_soft_error(response))
}

impl<'a> Lab<'a> {
    /// Returns whether the document marks an operation as a higher role's.
    pub(crate) fn is_for_higher_role(&self, operation: &Operation) -> bool {
        first_mark(operation, &self.survey.people.higher_roles()).is_some()
    }

    /// Returns the functions that are marked as a higher role's, refuse an account, and refuse strangers.
    pub(crate) fn guarded_from(&self, name: &str) -> Vec<&'a Surveyed> {
        let roles = self.survey.people.higher_roles();
        // With an id in the path the refusal may be of the object and not of the function.
        let found = self.survey.operations.iter().filter(|surveyed| {
            surveyed.slots.is_empty()
                && first_mark(&surveyed.operation, &roles).is_some()
                && matches!(surveyed.anonymous_reading(), Some(AnswerKind::Refused(_)))
                && surveyed.by.get(name).is_some_and(|own| matches!(own.first.status(), Some(401 | 403)))
        });

        found.collect()
    }

    /// Returns what functions that refused an account answer a caller now: the first that serves it, or else the last that
    /// was asked.
    pub(crate) async fn ask_guarded_from(
        &self,
        account: &str,
        caller: &str,
    ) -> Result<Option<GuardedAnswers>, SendError> {
        let mut last = None;
        for surveyed in self.guarded_from(account).into_iter().take(MAX_GUARDED) {
            let Some(after) = self.ask_guarded(surveyed, caller).await? else { continue };
            let before = surveyed.by.get(account).map(|own| Arc::clone(&own.first));
            let asked = GuardedAnswers { operation: surveyed.operation.id.0.clone(), before, after };

            if asked.serves() {
                return Ok(Some(asked));
            }
            last = Some(asked);
        }

        Ok(last)
    }

    /// Returns what a guarded function answers a caller now.
    pub(crate) async fn ask_guarded(
        &self,
        surveyed: &Surveyed,
        caller: &str,
    ) -> Result<Option<Arc<Answer>>, SendError> {
        // Any caller's request will do, since only the sender is exchanged.
        let Some(baseline) = surveyed.by.values().next() else { return Ok(None) };
        self.maker.probe.look_again(&baseline.ask_as(AskCaller::named(caller))).await.map(Some)
    }
}
