//! The administration.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{DemoAnswer, DemoShared};
use crate::demo::auth::{self, Care};
use crate::demo::state::{DemoAccount, DemoApp};

pub(super) fn router() -> Router<Arc<DemoApp>> {
    Router::new()
        .route("/admin/users", get(users))
        .route("/admin/audit-log", get(audit))
        .route("/admin/settings", get(settings))
        .route("/admin/usage", get(usage))
}

/// Weak: whoever is signed in, whatever the role.
async fn users(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    if app.repaired {
        auth::admin(&app, &headers)?;
    } else {
        auth::caller(&app, &headers, Care::Full)?;
    }
    let users: Vec<Value> = app.accounts.iter().map(user).collect();
    Ok(Json(json!({"total": users.len(), "users": users})))
}

/// Sound.
async fn audit(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    auth::admin(&app, &headers)?;
    Ok(Json(json!({"entries": app.part("/admin/audit")})))
}

/// Sound. The mail password is masked, which is no exposure.
async fn settings(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    auth::admin(&app, &headers)?;
    Ok(Json(app.part("/admin/settings")))
}

/// Sound.
async fn usage(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    auth::admin(&app, &headers)?;
    Ok(Json(app.part("/admin/usage")))
}

fn user(account: &DemoAccount) -> Value {
    json!({
        "id": account.id, "username": account.username, "role": account.role, "email": account.field("email"),
        "phone": account.field("phone"), "plan": account.field("plan"), "last_login": account.field("last_login"),
        "mfa": account.field("mfa"), "revenue": account.field("revenue"),
    })
}
