//! The demo's operations, a file per resource. Each weak spot branches on `App::repaired`.

mod account;
mod admin;
mod customers;
mod files;
mod invoices;
mod money;
mod reports;
mod shared;
mod team;

use std::sync::Arc;

use axum::extract::State;
use axum::{Json, Router, middleware};
use serde_json::Value;

use super::layers;
use super::refusal::DemoRefusal;
use super::state::DemoApp;

/// The state as handlers take it.
type DemoShared = State<Arc<DemoApp>>;

/// What handlers answer.
type DemoAnswer = Result<Json<Value>, DemoRefusal>;

/// The whole API with its layers.
pub(super) fn router(app: Arc<DemoApp>) -> Router {
    Router::new()
        .merge(account::router())
        .merge(admin::router())
        .merge(customers::router())
        .merge(files::router())
        .merge(invoices::router())
        .merge(money::router())
        .merge(reports::router())
        .merge(shared::router())
        .merge(team::router())
        .fallback(async || DemoRefusal::NotFound)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), layers::apply_cors_policy))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), layers::add_security_headers))
        .with_state(app)
}
