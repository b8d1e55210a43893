//! Accounts beyond those that a scan acts as: signed up like one of them, with a password of choice, and removed with
//! the rest.

use std::sync::Arc;

use serde_json::Value;

use super::accounts::{Account, AccountMaker, build_account_note, credential_from_answer};
use super::bodies::Body;
use super::credentials::{self, SignUpRequest, fill_secret, in_name_of, send_sign_up, sign_up_caller};
use super::kinds::Acting;
use super::signup::{Persona, sign_up_body};
use crate::model::{Api, LoginRecipe, Secret};
use crate::probe::{Answer, Ask, AskCaller, Probe, SendError, WriteKind, WriteNote};

/// Makes further accounts in the way of one that was made before.
#[derive(Debug, Clone, Copy)]
pub struct Extra<'a> {
    /// The API.
    pub api: &'a Api,
    /// The way to it.
    pub probe: &'a Probe,
    /// Its operations that change state.
    pub acting: &'a [Acting],
    /// The account that was made before.
    pub like: &'a Account,
    /// How that one signs in.
    pub recipe: &'a LoginRecipe,
}

/// What came of a sign-up.
#[derive(Debug)]
pub enum SignedUp {
    /// An answer of success; whether there is an account, the sign-in tells.
    Accepted(Box<Account>),
    /// No account was made.
    Refused(Arc<Answer>),
}

impl Extra<'_> {
    /// Signs up under a name and with a password of choice.
    ///
    /// # Errors
    /// As [`Probe::send_write`].
    pub async fn sign_up(&self, name: &str, who: &Persona, password: &Secret) -> Result<SignedUp, SendError> {
        let acting = self.operation(self.like.sign_up)?;
        let body = self.body(acting, who);
        let sender = sign_up_caller(self.like.made_by.as_ref());
        let ask = self.ask(acting, sender, &body.media_type, &fill_secret(&body.value, password))?;
        let maker = AccountMaker { api: self.api, acting: self.acting, password: &|_| Secret::new("") };

        // A later process can only remove the account with its password, which all lists of guesses have.
        let way_in = fill_secret(&in_name_of(&self.recipe.body, &self.like.persona, who), password);
        let request = SignUpRequest {
            acting,
            name,
            who,
            ask: &ask,
            undo: maker.removal_of_itself(self.probe).map(|(undo, _)| undo),
            ways_in: vec![build_account_note(name, &LoginRecipe { body: way_in, ..self.recipe.clone() })],
            nature: Some("an account with one of the most common passwords".to_owned()),
        };

        let written = match send_sign_up(self.probe, request).await? {
            Ok(written) => written,
            Err(refused) => return Ok(SignedUp::Refused(refused)),
        };
        Ok(SignedUp::Accepted(Box::new(Account {
            name: name.to_owned(),
            persona: who.clone(),
            made_by: self.like.made_by.clone(),
            sign_up: self.like.sign_up,
            body,
            sign_in: self.like.sign_in,
            answer: written.answer,
            entry: written.n,
        })))
    }

    /// Signs in as somebody; no session of the scan changes.
    ///
    /// # Errors
    /// As [`Probe::send_write`].
    pub async fn sign_in(&self, who: &Persona, password: &Secret) -> Result<Arc<Answer>, SendError> {
        // No operation has the greatest index, so a missing sign-in is refused as unbuildable.
        let acting = self.operation(self.like.sign_in.unwrap_or(usize::MAX))?;
        let value = fill_secret(&in_name_of(&self.recipe.body, &self.like.persona, who), password);
        let ask = self.ask(acting, AskCaller::Anonymous, &self.recipe.content_type, &value)?;
        let note = WriteNote::bare(acting.operation.id.as_str(), &AskCaller::Anonymous.label(), WriteKind::Tries);

        Ok(self.probe.send_write(&ask, note).await?.answer)
    }

    /// Opens a session with the answer of a sign-in and learns how the account is removed at the end. Tells whether a
    /// route that refuses strangers serves the session.
    ///
    /// # Errors
    /// As [`Probe::send`].
    pub async fn open(&self, account: &Account, signed_in: &Answer) -> Result<bool, SendError> {
        let credential = signed_in
            .response()
            .and_then(|response| credential_from_answer(response, &self.recipe.token, &self.recipe.send));
        let Some(credential) = credential else { return Ok(false) };
        let identity = credentials::throwaway_identity(&account.name, credential);

        if self.probe.sign_in(&identity).await.is_err() {
            return Ok(false);
        }
        let maker = AccountMaker { api: self.api, acting: self.acting, password: &|_| Secret::new("") };
        let served = maker.is_served(self.probe, &account.name).await?;
        // The way back is learnt also where the session is not served: the account is there in any case.
        maker.learn_undo(self.probe, account).await?;

        Ok(served)
    }

    /// The body that was accepted before, in another name: unique values are new, mended ones stay mended.
    fn body(&self, acting: &Acting, who: &Persona) -> Body {
        let before = sign_up_body(self.api, acting, &self.like.persona);
        let mut made = sign_up_body(self.api, acting, who);
        let Some(members) = made.value.as_object_mut() else { return made };
        let accepted = self.like.body.value.as_object();
        // What a refusal made the first sign-up drop is dropped here too.
        members.retain(|name, _| accepted.is_none_or(|accepted| accepted.contains_key(name)));

        for (name, value) in accepted.into_iter().flatten() {
            // Only what a repair changed is copied: the rest is built for the new persona already.
            if before.value.get(name) != Some(value) {
                members.insert(name.clone(), in_name_of(value, &self.like.persona, who));
            }
        }
        made
    }

    fn operation(&self, index: usize) -> Result<&Acting, SendError> {
        self.acting.get(index).ok_or_else(|| SendError::Unbuildable("no such operation".to_owned()))
    }

    fn ask(&self, acting: &Acting, caller: AskCaller, media_type: &str, body: &Value) -> Result<Ask, SendError> {
        let ask = credentials::build_request(self.probe, acting, caller, media_type, body)?;
        // A limit is an answer here, and nothing to wait for.
        Ok(Ask { once: true, ..ask })
    }
}
