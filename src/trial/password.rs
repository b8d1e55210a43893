//! A password that was changed: the sign-in shows it.

use serde_json::{Map, Value, json};

use super::answers::status_of;
use super::funnel::Trial;
use super::shot::Aim;
use super::subject::Subject;
use crate::act::{Spare, is_judged, new_marker};
use crate::model::{Credential, Identity, Secret, Silence, ensure};
use crate::probe::{AskCaller, SendError};
use crate::survey::is_soft_error;

impl Trial<'_> {
    /// Returns a password that a spare account has not had.
    pub(super) fn new_password(&self, subject: &Subject<'_>) -> Option<Secret> {
        let Subject::Spare(spare) = subject else { return None };
        let suffix: String = new_marker().chars().rev().take(3).collect();
        // The rules that took the old password take the new one too, as it begins with the old.
        let secret = Secret::new(format!("{}x{suffix}", spare.password.expose()));
        self.lab.maker.probe.redactor().learn(&format!("password of {}", spare.name), &secret);

        Some(secret)
    }

    /// Whether a spare account signs in with a password, and no longer with its own.
    pub(super) async fn signs_in_with(&self, subject: &Subject<'_>, password: &Secret) -> Result<bool, Silence> {
        let Subject::Spare(spare) = subject else { return Ok(false) };
        // The new one must be taken: a refusal of the old alone may only show a locked account.
        Ok(self.accepts(spare, password).await? && !self.accepts(spare, &spare.password).await?)
    }

    /// Puts the own password of a spare account back, so that it can be removed; `present` is what it had.
    pub(super) async fn restore_password(&self, present: &Map<String, Value>) -> Result<(), SendError> {
        let (Aim::Password(field), Subject::Spare(spare)) = (&self.aim, &self.subject) else { return Ok(()) };
        let own = Map::from_iter([(field.clone(), json!(spare.password.expose()))]);

        if let Some((values, body)) = self.lab.account_request(self.acting, spare, present, &own) {
            self.lab.write(self.acting, AskCaller::named(&spare.name), &values, Some(&body)).await?;
        }
        Ok(())
    }

    /// Returns whether a sign-in takes a password.
    ///
    /// # Errors
    /// `Undecided` where it does not judge it: a limit, a lock and a failure refuse no password.
    async fn accepts(&self, spare: &Spare, password: &Secret) -> Result<bool, Silence> {
        let Credential::Login(recipe) = &spare.identity.credential else { return Ok(false) };
        let mut recipe = recipe.clone();
        recipe.secrets.insert("password".to_owned(), password.clone());
        let identity = Identity { credential: Credential::Login(recipe), ..spare.identity.clone() };
        let probe = self.lab.maker.probe;
        let answer = probe.try_sign_in(&identity).await?;
        ensure(answer.response().is_some_and(is_judged), || {
            let status = status_of(&answer);
            Silence::undecided(format!("the sign-in that is to show the password did not judge it (status {status})"))
        })?;
        let accepted = answer.response().is_some_and(|response| response.status < 400 && !is_soft_error(response));

        // A success without a token opens no session.
        Ok(accepted && probe.further_token(&identity, &answer).is_some())
    }
}
