//! Path items and their operations.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use crate::model::{
    Dialect, Effect, Handler, HandlerRequest, Method, Operation, OperationId, Security, SecurityScheme, Server,
    SpecLocation,
};

use super::documents::Node;
use super::intent;
use super::lowering::{Lowering, describe_kind, pick_members};
use super::reference::{self, escape_token};

/// The most operations of one document: the largest that are published have a fifth of it, and each takes some thousand bytes.
const MAX_OPERATIONS: usize = 60_000;
/// The most tags of one operation.
const MAX_TAGS: usize = 50;
/// The most characters of a description that are kept as summary.
const MAX_SUMMARY: usize = 300;
/// Members of a path item that are no methods.
const OTHER_MEMBERS: &[&str] = &["$ref", "summary", "description", "servers", "parameters", "additionalOperations"];

/// What operations take from their document.
pub(super) struct Defaults<'d> {
    /// The outermost object.
    pub(super) root: Node<'d>,
    /// The declared security schemes.
    pub(super) schemes: BTreeMap<String, SecurityScheme>,
    /// The document's own `security`.
    pub(super) security: Option<Security>,
}

/// An operation of a path item.
struct MethodFound<'d> {
    method: Method,
    node: Node<'d>,
    pointer: String,
    /// It stands in the item that the path refers to.
    is_referred: bool,
}

/// A path and the layers that its item consists of: its own members, then those of the item that it refers to.
struct PathItem<'d> {
    path: String,
    pointer: String,
    layers: Vec<Node<'d>>,
}

impl<'d> PathItem<'d> {
    fn get(&self, key: &str) -> Option<Node<'d>> {
        self.layers.iter().find_map(|layer| layer.get(key))
    }
}

impl<'d> Lowering<'d> {
    /// All operations of the document in its order.
    pub(super) fn operations(&mut self, defaults: &Defaults<'d>) -> Vec<Operation> {
        let Some(paths) = defaults.root.get("paths").filter(|paths| !paths.value.is_null()) else {
            self.issues.add(defaults.root, "the document has no `paths`; there is nothing to scan");
            return Vec::new();
        };
        let Value::Object(items) = paths.value else {
            self.issues.add(
                paths,
                format!("`paths` must be an object, not {}; nothing is scanned", describe_kind(paths.value)),
            );
            return Vec::new();
        };

        let mut operations = Vec::new();
        let mut seen = HashSet::new();

        for (path, item) in items.iter().filter(|(path, _)| !path.starts_with("x-")) {
            let Some(item) = self.path_item(path, paths.with(item)) else { continue };
            for found in self.methods(&item) {
                if operations.len() >= MAX_OPERATIONS {
                    self.issues.add(paths, format!("only the first {MAX_OPERATIONS} operations are read"));
                    return operations;
                }
                if self.room == 0 {
                    let message = "the document comes to too much once its references are followed; \
                                   the operations from here on are left out";
                    self.issues.add(found.node, message);
                    return operations;
                }

                let id = OperationId(format!("{} {}", found.method, item.path));
                // A path that lacks its slash may name an operation twice; the first one stands.
                if seen.contains(&id) {
                    continue;
                }
                if let Some(operation) = self.operation(&item, found, id, defaults) {
                    seen.insert(operation.id.clone());
                    operations.push(operation);
                }
            }
        }

        if items.is_empty() {
            self.issues.add(paths, "`paths` is empty; there is nothing to scan");
        }
        operations
    }

    fn path_item(&mut self, path: &str, own: Node<'d>) -> Option<PathItem<'d>> {
        if !own.value.is_object() {
            let message =
                format!("a path item must be an object, not {}; the path is left out", describe_kind(own.value));
            self.issues.add(own, message);
            return None;
        }

        let mut layers = vec![own];
        if reference::reference_of(own.value).is_some() {
            layers.extend(self.follow(own, "operations that stand there are left out"));
        }
        let pointer = format!("#/paths/{}", escape_token(path));
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            self.issues.add(own, "a path must start with a slash; one is put before it");
            format!("/{path}")
        };
        Some(PathItem { path, pointer, layers })
    }

    /// The operations of a path item with their pointers.
    fn methods(&mut self, item: &PathItem<'d>) -> Vec<MethodFound<'d>> {
        let mut all: Vec<MethodFound<'d>> = Vec::new();
        for (depth, layer) in item.layers.iter().enumerate() {
            // A path item's own members outweigh those of the item that it refers to.
            let is_new = |all: &[MethodFound<'d>], method| !all.iter().any(|known| known.method == method);
            let found = |method, node, keys: &str| MethodFound {
                method,
                node,
                pointer: format!("{}/{keys}", item.pointer),
                is_referred: depth > 0 || reference::reference_of(node.value).is_some(),
            };

            for (key, value) in layer.value.as_object().into_iter().flatten() {
                let node = layer.with(value);
                match Method::parse(key) {
                    Some(method) if is_new(&all, method) => all.push(found(method, node, &escape_token(key))),
                    Some(_) => {}
                    None if key.starts_with("x-") || OTHER_MEMBERS.contains(&key.as_str()) => {}
                    None => {
                        let key: String = key.chars().take(60).collect();
                        self.issues.add(node, format!("`{key}` is no method; it is ignored"));
                    }
                }
            }

            let Some(more) = layer.get("additionalOperations") else { continue };
            for (key, value) in more.value.as_object().into_iter().flatten() {
                let node = more.with(value);
                match Method::parse(key) {
                    Some(method) if is_new(&all, method) => {
                        all.push(found(method, node, &format!("additionalOperations/{}", escape_token(key))));
                    }
                    Some(_) => {}
                    None => {
                        let key: String = key.chars().take(60).collect();
                        self.issues.add(node, format!("the method `{key}` is not known; the operation is left out"));
                    }
                }
            }
        }

        all
    }

    fn operation(
        &mut self,
        item: &PathItem<'d>,
        found: MethodFound<'d>,
        id: OperationId,
        defaults: &Defaults<'d>,
    ) -> Option<Operation> {
        let MethodFound { method, node: own, pointer, is_referred } = found;
        let (node, members) = self.follow_object(own, "operation")?;
        let mut shape = pick_members(members, &["tags", "summary", "description", "operationId", "deprecated"]);
        // The model of the document demands `responses`, which are read by themselves below.
        shape.insert("responses".to_owned(), json!({}));
        let read: openapiv3::Operation = self.read(node, shape, &["responses"])?;
        // The path item's parameters come first, so that the operation's own override them.
        let lists: Vec<Node<'d>> = item.get("parameters").into_iter().chain(node.get("parameters")).collect();
        let merged = self.parameters(&lists, &item.path, node);
        let body = match self.dialect {
            Dialect::Swagger2 => self.swagger_body(&merged.body, node, defaults.root),
            _ => node.get("requestBody").and_then(|body| self.request_body(body)),
        };
        let responses = self.responses(node, defaults.root);
        // The operation's own word outweighs the document's, also where it says that nothing is needed.
        let stated = self.security(node, &defaults.schemes).or_else(|| defaults.security.clone());
        let security = stated.unwrap_or(match merged.wants_authorization {
            // A required `Authorization` header where nothing else is said: sign-in is asked for, by no named scheme.
            true => Security::Required(Vec::new()),
            false => Security::Unstated,
        });
        let servers = self.operation_servers(item, node);
        let summary = read.summary.unwrap_or_default();
        let tags: Vec<String> = read.tags.into_iter().take(MAX_TAGS).collect();
        self.spend(4 * item.path.len() + pointer.len() + tags.iter().map(String::len).sum::<usize>());
        self.spend(read.operation_id.as_ref().map_or(0, String::len));
        let of_path = item.get(intent::KEY).map(|value| (value, format!("{}/{}", item.pointer, intent::KEY)));
        self.operation_intents(&id, &pointer, [own, node], of_path);
        Some(Operation {
            id,
            method,
            path: item.path.clone(),
            operation_id: read.operation_id.filter(|id| !id.is_empty()),
            summary: build_summary(summary, read.description),
            tags,
            servers,
            parameters: merged.parameters,
            body,
            responses,
            security,
            deprecated: read.deprecated,
            // Judged when all operations are known: what stands around one speaks too.
            effect: Effect::Doubtful(String::new()),
            effect_because: String::new(),
            spec: SpecLocation { pointer, line: None, is_referred },
            handler: Handler::Unread,
            request: HandlerRequest::default(),
        })
    }
}

impl<'d> Lowering<'d> {
    /// The operation's own servers, or else its path item's. Swagger has none of either.
    fn operation_servers(&mut self, item: &PathItem<'d>, node: Node<'d>) -> Vec<Server> {
        if self.dialect == Dialect::Swagger2 {
            return Vec::new();
        }
        let owners = std::iter::once(node).chain(item.layers.iter().copied());
        let servers = owners.map(|owner| self.servers(owner)).find(|found| !found.is_empty()).unwrap_or_default();
        self.spend(servers.iter().map(|server| server.url.len() + server.description.len()).sum());

        servers
    }
}

/// Joins the summary and the first paragraph of the description, cut to so many characters.
fn build_summary(summary: String, description: Option<String>) -> String {
    let summary = summary.trim();
    let description = description.unwrap_or_default();
    let first = description.trim().split("\n\n").next().unwrap_or_default();
    let text = match (summary.is_empty(), first.is_empty()) {
        (true, _) => first.to_owned(),
        (false, true) => summary.to_owned(),
        (false, false) if summary == first => summary.to_owned(),
        (false, false) => format!("{summary}\n{first}"),
    };

    match text.char_indices().nth(MAX_SUMMARY) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
