//! What is said of a document alone.

use serde_json::json;

use super::declared_in_url;
use crate::spec::{Base, load_text};

#[test]
fn the_document_alone_makes_an_observation() {
    let parameter = json!({"name": "password", "in": "query", "schema": {"type": "string"}});
    let document = json!({
        "openapi": "3.0.3", "info": {"title": "t", "version": "1"},
        "paths": {"/login": {"post": {"parameters": [parameter], "responses": {"200": {"description": "OK"}}}}},
    });
    let api = load_text("test", &document.to_string(), Base::None).ok();
    let draft = api.and_then(|api| declared_in_url(&api, api.operations.first()?).ok());
    assert!(
        draft.is_some_and(|draft| draft.observation && draft.exchanges.is_empty() && draft.site == "query:password")
    );
}
