//! Fields that a body carries beyond its own: where they go, and which ones its document declares.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::fields::{resolve_schema, schema_fields};
use super::kinds::Acting;
use crate::model::Api;
use crate::spec::declared_properties;
use crate::survey::split_words;

/// The object of a body that its fields stand in: the body, or the one object that it wraps (`{"user": {...}}`).
pub(super) fn inner_object(value: &mut Value) -> Option<&mut Map<String, Value>> {
    let wraps = value.as_object().is_some_and(|outer| outer.len() == 1 && outer.values().all(Value::is_object));
    let outer = value.as_object_mut()?;
    if wraps { outer.values_mut().next().and_then(Value::as_object_mut) } else { Some(outer) }
}

/// The fields of a body, or of the one object that it wraps, with the JSON pointer to them.
pub(super) fn locate_inner_object(value: &Value) -> (String, Map<String, Value>) {
    let outer = value.as_object();
    match outer.and_then(|outer| outer.iter().next()).filter(|_| outer.is_some_and(|outer| outer.len() == 1)) {
        Some((name, Value::Object(inner))) => (format!("/{}", escape_pointer_step(name)), inner.clone()),
        _ => (String::new(), outer.cloned().unwrap_or_default()),
    }
}

/// A name as a step of a JSON pointer (RFC 6901).
pub(super) fn escape_pointer_step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Sees to it that a body wraps what its document says that it wraps.
pub(super) fn wrap_in_object(value: &mut Value, wrapper: Option<String>) {
    if let Some(wrapper) = wrapper
        && !value.get(&wrapper).is_some_and(Value::is_object)
    {
        *value = json!({wrapper: {}});
    }
}

/// Adds fields to a body.
pub fn add_fields(value: &mut Value, further: &Map<String, Value>) {
    if let Some(members) = inner_object(value) {
        members.extend(further.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
}

/// Takes them out again.
pub fn remove_fields(value: &mut Value, further: &Map<String, Value>) {
    if let Some(members) = inner_object(value) {
        members.retain(|name, _| !further.contains_key(name));
    }
}

/// What a body carries under a name.
pub fn value_in_body(value: &Value, name: &str) -> Option<Value> {
    let mut value = value.clone();
    inner_object(&mut value)?.get(name).cloned()
}

/// The names, as one word each, of the fields that an operation's document lets callers send; `None` where it says
/// nothing of them. What is read-only is none of them.
pub fn sendable_names(api: &Api, acting: &Acting) -> Option<BTreeSet<String>> {
    let (names, known) = declared_names(api, acting);
    known.then(|| names.iter().map(|name| split_words(name).join("")).collect())
}

/// The same as they are spelled, and whether the document names any field at all.
pub fn declared_names(api: &Api, acting: &Acting) -> (Vec<String>, bool) {
    let Some(content) = acting.content.as_ref() else { return (Vec::new(), false) };
    let mut names = BTreeSet::new();
    let mut read_only = BTreeSet::new();
    let mut open: Vec<_> = content.schema.into_iter().collect();
    // The fields of the one wrapped object count as well, since callers send them inside it.
    if let Some(schema) = content.schema
        && let [only] = schema_fields(api, schema).as_slice()
        && resolve_schema(api, only.schema).is_some_and(|schema| !schema.properties.is_empty())
    {
        open.push(only.schema);
    }
    for schema in open {
        names.extend(declared_properties(api, schema));
        // `readOnly` may stand beside a reference or in what it refers to.
        let closed = schema_fields(api, schema).into_iter().filter(|field| {
            resolve_schema(api, field.schema).is_some_and(|schema| schema.read_only)
                || api.schemas.get(field.schema).is_some_and(|schema| schema.read_only)
        });
        read_only.extend(closed.map(|field| field.name));
    }

    if let Some(mut example) = content.example.clone() {
        names.extend(inner_object(&mut example).into_iter().flatten().map(|(name, _)| name.clone()));
    }
    let known = !names.is_empty();
    (names.difference(&read_only).cloned().collect(), known)
}
