//! Reads one item with a type of the document model; members that the type refuses are taken out, not the item.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thiserror::Error;

/// An item as far as it could be read.
#[derive(Debug)]
pub(super) struct Salvaged<T> {
    /// The item without its refused members.
    pub(super) item: T,
    /// Refused members and the reader's words.
    pub(super) refused: Vec<(String, String)>,
}

/// Why nothing of an item can be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum ItemRefused {
    #[error("not an object")]
    NoObject,
    /// The reader's words.
    #[error("{0}")]
    Essential(String),
}

/// Reads an item. `essential` names the members without which it is nothing.
///
/// # Errors
/// The reader's words, when even the essential members are refused.
pub(super) fn read_item<T: DeserializeOwned>(
    members: Map<String, Value>,
    essential: &[&str],
) -> Result<Salvaged<T>, ItemRefused> {
    let whole = Value::Object(members);
    if let Ok(item) = T::deserialize(&whole) {
        return Ok(Salvaged { item, refused: Vec::new() });
    }
    let Value::Object(members) = whole else { return Err(ItemRefused::NoObject) };
    let (kept, optional): (Map<_, _>, Map<_, _>) =
        members.into_iter().partition(|(key, _)| essential.contains(&key.as_str()));
    let mut kept = Value::Object(kept);
    let mut item = T::deserialize(&kept).map_err(|error| ItemRefused::Essential(error_text(&error)))?;
    let mut refused = Vec::new();

    // One by one, so that each member that is refused is known by its name.
    for (key, value) in optional {
        if let Some(members) = kept.as_object_mut() {
            members.insert(key.clone(), value);
        }
        match T::deserialize(&kept) {
            Ok(more) => item = more,
            Err(error) => {
                refused.push((key.clone(), error_text(&error)));
                if let Some(members) = kept.as_object_mut() {
                    members.shift_remove(&key);
                }
            }
        }
    }

    Ok(Salvaged { item, refused })
}

fn error_text(error: &serde_json::Error) -> String {
    error.to_string().chars().take(200).collect()
}
