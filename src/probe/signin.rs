//! Signs identities in by their recipe.

use std::sync::Arc;

use serde_json::Value;
use thiserror::Error;

use super::ask::{Answer, Ask, AskCaller, Response};
use super::build::serialize_body;
use super::client::{Probe, SendError};
use super::session::{ALL_COOKIES, Session};
use crate::model::{Credential, Identity, LoginRecipe, Method, Secret, TokenSource, address_below, clean_name};

/// Why an identity could not be signed in.
#[derive(Debug, Clone, Error)]
pub enum SignInError {
    /// The request could not be sent.
    #[error("sign-in of {identity} failed: {fault}")]
    Send {
        /// Who.
        identity: String,
        /// What happened.
        fault: SendError,
    },
    /// The recipe cannot be carried out.
    #[error("sign-in of {identity} failed: {because}")]
    Recipe {
        /// Who.
        identity: String,
        /// What is wrong and what to do.
        because: String,
    },
    /// The target refused, or its answer has no token where the recipe says.
    #[error("sign-in of {identity} failed: {operation} answered {status}; {because}")]
    Answer {
        /// Who.
        identity: String,
        /// The sign-in operation.
        operation: String,
        /// Status of the answer.
        status: u16,
        /// What is missing.
        because: String,
    },
}

impl SignInError {
    /// Returns who could not sign in.
    pub fn identity(&self) -> &str {
        match self {
            Self::Send { identity, .. } | Self::Recipe { identity, .. } | Self::Answer { identity, .. } => identity,
        }
    }
}

impl Probe {
    /// Opens the session of an identity: at once for a fixed credential, by its recipe otherwise.
    ///
    /// # Errors
    /// [`SignInError`], with the answer's status and what was missing in it.
    pub async fn sign_in(&self, identity: &Identity) -> Result<(), SignInError> {
        // Learnt before anything leaves, since an error may quote what it was sent.
        for secret in identity.credential.secrets() {
            self.redactor().learn(&identity.name, secret);
        }
        if let Some(session) = Session::fixed(&identity.credential) {
            self.redactor().learn(&identity.name, &session.token);
            self.sessions().set(identity, session);
            return Ok(());
        }
        let Credential::Login(recipe) = &identity.credential else { return Ok(()) };
        let generation = self.sessions().get(&identity.name).map_or(1, |session| session.generation + 1);
        let ask = self.login_request(identity, recipe, generation)?;
        let answer = self
            .send_unsigned_as(&identity.name, &ask)
            .await
            .map_err(|fault| SignInError::Send { identity: identity.name.clone(), fault })?;
        self.open_session(identity, recipe, answer)
    }

    /// Opens a session with the answer of a sign-in.
    ///
    /// # Errors
    /// [`SignInError::Answer`] when the answer is a refusal or has no token where the recipe says.
    pub fn open_session(
        &self,
        identity: &Identity,
        recipe: &LoginRecipe,
        answer: Arc<Answer>,
    ) -> Result<(), SignInError> {
        let generation = self.sessions().get(&identity.name).map_or(1, |session| session.generation + 1);
        let response = answer.response().ok_or_else(|| SignInError::Recipe {
            identity: identity.name.clone(),
            because: format!("{} gave no answer; is the target running?", recipe.operation),
        })?;
        let token = token_of(recipe, response).map_err(|because| SignInError::Answer {
            identity: identity.name.clone(),
            operation: recipe.operation.clone(),
            status: response.status,
            // It quotes names that the target chose, and some of them repeat what they were sent.
            because: self.redactor().tripwire(&self.redactor().text(&because.to_string())).0,
        })?;

        self.redactor().learn(&identity.name, &token);
        self.sessions().set(identity, Session::signed_in(recipe, token, generation, answer));
        Ok(())
    }

    /// The token in the answer to a further sign-in of an identity, as the recipe finds it; for cookies the whole line.
    /// The session of the scan stays as it is. `None` where the answer has none.
    pub fn further_token(&self, identity: &Identity, answer: &Answer) -> Option<Secret> {
        let Credential::Login(recipe) = &identity.credential else { return None };
        let token = token_of(recipe, answer.response()?).ok()?;
        self.redactor().learn(&identity.name, &token);
        Some(token)
    }

    /// Opens a session for a caller beyond those that the scan began with: it has no cookie jar, so that its cookies are
    /// sent as they were set.
    ///
    /// # Errors
    /// As [`Probe::open_session`].
    pub fn open_further_session(
        &self,
        identity: &Identity,
        recipe: &LoginRecipe,
        answer: Arc<Answer>,
    ) -> Result<(), SignInError> {
        self.open_session(identity, recipe, answer)?;
        if let Some(session) = self.sessions().get(&identity.name) {
            self.sessions().set(identity, Session { by_jar: false, ..session });
        }
        Ok(())
    }

    pub(super) fn login_request(
        &self,
        identity: &Identity,
        recipe: &LoginRecipe,
        generation: u32,
    ) -> Result<Ask, SignInError> {
        let fault = |because: String| SignInError::Recipe { identity: identity.name.clone(), because };
        let (method, path) = recipe
            .operation
            .split_once(' ')
            .ok_or_else(|| fault(format!("`{}` is not of the form `POST /login`", recipe.operation)))?;
        let method = Method::parse(method).ok_or_else(|| fault(format!("`{method}` is no method")))?;
        let (path, query) =
            path.trim().split_once('?').map_or((path.trim(), None), |(path, query)| (path, Some(query)));
        // The recipe's path stands below the base address, as the paths of the document do.
        let mut url = address_below(self.base_url(), path);
        url.set_query(query);
        let body = fill_secrets(&recipe.body, recipe, 0);
        Ok(Ask {
            caller: AskCaller::Anonymous,
            method,
            url,
            headers: vec![("Accept".to_owned(), "application/json".to_owned())],
            body: (!body.is_null()).then(|| serialize_body(content_type(recipe), &body)),
            round: u8::try_from(generation).unwrap_or(u8::MAX),
            once: false,
            patience: None,
        })
    }
}

/// Puts the secrets where the body names them.
fn fill_secrets(body: &Value, recipe: &LoginRecipe, depth: u8) -> Value {
    // Bodies are written by hand; sixteen levels are more than any sign-in has.
    if depth > 16 {
        return body.clone();
    }
    match body {
        Value::String(text) => {
            let name = text.strip_prefix("{secret:").and_then(|rest| rest.strip_suffix('}'));
            match name.and_then(|name| recipe.secrets.get(name)) {
                Some(secret) => Value::String(secret.expose().to_owned()),
                None => body.clone(),
            }
        }
        Value::Array(items) => items.iter().map(|item| fill_secrets(item, recipe, depth + 1)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), fill_secrets(value, recipe, depth + 1))).collect()
        }
        other => other.clone(),
    }
}

/// Longer ones fit no header of any common server.
const MAX_TOKEN: usize = 16 * 1024;

/// Why the answer to a sign-in gives no token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
enum TokenMissing {
    /// The status.
    #[error("{}", refusal_hint(*.0))]
    Refused(u16),
    /// The content type.
    #[error("the answer is not JSON ({0})")]
    NotJson(String),
    /// The pointer.
    #[error("there is no text at {0}")]
    NoText(String),
    #[error("there is nothing at {pointer}; the answer has: {keys}")]
    Nothing { pointer: String, keys: String },
    /// The header.
    #[error("the answer has no header {0}")]
    NoHeader(String),
    #[error("the answer sets no cookie")]
    NoCookies,
    #[error("the answer sets no cookie {name}; it sets: {set}")]
    NoCookie { name: String, set: String },
    /// Where it stands.
    #[error("{0} is empty")]
    Empty(String),
    #[error("{place} has {bytes} bytes, more than a request can carry")]
    TooLong { place: String, bytes: usize },
    /// Where it stands.
    #[error("{0} has control characters in it and cannot be sent")]
    ControlCharacters(String),
}

fn token_of(recipe: &LoginRecipe, response: &Response) -> Result<Secret, TokenMissing> {
    // A redirect is the usual answer to a form, and may carry the cookie.
    if response.status >= 400 {
        return Err(TokenMissing::Refused(response.status));
    }
    match &recipe.token {
        TokenSource::Pointer(pointer) => {
            let json = response.json.as_ref().ok_or_else(|| {
                let kind = response.header("content-type").unwrap_or("no content type");
                TokenMissing::NotJson(clean_name(kind, 40))
            })?;
            match json.pointer(pointer) {
                Some(Value::String(token)) => usable_token(token, &format!("the text at {pointer}")),
                Some(_) => Err(TokenMissing::NoText(pointer.clone())),
                None => Err(TokenMissing::Nothing { pointer: pointer.clone(), keys: list_keys(json) }),
            }
        }
        TokenSource::Header(name) => {
            let value =
                response.header(&name.to_ascii_lowercase()).ok_or_else(|| TokenMissing::NoHeader(name.clone()))?;
            // The word belongs to the header, and is put before the token again when that is sent.
            usable_token(value.strip_prefix("Bearer ").unwrap_or(value), &format!("the header {name}"))
        }
        TokenSource::Cookie(name) => {
            let set = live_cookies(response);
            if name == ALL_COOKIES {
                let pairs: Vec<String> = set.iter().map(|(name, value)| format!("{name}={value}")).collect();
                if pairs.is_empty() {
                    return Err(TokenMissing::NoCookies);
                }
                return usable_token(&pairs.join("; "), "the answer's cookies");
            }

            match set.iter().find(|(known, _)| known == name) {
                Some((_, value)) => usable_token(value, &format!("the cookie {name}")),
                None => {
                    let names: Vec<String> = set.iter().take(8).map(|(name, _)| clean_name(name, 30)).collect();
                    let set = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                    Err(TokenMissing::NoCookie { name: name.clone(), set })
                }
            }
        }
    }
}

fn refusal_hint(status: u16) -> &'static str {
    match status {
        404 | 405 => "is the operation right? Its path is taken below the base URL",
        415 | 422 => {
            "is `content_type` right? `json` or `form` in its [identities.NAME.login]; without it, what the document says"
        }
        429 => "it limits how often one may sign in; try again later",
        500.. => "the target itself failed",
        _ => "is the password right, and does the account exist?",
    }
}

/// A token that a header can carry.
fn usable_token(token: &str, place: &str) -> Result<Secret, TokenMissing> {
    let token = token.trim();
    if token.is_empty() {
        return Err(TokenMissing::Empty(place.to_owned()));
    }
    if token.len() > MAX_TOKEN {
        return Err(TokenMissing::TooLong { place: place.to_owned(), bytes: token.len() });
    }
    if token.chars().any(char::is_control) {
        return Err(TokenMissing::ControlCharacters(place.to_owned()));
    }
    Ok(Secret::new(token))
}

fn list_keys(json: &Value) -> String {
    let names: Vec<String> =
        json.as_object().into_iter().flatten().take(8).map(|(key, _)| clean_name(key, 30)).collect();
    if names.is_empty() { "no fields".to_owned() } else { names.join(", ") }
}

/// Names and values of the cookies that an answer sets.
pub(super) fn set_cookies(response: &Response) -> impl Iterator<Item = (&str, &str)> {
    response
        .headers
        .iter()
        .filter(|(header, _)| header == "set-cookie")
        .filter_map(|(_, value)| value.split(';').next()?.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
}

/// What a recipe that says nothing is sent as.
fn content_type(recipe: &LoginRecipe) -> &str {
    if recipe.content_type.is_empty() { "application/json" } else { &recipe.content_type }
}

/// The cookies that are left after an answer: the last value of each name, without those that it deletes.
fn live_cookies(response: &Response) -> Vec<(String, String)> {
    let mut live: Vec<(String, String)> = Vec::new();
    for (name, value) in set_cookies(response) {
        live.retain(|(known, _)| known != name);
        if !value.is_empty() {
            live.push((name.to_owned(), value.to_owned()));
        }
    }

    live
}
