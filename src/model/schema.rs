//! JSON Schema as documents use it, in an arena: references are ids, so that cycles cost nothing.

use serde_json::Value;

/// A schema in a [`SchemaArena`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaId(pub u32);

/// All schemas of one document.
#[derive(Debug, Clone, Default)]
pub struct SchemaArena {
    /// Indexed by [`SchemaId`].
    pub nodes: Vec<Schema>,
}

impl SchemaArena {
    /// The schema behind an id; an id of another arena gives `None`.
    pub fn get(&self, id: SchemaId) -> Option<&Schema> {
        self.nodes.get(usize::try_from(id.0).ok()?)
    }

    /// Adds a schema.
    pub fn push(&mut self, schema: Schema) -> SchemaId {
        let id = SchemaId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(schema);
        id
    }
}

/// The types of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JsonType {
    /// `null`
    Null,
    /// `boolean`
    Boolean,
    /// `integer`
    Integer,
    /// `number`
    Number,
    /// `string`
    String,
    /// `array`
    Array,
    /// `object`
    Object,
}

/// What properties beyond the named ones may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AdditionalProperties {
    /// Anything (also when nothing is said).
    #[default]
    Any,
    /// None.
    Forbidden,
    /// Of this schema.
    Schema(SchemaId),
}

/// One schema; the parts that example values and comparisons need.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// Allowed types; empty when nothing is said. `nullable` adds [`JsonType::Null`].
    pub types: Vec<JsonType>,
    /// `format`
    pub format: Option<String>,
    /// `enum`, and `const` as an enum of one.
    pub enumeration: Vec<Value>,
    /// `default`
    pub default: Option<Value>,
    /// `example` and `examples`
    pub examples: Vec<Value>,
    /// `pattern`
    pub pattern: Option<String>,
    /// `minLength` in characters
    pub min_length: Option<u64>,
    /// `maxLength` in characters
    pub max_length: Option<u64>,
    /// `minimum`, and whether it is excluded
    pub minimum: Option<(f64, bool)>,
    /// `maximum`, and whether it is excluded
    pub maximum: Option<(f64, bool)>,
    /// `multipleOf`
    pub multiple_of: Option<f64>,
    /// `items`
    pub items: Option<SchemaId>,
    /// `minItems`
    pub min_items: Option<u64>,
    /// `maxItems`
    pub max_items: Option<u64>,
    /// `properties` in document order
    pub properties: Vec<(String, SchemaId)>,
    /// `required`
    pub required: Vec<String>,
    /// `additionalProperties`
    pub additional: AdditionalProperties,
    /// More properties than the named ones are announced: `additionalProperties: true`, `patternProperties`, or a
    /// `discriminator` whose subtypes bring their own.
    pub open: bool,
    /// `allOf`
    pub all_of: Vec<SchemaId>,
    /// `oneOf` and `anyOf`
    pub one_of: Vec<SchemaId>,
    /// `readOnly`
    pub read_only: bool,
    /// `writeOnly`
    pub write_only: bool,
}
