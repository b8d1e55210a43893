//! Customers with their contacts and notes: parents and children.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{DemoAnswer, DemoShared};
use crate::demo::auth::{self, Care};
use crate::demo::refusal::DemoRefusal;
use crate::demo::state::DemoApp;

pub(super) fn router() -> Router<Arc<DemoApp>> {
    Router::new()
        .route("/customers", get(list_customers))
        .route("/customers/{customer_id}", get(read_customer))
        .route("/customers/{customer_id}/contacts", get(list_contacts))
        .route("/customers/{customer_id}/contacts/{contact_id}", get(read_contact))
        .route("/customers/{customer_id}/notes", get(list_notes))
}

/// Sound.
async fn list_customers(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    Ok(Json(Value::Array(app.owned("customers", account))))
}

/// Sound.
async fn read_customer(State(app): DemoShared, headers: HeaderMap, Path(id): Path<String>) -> DemoAnswer {
    Ok(Json(own_customer(&app, &headers, &id)?.clone()))
}

/// Sound.
async fn list_contacts(State(app): DemoShared, headers: HeaderMap, Path(id): Path<String>) -> DemoAnswer {
    own_customer(&app, &headers, &id)?;
    Ok(Json(Value::Array(children_of_customer(&app, "contacts", &id))))
}

/// Weak: the customer must be the caller's, the contact may be anybody's.
async fn read_contact(
    State(app): DemoShared,
    headers: HeaderMap,
    Path((id, contact_id)): Path<(String, String)>,
) -> DemoAnswer {
    own_customer(&app, &headers, &id)?;
    let contact = app.find("contacts", &contact_id).ok_or(DemoRefusal::NotFound)?;

    if app.repaired && !belongs_to_customer(contact, &id) {
        return Err(DemoRefusal::NotFound);
    }
    Ok(Json(contact.clone()))
}

/// Trap: for somebody else's customer the answer is a 200 with nothing in it.
async fn list_notes(State(app): DemoShared, headers: HeaderMap, Path(id): Path<String>) -> DemoAnswer {
    match own_customer(&app, &headers, &id) {
        Ok(_) => Ok(Json(Value::Array(children_of_customer(&app, "notes", &id)))),
        Err(DemoRefusal::NotFound) => Ok(Json(json!([]))),
        Err(other) => Err(other),
    }
}

fn own_customer<'a>(app: &'a DemoApp, headers: &HeaderMap, id: &str) -> Result<&'a Value, DemoRefusal> {
    let account = auth::require_account(app, headers, Care::Full)?;
    app.find("customers", id).filter(|customer| account.owns(customer)).ok_or(DemoRefusal::NotFound)
}

fn children_of_customer(app: &DemoApp, collection: &str, customer: &str) -> Vec<Value> {
    app.all(collection).iter().filter(|child| belongs_to_customer(child, customer)).cloned().collect()
}

fn belongs_to_customer(child: &Value, customer: &str) -> bool {
    child.get("customer_id").and_then(Value::as_str) == Some(customer)
}
