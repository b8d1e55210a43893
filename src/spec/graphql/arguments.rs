//! Arguments of a field as parameters of its address: those that name an object go into the path.

use serde_json::Value;

use super::schema::{FieldDef, TypeKind, TypeSystem};
use crate::model::{GraphqlScalar, GraphqlVariable, JsonType, Parameter, Place, Schema, SchemaArena, SchemaId, Style};

/// Most optional arguments that a question takes.
const MAX_OPTIONAL: usize = 8;

/// Names of what one object is known by.
const ID_NAMES: &str = "id uuid slug number key";

/// The arguments of one field of a question.
#[derive(Debug, Clone, Default)]
pub(super) struct Arguments {
    /// `$id:ID!`
    pub(super) declared: Vec<String>,
    /// `id:$id`
    pub(super) given: Vec<String>,
    pub(super) variables: Vec<GraphqlVariable>,
    pub(super) parameters: Vec<Parameter>,
    /// The parameter that names an object, if one does.
    pub(super) slot: Option<String>,
}

/// Returns the arguments of a field; `None` where one must be given and no value can be made up for it.
pub(super) fn read_arguments(system: &TypeSystem, field: &FieldDef, schemas: &mut SchemaArena) -> Option<Arguments> {
    let mut found = Arguments::default();
    let slot = find_slot(system, field);
    for arg in &field.args {
        let is_slot = slot.as_ref().is_some_and(|(name, _)| *name == arg.name);
        let is_leaf = system.is_leaf(arg.of.name());
        match slot.as_ref().filter(|_| is_slot) {
            Some((_, inner)) => found.add_slot(system, arg, inner.as_deref(), schemas),
            None if is_leaf && (arg.is_required() || found.variables.len() < MAX_OPTIONAL) => {
                found.add_plain(system, arg, schemas);
            }
            None if arg.is_required() => return None,
            None => {}
        }
    }
    Some(found)
}

/// Returns the argument that names one object, and the field within it: `where: {id}`.
fn find_slot(system: &TypeSystem, field: &FieldDef) -> Option<(String, Option<String>)> {
    let is_id = |arg: &FieldDef| !arg.of.is_list() && names_object(system, arg);
    let required = field.args.iter().filter(|arg| arg.is_required());
    let of_one = field.args.iter().filter(|arg| !field.of.is_list() && !arg.is_required());
    if let Some(arg) = required.clone().chain(of_one).find(|arg| is_id(arg)) {
        return Some((arg.name.clone(), None));
    }
    let within = |arg: &&FieldDef| system.kind(arg.of.name()) == TypeKind::Input && !field.of.is_list();
    required.filter(within).find_map(|arg| {
        let inner = system.get(arg.of.name())?.fields.iter().find(|inner| is_id(inner))?;
        Some((arg.name.clone(), Some(inner.name.clone())))
    })
}

/// Returns whether an argument takes what one object is known by.
fn names_object(system: &TypeSystem, arg: &FieldDef) -> bool {
    let of = arg.of.name();
    let is_short = system.kind(of) == TypeKind::Scalar && !matches!(of, "Boolean" | "Float");
    let name = arg.name.to_ascii_lowercase();
    let says_so = ID_NAMES.split(' ').any(|known| known == name) || arg.name.ends_with("Id") || name.ends_with("_id");
    of == "ID" || (is_short && says_so)
}

impl Arguments {
    fn add_slot(&mut self, system: &TypeSystem, arg: &FieldDef, inner: Option<&str>, schemas: &mut SchemaArena) {
        let of = inner.and_then(|name| system.field(arg.of.name(), name)).unwrap_or(arg);
        let name = inner.unwrap_or(&arg.name).to_owned();
        let schema = schemas.push(schema_of(system, of));
        self.parameters.push(parameter(&name, Place::Path, true, Some(schema)));
        self.slot = Some(name.clone());
        self.add_variable(arg, name, inner, GraphqlScalar::of(of.of.name()));
    }

    fn add_plain(&mut self, system: &TypeSystem, arg: &FieldDef, schemas: &mut SchemaArena) {
        let mut schema = schema_of(system, arg);
        if arg.of.is_list() {
            let items = schemas.push(schema);
            schema = Schema { types: vec![JsonType::Array], items: Some(items), ..Schema::default() };
        }
        let schema = schemas.push(schema);
        self.parameters.push(parameter(&arg.name, Place::Query, arg.is_required(), Some(schema)));
        self.add_variable(arg, arg.name.clone(), None, GraphqlScalar::of(arg.of.name()));
    }

    fn add_variable(&mut self, arg: &FieldDef, parameter: String, inner: Option<&str>, kind: GraphqlScalar) {
        self.declared.push(format!("${}:{}", arg.name, arg.of.written()));
        self.given.push(format!("{0}:${0}", arg.name));
        let pointer = std::iter::once(arg.name.as_str()).chain(inner).map(str::to_owned).collect();
        self.variables.push(GraphqlVariable { parameter, pointer, kind, is_list: arg.of.is_list() });
    }
}

fn schema_of(system: &TypeSystem, arg: &FieldDef) -> Schema {
    let of = arg.of.name();
    let types = match GraphqlScalar::of(of) {
        GraphqlScalar::Int => JsonType::Integer,
        GraphqlScalar::Float => JsonType::Number,
        GraphqlScalar::Boolean => JsonType::Boolean,
        GraphqlScalar::Text => JsonType::String,
    };
    let values = system.get(of).map(|known| known.values.as_slice()).unwrap_or_default();
    let format = match of {
        "DateTime" => Some("date-time".to_owned()),
        "Date" => Some("date".to_owned()),
        "UUID" => Some("uuid".to_owned()),
        _ => None,
    };
    let enumeration = values.iter().map(|value| Value::from(value.as_str())).collect();
    Schema { types: vec![types], format, enumeration, ..Schema::default() }
}

fn parameter(name: &str, place: Place, required: bool, schema: Option<SchemaId>) -> Parameter {
    Parameter {
        name: name.to_owned(),
        place,
        required,
        style: if place == Place::Path { Style::Simple } else { Style::Form },
        explode: place == Place::Query,
        allow_reserved: false,
        schema,
        content_type: None,
        example: None,
    }
}
