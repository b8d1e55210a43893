//! What is asked, and what was seen: raw for comparing, never stored; its redacted twin is the exchange.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::memory::Share;
use super::wire::wished_pause;
use crate::model::{ANONYMOUS, Exchange, GARBAGE, Method, Secret};

/// As whom a request is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskCaller {
    /// Without any credential.
    Anonymous,
    /// With a credential of the right form that nobody was ever given; shaped after the named identity's.
    Garbage(String),
    /// As this identity.
    Identity(String),
    /// With the cookies that this identity's sign-in set, and nothing else.
    Cookies(String),
    /// As this identity, with this token in the place of its own.
    Forged {
        /// Whose session is imitated.
        identity: String,
        /// The token that is sent.
        token: Secret,
        /// What is wrong with it; part of the record.
        label: String,
    },
}

impl AskCaller {
    /// The caller of an identity's name, or nobody for [`ANONYMOUS`].
    pub fn named(name: &str) -> Self {
        if name == ANONYMOUS { Self::Anonymous } else { Self::Identity(name.to_owned()) }
    }

    /// The name under which the exchange is recorded.
    pub fn label(&self) -> String {
        match self {
            Self::Anonymous => ANONYMOUS.to_owned(),
            Self::Garbage(_) => GARBAGE.to_owned(),
            Self::Identity(name) => name.clone(),
            Self::Cookies(name) => format!("{name} (cookies only)"),
            Self::Forged { identity, label, .. } => format!("{identity} ({label})"),
        }
    }

    /// Distinguishes callers in the ledger; forged tokens by their value.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Forged { identity, token, .. } => format!("forged {identity} {}", token.expose()),
            Self::Garbage(name) => format!("garbage {name}"),
            Self::Identity(name) => format!("identity {name}"),
            Self::Cookies(name) => format!("cookies {name}"),
            Self::Anonymous => ANONYMOUS.to_owned(),
        }
    }
}

/// One request to be made.
#[derive(Debug, Clone)]
pub struct Ask {
    /// As whom.
    pub caller: AskCaller,
    /// Method.
    pub method: Method,
    /// Whole address without credentials.
    pub url: Url,
    /// Headers beyond the credential's.
    pub headers: Vec<(String, String)>,
    /// Content type and bytes.
    pub body: Option<(String, Vec<u8>)>,
    /// The same request with another number here is sent again; with the same it is answered from the ledger.
    pub round: u8,
    /// A request to slow down is the answer, and not a reason to ask again.
    pub once: bool,
    /// Waits so long instead of the scan's usual time, and keeps what has come until then: for models, which are slow and
    /// answer in pieces.
    pub patience: Option<Duration>,
}

impl Ask {
    /// A GET without further headers.
    pub fn get(caller: AskCaller, url: Url) -> Self {
        Self {
            caller,
            method: Method::Get,
            url,
            headers: Vec::new(),
            body: None,
            round: 0,
            once: false,
            patience: None,
        }
    }

    /// The POST of JSON that this request stands for.
    pub(super) fn posted(&self, url: Url, body: Vec<u8>) -> Self {
        let body = Some(("application/json".to_owned(), body));
        Self { method: Method::Post, url, body, ..self.clone() }
    }

    /// The same request for another round.
    pub fn again(&self, round: u8) -> Self {
        Self { round, ..self.clone() }
    }
}

/// What came of a request.
#[derive(Debug)]
pub struct Answer {
    /// The redacted record.
    pub exchange: Arc<Exchange>,
    /// The raw outcome, for comparing only.
    pub seen: RawOutcome,
    /// What it takes of the scan's memory.
    #[expect(dead_code, reason = "gives the memory back when it is dropped")]
    pub(super) share: Share,
}

/// The raw outcome of a request.
#[derive(Debug)]
pub enum RawOutcome {
    /// A response.
    Response(Response),
    /// No answer in time.
    Timeout,
    /// Nobody listens, or the name does not resolve.
    Unreachable,
    /// The connection broke.
    Broken,
}

/// A raw response.
#[derive(Debug)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Lower-case names with values, in order.
    pub headers: Vec<(String, String)>,
    /// The body as text, broken sequences replaced.
    pub text: String,
    /// The body as JSON, where it is.
    pub json: Option<Value>,
    /// The body was longer than the cap.
    pub truncated: bool,
}

impl Response {
    /// The first header of this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The values of all headers of this lower-case name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the beginning of the text: complaints in plain text are short, and what is longer is a page for people.
    pub fn head(&self) -> &str {
        self.text.get(..2_000).unwrap_or(&self.text)
    }

    /// Returns the same answer with what its JSON stands for, and the status; what HTTP says of a failure goes first.
    pub(super) fn unwrapped(mut self, read: impl FnOnce(&Value) -> Option<(Value, Option<u16>)>) -> Self {
        if let Some((json, status)) = self.json.as_ref().filter(|_| !self.truncated).and_then(read) {
            self.status = status.filter(|_| self.is_success()).unwrap_or(self.status);
            self.text = json.to_string();
            self.json = Some(json);
        }
        self
    }

    /// 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Answer {
    /// Returns the same answer with its response unwrapped.
    pub(super) fn unwrapped(self, read: impl FnOnce(&Value) -> Option<(Value, Option<u16>)>) -> Self {
        let seen = match self.seen {
            RawOutcome::Response(response) => RawOutcome::Response(response.unwrapped(read)),
            other => other,
        };
        Self { seen, ..self }
    }

    /// The response, if there was one.
    pub fn response(&self) -> Option<&Response> {
        match &self.seen {
            RawOutcome::Response(response) => Some(response),
            _ => None,
        }
    }

    /// Whether the time was over before anything came.
    pub fn is_late(&self) -> bool {
        matches!(self.seen, RawOutcome::Timeout)
    }

    /// Returns how long the target asks to be left alone, where it does.
    pub fn asks_to_wait(&self) -> Option<Duration> {
        self.response().and_then(|response| wished_pause(response, 0))
    }

    /// The status, if there was a response.
    pub fn status(&self) -> Option<u16> {
        self.response().map(|response| response.status)
    }
}
