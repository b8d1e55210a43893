//! Amazon Bedrock `converse`, not streamed.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use crate::llm::answer::ChannelKind;
use crate::llm::prompt::Prompt;

pub(super) fn build_body(prompt: &Prompt) -> Value {
    let turns: Vec<Value> =
        prompt.spoken().map(|turn| json!({"role": turn.role.as_str(), "content": [{"text": turn.text}]})).collect();
    let mut body = json!({"messages": turns, "inferenceConfig": {"maxTokens": prompt.max_tokens}});
    super::put_some(&mut body, "system", prompt.system().map(|text| json!([{"text": text}])));
    body
}

pub(super) fn classify_leaf(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    match keys.as_slice() {
        ["output", "message", "content", "*", inner @ ..] => {
            let (kind, name) = match inner {
                ["text"] => (ChannelKind::Text, "text"),
                ["toolUse", "input" | "name", ..] => (ChannelKind::ToolCall, "toolUse.input"),
                ["reasoningContent", ..] => (ChannelKind::Reasoning, "reasoningContent"),
                ["toolResult" | "citationsContent", ..] => (ChannelKind::ToolResult, "toolResult"),
                _ => return None,
            };

            let position = leaf.path.get(3).cloned().unwrap_or_default();
            Some((kind, format!("output.message.content[{position}].{name}")))
        }
        ["trace", ..] => Some((ChannelKind::Echo, leaf.path())),
        _ => None,
    }
}
