//! Invoices and quotes.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Shared};
use crate::demo::auth::{self, Care};
use crate::demo::refusal::Refusal;
use crate::demo::state::{App, nonce};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/invoices", get(list))
        .route("/invoices/{invoice_id}", get(read))
        .route("/invoices/{invoice_id}/send", get(send))
        .route("/quotes", get(quotes))
        .route("/quotes/{quote_id}", get(quote))
}

/// A page of a list.
#[derive(Deserialize)]
struct Page {
    page: Option<usize>,
    per_page: Option<usize>,
}

/// Sound; administrators see everybody's by design.
async fn list(State(app): Shared, headers: HeaderMap, Query(page): Query<Page>) -> Answer {
    let account = auth::caller(&app, &headers, Care::Full)?;
    let all = if account.is_admin() { app.all("invoices").to_vec() } else { app.owned("invoices", account) };
    let size = page.per_page.unwrap_or(25).clamp(1, 100);
    let skip = page.page.unwrap_or(1).saturating_sub(1).saturating_mul(size);
    let total = all.len();
    let shown: Vec<Value> = all.into_iter().skip(skip).take(size).collect();
    Ok(Json(json!({
        "invoices": shown, "paging": {"total": total, "per_page": size},
        "served_at": jiff::Timestamp::now().to_string(), "request_id": nonce(),
    })))
}

/// Weak: nobody asks whose invoice it is.
async fn read(State(app): Shared, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let account = auth::caller(&app, &headers, Care::Full)?;
    let invoice = app.find("invoices", &id).ok_or(Refusal::NotFound)?;
    if app.repaired && !account.owns(invoice) && !account.is_admin() {
        return Err(Refusal::NotFound);
    }
    Ok(Json(invoice.clone()))
}

/// Trap: a GET that acts. A scan must leave it alone.
async fn send(State(app): Shared, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    App::count(&app.sent);
    let account = auth::caller(&app, &headers, Care::Full)?;
    let invoice = app.find("invoices", &id).filter(|invoice| account.owns(invoice)).ok_or(Refusal::NotFound)?;
    Ok(Json(json!({"invoice_id": invoice.get("id"), "sent": true})))
}

/// Sound.
async fn quotes(State(app): Shared, headers: HeaderMap) -> Answer {
    let account = auth::caller(&app, &headers, Care::Full)?;
    Ok(Json(json!({"quotes": app.owned("quotes", account)})))
}

/// Weak: an id that is not the caller's makes the handler fall over, and the client reads the backtrace.
async fn quote(State(app): Shared, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let account = auth::caller(&app, &headers, Care::Full)?;
    match app.find("quotes", &id).filter(|quote| account.owns(quote)) {
        Some(quote) => Ok(Json(quote.clone())),
        None if app.repaired => Err(Refusal::NotFound),
        None => {
            Err(Refusal::Crashed { at: "src/quotes.rs:88:41", function: "ledgerly::quotes::read_quote::{{closure}}" })
        }
    }
}
