//! The attacker's own session after an attack. A request that changed its sender's own account must not decide what comes
//! after it: a refusal of a signed-out caller says nothing of access.

use std::sync::{Arc, PoisonError};

use serde_json::Map;

use super::answers::{status_of, why_inconclusive};
use super::lab::Lab;
use crate::act::Spare;
use crate::model::{ANONYMOUS, Silence};
use crate::probe::{Answer, Ask, AskCaller, SendError};
use crate::survey::{is_me_word, is_soft_error};

impl Lab<'_> {
    /// Returns the caller of a name: itself, or the spare account that acts in its place.
    pub(crate) fn caller(&self, name: &str) -> AskCaller {
        let stand_ins = self.stand_ins.lock().unwrap_or_else(PoisonError::into_inner);
        AskCaller::named(stand_ins.get(name).and_then(Option::as_deref).unwrap_or(name))
    }

    /// Whether a trial has spoilt the account of a caller: what it owned is out of reach.
    pub(super) fn is_spoilt(&self, name: &str) -> bool {
        self.stand_ins.lock().unwrap_or_else(PoisonError::into_inner).contains_key(name)
    }

    /// Whether a caller, or an account in its place, can be an attacker.
    pub(super) fn can_act(&self, name: &str) -> bool {
        self.stand_ins.lock().unwrap_or_else(PoisonError::into_inner).get(name).is_none_or(Option::is_some)
    }

    /// Asks for what an attacker was served before. Where that is gone, a spare account takes its place from now on.
    ///
    /// # Errors
    /// `Undecided` where the attack changed its sender's own account.
    pub(super) async fn check_session(&self, name: &str) -> Result<(), Silence> {
        let Some((ask, operation)) = self.witness(name) else { return Ok(()) };
        let lost = match self.maker.probe.look_again(&ask).await {
            // A fault of the target is no sign that the session has ended.
            Ok(answer) if why_inconclusive(&answer).is_some() || is_served(&answer) => return Ok(()),
            Ok(answer) => format!("{operation} answers it status {}", status_of(&answer)),
            Err(SendError::SessionGone(_)) => "its session is gone".to_owned(),
            Err(error) => return Err(error.into()),
        };

        let replaced = self.replace(name).await?;
        let then = match replaced {
            true => "a new account takes its place",
            false => {
                "there is none to take its place: what it was needed for is not tried, and its password or session may have to be set anew by hand"
            }
        };

        let because = format!("the request changed {name}'s own account: afterwards {lost}; {then}");
        self.maker.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(because.clone());
        Err(Silence::undecided(because))
    }

    /// Returns a request that the caller was served and strangers are not; without ids, those about the caller first.
    fn witness(&self, name: &str) -> Option<(Ask, String)> {
        if name == ANONYMOUS {
            return None;
        }
        let is_me = |path: &str| path.rsplit('/').find(|part| !part.is_empty()).is_some_and(is_me_word);
        let known = self.survey.operations.iter().filter(|known| known.slots.is_empty() && known.serves_alone(name));
        let chosen = known.min_by_key(|known| !is_me(&known.operation.path))?;
        let baseline = chosen.valid_of(name)?;

        Some((baseline.ask_as(self.caller(name)), chosen.operation.id.0.clone()))
    }

    /// Signs up an account that acts in place of one that was spoilt; a configured user has none.
    async fn replace(&self, name: &str) -> Result<bool, SendError> {
        let spare: Option<Spare> = match self.account(name) {
            Some(model) => self.spares.make(model, &Map::new()).await?.ok(),
            None => None,
        };
        let found = spare.is_some();
        let mut stand_ins = self.stand_ins.lock().unwrap_or_else(PoisonError::into_inner);
        // A failed replacement is kept too: the caller is an attacker no longer.
        stand_ins.insert(name.to_owned(), spare.map(|spare| spare.name));

        Ok(found)
    }
}

fn is_served(answer: &Arc<Answer>) -> bool {
    answer.response().is_some_and(|response| response.is_success() && !is_soft_error(response))
}
