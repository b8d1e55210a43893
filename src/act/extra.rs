//! Accounts beyond those that a scan acts as: signed up like one of them, with a password of choice, and removed with
//! the rest.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::accounts::{Account, AccountMaker, filled, fixed, note};
use super::bodies::Body;
use super::kinds::Acting;
use super::signup::{Persona, sign_up_body};
use crate::model::{Api, Identity, LoginRecipe, Secret};
use crate::probe::{
    Answer, Ask, Caller, Probe, SendError, Values, WriteKind, WriteNote, operation_url, serialize_body,
};
use crate::survey::is_soft_error;

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
        let sent = Body { value: filled(&body.value, password), ..body.clone() };
        let note = WriteNote {
            operation: acting.operation.id.0.clone(),
            caller: name.to_owned(),
            kind: WriteKind::SignsUp,
            marker: who.username.clone(),
            undo: None,
        };
        let written = self.probe.sign_up(name, &self.ask(acting, &sent)?, note).await?;
        let accepted = written
            .answer
            .response()
            .is_some_and(|response| response.is_success() && !is_soft_error(response) || response.status == 302);
        if !accepted {
            if let (Some(journal), Some(_)) = (self.probe.journal(), written.answer.response()) {
                journal.nothing(written.n);
            }
            return Ok(SignedUp::Refused(written.answer));
        }
        Ok(SignedUp::Accepted(Box::new(Account {
            name: name.to_owned(),
            persona: who.clone(),
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
        let acting = self.operation(self.like.sign_in.unwrap_or(usize::MAX))?;
        let value = fill(&in_name_of(&self.recipe.body, &self.like.persona, who), password);
        let body = Body { media_type: self.recipe.content_type.clone(), value, marked: Vec::new() };
        let note = WriteNote {
            operation: acting.operation.id.0.clone(),
            caller: Caller::Anonymous.label(),
            kind: WriteKind::Tries,
            marker: String::new(),
            undo: None,
        };
        let ask = self.ask(acting, &body)?;
        Ok(self.probe.send_write(&ask, note).await?.answer)
    }

    /// Opens a session with the answer of a sign-in and learns how the account is removed at the end. Tells whether a
    /// route that refuses strangers serves the session.
    ///
    /// # Errors
    /// As [`Probe::send`].
    pub async fn open(&self, account: &Account, password: &Secret, signed_in: &Answer) -> Result<bool, SendError> {
        let credential =
            signed_in.response().and_then(|response| fixed(response, &self.recipe.token, &self.recipe.send));
        let Some(credential) = credential else { return Ok(false) };
        let identity = Identity {
            name: account.name.clone(),
            role: "user".to_owned(),
            rank: 10,
            credential,
            owns: BTreeMap::new(),
        };
        if self.probe.sign_in(&identity).await.is_err() {
            return Ok(false);
        }
        if let Some(journal) = self.probe.journal() {
            // A later process can only remove the account with its password, which everybody's list of guesses has.
            let body = fill(&in_name_of(&self.recipe.body, &self.like.persona, &account.persona), password);
            journal.account(note(&account.name, &LoginRecipe { body, ..self.recipe.clone() }));
        }
        let maker = AccountMaker { api: self.api, acting: self.acting, password: &|_| Secret::new("") };
        let served = maker.is_served(self.probe, &account.name).await?;
        maker.learn_undo(self.probe, account).await?;
        Ok(served)
    }

    /// The body that was accepted before, in another name: unique values are new, mended ones stay mended.
    fn body(&self, acting: &Acting, who: &Persona) -> Body {
        let before = sign_up_body(self.api, acting, &self.like.persona);
        let mut made = sign_up_body(self.api, acting, who);
        let Some(members) = made.value.as_object_mut() else { return made };
        let accepted = self.like.body.value.as_object();
        members.retain(|name, _| accepted.is_none_or(|accepted| accepted.contains_key(name)));
        for (name, value) in accepted.into_iter().flatten() {
            if before.value.get(name) != Some(value) {
                members.insert(name.clone(), in_name_of(value, &self.like.persona, who));
            }
        }
        made
    }

    fn operation(&self, index: usize) -> Result<&Acting, SendError> {
        self.acting.get(index).ok_or_else(|| SendError::Unbuildable("no such operation".to_owned()))
    }

    fn ask(&self, acting: &Acting, body: &Body) -> Result<Ask, SendError> {
        let url =
            operation_url(self.probe.base_url(), &acting.operation, &Values::new()).map_err(SendError::Unbuildable)?;
        Ok(Ask {
            method: acting.operation.method,
            headers: vec![("Accept".to_owned(), "application/json".to_owned())],
            body: Some(serialize_body(&body.media_type, &body.value)),
            // A limit is an answer here, and nothing to wait for.
            once: true,
            ..Ask::get(Caller::Anonymous, url)
        })
    }
}

/// A value with one persona's names replaced by another's.
pub fn in_name_of(value: &Value, from: &Persona, to: &Persona) -> Value {
    match value {
        Value::String(text) => json!(text.replace(&from.email, &to.email).replace(&from.username, &to.username)),
        Value::Array(items) => items.iter().map(|item| in_name_of(item, from, to)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, inner)| (name.clone(), in_name_of(inner, from, to))).collect()
        }
        other => other.clone(),
    }
}

/// A sign-in's body with one text wherever a secret belongs.
pub fn fill(body: &Value, secret: &Secret) -> Value {
    match body {
        Value::String(text) if text.starts_with("{secret:") => json!(secret.expose()),
        Value::Array(items) => items.iter().map(|item| fill(item, secret)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, inner)| (name.clone(), fill(inner, secret))).collect(),
        other => other.clone(),
    }
}
