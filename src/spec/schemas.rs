//! Lowers schemas into the arena, each once per place in a document, from a queue and never by recursion.
//!
//! Every schema is brought into the shape of OpenAPI 3.0 one level deep: the schemas below it are replaced by
//! references to their ids, so that cycles and depth cost nothing and one bad schema spoils no other.

use std::collections::{HashMap, VecDeque};

use openapiv3::{AnySchema, ReferenceOr, SchemaKind, Type};
use serde_json::{Map, Value, json};

use crate::model::{AdditionalProperties, JsonType, Schema, SchemaArena, SchemaId};

use super::documents::Node;
use super::examples::{MAX_EXAMPLE, size_within_limit};
use super::lowering::{Lowering, describe_kind, pick_members};
use super::reference;

/// The most schemas of one document.
const MAX_SCHEMAS: usize = 1_000_000;
/// The most values of one enumeration.
const MAX_ENUMERATION: usize = 5000;
/// The most references from one schema name to the next.
const MAX_HOPS: usize = 64;
/// Members that are taken over as they are.
const PLAIN: &[&str] = &[
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "nullable",
    "readOnly",
    "writeOnly",
];
/// Members that mean something beside a reference.
const SIBLINGS: &[&str] = &[
    "type",
    "format",
    "enum",
    "const",
    "default",
    "example",
    "examples",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "nullable",
    "readOnly",
    "writeOnly",
    "items",
    "properties",
    "required",
    "additionalProperties",
    "allOf",
    "oneOf",
    "anyOf",
];

/// Schemas lowered and to be lowered.
#[derive(Debug, Default)]
pub(super) struct LoweredSchemas<'d> {
    arena: SchemaArena,
    known: HashMap<usize, SchemaId>,
    queue: VecDeque<(Node<'d>, SchemaId)>,
    any: Option<SchemaId>,
}

impl LoweredSchemas<'_> {
    /// The arena, once everything is lowered.
    pub(super) fn into_arena(self) -> SchemaArena {
        self.arena
    }
}

impl<'d> Lowering<'d> {
    /// The id of a schema; it is lowered when [`Lowering::lower_schemas`] comes to it.
    pub(super) fn schema(&mut self, mut node: Node<'d>) -> SchemaId {
        for _ in 0..MAX_HOPS {
            let Some(name) = reference::reference_of(node.value) else { return self.enqueue(node) };
            // Before OpenAPI 3.1 what stands beside a reference is ignored (OpenAPI 3.0 §4.7.23).
            if self.has_siblings_of_references() && SIBLINGS.iter().any(|key| node.value.get(key).is_some()) {
                return self.enqueue(node);
            }
            match reference::direct_target(self.documents, node.document, name) {
                Ok(target) => node = target,
                Err(why) => {
                    self.issues.add(node, format!("{why}; anything is taken to fit there"));
                    return self.any_schema();
                }
            }
        }

        self.issues.add(node, "references lead in a circle; anything is taken to fit there");
        self.any_schema()
    }

    /// Lowers everything that is queued, and what that refers to.
    pub(super) fn lower_schemas(&mut self) {
        while let Some((node, id)) = self.schemas.queue.pop_front() {
            let schema = self.lower_schema(node);
            if let Some(place) = usize::try_from(id.0).ok().and_then(|at| self.schemas.arena.nodes.get_mut(at)) {
                *place = schema;
            }
        }
    }

    /// A schema that was made here, of a form's fields for example.
    pub(super) fn add_schema(&mut self, schema: Schema) -> SchemaId {
        self.schemas.arena.push(schema)
    }

    fn any_schema(&mut self) -> SchemaId {
        let arena = &mut self.schemas.arena;
        *self.schemas.any.get_or_insert_with(|| arena.push(Schema::default()))
    }

    fn enqueue(&mut self, node: Node<'d>) -> SchemaId {
        if let Some(id) = self.schemas.known.get(&node.address()) {
            return *id;
        }
        if self.schemas.arena.nodes.len() >= MAX_SCHEMAS {
            if let Some(root) = self.documents.root(0) {
                let message = format!("there are more than {MAX_SCHEMAS} schemas; anything is taken to fit the rest");
                self.issues.add(root, message);
            }
            return self.any_schema();
        }

        // The id is given away before the schema is read, so that a schema may refer to itself.
        let id = self.schemas.arena.push(Schema::default());
        self.schemas.known.insert(node.address(), id);
        self.schemas.queue.push_back((node, id));
        id
    }

    fn lower_schema(&mut self, node: Node<'d>) -> Schema {
        let members = match node.value {
            Value::Object(members) => members,
            Value::Bool(_) => return Schema::default(),
            other => {
                let message =
                    format!("a schema must be an object, not {}; anything is taken to fit there", describe_kind(other));
                self.issues.add(node, message);
                return Schema::default();
            }
        };

        let types = self.types(node, members);
        let mut shape = pick_members(members, PLAIN);
        self.bounds(members, &mut shape);
        self.children(node, members, &mut shape);
        if let [JsonType::String | JsonType::Integer | JsonType::Number, ..] = types.as_slice()
            && let Some(first) = types.first()
        {
            shape.insert("type".to_owned(), name_of(*first).into());
        }
        let read = self.read::<openapiv3::Schema>(node, shape, &[]);
        let mut schema = read.map(convert_schema).unwrap_or_default();
        schema.types.splice(0..0, types);
        schema.types.dedup();
        schema.format = members.get("format").and_then(Value::as_str).map(str::to_owned);

        if members.get("type").and_then(Value::as_str) == Some("file") {
            schema.format = Some("binary".to_owned());
        }
        self.values(node, members, &mut schema);
        schema.open = is_open(members);
        schema
    }

    /// `type` in all its forms: a name, a list of names, Swagger's `file`.
    fn types(&mut self, node: Node<'d>, members: &Map<String, Value>) -> Vec<JsonType> {
        let names: Vec<&str> = match members.get("type") {
            Some(Value::String(name)) => vec![name.as_str()],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            None | Some(Value::Null) => return Vec::new(),
            Some(other) => {
                self.issues.add_below(
                    node,
                    "type",
                    format!("`type` is {}; any type is taken to fit", describe_kind(other)),
                );
                return Vec::new();
            }
        };

        let mut types = Vec::new();
        for name in names {
            match type_of(name) {
                Some(found) if types.contains(&found) => {}
                Some(found) => types.push(found),
                None => {
                    let name: String = name.chars().take(60).collect();
                    self.issues.add_below(node, "type", format!("`{name}` is no type of JSON; it is ignored"));
                }
            }
        }

        // Null last, so that the first type is the one that examples are made of.
        types.sort_by_key(|found| *found == JsonType::Null);
        types
    }

    /// OpenAPI 3.1 excludes a bound by number, 3.0 by a flag beside it.
    fn bounds(&self, members: &Map<String, Value>, shape: &mut Map<String, Value>) {
        for (excluded, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            match members.get(excluded) {
                Some(Value::Number(number)) => {
                    let exclusive = number.as_f64().unwrap_or_default();
                    let inclusive = shape.get(bound).and_then(Value::as_f64);
                    let tighter = inclusive.is_none_or(|inclusive| match bound {
                        "minimum" => exclusive >= inclusive,
                        _ => exclusive <= inclusive,
                    });
                    if tighter {
                        shape.insert(bound.to_owned(), Value::Number(number.clone()));
                        shape.insert(excluded.to_owned(), true.into());
                    }
                }
                Some(flag) => {
                    shape.insert(excluded.to_owned(), flag.clone());
                }
                None => {}
            }
        }
    }

    /// Replaces the schemas below by references to their ids.
    fn children(&mut self, node: Node<'d>, members: &'d Map<String, Value>, shape: &mut Map<String, Value>) {
        match members.get("items") {
            // A list of schemas fits item by item; the first stands for all.
            Some(Value::Array(list)) => {
                list.first().map(|first| shape.insert("items".to_owned(), self.link(node.with(first))))
            }
            Some(items) => shape.insert("items".to_owned(), self.link(node.with(items))).into(),
            None => None,
        };

        if let Some(Value::Object(properties)) = members.get("properties") {
            let linked: Map<_, _> =
                properties.iter().map(|(name, below)| (name.clone(), self.link(node.with(below)))).collect();
            shape.insert("properties".to_owned(), linked.into());
        } else if let Some(other) = members.get("properties") {
            self.issues.add_below(
                node,
                "properties",
                format!("`properties` is {}; it is ignored", describe_kind(other)),
            );
        }

        match members.get("additionalProperties") {
            Some(Value::Object(_)) => {
                let below = node.get("additionalProperties").unwrap_or(node);
                shape.insert("additionalProperties".to_owned(), self.link(below));
            }
            Some(other) => {
                shape.insert("additionalProperties".to_owned(), other.clone());
            }
            None => {}
        }

        for key in ["allOf", "oneOf", "anyOf"] {
            if let Some(Value::Array(list)) = members.get(key) {
                let linked: Vec<_> = list.iter().map(|below| self.link(node.with(below))).collect();
                shape.insert(key.to_owned(), linked.into());
            }
        }

        if let Some(name) = reference::reference_of(node.value) {
            match reference::direct_target(self.documents, node.document, name) {
                Ok(target) => {
                    // What it refers to comes first, and what stands beside the reference adds to that.
                    let link = self.link(target);
                    if let Some(list) = shape.entry("allOf").or_insert_with(|| json!([])).as_array_mut() {
                        list.insert(0, link);
                    }
                }
                Err(why) => self.issues.add(node, format!("{why}; only what stands beside it counts")),
            }
        }

        // Swagger's parameters are schemas too, with a `required` of their own.
        let is_parameter = members.contains_key("in") && members.contains_key("name");

        if let Some(required) = members.get("required").filter(|_| !is_parameter) {
            shape.insert("required".to_owned(), required.clone());
        }
    }

    fn link(&mut self, node: Node<'d>) -> Value {
        let id = self.schema(node);
        json!({ "$ref": format!("@{}", id.0) })
    }

    /// Example values, which may be anything.
    fn values(&mut self, node: Node<'d>, members: &Map<String, Value>, schema: &mut Schema) {
        if let Some(Value::Array(list)) = members.get("enum") {
            if list.len() > MAX_ENUMERATION {
                self.issues.add_below(node, "enum", format!("only the first {MAX_ENUMERATION} values are read"));
            }
            schema.enumeration.extend(list.iter().take(MAX_ENUMERATION).cloned());
        }

        if let Some(only) = members.get("const") {
            schema.enumeration = vec![only.clone()];
        }
        let small = |value: &&Value| size_within_limit(value, MAX_EXAMPLE).is_some();
        schema.default = members.get("default").filter(small).cloned();

        for key in ["example", "x-example"] {
            schema.examples.extend(members.get(key).filter(small).cloned());
        }
        match members.get("examples") {
            Some(Value::Array(list)) => schema.examples.extend(list.iter().filter(small).take(8).cloned()),
            Some(Value::Object(named)) if !members.contains_key("in") => {
                schema
                    .examples
                    .extend(named.values().filter_map(|example| example.get("value")).filter(small).take(8).cloned());
            }
            _ => {}
        }
    }
}

/// Whether a schema announces properties that it does not name. Subtypes of a `discriminator` may be listed nowhere
/// near it (OpenAPI 3.0 §4.7.24); conditions and dynamic references are not followed here.
fn is_open(members: &Map<String, Value>) -> bool {
    let announced = |key: &str| members.get(key).is_some_and(|value| value != &Value::Bool(false));
    members.get("additionalProperties") == Some(&Value::Bool(true))
        || ["patternProperties", "unevaluatedProperties", "discriminator", "if", "dependentSchemas", "$dynamicRef"]
            .iter()
            .any(|key| announced(key))
}

/// From the document model's schema to this crate's.
fn convert_schema(schema: openapiv3::Schema) -> Schema {
    let data = schema.schema_data;
    let any = flatten_kind(schema.schema_kind);
    // A sample needs one alternative that fits, be it of `oneOf` or of `anyOf`.
    let mut one_of = schema_ids(&any.one_of);
    one_of.extend(schema_ids(&any.any_of));
    Schema {
        types: if data.nullable { vec![JsonType::Null] } else { Vec::new() },
        pattern: any.pattern,
        min_length: any.min_length.map(|length| length as u64),
        max_length: any.max_length.map(|length| length as u64),
        minimum: any.minimum.map(|bound| (bound, any.exclusive_minimum.unwrap_or_default())),
        maximum: any.maximum.map(|bound| (bound, any.exclusive_maximum.unwrap_or_default())),
        // A step of zero or less is none (JSON Schema), and would be divided by.
        multiple_of: any.multiple_of.filter(|step| *step > 0.0),
        items: any.items.as_ref().and_then(id_of),
        min_items: any.min_items.map(|count| count as u64),
        max_items: any.max_items.map(|count| count as u64),
        properties: any.properties.iter().filter_map(|(name, below)| Some((name.clone(), id_of(below)?))).collect(),
        required: any.required,
        additional: match any.additional_properties {
            Some(openapiv3::AdditionalProperties::Any(false)) => AdditionalProperties::Forbidden,
            Some(openapiv3::AdditionalProperties::Schema(below)) => {
                id_of(&below).map_or(AdditionalProperties::Any, AdditionalProperties::Schema)
            }
            _ => AdditionalProperties::Any,
        },
        all_of: schema_ids(&any.all_of),
        one_of,
        read_only: data.read_only,
        write_only: data.write_only,
        ..Schema::default()
    }
}

/// The many kinds of the document model as the one that can hold them all.
fn flatten_kind(kind: SchemaKind) -> AnySchema {
    let empty = AnySchema::default();
    match kind {
        SchemaKind::Any(any) => any,
        SchemaKind::OneOf { one_of } => AnySchema { one_of, ..empty },
        SchemaKind::AllOf { all_of } => AnySchema { all_of, ..empty },
        SchemaKind::AnyOf { any_of } => AnySchema { any_of, ..empty },
        SchemaKind::Not { .. } | SchemaKind::Type(Type::Boolean(_)) => empty,
        SchemaKind::Type(Type::String(text)) => {
            AnySchema { pattern: text.pattern, min_length: text.min_length, max_length: text.max_length, ..empty }
        }
        SchemaKind::Type(Type::Number(number)) => AnySchema {
            multiple_of: number.multiple_of,
            minimum: number.minimum,
            maximum: number.maximum,
            exclusive_minimum: Some(number.exclusive_minimum),
            exclusive_maximum: Some(number.exclusive_maximum),
            ..empty
        },
        SchemaKind::Type(Type::Integer(number)) => AnySchema {
            multiple_of: number.multiple_of.map(|step| step as f64),
            minimum: number.minimum.map(|bound| bound as f64),
            maximum: number.maximum.map(|bound| bound as f64),
            exclusive_minimum: Some(number.exclusive_minimum),
            exclusive_maximum: Some(number.exclusive_maximum),
            ..empty
        },
        SchemaKind::Type(Type::Object(object)) => AnySchema {
            properties: object.properties,
            required: object.required,
            additional_properties: object.additional_properties,
            ..empty
        },
        SchemaKind::Type(Type::Array(array)) => {
            AnySchema { items: array.items, min_items: array.min_items, max_items: array.max_items, ..empty }
        }
    }
}

fn schema_ids(list: &[ReferenceOr<openapiv3::Schema>]) -> Vec<SchemaId> {
    list.iter().filter_map(id_of).collect()
}

fn id_of<T>(below: &ReferenceOr<T>) -> Option<SchemaId> {
    match below {
        ReferenceOr::Reference { reference } => id_from_link(reference),
        ReferenceOr::Item(_) => None,
    }
}

/// The id in a link that [`Lowering::schema`]'s callers made.
pub(super) fn id_from_link(reference: &str) -> Option<SchemaId> {
    reference.strip_prefix('@')?.parse().ok().map(SchemaId)
}

fn type_of(name: &str) -> Option<JsonType> {
    Some(match name {
        "null" => JsonType::Null,
        "boolean" => JsonType::Boolean,
        "integer" => JsonType::Integer,
        "number" => JsonType::Number,
        "string" | "file" => JsonType::String,
        "array" => JsonType::Array,
        "object" => JsonType::Object,
        _ => return None,
    })
}

fn name_of(found: JsonType) -> &'static str {
    match found {
        JsonType::Null => "null",
        JsonType::Boolean => "boolean",
        JsonType::Integer => "integer",
        JsonType::Number => "number",
        JsonType::String => "string",
        JsonType::Array => "array",
        JsonType::Object => "object",
    }
}
