//! Ollama: `/api/chat` and `/api/generate`, one JSON value a line when streamed.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use super::prompt_messages;
use crate::llm::answer::ChannelKind;
use crate::llm::prompt::Prompt;

pub(super) fn build_chat_body(prompt: &Prompt, model: &str) -> Value {
    json!({"model": model, "messages": prompt_messages(prompt), "stream": prompt.stream,
           "options": {"num_predict": prompt.max_tokens}})
}

pub(super) fn build_generate_body(prompt: &Prompt, model: &str) -> Value {
    json!({"model": model, "prompt": prompt.flat(), "stream": prompt.stream,
           "options": {"num_predict": prompt.max_tokens}})
}

pub(super) fn classify_leaf(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    let (kind, name) = match keys.as_slice() {
        ["message", "content"] => (ChannelKind::Text, "message.content"),
        // Only Ollama's own answers say whether they are done: `response` alone is anybody's.
        ["response"] if leaf.root.get("done").is_some() => (ChannelKind::Text, "response"),
        ["message", "thinking"] | ["thinking"] => (ChannelKind::Reasoning, "thinking"),
        ["message", "tool_calls", "*", "function", ..] => (ChannelKind::ToolCall, "message.tool_calls"),
        ["error"] => (ChannelKind::Error, "error"),
        ["system" | "template" | "modelfile"] => (ChannelKind::Echo, "system"),
        _ => return None,
    };

    Some((kind, name.to_owned()))
}
