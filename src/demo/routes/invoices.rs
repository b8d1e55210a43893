//! Invoices and quotes. Drafts can be made and thrown away; they live as long as the server.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{DemoAnswer, DemoShared};
use crate::demo::auth::{self, Care};
use crate::demo::refusal::DemoRefusal;
use crate::demo::state::{DemoApp, has_id, random_hex};

/// How many drafts the server keeps.
const MAX_DRAFTS: usize = 1000;

/// The number of the first draft.
const FIRST_DRAFT: u64 = 62001;

pub(super) fn router() -> Router<Arc<DemoApp>> {
    Router::new()
        .route("/invoices", get(list_invoices).post(create_invoice))
        .route("/invoices/{invoice_id}", get(read_invoice).delete(discard_draft))
        .route("/invoices/{invoice_id}/send", get(send_invoice))
        .route("/quotes", get(list_quotes))
        .route("/quotes/{quote_id}", get(read_quote))
}

/// A page of a list.
#[derive(Deserialize)]
struct PageQuery {
    page: Option<usize>,
    per_page: Option<usize>,
}

/// Sound; administrators see everybody's by design.
async fn list_invoices(State(app): DemoShared, headers: HeaderMap, Query(page): Query<PageQuery>) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    let everything = app.all("invoices").iter().chain(app.drafts().iter()).cloned().collect::<Vec<_>>();
    let all: Vec<Value> =
        everything.into_iter().filter(|invoice| account.is_admin() || account.owns(invoice)).collect();
    let size = page.per_page.unwrap_or(25).clamp(1, 100);
    let skip = page.page.unwrap_or(1).saturating_sub(1).saturating_mul(size);
    let total = all.len();
    let shown: Vec<Value> = all.into_iter().skip(skip).take(size).collect();
    Ok(Json(json!({
        "invoices": shown, "paging": {"total": total, "per_page": size},
        "served_at": jiff::Timestamp::now().to_string(), "request_id": random_hex(),
    })))
}

/// Weak: nobody asks whose invoice it is.
async fn read_invoice(State(app): DemoShared, headers: HeaderMap, Path(id): Path<String>) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    let draft = app.drafts().iter().find(|draft| has_id(draft, &id)).cloned();
    let invoice = draft.or_else(|| app.find("invoices", &id).cloned()).ok_or(DemoRefusal::NotFound)?;

    if app.repaired && !account.owns(&invoice) && !account.is_admin() {
        return Err(DemoRefusal::NotFound);
    }
    Ok(Json(invoice))
}

/// What a new draft is made of.
#[derive(Deserialize)]
struct NewInvoice {
    customer_id: String,
    due_on: String,
    purchase_order: Option<String>,
}

/// Sound: the draft is the caller's, for a customer of the caller's.
async fn create_invoice(
    State(app): DemoShared,
    headers: HeaderMap,
    body: Result<Json<NewInvoice>, JsonRejection>,
) -> Result<Response, DemoRefusal> {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    let Json(new) = body.map_err(|_| DemoRefusal::Invalid("customer_id and due_on are required"))?;
    let customer = app.find("customers", &new.customer_id).filter(|customer| account.owns(customer));
    let customer = customer.ok_or(DemoRefusal::Invalid("customer_id is not one of your customers"))?;
    let mut drafts = app.drafts();

    if drafts.len() >= MAX_DRAFTS {
        return Err(DemoRefusal::Invalid("there are too many drafts, discard some"));
    }
    let id = drafts.last().and_then(|draft| draft.get("id")?.as_u64()).unwrap_or(FIRST_DRAFT - 1) + 1;
    let draft = json!({
        "id": id, "number": null, "owner_id": account.id, "status": "draft", "due_on": new.due_on, "currency": "EUR",
        "customer": {"id": new.customer_id, "name": customer.get("name")}, "lines": [],
        "totals": {"net_cents": 0, "tax_rate": "0.19", "tax_cents": 0, "gross_cents": 0},
        "purchase_order": new.purchase_order, "notes": null, "archived": false,
    });

    drafts.push(draft.clone());
    Ok((StatusCode::CREATED, [(header::LOCATION, format!("/invoices/{id}"))], Json(draft)).into_response())
}

/// Sound: only the caller's drafts can be thrown away.
async fn discard_draft(
    State(app): DemoShared,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, DemoRefusal> {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    let mut drafts = app.drafts();
    let before = drafts.len();
    drafts.retain(|draft| !(has_id(draft, &id) && account.owns(draft)));

    if drafts.len() < before { Ok(StatusCode::NO_CONTENT) } else { Err(DemoRefusal::NotFound) }
}

/// Trap: a GET that acts. A scan must leave it alone.
async fn send_invoice(State(app): DemoShared, headers: HeaderMap, Path(id): Path<String>) -> DemoAnswer {
    DemoApp::count(&app.sent);
    let account = auth::require_account(&app, &headers, Care::Full)?;
    let invoice = app.find("invoices", &id).filter(|invoice| account.owns(invoice)).ok_or(DemoRefusal::NotFound)?;
    Ok(Json(json!({"invoice_id": invoice.get("id"), "sent": true})))
}

/// Sound.
async fn list_quotes(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    Ok(Json(json!({"quotes": app.owned("quotes", account)})))
}

/// Weak: an id that is not the caller's makes the handler fall over, and the client reads the backtrace.
async fn read_quote(State(app): DemoShared, headers: HeaderMap, Path(id): Path<String>) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    match app.find("quotes", &id).filter(|quote| account.owns(quote)) {
        Some(quote) => Ok(Json(quote.clone())),
        None if app.repaired => Err(DemoRefusal::NotFound),
        None => Err(DemoRefusal::Crashed {
            at: "src/quotes.rs:88:41",
            function: "ledgerly::quotes::read_quote::{{closure}}",
        }),
    }
}
