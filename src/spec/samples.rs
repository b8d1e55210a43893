//! Example values that fit a schema, as small as it allows and the same for the same seed.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value, json};

use crate::model::{AdditionalProperties, Api, BodyContent, JsonType, Operation, Parameter, Place, Schema, SchemaId};

use super::effect::takes_password;
use super::fits::{fits_merged, fits_schema, is_of};
use super::merged::{Merged, merge_schema};
use super::strings::{self, as_count};

/// How deep values are made; what must stand deeper is as empty as its type allows.
const MAX_DEPTH: usize = 12;
/// The most values of one sample.
const MAX_VALUES: usize = 5000;
/// The most optional members of one object.
const MAX_OPTIONAL: usize = 40;

/// Makes example values for the parameters and bodies of one API.
///
/// A value holds what is required and what the document gives an example or default for; read-only members are left
/// out. An outermost object of which nothing is required and nothing exemplified gets its plain members, because an
/// empty one is rarely what the author meant. Examples that do not fit their own schema are not used.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'a> {
    api: &'a Api,
    seed: u64,
}

/// The state of making one value.
struct SampleState {
    depth: usize,
    left: usize,
    /// Schemas around the one that is made.
    around: Vec<SchemaId>,
    /// Position in the innermost list, so that items differ.
    turn: usize,
}

impl<'a> Samples<'a> {
    /// Samples for this API; equal seeds give equal values.
    pub fn new(api: &'a Api, seed: u64) -> Self {
        Self { api, seed }
    }

    /// A value that fits a schema.
    pub fn value(&self, schema: SchemaId) -> Value {
        let mut making = SampleState { depth: 0, left: MAX_VALUES, around: Vec::new(), turn: 0 };
        self.make(schema, &mut making)
    }

    /// A text that fits a schema; another `turn` gives another one where the schema leaves room for it.
    pub fn text(&self, schema: &Schema, turn: usize) -> String {
        strings::sample_text(schema, self.seed, turn)
    }

    /// A value for a parameter: its own example where that fits, or else one that its schema allows. Never empty in
    /// paths.
    pub fn parameter(&self, parameter: &Parameter) -> Value {
        let fits = |example: &Value| parameter.schema.is_none_or(|id| fits_schema(&self.api.schemas, example, id));
        let own = parameter.example.clone();
        let own =
            own.and_then(|example| if fits(&example) { Some(example) } else { respell_scalar(&example).filter(fits) });
        let value = match (own, parameter.schema) {
            (Some(example), _) => example,
            (None, Some(schema)) => self.value(schema),
            (None, None) => json!("1"),
        };
        match value {
            Value::String(text) if text.is_empty() && parameter.required => json!("1"),
            Value::Null if parameter.required => json!("1"),
            other => other,
        }
    }

    /// Values of all parameters that an operation must be sent, by place and name. None is made up for a password: a
    /// request that sets one would lock its caller out.
    pub fn required(&self, operation: &Operation) -> BTreeMap<(Place, String), Value> {
        let required =
            operation.parameters.iter().filter(|parameter| parameter.required && !takes_password(&parameter.name));
        required.map(|parameter| ((parameter.place, parameter.name.clone()), self.parameter(parameter))).collect()
    }

    /// A value for a body: its own example where that fits, or else one that its schema allows.
    pub fn body(&self, content: &BodyContent) -> Value {
        match (&content.example, content.schema) {
            (Some(example), None) => example.clone(),
            (Some(example), Some(id)) => {
                let example = self.without_read_only(example.clone(), id, MAX_DEPTH);
                if fits_schema(&self.api.schemas, &example, id) { example } else { self.value(id) }
            }
            (None, Some(id)) => self.value(id),
            (None, None) if content.media_type.starts_with("text/") => json!("sample"),
            (None, None) => json!({}),
        }
    }

    fn make(&self, id: SchemaId, making: &mut SampleState) -> Value {
        let Some(Merged { schema, parts }) = merge_schema(&self.api.schemas, id, &making.around) else {
            return Value::Null;
        };
        // Later items of a list are made, so that they differ from the first.
        if making.turn == 0
            && let Some(offer) = self.offered(id, &schema)
        {
            return offer;
        }
        if !schema.enumeration.is_empty() {
            return enumerated_value(&schema, making.turn);
        }
        if making.depth >= MAX_DEPTH || making.left == 0 {
            return smallest_value(&schema);
        }
        making.left -= 1;
        making.depth += 1;
        // Alternatives that lead back to a schema around this one are avoided while it is made.
        let height = making.around.len();
        making.around.extend(parts);
        let value = match kind_of(&schema) {
            JsonType::Null => Value::Null,
            JsonType::Boolean => json!(true),
            kind @ (JsonType::Integer | JsonType::Number) => strings::sample_number(&schema, kind, making.turn),
            JsonType::String => strings::sample_text(&schema, self.seed, making.turn).into(),
            JsonType::Array => self.list(&schema, making),
            JsonType::Object => self.object(&schema, making),
        };

        making.around.truncate(height);
        making.depth -= 1;
        value
    }

    /// The first example or default that fits.
    fn offered(&self, id: SchemaId, schema: &Schema) -> Option<Value> {
        let offers = schema.examples.iter().chain(&schema.default).filter(|offer| !offer.is_null());
        offers
            .map(|offer| self.without_read_only(offer.clone(), id, MAX_DEPTH))
            .find(|offer| fits_merged(&self.api.schemas, offer, schema) && fits_schema(&self.api.schemas, offer, id))
    }

    fn list(&self, schema: &Schema, making: &mut SampleState) -> Value {
        let least = as_count(schema.min_items, 0);
        let most = as_count(schema.max_items, usize::MAX);
        // A list of what it stands in is kept as short as it may be, or its items would hold lists again.
        let is_circle = schema.items.is_some_and(|id| making.around.contains(&id));
        let count = if is_circle { least } else { least.max(1) }.min(most.max(least)).min(MAX_VALUES);
        let turn = making.turn;
        let mut items = Vec::new();

        for index in 0..count {
            making.turn = index;
            items.push(schema.items.map_or_else(|| json!(format!("sample-{index}")), |id| self.make(id, making)));

            if making.left == 0 {
                break;
            }
        }

        making.turn = turn;
        items.into()
    }

    fn object(&self, schema: &Schema, making: &mut SampleState) -> Value {
        let mut members = Map::new();
        let mut optional = 0;
        let required: HashSet<&str> = schema.required.iter().map(String::as_str).collect();
        let declared: HashSet<&str> = schema.properties.iter().map(|(name, _)| name.as_str()).collect();

        for (name, id) in &schema.properties {
            if making.left == 0 {
                break;
            }
            let Some(property) = self.api.schemas.get(*id) else { continue };

            if property.read_only {
                continue;
            }
            if required.contains(name.as_str()) {
                members.insert(name.clone(), self.make(*id, making));
                continue;
            }
            let has_offers = property.default.is_some() || !property.examples.is_empty();

            if has_offers && optional < MAX_OPTIONAL {
                let offer = self.offered(*id, property);
                optional += usize::from(offer.is_some());
                members.extend(offer.map(|offer| (name.clone(), offer)));
            }
        }

        for name in schema.required.iter().filter(|name| !declared.contains(name.as_str())).take(making.left) {
            let value = match schema.additional {
                AdditionalProperties::Schema(id) => self.make(id, making),
                _ => json!("sample"),
            };
            members.insert(name.clone(), value);
        }

        // A map without named members gets an entry: an empty one is often refused and shows nothing.
        if members.is_empty()
            && schema.properties.is_empty()
            && let AdditionalProperties::Schema(id) = schema.additional
            && !making.around.contains(&id)
        {
            members.insert("sample".to_owned(), self.make(id, making));
        }
        if members.is_empty() && making.depth == 1 {
            self.plain_members(schema, making, &mut members);
        }
        members.into()
    }

    /// Members that are single values, for an object of which nothing else is said.
    fn plain_members(&self, schema: &Schema, making: &mut SampleState, members: &mut Map<String, Value>) {
        for (name, id) in schema.properties.iter().take(MAX_OPTIONAL) {
            let Some(property) = self.api.schemas.get(*id).filter(|property| !property.read_only) else { continue };
            let plain = !matches!(kind_of(property), JsonType::Array | JsonType::Object | JsonType::Null);

            if plain && property.all_of.is_empty() && property.one_of.is_empty() {
                members.insert(name.clone(), self.make(*id, making));
            }
        }
    }

    /// Takes read-only members out of an example.
    fn without_read_only(&self, value: Value, id: SchemaId, depth: usize) -> Value {
        let Some(depth) = depth.checked_sub(1) else { return value };
        let Some(Merged { schema, .. }) = merge_schema(&self.api.schemas, id, &[]) else { return value };

        match value {
            Value::Object(members) => {
                let property =
                    |name: &str| schema.properties.iter().find(|(known, _)| known == name).map(|(_, id)| *id);
                let kept = members.into_iter().filter_map(|(name, member)| {
                    let Some(id) = property(&name) else { return Some((name, member)) };
                    let read_only = self.api.schemas.get(id).is_some_and(|found| found.read_only);
                    (!read_only).then(|| (name, self.without_read_only(member, id, depth)))
                });
                Value::Object(kept.collect())
            }
            Value::Array(items) => match schema.items {
                Some(id) => items.into_iter().map(|item| self.without_read_only(item, id, depth)).collect(),
                None => Value::Array(items),
            },
            other => other,
        }
    }
}

/// A number or truth that was written as text, or a text that was written as a number: in an address they are equal.
fn respell_scalar(example: &Value) -> Option<Value> {
    match example {
        Value::String(text) => {
            serde_json::from_str(text).ok().filter(|value: &Value| value.is_number() || value.is_boolean())
        }
        Value::Number(_) | Value::Bool(_) => Some(example.to_string().into()),
        _ => None,
    }
}

/// A value of an enumeration: the default where it is one, or the one whose turn it is.
fn enumerated_value(schema: &Schema, turn: usize) -> Value {
    let of_type = |value: &&Value| {
        !value.is_null() && (schema.types.is_empty() || schema.types.iter().any(|kind| is_of(value, *kind)))
    };
    let fitting: Vec<&Value> = schema.enumeration.iter().filter(of_type).collect();
    let default = schema.default.as_ref().filter(|default| turn == 0 && fitting.contains(default));
    let found = default.or_else(|| fitting.get(turn % fitting.len().max(1)).copied()).or(schema.enumeration.first());

    found.cloned().unwrap_or_default()
}

/// The type to make: the first that is not null, or what the other keywords speak of.
fn kind_of(schema: &Schema) -> JsonType {
    if let Some(kind) = schema.types.iter().find(|kind| **kind != JsonType::Null).or(schema.types.first()) {
        return *kind;
    }
    let is_object = !schema.properties.is_empty() || !schema.required.is_empty();

    if is_object || matches!(schema.additional, AdditionalProperties::Schema(_)) {
        JsonType::Object
    } else if schema.items.is_some() || schema.min_items.is_some() {
        JsonType::Array
    } else if schema.minimum.is_some() || schema.maximum.is_some() || schema.multiple_of.is_some() {
        JsonType::Number
    } else {
        JsonType::String
    }
}

/// The smallest value of a type, where making must end.
fn smallest_value(schema: &Schema) -> Value {
    if schema.types.contains(&JsonType::Null) {
        return Value::Null;
    }
    match kind_of(schema) {
        JsonType::Null => Value::Null,
        JsonType::Boolean => json!(false),
        kind @ (JsonType::Integer | JsonType::Number) => strings::sample_number(schema, kind, 0),
        JsonType::String => strings::sample_text(schema, 0, 0).into(),
        JsonType::Array => json!([]),
        JsonType::Object => json!({}),
    }
}
