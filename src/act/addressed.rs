//! Fields from which an object's address is made: a trial never changes them, since the object would be lost.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::bodies::Body;
use super::further::inner_object;
use crate::survey::{BARE_IDS, scalar_text, split_words};

/// Shortest text that shows where an address comes from.
const SHORTEST: usize = 4;

/// Returns true for a field that an object's address may be made from: it is an id or a slug, or a value of one is derived
/// from its value.
pub fn names_address(name: &str, present: &BTreeMap<String, Value>) -> bool {
    if is_address(name) {
        return true;
    }
    // A shorter text stands in some slug by chance.
    let Some(text) = present.get(name).and_then(Value::as_str).map(slug_of).filter(|text| text.len() >= SHORTEST)
    else {
        return false;
    };
    let addresses = present.iter().filter(|(other, _)| *other != name && is_address(other));
    let mut slugs = addresses.filter_map(|(_, value)| scalar_text(value)).map(|value| slug_of(&value));
    // Slugs are cut, or get a suffix against doubles, so either may contain the other.
    slugs.any(|slug| slug.contains(&text) || slug.len() >= SHORTEST && text.contains(&slug))
}

/// Returns true for names of what stands in addresses.
fn is_address(name: &str) -> bool {
    let parts = split_words(name);
    let last = parts.last().map(String::as_str).unwrap_or_default();
    BARE_IDS.iter().take(7).any(|id| *id == name) || matches!(last, "slug" | "permalink" | "handle")
}

/// Returns a text as an address would spell it: small letters and digits, the rest as dashes.
fn slug_of(text: &str) -> String {
    let spelled: String =
        text.chars().map(|each| if each.is_alphanumeric() { each.to_ascii_lowercase() } else { '-' }).collect();
    spelled.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// Puts what an object has into a body in place of samples.
pub fn keep_present(body: &mut Body, present: &BTreeMap<String, Value>) {
    let members: Option<&mut Map<String, Value>> = inner_object(&mut body.value);
    for (name, value) in members.into_iter().flatten() {
        // Null stands for a field that was never set, and many servers refuse it in a body.
        if let Some(now) = present.get(name).filter(|now| !now.is_null()) {
            value.clone_from(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_title_that_the_slug_repeats_is_left_alone_and_a_text_is_not() {
        let object = json!({"slug": "rwabc-my-title-17", "title": "rwabc My title", "text": "rwabcx1", "id": 17});
        let present: BTreeMap<String, Value> =
            object.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
        assert!(names_address("title", &present) && names_address("slug", &present) && names_address("id", &present));
        assert!(!names_address("text", &present) && !names_address("color", &present));
    }
}
