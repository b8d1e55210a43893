//! AI SDK 4: messages in, coded lines out (data stream protocol v1); a text stream is raw chunks.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use super::prompt_messages;
use crate::llm::answer::ChannelKind;
use crate::llm::prompt::Prompt;

pub(super) fn build_body(prompt: &Prompt) -> Value {
    json!({"messages": prompt_messages(prompt)})
}

pub(super) fn classify_leaf(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    let (kind, name) = match leaf.event {
        "0" if keys.is_empty() => (ChannelKind::Text, "0 (text)".to_owned()),
        "g" | "i" if keys.is_empty() => (ChannelKind::Reasoning, "g (reasoning)".to_owned()),
        "9" => (ChannelKind::ToolCall, format!("9 (tool call).{}", leaf.path())),
        "c" if keys == ["argsTextDelta"] => {
            (ChannelKind::ToolCall, format!("c (tool call {}).args", leaf.text("toolCallId").unwrap_or_default()))
        }
        "a" => (ChannelKind::ToolResult, format!("a (tool result).{}", leaf.path())),
        "h" => (ChannelKind::ToolResult, "h (source)".to_owned()),
        "2" => (ChannelKind::Metadata, format!("2 (data).{}", leaf.path())),
        "8" => (ChannelKind::Metadata, format!("8 (annotations).{}", leaf.path())),
        "3" => (ChannelKind::Error, "3 (error)".to_owned()),
        _ => return None,
    };

    Some((kind, name))
}
