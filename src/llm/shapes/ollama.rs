//! Ollama: `/api/chat` and `/api/generate`, one JSON value a line when streamed.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use super::messages;
use crate::llm::answer::Kind;
use crate::llm::prompt::Prompt;

pub(super) fn chat(prompt: &Prompt, model: &str) -> Value {
    json!({"model": model, "messages": messages(prompt), "stream": prompt.stream,
           "options": {"num_predict": prompt.max_tokens}})
}

pub(super) fn generate(prompt: &Prompt, model: &str) -> Value {
    json!({"model": model, "prompt": prompt.flat(), "stream": prompt.stream,
           "options": {"num_predict": prompt.max_tokens}})
}

pub(super) fn place(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    let (kind, name) = match keys.as_slice() {
        ["message", "content"] => (Kind::Text, "message.content"),
        // Only Ollama's own answers say whether they are done: `response` alone is anybody's.
        ["response"] if leaf.root.get("done").is_some() => (Kind::Text, "response"),
        ["message", "thinking"] | ["thinking"] => (Kind::Reasoning, "thinking"),
        ["message", "tool_calls", "*", "function", ..] => (Kind::ToolCall, "message.tool_calls"),
        ["error"] => (Kind::Error, "error"),
        ["system" | "template" | "modelfile"] => (Kind::Echo, "system"),
        _ => return None,
    };
    Some((kind, name.to_owned()))
}
