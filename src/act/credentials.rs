//! Sign-ups and sign-ins as they are sent: with nobody's credential, and noted before they leave.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::kinds::Acting;
use super::signup::Persona;
use crate::model::{Consent, Credential, Identity, Secret};
use crate::probe::{
    AccountNote, AddressRefused, Answer, Ask, AskCaller, Probe, SendError, Undo, Values, WriteKind, WriteNote,
    WriteResult, leaves_open, operation_url, serialize_body,
};
use crate::survey::is_clear_success;

/// A body with one text wherever a secret belongs.
pub fn fill_secret(body: &Value, secret: &Secret) -> Value {
    match body {
        Value::String(text) if text.starts_with("{secret:") => json!(secret.expose()),
        Value::Array(items) => items.iter().map(|item| fill_secret(item, secret)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, inner)| (name.clone(), fill_secret(inner, secret))).collect()
        }
        other => other.clone(),
    }
}

/// A value with one persona's names replaced by another's.
pub(super) fn in_name_of(value: &Value, from: &Persona, to: &Persona) -> Value {
    match value {
        Value::String(text) => json!(text.replace(&from.email, &to.email).replace(&from.username, &to.username)),
        Value::Array(items) => items.iter().map(|item| in_name_of(item, from, to)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, inner)| (name.clone(), in_name_of(inner, from, to))).collect()
        }
        other => other.clone(),
    }
}

/// The request of a sign-up or sign-in.
///
/// # Errors
/// When its address cannot be built.
pub(super) fn build_request(
    probe: &Probe,
    acting: &Acting,
    caller: AskCaller,
    media_type: &str,
    body: &Value,
) -> Result<Ask, AddressRefused> {
    let url = operation_url(probe.base_url(), &acting.operation, &Values::new())?;
    Ok(Ask {
        method: acting.operation.method,
        headers: vec![("Accept".to_owned(), "application/json".to_owned())],
        body: Some(serialize_body(media_type, body)),
        ..Ask::get(caller, url)
    })
}

/// Who sends a sign-up: the identity that makes the account, or nobody.
pub(super) fn sign_up_caller(made_by: Option<&String>) -> AskCaller {
    made_by.map_or(AskCaller::Anonymous, |name| AskCaller::Identity(name.clone()))
}

/// A sign-up that is about to be sent, with everything that a later process needs to remove the account.
pub(super) struct SignUpRequest<'a> {
    pub(super) acting: &'a Acting,
    /// The account's name as a caller.
    pub(super) name: &'a str,
    pub(super) who: &'a Persona,
    pub(super) ask: &'a Ask,
    /// How the account is removed, as far as the document says.
    pub(super) undo: Option<Undo>,
    /// How it may sign in.
    pub(super) ways_in: Vec<AccountNote>,
    /// What the report has to call it, where it is more than an ordinary account.
    pub(super) nature: Option<String>,
}

/// Sends a sign-up, as its caller. The inner error is the answer that made no account.
///
/// # Errors
/// As [`Probe::send_write`].
pub(super) async fn send_sign_up(
    probe: &Probe,
    request: SignUpRequest<'_>,
) -> Result<Result<WriteResult, Arc<Answer>>, SendError> {
    let SignUpRequest { acting, name, who, ask, undo, ways_in, nature } = request;
    if let Some(journal) = probe.journal() {
        // A crash right after the answer must not leave an account that no one can sign in as.
        ways_in.into_iter().for_each(|way| journal.account(way));
    }
    // The caller that makes the account removes it.
    let caller = if let AskCaller::Identity(admin) = &ask.caller { admin } else { name };
    let bare = WriteNote::bare(acting.operation.id.as_str(), caller, WriteKind::SignsUp);
    let account = Some(name.to_owned());
    let note = WriteNote { marker: who.username.clone(), undo, account, nature, ..bare };
    let written = probe.sign_up(name, ask, note).await?;
    let response = written.answer.response();

    // A sign-up by a form answers its success with a redirect.
    if response.is_some_and(|response| is_clear_success(response) || response.status == 302) {
        return Ok(Ok(written));
    }
    // A failure may have made the account all the same: then the entry stays, to be undone.
    if let (Some(journal), true) = (probe.journal(), response.is_some_and(|response| !leaves_open(response.status))) {
        journal.nothing(written.n);
    }
    Ok(Err(written.answer))
}

/// A throw-away account as a caller.
pub(super) fn throwaway_identity(name: &str, credential: Credential) -> Identity {
    Identity {
        name: name.to_owned(),
        role: "user".to_owned(),
        rank: 10,
        credential,
        owns: BTreeMap::new(),
        consent: Consent::default(),
    }
}
