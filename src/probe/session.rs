//! The sessions of a scan: what each identity sends to be known, and when it has to sign in again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::RngExt as _;

use super::ask::Answer;
use crate::detect::jwt;
use crate::model::{Credential, Identity, LoginRecipe, Secret, TokenSource};

/// Where a token travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenCarrier {
    /// A header; the token stands between prefix and suffix.
    Header {
        /// Header name.
        name: String,
        /// What stands before the token: `Bearer `.
        prefix: String,
        /// What stands behind it.
        suffix: String,
    },
    /// A cookie of this name.
    Cookie(String),
    /// A query parameter of this name.
    Query(String),
}

/// A cookie of this name stands for all cookies that a sign-in sets; the token is then the whole header.
pub(super) const ALL_COOKIES: &str = "*";

/// The value of a `Cookie` header.
pub(super) fn cookie_line(name: &str, token: &str) -> String {
    if name == ALL_COOKIES { token.to_owned() } else { format!("{name}={token}") }
}

/// What one identity sends to be known.
#[derive(Debug, Clone)]
pub struct Session {
    /// Where the token travels.
    pub carrier: TokenCarrier,
    /// The token, key, cookie value or encoded password.
    pub token: Secret,
    /// Counts sign-ins, from 1; a static credential stays at 1.
    pub generation: u32,
    /// The cookie jar sends the token, so that other cookies of the sign-in travel with it.
    pub by_jar: bool,
    /// The answer of the sign-in, where there was one.
    pub login: Option<Arc<Answer>>,
    /// When it was opened, in seconds since 1970.
    pub(super) opened: i64,
}

impl Session {
    /// The session of a credential that needs no sign-in.
    pub(super) fn fixed(credential: &Credential) -> Option<Self> {
        let header = |name: &str, prefix: &str, suffix: &str| TokenCarrier::Header {
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
        };
        let (carrier, token) = match credential {
            Credential::Bearer(secret) => (header("Authorization", "Bearer ", ""), secret.clone()),
            Credential::ApiKeyHeader(name, secret) => (header(name, "", ""), secret.clone()),
            Credential::ApiKeyQuery(name, secret) => (TokenCarrier::Query(name.clone()), secret.clone()),
            Credential::Basic(user, secret) => {
                let pair = STANDARD.encode(format!("{user}:{}", secret.expose()));
                (header("Authorization", "Basic ", ""), Secret::new(pair))
            }
            Credential::Cookie(name, secret) => (TokenCarrier::Cookie(name.clone()), secret.clone()),
            Credential::Header { name, template, secret } => {
                let (prefix, suffix) = template.split_once("{secret}").unwrap_or((template.as_str(), ""));
                (header(name, prefix, suffix), secret.clone())
            }
            Credential::Login(_) => return None,
        };

        Some(Self { carrier, token, generation: 1, by_jar: false, login: None, opened: unix_seconds() })
    }

    /// The session that a sign-in opened.
    pub(super) fn signed_in(recipe: &LoginRecipe, token: Secret, generation: u32, login: Arc<Answer>) -> Self {
        let carrier = match &recipe.token {
            TokenSource::Cookie(name) => TokenCarrier::Cookie(name.clone()),
            _ => {
                // Without a name it is `Authorization`, and without a place for the token `Bearer`.
                let (name, value) = recipe.send.split_once(':').unwrap_or(("Authorization", recipe.send.as_str()));
                let (prefix, suffix) = value.trim_start().split_once("{token}").unwrap_or(("Bearer ", ""));
                TokenCarrier::Header {
                    name: name.trim().to_owned(),
                    prefix: prefix.to_owned(),
                    suffix: suffix.to_owned(),
                }
            }
        };

        let by_jar = matches!(carrier, TokenCarrier::Cookie(_));
        Self { carrier, token, generation, by_jar, login: Some(login), opened: unix_seconds() }
    }

    /// The token as a JWT, where it is one.
    pub fn jwt(&self) -> Option<jwt::Jwt> {
        jwt::parse(self.token.expose())
    }

    /// Whether the token says of itself that it has expired. One that said so when it was new is not believed: the
    /// target's clock is another one.
    pub(super) fn is_stale(&self) -> bool {
        let expires = self.jwt().and_then(|jwt| jwt.payload.get("exp").and_then(serde_json::Value::as_i64));
        expires.is_some_and(|at| at > self.opened + 1 && at <= unix_seconds() + 1)
    }

    /// Whether browsers send this credential by themselves (cookies, HTTP Basic): what CORS with credentials protects.
    pub fn is_ambient(&self) -> bool {
        match &self.carrier {
            TokenCarrier::Cookie(_) => true,
            TokenCarrier::Header { prefix, .. } => prefix.trim().eq_ignore_ascii_case("basic"),
            TokenCarrier::Query(_) => false,
        }
    }

    /// A token of the same form that nobody was ever given: every letter and digit is another one, the rest stays.
    /// For HTTP Basic the pair keeps its form, since servers answer 400 to what is no pair.
    pub(super) fn garbage(&self) -> Secret {
        let basic =
            matches!(&self.carrier, TokenCarrier::Header { prefix, .. } if prefix.trim().eq_ignore_ascii_case("basic"));
        if basic {
            let pair = STANDARD.decode(self.token.expose()).unwrap_or_default();
            let pair = scramble_text(&String::from_utf8_lossy(&pair));
            return Secret::new(STANDARD.encode(pair));
        }
        if self.carrier == TokenCarrier::Cookie(ALL_COOKIES.to_owned()) {
            // The names stay: a server that finds none of its cookies was shown no credential at all.
            let pairs = self.token.expose().split("; ").map(|pair| match pair.split_once('=') {
                Some((name, value)) => format!("{name}={}", scramble_text(value)),
                None => scramble_text(pair),
            });
            return Secret::new(pairs.collect::<Vec<_>>().join("; "));
        }

        Secret::new(scramble_text(self.token.expose()))
    }
}

fn unix_seconds() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Every letter and digit becomes another one of its kind.
fn scramble_text(text: &str) -> String {
    let mut random = rand::rng();
    let mut other = |from: u8, count: u8, known: char| {
        // One of the others: a short value must not come out as it was.
        let known = u8::try_from(known).unwrap_or(from) - from;
        char::from(from + (known + random.random_range(1..count)) % count)
    };
    text.chars()
        .map(|character| match character {
            'a'..='z' => other(b'a', 26, character),
            'A'..='Z' => other(b'A', 26, character),
            '0'..='9' => other(b'0', 10, character),
            rest => rest,
        })
        .collect()
}

/// All sessions of a scan by identity.
#[derive(Debug, Default)]
pub struct Sessions {
    /// Held only to read or replace an entry, never across an await.
    open: Mutex<BTreeMap<String, Session>>,
    garbage: Mutex<BTreeMap<String, Secret>>,
}

impl Sessions {
    /// The session of an identity.
    pub fn get(&self, name: &str) -> Option<Session> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(super) fn set(&self, identity: &Identity, session: Session) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(identity.name.clone(), session);
    }

    /// The garbage token shaped after an identity's; the same one through the scan, so that answers can be shared.
    pub(super) fn garbage(&self, name: &str) -> Option<Secret> {
        let session = self.get(name)?;
        let mut made = self.garbage.lock().unwrap_or_else(PoisonError::into_inner);
        Some(made.entry(name.to_owned()).or_insert_with(|| session.garbage()).clone())
    }
}
