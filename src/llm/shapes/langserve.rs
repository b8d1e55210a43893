//! LangServe: `/invoke` and `/batch` wrap the chain's input; `/stream` sends chunks; `/stream_log` and `/stream_events`
//! also send what the server said to the model.

use serde_json::{Value, json};

use super::generic::fill_sample;
use super::leaf::{LeafPlace, ShapeLeaf};
use crate::llm::answer::ChannelKind;
use crate::llm::prompt::Prompt;

/// The input is a text, or as the document describes it.
fn build_input(prompt: &Prompt, sample: &Value) -> Value {
    match sample {
        Value::Object(fields) if fields.contains_key("messages") => json!({"messages": super::prompt_messages(prompt)}),
        Value::Object(fields) if !fields.is_empty() => fill_sample(&prompt.flat(), sample, None),
        Value::Array(_) => super::prompt_messages(prompt),
        _ => Value::String(prompt.flat()),
    }
}

pub(super) fn build_body(prompt: &Prompt, sample: &Value) -> Value {
    json!({"input": build_input(prompt, sample.get("input").unwrap_or(&Value::Null)), "config": {}})
}

pub(super) fn build_batch_body(prompt: &Prompt, sample: &Value) -> Value {
    let first = sample.get("inputs").and_then(|inputs| inputs.get(0)).unwrap_or(&Value::Null);
    json!({"inputs": [build_input(prompt, first)], "config": {}})
}

pub(super) fn classify_leaf(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    match (leaf.event, keys.as_slice()) {
        ("error", _) | (_, ["error" | "detail", ..]) => Some((ChannelKind::Error, leaf.path())),
        ("metadata" | "end", _) => Some((ChannelKind::Metadata, leaf.path())),
        // JSON patches of a run's log, and a run's events: what was sent to the model is among them.
        (_, ["ops", "*", "value", inner @ ..]) => Some(classify_log_entry(leaf, inner)),
        (_, ["event" | "name" | "run_id", ..]) if leaf.text("event").is_some() => None,
        (_, ["data", "chunk", inner @ ..]) if leaf.text("event").is_some() => {
            classify_message(inner).map(|(kind, name)| (kind, format!("data.chunk.{name}")))
        }
        (_, ["data", what @ ("input" | "output"), ..]) if leaf.text("event").is_some() => {
            let event = leaf.text("event").unwrap_or_default();
            let kind = if *what == "input" { ChannelKind::Echo } else { ChannelKind::ToolResult };
            Some((kind, format!("{event}.{}", leaf.path())))
        }
        ("data", inner) => classify_message(inner).map(|(kind, name)| (kind, format!("data.{name}"))),
        (_, ["output", "*", inner @ ..]) => {
            let position = leaf.path.get(1).cloned().unwrap_or_default();
            classify_message(inner).map(|(kind, name)| (kind, format!("output[{position}].{name}")))
        }
        (_, ["output", inner @ ..]) => classify_message(inner).map(|(kind, name)| (kind, format!("output.{name}"))),
        (_, ["callback_events", ..]) | (_, ["metadata", "responses", "*", "callback_events", ..]) => {
            Some((ChannelKind::Echo, leaf.path()))
        }
        _ => None,
    }
}

fn classify_log_entry(leaf: &ShapeLeaf<'_>, inner: &[&str]) -> LeafPlace {
    let at = leaf.at(2).and_then(|op| op.get("path")).and_then(Value::as_str).unwrap_or_default().to_owned();
    // Patches of the output are the answer; all others show what ran inside, prompts among it.
    if at.contains("streamed_output") || at.contains("final_output") {
        let (kind, name) = classify_message(inner).unwrap_or((ChannelKind::Metadata, "value"));
        return (kind, format!("log{}.{name}", at.trim_end_matches("/-")));
    }
    (ChannelKind::Echo, format!("log{at}"))
}

/// A text, or a message with its content.
fn classify_message(inner: &[&str]) -> Option<(ChannelKind, &'static str)> {
    Some(match inner {
        [] => (ChannelKind::Text, "text"),
        ["content"] | ["kwargs", "content"] | ["content", "*", "text"] => (ChannelKind::Text, "content"),
        ["answer" | "output" | "result" | "text"] => (ChannelKind::Text, "answer"),
        ["tool_calls" | "tool_call_chunks", "*", "args" | "name", ..]
        | ["kwargs", "tool_calls", "*", "args" | "name", ..]
        | ["additional_kwargs", ..]
        | ["kwargs", "additional_kwargs", ..] => (ChannelKind::ToolCall, "tool_calls"),
        ["intermediate_steps" | "context" | "source_documents", ..] => (ChannelKind::ToolResult, "context"),
        ["prompt" | "messages" | "input", ..] => (ChannelKind::Echo, "input"),
        _ => return None,
    })
}
