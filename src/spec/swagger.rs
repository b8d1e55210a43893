//! Brings the parts of Swagger 2.0 that OpenAPI 3.0 says otherwise into its shape: collection formats, bodies, forms.

use serde_json::{Map, Value};

use crate::model::{BodyContent, JsonType, RequestBody, Schema};

use super::bodies::{MAX_CONTENT, by_preference};
use super::documents::Node;
use super::lowering::Lowering;
use super::parameters::media_type;

/// `collectionFormat` as the style that equals it. Values that are no lists keep the defaults.
pub(super) fn convert_style(members: &Map<String, Value>, shape: &mut Map<String, Value>) {
    // Swagger 2.0 has neither, so that what stands there is not meant as OpenAPI 3 means it.
    shape.shift_remove("style");
    shape.shift_remove("explode");
    let in_query = members.get("in").and_then(Value::as_str) == Some("query");

    if !in_query || members.get("type").and_then(Value::as_str) != Some("array") {
        return;
    }
    let (style, explode) = match members.get("collectionFormat").and_then(Value::as_str) {
        Some("multi") => ("form", true),
        Some("ssv") => ("spaceDelimited", false),
        Some("pipes") => ("pipeDelimited", false),
        _ => ("form", false),
    };

    shape.insert("style".to_owned(), style.into());
    shape.insert("explode".to_owned(), explode.into());
}

/// The media types under `key` at an operation, or else at its document.
pub(super) fn media_types(operation: Node<'_>, root: Node<'_>, key: &str) -> Vec<String> {
    let list = |owner: Node<'_>| -> Option<Vec<String>> {
        Some(
            owner
                .value
                .get(key)?
                .as_array()?
                .iter()
                .take(MAX_CONTENT)
                .filter_map(Value::as_str)
                .map(media_type)
                .collect(),
        )
    };

    let mut found = list(operation).or_else(|| list(root)).unwrap_or_default();
    if found.is_empty() {
        found.push("application/json".to_owned());
    }
    found
}

impl<'d> Lowering<'d> {
    /// The request body that `body` and `formData` parameters stand for.
    pub(super) fn swagger_body(
        &mut self,
        parameters: &[Node<'d>],
        operation: Node<'d>,
        root: Node<'d>,
    ) -> Option<RequestBody> {
        let place = |node: &Node<'_>| node.value.get("in").and_then(Value::as_str) == Some("body");
        let consumed = media_types(operation, root, "consumes");

        // A body and form fields exclude each other (Swagger 2.0), and the body says more.
        if let Some(body) = parameters.iter().find(|node| place(node)) {
            let schema = body.get("schema").map(|schema| self.schema(schema));
            let example = self.example(*body);
            let content = |media_type: String| BodyContent { media_type, schema, example: example.clone() };
            let content = by_preference(consumed.into_iter().map(content).collect());
            return Some(RequestBody { required: is_required(*body), content });
        }

        (!parameters.is_empty()).then(|| self.form(parameters, consumed))
    }

    fn form(&mut self, fields: &[Node<'d>], consumed: Vec<String>) -> RequestBody {
        let mut schema = Schema { types: vec![JsonType::Object], ..Schema::default() };
        let mut has_file = false;

        for field in fields {
            let Some(name) = field.value.get("name").and_then(Value::as_str) else {
                self.issues.add(*field, "a form field without a name cannot be sent; it is left out");
                continue;
            };
            has_file |= field.value.get("type").and_then(Value::as_str) == Some("file");

            if is_required(*field) {
                schema.required.push(name.to_owned());
            }
            let id = self.schema(*field);
            schema.properties.push((name.to_owned(), id));
        }

        let required = !schema.required.is_empty();
        let schema = Some(self.add_schema(schema));
        let forms = ["multipart/form-data", "application/x-www-form-urlencoded"];
        let mut types: Vec<String> = consumed.into_iter().filter(|found| forms.contains(&found.as_str())).collect();

        // A file travels in multipart alone (Swagger 2.0, `type: file`).
        if has_file {
            types = vec!["multipart/form-data".to_owned()];
        } else if types.is_empty() {
            types.push("application/x-www-form-urlencoded".to_owned());
        }
        let content = types.into_iter().map(|media_type| BodyContent { media_type, schema, example: None }).collect();
        RequestBody { required, content: by_preference(content) }
    }
}

fn is_required(node: Node<'_>) -> bool {
    node.value.get("required").and_then(Value::as_bool).unwrap_or_default()
}
