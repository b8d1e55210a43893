//! Gemini `generateContent`: `candidates[].content.parts[]`; streamed as events, or as one list.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use crate::llm::answer::ChannelKind;
use crate::llm::prompt::{Prompt, SpeakerRole};

pub(super) fn build_body(prompt: &Prompt) -> Value {
    let contents: Vec<Value> = prompt
        .spoken()
        .map(|turn| {
            let role = if turn.role == SpeakerRole::Assistant { "model" } else { "user" };
            json!({"role": role, "parts": [{"text": turn.text}]})
        })
        .collect();
    let mut body = json!({"contents": contents, "generationConfig": {"maxOutputTokens": prompt.max_tokens}});
    super::put_some(&mut body, "systemInstruction", prompt.system().map(|text| json!({"parts": [{"text": text}]})));
    body
}

pub(super) fn classify_leaf(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    match keys.as_slice() {
        ["candidates", "*", "content", "parts", "*", inner @ ..] => {
            let thought = leaf.at(5).and_then(|part| part.get("thought")) == Some(&Value::Bool(true));
            let (kind, name) = match inner {
                ["text"] if thought => (ChannelKind::Reasoning, "thought"),
                ["text"] => (ChannelKind::Text, "text"),
                ["functionCall" | "executableCode", ..] => (ChannelKind::ToolCall, "functionCall"),
                ["functionResponse" | "codeExecutionResult", ..] => (ChannelKind::ToolResult, "functionResponse"),
                _ => return None,
            };

            Some((kind, format!("candidates[{}].content.{name}", leaf.index(2))))
        }
        ["candidates", "*", "citationMetadata" | "groundingMetadata" | "urlContextMetadata", ..] => {
            Some((ChannelKind::ToolResult, leaf.path()))
        }
        ["candidates", "*", "finishMessage"] | ["promptFeedback", ..] => Some((ChannelKind::Metadata, leaf.path())),
        ["error", ..] => Some((ChannelKind::Error, leaf.path())),
        _ => None,
    }
}
