//! Writes statements of intent as an Overlay, one action each, that says the same when it is read back.

use std::path::Path;

use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::model::{Api, IntentSubject, StatedIntent};
use crate::spec::intent::KEY;
use crate::spec::reference::unescape_token;

/// Why an Overlay cannot be written.
#[derive(Debug, Error)]
pub enum OverlayUnwritten {
    /// The writer of JSON failed.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The writer of YAML failed.
    #[error(transparent)]
    Yaml(#[from] yaml_serde::Error),
}

/// The notation of an Overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverlayNotation {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

impl OverlayNotation {
    /// Returns the notation that a file's name asks for: JSON for `.json`, else YAML.
    pub fn of_file(path: &Path) -> Self {
        let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        if is_json { Self::Json } else { Self::Yaml }
    }
}

/// Writes an Overlay. Operations are those of the API; others have no place in its document and are left out.
///
/// # Errors
/// The writer's words.
pub fn intent_overlay(
    api: &Api,
    stated: &[StatedIntent],
    notation: OverlayNotation,
) -> Result<String, OverlayUnwritten> {
    let actions: Vec<Value> = stated.iter().filter_map(|stated| build_action(api, stated)).collect();
    let title = format!("Who is meant to reach what: {}", crate::model::clean_text(&api.title, 200));
    let overlay = json!({"overlay": "1.0.0", "info": {"title": title, "version": "1.0.0"}, "actions": actions});

    match notation {
        OverlayNotation::Json => Ok(serde_json::to_string_pretty(&overlay)? + "\n"),
        OverlayNotation::Yaml => Ok(yaml_serde::to_string(&overlay)?),
    }
}

fn build_action(api: &Api, stated: &StatedIntent) -> Option<Value> {
    let is_over = api.intents.iter().any(|known| known.subject == stated.subject);
    let said = render_statement(stated, is_over);
    let at_root = || ("$".to_owned(), json!({KEY: {stated.subject.to_string(): said}}));
    let (target, update) = match &stated.subject {
        IntentSubject::Resource(_) => at_root(),
        IntentSubject::Operation(id) => {
            let operation = api.operations.iter().find(|operation| operation.id == *id)?;
            // What stands behind a reference has no place of its own in the document.
            if operation.spec.is_referred {
                at_root()
            } else {
                (jsonpath_from_pointer(&operation.spec.pointer), json!({KEY: said}))
            }
        }
    };

    Some(json!({"target": target, "update": update}))
}

/// The shortest form that says all of it. Objects are merged: over another statement, what is not said is said to be so.
fn render_statement(stated: &StatedIntent, is_over: bool) -> Value {
    let level = stated.level.to_string();
    if stated.reason.is_none() && stated.expires.is_none() {
        return Value::String(level);
    }
    let mut members = Map::new();

    if is_over {
        // Null is read as absent: it takes away what the other statement has under either name.
        members.extend(["level", "reason", "expires"].map(|key| (key.to_owned(), Value::Null)));
    }
    members.insert("policy".to_owned(), level.into());
    members.extend(stated.reason.clone().map(|reason| ("reason".to_owned(), reason.into())));
    members.extend(stated.expires.map(|last| ("expires".to_owned(), last.to_string().into())));

    Value::Object(members)
}

/// A JSON pointer as JSONPath: `#/paths/~1x/get` is `$.paths['/x'].get`.
fn jsonpath_from_pointer(pointer: &str) -> String {
    let mut query = "$".to_owned();
    for key in pointer.trim_start_matches('#').split('/').skip(1).map(unescape_token) {
        let is_plain =
            key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.chars().all(|c| c.is_ascii_alphanumeric());
        if is_plain {
            query.extend([".", &key]);
        } else {
            query.extend(["['", &escape_key(&key), "']"]);
        }
    }

    query
}

/// A name between single quotes (RFC 9535 §2.3.1.1).
fn escape_key(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for character in key.chars() {
        match character {
            '\'' | '\\' => out.extend(['\\', character]),
            control if u32::from(control) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }

    out
}
