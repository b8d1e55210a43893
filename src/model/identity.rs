//! Who calls: the users that a scan acts as.

use std::collections::BTreeMap;

use serde_json::Value;

use super::secret::Secret;

/// The name under which exchanges without credentials are recorded.
pub const ANONYMOUS: &str = "anonymous";
/// The name under which exchanges with a garbage credential are recorded.
pub const GARBAGE: &str = "garbage";

/// One user of the API.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Any name, unique in a scan.
    pub name: String,
    /// `user`, `admin`, ...
    pub role: String,
    /// Roles compare by it: user 10, admin 100 unless set.
    pub rank: u32,
    /// How it signs its requests.
    pub credential: Credential,
    /// Objects known to be its own: parameter name to ids.
    pub owns: BTreeMap<String, Vec<String>>,
    /// What a scan may write as it.
    pub consent: Consent,
}

/// What a user lets a scan write as a configured identity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Consent {
    /// Unsaid: objects that the scan makes for it and removes again. What was there before stays untouched.
    #[default]
    Objects,
    /// `writes = "none"`: nothing.
    None,
    /// `writes = "own"`: as unsaid, and changes of its own account and of what it owns, each restored and compared.
    Own,
    /// `disposable = true`: as if it were a throw-away account of the scan's.
    Disposable,
}

impl Consent {
    /// Whether what was there before the scan may be written to, as far as it is the identity's own.
    pub fn covers_what_was_there(self) -> bool {
        matches!(self, Self::Own | Self::Disposable)
    }

    /// Whether the account may be spoilt.
    pub fn is_disposable(self) -> bool {
        self == Self::Disposable
    }

    /// Returns it in words, for plans.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Objects => {
                "makes objects of its own that can be removed, and removes them; nothing that was there before is changed"
            }
            Self::None => "writes nothing",
            Self::Own => "makes objects of its own and removes them; changes what it owns, restores and compares it",
            Self::Disposable => "writes freely, as with a throw-away account",
        }
    }
}

/// How an identity signs its requests.
#[derive(Debug, Clone)]
pub enum Credential {
    /// `Authorization: Bearer ...`
    Bearer(Secret),
    /// A key in a header of this name.
    ApiKeyHeader(String, Secret),
    /// A key in a query parameter of this name.
    ApiKeyQuery(String, Secret),
    /// `Authorization: Basic ...`
    Basic(String, Secret),
    /// A cookie of this name.
    Cookie(String, Secret),
    /// A header of this name; `{secret}` in the template stands for the value.
    Header {
        /// Header name.
        name: String,
        /// Value with `{secret}` in it.
        template: String,
        /// The value itself.
        secret: Secret,
    },
    /// Obtained by a request when the scan starts, and again when the session expires.
    Login(LoginRecipe),
}

impl Credential {
    /// Every secret value in it, for the redactor.
    pub fn secrets(&self) -> Vec<&Secret> {
        match self {
            Self::Bearer(secret)
            | Self::ApiKeyHeader(_, secret)
            | Self::ApiKeyQuery(_, secret)
            | Self::Basic(_, secret)
            | Self::Cookie(_, secret)
            | Self::Header { secret, .. } => vec![secret],
            Self::Login(recipe) => recipe.secrets.values().collect(),
        }
    }
}

/// How to sign in.
#[derive(Debug, Clone)]
pub struct LoginRecipe {
    /// `POST /login`; the path may stand outside the document.
    pub operation: String,
    /// The body; a string `{secret:NAME}` stands for the secret of that name.
    pub body: Value,
    /// Secrets by name.
    pub secrets: BTreeMap<String, Secret>,
    /// `application/json` (default) or `application/x-www-form-urlencoded`.
    pub content_type: String,
    /// Where the token stands in the answer.
    pub token: TokenSource,
    /// The header line that carries it: `Authorization: Bearer {token}`.
    pub send: String,
}

/// Where a login's answer carries the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// JSON pointer into the body.
    Pointer(String),
    /// A response header.
    Header(String),
    /// A cookie; it is sent back as one, and `send` is not used.
    Cookie(String),
}
