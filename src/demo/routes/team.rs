//! What everybody at the company may see once signed in. Nobody owns any of it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::{DemoAnswer, DemoShared};
use crate::demo::auth::{self, Care};
use crate::demo::refusal::DemoRefusal;
use crate::demo::state::DemoApp;

pub(super) fn router() -> Router<Arc<DemoApp>> {
    Router::new()
        .route("/team/members", get(list_members))
        .route("/team/holidays", get(list_holidays))
        .route("/team/offices", get(list_offices))
        .route("/team/tools", get(list_tools))
        .route("/team/activity", get(read_activity))
}

async fn list_members(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    read_team_part(&app, &headers, "members")
}

async fn list_holidays(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    read_team_part(&app, &headers, "holidays")
}

async fn list_offices(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    read_team_part(&app, &headers, "offices")
}

async fn list_tools(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    read_team_part(&app, &headers, "tools")
}

/// Weak: any bearer token opens it, nobody looks at what the token is.
async fn read_activity(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    if app.repaired {
        return read_team_part(&app, &headers, "activity");
    }
    auth::bearer_token(&headers).ok_or(DemoRefusal::Unauthorized)?;
    Ok(Json(json!({"activity": app.part("/team/activity")})))
}

fn read_team_part(app: &DemoApp, headers: &HeaderMap, name: &str) -> DemoAnswer {
    auth::require_account(app, headers, Care::Full)?;
    Ok(Json(json!({name: app.part(&format!("/team/{name}"))})))
}
