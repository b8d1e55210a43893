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
        .route("/reports/summary", get(summary))
        .route("/reports/aging", get(aging))
        .route("/reports/revenue", get(revenue))
        .route("/reports/tax", get(tax))
}

/// Weak: the token is decoded, not checked.
async fn summary(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::caller(&app, &headers, Care::NoSignature)?;
    let count = |collection: &str| app.owned(collection, account).len();
    Ok(report(
        account,
        "summary",
        json!({
            "revenue": account.field("revenue"),
            "counts": {"invoices": count("invoices"), "quotes": count("quotes"), "customers": count("customers")},
        }),
    ))
}

/// Sound.
async fn aging(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::caller(&app, &headers, Care::Full)?;
    let buckets: Vec<Value> = app
        .owned("invoices", account)
        .iter()
        .map(|invoice| json!({"number": invoice.get("number"), "due_on": invoice.get("due_on"), "status": invoice.get("status")}))
        .collect();
    Ok(report(account, "aging", json!(buckets)))
}

/// Sound.
async fn revenue(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::caller(&app, &headers, Care::Full)?;
    Ok(report(account, "revenue", account.field("revenue")))
}

/// Sound.
async fn tax(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::caller(&app, &headers, Care::Full)?;
    let totals: Vec<Value> =
        app.owned("invoices", account).iter().filter_map(|invoice| invoice.get("totals").cloned()).collect();
    Ok(report(account, "tax", json!({"period": "2031-Q1", "invoices": totals})))
}

fn report(account: &DemoAccount, kind: &str, data: Value) -> Json<Value> {
    Json(json!({
        "report": kind, "prepared_for": account.username, "generated_at": jiff::Timestamp::now().to_string(), "data": data,
    }))
}
