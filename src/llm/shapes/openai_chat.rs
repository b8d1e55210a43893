//! OpenAI chat completions: `choices[].message`, streamed as `choices[].delta`.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use super::prompt_messages;
use crate::llm::answer::ChannelKind;
use crate::llm::prompt::Prompt;

pub(super) fn build_body(prompt: &Prompt, model: &str, sample: &Value) -> Value {
    // Newer models refuse the older name; the document says which one is meant.
    let limit = if sample.get("max_completion_tokens").is_some() { "max_completion_tokens" } else { "max_tokens" };
    let mut body = json!({"model": model, "messages": prompt_messages(prompt)});
    super::put_some(&mut body, limit, Some(prompt.max_tokens));
    super::put_some(&mut body, "stream", prompt.stream.then_some(true));

    body
}

pub(super) fn classify_leaf(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    let (first, rest) = keys.split_first()?;

    if *first == "error" {
        return Some((ChannelKind::Error, leaf.path()));
    }
    if *first != "choices" {
        return None;
    }
    let choice = format!("choices[{}]", leaf.index(2));
    let (kind, name) = match rest {
        ["*", "message" | "delta", inner @ ..] => return classify_message(leaf, &choice, inner),
        // The older completions, and engines that echo their input.
        ["*", "text"] => (ChannelKind::Text, "text"),
        ["*", "logprobs", ..] => (ChannelKind::Text, "logprobs"),
        ["*", "prompt" | "prompt_text", ..] => (ChannelKind::Echo, "prompt"),
        _ => return None,
    };

    Some((kind, format!("{choice}.{name}")))
}

fn classify_message(leaf: &ShapeLeaf<'_>, choice: &str, inner: &[&str]) -> Option<LeafPlace> {
    let (kind, name) = match inner {
        ["content"] | ["content", "*", "text"] => (ChannelKind::Text, "message.content".to_owned()),
        ["refusal"] => (ChannelKind::Text, "message.refusal".to_owned()),
        ["audio", "transcript"] => (ChannelKind::Text, "message.audio.transcript".to_owned()),
        ["reasoning_content" | "reasoning"] | ["reasoning_details", "*", "text" | "summary"] => {
            (ChannelKind::Reasoning, "message.reasoning".to_owned())
        }
        ["tool_calls", "*", "function" | "custom", what @ ("arguments" | "input" | "name")] => {
            let call = format!("message.tool_calls[{}].function.{what}", leaf.index(5));
            (ChannelKind::ToolCall, call)
        }
        ["function_call", what @ ("arguments" | "name")] => {
            (ChannelKind::ToolCall, format!("message.function_call.{what}"))
        }
        ["annotations", ..] => (ChannelKind::ToolResult, leaf.path.get(3..).unwrap_or_default().join(".")),
        _ => return None,
    };

    Some((kind, format!("{choice}.{name}")))
}
