//! Parameters of path items and operations, merged, in every style.

use indexmap::IndexMap;
use openapiv3::{ParameterSchemaOrContent, PathStyle, QueryStyle, ReferenceOr};
use serde_json::{Map, Value, json};

use crate::model::{Dialect, JsonType, Parameter, Place, Schema, SchemaId, Style};

use super::documents::Node;
use super::lowering::{Lowering, pick_members};
use super::schemas::id_from_link;
use super::swagger;

/// The most parameters of one operation.
const MAX_PARAMETERS: usize = 1000;
/// The most names in braces of one path.
const MAX_NAMES_IN_PATH: usize = 50;
/// Header parameters that the specification tells to ignore (OpenAPI 3.0 §4.7.12).
const IGNORED_HEADERS: &[&str] = &["accept", "content-type", "authorization"];

/// What the parameter lists of an operation hold.
#[derive(Debug, Default)]
pub(super) struct MergedParameters<'d> {
    /// Parameters proper.
    pub(super) parameters: Vec<Parameter>,
    /// Swagger's `body` and `formData` parameters.
    pub(super) body: Vec<Node<'d>>,
    /// Whether a required `Authorization` header was among the ignored ones: a sign that callers must sign in.
    pub(super) wants_authorization: bool,
}

impl<'d> Lowering<'d> {
    /// Merges lists of parameters; later ones override earlier ones of the same name and place.
    pub(super) fn parameters(&mut self, lists: &[Node<'d>], path: &str, operation: Node<'d>) -> MergedParameters<'d> {
        let mut merged = MergedParameters::default();
        let mut by_name: IndexMap<(String, Place), (Node<'d>, Parameter)> = IndexMap::new();
        let mut bodies: IndexMap<String, Node<'d>> = IndexMap::new();

        for list in lists {
            let Value::Array(items) = list.value else {
                if !list.value.is_null() {
                    self.issues.add(*list, "`parameters` must be a list; it is ignored");
                }
                continue;
            };

            if items.len() > MAX_PARAMETERS {
                self.issues.add(*list, format!("only the first {MAX_PARAMETERS} parameters are read"));
            }
            for item in items.iter().take(MAX_PARAMETERS) {
                let Some((node, members)) = self.follow_object(list.with(item), "parameter") else { continue };
                let place = members.get("in").and_then(Value::as_str).unwrap_or_default();

                if self.dialect == Dialect::Swagger2 && matches!(place, "body" | "formData") {
                    let name = members.get("name").and_then(Value::as_str).unwrap_or_default();
                    bodies.insert(format!("{place} {name}"), node);
                } else if let Some(parameter) = self.parameter(node, members) {
                    self.spend(parameter.name.len());
                    if is_ignored(&parameter) {
                        merged.wants_authorization |= is_authorization(&parameter);
                    } else {
                        by_name.insert((parameter.name.clone(), parameter.place), (node, parameter));
                    }
                }
            }
        }

        merged.body = bodies.into_values().collect();
        merged.parameters = self.fit_to_path(by_name, path, operation);
        merged
    }

    /// Takes out path parameters that the path does not have and adds those that it has and nobody declared.
    fn fit_to_path(
        &mut self,
        declared: IndexMap<(String, Place), (Node<'d>, Parameter)>,
        path: &str,
        operation: Node<'d>,
    ) -> Vec<Parameter> {
        let names = names_in_path(path);
        let mut parameters = Vec::new();

        for ((name, place), (node, parameter)) in declared {
            if place == Place::Path && !names.contains(&name) {
                self.issues.add(node, format!("the path `{path}` has no `{{{name}}}`; the parameter is left out"));
            } else {
                parameters.push(parameter);
            }
        }

        for name in names {
            if !parameters.iter().any(|known| known.place == Place::Path && known.name == name) {
                self.issues
                    .add(operation, format!("the path parameter `{name}` is not declared; it is taken for a text"));
                let schema = Schema { types: vec![JsonType::String], ..Schema::default() };
                let schema = Some(self.add_schema(schema));
                parameters.push(Parameter {
                    name,
                    place: Place::Path,
                    required: true,
                    style: Style::Simple,
                    explode: false,
                    allow_reserved: false,
                    schema,
                    content_type: None,
                    example: None,
                });
            }
        }

        parameters
    }

    fn parameter(&mut self, node: Node<'d>, members: &'d Map<String, Value>) -> Option<Parameter> {
        let place = members.get("in").and_then(Value::as_str).unwrap_or_default();
        if !matches!(place, "path" | "query" | "header" | "cookie") {
            let place: String = place.chars().take(60).collect();
            self.issues.add(node, format!("parameters in `{place}` cannot be sent; it is left out"));
            return None;
        }
        let mut shape = pick_members(members, &["name", "in", "required", "style", "explode", "allowReserved"]);

        // A path parameter is always required (OpenAPI 3.0 §4.7.12), and documents forget to say so.
        if place == "path" {
            shape.insert("required".to_owned(), true.into());
        }
        let content = node.get("content").and_then(|content| content.value.as_object().map(|map| (content, map)));
        let mut content_type = None;

        if self.dialect == Dialect::Swagger2 {
            swagger::convert_style(members, &mut shape);
            shape.insert("schema".to_owned(), schema_link(self.schema(node)));
        } else if let Some(schema) = node.get("schema") {
            shape.insert("schema".to_owned(), schema_link(self.schema(schema)));
        } else if let Some((content, (name, media))) = content.and_then(|(at, map)| Some((at, map.iter().next()?))) {
            content_type = Some(media_type(name));
            let schema = content.with(media).get("schema").map(|schema| schema_link(self.schema(schema)));
            shape.insert("content".to_owned(), json!({ name: { "schema": schema } }));
        } else if members.contains_key("type") {
            self.issues.add(node, "the type stands beside the name, not in `schema`; it is read all the same");
            shape.insert("schema".to_owned(), schema_link(self.schema(node)));
        } else {
            // The model takes no parameter without a schema; this link leads to none.
            shape.insert("schema".to_owned(), json!({ "$ref": "@none" }));
        }
        let read: openapiv3::Parameter = self.read(node, shape, &["name", "in", "schema", "content"])?;
        let mut parameter = convert_parameter(read);

        if parameter.name.is_empty() {
            self.issues.add(node, "a parameter without a name cannot be sent; it is left out");
            return None;
        }
        // OpenAPI 3 has no style for tabs, so that the model cannot carry it.
        if members.get("collectionFormat").and_then(Value::as_str) == Some("tsv") {
            parameter.style = Style::TabDelimited;
        }
        parameter.content_type = content_type;
        parameter.example = self.example(node).or_else(|| {
            let (content, map) = content?;
            self.example(content.with(map.values().next()?))
        });
        Some(parameter)
    }
}

/// From the document model's parameter to this crate's.
fn convert_parameter(read: openapiv3::Parameter) -> Parameter {
    let (place, style, allow_reserved) = match &read {
        openapiv3::Parameter::Query { style, allow_reserved, .. } => {
            let style = match style {
                QueryStyle::Form => Style::Form,
                QueryStyle::SpaceDelimited => Style::SpaceDelimited,
                QueryStyle::PipeDelimited => Style::PipeDelimited,
                QueryStyle::DeepObject => Style::DeepObject,
            };

            (Place::Query, style, *allow_reserved)
        }
        openapiv3::Parameter::Path { style, .. } => {
            let style = match style {
                PathStyle::Matrix => Style::Matrix,
                PathStyle::Label => Style::Label,
                PathStyle::Simple => Style::Simple,
            };
            (Place::Path, style, false)
        }
        openapiv3::Parameter::Header { .. } => (Place::Header, Style::Simple, false),
        openapiv3::Parameter::Cookie { .. } => (Place::Cookie, Style::Form, false),
    };

    let data = read.parameter_data();
    Parameter {
        name: data.name,
        place,
        required: data.required || place == Place::Path,
        style,
        // Form and deep objects have one pair per item unless told otherwise (OpenAPI 3.0 §4.7.12.2).
        explode: data.explode.unwrap_or(matches!(style, Style::Form | Style::DeepObject)),
        allow_reserved,
        schema: match &data.format {
            ParameterSchemaOrContent::Schema(schema) => schema_id(schema),
            ParameterSchemaOrContent::Content(content) => {
                content.values().next().and_then(|media| schema_id(media.schema.as_ref()?))
            }
        },
        content_type: None,
        example: None,
    }
}

/// The id that a link carries.
pub(super) fn schema_id(schema: &ReferenceOr<openapiv3::Schema>) -> Option<SchemaId> {
    match schema {
        ReferenceOr::Reference { reference } => id_from_link(reference),
        ReferenceOr::Item(_) => None,
    }
}

/// A reference that carries an id.
pub(super) fn schema_link(id: SchemaId) -> Value {
    json!({ "$ref": format!("@{}", id.0) })
}

/// A media type in lower case without its parameters.
pub(super) fn media_type(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The names in braces in a path template, each once.
pub(super) fn names_in_path(path: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut rest = path;

    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        if names.len() >= MAX_NAMES_IN_PATH {
            break;
        }
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
        rest = after;
    }

    names
}

fn is_ignored(parameter: &Parameter) -> bool {
    parameter.place == Place::Header && IGNORED_HEADERS.iter().any(|name| parameter.name.eq_ignore_ascii_case(name))
}

fn is_authorization(parameter: &Parameter) -> bool {
    parameter.required && parameter.name.eq_ignore_ascii_case("authorization")
}
