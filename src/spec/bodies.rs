//! Request bodies and responses.

use serde_json::{Map, Value, json};

use crate::model::{BodyContent, Dialect, RequestBody, ResponseSpec, SchemaId};

use super::documents::Node;
use super::lowering::{Lowering, describe_kind, pick_members};
use super::parameters::{media_type, schema_id, schema_link};
use super::reference;
use super::swagger;

/// The most media types of one body.
pub(super) const MAX_CONTENT: usize = 200;

impl<'d> Lowering<'d> {
    /// The request body of an operation of OpenAPI 3.
    pub(super) fn request_body(&mut self, node: Node<'d>) -> Option<RequestBody> {
        let (node, members) = self.follow_object(node, "request body")?;
        let mut shape = pick_members(members, &["required"]);
        shape.insert("content".to_owned(), self.content(node).into());
        let read: openapiv3::RequestBody = self.read(node, shape, &["content"])?;
        let content = node.get("content");
        let mut bodies = Vec::new();

        for (name, media) in read.content {
            // The media type may be a reference (OpenAPI 3.2).
            let own = content.and_then(|content| content.get(&name));
            let own = own.and_then(|own| reference::resolve_node(self.documents, own).ok());
            let example = own.and_then(|own| self.example(own));
            let schema = media.schema.as_ref().and_then(schema_id);
            bodies.push(BodyContent { media_type: media_type(&name), schema, example });
        }

        let content = by_preference(bodies);
        if content.is_empty() {
            self.issues.add(node, "the request body has no content type; the operation is called without a body");
            return None;
        }
        Some(RequestBody { required: read.required, content })
    }

    /// `content` with links in place of its schemas.
    fn content(&mut self, owner: Node<'d>) -> Map<String, Value> {
        let mut shape = Map::new();
        let Some(content) = owner.get("content") else { return shape };
        let Value::Object(entries) = content.value else {
            self.issues.add(
                content,
                format!("`content` must be an object, not {}; it is ignored", describe_kind(content.value)),
            );
            return shape;
        };

        if entries.len() > MAX_CONTENT {
            self.issues.add(content, format!("only the first {MAX_CONTENT} media types are read"));
        }
        for (name, media) in entries.iter().filter(|(name, _)| !name.starts_with("x-")).take(MAX_CONTENT) {
            let Some((media, _)) = self.follow_object(content.with(media), "media type") else { continue };
            let schema = media.get("schema").map(|schema| schema_link(self.schema(schema)));
            shape.insert(name.clone(), json!({ "schema": schema }));
        }
        shape
    }

    /// The responses of an operation in document order.
    pub(super) fn responses(&mut self, operation: Node<'d>, root: Node<'d>) -> Vec<ResponseSpec> {
        let Some(list) = operation.get("responses") else { return Vec::new() };
        let Value::Object(entries) = list.value else {
            if !list.value.is_null() {
                self.issues.add(
                    list,
                    format!("`responses` must be an object, not {}; it is ignored", describe_kind(list.value)),
                );
            }

            return Vec::new();
        };

        let mut responses = Vec::new();
        for (status, item) in entries.iter().filter(|(status, _)| !status.starts_with("x-")) {
            let node = list.with(item);
            let Some(status) = status_of(status) else {
                self.issues.add(node, format!("`{}` is no status; the response is left out", clip_text(status)));
                continue;
            };
            // A response that cannot be read still says that this status is expected.
            let (content, headers) = self.response(node, operation, root).unwrap_or_default();
            self.spend(50 * content.len() + headers.iter().map(String::len).sum::<usize>());
            responses.push(ResponseSpec { status, content, headers });
        }

        responses
    }

    fn response(&mut self, node: Node<'d>, operation: Node<'d>, root: Node<'d>) -> Option<(Contents, Vec<String>)> {
        let (node, members) = self.follow_object(node, "response")?;
        let headers = members.get("headers").and_then(Value::as_object);
        let headers = headers.map(|headers| headers.keys().cloned().collect()).unwrap_or_default();
        let content = match (self.dialect, node.get("schema")) {
            (Dialect::Swagger2, None) => return Some((Vec::new(), headers)),
            (Dialect::Swagger2, Some(schema)) => {
                let schema = schema_link(self.schema(schema));
                let types = swagger::media_types(operation, root, "produces");
                types.into_iter().map(|name| (name, json!({ "schema": schema }))).collect()
            }
            _ => self.content(node),
        };

        let shape: Map<String, Value> =
            [("description".to_owned(), "".into()), ("content".to_owned(), content.into())].into_iter().collect();
        let read: openapiv3::Response = self.read(node, shape, &["description"])?;
        let entries = read.content.into_iter();
        let content = entries.map(|(name, media)| (media_type(&name), media.schema.as_ref().and_then(schema_id)));

        Some((content.collect(), headers))
    }
}

type Contents = Vec<(String, Option<SchemaId>)>;

/// Sorts bodies as this scanner prefers them and keeps the first of each media type.
pub(super) fn by_preference(mut content: Vec<BodyContent>) -> Vec<BodyContent> {
    // JSON comes first: its fields can be varied one by one, and each value keeps its type.
    content.sort_by_key(|body| media_type_rank(&body.media_type));
    let mut seen = std::collections::HashSet::new();
    content.retain(|body| seen.insert(body.media_type.clone()));
    content
}

fn media_type_rank(media_type: &str) -> u8 {
    match media_type {
        "application/json" => 0,
        other if other.ends_with("+json") || other.ends_with("/json") => 1,
        "application/x-www-form-urlencoded" => 2,
        "multipart/form-data" => 3,
        other if other.starts_with("multipart/") => 4,
        other if other.starts_with("text/") => 5,
        _ => 6,
    }
}

/// `200`, `2XX` or `default`.
fn status_of(text: &str) -> Option<String> {
    if text.eq_ignore_ascii_case("default") {
        return Some("default".to_owned());
    }
    // `2xx` is often written in small letters.
    let text = text.trim().to_ascii_uppercase();
    let class = text.strip_suffix("XX").map_or(text.as_str(), |class| class);
    let is_class = class.len() == 1 && text.len() == 3;
    let digits = class.bytes().all(|byte| byte.is_ascii_digit())
        && class.starts_with(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    (digits && (is_class || (class.len() == 3 && text.len() == 3))).then_some(text)
}

fn clip_text(text: &str) -> String {
    text.chars().take(60).collect()
}
