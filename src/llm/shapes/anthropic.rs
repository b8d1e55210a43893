//! Anthropic messages: `content[]` blocks, streamed as `content_block_delta` by index.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use super::spoken;
use crate::llm::answer::Kind;
use crate::llm::prompt::Prompt;

pub(super) fn request(prompt: &Prompt, model: &str) -> Value {
    let mut body = json!({"model": model, "max_tokens": prompt.max_tokens, "messages": spoken(prompt)});
    super::put_some(&mut body, "system", prompt.system());
    super::put_some(&mut body, "stream", prompt.stream.then_some(true));
    body
}

pub(super) fn place(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    match keys.as_slice() {
        ["content", "*", inner @ ..] => block(inner)
            .map(|(kind, name)| (kind, format!("content[{}].{name}", leaf.path.get(1).cloned().unwrap_or_default()))),
        ["message", "content", "*", inner @ ..] => block(inner)
            .map(|(kind, name)| (kind, format!("content[{}].{name}", leaf.path.get(2).cloned().unwrap_or_default()))),
        ["content_block", inner @ ..] => {
            block(inner).map(|(kind, name)| (kind, format!("content[{}].{name}", leaf.number("index"))))
        }
        ["delta", what] => {
            let (kind, name) = match *what {
                "text" => (Kind::Text, "text"),
                "partial_json" => (Kind::ToolCall, "input"),
                "thinking" => (Kind::Reasoning, "thinking"),
                _ => return None,
            };
            Some((kind, format!("content[{}].{name}", leaf.number("index"))))
        }
        ["delta", "citation", ..] => Some((Kind::ToolResult, format!("content[{}].citation", leaf.number("index")))),
        ["error", ..] => Some((Kind::Error, leaf.path())),
        _ => None,
    }
}

fn block(inner: &[&str]) -> Option<(Kind, &'static str)> {
    Some(match inner {
        ["text"] => (Kind::Text, "text"),
        ["thinking"] => (Kind::Reasoning, "thinking"),
        ["input", ..] => (Kind::ToolCall, "input"),
        ["name"] => (Kind::ToolCall, "name"),
        ["content" | "citations", ..] => (Kind::ToolResult, "result"),
        _ => return None,
    })
}
