//! Files and documents: sound in both versions, and easily mistaken.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{DemoAnswer, DemoShared};
use crate::demo::auth::{self, Care};
use crate::demo::refusal::DemoRefusal;
use crate::demo::state::{DemoApp, random_hex};

pub(super) fn router() -> Router<Arc<DemoApp>> {
    Router::new()
        .route("/documents", get(list_documents))
        .route("/documents/{document_id}", get(read_document))
        .route("/files", get(list_files))
        .route("/files/{file_id}", get(read_file))
}

async fn list_documents(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    Ok(Json(json!({"success": true, "documents": app.owned("documents", account)})))
}

/// Trap: the refusal has status 200.
async fn read_document(State(app): DemoShared, headers: HeaderMap, Path(id): Path<String>) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    let own = app.find("documents", &id).filter(|document| account.owns(document));
    Ok(Json(match own {
        Some(document) => json!({"success": true, "document": document, "trace": random_hex()}),
        None => json!({"success": false, "error": "this document is not available to you", "trace": random_hex()}),
    }))
}

async fn list_files(State(app): DemoShared, headers: HeaderMap) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    Ok(Json(json!({"files": app.owned("files", account).iter().map(render_file).collect::<Vec<_>>()})))
}

/// Trap: an id that can be decoded and counted up, behind a check that holds.
async fn read_file(State(app): DemoShared, headers: HeaderMap, Path(id): Path<String>) -> DemoAnswer {
    let account = auth::require_account(&app, &headers, Care::Full)?;
    let file = app.all("files").iter().find(|file| file_id(file) == id).ok_or(DemoRefusal::NotFound)?;

    if !account.owns(file) {
        return Err(DemoRefusal::Forbidden);
    }
    Ok(Json(render_file(file)))
}

fn file_id(file: &Value) -> String {
    let number = file.get("number").and_then(Value::as_i64).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(format!("file:{number}"))
}

fn render_file(file: &Value) -> Value {
    let field = |name: &str| file.get(name).cloned().unwrap_or_default();
    json!({
        "id": file_id(file), "name": field("name"), "media_type": field("media_type"), "bytes": field("bytes"),
        "uploaded_by": field("owner_id"), "uploaded_at": field("uploaded_at"), "labels": field("labels"),
    })
}
