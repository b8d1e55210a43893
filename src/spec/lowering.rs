//! What all lowering steps share: the documents, the dialect, the issues and the schemas that are still to be lowered.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;

use crate::model::Dialect;

use super::documents::{Documents, Node};
use super::intent::Intents;
use super::issues::DocumentIssues;
use super::reference;
use super::salvage;
use super::schemas::LoweredSchemas;

/// How much one document may come to, roughly in bytes, once its references are followed.
pub(super) const ROOM: usize = 250_000_000;

/// The state of one lowering.
pub(super) struct Lowering<'d> {
    /// The document and the files that it refers to.
    pub(super) documents: &'d Documents,
    /// What the document is written in.
    pub(super) dialect: Dialect,
    /// The address that the document came from.
    pub(super) address: Option<Url>,
    /// What could not be read so far.
    pub(super) issues: DocumentIssues,
    /// How much more may be kept, roughly in bytes: references can say in a few letters what is long.
    pub(super) room: usize,
    /// Schemas lowered and to be lowered.
    pub(super) schemas: LoweredSchemas<'d>,
    /// What is said of who is meant to reach what.
    pub(super) intents: Intents<'d>,
}

impl<'d> Lowering<'d> {
    /// The value behind a value; a reference that leads nowhere is an issue with these consequences.
    pub(super) fn follow(&mut self, node: Node<'d>, follows: &str) -> Option<Node<'d>> {
        match reference::resolve_node(self.documents, node) {
            Ok(found) => Some(found),
            Err(why) => {
                self.issues.add(node, format!("{why}; {follows}"));
                None
            }
        }
    }

    /// The object behind a value; anything else is an issue.
    pub(super) fn follow_object(&mut self, node: Node<'d>, what: &str) -> Option<(Node<'d>, &'d Map<String, Value>)> {
        let node = self.follow(node, &format!("the {what} is left out"))?;
        match node.value {
            Value::Object(members) => Some((node, members)),
            other => {
                self.issues
                    .add(node, format!("a {what} must be an object, not {}; it is left out", describe_kind(other)));
                None
            }
        }
    }

    /// Reads an item with a type of the document model; what is refused becomes issues of `node`.
    pub(super) fn read<T: DeserializeOwned>(
        &mut self,
        node: Node<'d>,
        members: Map<String, Value>,
        essential: &[&str],
    ) -> Option<T> {
        match salvage::read_item::<T>(members, essential) {
            Ok(salvaged) => {
                for (key, why) in salvaged.refused {
                    self.issues.add_below(node, &key, format!("`{key}` is ignored: {why}"));
                }
                Some(salvaged.item)
            }
            Err(why) => {
                self.issues.add(node, format!("it cannot be read and is left out: {why}"));
                None
            }
        }
    }

    /// Counts something that is kept, besides its own fixed size.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.room = self.room.saturating_sub(bytes.saturating_add(200));
    }

    /// Whether references may have siblings that count (JSON Schema 2020-12).
    pub(super) fn has_siblings_of_references(&self) -> bool {
        matches!(self.dialect, Dialect::OpenApi31 | Dialect::OpenApi32)
    }
}

/// Copies these members where they are present.
pub(super) fn pick_members(members: &Map<String, Value>, keys: &[&str]) -> Map<String, Value> {
    keys.iter().filter_map(|key| Some(((*key).to_owned(), members.get(*key)?.clone()))).collect()
}

/// A value's kind, for messages.
pub(super) fn describe_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
