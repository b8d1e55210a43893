//! Reports over the caller's own business.

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
        .route("/reports/summary", get(read_summary))
        .route("/reports/aging", get(read_aging))
        .route("/reports/revenue", get(read_revenue))
        .route("/reports/tax", get(read_tax))
}

/// Weak: the token is decoded, not checked.
async fn read_summary(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::NoSignature)?;
    let count = |collection: &str| app.owned(collection, account).len();
    Ok(build_report(
        account,
        "summary",
        json!({
            "revenue": account.field("revenue"),
            "counts": {"invoices": count("invoices"), "quotes": count("quotes"), "customers": count("customers")},
        }),
    ))
}

/// Sound.
async fn read_aging(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    let buckets: Vec<Value> = app
        .owned("invoices", account)
        .iter()
        .map(|invoice| json!({"number": invoice.get("number"), "due_on": invoice.get("due_on"), "status": invoice.get("status")}))
        .collect();
    Ok(build_report(account, "aging", json!(buckets)))
}

/// Sound.
async fn read_revenue(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    Ok(build_report(account, "revenue", account.field("revenue")))
}

/// Sound.
async fn read_tax(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    let totals: Vec<Value> =
        app.owned("invoices", account).iter().filter_map(|invoice| invoice.get("totals").cloned()).collect();
    Ok(build_report(account, "tax", json!({"period": "2031-Q1", "invoices": totals})))
}

fn build_report(account: &DemoAccount, kind: &str, data: Value) -> Json<Value> {
    Json(json!({
        "report": kind, "prepared_for": account.username, "generated_at": jiff::Timestamp::now().to_string(), "data": data,
    }))
}
