//! Reads the answer to introspection (GraphQL, October 2021, §4).

use serde_json::Value;

use super::schema::{FieldDef, TypeDef, TypeKind, TypeRef, TypeSystem, is_name};

/// The question whose answer is read here. Deprecated fields are served as others are, so they are asked for.
pub const INTROSPECTION_QUERY: &str = "query IntrospectionQuery{__schema{queryType{name}mutationType{name}types{kind name \
fields(includeDeprecated:true){name args{...A}type{...T}}inputFields{...A}enumValues{name}possibleTypes{name}}}}\
fragment A on __InputValue{name defaultValue type{...T}}\
fragment T on __Type{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name}}}}}}";

/// Most types that are read.
const MAX_TYPES: usize = 5_000;
/// Deepest that lists and `!` are followed.
const MAX_WRAPS: usize = 8;

/// Reads a schema from the answer, with or without `data` around it.
pub(super) fn read_introspection(answer: &Value) -> Option<TypeSystem> {
    let schema = answer.get("data").unwrap_or(answer).get("__schema")?;
    let name = |key: &str| schema.get(key)?.get("name")?.as_str().map(str::to_owned);
    let types = schema.get("types")?.as_array()?.iter().take(MAX_TYPES);
    let types = types.filter_map(|found| Some((text(found, "name")?, read_type(found)))).collect();
    Some(TypeSystem { query: name("queryType")?, mutation: name("mutationType"), types })
}

fn read_type(found: &Value) -> TypeDef {
    let kind = match found.get("kind").and_then(Value::as_str) {
        Some("OBJECT") => TypeKind::Object,
        Some("INTERFACE") => TypeKind::Interface,
        Some("UNION") => TypeKind::Union,
        Some("ENUM") => TypeKind::Enum,
        Some("INPUT_OBJECT") => TypeKind::Input,
        _ => TypeKind::Scalar,
    };
    let names = |key: &str| list(found, key).filter_map(|item| text(item, "name")).collect();
    let fields = list(found, "fields").chain(list(found, "inputFields")).filter_map(read_field).collect();
    TypeDef { kind, fields, values: names("enumValues"), possible: names("possibleTypes") }
}

fn read_field(found: &Value) -> Option<FieldDef> {
    Some(FieldDef {
        name: text(found, "name")?,
        args: list(found, "args").filter_map(read_field).collect(),
        of: read_ref(found.get("type")?, MAX_WRAPS)?,
        has_default: found.get("defaultValue").is_some_and(|value| !value.is_null()),
    })
}

fn read_ref(found: &Value, room: usize) -> Option<TypeRef> {
    let inner = || read_ref(found.get("ofType")?, room.checked_sub(1)?).map(Box::new);
    match found.get("kind").and_then(Value::as_str)? {
        "NON_NULL" => inner().map(TypeRef::NonNull),
        "LIST" => inner().map(TypeRef::List),
        _ => text(found, "name").map(TypeRef::Named),
    }
}

fn list<'a>(found: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    found.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// Returns a name that GraphQL allows; nothing else may come into a question.
fn text(found: &Value, key: &str) -> Option<String> {
    found.get(key)?.as_str().filter(|name| is_name(name)).map(str::to_owned)
}
