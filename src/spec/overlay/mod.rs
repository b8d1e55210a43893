//! OpenAPI Overlays 1.0 and 1.1: actions that change a document before it is lowered.

mod apply;
mod change;
mod target;
mod write;

use std::path::Path;

use serde_json::Value;

use super::error::SpecError;
use super::intent::KEY;
use super::lines::WantedLines;
use super::reading;

pub(super) use apply::AppliedOverlay;
pub use write::{OverlayNotation, OverlayUnwritten, intent_overlay};

/// The most bytes an Overlay may have.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// An Overlay as it was read. What is wrong with single actions becomes an issue of the document they are applied to.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// The file's name.
    file: String,
    actions: Vec<Value>,
    /// Where each action stands.
    lines: Vec<Option<u32>>,
}

impl Overlay {
    /// Reads an Overlay from a file.
    ///
    /// # Errors
    /// [`SpecError`] when there is no Overlay in it at all.
    pub fn read(path: &Path) -> Result<Self, SpecError> {
        let text = reading::read_text(path, MAX_BYTES)?;
        let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
        Self::parse(&name, &text)
    }

    /// Reads an Overlay from its text; `name` is what messages call it.
    ///
    /// # Errors
    /// [`SpecError`] when there is no Overlay in it at all.
    pub fn parse(name: &str, text: &str) -> Result<Self, SpecError> {
        let none = |reason: String| SpecError::NotAnOverlay { name: name.to_owned(), reason };
        let (root, notation) = reading::parse_document(name, text)?;
        let version = match root.get("overlay") {
            Some(Value::String(text)) => text.trim().to_owned(),
            // YAML reads an unquoted version as a number.
            Some(Value::Number(number)) => number.to_string(),
            _ => return Err(none("it has no `overlay: 1.0.0`".to_owned())),
        };

        if !["1.0", "1.1"].iter().any(|known| version == *known || version.starts_with(&format!("{known}."))) {
            let version: String = version.chars().take(40).collect();
            return Err(none(format!("it is written in Overlay {version}; 1.0 and 1.1 are supported")));
        }
        let Some(Value::Array(actions)) = root.get("actions") else {
            return Err(none("its `actions` are no list".to_owned()));
        };
        let pointer = |index: usize| format!("#/actions/{index}");
        let mut wanted = WantedLines::new();
        (0..actions.len()).for_each(|index| wanted.add(&pointer(index)));
        wanted.locate(text, notation);
        let lines = (0..actions.len()).map(|index| wanted.line(&pointer(index))).collect();

        Ok(Self { file: name.to_owned(), actions: actions.clone(), lines })
    }

    /// Whether all its actions state intent and change nothing else.
    pub fn states_intent_alone(&self) -> bool {
        let alone = |action: &Value| match (action.get("update").and_then(Value::as_object), action.get("remove")) {
            (Some(update), None) => update.len() == 1 && update.contains_key(KEY),
            _ => false,
        };
        self.actions.iter().all(alone)
    }

    /// Returns the file's name.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// Returns the line on which an action stands.
    pub(super) fn line(&self, action: usize) -> Option<u32> {
        self.lines.get(action).copied().flatten()
    }
}
