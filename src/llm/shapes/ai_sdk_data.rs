//! AI SDK 4: messages in, coded lines out (data stream protocol v1); a text stream is raw chunks.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use super::messages;
use crate::llm::answer::Kind;
use crate::llm::prompt::Prompt;

pub(super) fn request(prompt: &Prompt) -> Value {
    json!({"messages": messages(prompt)})
}

pub(super) fn place(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    let (kind, name) = match leaf.event {
        "0" if keys.is_empty() => (Kind::Text, "0 (text)".to_owned()),
        "g" | "i" if keys.is_empty() => (Kind::Reasoning, "g (reasoning)".to_owned()),
        "9" => (Kind::ToolCall, format!("9 (tool call).{}", leaf.path())),
        "c" if keys == ["argsTextDelta"] => {
            (Kind::ToolCall, format!("c (tool call {}).args", leaf.text("toolCallId").unwrap_or_default()))
        }
        "a" => (Kind::ToolResult, format!("a (tool result).{}", leaf.path())),
        "h" => (Kind::ToolResult, "h (source)".to_owned()),
        "2" => (Kind::Metadata, format!("2 (data).{}", leaf.path())),
        "8" => (Kind::Metadata, format!("8 (annotations).{}", leaf.path())),
        "3" => (Kind::Error, "3 (error)".to_owned()),
        _ => return None,
    };
    Some((kind, name))
}
