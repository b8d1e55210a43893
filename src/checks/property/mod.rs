//! Whose property.

use serde_json::Value;

use crate::checks::meta::family;
use crate::model::{clean_name, clean_text};
use crate::survey::{Leaf, Surveyed, resource_of_path, split_words};

mod handing_over;

family![mass_assignment::MassAssignment, excessive_exposure::ExcessiveExposure, undocumented_field::UndocumentedField,];

/// Returns the place of fields in a body: `body:/role, body:/plan`.
fn site_of_fields(fields: &[&String]) -> String {
    fields.iter().map(|name| format!("body:/{}", clean_name(name, 60))).collect::<Vec<_>>().join(", ")
}

/// Returns a value for sentences.
fn short_value(value: &Value) -> String {
    clean_text(&value.to_string(), 60)
}

/// Returns the cause of an exposure: routes that write out one kind of object share the code that does it.
fn cause_of(surveyed: &Surveyed, leaf: &Leaf) -> String {
    let path = &surveyed.operation.path;
    let kind = resource_of_path(path).unwrap_or_else(|| path.clone());
    format!("{} {}", clean_name(&kind, 60), split_words(&leaf.key).join("_"))
}
