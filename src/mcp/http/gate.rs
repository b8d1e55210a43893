//! The gate before every request: who sends it, whether it arrives whole, and whether its sender may.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use subtle::ConstantTimeEq;

use super::oauth::{Principal, TokenVerifier};
use super::requests::{WholeRequest, refusal_response};
use super::scopes::{TokenScope, find_needed};
use super::sessions::SESSION_HEADER;
use super::tenants::{Tenant, Tenants};
use crate::model::Secret;

/// The environment variable that the bearer token is taken from.
pub const TOKEN_VARIABLE: &str = "ROUTEWARDEN_HTTP_TOKEN";
/// Where clients look for what they need before they have a token (RFC 9728, section 3).
const METADATA_PATH: &str = "/.well-known/oauth-protected-resource";
/// JSON-RPC 2.0, section 5.1: for the server to define.
const REFUSED: i64 = -32000;

/// Who is let in.
pub(super) enum Admission {
    /// Whoever has the one token.
    Token(Secret, Box<Tenant>),
    /// Whoever has a token that was issued for this server.
    Issued(Box<TokenVerifier>, Box<Tenants>),
}

/// What every request passes before the protocol reads it.
#[derive(Clone)]
pub(super) struct RequestGate {
    pub(super) admission: Arc<Admission>,
    pub(super) request_within: Duration,
}

impl RequestGate {
    pub(super) async fn serve(self, request: Request) -> Response {
        let admission = Arc::clone(&self.admission);
        // Before the body is read: a stranger on this machine must not cost memory or time.
        let (tenant, principal) =
            match admission.admit(bearer_of(&request), (request.method(), request.uri().path())).await {
                Ok(admitted) => admitted,
                Err(refused) => return *refused,
            };

        let request = match WholeRequest::read(request, self.request_within).await {
            Ok(request) => request,
            Err(refused) => return *refused,
        };

        if let Some(principal) = &principal
            && let Err(refused) = admission.check_scopes(&request, principal)
        {
            return *refused;
        }

        if let Err(refused) = tenant.sessions.admit(&request).await {
            return *refused;
        }

        pass(tenant, request).await
    }
}

/// Hands a request to the protocol.
async fn pass(tenant: Tenant, request: WholeRequest) -> Response {
    let ended = request.header(SESSION_HEADER).filter(|_| request.method() == Method::DELETE).map(str::to_owned);
    let Ok(mut response) = TowerToHyperService::new(tenant.routes).call(request.into_request()).await;

    // The session is gone when this is answered; clients take 202 for "not done yet", and warn.
    if let Some(session) = ended.filter(|_| response.status() == StatusCode::ACCEPTED) {
        tenant.sessions.forget(&session);
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    response
}

impl Admission {
    /// Tells who sends a request, or returns the answer to a stranger.
    async fn admit(
        &self,
        given: Option<&[u8]>,
        (method, path): (&Method, &str),
    ) -> Result<(Tenant, Option<Principal>), Box<Response>> {
        match self {
            Self::Token(token, tenant) => {
                // The comparison takes as long wherever a wrong token differs, so that none is found byte by byte.
                let is_right = given.is_some_and(|given| bool::from(given.ct_eq(token.expose().as_bytes())));
                if is_right { Ok((Tenant::clone(tenant), None)) } else { Err(Box::new(unauthorized_response())) }
            }

            Self::Issued(verifier, tenants) => {
                if *method == Method::GET && path.starts_with(METADATA_PATH) {
                    return Err(Box::new(axum::Json(verifier.metadata()).into_response()));
                }

                let given = given.and_then(|given| std::str::from_utf8(given).ok());
                let Some(given) = given else { return Err(challenge(verifier, false)) };
                let Some(principal) = verifier.verify(given).await else { return Err(challenge(verifier, true)) };

                let tenant = tenants.of(&principal).ok_or_else(|| {
                    let because =
                        "too many users at one time, or no place for this one's history; start a server of your own";
                    refusal_response(StatusCode::SERVICE_UNAVAILABLE, REFUSED, because)
                })?;

                Ok((tenant, Some(principal)))
            }
        }
    }

    /// Refuses what the token does not allow.
    fn check_scopes(&self, request: &WholeRequest, principal: &Principal) -> Result<(), Box<Response>> {
        let Self::Issued(verifier, _) = self else { return Ok(()) };
        if request.method() != Method::POST {
            return Ok(());
        }

        let Some(needed) = find_needed(request.body()) else {
            let because = "the message cannot be read: a member of it has the wrong type, or stands there twice";
            return Err(refusal_response(StatusCode::BAD_REQUEST, REFUSED, because));
        };

        if needed.iter().all(|scope| principal.scopes.allows(*scope)) {
            return Ok(());
        }

        let names: Vec<&str> = needed.into_iter().map(TokenScope::as_str).collect();
        let because = format!("the token does not have the scope that this needs: {}", names.join(" "));
        let mut refused = refusal_response(StatusCode::FORBIDDEN, REFUSED, &because);
        let error = format!("error=\"insufficient_scope\", scope=\"{}\"", names.join(" "));
        put_challenge(&mut refused, verifier, &error);
        Err(refused)
    }

    /// Stops everything that runs, and stores it.
    pub(super) async fn end(&self) {
        match self {
            Self::Token(_, tenant) => tenant.end().await,
            Self::Issued(_, tenants) => tenants.end().await,
        }
    }
}

/// The token of a request; one in its address is none, since addresses end up in logs.
fn bearer_of(request: &Request) -> Option<&[u8]> {
    let given = request.headers().get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = given.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}

fn unauthorized_response() -> Response {
    let help = format!(
        "send the server's token as Authorization: Bearer ...; it was printed at start, or is in {TOKEN_VARIABLE}\n"
    );
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer realm=\"routewarden\"")], help).into_response()
}

/// Says where a token is to be had. Only whoever sent one is told that it is no good (RFC 6750, section 3.1).
fn challenge(verifier: &TokenVerifier, sent_one: bool) -> Box<Response> {
    let because = "the server needs a token that was issued for it; its metadata name the authorization server";
    let mut refused = refusal_response(StatusCode::UNAUTHORIZED, REFUSED, because);
    let scopes = TokenScope::ALL.map(TokenScope::as_str).join(" ");
    let error = if sent_one { "error=\"invalid_token\", " } else { "" };
    put_challenge(&mut refused, verifier, &format!("{error}scope=\"{scopes}\""));
    refused
}

fn put_challenge(response: &mut Response, verifier: &TokenVerifier, what: &str) {
    let at = metadata_address(verifier.resource());
    // The resource is of the command line, and may hold what no header can.
    if let Ok(value) = HeaderValue::from_str(&format!("Bearer {what}, resource_metadata=\"{at}\"")) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
}

/// `https://scanner.example/mcp` has its metadata at `https://scanner.example/.well-known/oauth-protected-resource/mcp`.
fn metadata_address(resource: &str) -> String {
    let after_scheme = resource.find("://").map_or(0, |at| at + 3);
    let (start, rest) = resource.split_at(after_scheme);
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    format!("{start}{host}{METADATA_PATH}{}", path.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_lie_between_host_and_path() {
        let of = metadata_address;
        assert_eq!(of("https://a.example/mcp"), "https://a.example/.well-known/oauth-protected-resource/mcp");
        assert_eq!(of("http://127.0.0.1:8899/"), "http://127.0.0.1:8899/.well-known/oauth-protected-resource");
    }
}
