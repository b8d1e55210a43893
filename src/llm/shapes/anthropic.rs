//! Anthropic messages: `content[]` blocks, streamed as `content_block_delta` by index.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use super::messages_without_system;
use crate::llm::answer::ChannelKind;
use crate::llm::prompt::Prompt;

pub(super) fn build_body(prompt: &Prompt, model: &str) -> Value {
    let mut body =
        json!({"model": model, "max_tokens": prompt.max_tokens, "messages": messages_without_system(prompt)});
    super::put_some(&mut body, "system", prompt.system());
    super::put_some(&mut body, "stream", prompt.stream.then_some(true));
    body
}

pub(super) fn classify_leaf(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    match keys.as_slice() {
        ["content", "*", inner @ ..] => classify_block(inner)
            .map(|(kind, name)| (kind, format!("content[{}].{name}", leaf.path.get(1).cloned().unwrap_or_default()))),
        ["message", "content", "*", inner @ ..] => classify_block(inner)
            .map(|(kind, name)| (kind, format!("content[{}].{name}", leaf.path.get(2).cloned().unwrap_or_default()))),
        ["content_block", inner @ ..] => {
            classify_block(inner).map(|(kind, name)| (kind, format!("content[{}].{name}", leaf.number("index"))))
        }
        ["delta", what] => {
            let (kind, name) = match *what {
                "text" => (ChannelKind::Text, "text"),
                "partial_json" => (ChannelKind::ToolCall, "input"),
                "thinking" => (ChannelKind::Reasoning, "thinking"),
                _ => return None,
            };

            Some((kind, format!("content[{}].{name}", leaf.number("index"))))
        }
        ["delta", "citation", ..] => {
            Some((ChannelKind::ToolResult, format!("content[{}].citation", leaf.number("index"))))
        }
        ["error", ..] => Some((ChannelKind::Error, leaf.path())),
        _ => None,
    }
}

fn classify_block(inner: &[&str]) -> Option<(ChannelKind, &'static str)> {
    Some(match inner {
        ["text"] => (ChannelKind::Text, "text"),
        ["thinking"] => (ChannelKind::Reasoning, "thinking"),
        ["input", ..] => (ChannelKind::ToolCall, "input"),
        ["name"] => (ChannelKind::ToolCall, "name"),
        ["content" | "citations", ..] => (ChannelKind::ToolResult, "result"),
        _ => return None,
    })
}
