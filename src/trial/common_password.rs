//! A sign-up with one of the most common passwords, and whether it was stored: the account signs in with it, and with no
//! other.

use std::sync::Arc;

use super::answers::{status_of, why_inconclusive};
use super::lab::Lab;
use super::sign_in::{SignInTrial, unknown_person, wrong_password};
use crate::act::{Account, Acting, Persona, SignedUp, is_password, resolve_schema};
use crate::model::{Api, Secret, Silence, ensure};
use crate::probe::{Answer, SendError};
use crate::spec::fits_text;

/// The first of every list of guesses, short ones first.
const COMMON: &[&str] = &["123456", "password", "12345678", "password1", "Password1"];
/// Less than any rule allows.
const SINGLE: &str = "1";

/// A common password that a new account is to have.
#[derive(Debug)]
pub(crate) struct CommonPassword<'a> {
    trial: SignInTrial<'a>,
    who: Persona,
    /// The password, for sentences.
    pub(crate) password: &'static str,
    secret: Secret,
    /// No account was seen to be removed here: what is made is disarmed.
    lasts: bool,
}

impl<'a> CommonPassword<'a> {
    /// Returns the shortest common password that the document of a sign-up allows.
    ///
    /// # Errors
    /// Where no account of the scan was signed up here, or the document asks for more.
    pub(crate) async fn for_sign_up(lab: &'a Lab<'a>, acting: &Acting) -> Result<Self, Silence> {
        let trial = SignInTrial::find(lab, |account| lab.is_at(account.sign_up, acting)).ok_or_else(|| {
            lab.lacks_account("needs a throw-away account that was signed up here and signs in by a request")
        })?;
        if let Some(admin) = &trial.extra.like.made_by {
            return Err(Silence::not_applicable(format!("only a higher role such as {admin}'s makes accounts here")));
        }
        let password = allowed_password(lab.maker.api, acting)
            .ok_or_else(|| Silence::not_applicable("the document asks for more than the most common passwords have"))?;
        // Such an account is made where one was seen to be removed again, or else where its password can be changed.
        let lasts = !lab.spares.can_remove(trial.extra.like).await?;
        ensure(!lasts || trial.extra.can_disarm(), || {
            Silence::not_tried("an account with a common password could be neither removed nor given another password")
                .with_help("describe the operation by which an account is removed, or by which it changes its password")
        })?;
        Ok(Self { trial, who: unknown_person(), password, secret: Secret::new(password), lasts })
    }

    /// Returns the answer to a sign-up with a password of the scan's own.
    pub(crate) fn rightful(&self) -> &Arc<Answer> {
        &self.trial.extra.like.answer
    }

    /// Signs an account up with it.
    ///
    /// # Errors
    /// `Held` where the password is refused. A second sign-up may be refused for reasons of its own, such as a telephone
    /// number that is taken.
    pub(crate) async fn sign_up(&self) -> Result<Box<Account>, Silence> {
        let answer = match self.trial.extra.sign_up("auto-weak", &self.who, &self.secret).await? {
            SignedUp::Accepted(account) => return Ok(account),
            SignedUp::Refused(answer) => answer,
        };
        let status = status_of(&answer);

        // Only a refusal that speaks of the password shows a rule about it.
        if speaks_of_password(&answer) {
            return Err(self.held(&answer, format!("the sign-up refuses a common password (status {status})")));
        }
        Err(Silence::undecided(why_inconclusive(&answer).unwrap_or_else(|| {
            format!("the sign-up refuses (status {status}), and does not say that the password is why")
        })))
    }

    /// Signs the account in with it.
    ///
    /// # Errors
    /// `Held` where the sign-in refuses.
    pub(crate) async fn sign_in(&self, account: &Account) -> Result<Arc<Answer>, Silence> {
        let first = self.trial.extra.sign_in(&self.who, &self.secret).await?;
        if let Some(because) = why_inconclusive(&first) {
            return Err(Silence::undecided(format!("signed up, and at the sign-in {because}")));
        }
        ensure(self.trial.lets_in(&first), || {
            let (up, sign_in) = (status_of(&account.answer), status_of(&first));
            let because =
                format!("the sign-up answered status {up}, and the sign-in refuses the password (status {sign_in})");
            self.held(&first, because)
        })?;

        Ok(first)
    }

    fn held(&self, attack: &Answer, because: String) -> Silence {
        Silence::held(&attack.exchange, &self.rightful().exchange, because)
    }

    /// Whether a route that refuses strangers serves the session of a sign-in.
    pub(crate) async fn opens(&self, account: &Account, sign_in: &Answer) -> Result<bool, SendError> {
        self.trial.extra.open(account, sign_in).await
    }

    /// Gives the account a random password, where it may stay.
    pub(crate) async fn disarm(&self, account: &Account) -> Result<(), SendError> {
        if self.lasts {
            self.trial.extra.disarm(account, &self.secret).await?;
        }
        Ok(())
    }

    /// Signs in with another password.
    ///
    /// # Errors
    /// `Undecided` where that is taken too, or was not judged.
    pub(crate) async fn other_is_refused(&self) -> Result<Arc<Answer>, Silence> {
        let wrong = self.trial.extra.sign_in(&self.who, &wrong_password()).await?;
        // Where any password signs in, a common one is no finding of its own.
        ensure(!self.trial.lets_in(&wrong), || Silence::undecided("any password signs the account in"))?;

        match why_inconclusive(&wrong) {
            Some(because) => Err(Silence::undecided(format!("another password was not judged: {because}"))),
            None => Ok(wrong),
        }
    }

    /// Signs in with it once more, and returns whether it is let in.
    pub(crate) async fn sign_in_again(&self) -> Result<(Arc<Answer>, bool), SendError> {
        let again = self.trial.extra.sign_in(&self.who, &self.secret).await?;
        let is_let_in = self.trial.lets_in(&again);
        Ok((again, is_let_in))
    }

    /// Whether even one character is taken: signed up and in.
    pub(crate) async fn single_is_taken(&self) -> Result<bool, SendError> {
        let extra = &self.trial.extra;
        let (who, secret): (Persona, Secret) = (unknown_person(), Secret::new(SINGLE));
        let SignedUp::Accepted(account) = extra.sign_up("auto-single", &who, &secret).await? else { return Ok(false) };
        let answer = extra.sign_in(&who, &secret).await?;
        let taken = self.trial.lets_in(&answer);

        // How the account is removed shows to its own session alone.
        if taken {
            extra.open(&account, &answer).await?;
        }
        if self.lasts {
            extra.disarm(&account, &secret).await?;
        }
        Ok(taken)
    }
}

/// The shortest common password that the document allows.
fn allowed_password(api: &Api, acting: &Acting) -> Option<&'static str> {
    let declared = acting.fields(api);
    let schema =
        declared.iter().find(|field| is_password(&field.name)).and_then(|field| resolve_schema(api, field.schema));
    COMMON.iter().copied().find(|password| schema.is_none_or(|schema| fits_text(schema, password)))
}

/// Whether an answer says that the password is why.
fn speaks_of_password(answer: &Answer) -> bool {
    const SIGNS: &[&str] = &["pass", "pwd", "weak", "common", "character", "length", "short"];
    let said = answer.response().map(|response| response.text.to_ascii_lowercase()).unwrap_or_default();
    SIGNS.iter().any(|sign| said.contains(sign))
}
