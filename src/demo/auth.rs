//! Bearer tokens of the demo: signing, and the ways in which routes check them, good and bad.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::refusal::DemoRefusal;
use super::state::{DemoAccount, DemoApp};

/// Seconds that a token is valid.
pub(super) const LIFETIME_SECONDS: i64 = 3600;

/// Who gives the tokens out.
const ISSUER: &str = "ledgerly";

/// The session cookie that the sign-in sets beside the token.
pub(super) const COOKIE: &str = "ledgerly_session";

/// How carefully a route looks at the token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// Signature and expiry, HS256 only.
    Full,
    /// The claims are believed as they stand.
    NoSignature,
    /// Full, unless the token itself says that it is not signed.
    AcceptsNone,
    /// The signature, but not the expiry.
    NoExpiry,
}

/// Signs a token for an account.
pub(super) fn token_for(app: &DemoApp, account: &DemoAccount) -> String {
    let issued = jiff::Timestamp::now().as_second();
    let claims = json!({
        "iss": ISSUER, "sub": account.username, "uid": account.id, "role": account.role,
        "iat": issued, "exp": issued + LIFETIME_SECONDS,
    });
    let body = format!("{}.{}", encode_token_part(&json!({"alg": "HS256", "typ": "JWT"})), encode_token_part(&claims));
    let signature = compute_hmac(&app.key, &body).map(|mac| mac.finalize().into_bytes());
    format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature.unwrap_or_default()))
}

/// The account behind the bearer token, checked as carefully as `care` says. The repaired version is always careful.
///
/// # Errors
/// [`DemoRefusal::Unauthorized`] without a token that holds.
pub(super) fn require_account<'a>(
    app: &'a DemoApp,
    headers: &HeaderMap,
    care: Care,
) -> Result<&'a DemoAccount, DemoRefusal> {
    let token = bearer_token(headers).ok_or(DemoRefusal::Unauthorized)?;
    account_of(app, token, care)
}

/// The account behind the bearer token or the session cookie.
///
/// # Errors
/// [`DemoRefusal::Unauthorized`] with neither.
pub(super) fn browser_caller<'a>(app: &'a DemoApp, headers: &HeaderMap) -> Result<&'a DemoAccount, DemoRefusal> {
    let token = bearer_token(headers).or_else(|| session_cookie(headers)).ok_or(DemoRefusal::Unauthorized)?;
    account_of(app, token, Care::Full)
}

/// The administrator behind the bearer token.
///
/// # Errors
/// [`DemoRefusal::Unauthorized`] without a token, [`DemoRefusal::Forbidden`] for every other role.
pub(super) fn require_admin<'a>(app: &'a DemoApp, headers: &HeaderMap) -> Result<&'a DemoAccount, DemoRefusal> {
    let account = require_account(app, headers, Care::Full)?;
    if account.is_admin() { Ok(account) } else { Err(DemoRefusal::Forbidden) }
}

/// The bearer token of the request, whatever it is.
pub(super) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then(|| token.trim())
}

fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::COOKIE)?.to_str().ok()?;
    value.split(';').find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

fn account_of<'a>(app: &'a DemoApp, token: &str, care: Care) -> Result<&'a DemoAccount, DemoRefusal> {
    let care = if app.repaired { Care::Full } else { care };
    let claims = accepted_claims(app, token, care).ok_or(DemoRefusal::Unauthorized)?;
    let name = claims.get("sub").and_then(Value::as_str).ok_or(DemoRefusal::Unauthorized)?;
    app.account(name).ok_or(DemoRefusal::Unauthorized)
}

fn accepted_claims(app: &DemoApp, token: &str, care: Care) -> Option<Value> {
    let (body, signature) = token.rsplit_once('.')?;
    let (head, payload) = body.split_once('.')?;
    let algorithm = json_part(head)?.get("alg")?.as_str()?.to_owned();
    let unsigned = algorithm.eq_ignore_ascii_case("none") && signature.is_empty();
    let believed = care == Care::NoSignature || (care == Care::AcceptsNone && unsigned);
    let proven = algorithm == "HS256" && has_valid_signature(&app.key, body, signature);

    if !believed && !proven {
        return None;
    }
    let claims = json_part(payload)?;
    let current = claims.get("exp")?.as_i64()? > jiff::Timestamp::now().as_second();
    let is_ours = claims.get("iss").is_some_and(|issuer| issuer == ISSUER);
    (is_ours && (current || care == Care::NoExpiry)).then_some(claims)
}

fn has_valid_signature(key: &[u8], body: &str, signature: &str) -> bool {
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    compute_hmac(key, body).is_some_and(|mac| mac.verify_slice(&signature).is_ok())
}

fn compute_hmac(key: &[u8], body: &str) -> Option<Hmac<Sha256>> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).ok()?;
    mac.update(body.as_bytes());
    Some(mac)
}

fn encode_token_part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn json_part(text: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
