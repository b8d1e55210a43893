//! Gemini `generateContent`: `candidates[].content.parts[]`; streamed as events, or as one list.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use crate::llm::answer::Kind;
use crate::llm::prompt::{Prompt, Role};

pub(super) fn request(prompt: &Prompt) -> Value {
    let contents: Vec<Value> = prompt
        .spoken()
        .map(|turn| {
            let role = if turn.role == Role::Assistant { "model" } else { "user" };
            json!({"role": role, "parts": [{"text": turn.text}]})
        })
        .collect();
    let mut body = json!({"contents": contents, "generationConfig": {"maxOutputTokens": prompt.max_tokens}});
    super::put_some(&mut body, "systemInstruction", prompt.system().map(|text| json!({"parts": [{"text": text}]})));
    body
}

pub(super) fn place(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    match keys.as_slice() {
        ["candidates", "*", "content", "parts", "*", inner @ ..] => {
            let thought = leaf.at(5).and_then(|part| part.get("thought")) == Some(&Value::Bool(true));
            let (kind, name) = match inner {
                ["text"] if thought => (Kind::Reasoning, "thought"),
                ["text"] => (Kind::Text, "text"),
                ["functionCall" | "executableCode", ..] => (Kind::ToolCall, "functionCall"),
                ["functionResponse" | "codeExecutionResult", ..] => (Kind::ToolResult, "functionResponse"),
                _ => return None,
            };
            Some((kind, format!("candidates[{}].content.{name}", leaf.index(2))))
        }
        ["candidates", "*", "citationMetadata" | "groundingMetadata" | "urlContextMetadata", ..] => {
            Some((Kind::ToolResult, leaf.path()))
        }
        ["candidates", "*", "finishMessage"] | ["promptFeedback", ..] => Some((Kind::Metadata, leaf.path())),
        ["error", ..] => Some((Kind::Error, leaf.path())),
        _ => None,
    }
}
