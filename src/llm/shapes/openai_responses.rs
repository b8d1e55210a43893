//! OpenAI responses: `output[]`, streamed as typed events; the answer repeats the request's instructions and tools.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use super::prompt_messages;
use crate::llm::answer::ChannelKind;
use crate::llm::prompt::Prompt;

pub(super) fn build_body(prompt: &Prompt, model: &str, sample: &Value) -> Value {
    let input = match prompt.turns.as_slice() {
        [only] => Value::String(only.text.clone()),
        _ => prompt_messages(prompt),
    };
    let mut body = json!({"model": model, "input": input, "max_output_tokens": prompt.max_tokens});
    super::put_some(&mut body, "stream", prompt.stream.then_some(true));

    // Nothing need be kept of it.
    super::put_some(&mut body, "store", sample.get("store").map(|_| false));
    body
}

pub(super) fn classify_leaf(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    // `response.created` and its like wrap the whole.
    match keys.as_slice() {
        ["response", "output", inner @ ..] => classify_item(leaf, "response.output", 3, inner),
        ["output", inner @ ..] => classify_item(leaf, "output", 2, inner),
        ["item", inner @ ..] => classify_item_part(inner)
            .map(|(kind, name)| (kind, format!("output[{}].{name} ({})", leaf.number("output_index"), leaf.kind()))),
        ["part", ..] => Some((ChannelKind::Text, format!("{} ({})", content_position(leaf), leaf.kind()))),
        ["response", "instructions" | "tools" | "prompt" | "metadata", ..]
        | ["instructions" | "tools" | "prompt" | "metadata", ..] => Some((ChannelKind::Echo, leaf.path())),
        ["response", "error", ..] | ["error", ..] => Some((ChannelKind::Error, leaf.path())),
        ["message" | "code"] if leaf.kind() == "error" => Some((ChannelKind::Error, leaf.path())),
        ["delta"] => {
            classify_delta(leaf.kind()).map(|(kind, name)| (kind, format!("{}.{name}", content_position(leaf))))
        }
        ["text" | "arguments" | "input" | "code" | "refusal" | "transcript"] if leaf.kind().ends_with(".done") => {
            classify_delta(leaf.kind()).map(|(kind, name)| (kind, format!("{}.{name} (done)", content_position(leaf))))
        }
        ["output_text"] => Some((ChannelKind::Text, "output_text".to_owned())),
        _ => None,
    }
}

fn content_position(leaf: &ShapeLeaf<'_>) -> String {
    format!("output[{}].content[{}]", leaf.number("output_index"), leaf.number("content_index"))
}

/// What a typed event adds to.
fn classify_delta(kind: &str) -> Option<(ChannelKind, &'static str)> {
    let inner = kind.strip_prefix("response.")?;
    let starts = |start: &str| inner.starts_with(start);
    Some(if starts("output_text") {
        (ChannelKind::Text, "text")
    } else if starts("refusal") {
        (ChannelKind::Text, "refusal")
    } else if starts("audio") {
        (ChannelKind::Text, "transcript")
    } else if starts("reasoning") {
        (ChannelKind::Reasoning, "reasoning")
    } else if ["function_call", "mcp_call", "custom_tool_call", "code_interpreter", "shell_call"]
        .iter()
        .any(|s| starts(s))
    {
        (ChannelKind::ToolCall, "arguments")
    } else {
        return None;
    })
}

fn classify_item(leaf: &ShapeLeaf<'_>, base: &str, steps: usize, inner: &[&str]) -> Option<LeafPlace> {
    let (_, inner) = inner.split_first()?;
    let (kind, name) = classify_item_part(inner)?;
    let position = leaf.path.get(steps - 1).cloned().unwrap_or_default();
    Some((kind, format!("{base}[{position}].{name}")))
}

/// One item of the output.
fn classify_item_part(inner: &[&str]) -> Option<(ChannelKind, String)> {
    let kind = match inner {
        ["content", "*", "text" | "refusal" | "transcript"] => ChannelKind::Text,
        ["content", "*", "logprobs", ..] => ChannelKind::Text,
        ["summary" | "reasoning" | "content", ..] if inner.contains(&"summary") => ChannelKind::Reasoning,
        ["arguments" | "input" | "code" | "action" | "name", ..] => ChannelKind::ToolCall,
        ["output" | "outputs" | "results", ..] | ["content", "*", "annotations", ..] => ChannelKind::ToolResult,
        ["error", ..] => ChannelKind::Error,
        _ => return None,
    };

    Some((kind, inner.join(".").replace(".*", "[]")))
}
