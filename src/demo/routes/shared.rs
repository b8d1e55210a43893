//! Public and shared things, and the operation that no scan may call.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{DemoAnswer, DemoShared};
use crate::demo::auth::{self, Care};
use crate::demo::refusal::DemoRefusal;
use crate::demo::state::{DOCUMENT, DemoApp, random_hex};

pub(super) fn router() -> Router<Arc<DemoApp>> {
    Router::new()
        .route("/openapi.json", get(read_document))
        .route("/openapi.yaml", get(document_source))
        .route("/health", get(read_health))
        .route("/public/plans", get(list_plans))
        .route("/public/plans/{plan_id}", get(read_plan))
        .route("/currencies", get(list_currencies))
        .route("/notices", get(list_notices))
        .route("/notices/{notice_id}", get(read_notice))
        .route("/maintenance/reset", get(count_reset))
}

async fn read_document(State(app): DemoShared) -> Json<Value> {
    Json(app.document.clone())
}

async fn document_source() -> Response {
    ([(header::CONTENT_TYPE, "application/yaml")], DOCUMENT).into_response()
}

/// Differs in every answer.
async fn read_health() -> Json<Value> {
    Json(json!({"status": "ok", "checked_at": jiff::Timestamp::now().to_string(), "request_id": random_hex()}))
}

/// Trap: public objects with ids.
async fn list_plans(State(app): DemoShared) -> Json<Value> {
    Json(Value::Array(app.all("plans").to_vec()))
}

async fn read_plan(State(app): DemoShared, Path(id): Path<String>) -> DemoAnswer {
    Ok(Json(app.find("plans", &id).ok_or(DemoRefusal::NotFound)?.clone()))
}

/// Trap: the document asks for a token, the server does not, and what it gives is public.
async fn list_currencies(State(app): DemoShared) -> Json<Value> {
    Json(json!({"currencies": app.all("currencies")}))
}

/// Trap: everybody who is signed in reads the same notices.
async fn list_notices(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    auth::require_account(&app, &headers, Care::Full)?;
    Ok(Json(json!({"notices": app.all("notices"), "served_at": jiff::Timestamp::now().to_string()})))
}

async fn read_notice(State(app): DemoShared, headers: HeaderMap, Path(id): Path<String>) -> DemoAnswer {
    auth::require_account(&app, &headers, Care::Full)?;
    Ok(Json(app.find("notices", &id).ok_or(DemoRefusal::NotFound)?.clone()))
}

/// Trap: a GET that changes state, open to everybody. It only counts.
async fn count_reset(State(app): DemoShared) -> Json<Value> {
    DemoApp::count(&app.resets);
    Json(json!({"reset": true}))
}
