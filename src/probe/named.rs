//! Fetches a text from an address that the user named for the program itself, outside of any scan: without a credential,
//! without redirects, over TLS or on this machine.

use std::time::Duration;

use thiserror::Error;
use url::Url;

use super::client::{Limits, SendError};
use super::resolve::Pinned;
use super::wire::{Caps, Received, WireFlow, build_client, error_chain, receive_answer, scope_fault};
use crate::model::{Origin, Scope, ScopeError};

/// Why there is no text.
#[derive(Debug, Error)]
pub enum NamedTextError {
    /// The address cannot be asked.
    #[error("{0}")]
    Address(ScopeError),
    /// Whoever is on the way could answer in its place.
    #[error("{0} is neither https nor on this machine: anyone on the way could answer in its place")]
    Cleartext(String),
    /// Nothing can be sent.
    #[error(transparent)]
    Unsent(#[from] SendError),
    /// Nobody answered.
    #[error("there is no answer: {0}")]
    NoAnswer(String),
    /// No answer in time.
    #[error("there is no whole answer within {} ms", .0.as_millis())]
    Late(Duration),
    /// Not the text itself.
    #[error("it is answered with status {0}, where 200 is needed; redirects are not followed")]
    Status(u16),
    /// Longer than is read.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

/// Fetches one text of at most so many bytes.
///
/// # Errors
/// [`NamedTextError`] for everything but a whole answer with status 200.
pub async fn fetch_named_text(address: &str, within: Duration, most: usize) -> Result<String, NamedTextError> {
    let origin = Origin::parse(address).map_err(NamedTextError::Address)?;
    let url = Url::parse(address)
        .map_err(|error| NamedTextError::Address(ScopeError::Unreadable(address.to_owned(), error.to_string())))?;
    // With nothing listed, a scope is this machine alone.
    let is_tls = url.scheme() == "https";
    let scope = if is_tls { Scope::new([origin.clone()]) } else { Scope::default() };
    let permit = scope.permit(url).map_err(|error| match error {
        ScopeError::OutOfScope(_) => NamedTextError::Cleartext(origin.to_string()),
        error => NamedTextError::Address(error),
    })?;

    let limits = Limits { timeout: within, concurrency: 1, ..Limits::default() };
    let client = build_client(&Pinned::new(scope), limits, false, !is_tls)?;
    let request = client.get(permit.url().clone()).header("accept", "application/json");
    let flow = WireFlow::default();
    let answer = receive_answer(request, Caps { body: most, json: 0 }, None, &flow);
    let received = tokio::time::timeout(within, answer).await.map_err(|_| NamedTextError::Late(within))?;

    match received {
        Ok(Some(Received { response, .. })) if response.truncated => Err(NamedTextError::TooLong(most)),
        Ok(Some(Received { response, .. })) if response.status == 200 => Ok(response.text),
        Ok(Some(Received { response, .. })) => Err(NamedTextError::Status(response.status)),
        Ok(None) => Err(NamedTextError::Late(within)),
        Err(error) => Err(match scope_fault(&error) {
            Some(scope) => NamedTextError::Address(scope),
            None => NamedTextError::NoAnswer(error_chain(&error)),
        }),
    }
}
