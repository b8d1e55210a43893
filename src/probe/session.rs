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
pub enum Carrier {
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

/// What one identity sends to be known.
#[derive(Debug, Clone)]
pub struct Session {
    /// Where the token travels.
    pub carrier: Carrier,
    /// The token, key, cookie value or encoded password.
    pub token: Secret,
    /// Counts sign-ins, from 1; a static credential stays at 1.
    pub generation: u32,
    /// The cookie jar sends the token, so that other cookies of the sign-in travel with it.
    pub by_jar: bool,
    /// The answer of the sign-in, where there was one.
    pub login: Option<Arc<Answer>>,
}

impl Session {
    /// The session of a credential that needs no sign-in.
    pub(super) fn fixed(credential: &Credential) -> Option<Self> {
        let header = |name: &str, prefix: &str, suffix: &str| Carrier::Header {
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
        };
        let (carrier, token) = match credential {
            Credential::Bearer(secret) => (header("Authorization", "Bearer ", ""), secret.clone()),
            Credential::ApiKeyHeader(name, secret) => (header(name, "", ""), secret.clone()),
            Credential::ApiKeyQuery(name, secret) => (Carrier::Query(name.clone()), secret.clone()),
            Credential::Basic(user, secret) => {
                let pair = STANDARD.encode(format!("{user}:{}", secret.expose()));
                (header("Authorization", "Basic ", ""), Secret::new(pair))
            }
            Credential::Cookie(name, secret) => (Carrier::Cookie(name.clone()), secret.clone()),
            Credential::Header { name, template, secret } => {
                let (prefix, suffix) = template.split_once("{secret}").unwrap_or((template.as_str(), ""));
                (header(name, prefix, suffix), secret.clone())
            }
            Credential::Login(_) => return None,
        };
        Some(Self { carrier, token, generation: 1, by_jar: false, login: None })
    }

    /// The session that a sign-in opened.
    pub(super) fn signed_in(recipe: &LoginRecipe, token: Secret, generation: u32, login: Arc<Answer>) -> Self {
        let carrier = match &recipe.token {
            TokenSource::Cookie(name) => Carrier::Cookie(name.clone()),
            _ => {
                let (name, value) = recipe.send.split_once(':').unwrap_or(("Authorization", recipe.send.as_str()));
                let (prefix, suffix) = value.trim_start().split_once("{token}").unwrap_or(("Bearer ", ""));
                Carrier::Header { name: name.trim().to_owned(), prefix: prefix.to_owned(), suffix: suffix.to_owned() }
            }
        };
        let by_jar = matches!(carrier, Carrier::Cookie(_));
        Self { carrier, token, generation, by_jar, login: Some(login) }
    }

    /// The token as a JWT, where it is one.
    pub fn jwt(&self) -> Option<jwt::Jwt> {
        jwt::parse(self.token.expose())
    }

    /// Whether browsers send this credential by themselves (cookies, HTTP Basic): what CORS with credentials protects.
    pub fn is_ambient(&self) -> bool {
        match &self.carrier {
            Carrier::Cookie(_) => true,
            Carrier::Header { prefix, .. } => prefix.trim().eq_ignore_ascii_case("basic"),
            Carrier::Query(_) => false,
        }
    }

    /// A token of the same form that nobody was ever given: every letter and digit is another one, the rest stays.
    /// For HTTP Basic the pair keeps its form, since servers answer 400 to what is no pair.
    pub(super) fn garbage(&self) -> Secret {
        let scramble = |text: &str| -> String {
            let mut random = rand::rng();
            text.chars()
                .map(|character| match character {
                    'a'..='z' => char::from(random.random_range(b'a'..=b'z')),
                    'A'..='Z' => char::from(random.random_range(b'A'..=b'Z')),
                    '0'..='9' => char::from(random.random_range(b'0'..=b'9')),
                    other => other,
                })
                .collect()
        };
        let basic =
            matches!(&self.carrier, Carrier::Header { prefix, .. } if prefix.trim().eq_ignore_ascii_case("basic"));
        if basic {
            let pair = STANDARD.decode(self.token.expose()).unwrap_or_default();
            let pair = scramble(&String::from_utf8_lossy(&pair));
            return Secret::new(STANDARD.encode(pair));
        }
        Secret::new(scramble(self.token.expose()))
    }
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
