//! Sign-ins that are tried on a throw-away account, and on names that no account has.

use std::sync::Arc;

use super::answers::status_of;
use super::lab::Lab;
use crate::act::{Account, Acting, Extra, Persona, new_marker, password_of};
use crate::model::{Credential, Identity, LoginRecipe, Secret, Silence, ensure};
use crate::probe::{Answer, SendError};
use crate::survey::is_soft_error;

/// A throw-away account that signs in through an operation.
#[derive(Debug)]
pub(crate) struct SignInTrial<'a> {
    lab: &'a Lab<'a>,
    identity: &'a Identity,
    /// Its sign-up and sign-in.
    pub(crate) extra: Extra<'a>,
}

impl<'a> SignInTrial<'a> {
    /// The last account for which this holds: most checks act as the first.
    pub(crate) fn find(lab: &'a Lab<'a>, fits: impl Fn(&Account) -> bool) -> Option<Self> {
        lab.accounts.made.iter().rev().filter(|account| fits(account)).find_map(|account| {
            let identity = lab.maker.probe.identities().iter().find(|identity| identity.name == account.name)?;
            let Credential::Login(recipe) = &identity.credential else { return None };
            let extra =
                Extra { api: lab.maker.api, probe: lab.maker.probe, acting: lab.maker.acting, like: account, recipe };
            account.sign_in.is_some().then_some(Self { lab, identity, extra })
        })
    }

    /// Finds the account that signs in through this operation.
    ///
    /// # Errors
    /// `NotTried` where there is none.
    pub(crate) fn of_sign_in(lab: &'a Lab<'a>, acting: &Acting) -> Result<Self, Silence> {
        Self::find(lab, |account| account.sign_in.is_some_and(|index| lab.is_at(index, acting))).ok_or_else(|| {
            lab.lacks_account("needs a throw-away account that signs in here: wrong passwords are not tried on yours")
        })
    }

    /// The identity's name.
    pub(crate) fn name(&self) -> &str {
        &self.identity.name
    }

    /// Who it is to the API.
    pub(crate) fn persona(&self) -> &Persona {
        &self.extra.like.persona
    }

    /// Signs in with the right password; the session of the scan stays as it is.
    pub(crate) async fn right(&self) -> Result<Arc<Answer>, SendError> {
        let LoginRecipe { secrets, .. } = self.extra.recipe;
        let password = secrets.get("password").cloned().unwrap_or_else(|| Secret::new(""));
        self.extra.sign_in(self.persona(), &password).await
    }

    /// The same as a condition: the right password signs the account in.
    pub(crate) async fn right_is_taken(&self) -> Result<Arc<Answer>, Silence> {
        let right = self.right().await?;
        ensure(self.lets_in(&right), || {
            let name = self.name();
            Silence::undecided(format!(
                "the right password of {name} does not sign it in (status {})",
                status_of(&right)
            ))
        })?;

        Ok(right)
    }

    /// Signs in under a name with a password.
    pub(crate) async fn with(&self, who: &Persona, password: &Secret) -> Result<Arc<Answer>, SendError> {
        self.extra.sign_in(who, password).await
    }

    /// Whether an answer lets a caller in: it is a success and carries a token where the right one does.
    pub(crate) fn lets_in(&self, answer: &Answer) -> bool {
        let accepted = answer.response().is_some_and(|response| response.status < 400 && !is_soft_error(response));
        accepted && self.lab.maker.probe.further_token(self.identity, answer).is_some()
    }
}

/// A password of the form that the throw-away accounts' have, and that none has.
pub(crate) fn wrong_password() -> Secret {
    password_of(&rand::random::<[u8; 32]>())
}

/// Returns a person whom the API does not know.
pub(crate) fn unknown_person() -> Persona {
    Persona::new(&new_marker())
}

impl Lab<'_> {
    /// Whether an operation stands at this place among those that change state.
    pub(super) fn is_at(&self, index: usize, acting: &Acting) -> bool {
        self.maker.acting.get(index).is_some_and(|known| known.operation.id == acting.operation.id)
    }
}
