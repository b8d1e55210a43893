//! Makes the schemas of the wire types in the small form that is committed under `tools/`: no references, no number
//! formats, no nullable fields, descriptions for arguments only.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

use super::wire::{
    ExplainAnswer, ExplainArguments, FixAnswer, FixArguments, OwnershipAnswer, OwnershipArguments, ScanAnswer,
    ScanArguments,
};

/// Schemas nest this deep at most; the wire types are flatter by far.
const MAX_DEPTH: usize = 32;

/// The schemas of one tool as made from its wire types.
#[derive(Debug, Clone, PartialEq)]
pub struct Schemas {
    /// The tool's name.
    pub tool: &'static str,
    /// Of its arguments.
    pub input: Value,
    /// Of its answer.
    pub output: Value,
}

/// The schemas of all tools in the order of `tools/list`.
pub fn tool_schemas() -> Vec<Schemas> {
    vec![
        schemas_of::<ScanArguments, ScanAnswer>("scan_api"),
        schemas_of::<ExplainArguments, ExplainAnswer>("explain_finding"),
        schemas_of::<OwnershipArguments, OwnershipAnswer>("check_route_ownership"),
        schemas_of::<FixArguments, FixAnswer>("suggest_fix"),
    ]
}

fn schemas_of<I: JsonSchema, O: JsonSchema>(tool: &'static str) -> Schemas {
    let inline = |settings: &mut SchemaSettings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    };
    let input = SchemaSettings::draft2020_12().with(inline).into_generator().into_root_schema_for::<I>();
    let output =
        SchemaSettings::draft2020_12().with(inline).for_serialize().into_generator().into_root_schema_for::<O>();
    Schemas {
        tool,
        input: tidy_root_schema(input, Descriptions::Kept),
        output: tidy_root_schema(output, Descriptions::Dropped),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Descriptions {
    Kept,
    Dropped,
}

fn tidy_root_schema(schema: Schema, descriptions: Descriptions) -> Value {
    let mut value = schema.to_value();
    if let Some(root) = value.as_object_mut() {
        // The tool has a description of its own in `description.md`; the type's is for readers of the code.
        root.remove("description");
    }
    tidy_schema(&mut value, descriptions, 0);
    value
}

fn tidy_schema(schema: &mut Value, descriptions: Descriptions, depth: usize) {
    let Some(object) = schema.as_object_mut() else { return };
    if depth > MAX_DEPTH {
        return;
    }
    // Every session pays for each byte of the schemas, and a model gains nothing from these.
    for noise in ["$schema", "title", "format", "minimum", "maximum", "default"] {
        object.remove(noise);
    }
    if descriptions == Descriptions::Dropped {
        object.remove("description");
    }
    not_null(object);
    constants_to_enum(object);

    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(|property| tidy_schema(property, descriptions, depth + 1));
    }
    for nested in ["items", "additionalProperties"] {
        if let Some(nested) = object.get_mut(nested) {
            tidy_schema(nested, descriptions, depth + 1);
        }
    }
}

/// An optional field is left out, never `null`.
fn not_null(object: &mut Map<String, Value>) {
    let single = object
        .get("type")
        .and_then(Value::as_array)
        // More than two types are no optional field, and stay as they are.
        .and_then(|types| types.iter().find(|one| one.as_str() != Some("null")).cloned().filter(|_| types.len() == 2));
    if let Some(single) = single {
        object.insert("type".to_owned(), single);
    }
    let inner = object
        .get("anyOf")
        .and_then(Value::as_array)
        .and_then(|any| any.iter().find(|one| one.get("type").and_then(Value::as_str) != Some("null")).cloned());
    if let Some(Value::Object(inner)) = inner {
        object.remove("anyOf");
        for (key, value) in inner {
            object.entry(key).or_insert(value);
        }
    }
}

/// `oneOf` of described constants becomes one `enum`.
fn constants_to_enum(object: &mut Map<String, Value>) {
    let names = object.get("oneOf").and_then(Value::as_array).and_then(|variants| {
        variants.iter().map(|variant| variant.get("const").cloned()).collect::<Option<Vec<Value>>>()
    });
    if let Some(names) = names {
        object.remove("oneOf");
        object.insert("type".to_owned(), "string".into());
        object.insert("enum".to_owned(), Value::Array(names));
    }
}
