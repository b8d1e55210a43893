//! Signing in, and what people see of themselves.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::{DemoAnswer, DemoShared};
use crate::demo::auth::{self, COOKIE, Care, LIFETIME_SECONDS};
use crate::demo::refusal::DemoRefusal;
use crate::demo::state::{DemoAccount, DemoApp, random_hex};

pub(super) fn router() -> Router<Arc<DemoApp>> {
    Router::new()
        .route("/login", post(log_in))
        .route("/me", get(read_own_account))
        .route("/profile", get(read_profile))
        .route("/preferences", get(read_preferences))
        .route("/notifications", get(list_notifications))
        .route("/subscriptions/current", get(read_subscription))
        .route("/subscriptions/invoices", get(subscription_invoices))
        .route("/users/{user_id}/settings", get(read_own_settings))
}

async fn log_in(State(app): DemoShared, Json(body): Json<Value>) -> Result<Response, DemoRefusal> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let (Some(username), Some(password)) = (text("username"), text("password")) else {
        return Err(DemoRefusal::Invalid("username and password are required"));
    };
    let account = app.account(username).ok_or(DemoRefusal::Unauthorized)?;

    if !bool::from(account.password.as_bytes().ct_eq(password.as_bytes())) {
        return Err(DemoRefusal::Unauthorized);
    }
    let token = auth::token_for(&app, account);
    let care = if app.repaired { "; SameSite=Lax; Secure" } else { "" };
    let cookie = format!("{COOKIE}={token}; Path=/; HttpOnly{care}");
    let body = json!({
        "access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_SECONDS,
        "user": {"id": account.id, "username": account.username, "role": account.role},
    });
    let mut response = Json(body).into_response();

    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Sound. The timestamp and the request id differ in every answer.
async fn read_own_account(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    Ok(Json(json!({
        "id": account.id, "username": account.username, "role": account.role,
        "display_name": account.field("display_name"), "email": account.field("email"),
        "time_zone": account.field("time_zone"),
        "served_at": jiff::Timestamp::now().to_string(), "request_id": random_hex(),
    })))
}

/// Weak: carries the password's hash and the secret of the second factor.
async fn read_profile(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    let mut body = json!({
        "user_id": account.id, "display_name": account.field("display_name"), "email": account.field("email"),
        "phone": account.field("phone"), "mfa": account.field("mfa"), "last_login": account.field("last_login"),
        "billing": {"plan": account.field("plan"), "card_last4": account.field("card_last4")},
    });
    if let (false, Some(body)) = (app.repaired, body.as_object_mut()) {
        body.insert("password_hash".to_owned(), json!(fake_password_hash(account)));
        body.insert("totp_secret".to_owned(), json!(format!("JBSWY3DPEHPK3PXP{}", account.id)));
    }
    Ok(Json(body))
}

/// Sound: a bearer token or the session cookie, both checked. It is what the generous CORS of the weak version gives away.
async fn read_preferences(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::browser_caller(&app, &headers)?;
    Ok(Json(json!({"username": account.username, "preferences": account.field("settings")})))
}

/// Weak: the token may have expired.
async fn list_notifications(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::NoExpiry)?;
    Ok(Json(json!({"recipient": account.field("email"), "notifications": account.field("notifications")})))
}

/// Weak: a token that says it is not signed is believed.
async fn read_subscription(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::AcceptsNone)?;
    Ok(Json(json!({
        "account": account.username, "plan": account.field("plan"), "seats": account.field("seats"),
        "renews_on": account.field("renews_on"), "payment_method": {"kind": "card", "last4": account.field("card_last4")},
    })))
}

/// Sound.
async fn subscription_invoices(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    Ok(Json(json!([{
        "account": account.username, "period": "2031-02", "plan": account.field("plan"), "renews_on": account.field("renews_on"),
    }])))
}

/// Trap: the id in the path is ignored, everybody gets their own settings.
async fn read_own_settings(State(app): DemoShared, headers: HeaderMap, Path(_user_id): Path<String>) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    Ok(Json(json!({"user_id": account.id, "settings": account.field("settings")})))
}

/// Shaped like bcrypt, made of nothing: the demo keeps no such hash.
fn fake_password_hash(account: &DemoAccount) -> String {
    let digits = account.id;
    format!("$2b$12$Kx0q7LwRz5pYvT3nGm{digits}eWb1uZ9cHs8dJf6aVqXr2tBk4oNiPy7")
}
