//! Fetches documents, before there is a scan that could record what it asks.

use url::Url;

use super::client::{Probe, SendError};
use super::wire::{Caps, Received, WireFlow, error_chain, receive_answer, scope_fault};

/// A document fetched before there is a scan.
#[derive(Debug)]
pub struct Fetched {
    /// Status code.
    pub status: u16,
    /// The text.
    pub text: String,
    /// It was longer than the cap.
    pub truncated: bool,
}

impl Probe {
    /// Fetches one text, such as the document, within scope and budget and without any credential.
    ///
    /// # Errors
    /// [`SendError`], or a sentence on why there was no answer.
    pub async fn fetch(&self, url: &Url) -> Result<Fetched, SendError> {
        let permit = self.scope().permit(url.clone())?;
        let _place = self.pace.place().await.map_err(|_| SendError::Budget(self.limits.max_requests))?;
        let request = self.bare.get(permit.url().clone()).header("accept", "application/json, application/yaml, */*");
        self.fetch_by(url, request).await
    }

    /// Fetches the answer to a query of GraphQL, such as the schema, as [`Probe::fetch`] does.
    ///
    /// # Errors
    /// As [`Probe::fetch`].
    pub async fn fetch_query(&self, url: &Url, query: &str) -> Result<Fetched, SendError> {
        let permit = self.scope().permit(url.clone())?;
        let _place = self.pace.place().await.map_err(|_| SendError::Budget(self.limits.max_requests))?;
        let body = serde_json::json!({"query": query}).to_string();
        let request = self.bare.post(permit.url().clone()).header("accept", "application/json");
        self.fetch_by(url, request.header("content-type", "application/json").body(body)).await
    }

    async fn fetch_by(&self, url: &Url, request: reqwest::RequestBuilder) -> Result<Fetched, SendError> {
        // Documents may be far longer than answers: the largest public one has 13 MB.
        let caps = Caps { body: 64 << 20, json: 0 };
        match tokio::time::timeout(self.limits.timeout, receive_answer(request, caps, None, &WireFlow::default())).await
        {
            Ok(Ok(Some(Received { response, .. }))) => {
                Ok(Fetched { status: response.status, text: response.text, truncated: response.truncated })
            }
            Ok(Err(error)) => match scope_fault(&error) {
                Some(scope) => Err(SendError::Scope(scope)),
                None => Err(SendError::NoAnswer(format!("{url} did not answer: {}", error_chain(&error)))),
            },
            Ok(Ok(None)) | Err(_) => {
                Err(SendError::NoAnswer(format!("{url} did not answer within {} s", self.limits.timeout.as_secs())))
            }
        }
    }
}
