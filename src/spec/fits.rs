//! Whether a value that a document offers as an example fits its own schema; many do not.

use serde_json::Value;

use crate::model::{JsonType, Schema, SchemaArena, SchemaId};

use super::pattern;
use super::strings::{as_count, is_within_bounds};

/// How deep values are looked at; what lies deeper is taken to fit.
const MAX_DEPTH: usize = 10;
/// The most items and members of one value that are looked at.
const MAX_MEMBERS: usize = 200;

/// The most comparisons for one value; what is left over is taken to fit. Alternatives of alternatives multiply.
const MAX_COMPARISONS: usize = 20_000;

/// Whether a value fits a schema.
pub(super) fn fits_schema(schemas: &SchemaArena, value: &Value, id: SchemaId) -> bool {
    schemas.get(id).is_none_or(|schema| fits_merged(schemas, value, schema))
}

/// Whether a value fits a schema that may stand outside the arena.
pub(super) fn fits_merged(schemas: &SchemaArena, value: &Value, schema: &Schema) -> bool {
    Comparison { schemas, left: MAX_COMPARISONS }.fits(value, schema, MAX_DEPTH)
}

struct Comparison<'a> {
    schemas: &'a SchemaArena,
    left: usize,
}

impl Comparison<'_> {
    fn fits(&mut self, value: &Value, schema: &Schema, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return true };
        if self.left == 0 {
            return true;
        }
        self.left -= 1;
        let of_type = schema.types.is_empty() || schema.types.iter().any(|kind| is_of(value, *kind));
        // Lists of values often leave out the null that the type allows.
        let listed = schema.enumeration.is_empty() || schema.enumeration.contains(value) || value.is_null();
        of_type
            && listed
            && self.fits_itself(value, schema, depth)
            && schema.all_of.iter().all(|id| self.below(value, *id, depth))
            && (schema.one_of.is_empty() || schema.one_of.iter().any(|id| self.below(value, *id, depth)))
    }

    fn below(&mut self, value: &Value, id: SchemaId, depth: usize) -> bool {
        self.schemas.get(id).is_none_or(|schema| self.fits(value, schema, depth))
    }

    fn fits_itself(&mut self, value: &Value, schema: &Schema, depth: usize) -> bool {
        match value {
            Value::String(text) => fits_text(schema, text),
            Value::Number(number) => number.as_f64().is_none_or(|number| is_within_bounds(schema, number)),
            Value::Array(items) => {
                let least = as_count(schema.min_items, 0);
                let count = items.len() >= least && items.len() <= as_count(schema.max_items, usize::MAX);
                let mut items = items.iter().take(MAX_MEMBERS);
                count && schema.items.is_none_or(|id| items.all(|item| self.below(item, id, depth)))
            }
            Value::Object(members) => {
                // A read-only member is required in answers alone (OpenAPI 3.0, `readOnly`).
                let mut required = schema.required.iter().take(MAX_MEMBERS);
                let complete =
                    required.all(|name| members.contains_key(name) || is_read_only(self.schemas, schema, name));
                let mut properties = schema.properties.iter().take(MAX_MEMBERS);
                complete
                    && properties
                        .all(|(name, id)| members.get(name).is_none_or(|member| self.below(member, *id, depth)))
            }
            Value::Null | Value::Bool(_) => true,
        }
    }
}

/// Whether a text has the length and the form that a schema asks for; a pattern that cannot be read asks for nothing.
pub fn fits_text(schema: &Schema, text: &str) -> bool {
    let bounded = schema.min_length.is_some() || schema.max_length.is_some();
    let count = if bounded { text.chars().count() } else { 0 };
    let length =
        !bounded || (as_count(schema.min_length, 0)..=as_count(schema.max_length, usize::MAX)).contains(&count);
    length && schema.pattern.as_deref().is_none_or(|found| pattern::matches_text(found, text) != Some(false))
}

/// Whether a value is of a type.
pub(super) fn is_of(value: &Value, kind: JsonType) -> bool {
    match kind {
        JsonType::Null => value.is_null(),
        JsonType::Boolean => value.is_boolean(),
        JsonType::Integer => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|found| found.fract() == 0.0)
        }
        JsonType::Number => value.is_number(),
        JsonType::String => value.is_string(),
        JsonType::Array => value.is_array(),
        JsonType::Object => value.is_object(),
    }
}

fn is_read_only(schemas: &SchemaArena, schema: &Schema, name: &str) -> bool {
    let property = schema.properties.iter().find(|(known, _)| known == name);
    property.and_then(|(_, id)| schemas.get(*id)).is_some_and(|property| property.read_only)
}
