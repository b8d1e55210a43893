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
        .route("/team/members", get(members))
        .route("/team/holidays", get(holidays))
        .route("/team/offices", get(offices))
        .route("/team/tools", get(tools))
        .route("/team/activity", get(activity))
}

async fn members(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    part(&app, &headers, "members")
}

async fn holidays(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    part(&app, &headers, "holidays")
}

async fn offices(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    part(&app, &headers, "offices")
}

async fn tools(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    part(&app, &headers, "tools")
}

/// Weak: any bearer token opens it, nobody looks at what the token is.
async fn activity(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    if app.repaired {
        return part(&app, &headers, "activity");
    }
    auth::bearer(&headers).ok_or(DemoRefusal::Unauthorized)?;
    Ok(Json(json!({"activity": app.part("/team/activity")})))
}

fn part(app: &DemoApp, headers: &HeaderMap, name: &str) -> DemoAnswer {
    auth::caller(app, headers, Care::Full)?;
    Ok(Json(json!({name: app.part(&format!("/team/{name}"))})))
}
