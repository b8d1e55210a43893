//! Sign-ins in a name that no account has, in the form of a configured one: never in that of a user.

use std::sync::Arc;

use serde_json::Value;

use super::answers::{refusal_sign, status_of};
use super::lab::Lab;
use super::send::WriteRequest;
use super::sign_in::{unknown_person, wrong_password};
use crate::act::{Acting, Body, Persona, fill_secret, is_email, is_user_name};
use crate::model::{Credential, Identity, LoginRecipe, Silence, ensure};
use crate::probe::{Answer, AskCaller, Values, WriteKind};

/// A name that no account has, and how a caller with it would sign in.
#[derive(Debug)]
pub(crate) struct UnknownName<'a> {
    lab: &'a Lab<'a>,
    acting: &'a Acting,
    /// The caller whose sign-in it is like.
    like: &'a Identity,
    who: Persona,
    body: Body,
}

impl<'a> UnknownName<'a> {
    /// Returns an unknown name for an operation; `None` where no caller signs in by it.
    pub(crate) fn find(lab: &'a Lab<'a>, acting: &'a Acting) -> Option<Self> {
        let mut logins = lab.maker.probe.identities().iter().filter_map(|identity| match &identity.credential {
            Credential::Login(recipe) if recipe.operation.trim() == acting.operation.id.0 => Some((identity, recipe)),
            _ => None,
        });
        let (like, recipe) = logins.next()?;
        let (who, body) = in_unknown_name(recipe)?;
        Some(Self { lab, acting, like, who, body })
    }

    /// Returns the person that it would be.
    pub(crate) fn persona(&self) -> &Persona {
        &self.who
    }

    /// Returns the answer to the sign-in that it is like.
    ///
    /// # Errors
    /// `NotTried` where that caller is not signed in.
    pub(crate) fn login(&self) -> Result<Arc<Answer>, Silence> {
        let session = self.lab.maker.probe.sessions().get(&self.like.name);
        let login = session.and_then(|session| session.login);
        login.ok_or_else(|| Silence::not_tried(format!("{} is not signed in", self.like.name)))
    }

    /// Signs in with a wrong password.
    ///
    /// # Errors
    /// `Undecided` where it is let in, or no password may have been looked at.
    pub(crate) async fn guess(&self) -> Result<Arc<Answer>, Silence> {
        let url = self.lab.url(self.acting, &Values::new())?;
        let guess = Body { value: fill_secret(&self.body.value, &wrong_password()), ..self.body.clone() };
        let plain = WriteRequest::plain(self.acting, AskCaller::Anonymous, url);
        let request = WriteRequest { body: Some(&guess), kind: WriteKind::Tries, once: true, ..plain };
        let answer = self.lab.send(request).await?.answer;
        let taken = answer.response().is_some_and(|response| response.is_success());
        ensure(!taken || refusal_sign(&answer).is_some(), || {
            Silence::undecided("a name that no account has is not refused")
        })?;
        ensure(is_judged(&answer), || {
            let status = status_of(&answer);
            Silence::undecided(format!("the sign-ins are answered {status}: no password may have been looked at"))
        })?;
        Ok(answer)
    }
}

/// Whether a refusal is one of a name and a password: a body that is not understood is refused too, unless the answer says
/// what it means (RFC 6749 section 5.2).
fn is_judged(answer: &Answer) -> bool {
    let Some(response) = answer.response() else { return true };
    let error = response.json.as_ref().and_then(|json| json.get("error")).and_then(Value::as_str);
    !matches!(response.status, 400 | 405 | 415 | 422) || error == Some("invalid_grant")
}

/// Returns the body of a configured sign-in in a name that no account has.
fn in_unknown_name(recipe: &LoginRecipe) -> Option<(Persona, Body)> {
    let who = unknown_person();
    let mut value = recipe.body.clone();
    let mut renamed = false;

    for (name, member) in value.as_object_mut()?.iter_mut() {
        // The place of the password is filled with a wrong one later.
        let Some(text) = member.as_str().filter(|text| !text.starts_with("{secret:")) else { continue };
        let unknown = if text.contains('@') || is_email(name) {
            &who.email
        } else if is_user_name(name) || matches!(name.as_str(), "identifier" | "name" | "account") {
            &who.username
        } else {
            continue;
        };
        *member = Value::String(unknown.clone());
        renamed = true;
    }

    // A body in which no name was replaced would guess at a user's own password.
    renamed.then(|| (who, Body { media_type: recipe.content_type.clone(), value, marked: Vec::new() }))
}
