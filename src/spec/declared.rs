//! The properties that a schema names, to compare answers with the document.

use std::collections::{BTreeSet, HashSet};

use crate::model::{Api, SchemaId};

/// The most schemas that are looked at for one answer.
const MAX_VISITED: usize = 1000;

/// The names of all properties that a schema and its `allOf`, `oneOf` and `anyOf` members name. One level: not the
/// properties of properties. For a list the properties of its items.
pub fn declared_properties(api: &Api, schema: SchemaId) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut seen = HashSet::new();
    let mut open = vec![schema];
    while let Some(id) = open.pop() {
        if seen.len() >= MAX_VISITED || !seen.insert(id) {
            continue;
        }
        let Some(found) = api.schemas.get(id) else { continue };
        names.extend(found.properties.iter().map(|(name, _)| name.clone()));
        open.extend(found.all_of.iter().chain(&found.one_of));
        if found.properties.is_empty() {
            open.extend(found.items);
        }
    }
    names
}
