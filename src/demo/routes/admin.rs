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
        .route("/admin/users", get(list_users))
        .route("/admin/audit-log", get(read_audit_log))
        .route("/admin/settings", get(read_settings))
        .route("/admin/usage", get(read_usage))
}

/// Weak: whoever is signed in, whatever the role.
async fn list_users(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    if app.repaired {
        auth::require_admin(&app, &headers)?;
    } else {
        auth::require_account(&app, &headers, Care::Full)?;
    }
    let users: Vec<Value> = app.accounts.iter().map(render_user).collect();
    Ok(Json(json!({"total": users.len(), "users": users})))
}

/// Sound.
async fn read_audit_log(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    auth::require_admin(&app, &headers)?;
    Ok(Json(json!({"entries": app.part("/admin/audit")})))
}

/// Sound. The mail password is masked, which is no exposure.
async fn read_settings(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    auth::require_admin(&app, &headers)?;
    Ok(Json(app.part("/admin/settings")))
}

/// Sound.
async fn read_usage(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    auth::require_admin(&app, &headers)?;
    Ok(Json(app.part("/admin/usage")))
}

fn render_user(account: &DemoAccount) -> Value {
    json!({
        "id": account.id, "username": account.username, "role": account.role, "email": account.field("email"),
        "phone": account.field("phone"), "plan": account.field("plan"), "last_login": account.field("last_login"),
        "mfa": account.field("mfa"), "revenue": account.field("revenue"),
    })
}
