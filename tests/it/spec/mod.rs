//! Documents to [`routewarden::model::Api`].

mod declared;
mod effect;
mod effects_measured;
mod finding;
mod graphql;
mod hostile;
mod intent;
mod items;
mod loading;
mod overlay;
mod pairs;
mod parameters;
mod references;
mod samples;
mod security;
mod servers;

use routewarden::model::Api;
use routewarden::spec::{Base, load_text};
use serde_json::Value;

/// Loads a document that stands nowhere.
fn load(document: &Value) -> Api {
    load_text("test", &document.to_string(), Base::None).unwrap()
}

/// Issues as `pointer: message`.
fn issues(api: &Api) -> Vec<String> {
    api.issues.iter().map(|issue| format!("{}: {}", issue.at, issue.message)).collect()
}
