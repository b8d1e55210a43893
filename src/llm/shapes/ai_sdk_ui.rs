//! AI SDK 5 and 6: UI messages with parts in, typed parts as events out.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use crate::llm::answer::ChannelKind;
use crate::llm::prompt::Prompt;

pub(super) fn build_body(prompt: &Prompt) -> Value {
    let messages: Vec<Value> = prompt
        .turns
        .iter()
        .enumerate()
        .map(|(at, turn)| {
            json!({"id": format!("msg-{at}"), "role": turn.role.as_str(), "parts": [{"type": "text", "text": turn.text}]})
        })
        .collect();
    json!({"id": "chat-1", "messages": messages, "trigger": "submit-message"})
}

pub(super) fn classify_leaf(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    // Pieces of one text share an id, by which they are joined.
    let id = leaf.text("id").or_else(|| leaf.text("toolCallId")).unwrap_or_default();
    let kind = leaf.kind();
    let (place, name) = match (kind, keys.as_slice()) {
        ("text-delta", ["delta" | "textDelta"]) => (ChannelKind::Text, "text"),
        ("reasoning-delta", ["delta"]) => (ChannelKind::Reasoning, "reasoning"),
        ("tool-input-delta", ["inputTextDelta"]) => (ChannelKind::ToolCall, "input (streamed)"),
        ("tool-input-available" | "tool-input-error", ["input", ..]) => (ChannelKind::ToolCall, "input"),
        ("tool-input-start" | "tool-input-available", ["toolName"]) => (ChannelKind::ToolCall, "toolName"),
        ("tool-output-available", ["output", ..]) => (ChannelKind::ToolResult, "output"),
        ("source-url" | "source-document" | "file", ["title" | "url" | "filename"]) => {
            (ChannelKind::ToolResult, "source")
        }
        ("error" | "tool-output-error" | "tool-input-error", ["errorText"]) => (ChannelKind::Error, "errorText"),
        (_, ["messageMetadata", ..]) => (ChannelKind::Metadata, "messageMetadata"),
        (data, ["data", ..]) if data.starts_with("data-") => (ChannelKind::Metadata, "data"),
        _ => return None,
    };

    Some((place, format!("{kind}[{id}].{name}")))
}
