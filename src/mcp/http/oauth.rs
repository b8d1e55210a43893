//! Tokens of an authorization server (OAuth 2.1): this server is a resource server, and takes those alone that were issued
//! for it (RFC 9728, RFC 8707, RFC 9068).

use jsonwebtoken::jwk::PublicKeyUse;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::keys::{IssuerKeys, KeySource, KeyTimes};
use super::scopes::{ScopeSet, TokenScope};
use crate::mcp::error::McpError;

/// The longest token that is looked at.
const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// Clocks of two machines differ by so much.
const LEEWAY_SECONDS: u64 = 30;
/// Signatures that only the issuer can make. With a shared key, whoever can check a token can make one.
const SIGNATURES: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Whose tokens are taken.
#[derive(Debug, Clone)]
pub struct OAuthOptions {
    /// The authorization server, letter for letter as its tokens name it.
    pub issuer: String,
    /// Its public keys.
    pub keys: KeySource,
    /// How long they are good.
    pub key_times: KeyTimes,
    /// The address that clients know this server by, which is the audience of their tokens; where it listens without it.
    pub resource: Option<String>,
}

/// Who sends a request, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Principal {
    /// A name for folders: it tells nothing of the user.
    pub(super) name: String,
    pub(super) scopes: ScopeSet,
}

/// What of a token is read; everything else is checked while it is decoded.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    #[serde(default)]
    scope: Option<String>,
    /// Some servers give a list by this name.
    #[serde(default)]
    scp: Option<Value>,
}

/// Tells tokens that were issued for this server from all others.
#[derive(Debug)]
pub(super) struct TokenVerifier {
    issuer: String,
    resource: String,
    keys: IssuerKeys,
}

impl TokenVerifier {
    /// Reads the keys.
    ///
    /// # Errors
    /// [`McpError::Keys`] when they cannot be had, or there are none.
    pub(super) async fn new(options: OAuthOptions, listening: &str) -> Result<Self, McpError> {
        let OAuthOptions { issuer, keys, key_times, resource } = options;
        let resource = resource.unwrap_or_else(|| listening.to_owned());

        Ok(Self { issuer, resource, keys: IssuerKeys::read(keys, key_times).await? })
    }

    /// The address that tokens are issued for.
    pub(super) fn resource(&self) -> &str {
        &self.resource
    }

    /// What clients need to know before they have a token (RFC 9728, section 2).
    pub(super) fn metadata(&self) -> Value {
        json!({
            "resource": self.resource,
            "authorization_servers": [self.issuer],
            "scopes_supported": TokenScope::ALL.map(TokenScope::as_str),
            "bearer_methods_supported": ["header"],
            "resource_name": "Routewarden",
        })
    }

    /// Returns whose token it is. A token that is refused is refused without a reason: it is of use to forgers alone.
    pub(super) async fn verify(&self, token: &str) -> Option<Principal> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }

        let header = decode_header(token).ok().filter(|header| SIGNATURES.contains(&header.alg))?;
        let jwk = self.keys.find(header.kid.as_deref()).await?;
        // A key is for one algorithm; with another, its numbers may mean something else.
        let fits =
            jwk.common.key_algorithm.is_none_or(|algorithm| algorithm.to_string() == format!("{:?}", header.alg));
        let signs = !matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption));
        let key = DecodingKey::from_jwk(&jwk).ok().filter(|_| fits && signs)?;

        let mut rules = Validation::new(header.alg);
        rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        rules.set_audience(&[&self.resource]);
        rules.set_issuer(&[&self.issuer]);
        rules.validate_nbf = true;
        rules.leeway = LEEWAY_SECONDS;
        let claims = decode::<Claims>(token, &key, &rules).ok()?.claims;
        // With a mark between them: two pairs that read alike when joined must not be one principal.
        let digest = Sha256::digest(format!("{}\0{}", claims.iss, claims.sub));
        let name = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Some(Principal { name, scopes: read_scopes(&claims) })
    }
}

fn read_scopes(claims: &Claims) -> ScopeSet {
    let listed = claims.scp.iter().flat_map(|given| match given {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        Value::String(names) => names.split_whitespace().collect(),
        _ => Vec::new(),
    });
    claims.scope.iter().flat_map(|names| names.split_whitespace()).chain(listed).collect()
}
