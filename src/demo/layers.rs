//! Headers that every answer gets: the good ones of the repaired version, and the weak version's generous CORS.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::state::DemoApp;

/// The one web application that may read the repaired version's answers with credentials.
const FRONT_END: &str = "https://app.ledgerly.example";

/// What the repaired version adds to every answer.
const HARDENED: &[(HeaderName, &str)] = &[
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// Adds the security headers, and the challenge to a 401. Does nothing in the weak version but forbid shared caching.
pub(super) async fn add_security_headers(State(app): State<Arc<DemoApp>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let denied = response.status() == StatusCode::UNAUTHORIZED;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));

    if app.repaired {
        for (name, value) in HARDENED {
            headers.insert(name.clone(), HeaderValue::from_static(value));
        }
        if denied {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"ledgerly\""));
        }
    }

    response
}

/// Answers preflights and says which origins may read: everyone in the weak version, the front end in the repaired one.
pub(super) async fn apply_cors_policy(State(app): State<Arc<DemoApp>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).filter(|origin| !app.repaired || *origin == FRONT_END).cloned();
    let preflight = request.method() == Method::OPTIONS;
    let mut response = if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("origin"));

    if let Some(origin) = origin {
        allow_origin(headers, origin);
    }
    response
}

fn allow_origin(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
}
