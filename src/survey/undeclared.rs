//! Fields of an answer that the document does not declare for its status and media type.

use std::collections::{BTreeMap, BTreeSet};

use super::exposing::exposed_leaves;
use super::leaves::{Leaf, leaves_of};
use crate::model::{Api, Operation, SchemaId};
use crate::probe::Response;
use crate::spec::{FieldDeclaration, declared_at, declared_of_answers};

/// Returns the schema that the document declares for an answer.
pub fn schema_of(operation: &Operation, response: &Response) -> Option<SchemaId> {
    let sent = response.header("content-type")?.split(';').next()?.trim().to_ascii_lowercase();
    let spec = operation.response_for(response.status)?;

    // Beside a success of its own the default is what errors look like.
    let success = operation.responses.iter().any(|other| other.status.starts_with('2'));
    let meant = !(success && spec.status.eq_ignore_ascii_case("default"));
    spec.content_for(&sent).filter(|_| meant)?.1
}

/// A leaf that is not declared.
#[derive(Debug, Clone)]
pub struct UndeclaredField {
    /// The leaf.
    pub leaf: Leaf,
    /// The way to the first field that is not declared: the leaf's own, or one above it.
    pub way: String,
    /// It is itself the field that is not declared, and others beside it are.
    pub beside_declared: bool,
}

/// Returns the leaves that stand at or below a field that is not declared, without those that no answer should carry.
pub fn undeclared_fields(
    api: &Api,
    operation: &Operation,
    schema: SchemaId,
    response: &Response,
) -> Vec<UndeclaredField> {
    let all = leaves_of(response);
    let named: BTreeSet<String> =
        exposed_leaves(&all, &declared_of_answers(api, operation)).into_iter().map(|(leaf, _)| leaf.path).collect();
    // Lists repeat their paths.
    let mut known: BTreeMap<String, FieldDeclaration> = BTreeMap::new();

    for leaf in &all {
        known.entry(leaf.path.clone()).or_insert_with(|| declared_at(api, schema, &leaf.path));
    }
    let parents: BTreeSet<&str> = known
        .iter()
        .filter(|(_, place)| **place == FieldDeclaration::Named)
        .map(|(path, _)| parent_path(path))
        .collect();
    all.into_iter()
        .filter(|leaf| !named.contains(&leaf.path))
        .filter_map(|leaf| {
            let Some(FieldDeclaration::Undeclared(way)) = known.get(&leaf.path) else { return None };
            let beside_declared = field_of(&leaf.path) == *way && parents.contains(parent_path(way));
            Some(UndeclaredField { way: way.clone(), beside_declared, leaf })
        })
        .collect()
}

/// A path without the array positions at its end.
fn field_of(path: &str) -> &str {
    path.trim_end_matches("/*")
}

fn parent_path(path: &str) -> &str {
    field_of(path).rsplit_once('/').map_or("", |(before, _)| before)
}
