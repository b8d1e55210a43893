//! Payments and receipts.

use std::sync::Arc;

use axum::extract::{Path, State};
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
        .route("/payments", get(list_payments))
        .route("/payments/{payment_id}", get(read_payment))
        .route("/receipts", get(list_receipts))
        .route("/receipts/{receipt_id}", get(read_receipt))
}

/// Weak: everybody's payments for everybody, though [`read_payment`] refuses each of them.
async fn list_payments(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    let payments = if app.repaired { app.owned("payments", account) } else { app.all("payments").to_vec() };
    Ok(Json(json!({"count": payments.len(), "payments": payments})))
}

/// Sound.
async fn read_payment(State(app): DemoShared, headers: HeaderMap, Path(id): Path<String>) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    let payment = app.find("payments", &id).filter(|payment| account.owns(payment)).ok_or(DemoRefusal::NotFound)?;
    Ok(Json(payment.clone()))
}

/// Sound.
async fn list_receipts(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    Ok(Json(json!({"receipts": app.owned("receipts", account)})))
}

/// Weak: no credential is asked for.
async fn read_receipt(State(app): DemoShared, headers: HeaderMap, Path(id): Path<String>) -> DemoAnswer {
    let receipt = app.find("receipts", &id);
    let found = if app.repaired {
        let account = auth::require_account(&app, &headers, Care::Full)?;
        receipt.filter(|receipt| account.owns(receipt))
    } else {
        receipt
    };
    Ok(Json(found.ok_or(DemoRefusal::NotFound)?.clone()))
}
