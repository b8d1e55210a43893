//! AI SDK 5 and 6: UI messages with parts in, typed parts as events out.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use crate::llm::answer::Kind;
use crate::llm::prompt::Prompt;

pub(super) fn request(prompt: &Prompt) -> Value {
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

pub(super) fn place(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    let id = leaf.text("id").or_else(|| leaf.text("toolCallId")).unwrap_or_default();
    let kind = leaf.kind();
    let (place, name) = match (kind, keys.as_slice()) {
        ("text-delta", ["delta" | "textDelta"]) => (Kind::Text, "text"),
        ("reasoning-delta", ["delta"]) => (Kind::Reasoning, "reasoning"),
        ("tool-input-delta", ["inputTextDelta"]) => (Kind::ToolCall, "input (streamed)"),
        ("tool-input-available" | "tool-input-error", ["input", ..]) => (Kind::ToolCall, "input"),
        ("tool-input-start" | "tool-input-available", ["toolName"]) => (Kind::ToolCall, "toolName"),
        ("tool-output-available", ["output", ..]) => (Kind::ToolResult, "output"),
        ("source-url" | "source-document" | "file", ["title" | "url" | "filename"]) => (Kind::ToolResult, "source"),
        ("error" | "tool-output-error" | "tool-input-error", ["errorText"]) => (Kind::Error, "errorText"),
        (_, ["messageMetadata", ..]) => (Kind::Metadata, "messageMetadata"),
        (data, ["data", ..]) if data.starts_with("data-") => (Kind::Metadata, "data"),
        _ => return None,
    };
    Some((place, format!("{kind}[{id}].{name}")))
}
