//! The properties that a schema names, to compare answers with the document.

use std::collections::{BTreeSet, HashSet};

use crate::model::{AdditionalProperties, Api, JsonType, Operation, Schema, SchemaId};

/// The most schemas that are looked at for one answer.
const MAX_VISITED: usize = 1000;

/// The names of all properties that a schema and its `allOf`, `oneOf` and `anyOf` members name. One level: not the
/// properties of properties. For a list the properties of its items.
pub fn declared_properties(api: &Api, schema: SchemaId) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut seen = HashSet::new();
    let mut open = vec![schema];

    while let Some(id) = open.pop() {
        if seen.len() >= MAX_VISITED || !seen.insert(id) {
            continue;
        }
        let Some(found) = api.schemas.get(id) else { continue };
        names.extend(found.properties.iter().map(|(name, _)| name.clone()));
        open.extend(found.all_of.iter().chain(&found.one_of));

        if found.properties.is_empty() {
            open.extend(found.items);
        }
    }

    names
}

/// Returns the names of the fields that the document declares for successful answers, two levels deep.
pub fn declared_of_answers(api: &Api, operation: &Operation) -> Vec<String> {
    let is_success = |status: &str| status.starts_with('2') || status.eq_ignore_ascii_case("default");
    let answers = operation.responses.iter().filter(|response| is_success(&response.status));
    let mut names = Vec::new();

    for schema in answers.flat_map(|response| response.content.iter().filter_map(|(_, schema)| *schema)) {
        names.extend(declared_properties(api, schema));
        let node = api.schemas.get(schema).into_iter();
        let inner = node.flat_map(|node| node.items.into_iter().chain(node.properties.iter().map(|(_, inner)| *inner)));

        for inner in inner {
            names.extend(declared_properties(api, inner));
            if let Some(items) = api.schemas.get(inner).and_then(|node| node.items) {
                names.extend(declared_properties(api, items));
            }
        }
    }

    names
}

/// What a document says of one place in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldDeclaration {
    /// Every field on the way there is named.
    Named,
    /// Some schema on the way lets anything stand there, or describes something else than came.
    Open,
    /// Not named: the way to the first field that is not.
    Undeclared(String),
}

/// Looks a place (`/items/*/id`, array positions as `*`) up in a schema.
pub fn declared_at(api: &Api, schema: SchemaId, path: &str) -> FieldDeclaration {
    let mut here = vec![schema];
    let mut way = String::new();

    for step in path.split('/').skip(1) {
        way.push('/');
        way.push_str(step);
        let level = DeclaredLevel::of(api, &here);
        let next =
            if step == "*" { level.items.clone() } else { level.named(&step.replace("~1", "/").replace("~0", "~")) };
        here = match next {
            next if !next.is_empty() => next,
            // A schema that describes no object, or lets others in, forbids no field.
            _ if level.open || !level.is_object => return FieldDeclaration::Open,
            // A list where an object is described: the two differ in more than a field.
            _ if step == "*" => return FieldDeclaration::Open,
            _ => return FieldDeclaration::Undeclared(way),
        };
    }

    FieldDeclaration::Named
}

/// What some schemas and their members say of one value together.
#[derive(Default)]
struct DeclaredLevel<'a> {
    properties: Vec<(&'a str, SchemaId)>,
    items: Vec<SchemaId>,
    /// Of fields that are not named.
    others: Vec<SchemaId>,
    is_object: bool,
    open: bool,
}

impl<'a> DeclaredLevel<'a> {
    fn of(api: &'a Api, schemas: &[SchemaId]) -> Self {
        let mut level = Self::default();
        let mut seen = HashSet::new();
        let mut open = schemas.to_vec();

        while let Some(id) = open.pop() {
            // What is beyond the cap may name anything.
            if seen.len() >= MAX_VISITED {
                level.open = true;
                break;
            }
            let Some(found) = api.schemas.get(id).filter(|_| seen.insert(id)) else { continue };
            level.properties.extend(found.properties.iter().map(|(name, id)| (name.as_str(), *id)));
            level.items.extend(found.items);
            level.open |= found.open;

            match found.additional {
                AdditionalProperties::Schema(id) => level.others.push(id),
                AdditionalProperties::Forbidden => level.is_object = true,
                AdditionalProperties::Any => {}
            }
            // One free alternative is enough, since the answer may be of that one.
            level.open |= found.one_of.iter().filter_map(|id| api.schemas.get(*id)).any(is_free);
            open.extend(found.all_of.iter().chain(&found.one_of));
        }

        level.is_object |= !level.properties.is_empty() || !level.others.is_empty();
        level
    }

    fn named(&self, name: &str) -> Vec<SchemaId> {
        let named: Vec<SchemaId> =
            self.properties.iter().filter(|(known, _)| *known == name).map(|(_, id)| *id).collect();
        if named.is_empty() { self.others.clone() } else { named }
    }
}

/// An alternative that any object fits.
fn is_free(schema: &Schema) -> bool {
    let no_members = schema.properties.is_empty() && schema.items.is_none();
    let no_parts = schema.all_of.is_empty() && schema.one_of.is_empty() && schema.enumeration.is_empty();
    let may_be_object = schema.types.is_empty() || schema.types.contains(&JsonType::Object);
    no_members && no_parts && may_be_object && schema.additional == AdditionalProperties::Any
}
